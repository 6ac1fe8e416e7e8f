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
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "made.h"
#include "odca/cert.h"
#include "odca/pki_list.h"
#include "silicon.h"
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

#define LENGTH(a)    (sizeof(a) / sizeof(*(a)))
#define LONGEST_KEPT 24 /* characters; beyond: keys, their ids, signatures */

static bool
begins_with(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* Keys, their identifiers, signatures, serial numbers: not object identifiers,
 * nor the serial number of the debug world. */
static bool
is_random(const char *value)
{
	return strlen(value) > LONGEST_KEPT && strchr(value, '\'') == NULL &&
	       !begins_with(value, "06") &&
	       strcmp(value, "02 40000000000000000000000000000000") != 0;
}

/* Of what is random its length stays, but for INTEGERs other than the serial
 * number: those of signatures vary. */
static void
put_random(const char *line, size_t indent, struct buf *out)
{
	const bool varies = memcmp(line + indent, "02", 2) == 0 && indent > 4;

	put_text(out, "%.*s ... %zu\n", (int)indent + 2, line,
	    varies ? 0 : strlen(line + indent));
}

/* A line of a dump without what differs from one device to the other, and with
 * what TEST certificates have in place of what real ones say. */
static void
put_comparable(const char *line, const char *file, struct buf *out)
{
	const size_t indent = strspn(line, " ");

	if (is_random(line + indent)) {
		put_random(line, indent, out);
		return;
	}
	for (size_t i = 0; i < LENGTH(differences); i++) {
		const char *at = strstr(line, differences[i].from);

		if (at == NULL || !begins_with(file, differences[i].file))
			continue;
		put_text(out, "%.*s%s%s\n", (int)(at - line), line,
		    differences[i].to, at + strlen(differences[i].from));
		return;
	}
	put_text(out, "%s\n", line);
}

static void
comparable(struct span der, const char *file, struct buf *out)
{
	auto_buf text = BUF_INIT(MAX_SMALL_FILE);
	char *line, *rest;

	dump(der, 0, &text);
	assert_int_equal(buf_put_u8(&text, 0), 0);
	for (line = strtok_r((char *)text.p, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		put_comparable(line, file, out);
}

static struct span
tbs_of(struct span cert)
{
	struct der tbs;

	cert = der_content(cert);
	assert_int_equal(der_get(&cert, &tbs), 0);
	return tbs.tlv;
}

static void
check_silicon(const char *name, struct span der)
{
	auto_buf file = BUF_INIT(MAX_SMALL_FILE),
		 real = BUF_INIT(MAX_CERT_SIZE),
		 ours = BUF_INIT(MAX_SMALL_FILE),
		 theirs = BUF_INIT(MAX_SMALL_FILE);
	struct err e = ERR_INIT;
	char path[160];

	(void)snprintf(path, sizeof(path), SILICON "%s", name);
	if (file_read(AT_FDCWD, path, &file, &e) != 0)
		fail_msg("%s", e.msg);
	if (strstr(name, ".pem") == NULL)
		assert_int_equal(buf_put(&real, buf_span(&file)), 0);
	else if (cert_from_file(buf_span(&file), &real, &e) != 0)
		fail_msg("%s", e.msg);
	if (begins_with(name, FLASH)) /* without signatures */
		der = tbs_of(der);
	comparable(buf_span(&real), name, &theirs);
	comparable(der, name, &ours);
	if (!span_eq(buf_span(&ours), buf_span(&theirs)))
		fail_msg("%s\n--- ours\n%.*s--- theirs\n%.*s", path,
		    (int)ours.n, ours.p, (int)theirs.n, theirs.p);
}

/* Real certificates, where there is a collection of them. */
static void
test_silicon_hierarchy(void **state)
{
	struct err e = ERR_INIT;
	auto_pki pki = NULL;
	struct span der;

	if (!file_exists(AT_FDCWD, SILICON))
		skip();
	assert_int_equal(pki_open(NULL, &pki, &e), 0);
	for (size_t i = 0; i < LENGTH(hierarchy); i++) {
		assert_int_equal(pki_cert(pki, hierarchy[i].name, &der, &e), 0);
		check_silicon(hierarchy[i].file, der);
	}
}

static void
test_silicon_crls(void **state)
{
	struct err e = ERR_INIT;
	auto_pki pki = NULL;
	struct span der;

	if (!file_exists(AT_FDCWD, SILICON))
		skip();
	assert_int_equal(pki_open(NULL, &pki, &e), 0);
	for (size_t i = 0; i < LENGTH(crls); i++) {
		assert_int_equal(pki_crl(pki, crls[i].name, &der, &e), 0);
		check_silicon(crls[i].file, der);
	}
}

static void
test_silicon_devices(void **state)
{
	if (!file_exists(AT_FDCWD, SILICON))
		skip();
	for (size_t i = 0; i < LENGTH(devices); i++) {
		struct made m;

		make_batch(&m, devices[i].family, devices[i].batch, "silicon",
		    1, NULL);
		check_silicon(devices[i].file,
		    buf_span(&m.certs[index_of(devices[i].profile)]));
		unmake(&m);
	}
}

static bool
has_file(const struct pair *pairs, size_t n, const char *file)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(pairs[i].file, file) == 0)
			return true;
	}
	return false;
}

static bool
is_named(const char *file)
{
	for (size_t i = 0; i < LENGTH(devices); i++) {
		if (strcmp(devices[i].file, file) == 0)
			return true;
	}
	for (size_t i = 0; i < LENGTH(others); i++) {
		if (begins_with(file, others[i].file))
			return true;
	}
	return has_file(hierarchy, LENGTH(hierarchy), file) ||
	       has_file(crls, LENGTH(crls), file);
}

/* None of the collection is passed over. */
static void
test_silicon_is_complete(void **state)
{
	glob_t found;

	if (glob(SILICON "*.pem", 0, NULL, &found) != 0)
		skip();
	(void)glob(SILICON FLASH "*.der", GLOB_APPEND, NULL, &found);
	(void)glob(SILICON CRL "*.crl", GLOB_APPEND, NULL, &found);
	(void)glob(SILICON CRL "*/*.crl", GLOB_APPEND, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *file = found.gl_pathv[i] + strlen(SILICON);

		if (!is_named(file))
			fail_msg("no row for %s", file);
	}
	globfree(&found);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goldens),
		cmocka_unit_test(test_golden_crls),
		cmocka_unit_test(test_silicon_hierarchy),
		cmocka_unit_test(test_silicon_crls),
		cmocka_unit_test(test_silicon_devices),
		cmocka_unit_test(test_silicon_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
