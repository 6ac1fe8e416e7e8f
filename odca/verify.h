/*
 * verify.h - a reference verifier for the EK certificate of an ODCA platform.
 *
 * The walk goes by key identifier, not by name: all devices of a family have
 * the same names.  Certificates come in any order.  Every check says what it
 * looked at, what it found, what it wanted and which clause asks for it.
 */
#ifndef ODCA_VERIFY_H
#define ODCA_VERIFY_H

#include <stdbool.h>
#include <time.h>

#include "odca/cert.h"
#include "odca/sigmemory.h"

/* The longest path meets fewer: see check_rules[] in checks.c. */
#define MAX_CHECKS 512

enum check_result { CHECK_PASSED, CHECK_FAILED, CHECK_SKIPPED };

#define CHECK_OF_INPUT SIZE_MAX

struct check {
	const char *name; /* stable: "ek.san", "path.signature" ... */
	enum check_result result;
	size_t place; /* on the path; CHECK_OF_INPUT: of no certificate */
	char object[MAX_NAME_TEXT]; /* which certificate */
	char found[192];
	char wanted[192];
	const char
	    *clause; /* "RFC 5280 6.1.3", "TCG EK Credential Profile 3.2" */
};

/* The TPM's own word, to compare the EK certificate with; what is not known is
 * left out (have_... false). */
struct verify_tpm {
	bool have_ek;
	struct pubkey ek; /* from TPM2_CreatePrimary */
	bool have_properties;
	uint32_t manufacturer; /* TPM_PT_MANUFACTURER */
	uint32_t firmware1;    /* TPM_PT_FIRMWARE_VERSION_1 */
	uint32_t revision;     /* TPM_PT_REVISION */
};

/* What becomes of a certificate whose CRL is not among those given. One that is
 * given and does not hold, for its signature or its dates, fails with each. */
enum crl_policy {
	CRL_OFF,          /* nothing is said of revocation */
	CRL_IF_AVAILABLE, /* skipped */
	CRL_REQUIRE,      /* failed; skipped when the certificate names none */
};

struct verify_input {
	struct span ek;       /* DER EK certificate */
	uint32_t ek_index;    /* where NV has it; 0: not known */
	struct span nv_chain; /* certificates in NV, indices already joined; may
				 be empty */
	const struct span *extra; /* others; a self-signed one gives no trust */
	size_t n_extra;
	const struct span *roots; /* trust anchors */
	size_t n_roots;
	struct verify_tpm tpm;
	time_t now;
	const struct span *crls; /* DER; order does not matter */
	size_t n_crls;
	enum crl_policy crl_policy;
	struct sigmemory *memory; /* of other verifications; or NULL */
};

struct verify_report {
	bool accepted; /* no check failed */
	struct check checks[MAX_CHECKS];
	size_t n_checks;
	/* The path that was walked, EK first; spans borrow from the input. */
	struct cert path[MAX_CHAIN_DEPTH];
	size_t n_path;
};

/* Always gives a full report; -1 only when memory or limits end the work. */
int verify_ek(
    const struct verify_input *in, struct verify_report *ret, struct err *e);
/* The first check that failed, or NULL. */
const struct check *verify_first_failure(const struct verify_report *r);

/*
 * Split concatenated certificates, as NV holds them (TCG EK Credential Profile
 * 2.2.1.5.2): DER after DER, trailing 00 or FF is padding. ret gets up to
 * MAX_CERT_COUNT spans into s. E_FORMAT names the offset of what is no
 * certificate, E_SHORT says how much of the last one is missing; *ret_n counts
 * the whole ones before in each case.
 */
int chain_split(struct span s, struct span *ret, size_t *ret_n, struct err *e);

#endif
