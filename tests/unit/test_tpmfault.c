/* What is armed of the TPM's faults, and for which commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/tpm/tpmfault.h"

#define N_OF(a) (sizeof(a) / sizeof(*(a)))

static const uint8_t get_random[] = { 0x80, 0x01, 0, 0, 0, 12, 0, 0, 0x01, 0x7b,
	0, 8 };
static const uint8_t pcr_read[] = { 0x80, 0x01, 0, 0, 0, 14, 0, 0, 0x01, 0x7e,
	0, 0, 0, 0 };

static void
arm(const char *text)
{
	const struct opt_list list = { { text }, 1 };
	struct err e = ERR_INIT;
	struct opt_list others;

	tpmfault_disarm();
	if (tpmfault_arm(&list, "seed", &others, &e) != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(others.n, 0);
}

static void
test_others_are_left(void **state)
{
	const struct opt_list list = {
		{ "chain.cut=7", "tpm.split", "revoked.ek" }, 3
	};
	struct err e = ERR_INIT;
	struct opt_list others;

	assert_int_equal(tpmfault_arm(&list, NULL, &others, &e), 0);
	assert_int_equal(others.n, 2);
	assert_string_equal(others.items[0], "chain.cut=7");
	assert_string_equal(others.items[1], "revoked.ek");
	assert_true(tpmfault_splits(SPAN_OF(get_random)));
}

static void
test_wrong(void **state)
{
	static const char *const texts[] = { "tpm.", "tpm.retrie",
		"tpm.retry=1", "tpm.slow=0", "tpm.slow,on=GetRandm",
		"tpm.retry,often" };

	for (size_t i = 0; i < N_OF(texts); i++) {
		const struct opt_list list = { { texts[i] }, 1 };
		struct err e = ERR_INIT;
		struct opt_list others;

		tpmfault_disarm();
		if (tpmfault_arm(&list, NULL, &others, &e) == 0)
			fail_msg("'%s' is taken", texts[i]);
		assert_int_equal(e.code, E_USAGE);
	}
}

static void
test_commands(void **state)
{
	arm("tpm.slow=1,on=GetRandom");
	assert_true(tpmfault_is_slow(SPAN_OF(get_random)));
	assert_false(tpmfault_is_slow(SPAN_OF(pcr_read)));
	assert_false(tpmfault_is_slow((struct span){ get_random, 9 }));
	assert_false(tpmfault_splits(SPAN_OF(get_random)));
	arm("tpm.split,on=PCR_Read,after=1,count=1");
	assert_false(tpmfault_is_slow(SPAN_OF(pcr_read)));
	assert_false(tpmfault_splits(SPAN_OF(get_random)));
	assert_false(tpmfault_splits(SPAN_OF(pcr_read)));
	assert_true(tpmfault_splits(SPAN_OF(pcr_read)));
	assert_false(tpmfault_splits(SPAN_OF(pcr_read)));
	tpmfault_disarm();
	assert_false(tpmfault_splits(SPAN_OF(pcr_read)));
}

static void
test_off(void **state)
{
	auto_buf rsp = BUF_INIT(64);

	arm("tpm.retry");
	assert_false(tpmfault_answers(SPAN_OF(get_random), &rsp));
	assert_int_equal(rsp.n, 0);
}

static void
test_rows(void **state)
{
	for (const struct tpmfault *f = tpmfaults; f->name != NULL; f++) {
		assert_int_equal(
		    strncmp(f->name, TPMFAULT_PREFIX, strlen(TPMFAULT_PREFIX)),
		    0);
		assert_int_equal(f->rc != 0, f->kind == TPMFAULT_ANSWER);
		arm(f->name);
	}
	tpmfault_disarm();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_others_are_left),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests_name("tpmfault", tests, NULL, NULL);
}
