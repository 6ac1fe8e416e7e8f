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
	return d.tag == 0x0c || d.tag == 0x17 || d.tag == 0x86;
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

static void
test_goldens(void **state)
{
	static const char *const families[] = { "tgl", "adl" };

	for (size_t f = 0; f < 2; f++) {
		struct made m;

		make(&m, families[f], "golden", 1, NULL);
		for (size_t i = 0; i < N_CERTS; i++)
			check_golden(
			    families[f], names[i], buf_span(&m.certs[i]));
		unmake(&m);
	}
}

/* --- silicon --- */

#define SILICON "../shared/reference/odca/"

/* clang-format off */
static const struct {
	const char *family, *profile, *file;
	bool debug; /* a debug-fused part: other names, hosts and dates */
} silicon[] = {
	{ "adl", "root", "intel-odca-root-OnDie_CA_RootCA_Certificate.pem", false },
	{ "adl", "intermediate", "intel-odca-intermediate-ODCA_CA2_CSME_Intermediate.pem", false },
	{ "adl", "issuing", "intel-odca-issuing-ADL_PROD_00002820_ODCA_CA2.pem", false },
	{ "adl", "rom", "device-ADL-lenovo-3-ROM-CA.pem", false },
	{ "adl", "kernel", "device-ADL-lenovo-2-Kernel-CA.pem", false },
	{ "adl", "ptt", "device-ADL-lenovo-1-PTT-CA.pem", false },
	{ "adl", "ek-rsa2048", "device-ADL-lenovo-0-EK-RSA2048.pem", false },
	{ "tgl", "intermediate", "intel-odca-intermediate-OnDie_CA_CSME_Intermediate.pem", false },
	{ "tgl", "issuing", "intel-odca-issuing-TGL_00002004_OnDie_CA.pem", false },
	{ "tgl", "rom", "device-TGL-DEBUG-3-ROM-DE-CA.pem", true },
	{ "tgl", "kernel", "device-TGL-DEBUG-2-Kernel-DE-CA.pem", true },
};

/* What TEST certificates have in place of what real ones say. */
static const struct {
	const char *test, *real;
} renamed[] = {
	{ "'TEST ", "'" },
	{ "'odcasim TEST'", "'Intel Corporation'" },
	{ "'www.odcasim.test'", "'www.intel.com'" },
	{ "https://tsci.intel.test/", "https://tsci.intel.com/" },
};
/* clang-format on */

#define LONGEST_KEPT 24 /* hex digits; beyond: keys, their ids, signatures */

/* A line of a dump without what differs from one device to the other. */
static void
put_comparable(const char *line, bool debug, struct buf *out)
{
	const char *value = line + strspn(line, " ");
	const bool text = strchr(value, '\'') != NULL;

	if (text ? debug : strlen(value) > LONGEST_KEPT) {
		put_text(out, "%.*s ...\n", (int)(value - line) + 2, line);
		return;
	}
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
comparable(struct span der, bool debug, struct buf *out)
{
	auto_buf text = BUF_INIT(MAX_SMALL_FILE);
	char *line, *rest;

	dump(der, 0, &text);
	assert_int_equal(buf_put_u8(&text, 0), 0);
	for (line = strtok_r((char *)text.p, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		put_comparable(line, debug, out);
}

static void
check_silicon(const struct made *m, size_t row)
{
	auto_buf file = BUF_INIT(MAX_SMALL_FILE), der = BUF_INIT(MAX_CERT_SIZE),
		 ours = BUF_INIT(MAX_SMALL_FILE),
		 theirs = BUF_INIT(MAX_SMALL_FILE);
	struct err e = ERR_INIT;
	char path[160];

	(void)snprintf(path, sizeof(path), SILICON "%s", silicon[row].file);
	if (file_read(AT_FDCWD, path, &file, &e) != 0 ||
	    cert_from_file(buf_span(&file), &der, &e) != 0)
		fail_msg("%s", e.msg);
	comparable(buf_span(&der), silicon[row].debug, &theirs);
	comparable(buf_span(&m->certs[index_of(silicon[row].profile)]),
	    silicon[row].debug, &ours);
	if (span_eq(buf_span(&ours), buf_span(&theirs)))
		return;
	fail_msg("%s\n--- ours\n%.*s--- theirs\n%.*s", path, (int)ours.n,
	    ours.p, (int)theirs.n, theirs.p);
}

/* Real certificates, where there is a collection of them. */
static void
test_silicon(void **state)
{
	struct made adl, tgl;

	if (!file_exists(AT_FDCWD, SILICON))
		skip();
	make(&adl, "adl", "silicon", 1, NULL);
	make(&tgl, "tgl", "silicon", 1, NULL);
	for (size_t i = 0; i < sizeof(silicon) / sizeof(*silicon); i++)
		check_silicon(
		    strcmp(silicon[i].family, "adl") == 0 ? &adl : &tgl, i);
	unmake(&adl);
	unmake(&tgl);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goldens),
		cmocka_unit_test(test_silicon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
