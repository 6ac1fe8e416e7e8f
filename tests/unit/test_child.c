/* What a child's work leaves behind: nothing but its failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "sim/tpm/child.h"

static int changed;

static int
work_well(const void *arg, struct err *e)
{
	changed = *(const int *)arg;
	return 0;
}

static int
work_badly(const void *arg, struct err *e)
{
	err_set(e, E_BUSY, "%s is in use", (const char *)arg);
	return err_hint(e, "use another");
}

static int
work_dumpable(const void *arg, struct err *e)
{
	return err_set(e, E_STATE, "dumpable %d", prctl(PR_GET_DUMPABLE));
}

static int
work_killed(const void *arg, struct err *e)
{
	(void)raise(SIGKILL);
	return 0;
}

static int
work_exits(const void *arg, struct err *e)
{
	_exit(3);
}

/* clang-format off */
static const struct {
	const char	*what;
	int		(*work)(const void *, struct err *);
	enum err_code	code;
	const char	*msg, *hint;
} rows[] = {
	{ "a failure comes back whole",	work_badly,	E_BUSY,		"it is in use",			"use another" },
	{ "no core, no ptrace",		work_dumpable,	E_STATE,	"dumpable 0",			"" },
	{ "a signal is a failure",	work_killed,	E_IO,		"the process died (signal 9)",	"" },
	{ "so is an exit on the way",	work_exits,	E_IO,		"the process died (exit 3)",	"" },
};
/* clang-format on */

static void
test_failures(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct err e = ERR_INIT;

		print_message("  %s\n", rows[i].what);
		assert_int_equal(child_run(rows[i].work, "it", &e), -1);
		assert_int_equal(e.code, rows[i].code);
		assert_string_equal(e.msg, rows[i].msg);
		assert_string_equal(e.hint, rows[i].hint);
		assert_int_equal(child_run(rows[i].work, "it", NULL), -1);
	}
}

static void
test_own_memory(void **state)
{
	struct err e = ERR_INIT;
	const int one = 1;

	assert_int_equal(child_run(work_well, &one, &e), 0);
	assert_int_equal(e.code, E_OK);
	assert_int_equal(changed, 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_own_memory),
	};

	return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
