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
	X(NOMEM, 0x904, "out of memory")

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

/*
 * Each of the four is always -1, so that it can end a return statement; they
 * are macros so that the compiler knows it too.  e may be NULL.
 *
 * err_set: code and facts, in place of what was there.
 * err_errno: the same with E_IO (or E_NOMEM), ": " and errno's text at the end;
 * errno stays.
 * err_wrap: "phrase: " before the message; code and hint stay.
 * err_hint: what the user can do next.
 */
#define err_set(e, ...)   ERR_MINUS_1(err_do_set((e), __VA_ARGS__))
#define err_errno(e, ...) ERR_MINUS_1(err_do_errno((e), __VA_ARGS__))
#define err_wrap(e, ...)  ERR_MINUS_1(err_do_wrap((e), __VA_ARGS__))
#define err_hint(e, ...)  ERR_MINUS_1(err_do_hint((e), __VA_ARGS__))
#define ERR_MINUS_1(call)                                                      \
	__extension__({                                                        \
		call;                                                          \
		-1;                                                            \
	})

void err_do_set(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void err_do_errno(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void err_do_wrap(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void err_do_hint(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Forget the failure, after it was dealt with. */
void err_clear(struct err *e);

/* Text of a code ("limit exceeded"); "unknown error" beyond the list. */
const char *err_text(enum err_code code);
/* TPM_RC that a client is answered for a code (TPM 2.0 Part 2, 6.6.3). */
unsigned err_tpm_rc(enum err_code code);

#endif
