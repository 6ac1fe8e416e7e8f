#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include "sim/aik/curl.h"
#include "sim/aik/hresult.h"
#include "sim/aik/httpc.h"
#include "sim/base/clock.h"
#include "sim/base/port.h"

struct httpc {
	CURL *easy;
	struct curl_slist *connect_to;
	char *proxy; /* "http://127.0.0.1:3128" */
	struct buf ca;
	unsigned timeout;
	bool (*stop)(void);
};

/* What a request is sent with, and what comes back. */
struct exchange {
	const struct httpc_request *request;
	struct httpc_answer *answer;
	struct curl_slist *headers;
	int limit; /* which the answer went beyond; 0: none */
};

static void
exchange_done(struct exchange *x)
{
	if (x->headers != NULL)
		curl.curl_slist_free_all(x->headers);
}

/* --- failures --------------------------------------------------------------
 */

static const struct {
	CURLcode code;
	unsigned winhttp;
} failures[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, WINHTTP_NAME_NOT_RESOLVED },
	{ CURLE_COULDNT_RESOLVE_PROXY, WINHTTP_NAME_NOT_RESOLVED },
	{ CURLE_COULDNT_CONNECT, WINHTTP_CANNOT_CONNECT },
	{ CURLE_OPERATION_TIMEDOUT, WINHTTP_TIMEOUT },
	{ CURLE_SSL_CONNECT_ERROR, WINHTTP_SECURE_FAILURE },
	{ CURLE_PEER_FAILED_VERIFICATION, WINHTTP_SECURE_FAILURE },
	{ CURLE_SSL_ISSUER_ERROR, WINHTTP_SECURE_FAILURE },
	{ CURLE_SSL_INVALIDCERTSTATUS, WINHTTP_SECURE_FAILURE },
	{ CURLE_GOT_NOTHING, WINHTTP_CONNECTION_ERROR },
	{ CURLE_SEND_ERROR, WINHTTP_CONNECTION_ERROR },
	{ CURLE_RECV_ERROR, WINHTTP_CONNECTION_ERROR },
	{ CURLE_PARTIAL_FILE, WINHTTP_CONNECTION_ERROR },
	{ CURLE_WEIRD_SERVER_REPLY, WINHTTP_INVALID_SERVER_RESPONSE },
	{ CURLE_UNSUPPORTED_PROTOCOL, WINHTTP_INVALID_SERVER_RESPONSE },
};

static unsigned
winhttp_of(CURLcode code)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (failures[i].code == code)
			return failures[i].winhttp;
	return 0;
}

static int
failed(
    const struct exchange *x, CURLcode code, const char *detail, struct err *e)
{
	const struct httpc_request *r = x->request;

	if (x->limit != 0)
		return err_set(e, E_LIMIT,
		    "%s '%s': an answer of more than %d octets%s", r->method,
		    r->url, x->limit,
		    x->limit == MAX_HTTP_HEAD ? " of headers" : "");
	if (code == CURLE_ABORTED_BY_CALLBACK)
		detail = "interrupted";
	x->answer->winhttp = winhttp_of(code);
	return err_set(e, E_IO, "%s '%s': %s", r->method, r->url,
	    detail[0] != '\0' ? detail : curl.curl_easy_strerror(code));
}

/* --- what libcurl calls ----------------------------------------------------
 */

static size_t
take_head(char *p, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;
	const struct span line = { (const uint8_t *)p, size * n };

	/* A proxy's answer, or "100 Continue", was before this one. */
	if (line.n > 5 && memcmp(p, "HTTP/", 5) == 0)
		buf_reset(&x->answer->head);
	if (buf_put(&x->answer->head, line) == 0)
		return line.n;
	x->limit = MAX_HTTP_HEAD;
	return 0;
}

static size_t
take_body(char *p, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;
	const struct span part = { (const uint8_t *)p, size * n };

	if (buf_put(&x->answer->body, part) == 0)
		return part.n;
	x->limit = MAX_HTTP_ANSWER;
	return 0;
}

static int
take_connection(
    void *ctx, char *remote, char *local, int remote_port, int local_port)
{
	struct exchange *x = ctx;
	const bool v6 = strchr(remote, ':') != NULL;

	x->answer->connected = true;
	(void)snprintf(x->answer->address, sizeof(x->answer->address),
	    "%s%s%s:%d", v6 ? "[" : "", remote, v6 ? "]" : "", remote_port);
	if (x->request->connected != NULL)
		x->request->connected(x->request->ctx);
	return CURL_PREREQFUNC_OK;
}

/* What goes out, in clear, before TLS. */
static int
take_sent(CURL *easy, curl_infotype type, char *p, size_t n, void *ctx)
{
	struct buf *sent = &((struct exchange *)ctx)->answer->sent;

	if (type != CURLINFO_HEADER_OUT)
		return 0;
	/* A CONNECT for a proxy, or the same by a connection that was gone
	 * meanwhile, was before this one. */
	if (sent->n >= 4 && memcmp(sent->p + sent->n - 4, "\r\n\r\n", 4) == 0)
		buf_reset(sent);
	(void)buf_put(sent, (struct span){ (const uint8_t *)p, n });
	return 0;
}

/* As libcurl waits, and as octets come and go. */
static int
take_progress(void *ctx, curl_off_t download, curl_off_t downloaded,
    curl_off_t upload, curl_off_t uploaded)
{
	const struct httpc *h = ctx;

	return h->stop();
}

/* --- a request -------------------------------------------------------------
 */

static int
put_headers(struct exchange *x, struct err *e)
{
	/* curl waits for leave to send a body (100-continue); Windows does not.
	 */
	struct curl_slist *more = curl.curl_slist_append(x->headers, "Expect:");

	for (size_t i = 0; more != NULL && x->request->headers != NULL &&
			   x->request->headers[i] != NULL;
	     i++) {
		x->headers = more;
		more =
		    curl.curl_slist_append(x->headers, x->request->headers[i]);
	}
	if (more == NULL)
		return err_set(e, E_NOMEM, "headers");
	x->headers = more;
	return 0;
}

/* Each is refused only without memory, or by a libcurl without the option. */
static CURLcode
set_connection(const struct httpc *h)
{
	const long timeout = (long)h->timeout;
	struct curl_blob ca = { h->ca.p, h->ca.n, CURL_BLOB_NOCOPY };
	CURLcode rc = curl.curl_easy_setopt(h->easy, CURLOPT_TIMEOUT, timeout);

	rc = rc ? rc
		: curl.curl_easy_setopt(h->easy, CURLOPT_HTTP_VERSION,
		      (long)CURL_HTTP_VERSION_1_1);
	if (h->ca.n > 0)
		rc = rc ? rc
			: curl.curl_easy_setopt(
			      h->easy, CURLOPT_CAINFO_BLOB, &ca);
	if (h->connect_to != NULL) {
		rc = rc ? rc
			: curl.curl_easy_setopt(
			      h->easy, CURLOPT_CONNECT_TO, h->connect_to);
		rc =
		    rc ? rc : curl.curl_easy_setopt(h->easy, CURLOPT_PROXY, "");
	}
	return rc;
}

/* For all hosts, whatever the environment says. */
static CURLcode
set_proxy(const struct httpc *h)
{
	CURLcode rc;

	if (h->proxy == NULL)
		return CURLE_OK;
	rc = curl.curl_easy_setopt(h->easy, CURLOPT_PROXY, h->proxy);
	return rc ? rc : curl.curl_easy_setopt(h->easy, CURLOPT_NOPROXY, "");
}

static CURLcode
set_progress(struct httpc *h)
{
	CURLcode rc;

	if (h->stop == NULL)
		return CURLE_OK;
	rc = curl.curl_easy_setopt(h->easy, CURLOPT_NOPROGRESS, 0L);
	rc = rc ? rc : curl.curl_easy_setopt(h->easy, CURLOPT_XFERINFODATA, h);
	return rc ? rc
		  : curl.curl_easy_setopt(
			h->easy, CURLOPT_XFERINFOFUNCTION, take_progress);
}

static CURLcode
set_request(const struct httpc *h, const struct httpc_request *r)
{
	CURLcode rc = curl.curl_easy_setopt(h->easy, CURLOPT_URL, r->url);

	if (r->body.p != NULL) {
		/* It sets the method, too. */
		rc = rc ? rc
			: curl.curl_easy_setopt(h->easy,
			      CURLOPT_POSTFIELDSIZE_LARGE,
			      (curl_off_t)r->body.n);
		rc = rc ? rc
			: curl.curl_easy_setopt(
			      h->easy, CURLOPT_POSTFIELDS, r->body.p);
	}
	return rc ? rc
		  : curl.curl_easy_setopt(
			h->easy, CURLOPT_CUSTOMREQUEST, r->method);
}

static CURLcode
set_record(const struct httpc *h, struct exchange *x)
{
	CURLcode rc;

	if (!x->request->record)
		return CURLE_OK;
	rc = curl.curl_easy_setopt(h->easy, CURLOPT_DEBUGFUNCTION, take_sent);
	rc = rc ? rc : curl.curl_easy_setopt(h->easy, CURLOPT_DEBUGDATA, x);
	return rc ? rc : curl.curl_easy_setopt(h->easy, CURLOPT_VERBOSE, 1L);
}

static CURLcode
set_callbacks(const struct httpc *h, struct exchange *x)
{
	CURLcode rc =
	    curl.curl_easy_setopt(h->easy, CURLOPT_HEADERFUNCTION, take_head);

	rc = rc ? rc : curl.curl_easy_setopt(h->easy, CURLOPT_HEADERDATA, x);
	rc = rc ? rc
		: curl.curl_easy_setopt(
		      h->easy, CURLOPT_WRITEFUNCTION, take_body);
	rc = rc ? rc : curl.curl_easy_setopt(h->easy, CURLOPT_WRITEDATA, x);
	rc = rc ? rc
		: curl.curl_easy_setopt(
		      h->easy, CURLOPT_PREREQFUNCTION, take_connection);
	rc = rc ? rc : curl.curl_easy_setopt(h->easy, CURLOPT_PREREQDATA, x);
	return rc ? rc
		  : curl.curl_easy_setopt(
			h->easy, CURLOPT_HTTPHEADER, x->headers);
}

/* A proxy that does not let us through answers in the server's place. */
static unsigned
status_of(const struct httpc *h)
{
	long status = 0, proxy = 0;

	(void)curl.curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	(void)curl.curl_easy_getinfo(
	    h->easy, CURLINFO_HTTP_CONNECTCODE, &proxy);
	return (unsigned)(proxy >= 400 ? proxy : status);
}

static int
perform(struct httpc *h, struct exchange *x, struct err *e)
{
	char detail[CURL_ERROR_SIZE] = "";
	CURLcode rc;

	curl.curl_easy_reset(h->easy);
	rc = h->stop != NULL && h->stop() ? CURLE_ABORTED_BY_CALLBACK
					  : set_connection(h);
	rc = rc ? rc : set_proxy(h);
	rc = rc ? rc : set_progress(h);
	rc = rc ? rc : set_request(h, x->request);
	rc = rc ? rc : set_callbacks(h, x);
	rc = rc ? rc : set_record(h, x);
	rc = rc ? rc
		: curl.curl_easy_setopt(h->easy, CURLOPT_ERRORBUFFER, detail);
	rc = rc ? rc : curl.curl_easy_perform(h->easy);
	(void)curl.curl_easy_setopt(h->easy, CURLOPT_ERRORBUFFER, NULL);
	x->answer->status = status_of(h);
	if (rc != CURLE_OK && x->answer->status < 400)
		return failed(x, rc, detail, e);
	return 0;
}

int
httpc_send(struct httpc *h, const struct httpc_request *r,
    struct httpc_answer *ret, struct err *e)
{
	AUTO(exchange_done)
	struct exchange x = { .request = r, .answer = ret };
	const uint64_t begin = clock_ns();
	int rc;

	if (put_headers(&x, e) != 0)
		return -1;
	rc = perform(h, &x, e);
	ret->ns = clock_ns() - begin;
	return rc;
}

void
httpc_answer_done(struct httpc_answer *a)
{
	buf_free(&a->sent);
	buf_free(&a->head);
	buf_free(&a->body);
}

/* --- where to connect to ---------------------------------------------------
 */

/* What is between brackets is an IPv6 address. */
static bool
is_host(const char *text, size_t n)
{
	char v6[INET6_ADDRSTRLEN] = "";
	struct in6_addr in6;

	if (n == 0 || n >= MAX_HTTP_HOST)
		return false;
	if (text[0] == '[') {
		if (n < 3 || n - 2 >= sizeof(v6) || text[n - 1] != ']')
			return false;
		memcpy(v6, text + 1, n - 2);
		return inet_pton(AF_INET6, v6, &in6) == 1;
	}
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) &&
		    strchr("-._", text[i]) == NULL)
			return false;
	return true;
}

int
httpc_check_address(const char *option, const char *address, struct err *e)
{
	const char *colon = strrchr(address, ':');
	uint16_t port;

	if (colon != NULL && is_host(address, (size_t)(colon - address)) &&
	    port_parse(colon + 1, &port) == 0 && port > 0)
		return 0;
	err_set(e, E_USAGE, "%s '%s': want HOST:PORT", option, address);
	return err_hint(e, "write 127.0.0.1:8443, [::1]:8443 or "
			   "localhost:8443");
}

/* --- life ------------------------------------------------------------------
 */

int
httpc_new(const struct httpc_options *o, struct httpc **ret, struct err *e)
{
	auto_httpc h = calloc(1, sizeof(*h));
	auto_free char *to = NULL;

	if (h == NULL)
		return err_set(e, E_NOMEM, "HTTP client");
	if ((o->connect_to != NULL &&
		httpc_check_address("connect to", o->connect_to, e) != 0) ||
	    (o->proxy != NULL &&
		httpc_check_address("proxy", o->proxy, e) != 0))
		return -1;
	buf_init(&h->ca, o->ca.n);
	h->timeout = o->timeout;
	h->stop = o->stop;
	if (curl_load(e) != 0)
		return -1;
	if (o->ca.n > 0 && buf_put(&h->ca, o->ca))
		return err_set(e, E_NOMEM, "certificates to trust");
	if (o->connect_to != NULL &&
	    (asprintf(&to, "::%s", o->connect_to) < 0 ||
		(h->connect_to = curl.curl_slist_append(NULL, to)) == NULL))
		return err_set(e, E_NOMEM, "HTTP client");
	if (o->proxy != NULL && asprintf(&h->proxy, "http://%s", o->proxy) < 0)
		return err_set(e, E_NOMEM, "HTTP client");
	if ((h->easy = curl.curl_easy_init()) == NULL)
		return err_set(e, E_NOMEM, "HTTP client");
	*ret = TAKE(h);
	return 0;
}

void
httpc_free(struct httpc *h)
{
	if (h == NULL)
		return;
	if (h->easy != NULL)
		curl.curl_easy_cleanup(h->easy);
	if (h->connect_to != NULL)
		curl.curl_slist_free_all(h->connect_to);
	buf_free(&h->ca);
	free(h->proxy);
	free(h);
}
