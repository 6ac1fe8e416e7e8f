#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>

#include "sim/aik/door.h"
#include "sim/aik/httpd.h"
#include "sim/aik/mhd.h"
#include "sim/base/clock.h"
#include "sim/base/log.h"

/* RFC 8996: nothing below 1.2. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3"

struct httpd {
	struct httpd_options options;
	struct door *door;
	struct MHD_Daemon *plain, *tls;
	char *key, *chain; /* with a NUL, as libmicrohttpd wants them */
	int end;           /* eventfd: who waits is to stop */
};

/* One request, from its head to the end of its answer. */
struct exchange {
	struct http_request request;
	struct http_response response;
	char host[MAX_HTTP_HOST];
	struct buf body;
	bool too_long;   /* the body, */
	size_t unwanted; /* and octets of it that were read over */
	bool too_many;   /* headers or arguments */
	bool logged;
	uint64_t begin;
};

/* --- log ----------------------------------------------------------------- */

/* What a client wrote, as one word of one line. */
static const char *
word(const char *text, char out[static 128])
{
	size_t n = 0;

	for (; n < 127 && text[n] != '\0'; n++)
		out[n] = isgraph((unsigned char)text[n]) && text[n] != '"'
			     ? text[n]
			     : '?';
	out[n] = '\0';
	return n > 0 ? out : "-";
}

static void
client_of(struct MHD_Connection *c, char out[static INET6_ADDRSTRLEN + 8])
{
	const union MHD_ConnectionInfo *info =
	    mhd.MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr_in *in;
	const struct sockaddr_in6 *in6;
	char text[INET6_ADDRSTRLEN] = "?";
	unsigned port = 0;

	if (info != NULL && info->client_addr->sa_family == AF_INET) {
		in = (const void *)info->client_addr;
		(void)inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
		port = ntohs(in->sin_port);
	} else if (info != NULL && info->client_addr->sa_family == AF_INET6) {
		in6 = (const void *)info->client_addr;
		(void)inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
		port = ntohs(in6->sin6_port);
	}
	(void)snprintf(out, INET6_ADDRSTRLEN + 8, "%s:%u", text, port);
}

static void
log_exchange(struct MHD_Connection *c, struct exchange *x, const char *outcome)
{
	const struct http_request *r = &x->request;
	const struct http_response *p = &x->response;
	const bool head = strcmp(r->method, "HEAD") == 0;
	char client[INET6_ADDRSTRLEN + 8], method[128], path[128];

	x->logged = true;
	if (!log_enabled(LOG_INFO))
		return;
	client_of(c, client);
	log_info("http",
	    "client=%s method=%s host=%s path=%s%s%s%s%s%s%s outcome=\"%s\" "
	    "status=%u bytes=%zu ms=%.1f",
	    client, word(r->method, method), x->host[0] != '\0' ? x->host : "-",
	    word(r->path, path), p->authority[0] != '\0' ? " authority=" : "",
	    p->authority, p->step[0] != '\0' ? " step=" : "", p->step,
	    p->faults[0] != '\0' ? " fault=" : "", p->faults, outcome,
	    p->status, head ? (size_t)0 : p->body.n,
	    (double)(clock_ns() - x->begin) / 1e6);
}

static void __attribute__((format(printf, 2, 0)))
log_library(void *ctx, const char *fmt, va_list ap)
{
	char text[256];
	size_t n;

	if (!log_enabled(LOG_DEBUG))
		return;
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	n = strcspn(text, "\n");
	log_debug("http", "%.*s", (int)n, text);
}

/* --- the request ------------------------------------------------------------
 */

static enum MHD_Result
add_field(struct exchange *x, struct http_field *fields, size_t *n,
    const char *name, const char *value)
{
	if (*n == MAX_HTTP_FIELDS) {
		x->too_many = true;
		return MHD_NO;
	}
	fields[(*n)++] =
	    (struct http_field){ name, value != NULL ? value : "" };
	return MHD_YES;
}

static enum MHD_Result
on_header(
    void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct exchange *x = ctx;

	return add_field(
	    x, x->request.headers, &x->request.n_headers, name, value);
}

static enum MHD_Result
on_argument(
    void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct exchange *x = ctx;

	return add_field(x, x->request.args, &x->request.n_args, name, value);
}

/* RFC 9112 3.2.2: a client that takes us for a proxy writes the whole URL, and
 * its host goes before the header's. True when url is such a one. */
static bool
split_absolute(const char *url, const char **ret_host, size_t *ret_n,
    const char **ret_path)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		const size_t n = strlen(schemes[i]);

		if (strncasecmp(url, schemes[i], n) != 0)
			continue;
		*ret_host = url + n;
		*ret_n = strcspn(*ret_host, "/");
		*ret_path =
		    (*ret_host)[*ret_n] == '/' ? *ret_host + *ret_n : "/";
		return true;
	}
	return false;
}

/* RFC 9112 3.2: a second one is refused, as another server on the way may have
 * heeded the other. */
static bool
has_two_hosts(const struct http_request *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n_headers; i++)
		n += strcasecmp(r->headers[i].name, "Host") == 0;
	return n > 1;
}

/* False when there is no host, or what is none. */
static bool
find_host(struct exchange *x, const char *url)
{
	const char *host = http_header(&x->request, "Host");
	size_t n = host != NULL ? strlen(host) : 0;

	x->request.path = url;
	x->request.host = x->host;
	(void)split_absolute(url, &host, &n, &x->request.path);
	return host != NULL && http_host_of(host, n, x->host);
}

static void
refuse_body(struct http_response *p)
{
	http_refuse(p, 413, "body of more than the %d octets that are read",
	    MAX_HTTP_BODY);
}

/* A body of too many octets is answered before it comes when its sender waits
 * for that (RFC 9110 10.1.1), or when it is endless; the other is read, as who
 * writes does not see an answer before the end. */
static bool
refuse_length(struct exchange *x)
{
	const char *length = http_header(&x->request, "Content-Length");
	const unsigned long long n =
	    length != NULL ? strtoull(length, NULL, 10) : 0;

	x->too_long = n > MAX_HTTP_BODY;
	return n > MAX_HTTP_UNWANTED ||
	       (x->too_long && http_header(&x->request, "Expect") != NULL);
}

/* A head that no handler is to see: it is answered, and true. */
static bool
refuse_head(struct exchange *x, bool have_host)
{
	struct http_response *p = &x->response;

	if (x->too_many)
		http_refuse(p, 431, "more than %d headers or arguments",
		    MAX_HTTP_FIELDS);
	else if (!have_host)
		http_refuse(p, 400, "no host");
	else if (has_two_hosts(&x->request))
		http_refuse(p, 400, "two hosts");
	else if (x->request.path[0] != '/' &&
		 strcmp(x->request.method, "CONNECT") != 0)
		http_refuse(p, 400, "no path");
	else if (refuse_length(x))
		refuse_body(p);
	return p->status != 0;
}

static struct exchange *
begin_exchange(struct MHD_Connection *c, const char *url, const char *method)
{
	struct exchange *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->begin = clock_ns();
	x->request.method = method;
	buf_init(&x->body, MAX_HTTP_BODY);
	http_response_init(&x->response);
	(void)mhd.MHD_get_connection_values(c, MHD_HEADER_KIND, on_header, x);
	(void)mhd.MHD_get_connection_values(
	    c, MHD_GET_ARGUMENT_KIND, on_argument, x);
	return x;
}

/* What is too long is read for a while, so that the client gets to see the
 * answer. */
static enum MHD_Result
take_body(struct exchange *x, const char *data, size_t n)
{
	if (!x->too_long &&
	    buf_put(&x->body, (struct span){ (const void *)data, n }) == 0)
		return MHD_YES;
	x->too_long = true;
	x->unwanted += n;
	return x->unwanted > MAX_HTTP_UNWANTED ? MHD_NO : MHD_YES;
}

/* --- the answer --------------------------------------------------------------
 */

/* A body whose end does not come; ctx is the answer, which is there until the
 * connection has ended. */
static ssize_t
read_cut(void *ctx, uint64_t at, char *out, size_t most)
{
	const struct http_response *p = ctx;
	const size_t n =
	    p->sending.cut < p->body.n ? p->body.n - p->sending.cut : 0;
	size_t now = n - at;

	if (at >= n)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (now > most)
		now = most;
	memcpy(out, p->body.p + at, now);
	return (ssize_t)now;
}

/* Date and Content-Length are the library's. */
static struct MHD_Response *
build_response(struct http_response *p)
{
	struct MHD_Response *m =
	    p->sending.how == HTTP_CUT
		? mhd.MHD_create_response_from_callback(
		      p->body.n, MAX_HTTP_HEAD, read_cut, p, NULL)
		: mhd.MHD_create_response_from_buffer(
		      p->body.n, p->body.p, MHD_RESPMEM_MUST_COPY);
	bool ok = m != NULL;

	if (ok && p->type != NULL)
		ok = mhd.MHD_add_response_header(
			 m, MHD_HTTP_HEADER_CONTENT_TYPE, p->type) == MHD_YES;
	for (size_t i = 0; ok && i < p->n_headers; i++)
		ok = mhd.MHD_add_response_header(
			 m, p->headers[i].name, p->headers[i].value) == MHD_YES;
	if (ok)
		return m;
	if (m != NULL)
		mhd.MHD_destroy_response(m);
	return NULL;
}

static enum MHD_Result
send_response(struct MHD_Connection *c, struct exchange *x)
{
	struct http_response *p = &x->response;
	struct MHD_Response *m = build_response(p);
	enum MHD_Result rc;

	log_exchange(c, x, p->outcome[0] != '\0' ? p->outcome : "ok");
	if (m == NULL)
		return MHD_NO;
	rc = mhd.MHD_queue_response(c, p->status, m);
	mhd.MHD_destroy_response(m);
	return rc;
}

static int
descriptor_of(struct MHD_Connection *c)
{
	return mhd
	    .MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)
	    ->connect_fd;
}

/* Until then, or until the client or we go; -1: for good. */
static void
wait_on(const struct httpd *h, struct MHD_Connection *c, int ms)
{
	struct pollfd fds[] = { { .fd = h->end, .events = POLLIN },
		{ .fd = descriptor_of(c), .events = POLLRDHUP } };

	(void)poll(fds, 2, ms);
}

/* RFC 9293 3.5.2: what is not delivered is thrown away, on both sides. */
static void
reset(struct MHD_Connection *c)
{
	const struct sockaddr nowhere = { .sa_family = AF_UNSPEC };

	(void)connect(descriptor_of(c), &nowhere, sizeof(nowhere));
}

/* As the answer wants it. */
static enum MHD_Result
send_oddly(const struct httpd *h, struct MHD_Connection *c, struct exchange *x)
{
	struct http_response *p = &x->response;

	if (p->sending.wait != 0)
		wait_on(h, c, (int)p->sending.wait * 1000);
	if (p->sending.how != HTTP_SILENT && p->sending.how != HTTP_RESET)
		return send_response(c, x);
	p->status = 0;
	log_exchange(c, x,
	    p->sending.how == HTTP_RESET ? "connection reset" : "no answer");
	if (p->sending.how == HTTP_SILENT)
		wait_on(h, c, -1);
	else
		reset(c);
	return MHD_NO;
}

/* --- what the library calls ------------------------------------------------
 */

/* First with the head alone, then with each piece of the body, then with
 * nothing more. */
static enum MHD_Result
on_request(void *ctx, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *data, size_t *n,
    void **state)
{
	const struct httpd *h = ctx;
	struct exchange *x = *state;
	size_t got = *n;

	if (x == NULL) {
		if ((*state = x = begin_exchange(c, url, method)) == NULL)
			return MHD_NO;
		return refuse_head(x, find_host(x, url)) ? send_response(c, x)
							 : MHD_YES;
	}
	*n = 0;
	if (got > 0)
		return take_body(x, data, got);
	x->request.body = buf_span(&x->body);
	if (x->too_long)
		refuse_body(&x->response);
	else
		h->options.handler(h->options.ctx, &x->request, &x->response);
	return send_oddly(h, c, x);
}

static void
on_completed(void *ctx, struct MHD_Connection *c, void **state,
    enum MHD_RequestTerminationCode how)
{
	const struct httpd *h = ctx;
	struct exchange *x = *state;

	if (x != NULL) {
		if (!x->logged)
			log_exchange(c, x, "the client has gone");
		http_response_done(&x->response);
		buf_free(&x->body);
		free(x);
	}
	*state = NULL;
	door_answered(h->door, descriptor_of(c));
}

static void
on_connection(void *ctx, struct MHD_Connection *c, void **state,
    enum MHD_ConnectionNotificationCode what)
{
	const struct httpd *h = ctx;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED)
		door_left(h->door, descriptor_of(c));
}

/* --- life ------------------------------------------------------------------
 */

/* The library closes fd in any case. */
static bool
enter(void *ctx, int fd, bool tls, const struct sockaddr *from, socklen_t n)
{
	struct httpd *h = ctx;

	return mhd.MHD_add_connection(tls ? h->tls : h->plain, fd, from, n) ==
	       MHD_YES;
}

static struct MHD_Daemon *
start_daemon(struct httpd *h, bool tls)
{
	const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	const unsigned pool = cpus > 2 ? (unsigned)cpus : 2;
	const struct MHD_OptionItem with_tls[] = {
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, h->key },
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, h->chain },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0,
		    (void *)(uintptr_t)TLS_PRIORITIES },
		{ MHD_OPTION_END, 0, NULL },
	};
	const unsigned how = h->options.patient
				 ? MHD_USE_POLL | MHD_USE_THREAD_PER_CONNECTION
				 : MHD_USE_EPOLL;
	const unsigned flags = how | MHD_USE_INTERNAL_POLLING_THREAD |
			       MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC |
			       MHD_USE_ERROR_LOG | (tls ? MHD_USE_TLS : 0);

	/* door.c counts connections, of which a thread may get all, and has an
	 * eye on the time. */
	return mhd.MHD_start_daemon(flags, 0, NULL, NULL, on_request, h,
	    MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL,
	    MHD_OPTION_THREAD_POOL_SIZE, h->options.patient ? 0U : pool,
	    MHD_OPTION_CONNECTION_LIMIT, MAX_HTTP_CONNS * 2 * pool,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MAX_HTTP_HEAD,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_ARRAY,
	    tls ? with_tls : with_tls + 3, MHD_OPTION_END);
}

static char *
text_of(struct span s)
{
	return strndup((const char *)s.p, s.n);
}

static int
start(struct httpd *h, struct err *e)
{
	const struct door_options o = {
		.listeners = h->options.listeners,
		.n = h->options.n_listeners,
		.timeout =
		    h->options.patient ? MAX_HTTP_PATIENCE : h->options.timeout,
		.enter = enter,
		.ctx = h,
	};

	h->key = text_of(h->options.tls_key);
	h->chain = text_of(h->options.tls_chain);
	if (h->key == NULL || h->chain == NULL)
		return err_set(e, E_NOMEM, "HTTP server");
	if ((h->end = eventfd(0, EFD_CLOEXEC)) < 0)
		return err_errno(e, "HTTP server");
	if (door_new(&o, &h->door, e) != 0)
		return -1;
	if ((h->plain = start_daemon(h, false)) == NULL ||
	    (h->tls = start_daemon(h, true)) == NULL)
		return err_set(e, E_IO, "HTTP server: it does not start");
	return 0;
}

int
httpd_new(const struct httpd_options *o, struct httpd **ret, struct err *e)
{
	auto_httpd h = calloc(1, sizeof(*h));

	if (h == NULL)
		return err_set(e, E_NOMEM, "HTTP server");
	h->options = *o;
	h->end = -1;
	if (mhd_load(e) != 0 || start(h, e) != 0)
		return -1;
	/* The caller's, which it may wipe now. */
	h->options.tls_key = h->options.tls_chain = (struct span){ NULL, 0 };
	*ret = TAKE(h);
	return 0;
}

int
httpd_run(struct httpd *h, struct err *e)
{
	return door_run(h->door, e);
}

void
httpd_free(struct httpd *h)
{
	if (h == NULL)
		return;
	if (h->end >= 0)
		(void)eventfd_write(h->end, 1);
	if (h->plain != NULL)
		mhd.MHD_stop_daemon(h->plain);
	if (h->tls != NULL)
		mhd.MHD_stop_daemon(h->tls);
	door_free(h->door);
	if (h->end >= 0)
		(void)close(h->end);
	if (h->key != NULL)
		explicit_bzero(h->key, strlen(h->key));
	free(h->key);
	free(h->chain);
	free(h);
}
