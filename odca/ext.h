/*
 * ext.h - what is inside the extensions of a certificate.
 */
#ifndef ODCA_EXT_H
#define ODCA_EXT_H

#include "odca/cert.h"

/* Decode x into c's fields when its type is known (and say so in x). */
int ext_decode(struct cert *c, struct ext *x, struct err *e);

/* INTEGER, 0 to INT_MAX. */
int der_to_uint(struct span content, unsigned *ret);
/* BOOLEAN: 00 or ff, nothing else. */
int der_to_bool(struct span content, bool *ret);

#endif
