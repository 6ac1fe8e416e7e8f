/* The HTTP client, and servers that answer well, wrongly, or not at all. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "sim/aik/hresult.h"
#include "sim/aik/httpc.h"
#include "sim/base/auto.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\nContent-Length: "
#define URL     "http://name.test/path?x=y"

/* One connection: each request is read to the end of its headers, and body,
 * then a reply is sent. */
struct server {
	int listener;
	const char *replies[3]; /* NULL: close; "": say nothing until then */
	struct buf got;
	pthread_t thread;
};

/* Everything up to a blank line, and then so many octets. */
static void
read_request(int fd, struct buf *got)
{
	size_t want = 0, begin = got->n;
	char c;

	while (read(fd, &c, 1) == 1) {
		const char *at;

		assert_int_equal(
		    buf_put(got, (struct span){ (uint8_t *)&c, 1 }), 0);
		if (want != 0) {
			if (got->n == want)
				return;
			continue;
		}
		if (got->n - begin < 4 ||
		    memcmp(got->p + got->n - 4, "\r\n\r\n", 4) != 0)
			continue;
		at = memmem(
		    got->p + begin, got->n - begin, "Content-Length: ", 16);
		if (at == NULL)
			return;
		want = got->n + strtoul(at + 16, NULL, 10);
	}
}

static void *
serve(void *ctx)
{
	struct server *s = ctx;
	int fd = accept(s->listener, NULL, NULL);

	for (size_t i = 0; i < 3 && s->replies[i] != NULL; i++) {
		const char *text = s->replies[i];

		read_request(fd, &s->got);
		if (text[0] == '\0') /* until the client is gone */
			(void)!read(fd, &(char){ 0 }, 1);
		(void)!send(fd, text, strlen(text), MSG_NOSIGNAL);
	}
	close(fd);
	return NULL;
}

static bool stopping;

static bool
stop(void)
{
	return stopping;
}

static struct httpc *
client(struct server *s, char to[static 32])
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(a);
	struct httpc_options o = {
		.connect_to = to, .timeout = 1, .stop = stop
	};
	struct httpc *h;
	struct err e = ERR_INIT;

	s->listener = socket(AF_INET, SOCK_STREAM, 0);
	buf_init(&s->got, 1 << 20);
	assert_int_equal(bind(s->listener, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(s->listener, 5), 0);
	assert_int_equal(
	    getsockname(s->listener, (struct sockaddr *)&a, &n), 0);
	(void)snprintf(to, 32, "127.0.0.1:%u", ntohs(a.sin_port));
	if (httpc_new(&o, &h, &e) != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
	return h;
}

/* The same for who goes by a proxy, with a password. */
static struct httpc *
proxied_client(struct server *s)
{
	const struct httpc_options o = { .timeout = 5 };
	char to[32], proxy[64];
	struct httpc *h;

	httpc_free(client(s, to));
	(void)snprintf(proxy, sizeof(proxy), "http://me:secret@%s", to);
	assert_int_equal(setenv("http_proxy", proxy, 1), 0);
	assert_int_equal(setenv("https_proxy", proxy, 1), 0);
	assert_int_equal(httpc_new(&o, &h, NULL), 0);
	return h;
}

static void
end(struct server *s, struct httpc *h)
{
	httpc_free(h);
	assert_int_equal(pthread_join(s->thread, NULL), 0);
	close(s->listener);
	buf_free(&s->got);
}

static void
count(void *ctx)
{
	++*(int *)ctx;
}

/* Two requests on one connection: the server accepts no other one. */
static void
test_two(void **state)
{
	static const char *const headers[] = { "PlatformType: x",
		"Content-Type: a/b", NULL };
	struct server s = { .replies = { OK_HEAD "3\r\nX: 1\r\n\r\nabc",
				"HTTP/1.1 404 Not Found\r\nContent-Length: "
				"4\r\n\r\ngone" } };
	char to[32];
	struct httpc *h = client(&s, to);
	int connections = 0;
	struct httpc_request r = { .method = "GET",
		.url = URL,
		.headers = headers,
		.connected = count,
		.ctx = &connections };
	auto_httpc_answer first = HTTPC_ANSWER_INIT, second = HTTPC_ANSWER_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(httpc_send(h, &r, &first, &e), 0);
	assert_int_equal(first.status, 200);
	assert_int_equal(first.sent.n, 0);
	assert_true(first.connected);
	assert_string_equal(first.address, to);
	assert_true(span_eq(buf_span(&first.body), SPAN_STR("abc")));
	assert_true(span_eq(
	    buf_span(&first.head), SPAN_STR(OK_HEAD "3\r\nX: 1\r\n\r\n")));
	r.method = "POST";
	r.body = SPAN_STR("12345");
	r.record = true;
	assert_int_equal(httpc_send(h, &r, &second, &e), 0);
	assert_int_equal(buf_put(&second.sent, r.body), 0);
	assert_true(s.got.n > second.sent.n);
	assert_memory_equal(
	    s.got.p + s.got.n - second.sent.n, second.sent.p, second.sent.n);
	assert_int_equal(second.status, 404);
	assert_true(span_eq(buf_span(&second.body), SPAN_STR("gone")));
	assert_int_equal(connections, 2);
	assert_int_equal(buf_put_u8(&s.got, 0), 0);
	assert_non_null(strstr((char *)s.got.p, "GET /path?x=y HTTP/1.1\r\n"));
	assert_non_null(strstr((char *)s.got.p, "Host: name.test\r\n"));
	assert_non_null(strstr((char *)s.got.p, "PlatformType: x\r\n"));
	assert_non_null(strstr((char *)s.got.p, "POST /path?x=y HTTP/1.1\r\n"));
	assert_non_null(strstr((char *)s.got.p, "\r\n\r\n12345"));
	assert_null(strstr((char *)s.got.p, "urlencoded"));
	assert_null(strstr((char *)s.got.p, "Expect"));
	end(&s, h);
}

static void
test_failures(void **state)
{
	static const struct {
		const char *reply;
		unsigned winhttp;
	} rows[] = {
		{ NULL, WINHTTP_CONNECTION_ERROR },
		{ "", WINHTTP_TIMEOUT },
		{ "220 mail.test\r\n\r\n", WINHTTP_INVALID_SERVER_RESPONSE },
		{ OK_HEAD "9\r\n\r\nabc", WINHTTP_CONNECTION_ERROR },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct server s = { .replies = { rows[i].reply } };
		char to[32];
		struct httpc *h = client(&s, to);
		const struct httpc_request r = { .method = "GET", .url = URL };
		auto_httpc_answer a = HTTPC_ANSWER_INIT;
		struct err e = ERR_INIT;

		assert_int_equal(httpc_send(h, &r, &a, &e), -1);
		assert_int_equal(e.code, E_IO);
		assert_int_equal(a.winhttp, rows[i].winhttp);
		end(&s, h);
	}
}

/* What a proxy gets, which may be all that goes out. */
static void
test_proxy(void **state)
{
	static const struct {
		const char *url, *reply, *begins;
		unsigned status;
	} rows[] = {
		{ URL, OK_HEAD "3\r\n\r\nabc", "GET " URL " HTTP/1.1\r\n",
		    200 },
		{ "https://name.test/",
		    "HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n",
		    "CONNECT name.test:443 HTTP/1.1\r\n", 407 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct server s = { .replies = { rows[i].reply } };
		const struct httpc_request r = {
			.method = "GET", .url = rows[i].url, .record = true
		};
		auto_httpc_answer a = HTTPC_ANSWER_INIT;
		struct httpc *h = proxied_client(&s);
		struct err e = ERR_INIT;

		assert_int_equal(httpc_send(h, &r, &a, &e), 0);
		assert_int_equal(a.status, rows[i].status);
		assert_true(span_eq(buf_span(&a.sent), buf_span(&s.got)));
		assert_memory_equal(
		    a.sent.p, rows[i].begins, strlen(rows[i].begins));
		assert_non_null(memmem(
		    a.sent.p, a.sent.n, "\r\nProxy-Authorization: Basic ", 29));
		end(&s, h);
	}
	(void)unsetenv("http_proxy");
	(void)unsetenv("https_proxy");
}

static void
begin_to_stop(void *ctx)
{
	stopping = true;
}

/* It is not the time that was over, and no other request goes out. */
static void
test_stop(void **state)
{
	struct server s = { .replies = { "" } };
	char to[32];
	struct httpc *h = client(&s, to);
	const struct httpc_request r = {
		.method = "GET", .url = URL, .connected = begin_to_stop
	};

	for (int i = 0; i < 2; i++) {
		auto_httpc_answer a = HTTPC_ANSWER_INIT;
		struct err e = ERR_INIT;

		assert_int_equal(httpc_send(h, &r, &a, &e), -1);
		assert_int_equal(e.code, E_IO);
		assert_non_null(strstr(e.msg, "interrupted"));
		assert_int_equal(a.winhttp, 0);
		assert_int_equal(a.connected, i == 0);
	}
	stopping = false;
	end(&s, h);
}

static void
fails_at(const char *to, unsigned winhttp)
{
	const struct httpc_options o = { .connect_to = to, .timeout = 5 };
	const struct httpc_request r = { .method = "GET", .url = URL };
	auto_httpc_answer a = HTTPC_ANSWER_INIT;
	auto_httpc h = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(httpc_new(&o, &h, &e), 0);
	assert_int_equal(httpc_send(h, &r, &a, &e), -1);
	assert_int_equal(a.winhttp, winhttp);
	assert_false(a.connected);
	assert_int_equal(a.status, 0);
}

/* Nobody is asked for a name with a label of 64 characters. */
static void
test_no_connection(void **state)
{
	fails_at("a234567890123456789012345678901234567890123456789012345678901"
		 "234.test:1",
	    WINHTTP_NAME_NOT_RESOLVED);
	fails_at("127.0.0.1:1", WINHTTP_CANNOT_CONNECT);
}

/* E_LIMIT, whose message says so. */
static void
is_too_long(char *reply, const char *says)
{
	struct server s = { .replies = { reply } };
	char to[32];
	const struct httpc_request r = { .method = "GET", .url = URL };
	auto_httpc_answer a = HTTPC_ANSWER_INIT;
	struct err e = ERR_INIT;
	struct httpc *h;

	h = client(&s, to);
	assert_int_equal(httpc_send(h, &r, &a, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
	assert_non_null(strstr(e.msg, says));
	end(&s, h);
}

static void
test_too_long(void **state)
{
	const size_t n = MAX_HTTP_ANSWER + 1;
	auto_free char *reply = malloc(n + 128);
	size_t at;

	assert_non_null(reply);
	at = (size_t)snprintf(reply, 128, OK_HEAD "%zu\r\n\r\n", n);
	memset(reply + at, 'a', n);
	reply[at + n] = '\0';
	is_too_long(reply, "more than 1048576 octets");
	/* Headers, none of which is. */
	at = (size_t)snprintf(reply, 128, OK_HEAD "0\r\n");
	while (at <= MAX_HTTP_HEAD)
		at += (size_t)snprintf(reply + at, 128, "X: %064d\r\n", 0);
	(void)snprintf(reply + at, 128, "\r\n");
	is_too_long(reply, "more than 65536 octets of headers");
}

/* Half an address would be half of the URL's: another machine. */
static void
test_address(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} rows[] = {
		{ "127.0.0.1:1", true },
		{ "localhost:65535", true },
		{ "a-b_c.test:8443", true },
		{ "[::1]:443", true },
		{ "", false },
		{ ":", false },
		{ ":443", false },
		{ "localhost", false },
		{ "127.0.0.1:", false },
		{ "127.0.0.1:0", false },
		{ "127.0.0.1:65536", false },
		{ "127.0.0.1:18446744073709551617", false },
		{ "127.0.0.1:+1", false },
		{ "127.0.0.1: 1", false },
		{ "127.0.0.1:1 ", false },
		{ "127.0.0.1:18443:5", false },
		{ "::1:18443", false },
		{ "[::1:18443", false },
		{ "[]:1", false },
		{ "[::1]", false },
		{ "[::1]18443", false },
		{ "[127.0.0.1]:1", false },
		{ "::1]:1", false },
		{ "a b:1", false },
		{ "a/b:1", false },
		{ "a@b:1", false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct httpc_options o = { .connect_to = rows[i].text };
		const int want = rows[i].ok ? 0 : -1;
		auto_httpc h = NULL;
		struct err e = ERR_INIT;

		if (httpc_check_address("--to", rows[i].text, &e) != want)
			fail_msg("'%s'", rows[i].text);
		assert_int_equal(e.code, rows[i].ok ? E_OK : E_USAGE);
		err_clear(&e);
		assert_int_equal(httpc_new(&o, &h, &e), want);
		assert_int_equal(e.code, rows[i].ok ? E_OK : E_USAGE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_proxy),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_no_connection),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
