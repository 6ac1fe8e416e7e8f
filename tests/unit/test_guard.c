/* What dies in a guard, and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>

#include "sim/tpm/guard.h"

static void
add_one(void *arg)
{
	++*(int *)arg;
}

static void
die_of(void *arg)
{
	(void)raise(*(int *)arg);
	*(int *)arg = 0;
}

static void
give_up(void *arg)
{
	abort();
}

static void
test_whole(void **state)
{
	int n = 41;

	assert_true(guard_run(add_one, &n));
	assert_int_equal(n, 42);
}

/* Each twice: the signal is not left blocked. */
static void
test_dies(void **state)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGFPE, SIGABRT,
		SIGSEGV, SIGBUS, SIGFPE, SIGABRT };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		int number = numbers[i];

		assert_false(guard_run(die_of, &number));
		assert_int_equal(number, numbers[i]);
	}
	assert_false(guard_run(give_up, NULL));
	assert_false(guard_run(give_up, NULL));
}

static int caught;

static void
on_signal(int number)
{
	caught = number;
}

/* What was there before is there again. */
static void
test_handlers(void **state)
{
	const struct sigaction ours = { .sa_handler = on_signal };
	struct sigaction before;
	int number = SIGFPE, n = 0;

	assert_int_equal(sigaction(SIGFPE, &ours, &before), 0);
	assert_true(guard_run(add_one, &n));
	assert_false(guard_run(die_of, &number));
	assert_int_equal(caught, 0);
	(void)raise(SIGFPE);
	assert_int_equal(caught, SIGFPE);
	assert_int_equal(sigaction(SIGFPE, &before, NULL), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_dies),
		cmocka_unit_test(test_handlers),
	};

	return cmocka_run_group_tests_name("guard", tests, NULL, NULL);
}
