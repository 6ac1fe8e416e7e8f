/* Addresses as users write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/tpm/address.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static const struct good {
	const char *text;
	int family;
	unsigned n, port;
	bool loopback;
	const char *connect;
} goods[] = {
	/* clang-format off */
	{ "127.0.0.1:2321",      AF_INET,  1, 2321,  true,  "127.0.0.1" },
	{ "127.8.9.10:0",        AF_INET,  1, 0,     true,  "127.8.9.10" },
	{ "0.0.0.0:2321",        AF_INET,  1, 2321,  false, "127.0.0.1" },
	{ "192.0.2.1:65535",     AF_INET,  1, 65535, false, "192.0.2.1" },
	{ "128.0.0.1:1",         AF_INET,  1, 1,     false, "128.0.0.1" },
	{ "[::1]:2321",          AF_INET6, 1, 2321,  true,  "::1" },
	{ "[::]:2321",           AF_INET6, 1, 2321,  false, "::1" },
	{ "[2001:db8::1]:80",    AF_INET6, 1, 80,    false, "2001:db8::1" },
	{ "[::ffff:127.0.0.1]:1", AF_INET6, 1, 1,    false, "::ffff:127.0.0.1" },
	{ "localhost:2321",      AF_INET,  2, 2321,  true,  "localhost" },
	{ "unix:/run/tpm",       AF_UNIX,  1, 0,     true,  "" },
	{ "unix:tpm:1",          AF_UNIX,  1, 0,     true,  "" },
	/* clang-format on */
};

static void
test_good(void **state)
{
	for (size_t i = 0; i < N_OF(goods); i++) {
		const struct good *g = &goods[i];
		struct err e = ERR_INIT;
		struct address a;

		if (address_parse(g->text, &a, &e) != 0)
			fail_msg("%s: %s", g->text, e.msg);
		assert_int_equal(a.any[0].sa.sa_family, g->family);
		assert_int_equal(a.n, g->n);
		assert_int_equal(a.port, g->port);
		assert_int_equal(address_is_loopback(&a), g->loopback);
		assert_int_equal(address_is_unix(&a), g->family == AF_UNIX);
		assert_string_equal(address_connect_host(&a), g->connect);
	}
}

static void
test_bad(void **state)
{
	static const char *const bads[] = { "", ":", "2321", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:99999999999999",
		"127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1: 1", "127.0.0.1:1 ",
		"127.0.0.1:0x10", "127.0.0:1", "127.0.0.1.1:1", "256.0.0.1:1",
		"::1:2321", "[::1]", "[::1]2321", "[::1:2321", "[]:1", "[:1",
		"[::1]x:1", "[localhost]:1", "[127.0.0.1]:1", "example.org:1",
		"Localhost:1", ":2321", "unix:", "UNIX:/x:", "[[::1]]:1",
		"11111111111111111111111111111111111111111111111111111:1" };

	for (size_t i = 0; i < N_OF(bads); i++) {
		struct address a = { .port = 77 };
		struct err e = ERR_INIT;

		if (address_parse(bads[i], &a, &e) == 0)
			fail_msg("'%s' was taken", bads[i]);
		assert_int_equal(e.code, E_USAGE);
		assert_non_null(strstr(e.msg, bads[i]));
		assert_non_null(strstr(e.hint, "unix:PATH"));
		assert_int_equal(a.port, 77);
	}
}

/* PATH.ctrl and its NUL fit sun_path's 108 bytes: PATH has at most 102. */
static void
test_unix_length(void **state)
{
	char text[128] = "unix:";
	struct err e = ERR_INIT;
	struct address a;

	memset(text + 5, 'x', 102);
	assert_int_equal(address_parse(text, &a, &e), 0);
	assert_int_equal(strlen(a.any[0].un.sun_path), 102);
	text[5 + 102] = 'x';
	assert_int_equal(address_parse(text, &a, &e), -1);
	assert_int_equal(e.code, E_USAGE);
	assert_non_null(strstr(e.hint, "102"));
}

static void
test_port(void **state)
{
	static const char *const texts[] = { "127.0.0.1:5", "[::1]:5" };

	for (size_t i = 0; i < N_OF(texts); i++) {
		struct address a;

		assert_int_equal(address_parse(texts[i], &a, NULL), 0);
		sockaddr_set_port(&a.any[0], 0x1234);
		assert_int_equal(sockaddr_port(&a.any[0]), 0x1234);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_unix_length),
		cmocka_unit_test(test_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
