/*
 * servercert.h - the certificate of the services' TLS server, for all of their
 * names: made when the server starts, with a key that nobody else has.
 */
#ifndef SIM_AIK_SERVERCERT_H
#define SIM_AIK_SERVERCERT_H

#include <stdbool.h>

#include "odca/pki.h"

/* Deviations, on purpose; zeros: none. */
struct servercert_how {
	bool other_root;  /* signed by a key that is not the TLS root's */
	unsigned expired; /* ended so many days ago */
};

/* Append the PEM of a new P-256 key (PKCS #8) and of its certificate, signed by
 * the hierarchy's TLS root. E_NOTFOUND for a hierarchy that is older. */
int servercert_make(const struct pki *p, const struct servercert_how *how,
    struct buf *key_pem, struct buf *cert_pem, struct err *e);

#endif
