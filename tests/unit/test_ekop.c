/* EKOP: what EKs are called, and a real answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "odca/cert.h"
#include "sim/aik/authority.h"
#include "sim/aik/ekop.h"
#include "sim/base/tpm2.h"

#define SIZE(a) (sizeof(a) / sizeof(*(a)))

/* Public keys of two real platforms, and what Intel's service calls them: from
 * the test of tpm2_getekcertificate and those of two Go libraries. */
#define RSA_HASH "WVEG2rRwkQ7m3RpXlUphgo6Y2HLxl18h6ZZkkOAdnBE"
#define RSA_KEY                                                                \
	"c320e2f244a8601aacf3e01d26c665249935562de1da197e9e7f076c469613cf"     \
	"b653e98ec2c386fc1d133f2c8c6cc338b732f0b208bd838a877a3e5bbc3e1d40"     \
	"84e835c7c8906a1c05b4d2d30fdbebc1dbad950fa6b165bd4b6a864603146164"     \
	"c0c4f59d489011ef1f928deea6e90061f3d375e5646273151ef622252098be1a"     \
	"4ab01dc0a12227c609fdaceb115af408d4693a6f49919774695b0c12bc18a1ff"     \
	"7120a7337b2fb5f1951d8bb7f094d5b554c11c9523b30729fe64787d0a13b9e6"     \
	"30488dab4dfd86634a5270ec72fcc5a44dc679a8f32938dd8197e29dae839f5b"     \
	"4ca0f5de27c9522c23c54e1c2ce57859525118bd4470b18180eef78ae4267bcd"
#define EC_HASH "eXT1X6I9wqIMOXll9LoXf0adQelkeaBccmoYU8Kth8o"
#define EC_KEY                                                                 \
	"046d8e7630ee5d11e566e80299bfb9e43cec8c44f70bc8ad81b50f690a3deb74"     \
	"9821a536c8fef7482313d7f4517f11c9f2b4cd424cbc8fe9094b89566851fe08"     \
	"53"

/* What it answers for the first one, an EK of Skylake. */
static const char answer[] =
    "{\"pubhash\":\"" RSA_HASH "%3D\",\"certificate\":\""
    "MIIEnDCCBEOgAwIBAgIEfT80-DAKBggqhkjOPQQDAjCBlTELMAkGA1UEBgwCVVMx"
    "CzAJBgNVBAgMAkNBMRQwEgYDVQQHDAtTYW50YSBDbGFyYTEaMBgGA1UECgwRSW50"
    "ZWwgQ29ycG9yYXRpb24xLzAtBgNVBAsMJlRQTSBFSyBpbnRlcm1lZGlhdGUgZm9y"
    "IFNQVEhfRVBJRF9QUk9EMRYwFAYDVQQDDA13d3cuaW50ZWwuY29tMB4XDTE1MDUy"
    "MjAwMDAwMFoXDTQ5MTIzMTIzNTk1OVowADCCASIwDQYJKoZIhvcNAQEBBQADggEP"
    "ADCCAQoCggEBAMMg4vJEqGAarPPgHSbGZSSZNVYt4doZfp5_B2xGlhPPtlPpjsLD"
    "hvwdEz8sjGzDOLcy8LIIvYOKh3o-W7w-HUCE6DXHyJBqHAW00tMP2-vB262VD6ax"
    "Zb1LaoZGAxRhZMDE9Z1IkBHvH5KN7qbpAGHz03XlZGJzFR72IiUgmL4aSrAdwKEi"
    "J8YJ_azrEVr0CNRpOm9JkZd0aVsMErwYof9xIKczey-18ZUdi7fwlNW1VMEclSOz"
    "Byn-ZHh9ChO55jBIjatN_YZjSlJw7HL8xaRNxnmo8yk43YGX4p2ug59bTKD13ifJ"
    "UiwjxU4cLOV4WVJRGL1EcLGBgO73iuQme80CAwEAAaOCAkgwggJEMA8GA1UdEwEB"
    "_wQFMAMBAQAwDgYDVR0PAQH_BAQDAgAgMBAGA1UdJQQJMAcGBWeBBQgBMCQGA1Ud"
    "CQEBAAQaMBgwFgYFZ4EFAhAxDTALDAMyLjACAQACAWcwUAYDVR0RAQH_BEYwRKRC"
    "MEAxFjAUBgVngQUCAQwLaWQ6NDk0RTU0NDMxDjAMBgVngQUCAgwDU1BUMRYwFAYF"
    "Z4EFAgMMC2lkOjAwMDIwMDAwMB8GA1UdIwQYMBaAFF5zyJqj6QKycrnwdB99hzDj"
    "7HJKMFgGA1UdHwRRME8wTaBLoEmGR2h0dHA6Ly91cGdyYWRlcy5pbnRlbC5jb20v"
    "Y29udGVudC9DUkwvZWtjZXJ0L1NQVEhFUElEUFJPRF9FS19EZXZpY2UuY3JsMHAG"
    "CCsGAQUFBwEBBGQwYjBgBggrBgEFBQcwAoZUaHR0cDovL3VwZ3JhZGVzLmludGVs"
    "LmNvbS9jb250ZW50L0NSTC9la2NlcnQvU1BUSEVQSURQUk9EX0VLX1BsYXRmb3Jt"
    "X1B1YmxpY19LZXkuY2VyMIGpBgNVHSAEgaEwgZ4wgZsGCiqGSIb4TQEFAgEwgYww"
    "UgYIKwYBBQUHAgEWRmh0dHA6Ly91cGdyYWRlcy5pbnRlbC5jb20vY29udGVudC9D"
    "UkwvZWtjZXJ0L0VLY2VydFBvbGljeVN0YXRlbWVudC5wZGYwNgYIKwYBBQUHAgIw"
    "KgwoVENQQSBUcnVzdGVkIFBsYXRmb3JtIE1vZHVsZSBFbmRvcnNlbWVudDAKBggq"
    "hkjOPQQDAgNHADBEAiBrQr0ckEoWsrx0971bppP6N8PTb4U6z_hIqpS6o150xAIg"
    "NxZNXq7bCqU1b4hGdiSBauowiOVFcaaiTm1p99H_k1Q%3D\"}";

static void
read_key(enum key_alg alg, const char *hex, struct pubkey *ret)
{
	auto_buf key = BUF_INIT(sizeof(ret->bytes));

	assert_int_equal(hex_decode(hex, &key), 0);
	assert_int_equal(key.n, pubkey_size(alg));
	*ret = (struct pubkey){ .alg = alg, .n = key.n };
	memcpy(ret->bytes, key.p, key.n);
}

static void
test_hash(void **state)
{
	static const struct {
		enum key_alg alg;
		const char *key, *hash;
	} rows[] = {
		{ KEY_RSA2048, RSA_KEY, RSA_HASH "%3D" },
		{ KEY_P256, EC_KEY, EC_HASH "%3D" },
	};

	for (size_t i = 0; i < SIZE(rows); i++) {
		uint8_t hash[SHA256_SIZE];
		char text[EKOP_TEXT_SIZE];
		struct pubkey key;

		read_key(rows[i].alg, rows[i].key, &key);
		assert_int_equal(ekop_hash(&key, hash, NULL), 0);
		ekop_hash_text(hash, text);
		assert_string_equal(text, rows[i].hash);
	}
}

static void
test_hash_parse(void **state)
{
	static const char *const good[] = { RSA_HASH "%3D", RSA_HASH "%3d",
		RSA_HASH "=", RSA_HASH };
	static const char *const bad[] = { "", "%3D", RSA_HASH "%3",
		RSA_HASH "%3D%3D%3D", RSA_HASH "A", "A" RSA_HASH "=",
		RSA_HASH "/", "+" RSA_HASH "%3D", "..%2f..%2fetc%2fpasswd" };
	uint8_t want[SHA256_SIZE], hash[SHA256_SIZE];
	struct err e = ERR_INIT;
	struct pubkey key;

	read_key(KEY_RSA2048, RSA_KEY, &key);
	assert_int_equal(ekop_hash(&key, want, &e), 0);
	for (size_t i = 0; i < SIZE(good); i++) {
		memset(hash, 0, sizeof(hash));
		assert_int_equal(
		    ekop_hash_parse(SPAN_STR(good[i]), hash, &e), 0);
		assert_memory_equal(hash, want, sizeof(want));
	}
	for (size_t i = 0; i < SIZE(bad); i++) {
		if (ekop_hash_parse(SPAN_STR(bad[i]), hash, &e) == 0)
			fail_msg("'%s' is a hash", bad[i]);
		assert_int_equal(e.code, E_FORMAT);
	}
}

/* To the byte, and what is in it is an EK certificate of that key. */
static void
test_real_answer(void **state)
{
	auto_buf der = BUF_INIT(MAX_CERT_SIZE);
	auto_buf again = BUF_INIT(MAX_EKOP_BODY);
	uint8_t hash[SHA256_SIZE], want[SHA256_SIZE];
	struct authority_input in = { .manufacturer = MANUFACTURER_INTEL };
	struct err e = ERR_INIT;
	struct authority a;
	struct cert c;

	if (ekop_decode(SPAN_STR(answer), hash, &der, &e) != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(cert_parse(buf_span(&der), &c, &e), 0);
	assert_int_equal(ekop_hash(&c.pubkey, want, &e), 0);
	assert_memory_equal(hash, want, sizeof(want));
	assert_int_equal(ekop_encode(hash, buf_span(&der), &again, &e), 0);
	assert_true(span_eq(buf_span(&again), SPAN_STR(answer)));
	/* The authority that Microsoft has for Intel's CA "SPTH". */
	in.ek = buf_span(&der);
	assert_int_equal(authority_of(&in, &a, &e), 0);
	assert_string_equal(a.host,
	    "intc-keyid-5e73c89aa3e902b272b9f0741f7d8730e3ec724a"
	    ".microsoftaik.azure.net");
}

/* The last group of a certificate has no, one or two '='. */
static void
test_padding(void **state)
{
	static const uint8_t hash[SHA256_SIZE], der[] = { 0x30, 0x02, 0xff };
	static const char *const ends[] = { "", "MA%3D%3D\"}", "MAI%3D\"}",
		"MAL_\"}" };

	for (size_t n = 1; n <= sizeof(der); n++) {
		auto_buf body = BUF_INIT(256), got = BUF_INIT(8);
		uint8_t back[SHA256_SIZE];
		size_t end = strlen(ends[n]);

		assert_int_equal(
		    ekop_encode(hash, (struct span){ der, n }, &body, NULL), 0);
		assert_memory_equal(body.p + body.n - end, ends[n], end);
		assert_int_equal(
		    ekop_decode(buf_span(&body), back, &got, NULL), 0);
		assert_true(span_eq(buf_span(&got), (struct span){ der, n }));
	}
}

/* clang-format off */
static const struct {
	const char *name, *body, *msg;
} wrong[] = {
	{ "nothing", "", "no JSON" },
	{ "a page", "<html>404</html>", "no JSON" },
	{ "an array", "[]", "no text 'pubhash'" },
	{ "no hash", "{\"certificate\":\"MAA\"}", "no text 'pubhash'" },
	{ "a number", "{\"pubhash\":7,\"certificate\":\"MAA\"}", "no text 'pubhash'" },
	{ "a short hash", "{\"pubhash\":\"MAA\",\"certificate\":\"MAA\"}", "no hash of an EK" },
	{ "no certificate", "{\"pubhash\":\"" RSA_HASH "\"}", "no text 'certificate'" },
	{ "the other alphabet", "{\"pubhash\":\"" RSA_HASH "\",\"certificate\":\"MA+/\"}", "no base64url" },
	{ "twice", "{\"pubhash\":\"" RSA_HASH "\",\"certificate\":\"MAA\",\"certificate\":\"MAA\"}", "no JSON" },
	{ "something behind", "{\"pubhash\":\"" RSA_HASH "\",\"certificate\":\"MAA\"}x", "no JSON" },
};
/* clang-format on */

static void
test_wrong_answers(void **state)
{
	auto_buf small = BUF_INIT(16), large = BUF_INIT(MAX_EKOP_BODY + 1);
	uint8_t hash[SHA256_SIZE];
	struct err e = ERR_INIT;

	for (size_t i = 0; i < SIZE(wrong); i++) {
		auto_buf der = BUF_INIT(MAX_CERT_SIZE);

		if (ekop_decode(SPAN_STR(wrong[i].body), hash, &der, &e) == 0)
			fail_msg("%s: read", wrong[i].name);
		assert_int_equal(e.code, E_FORMAT);
		if (strstr(e.msg, wrong[i].msg) == NULL)
			fail_msg("%s: %s", wrong[i].name, e.msg);
	}
	assert_int_equal(ekop_decode(SPAN_STR(answer), hash, &small, &e), -1);
	assert_non_null(strstr(e.msg, "too long"));
	assert_non_null(buf_room(&large, MAX_EKOP_BODY + 1));
	assert_int_equal(ekop_decode(buf_span(&large), hash, &small, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash),
		cmocka_unit_test(test_hash_parse),
		cmocka_unit_test(test_real_answer),
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_wrong_answers),
	};

	return cmocka_run_group_tests_name("ekop", tests, NULL, NULL);
}
