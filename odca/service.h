/*
 * service.h - the CAs that belong to no part: who certifies AIKs (GEN_AIK), and
 * who certifies the servers of the services (GEN_TLS).
 *
 * A hierarchy (pki.h) has their roots and keys.  What the roots certify is not
 * kept: it follows from them (sim/aik/aikca.h), or is made when a server starts
 * (sim/aik/servercert.h).
 */
#ifndef ODCA_SERVICE_H
#define ODCA_SERVICE_H

#include "odca/key.h"
#include "odca/profile.h"

/* Names for pki_cert() and pki_key(). */
#define AIK_ROOT "AIK/TPM_Root_2014"
#define TLS_ROOT "TLS/Root"
/* For pki_bare_key(): of every authority's AIK CA, and of its registration
 * authority. */
#define AIK_CA_KEY            "AIK/CA"
#define AIK_RA_SIGNING_KEY    "AIK/RA_Signing"
#define AIK_RA_ENCRYPTION_KEY "AIK/RA_Encryption"

/* Where AIK CAs say that their root's certificate ("certs", "crt") and CRL
 * ("crl", "crl") are, on the hierarchy's host. */
#define AIK_ROOT_PATH(dir, ending)                                             \
	"/pkiops/" dir                                                         \
	"/TEST%20TPM%20Root%20Certificate%20Authority%202014." ending

/* For who needs one that a directory does not have. */
#define SERVICE_HINT                                                           \
	"odcasim ca init --pki DIR --add adds what a hierarchy of an older "   \
	"version lacks"

#define N_SERVICE_KEYS 5

struct service_key {
	const char *name;
	enum key_alg alg;
	enum generation gen;
	bool root; /* and has a certificate */
};

const struct service_key *service_keys(void);
/* The rows of these generations. */
const struct profile *service_profiles(size_t *ret_n);
/* For a row of them; host is borrowed. */
struct vars service_vars(enum generation gen, const char *host);

#endif
