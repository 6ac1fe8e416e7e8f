/* Attestation statements: Windows' as tpm2-tools make one is taken, and no
 * octet of it may differ; each refusal has its reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/aik/statement.h"
#include "tests/unit/statement_vectors.h"

#define N_OF(a)   (sizeof(a) / sizeof((a)[0]))
#define MAX_PIECE 512
#define N_HEADER  28
#define N_BINDING 774           /* as Windows has it, too */
#define WORD(i)   (4 * (i) + 3) /* the top octet of a header's word */

enum piece { PUBLIC, CREATION, ATTEST, SIGNATURE, N_PIECES };

struct scene {
	struct buf piece[N_PIECES];
};

static struct span
piece(const struct scene *s, enum piece p)
{
	return buf_span(&s->piece[p]);
}

static struct statement
statement_of(const struct scene *s)
{
	return (struct statement){
		.public = piece(s, PUBLIC),
		.creation = piece(s, CREATION),
		.attest = piece(s, ATTEST),
		.signature = piece(s, SIGNATURE),
	};
}

static void
begin(struct scene *s)
{
	static const char *const hex[N_PIECES] = { aik_public, aik_creation,
		aik_attest, aik_signature };

	for (size_t i = 0; i < N_PIECES; i++) {
		buf_init(&s->piece[i], MAX_PIECE);
		assert_int_equal(hex_decode(hex[i], &s->piece[i]), 0);
	}
}

static void
end(struct scene *s)
{
	for (size_t i = 0; i < N_PIECES; i++)
		buf_free(&s->piece[i]);
}

static enum statement_reason
check(const struct scene *s, struct statement_aik *ret, struct err *e)
{
	const struct statement st = statement_of(s);
	enum statement_reason reason = STATEMENT_COUNT;
	int rc = statement_check(&st, ret, &reason, e);

	assert_int_equal(rc, reason == STATEMENT_GOOD ? 0 : -1);
	if (rc != 0) {
		const char *name = statement_reason_name(reason);

		assert_int_equal(e->code, E_REJECTED);
		assert_memory_equal(e->msg, name, strlen(name));
		assert_true(statement_reason_text(reason)[0] != '\0');
	}
	return reason;
}

static void
test_good(void **state)
{
	auto_buf name = BUF_INIT(MAX_TPM_NAME);
	struct statement_aik aik;
	struct err e = ERR_INIT;
	struct scene s;

	begin(&s);
	assert_int_equal(check(&s, &aik, &e), STATEMENT_GOOD);
	assert_int_equal(aik.key.alg, KEY_RSA2048);
	assert_memory_equal(
	    aik.key.bytes, s.piece[PUBLIC].p + s.piece[PUBLIC].n - 256, 256);
	assert_int_equal(hex_decode(aik_name, &name), 0);
	assert_true(span_eq(
	    buf_span(&name), (struct span){ aik.name.bytes, aik.name.n }));
	end(&s);
}

/* clang-format off */
static const struct refusal {
	enum piece piece;
	size_t at;     /* octet that is changed */
	uint8_t flip;
	enum statement_reason want;
} refusals[] = {
	{ PUBLIC,    1,   0x09, STATEMENT_PUBLIC },       /* KEYEDHASH */
	{ PUBLIC,    2,   0x01, STATEMENT_PUBLIC },       /* nameAlg */
	{ PUBLIC,    48,  0x04, STATEMENT_KEY_TYPE },     /* RSA-3072 */
	{ PUBLIC,    53,  0x03, STATEMENT_KEY_TYPE },     /* exponent 3 */
	{ PUBLIC,    5,   0x01, STATEMENT_RESTRICTED },
	{ PUBLIC,    5,   0x04, STATEMENT_SIGN },
	{ PUBLIC,    7,   0x02, STATEMENT_FIXED_TPM },
	{ PUBLIC,    7,   0x10, STATEMENT_FIXED_PARENT },
	{ PUBLIC,    7,   0x20, STATEMENT_ORIGIN },
	{ PUBLIC,    45,  0x02, STATEMENT_SCHEME },       /* RSAPSS */
	{ PUBLIC,    7,   0x40, STATEMENT_NAME },         /* userWithAuth */
	{ PUBLIC,    12,  0x01, STATEMENT_NAME },         /* the policy */
	{ PUBLIC,    100, 0x01, STATEMENT_NAME },         /* the modulus */
	{ ATTEST,    0,   0x01, STATEMENT_MAGIC },
	{ ATTEST,    5,   0x02, STATEMENT_TYPE },         /* a quote */
	{ ATTEST,    7,   0x80, STATEMENT_ATTEST },       /* a size */
	{ ATTEST,    80,  0x01, STATEMENT_NAME },
	{ ATTEST,    120, 0x01, STATEMENT_CREATION },
	{ ATTEST,    45,  0x01, STATEMENT_SIGNATURE },    /* the clock */
	{ CREATION,  20,  0x01, STATEMENT_CREATION },
	{ SIGNATURE, 1,   0x02, STATEMENT_SIGNATURE },    /* RSAPSS */
	{ SIGNATURE, 3,   0x0f, STATEMENT_SIGNATURE },    /* SHA-256 */
	{ SIGNATURE, 200, 0x01, STATEMENT_SIGNATURE },
};
/* clang-format on */

static void
test_refusals(void **state)
{
	bool had[STATEMENT_COUNT] = { [STATEMENT_GOOD] = true };

	for (size_t i = 0; i < N_OF(refusals); i++) {
		const struct refusal *r = &refusals[i];
		struct statement_aik aik;
		struct err e = ERR_INIT;
		struct scene s;

		begin(&s);
		s.piece[r->piece].p[r->at] ^= r->flip;
		assert_int_equal(check(&s, &aik, &e), r->want);
		had[r->want] = true;
		end(&s);
	}
	for (size_t i = 0; i < STATEMENT_COUNT; i++)
		assert_true(had[i]);
}

static void
test_other_keys(void **state)
{
	static const struct {
		const char *public;
		enum statement_reason want;
		const char *message;
	} keys[] = {
		{ ecc_public, STATEMENT_KEY_TYPE,
		    "aik.key-type: P-256 ECC AIK requests not supported" },
		{ free_public, STATEMENT_RESTRICTED,
		    "aik.restricted: want attribute restricted: it signs "
		    "nothing from outside of its TPM" },
	};

	for (size_t i = 0; i < N_OF(keys); i++) {
		struct statement_aik aik;
		struct err e = ERR_INIT;
		struct scene s;

		begin(&s);
		buf_reset(&s.piece[PUBLIC]);
		assert_int_equal(
		    hex_decode(keys[i].public, &s.piece[PUBLIC]), 0);
		assert_int_equal(check(&s, &aik, &e), keys[i].want);
		assert_string_equal(e.msg, keys[i].message);
		end(&s);
	}
}

/* Cut at every octet, or longer by one: nothing of it is taken. */
static void
test_pieces(void **state)
{
	static const enum statement_reason want[] = {
		[PUBLIC] = STATEMENT_PUBLIC,
		[CREATION] = STATEMENT_CREATION,
		[ATTEST] = STATEMENT_ATTEST,
		[SIGNATURE] = STATEMENT_SIGNATURE,
	};
	struct statement_aik aik;
	struct err e = ERR_INIT;
	struct scene s;

	begin(&s);
	for (size_t i = 0; i < N_PIECES; i++) {
		const size_t n = s.piece[i].n;

		for (s.piece[i].n = 0; s.piece[i].n < n; s.piece[i].n++)
			assert_int_equal(check(&s, &aik, &e), want[i]);
		assert_int_equal(buf_put_u8(&s.piece[i], 0), 0);
		assert_int_equal(check(&s, &aik, &e), want[i]);
		s.piece[i].n = n;
	}
	assert_int_equal(check(&s, &aik, &e), STATEMENT_GOOD);
	end(&s);
}

/* --- the octets ----------------------------------------------------------- */

static void
encode(struct buf *out)
{
	struct err e = ERR_INIT;
	struct statement st;
	struct scene s;

	begin(&s);
	st = statement_of(&s);
	assert_int_equal(statement_encode(&st, out, &e), 0);
	end(&s);
}

static enum err_code
decode(const struct buf *b, struct statement *ret)
{
	struct err e = ERR_INIT;
	int rc = statement_decode(buf_span(b), ret, &e);

	assert_int_equal(rc, e.code == E_OK ? 0 : -1);
	return e.code;
}

static void
test_octets(void **state)
{
	auto_buf out = BUF_INIT(2 * MAX_STATEMENT);
	struct statement st;
	char hex[2 * N_HEADER + 1];
	struct scene s;

	begin(&s);
	encode(&out);
	hex_encode((struct span){ out.p, N_HEADER }, hex);
	assert_string_equal(hex, "4b415354"
				 "01000000"
				 "02000000"
				 "1c000000"
				 "06030000"
				 "00000000"
				 "00000000");
	assert_int_equal(out.n, N_HEADER + N_BINDING);
	assert_int_equal(decode(&out, &st), E_OK);
	assert_true(span_eq(st.public, piece(&s, PUBLIC)));
	assert_true(span_eq(st.creation, piece(&s, CREATION)));
	assert_true(span_eq(st.attest, piece(&s, ATTEST)));
	assert_true(span_eq(st.signature, piece(&s, SIGNATURE)));
	while (out.n > 0) {
		out.n--;
		assert_int_equal(decode(&out, &st), E_SHORT);
	}
	end(&s);
}

/* Of a statement that a client sent, no octet may have been another one. */
static void
test_every_octet(void **state)
{
	auto_buf out = BUF_INIT(MAX_STATEMENT);
	struct err e = ERR_INIT;

	encode(&out);
	for (size_t i = 0; i < out.n; i++) {
		enum statement_reason reason;
		struct statement_aik aik;
		struct statement st;

		out.p[i] ^= 0x20;
		assert_true(decode(&out, &st) != E_OK ||
			    statement_check(&st, &aik, &reason, &e) != 0);
		out.p[i] ^= 0x20;
	}
}

static void
test_headers(void **state)
{
	auto_buf out = BUF_INIT(2 * MAX_STATEMENT);
	struct statement st;

	encode(&out);
	out.p[8] = 1; /* a TPM 1.2 */
	assert_int_equal(decode(&out, &st), E_FOREIGN);
	out.p[8] = 2;
	out.p[4] = 2; /* version */
	assert_int_equal(decode(&out, &st), E_FORMAT);
	out.p[4] = 1;
	/* Sizes that together are beyond 32 bits. */
	out.p[WORD(4)] = out.p[WORD(5)] = 0xff;
	assert_int_equal(decode(&out, &st), E_SHORT);
	out.p[WORD(4)] = out.p[WORD(5)] = 0;
	/* A key's attestation and a provider's octets behind it. */
	assert_int_equal(buf_put(&out, SPAN_STR("keyopaque")), 0);
	assert_int_equal(decode(&out, &st), E_FORMAT);
	out.p[20] = 3;
	out.p[24] = 6;
	assert_int_equal(decode(&out, &st), E_OK);
	assert_int_equal(st.signature.n, strlen(aik_signature) / 2);
	assert_non_null(buf_room(&out, MAX_STATEMENT));
	assert_int_equal(decode(&out, &st), E_LIMIT);
}

static void
test_long(void **state)
{
	static const uint8_t zeros[MAX_STATEMENT];
	const struct statement st = { .public = SPAN_OF(zeros) };
	auto_buf out = BUF_INIT(2 * MAX_STATEMENT);
	struct err e = ERR_INIT;

	assert_int_equal(statement_encode(&st, &out, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_other_keys),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_octets),
		cmocka_unit_test(test_every_octet),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
