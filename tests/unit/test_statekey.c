/* Keys of states: what Debian's swtpm sealed opens, and nothing that differs
 * from it by an octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "odca/key.h"
#include "sim/base/limits.h"
#include "sim/tpm/blob.h"
#include "tests/unit/statekey_vectors.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* A key as the command line gives it: of a file, or of a passphrase. */
struct spec {
	const char *key, *password, *kdf, *mode;
};

static struct state_key *
make(const struct spec *s)
{
	struct state_key *k = NULL;
	struct err e = ERR_INIT;

	if (s->key != NULL)
		assert_int_equal(state_key_from_key(
				     SPAN_STR(s->key), "hex", s->mode, &k, &e),
		    0);
	else
		assert_int_equal(state_key_from_password(SPAN_STR(s->password),
				     s->kdf, s->mode, &k, &e),
		    0);
	return k;
}

/* clang-format off */
static const struct spec specs[] = {
	{ VECTOR_KEY,            NULL,            NULL,     "aes-cbc" },
	{ VECTOR_KEY VECTOR_KEY, NULL,            NULL,     "aes-256-cbc" },
	{ VECTOR_KEY VECTOR_KEY, NULL,            NULL,     "aes-256-gcm" },
	{ NULL,                  VECTOR_PASSWORD, NULL,     "aes-256-cbc" },
	{ NULL,                  VECTOR_PASSWORD, "sha512", "aes-128-cbc" },
	{ NULL,                  VECTOR_PASSWORD, NULL,     "aes-256-gcm" },
};
enum { HEX128, HEX256, GCM_KEY, PBKDF2_256, SHA512_128, GCM_SCRYPT };

static const struct vector {
	const char *name, *hex;
	bool migration;
	int key;
} vectors[] = {
	{ "file, hex, 256 bit",    file_hex256,     false, HEX256 },
	{ "blob, pbkdf2, 256 bit", blob_pbkdf2_256, true,  PBKDF2_256 },
	{ "file, sha512, 128 bit", file_sha512_128, false, SHA512_128 },
	{ "blob, hex, 128 bit",    blob_hex128,     true,  HEX128 },
};
/* clang-format on */

/* Nothing is appended when it fails. */
static int
unwrap(bool migration, struct state_key *k, struct span in, struct buf *out,
    struct err *e)
{
	const struct blob_keys keys = { NULL, k };
	int rc = migration ? blob_unwrap_migration(&keys, false, in, out, e)
			   : blob_unwrap(k, in, out, e);

	if (rc != 0)
		assert_int_equal(out->n, 0);
	return rc;
}

static bool
opens(bool migration, struct state_key *k, struct span in)
{
	auto_buf out = BUF_INIT(MAX_STATE_FILE);

	return unwrap(migration, k, in, &out, NULL) == 0;
}

static void
test_swtpm(void **state)
{
	for (size_t i = 0; i < N_OF(vectors); i++) {
		auto_state_key k = make(&specs[vectors[i].key]);
		auto_buf in = BUF_INIT(4096), out = BUF_INIT(4096);
		uint8_t digest[SHA256_SIZE];
		char hex[2 * SHA256_SIZE + 1];

		print_message("  %s\n", vectors[i].name);
		assert_int_equal(hex_decode(vectors[i].hex, &in), 0);
		assert_int_equal(
		    unwrap(vectors[i].migration, k, buf_span(&in), &out, NULL),
		    0);
		assert_int_equal(sha256(buf_span(&out), digest), 0);
		hex_encode(SPAN_OF(digest), hex);
		assert_string_equal(hex, VECTOR_DIGEST);
	}
}

/* Cut at every octet, and each octet altered. Its header swtpm does not
 * authenticate: a later version's, or a flag that nobody knows, is taken. */
static void
refuse_altered(
    bool migration, struct state_key *k, struct buf *in, bool header_too)
{
	for (size_t n = 0; n < in->n; n++)
		assert_false(opens(migration, k, (struct span){ in->p, n }));
	for (size_t i = 0; i < in->n; i++) {
		in->p[i] ^= 0x80;
		if (opens(migration, k, buf_span(in)) &&
		    (header_too || (i != 0 && i != 4 && i != 5)))
			fail_msg("octet %zu", i);
		in->p[i] ^= 0x80;
	}
	assert_true(opens(migration, k, buf_span(in)));
}

static void
test_swtpm_altered(void **state)
{
	for (size_t i = 0; i < N_OF(vectors); i++) {
		auto_state_key k = make(&specs[vectors[i].key]);
		auto_buf in = BUF_INIT(4096);

		assert_int_equal(hex_decode(vectors[i].hex, &in), 0);
		refuse_altered(vectors[i].migration, k, &in, false);
	}
}

static void
wrap(bool migration, struct state_key *k, struct span plain, struct buf *out)
{
	const struct blob_keys keys = { NULL, k };

	assert_int_equal(
	    migration ? blob_wrap_migration(&keys, false, plain, out, NULL)
		      : blob_wrap(k, plain, out, NULL),
	    0);
}

static void
test_ours_altered(void **state)
{
	for (int migration = 0; migration < 2; migration++) {
		auto_state_key k = make(&specs[GCM_KEY]);
		auto_buf in = BUF_INIT(4096);

		wrap(migration, k, SPAN_STR("the state of a TPM"), &in);
		refuse_altered(migration, k, &in, true);
	}
}

/* Sizes around each multiple of a block; no two are sealed alike. */
static void
test_round_trips(void **state)
{
	uint8_t plain[70];

	memset(plain, 0x5a, sizeof(plain));
	for (size_t i = 0; i < 2 * N_OF(specs); i++) {
		auto_state_key k = make(&specs[i / 2]);

		for (size_t n = 0; n < sizeof(plain); n++) {
			auto_buf a = BUF_INIT(512), b = BUF_INIT(512);
			auto_buf out = BUF_INIT(512);

			wrap(i % 2, k, (struct span){ plain, n }, &a);
			wrap(i % 2, k, (struct span){ plain, n }, &b);
			assert_false(span_eq(buf_span(&a), buf_span(&b)));
			assert_int_equal(
			    unwrap(i % 2, k, buf_span(&a), &out, NULL), 0);
			assert_true(
			    span_eq(buf_span(&out), (struct span){ plain, n }));
		}
	}
}

/* Each opens its own only, and says why not, also when it is new. */
static void
test_other_keys(void **state)
{
	for (size_t i = 0; i < N_OF(specs) * N_OF(specs); i++) {
		const size_t mine = i / N_OF(specs), other = i % N_OF(specs);
		auto_state_key k = make(&specs[mine]);
		auto_state_key l = make(&specs[other]);
		auto_buf in = BUF_INIT(512), out = BUF_INIT(512);
		struct err e = ERR_INIT;

		wrap(false, k, SPAN_STR("state"), &in);
		assert_int_equal(unwrap(false, l, buf_span(&in), &out, &e) == 0,
		    mine == other);
		if (mine == other)
			continue;
		assert_true(e.code == E_CRYPTO || e.code == E_USAGE);
		assert_true(e.hint[0] != '\0' || e.code == E_USAGE);
	}
}

/* Another passphrase is another key; and a salt is not made anew where one was
 * found, for scrypt takes its time. */
static void
test_scrypt(void **state)
{
	const struct spec wrong = { NULL, "Passphrase", "scrypt",
		"aes-256-gcm" };
	auto_state_key k = make(&specs[GCM_SCRYPT]);
	auto_state_key again = make(&specs[GCM_SCRYPT]);
	auto_state_key other = make(&wrong);
	auto_buf in = BUF_INIT(512), out = BUF_INIT(512), next = BUF_INIT(512);
	struct err e = ERR_INIT;

	wrap(false, k, SPAN_STR("state"), &in);
	assert_int_equal(unwrap(false, other, buf_span(&in), &out, &e), -1);
	assert_int_equal(e.code, E_CRYPTO);
	assert_int_equal(unwrap(false, again, buf_span(&in), &out, &e), 0);
	wrap(false, again, SPAN_STR("state"), &next);
	/* header, TLV header, kdf; then the salt */
	assert_memory_equal(in.p + 17, next.p + 17, 16);
	assert_memory_not_equal(in.p + 33, next.p + 33, 12);
}

/* --- without one of the keys -----------------------------------------------
 */

static void
test_missing_keys(void **state)
{
	auto_state_key k = make(&specs[HEX256]);
	const struct blob_keys file = { k, NULL }, both = { k, k },
			       none = { NULL, NULL };
	auto_buf sealed = BUF_INIT(512), plain = BUF_INIT(512),
		 out = BUF_INIT(512);
	struct err e = ERR_INIT;

	wrap(false, k, SPAN_STR("state"), &sealed);
	wrap(false, NULL, SPAN_STR("state"), &plain);
	assert_int_equal(blob_unwrap(NULL, buf_span(&sealed), &out, &e), -1);
	assert_int_equal(e.code, E_STATE);
	assert_non_null(strstr(e.hint, "odcasim swtpm socket"));
	assert_int_equal(blob_unwrap(k, buf_span(&plain), &out, &e), -1);
	assert_int_equal(e.code, E_STATE);

	/* What migrates has two layers, and each wants its key. */
	buf_reset(&sealed);
	assert_int_equal(
	    blob_wrap_migration(&both, false, SPAN_STR("state"), &sealed, &e),
	    0);
	assert_int_equal(sealed.p[5], 0x1f);
	assert_int_equal(
	    blob_unwrap_migration(&file, false, buf_span(&sealed), &out, &e),
	    -1);
	assert_non_null(strstr(e.hint, "--migration-key"));
	assert_int_equal(
	    blob_unwrap_migration(&both, false, buf_span(&sealed), &out, &e),
	    0);
	buf_reset(&out);
	/* Asked for without the file's, it has that of the way still. */
	buf_reset(&sealed);
	assert_int_equal(
	    blob_wrap_migration(&both, true, SPAN_STR("state"), &sealed, &e),
	    0);
	assert_int_equal(sealed.p[5], 0x16);
	/* One that had no keys is taken by one that has, not as encrypted. */
	buf_reset(&plain);
	assert_int_equal(
	    blob_wrap_migration(&none, false, SPAN_STR("state"), &plain, &e),
	    0);
	assert_int_equal(
	    blob_unwrap_migration(&both, false, buf_span(&plain), &out, &e), 0);
	buf_reset(&out);
	assert_int_equal(
	    blob_unwrap_migration(&both, true, buf_span(&plain), &out, &e), -1);
}

/* --- what is no key ---------------------------------------------------------
 */

static void
test_key_texts(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text, *format, *mode;
		bool want;
	} rows[] = {
		{ VECTOR_KEY,                "hex",    "aes-cbc",     true },
		{ VECTOR_KEY "\n",           "hex",    "aes-128-cbc", true },
		{ "0x" VECTOR_KEY " rest",   "hex",    "aes-cbc",     true },
		{ "ABCDEFabcdef01234567ABCDEFabcdef", "hex", "aes-cbc", true },
		{ VECTOR_KEY VECTOR_KEY,     "hex",    "aes-256-gcm", true },
		{ "0123456789abcdef",        "binary", "aes-cbc",     true },
		{ VECTOR_KEY,                "binary", "aes-256-cbc", true },
		{ VECTOR_KEY "0",            "hex",    "aes-cbc",     false },
		{ VECTOR_KEY VECTOR_KEY,     "hex",    "aes-cbc",     false },
		{ VECTOR_KEY VECTOR_KEY VECTOR_KEY, "hex", "aes-256-cbc", false },
		{ VECTOR_KEY,                "hex",    "aes-256-cbc", false },
		{ "",                        "hex",    "aes-cbc",     false },
		{ "0x",                      "hex",    "aes-cbc",     false },
		{ "0x0x112233445566778899aabbccddeeff", "hex", "aes-cbc", false },
		{ "g0112233445566778899aabbccddeeff", "hex", "aes-cbc", false },
		{ "0123456789abcdef\n",      "binary", "aes-cbc",     false },
		{ "0123456789abcdef",        "binary", "aes-256-cbc", false },
		{ "0123456789abcdef",        "base64", "aes-cbc",     false },
		{ VECTOR_KEY,                "hex",    "aes-ctr",     false },
	};
	/* clang-format on */

	for (size_t i = 0; i < N_OF(rows); i++) {
		auto_state_key k = NULL;
		struct err e = ERR_INIT;

		print_message("  %s %s\n", rows[i].mode, rows[i].text);
		assert_int_equal(state_key_from_key(SPAN_STR(rows[i].text),
				     rows[i].format, rows[i].mode, &k, &e) == 0,
		    rows[i].want);
		assert_int_equal(k != NULL, rows[i].want);
		assert_int_equal(e.code, rows[i].want ? E_OK : E_USAGE);
		/* No key is ever in an error's text. */
		assert_true(rows[i].want || rows[i].text[0] == '\0' ||
			    strstr(e.msg, rows[i].text) == NULL);
	}
}

static void
test_kdfs(void **state)
{
	static const char *const pairs[][2] = { { "scrypt", "aes-cbc" },
		{ "scrypt", "aes-256-cbc" }, { "pbkdf2", "aes-256-gcm" },
		{ "sha512", "aes-256-gcm" }, { "md5", "aes-cbc" } };

	for (size_t i = 0; i < N_OF(pairs); i++) {
		auto_state_key k = NULL;
		struct err e = ERR_INIT;

		assert_int_equal(
		    state_key_from_password(SPAN_STR(VECTOR_PASSWORD),
			pairs[i][0], pairs[i][1], &k, &e),
		    -1);
		assert_int_equal(e.code, E_USAGE);
		assert_null(k);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_swtpm),
		cmocka_unit_test(test_swtpm_altered),
		cmocka_unit_test(test_ours_altered),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_other_keys),
		cmocka_unit_test(test_scrypt),
		cmocka_unit_test(test_missing_keys),
		cmocka_unit_test(test_key_texts),
		cmocka_unit_test(test_kdfs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
