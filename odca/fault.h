/*
 * fault.h - deviations: certificates, chains and NV that are not as on silicon,
 * on purpose, one row each (fault_table.c).
 *
 * A hook is one line at a seam of the code that issues and provisions:
 * fault_at(faults, HOOK_..., target, &object, e).  No other code asks whether a
 * fault is armed.  Every row says what a correct relying party does with it; a
 * test made from the table holds our verifier, and others, to that.
 */
#ifndef ODCA_FAULT_H
#define ODCA_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"
#include "sim/base/limits.h"

/* What an act changes, and where it is called. */
enum hook {
	HOOK_ROW, /* struct profile, a copy: before the certificate is built */
	HOOK_KEY, /* struct pubkey: the subject's */
	HOOK_ISSUER, /* struct fault_issuer: who signs */
	HOOK_CERT,   /* struct buf: the signed DER, alone in it */
	HOOK_CHAIN,  /* struct fault_chain: before it goes to NV */
	HOOK_NV,     /* struct fault_nv: before an index is defined */
	HOOK_CRL,    /* struct fault_crl: revocations beside the device */
};

struct key;

struct fault_issuer {
	const struct key *key; /* may be replaced by... */
	struct key *own;       /* ...this one, which the caller frees */
	struct span secret;    /* P384_SECRET_SIZE bytes for a key, derived */
};

struct fault_chain {
	struct buf *bytes;            /* what 0x01C00100 and on will hold */
	struct span rom, kernel, ptt; /* its certificates */
	/* Append the chain of another device of the same platform. */
	int (*foreign)(void *ctx, struct buf *out, struct err *e);
	void *ctx;
};

struct fault_nv {
	uint32_t attributes; /* TPMA_NV */
	bool left_out;
};

struct fault_crl {
	bool revoked;
};

enum verdict { VERDICT_ACCEPT, VERDICT_REJECT };

/* Others who have to notice; a row without them is below what they look at. */
enum { BY_OPENSSL = 1, BY_CERTTOOL = 2 };

struct fault {
	const char *name; /* stable, never reused; NULL ends a table */
	enum hook hook;
	const char *target; /* "ptt", "ek-*": what the hook is called for */
	int (*act)(
	    const struct fault *f, void *object, int64_t arg, struct err *e);
	int64_t arg;         /* where none is given */
	enum verdict expect; /* what a correct relying party does */
	const char *check;   /* of `verify`, that fails then; NULL: none */
	unsigned others;     /* BY_... */
	const char *only; /* the family that it needs; NULL: any with a chain */
	const char *cite;
	const char *help; /* one sentence, no full stop */
};

/* Rows; name NULL ends. */
extern const struct fault odca_faults[];

/* What is armed. */
struct faults {
	struct {
		const struct fault *fault;
		int64_t arg;
	} armed[MAX_FAULTS];
	size_t n;
};

/* NULL for an unknown name: E_USAGE with what was meant. */
const struct fault *fault_require(const char *name, struct err *e);
/* Arm "NAME" or "NAME=ARG", each once; E_USAGE with what was meant, E_LIMIT. */
int fault_arm(struct faults *f, const char *text, struct err *e);
/* Let every armed fault of that hook and target act on object; f may be NULL.
 */
int fault_at(const struct faults *f, enum hook hook, const char *target,
    void *object, struct err *e);

#endif
