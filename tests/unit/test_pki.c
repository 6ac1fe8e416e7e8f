/* The hierarchy: built in, made, and directories that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "temppki.h"
#include "odca/issue.h"
#include "odca/pki_list.h"
#include "odca/service.h"
#include "sim/base/file.h"

static void
path_of(const struct temp *t, const char *name, char *out, size_t n)
{
	assert_true((size_t)snprintf(out, n, "%s/%s", t->pki, name) < n);
}

static void
check_services(const struct pki *p)
{
	for (size_t i = 0; i < N_SERVICE_KEYS; i++) {
		const struct service_key *row = &service_keys()[i];
		struct err e = ERR_INIT;
		struct pubkey public;
		auto_key key = NULL;
		struct span root;

		if (row->root) {
			assert_int_equal(pki_root(p, row->gen, &root, &e), 0);
			assert_int_equal(pki_key(p, row->name, &key, &e), 0);
		} else {
			assert_int_equal(
			    pki_bare_key(p, row->name, &key, &e), 0);
		}
		key_public(key, &public);
		assert_int_equal(public.alg, row->alg);
	}
}

/* Every CA that the tables ask for is there, with its key. */
static void
check_complete(const struct pki *p)
{
	struct ca_list *l = calloc(1, sizeof(*l));
	struct pki_file cas[MAX_CAS];
	struct span root, anchors[PKI_MAX_ANCHORS];
	struct err e = ERR_INIT;
	size_t n;

	assert_non_null(l);
	assert_int_equal(pki_list(l, pki_host(p), &e), 0);
	assert_int_equal(pki_certs(p, cas, &n, &e), 0);
	assert_int_equal(n, l->n);
	assert_int_equal(pki_root(p, GEN_ONDIE, &root, &e), 0);
	assert_ptr_equal(root.p, cas[0].der.p);
	assert_int_equal(pki_anchors(p, anchors), 2);
	for (size_t i = 0; i < l->n; i++) {
		const struct ca *ca = &l->ca[i];
		const struct ca *issuer = pki_list_issuer(l, ca, &e);
		auto_key key = NULL;
		struct span cert;

		assert_non_null(issuer);
		assert_true(issuer <= ca);
		assert_string_equal(cas[i].name, ca->name);
		assert_int_equal(pki_cert(p, ca->name, &cert, &e), 0);
		assert_ptr_equal(cert.p, cas[i].der.p);
		assert_int_equal(pki_key(p, ca->name, &key, &e), 0);
	}
	check_services(p);
	free(l);
}

static void
test_built_in(void **state)
{
	struct err e = ERR_INIT;
	auto_pki p = NULL;
	struct span cert;

	assert_int_equal(pki_open(NULL, &p, &e), 0);
	assert_string_equal(pki_host(p), PKI_DEFAULT_HOST);
	check_complete(p);
	assert_int_equal(pki_cert(p, "XYZ_00000001_OnDie_CA", &cert, &e), -1);
	assert_int_equal(e.code, E_NOTFOUND);
	assert_non_null(strstr(e.msg, "XYZ_00000001_OnDie_CA"));
}

/* What is committed is what embed.c has. */
static void
test_built_in_is_certs_pki(void **state)
{
	auto_pki built_in = NULL;
	auto_pki dir = NULL;
	struct pki_file a[MAX_CAS], b[MAX_CAS];
	struct err e = ERR_INIT;
	size_t n, m;

	assert_int_equal(pki_open(NULL, &built_in, &e), 0);
	assert_int_equal(pki_open("certs/pki", &dir, &e), 0);
	check_complete(dir);
	assert_int_equal(pki_certs(built_in, a, &n, &e), 0);
	assert_int_equal(pki_certs(dir, b, &m, &e), 0);
	assert_int_equal(n, m);
	for (size_t i = 0; i < n; i++)
		assert_true(span_eq(a[i].der, b[i].der));
}

static mode_t
mode_of(const struct temp *t, const char *name)
{
	struct stat st;
	char path[192];

	path_of(t, name, path, sizeof(path));
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

#define ISSUING "ADL_00002820_ODCA_CA2"

static void
test_create(void **state)
{
	auto_buf text = BUF_INIT(MAX_SMALL_FILE), rom = BUF_INIT(4096),
		 kernel = BUF_INIT(4096), ptt = BUF_INIT(4096);
	const struct family *f = family_find("adl");
	struct err e = ERR_INIT;
	auto_pki p = NULL;
	struct fuses fuses;
	struct device d;
	struct temp t;
	char path[192];

	make_temp(&t);
	assert_int_equal(pki_create(t.pki, "pki.example.org", &e), 0);
	assert_int_equal(mode_of(&t, ""), 0700);
	assert_int_equal(mode_of(&t, "keys"), 0700);
	assert_int_equal(mode_of(&t, "keys/" ISSUING ".TEST-ONLY.pem"), 0600);
	path_of(&t, "keys/" ISSUING ".TEST-ONLY.pem", path, sizeof(path));
	assert_int_equal(file_read(AT_FDCWD, path, &text, &e), 0);
	assert_memory_equal(text.p, "TEST-ONLY", 9);

	assert_int_equal(pki_open(t.pki, &p, &e), 0);
	assert_string_equal(pki_host(p), "pki.example.org");
	check_complete(p);
	assert_int_equal(fuses_random(&fuses, &e), 0);
	assert_int_equal(device_init(&d, &fuses, f, f->batches, 1, &e), 0);
	assert_int_equal(issue_device_chain(&d, p, &rom, &kernel, &ptt, &e), 0);
	assert_non_null(memmem(rom.p, rom.n, "https://pki.example.org/", 24));
	device_done(&d);

	/* Never over something that is there. */
	assert_int_equal(pki_create(t.pki, "h", &e), -1);
	assert_int_equal(e.code, E_STATE);
	remove_tree(t.base);
}

static void
test_create_twice_differs(void **state)
{
	struct err e = ERR_INIT;
	struct pki *p[2] = { NULL, NULL };
	struct pki_file certs[2][MAX_CAS];
	struct temp t[2];
	size_t n = 0;

	for (size_t i = 0; i < 2; i++) {
		make_temp(&t[i]);
		assert_int_equal(mkdir(t[i].pki, 0700), 0); /* empty: fine */
		assert_int_equal(pki_create(t[i].pki, "h", &e), 0);
		assert_int_equal(pki_open(t[i].pki, &p[i], &e), 0);
		assert_int_equal(pki_certs(p[i], certs[i], &n, &e), 0);
	}
	for (size_t i = 0; i < n; i++)
		assert_false(span_eq(certs[0][i].der, certs[1][i].der));
	for (size_t i = 0; i < 2; i++) {
		pki_free(p[i]);
		remove_tree(t[i].base);
	}
}

static void
test_hosts(void **state)
{
	static const char too_long[] =
	    "1234567890123456789012345678901234567890123456789012345678901234"
	    "5";
	static const char *const bad[] = { "", "a b", "a/b", "a:1", "h\xc3\xa9",
		"tsci.intel.com", "tsci.intel.com.", "INTEL.COM..", too_long };
	struct err e = ERR_INIT;
	auto_pki p = NULL;
	struct temp t;

	make_temp(&t);
	assert_int_equal(pki_open(NULL, &p, &e), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(pki_set_host(p, bad[i], &e), -1);
		assert_int_equal(e.code, E_USAGE);
		assert_string_equal(pki_host(p), PKI_DEFAULT_HOST);
		assert_int_equal(pki_create(t.pki, bad[i], &e), -1);
		assert_int_equal(e.code, E_USAGE);
		assert_false(file_exists(AT_FDCWD, t.pki));
	}
	assert_int_equal(pki_set_host(p, "notintel.com", &e), 0);
	assert_int_equal(pki_set_host(p, too_long + 1, &e), 0);
	assert_string_equal(pki_host(p), too_long + 1);
	remove_tree(t.base);
}

/* A hierarchy, one file of it spoiled: removed, or with other content. */
/* clang-format off */
static const struct spoil {
	const char *name;
	const char *file;
	const char *content; /* NULL: removed */
	size_t cut;          /* or this much of the end gone */
	const char *says;
} spoils[] = {
	{ "no host", "host", NULL, 0, "'host'" },
	{ "empty host", "host", "\n", 0, "host" },
	{ "host with a path", "host", "a/b\n", 0, "a/b" },
	{ "host without an end", "host", "11111111112222222222333333333344444444445555555555666666666677777777778\n", 0, "host" },
	{ "no root", "certs/OnDie_CA_RootCA_Certificate.cer", NULL, 0, "OnDie_CA_RootCA_Certificate.cer" },
	{ "cut root", "certs/OnDie_CA_RootCA_Certificate.cer", NULL, 1, "OnDie_CA_RootCA_Certificate.cer" },
	{ "cut issuing CA", "certs/" ISSUING ".cer", NULL, 700, ISSUING },
	{ "no certificate", "certs/" ISSUING ".cer", "hello", 0, ISSUING },
	{ "empty certificate", "certs/" ISSUING ".cer", "", 0, ISSUING },
};
/* clang-format on */

static void
spoil(const struct temp *t, const struct spoil *s, struct buf *saved)
{
	struct err e = ERR_INIT;
	struct span content;
	char path[192];

	path_of(t, s->file, path, sizeof(path));
	assert_int_equal(file_read(AT_FDCWD, path, saved, &e), 0);
	if (s->content == NULL && s->cut == 0) {
		assert_int_equal(unlink(path), 0);
		return;
	}
	content = s->content != NULL
		      ? SPAN_STR(s->content)
		      : (struct span){ saved->p, saved->n - s->cut };
	assert_int_equal(
	    file_write(AT_FDCWD, path, content, FILE_NOSYNC, &e), 0);
}

static void
restore(const struct temp *t, const char *file, const struct buf *saved)
{
	struct err e = ERR_INIT;
	char path[192];

	path_of(t, file, path, sizeof(path));
	assert_int_equal(
	    file_write(AT_FDCWD, path, buf_span(saved), FILE_NOSYNC, &e), 0);
}

static void
test_spoiled(void **state)
{
	struct err e = ERR_INIT;
	struct temp t;

	make_temp(&t);
	copy_hierarchy(&t);
	for (size_t i = 0; i < sizeof(spoils) / sizeof(*spoils); i++) {
		auto_buf saved = BUF_INIT(MAX_SMALL_FILE);
		auto_pki p = NULL;

		err_clear(&e);
		spoil(&t, &spoils[i], &saved);
		if (pki_open(t.pki, &p, &e) == 0 || e.code != E_FOREIGN ||
		    strstr(e.msg, spoils[i].says) == NULL ||
		    strstr(e.msg, t.pki) == NULL || e.hint[0] == '\0')
			fail_msg("%s: %s", spoils[i].name, e.msg);
		restore(&t, spoils[i].file, &saved);
		assert_int_equal(pki_open(t.pki, &p, &e), 0);
	}
	remove_tree(t.base);
}

static void
test_no_hierarchy(void **state)
{
	struct err e = ERR_INIT;
	auto_pki p = NULL;
	struct temp t;

	make_temp(&t);
	assert_int_equal(pki_open(t.pki, &p, &e), -1);
	assert_int_equal(e.code, E_FOREIGN);
	assert_int_equal(pki_open(t.base, &p, &e), -1);
	assert_int_equal(e.code, E_FOREIGN);
	assert_int_equal(pki_open("/dev/null", &p, &e), -1);
	assert_int_equal(e.code, E_FOREIGN);
	remove_tree(t.base);
}

/* As one of an older version does; what is there stays. */
static void
test_complete(void **state)
{
	static const char *const later[] = {
		"certs/MTL_00003043_ODCA_CA2.cer",
		"keys/MTL_00003043_ODCA_CA2.TEST-ONLY.pem",
		"certs/DE/OnDie_CA_DEBUG_RootCA_Certificate.cer",
		"certs/EKRootPublicKey.cer",
		"certs/AIK/TPM_Root_2014.cer",
		"keys/AIK/TPM_Root_2014.TEST-ONLY.pem",
		"keys/AIK/RA_Signing.TEST-ONLY.pem",
		"certs/TLS/Root.cer",
	};
	auto_buf before = BUF_INIT(MAX_CERT_SIZE);
	struct err e = ERR_INIT;
	auto_pki p = NULL;
	auto_pki q = NULL;
	struct span cert;
	struct temp t;
	char path[192];

	make_temp(&t);
	assert_int_equal(pki_complete(t.pki, &e), -1);
	assert_int_equal(e.code, E_FOREIGN);
	copy_hierarchy(&t);
	assert_int_equal(pki_open(t.pki, &p, &e), 0);
	assert_int_equal(pki_cert(p, ISSUING, &cert, &e), 0);
	assert_int_equal(buf_put(&before, cert), 0);
	for (size_t i = 0; i < sizeof(later) / sizeof(*later); i++) {
		path_of(&t, later[i], path, sizeof(path));
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(pki_complete(t.pki, &e), 0);
	assert_int_equal(pki_open(t.pki, &q, &e), 0);
	check_complete(q);
	assert_int_equal(pki_cert(q, ISSUING, &cert, &e), 0);
	assert_true(span_eq(buf_span(&before), cert));
	remove_tree(t.base);
}

/* A key that is there but is none is for its owner to judge. */
static void
test_complete_damaged(void **state)
{
	static const char file[] = "keys/AIK/RA_Signing.TEST-ONLY.pem";
	static const struct spoil key = { "", file, "mine\n", 0, "" };
	auto_buf saved = BUF_INIT(MAX_SMALL_FILE),
		 after = BUF_INIT(MAX_SMALL_FILE);
	struct err e = ERR_INIT;
	struct temp t;
	char path[192];

	make_temp(&t);
	copy_hierarchy(&t);
	spoil(&t, &key, &saved);
	assert_int_equal(pki_complete(t.pki, &e), -1);
	assert_int_equal(e.code, E_CRYPTO);
	assert_non_null(strstr(e.msg, file));
	path_of(&t, file, path, sizeof(path));
	assert_int_equal(file_read(AT_FDCWD, path, &after, &e), 0);
	assert_true(span_eq(buf_span(&after), SPAN_STR("mine\n")));
	remove_tree(t.base);
}

/* A hierarchy may lack CAs of later families: only who needs one is told. */
static void
test_missing_ca(void **state)
{
	static const struct spoil cert = { "", "certs/" ISSUING ".cer", NULL, 0,
		"" };
	static const struct spoil key = { "", "keys/" ISSUING ".TEST-ONLY.pem",
		NULL, 0, "" };
	static const char other[] = "keys/ADL_00002226_ODCA_CA2.TEST-ONLY.pem";
	auto_buf saved = BUF_INIT(MAX_SMALL_FILE), text = BUF_INIT(4096);
	struct err e = ERR_INIT;
	auto_pki p = NULL;
	auto_pki q = NULL;
	auto_key k = NULL;
	struct temp t;
	char path[192];

	make_temp(&t);
	copy_hierarchy(&t);
	spoil(&t, &cert, &saved);
	assert_int_equal(pki_open(t.pki, &p, &e), 0);
	assert_int_equal(pki_key(p, ISSUING, &k, &e), -1);
	assert_int_equal(e.code, E_NOTFOUND);
	assert_non_null(strstr(e.msg, ISSUING));
	assert_int_equal(pki_key(p, "TGL_00002004_OnDie_CA", &k, &e), 0);
	key_free(TAKE(k));
	restore(&t, cert.file, &saved);

	/* Without its key, and with another one. */
	buf_reset(&saved);
	spoil(&t, &key, &saved);
	assert_int_equal(pki_open(t.pki, &q, &e), 0);
	assert_int_equal(pki_key(q, ISSUING, &k, &e), -1);
	assert_int_equal(e.code, E_NOTFOUND);
	path_of(&t, other, path, sizeof(path));
	assert_int_equal(file_read(AT_FDCWD, path, &text, &e), 0);
	restore(&t, key.file, &text);
	assert_int_equal(pki_key(q, ISSUING, &k, &e), -1);
	assert_int_equal(e.code, E_FOREIGN);
	remove_tree(t.base);
}

static void
test_issuing_names(void **state)
{
	const struct family *tgl = family_find("tgl"),
			    *adl = family_find("adl");
	char name[48];

	const struct family *lnl = family_find("lnl"),
			    *spt = family_find("spt");

	pki_issuing_name(tgl, tgl->batches, name, sizeof(name));
	assert_string_equal(name, "TGL_00002004_OnDie_CA");
	pki_issuing_name(
	    adl, family_batch(adl, "00002983"), name, sizeof(name));
	assert_string_equal(name, "ADL_00002983_ODCA_CA2");
	pki_issuing_name(
	    lnl, family_batch(lnl, "00003648_ZE"), name, sizeof(name));
	assert_string_equal(name, "LNL_00003648_ZE_ODCA_CA2");
	pki_issuing_name(
	    spt, family_batch(spt, "SPT-H-LP_EPID_Prod"), name, sizeof(name));
	assert_string_equal(name, "SPTHLPEPIDProd_EK_Platform_Public_Key");
}

/* In a child, since there is no way back. */
static void
test_forget_keys(void **state)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		auto_pki p = NULL;
		auto_key k = NULL;
		struct span cert;
		struct err e = ERR_INIT;

		pki_forget_keys();
		_exit(
		    pki_open(NULL, &p, &e) == 0 &&
			    pki_key(p, "TGL_00002004_OnDie_CA", &k, &e) != 0 &&
			    e.code == E_NOTFOUND &&
			    pki_root(p, GEN_ONDIE, &cert, &e) == 0
			? 0
			: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_built_in),
		cmocka_unit_test(test_built_in_is_certs_pki),
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_create_twice_differs),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_spoiled),
		cmocka_unit_test(test_no_hierarchy),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_complete_damaged),
		cmocka_unit_test(test_missing_ca),
		cmocka_unit_test(test_issuing_names),
		cmocka_unit_test(test_forget_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
