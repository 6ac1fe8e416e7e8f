/* Credentials: what OpenSSL's private keys make of ours, a vector computed by
 * the formulas of Part 1, 24, and the three frames to the octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "odca/ek_template.h"
#include "sim/aik/credential.h"
#include "sim/base/tpm2.h"
#include "tests/unit/activate.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

#define BYTES_32                                                               \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define BYTES_48 BYTES_32 "202122232425262728292a2b2c2d2e2f"
#define NAME                                                                   \
	"000b202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
#define SECRET "sixteen octets..seventeen on..."

static void
put_hex(struct buf *b, const char *hex)
{
	assert_int_equal(hex_decode(hex, b), 0);
}

static void
assert_hex(struct span s, const char *want)
{
	char *hex = malloc(2 * s.n + 1);

	assert_non_null(hex);
	hex_encode(s, hex);
	assert_string_equal(hex, want);
	free(hex);
}

/* --- endorsement keys -------------------------------------------------------
 */

struct scene {
	const struct ek_template *template;
	EVP_PKEY *own;
	struct pubkey key;
	struct credential_ek ek;
	struct buf tpmt; /* the EK's public area, as its TPM gives it */
	struct err e;
};

static void
begin(struct scene *s, const struct ek_template *t)
{
	*s = (struct scene){ .template = t, .own = own_key(t->alg) };
	buf_init(&s->tpmt, MAX_TPMT);
	assert_int_equal(own_public(s->own, &s->key), 0);
	assert_int_equal(credential_ek_of_key(&s->key, &s->ek, &s->e), 0);
	assert_int_equal(own_tpmt(&s->key, &s->tpmt), 0);
}

static void
end(struct scene *s)
{
	buf_free(&s->tpmt);
	EVP_PKEY_free(s->own);
}

/* What the TPM gives away for this Name: the secret, or nothing. */
static bool
activates(const struct scene *s, const struct credential *c, struct span name,
    struct span want)
{
	auto_buf have = BUF_INIT(MAX_DIGEST);

	return own_activate(s->own, s->ek.name_alg, s->ek.aes_size, name,
		   buf_span(&c->id_object), buf_span(&c->secret), &have) == 0 &&
	       span_eq(buf_span(&have), want);
}

static void
use_ek(struct scene *s, struct span name, struct span other)
{
	const size_t most = digest_size(s->ek.name_alg);
	uint8_t secret[MAX_DIGEST + 1];

	memset(secret, 0xc5, sizeof(secret));
	for (size_t n = 0; n <= most; n++) {
		auto_credential c = CREDENTIAL_INIT;
		const struct span want = { secret, n };

		assert_int_equal(
		    credential_make(&s->ek, name, want, &c, &s->e), 0);
		assert_true(activates(s, &c, name, want));
		assert_false(activates(s, &c, other, want));
		c.id_object.p[n % c.id_object.n] ^= 0x10;
		assert_false(activates(s, &c, name, want));
	}
	auto_credential none = CREDENTIAL_INIT;
	assert_int_equal(credential_make(&s->ek, name,
			     (struct span){ secret, most + 1 }, &none, &s->e),
	    -1);
	assert_int_equal(s->e.code, E_LIMIT);
	assert_true(none.id_object.n == 0 && none.secret.n == 0);
}

static void
test_make(void **state)
{
	auto_buf name = BUF_INIT(MAX_TPM_NAME), other = BUF_INIT(MAX_TPM_NAME);
	const struct ek_template *all;
	size_t n;

	put_hex(&name, NAME);
	put_hex(&other, NAME);
	other.p[other.n - 1] ^= 1;
	all = ek_template_all(&n);
	for (size_t i = 0; i < n; i++) {
		struct scene s;

		begin(&s, &all[i]);
		use_ek(&s, buf_span(&name), buf_span(&other));
		end(&s);
	}
}

/* The public area says what the template says; cut, or longer, nothing. */
static void
test_ek_parse(void **state)
{
	const struct ek_template *all;
	size_t n;

	all = ek_template_all(&n);
	for (size_t i = 0; i < n; i++) {
		struct credential_ek ek;
		struct scene s;

		begin(&s, &all[i]);
		assert_int_equal(
		    credential_ek_parse(buf_span(&s.tpmt), &ek, &s.e), 0);
		assert_int_equal(ek.name_alg, s.ek.name_alg);
		assert_int_equal(ek.aes_size, s.ek.aes_size);
		assert_int_equal(ek.key.alg, s.key.alg);
		assert_memory_equal(ek.key.bytes, s.key.bytes, s.key.n);
		for (size_t cut = 0; cut < s.tpmt.n; cut++) {
			assert_int_equal(
			    credential_ek_parse(
				(struct span){ s.tpmt.p, cut }, &ek, &s.e),
			    -1);
			assert_int_equal(s.e.code, E_SHORT);
		}
		assert_int_equal(buf_put_u8(&s.tpmt, 0), 0);
		assert_int_equal(
		    credential_ek_parse(buf_span(&s.tpmt), &ek, &s.e), -1);
		assert_int_equal(s.e.code, E_FORMAT);
		end(&s);
	}
}

/* Offsets in the TPMT_PUBLIC of L-1, whose policy has 32 octets. */
static const struct {
	size_t at;
	uint16_t value;
	enum err_code want;
} bad_eks[] = {
	{ 0, ALG_KEYEDHASH, E_FOREIGN },
	{ 2, ALG_SM3_256, E_FOREIGN }, /* nameAlg */
	{ 4, 0x0000, E_FOREIGN },      /* neither restricted nor decrypt */
	{ 4, 0x0002, E_FOREIGN },      /* not restricted */
	{ 42, 0x0026, E_FOREIGN },     /* Camellia */
	{ 44, 192, E_FOREIGN },        /* AES-192 */
	{ 46, 0x0042, E_FOREIGN },     /* CBC */
	{ 48, 0x00ff, E_FORMAT },      /* no such scheme */
	{ 50, 3072, E_FOREIGN },       /* RSA-3072 */
	{ 50, 4096, E_FORMAT },        /* and a modulus of 2048 bits */
	{ 54, 3, E_FOREIGN },          /* exponent */
	{ 56, 255, E_FORMAT },         /* one octet is behind it */
};

static void
test_bad_ek(void **state)
{
	struct credential_ek ek;
	struct scene s;

	begin(&s, ek_template_find(0x01c00002));
	for (size_t i = 0; i < N_OF(bad_eks); i++) {
		auto_buf bad = BUF_INIT(MAX_TPMT);

		assert_int_equal(buf_put(&bad, buf_span(&s.tpmt)), 0);
		buf_set_u16(&bad, bad_eks[i].at, bad_eks[i].value);
		assert_int_equal(
		    credential_ek_parse(buf_span(&bad), &ek, &s.e), -1);
		assert_int_equal(s.e.code, bad_eks[i].want);
	}
	/* No template has RSA-4096. */
	s.key.alg = KEY_RSA4096;
	assert_int_equal(credential_ek_of_key(&s.key, &ek, &s.e), -1);
	assert_int_equal(s.e.code, E_FOREIGN);
	end(&s);
}

/* A point as TPMs before revision 1.38 give it, without its leading zeros, is
 * the same key; one that is on no curve gets nothing. */
static void
test_point(void **state)
{
	auto_credential c = CREDENTIAL_INIT;
	struct tpm_public p;
	struct pubkey k;
	struct scene s;

	begin(&s, ek_template_find(0x01c0000a));
	assert_int_equal(tpm_public_parse(buf_span(&s.tpmt), &p, &s.e), 0);
	p.x.p++, p.x.n--;
	assert_int_equal(tpm_public_key(&p, &k, &s.e), 0);
	assert_int_equal(k.bytes[1], 0);
	assert_memory_equal(k.bytes + 2, s.key.bytes + 2, s.key.n - 2);
	p.x.n = 0;
	assert_int_equal(tpm_public_key(&p, &k, &s.e), -1);
	assert_int_equal(s.e.code, E_FORMAT);
	s.ek.key.bytes[s.key.n - 1] ^= 1;
	assert_int_equal(credential_make(&s.ek, SPAN_STR("name"),
			     SPAN_STR("secret"), &c, &s.e),
	    -1);
	assert_int_equal(s.e.code, E_CRYPTO);
	end(&s);
}

/* --- the vector and the frames ------------------------------------------- */

static const struct {
	enum digest d;
	size_t aes_size;
	const char *seed, *want;
} vectors[] = {
	{ DIGEST_SHA256, 16, BYTES_32,
	    "00204ad38998d523c4a3b67c022199f3f592c252ff9e19a201752efa0da1f794"
	    "917fbaa1f85fbd08b2dc41594497fa39e2d40dcc66976db4c6f4e6b96dff79d5"
	    "ce9337" },
	{ DIGEST_SHA384, 32, BYTES_48,
	    "0030b416e65d2fd29ece492bfc2353e887bf33c24e226a65f88e388321ab316b"
	    "443e617086b7672f0b30cbe9d077d5159606cc2732f99724d53505537eb45154"
	    "5059477b5624c0ce3272e90d12df11abfcab86" },
};

static void
test_protect(void **state)
{
	for (size_t i = 0; i < N_OF(vectors); i++) {
		const struct credential_ek ek = { .name_alg = vectors[i].d,
			.aes_size = vectors[i].aes_size };
		auto_buf seed = BUF_INIT(MAX_DIGEST), out = BUF_INIT(132);
		auto_buf name = BUF_INIT(MAX_TPM_NAME);
		struct err e = ERR_INIT;

		put_hex(&seed, vectors[i].seed);
		put_hex(&name, NAME);
		assert_int_equal(
		    credential_protect(&ek, buf_span(&seed), buf_span(&name),
			SPAN_STR(SECRET), &out, &e),
		    0);
		assert_hex(buf_span(&out), vectors[i].want);
	}
}

#define STRUCTURES                                                             \
	"0003aabbcc"                                                           \
	"0002ddee"

static const struct frame {
	enum credential_frame frame;
	const char *hex;
	bool more;
} frames[] = {
	{ CREDENTIAL_WIRE, STRUCTURES, false },
	{ CREDENTIAL_TOOLS, "badcc0de00000001" STRUCTURES, false },
	{ CREDENTIAL_MICROSOFT,
	    "54414348"
	    "01000000"
	    "02000000"
	    "18000000"
	    "09000000"
	    "00000000" STRUCTURES,
	    true },
};

static void
use_frame(const struct frame *f)
{
	auto_credential c = CREDENTIAL_INIT, back = CREDENTIAL_INIT;
	auto_buf out = BUF_INIT(64);
	struct err e = ERR_INIT;

	put_hex(&c.id_object, "aabbcc");
	put_hex(&c.secret, "ddee");
	assert_int_equal(credential_encode(&c, f->frame, &out, &e), 0);
	assert_hex(buf_span(&out), f->hex);
	for (size_t n = 0; n < out.n; n++) {
		const struct span cut = { out.p, n };

		assert_int_equal(
		    credential_decode(cut, f->frame, &back, &e), -1);
		assert_int_equal(e.code, E_SHORT);
	}
	assert_int_equal(buf_put_u8(&out, 0), 0);
	assert_int_equal(credential_decode(buf_span(&out), f->frame, &back, &e),
	    f->more ? 0 : -1);
	if (!f->more) {
		assert_int_equal(e.code, E_FORMAT);
		out.n--;
		assert_int_equal(
		    credential_decode(buf_span(&out), f->frame, &back, &e), 0);
	}
	assert_hex(buf_span(&back.id_object), "aabbcc");
	assert_hex(buf_span(&back.secret), "ddee");
	assert_int_equal(back.magic, c.magic);
}

static void
test_frames(void **state)
{
	for (size_t i = 0; i < N_OF(frames); i++)
		use_frame(&frames[i]);
}

static void
decode(enum credential_frame frame, const char *hex, struct credential *ret,
    enum err_code want)
{
	auto_buf in = BUF_INIT(4096);
	struct err e = ERR_INIT;

	put_hex(&in, hex);
	assert_int_equal(credential_decode(buf_span(&in), frame, ret, &e),
	    want == E_OK ? 0 : -1);
	assert_int_equal(e.code, want);
}

static void
test_headers(void **state)
{
	auto_credential c = CREDENTIAL_INIT;

	decode(CREDENTIAL_TOOLS, "badcc0df00000001" STRUCTURES, &c, E_FORMAT);
	decode(CREDENTIAL_TOOLS, "badcc0de00000002" STRUCTURES, &c, E_FORMAT);
	/* The size in the header ends before the second structure does. */
	decode(CREDENTIAL_MICROSOFT,
	    "544143480100000002000000180000000800000000000000" STRUCTURES, &c,
	    E_SHORT);
	/* No word but the size is looked at; more may follow inside, too. */
	decode(CREDENTIAL_MICROSOFT,
	    "efbeadde09000000090000001c0000000a00000007000000" STRUCTURES "ff"
	    "ff",
	    &c, E_OK);
	assert_int_equal(c.magic, 0xdeadbeef);
	assert_hex(buf_span(&c.secret), "ddee");
}

/* One octet more than any TPM has. */
static void
test_sizes(void **state)
{
	auto_credential c = CREDENTIAL_INIT;
	auto_buf in = BUF_INIT(4096);
	static const uint8_t zeros[MAX_ENCRYPTED_SECRET + 1];
	static const struct span sizes[][2] = {
		{ { zeros, MAX_ID_OBJECT + 1 }, { zeros, 1 } },
		{ { zeros, 1 }, { zeros, MAX_ENCRYPTED_SECRET + 1 } },
		{ { zeros, MAX_ID_OBJECT }, { zeros, MAX_ENCRYPTED_SECRET } },
	};

	for (size_t i = 0; i < N_OF(sizes); i++) {
		const bool last = i == N_OF(sizes) - 1;
		struct err e = ERR_INIT;

		buf_reset(&in);
		assert_false(buf_put_2b(&in, sizes[i][0]) ||
			     buf_put_2b(&in, sizes[i][1]));
		assert_int_equal(
		    credential_decode(buf_span(&in), CREDENTIAL_WIRE, &c, &e),
		    last ? 0 : -1);
		assert_int_equal(e.code, last ? E_OK : E_LIMIT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_ek_parse),
		cmocka_unit_test(test_bad_ek),
		cmocka_unit_test(test_point),
		cmocka_unit_test(test_protect),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
