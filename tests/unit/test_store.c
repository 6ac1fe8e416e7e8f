/* State directories: what is refused, what survives, what swtpm can read. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "sim/base/file.h"
#include "sim/base/limits.h"
#include "sim/tpm/store.h"

static char dir[64];
static int dirfd_;

static int
setup(void **state)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/odcasim-test.XXXXXX");
	assert_non_null(mkdtemp(dir));
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY);
	assert_true(dirfd_ >= 0);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const files[] = { ".lock", STORE_PERMANENT,
		STORE_DESCRIPTOR, STORE_DESCRIPTOR ".ready", STORE_FUSES,
		"NVChip", ".NVChip.lock", "tpm-00.permall", "fwtpm_nv.bin",
		"tpm2-00.volatilestate", NULL };

	for (size_t i = 0; files[i] != NULL; i++)
		(void)unlinkat(dirfd_, files[i], 0);
	(void)close(dirfd_);
	return rmdir(dir);
}

static void
put_file(const char *name, const char *hex)
{
	auto_buf b = BUF_INIT(MAX_STATE_FILE);
	struct err e = ERR_INIT;

	assert_int_equal(hex_decode(hex, &b), 0);
	assert_int_equal(
	    file_write(dirfd_, name, buf_span(&b), FILE_NOSYNC, &e), 0);
}

static void
test_round_trip(void **state)
{
	auto_store s = NULL;
	auto_store again = NULL;
	auto_buf b = BUF_INIT(100);
	struct err e = ERR_INIT;
	struct stat st;

	assert_int_equal(store_open_dir(dir, STORE_OWN, &s, &e), 0);
	assert_false(store_has_tpm(s));
	assert_int_equal(store_read(s, "permall", &b, &e), -1);
	assert_int_equal(e.code, E_NOTFOUND);
	assert_int_equal(
	    store_write(s, "permall", SPAN_STR("the state"), &e), 0);
	assert_true(store_has_tpm(s));
	assert_int_equal(fstatat(dirfd_, STORE_PERMANENT, &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	store_free(TAKE(s));
	assert_int_equal(store_open_dir(dir, STORE_OWN, &again, &e), 0);
	assert_int_equal(store_read(again, "permall", &b, &e), 0);
	assert_true(span_eq(buf_span(&b), SPAN_STR("the state")));
	assert_int_equal(store_delete(again, "permall", &e), 0);
	assert_false(store_has_tpm(again));
	assert_int_equal(store_write(again, "nonsense", SPAN_STR(""), &e), -1);
}

static void
test_peek_changes_nothing(void **state)
{
	auto_store owner = NULL;
	auto_store peek = NULL;
	auto_buf b = BUF_INIT(100);
	struct err e = ERR_INIT;

	assert_int_equal(store_open_dir(dir, STORE_OWN, &owner, &e), 0);
	assert_int_equal(store_write(owner, "permall", SPAN_STR("old"), &e), 0);
	assert_int_equal(store_open_dir(dir, STORE_PEEK, &peek, &e), 0);
	assert_int_equal(store_write(peek, "permall", SPAN_STR("new"), &e), 0);
	assert_int_equal(store_read(peek, "permall", &b, &e), 0);
	assert_true(span_eq(buf_span(&b), SPAN_STR("new")));
	assert_int_equal(store_delete(peek, "permall", &e), 0);
	assert_int_equal(store_read(peek, "permall", &b, &e), -1);
	buf_reset(&b);
	assert_int_equal(store_read(owner, "permall", &b, &e), 0);
	assert_true(span_eq(buf_span(&b), SPAN_STR("old")));
}

static void
test_lock(void **state)
{
	auto_store first = NULL;
	auto_store second = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(store_open_dir(dir, STORE_OWN, &first, &e), 0);
	/* Locks belong to open file descriptions: the same process counts. */
	assert_int_equal(store_open_dir(dir, STORE_OWN, &second, &e), -1);
	assert_int_equal(e.code, E_BUSY);
	assert_non_null(strstr(e.msg, "in use"));
	store_free(TAKE(first));
	assert_int_equal(store_open_dir(dir, STORE_OWN, &second, &e), 0);
	store_free(TAKE(second));
	/* Nothing is made where a link leads. */
	assert_int_equal(unlinkat(dirfd_, ".lock", 0), 0);
	assert_int_equal(symlinkat("NVChip", dirfd_, ".lock"), 0);
	assert_int_equal(store_open_dir(dir, STORE_OWN, &second, &e), -1);
	assert_false(file_exists(dirfd_, "NVChip"));
}

static void
test_refused(void **state)
{
	/* clang-format off */
	static const struct {
		const char *what, *file, *hex;
		enum err_code code;
	} rows[] = {
		{ "reference simulator",   "NVChip",		"00",	E_FOREIGN },
		{ "swtpm with TPM 1.2",	   "tpm-00.permall",	"00",	E_FOREIGN },
		{ "fwtpm_server",	   "fwtpm_nv.bin",	"00",	E_FOREIGN },
		{ "empty state",	   STORE_PERMANENT,	"",	E_SHORT },
		{ "half a header",	   STORE_PERMANENT,	"0201000a00", E_SHORT },
		{ "garbage",		   STORE_PERMANENT,	"ffffffffffffffffffffffff", E_FORMAT },
		{ "cut after the header",  STORE_PERMANENT,	"0201000a000000000020", E_SHORT },
		{ "longer than it says",   STORE_PERMANENT,	"0201000a000000000011000100000001aabb", E_FORMAT },
		{ "TLV beyond the end",	   STORE_PERMANENT,	"0201000a000000000011000100000002aa", E_SHORT },
		{ "TLV of 4 GiB",	   STORE_PERMANENT,	"0201000a0000000000110001ffffffffaa", E_SHORT },
		{ "no state in it",	   STORE_PERMANENT,	"0201000a000000000011000900000001aa", E_FORMAT },
		{ "encrypted",		   STORE_PERMANENT,	"0201000a000100000011000200000001aa", E_STATE },
		{ "migration blob",	   STORE_PERMANENT,	"0201000a000400000011000400000001aa", E_FORMAT },
		{ "future version",	   STORE_PERMANENT,	"0303000a000000000011000100000001aa", E_FORMAT },
		{ "header longer than all", STORE_PERMANENT,	"020100ff000000000011000100000001aa", E_FORMAT },
		{ "descriptor alone",	   STORE_DESCRIPTOR,	"7b7d",	E_FORMAT },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		auto_store s = NULL;
		auto_buf before = BUF_INIT(1000);
		auto_buf after = BUF_INIT(1000);
		struct err e = ERR_INIT, ignored = ERR_INIT;

		print_message("  %s\n", rows[i].what);
		put_file(rows[i].file, rows[i].hex);
		assert_int_equal(
		    file_read(dirfd_, rows[i].file, &before, &ignored), 0);
		assert_int_equal(store_open_dir(dir, STORE_OWN, &s, &e), -1);
		assert_int_equal(e.code, rows[i].code);
		assert_non_null(strstr(e.msg, dir));
		assert_int_equal(
		    file_read(dirfd_, rows[i].file, &after, &ignored), 0);
		assert_true(span_eq(buf_span(&before), buf_span(&after)));
		assert_int_equal(unlinkat(dirfd_, rows[i].file, 0), 0);
	}
}

static void
test_install_and_crash(void **state)
{
	auto_store s = NULL;
	auto_store again = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(store_open_dir(dir, STORE_OWN, &s, &e), 0);
	assert_int_equal(store_install(s, SPAN_STR("permanent"),
			     SPAN_STR("fuses"), SPAN_STR("{}"), &e),
	    0);
	assert_true(store_has_tpm(s) && store_has_device(s));
	assert_false(file_exists(dirfd_, STORE_DESCRIPTOR ".ready"));
	store_free(TAKE(s));

	/* Killed before the last step: the next one finishes it. */
	assert_int_equal(renameat(dirfd_, STORE_DESCRIPTOR, dirfd_,
			     STORE_DESCRIPTOR ".ready"),
	    0);
	assert_int_equal(store_open_dir(dir, STORE_OWN, &again, &e), 0);
	assert_true(store_has_device(again));
	store_free(TAKE(again));

	/* Killed before the TPM was there: a directory without a TPM. */
	assert_int_equal(renameat(dirfd_, STORE_DESCRIPTOR, dirfd_,
			     STORE_DESCRIPTOR ".ready"),
	    0);
	assert_int_equal(unlinkat(dirfd_, STORE_PERMANENT, 0), 0);
	assert_int_equal(store_open_dir(dir, STORE_OWN, &again, &e), 0);
	assert_false(store_has_tpm(again) || store_has_device(again));
}

static void
test_single_file(void **state)
{
	auto_store s = NULL;
	auto_store again = NULL;
	auto_buf b = BUF_INIT(100);
	struct err e = ERR_INIT;
	char path[80];

	(void)snprintf(path, sizeof(path), "%s/NVChip", dir);
	assert_int_equal(store_open_file(path, &s, &e), 0);
	assert_false(store_has_tpm(s));
	assert_int_equal(store_write(s, "permall", SPAN_STR("chip"), &e), 0);
	assert_true(file_exists(dirfd_, "NVChip"));
	assert_false(file_exists(dirfd_, STORE_PERMANENT));
	store_free(TAKE(s));
	assert_int_equal(store_open_file(path, &again, &e), 0);
	assert_int_equal(store_read(again, "permall", &b, &e), 0);
	assert_true(span_eq(buf_span(&b), SPAN_STR("chip")));
	store_free(TAKE(again));
	put_file("NVChip", "0011223344556677889900");
	assert_int_equal(store_open_file(path, &again, &e), -1);
	assert_int_equal(e.code, E_FORMAT);
}

static void
test_no_directory(void **state)
{
	auto_store s = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(
	    store_open_dir("/nonexistent/odcasim", STORE_PEEK, &s, &e), -1);
	assert_non_null(strstr(e.hint, "odcasim mint"));
	assert_int_equal(
	    store_open_dir("/nonexistent/odcasim", STORE_OWN, &s, &e), -1);
	assert_int_equal(store_open_dir("/dev/null", STORE_PEEK, &s, &e), -1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_peek_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_install_and_crash, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_single_file, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_no_directory, setup, teardown),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
