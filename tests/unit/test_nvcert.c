/* Certificate indices: who has the key writes and deletes, anybody reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/base/limits.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/nvcert.h"
#include "sim/tpm/store.h"
#include "sim/tpm/tpmcmd.h"

#define INDEX 0x01c00002u

static const uint8_t ours[SHA384_SIZE] = "the device's key";
static const uint8_t others[SHA384_SIZE] = "another device's key";
static struct store *store;

/* 0, or the test fails with the message. */
#define assert_ok(call)                                                        \
	do {                                                                   \
		if ((call) != 0)                                               \
			fail_msg("%s", e.msg);                                 \
	} while (0)

static int
setup(void **state)
{
	static const uint8_t entropy[48] = "a test's entropy, the same always";
	struct err e = ERR_INIT;

	assert_ok(store_open_memory(&store, &e));
	assert_ok(engine_init(store, &e));
	engine_set_manufacture(SPAN_OF(entropy), 0x01f4000e, 0);
	assert_ok(engine_power_on(&e));
	assert_ok(tpmcmd_startup(SU_CLEAR, &e));
	return 0;
}

static int
teardown(void **state)
{
	engine_power_off();
	store_free(store);
	return 0;
}

static int
put(struct span key, size_t size, uint8_t fill)
{
	AUTO(nvcert_done) struct nvcert w = { 0 };
	uint8_t content[MAX_NV_INDEX];
	struct err e = ERR_INIT;

	memset(content, fill, sizeof(content));
	assert_ok(nvcert_open(&w, key, &e));
	assert_ok(nvcert_put(
	    &w, INDEX, NV_CERT_ATTRIBUTES, (struct span){ content, size }, &e));
	return nvcert_close(&w, &e);
}

static int
undefine(struct span key)
{
	AUTO(nvcert_done) struct nvcert w = { 0 };
	struct err e = ERR_INIT;
	int rc;

	assert_ok(nvcert_open(&w, key, &e));
	rc = nvcert_delete(&w, INDEX, &e);
	assert_ok(nvcert_close(&w, &e));
	return rc;
}

static void
test_life(void **state)
{
	static const size_t sizes[] = { 1, MAX_NV_CHUNK, MAX_NV_CHUNK + 1,
		MAX_NV_INDEX };
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		auto_buf b = BUF_INIT(MAX_NV_INDEX);

		assert_int_equal(nvcert_get(INDEX, &b, &e), -1);
		assert_int_equal(e.code, E_NOTFOUND);
		assert_int_equal(put(SPAN_OF(ours), sizes[i], (uint8_t)i), 0);
		assert_ok(nvcert_get(INDEX, &b, &e));
		assert_int_equal(b.n, sizes[i]);
		for (size_t n = 0; n < b.n; n++)
			assert_int_equal(b.p[n], i);
		assert_int_equal(undefine(SPAN_OF(ours)), 0);
	}
	assert_int_equal(undefine(SPAN_OF(ours)), -1);
}

static void
test_refused(void **state)
{
	auto_buf small = BUF_INIT(99);
	struct err e = ERR_INIT;

	assert_int_equal(put(SPAN_OF(ours), 100, 0x5a), 0);
	assert_int_equal(undefine(SPAN_OF(others)), -1);
	assert_int_equal(nvcert_get(INDEX, &small, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
	assert_int_equal(undefine(SPAN_OF(ours)), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("nvcert", tests, setup, teardown);
}
