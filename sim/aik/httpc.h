/*
 * httpc.h - an HTTP client: one request, one answer, and the connection kept
 * for the next one.
 *
 * The only user of libcurl.  No redirect is followed, nothing is cached, and an
 * answer of any status is an answer.  What goes wrong below HTTP is named with
 * WinHTTP's number, as Windows reports it (hresult.h).
 */
#ifndef SIM_AIK_HTTPC_H
#define SIM_AIK_HTTPC_H

#include <stdbool.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"
#include "sim/base/limits.h"

/* A label of more than 63 octets: no query can carry it (RFC 1035 2.3.4), so
 * no resolver is asked. */
#define HTTPC_NO_SUCH_NAME                                                     \
	"this-name-is-longer-than-sixty-three-octets-and-cannot-be-asked-for." \
	"invalid"

struct httpc_options {
	/* "127.0.0.1:8443", as httpc_check_address() likes it: where every name
	 * is, past any proxy; NULL: where DNS says it is, by the proxy that the
	 * environment names. */
	const char *connect_to;
	/* "127.0.0.1:3128", the same: a proxy that each request goes by, for
	 * TLS with CONNECT; connect_to is NULL then. */
	const char *proxy;
	struct span ca;   /* PEM, to trust; n == 0: as this machine does */
	unsigned timeout; /* seconds for a request and its answer */
	/* Asked once a second and more often: true ends a request, and lets no
	 * other one begin. May be NULL. */
	bool (*stop)(void);
};

struct httpc_request {
	const char *method; /* "GET", "POST", "PUT" */
	const char *url;
	const char *const *headers; /* "Name: value", NULL ends */
	struct span body;           /* p NULL: none */
	bool record;                /* answer.sent is wanted */
	/* Called once there is a connection, before the request goes out. */
	void (*connected)(void *ctx);
	void *ctx;
};

struct httpc_answer {
	bool connected;   /* the connection was there, or was made; not when a
			   * proxy refused it, whose answer this is then */
	unsigned status;  /* 0: there was no answer */
	unsigned winhttp; /* why: 12007 ...; 0: another reason, or none */
	char address[64]; /* who answered: "127.0.0.1:8443" */
	struct buf sent;  /* request line and headers, as they went out */
	struct buf head;  /* status line and headers, as they came */
	struct buf body;
	uint64_t ns;
};

#define HTTPC_ANSWER_INIT                                                      \
	{                                                                      \
		.sent = BUF_INIT(MAX_HTTP_HEAD),                               \
		.head = BUF_INIT(MAX_HTTP_HEAD),                               \
		.body = BUF_INIT(MAX_HTTP_ANSWER),                             \
	}

struct httpc;

/* E_USAGE for what is not "HOST:PORT", with a name or an address ("[::1]" for
 * IPv6) and a port of 1 to 65535: for libcurl, a part that is missing is the
 * one of the URL, which is another machine. option is for the message. */
int httpc_check_address(const char *option, const char *address, struct err *e);

/* o is borrowed. E_NOTFOUND without libcurl, E_USAGE as above. */
int httpc_new(const struct httpc_options *o, struct httpc **ret, struct err *e);
void httpc_free(struct httpc *h);
/* ret was HTTPC_ANSWER_INIT, and is freed with httpc_answer_done(), also after
 * a failure. E_IO without an answer, E_LIMIT for one that is too long. */
int httpc_send(struct httpc *h, const struct httpc_request *r,
    struct httpc_answer *ret, struct err *e);
void httpc_answer_done(struct httpc_answer *a);

static inline void
auto_httpc_fn(struct httpc **h)
{
	httpc_free(*h);
}

#define auto_httpc        AUTO(auto_httpc_fn) struct httpc *
#define auto_httpc_answer AUTO(httpc_answer_done) struct httpc_answer

#endif
