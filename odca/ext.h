/*
 * ext.h - what is inside the extensions of a certificate.
 */
#ifndef ODCA_EXT_H
#define ODCA_EXT_H

#include "odca/cert.h"

/* Decode x into c's fields when its type is known (and say so in x). */
int ext_decode(struct cert *c, struct ext *x, struct err *e);

#endif
