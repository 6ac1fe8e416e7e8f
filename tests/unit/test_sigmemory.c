/* What is remembered of signatures is what key_verify() says of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "odca/sigmemory.h"

#define MORE 600 /* than there is room for */

struct scene {
	struct sigmemory *memory;
	struct key *key;
	struct buf spki, sig;
};

static void
open_scene(struct scene *s)
{
	struct err e = ERR_INIT;
	struct pubkey pub;

	buf_init(&s->spki, MAX_SPKI);
	buf_init(&s->sig, MAX_SIGNATURE);
	assert_int_equal(sigmemory_new(&s->memory, &e), 0);
	assert_int_equal(key_generate(KEY_P256, &s->key, &e), 0);
	key_public(s->key, &pub);
	assert_int_equal(pubkey_spki(&pub, &s->spki, &e), 0);
}

static void
close_scene(struct scene *s)
{
	sigmemory_free(s->memory);
	key_free(s->key);
	buf_free(&s->spki);
	buf_free(&s->sig);
}

static bool
verify(struct scene *s, struct sigmemory *m, struct span msg)
{
	return sigmemory_verify(
	    m, buf_span(&s->spki), SIG_ECDSA_SHA256, msg, buf_span(&s->sig));
}

static void
sign(struct scene *s, struct span msg)
{
	struct err e = ERR_INIT;

	buf_reset(&s->sig);
	assert_int_equal(key_sign(s->key, msg, &s->sig, &e), 0);
}

static void
test_good_and_bad(void **state)
{
	struct scene s;

	open_scene(&s);
	sign(&s, SPAN_STR("this"));
	for (int i = 0; i < 3; i++) {
		assert_true(verify(&s, s.memory, SPAN_STR("this")));
		assert_false(verify(&s, s.memory, SPAN_STR("that")));
		assert_true(verify(&s, NULL, SPAN_STR("this")));
		assert_false(verify(&s, NULL, SPAN_STR("that")));
	}
	/* Neither is another signature, nor for another algorithm. */
	assert_false(sigmemory_verify(s.memory, buf_span(&s.spki),
	    SIG_ECDSA_SHA384, SPAN_STR("this"), buf_span(&s.sig)));
	s.sig.p[s.sig.n - 1] ^= 1;
	assert_false(verify(&s, s.memory, SPAN_STR("this")));
	close_scene(&s);
}

/* Those that are forgotten are computed again. */
static void
test_many(void **state)
{
	struct scene s;

	open_scene(&s);
	for (int round = 0; round < 2; round++)
		for (uint16_t i = 0; i < MORE; i++) {
			const struct span msg = { (const uint8_t *)&i,
				sizeof(i) };

			sign(&s, msg);
			assert_true(verify(&s, s.memory, msg));
			assert_true(verify(&s, s.memory, msg));
			assert_false(verify(&s, s.memory, SPAN_STR("other")));
		}
	close_scene(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good_and_bad),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
