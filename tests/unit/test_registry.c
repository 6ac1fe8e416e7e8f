/* Which devices have an authority: every one that is sold, by the name that
 * a client finds for it. */
#include <unistd.h>

#include "sim/aik/registry.h"
#include "sim/base/tpm2.h"
#include "tests/unit/made.h"
#include "tests/unit/temppki.h"

static struct registry *built_in;

static int
open_built_in(void **state)
{
	auto_pki p = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(pki_open(NULL, &p, &e), 0);
	if (registry_new(p, &built_in, &e) != 0)
		fail_msg("%s", e.msg);
	return 0;
}

static int
close_built_in(void **state)
{
	registry_free(built_in);
	return 0;
}

/* The authority that a client finds for a device. */
static void
ask(const struct made *m, enum aik_client client, struct authority *ret)
{
	const struct span tpm[] = { buf_span(&m->certs[ROM]),
		buf_span(&m->certs[KERNEL]), buf_span(&m->certs[PTT]) };
	const struct span above[] = { buf_span(&m->certs[ISSUING]),
		buf_span(&m->certs[INTERMEDIATE]), buf_span(&m->certs[ROOT]) };
	const struct authority_input in = {
		.ek = buf_span(&m->certs[EK_RSA]),
		.certs = tpm,
		/* What the generation does not have is empty. */
		.n_certs = 3,
		.above = above,
		.n_above = 3,
		.manufacturer = MANUFACTURER_INTEL,
		.client = client,
	};
	struct err e = ERR_INIT;

	if (authority_of(&in, ret, &e) != 0)
		fail_msg("%s", e.msg);
}

static bool
exists(const struct authority *a, struct span *ret)
{
	struct err e = ERR_INIT;

	if (registry_find(built_in, a, ret, &e) == 0)
		return true;
	assert_int_equal(e.code, E_NOTFOUND);
	assert_non_null(strstr(e.msg, a->host));
	return false;
}

static bool
is_sold(const struct batch *b)
{
	return b->kind == 'P' || gen_is_epid(b->gen) ||
	       strcmp(b->number, "00003042") == 0 ||
	       strcmp(b->number, "00003044") == 0;
}

static void
check_batch(const struct family *f, const struct batch *b)
{
	bool epid = gen_is_epid(b->gen);
	struct authority a;
	struct span issuing;
	struct made m;

	make_batch(&m, f->name, b->number, "registry", 1, NULL);
	ask(&m, CLIENT_CURRENT, &a);
	assert_int_equal(a.place, epid ? 0 : 3);
	if (exists(&a, &issuing) != is_sold(b))
		fail_msg("%s %s: %s", f->name, b->number, a.host);
	if (is_sold(b))
		assert_same("issuing CA", issuing, buf_span(&m.certs[ISSUING]));
	/* Without a chain in NV there is nothing to overlook. */
	ask(&m, CLIENT_LEGACY, &a);
	assert_int_equal(exists(&a, &issuing), epid);
	ask(&m, CLIENT_TOO_FAR, &a);
	assert_false(exists(&a, &issuing));
	unmake(&m);
}

static void
test_every_batch(void **state)
{
	const struct family *f;
	size_t n;

	f = family_all(&n);
	for (size_t i = 0; i < n; i++)
		for (const struct batch *b = f[i].batches; b->number != NULL;
		     b++)
			check_batch(&f[i], b);
}

/* Right is only what is the same in all of its parts. */
static void
test_others(void **state)
{
	struct authority a, wrong;
	struct span issuing;
	struct made m;

	make(&m, "tgl", "registry", 1, NULL);
	ask(&m, CLIENT_CURRENT, &a);
	unmake(&m);
	assert_true(exists(&a, &issuing));
	assert_int_equal(authority_parse(SPAN_STR(a.host), &wrong, NULL), 0);
	assert_true(exists(&wrong, &issuing));
	wrong = a;
	wrong.id[19] ^= 1;
	assert_false(exists(&wrong, &issuing));
	wrong = a;
	wrong.name_id = true;
	assert_false(exists(&wrong, &issuing));
	wrong = a;
	memcpy(wrong.vendor, "INTL", 5);
	assert_false(exists(&wrong, &issuing));
}

/* A hierarchy of one's own has authorities of its own; one that lacks a CA has
 * one less. */
static void
test_private(void **state)
{
	auto_pki p = NULL;
	auto_registry r = NULL;
	auto_registry less = NULL;
	struct err e = ERR_INIT;
	struct authority a, tgl;
	struct span issuing;
	struct temp t = { .base = "" };
	struct made m;
	char path[256];

	make_temp(&t);
	if (pki_create(t.pki, "private.test", &e) != 0)
		fail_msg("%s", e.msg);
	pki_dir = t.pki;
	make(&m, "adl", "registry", 1, NULL);
	ask(&m, CLIENT_CURRENT, &a);
	unmake(&m);
	make(&m, "tgl", "registry", 1, NULL);
	ask(&m, CLIENT_CURRENT, &tgl);
	unmake(&m);
	pki_dir = NULL;
	assert_int_equal(pki_open(t.pki, &p, &e), 0);
	assert_int_equal(registry_new(p, &r, &e), 0);
	assert_int_equal(registry_find(r, &a, &issuing, &e), 0);
	assert_false(exists(&a, &issuing));
	pki_free(p);
	(void)snprintf(
	    path, sizeof(path), "%s/certs/ADL_00002820_ODCA_CA2.cer", t.pki);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(pki_open(t.pki, &p, &e), 0);
	assert_int_equal(registry_new(p, &less, &e), 0);
	assert_int_equal(registry_find(less, &a, &issuing, &e), -1);
	assert_int_equal(registry_find(less, &tgl, &issuing, &e), 0);
	remove_tree(t.base);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_batch),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_private),
	};

	return cmocka_run_group_tests_name(
	    "registry", tests, open_built_in, close_built_in);
}
