/*
 * aikca.h - who certifies AIKs: for each authority of the AIK service an AIK CA
 * below the AIK root, and its registration authority (RA), which signs and
 * decrypts messages.
 *
 * All authorities of a hierarchy have the same three keys.  Their certificates
 * are a function of the hierarchy and the authority's name, so that several
 * services with the same hierarchy are one to their clients, and nothing of it
 * is kept.
 *
 * Any number of threads may use one struct aikca.
 */
#ifndef SIM_AIK_AIKCA_H
#define SIM_AIK_AIKCA_H

#include <time.h>

#include "odca/pki.h"
#include "sim/aik/guid.h"

#define AIK_CA_NAME_SIZE 64

/* A CA and its RA, in the order of GetCACertChain. */
enum { AIK_CHAIN_ROOT, AIK_CHAIN_CA, AIK_CHAIN_SIGNING, AIK_CHAIN_ENCRYPTION };
#define AIK_CHAIN_LENGTH 4

struct aikca;

struct aik_ca {
	char name[AIK_CA_NAME_SIZE];         /* CN: "WUS-INTC-KEYID-B066..." */
	char guid[GUID_TEXT_SIZE];           /* in the URL of its certificate */
	struct span chain[AIK_CHAIN_LENGTH]; /* DER */
};

/* What an AIK certificate says of its AIK. */
struct aik_subject {
	struct span spki; /* RSA-2048 */
	struct span san;  /* DER Name: TPM manufacturer, model, version */
	struct span ski;  /* KEY_ID_SIZE bytes, as the client wants it, or n ==
			     0: made of the key */
};

/* Nothing of p is needed afterwards. E_NOTFOUND for a hierarchy that is older
 * than the service. */
int aikca_open(const struct pki *p, struct aikca **ret, struct err *e);
void aikca_free(struct aikca *c);

/* The CA of an authority, whether or not there is one on silicon; made at the
 * first call. vendor is upper case, id SHA1_SIZE bytes; name_id: it is of an
 * issuer's Name, not of its key. *ret lives as long as c. E_LIMIT beyond
 * MAX_AIK_CAS. */
int aikca_authority(struct aikca *c, const char *vendor, bool name_id,
    const uint8_t *id, const struct aik_ca **ret, struct err *e);

/* Append the certificate of an AIK, good from now until its CA ends. E_FOREIGN
 * for another kind of key, E_FORMAT for a SAN that is no Name. */
int aikca_issue(const struct aikca *c, const struct aik_ca *ca,
    const struct aik_subject *s, time_t now, struct buf *out, struct err *e);
/* The same for a client of RFC 8894 without a TPM: any key, subject its DER
 * Name. */
int aikca_issue_plain(const struct aikca *c, const struct aik_ca *ca,
    struct span spki, struct span subject, time_t now, struct buf *out,
    struct err *e);

/* The root's CRL, without entries: for AIK_ROOT_PATH(). It lives as long as c.
 */
struct span aikca_root_crl(const struct aikca *c);

/* To sign and decrypt with; they live as long as c. */
const struct key *aikca_key(const struct aikca *c);
const struct key *aikca_signing_key(const struct aikca *c);
const struct key *aikca_encryption_key(const struct aikca *c);

static inline void
auto_aikca_fn(struct aikca **c)
{
	aikca_free(*c);
}

#define auto_aikca AUTO(auto_aikca_fn) struct aikca *

#endif
