/* HTTP: hosts, methods and answers, without a connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/aik/http.h"

#define SIZE(a) (sizeof(a) / sizeof(*(a)))

/* want NULL: no host. */
static const struct {
	const char *text, *want;
} hosts[] = {
	{ "tsci.intel.test", "tsci.intel.test" },
	{ "TSCI.Intel.Test", "tsci.intel.test" },
	{ "tsci.intel.test:8443", "tsci.intel.test" },
	{ "tsci.intel.test:", "tsci.intel.test" },
	{ "INTC-KeyId-b066.MicrosoftAIK.azure.net",
	    "intc-keyid-b066.microsoftaik.azure.net" },
	{ "127.0.0.1:1", "127.0.0.1" },
	{ "[::1]:8443", "[::1]" },
	{ "[::1]", "[::1]" },
	{ "a_b", "a_b" },
	{ "A.b.", "a.b" },
	{ "a.b.:80", "a.b" },
	{ ".", NULL },
	{ ".:80", NULL },
	{ "", NULL },
	{ ":80", NULL },
	{ "a:80x", NULL },
	{ "a:80:80", NULL },
	{ "a b", NULL },
	{ "a\"b", NULL },
	{ "a/b", NULL },
	{ "a\\b", NULL },
	{ "user@a", NULL },
	{ "\xc3\xa4", NULL },
	{ "[::1", NULL },
	{ "[::1]x", NULL },
	{ "[a.b:c]:1", "[a.b:c]" },
	{ "::1", NULL },
};

static void
test_hosts(void **state)
{
	for (size_t i = 0; i < SIZE(hosts); i++) {
		char out[MAX_HTTP_HOST];
		const bool is =
		    http_host_of(hosts[i].text, strlen(hosts[i].text), out);

		if (is != (hosts[i].want != NULL))
			fail_msg("'%s'", hosts[i].text);
		if (is)
			assert_string_equal(out, hosts[i].want);
	}
}

static void
test_long_host(void **state)
{
	char text[MAX_HTTP_HOST + 1], out[MAX_HTTP_HOST];

	memset(text, 'a', sizeof(text));
	assert_true(http_host_of(text, MAX_HTTP_HOST - 1, out));
	assert_int_equal(strlen(out), MAX_HTTP_HOST - 1);
	assert_false(http_host_of(text, MAX_HTTP_HOST, out));
	text[MAX_HTTP_HOST - 1] = ':';
	assert_true(http_host_of(text, MAX_HTTP_HOST, out));
}

static const struct {
	const char *host;
	bool local;
} locals[] = {
	{ "localhost", true },
	{ "127.0.0.1", true },
	{ "127.0.0.2", true },
	{ "[::1]", true },
	{ "128.0.0.1", false },
	{ "localhost.test", false },
};

static void
test_local(void **state)
{
	for (size_t i = 0; i < SIZE(locals); i++) {
		const struct http_request r = { .host = locals[i].host };

		assert_int_equal(http_is_local(&r), locals[i].local);
	}
}

static void
test_fields(void **state)
{
	const struct http_request r = {
		.headers = { { "Host", "a" }, { "ETAG", "1" },
		    { "Etag", "2" } },
		.n_headers = 3,
		.args = { { "operation", "GetCACaps" }, { "message", "" } },
		.n_args = 2,
	};

	assert_string_equal(http_header(&r, "etag"), "1");
	assert_null(http_header(&r, "operation"));
	assert_string_equal(http_arg(&r, "operation"), "GetCACaps");
	assert_string_equal(http_arg(&r, "message"), "");
	assert_null(http_arg(&r, "Operation"));
}

/* A method is a word, of one case, of those that are allowed. */
static void
test_methods(void **state)
{
	static const char *const refused[] = { "POST", "get", "GE", "GETT", "",
		"HEAD, GET", "," };
	struct http_response p;
	struct http_request r = { .method = "GET" };

	http_response_init(&p);
	assert_true(http_allows(&r, &p, "GET, HEAD"));
	r.method = "HEAD";
	assert_true(http_allows(&r, &p, "GET, HEAD"));
	assert_int_equal(p.status, 0);
	http_response_done(&p);
	for (size_t i = 0; i < SIZE(refused); i++) {
		http_response_init(&p);
		r.method = refused[i];
		assert_false(http_allows(&r, &p, "GET, HEAD"));
		assert_int_equal(p.status, 405);
		assert_int_equal(p.n_headers, 1);
		assert_string_equal(p.headers[0].name, "Allow");
		assert_string_equal(p.headers[0].value, "GET, HEAD");
		http_response_done(&p);
	}
}

static void
test_answers(void **state)
{
	auto_buf large = BUF_INIT(MAX_HTTP_ANSWER + 1);
	struct http_response p;

	http_response_init(&p);
	http_refuse(&p, 400, "no %s", "host");
	assert_int_equal(p.status, 400);
	assert_true(span_eq(buf_span(&p.body), SPAN_STR("no host\n")));
	assert_string_equal(p.outcome, "no host");
	http_answer(&p, 200, "a/b", SPAN_STR("body"));
	assert_int_equal(p.status, 200);
	assert_string_equal(p.type, "a/b");
	assert_true(span_eq(buf_span(&p.body), SPAN_STR("body")));
	assert_non_null(buf_room(&large, MAX_HTTP_ANSWER + 1));
	memset(large.p, 0, large.n);
	http_answer(&p, 200, "a/b", buf_span(&large));
	assert_int_equal(p.status, 500);
	assert_int_equal(p.body.n, 0);
	http_response_done(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_long_host),
		cmocka_unit_test(test_local),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
