/*
 * pki_crl.h - the CRLs of a hierarchy: made, renewed, and added to.
 *
 * The lists themselves are the record of what is revoked: a revocation reads
 * the list that stands there, and puts a longer one with a higher number in its
 * place.
 */
#ifndef ODCA_PKI_CRL_H
#define ODCA_PKI_CRL_H

#include <time.h>

#include "odca/crl.h"
#include "odca/pki.h"
#include "odca/pki_list.h"

/* Write the first CRL of a row; key is its CA's. For pki_create.c. */
int
crl_create(int dir, const struct ca *row, const struct key *key, struct err *e);

/* A certificate to be revoked: the one that a row of profile_table.c makes for
 * a device or a batch. */
struct revocation {
	const char *level; /* "rom", "kernel", "issuing", "ek-rsa2048" ... */
	const struct family *family;
	const struct batch *batch;
	unsigned svn;       /* of levels that carry it */
	struct span serial; /* n == 0: the one that all of them have */
	enum crl_reason reason;
};

struct revoked {
	char crl[MAX_CA_NAME]; /* the file below crls/, without ".crl" */
	unsigned long number;  /* of the list that is there now */
};

/*
 * Revoke n of them, which are for one list, in the hierarchy of a directory, as
 * of now. E_STATE when one is revoked already, E_NOTFOUND for a level that is
 * on no list or a CA that the hierarchy does not have, E_USAGE for a serial
 * number that cannot be one. What is not done is not begun: the old list stays
 * then.
 */
#define MAX_REVOCATIONS 4
int pki_revoke(const char *dir, const struct revocation *r, size_t n,
    time_t now, struct revoked *ret, struct err *e);

/* Append the list that such a revocation would put in place; the hierarchy, the
 * built-in one too, stays as it is. */
int pki_crl_with(const struct pki *p, const struct revocation *r, time_t now,
    struct buf *out, struct err *e);

/* Sign every list anew, as of now, until next (0: the end of 2049); *ret_n
 * counts them. */
int pki_renew_crls(
    const char *dir, time_t now, time_t next, size_t *ret_n, struct err *e);

#endif
