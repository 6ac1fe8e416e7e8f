/*
 * Who certifies AIKs: beside a real AIK certificate, and as OpenSSL sees the
 * chains.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include "odca/cert.h"
#include "odca/service.h"
#include "sim/aik/aikca.h"
#include "sim/aik/servercert.h"
#include "temppki.h"

#define NOW      1617318687 /* 2021-04-01 23:11:27, as the real one */
#define TIME     1767225600 /* 2026-01-01 */
#define END_2049 2524607999

/* Of an Ice Lake, published as a test vector of several WebAuthn libraries. */
static const char real_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIFuTCCA6GgAwIBAgIQFUL3A5DpRqysGYRwBUyi0zANBgkqhkiG9w0BAQsFADBC\n"
    "MUAwPgYDVQQDEzdXVVMtSU5UQy1LRVlJRC1FNzA4M0YyMjE1MkE3NDkyRUM1OUIw\n"
    "QzQyNDM0Mzc2NDhCMTVEQkI3MB4XDTIxMDQwMTIzMTEyN1oXDTI1MDUyMjIwMzIy\n"
    "MVowADCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBALTGfp4XpzcsexP5\n"
    "A+tllz3NjGB3/TMkBBl8p4M/hXn2RBllYFGeNXNqZQJ3XW11tVa0FvJ1Oi2CFn6+\n"
    "h+Ke8itKG/hVr+NSX4V3av8i7zrw96MGaC2XMsbsFeG3WigPGVKkoHvSTzc/IB44\n"
    "ugjN5xamPPiWAm9RXpIciCP8dVmDQ7gTmVewXWSjr5gYxaja3iXj19+5gGYzY9eD\n"
    "piTtgSmxL2874tVAyFF3ETR71TQp22IOwWPJFnJ6JA5dafMHagya55akDOgWCkhl\n"
    "WWZ6zCxYXiZ5/vRl79IS110fKqcBnnq/3s03HcSKuKe38oTKg3WCO8SOJqkG/XHe\n"
    "muRiuMECAwEAAaOCAeswggHnMA4GA1UdDwEB/wQEAwIHgDAMBgNVHRMBAf8EAjAA\n"
    "MG0GA1UdIAEB/wRjMGEwXwYJKwYBBAGCNxUfMFIwUAYIKwYBBQUHAgIwRB5CAFQA\n"
    "QwBQAEEAIAAgAFQAcgB1AHMAdABlAGQAIAAgAFAAbABhAHQAZgBvAHIAbQAgACAA\n"
    "SQBkAGUAbgB0AGkAdAB5MBAGA1UdJQQJMAcGBWeBBQgDMFAGA1UdEQEB/wRGMESk\n"
    "QjBAMRYwFAYFZ4EFAgEMC2lkOjQ5NEU1NDQzMQ4wDAYFZ4EFAgIMA0lDTDEWMBQG\n"
    "BWeBBQIDDAtpZDowMDAyMDAwMDAfBgNVHSMEGDAWgBQkq0MpY1b/6VBsqtCa/7Qp\n"
    "VGd1nTAdBgNVHQ4EFgQUGgvPVYLPhaOAW9/iB2MPCmiwLb4wgbMGCCsGAQUFBwEB\n"
    "BIGmMIGjMIGgBggrBgEFBQcwAoaBk2h0dHA6Ly9hemNzcHJvZHd1c2Fpa3B1Ymxp\n"
    "c2guYmxvYi5jb3JlLndpbmRvd3MubmV0L3d1cy1pbnRjLWtleWlkLWU3MDgzZjIy\n"
    "MTUyYTc0OTJlYzU5YjBjNDI0MzQzNzY0OGIxNWRiYjcvY2NmMmYxNjMtNTVjMC00\n"
    "YzJkLThjYWQtZWJkMzMzYTMwYTJmLmNlcjANBgkqhkiG9w0BAQsFAAOCAgEAjZiB\n"
    "q+oZgJR7xyuRxo7LbShZA3/cCn+LSLvym4JPP5zvZfZH6dkxPVBQL5fAvp2Jf1IQ\n"
    "opZYlzXs50dwXmUK1BXONtVSntRexfz01Qg62LJm2IajsAz5WCtMPHKXJVKROCi+\n"
    "S2sJaXrJzCmIPu8TC2XRKGVJu8uApkNdYm1EEUi/41M2N7xYeFyWei8pYJmchIDY\n"
    "TEqyEYgAt4u6d0ZyAhMg2vy5NwLxlMVLCFCvAd/umOGtiWV877sWHcJvWQwh9gL4\n"
    "Z+O0WMpSbaMtSwRcBhkDYoSTZB02DEObL9vRI30yJW2b0+ftw+nGQEm4g+6cD7da\n"
    "WwqivWjztTb/+g4eyyrYepSb0qOL3BHmkbxXWuZ7OG0c3rToUwCTCU+XLeKG7jQZ\n"
    "c8Q9XudrZ2c8+/yQfJE+1I6Gi2lm1cfNZbq/DpOuo3EUv3eATF3PMXsrXH3pZvcA\n"
    "ey6Ezv4eI/B4HD/5eX5zcDqvPVUAf38rciMssWkWjIuyJOJgsBz6rlAIuFEiZJ7l\n"
    "Mhqjc7sY+cFQeKDOy7ClDJ1Oxl97lEXPFTVsR2ug45oM8IS2JdmcFwg8T8Rz39eD\n"
    "0MUAzEnjfP0qscSayhF1V9mILL7dpWcORLPrcZSz62kdwSL4JJOLGDF6O0Zkx3ps\n"
    "DhrnlrG5qYTlh36RvmCVPh0lHFG4CKgXQxWlFXo=\n"
    "-----END CERTIFICATE-----\n";
static const uint8_t real_authority[] = { 0xe7, 0x08, 0x3f, 0x22, 0x15, 0x2a,
	0x74, 0x92, 0xec, 0x59, 0xb0, 0xc4, 0x24, 0x34, 0x37, 0x64, 0x8b, 0x15,
	0xdb, 0xb7 };

/* What is the real CA's own: offsets in the certificate. */
static const struct {
	const char *what;
	size_t at, n;
} own[] = {
	{ "serial number", 15, 16 },
	{ "notAfter", 133, 13 },
	{ "authority key identifier", 704, 20 },
	{ "GUID in the AIA", 897, 36 },
	{ "signature", 957, 512 },
};

static struct aikca *
open_ca(const char *dir)
{
	struct err e = ERR_INIT;
	struct aikca *c = NULL;
	auto_pki p = NULL;

	if (pki_open(dir, &p, &e) != 0 || aikca_open(p, &c, &e) != 0)
		fail_msg("%s", e.msg);
	return c;
}

static const struct aik_ca *
authority(struct aikca *c, const char *vendor)
{
	const struct aik_ca *ca = NULL;
	struct err e = ERR_INIT;

	if (aikca_authority(c, vendor, false, real_authority, &ca, &e) != 0)
		fail_msg("%s", e.msg);
	return ca;
}

static void
read_real(struct buf *der, struct cert *ret)
{
	struct err e = ERR_INIT;

	assert_int_equal(cert_from_file(SPAN_STR(real_pem), der, &e), 0);
	assert_int_equal(cert_parse(buf_span(der), ret, &e), 0);
}

/* The one GeneralName of the SAN is a directoryName: its Name. */
static const uint8_t real_san[] = { 0x30, 0x40, 0x31, 0x16, 0x30, 0x14, 0x06,
	0x05, 0x67, 0x81, 0x05, 0x02, 0x01, 0x0c, 0x0b, 'i', 'd', ':', '4', '9',
	'4', 'E', '5', '4', '4', '3', 0x31, 0x0e, 0x30, 0x0c, 0x06, 0x05, 0x67,
	0x81, 0x05, 0x02, 0x02, 0x0c, 0x03, 'I', 'C', 'L', 0x31, 0x16, 0x30,
	0x14, 0x06, 0x05, 0x67, 0x81, 0x05, 0x02, 0x03, 0x0c, 0x0b, 'i', 'd',
	':', '0', '0', '0', '2', '0', '0', '0', '0' };

static struct aik_subject
real_subject(const struct cert *real)
{
	return (struct aik_subject){ real->spki, SPAN_OF(real_san), real->ski };
}

static bool
is_own(size_t at)
{
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (at >= own[i].at && at < own[i].at + own[i].n)
			return true;
	return false;
}

/* For the same AIK at the same time: the same bytes, but those. */
static void
test_real(void **state)
{
	auto_buf der = BUF_INIT(MAX_CERT_SIZE), made = BUF_INIT(MAX_CERT_SIZE);
	struct aik_subject subject;
	struct err e = ERR_INIT;
	auto_aikca c = open_ca(NULL);
	struct cert real;

	read_real(&der, &real);
	subject = real_subject(&real);
	assert_int_equal(
	    aikca_issue(c, authority(c, "INTC"), &subject, NOW, &made, &e), 0);
	assert_int_equal(made.n, der.n);
	for (size_t i = 0; i < der.n; i++)
		if (made.p[i] != der.p[i] && !is_own(i))
			fail_msg("octet %zu: %02x, not %02x", i, made.p[i],
			    der.p[i]);
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++)
		if (memcmp(made.p + own[i].at, der.p + own[i].at, own[i].n) ==
		    0)
			fail_msg("the same %s", own[i].what);
}

/* --- OpenSSL ----------------------------------------------------------------
 */

static X509 *
x509_of(struct span der)
{
	const uint8_t *p = der.p;
	X509 *x = d2i_X509(NULL, &p, (long)der.n);

	assert_non_null(x);
	assert_ptr_equal(p, der.p + der.n);
	return x;
}

/* 0 or why not. host: of a TLS server, a name or an address; or NULL. */
static int
openssl_verify(
    struct span root, struct span between, struct span der, const char *host)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *untrusted = sk_X509_new_null();
	X509 *anchor = x509_of(root), *x = x509_of(der);
	int rc;

	assert_true(store != NULL && ctx != NULL && untrusted != NULL);
	assert_int_equal(X509_STORE_add_cert(store, anchor), 1);
	if (between.n != 0)
		assert_int_not_equal(
		    sk_X509_push(untrusted, x509_of(between)), 0);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, x, untrusted), 1);
	X509_VERIFY_PARAM_set_flags(
	    X509_STORE_CTX_get0_param(ctx), X509_V_FLAG_X509_STRICT);
	X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), TIME);
	if (host != NULL) {
		X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

		assert_int_equal(
		    X509_STORE_CTX_set_default(ctx, "ssl_server"), 1);
		if (X509_VERIFY_PARAM_set1_ip_asc(param, host) != 1)
			assert_int_equal(
			    X509_VERIFY_PARAM_set1_host(param, host, 0), 1);
	}
	rc = X509_verify_cert(ctx) == 1 ? 0 : X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	X509_free(anchor);
	X509_free(x);
	sk_X509_pop_free(untrusted, X509_free);
	return rc;
}

static void
assert_verifies(const struct aik_ca *ca, struct span der)
{
	int rc = openssl_verify(
	    ca->chain[AIK_CHAIN_ROOT], ca->chain[AIK_CHAIN_CA], der, NULL);

	if (rc != 0)
		fail_msg("%s", X509_verify_cert_error_string(rc));
}

static void
test_chains(void **state)
{
	auto_buf real_der = BUF_INIT(MAX_CERT_SIZE),
		 aik = BUF_INIT(MAX_CERT_SIZE), plain = BUF_INIT(MAX_CERT_SIZE);
	struct aik_subject subject;
	struct err e = ERR_INIT;
	auto_aikca c = open_ca(NULL);
	const struct aik_ca *ca = authority(c, "INTC"),
			    *other = authority(c, "INTL");
	struct cert real;

	for (size_t i = 0; i < AIK_CHAIN_LENGTH; i++)
		assert_verifies(ca, ca->chain[i]);
	read_real(&real_der, &real);
	subject = real_subject(&real);
	assert_int_equal(aikca_issue(c, ca, &subject, NOW, &aik, &e), 0);
	assert_verifies(ca, buf_span(&aik));
	assert_int_equal(aikca_issue_plain(c, ca, real.spki, SPAN_OF(real_san),
			     NOW, &plain, &e),
	    0);
	assert_verifies(ca, buf_span(&plain));
	/* The same key under another name is another CA. */
	assert_int_not_equal(
	    openssl_verify(other->chain[AIK_CHAIN_ROOT],
		other->chain[AIK_CHAIN_CA], buf_span(&aik), NULL),
	    0);
}

/* The CRL that the AIK CAs point to. */
static void
test_root_crl(void **state)
{
	auto_aikca c = open_ca(NULL);
	const struct aik_ca *ca = authority(c, "INTC");
	const struct span der = aikca_root_crl(c);
	const uint8_t *p = der.p;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)der.n);
	X509 *root = x509_of(ca->chain[AIK_CHAIN_ROOT]);
	X509 *x = x509_of(ca->chain[AIK_CHAIN_CA]);
	static const int want[] = { X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_OK };

	assert_ptr_equal(p, der.p + der.n);
	for (size_t i = 0; i < 2; i++) {
		X509_STORE *store = X509_STORE_new();
		X509_STORE_CTX *ctx = X509_STORE_CTX_new();

		assert_int_equal(X509_STORE_add_cert(store, root), 1);
		if (i == 1)
			assert_int_equal(X509_STORE_add_crl(store, crl), 1);
		assert_int_equal(X509_STORE_CTX_init(ctx, store, x, NULL), 1);
		X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_CRL_CHECK);
		X509_STORE_CTX_set_time(ctx, 0, TIME);
		assert_int_equal(X509_verify_cert(ctx), i == 1);
		assert_int_equal(X509_STORE_CTX_get_error(ctx), want[i]);
		X509_STORE_CTX_free(ctx);
		X509_STORE_free(store);
	}
	X509_CRL_free(crl);
	X509_free(root);
	X509_free(x);
}

/* --- the certificates of an authority ---------------------------------------
 */

/* Extensions in their order, critical ones marked, as 'openssl x509' has them
 * in its short names. */
/* clang-format off */
static const struct {
	const char *subject, *exts;
} shapes[AIK_CHAIN_LENGTH] = {
	[AIK_CHAIN_ROOT] = { "C=US, ST=Washington, L=Redmond, O=odcasim TEST, "
	    "CN=TEST TPM Root Certificate Authority 2014",
	    "keyUsage! basicConstraints! subjectKeyIdentifier" },
	[AIK_CHAIN_CA] = { "CN=WUS-INTC-KEYID-E7083F22152A7492EC59B0C4243437648B15DBB7",
	    "keyUsage! extendedKeyUsage certificatePolicies basicConstraints! "
	    "subjectKeyIdentifier authorityKeyIdentifier crlDistributionPoints authorityInfoAccess" },
	[AIK_CHAIN_SIGNING] = { "CN=RA Signing Certificate",
	    "keyUsage! basicConstraints! authorityKeyIdentifier subjectKeyIdentifier authorityInfoAccess" },
	[AIK_CHAIN_ENCRYPTION] = { "CN=RA Encryption Certificate",
	    "keyUsage! basicConstraints! extendedKeyUsage authorityKeyIdentifier "
	    "subjectKeyIdentifier authorityInfoAccess" },
};
/* clang-format on */

static void
name_text(X509_NAME *name, char *out, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int n;

	assert_true(X509_NAME_print_ex(bio, name, 0,
			XN_FLAG_SEP_CPLUS_SPC & ~XN_FLAG_DN_REV) >= 0);
	n = BIO_read(bio, out, (int)size - 1);
	assert_true(n >= 0);
	out[n] = '\0';
	(void)BIO_free(bio);
}

static void
exts_text(const X509 *x, char *out, size_t size)
{
	size_t used = 0;

	for (int i = 0; i < X509_get_ext_count(x); i++) {
		X509_EXTENSION *ext = X509_get_ext(x, i);

		used += (size_t)snprintf(out + used, size - used, "%s%s%s",
		    i > 0 ? " " : "",
		    OBJ_nid2sn(OBJ_obj2nid(X509_EXTENSION_get_object(ext))),
		    X509_EXTENSION_get_critical(ext) ? "!" : "");
		assert_true(used < size);
	}
}

static void
test_shapes(void **state)
{
	auto_aikca c = open_ca(NULL);
	const struct aik_ca *ca = authority(c, "INTC");

	for (size_t i = 0; i < AIK_CHAIN_LENGTH; i++) {
		X509 *x = x509_of(ca->chain[i]);
		char text[512];

		exts_text(x, text, sizeof(text));
		assert_string_equal(text, shapes[i].exts);
		name_text(X509_get_subject_name(x), text, sizeof(text));
		assert_string_equal(text, shapes[i].subject);
		assert_int_equal(
		    X509_get_signature_nid(x), NID_sha256WithRSAEncryption);
		assert_int_equal(EVP_PKEY_get_bits(X509_get0_pubkey(x)),
		    i <= AIK_CHAIN_CA ? 4096 : 2048);
		for (int k = 0;
		     k < X509_NAME_entry_count(X509_get_subject_name(x)); k++)
			assert_int_equal(
			    ASN1_STRING_type(
				X509_NAME_ENTRY_get_data(X509_NAME_get_entry(
				    X509_get_subject_name(x), k))),
			    V_ASN1_PRINTABLESTRING);
		X509_free(x);
	}
}

/* What measured clients look for, as bytes. */
/* clang-format off */
static const struct {
	size_t place;
	const char *what, *hex;
} values[] = {
	{ AIK_CHAIN_CA, "KeyUsage", "0603551d0f0101ff040403020284" },
	{ AIK_CHAIN_CA, "ExtKeyUsage", "0603551d250414301206092b0601040182371524" "06056781050803" },
	{ AIK_CHAIN_CA, "policies", "0603551d20040f300d300b06092b060104018237151f" },
	{ AIK_CHAIN_CA, "BasicConstraints", "0603551d130101ff040830060101ff020100" },
	{ AIK_CHAIN_SIGNING, "KeyUsage", "0603551d0f0101ff040403020780" },
	{ AIK_CHAIN_SIGNING, "BasicConstraints", "0603551d130101ff04023000" },
	{ AIK_CHAIN_ENCRYPTION, "KeyUsage", "0603551d0f0101ff040403020520" },
	{ AIK_CHAIN_ENCRYPTION, "BasicConstraints", "0603551d130101ff04023000" },
	{ AIK_CHAIN_ENCRYPTION, "ExtKeyUsage", "0603551d25040d300b06092b0601040182371524" },
};
/* clang-format on */

static void
test_values(void **state)
{
	static const char aia[] =
	    "http://azcsprodwusaikpublish.blob.core.windows.net/"
	    "wus-intc-keyid-e7083f22152a7492ec59b0c4243437648b15dbb7/";
	auto_aikca c = open_ca(NULL);
	const struct aik_ca *ca = authority(c, "INTC");

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		auto_buf want = BUF_INIT(64);
		struct span cert = ca->chain[values[i].place];

		assert_int_equal(hex_decode(values[i].hex, &want), 0);
		if (memmem(cert.p, cert.n, want.p, want.n) == NULL)
			fail_msg("certificate %zu: %s", values[i].place,
			    values[i].what);
	}
	for (size_t i = AIK_CHAIN_SIGNING; i < AIK_CHAIN_LENGTH; i++) {
		struct err e = ERR_INIT;
		struct cert cert;

		assert_int_equal(cert_parse(ca->chain[i], &cert, &e), 0);
		assert_memory_equal(cert.aia_uri, aia, strlen(aia));
		assert_memory_equal(
		    cert.aia_uri + strlen(aia), ca->guid, GUID_TEXT_SIZE - 1);
		assert_string_equal(
		    cert.aia_uri + strlen(aia) + GUID_TEXT_SIZE - 1, ".cer");
	}
}

/* Two services with one hierarchy are one. */
static void
test_a_function(void **state)
{
	auto_aikca a = open_ca(NULL);
	auto_aikca b = open_ca(NULL);
	const struct aik_ca *one = authority(a, "INTC"),
			    *same = authority(b, "INTC"),
			    *other = authority(a, "INTL"), *name = NULL;
	struct err e = ERR_INIT;

	assert_ptr_equal(authority(a, "INTC"), one);
	assert_string_equal(one->guid, same->guid);
	assert_string_not_equal(one->guid, other->guid);
	for (size_t i = 0; i < AIK_CHAIN_LENGTH; i++) {
		assert_true(span_eq(one->chain[i], same->chain[i]));
		assert_int_equal(span_eq(one->chain[i], other->chain[i]),
		    i == AIK_CHAIN_ROOT);
	}
	assert_int_equal(
	    aikca_authority(a, "NTC", true, real_authority, &name, &e), 0);
	assert_string_equal(name->name,
	    "WUS-NTC-NAMEID-E7083F22152A7492EC59B0C4243437648B15DBB7");
	assert_int_equal(aikca_authority(a, "much longer than that", true,
			     real_authority, &name, &e),
	    -1);
	assert_int_equal(e.code, E_LIMIT);
}

static void
test_limit(void **state)
{
	static const char hex[] = "0123456789ABCDEF";
	uint8_t id[SHA1_SIZE] = { 0 };
	const struct aik_ca *ca;
	struct err e = ERR_INIT;
	auto_aikca c = open_ca(NULL);

	for (unsigned i = 0; i < MAX_AIK_CAS; i++) {
		id[0] = (uint8_t)(i >> 8);
		id[1] = (uint8_t)i;
		assert_int_equal(
		    aikca_authority(c, "INTC", false, id, &ca, &e), 0);
		assert_int_equal(ca->name[18], hex[i & 0xf]);
	}
	id[2] = 1;
	assert_int_equal(aikca_authority(c, "INTC", false, id, &ca, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
	/* Who is known stays served. */
	id[2] = 0;
	assert_int_equal(aikca_authority(c, "INTC", false, id, &ca, &e), 0);
}

#define N_THREADS 4
#define N_IDS     6

struct worker {
	struct aikca *c;
	const struct aik_ca *ca[N_IDS];
	int rc;
};

/* Asks, and issues. No cmocka here: it is not for threads. */
static void *
work(void *arg)
{
	auto_buf real_der = BUF_INIT(MAX_CERT_SIZE);
	struct worker *w = arg;
	struct cert real;

	if (cert_from_file(SPAN_STR(real_pem), &real_der, NULL) != 0 ||
	    cert_parse(buf_span(&real_der), &real, NULL) != 0)
		return NULL;
	for (uint8_t i = 0; i < N_IDS; i++) {
		const struct aik_subject subject = { real.spki,
			SPAN_OF(real_san), real.ski };
		auto_buf out = BUF_INIT(MAX_CERT_SIZE);
		const uint8_t id[SHA1_SIZE] = { i };

		if (aikca_authority(w->c, "INTC", false, id, &w->ca[i], NULL) ||
		    aikca_issue(w->c, w->ca[i], &subject, TIME, &out, NULL))
			return NULL;
	}
	w->rc = 0;
	return NULL;
}

static void
test_threads(void **state)
{
	auto_aikca c = open_ca(NULL);
	struct worker w[N_THREADS];
	pthread_t t[N_THREADS];

	for (size_t i = 0; i < N_THREADS; i++) {
		w[i] = (struct worker){ .c = c, .rc = -1 };
		assert_int_equal(pthread_create(&t[i], NULL, work, &w[i]), 0);
	}
	for (size_t i = 0; i < N_THREADS; i++) {
		assert_int_equal(pthread_join(t[i], NULL), 0);
		assert_int_equal(w[i].rc, 0);
		for (size_t k = 0; k < N_IDS; k++)
			assert_ptr_equal(w[i].ca[k], w[0].ca[k]);
	}
}

/* --- issuing
 * ------------------------------------------------------------------ */

static void
put_spki(enum key_alg alg, struct buf *out)
{
	struct err e = ERR_INIT;
	struct pubkey pub;
	auto_key k = NULL;

	assert_int_equal(key_generate(alg, &k, &e), 0);
	key_public(k, &pub);
	assert_int_equal(pubkey_spki(&pub, out, &e), 0);
}

static void
test_issued(void **state)
{
	auto_buf spki = BUF_INIT(MAX_SPKI), aik = BUF_INIT(MAX_CERT_SIZE),
		 again = BUF_INIT(MAX_CERT_SIZE);
	struct err e = ERR_INIT;
	auto_aikca c = open_ca(NULL);
	const struct aik_ca *ca = authority(c, "INTC");
	struct cert cert, second, issuer;
	struct aik_subject s;

	put_spki(KEY_RSA2048, &spki);
	s = (struct aik_subject){ .spki = buf_span(&spki),
		.san = SPAN_OF(real_san) };
	assert_int_equal(aikca_issue(c, ca, &s, TIME, &aik, &e), 0);
	assert_int_equal(aikca_issue(c, ca, &s, TIME, &again, &e), 0);
	assert_int_equal(cert_parse(buf_span(&aik), &cert, &e), 0);
	assert_int_equal(cert_parse(buf_span(&again), &second, &e), 0);
	assert_int_equal(cert_parse(ca->chain[AIK_CHAIN_CA], &issuer, &e), 0);
	assert_int_equal(cert_check_signature(&cert, &issuer, &e), 0);
	assert_true(span_eq(cert.spki, buf_span(&spki)));
	assert_true(span_eq(cert.aki, issuer.ski));
	/* Of the key, where the client wants none; never twice a number. */
	assert_int_equal(cert.ski.n, 20);
	assert_true(span_eq(cert.ski, second.ski));
	assert_false(span_eq(cert.serial, second.serial));
	assert_int_equal(cert.serial.n, 16);
	assert_true(cert.not_before == TIME);
	assert_true(cert.not_after == issuer.not_after);
}

static void
test_refused(void **state)
{
	static const uint8_t no_name[] = { 0x30, 0x02, 0x02, 0x00 };
	auto_buf rsa = BUF_INIT(MAX_SPKI), p256 = BUF_INIT(MAX_SPKI),
		 out = BUF_INIT(MAX_CERT_SIZE);
	auto_aikca c = open_ca(NULL);
	const struct aik_ca *ca = authority(c, "INTC");
	const struct span san = SPAN_OF(real_san);

	put_spki(KEY_RSA2048, &rsa);
	put_spki(KEY_P256, &p256);
	const struct span key = buf_span(&rsa), none = { NULL, 0 };
	const struct {
		struct aik_subject s;
		time_t now;
		enum err_code want;
	} rows[] = {
		{ { key, san, none }, TIME, E_OK },
		{ { key, san, none }, END_2049, E_OK },
		{ { key, san, none }, END_2049 + 1, E_USAGE },
		{ { buf_span(&p256), san, none }, TIME, E_FOREIGN },
		{ { { key.p, key.n - 1 }, san, none }, TIME, E_FORMAT },
		{ { none, san, none }, TIME, E_FORMAT },
		{ { key, none, none }, TIME, E_FORMAT },
		{ { key, SPAN_OF(no_name), none }, TIME, E_FORMAT },
		{ { key, { san.p, san.n - 1 }, none }, TIME, E_FORMAT },
		{ { key, san, { san.p, 19 } }, TIME, E_FORMAT },
		{ { key, san, { san.p, 20 } }, TIME, E_OK },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct err e = ERR_INIT;

		buf_reset(&out);
		(void)aikca_issue(c, ca, &rows[i].s, rows[i].now, &out, &e);
		if (e.code != rows[i].want)
			fail_msg("row %zu: %d: %s", i, e.code, e.msg);
		assert_int_equal(out.n > 0, rows[i].want == E_OK);
	}
	/* Any key is good enough without a TPM. */
	struct err e = ERR_INIT;

	buf_reset(&out);
	assert_int_equal(
	    aikca_issue_plain(c, ca, buf_span(&p256), san, TIME, &out, &e), 0);
	assert_verifies(ca, buf_span(&out));
}

/* --- hierarchies and servers ------------------------------------------------
 */

/* Of an older version: everything else works, and the hint helps. */
static void
test_older(void **state)
{
	struct err e = ERR_INIT;
	auto_aikca c = NULL;
	auto_pki p = NULL;
	struct temp t;
	char path[192];

	make_temp(&t);
	copy_hierarchy(&t);
	(void)snprintf(path, sizeof(path), "%s/certs/AIK", t.pki);
	remove_tree(path);
	(void)snprintf(path, sizeof(path), "%s/keys/AIK", t.pki);
	remove_tree(path);
	assert_int_equal(pki_open(t.pki, &p, &e), 0);
	assert_int_equal(aikca_open(p, &c, &e), -1);
	assert_int_equal(e.code, E_NOTFOUND);
	assert_non_null(strstr(e.hint, "--add"));
	assert_int_equal(pki_complete(t.pki, &e), 0);
	assert_int_equal(pki_set_host(p, "h.test", &e), 0);
	assert_int_equal(aikca_open(p, &c, &e), 0);
	/* Its root is its own. */
	auto_aikca built_in = open_ca(NULL);
	const struct aik_ca *a = authority(c, "INTC"),
			    *b = authority(built_in, "INTC");

	assert_false(span_eq(a->chain[0], b->chain[0]));
	assert_string_not_equal(a->guid, b->guid);
	assert_non_null(
	    memmem(a->chain[AIK_CHAIN_CA].p, a->chain[AIK_CHAIN_CA].n,
		"http://h.test" AIK_ROOT_PATH("crl", "crl"),
		strlen("http://h.test" AIK_ROOT_PATH("crl", "crl"))));
	remove_tree(t.base);
}

static void
test_server(void **state)
{
	static const struct {
		const char *host;
		int want;
	} hosts[] = {
		{ "tsci.intel.test", X509_V_OK },
		{ "ekop.intel.test", X509_V_OK },
		{ "intc-keyid-e7083f22152a7492ec59b0c4243437648b15dbb7"
		  ".microsoftaik.azure.net",
		    X509_V_OK },
		{ "localhost", X509_V_OK },
		{ "127.0.0.1", X509_V_OK },
		{ "127.0.0.2", X509_V_ERR_IP_ADDRESS_MISMATCH },
		{ "microsoftaik.azure.net", X509_V_ERR_HOSTNAME_MISMATCH },
		{ "example.test", X509_V_ERR_HOSTNAME_MISMATCH },
	};
	auto_buf key_pem = BUF_INIT(MAX_SMALL_FILE),
		 pem = BUF_INIT(MAX_SMALL_FILE), der = BUF_INIT(MAX_CERT_SIZE);
	const struct span none = { NULL, 0 };
	const struct servercert_how right = { .expired = 0 };
	struct err e = ERR_INIT;
	auto_key key = NULL;
	auto_pki p = NULL;
	struct pubkey pub;
	struct cert cert;
	struct span root;

	assert_int_equal(pki_open(NULL, &p, &e), 0);
	assert_int_equal(servercert_make(p, &right, &key_pem, &pem, &e), 0);
	assert_int_equal(cert_from_file(buf_span(&pem), &der, &e), 0);
	assert_int_equal(pki_root(p, GEN_TLS, &root, &e), 0);
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++)
		assert_int_equal(
		    openssl_verify(root, none, buf_span(&der), hosts[i].host),
		    hosts[i].want);
	/* The key is the certificate's. */
	assert_int_equal(key_load_pem(buf_span(&key_pem), &key, &e), 0);
	key_public(key, &pub);
	assert_int_equal(cert_parse(buf_span(&der), &cert, &e), 0);
	assert_int_equal(cert.pubkey.alg, KEY_P256);
	assert_memory_equal(cert.pubkey.bytes, pub.bytes, pub.n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_real),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_root_crl),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_a_function),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_issued),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_older),
		cmocka_unit_test(test_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
