/* KDFs and ciphers of TPM 2.0: what the formulas of Part 1 give, computed
 * apart from OpenSSL's KDFs, and what OpenSSL's private keys make of the rest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/activate.h"

#define BYTES_32                                                               \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define BYTES_48 BYTES_32 "202122232425262728292a2b2c2d2e2f"
/* A Name: SHA-256, and 32 octets. */
#define NAME                                                                   \
	"000b202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
#define ONES_32                                                                \
	"0101010101010101010101010101010101010101010101010101010101010101"
#define TWOS_32                                                                \
	"0202020202020202020202020202020202020202020202020202020202020202"
#define ONES_48 ONES_32 "01010101010101010101010101010101"
#define TWOS_48 TWOS_32 "02020202020202020202020202020202"

#define MAX_OUT 64

static void
put_hex(struct buf *b, const char *hex)
{
	assert_int_equal(hex_decode(hex, b), 0);
}

static void
assert_hex(struct span s, const char *want)
{
	char hex[2 * MAX_OUT + 1];

	assert_true(s.n <= MAX_OUT);
	hex_encode(s, hex);
	assert_string_equal(hex, want);
}

/* clang-format off */
static const struct kdfa_vector {
	enum digest d;
	const char *key, *label, *context, *want;
} kdfa_vectors[] = {
	{ DIGEST_SHA256, BYTES_32, "STORAGE",   NAME, "44d0c54553f7cd6bf17d99c547ec79d6" },
	{ DIGEST_SHA256, BYTES_32, "INTEGRITY", "",   "bacf689f634ece301e1f1b15b072d9c87db6a69585db42b1a0cb8f73ebe2692e" },
	{ DIGEST_SHA384, BYTES_48, "STORAGE",   NAME, "e8debd0548cd4d391d78459d38efb7ed228ff3408b243736606ef86197cb3850" },
	/* two blocks */
	{ DIGEST_SHA256, BYTES_32, "STORAGE",   NAME, "d33925b2ccee8e00e5c0b399c8a00023375da6b4affa70080996a42513f5870b4b36f35e38377c6a" },
};

static const struct kdfe_vector {
	enum digest d;
	const char *z, *u, *v, *want;
} kdfe_vectors[] = {
	{ DIGEST_SHA256, BYTES_32, ONES_32, TWOS_32, "46c1a8b985095523623fbee1f5d4b3df184a6991e5706b9bbee430d76b9b5909" },
	{ DIGEST_SHA384, BYTES_48, ONES_48, TWOS_48, "f3beff6d86a2fa412b055a37173117db6da5eab219862574f89ee2df797982a7c2442ade40a6aad5fe445d5f477aaf94" },
	{ DIGEST_SHA256, BYTES_32, ONES_32, TWOS_32, "46c1a8b985095523623fbee1f5d4b3df184a6991e5706b9bbee430d76b9b59095bf2ccada630246c" },
};
/* clang-format on */

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static void
test_kdfa(void **state)
{
	for (size_t i = 0; i < N_OF(kdfa_vectors); i++) {
		const struct kdfa_vector *v = &kdfa_vectors[i];
		auto_buf key = BUF_INIT(64), context = BUF_INIT(64);
		const size_t n = strlen(v->want) / 2;
		uint8_t out[MAX_OUT];

		put_hex(&key, v->key);
		put_hex(&context, v->context);
		assert_int_equal(kdfa(v->d, buf_span(&key), v->label,
				     buf_span(&context), out, n),
		    0);
		assert_hex((struct span){ out, n }, v->want);
	}
}

static void
test_kdfe(void **state)
{
	for (size_t i = 0; i < N_OF(kdfe_vectors); i++) {
		const struct kdfe_vector *k = &kdfe_vectors[i];
		auto_buf z = BUF_INIT(64), u = BUF_INIT(64), v = BUF_INIT(64);
		const size_t n = strlen(k->want) / 2;
		uint8_t out[MAX_OUT];

		put_hex(&z, k->z);
		put_hex(&u, k->u);
		put_hex(&v, k->v);
		assert_int_equal(kdfe(k->d, buf_span(&z), "IDENTITY",
				     buf_span(&u), buf_span(&v), out, n),
		    0);
		assert_hex((struct span){ out, n }, k->want);
	}
}

/* RFC 4231, 4.3, its data in two pieces; FIPS 180-4 of "abc". */
static void
test_digests(void **state)
{
	uint8_t out[MAX_DIGEST];
	const struct span key = SPAN_STR("Jefe"),
			  a = SPAN_STR("what do ya want "),
			  b = SPAN_STR("for nothing?");

	assert_int_equal(digest_hmac(DIGEST_SHA256, key, a, b, out), 0);
	assert_hex((struct span){ out, 32 },
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	assert_int_equal(digest_hmac(DIGEST_SHA384, key, a, b, out), 0);
	assert_hex((struct span){ out, 48 },
	    "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	    "8e2240ca5e69e2c78b3239ecfab21649");
	assert_int_equal(digest(DIGEST_SHA1, SPAN_STR("abc"), out), 0);
	assert_int_equal(digest_size(DIGEST_SHA1), 20);
	assert_hex((struct span){ out, 20 },
	    "a9993e364706816aba3e25717850c26c9cd0d89d");
}

/* 'openssl enc -aes-128-cfb' and -aes-256-cfb of 20 zeros. */
static void
test_cfb(void **state)
{
	static const uint8_t zeros[20];
	static const char *const want[] = {
		"c6a13b37878f5b826f4f8162a1c8d879af9d9926",
		"f29000b62a499fd0a9f39a6add2e7780d4e96925",
	};
	auto_buf key = BUF_INIT(32);

	put_hex(&key, BYTES_32);
	for (size_t i = 0; i < 2; i++) {
		auto_buf out = BUF_INIT(20), back = BUF_INIT(20);
		const struct span k = { key.p, 16 * (i + 1) };

		assert_int_equal(aes_cfb_encrypt(k, SPAN_OF(zeros), &out), 0);
		assert_hex(buf_span(&out), want[i]);
		assert_int_equal(aes_cfb_decrypt(k, buf_span(&out), &back), 0);
		assert_true(span_eq(buf_span(&back), SPAN_OF(zeros)));
		/* no room, no such key */
		assert_int_equal(aes_cfb_encrypt(k, SPAN_OF(zeros), &out), -1);
		assert_int_equal(out.n, 20);
		assert_int_equal(aes_cfb_encrypt((struct span){ key.p, 24 },
				     SPAN_OF(zeros), &back),
		    -1);
	}
}

static void
test_oaep(void **state)
{
	static const enum digest all[] = { DIGEST_SHA256, DIGEST_SHA384 };
	EVP_PKEY *own = own_key(KEY_RSA2048);
	struct err e = ERR_INIT;
	uint8_t seed[MAX_DIGEST], back[MAX_DIGEST];
	struct pubkey k;

	assert_int_equal(own_public(own, &k), 0);
	memset(seed, 0x5a, sizeof(seed));
	for (size_t i = 0; i < N_OF(all); i++) {
		const struct span msg = { seed, digest_size(all[i]) };
		auto_buf out = BUF_INIT(256);

		assert_int_equal(
		    oaep_encrypt(&k, all[i], OWN_LABEL, msg, &out, &e), 0);
		assert_int_equal(out.n, 256);
		assert_int_equal(
		    own_oaep(own, all[i], buf_span(&out), back), 0);
		assert_memory_equal(back, seed, msg.n);
		/* Another label is another message. */
		buf_reset(&out);
		assert_int_equal(
		    oaep_encrypt(&k, all[i], "IDENTITx", msg, &out, &e), 0);
		assert_int_equal(
		    own_oaep(own, all[i], buf_span(&out), back), -1);
	}
	EVP_PKEY_free(own);
}

static void
test_ecdh(void **state)
{
	static const enum key_alg all[] = { KEY_P256, KEY_P384 };

	for (size_t i = 0; i < N_OF(all); i++) {
		EVP_PKEY *own = own_key(all[i]);
		uint8_t z[MAX_EC_FIELD], theirs[MAX_EC_FIELD];
		struct pubkey k, ephemeral;
		struct err e = ERR_INIT;

		assert_int_equal(own_public(own, &k), 0);
		assert_int_equal(ecdh_ephemeral(&k, &ephemeral, z, &e), 0);
		assert_int_equal(ephemeral.alg, all[i]);
		assert_int_equal(
		    own_ecdh(own, (struct span){ ephemeral.bytes, ephemeral.n },
			theirs),
		    0);
		assert_memory_equal(z, theirs, k.n / 2);
		/* Not on the curve: nothing is agreed with it. */
		k.bytes[k.n - 1] ^= 1;
		assert_int_equal(ecdh_ephemeral(&k, &ephemeral, z, &e), -1);
		assert_int_equal(e.code, E_CRYPTO);
		EVP_PKEY_free(own);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kdfa),
		cmocka_unit_test(test_kdfe),
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_cfb),
		cmocka_unit_test(test_oaep),
		cmocka_unit_test(test_ecdh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
