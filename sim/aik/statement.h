/*
 * statement.h - the attestation statement of a request for an AIK certificate
 * (MS-WCCE 2.2.2.5, "KAST"): an attestation key, and its TPM's word, signed by
 * that key itself, that the TPM created it (TPM2_CertifyCreation).
 */
#ifndef SIM_AIK_STATEMENT_H
#define SIM_AIK_STATEMENT_H

#include "sim/aik/tpmpublic.h"
#include "sim/base/limits.h"

/* Borrowed. */
struct statement {
	struct span public;    /* TPMT_PUBLIC */
	struct span creation;  /* TPMS_CREATION_DATA */
	struct span attest;    /* TPMS_ATTEST */
	struct span signature; /* TPMT_SIGNATURE */
};

/* Append it. E_LIMIT, E_NOMEM. */
int
statement_encode(const struct statement *st, struct buf *out, struct err *e);
/* And back; of a TPM 2.0 only. What a provider puts behind the identity's
 * binding is not looked at. E_SHORT, E_FORMAT, E_LIMIT; E_FOREIGN for a TPM
 * 1.2's. */
int statement_decode(struct span all, struct statement *ret, struct err *e);

/* Why a statement is refused: name in logs, what it takes. In the order in
 * which they are looked at. */
/* clang-format off */
#define STATEMENT_LIST(X) \
	X(PUBLIC,       "aik.public",       "a public area that can be read") \
	X(KEY_TYPE,     "aik.key-type",     "an RSA-2048 key") \
	X(RESTRICTED,   "aik.restricted",   "attribute restricted: it signs nothing from outside of its TPM") \
	X(SIGN,         "aik.sign",         "attribute sign") \
	X(FIXED_TPM,    "aik.fixed-tpm",    "attribute fixedTPM: it never leaves its TPM") \
	X(FIXED_PARENT, "aik.fixed-parent", "attribute fixedParent") \
	X(ORIGIN,       "aik.origin",       "attribute sensitiveDataOrigin: its TPM made it") \
	X(SCHEME,       "aik.scheme",       "the scheme RSASSA") \
	X(ATTEST,       "aik.attest",       "a TPMS_ATTEST that can be read") \
	X(MAGIC,        "aik.magic",        "TPM_GENERATED_VALUE: a TPM made it") \
	X(TYPE,         "aik.attest-type",  "an attestation of creation") \
	X(NAME,         "aik.name",         "the AIK's own Name in it") \
	X(CREATION,     "aik.creation",     "the digest of the creation data in it") \
	X(SIGNATURE,    "aik.signature",    "the AIK's own signature over it")
/* clang-format on */

enum statement_reason {
	STATEMENT_GOOD,
#define X(reason, name, text) STATEMENT_##reason,
	STATEMENT_LIST(X)
#undef X
	    STATEMENT_COUNT
};

/* "aik.restricted"; "aik" for STATEMENT_GOOD. */
const char *statement_reason_name(enum statement_reason r);
/* What it takes, for people. */
const char *statement_reason_text(enum statement_reason r);

/* What a statement that holds says. */
struct statement_aik {
	struct pubkey key;
	struct tpm_name name;
};

/* MS-WCCE 3.2.2.6.2.1.2.5.1: 0 with *ret, or E_REJECTED with *ret_reason. */
int statement_check(const struct statement *st, struct statement_aik *ret,
    enum statement_reason *ret_reason, struct err *e);

#endif
