/*
 * scep_cert.h - the certificate that a SCEP client makes for itself, to sign
 * its requests and to have the answers encrypted for it (RFC 8894 2.3).
 */
#ifndef SIM_AIK_SCEP_CERT_H
#define SIM_AIK_SCEP_CERT_H

#include <time.h>

#include "odca/key.h"

/* The name that Windows gives it. */
#define SCEP_CERT_NAME "SCEP Protocol Certificate"

/* Append a certificate as Windows makes it: subject and issuer CN=name, valid
 * for 367 days from when on, with an AKI and an SKI, in this order, that are
 * random and differ. It is its own signer all the same. key is an RSA key. */
int scep_cert_make(const struct key *key, const char *name, time_t when,
    struct buf *out, struct err *e);

#endif
