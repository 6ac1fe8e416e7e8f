/* Revoking in a hierarchy of its own: which list, what it says, and what stays
 * as it was. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "odca/name.h"
#include "odca/pki_crl.h"
#include "sim/base/file.h"
#include "tests/unit/temppki.h"

#define SIZE(a) (sizeof(a) / sizeof(*(a)))

#define NOW       1767225600 /* 2026-01-01 */
#define YEAR_2027 1798761600
#define YEAR_2050 2524608000
#define END_2049  (YEAR_2050 - 1)

/* One for all tests: each leaves it whole, with some entries more. */
static struct temp temp;

static int
create(void **state)
{
	make_temp(&temp);
	return pki_create(temp.pki, "h", NULL);
}

static int
destroy(void **state)
{
	remove_tree(temp.base);
	return 0;
}

static struct pki *
open_pki(void)
{
	struct err e = ERR_INIT;
	struct pki *p = NULL;

	if (pki_open(temp.pki, &p, &e) != 0)
		fail_msg("%s", e.msg);
	return p;
}

/* A list that p has; its spans borrow from p. */
static struct crl
read_crl(const struct pki *p, const char *name)
{
	struct err e = ERR_INIT;
	struct span der;
	struct crl crl = { .n_entries = 0 };

	if (pki_crl(p, name, &der, &e) != 0 || crl_parse(der, &crl, &e) != 0)
		fail_msg("%s: %s", name, e.msg);
	return crl;
}

static unsigned
number_of(const struct crl *c)
{
	assert_int_equal(c->number.n, 1);
	return c->number.n > 0 ? c->number.p[0] : 0;
}

/* A CA of the hierarchy has this name and made the signature. */
static void
assert_signed(const struct pki *p, const struct crl *crl)
{
	struct pki_file cas[MAX_CAS];
	size_t n;

	assert_int_equal(pki_certs(p, cas, &n, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		struct cert c;

		assert_int_equal(cert_parse(cas[i].der, &c, NULL), 0);
		if (span_eq(c.subject, crl->issuer) &&
		    crl_check_signature(crl, &c, NULL) == 0)
			return;
	}
	fail_msg("nobody signed the list of %s", crl->issuer_text);
}

/* All lists, one after another. */
static void
read_all(struct buf *out)
{
	struct pki_file crls[MAX_CAS];
	auto_pki p = open_pki();
	size_t n;

	buf_init(out, MAX_CAS * MAX_CRL_SIZE);
	assert_int_equal(pki_crls(p, crls, &n, NULL), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(buf_put(out, crls[i].der), 0);
}

/* --- a revocation --------------------------------------------------------- */

#define DERIVED "41424344454647484142434445464748"
#define EPID_4  "41424344"
#define EPID_20 DERIVED "41424344"

struct row {
	const char *level, *family, *batch; /* NULL: the default one */
	const char *given;                  /* serial number in hex */
	const char *crl;
	const char *issuer; /* of the entry, on an indirect list */
	const char *ca;     /* has the serial number, or... */
	const char *serial; /* ...this is it; neither: what was given */
};

/* SVN 3 where it is part of the name. */
/* clang-format off */
static const struct row rows[] = {
	{ "intermediate", "tgl", NULL, NULL, .crl = "OnDie_CA", .ca = "OnDie_CA_CSME_Intermediate" },
	{ "intermediate", "adl", NULL, NULL, .crl = "OnDie_CA", .ca = "ODCA_CA2_CSME_Intermediate" },
	{ "intermediate", "tgl", "DEBUG000", NULL, .crl = "DE/OnDie_DE", .ca = "DE/OnDie_CA_CSME_Intermediate" },
	{ "issuing", "tgl", NULL, NULL, .crl = "OnDie_CA_CSME_Product", .ca = "TGL_00002004_OnDie_CA" },
	{ "issuing", "adl", "00002227", NULL, .crl = "ODCA_CA2_CSME_Product", .ca = "ADL_00002227_ODCA_CA2" },
	{ "issuing", "lnl", "00003642 NZ", NULL, .crl = "ODCA_CA2_OSSE_Product", .ca = "LNL_00003642_NZ_ODCA_CA2" },
	{ "issuing", "adl", "DEBUG000", NULL, .crl = "DE/ODCA_CA2_CSME_Product", .ca = "ADL_DEBUG000_ODCA_CA2" },
	{ "issuing", "spt", "SPT-H-LP_EPID_Prod", NULL, .crl = "EK_Platform", .ca = "SPTHLPEPIDProd_EK_Platform_Public_Key" },
	{ "rom", "tgl", NULL, DERIVED, .crl = "TGL_00002004_OnDie_CA" },
	{ "rom", "tgl", "00002003", DERIVED, .crl = "TGL_00002003_OnDie_CA" },
	{ "rom", "rpl", NULL, DERIVED, .crl = "ADL_00002983_ODCA_CA2" },
	{ "rom", "lnl", NULL, DERIVED, .crl = "LNL_00003648_NZ_ODCA_CA2" },
	{ "rom", "tgl", "DEBUG000", NULL, .crl = "TGL_DEBUG000_OnDie_CA", .serial = "40000000000000000000000000000000" },
	{ "kernel", "tgl", NULL, NULL, .crl = "OnDie_CA_CSME_Indirect", .issuer = "CN=CSME TGL ROM CA", .serial = "03" },
	{ "kernel", "mtl", NULL, NULL, .crl = "ODCA_CA2_CSME_Indirect", .issuer = "CN=ODCA 2 CSME MTL SOC ROM CA", .serial = "0103" },
	{ "kernel", "lnl", "00003642 ZE", NULL, .crl = "ODCA_CA2_OSSE_Indirect", .issuer = "CN=ODCA 2 OSSE LNL SOC ROM CA", .serial = "0103" },
	{ "kernel", "tgl", "DEBUG000", NULL, .crl = "DE/OnDie_CA_CSME_Indirect", .issuer = "CN=CSME TGL ROM DE", .serial = "03" },
	{ "ptt", "tgl", NULL, NULL, .crl = "OnDie_CA_CSME_Indirect", .issuer = "CN=CSME TGL SVN03 Kernel CA", .serial = "0304130040" },
	{ "ptt", "mtl", NULL, NULL, .crl = "ODCA_CA2_CSME_Indirect", .issuer = "CN=ODCA 2 CSME MTL SOC SVN 03 Kernel CA", .serial = "010304130040" },
	{ "ek-rsa2048", "tgl", NULL, DERIVED, .crl = "OnDie_CA_CSME_Indirect", .issuer = "CN=CSME TGL PTT  03SVN" },
	{ "ek-p384", "adl", NULL, DERIVED, .crl = "ODCA_CA2_CSME_Indirect", .issuer = "CN=CSME ADL PTT  03SVN" },
	{ "ek-p256", "mtl", "DBG00001", DERIVED, .crl = "DE/ODCA_CA2_CSME_Indirect", .issuer = "CN=ODCA 2 CSME MTL SOC SVN 03 PTT   DE" },
	{ "ek-rsa2048", "spt", NULL, EPID_4, .crl = "SPTHEPIDPROD_EK_Device" },
	{ "ek-p256", "cml", NULL, EPID_20, .crl = "CMLEPIDPROD_EK_Device" },
};
/* clang-format on */

static struct revocation
request(const struct row *r, struct buf *serial)
{
	const struct family *f = family_find(r->family);
	struct revocation want = { .level = r->level,
		.family = f,
		.batch = family_batch(f, r->batch),
		.svn = 3,
		.reason = CRL_KEY_COMPROMISE };

	if (r->given != NULL)
		assert_int_equal(hex_decode(r->given, serial), 0);
	want.serial = buf_span(serial);
	return want;
}

static void
want_serial(const struct pki *p, const struct row *r, struct buf *out)
{
	struct span der;
	struct cert ca;

	if (r->ca == NULL) {
		assert_int_equal(
		    hex_decode(r->serial ? r->serial : r->given, out), 0);
		return;
	}
	assert_int_equal(pki_cert(p, r->ca, &der, NULL), 0);
	assert_int_equal(cert_parse(der, &ca, NULL), 0);
	assert_int_equal(buf_put(out, ca.serial), 0);
}

/* The list's last entry is the one of a row. */
static void
assert_listed(const struct pki *p, const struct crl *crl, const struct row *r)
{
	auto_buf serial = BUF_INIT(MAX_RFC_SERIAL);
	struct crl_iter it = CRL_ITER(crl);
	struct crl_entry last = { .reason = CRL_REASON_NONE };
	char issuer[MAX_NAME_TEXT];

	want_serial(p, r, &serial);
	while (crl_next(&it, &last))
		;
	name_to_text(last.issuer, issuer, sizeof(issuer));
	assert_true(span_eq(last.serial, buf_span(&serial)));
	assert_string_equal(issuer, r->issuer ? r->issuer : crl->issuer_text);
	assert_int_equal(last.when, NOW);
	assert_int_equal(last.reason, CRL_KEY_COMPROMISE);
	assert_int_equal(crl->indirect, r->issuer != NULL);
	assert_int_equal(crl->this_update, NOW);
	assert_int_equal(crl->next_update, END_2049);
}

/* The entries of before, in their order, are the first of after. */
static void
assert_kept(const struct crl *before, const struct crl *after)
{
	struct crl_iter a = CRL_ITER(before), b = CRL_ITER(after);
	struct crl_entry was, is;

	while (crl_next(&a, &was)) {
		assert_true(crl_next(&b, &is));
		assert_true(span_eq(was.serial, is.serial));
		assert_true(span_eq(was.issuer, is.issuer));
		assert_int_equal(was.when, is.when);
		assert_int_equal(was.reason, is.reason);
	}
}

static void
test_row(void **state)
{
	const struct row *r = *state;
	auto_buf serial = BUF_INIT(MAX_RFC_SERIAL), with = BUF_INIT(8192);
	const struct revocation want = request(r, &serial);
	struct err e = ERR_INIT;
	auto_pki p = open_pki();
	auto_pki q = NULL;
	struct crl before = read_crl(p, r->crl), after, preview;
	struct revoked done = { .number = 0 };

	if (pki_crl_with(p, &want, NOW, &with, &e) != 0 ||
	    pki_revoke(temp.pki, &want, 1, NOW, &done, &e) != 0)
		fail_msg("%s", e.msg);
	assert_string_equal(done.crl, r->crl);
	assert_int_equal(done.number, number_of(&before) + 1);
	q = open_pki();
	after = read_crl(q, r->crl);
	assert_int_equal(number_of(&after), done.number);
	assert_int_equal(after.n_entries, before.n_entries + 1);
	assert_kept(&before, &after);
	assert_listed(q, &after, r);
	assert_signed(q, &after);

	/* What would be put in place is what was. */
	assert_int_equal(crl_parse(buf_span(&with), &preview, &e), 0);
	assert_true(span_eq(preview.tbs, after.tbs));

	assert_int_equal(pki_revoke(temp.pki, &want, 1, NOW, &done, &e), -1);
	assert_int_equal(e.code, E_STATE);
	assert_non_null(strstr(e.msg, r->crl));
}

/* --- what is no revocation ------------------------------------------------ */

/* clang-format off */
static const struct {
	const char *name, *level, *family, *given;
	time_t now;
	enum err_code code;
	const char *msg;
} errors[] = {
	{ "no such level", "kernal", "tgl", NULL, NOW, E_NOTFOUND, "family 'tgl' has no certificate 'kernal'" },
	{ "not of that generation", "rom", "spt", DERIVED, NOW, E_NOTFOUND, "family 'spt' has no certificate 'rom'" },
	{ "not of that era", "ek-p384", "cml", EPID_20, NOW, E_NOTFOUND, "no certificate 'ek-p384'" },
	{ "root", "root", "tgl", NULL, NOW, E_NOTFOUND, "no list is for a certificate like 'root'" },
	{ "no serial number", "rom", "tgl", NULL, NOW, E_USAGE, "want 16 octets" },
	{ "short one", "rom", "tgl", EPID_4, NOW, E_USAGE, "want 16 octets" },
	{ "long one", "ek-p256", "tgl", EPID_20, NOW, E_USAGE, "want 16 octets" },
	{ "negative one", "rom", "tgl", "81424344454647484142434445464748", NOW, E_USAGE, "40 to 7f" },
	{ "one below 40", "rom", "tgl", "3f424344454647484142434445464748", NOW, E_USAGE, "40 to 7f" },
	{ "of another form", "ek-p256", "spt", DERIVED, NOW, E_USAGE, "want 4 octets" },
	{ "in 2050", "issuing", "mtl", NULL, YEAR_2050, E_USAGE, "beyond 2049" },
};
/* clang-format on */

static void
test_errors(void **state)
{
	auto_buf before = BUF_INIT(0), after = BUF_INIT(0);

	read_all(&before);
	for (size_t i = 0; i < SIZE(errors); i++) {
		const struct row r = { .level = errors[i].level,
			.family = errors[i].family,
			.given = errors[i].given };
		auto_buf serial = BUF_INIT(MAX_RFC_SERIAL), out = BUF_INIT(64);
		const struct revocation want = request(&r, &serial);
		struct revoked done = { .number = 0 };
		struct err e = ERR_INIT;
		auto_pki p = open_pki();

		if (pki_revoke(temp.pki, &want, 1, errors[i].now, &done, &e) !=
			-1 ||
		    e.code != errors[i].code ||
		    strstr(e.msg, errors[i].msg) == NULL)
			fail_msg("%s: %d '%s'", errors[i].name, e.code, e.msg);
		assert_string_equal(done.crl, "");
		assert_int_equal(
		    pki_crl_with(p, &want, errors[i].now, &out, NULL), -1);
		assert_int_equal(out.n, 0);
	}
	read_all(&after);
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
}

static void
test_no_hierarchy(void **state)
{
	auto_buf serial = BUF_INIT(MAX_RFC_SERIAL);
	const struct revocation want = request(&rows[0], &serial);
	struct err e = ERR_INIT;
	struct revoked done;
	size_t n;

	assert_int_equal(pki_revoke(temp.base, &want, 1, NOW, &done, &e), -1);
	assert_int_equal(e.code, E_FOREIGN);
	err_clear(&e);
	assert_int_equal(pki_renew_crls("/dev/null", NOW, 0, &n, &e), -1);
	assert_int_equal(e.code, E_FOREIGN);
}

/* --- several at once ------------------------------------------------------ */

/* A firmware: Kernel CA and PTT CA, by one list. */
static void
test_two_at_once(void **state)
{
	static const struct row two[] = {
		{ "kernel", "ebg", NULL, NULL, "OnDie_CA_CSME_Indirect",
		    "CN=CSME EBG ROM CA", .serial = "03" },
		{ "ptt", "ebg", NULL, NULL, "OnDie_CA_CSME_Indirect",
		    "CN=CSME EBG SVN03 Kernel CA", .serial = "0304130040" },
	};
	auto_buf serial = BUF_INIT(MAX_RFC_SERIAL);
	const struct revocation both[] = { request(&two[0], &serial),
		request(&two[1], &serial) };
	struct err e = ERR_INIT;
	auto_pki p = open_pki();
	auto_pki q = NULL;
	struct crl before = read_crl(p, two[0].crl), after;
	struct revoked done;

	assert_int_equal(pki_revoke(temp.pki, both, 2, NOW, &done, &e), 0);
	assert_int_equal(done.number, number_of(&before) + 1);
	q = open_pki();
	after = read_crl(q, two[0].crl);
	assert_int_equal(after.n_entries, before.n_entries + 2);
	assert_kept(&before, &after);
	assert_listed(q, &after, &two[1]);

	/* One that is revoked is enough to do nothing. */
	assert_int_equal(pki_revoke(temp.pki, &both[1], 1, NOW, &done, &e), -1);
	assert_int_equal(e.code, E_STATE);
}

/* --- renewing ------------------------------------------------------------- */

static void
test_renew(void **state)
{
	struct pki_file files[MAX_CAS];
	struct err e = ERR_INIT;
	auto_pki p = open_pki();
	auto_pki q = NULL;
	size_t n, renewed = 0;

	assert_int_equal(
	    pki_renew_crls(temp.pki, NOW + 1, YEAR_2027, &renewed, &e), 0);
	assert_int_equal(pki_crls(p, files, &n, &e), 0);
	assert_int_equal(renewed, n);
	q = open_pki();
	for (size_t i = 0; i < n; i++) {
		const struct crl before = read_crl(p, files[i].name),
				 after = read_crl(q, files[i].name);

		assert_int_equal(number_of(&after), number_of(&before) + 1);
		assert_int_equal(after.n_entries, before.n_entries);
		assert_kept(&before, &after);
		assert_int_equal(after.this_update, NOW + 1);
		assert_int_equal(after.next_update, YEAR_2027);
		assert_signed(q, &after);
	}
}

static void
test_renew_beyond(void **state)
{
	auto_buf before = BUF_INIT(0), after = BUF_INIT(0);
	struct err e = ERR_INIT;
	size_t n;

	read_all(&before);
	assert_int_equal(pki_renew_crls(temp.pki, NOW, YEAR_2050, &n, &e), -1);
	assert_int_equal(e.code, E_USAGE);
	err_clear(&e);
	assert_int_equal(pki_renew_crls(temp.pki, YEAR_2050, 0, &n, &e), -1);
	assert_int_equal(e.code, E_USAGE);
	read_all(&after);
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
	assert_int_equal(pki_renew_crls(temp.pki, NOW, END_2049, &n, &e), 0);
}

/* --- hierarchies that lack something -------------------------------------- */

static void
path_of(const char *name, char *out, size_t size)
{
	assert_true(
	    (size_t)snprintf(out, size, "%s/%s", temp.pki, name) < size);
}

static void
write_at(const char *path, struct span content)
{
	struct err e = ERR_INIT;

	assert_int_equal(
	    file_write(AT_FDCWD, path, content, FILE_NOSYNC, &e), 0);
}

#define ISSUING_CRL "crls/PTL_00004042_NZ_ODCA_CA2.crl"

static const struct row ptl = { "rom", "ptl", NULL, DERIVED,
	.crl = "PTL_00004042_NZ_ODCA_CA2" };

/* Two of the octets are another length; one is missing; no DER at all. */
static void
test_damaged(void **state)
{
	auto_buf serial = BUF_INIT(MAX_RFC_SERIAL), whole = BUF_INIT(4096);
	const struct revocation want = request(&ptl, &serial);
	char path[192];

	path_of(ISSUING_CRL, path, sizeof(path));
	assert_int_equal(file_read(AT_FDCWD, path, &whole, NULL), 0);
	const struct span damaged[] = { { whole.p, whole.n - 1 },
		{ whole.p + 4, whole.n - 4 }, SPAN_STR("hello"), SPAN_STR("") };
	for (size_t i = 0; i < SIZE(damaged); i++) {
		auto_buf after = BUF_INIT(4096);
		struct err e = ERR_INIT;
		struct revoked done;

		write_at(path, damaged[i]);
		assert_int_equal(
		    pki_revoke(temp.pki, &want, 1, NOW, &done, &e), -1);
		assert_int_equal(e.code, E_FOREIGN);
		assert_non_null(strstr(e.msg, ISSUING_CRL));
		assert_int_equal(file_read(AT_FDCWD, path, &after, &e), 0);
		assert_true(span_eq(buf_span(&after), damaged[i]));
	}
	write_at(path, buf_span(&whole));
}

/* Who asks for one of a later family is told which. */
static void
test_missing_ca(void **state)
{
	static const char cer[] = "certs/PTL_00004042_NZ_ODCA_CA2.cer";
	auto_buf serial = BUF_INIT(MAX_RFC_SERIAL), saved = BUF_INIT(4096);
	const struct revocation want = request(&ptl, &serial);
	struct err e = ERR_INIT;
	struct revoked done;
	char path[192];

	path_of(cer, path, sizeof(path));
	assert_int_equal(file_read(AT_FDCWD, path, &saved, &e), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(pki_revoke(temp.pki, &want, 1, NOW, &done, &e), -1);
	assert_int_equal(e.code, E_NOTFOUND);
	assert_non_null(strstr(e.msg, cer));
	write_at(path, buf_span(&saved));
}

/* Of an older version, which had no lists: the first one has an entry. */
static void
test_no_crls(void **state)
{
	auto_buf serial = BUF_INIT(MAX_RFC_SERIAL);
	const struct revocation want = request(&ptl, &serial);
	struct err e = ERR_INIT;
	auto_pki p = NULL;
	struct revoked done;
	struct crl crl;
	char path[192];
	size_t n;

	path_of("crls", path, sizeof(path));
	remove_tree(path);
	if (pki_revoke(temp.pki, &want, 1, NOW, &done, &e) != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(done.number, 1);
	p = open_pki();
	crl = read_crl(p, ptl.crl);
	assert_int_equal(crl.n_entries, 1);
	assert_listed(p, &crl, &ptl);

	/* And the others, when all are asked for: those in DE/, too. */
	remove_tree(path);
	assert_int_equal(pki_renew_crls(temp.pki, NOW, 0, &n, &e), 0);
	pki_free(TAKE(p));
	p = open_pki();
	crl = read_crl(p, "DE/OnDie_DE");
	assert_int_equal(number_of(&crl), 2);
}

/* --- the tables ----------------------------------------------------------- */

/* Call for every batch of a generation. */
static size_t
each_batch(unsigned gens, void (*call)(const struct vars *v, const void *row),
    const void *row)
{
	size_t n, count = 0;
	const struct family *f = family_all(&n);

	for (size_t i = 0; i < n; i++)
		for (const struct batch *b = f[i].batches; b->number; b++)
			if ((gens & GENS(b->gen)) != 0) {
				const struct vars v = { &f[i], b, 1, "h", NULL,
					NULL };

				call(&v, row);
				count++;
			}
	return count;
}

/* Every certificate but a root's has a list, of the CA that it names. */
static void
find_list(const struct vars *v, const void *row)
{
	const enum generation gen = v->batch->gen;
	const struct profile *p = row;
	const struct crl_profile *crl = crl_profile_of(p, gen);

	if (strcmp(p->name, p->issuer) == 0) {
		assert_null(crl);
		return;
	}
	if (crl == NULL || crl->indirect != (p->crl_issuer != NULL) ||
	    strcmp(crl->issuer, crl->indirect ? p->crl_issuer : p->issuer) !=
		0 ||
	    profile_find(crl->issuer, gen) == NULL)
		fail_msg("%s of %s: no list", p->name, v->batch->number);
}

/* The file's name, and the first date, are whole. */
static void
expand(const struct vars *v, const void *row)
{
	const struct crl_profile *crl = row;
	char file[MAX_CA_NAME], date[MAX_TEXT];
	struct err e = ERR_INIT;

	if (profile_text(crl->file, v, file, sizeof(file), &e) != 0 ||
	    profile_text(crl->this_update, v, date, sizeof(date), &e) != 0)
		fail_msg("%s: %s", v->batch->number, e.msg);
	assert_null(strpbrk(file, " {}"));
	assert_int_equal(strlen(date), 13);
	assert_true(profile_find(crl->issuer, v->batch->gen) != NULL);
}

static void
test_profiles(void **state)
{
	size_t n;
	const struct profile *p = profile_all(&n);

	for (size_t i = 0; i < n; i++)
		assert_int_not_equal(
		    each_batch(p[i].gens, find_list, &p[i]), 0);
}

static void
test_lists(void **state)
{
	size_t n;
	const struct crl_profile *crl = crl_profile_all(&n);

	for (size_t i = 0; i < n; i++)
		assert_int_not_equal(
		    each_batch(crl[i].gens, expand, &crl[i]), 0);
}

/* --- all of it ------------------------------------------------------------ */

static const struct CMUnitTest others[] = {
	cmocka_unit_test(test_profiles),
	cmocka_unit_test(test_lists),
	cmocka_unit_test(test_errors),
	cmocka_unit_test(test_no_hierarchy),
	cmocka_unit_test(test_two_at_once),
	cmocka_unit_test(test_renew),
	cmocka_unit_test(test_renew_beyond),
	cmocka_unit_test(test_damaged),
	cmocka_unit_test(test_missing_ca),
	/* Last: the lists begin anew. */
	cmocka_unit_test(test_no_crls),
};

int
main(void)
{
	static struct CMUnitTest tests[SIZE(rows) + SIZE(others)];
	static char titles[SIZE(rows)][64];

	for (size_t i = 0; i < SIZE(rows); i++) {
		(void)snprintf(titles[i], sizeof(titles[i]), "%s of %s %s",
		    rows[i].level, rows[i].family,
		    rows[i].batch != NULL ? rows[i].batch : "");
		tests[i] = (struct CMUnitTest){ .name = titles[i],
			.test_func = test_row,
			.initial_state = (void *)(uintptr_t)&rows[i] };
	}
	memcpy(tests + SIZE(rows), others, sizeof(others));
	return _cmocka_run_group_tests(
	    "CRLs of a hierarchy", tests, SIZE(tests), create, destroy);
}
