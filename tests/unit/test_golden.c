/*
 * Certificates as text: against tests/golden/cert, which holds what the seed
 * "golden" gives, and against real ones.
 *
 * GOLDEN_UPDATE=1 build/unit/test_golden writes the goldens anew, from the top
 * of the source tree; needed when certs/pki was made anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "made.h"
#include "odca/cert.h"
#include "odca/pki_list.h"
#include "sim/base/file.h"

/* --- goldens --- */

static void __attribute__((format(printf, 2, 3)))
put_text(struct buf *out, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	assert_int_equal(buf_put(out, SPAN_STR(line)), 0);
}

static bool
is_text(struct der d)
{
	for (size_t i = 0; i < d.content.n; i++) {
		if (d.content.p[i] < 0x20 || d.content.p[i] > 0x7e)
			return false;
	}
	return d.tag == 0x0c || d.tag == 0x16 || d.tag == 0x17 || d.tag == 0x86;
}

static bool
holds_der(uint8_t tag, struct span inner)
{
	if (tag == DER_BIT_STRING) /* a point may look like an OCTET STRING */
		return inner.n > 2 && inner.p[0] == DER_SEQUENCE &&
		       der_is_strict(inner);
	return tag == DER_OCTET_STRING && inner.n > 2 && der_is_strict(inner);
}

/* One element a line; what is DER within strings is opened too. */
static void
dump(struct span s, int depth, struct buf *out)
{
	struct der d;

	while (s.n > 0) {
		struct span inner;

		assert_int_equal(der_get(&s, &d), 0);
		inner = d.content;
		put_text(out, "%*s%02x", 2 * depth, "", d.tag);
		if (d.tag == DER_BIT_STRING) {
			put_text(out, " %02x", inner.p[0]);
			(void)span_skip(&inner, 1);
		}
		if ((d.tag & DER_CONSTRUCTED) != 0 || holds_der(d.tag, inner)) {
			put_text(out, "\n");
			dump(inner, depth + 1, out);
		} else if (is_text(d)) {
			put_text(out, " '%.*s'\n", (int)inner.n, inner.p);
		} else {
			put_text(out, "%s", inner.n > 0 ? " " : "");
			for (size_t i = 0; i < inner.n; i++)
				put_text(out, "%02x", inner.p[i]);
			put_text(out, "\n");
		}
	}
}

static void
check_golden(const char *family, const char *profile, struct span der)
{
	const bool update = getenv("GOLDEN_UPDATE") != NULL;
	auto_buf got = BUF_INIT(MAX_SMALL_FILE),
		 want = BUF_INIT(MAX_SMALL_FILE);
	struct err e = ERR_INIT;
	char path[96];

	(void)snprintf(
	    path, sizeof(path), "tests/golden/cert/%s-%s.txt", family, profile);
	dump(der, 0, &got);
	if (update)
		assert_int_equal(
		    file_write(AT_FDCWD, path, buf_span(&got), FILE_NOSYNC, &e),
		    0);
	if (file_read(AT_FDCWD, path, &want, &e) != 0)
		fail_msg("%s", e.msg);
	assert_same(path, buf_span(&got), buf_span(&want));
}

/* What families share (the root, an intermediate) is dumped with the first of
 * them. */
static bool
seen_before(struct span der)
{
	static uint8_t digests[256][SHA256_SIZE];
	static size_t n;

	assert_int_equal(sha256(der, digests[n]), 0);
	for (size_t i = 0; i < n; i++)
		if (memcmp(digests[i], digests[n], SHA256_SIZE) == 0)
			return true;
	n++;
	assert_true(n < 256);
	return false;
}

static void
test_goldens(void **state)
{
	size_t n;
	const struct family *families = family_all(&n);

	for (size_t f = 0; f < n; f++) {
		struct made m;

		make(&m, families[f].name, "golden", 1, NULL);
		for (size_t i = 0; i < N_CERTS; i++)
			if (m.certs[i].n > 0 &&
			    !seen_before(buf_span(&m.certs[i])))
				check_golden(families[f].name, names[i],
				    buf_span(&m.certs[i]));
		unmake(&m);
	}
}

/* "DE-OnDie_DE" of "DE/OnDie_DE". */
static void
flat_name(const char *name, char out[static MAX_CA_NAME])
{
	(void)snprintf(out, MAX_CA_NAME, "%s", name);
	for (char *p = out; *p != '\0'; p++)
		if (*p == '/')
			*p = '-';
}

/* Of every row of the table of CRLs the first one that the hierarchy has. */
static void
test_golden_crls(void **state)
{
	struct ca_list l = { 0 };
	struct err e = ERR_INIT;
	size_t n;
	const struct crl_profile *rows = crl_profile_all(&n);
	auto_pki p = NULL;

	assert_int_equal(pki_open(NULL, &p, &e), 0);
	assert_int_equal(pki_list(&l, PKI_DEFAULT_HOST, &e), 0);
	assert_int_equal(pki_list_crls(&l, &e), 0);
	for (size_t i = 0; i < n; i++) {
		char name[MAX_CA_NAME];
		struct span der;
		size_t k = 0;

		while (k < l.n && l.ca[k].crl != &rows[i])
			k++;
		assert_in_range(k, 0, l.n - 1);
		assert_int_equal(pki_crl(p, l.ca[k].name, &der, &e), 0);
		flat_name(l.ca[k].name, name);
		check_golden("crl", name, der);
	}
}

/* --- silicon --- */

#define SILICON "../shared/reference/odca/"

enum texts {
	AS_IT_IS,
	DEBUG_PART, /* names and dates of another part stand for ours */
};

/* clang-format off */
static const struct {
	const char *family, *batch, *profile, *file;
	enum texts texts;
} silicon[] = {
	{ "adl", NULL, "root", "intel-odca-root-OnDie_CA_RootCA_Certificate.pem", AS_IT_IS },
	{ "adl", NULL, "intermediate", "intel-odca-intermediate-ODCA_CA2_CSME_Intermediate.pem", AS_IT_IS },
	{ "adl", NULL, "rom", "device-ADL-lenovo-3-ROM-CA.pem", AS_IT_IS },
	{ "adl", NULL, "kernel", "device-ADL-lenovo-2-Kernel-CA.pem", AS_IT_IS },
	{ "adl", NULL, "ptt", "device-ADL-lenovo-1-PTT-CA.pem", AS_IT_IS },
	{ "adl", NULL, "ek-rsa2048", "device-ADL-lenovo-0-EK-RSA2048.pem", AS_IT_IS },
	{ "tgl", NULL, "intermediate", "intel-odca-intermediate-OnDie_CA_CSME_Intermediate.pem", AS_IT_IS },
	{ "tgl", NULL, "rom", "device-TGL-DEBUG-3-ROM-DE-CA.pem", DEBUG_PART },
	{ "tgl", NULL, "kernel", "device-TGL-DEBUG-2-Kernel-DE-CA.pem", DEBUG_PART },
	{ "mtl", NULL, "rom", "device-MTL-lenovo-3-ROM-CA.pem", AS_IT_IS },
	{ "mtl", NULL, "kernel", "device-MTL-lenovo-2-Kernel-CA.pem", AS_IT_IS },
	{ "mtl", NULL, "ptt", "device-MTL-lenovo-1-PTT-CA.pem", AS_IT_IS },
	{ "mtl", NULL, "ek-rsa2048", "device-MTL-lenovo-0-EK-RSA2048.pem", AS_IT_IS },
	{ "lnl", "00003642", "intermediate", "intel-odca-intermediate-ODCA_CA2_OSSE_Intermediate.pem", AS_IT_IS },

	{ "tgl", "DEBUG000", "root", "intel-odca-DEBUG-root-OnDie_CA_DEBUG_RootCA_Certificate.pem", AS_IT_IS },
	{ "tgl", "DEBUG000", "intermediate", "intel-odca-DEBUG-intermediate-OnDie_CA_CSME_Intermediate.pem", AS_IT_IS },
	{ "tgl", "DEBUG000", "rom", "device-TGL-DEBUG-3-ROM-DE-CA.pem", AS_IT_IS },
	{ "tgl", "DEBUG000", "kernel", "device-TGL-DEBUG-2-Kernel-DE-CA.pem", AS_IT_IS },
	{ "mcc", "DEBUG000", "rom", "device-MCC-DEBUG-3-ROM-DE-CA.pem", AS_IT_IS },
	{ "mcc", "DEBUG000", "kernel", "device-MCC-DEBUG-2-Kernel-DE-CA.pem", AS_IT_IS },
	{ "adl", "DEBUG000", "intermediate", "intel-odca-DEBUG-intermediate-ODCA_CA2_CSME_Intermediate.pem", AS_IT_IS },

	{ "tgl", "00001846", "issuing", "intel-odca-issuing-TGL_00001846_OnDie_CA.pem", AS_IT_IS },
	{ "tgl", "T_00002002", "issuing", "intel-odca-issuing-TGL_00002002_OnDie_CA.pem", AS_IT_IS },
	{ "tgl", "E_00002003", "issuing", "intel-odca-issuing-TGL_00002003_OnDie_CA.pem", AS_IT_IS },
	{ "tgl", "P_00002004", "issuing", "intel-odca-issuing-TGL_00002004_OnDie_CA.pem", AS_IT_IS },
	{ "tgl", "D_DEBUG000", "issuing", "intel-odca-issuing-TGL_DEBUG000_OnDie_CA.pem", AS_IT_IS },
	{ "mcc", "00001881", "issuing", "intel-odca-issuing-MCC_00001881_OnDie_CA.pem", AS_IT_IS },
	{ "mcc", "DEBUG000", "issuing", "intel-odca-issuing-MCC_DEBUG000_OnDie_CA.pem", AS_IT_IS },
	{ "ebg", "00002001", "issuing", "intel-odca-issuing-EBG_00002001_OnDie_CA.pem", AS_IT_IS },
	{ "ebg", "00002483", "issuing", "intel-odca-issuing-EBG_PROD_00002483_OnDie_CA.pem", AS_IT_IS },
	{ "ebg", "00002600", "issuing", "intel-odca-issuing-EBG_PROD_00002600_OnDie_CA.pem", AS_IT_IS },
	{ "adl", "E_00002225", "issuing", "intel-odca-issuing-ADL_00002225_ODCA_CA2.pem", AS_IT_IS },
	{ "adl", "00002226", "issuing", "intel-odca-issuing-ADL_00002226_ODCA_CA2.pem", AS_IT_IS },
	{ "adl", "T_00002227", "issuing", "intel-odca-issuing-ADL_00002227_ODCA_CA2.pem", AS_IT_IS },
	{ "adl", "00002341", "issuing", "intel-odca-issuing-ADL_PROD_00002341_ODCA_CA2.pem", AS_IT_IS },
	{ "adl", "00002701", "issuing", "intel-odca-issuing-ADL_PROD_00002701_ODCA_CA2.pem", AS_IT_IS },
	{ "adl", "00002820", "issuing", "intel-odca-issuing-ADL_PROD_00002820_ODCA_CA2.pem", AS_IT_IS },
	{ "rpl", "00002983", "issuing", "intel-odca-issuing-ADL_PROD_00002983_ODCA_CA2.pem", AS_IT_IS },
	{ "adl", "DEBUG000", "issuing", "intel-odca-issuing-ADL_DEBUG000_ODCA_CA2.pem", AS_IT_IS },
	{ "mtl", "T_00003042", "issuing", "intel-odca-issuing-MTL_00003042_ODCA_CA2_T_test.pem", AS_IT_IS },
	{ "mtl", "P_00003043", "issuing", "intel-odca-issuing-MTL_00003043_ODCA_CA2.pem", AS_IT_IS },
	{ "mtl", "E_00003044", "issuing", "intel-odca-issuing-MTL_00003044_ODCA_CA2_E_engineering.pem", AS_IT_IS },
	{ "mtl", "00003145", "issuing", "intel-odca-issuing-MTP_00003145_ODCA_CA2_P_MTP_PCH.pem", AS_IT_IS },
	{ "mtl", "DBG00001", "issuing", "intel-odca-DEBUG-other-MTL_DBG00001_ODCA_CA2.pem", AS_IT_IS },
	{ "lnl", "00003642_NZ", "issuing", "intel-odca-issuing-LNL_00003642_NZ_ODCA_CA2_OSSE.pem", AS_IT_IS },
	{ "lnl", "00003642_ZE", "issuing", "intel-odca-issuing-LNL_00003642_ZE_ODCA_CA2.pem", AS_IT_IS },
	{ "lnl", "00003648_NZ", "issuing", "intel-odca-issuing-LNL_00003648_NZ_ODCA_CA2.pem", AS_IT_IS },
	{ "lnl", "00003648_ZE", "issuing", "intel-odca-issuing-LNL_00003648_ZE_ODCA_CA2.pem", AS_IT_IS },
	{ "ptl", "00004042_NZ", "issuing", "intel-odca-issuing-PTL_00004042_NZ_ODCA_CA2.pem", AS_IT_IS },
	{ "ptl", "00004042_ZE", "issuing", "intel-odca-issuing-PTL_00004042_ZE_ODCA_CA2.pem", AS_IT_IS },
	{ "ptl", "00004048_NZ", "issuing", "intel-odca-issuing-PTL_00004048_NZ_ODCA_CA2_OSSE.pem", AS_IT_IS },
	{ "ptl", "00004048_ZE", "issuing", "intel-odca-issuing-PTL_00004048_ZE_ODCA_CA2.pem", AS_IT_IS },
	{ "ptl", "00004506_NZ", "issuing", "intel-odca-issuing-PTL_00004506_NZ_ODCA_CA2.pem", AS_IT_IS },
	{ "ptl", "00004506_ZE", "issuing", "intel-odca-issuing-PTL_00004506_ZE_ODCA_CA2.pem", AS_IT_IS },

	{ "spt", NULL, "root", "epid-era-root-EKRootPublicKey.pem", AS_IT_IS },
	{ "spt", "SPTH_EPID_PROD", "issuing", "epid-era-intermediate-SPTH_EPID_PROD.pem", AS_IT_IS },
	{ "spt", "SPTH_EPID_PROD_RK_0", "issuing", "epid-era-intermediate-SPTH_EPID_PROD_RK_0.pem", AS_IT_IS },
	{ "spt", "SPT_EPID_PROD", "issuing", "epid-era-intermediate-SPTEPIDPROD.pem", AS_IT_IS },
	{ "spt", "SPT-H-LP_EPID_Prod", "issuing", "epid-era-intermediate-SPTHLPEPIDProd.pem", AS_IT_IS },
	{ "spt", "SPT-H-LP_EPID_Prod_RK_0", "issuing", "epid-era-intermediate-SPT-H-LP_EPID_Prod_RK_0.pem", AS_IT_IS },
	{ "glk", "GLK_EPID_PROD", "issuing", "epid-era-intermediate-GLKEPIDPROD.pem", AS_IT_IS },
	{ "glk", "GLK_B0_EPID_PROD", "issuing", "epid-era-intermediate-GLKB0EPIDPROD.pem", AS_IT_IS },
	{ "cnl", "CNL_EPID_POST_B1LP_PROD_2", "issuing", "epid-era-intermediate-CNLEPIDPOSTB1LPPROD2.pem", AS_IT_IS },
	{ "cnl", "CNL_EPID_POST_B1LP_PROD", "issuing", "epid-era-intermediate-CNLEPIDPOSTB1LPPROD.pem", AS_IT_IS },
	{ "cnl", "CNL_EPID_LP_B1_PROD", "issuing", "epid-era-intermediate-CNLEPIDLPB1PROD.pem", AS_IT_IS },
	{ "cnl", "CNL_EPID_PROD", "issuing", "epid-era-intermediate-CNLEPIDPROD.pem", AS_IT_IS },
	{ "icl", "ICL_EPID_PROD_PRQ", "issuing", "epid-era-intermediate-ICLEPIDPRODPRQ.pem", AS_IT_IS },
	{ "icl", "ICL_N_EPID_PROD", "issuing", "epid-era-intermediate-ICLNEPIDPROD.pem", AS_IT_IS },
	{ "icl", "ICL_N_EPID_PRE_PROD", "issuing", "epid-era-intermediate-ICLNEPIDPREPROD.pem", AS_IT_IS },
	{ "icl", "ICL_EPID_A0-1_PROD", "issuing", "epid-era-intermediate-ICLEPIDA01PROD.pem", AS_IT_IS },
	{ "icl", "ICL_EPID_A0_PROD", "issuing", "epid-era-intermediate-ICLEPIDA0PROD.pem", AS_IT_IS },
	{ "cml", "CML_EPID_PROD", "issuing", "epid-era-intermediate-CMLEPIDPROD.pem", AS_IT_IS },
	{ "cml", "CMP_V_EPID_PROD", "issuing", "epid-era-intermediate-CMPVEPIDPROD.pem", AS_IT_IS },
	{ "jsl", "JSL_EPID_PROD", "issuing", "epid-era-intermediate-JSLEPIDPROD.pem", AS_IT_IS },
};

/* What TEST certificates have in place of what real ones say. */
static const struct {
	const char *test, *real;
} renamed[] = {
	{ "'TEST ", "'" },
	{ "'odcasim TEST'", "'Intel Corporation'" },
	{ "'www.odcasim.test'", "'www.intel.com'" },
};
/* clang-format on */

#define LONGEST_KEPT 24 /* hex digits; beyond: keys, their ids, signatures */

/* A URL without its host. */
static bool
put_url(const char *line, struct buf *out)
{
	const char *host = strstr(line, "://");
	const char *path = host != NULL ? strchr(host + 3, '/') : NULL;

	if (path == NULL)
		return false;
	put_text(out, "%.*s://HOST%s\n", (int)(host - line), line, path);
	return true;
}

/* A line of a dump without what differs from one device to the other. */
static void
put_comparable(const char *line, enum texts texts, struct buf *out)
{
	const char *value = line + strspn(line, " ");
	const bool text = strchr(value, '\'') != NULL;
	const bool oid = strncmp(value, "06 ", 3) == 0;

	if (text ? texts == DEBUG_PART : !oid && strlen(value) > LONGEST_KEPT) {
		put_text(out, "%.*s ...\n", (int)(value - line) + 2, line);
		return;
	}
	if (put_url(line, out))
		return;
	for (size_t i = 0; i < sizeof(renamed) / sizeof(*renamed); i++) {
		const char *at = strstr(line, renamed[i].test);

		if (at == NULL)
			continue;
		put_text(out, "%.*s%s%s\n", (int)(at - line), line,
		    renamed[i].real, at + strlen(renamed[i].test));
		return;
	}
	put_text(out, "%s\n", line);
}

static void
comparable(struct span der, enum texts texts, struct buf *out)
{
	auto_buf text = BUF_INIT(MAX_SMALL_FILE);
	char *line, *rest;

	dump(der, 0, &text);
	assert_int_equal(buf_put_u8(&text, 0), 0);
	for (line = strtok_r((char *)text.p, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		put_comparable(line, texts, out);
}

static void
check_silicon(size_t row)
{
	auto_buf file = BUF_INIT(MAX_SMALL_FILE), der = BUF_INIT(MAX_CERT_SIZE),
		 ours = BUF_INIT(MAX_SMALL_FILE),
		 theirs = BUF_INIT(MAX_SMALL_FILE);
	struct err e = ERR_INIT;
	struct made m;
	char path[160];

	(void)snprintf(path, sizeof(path), SILICON "%s", silicon[row].file);
	if (file_read(AT_FDCWD, path, &file, &e) != 0 ||
	    cert_from_file(buf_span(&file), &der, &e) != 0)
		fail_msg("%s", e.msg);
	make_batch(
	    &m, silicon[row].family, silicon[row].batch, "silicon", 1, NULL);
	comparable(buf_span(&der), silicon[row].texts, &theirs);
	comparable(buf_span(&m.certs[index_of(silicon[row].profile)]),
	    silicon[row].texts, &ours);
	unmake(&m);
	if (!span_eq(buf_span(&ours), buf_span(&theirs)))
		fail_msg("%s\n--- ours\n%.*s--- theirs\n%.*s", path,
		    (int)ours.n, ours.p, (int)theirs.n, theirs.p);
}

/* Real certificates, where there is a collection of them. */
static void
test_silicon(void **state)
{
	if (!file_exists(AT_FDCWD, SILICON))
		skip();
	for (size_t i = 0; i < sizeof(silicon) / sizeof(*silicon); i++)
		check_silicon(i);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goldens),
		cmocka_unit_test(test_golden_crls),
		cmocka_unit_test(test_silicon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
