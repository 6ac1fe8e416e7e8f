/* Keys: the vectors of the RFCs, and OpenSSL's own verdict on signatures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/ecdsa.h>

#include "odca/key.h"

#define X_MINUS_1                                                              \
	"6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740787137d8"     \
	"96d5724e4c70a825f872c9ea60d2edf4"
#define ORDER_MINUS_1                                                          \
	"ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf"     \
	"581a0db248b0a77aecec196accc52972"
#define POINT                                                                  \
	"04ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c"     \
	"64def8f0ea9055866064a254515480bc138015d9b72d7d57244ea8ef9ac0c621"     \
	"896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd25332647"     \
	"20"
#define ZEROS_8 "0000000000000000"

static struct key *
key_of(const char *secret_hex)
{
	auto_buf secret = BUF_INIT(P384_SECRET_SIZE);
	struct err e = ERR_INIT;
	struct key *k = NULL;

	assert_int_equal(hex_decode(secret_hex, &secret), 0);
	assert_int_equal(key_from_secret(buf_span(&secret), &k, &e), 0);
	return k;
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

/* The key of RFC 6979 A.2.5, SEC 1. */
static const char pem_p256[] =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MDECAQEEIMmvqdhFunUWa1whV2ex1pNOUMPbNuibEnuKYisSD2choAoGCCqGSM49\n"
    "AwEH\n"
    "-----END EC PRIVATE KEY-----\n";

struct signature {
	const char *message, *r, *s;
};

/* RFC 6979 A.2.6, with SHA-384, and A.2.5, with SHA-256. */
/* clang-format off */
static const struct signature p384_signatures[] = {
	{ "sample",
	  "94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46",
	  "99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8" },
	{ "test",
	  "8203b63d3c853e8d77227fb377bcf7b7b772e97892a80f36ab775d509d7a5feb0542a7f0812998da8f1dd3ca3cf023db",
	  "ddd0760448d42d8a43af45af836fce4de8be06b485e9b61b827c2f13173923e06a739f040649a667bf3b828246baa5a5" },
};
static const struct signature p256_signatures[] = {
	{ "sample",
	  "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
	  "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8" },
	{ "test",
	  "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
	  "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083" },
};
/* clang-format on */

static void
check_signatures(
    const struct key *k, const struct signature *want, size_t n, int half_n)
{
	for (size_t i = 0; i < n; i++) {
		auto_buf sig = BUF_INIT(MAX_ECDSA_P384);
		struct err e = ERR_INIT;
		const unsigned char *p;
		uint8_t half[48];
		ECDSA_SIG *rs;

		assert_int_equal(
		    key_sign(k, SPAN_STR(want[i].message), &sig, &e), 0);
		p = sig.p;
		rs = d2i_ECDSA_SIG(NULL, &p, (long)sig.n);
		assert_non_null(rs);
		assert_ptr_equal(p, sig.p + sig.n);
		(void)BN_bn2binpad(ECDSA_SIG_get0_r(rs), half, half_n);
		assert_hex((struct span){ half, (size_t)half_n }, want[i].r);
		(void)BN_bn2binpad(ECDSA_SIG_get0_s(rs), half, half_n);
		assert_hex((struct span){ half, (size_t)half_n }, want[i].s);
		ECDSA_SIG_free(rs);
	}
}

static void
test_rfc6979(void **state)
{
	auto_key p384 = key_of(ZEROS_8 X_MINUS_1);
	auto_key p256 = NULL;
	struct err e = ERR_INIT;
	struct pubkey pub;

	key_public(p384, &pub);
	assert_int_equal(pub.alg, KEY_P384);
	assert_hex((struct span){ pub.bytes, pub.n }, POINT);
	check_signatures(p384, p384_signatures, 2, 48);
	assert_int_equal(key_load_pem(SPAN_STR(pem_p256), &p256, &e), 0);
	key_public(p256, &pub);
	assert_int_equal(pub.alg, KEY_P256);
	assert_int_equal(pub.n, 65);
	check_signatures(p256, p256_signatures, 2, 32);
}

/* d = (c mod (n - 1)) + 1: both ends of the range, and no wider. */
static void
test_scalar_range(void **state)
{
	struct err e = ERR_INIT;
	auto_key one = key_of(ZEROS_8 ORDER_MINUS_1);
	auto_key zero = key_of(ZEROS_8 "00000000000000000000000000000000"
				       "00000000000000000000000000000000"
				       "00000000000000000000000000000000");
	auto_key none = NULL;
	struct pubkey a, b;

	/* c = n - 1 is 0 again, and 1 * G is the generator. */
	key_public(one, &a);
	key_public(zero, &b);
	assert_memory_equal(a.bytes, b.bytes, P384_POINT_SIZE);
	assert_int_equal(a.bytes[1], 0xaa);
	assert_int_equal(a.bytes[2], 0x87);
	assert_int_equal(
	    key_from_secret((struct span){ a.bytes, 55 }, &none, &e), -1);
	assert_int_equal(e.code, E_CRYPTO);
	assert_null(none);
}

#define SPKI_P384 "3076301006072a8648ce3d020106052b81040022036200"

static void
put_spki(const struct key *k, struct buf *out)
{
	struct pubkey pub;

	key_public(k, &pub);
	assert_int_equal(hex_decode(SPKI_P384, out), 0);
	assert_int_equal(buf_put(out, (struct span){ pub.bytes, pub.n }), 0);
}

static void
test_verify(void **state)
{
	auto_buf spki = BUF_INIT(256), sig = BUF_INIT(MAX_ECDSA_P384);
	struct span msg = SPAN_STR("message");
	struct err e = ERR_INIT;
	auto_key k = NULL;
	auto_key other = NULL;

	assert_int_equal(key_generate(KEY_P384, &k, &e), 0);
	assert_int_equal(key_generate(KEY_P384, &other, &e), 0);
	put_spki(k, &spki);
	assert_int_equal(key_sign(k, msg, &sig, &e), 0);
	assert_int_equal(key_verify(buf_span(&spki), SIG_ECDSA_SHA384, msg,
			     buf_span(&sig), &e),
	    0);
	/* Another digest, message, signature, kind of key, key. */
	assert_int_equal(key_verify(buf_span(&spki), SIG_ECDSA_SHA256, msg,
			     buf_span(&sig), &e),
	    -1);
	assert_int_equal(e.code, E_CRYPTO);
	assert_int_equal(key_verify(buf_span(&spki), SIG_ECDSA_SHA384,
			     SPAN_STR("massage"), buf_span(&sig), &e),
	    -1);
	assert_int_equal(key_verify(buf_span(&spki), SIG_RSA_SHA384, msg,
			     buf_span(&sig), &e),
	    -1);
	sig.p[sig.n - 1] ^= 1;
	assert_int_equal(key_verify(buf_span(&spki), SIG_ECDSA_SHA384, msg,
			     buf_span(&sig), &e),
	    -1);
	sig.p[sig.n - 1] ^= 1;
	buf_reset(&spki);
	put_spki(other, &spki);
	assert_int_equal(key_verify(buf_span(&spki), SIG_ECDSA_SHA384, msg,
			     buf_span(&sig), &e),
	    -1);
	/* Not a key, and a key with something behind it. */
	assert_int_equal(
	    key_verify(msg, SIG_ECDSA_SHA384, msg, buf_span(&sig), &e), -1);
	assert_int_equal(buf_put_u8(&spki, 0), 0);
	assert_int_equal(key_verify(buf_span(&spki), SIG_ECDSA_SHA384, msg,
			     buf_span(&sig), &e),
	    -1);
}

static void
test_pem(void **state)
{
	auto_buf pem = BUF_INIT(1024), again = BUF_INIT(1024);
	auto_key k = key_of(ZEROS_8 X_MINUS_1);
	auto_key loaded = NULL;
	struct err e = ERR_INIT;
	struct pubkey a, b;

	assert_int_equal(buf_put(&pem, SPAN_STR("a line before it\n")), 0);
	assert_int_equal(key_store_pem(k, &pem, &e), 0);
	assert_int_equal(key_load_pem(buf_span(&pem), &loaded, &e), 0);
	key_public(k, &a);
	key_public(loaded, &b);
	assert_memory_equal(a.bytes, b.bytes, P384_POINT_SIZE);
	assert_int_equal(key_store_pem(loaded, &again, &e), 0);
	buf_drop(&pem, strlen("a line before it\n"));
	assert_true(span_eq(buf_span(&pem), buf_span(&again)));
}

/* Made with openssl ecparam and genpkey. */
/* clang-format off */
static const struct {
	const char *name, *pem;
	enum err_code want;
} pems[] = {
	{ "nothing", "", E_CRYPTO },
	{ "no PEM", "hello\n", E_CRYPTO },
	{ "cut", "-----BEGIN PRIVATE KEY-----\nMIG2\n", E_CRYPTO },
	{ "SEC1 with parameters", "-----BEGIN EC PARAMETERS-----\n"
	  "BgUrgQQAIg==\n"
	  "-----END EC PARAMETERS-----\n"
	  "-----BEGIN EC PRIVATE KEY-----\n"
	  "MIGkAgEBBDABadN8viNQDSSKVTJt9QwNECccSkaBzn1J8iCVqUDz0O7GGtHVwOuz\n"
	  "u+54xJ4J6TCgBwYFK4EEACKhZANiAASGaNfr40WJrhS4K4z1lYHrPEkuCQBAOxzO\n"
	  "M4HM8UtC1zIJv+xZX0cLXbpHpvZ3pmvGAClEpFFtOg2E3pfKB9Qm9owCRfrfKB5t\n"
	  "20AvbH4J7hsd83QBy3KNwFHDbiw0p2I=\n"
	  "-----END EC PRIVATE KEY-----\n", E_OK },
	{ "P-256", "-----BEGIN PRIVATE KEY-----\n"
	  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDwGOrygMo76s26cu\n"
	  "DDZqijpR8YyxWYmyDPHCgtuaLWahRANCAAS5PbXRAVVt69FZEULTQNhEctYursE3\n"
	  "MdwhiCVDCs9yGqL4+qm0DvWr1Efkc/HGHjbP6s64lfY1ScF5z5zzWw9W\n"
	  "-----END PRIVATE KEY-----\n", E_OK },
	{ "P-521", "-----BEGIN PRIVATE KEY-----\n"
	  "MIHuAgEAMBAGByqGSM49AgEGBSuBBAAjBIHWMIHTAgEBBEIAUb46A04vXE33AnWz\n"
	  "N50Q2KzOcuFYb77J4fVTnDawB9pOs7vtwIH3Xc9tqN1/CE5frnTndSIwIpa8tL1H\n"
	  "aQh+KeqhgYkDgYYABAD9pXinpPY5M0CvZC9C5V2wQ0ghCT4c9tKbYsRpUXpY59Ke\n"
	  "4QvA+YCC5R/xzkC7Hdw3/lvFWaaC14sGdQ3EjGm7nAH+myAepuVCqlWb3clLqMA/\n"
	  "7h14zQIGbUfXIB/V26vjd3cuaRUpw/ueXhHw+r8tQe06ePA7OvnVm7nj6m9XWopR\n"
	  "TA==\n"
	  "-----END PRIVATE KEY-----\n", E_FOREIGN },
	{ "RSA of 512 bits", "-----BEGIN PRIVATE KEY-----\n"
	  "MIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEA0MzbYhmXxkOOh00G\n"
	  "NP7dEt/wRTdKUP83I1PUSz/ufLLJqCCdnbSixOPskuD6qug3FChYIIoL0hu60Qy7\n"
	  "GBwK/wIDAQABAkAUkztDDXaRSPLwjjyAWGT8iSiqCWq/VIbgalBPIfukOeQ6yAou\n"
	  "r/XRuThmg3bSV8nYsEVL8XnPct8i/D2NqCshAiEA/Jk5DJnW0ALusDzZuJw9bQnM\n"
	  "B+SsFFhhxKg3FG6FJHcCIQDTnKYzRoleTj65iDgK4o/8DFaGxWPNvJzr28wx9tIX\n"
	  "uQIhANFkVsVaVZcThzezCayeX9EeuPKmHfuzlEBITXhzcY1bAiEAkjk+x1PIfHgI\n"
	  "899jCnKAGCTWbY5cZsAclwZs1WG+z1ECIH9UnsF5jNQpgDROCh9Qc0AE3eNZ48lr\n"
	  "YUDJuwmD8YAG\n"
	  "-----END PRIVATE KEY-----\n", E_FOREIGN },
	{ "Ed25519", "-----BEGIN PRIVATE KEY-----\n"
	  "MC4CAQAwBQYDK2VwBCIEIHaMyJeiSsnQt+1PW8Nmlt1HeznSR+P1ZXWW5kUJMb16\n"
	  "-----END PRIVATE KEY-----\n", E_CRYPTO },
};
/* clang-format on */

/* openssl genrsa -traditional; what 'openssl rsa -pubout -outform DER' and
 * 'openssl dgst -sha256 -sign' over "sample" make of it. */
static const char pem_rsa[] =
    "-----BEGIN RSA PRIVATE KEY-----\n"
    "MIIEowIBAAKCAQEAwHLQ9TckVDmxkYfKlI2ZqfF6HOSye1H6WXUBXXXn3YXLs+dx\n"
    "nutUaol3gfDJ52AyTxvltZXxiHg1+Cu8PaivPm+3Bwn42EgbWMPsF8kvsVRQ4bju\n"
    "rsUVHL25zoPmYFiaTFAtN5AfgyM4utwLVkAksuAWGoPNQPo6Ga2ZiyGnRBtTNCvM\n"
    "RMXsQln6RJ0KJNP8LWuzSyDNBme+tMPMYpJOLJW3X4foasdh/6377GFTNXlshoXM\n"
    "nnq46hs6DI+EbMmdy1fwWDPQYVgThpfW/FFBl//gA1aNCUqaWWrKsoV2JRUmKZ3f\n"
    "OSGDuW+nmTg00q5O3VcifBY9XEwAQ7wL38jtBwIDAQABAoIBAFOSKIqsCPMoYKNl\n"
    "eAPdn9KsQc6FQ7qIxXIOfOrElk1c2jJEOdN8txpSmtqLIWqAHCi9YRnjRNFx/mHI\n"
    "QET4WS2AXtdILc9iNLntzrsfiz3y8vKql7++ZuYlv6feIG9LWqn0EUa1J/IPHAYN\n"
    "I0EvtqAU7pRSExJ59zwKZoiEMzo/8E9j0kIJMJ3H/NFWBSkYmYNbX35JXCvFyEYe\n"
    "EFMo2lkZifDjaD8BTIua7PiMZeXs8/rocnL4UelnwYo5kvwz/bEKN258e2jHIJh5\n"
    "y4ZJ81JJ+zOY6qup+F4arK/eLbNT4rOX8zuDeAU9MFpSdqD+9vg9RNplN2mmREjL\n"
    "1qBOPgkCgYEA7GdsOGvSmlDKJv5IVX3mOkwIfAHaI9q5ZfRIQPPirptM4kEVaix3\n"
    "DAzB9RE+0yZa9fnVTkQDTblL0oLom7aGKXkxVN6PfacL7cMy5wqtiBzz5NAWvsnH\n"
    "SyTR1Sy8AdJNDuTtgH+Cub0IwcLfXtyVc2JrR1U40AgsszaXAvaMQY8CgYEA0Gak\n"
    "Z/Tb0ZPKPnWGnsrnIaFxActrotmr/550f1YVG4beePDdf9GAo8SAl2oJ70lp+p1K\n"
    "caFfn3SZ7aFBJN15VRI3zU6VG9BfFo907km8EbQsP0xF3ttpov7VI5v9Byld42pa\n"
    "6rRuxalv3X+kwGVF3YZViSnJq7Y33hlYeYst8QkCgYBPXJTvB/tmhLKojnrYAHD2\n"
    "pym9/50spjPRL0XGUFmMBmS0G+dFgnHgoLPIQqbVma21n85k/N4jDI6QuBPAmnDF\n"
    "oYLXG/QN2bNeeUYwW9xPsnCKIvVPzUtTRaQPrXncHq5xzpaQqb3H/tbevT3hiam+\n"
    "V47uHoT5CZWAAFaHzx7crwKBgE10uMpCgajlSxfnyn8eXsVrIXtPRdQjHwBEvnvN\n"
    "XM78U5eTvl+RWESF9l1QdhzPpmoVJ+QP3GCBj+x4MKQpBL2PpdnSySyrR4w1CXq/\n"
    "QP07f+6OxLFNz3dbS5COm36b619o2h29riYdEYy7slonyc3J7eSq+V+uvBj6Rp32\n"
    "Er8xAoGBANSHSNWXDkgDerRX2phyj/5JHAJytTv7ByYlKWPijlzPflSDJvMUWyNg\n"
    "o4s+kk9t9E5ywlNrwRQq/I4Qh5X7w2J2PmDRG5imr8QodOPjzSqnn40koIXmE600\n"
    "aQro0zbTSB+nGhjHeMIzvB/l4IZLt0WZJgm+nxsOEIKoUCfob8Ci\n"
    "-----END RSA PRIVATE KEY-----\n";
static const char spki_rsa[] =
    "30820122300d06092a864886f70d01010105000382010f003082010a02820101"
    "00c072d0f537245439b19187ca948d99a9f17a1ce4b27b51fa5975015d75e7dd"
    "85cbb3e7719eeb546a897781f0c9e760324f1be5b595f1887835f82bbc3da8af"
    "3e6fb70709f8d8481b58c3ec17c92fb15450e1b8eeaec5151cbdb9ce83e66058"
    "9a4c502d37901f832338badc0b564024b2e0161a83cd40fa3a19ad998b21a744"
    "1b53342bcc44c5ec4259fa449d0a24d3fc2d6bb34b20cd0667beb4c3cc62924e"
    "2c95b75f87e86ac761ffadfbec615335796c8685cc9e7ab8ea1b3a0c8f846cc9"
    "9dcb57f05833d06158138697d6fc514197ffe003568d094a9a596acab2857625"
    "1526299ddf392183b96fa7993834d2ae4edd57227c163d5c4c0043bc0bdfc8ed"
    "070203010001";
static const char signature_rsa[] =
    "aa071f2825f5a384bcc58c46d00c764bdfb00fa0816d1d748fb7a4384c044a8e"
    "2420004730184b47e965c56461daaef79f5fdee8f74f718c0edf921c305a3442"
    "974d351ed0d246b291f846afcf18821f023d8115c500fa3402689bf8257ba020"
    "0631d88ddf022a41474c2f39f4f7c5b6e4bce054ded6a55d12697585c22c88e2"
    "ba0326e779c9f41db34419bb0b5630173816e6704f838e0c6477d534e01bb204"
    "de4c1fde4d36009babb8a1bc6273131bd265dcf17d24a9506081567b6a13dc6e"
    "e03d662738e2bff16c2cb599baac687a13b03e3490fec42aa8246fa3054787a9"
    "3eda7da983d5e1f22b9e1ecf2b7457ef0aa9c26745faf08f08b2f79bfab87937";

static void
test_rsa(void **state)
{
	auto_buf spki = BUF_INIT(MAX_SPKI), sig = BUF_INIT(MAX_SIGNATURE),
		 pem = BUF_INIT(4096), small = BUF_INIT(255);
	struct span msg = SPAN_STR("sample");
	auto_key again = NULL;
	auto_key k = NULL;
	struct pubkey pub, other;
	struct err e = ERR_INIT;

	assert_int_equal(key_load_pem(SPAN_STR(pem_rsa), &k, &e), 0);
	key_public(k, &pub);
	assert_int_equal(pub.alg, KEY_RSA2048);
	assert_int_equal(pub.n, 256);
	assert_int_equal(pubkey_spki(&pub, &spki, &e), 0);
	assert_hex(buf_span(&spki), spki_rsa);
	assert_int_equal(pubkey_parse(buf_span(&spki), &other, &e), 0);
	assert_memory_equal(pub.bytes, other.bytes, pub.n);
	assert_int_equal(key_sign(k, msg, &sig, &e), 0);
	assert_hex(buf_span(&sig), signature_rsa);
	assert_int_equal(key_sign(k, msg, &small, &e), -1);
	assert_int_equal(small.n, 0);
	/* As PKCS #8. */
	assert_int_equal(key_store_pem(k, &pem, &e), 0);
	assert_int_equal(key_load_pem(buf_span(&pem), &again, &e), 0);
	key_public(again, &other);
	assert_memory_equal(&pub, &other, sizeof(pub));
}

/* Made with openssl genpkey and pkey -pubout; what reads each. */
/* clang-format off */
static const struct {
	const char *name, *spki;
	enum err_code want;
} spkis[] = {
	{ "nothing",
	  "", E_FORMAT },
	{ "no key",
	  "300201ff", E_FORMAT },
	{ "P-256 with a byte behind it",
	  "3059301306072a8648ce3d020106082a8648ce3d03010703420004a0e10e8ac993e7e302d484b97a4213f3930b9066aa"
	  "f6e87a1e66241ab03e7ad501ea5531d5e3983c6f6e0ce3efa67ec81e1991e9a6a6851e3379e67f646c2de700", E_FORMAT },
	{ "P-256, compressed",
	  "3039301306072a8648ce3d020106082a8648ce3d03010703220003a0e10e8ac993e7e302d484b97a4213f3930b9066aa"
	  "f6e87a1e66241ab03e7ad5", E_FOREIGN },
	{ "Ed25519",
	  "302a300506032b65700321007893f17d1860139a87fef212a3b180d67c95d0a654219e1000626c13b068862b", E_FOREIGN },
	{ "RSA of 512 bits",
	  "305c300d06092a864886f70d0101010500034b003048024100d0ccdb621997c6438e874d0634fedd12dff045374a50ff"
	  "372353d44b3fee7cb2c9a8209d9db4a2c4e3ec92e0faaae837142858208a0bd21bbad10cbb181c0aff0203010001", E_FOREIGN },
	{ "P-521",
	  "30819b301006072a8648ce3d020106052b81040023038186000401286fbcb9a37bfc14f936fd9b8fb6cb4331f1d93ae6"
	  "8d59cb337413cc93da6a4c544705a5c90541d118b03591f3751231cc5e2ef683fd8f7e797bc4ad5c220ca27801c3abe2"
	  "a9a2671593526adb55d0e0a3f017ad3cde7c7062ef07685f7f3eeca275dd98fd0824aed2e8399cd4df3f0e4f23dd6c65"
	  "0991ce1975efe492aa5bf80b9ef9", E_FOREIGN },
};
/* clang-format on */

static void
test_foreign_spkis(void **state)
{
	for (size_t i = 0; i < sizeof(spkis) / sizeof(*spkis); i++) {
		auto_buf der = BUF_INIT(MAX_SPKI);
		struct err e = ERR_INIT;
		struct pubkey pub;

		assert_int_equal(hex_decode(spkis[i].spki, &der), 0);
		if (pubkey_parse(buf_span(&der), &pub, &e) == 0 ||
		    e.code != spkis[i].want)
			fail_msg("%s: %s", spkis[i].name, e.msg);
	}
}

static void
test_generate(void **state)
{
	static const struct {
		enum key_alg alg;
		enum sig_alg sig;
	} rows[] = {
		{ KEY_RSA2048, SIG_RSA_SHA256 },
		{ KEY_P256, SIG_ECDSA_SHA256 },
		{ KEY_P384, SIG_ECDSA_SHA384 },
		{ KEY_RSA4096, SIG_RSA_SHA256 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_buf spki = BUF_INIT(MAX_SPKI),
			 sig = BUF_INIT(MAX_SIGNATURE);
		struct err e = ERR_INIT;
		auto_key k = NULL;
		struct pubkey pub, again;

		assert_int_equal(key_generate(rows[i].alg, &k, &e), 0);
		key_public(k, &pub);
		assert_int_equal(pub.alg, rows[i].alg);
		assert_int_equal(pub.n, pubkey_size(rows[i].alg));
		assert_int_equal(pubkey_spki(&pub, &spki, &e), 0);
		assert_int_equal(pubkey_parse(buf_span(&spki), &again, &e), 0);
		assert_int_equal(again.alg, pub.alg);
		assert_int_equal(again.n, pub.n);
		assert_memory_equal(again.bytes, pub.bytes, pub.n);
		assert_int_equal(key_sign(k, SPAN_STR("sample"), &sig, &e), 0);
		assert_int_equal(key_verify(buf_span(&spki), rows[i].sig,
				     SPAN_STR("sample"), buf_span(&sig), &e),
		    0);
		sig.p[sig.n - 1] ^= 1;
		assert_int_equal(key_verify(buf_span(&spki), rows[i].sig,
				     SPAN_STR("sample"), buf_span(&sig), &e),
		    -1);
	}
}

static void
test_pem_rows(void **state)
{
	for (size_t i = 0; i < sizeof(pems) / sizeof(*pems); i++) {
		struct err e = ERR_INIT;
		auto_key k = NULL;

		(void)key_load_pem(SPAN_STR(pems[i].pem), &k, &e);
		if (e.code != pems[i].want)
			fail_msg("%s: %s", pems[i].name, e.msg);
		assert_true((k != NULL) == (pems[i].want == E_OK));
	}
}

static void
test_digests(void **state)
{
	uint8_t out[SHA384_SIZE], out256[SHA256_SIZE];

	/* FIPS 180-2, "abc". */
	assert_int_equal(sha256(SPAN_STR("abc"), out256), 0);
	assert_hex(SPAN_OF(out256),
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(sha384(SPAN_STR("abc"), out), 0);
	assert_hex(SPAN_OF(out),
	    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	    "8086072ba1e7cc2358baeca134c825a7");
	/* RFC 4231, test case 2. */
	assert_int_equal(hmac_sha384(SPAN_STR("Jefe"),
			     SPAN_STR("what do ya want for nothing?"), out),
	    0);
	assert_hex(SPAN_OF(out),
	    "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	    "8e2240ca5e69e2c78b3239ecfab21649");
}

/* As 'openssl kdf -kdfopt digest:SHA384 -kdfopt hexkey:0b0b... HKDF' says. */
static void
test_hkdf(void **state)
{
	auto_buf one = BUF_INIT(48), two = BUF_INIT(100), small = BUF_INIT(10);
	uint8_t secret[32];

	memset(secret, 0x0b, sizeof(secret));
	assert_int_equal(
	    hkdf_sha384(SPAN_OF(secret), "label one", 48, &one), 0);
	assert_hex(buf_span(&one),
	    "c5f6c472be1f661e68e48d4599009cec409df4310a6d22384745551686fda318"
	    "7e513fbfd0cb6033fdf7ffba40c85544");
	assert_int_equal(
	    hkdf_sha384(SPAN_OF(secret), "label two", 100, &two), 0);
	assert_hex(buf_span(&two),
	    "eca325f1451900179a6a67529ab4b5ec9c644f63e448d137ead4c6d6787f407c"
	    "454db72a6a76c400adc179bfd42c6ede02b277567a58a3f381497f1d847c2a9d"
	    "18c7b982fd80517e31ba3de6ac07a0cd0c69aaf7f3720dfd41b65e427406"
	    "26daabce03a7");
	assert_int_equal(
	    hkdf_sha384(SPAN_OF(secret), "label one", 48, &small), -1);
	assert_int_equal(small.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rfc6979),
		cmocka_unit_test(test_scalar_range),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_rsa),
		cmocka_unit_test(test_generate),
		cmocka_unit_test(test_foreign_spkis),
		cmocka_unit_test(test_pem),
		cmocka_unit_test(test_pem_rows),
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_hkdf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
