/*
 * http.h - a request and its answer, as those who answer see them: names and
 * bytes, no connection.  httpd.c makes and sends them; tests make them by hand.
 */
#ifndef SIM_AIK_HTTP_H
#define SIM_AIK_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/base/buf.h"
#include "sim/base/limits.h"

struct cloudfault_visit;

struct http_field {
	const char *name, *value; /* value "" when there is none */
};

/* All of it is borrowed until the handler returns. */
struct http_request {
	const char *method; /* "GET" */
	const char *host;   /* lower case, without the port; never "" */
	const char *path;   /* decoded, begins with '/' */
	struct http_field args[MAX_HTTP_FIELDS]; /* of the query, decoded */
	size_t n_args;
	struct http_field headers[MAX_HTTP_FIELDS];
	size_t n_headers;
	struct span body;
	struct cloudfault_visit *faults; /* NULL: none */
};

/* The value of the first one; NULL when there is none. Names of headers are of
 * any case. */
const char *http_header(const struct http_request *r, const char *name);
const char *http_arg(const struct http_request *r, const char *name);

#define HTTP_VALUE_SIZE 128

enum http_sending {
	HTTP_WHOLE,
	HTTP_CUT,    /* the connection ends before the body does */
	HTTP_RESET,  /* the connection is reset, nothing is sent */
	HTTP_SILENT, /* nothing is sent, and the connection stays */
};

struct http_response {
	unsigned status;  /* 0 until somebody answers */
	const char *type; /* Content-Type, of static storage; NULL: none */
	struct {
		const char *name; /* of static storage */
		char value[HTTP_VALUE_SIZE];
	} headers[10];
	size_t n_headers;
	struct buf body;
	/* How it is sent, when not as it should be (cloudfault.h). */
	struct {
		enum http_sending how;
		unsigned wait; /* seconds, before anything else */
		size_t cut;    /* octets of the body that do not come */
	} sending;
	/* For the log: which authority was meant, how far the request came, and
	 * what became of it; "" is left out. No secrets. */
	char authority[96], step[32], outcome[192];
	char faults[HTTP_VALUE_SIZE]; /* that happened */
};

void http_response_init(struct http_response *p);
void http_response_done(struct http_response *p);

/* One more header; what does not fit is a mistake of ours (assert). */
void http_add_header(struct http_response *p, const char *name, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));
/* The outcome for the log. */
void http_outcome(struct http_response *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Answer with one line of text, which is the outcome, too. */
void http_refuse(struct http_response *p, unsigned status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Answer with bytes; 500 without the memory for them. type is of static
 * storage. */
void http_answer(struct http_response *p, unsigned status, const char *type,
    struct span body);
/* True when the method is one of "GET, HEAD"; else the answer is 405, with
 * these words in Allow (RFC 9110 15.5.6). */
bool http_allows(
    const struct http_request *r, struct http_response *p, const char *allow);

/* The request is for this machine's own name or address, so that its path alone
 * says which service is meant. */
bool http_is_local(const struct http_request *r);
/* The host of "Host.Example.:443" in lower case, without the port and the
 * root's dot; false for what is no host's name or address. */
bool http_host_of(const char *text, size_t n, char out[static MAX_HTTP_HOST]);

#endif
