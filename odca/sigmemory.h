/*
 * sigmemory.h - signatures that were verified before. For who verifies one path
 * after the other: above the devices the certificates and CRLs are the same
 * ones again, and what they cost is their signatures.
 *
 * Threads may use one at the same time.
 */
#ifndef ODCA_SIGMEMORY_H
#define ODCA_SIGMEMORY_H

#include "odca/key.h"

struct sigmemory;

int sigmemory_new(struct sigmemory **ret, struct err *e);
void sigmemory_free(struct sigmemory *m);

/* Whether key_verify() is 0; what was computed before is remembered. m NULL:
 * there is no memory. */
bool sigmemory_verify(struct sigmemory *m, struct span spki, enum sig_alg alg,
    struct span msg, struct span sig);

#endif
