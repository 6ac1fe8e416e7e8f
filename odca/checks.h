/*
 * checks.h - what is asked of an EK certificate and its path, a row a check.
 *
 * Between verify.c, which finds the path and runs the rows, and checks.c.
 */
#ifndef ODCA_CHECKS_H
#define ODCA_CHECKS_H

#include "odca/verify.h"

enum origin { FROM_NV, FROM_EXTRA, FROM_ROOTS };

/* A certificate that may be on the path. */
struct member {
	struct cert cert;
	enum origin from;
	bool used; /* on the path */
};

struct bag {
	struct member *members;
	size_t n, room;
	size_t n_nv;          /* whole certificates in NV */
	size_t nv_end;        /* where the last of them ends */
	struct err ek_err;    /* why the EK certificate cannot be read */
	struct err nv_err;    /* why the NV chain cannot be read to its end */
	struct err given_err; /* why a given certificate was left out */
};

/* What a check looks at. */
struct look {
	const struct verify_input *in;
	const struct bag *bag;
	const struct cert *path;
	size_t n_path;
	size_t i;                  /* place on the path */
	const struct cert *cert;   /* path[i] */
	const struct cert *issuer; /* path[i + 1], or NULL */
};

enum where {           /* bits: a certificate is in several places */
	ON_INPUT = 1,  /* once, before all others; there is no path yet */
	ON_EK = 2,     /* path[0] */
	ON_ISSUED = 4, /* each that has, or should have, an issuer */
	ON_LINKED = 8, /* each whose issuer is on the path */
	ON_EACH = 16,
	ON_CA = 32,  /* each but path[0] */
	ON_END = 64, /* once, after all others, on the path's last */
};

struct rule {
	const char *name;
	enum where where;
	enum check_result (*judge)(const struct look *l, struct check *c);
	const char *clause;
};

extern const struct rule check_rules[]; /* name NULL ends */

bool verify_is_anchor(const struct verify_input *in, const struct cert *c);

#endif
