/* Descriptor and fuses: read as they were written, or refused by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>

#include "sim/base/file.h"
#include "sim/base/limits.h"
#include "sim/tpm/record.h"

static char dir[64];
static int dirfd_;

static int
setup(void **state)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/odcasim-test.XXXXXX");
	assert_non_null(mkdtemp(dir));
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY);
	return dirfd_ < 0;
}

static int
teardown(void **state)
{
	static const char *const files[] = { ".lock", STORE_FUSES,
		STORE_DESCRIPTOR, STORE_PERMANENT };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		(void)unlinkat(dirfd_, files[i], 0);
	(void)close(dirfd_);
	return rmdir(dir);
}

static void
put(const char *name, struct span content)
{
	struct err e = ERR_INIT;

	assert_int_equal(file_write(dirfd_, name, content, FILE_NOSYNC, &e), 0);
}

static void
open_store(struct store **ret)
{
	struct err e = ERR_INIT;

	if (store_open_dir(dir, STORE_EXISTING, ret, &e) != 0)
		fail_msg("%s", e.msg);
}

#define HEX32                                                                  \
	"000102030405060708090a0b0c0d0e0f"                                     \
	"101112131415161718191a1b1c1d1e1f"

static void
test_fuses(void **state)
{
	/* clang-format off */
	static const struct {
		const char *what, *text;
		int want;
	} rows[] = {
		{ "whole",		HEX32 "\n",	0 },
		{ "no line feed",	HEX32,		-1 },
		{ "one digit less",	&HEX32[1],	-1 },
		{ "one byte less",	&(HEX32 "\n")[2], -1 },
		{ "two lines",		HEX32 "\n\n",	-1 },
		{ "no hex",		"x" HEX32 "\n",	-1 },
		{ "empty",		"",		-1 },
	};
	/* clang-format on */
	struct fuses want, got;
	auto_store s = NULL;

	for (size_t i = 0; i < sizeof(want.b); i++)
		want.b[i] = (uint8_t)i;
	open_store(&s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct err e = ERR_INIT;

		print_message("  %s\n", rows[i].what);
		put(STORE_FUSES, SPAN_STR(rows[i].text));
		assert_int_equal(record_get_fuses(s, &got, &e), rows[i].want);
		if (rows[i].want == 0)
			assert_memory_equal(&got, &want, sizeof(want));
		else
			assert_int_equal(e.code, E_FORMAT);
	}
}

static void
test_fuses_round_trip(void **state)
{
	auto_buf text = BUF_INIT(100);
	struct err e = ERR_INIT;
	struct fuses fuses, got;
	auto_store s = NULL;

	open_store(&s);
	assert_int_equal(record_get_fuses(s, &got, &e), -1);
	assert_int_equal(e.code, E_NOTFOUND);
	assert_int_equal(fuses_random(&fuses, &e), 0);
	assert_int_equal(record_put_fuses(&fuses, &text, &e), 0);
	put(STORE_FUSES, buf_span(&text));
	assert_int_equal(record_get_fuses(s, &got, &e), 0);
	assert_memory_equal(&got, &fuses, sizeof(got));
}

static void
test_descriptor(void **state)
{
	/* clang-format off */
	static const struct {
		const char *what, *text; /* NULL: no file */
		int want;
	} rows[] = {
		{ "none",		NULL,			0 },
		{ "an object",		"{\"svn\": 1}",		0 },
		{ "no object",		"[1]",			-1 },
		{ "cut",		"{\"svn\": 1",		-1 },
		{ "empty",		"",			-1 },
		{ "a member twice",	"{\"a\": 1, \"a\": 2}",	-1 },
	};
	/* clang-format on */
	auto_buf blob = BUF_INIT(100);
	struct err e = ERR_INIT;

	assert_int_equal(blob_wrap(NULL, SPAN_STR("tpm"), &blob, &e), 0);
	put(STORE_PERMANENT, buf_span(&blob));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		json_auto_t *all = NULL;
		auto_store s = NULL;

		print_message("  %s\n", rows[i].what);
		if (rows[i].text != NULL)
			put(STORE_DESCRIPTOR, SPAN_STR(rows[i].text));
		open_store(&s);
		assert_int_equal(record_parse(s, &all, &e), rows[i].want);
		if (rows[i].want != 0)
			assert_non_null(strstr(e.msg, dir));
		else
			assert_int_equal(
			    json_integer_value(json_object_get(all, "svn")), i);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_fuses, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_fuses_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_descriptor, setup, teardown),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
