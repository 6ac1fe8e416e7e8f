/*
 * crl_profile.h - which CRLs a hierarchy has, and how each is encoded: data,
 * one row a kind.
 */
#ifndef ODCA_CRL_PROFILE_H
#define ODCA_CRL_PROFILE_H

#include "odca/crl.h"
#include "odca/profile.h"

struct crl_profile {
	const char *issuer;      /* row of profile_table.c that signs it */
	unsigned gens;           /* GENS() of each */
	bool indirect;           /* of certificates that name it as cRLIssuer */
	const char *file;        /* its name on the host, without ".crl" */
	bool null_params;        /* of ecdsa-with-SHA384, against RFC 5758 */
	const char *this_update; /* UTCTime of the first one */
	unsigned long number;    /* of the first one */
	enum crl_ext exts[CRL_EXT_COUNT];
};

/* Rows; *ret_n gets the count. */
const struct crl_profile *crl_profile_all(size_t *ret_n);
/*
 * The CRL on which a certificate of row p would stand when it is revoked; NULL
 * when there is none (a root's).
 */
const struct crl_profile *
crl_profile_of(const struct profile *p, enum generation gen);

#endif
