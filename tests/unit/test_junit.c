/* JUnit's XML: each kind of result, and text from outside. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sim/base/file.h"
#include "sim/cli/junit.h"

#define CASE(...) junit_add(&j, &(struct junit_case){ __VA_ARGS__ })

static const char want[] =
    "<testsuite name=\"a &#38; b\" tests=\"5\" failures=\"1\" errors=\"1\" "
    "skipped=\"2\" time=\"1.512\" timestamp=\"2001-09-09T01:46:40\">\n"
    "    <testcase classname=\"c\" name=\"passed\" time=\"1.500\">\n"
    "      <system-out>two\nlines &#38;#0;</system-out>\n"
    "    </testcase>\n"
    "    <testcase classname=\"c\" name=\"&#60;&#34;\\x0a\\xff\" "
    "time=\"0.012\">\n"
    "      <failure message=\"&#39;\">]]&#62;\\x1b[m\n</failure>\n"
    "    </testcase>\n"
    "    <testcase classname=\"c\" name=\"error\" time=\"0.000\">\n"
    "      <error message=\"no memory\"></error>\n"
    "    </testcase>\n"
    "    <testcase classname=\"c\" name=\"skipped\" time=\"0.000\">\n"
    "      <skipped message=\"why\"></skipped>\n"
    "    </testcase>\n"
    "    <testcase classname=\"c\" name=\"without\" time=\"0.000\">\n"
    "      <skipped></skipped>\n"
    "    </testcase>\n"
    "  </testsuite>\n"
    "</testsuites>\n";

static void
test_results(void **state)
{
	char path[] = "/tmp/odcasim-junit.XXXXXX";
	auto_buf have = BUF_INIT(8192);
	auto_junit j = { .path = NULL };
	auto_fd int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(junit_begin(path, &j, NULL), 0);
	j.when = 1000000000;
	CASE(.class = "c", .name = "passed", .ns = 1500000000,
	    .message = "not shown", .output = "two\nlines &#0;");
	CASE(.class = "c", .name = "<\"\n\xff", .ns = 12000000,
	    .result = JUNIT_FAILED, .message = "'", .text = "]]>\x1b[m\n");
	CASE(.class = "c", .name = "error", .result = JUNIT_ERROR,
	    .message = "no memory");
	CASE(.class = "c", .name = "skipped", .result = JUNIT_SKIPPED,
	    .message = "why");
	CASE(.class = "c", .name = "without", .result = JUNIT_SKIPPED);
	assert_int_equal(junit_write(&j, "a & b", NULL), 0);
	assert_int_equal(file_read(AT_FDCWD, path, &have, NULL), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(buf_put_u8(&have, 0), 0);
	assert_string_equal(strstr((const char *)have.p, "<testsuite "), want);
}

/* Nothing is kept, and nothing written. */
static void
test_no_file(void **state)
{
	auto_junit j = { .path = NULL };

	assert_int_equal(junit_begin(NULL, &j, NULL), 0);
	CASE(.class = "c", .name = "passed");
	assert_int_equal(junit_write(&j, "none", NULL), 0);
	assert_null(j.cases);
}

static void
test_not_writable(void **state)
{
	auto_junit j = { .path = NULL };
	struct err e = ERR_INIT;

	assert_int_equal(junit_begin("/nonexistent/junit.xml", &j, &e), -1);
	assert_non_null(strstr(e.msg, "/nonexistent/junit.xml"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_not_writable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
