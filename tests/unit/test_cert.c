/* Reading certificates: what silicon writes is read, broken DER is not. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <glob.h>

#include <cmocka.h>

#include "odca/cert.h"
#include "odca/name.h"
#include "sim/base/file.h"
#include "tests/unit/makecert.h"

/* Last: OpenSSL 3.0.2 makes macros of names such as KU_CRL_SIGN here. */
#include <openssl/evp.h>
#include <openssl/x509.h>

#define REFERENCE "../shared/reference/odca/"

/* --- a certificate of which one part is changed --------------------------- */

#define P256_SPKI                                                              \
	"3059 3013 06072a8648ce3d0201 06082a8648ce3d030107 034200 04"          \
	"6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"     \
	"4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define OU_CN                                                                  \
	"301e 310b 3009 0603 55040b 0c02 4f55"                                 \
	"     310f 300d 0603 550403 0c06 4e616d652031"
#define VALIDITY                                                               \
	"301e 170d 3231303632333030303030305a 170d 3439313233313233"           \
	"353935395a"
#define SIG "0309 00 3006 020101 020102"

static const struct make_cert plain = {
	.version = "a003 020102",
	.serial = "0205 0104130040",
	.alg = ECDSA_SHA384,
	.issuer = OU_CN,
	.validity = VALIDITY,
	.subject = "3000",
	.spki = P256_SPKI,
	.outer_alg = ECDSA_SHA384,
	.sig = SIG,
};

enum part { VERSION, SERIAL, ALG, ALGS, ISSUER, VALID, SPKI, SIGNATURE, EXT };

/* What a row expects: an error's code and a part of its message, or E_OK and
 * the text of what the certificate has in the end (see text_of()). */
/* clang-format off */
static const struct {
	const char *name;
	enum part part;
	enum err_code code;
	const char *hex;       /* of the part; for EXT the OID */
	struct make_ext ext;
	const char *want;
} rows[] = {
	{ "as silicon", VERSION, E_OK, "a003020102", { 0 }, "OU=OU, CN=Name 1|" },
	{ "version 1", VERSION, E_OK, "", { 0 }, "v1" },
	{ "version 4", VERSION, E_FORMAT, "a003020103", { 0 }, "version" },
	{ "serial of no octets", SERIAL, E_FORMAT, "0200", { 0 }, "serialNumber" },
	{ "NULL parameters of ECDSA", ALGS, E_OK, "300c06082a8648ce3d0403030500", { 0 }, "sig 1" },
	{ "RSA with SHA-256", ALGS, E_OK, "300d06092a864886f70d01010b0500", { 0 }, "sig 2" },
	{ "RSA with SHA-384", ALGS, E_OK, "300d06092a864886f70d01010c0500", { 0 }, "sig 3" },
	{ "ECDSA with SHA-256", ALGS, E_OK, "300a06082a8648ce3d040302", { 0 }, "sig 0" },
	{ "ECDSA with SHA-512 is not known", ALGS, E_OK, "300a06082a8648ce3d040304", { 0 }, "sig - 1.2.840.10045.4.3.4 " },
	{ "two algorithms", ALG, E_OK, "300a06082a8648ce3d040302", { 0 }, "sig 1 ecdsa-with-SHA384 differs" },

	{ "attributes of one RDN", ISSUER, E_OK, "3018 3116 3009 0603 55040a 0c02 4142 3009 0603 55040b 0c02 4344", { 0 }, "O=AB + OU=CD|" },
	{ "an attribute without a name", ISSUER, E_OK, "300d 310b 3009 0603 55047f 1302 4142", { 0 }, "2.5.4.127=AB|" },
	{ "text is escaped", ISSUER, E_OK, "3010 310e 300c 0603 550403 0c05 411b5b5c7f", { 0 }, "CN=A\\x1b[\\x5c\\x7f|" },
	{ "a length inside that is no DER", ISSUER, E_FORMAT, "300e 310c 300a 0603 550403 0c8102 4142", { 0 }, "length" },
	{ "no name", ISSUER, E_FORMAT, "020100", { 0 }, "" },

	{ "GeneralizedTime", VALID, E_OK, "3022 180f 32303231303632333030303030305a 180f 39393939313233313233353935395a", { 0 }, "1624406400..253402300799" },
	{ "UTCTime of 1950", VALID, E_OK, "301e 170d 3530303130313030303030305a 170d 3439313233313233353935395a", { 0 }, "-631152000..2524607999" },
	{ "30 February", VALID, E_FORMAT, "301e 170d 3231303233303030303030305a 170d 3439313233313233353935395a", { 0 }, "validity" },
	{ "24 o'clock", VALID, E_FORMAT, "301e 170d 3231303632333234303030305a 170d 3439313233313233353935395a", { 0 }, "validity" },

	{ "a curve that is not known", SPKI, E_OK, "301e 3010 06072a8648ce3d0201 06052b81040001 030a00 04010203040506 0708", { 0 }, "key -/2  0" },
	{ "bits of a key", SPKI, E_FORMAT, "301e 3010 06072a8648ce3d0201 06052b81040022 030a01 04010203040506 0708", { 0 }, "public key" },
	{ "RSA-1024 shape", SPKI, E_OK, "301a 300d 06092a864886f70d010101 0500 0309 00 3006 020103 020103", { 0 }, "key -/1 RSA-2 3" },
	{ "an RSA exponent of 5 octets", SPKI, E_OK, "301e 300d 06092a864886f70d010101 0500 030d 00 300a 020103 02050100000000", { 0 }, "key -/1 RSA-2 0" },
	{ "P-521", SPKI, E_OK, "301e 3010 06072a8648ce3d0201 06052b81040023 030a00 04010203040506 0708", { 0 }, "key -/2 P-521 0" },
	{ "another key", SPKI, E_OK, "300a 3005 06032b6570 0301 00", { 0 }, "key -/0" },
	{ "bits of a signature", SIGNATURE, E_FORMAT, "0309 01 3006 020101 020102", { 0 }, "signatureValue" },
	{ "empty signature", SIGNATURE, E_OK, "0301 00", { 0 }, "" },

	{ "CA FALSE in full", EXT, E_OK, "", { "551d13", "0101ff", "3003010100" }, "ca 0 -1" },
	{ "CA FALSE left out", EXT, E_OK, "", { "551d13", "0101ff", "3000" }, "ca 0 -1" },
	{ "CA TRUE", EXT, E_OK, "", { "551d13", "0101ff", "30030101ff" }, "ca 1 -1" },
	{ "path length", EXT, E_OK, "", { "551d13", "0101ff", "30060101ff020102" }, "ca 1 2" },
	{ "path length below 0", EXT, E_FORMAT, "", { "551d13", "0101ff", "30060101ff0201ff" }, "2.5.29.19" },
	{ "path length of 5 octets", EXT, E_FORMAT, "", { "551d13", "0101ff", "300a0101ff02050100000000" }, "2.5.29.19" },
	{ "CA 01", EXT, E_FORMAT, "", { "551d13", "0101ff", "3003010101" }, "2.5.29.19" },
	{ "critical in full", EXT, E_OK, "", { "551d13", "010100", "3000" }, "2.5.29.19 enc" },
	{ "critical left out", EXT, E_OK, "", { "551d13", "", "3000" }, "2.5.29.19 " },
	{ "critical", EXT, E_OK, "", { "551d13", "0101ff", "3000" }, "2.5.29.19 enc crit" },
	{ "critical 01", EXT, E_FORMAT, "", { "551d13", "010101", "3000" }, "critical" },
	{ "key usage", EXT, E_OK, "", { "551d0f", "0101ff", "030201ae" }, "ku 75" },
	{ "key usage of 9 bits", EXT, E_OK, "", { "551d0f", "0101ff", "0303070080" }, "ku 100" },
	{ "key usage of no bits", EXT, E_OK, "", { "551d0f", "0101ff", "030100" }, "ku 0" },
	{ "key usage, 8 bits unused", EXT, E_FORMAT, "", { "551d0f", "0101ff", "03020880" }, "2.5.29.15" },
	{ "key usage is another type", EXT, E_FORMAT, "", { "551d0f", "0101ff", "04020520" }, "2.5.29.15" },
	{ "subject key id", EXT, E_OK, "", { "551d0e", "", "0403010203" }, "ski 010203" },
	{ "authority key id", EXT, E_OK, "", { "551d23", "", "30058003010203" }, "aki 010203" },
	{ "authority key id by serial", EXT, E_OK, "", { "551d23", "", "3003820101" }, "aki " },
	{ "EK purpose", EXT, E_OK, "", { "551d25", "", "300706056781050801" }, "eku 1 0 0" },
	{ "any purpose", EXT, E_OK, "", { "551d25", "", "30060604551d2500" }, "eku 0 0 1" },
	{ "EK CA purpose", EXT, E_OK, "", { "551d25", "", "30070605678105080c" }, "eku 0 1" },
	{ "other purpose", EXT, E_OK, "", { "551d25", "", "300a06082b06010505070301" }, "eku 0 0" },
	{ "TPM names in three RDNs", EXT, E_OK, "", { "551d11", "0101ff",
	    "3044a442304031163014060567810502010c0b69643a3439344535343433310e300c060567810502020c0354474c31163014060567810502030c0b69643a3031463430303034" },
	    "id:494E5443/TGL/id:01F40004" },
	{ "TPM names in one RDN", EXT, E_OK, "", { "551d11", "0101ff",
	    "3040a43e303c313a 3014060567810502010c0b69643a3439344535343433 300c060567810502020c0354474c 3014060567810502030c0b69643a3031463430303034" },
	    "id:494E5443/TGL/id:01F40004" },
	{ "hardware module name", EXT, E_OK, "", { "551d11", "", "301ba01906082b06010505070804a00d300b06052a0304050604020102" }, "//" },
	{ "names with a stray octet", EXT, E_FORMAT, "", { "551d11", "", "300482015500" }, "2.5.29.17" },
	{ "TPM specification", EXT, E_OK, "", { "551d09", "010100", "3019301706056781050210310e300c0c03322e300201000202008a" }, "spec 2.0 0 138" },
	{ "TPM specification, level -1", EXT, E_FORMAT, "", { "551d09", "010100", "3019301706056781050210310e300c0c03322e300201ff0202008a" }, "2.5.29.9" },
	{ "other attribute", EXT, E_OK, "", { "551d09", "", "300e300c06052b0601010131030c0141" }, "spec  0 0" },
	{ "issuer's address", EXT, E_OK, "", { "2b06010505070101", "", "30143012 06082b06010505073002 8606 687474703a61" }, "aia http:a" },
	{ "two addresses", EXT, E_OK, "", { "2b06010505070101", "", "30283012 06082b06010505073002 8606 687474703a61 3012 06082b06010505073002 8606 687474703a62" }, "aia http:a crl" },
	{ "OCSP only", EXT, E_OK, "", { "2b06010505070101", "", "30143012 06082b06010505073001 8606 687474703a61" }, "aia  crl" },
	{ "CRL", EXT, E_OK, "", { "551d1f", "", "300e300c a00a a008 8606 687474703a62" }, "crl http:b 0" },
	{ "indirect CRL", EXT, E_FORMAT, "", { "551d1f", "", "301d301b a00a a008 8606 687474703a62 a20d a40b 3009 3107 3005 0603 550403 " "0500" }, "2.5.29.31" },
	{ "indirect CRL of a name", EXT, E_OK, "", { "551d1f", "", "301e301c a00a a008 8606 687474703a62 a20e a40c 300a 3108 3006 0601 55 0c0141" }, "crl http:b 1" },
	{ "unknown", EXT, E_OK, "", { "2a030405", "0101ff", "0000" }, "1.2.3.4.5 enc crit unknown" },
	{ "an OID too long for us", EXT, E_OK, "", { "2aff7fff7fff7fff7fff7fff7fff7fff7f", "", "0500" }, "? unknown" },
	{ "no OID at all", EXT, E_FORMAT, "", { "", "", "0500" }, "" },
	{ "length that is no DER", EXT, E_FORMAT, "", { "551d13", "", "308100" }, "2.5.29.19" },
	{ "indefinite length", EXT, E_FORMAT, "", { "551d13", "", "30800000" }, "2.5.29.19" },
	{ "octets behind", EXT, E_FORMAT, "", { "551d13", "", "3000 0000" }, "2.5.29.19" },
};
/* clang-format on */

static void
add_exts(const struct cert *c, FILE *f)
{
	char hex[128] = "";

	for (size_t i = 0; i < c->n_exts; i++)
		(void)fprintf(f, "%s %s%s%s", c->exts[i].oid_text,
		    c->exts[i].critical_encoded ? "enc " : "",
		    c->exts[i].critical ? "crit " : "",
		    c->exts[i].known ? "" : "unknown ");
	hex_encode(c->ski, hex);
	(void)fprintf(f, "ski %s ", hex);
	hex_encode(c->aki, hex);
	(void)fprintf(f, "aki %s ", hex);
	(void)fprintf(f, "ca %d %d ku %x eku %d %d %d ", c->is_ca, c->pathlen,
	    c->ku, c->eku_ek, c->eku_ek_ca, c->eku_any);
	(void)fprintf(f, "%s/%s/%s spec %s %u %u ", c->tpm_manufacturer,
	    c->tpm_model, c->tpm_version, c->spec_family, c->spec_level,
	    c->spec_revision);
	(void)fprintf(
	    f, "aia %s crl %s %d", c->aia_uri, c->crldp_uri, c->crldp_indirect);
}

/* All that a certificate says, in one line. */
static void
text_of(const struct cert *c, char *out, size_t n)
{
	FILE *f = fmemopen(out, n, "w");

	assert_non_null(f);
	(void)fprintf(f, "v%u %s|%s %lld..%lld ", c->version, c->issuer_text,
	    c->subject_text, (long long)c->not_before, (long long)c->not_after);
	(void)fprintf(f, "key %c/%d %s %u ", c->have_pubkey ? '+' : '-',
	    c->key_kind, c->key_name, c->rsa_exponent);
	if (c->sig_known)
		(void)fprintf(f, "sig %d ", c->sig_alg);
	else
		(void)fprintf(f, "sig - ");
	(void)fprintf(f, "%s %s", c->sig_name, c->algs_agree ? "" : "differs ");
	add_exts(c, f);
	(void)fclose(f);
}

static void
build_row(size_t i, struct buf *out)
{
	struct make_cert m = plain;
	const char **parts[] = { &m.version, &m.serial, &m.alg, &m.alg,
		&m.issuer, &m.validity, &m.spki, &m.sig };

	if (rows[i].part == EXT)
		m.exts[0] = rows[i].ext;
	else
		*parts[rows[i].part] = rows[i].hex;
	if (rows[i].part == ALGS)
		m.outer_alg = rows[i].hex;
	make_certificate(&m, NULL, out);
}

static void
test_parts(void **state)
{
	size_t failed = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_buf der = BUF_INIT(MAX_CERT_SIZE);
		struct err e = ERR_INIT;
		char text[1024] = "";
		struct cert c;

		build_row(i, &der);
		if (cert_parse(buf_span(&der), &c, &e) == 0)
			text_of(&c, text, sizeof(text));
		if (e.code != rows[i].code ||
		    strstr(e.code == E_OK ? text : e.msg, rows[i].want) ==
			NULL) {
			print_error("%s: want %d '%s', have %d '%s%s'\n",
			    rows[i].name, rows[i].code, rows[i].want, e.code,
			    e.msg, text);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

/* Spans point where they should, and nowhere else. */
static void
test_spans(void **state)
{
	auto_buf der = BUF_INIT(MAX_CERT_SIZE);
	auto_buf want = BUF_INIT(MAX_CERT_SIZE);
	struct cert c;

	make_certificate(&plain, NULL, &der);
	assert_int_equal(cert_parse(buf_span(&der), &c, NULL), 0);
	assert_ptr_equal(c.der.p, der.p);
	assert_ptr_equal(c.tbs.p, der.p + 3);
	make_hex(&want, "0104130040" OU_CN P256_SPKI "3006020101020102");
	assert_memory_equal(c.serial.p, want.p, 5);
	assert_memory_equal(c.issuer.p, want.p + 5, 32);
	assert_memory_equal(c.spki.p, want.p + 37, 91);
	assert_memory_equal(c.pubkey.bytes, want.p + 37 + 26, 65);
	assert_memory_equal(c.sig.p, want.p + 128, 8);
	assert_int_equal(c.serial.n, 5);
	assert_int_equal(c.issuer.n, 32);
	assert_int_equal(c.subject.n, 2);
	assert_int_equal(c.spki.n, 91);
	assert_int_equal(c.pubkey.n, 65);
	assert_int_equal(c.sig.n, 8);
}

/* Cut at each octet, one more, or a bit changed: an error or a certificate,
 * never anything outside (AddressSanitizer watches the exact copy). */
static void
test_damage(void **state)
{
	auto_buf der = BUF_INIT(MAX_CERT_SIZE);
	struct make_cert m = plain;
	struct cert c;

	m.exts[0] = (struct make_ext){ "551d13", "0101ff", "30030101ff" };
	make_certificate(&m, NULL, &der);
	for (size_t n = 0; n < der.n; n++) {
		auto_free uint8_t *copy = malloc(n + 1);
		struct err e = ERR_INIT;

		assert_non_null(copy);
		memcpy(copy, der.p, n);
		assert_int_equal(
		    cert_parse((struct span){ copy, n }, &c, &e), -1);
		assert_int_equal(e.code, n < 3 ? E_FORMAT : E_SHORT);
	}
	for (size_t bit = 0; bit < 8 * der.n; bit++) {
		der.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
		(void)cert_parse(buf_span(&der), &c, NULL);
		der.p[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(cert_parse(buf_span(&der), &c, NULL), 0);
	make_hex(&der, "00");
	assert_int_equal(cert_parse(buf_span(&der), &c, NULL), -1);
}

static void
test_limits(void **state)
{
	auto_buf der = BUF_INIT(UINT16_MAX);
	struct make_cert m = plain;
	struct err e = ERR_INIT;
	struct cert c;
	char oids[MAKE_MAX_EXTS][16];

	for (size_t i = 0; i <= MAX_EXTS; i++) {
		(void)snprintf(oids[i], sizeof(oids[i]), "2a03%02zx", i);
		m.exts[i] = (struct make_ext){ oids[i], "", "0500" };
	}
	make_certificate(&m, NULL, &der);
	assert_int_equal(cert_parse(buf_span(&der), &c, &e), -1);
	assert_int_equal(e.code, E_LIMIT);

	m.exts[MAX_EXTS].oid = NULL;
	buf_reset(&der);
	make_certificate(&m, NULL, &der);
	assert_int_equal(cert_parse(buf_span(&der), &c, &e), 0);

	/* Two of one kind: the first counts. */
	m.exts[0] = (struct make_ext){ "551d13", "0101ff", "30030101ff" };
	m.exts[1] = (struct make_ext){ "551d13", "0101ff", "3000" };
	buf_reset(&der);
	make_certificate(&m, NULL, &der);
	assert_int_equal(cert_parse(buf_span(&der), &c, &e), 0);
	assert_true(c.is_ca);
}

/* A name longer than its text is cut behind a whole character. */
static void
test_long_name(void **state)
{
	auto_buf der = BUF_INIT(MAX_CERT_SIZE);
	struct make_cert m = plain;
	char hex[2048] = "3082013f 3182013b 30820137 0603550403 0c82012e";
	size_t n = strlen(hex);
	struct cert c;

	for (size_t i = 0; i < 0x12e; i++, n += 2)
		memcpy(hex + n, "1b", 3);
	m.subject = hex;
	make_certificate(&m, NULL, &der);
	assert_int_equal(cert_parse(buf_span(&der), &c, NULL), 0);
	n = strlen(c.subject_text);
	assert_true(n < MAX_NAME_TEXT && n >= MAX_NAME_TEXT - 4);
	assert_string_equal(c.subject_text + n - 4, "\\x1b");
}

/* --- frames and object identifiers ---------------------------------------- */

/* clang-format off */
static const struct {
	const char *hex;
	bool strict;
} frames[] = {
	{ "", true },
	{ "0500 0400", true },
	{ "3003 020101", true },
	{ "05", false },
	{ "0501", false },
	{ "3003 0201", false },
	{ "1f8100 00", false },     /* tags of several octets */
	{ "0480 0000", false },     /* indefinite */
	{ "048101 00", false },     /* 1 fits the short form */
	{ "04820001 00", false },
	{ "0483000100 00", false },
	{ "3004 048101 00", false },
	/* 16 and 17 in one another */
	{ "301e 301c 301a 3018 3016 3014 3012 3010 300e 300c 300a 3008 3006 3004 3002 3000", true },
	{ "3020 301e 301c 301a 3018 3016 3014 3012 3010 300e 300c 300a 3008 3006 3004 3002 3000", false },
};

static const struct {
	const char *hex, *text;
} oids[] = {
	{ "551d13", "2.5.29.19" },
	{ "2a864886f70d010101", "1.2.840.113549.1.1.1" },
	{ "00", "0.0" },
	{ "27", "0.39" },
	{ "28", "1.0" },
	{ "8837", "2.999" },
	{ "2aff ffff ffff ffff ff7f", "1.2.9223372036854775807" },
	{ "", "?" },
	{ "2a80", "?" },            /* cut */
	{ "2a8001", "?" },          /* not in the fewest octets */
	{ "2a82 8080 8080 8080 8080 00", "?" }, /* beyond 64 bits */
};
/* clang-format on */

static void
test_frames(void **state)
{
	for (size_t i = 0; i < sizeof(frames) / sizeof(*frames); i++) {
		auto_buf der = BUF_INIT(64);

		make_hex(&der, frames[i].hex);
		if (der_is_strict(buf_span(&der)) != frames[i].strict)
			fail_msg("%s", frames[i].hex);
	}
}

static void
test_oids(void **state)
{
	for (size_t i = 0; i < sizeof(oids) / sizeof(*oids); i++) {
		auto_buf der = BUF_INIT(64);
		char text[48];

		make_hex(&der, oids[i].hex);
		oid_to_text(buf_span(&der), text, sizeof(text));
		assert_string_equal(text, oids[i].text);
	}
}

/* --- PEM ------------------------------------------------------------------ */

static void
test_pem(void **state)
{
	auto_buf der = BUF_INIT(MAX_CERT_SIZE);
	auto_buf pem = BUF_INIT(4 * MAX_CERT_SIZE);
	auto_buf back = BUF_INIT(4 * MAX_CERT_SIZE);

	make_certificate(&plain, NULL, &der);
	for (size_t cut = 0; cut < 3; cut++) {
		struct span s = { der.p, der.n - cut };

		buf_reset(&pem);
		buf_reset(&back);
		make_put(&pem, SPAN_STR("before\r\n"));
		assert_int_equal(cert_to_pem(s, &pem), 0);
		make_put(&pem, SPAN_STR("between\r\n"));
		assert_int_equal(cert_to_pem(s, &pem), 0);
		assert_int_equal(
		    cert_from_file(buf_span(&pem), &back, NULL), 0);
		assert_int_equal(back.n, 2 * s.n);
		assert_memory_equal(back.p, s.p, s.n);
		assert_memory_equal(back.p + s.n, s.p, s.n);
	}
	buf_reset(&back);
	assert_int_equal(cert_from_file(buf_span(&der), &back, NULL), 0);
	assert_true(span_eq(buf_span(&back), buf_span(&der)));
	/* An empty file has no byte to point at. */
	assert_int_equal(
	    cert_from_file((struct span){ NULL, 0 }, &back, NULL), -1);
}

/* clang-format off */
static const struct {
	const char *name, *text;
	enum err_code code;
	const char *hex;
} pems[] = {
	{ "one",      "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n", E_OK, "414243" },
	{ "pad",      "-----BEGIN CERTIFICATE-----\nQUI=\n-----END CERTIFICATE-----", E_OK, "4142" },
	{ "two pads", "-----BEGIN CERTIFICATE-----\r\nQQ ==\r\n-----END CERTIFICATE-----", E_OK, "41" },
	{ "no pad",   "-----BEGIN CERTIFICATE-----\nQUI\n-----END CERTIFICATE-----", E_FORMAT, "" },
	{ "three",    "-----BEGIN CERTIFICATE-----\nQ===\n-----END CERTIFICATE-----", E_FORMAT, "" },
	{ "after pad", "-----BEGIN CERTIFICATE-----\nQQ==QUJD\n-----END CERTIFICATE-----", E_FORMAT, "" },
	{ "no digit", "-----BEGIN CERTIFICATE-----\nQUI!\n-----END CERTIFICATE-----", E_FORMAT, "" },
	{ "no end",   "-----BEGIN CERTIFICATE-----\nQUJD\n", E_SHORT, "" },
	{ "a key",    "-----BEGIN PRIVATE KEY-----\nQUJD\n-----END PRIVATE KEY-----\n", E_FORMAT, "" },
	{ "nothing",  "", E_FORMAT, "" },
};
/* clang-format on */

static void
test_pem_text(void **state)
{
	for (size_t i = 0; i < sizeof(pems) / sizeof(*pems); i++) {
		auto_buf got = BUF_INIT(1024), want = BUF_INIT(1024);
		struct err e = ERR_INIT;

		(void)cert_from_file(SPAN_STR(pems[i].text), &got, &e);
		make_hex(&want, pems[i].hex);
		if (e.code != pems[i].code ||
		    (e.code == E_OK &&
			!span_eq(buf_span(&got), buf_span(&want))))
			fail_msg("%s: %d '%s'", pems[i].name, e.code, e.msg);
	}
}

/* --- what another implementation writes ----------------------------------- */

static EVP_PKEY *
rsa_key(void)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);

	assert_non_null(key);
	return key;
}

/* A self-signed RSA certificate of OpenSSL's making. */
static void
openssl_cert(EVP_PKEY *key, const EVP_MD *md, struct buf *out)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_NAME_new();
	uint8_t *at;
	int n;

	assert_non_null(x);
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
			     (const unsigned char *)"openssl", -1, -1, 0),
	    1);
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 0x80);
	X509_set_issuer_name(x, name);
	X509_set_subject_name(x, name);
	/* After 2049, so GeneralizedTime. */
	ASN1_TIME_set(X509_getm_notBefore(x), 0);
	ASN1_TIME_set(X509_getm_notAfter(x), (time_t)1 << 32);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, md) > 0);
	n = i2d_X509(x, NULL);
	assert_true(n > 0);
	at = buf_room(out, (size_t)n);
	assert_non_null(at);
	(void)i2d_X509(x, &at);
	X509_NAME_free(name);
	X509_free(x);
}

static void
test_openssl(void **state)
{
	const EVP_MD *const mds[] = { EVP_sha256(), EVP_sha384(),
		EVP_sha512() };
	const enum sig_alg algs[] = { SIG_RSA_SHA256, SIG_RSA_SHA384,
		SIG_RSA_SHA512 };
	EVP_PKEY *key = rsa_key(), *other = rsa_key();
	struct cert c, d;

	for (size_t i = 0; i < sizeof(algs) / sizeof(*algs); i++) {
		auto_buf der = BUF_INIT(MAX_CERT_SIZE);
		auto_buf der2 = BUF_INIT(MAX_CERT_SIZE);

		openssl_cert(key, mds[i], &der);
		openssl_cert(other, mds[i], &der2);
		assert_int_equal(cert_parse(buf_span(&der), &c, NULL), 0);
		assert_int_equal(cert_parse(buf_span(&der2), &d, NULL), 0);
		assert_true(c.sig_known && c.sig_alg == algs[i]);
		assert_true(c.have_pubkey && c.pubkey.alg == KEY_RSA2048);
		assert_int_equal(c.not_after, (time_t)1 << 32);
		assert_int_equal(c.serial.n, 2);
		assert_string_equal(c.subject_text, "CN=openssl");
		assert_true(cert_is_self_signed(&c));
		assert_int_equal(cert_check_signature(&c, &d, NULL), -1);
	}
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

/* --- what Intel wrote ----------------------------------------------------- */

static void
test_reference(void **state)
{
	glob_t g;

	if (glob(REFERENCE "*.pem", 0, NULL, &g) != 0) {
		print_message("no " REFERENCE "\n");
		skip();
	}
	assert_true(g.gl_pathc > 90);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		auto_buf pem = BUF_INIT(MAX_SMALL_FILE);
		auto_buf der = BUF_INIT(MAX_CERT_SIZE);
		struct cert c = { .version = 0 };
		struct err e = ERR_INIT;

		if (file_read(AT_FDCWD, g.gl_pathv[i], &pem, &e) != 0 ||
		    cert_from_file(buf_span(&pem), &der, &e) != 0 ||
		    cert_parse(buf_span(&der), &c, &e) != 0)
			fail_msg("%s: %s", g.gl_pathv[i], e.msg);
		assert_int_equal(c.version, 3);
		assert_true(c.sig_known && c.have_pubkey && c.have_bc);
		if (strstr(g.gl_pathv[i], "root") != NULL)
			assert_true(cert_is_self_signed(&c));
	}
	globfree(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_frames),
		cmocka_unit_test(test_oids),
		cmocka_unit_test(test_pem),
		cmocka_unit_test(test_pem_text),
		cmocka_unit_test(test_openssl),
		cmocka_unit_test(test_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
