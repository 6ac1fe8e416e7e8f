/* CMS messages: what is written is read again, clients' forms are read, what
 * was changed is not. */
#include "tests/unit/scepkeys.h"

#include "odca/cert.h"
#include "odca/cms.h"

#define OID_TYPE  "2.16.840.1.113733.1.9.2"
#define OID_NONCE "2.16.840.1.113733.1.9.5"

static struct owner one, two;
static const uint8_t type_19[] = { 0x13, 2, '1', '9' };
static const uint8_t nonce[] = { 0x04, 3, 7, 8, 9 };
static const struct cms_attr attr_list[] = {
	{ OID_TYPE, { type_19, sizeof(type_19) } },
	{ OID_NONCE, { nonce, sizeof(nonce) } },
};
static const struct cms_attrs attrs = { attr_list, 2 };

static int
make_owners(void **state)
{
	owner_make(&one, "one");
	owner_make(&two, "a much longer name than the first one has");
	return 0;
}

static int
free_owners(void **state)
{
	owner_free(&one);
	owner_free(&two);
	return 0;
}

/* Signed by two, whose certificate is the longer one; one's goes along. */
static void
sign(struct span content, struct buf *out)
{
	const struct span more[] = { buf_span(&one.cert) };
	const struct cms_signer signer = { two.key, buf_span(&two.cert), more,
		1, NOW };
	struct err e = ERR_INIT;

	if (cms_sign(&signer, content, attrs, out, &e) != 0)
		fail_msg("%s", e.msg);
}

static void
read_signed(struct span der, struct cms_signed *ret)
{
	struct err e = ERR_INIT;

	if (cms_verify(der, ret, &e) != 0)
		fail_msg("%s", e.msg);
}

static void
check_signed(const struct cms_signed *s, const char *content)
{
	struct span value;

	assert_true(s->have_content);
	assert_true(span_eq(s->content, SPAN_STR(content)));
	assert_int_equal(s->n_certs, 2);
	assert_true(s->have_signer);
	assert_true(span_eq(s->signer, buf_span(&two.cert)));
	assert_true(span_eq(s->certs[0], s->signer));
	assert_true(span_eq(s->certs[1], buf_span(&one.cert)));
	assert_true(cms_find_attr(s, OID_TYPE, &value));
	assert_true(span_eq(value, SPAN_OF(type_19)));
	assert_true(cms_find_attr(s, OID_NONCE, &value));
	assert_true(span_eq(value, SPAN_OF(nonce)));
	assert_false(cms_find_attr(s, "1.2.3", &value));
	assert_int_equal(s->n_attrs, 5); /* contentType, time, digest */
	assert_false(s->have_crls);
}

static void
test_sign(void **state)
{
	auto_buf der = BUF_INIT(MAX_CMS_SIZE);
	auto_cms_signed s = CMS_SIGNED_INIT;

	sign(SPAN_STR("content"), &der);
	assert_true(der_is_strict(buf_span(&der)));
	read_signed(buf_span(&der), &s);
	check_signed(&s, "content");
	assert_true(s.definite);
}

/* The answer to a request that failed has none. */
static void
test_no_content(void **state)
{
	auto_buf der = BUF_INIT(MAX_CMS_SIZE);
	auto_cms_signed s = CMS_SIGNED_INIT;

	sign((struct span){ NULL, 0 }, &der);
	read_signed(buf_span(&der), &s);
	assert_false(s.have_content);
	assert_int_equal(s.content.n, 0);
	assert_int_equal(s.n_certs, 2);
}

static void
test_trailing(void **state)
{
	auto_buf der = BUF_INIT(MAX_CMS_SIZE);
	auto_cms_signed s = CMS_SIGNED_INIT;

	sign(SPAN_STR("content"), &der);
	assert_int_equal(buf_put(&der, SPAN_STR("\r\n")), 0);
	read_signed(buf_span(&der), &s);
	check_signed(&s, "content");
}

/* As a client in Go writes them: no NULL behind an algorithm. Certificates, the
 * [0] in SignedData, stay. */
static int
drop_nulls(struct der d, int depth, struct buf *out)
{
	if (depth == 3 && d.tag == 0xa0)
		return buf_put(out, d.tlv) == 0;
	return d.tag == DER_NULL;
}

static void
test_without_null(void **state)
{
	auto_buf der = BUF_INIT(MAX_CMS_SIZE), other = BUF_INIT(MAX_CMS_SIZE);
	auto_cms_signed s = CMS_SIGNED_INIT;

	sign(SPAN_STR("content"), &der);
	der_rewrite(buf_span(&der), 0, drop_nulls, &other);
	assert_true(other.n < der.n);
	read_signed(buf_span(&other), &s);
	check_signed(&s, "content");
}

/* One bit anywhere: never another content or attribute with a good signature.
 * What is not signed (versions, the second certificate) may change. */
static void
test_changed(void **state)
{
	auto_buf der = BUF_INIT(MAX_CMS_SIZE);
	size_t refused = 0;

	sign(SPAN_STR("content"), &der);
	for (size_t i = 0; i < der.n; i++) {
		auto_cms_signed s = CMS_SIGNED_INIT;
		struct err e = ERR_INIT;
		struct span value;

		der.p[i] ^= 1;
		if (cms_verify(buf_span(&der), &s, &e) != 0) {
			refused++;
			assert_true(e.msg[0] != '\0');
		} else {
			assert_true(span_eq(s.content, SPAN_STR("content")));
			assert_true(cms_find_attr(&s, OID_TYPE, &value));
			assert_true(span_eq(value, SPAN_OF(type_19)));
		}
		der.p[i] ^= 1;
	}
	assert_true(refused > der.n / 3);
}

static void
test_cut(void **state)
{
	auto_buf der = BUF_INIT(MAX_CMS_SIZE);

	sign(SPAN_STR("content"), &der);
	for (size_t n = 0; n < der.n; n++) {
		auto_cms_signed s = CMS_SIGNED_INIT;
		struct err e = ERR_INIT;

		assert_int_equal(
		    cms_verify((struct span){ der.p, n }, &s, &e), -1);
		assert_int_equal(e.code, E_FORMAT);
	}
}

static void
test_too_long(void **state)
{
	auto_buf der = BUF_INIT(MAX_CMS_SIZE + 1);
	auto_cms_signed s = CMS_SIGNED_INIT;
	struct err e = ERR_INIT;

	assert_non_null(buf_room(&der, MAX_CMS_SIZE + 1));
	memset(der.p, 0x30, der.n);
	assert_int_equal(cms_verify(buf_span(&der), &s, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
}

/* DER would sort them, and begin with the shorter one. */
static void
test_certs_only(void **state)
{
	const struct span certs[] = { buf_span(&two.cert), buf_span(&one.cert),
		buf_span(&two.cert) };
	auto_buf der = BUF_INIT(MAX_CMS_SIZE);
	auto_cms_signed s = CMS_SIGNED_INIT, unsigned_one = CMS_SIGNED_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(cms_certs_only(certs, 3, &der, &e), 0);
	assert_int_equal(cms_read_certs(buf_span(&der), &s, &e), 0);
	assert_int_equal(s.n_certs, 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(span_eq(s.certs[i], certs[i]));
	assert_false(s.have_signer);
	assert_int_equal(cms_verify(buf_span(&der), &unsigned_one, &e), -1);
	assert_int_equal(e.code, E_FORMAT);
}

/* critical FALSE in full, as silicon has it and DER forbids. */
static int
put_false(struct der d, int depth, struct buf *out)
{
	static const uint8_t not_critical[] = { DER_BOOLEAN, 1, 0 };

	if (depth != 5 || d.tag != DER_OID || d.content.p[0] != 0x55 ||
	    d.content.p[1] != 0x1d)
		return 0;
	return buf_put(out, d.tlv) == 0 &&
	       buf_put(out, SPAN_OF(not_critical)) == 0;
}

static void
test_silicon_cert(void **state)
{
	auto_buf cert = BUF_INIT(MAX_CERT_SIZE), der = BUF_INIT(MAX_CMS_SIZE);
	auto_cms_signed s = CMS_SIGNED_INIT;
	struct err e = ERR_INIT;
	struct span list[1];
	struct cert parsed;

	der_rewrite(buf_span(&one.cert), 0, put_false, &cert);
	list[0] = buf_span(&cert);
	assert_int_equal(cert_parse(list[0], &parsed, &e), 0);
	assert_true(parsed.exts[0].critical_encoded);
	assert_int_equal(cms_certs_only(list, 1, &der, &e), 0);
	assert_int_equal(cms_read_certs(buf_span(&der), &s, &e), 0);
	assert_int_equal(s.n_certs, 1);
	assert_true(span_eq(s.certs[0], list[0]));
}

static void
test_many_certs(void **state)
{
	struct span certs[MAX_CMS_CERTS + 1];
	auto_buf der = BUF_INIT(MAX_CMS_SIZE);
	auto_cms_signed s = CMS_SIGNED_INIT;
	struct err e = ERR_INIT;

	for (size_t i = 0; i <= MAX_CMS_CERTS; i++)
		certs[i] = buf_span(&one.cert);
	assert_int_equal(cms_certs_only(certs, MAX_CMS_CERTS + 1, &der, &e), 0);
	assert_int_equal(cms_read_certs(buf_span(&der), &s, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
}

/* --- encrypted ------------------------------------------------------------ */

static void
encrypt(enum envelope_cipher cipher, struct buf *out)
{
	struct err e = ERR_INIT;

	if (cms_encrypt(
		buf_span(&one.cert), cipher, SPAN_STR("secret"), out, &e) != 0)
		fail_msg("%s", e.msg);
}

static void
check_decrypts(struct span der)
{
	auto_buf plain = BUF_INIT(64);
	struct err e = ERR_INIT;

	if (cms_decrypt(one.key, buf_span(&one.cert), der, &plain, &e) != 0)
		fail_msg("%s", e.msg);
	assert_true(span_eq(buf_span(&plain), SPAN_STR("secret")));
}

static void
test_encrypt(void **state)
{
	static const enum envelope_cipher ciphers[] = { ENVELOPE_AES128,
		ENVELOPE_AES256 };

	for (size_t i = 0; i < 2; i++) {
		auto_buf der = BUF_INIT(MAX_CMS_SIZE);

		encrypt(ciphers[i], &der);
		assert_true(der_is_strict(buf_span(&der)));
		assert_true(cms_is_enveloped(buf_span(&der)));
		check_decrypts(buf_span(&der));
	}
}

/* encryptedContent [0] as a constructed OCTET STRING, in two chunks. */
static int
to_chunks(struct der d, int depth, struct buf *out)
{
	auto_buf chunks = BUF_INIT(MAX_CMS_SIZE);
	struct span rest = d.content, first;

	if (depth != 4 || d.tag != 0x80)
		return 0;
	assert_int_equal(span_get(&rest, 5, &first), 0);
	assert_int_equal(der_put(&chunks, DER_OCTET_STRING, first), 0);
	assert_int_equal(der_put(&chunks, DER_OCTET_STRING, rest), 0);
	return der_put(out, 0xa0, buf_span(&chunks)) == 0;
}

static void
test_constructed(void **state)
{
	auto_buf der = BUF_INIT(MAX_CMS_SIZE), other = BUF_INIT(MAX_CMS_SIZE);

	encrypt(ENVELOPE_AES128, &der);
	der_rewrite(buf_span(&der), 0, to_chunks, &other);
	assert_true(other.n > der.n);
	check_decrypts(buf_span(&other));
}

/* Whatever is wrong, one error; or garbage, where OpenSSL goes on. */
static void
check_refused(const struct owner *who, struct span der)
{
	auto_buf plain = BUF_INIT(MAX_CMS_SIZE);
	struct err e = ERR_INIT;

	if (cms_decrypt(who->key, buf_span(&who->cert), der, &plain, &e) == 0) {
		assert_false(span_eq(buf_span(&plain), SPAN_STR("secret")));
		return;
	}
	assert_int_equal(e.code, E_CRYPTO);
	assert_string_equal(e.msg, "a message cannot be decrypted");
	assert_int_equal(plain.n, 0);
}

static void
test_not_decrypted(void **state)
{
	auto_buf der = BUF_INIT(MAX_CMS_SIZE), certs = BUF_INIT(MAX_CMS_SIZE);
	const struct owner mixed = { two.key, one.cert };

	encrypt(ENVELOPE_AES128, &der);
	check_refused(&two, buf_span(&der));
	check_refused(&mixed, buf_span(&der));
	check_refused(&one, SPAN_STR("no CMS"));
	check_refused(&one, (struct span){ NULL, 0 });
	sign(SPAN_STR("content"), &certs);
	check_refused(&one, buf_span(&certs));
	assert_false(cms_is_enveloped(buf_span(&certs)));
	for (size_t n = 0; n < der.n; n += 7)
		check_refused(&one, (struct span){ der.p, n });
}

/* The wrapped key, then the ciphertext: one bit each. */
static void
test_changed_envelope(void **state)
{
	auto_buf der = BUF_INIT(MAX_CMS_SIZE);
	static const size_t from_end[] = { 1, 16, 17, 100, 200, 300 };

	encrypt(ENVELOPE_AES128, &der);
	for (size_t i = 0; i < sizeof(from_end) / sizeof(*from_end); i++) {
		uint8_t *at = der.p + der.n - from_end[i];

		*at ^= 0x10;
		check_refused(&one, buf_span(&der));
		*at ^= 0x10;
	}
	check_decrypts(buf_span(&der));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sign),
		cmocka_unit_test(test_no_content),
		cmocka_unit_test(test_trailing),
		cmocka_unit_test(test_without_null),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_certs_only),
		cmocka_unit_test(test_silicon_cert),
		cmocka_unit_test(test_many_certs),
		cmocka_unit_test(test_encrypt),
		cmocka_unit_test(test_constructed),
		cmocka_unit_test(test_not_decrypted),
		cmocka_unit_test(test_changed_envelope),
	};

	return cmocka_run_group_tests_name(
	    "cms", tests, make_owners, free_owners);
}
