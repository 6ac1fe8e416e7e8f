/*
 * checks.h - what is asked of an EK certificate and its path, a row a check.
 *
 * Between verify.c, which finds the path and runs the rows, and checks.c and
 * checks_crl.c, which have them.
 */
#ifndef ODCA_CHECKS_H
#define ODCA_CHECKS_H

#include "odca/crl.h"
#include "odca/verify.h"

enum origin { FROM_NV, FROM_EXTRA, FROM_ROOTS };

/* A certificate that may be on the path. */
struct member {
	struct cert cert;
	enum origin from;
	bool used; /* on the path */
};

/* Whether a key made the signature of a certificate or CRL; pointers, for all
 * of it borrows from the input. */
struct signature {
	const uint8_t *tbs, *spki;
	bool good;
};

/* What was read.  Of what is given that is what may be needed: a hierarchy is
 * large, and few of it are on a path. */
struct bag {
	struct member *members;
	size_t n, room;
	size_t n_nv;          /* whole certificates in NV */
	size_t nv_end;        /* where the last of them ends */
	struct err ek_err;    /* why the EK certificate cannot be read */
	struct err nv_err;    /* why the NV chain cannot be read to its end */
	struct err given_err; /* why a given certificate was left out */
	struct crl *crls;
	size_t n_crls;
	struct err crl_err; /* why a given CRL was left out */
	/* The last ones computed: a link is looked at by several. */
	struct signature signatures[64];
	size_t n_signatures; /* ever */
	struct sigmemory *memory;
};

/* How far a CRL is from being one that a certificate can be looked up in: what
 * is wrong, the worst first. */
enum crl_verdict {
	CRL_MISSING,  /* of that issuer, direct or indirect as is wanted */
	CRL_PARTIAL,  /* its scope is limited */
	CRL_CRITICAL, /* an extension is not understood */
	CRL_UNKNOWN_SIGNER, /* no certificate of its issuer that may sign it */
	CRL_BAD_SIGNATURE,
	CRL_NOT_YET,
	CRL_STALE,
	CRL_USABLE,
};

struct crl_choice {
	enum crl_verdict verdict;
	const struct crl *crl; /* NULL when CRL_MISSING */
	struct span issuer;    /* DER Name of whom it has to be */
	bool indirect; /* and whether it is for other CAs' certificates */
	size_t n_of_other_kind; /* of that issuer, but direct, or indirect */
};

/* What a check looks at. */
struct look {
	const struct verify_input *in;
	struct bag *bag;
	const struct cert *path;
	size_t n_path;
	size_t i;                     /* place on the path */
	const struct cert *cert;      /* path[i] */
	const struct cert *issuer;    /* path[i + 1], or NULL */
	const struct crl_choice *crl; /* for cert; NULL: CRL_OFF or no issuer */
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
extern const struct rule crl_rules[];   /* unless CRL_OFF */

/* The best CRL for the certificate that l looks at, which has an issuer. */
void crl_choose(const struct look *l, struct crl_choice *ret);

/* Read those of the given certificates that may be of a CA of that name (DER)
 * with that key identifier (n == 0: any). */
void bag_fetch(struct bag *b, const struct verify_input *in, struct span name,
    struct span key_id);
/* Did issuer's key sign it?  Computed once. */
bool bag_signed(struct bag *b, const struct cert *c, const struct cert *issuer);
bool
bag_signed_crl(struct bag *b, const struct crl *c, const struct cert *issuer);

/* For the rows: say what was found and give the result back; say what is
 * wanted; a date of the report's. */
enum check_result check_say(struct check *c, enum check_result result,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void check_want(struct check *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
const char *check_date(time_t t, char *out, size_t n);

bool verify_is_anchor(const struct verify_input *in, const struct cert *c);

#endif
