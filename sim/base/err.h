/*
 * err.h - one shape for every failure.
 *
 * int f(..., struct err *e) gives 0, or -1 with *e set.  Who detects a failure
 * calls err_set() with the facts; who passes it on adds one phrase with
 * err_wrap(); only the edge (main, a request handler) prints.  A hint is one
 * command or one sentence that gets the user further.
 *
 * This is not a logger: nothing here prints.
 */
#ifndef SIM_BASE_ERR_H
#define SIM_BASE_ERR_H

/* code, TPM response code for a client that waits for one, text */
#define ERR_LIST(X)                                                            \
	X(OK, 0x000, "success")                                                \
	X(SHORT, 0x142, "message incomplete")                                  \
	X(FORMAT, 0x142, "malformed input")                                    \
	X(LIMIT, 0x142, "limit exceeded")                                      \
	X(STATE, 0x101, "not allowed now")                                     \
	X(USAGE, 0x101, "wrong usage")                                         \
	X(IO, 0x101, "input or output failed")                                 \
	X(BUSY, 0x922, "in use")                                               \
	X(NOTFOUND, 0x101, "not found")                                        \
	X(FOREIGN, 0x101, "not ours")                                          \
	X(TPM, 0x101, "the TPM refused")                                       \
	X(ASN1, 0x101, "ASN.1")                                                \
	X(CRYPTO, 0x101, "cryptographic library")                              \
	X(REJECTED, 0x101, "verification rejected")                            \
	X(NOMEM, 0x902, "out of memory")

enum err_code {
#define X(name, rc, text) E_##name,
	ERR_LIST(X)
#undef X
	    E_COUNT
};

#define ERR_MSG_SIZE  1024
#define ERR_HINT_SIZE 256

struct err {
	enum err_code code;
	char msg[ERR_MSG_SIZE];   /* outermost phrase first */
	char hint[ERR_HINT_SIZE]; /* empty when there is none */
};

#define ERR_INIT                                                               \
	{                                                                      \
		.code = E_OK                                                   \
	}

/* Set code and facts, replace what was there; always -1. e may be NULL. */
int err_set(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* As err_set(), with ": " and the text of errno at the end. */
int err_errno(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Put "phrase: " before the message, keep code and hint; always -1. */
int err_wrap(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Say what the user can do next; always -1, so it can end a return. */
int err_hint(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Forget the failure, after it was dealt with. */
void err_clear(struct err *e);

/* Text of a code ("limit exceeded"); "unknown error" beyond the list. */
const char *err_text(enum err_code code);
/* TPM_RC that a client is answered for a code (TPM 2.0 Part 2, 6.6.3). */
unsigned err_tpm_rc(enum err_code code);

#endif
