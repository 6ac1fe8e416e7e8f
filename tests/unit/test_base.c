/* Cursors, owners, errors, whole files, suggestions. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/base/base64.h"
#include "sim/base/clock.h"
#include "sim/base/err.h"
#include "sim/base/file.h"
#include "sim/base/late.h"
#include "sim/base/port.h"
#include "sim/base/suggest.h"

static void
test_getters_move_or_not(void **state)
{
	static const uint8_t bytes[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
		0x07, 0x08 };
	struct span s, whole = SPAN_OF(bytes), piece;
	uint8_t v8;
	uint16_t v16;
	uint32_t v32;
	uint64_t v64;

	s = whole;
	assert_int_equal(span_get_u64(&s, &v64), 0);
	assert_true(v64 == 0x0102030405060708u);
	assert_int_equal(s.n, 0);
	assert_int_equal(span_get_u8(&s, &v8), -1);
	/* One byte short: nothing moves, nothing is written. */
	v16 = 7, v32 = 7, v64 = 7;
	for (size_t n = 0; n < 8; n++) {
		s = (struct span){ bytes, n };
		assert_int_equal(span_get_u64(&s, &v64), -1);
		if (n < 4) {
			assert_int_equal(span_get_u32(&s, &v32), -1);
			assert_int_equal(span_get_le32(&s, &v32), -1);
		}
		if (n < 2)
			assert_int_equal(span_get_u16(&s, &v16), -1);
		assert_true(s.p == bytes && s.n == n);
	}
	assert_true(v16 == 7 && v32 == 7 && v64 == 7);
	s = whole;
	assert_int_equal(span_get_le32(&s, &v32), 0);
	assert_int_equal(v32, 0x04030201);
	assert_int_equal(s.n, 4);
	s = whole;
	assert_int_equal(span_get(&s, 9, &piece), -1);
	assert_int_equal(span_get(&s, 3, &s), 0);
	assert_true(s.p == bytes && s.n == 3);
	assert_int_equal(span_peek_u32(whole, 4), 0x05060708);
	assert_int_equal(span_peek_u32(whole, 5), 0);
	assert_int_equal(span_peek_u32(whole, SIZE_MAX), 0);
	/* TPM2B of 0x0102 bytes that are not there. */
	s = whole;
	assert_int_equal(span_get_2b(&s, &piece), -1);
	assert_true(s.p == bytes && s.n == 8);
	s = (struct span){ (const uint8_t *)"\0\1ab", 4 };
	assert_int_equal(span_get_2b(&s, &s), 0);
	assert_true(s.n == 1 && s.p[0] == 'a');
}

static void
test_buf_cap(void **state)
{
	auto_buf b = BUF_INIT(10);
	static const uint8_t nine[9] = { 0 };

	assert_int_equal(buf_put(&b, SPAN_OF(nine)), 0);
	assert_int_equal(buf_put_u16(&b, 1), -1);
	assert_int_equal(b.n, 9);
	assert_int_equal(buf_put_2b(&b, SPAN_OF(nine)), -1);
	assert_int_equal(buf_put_u8(&b, 0xaa), 0);
	assert_int_equal(buf_put_u8(&b, 0xaa), -1);
	assert_null(buf_room(&b, 1));
	buf_drop(&b, 9);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.p[0], 0xaa);
	assert_int_equal(buf_put(&b, (struct span){ NULL, 0 }), 0);
}

static void
test_buf_order(void **state)
{
	auto_buf b = BUF_INIT(100);
	char hex[64];

	assert_false(buf_put_u8(&b, 1) || buf_put_u16(&b, 0x0203) ||
		     buf_put_u32(&b, 0x04050607) ||
		     buf_put_u64(&b, 0x08090a0b0c0d0e0f) ||
		     buf_put_2b(&b, SPAN_STR("ab")));
	hex_encode(buf_span(&b), hex);
	assert_string_equal(hex, "0102030405060708090a0b0c0d0e0f00026162");
	buf_set_u16(&b, 0, 0xffee);
	buf_set_u32(&b, 3, 0xddccbbaa);
	hex_encode(buf_span(&b), hex);
	assert_string_equal(hex, "ffee03ddccbbaa08090a0b0c0d0e0f00026162");
	buf_reset(&b);
	assert_int_equal(buf_put_le32(&b, 0x04050607), 0);
	hex_encode(buf_span(&b), hex);
	assert_string_equal(hex, "07060504");
}

static void
test_hex(void **state)
{
	auto_buf b = BUF_INIT(3);

	assert_int_equal(hex_decode("00fFa5", &b), 0);
	assert_int_equal(b.p[1], 0xff);
	assert_int_equal(hex_decode("00", &b), -1);
	buf_reset(&b);
	assert_int_equal(hex_decode("0", &b), -1);
	assert_int_equal(hex_decode("0g", &b), -1);
	assert_int_equal(hex_decode("", &b), 0);
}

/* clang-format off */
static const struct {
	enum base64 kind;
	const char *text;
	const char *hex;  /* NULL: no base64 */
	const char *same; /* as it is written; NULL: as text */
} base64s[] = {
	{ BASE64_PLAIN, "", "", NULL },
	{ BASE64_PLAIN, "Zg==", "66", NULL }, /* RFC 4648, 10 */
	{ BASE64_PLAIN, "Zm8=", "666f", NULL },
	{ BASE64_PLAIN, "Zm9v", "666f6f", NULL },
	{ BASE64_PLAIN, "Zm9vYmFy", "666f6f626172", NULL },
	{ BASE64_PLAIN, "++//", "fbefff", NULL },
	{ BASE64_PLAIN, " Zm\r\n9v\tYg = =", "666f6f62", "Zm9vYg==" },
	{ BASE64_PLAIN, "--__", NULL, NULL },
	{ BASE64_PLAIN, "Zg", NULL, NULL },
	{ BASE64_PLAIN, "Zg=", NULL, NULL },
	{ BASE64_PLAIN, "Zg=v", NULL, NULL },
	{ BASE64_PLAIN, "Z===", NULL, NULL },
	{ BASE64_PLAIN, "Zg======", NULL, NULL },
	{ BASE64_PLAIN, "Zg==Zg==", NULL, NULL },
	{ BASE64_PLAIN, "Zm9v\x80Zm9", NULL, NULL },
	{ BASE64_URL, "--__", "fbefff", NULL },
	{ BASE64_URL, "Zg==", "66", NULL },
	{ BASE64_URL, "Zg", "66", "Zg==" },
	{ BASE64_URL, "Zm9vYm8", "666f6f626f", "Zm9vYm8=" },
	{ BASE64_URL, "++//", NULL, NULL },
	{ BASE64_URL, "Z", NULL, NULL },
	{ BASE64_URL, "Zg=", NULL, NULL },
	{ BASE64_URL, "Zm 9v", NULL, NULL },
};
/* clang-format on */

static void
test_base64(void **state)
{
	for (size_t i = 0; i < sizeof(base64s) / sizeof(*base64s); i++) {
		const char *want =
		    base64s[i].same != NULL ? base64s[i].same : base64s[i].text;
		auto_buf bytes = BUF_INIT(16), text = BUF_INIT(16);
		char hex[33];
		int rc = base64_decode(
		    base64s[i].kind, SPAN_STR(base64s[i].text), &bytes);

		if ((rc == 0) != (base64s[i].hex != NULL))
			fail_msg("'%s': %d", base64s[i].text, rc);
		if (rc != 0)
			continue;
		hex_encode(buf_span(&bytes), hex);
		assert_string_equal(hex, base64s[i].hex);
		assert_int_equal(
		    base64_encode(base64s[i].kind, buf_span(&bytes), &text), 0);
		assert_true(span_eq(buf_span(&text), SPAN_STR(want)));
	}
}

static void
test_base64_cap(void **state)
{
	auto_buf four = BUF_INIT(4), two = BUF_INIT(2);

	assert_int_equal(
	    base64_encode(BASE64_PLAIN, SPAN_STR("four"), &four), -1);
	assert_int_equal(
	    base64_decode(BASE64_PLAIN, SPAN_STR("Zm9v"), &two), -1);
	assert_int_equal(base64_decode(BASE64_URL, SPAN_STR("Zm9"), &four), -1);
}

static void
test_err(void **state)
{
	struct err e = ERR_INIT;

	assert_int_equal(err_set(&e, E_FORMAT, "want %d, have %d", 1, 2), -1);
	assert_int_equal(err_hint(&e, "try %s", "harder"), -1);
	assert_int_equal(err_wrap(&e, "read '%s'", "x"), -1);
	assert_string_equal(e.msg, "read 'x': want 1, have 2");
	assert_string_equal(e.hint, "try harder");
	assert_int_equal(e.code, E_FORMAT);
	errno = ENOENT;
	assert_int_equal(err_errno(&e, "open '%s'", "y"), -1);
	assert_non_null(strstr(e.msg, "open 'y': No such file"));
	assert_int_equal(errno, ENOENT);
	assert_string_equal(e.hint, "");
	/* A long chain of phrases is cut, not overrun. */
	for (int i = 0; i < 200; i++)
		assert_int_equal(err_wrap(&e, "a phrase of some length"), -1);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	/* Nobody has to want the reason. */
	assert_int_equal(err_set(NULL, E_IO, "x"), -1);
	assert_int_equal(err_wrap(NULL, "x"), -1);
}

/* Each code has a text and an answer for a client that waits. */
static void
test_err_map_is_complete(void **state)
{
	for (unsigned i = 0; i < E_COUNT; i++) {
		assert_non_null(err_text(i));
		assert_true(err_text(i)[0] != '\0');
		assert_true((i == E_OK) == (err_tpm_rc(i) == 0));
	}
	assert_string_equal(err_text(E_COUNT), "unknown error");
}

static void
test_file(void **state)
{
	char dir[] = "/tmp/odcasim-test.XXXXXX", path[64];
	auto_buf b = BUF_INIT(8);
	struct err e = ERR_INIT;
	struct stat st;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/f", dir);
	assert_int_equal(file_read(AT_FDCWD, path, &b, &e), -1);
	assert_int_equal(e.code, E_NOTFOUND);
	assert_int_equal(file_try_write(AT_FDCWD, path, &e), 0);
	assert_false(file_exists(AT_FDCWD, path));
	assert_int_equal(
	    file_write(AT_FDCWD, path, SPAN_STR("12345678"), FILE_SYNC, &e), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(file_try_write(AT_FDCWD, path, &e), 0);
	assert_int_equal(file_read(AT_FDCWD, path, &b, &e), 0);
	assert_true(span_eq(buf_span(&b), SPAN_STR("12345678")));
	/* No room for one byte more. */
	assert_int_equal(file_read(AT_FDCWD, path, &b, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
	assert_int_equal(b.n, 8);
	assert_int_equal(file_read(AT_FDCWD, dir, &b, &e), -1);
	assert_int_equal(e.code, E_FORMAT);
	assert_true(file_exists(AT_FDCWD, path));
	assert_int_equal(unlink(path), 0);
	assert_false(file_exists(AT_FDCWD, path));
	/* A FIFO without a writer is refused, not waited for. */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(file_read(AT_FDCWD, path, &b, &e), -1);
	assert_int_equal(e.code, E_FORMAT);
	/* A device is written to, and still there. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/full", path), 0);
	assert_int_equal(file_try_put(path, &e), 0);
	assert_int_equal(file_put(path, SPAN_STR("x"), &e), -1);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(unlink(path), 0);
	/* In the way of the rename: nothing else stays behind. */
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(
	    file_write(AT_FDCWD, path, SPAN_STR("x"), FILE_NOSYNC, &e), -1);
	assert_int_equal(file_try_write(AT_FDCWD, path, &e), -1);
	assert_int_equal(file_try_put(path, &e), -1);
	assert_int_equal(rmdir(path), 0);
	/* A directory that is gone: an error, not a file somewhere else. */
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(
	    file_write(AT_FDCWD, path, SPAN_STR("x"), FILE_NOSYNC, &e), -1);
	assert_int_equal(file_try_write(AT_FDCWD, path, &e), -1);
}

static void
test_suggest(void **state)
{
	/* clang-format off */
	static const struct {
		const char *word, *want;
	} rows[] = {
		{ "famly", "family" }, { "seeed", "seed" },
		{ "tlg", NULL }, { "completely-else", NULL }, { "", NULL },
		{ "a-word-that-is-longer-than-any-of-ours-can-be", NULL },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(suggest_done) struct suggest s;

		suggest_init(&s, rows[i].word);
		suggest_offer(&s, "family");
		suggest_offer(&s, "seed");
		suggest_offer(&s, "state");
		if (rows[i].want == NULL)
			assert_null(suggest_best(&s));
		else
			assert_string_equal(suggest_best(&s), rows[i].want);
		assert_string_equal(suggest_all(&s), "family, seed, state");
	}
}

/* A pipe, in pieces, up to the cap and not beyond. */
static void
test_file_read_fd(void **state)
{
	static const struct {
		size_t cap;
		enum err_code want;
	} rows[] = { { 100, E_OK }, { 10, E_OK }, { 9, E_LIMIT },
		{ 0, E_LIMIT } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_buf b = BUF_INIT(rows[i].cap);
		struct err e = ERR_INIT;
		int ends[2];

		assert_int_equal(pipe(ends), 0);
		assert_int_equal(write(ends[1], "01234", 5), 5);
		assert_int_equal(write(ends[1], "56789", 5), 5);
		(void)close(ends[1]);
		(void)file_read_fd(ends[0], "pipe", &b, &e);
		(void)close(ends[0]);
		assert_int_equal(e.code, rows[i].want);
		if (rows[i].want == E_OK)
			assert_true(
			    span_eq(buf_span(&b), SPAN_STR("0123456789")));
		assert_int_equal(file_read_fd(ends[0], "pipe", &b, &e), -1);
	}
}

static void
test_port(void **state)
{
	static const struct {
		const char *text;
		int port; /* -1: it is none */
	} rows[] = { { "0", 0 }, { "1", 1 }, { "00443", 443 },
		{ "65535", 65535 }, { "65536", -1 }, { "4294967297", -1 },
		{ "", -1 }, { "-1", -1 }, { "+1", -1 }, { " 1", -1 },
		{ "1 ", -1 }, { "0x1", -1 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint16_t port;

		if (rows[i].port < 0) {
			assert_int_equal(port_parse(rows[i].text, &port), -1);
			continue;
		}
		assert_int_equal(port_parse(rows[i].text, &port), 0);
		assert_int_equal(port, rows[i].port);
	}
}

static void
test_file_modes(void **state)
{
	static const struct {
		unsigned mode, want;
	} rows[] = { { 0, 0600 }, { 0640, 0640 }, { 0666, 0666 } };
	char dir[] = "/tmp/odcasim-test.XXXXXX";
	const mode_t mask = umask(077);
	struct stat st;
	int fd;

	assert_non_null(mkdtemp(dir));
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(file_write_mode(fd, "f", rows[i].mode,
				     SPAN_STR("x"), FILE_NOSYNC, NULL),
		    0);
		assert_int_equal(fstatat(fd, "f", &st, 0), 0);
		assert_int_equal(st.st_mode & 07777, rows[i].want);
	}
	(void)umask(mask);
	assert_int_equal(unlinkat(fd, "f", 0), 0);
	(void)close(fd);
	assert_int_equal(rmdir(dir), 0);
}

static void
test_clock(void **state)
{
	uint64_t before = clock_ns();

	clock_set(1234567890);
	assert_int_equal(clock_now(), 1234567890);
	clock_set((time_t)-1);
	assert_true(clock_now() > 1700000000);
	assert_true(clock_ns() >= before);
}

static void
test_utc_time(void **state)
{
	char out[UTC_TIME_SIZE];

	assert_int_equal(clock_utc_time(0, out), 0);
	assert_string_equal(out, "700101000000Z");
	/* The last second that UTCTime has, and the first of its years. */
	assert_int_equal(clock_utc_time(2524607999, out), 0);
	assert_string_equal(out, "491231235959Z");
	assert_int_equal(clock_utc_time(2524608000, out), -1);
	assert_int_equal(clock_utc_time(-631152000, out), 0);
	assert_string_equal(out, "500101000000Z");
	assert_int_equal(clock_utc_time(-631152001, out), -1);
}

/* All or nothing of what a library lacks; and who to ask for it. */
static void
test_late(void **state)
{
	struct {
		__typeof__(getpid) *pid;
		void (*other)(void);
	} table = { NULL, NULL };
	struct late rows[] = {
		{ "libc.so.6", "getpid", 0 },
		{ "libc.so.6", "getpid", sizeof(void *) },
	};
	struct err e;

	rows[1].name = "no_such_function";
	assert_int_equal(
	    late_load(rows, 2, &table, sizeof(table), "p", "hint", &e), -1);
	assert_int_equal(e.code, E_NOTFOUND);
	assert_non_null(strstr(e.msg, "no_such_function"));
	assert_string_equal(e.hint, "hint");
	assert_null(table.pid);
	rows[1].library = "libnone.so.0";
	assert_int_equal(
	    late_load(rows, 2, &table, sizeof(table), "p", "hint", &e), -1);
	assert_non_null(strstr(e.msg, "libnone.so.0"));
	assert_int_equal(
	    late_load(rows, 1, &table, sizeof(table), "p", "hint", &e), 0);
	assert_int_equal(table.pid(), getpid());
	assert_int_equal(
	    late_load(rows, 1, &table, 1U << 20, "p", "hint", &e), -1);
	assert_int_equal(e.code, E_LIMIT);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_getters_move_or_not),
		cmocka_unit_test(test_buf_cap),
		cmocka_unit_test(test_buf_order),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_base64_cap),
		cmocka_unit_test(test_err),
		cmocka_unit_test(test_err_map_is_complete),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_file_read_fd),
		cmocka_unit_test(test_file_modes),
		cmocka_unit_test(test_suggest),
		cmocka_unit_test(test_port),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_utc_time),
		cmocka_unit_test(test_late),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
