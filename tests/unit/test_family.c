/* Families: what stands in a row must fit into TPM properties and names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "odca/cert.h"
#include "odca/profile.h"
#include "odca/service.h"

/* clang-format off */
static const struct {
	const char *name, *model, *vendor, *batch;
	enum generation gen;
	uint32_t firmware1;
	unsigned revision;
} rows[] = {
	{ "tgl", "TGL", "TGL",   "00002004",    GEN_ONDIE, 0x01f4000e, 138 },
	{ "mcc", "MCC", "MCC",   "00001881",    GEN_ONDIE, 0x01f4000e, 138 },
	{ "ebg", "EBG", "EBG",   "00002001",    GEN_ONDIE, 0x01f4000e, 138 },
	{ "adl", "ADL", "ADL",   "00002820",    GEN_CA2,   0x02580012, 138 },
	{ "rpl", "ADL", "ADL",   "00002983",    GEN_CA2,   0x02580012, 138 },
	{ "mtl", "MTL", "MTL",   "00003043",    GEN_SOC,   0x02bc0013, 159 },
	{ "lnl", "LNL", "LNL",   "00003648 NZ", GEN_SOC,   0x03200000, 159 },
	{ "ptl", "PTL", "PTL",   "00004042 NZ", GEN_SOC,   0x03840000, 159 },
	{ "spt", "SPT", "Intel", "SPTH_EPID_PROD", GEN_EPID_SPT, 0x00020000, 103 },
	{ "cml", "CML", "Intel", "CML_EPID_PROD", GEN_EPID, 0x01930001, 103 },
};
/* clang-format on */

static void
test_rows(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct family *f = family_find(rows[i].name);
		const struct batch *b;

		assert_non_null(f);
		b = family_batch(f, NULL);
		assert_string_equal(f->model, rows[i].model);
		assert_string_equal(f->vendor, rows[i].vendor);
		assert_string_equal(b->number, rows[i].batch);
		assert_int_equal(b->gen, rows[i].gen);
		assert_int_equal(f->firmware1, rows[i].firmware1);
		assert_int_equal(f->spec_revision, rows[i].revision);
		assert_int_equal(f->spec_year, 0x7e3);
		assert_int_equal(f->spec_day, 0x160);
	}
	assert_null(family_find("TGL"));
	assert_null(family_find(""));
}

static void
test_every_row_is_complete(void **state)
{
	size_t n;
	const struct family *f = family_all(&n);

	assert_true(n >= sizeof(rows) / sizeof(*rows));
	for (size_t i = 0; i < n; i++) {
		const struct batch *b = f[i].batches;

		assert_ptr_equal(family_find(f[i].name), &f[i]);
		/* Both words of the firmware version name one family. */
		assert_ptr_equal(
		    family_of_tpm(f[i].firmware1, f[i].firmware2, NULL), &f[i]);
		/* Four TPM properties of four characters, with a NUL. */
		assert_in_range(strlen(f[i].vendor), 1, 15);
		assert_int_equal(strlen(f[i].fw_not_before), 13);
		assert_non_null(family_batch(&f[i], NULL));
		for (; b->number != NULL; b++) {
			assert_int_equal(strlen(b->not_before), 13);
			assert_ptr_equal(family_batch(&f[i], b->number), b);
			assert_int_equal(b->kind == 'D', gen_is_debug(b->gen));
			/* The profile of SOC names has policies. */
			assert_int_equal(b->policies != NULL,
			    b->gen == GEN_SOC || b->gen == GEN_SOC_DE);
		}
		assert_null(family_batch(&f[i], "00000000"));
		assert_null(family_batch(&f[i], "X"));
	}
}

static void
test_batch_names(void **state)
{
	const struct family *lnl = family_find("lnl"),
			    *mtl = family_find("mtl");

	/* clang-format off */
	const struct {
		const struct family *f;
		const char *name, *number;
	} names[] = {
		{ lnl, "00003648 ZE", "00003648 ZE" },
		{ lnl, "00003648_ZE", "00003648 ZE" },
		{ lnl, "P_00003648_ZE", "00003648 ZE" },
		{ lnl, "00003648", "00003648 NZ" }, /* the first of two */
		{ mtl, "E_00003044", "00003044" },
		{ mtl, "T_00003042", "00003042" },
		{ mtl, "D_DBG00001", "DBG00001" },
		{ mtl, "T_00003044", NULL },
		{ mtl, "0000304", NULL },
		{ mtl, "00003044 NZ", NULL },
		{ mtl, "", NULL },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct batch *b = family_batch(names[i].f, names[i].name);

		if (names[i].number == NULL)
			assert_null(b);
		else
			assert_string_equal(b->number, names[i].number);
	}
}

static void
test_by_firmware(void **state)
{
	assert_string_equal(family_of_tpm(0x01f40001, 0, NULL)->name, "tgl");
	assert_string_equal(family_of_tpm(0x01f40001, 1, "MCC")->name, "mcc");
	assert_string_equal(family_of_tpm(0x01f40001, 1, "XYZ")->name, "tgl");
	assert_string_equal(family_of_tpm(0x0258ffff, 9, "ADL")->name, "adl");
	assert_null(family_of_tpm(0x01f30000, 0, "TGL"));
	assert_null(family_of_tpm(0, 0, NULL));
}

/* No cycles: issuers are of a higher level. */
static void
check_level(const struct profile *p, const struct profile *issuer)
{
	static const char *const levels[] = { "root", "intermediate", "issuing",
		"rom", "kernel", "ptt", "ek-rsa2048", "ek-p256", "ek-p384",
		"aik-ca", "ra-signing", "ra-encryption", "aik", "plain",
		"server" };
	size_t at = 0, above = 0;

	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
		if (strcmp(levels[i], p->name) == 0)
			at = i + 1;
		if (strcmp(levels[i], issuer->name) == 0)
			above = i + 1;
	}
	assert_true(at != 0 && above != 0);
	assert_true(above < at || (p == issuer && at == 1));
}

/* Rows of a table that name each other. */
static void
check_profiles(const struct profile *p, size_t n, bool part)
{
	for (size_t i = 0; i < n; i++) {
		const bool ca = (p[i].ku & KU_KEY_CERT_SIGN) != 0;
		unsigned seen = 0;

		for (size_t k = 0; k < i; k++) {
			if (strcmp(p[k].name, p[i].name) == 0)
				assert_int_equal(p[k].gens & p[i].gens, 0);
		}
		for (enum generation gen = 0; gen < GEN_COUNT; gen++) {
			const struct profile *issuer;

			if ((p[i].gens & GENS(gen)) == 0)
				continue;
			assert_ptr_equal(profile_find(p[i].name, gen), &p[i]);
			issuer = profile_issuer(&p[i], gen, NULL);
			assert_non_null(issuer);
			check_level(&p[i], issuer);
			assert_true(issuer->ku & KU_KEY_CERT_SIGN);
			if (p[i].crl_issuer != NULL) {
				issuer = profile_find(p[i].crl_issuer, gen);
				assert_non_null(issuer);
				assert_true(issuer->ku & KU_CRL_SIGN);
			}
		}
		for (size_t k = 0; k < MAX_PROFILE_EXTS; k++) {
			const unsigned id = p[i].exts[k] & EXT_ID_MASK;

			assert_true(id < EXT_COUNT);
			if (id == EXT_END)
				break;
			assert_int_equal(seen & 1U << id, 0);
			seen |= 1U << id;
		}
		/* What a row says is also in the certificate, and the other
		 * way round. */
		assert_int_equal(!!(seen & 1U << EXT_AIA), p[i].aia != NULL);
		assert_int_equal(
		    !!(seen & 1U << EXT_CRLDP), p[i].crldp != NULL);
		assert_int_equal(!!(seen & 1U << EXT_EKU), p[i].eku != NULL);
		assert_int_equal(
		    !!(seen & 1U << EXT_POLICIES), p[i].policies != NULL);
		assert_int_equal(!!(seen & 1U << EXT_DNS), p[i].dns != NULL);
		assert_true(seen & 1U << EXT_BC);
		assert_true(seen & 1U << EXT_KU);
		if (!part)
			continue;
		assert_int_equal(!!(seen & 1U << EXT_SKI), ca);
		assert_int_equal(
		    !!(seen & 1U << EXT_SAN), p[i].san[0].oid != NULL);
		assert_true(seen & 1U << EXT_AKI);
		/* Above the device a file, on the device a serial number. */
		assert_true(p[i].file != NULL || p[i].serial != NULL ||
			    p[i].serial_label != NULL);
	}
}

static void
test_profiles(void **state)
{
	size_t n;
	const struct profile *p = profile_all(&n);

	check_profiles(p, n, true);
	p = service_profiles(&n);
	check_profiles(p, n, false);
	for (size_t i = 0; i < n; i++)
		for (enum generation gen = 0; gen < GEN_COUNT; gen++)
			if ((p[i].gens & GENS(gen)) != 0)
				assert_true(gen_is_service(gen));
}

static void
test_text(void **state)
{
	const struct family *f = family_find("adl");
	const struct vars v = { f, f->batches, 7, "h", NULL, NULL };
	struct err e = ERR_INIT;
	char out[24];

	/* clang-format off */
	static const struct {
		const char *text, *want;
	} texts[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "{svn}", "07" },
		{ "{svn-octet}04", "0704" },
		{ "a {code} b{host}", "a ADL bh" },
		{ "{kind}{part} {batch}", "P_ADL 00002820" },
		{ "id:{firmware}", "id:02580012" },
		{ "{code}_{batch}_{file}", "ADL_00002820_ODCA_CA2" },
		{ "{ca}/{issuing}", "ODCA CA2/ODCA 2" },
		{ "{batch-date}", "211201000000Z" },
		{ "{firmware-date}", "210623000000Z" },
		{ "{nothing}", NULL },
		{ "{svn", NULL },
		{ "123456789012345678901234", NULL },
		{ "12345678901234567890123", "12345678901234567890123" },
		{ "1234567890123456{batch}", NULL },
	};
	/* clang-format on */
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const int rc =
		    profile_text(texts[i].text, &v, out, sizeof(out), &e);

		assert_int_equal(rc, texts[i].want != NULL ? 0 : -1);
		if (texts[i].want != NULL)
			assert_string_equal(out, texts[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_row_is_complete),
		cmocka_unit_test(test_batch_names),
		cmocka_unit_test(test_by_firmware),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
