/*
 * pki.h - the hierarchy above the device: root, intermediate, issuing CAs.
 *
 * The TEST hierarchy of certs/pki is part of the program; a private one is a
 * directory of the same shape (--pki DIR), made by pki_create():
 *
 *   certs/OnDie_CA_RootCA_Certificate.cer   DER, named as on the real host
 *   certs/OnDie_CA_CSME_Intermediate.cer
 *   certs/ODCA_CA2_CSME_Intermediate.cer
 *   certs/TGL_00002004_OnDie_CA.cer ...
 *   certs/DE/...                            the debug world's, same names
 *   certs/EKRootPublicKey.cer ...           of the EPID era
 *   certs/AIK/... certs/TLS/...             roots of the services
 *   crls/OnDie_CA.crl ...                   DER
 *   keys/<same name>.TEST-ONLY.pem          PKCS #8
 *   host                                    the host in the URLs, one line
 */
#ifndef ODCA_PKI_H
#define ODCA_PKI_H

#include <time.h>

#include "odca/family.h"
#include "odca/key.h"
#include "sim/base/limits.h"

#define PKI_DEFAULT_HOST "tsci.intel.test"

struct pki;

/* dir NULL: the built-in TEST hierarchy. E_FOREIGN when dir is none. */
int pki_open(const char *dir, struct pki **ret, struct err *e);
void pki_free(struct pki *p);
/* In the URLs of the device certificates that are issued with p. */
const char *pki_host(const struct pki *p);
/* Another one: letters, digits, dots, hyphens; E_USAGE. */
int pki_set_host(struct pki *p, const char *host, struct err *e);

/* Certificates by file name without ".cer" ("TGL_00002004_OnDie_CA"). The
 * span borrows from p. E_NOTFOUND. */
int pki_cert(
    const struct pki *p, const char *name, struct span *ret, struct err *e);

struct pki_file {
	const char *name; /* as above */
	struct span der;
};
/* All CAs of parts, read anew (what was borrowed before is gone), roots first,
 * then issuers before what they issue; what ret holds borrows from p. Those of
 * the services (service.h) are not among them. */
int pki_certs(const struct pki *p, struct pki_file ret[static MAX_CAS],
    size_t *ret_n, struct err *e);
/* The same of CRLs ("TGL_00002004_OnDie_CA", "OnDie_CA_CSME_Indirect"). */
int
pki_crl(const struct pki *p, const char *name, struct span *ret, struct err *e);
int pki_crls(const struct pki *p, struct pki_file ret[static MAX_CAS],
    size_t *ret_n, struct err *e);
/*
 * Append a certificate or CRL as it is now, by its path in the hierarchy
 * ("crls/OnDie_CA.crl"). Nothing is kept, so that threads may read at the same
 * time. *ret_changed is when it was last written; 0: it is a part of the
 * program. E_NOTFOUND.
 */
int pki_read(const struct pki *p, const char *path, struct buf *out,
    time_t *ret_changed, struct err *e);
/*
 * Something that is another one when a file of pki_certs() or pki_crls() was
 * changed, came or went since; the same always for the built-in hierarchy. Both
 * were called on p before; then threads may do so at the same time. E_CRYPTO.
 */
int
pki_stamp(const struct pki *p, uint8_t ret[static SHA256_SIZE], struct err *e);
/* The self-signed one of a generation; E_NOTFOUND in a directory that is older
 * than the generation. */
int pki_root(
    const struct pki *p, enum generation gen, struct span *ret, struct err *e);
/* The roots that a relying party trusts: of the on-die and of the EPID era, not
 * that of debug-fused parts. Gives how many there are. */
#define PKI_MAX_ANCHORS 2
size_t
pki_anchors(const struct pki *p, struct span ret[static PKI_MAX_ANCHORS]);
/* Private key of a CA; the caller frees. For the minting process only. */
int
pki_key(const struct pki *p, const char *name, struct key **ret, struct err *e);

/* A key without a certificate of its own (service.h). E_NOTFOUND in a
 * directory that is older than it. */
int pki_bare_key(
    const struct pki *p, const char *name, struct key **ret, struct err *e);

/* For the process that serves: the built-in hierarchy's keys are out of its
 * reach from here on (E_NOTFOUND from pki_key()). */
void pki_forget_keys(void);

/* Name of the issuing CA's files of a family's batch: "ADL_00002820_ODCA_CA2".
 */
void pki_issuing_name(
    const struct family *f, const struct batch *b, char *out, size_t n);

/* Make a whole hierarchy with fresh keys in dir, which must not exist or be
 * empty (E_STATE). host goes into the URLs. */
int pki_create(const char *dir, const char *host, struct err *e);
/* Add the CAs that a hierarchy of an older version lacks. */
int pki_complete(const char *dir, struct err *e);

static inline void
auto_pki_fn(struct pki **p)
{
	pki_free(*p);
}

#define auto_pki AUTO(auto_pki_fn) struct pki *

#endif
