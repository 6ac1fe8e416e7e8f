/*
 * httpd.h - an HTTP/1.1 server, TLS and plain on one port, for handlers that
 * take a request and give an answer.
 *
 * The only owner of libmicrohttpd.  Who comes in, and how slow a client may be,
 * is door.h's; a request larger than limits.h allows is refused before a
 * handler sees it.  One line of the log a request.
 */
#ifndef SIM_AIK_HTTPD_H
#define SIM_AIK_HTTPD_H

#include "sim/aik/http.h"
#include "sim/base/err.h"

struct httpd_options {
	/* Answers r in p, which is empty and of status 0. Threads call it at
	 * the same time. */
	void (*handler)(
	    void *ctx, const struct http_request *r, struct http_response *p);
	void *ctx;
	const int *listeners; /* sockets that listen, borrowed, not blocking */
	size_t n_listeners;
	/* PEM: the key, and its certificate with those between it and what
	 * clients trust. */
	struct span tls_key, tls_chain;
	unsigned timeout; /* seconds for a request and its answer */
	/* Answers may wait (http_response.sending): each connection has a
	 * thread, and timeout is MAX_HTTP_PATIENCE. */
	bool patient;
};

struct httpd;

int httpd_new(const struct httpd_options *o, struct httpd **ret, struct err *e);
/* Until SIGTERM or SIGINT. */
int httpd_run(struct httpd *h, struct err *e);
void httpd_free(struct httpd *h);

static inline void
auto_httpd_fn(struct httpd **h)
{
	httpd_free(*h);
}

#define auto_httpd AUTO(auto_httpd_fn) struct httpd *

#endif
