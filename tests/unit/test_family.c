/* Families: what stands in a row must fit into TPM properties and names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "odca/cert.h"
#include "odca/profile.h"

static const struct {
	const char *name, *code, *batch;
	enum generation gen;
	uint32_t firmware1;
} rows[] = {
	{ "tgl", "TGL", "00002004", GEN_ONDIE, 0x01f4000e },
	{ "adl", "ADL", "00002820", GEN_CA2, 0x02580012 },
};

static void
test_rows(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct family *f = family_find(rows[i].name);

		assert_non_null(f);
		assert_string_equal(f->code, rows[i].code);
		assert_string_equal(f->batches[0].number, rows[i].batch);
		assert_int_equal(f->gen, rows[i].gen);
		assert_int_equal(f->firmware1, rows[i].firmware1);
		assert_int_equal(f->spec_revision, 138);
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
		assert_ptr_equal(family_by_firmware(f[i].firmware1), &f[i]);
		/* TPM_PT_VENDOR_STRING_1 has four characters. */
		assert_in_range(strlen(f[i].code), 1, 4);
		assert_int_equal(strlen(f[i].fw_not_before), 13);
		assert_non_null(b->number);
		for (; b->number != NULL; b++) {
			assert_int_equal(strlen(b->number), 8);
			assert_int_equal(strlen(b->not_before), 13);
			assert_ptr_equal(family_batch(&f[i], b->number), b);
		}
		assert_null(family_batch(&f[i], "00000000"));
	}
}

static void
test_by_firmware(void **state)
{
	assert_string_equal(family_by_firmware(0x01f40001)->name, "tgl");
	assert_string_equal(family_by_firmware(0x0258ffff)->name, "adl");
	assert_null(family_by_firmware(0x01f30000));
	assert_null(family_by_firmware(0));
}

/* Rows of profile_table.c that name each other. */
static void
test_profiles(void **state)
{
	size_t n, n_families;
	const struct profile *p = profile_all(&n);
	const struct family *f = family_all(&n_families);

	for (size_t i = 0; i < n; i++) {
		const bool ca = (p[i].ku & KU_KEY_CERT_SIGN) != 0;
		unsigned seen = 0;

		for (size_t k = 0; k < i; k++) {
			if (strcmp(p[k].name, p[i].name) == 0)
				assert_int_equal(p[k].gens & p[i].gens, 0);
		}
		for (size_t k = 0; k < n_families; k++) {
			const struct profile *issuer;

			if ((p[i].gens & 1U << f[k].gen) == 0)
				continue;
			assert_ptr_equal(
			    profile_find(p[i].name, f[k].gen), &p[i]);
			issuer = profile_find(p[i].issuer, f[k].gen);
			assert_non_null(issuer);
			assert_true(issuer <= &p[i]); /* no cycles */
			assert_true(issuer->ku & KU_KEY_CERT_SIGN);
			if (p[i].crl_issuer != NULL) {
				issuer =
				    profile_find(p[i].crl_issuer, f[k].gen);
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
		assert_int_equal(!!(seen & 1U << EXT_SKI), ca);
		assert_int_equal(!!(seen & 1U << EXT_AIA), p[i].aia != NULL);
		assert_int_equal(
		    !!(seen & 1U << EXT_CRLDP), p[i].crldp != NULL);
		assert_int_equal(!!(seen & 1U << EXT_EKU), p[i].eku != NULL);
		assert_int_equal(
		    !!(seen & 1U << EXT_SAN), p[i].san[0].oid != NULL);
		assert_true(seen & 1U << EXT_AKI);
		assert_true(seen & 1U << EXT_BC);
		assert_true(seen & 1U << EXT_KU);
		/* Above the device a file, on the device a serial number. */
		assert_int_equal(p[i].file != NULL,
		    p[i].serial == NULL && p[i].serial_label == NULL);
	}
}

static void
test_text(void **state)
{
	const struct family *f = family_find("adl");
	const struct vars v = { f, f->batches, 7, "h" };
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
		cmocka_unit_test(test_by_firmware),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
