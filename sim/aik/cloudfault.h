/*
 * cloudfault.h - what goes wrong at the services around a TPM, on the wire to
 * them and with their client, on purpose: one row each (cloudfault_table.c).
 *
 * A hook is one line at a seam of the code that answers; no other code asks
 * whether a fault is armed.  A fault that happens is in the log, and in the
 * answer's X-Fault header.
 */
#ifndef SIM_AIK_CLOUDFAULT_H
#define SIM_AIK_CLOUDFAULT_H

#include "sim/aik/http.h"
#include "sim/base/err.h"
#include "sim/base/opt_list.h"

enum cloud_seam {
	CLOUD_TLS_ROOT,    /* who signs the TLS certificate */
	CLOUD_TLS_EXPIRED, /* how long it is good */
	CLOUD_WIRE,        /* the request as it comes in, and how it is sent */
	CLOUD_REGISTRY,    /* whether an authority exists */
	CLOUD_REDIRECT,    /* which authority a request gets to */
	CLOUD_CRL,         /* whether revocation lists can be had */
	CLOUD_POLICY,      /* whether a request is granted */
	CLOUD_AIK_KEY,     /* whose key is in the AIK certificate */
	CLOUD_AIK_SIGNATURE,
	CLOUD_CHALLENGE, /* for which AIK a challenge is */
	CLIENT_RESOLVE,  /* from here on the client's: names */
	CLIENT_CONNECT,  /* where it connects to */
	CLIENT_EK_INFO,  /* the EK certificate in a request */
	CLIENT_SECRET,   /* what it sends back of a challenge */
};

static inline bool
cloud_seam_is_client(enum cloud_seam s)
{
	return s >= CLIENT_RESOLVE;
}

struct cloudfault {
	const char *name; /* stable, never reused; NULL ends the table */
	enum cloud_seam seam;
	const char *on; /* the operation that it is for; NULL: any request */
	/* Of CLOUD_WIRE: changes the request, answers it, or marks how its
	 * answer is sent. */
	void (*act)(const struct cloudfault *f, unsigned arg,
	    struct http_request *r, struct http_response *p);
	unsigned status;   /* of HTTP, for act */
	unsigned arg;      /* where none is given; 0: it takes none */
	unsigned most;     /* of arg */
	const char *where; /* "cloud", "wire" */
	const char *cite;
	const char *help; /* one sentence, no full stop */
};

extern const struct cloudfault cloudfaults[];

struct cloudfault_set;

/* Of options' texts (trigger.h), for a client or for the services; seed NULL: a
 * random one, which the log says. *ret is NULL when list is empty. E_USAGE with
 * what was meant. */
int cloudfault_new(const struct opt_list *list, bool client, const char *seed,
    struct cloudfault_set **ret, struct err *e);
void cloudfault_free(struct cloudfault_set *s);
/* One that makes an answer wait is armed: who serves needs a thread for each
 * connection. */
bool cloudfault_waits(const struct cloudfault_set *s);
/* Of a seam for the whole run: ARG, 1 where the fault takes none; 0 when none
 * is armed. s may be NULL. */
unsigned
cloudfault_at_start(const struct cloudfault_set *s, enum cloud_seam seam);

/* One request's; set may be NULL. Threads have one each. */
struct cloudfault_visit {
	struct cloudfault_set *set;
	const char *operation;       /* "PKIOperation"; NULL: none */
	char names[HTTP_VALUE_SIZE]; /* of those that happened: "slow,deny" */
};

/* True when a fault of this seam happens now; v may be NULL. */
bool cloudfault_at(struct cloudfault_visit *v, enum cloud_seam seam);
/* All of CLOUD_WIRE that happen now act. */
void cloudfault_wire(struct cloudfault_visit *v, struct http_request *r,
    struct http_response *p);

static inline void
auto_cloudfault_fn(struct cloudfault_set **s)
{
	cloudfault_free(*s);
}

#define auto_cloudfault AUTO(auto_cloudfault_fn) struct cloudfault_set *

#endif
