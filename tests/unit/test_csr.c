/* Certificate requests: Windows' is written to the byte, both kinds are read,
 * neither when something is wrong. */
#include "tests/unit/scepkeys.h"

#include "odca/cert.h"
#include "sim/aik/csr.h"
#include "tests/unit/makecert.h"

static struct owner owner;
static struct buf spki = BUF_INIT(MAX_SPKI);

static const uint8_t hash[SHA1_SIZE] = { 0xaa, 1 }, ski[20] = { 0xbb, 2 };
static const uint8_t statement[] = { 'K', 'A', 'S', 'T' };
static const uint8_t envelope[] = { 0x30, 2, 5, 0 };
static const uint8_t san[] = { 0x30, 2, 0x87, 0 };

static int
make(void **state)
{
	struct err e = ERR_INIT;
	struct pubkey pub;

	owner_make(&owner, SCEP_CERT_NAME);
	key_public(owner.key, &pub);
	return pubkey_spki(&pub, &spki, &e);
}

static int
release(void **state)
{
	owner_free(&owner);
	buf_free(&spki);
	return 0;
}

static struct csr_windows
windows(void)
{
	return (struct csr_windows){
		.spki = buf_span(&spki),
		.os_version = CSR_OS_VERSION,
		.machine = "DESKTOP-1",
		.user = "WORKGROUP\\DESKTOP-1$",
		.process = CSR_PROCESS,
		.provider = CSR_PROVIDER,
		.signer_hash = SPAN_OF(hash),
		.san = SPAN_OF(san),
		.ski = SPAN_OF(ski),
		.statement = SPAN_OF(statement),
		.ek_info = SPAN_OF(envelope),
	};
}

static void
write_windows(struct buf *out)
{
	const struct csr_windows r = windows();
	struct err e = ERR_INIT;

	if (csr_write_windows(&r, out, &e) != 0)
		fail_msg("%s", e.msg);
}

static void
read_csr(struct span der, struct csr *ret)
{
	struct err e = ERR_INIT;

	if (csr_read(der, ret, &e) != 0)
		fail_msg("%s", e.msg);
}

static void
test_windows(void **state)
{
	static const char provider[] =
	    "\0M\0i\0c\0r\0o\0s\0o\0f\0t\0 \0P\0l\0a\0t\0f\0o\0r\0m\0 \0C\0r"
	    "\0y\0p\0t\0o\0 \0P\0r\0o\0v\0i\0d\0e\0r";
	auto_buf der = BUF_INIT(MAX_CSR_SIZE);
	struct err e = ERR_INIT;
	struct csr r;

	write_windows(&der);
	read_csr(buf_span(&der), &r);
	assert_int_equal(csr_check(&r, &e), 0);
	assert_true(r.hashed);
	assert_true(r.key_affinity);
	assert_int_equal(r.subject.n, 2);
	assert_true(span_eq(r.spki, buf_span(&spki)));
	assert_true(span_eq(r.os_version, SPAN_STR(CSR_OS_VERSION)));
	assert_true(span_eq(r.provider,
	    (struct span){ (const uint8_t *)provider, sizeof(provider) - 1 }));
	assert_true(span_eq(r.signer_hash, SPAN_OF(hash)));
	assert_true(span_eq(r.san, SPAN_OF(san)));
	assert_true(span_eq(r.ski, SPAN_OF(ski)));
	assert_true(span_eq(r.statement, SPAN_OF(statement)));
	assert_true(span_eq(r.ek_info, SPAN_OF(envelope)));
	assert_int_equal(r.password.n, 0);
}

/* The attributes, aik.md 2.5: each a SEQUENCE { OID, SET { value } }. */
#define BMP_PROVIDER                                                           \
	"1e44"                                                                 \
	"004d006900630072006f0073006f006600740020"                             \
	"0050006c006100740066006f0072006d0020"                                 \
	"00430072007900700074006f0020"                                         \
	"00500072006f00760069006400650072"

static void
test_windows_bytes(void **state)
{
	/* clang-format off */
	static const char attrs[] =
	    "301c 060a2b0601040182370d0203 310e 160c 31302e302e31393034332e32"
	    "3023 06092b060104018237152a 3116 0414 aa01" "000000000000000000000000000000000000"
	    "3042 06092b0601040182371514 3135 3033 020105"
	      "0c09 4445534b544f502d31"
	      "0c14 574f524b47524f55505c4445534b544f502d3124"
	      "0c0d" "7461736b686f7374772e657865"
	    "3053 06092b0601040182371519 3146" BMP_PROVIDER
	    "305c 060a2b0601040182370d0202 314e 304c 020100" BMP_PROVIDER "030100"
	    "304c 06092a864886f70d01090e 313f 303d"
	      "300b 0603551d11 0404 30028700"
	      "300f 06092b0601040182371529 0402" "0500"
	      "301d 0603551d0e 0416 0414 bb02" "000000000000000000000000000000000000"
	    "3013 06092b0601040182371518 3106 0404" "4b415354"
	    "3011 06092b0601040182371517 3104" "30020500";
	/* clang-format on */
	auto_buf der = BUF_INIT(MAX_CSR_SIZE), want = BUF_INIT(MAX_CSR_SIZE);
	struct span info, skipped;
	struct der d;
	struct csr r;

	write_windows(&der);
	read_csr(buf_span(&der), &r);
	info = der_content(r.info);
	assert_int_equal(der_get(&info, &d), 0);
	assert_true(span_eq(d.content, SPAN_OF(((uint8_t[]){ 0 }))));
	assert_int_equal(span_get(&info, 2 + spki.n, &skipped), 0);
	assert_int_equal(der_get(&info, &d), 0);
	assert_int_equal(d.tag, 0xa0);
	make_hex(&want, attrs);
	assert_int_equal(d.content.n, want.n);
	assert_memory_equal(d.content.p, want.p, want.n);
}

static void
test_changed(void **state)
{
	auto_buf der = BUF_INIT(MAX_CSR_SIZE);
	size_t null_at;

	write_windows(&der);
	/* Parameters of SHA-256, which nobody looks at, before the hash. */
	null_at = der.n - (3 + SHA256_SIZE) - 2;
	for (size_t i = 0; i < der.n; i++) {
		struct err e = ERR_INIT;
		struct csr r;

		der.p[i] ^= 1;
		if (csr_read(buf_span(&der), &r, &e) == 0 &&
		    csr_check(&r, &e) == 0 && i != null_at)
			fail_msg("offset %zu", i);
		der.p[i] ^= 1;
	}
}

static void
test_cut(void **state)
{
	auto_buf der = BUF_INIT(MAX_CSR_SIZE);
	struct csr r;

	write_windows(&der);
	for (size_t n = 0; n < der.n; n++)
		assert_int_equal(
		    csr_read((struct span){ der.p, n }, &r, NULL), -1);
	assert_int_equal(buf_put_u8(&der, 0), 0);
	assert_int_equal(csr_read(buf_span(&der), &r, NULL), -1);
}

/* --- plain ---------------------------------------------------------------- */

/* SEQUENCE { version, subject, key, attributes }, with a proof behind it. */
static void
make_request(
    const char *attrs, const char *alg, struct span sig, struct buf *out)
{
	auto_buf info = BUF_INIT(MAX_CSR_SIZE), all = BUF_INIT(MAX_CSR_SIZE),
		 bits = BUF_INIT(MAX_CSR_SIZE);

	make_hex(&info, "020100 3000");
	make_put(&info, buf_span(&spki));
	make_hex(&info, attrs);
	make_tlv(&all, DER_SEQUENCE, buf_span(&info));
	assert_int_equal(buf_put_u8(&bits, 0), 0);
	if (sig.n > 0)
		make_put(&bits, sig);
	else if (key_sign(owner.key, buf_span(&all), &bits, NULL) != 0)
		fail_msg("key_sign");
	make_hex(&all, alg);
	make_tlv(&all, DER_BIT_STRING, buf_span(&bits));
	make_tlv(out, DER_SEQUENCE, buf_span(&all));
}

#define RSA_SHA256 "300d 06092a864886f70d01010b 0500"
#define SHA256     "300d 0609608648016503040201 0500"
#define NO_NULL    "300b 0609608648016503040201"

/* challengePassword, a SKI asked for */
#define PASSWORD(hex) "3012 06092a864886f70d010907 3105" hex
#define REQUEST(exts) "301c 06092a864886f70d01090e 310f 300d" exts
#define SKI           "300b 0603551d0e 0404 0402 0102"

static void
test_plain(void **state)
{
	auto_buf der = BUF_INIT(MAX_CSR_SIZE);
	struct err e = ERR_INIT;
	struct csr r;

	make_request("a032" PASSWORD("1303616263") REQUEST(SKI), RSA_SHA256,
	    (struct span){ NULL, 0 }, &der);
	read_csr(buf_span(&der), &r);
	assert_false(r.hashed);
	assert_int_equal(r.alg, SIG_RSA_SHA256);
	assert_int_equal(csr_check(&r, &e), 0);
	assert_true(span_eq(r.password, SPAN_STR("abc")));
	assert_int_equal(r.ski.n, 2);
	assert_false(r.key_affinity);
	der.p[der.n - 1] ^= 1;
	read_csr(buf_span(&der), &r);
	assert_int_equal(csr_check(&r, &e), -1);
	assert_int_equal(e.code, E_CRYPTO);
}

static void
test_rows(void **state)
{
	/* clang-format off */
	static const struct {
		const char *name, *attrs, *alg;
		enum err_code read, check;
	} rows[] = {
		{ "no attributes", "", RSA_SHA256, E_OK, E_OK },
		{ "empty attributes", "a000", RSA_SHA256, E_OK, E_OK },
		{ "unknown attribute", "a00d 300b 06022a03 3105 3003 020101", RSA_SHA256, E_OK, E_OK },
		{ "attribute without value", "a00d 300b 06092a864886f70d010907" "3100", RSA_SHA256, E_FORMAT, E_OK },
		{ "empty SET", "a00f 300d 06092a864886f70d010907 3100", RSA_SHA256, E_OK, E_OK },
		{ "password twice", "a028" PASSWORD("1303616263") PASSWORD("1303616263"), RSA_SHA256, E_FORMAT, E_OK },
		{ "extension twice", "a02b 3029 06092a864886f70d01090e 311c 301a" SKI SKI, RSA_SHA256, E_FORMAT, E_OK },
		{ "statement is no OCTET STRING", "a012 3010 06092b0601040182371518 3103 020101", RSA_SHA256, E_FORMAT, E_OK },
		{ "attribute is no SEQUENCE of OID", "a005 3003 020101", RSA_SHA256, E_FORMAT, E_OK },
		{ "a hash that is not it", "", SHA256, E_OK, E_REJECTED },
		{ "without NULL", "", NO_NULL, E_OK, E_REJECTED },
		{ "an algorithm that is none", "", "3004 06022a03", E_FORMAT, E_OK },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_buf der = BUF_INIT(MAX_CSR_SIZE);
		struct err e = ERR_INIT;
		struct csr r;

		make_request(
		    rows[i].attrs, rows[i].alg, (struct span){ NULL, 0 }, &der);
		(void)csr_read(buf_span(&der), &r, &e);
		if (e.code != rows[i].read)
			fail_msg("%s: %s", rows[i].name, e.msg);
		if (e.code != E_OK)
			continue;
		(void)csr_check(&r, &e);
		if (e.code != rows[i].check)
			fail_msg("%s: %s", rows[i].name, e.msg);
	}
}

static void
test_hash_without_null(void **state)
{
	auto_buf info = BUF_INIT(MAX_CSR_SIZE),
		 content = BUF_INIT(MAX_CSR_SIZE), der = BUF_INIT(MAX_CSR_SIZE);
	uint8_t digest[SHA256_SIZE];
	struct err e = ERR_INIT;
	struct csr r;

	make_hex(&content, "020100 3000");
	make_put(&content, buf_span(&spki));
	make_tlv(&info, DER_SEQUENCE, buf_span(&content));
	assert_int_equal(sha256(buf_span(&info), digest), 0);
	make_request("", NO_NULL, SPAN_OF(digest), &der);
	read_csr(buf_span(&der), &r);
	assert_int_equal(csr_check(&r, &e), 0);
}

static void
test_limits(void **state)
{
	auto_buf der = BUF_INIT(MAX_CSR_SIZE + 8), big = BUF_INIT(MAX_CSR_SIZE);
	struct err e = ERR_INIT;
	struct csr r;
	char attrs[2048] = "a08201ad";

	for (size_t i = 0; i <= MAX_CSR_ATTRS; i++)
		(void)strncat(attrs, "300b 06022a03 3105 3003 020101", 40);
	make_request(attrs, RSA_SHA256, (struct span){ NULL, 0 }, &der);
	assert_int_equal(csr_read(buf_span(&der), &r, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
	assert_non_null(buf_room(&big, MAX_CSR_SIZE));
	memset(big.p, 0, big.n);
	buf_reset(&der);
	make_tlv(&der, DER_SEQUENCE, buf_span(&big));
	assert_int_equal(csr_read(buf_span(&der), &r, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
}

/* --- EK_INFO -------------------------------------------------------------- */

static void
check_ek_info(const struct ek_info *want)
{
	auto_buf der = BUF_INIT(MAX_CMS_SIZE);
	struct err e = ERR_INIT;
	struct ek_info got;

	assert_int_equal(ek_info_write(want, &der, &e), 0);
	if (ek_info_read(buf_span(&der), &got, &e) != 0)
		fail_msg("%s", e.msg);
	assert_true(span_eq(got.spki, want->spki));
	assert_true(span_eq(got.cert, want->cert));
	assert_int_equal(got.n_more, want->n_more);
	for (size_t i = 0; i < got.n_more; i++)
		assert_true(span_eq(got.more[i], want->more[i]));
}

static void
test_ek_info(void **state)
{
	struct ek_info i = { .spki = buf_span(&spki) };

	check_ek_info(&i);
	i.cert = buf_span(&owner.cert);
	for (; i.n_more < MAX_MORE_EK_CERTS; i.n_more++) {
		check_ek_info(&i);
		i.more[i.n_more] = buf_span(&owner.cert);
	}
	check_ek_info(&i);
}

static void
test_ek_info_rows(void **state)
{
	static const struct {
		const char *name, *hex;
		enum err_code want;
	} rows[] = {
		{ "key and NULL", "3004 3000 0500", E_OK },
		{ "key and certificate", "3004 3000 3000", E_OK },
		{ "key only", "3002 3000", E_FORMAT },
		{ "nothing", "3000", E_FORMAT },
		{ "five", "300a 3000 0500 3000 3000 3000", E_OK },
		{ "six", "300c 3000 0500 3000 3000 3000 3000", E_LIMIT },
		{ "NULL last", "3006 3000 3000 0500", E_FORMAT },
		{ "a number", "3005 3000 020101", E_FORMAT },
		{ "a SET", "3104 3000 0500", E_FORMAT },
		{ "cut", "3004 3000 05", E_SHORT },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_buf der = BUF_INIT(64);
		struct err e = ERR_INIT;
		struct ek_info got;

		make_hex(&der, rows[i].hex);
		(void)ek_info_read(buf_span(&der), &got, &e);
		if (e.code != rows[i].want)
			fail_msg("%s: %s", rows[i].name, e.msg);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_windows_bytes),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_hash_without_null),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_ek_info),
		cmocka_unit_test(test_ek_info_rows),
	};

	return cmocka_run_group_tests_name("csr", tests, make, release);
}
