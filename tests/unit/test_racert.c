/* The service's certificates: every deviation that the measured client refuses
 * is refused, and what it does not look at is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/aik/racert.h"
#include "tests/unit/makecert.h"

#define RSA_SHA256 "300d 06092a864886f70d01010b 0500"
#define RSA_SHA384 "300d 06092a864886f70d01010c 0500"
#define RSA_KEY                                                                \
	"301a 300d 06092a864886f70d010101 0500 0309 00 3006 020103 020103"
#define NO_KEY                                                                 \
	"301a 300d 06092a864886f70d010102 0500 0309 00 3006 020103 020103"
#define VALIDITY                                                               \
	"301e 170d3236303130313030303030305a 170d3330303130313030303030305a"
/* CN=RA Signing Certificate; with O=x before it; another CN */
#define RA_CN                                                                  \
	"311f 301d 0603550403 0c16 "                                           \
	"5241205369676e696e67204365727469666963617465"
#define NAME   "3021" RA_CN
#define NAME_O "302d 310a 3008 060355040a 0c0178" RA_CN
#define NAME_OTHER                                                             \
	"3021 311f 301d 0603550403 0c16 "                                      \
	"5241205369676e696e67206365727469666963617465"
#define NAME_RAENC                                                             \
	"3024 3122 3020 0603550403 0c19 "                                      \
	"524120456e6372797074696f6e204365727469666963617465"

#define YES "0101ff"
#define ID  "0102030405060708090a0b0c0d0e0f1011121314"
/* Prefix http://h, which a URI http://h/x begins with. */
#define CA_ISSUERS                                                             \
	"3016 06082b06010505073002 860a"                                       \
	"687474703a2f2f682f78"
#define OCSP                                                                   \
	"3016 06082b06010505073001 860a"                                       \
	"687474703a2f2f682f78"
#define PREFIX "http://h"

#define EXT_KU                                                                 \
	{                                                                      \
		"551d0f", YES, "03020780"                                      \
	}
#define EXT_BC                                                                 \
	{                                                                      \
		"551d13", YES, "3000"                                          \
	}
#define EXT_AKI                                                                \
	{                                                                      \
		"551d23", "", "3016 8014" ID                                   \
	}
#define EXT_SKI                                                                \
	{                                                                      \
		"551d0e", "", "0414" ID                                        \
	}
#define EXT_AIA                                                                \
	{                                                                      \
		"2b06010505070101", "", "3018" CA_ISSUERS                      \
	}

static const struct make_cert good = {
	.version = "a003020102",
	.serial = "020101",
	.alg = RSA_SHA256,
	.issuer = NAME,
	.validity = VALIDITY,
	.subject = NAME,
	.spki = RSA_KEY,
	.exts = { EXT_KU, EXT_BC, EXT_AKI, EXT_SKI, EXT_AIA },
	.outer_alg = RSA_SHA256,
	.sig = "030200ff",
};

/* What a row has in place of good's; exts replaces all of them. */
/* clang-format off */
static const struct {
	const char *name;
	const char *subject, *alg, *spki;
	struct make_ext exts[7];
	const char *want; /* of the error; NULL: accepted */
} rows[] = {
	{ "as the service has it", NULL, NULL, NULL, { { 0 } }, NULL },
	{ "other RDNs", NAME_O, NULL, NULL, { { 0 } }, NULL },
	{ "another name", NAME_OTHER, NULL, NULL, { { 0 } }, "subject" },
	{ "SHA-384", NULL, RSA_SHA384, NULL, { { 0 } }, "sha384WithRSA" },
	{ "no RSA key", NULL, NULL, NO_KEY, { { 0 } }, "want RSA" },
	{ "four extensions", NULL, NULL, NULL, { EXT_KU, EXT_BC, EXT_AKI, EXT_SKI }, "4 extensions" },
	{ "six extensions", NULL, NULL, NULL, { EXT_KU, EXT_BC, EXT_AKI, EXT_SKI, EXT_AIA, { "551d11", "", "3003 8201 78" } }, "6 extensions" },
	{ "order", NULL, NULL, NULL, { EXT_BC, EXT_KU, EXT_AKI, EXT_SKI, EXT_AIA }, "extension 1" },
	{ "KU is not critical", NULL, NULL, NULL, { { "551d0f", "", "03020780" }, EXT_BC, EXT_AKI, EXT_SKI, EXT_AIA }, "keyUsage: critical" },
	{ "KU with more", NULL, NULL, NULL, { { "551d0f", YES, "030205a0" }, EXT_BC, EXT_AKI, EXT_SKI, EXT_AIA }, "keyUsage" },
	{ "explicit cA FALSE", NULL, NULL, NULL, { EXT_KU, { "551d13", YES, "3003010100" }, EXT_AKI, EXT_SKI, EXT_AIA }, "basicConstraints" },
	{ "AKI of 8 octets", NULL, NULL, NULL, { EXT_KU, EXT_BC, { "551d23", "", "300a 8008 0102030405060708" }, EXT_SKI, EXT_AIA }, "authorityKeyIdentifier" },
	{ "AKI is critical", NULL, NULL, NULL, { EXT_KU, EXT_BC, { "551d23", YES, "3016 8014" ID }, EXT_SKI, EXT_AIA }, "authorityKeyIdentifier: critical" },
	{ "AKI with more", NULL, NULL, NULL, { EXT_KU, EXT_BC, { "551d23", "", "3019 8014" ID "820101" }, EXT_SKI, EXT_AIA }, NULL },
	{ "SKI of 2 octets", NULL, NULL, NULL, { EXT_KU, EXT_BC, EXT_AKI, { "551d0e", "", "0402 0102" }, EXT_AIA }, "subjectKeyIdentifier" },
	{ "two caIssuers", NULL, NULL, NULL, { EXT_KU, EXT_BC, EXT_AKI, EXT_SKI, { "2b06010505070101", "", "3030" CA_ISSUERS CA_ISSUERS } }, NULL },
	{ "OCSP too", NULL, NULL, NULL, { EXT_KU, EXT_BC, EXT_AKI, EXT_SKI, { "2b06010505070101", "", "3030" CA_ISSUERS OCSP } }, "authorityInfoAccess" },
	{ "OCSP only", NULL, NULL, NULL, { EXT_KU, EXT_BC, EXT_AKI, EXT_SKI, { "2b06010505070101", "", "3018" OCSP } }, "authorityInfoAccess" },
};
/* clang-format on */

static void
test_rows(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_buf der = BUF_INIT(MAX_CERT_SIZE);
		struct make_cert m = good;
		struct err e = ERR_INIT;
		int rc;

		if (rows[i].subject != NULL)
			m.subject = rows[i].subject;
		if (rows[i].alg != NULL)
			m.alg = m.outer_alg = rows[i].alg;
		if (rows[i].spki != NULL)
			m.spki = rows[i].spki;
		if (rows[i].exts[0].oid != NULL) {
			memset(m.exts, 0, sizeof(m.exts));
			memcpy(m.exts, rows[i].exts, sizeof(rows[i].exts));
		}
		make_certificate(&m, NULL, &der);
		rc = ra_signing_check(buf_span(&der), PREFIX, &e);
		if ((rc == 0) != (rows[i].want == NULL) ||
		    (rc != 0 && (e.code != E_REJECTED ||
				    strstr(e.msg, rows[i].want) == NULL)))
			fail_msg("%s: %s", rows[i].name, e.msg);
	}
}

static void
test_prefix(void **state)
{
	auto_buf der = BUF_INIT(MAX_CERT_SIZE);
	struct err e = ERR_INIT;

	make_certificate(&good, NULL, &der);
	assert_int_equal(ra_signing_check(buf_span(&der), "http://h/x", &e), 0);
	assert_int_equal(
	    ra_signing_check(buf_span(&der), "http://h/xy", &e), -1);
	assert_int_equal(
	    ra_signing_check(buf_span(&der), RA_AIA_PREFIX, &e), -1);
	assert_int_equal(e.code, E_REJECTED);
	assert_int_equal(ra_signing_check(SPAN_STR("none"), PREFIX, &e), -1);
}

static void
test_encryption(void **state)
{
	auto_buf signing = BUF_INIT(MAX_CERT_SIZE),
		 encryption = BUF_INIT(MAX_CERT_SIZE),
		 no_rsa = BUF_INIT(MAX_CERT_SIZE);
	struct make_cert m = good;
	struct cms_signed chain = CMS_SIGNED_INIT;
	struct err e = ERR_INIT;
	struct span got;

	make_certificate(&good, NULL, &signing);
	m.subject = NAME_RAENC;
	make_certificate(&m, NULL, &encryption);
	m.spki = NO_KEY;
	make_certificate(&m, NULL, &no_rsa);
	chain.certs[0] = SPAN_STR("no certificate");
	chain.certs[1] = buf_span(&signing);
	chain.certs[2] = buf_span(&no_rsa);
	chain.n_certs = 3;
	assert_int_equal(ra_encryption_find(&chain, &got, &e), -1);
	assert_int_equal(e.code, E_NOTFOUND);
	chain.certs[3] = buf_span(&encryption);
	chain.certs[4] = buf_span(&encryption);
	chain.n_certs = 5;
	assert_int_equal(ra_encryption_find(&chain, &got, &e), 0);
	assert_ptr_equal(got.p, encryption.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_encryption),
	};

	return cmocka_run_group_tests_name("racert", tests, NULL, NULL);
}
