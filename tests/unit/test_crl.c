/* CRLs: what is built is read again, silicon's are built to the byte, broken
 * ones are not read. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <glob.h>

#include <cmocka.h>

#include "odca/crl.h"
#include "sim/base/file.h"
#include "tests/unit/makecert.h"

#define REFERENCE "../shared/reference/odca/"

#define SIZE(a) (sizeof(a) / sizeof(*(a)))

/* --- a CRL of which one part is changed ----------------------------------- */

#define CN(hex)  "300d 310b 3009 0603550403 0c02" hex /* two characters */
#define CN_US    CN("5553")
#define CN_THEM  CN("5448")
#define DATE     "170d 3230303130313030303030305a" /* 2020-01-01 */
#define DATE_END "170d 3439313233313233353935395a"
#define SIG      "0309 00 3006 020101 020102"

/* An entry without extensions, with a reason, with an issuer, with both. */
#define REASON(r)           "300a 0603551d15 0403 0a01" r
#define ISSUER(name)        "301d 0603551d1d 0101ff 0413 3011 a40f" name
#define ENTRY(n)            "3012 0201" n DATE
#define ENTRY_R(n, r)       "3020 0201" n DATE "300c" REASON(r)
#define ENTRY_I(n, who)     "3033 0201" n DATE "301f" ISSUER(who)
#define ENTRY_RI(n, r, who) "303f 0201" n DATE "302b" REASON(r) ISSUER(who)

static const struct make_crl plain = {
	.version = "020101",
	.alg = ECDSA_SHA384,
	.issuer = CN_US,
	.this_update = DATE,
	.next_update = DATE_END,
	.revoked = "",
	.outer_alg = ECDSA_SHA384,
	.sig = SIG,
};

enum part { VERSION, ALG, ALGS, FROM, TO, REVOKED, SIGNATURE, EXT, EXTS };

/* What a row expects: an error's code and a part of its message, or E_OK and a
 * part of what the CRL is as text (see text_of()). */
/* clang-format off */
static const struct {
	const char *name;
	enum part part;
	enum err_code code;
	const char *hex;       /* of the part; for EXT nothing */
	struct make_ext ext[2];
	const char *want;
} rows[] = {
	{ "as silicon", VERSION, E_OK, "020101", { { 0 } }, "CN=US 1577836800..2524607999 sig 1" },
	{ "version 1", VERSION, E_OK, "", { { 0 } }, "CN=US" },
	{ "version 3", VERSION, E_FORMAT, "020102", { { 0 } }, "version" },
	{ "NULL parameters of ECDSA", ALGS, E_OK, "300c06082a8648ce3d0403030500", { { 0 } }, "sig 1" },
	{ "ECDSA with SHA-256", ALGS, E_OK, "300a06082a8648ce3d040302", { { 0 } }, "sig 0" },
	{ "ECDSA with SHA-512 is not known", ALGS, E_OK, "300a06082a8648ce3d040304", { { 0 } }, "sig -" },
	{ "two algorithms", ALG, E_FORMAT, "300a06082a8648ce3d040302", { { 0 } }, "two signature algorithms" },
	{ "bits of a signature", SIGNATURE, E_FORMAT, "0309 01 3006 020101 020102", { { 0 } }, "signatureValue" },
	{ "GeneralizedTime", FROM, E_OK, "180f 32303230303130313030303030305a", { { 0 } }, "1577836800.." },
	{ "30 February", FROM, E_FORMAT, "170d 3230303233303030303030305a", { { 0 } }, "thisUpdate" },
	{ "thisUpdate is a number", FROM, E_FORMAT, "020101", { { 0 } }, "thisUpdate" },
	{ "no nextUpdate", TO, E_OK, "", { { 0 } }, "1577836800..- " },
	{ "nextUpdate of 2050", TO, E_OK, "180f 32303530303130313030303030305a", { { 0 } }, "..2524608000" },
	{ "month 13", TO, E_FORMAT, "170d 3230313330313030303030305a", { { 0 } }, "nextUpdate" },

	{ "AKI", EXT, E_OK, "", { { "551d23", "", "3005 8003 010203" } }, "aki 010203" },
	{ "AKI by serial", EXT, E_OK, "", { { "551d23", "", "3003 820101" } }, "aki  " },
	{ "number", EXT, E_OK, "", { { "551d14", "", "020105" } }, "number 05" },
	{ "number of three octets", EXT, E_OK, "", { { "551d14", "", "0203 00ffff" } }, "number 00ffff" },
	{ "number below 0", EXT, E_FORMAT, "", { { "551d14", "", "0201ff" } }, "2.5.29.20" },
	{ "number of no octets", EXT, E_FORMAT, "", { { "551d14", "", "0200" } }, "2.5.29.20" },
	{ "number is a string", EXT, E_FORMAT, "", { { "551d14", "", "0c0131" } }, "2.5.29.20" },
	{ "indirect, as silicon", EXT, E_OK, "", { { "551d1c", "", "3003 8401ff" } }, "idp 1 0" },
	{ "indirect, as RFC 5280", EXT, E_OK, "", { { "551d1c", "0101ff", "3003 8401ff" } }, "idp 1 0 critical ;" },
	{ "indirect FALSE in full", EXT, E_OK, "", { { "551d1c", "", "3003 840100" } }, "idp 0 0" },
	{ "indirect 01", EXT, E_FORMAT, "", { { "551d1c", "", "3003 840101" } }, "2.5.29.28" },
	{ "only users' certificates", EXT, E_OK, "", { { "551d1c", "0101ff", "3003 8101ff" } }, "idp 0 1" },
	{ "only CAs' certificates, FALSE", EXT, E_OK, "", { { "551d1c", "0101ff", "3003 820100" } }, "idp 0 0" },
	{ "only some reasons", EXT, E_OK, "", { { "551d1c", "0101ff", "3007 83020640 8401ff" } }, "idp 1 1" },
	{ "only a distribution point", EXT, E_OK, "", { { "551d1c", "0101ff", "3009 a007 a005 8603 613a62" } }, "idp 0 1" },
	{ "twice", EXTS, E_FORMAT, "", { { "551d14", "", "020105" }, { "551d14", "", "020105" } }, "twice" },
	{ "critical in full", EXT, E_OK, "", { { "551d14", "010100", "020105" } }, "number 05" },
	{ "critical 01", EXT, E_FORMAT, "", { { "551d14", "010101", "020105" } }, "critical" },
	{ "unknown", EXT, E_OK, "", { { "2a0304", "", "0500" } }, "critical ;" },
	{ "unknown, critical", EXT, E_OK, "", { { "2a0304", "0101ff", "0500" } }, "critical 1.2.3.4;" },
	{ "a delta CRL", EXT, E_OK, "", { { "551d1b", "0101ff", "020101" } }, "critical 2.5.29.27;" },
	{ "the first of two", EXTS, E_OK, "", { { "2a0304", "0101ff", "0500" }, { "2a0305", "0101ff", "0500" } }, "critical 1.2.3.4;" },
	{ "value is no DER", EXT, E_FORMAT, "", { { "551d14", "", "028101 05" } }, "2.5.29.20" },

	{ "no entries", REVOKED, E_OK, "", { { 0 } }, "critical ; 0" },
	{ "an empty list", REVOKED, E_OK, "3000", { { 0 } }, "critical ; 0" },
	{ "an entry", REVOKED, E_OK, "3014" ENTRY("41"), { { 0 } }, "; 1 41 US no reason" },
	{ "reason", REVOKED, E_OK, "3022" ENTRY_R("41", "01"), { { 0 } }, "; 1 41 US keyCompromise" },
	{ "reason 7", REVOKED, E_OK, "3022" ENTRY_R("41", "07"), { { 0 } }, "unknown reason" },
	{ "reason 11", REVOKED, E_OK, "3022" ENTRY_R("41", "0b"), { { 0 } }, "unknown reason" },
	{ "reason -1", REVOKED, E_FORMAT, "3022" ENTRY_R("41", "ff"), { { 0 } }, "entry 1: extension 2.5.29.21" },
	{ "another issuer", REVOKED, E_OK, "3035" ENTRY_I("41", CN_THEM), { { 0 } }, "; 1 41 TH no reason" },
	{ "both", REVOKED, E_OK, "3041" ENTRY_RI("41", "02", CN_THEM), { { 0 } }, "; 1 41 TH cACompromise" },
	{ "the issuer stays", REVOKED, E_OK, "305d" ENTRY("41") ENTRY_I("42", CN_THEM) ENTRY("43"), { { 0 } }, "; 3 41 US no reason, 42 TH no reason, 43 TH" },
	{ "and changes back", REVOKED, E_OK, "306a" ENTRY_I("41", CN_THEM) ENTRY_I("42", CN_US), { { 0 } }, "; 2 41 TH no reason, 42 US" },
	{ "issuer is no directory name", REVOKED, E_FORMAT, "301e 301c 020141" DATE "300a 3008 0603551d1d 0401" "00", { { 0 } }, "" },
	{ "issuer is a URI", REVOKED, E_FORMAT, "3025 3023 020141" DATE "300f 300d 0603551d1d 0406 3004 8602 613a", { { 0 } }, "entry 1: extension 2.5.29.29" },
	{ "unknown, of an entry", REVOKED, E_OK, "3022 3020 020141" DATE "300c 300a 06022a03 0101ff 0401" "00", { { 0 } }, "critical 1.2.3;" },
	{ "serial of no octets", REVOKED, E_FORMAT, "3013 3011 0200" DATE, { { 0 } }, "entry 1: serial" },
	{ "no date", REVOKED, E_FORMAT, "3005 3003 020141", { { 0 } }, "" },
	{ "date is none", REVOKED, E_FORMAT, "3014 3012 020141 170d 3230303133323030303030305a", { { 0 } }, "entry 1: revocationDate" },
	{ "entry is a number", REVOKED, E_FORMAT, "3003 020141", { { 0 } }, "" },
};
/* clang-format on */

/* Hex of s, for text_of(). */
static const char *
hex_of(struct span s, char out[64])
{
	assert_true(s.n < 32);
	hex_encode(s, out);
	return out;
}

static void
text_of(const struct crl *c, char *out, size_t size)
{
	struct crl_iter it = CRL_ITER(c);
	FILE *f = fmemopen(out, size, "w");
	struct crl_entry entry;
	char hex[64], to[24] = "-", alg[8] = "-";
	size_t n = 0;

	assert_non_null(f);
	if (c->have_next_update)
		(void)snprintf(
		    to, sizeof(to), "%lld", (long long)c->next_update);
	if (c->sig_known)
		(void)snprintf(alg, sizeof(alg), "%d", (int)c->sig_alg);
	(void)fprintf(f, "%s %lld..%s sig %s ", c->issuer_text,
	    (long long)c->this_update, to, alg);
	(void)fprintf(f, "aki %s ", hex_of(c->aki, hex));
	(void)fprintf(f, " number %s idp %d %d critical %s; %zu",
	    hex_of(c->number, hex), c->indirect, c->partial, c->critical,
	    c->n_entries);
	for (; crl_next(&it, &entry); n++)
		(void)fprintf(f, "%s %s %.2s %s", n > 0 ? "," : "",
		    hex_of(entry.serial, hex),
		    (const char *)entry.issuer.p + entry.issuer.n - 2,
		    crl_reason_text(entry.reason));
	assert_int_equal(n, c->n_entries);
	(void)fclose(f);
}

static void
make_row(size_t i, struct buf *out)
{
	struct make_crl m = plain;
	const char *hex = rows[i].hex;

	switch (rows[i].part) {
	case VERSION:
		m.version = hex;
		break;
	case ALGS:
		m.outer_alg = hex; /* fall through */
	case ALG:
		m.alg = hex;
		break;
	case FROM:
		m.this_update = hex;
		break;
	case TO:
		m.next_update = hex;
		break;
	case REVOKED:
		m.revoked = hex;
		break;
	case SIGNATURE:
		m.sig = hex;
		break;
	case EXT:
	case EXTS:
		memcpy(m.exts, rows[i].ext, sizeof(rows[i].ext));
		break;
	}
	make_revocation_list(&m, NULL, out);
}

static void
test_rows(void **state)
{
	for (size_t i = 0; i < SIZE(rows); i++) {
		auto_buf der = BUF_INIT(4096);
		struct err e = ERR_INIT;
		struct crl c;
		char text[1024];
		int rc;

		make_row(i, &der);
		rc = crl_parse(buf_span(&der), &c, &e);
		if (rc == 0)
			text_of(&c, text, sizeof(text));
		else
			(void)snprintf(text, sizeof(text), "%s", e.msg);
		if (e.code != rows[i].code ||
		    strstr(text, rows[i].want) == NULL)
			fail_msg("%s: %d '%s', want %d '%s'", rows[i].name,
			    e.code, text, rows[i].code, rows[i].want);
	}
}

/* --- building ------------------------------------------------------------- */

static struct key *key, *other;
static uint8_t us_der[15], them_der[15];
static const uint8_t aki[20] = { 0xa1, 0xa2 };
static const uint8_t serials[][3] = { { 0x41 }, { 0x00, 0x80 }, { 1, 2, 3 } };

static void
fill(const char *hex, uint8_t *out, size_t n)
{
	auto_buf b = BUF_INIT(n);

	make_hex(&b, hex);
	memcpy(out, b.p, n);
}

static int
make_keys(void **state)
{
	fill(CN_US, us_der, sizeof(us_der));
	fill(CN_THEM, them_der, sizeof(them_der));
	return key_generate(KEY_P384, &key, NULL) ||
	       key_generate(KEY_P256, &other, NULL);
}

static int
free_keys(void **state)
{
	key_free(key);
	key_free(other);
	return 0;
}

#define US           SPAN_OF(us_der)
#define THEM         SPAN_OF(them_der)
#define NOBODY       ((struct span){ NULL, 0 })
#define SERIAL(i, n) ((struct span){ serials[i], n })

/* Ours, theirs, theirs again, ours again. */
static void
fill_entries(struct crl_entry out[4])
{
	out[0] = (struct crl_entry){ SERIAL(0, 1), NOBODY, 1600000000,
		CRL_REASON_NONE };
	out[1] = (struct crl_entry){ SERIAL(1, 2), THEM, 1600000001,
		CRL_KEY_COMPROMISE };
	out[2] = (struct crl_entry){ SERIAL(2, 3), THEM, 1600000002,
		CRL_UNSPECIFIED };
	out[3] =
	    (struct crl_entry){ SERIAL(2, 3), US, 2524608000, CRL_REASON_NONE };
}

static struct crl_build
build_plain(void)
{
	return (struct crl_build){
		.issuer = US,
		.signer.key = key,
		.aki = SPAN_OF(aki),
		.number = 300,
		.this_update = "200101000000Z",
		.next_update = "491231235959Z",
		.exts = { CRL_EXT_AKI, CRL_EXT_NUMBER, CRL_EXT_IDP_INDIRECT },
	};
}

static void
build(const struct crl_build *b, struct buf *out)
{
	struct err e = ERR_INIT;

	if (crl_build(b, out, &e) != 0)
		fail_msg("%s", e.msg);
}

static void
parse(const struct buf *der, struct crl *ret)
{
	struct err e = ERR_INIT;

	if (crl_parse(buf_span(der), ret, &e) != 0)
		fail_msg("%s", e.msg);
}

static void
test_round_trip(void **state)
{
	auto_buf der = BUF_INIT(4096), again = BUF_INIT(4096);
	struct crl_build b = build_plain();
	struct crl_entry entries[4], read[4];
	struct crl c;
	char text[1024];
	size_t n = 0;

	fill_entries(entries);
	b.entries = entries;
	b.n_entries = 4;
	build(&b, &der);
	parse(&der, &c);
	text_of(&c, text, sizeof(text));
	assert_string_equal(text,
	    "CN=US 1577836800..2524607999 sig 1 "
	    "aki a1a2000000000000000000000000000000000000  number 012c "
	    "idp 1 0 critical ; 4 41 US no reason, 0080 TH keyCompromise, "
	    "010203 TH unspecified, 010203 US no reason");
	for (struct crl_iter it = CRL_ITER(&c); crl_next(&it, &read[n]); n++)
		assert_int_equal(read[n].when, entries[n].when);
	assert_int_equal(n, 4);

	/* What was read is built to the same bytes, signature and all. */
	b.entries = read;
	build(&b, &again);
	assert_true(span_eq(buf_span(&der), buf_span(&again)));
}

static void
test_find(void **state)
{
	auto_buf der = BUF_INIT(4096);
	struct crl_build b = build_plain();
	struct crl_entry entries[4], found;
	struct crl c;

	fill_entries(entries);
	b.entries = entries;
	b.n_entries = 3;
	build(&b, &der);
	parse(&der, &c);
	assert_true(crl_find(&c, US, SERIAL(0, 1), &found));
	assert_int_equal(found.when, 1600000000);
	assert_true(crl_find(&c, THEM, SERIAL(2, 3), &found));
	assert_int_equal(found.reason, CRL_UNSPECIFIED);
	/* The same serial number of another issuer is another certificate. */
	assert_false(crl_find(&c, THEM, SERIAL(0, 1), &found));
	assert_false(crl_find(&c, US, SERIAL(2, 3), &found));
	assert_false(crl_find(&c, THEM, SERIAL(2, 2), &found));
}

/* The content octets of CRLNumber, in the fewest. */
static void
test_numbers(void **state)
{
	static const struct {
		unsigned long number;
		const char *hex;
	} numbers[] = { { 0, "00" }, { 1, "01" }, { 127, "7f" },
		{ 128, "0080" }, { 255, "00ff" }, { 256, "0100" },
		{ 65536, "010000" }, { 2147483648, "0080000000" } };

	for (size_t i = 0; i < SIZE(numbers); i++) {
		auto_buf der = BUF_INIT(4096);
		struct crl_build b = build_plain();
		struct crl c;
		char hex[64];

		b.number = numbers[i].number;
		build(&b, &der);
		parse(&der, &c);
		assert_string_equal(hex_of(c.number, hex), numbers[i].hex);
	}
}

static void
test_age(void **state)
{
	static const uint8_t n5[] = { 5 }, n128[] = { 0, 128 }, n6[] = { 6 };
	struct crl a = { .number = SPAN_OF(n5) }, b = a;

	assert_int_equal(crl_compare_age(&a, &b), 0);
	b.this_update = 1;
	assert_true(crl_compare_age(&a, &b) < 0);
	a.number = SPAN_OF(n6);
	assert_true(crl_compare_age(&a, &b) > 0);
	b.number = SPAN_OF(n128);
	assert_true(crl_compare_age(&a, &b) < 0);
	a.number = NOBODY;
	assert_true(crl_compare_age(&a, &b) < 0);
	assert_true(crl_compare_age(&b, &a) > 0);
}

/* Every beginning of a CRL is none, and nothing may follow. */
static void
test_cuts(void **state)
{
	auto_buf der = BUF_INIT(4096);
	struct crl_build b = build_plain();
	struct crl_entry entries[4];
	struct err e = ERR_INIT;
	struct crl c;

	fill_entries(entries);
	b.entries = entries;
	b.n_entries = 4;
	build(&b, &der);
	for (size_t n = 0; n < der.n; n++) {
		auto_buf cut = BUF_INIT(n);

		err_clear(&e);
		make_put(&cut, (struct span){ der.p, n });
		assert_int_equal(crl_parse(buf_span(&cut), &c, &e), -1);
		assert_true(e.code == E_SHORT || (n < 4 && e.code == E_FORMAT));
	}
	assert_int_equal(buf_put_u8(&der, 0), 0);
	assert_int_equal(crl_parse(buf_span(&der), &c, &e), -1);
	assert_int_equal(e.code, E_FORMAT);
	assert_non_null(strstr(e.msg, "1 bytes after it"));
}

/* One octet less or more in any length inside is an error too, or at least no
 * read beyond the end (the sanitizers watch). */
static void
test_every_octet(void **state)
{
	auto_buf der = BUF_INIT(4096);
	struct crl_build b = build_plain();
	struct crl_entry entries[4], found;

	fill_entries(entries);
	b.entries = entries;
	b.n_entries = 4;
	build(&b, &der);
	for (size_t i = 0; i < der.n; i++)
		for (int d = -1; d <= 1; d += 2) {
			struct crl c;

			der.p[i] = (uint8_t)(der.p[i] + d);
			if (crl_parse(buf_span(&der), &c, NULL) == 0)
				(void)crl_find(&c, US, SERIAL(2, 3), &found);
			der.p[i] = (uint8_t)(der.p[i] - d);
		}
}

/* A certificate that is nothing but a key. */
static void
cert_of(const struct key *k, struct buf *spki, struct cert *ret)
{
	static const char p384[] =
	    "3076 3010 06072a8648ce3d0201 06052b81040022 0362 00";
	static const char p256[] =
	    "3059 3013 06072a8648ce3d0201 06082a8648ce3d030107 0342 00";
	struct pubkey pub;

	key_public(k, &pub);
	make_hex(spki, pub.alg == KEY_P384 ? p384 : p256);
	make_put(spki, (struct span){ pub.bytes, pub.n });
	*ret = (struct cert){ .spki = buf_span(spki) };
}

static void
test_signature(void **state)
{
	static const char *const texts[] = { "sig 1", "sig 0" };
	auto_buf spki_key = BUF_INIT(256), spki_other = BUF_INIT(256);
	struct key *const signers[] = { key, other };
	struct cert certs[2];

	cert_of(key, &spki_key, &certs[0]);
	cert_of(other, &spki_other, &certs[1]);
	for (size_t i = 0; i < 2; i++) {
		auto_buf der = BUF_INIT(4096);
		struct crl_build b = build_plain();
		struct err e = ERR_INIT;
		struct crl c;
		char text[1024];

		b.signer.key = signers[i];
		build(&b, &der);
		parse(&der, &c);
		text_of(&c, text, sizeof(text));
		assert_non_null(strstr(text, texts[i]));
		assert_int_equal(crl_check_signature(&c, &certs[i], &e), 0);
		assert_int_equal(
		    crl_check_signature(&c, &certs[1 - i], &e), -1);
		assert_int_equal(e.code, E_CRYPTO);
		der.p[der.n - 1] ^= 1;
		parse(&der, &c);
		assert_int_equal(crl_check_signature(&c, &certs[i], &e), -1);
		c.sig_known = false;
		assert_int_equal(crl_check_signature(&c, &certs[i], &e), -1);
		assert_non_null(strstr(e.msg, "not supported"));
	}
}

static void
test_limits(void **state)
{
	auto_buf der = BUF_INIT(MAX_CRL_SIZE), small = BUF_INIT(100);
	auto_free struct crl_entry *many =
	    calloc(MAX_CRL_ENTRIES + 1, sizeof(*many));
	struct crl_build b = build_plain();
	struct err e = ERR_INIT;
	struct crl c;

	assert_non_null(many);
	for (size_t i = 0; i <= MAX_CRL_ENTRIES; i++)
		many[i] = (struct crl_entry){ .serial = SERIAL(0, 1),
			.when = 1600000000,
			.reason = CRL_REASON_NONE };
	b.entries = many;
	b.n_entries = MAX_CRL_ENTRIES + 1;
	assert_int_equal(crl_build(&b, &der, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
	b.n_entries = MAX_CRL_ENTRIES;
	build(&b, &der);
	parse(&der, &c);
	assert_int_equal(c.n_entries, MAX_CRL_ENTRIES);

	b.n_entries = 1;
	assert_int_equal(crl_build(&b, &small, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
	assert_int_equal(small.n, 0);
	many[0].when = -631152001; /* 1949 */
	assert_int_equal(crl_build(&b, &der, &e), -1);
	assert_non_null(strstr(e.msg, "entry 1: revocationDate"));
}

/* --- files ---------------------------------------------------------------- */

/* Append der as PEM: a certificate's, with the other lines around it. */
static void
put_pem(struct buf *out, struct span der)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----";
	static const char end[] = "-----END CERTIFICATE-----\n";
	auto_buf pem = BUF_INIT(8192);

	assert_int_equal(cert_to_pem(der, &pem), 0);
	make_put(out, SPAN_STR("-----BEGIN X509 CRL-----"));
	make_put(out, (struct span){ pem.p + sizeof(begin) - 1,
			  pem.n - (sizeof(begin) - 1) - (sizeof(end) - 1) });
	make_put(out, SPAN_STR("-----END X509 CRL-----\n"));
}

static void
test_file(void **state)
{
	auto_buf der = BUF_INIT(4096), pem = BUF_INIT(8192),
		 out = BUF_INIT(8192);
	struct crl_build b = build_plain();
	struct err e = ERR_INIT;
	struct span all;
	struct der one;

	build(&b, &der);
	assert_int_equal(crl_from_file(buf_span(&der), &out, &e), 0);
	assert_true(span_eq(buf_span(&out), buf_span(&der)));

	buf_reset(&out);
	put_pem(&pem, buf_span(&der));
	make_put(&pem, SPAN_STR("text between\n"));
	put_pem(&pem, buf_span(&der));
	assert_int_equal(crl_from_file(buf_span(&pem), &out, &e), 0);
	all = buf_span(&out);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(der_get(&all, &one), 0);
		assert_true(span_eq(one.tlv, buf_span(&der)));
	}
	assert_int_equal(all.n, 0);

	buf_reset(&pem);
	assert_int_equal(cert_to_pem(buf_span(&der), &pem), 0);
	assert_int_equal(crl_from_file(buf_span(&pem), &out, &e), -1);
	assert_string_equal(e.msg, "no CRL, PEM or DER");
	make_put(&der, SPAN_STR("0"));
	assert_int_equal(crl_from_file(buf_span(&der), &out, &e), -1);
	assert_string_equal(e.msg, "1 bytes after the CRL");
}

/* --- silicon's ------------------------------------------------------------ */

static bool
contains(struct span s, const char *hex)
{
	auto_buf needle = BUF_INIT(64);

	make_hex(&needle, hex);
	return memmem(s.p, s.n, needle.p, needle.n) != NULL;
}

/* The n-th of the two dates, as it stands behind the issuer. */
static void
date_of(const struct crl *c, int n, char out[14])
{
	const uint8_t *at = c->issuer.p + c->issuer.n + 15 * n;

	assert_int_equal(at[0], DER_UTC_TIME);
	assert_int_equal(at[1], 13);
	memcpy(out, at + 2, 13);
	out[13] = '\0';
}

/* What is signed is the same to the byte, from the few values that a builder
 * is given. */
static void
rebuild(const char *path)
{
	auto_buf real = BUF_INIT(MAX_SMALL_FILE), der = BUF_INIT(4096);
	char from[14], to[14];
	struct crl_build b = { .signer.key = key };
	struct crl c, ours;
	size_t n = 0;

	assert_int_equal(file_read(AT_FDCWD, path, &real, NULL), 0);
	parse(&real, &c);
	assert_string_equal(c.critical, "");
	assert_false(c.partial);
	assert_int_equal(c.n_entries, 0);
	date_of(&c, 0, from);
	date_of(&c, 1, to);
	b.issuer = c.issuer;
	b.signer.null_params = contains(c.tbs, "300c06082a8648ce3d0403030500");
	b.aki = c.aki;
	b.number = c.number.p[0];
	b.this_update = from;
	b.next_update = to;
	if (c.number.p < c.aki.p)
		b.exts[n++] = CRL_EXT_NUMBER;
	b.exts[n++] = CRL_EXT_AKI;
	if (c.number.p > c.aki.p)
		b.exts[n++] = CRL_EXT_NUMBER;
	if (c.indirect)
		b.exts[n++] = CRL_EXT_IDP_INDIRECT;
	build(&b, &der);
	parse(&der, &ours);
	if (!span_eq(c.tbs, ours.tbs))
		fail_msg("%s: what is signed differs", path);
}

static void
test_reference(void **state)
{
	glob_t found;

	if (glob(REFERENCE "crl/*.crl", 0, NULL, &found) != 0)
		skip();
	(void)glob(REFERENCE "crl/*/*.crl", GLOB_APPEND, NULL, &found);
	assert_true(found.gl_pathc >= 15);
	for (size_t i = 0; i < found.gl_pathc; i++)
		rebuild(found.gl_pathv[i]);
	globfree(&found);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_every_octet),
		cmocka_unit_test(test_signature),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_reference),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
