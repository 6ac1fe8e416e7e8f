/*
 * source.h - what show and verify look at: a TPM, its certificates, and the
 * hierarchy that is to stand above them.
 */
#ifndef SIM_CLI_SOURCE_H
#define SIM_CLI_SOURCE_H

#include "odca/crl.h"
#include "odca/ek_template.h"
#include "odca/pki.h"
#include "odca/verify.h"
#include "sim/aik/authority.h"
#include "sim/aik/tpmread.h"
#include "sim/cli/args.h"
#include "sim/tpm/store.h"

/* One EK certificate of the TPM. */
struct ek {
	const char *title;       /* "EK RSA-2048" */
	const struct tpm_nv *nv; /* NULL: the TPM has none */
	uint32_t index;  /* where it stands, or would; 0: there is none */
	struct buf ekop; /* of the EPID era: DER that is not in NV */
	/* From verify_ek(); spans borrow from the source. */
	struct verify_report *report;
};

struct source {
	char where[512]; /* "state './tpm'" */
	struct store *store;
	TSS2_TCTI_CONTEXT *tcti;
	struct tpm_info info;
	const struct batch *batch; /* of a device in a directory, or NULL */
	struct buf chain;          /* the chain's indices joined */

	const char *hierarchy; /* where the certificates below are from */
	const char *roots;     /* the file of --roots, or NULL */
	struct pki *pki;
	struct buf file; /* content of --roots, as DER */
	struct span anchors[MAX_CERT_COUNT];
	size_t n_anchors;
	struct span extra[MAX_CAS + MAX_CERT_COUNT];
	size_t n_extra;

	struct buf crl_file; /* content of --crls, as DER */
	struct span crls[MAX_GIVEN_CRLS];
	size_t n_crls;
	enum crl_policy crl_policy;

	struct ek eks[MAX_EK_CERTS];
	size_t n_eks;

	enum aik_client client;
};

/* Read the TPM that the options name, and its hierarchy. */
int source_open(const struct args *a, struct source *ret, struct err *e);
void source_close(struct source *s);
/* Only the TPM: where, tcti and client; nothing is read of it. */
int source_open_tpm(const struct args *a, struct source *ret, struct err *e);
/*
 * Walk and judge the chain of each EK certificate as of now; a TPM that has
 * none gets one report that says so. With keys, the certificates' keys are
 * compared with the TPM's.
 */
int source_verify(struct source *s, time_t now, bool keys, struct err *e);

/* The authority of the AIK service that the client finds for a verified EK, and
 * the certificate whose issuer it is, which is the source's. E_NOTFOUND also
 * when the EK has no certificate that can be read. */
int source_authority(const struct source *s, const struct ek *ek,
    struct authority *ret, struct span *ret_from, struct err *e);

/* The pieces of a certificate that are in NV, at most MAX_CERT_PIECES; gives
 * how many, 0 when it is not there. */
size_t source_pieces(const struct source *s, struct span der,
    struct piece ret[static MAX_CERT_PIECES]);
/* Where a certificate of a report's path stands. */
void
source_origin(const struct source *s, struct span der, char *out, size_t n);
/* What tells it from others in a chain: the unit, else the common name; title
 * for an empty subject. */
void source_name(const struct cert *c, const char *title, char *out, size_t n);

#endif
