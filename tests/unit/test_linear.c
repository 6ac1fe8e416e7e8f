/* One file for all states: what swtpm relies on in it, what a kill leaves, and
 * what is refused. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "sim/base/limits.h"
#include "sim/tpm/linear.h"
#include "sim/tpm/store.h"

#define N_OF(a)     (sizeof(a) / sizeof((a)[0]))
#define HEADER_SIZE 192
#define MAX_FILE    (1024 * 1024)

static char path[64];

static int
setup(void **state)
{
	int fd;

	(void)snprintf(path, sizeof(path), "/tmp/test-linear.XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	return close(fd);
}

static int
teardown(void **state)
{
	return unlink(path);
}

static void
auto_linear_fn(struct linear **l)
{
	linear_free(*l);
}
#define auto_linear AUTO(auto_linear_fn) struct linear *

static struct linear *
open_file(void)
{
	struct linear *l;

	assert_int_equal(linear_open(path, true, 0, &l, NULL), 0);
	return l;
}

static void
get_file(struct buf *out)
{
	assert_int_equal(file_read(AT_FDCWD, path, out, NULL), 0);
}

static void
put_file(struct span s)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, s.p, s.n), s.n);
	assert_int_equal(close(fd), 0);
}

static void
expect(const struct linear *l, size_t i, const struct buf *want)
{
	auto_buf have = BUF_INIT(MAX_FILE);
	struct err e = ERR_INIT;
	int rc = linear_read(l, i, &have, &e);

	if (want->p == NULL) {
		assert_int_equal(rc, -1);
		assert_int_equal(e.code, E_NOTFOUND);
		return;
	}
	assert_int_equal(rc, 0);
	assert_true(span_eq(buf_span(&have), buf_span(want)));
}

/* --- what swtpm relies on --------------------------------------------------
 */

static uint32_t
le32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Sections behind one another without a gap, each as large as its state at
 * least, and a file that ends not before the last. */
static void
check_layout(void)
{
	auto_buf file = BUF_INIT(MAX_FILE);
	uint32_t end = 0, sum = 0, first = UINT32_MAX;

	get_file(&file);
	assert_memory_equal(file.p, "nilmptws\x01\x00\xc0\x00", 12);
	for (const uint8_t *p = file.p + 12; p < file.p + HEADER_SIZE;
	     p += 12) {
		if (le32(p) == 0)
			continue;
		assert_true(le32(p) >= HEADER_SIZE);
		assert_true(le32(p + 8) >= le32(p + 4));
		first = le32(p) < first ? le32(p) : first;
		end = le32(p) + le32(p + 8) > end ? le32(p) + le32(p + 8) : end;
		sum += le32(p + 8);
	}
	if (sum != 0)
		assert_int_equal(first + sum, end);
	assert_true(end <= file.n);
}

/* Numbers in no order that anybody would think of, the same ones each time. */
static size_t
next(size_t below)
{
	static uint32_t x = 1;

	x = x * 1664525 + 1013904223;
	return (x >> 16) % below;
}

/* Any order of writes and removals, beside a model of it. */
static void
test_model(void **state)
{
	auto_linear l = open_file();
	struct buf model[3] = { BUF_INIT(MAX_FILE), BUF_INIT(MAX_FILE),
		BUF_INIT(MAX_FILE) };
	struct stat st;

	for (int n = 0; n < 2000; n++) {
		const size_t i = next(3);

		buf_free(&model[i]);
		if (next(4) == 0) {
			assert_int_equal(linear_delete(l, i, NULL), 0);
		} else {
			const size_t size = 1 + next(9000);

			memset(buf_room(&model[i], size), n, size);
			assert_int_equal(linear_write(l, i, buf_span(&model[i]),
					     FILE_NOSYNC, NULL),
			    0);
		}
		if (n > 0)
			check_layout();
		for (size_t j = 0; j < 3; j++)
			expect(l, j, &model[j]);
	}
	for (size_t i = 0; i < 3; i++)
		buf_free(&model[i]);
	/* It does not grow for ever. */
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size < 100000);
}

static void
put(struct linear *l, size_t i, const char *text)
{
	assert_int_equal(
	    linear_write(l, i, SPAN_STR(text), FILE_SYNC, NULL), 0);
}

static void
expect_text(const struct linear *l, size_t i, const char *text)
{
	auto_buf want = BUF_INIT(64);

	if (text != NULL)
		assert_int_equal(buf_put(&want, SPAN_STR(text)), 0);
	expect(l, i, &want);
}

/* Before the header was written, everything is as it was, whatever is done; a
 * file that is forgotten, too. */
static void
test_killed(void **state)
{
	for (int forget = 0; forget < 2; forget++) {
		auto_linear l = open_file();
		auto_buf before = BUF_INIT(MAX_FILE);
		auto_buf after = BUF_INIT(MAX_FILE);

		put(l, 0, "the permanent state");
		put(l, 1, "the volatile one");
		for (int n = 0; n < 10; n++) {
			buf_reset(&before);
			buf_reset(&after);
			get_file(&before);
			if (forget)
				linear_forget(l);
			put(l, 0, n % 2 ? "short" : "a longer permanent state");
			get_file(&after);
			memcpy(after.p, before.p, HEADER_SIZE);
			put_file(buf_span(&after));
			expect_text(l, 0, "the permanent state");
			expect_text(l, 1, "the volatile one");
		}
	}
}

/* --- what is there ---------------------------------------------------------
 */

static void
test_forget(void **state)
{
	auto_linear l = open_file();

	put_file(SPAN_STR("what is no file of states, but longer than a header "
			  "of one is, so that it could be one by its size, and "
			  "is refused for what it has in it, not for what it "
			  "has not, as this text goes on and on"));
	assert_int_equal(linear_check(l, NULL), -1);
	assert_int_equal(
	    linear_write(l, 0, SPAN_STR("state"), FILE_NOSYNC, NULL), -1);
	linear_forget(l);
	expect_text(l, 0, NULL);
	put(l, 0, "state");
	check_layout();
	expect_text(l, 0, "state");
	put(l, 1, "volatile");
	linear_forget(l);
	assert_int_equal(linear_delete(l, 1, NULL), 0);
	put(l, 0, "new");
	expect_text(l, 0, "new");
	expect_text(l, 1, NULL);
}

/* clang-format off */
#define HEAD "6e696c6d70747773" "0100c000"
static const struct {
	const char *what, *head, *entries; /* zeros behind them, to 256 octets */
	enum err_code want;
} headers[] = {
	{ "zeros",             "",                         "", E_OK },
	{ "no states",         HEAD,                       "", E_OK },
	{ "one state",         HEAD,                       "c00000004000000040000000", E_OK },
	{ "a fourth",          HEAD,                       "000000000000000000000000" "000000000000000000000000" "000000000000000000000000" "c00000000400000004000000", E_OK },
	{ "a longer header",   "6e696c6d70747773" "0100d000", "d00000003000000030000000", E_OK },
	{ "section beyond",    HEAD,                       "c000000040000000ffffff7f", E_OK },
	{ "magic",             "736e696c6d707477" "0100c000", "", E_FORMAT },
	{ "version 0",         "6e696c6d70747773" "0000c000", "", E_FORMAT },
	{ "version 2",         "6e696c6d70747773" "0200c000", "", E_FORMAT },
	{ "a short header",    "6e696c6d70747773" "0100bf00", "", E_FORMAT },
	{ "in the header",     HEAD,                       "bf0000000100000001000000", E_FORMAT },
	{ "in a longer one",   "6e696c6d70747773" "0100d000", "c00000000100000001000000", E_FORMAT },
	{ "beyond the end",    HEAD,                       "c00000004100000041000000", E_SHORT },
	{ "begins there",      HEAD,                       "010100000000000000000000", E_SHORT },
	{ "ends beyond 4 GiB", HEAD,                       "c0000000ffffffffffffffff", E_SHORT },
	{ "overlap",           HEAD,                       "c00000001000000010000000" "cf0000000100000001000000", E_FORMAT },
	{ "the same place",    HEAD,                       "c00000001000000010000000" "c00000001000000010000000", E_FORMAT },
};
/* clang-format on */

static void
test_headers(void **state)
{
	for (size_t i = 0; i < N_OF(headers); i++) {
		auto_buf file = BUF_INIT(256), after = BUF_INIT(256);
		auto_buf out = BUF_INIT(256);
		auto_linear l = NULL;
		struct err e = ERR_INIT;
		size_t size;

		print_message("  %s\n", headers[i].what);
		assert_int_equal(hex_decode(headers[i].head, &file), 0);
		assert_int_equal(hex_decode(headers[i].entries, &file), 0);
		size = 256 - file.n;
		memset(buf_room(&file, size), 0, size);
		put_file(buf_span(&file));
		l = open_file();
		assert_int_equal(
		    linear_check(l, &e) == 0, headers[i].want == E_OK);
		assert_int_equal(e.code, headers[i].want);
		if (headers[i].want == E_OK)
			continue;
		assert_int_equal(linear_read(l, 0, &out, NULL), -1);
		assert_int_equal(
		    linear_write(l, 0, SPAN_STR("new"), FILE_NOSYNC, NULL), -1);
		assert_int_equal(linear_delete(l, 0, NULL), -1);
		get_file(&after);
		assert_true(span_eq(buf_span(&file), buf_span(&after)));
	}
}

/* Cut anywhere: refused, but where nothing is left of it. */
static void
test_cut(void **state)
{
	auto_linear l = open_file();
	auto_buf file = BUF_INIT(MAX_FILE);
	const char *const text = "the state";

	put(l, 0, text);
	get_file(&file);
	for (size_t n = 0; n <= file.n; n++) {
		put_file((struct span){ file.p, n });
		assert_int_equal(linear_check(l, NULL) == 0,
		    n == 0 || n >= HEADER_SIZE + strlen(text));
	}
}

/* What is too large, for a state or for all. */
static void
test_too_large(void **state)
{
	auto_linear l = open_file();
	auto_buf large = BUF_INIT(MAX_STATE_FILE + 1);
	struct err e = ERR_INIT;

	assert_non_null(buf_room(&large, MAX_STATE_FILE + 1));
	assert_int_equal(
	    linear_write(l, 0, buf_span(&large), FILE_NOSYNC, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
}

static void
test_open(void **state)
{
	struct linear *l = NULL;
	struct err e = ERR_INIT;
	struct stat st;

	assert_int_equal(linear_open("/tmp", false, 0, &l, &e), -1);
	assert_int_equal(e.code, E_FORMAT);
	assert_int_equal(linear_open("/dev/null", true, 0, &l, &e), -1);
	assert_int_equal(e.code, E_FORMAT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(linear_open(path, false, 0, &l, &e), -1);
	assert_int_equal(e.code, E_NOTFOUND);
	assert_int_equal(linear_open(path, true, 0646, &l, &e), 0);
	linear_free(l);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0646);
}

/* --- as a store ------------------------------------------------------------
 */

static void
test_store(void **state)
{
	const struct store_options later = { .locking = STORE_LOCK_LATER };
	const struct store_options never = { .locking = STORE_LOCK_NEVER };
	auto_store s = NULL;
	auto_store other = NULL;
	auto_store alone = NULL;
	auto_store peek = NULL;
	auto_buf have = BUF_INIT(64);
	struct store_found found;
	struct err e = ERR_INIT;
	char uri[80];

	(void)snprintf(uri, sizeof(uri), "file://%s", path);
	assert_int_equal(store_open_uri(uri, STORE_OWN, NULL, &s, &e), 0);
	assert_false(store_has_tpm(s));
	assert_int_equal(store_write(s, "permall", SPAN_STR("tpm"), &e), 0);
	assert_int_equal(store_write(s, "savestate", SPAN_STR("x"), &e), 0);
	assert_true(store_has_tpm(s));
	assert_false(store_has_device(s));
	assert_int_equal(store_find(uri, false, &found, &e), 0);
	assert_true(found.there[0] && !found.there[1] && found.there[2]);
	assert_int_equal(found.size[0], 19);
	/* The lock is that of the file, for who wants one. */
	assert_int_equal(store_open_uri(uri, STORE_OWN, NULL, &other, &e), -1);
	assert_int_equal(e.code, E_BUSY);
	assert_int_equal(store_open_uri(uri, STORE_OWN, &later, &other, &e), 0);
	assert_int_equal(store_lock(other, &e), -1);
	store_unlock(s);
	assert_int_equal(store_lock(other, &e), 0);
	/* Without it nothing is written, unless there never is one. */
	assert_int_equal(store_write(s, "permall", SPAN_STR("x"), &e), -1);
	assert_int_equal(e.code, E_BUSY);
	assert_int_equal(store_delete(s, "permall", &e), -1);
	assert_int_equal(e.code, E_BUSY);
	assert_int_equal(store_open_uri(uri, STORE_OWN, &never, &alone, &e), 0);
	assert_int_equal(store_lock(alone, &e), 0);
	assert_int_equal(store_write(alone, "permall", SPAN_STR("tpm"), &e), 0);
	/* Who peeks changes nothing. */
	assert_int_equal(store_open_uri(uri, STORE_PEEK, NULL, &peek, &e), 0);
	assert_int_equal(store_delete(peek, "permall", &e), 0);
	assert_false(store_has_tpm(peek));
	assert_int_equal(store_read(s, "permall", &have, &e), 0);
	assert_true(span_eq(buf_span(&have), SPAN_STR("tpm")));
	assert_int_equal(store_delete(other, "permall", &e), 0);
	assert_false(store_has_tpm(s));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_model),
		TEST(test_killed),
		TEST(test_forget),
		TEST(test_headers),
		TEST(test_cut),
		TEST(test_too_large),
		TEST(test_open),
		TEST(test_store),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
