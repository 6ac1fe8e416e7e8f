/* The verifier with CRLs: a row says what is wrong with the lists or who is
 * revoked, under which policy, and which check has to say so first. */
#include "odca/checks.h"
#include "tests/unit/scene.h"

#define SIZE(a) (sizeof(a) / sizeof(*(a)))

/* As the On-Die CA: each CA lists what it issued, but what the device issued
 * stands in an indirect list of the intermediate CA. SPARE is nobody's yet. */
enum list { OF_ROOT, OF_INTER, OF_ISSUING, INDIRECT, SPARE, LISTS };
enum { NUMBER, IDP }; /* places in make_crl.exts */
enum { CRLDP_EK = SAN + 1, CRLDP_CA = FOURTH + 1 };

struct world {
	struct scene scene;
	struct make_crl lists[LISTS];
	enum level signers[LISTS];
	bool given[LISTS];
	struct buf der[LISTS], stranger;
	struct span crls[LISTS];
};

#define DATE(yymmdd) "170d" yymmdd "3030303030305a"
#define DATE_2020    DATE("323030313031")
#define DATE_2025    DATE("323530313031")
#define DATE_2027    DATE("323730313031")
#define DATE_2049    DATE("343931323331")

#define NUMBER_OF(hex)                                                         \
	{                                                                      \
		"551d14", "", "0201" hex                                       \
	}
#define IS_INDIRECT                                                            \
	{                                                                      \
		"551d1c", "", "30038401ff"                                     \
	}

#define POINT                  "a00aa008 8606 687474703a61"
#define DIRECT_POINT           "300e 300c" POINT
#define INDIRECT_POINT(issuer) "3025 3023" POINT "a215 a413" issuer

/* A list of one entry; issuer and reason are extensions of it. */
#define KEY_COMPROMISE "300a 0603551d15 0403 0a0101"
#define ISSUER(name)   "3021 0603551d1d 0101ff 0417 3015 a413" name
#define ENTRY(serial)  "3014 3012 0201" serial DATE_2025
#define ENTRY_OF(serial, issuer)                                               \
	"3045 3043 0201" serial DATE_2025 "302f" KEY_COMPROMISE ISSUER(issuer)

/* clang-format off */
#define LIST(name) {                                                           \
	.version = "020101", .alg = ECDSA_SHA384, .issuer = name,              \
	.this_update = DATE_2020, .next_update = DATE_2049, .revoked = "",     \
	.exts = { NUMBER_OF("05") }, .outer_alg = ECDSA_SHA384,                \
}
/* clang-format on */

static void
world_done(struct world *w)
{
	scene_done(&w->scene);
	for (size_t i = 0; i < LISTS; i++)
		buf_free(&w->der[i]);
	buf_free(&w->stranger);
}

static void
world_init(struct world *w)
{
	static const struct make_crl lists[LISTS] = {
		[OF_ROOT] = LIST(CN_ROOT),
		[OF_INTER] = LIST(CN_INTER),
		[OF_ISSUING] = LIST(CN_ISSUING),
		[INDIRECT] = LIST(CN_INTER),
		[SPARE] = LIST(CN_INTER),
	};
	static const enum level signers[LISTS] = { ROOT, INTER, ISSUING, INTER,
		INTER };
	static const struct make_ext direct = { "551d1f", "", DIRECT_POINT },
				     indirect = { "551d1f", "",
					     INDIRECT_POINT(CN_INTER) };

	scene_init(&w->scene);
	w->scene.certs[EK].exts[CRLDP_EK] = indirect;
	for (size_t i = PTT; i < ROOT; i++)
		w->scene.certs[i].exts[CRLDP_CA] =
		    i <= KERNEL ? indirect : direct;
	memcpy(w->lists, lists, sizeof(lists));
	memcpy(w->signers, signers, sizeof(signers));
	w->lists[INDIRECT].exts[IDP] = (struct make_ext)IS_INDIRECT;
	for (size_t i = 0; i < LISTS; i++) {
		w->given[i] = i != SPARE;
		buf_init(&w->der[i], 4096);
	}
	buf_init(&w->stranger, MAX_CERT_SIZE);
}

static void
world_build(struct world *w)
{
	struct verify_input *in = &w->scene.in;

	for (size_t i = 0; i < LEVELS; i++)
		make_certificate(&w->scene.certs[i], keys[w->scene.signer[i]],
		    &w->scene.der[i]);
	for (size_t i = 0; i < LISTS; i++) {
		make_revocation_list(
		    &w->lists[i], keys[w->signers[i]], &w->der[i]);
		if (w->given[i])
			w->crls[in->n_crls++] = buf_span(&w->der[i]);
	}
	scene_input(&w->scene);
	in->crls = w->crls;
}

/* --- what can be done to it ----------------------------------------------- */

/* Before building: lists that are not given. */

static void
none(struct world *w)
{
	memset(w->given, 0, sizeof(w->given));
}

static void
only_device(struct world *w)
{
	none(w);
	w->given[INDIRECT] = true;
}

static void
no_indirect(struct world *w)
{
	w->given[INDIRECT] = false;
}

static void
no_root_list(struct world *w)
{
	w->given[OF_ROOT] = false;
}

/* The product list alone stands for no other. */
static void
no_product_list(struct world *w)
{
	w->given[OF_INTER] = false;
}

/* Who is revoked. */

static void
revoke_ek(struct world *w)
{
	w->lists[INDIRECT].revoked = ENTRY_OF("41", CN_PTT);
}

static void
revoke_ptt(struct world *w)
{
	w->lists[INDIRECT].revoked = ENTRY_OF("01", CN_KERNEL);
}

static void
revoke_kernel(struct world *w)
{
	w->lists[INDIRECT].revoked = ENTRY_OF("01", CN_ROM);
}

static void
revoke_rom(struct world *w)
{
	w->lists[OF_ISSUING].revoked = ENTRY("01");
}

static void
revoke_issuing(struct world *w)
{
	w->lists[OF_INTER].revoked = ENTRY("01");
}

static void
revoke_intermediate(struct world *w)
{
	w->lists[OF_ROOT].revoked = ENTRY("01");
}

/* Another serial number, and another CA's certificate with ours. */

static void
revoke_other_serial(struct world *w)
{
	w->lists[INDIRECT].revoked = ENTRY_OF("42", CN_PTT);
}

static void
revoke_other_issuer(struct world *w)
{
	w->lists[INDIRECT].revoked = ENTRY_OF("41", CN_ROM);
}

/* An indirect list whose entry names no issuer is of its own (5.3.3). */
static void
revoke_own(struct world *w)
{
	w->lists[INDIRECT].revoked = ENTRY("41");
}

/* What is wrong with a list. */

static void
stale(struct world *w)
{
	w->lists[INDIRECT].next_update = DATE_2025;
}

static void
stale_and_listed(struct world *w)
{
	stale(w);
	revoke_ek(w);
}

static void
of_the_future(struct world *w)
{
	w->lists[OF_ISSUING].this_update = DATE_2027;
}

static void
without_end(struct world *w)
{
	w->lists[INDIRECT].next_update = "";
}

static void
wrong_key(struct world *w)
{
	w->signers[INDIRECT] = KERNEL;
}

static void
not_indirect(struct world *w)
{
	w->lists[INDIRECT].exts[IDP].oid = NULL;
}

static void
indirect_false(struct world *w)
{
	w->lists[INDIRECT].exts[IDP].value = "3003840100";
}

static void
indirect_critical(struct world *w)
{
	w->lists[INDIRECT].exts[IDP].critical = "0101ff";
}

static void
partial(struct world *w)
{
	w->lists[INDIRECT].exts[IDP].value = "30068201ff8401ff";
}

static void
unknown_critical(struct world *w)
{
	w->lists[OF_ISSUING].exts[NUMBER + 1] =
	    (struct make_ext){ "2a0304", "0101ff", "0500" };
}

static void
without_number(struct world *w)
{
	w->lists[INDIRECT].exts[0] = w->lists[INDIRECT].exts[IDP];
	w->lists[INDIRECT].exts[IDP].oid = NULL;
}

static void
no_crl_sign(struct world *w)
{
	w->scene.certs[ISSUING].exts[KU].value = "03020204";
}

static void
no_key_usage(struct world *w)
{
	struct make_ext *x = &w->scene.certs[ISSUING].exts[KU];

	*x = (struct make_ext){ "2a0304", "", "0500" };
}

/* Certificates that name others. */

static void
other_crl_issuer(struct world *w)
{
	w->scene.certs[EK].exts[CRLDP_EK].value = INDIRECT_POINT(CN_ROM);
}

static void
crl_issuer_uri(struct world *w)
{
	w->scene.certs[EK].exts[CRLDP_EK].value =
	    "3015 3013" POINT "a205 8603 613a62";
}

static void
names_none(struct world *w)
{
	w->scene.certs[ROM].exts[CRLDP_CA].oid = NULL;
}

static void
names_none_given_none(struct world *w)
{
	names_none(w);
	w->given[OF_ISSUING] = false;
}

static void
names_none_revoked(struct world *w)
{
	names_none(w);
	revoke_rom(w);
}

/* Two lists of one kind: one is 05 already. */

static struct make_crl *
spare(struct world *w, const char *number)
{
	struct make_crl *m = &w->lists[SPARE];

	w->given[SPARE] = true;
	*m = w->lists[INDIRECT];
	m->exts[NUMBER].value = number;
	return m;
}

static void
newer_revokes(struct world *w)
{
	spare(w, "02020100")->revoked = ENTRY_OF("41", CN_PTT);
}

static void
older_revokes(struct world *w)
{
	spare(w, "020104")->revoked = ENTRY_OF("41", CN_PTT);
}

/* The newer one does not count then. */
static void
newer_is_forged(struct world *w)
{
	(void)spare(w, "020106");
	w->signers[SPARE] = PTT;
	revoke_ek(w);
}

static void
newer_is_stale(struct world *w)
{
	spare(w, "020106")->next_update = DATE_2025;
}

/* After building. */

static void
cut(struct world *w)
{
	w->crls[INDIRECT].n--;
}

/* Whole DER, but no list, and of nobody on the path. */
static void
not_needed(struct world *w)
{
	static const uint8_t der[] = { DER_SEQUENCE, 2, 0x05, 0x00 };

	w->crls[w->scene.in.n_crls++] = SPAN_OF(der);
}

/* A second certificate of the intermediate CA's name, with the spare key:
 * issued by the root, by nobody, or by a CA that is looked up itself. */

static void
stranger(struct world *w, const char *issuer, enum level signer)
{
	struct make_cert m = w->scene.certs[INTER];
	struct scene *s = &w->scene;

	m.spki = spkis[EK];
	m.issuer = issuer;
	m.exts[SKI].value = SKI_OF("b1");
	make_certificate(&m, keys[signer], &w->stranger);
	s->extra[2] = buf_span(&w->stranger);
	s->in.n_extra = 3;
}

static void
signed_by_spare_key(struct world *w)
{
	w->signers[INDIRECT] = EK;
}

static void
second_certificate(struct world *w)
{
	stranger(w, CN_ROOT, ROOT);
}

static void
second_of_nobody(struct world *w)
{
	stranger(w, CN_ROOT, EK);
}

static void
second_of_kernel(struct world *w)
{
	stranger(w, CN_KERNEL, KERNEL);
}

/* --- rows ----------------------------------------------------------------- */

struct row {
	const char *name;
	const char *want; /* the first check that fails; NULL: accepted */
	enum level level; /* of the check when it fails */
	enum crl_policy policy;
	void (*plan)(struct world *w);
	void (*input)(struct world *w);
	/* A check, of any level when it did not fail, and a part of what it
	 * found. */
	const char *see;
	enum check_result result;
	const char *found;
};

#define IF CRL_IF_AVAILABLE
#define RQ CRL_REQUIRE

/* clang-format off */
static const struct row rows[] = {
/* accepted */
	{ "all lists", NULL, EK, RQ, NULL, NULL, "path.crl", CHECK_PASSED, "number 5, 2020-01-01 00:00:00 to 2049-12-31 00:00:00" },
	{ "nobody is listed", NULL, EK, RQ, NULL, NULL, "path.revocation", CHECK_PASSED, "not among the 0 entries of CRL number 5" },
	{ "lists are counted", NULL, EK, RQ, NULL, NULL, "given.crls", CHECK_PASSED, "4; 4 of them needed" },
	{ "unreadable, but not needed", NULL, EK, RQ, NULL, not_needed, "given.crls", CHECK_PASSED, "5; 4 of them needed" },
	{ "another serial number", NULL, EK, RQ, revoke_other_serial, NULL, "path.revocation", CHECK_PASSED, "not among the 1 entries" },
	{ "another issuer", NULL, EK, RQ, .plan = revoke_other_issuer },
	{ "the list's own issuer", NULL, EK, RQ, .plan = revoke_own },
	{ "indirect is critical", NULL, EK, RQ, .plan = indirect_critical },
	{ "no end", NULL, EK, RQ, without_end, NULL, "path.crl", CHECK_PASSED, "00:00:00 to -" },
	{ "no number", NULL, EK, RQ, without_number, NULL, "path.crl", CHECK_PASSED, "without number" },
	/* That list was used: what is below ISSUING is looked up first. */
	{ "no key usage of its issuer", "ca.key-usage", ISSUING, RQ, .plan = no_key_usage, .found = "none" },
	{ "names no CRL, one is given", NULL, EK, RQ, .plan = names_none },
	{ "names no CRL, none is given", NULL, EK, RQ, names_none_given_none, NULL, "path.crl", CHECK_SKIPPED, "names no CRL" },
	{ "an older list revokes", NULL, EK, RQ, .plan = older_revokes },
	{ "a newer list is stale", NULL, EK, RQ, newer_is_stale, NULL, "path.crl", CHECK_PASSED, "number 5" },
	{ "signed by another certificate's key", NULL, EK, RQ, .plan = signed_by_spare_key, .input = second_certificate },
	{ "no lists", NULL, EK, IF, none, NULL, "path.crl", CHECK_SKIPPED, "none is given" },
	{ "no lists, nothing to look in", NULL, EK, IF, none, NULL, "path.revocation", CHECK_SKIPPED, "no CRL to look in" },
	{ "only the indirect one", NULL, EK, IF, only_device, NULL, "path.crl", CHECK_SKIPPED, "none is given; 1 of that issuer with indirectCRL" },
	{ "only others", NULL, EK, IF, no_indirect, NULL, "path.crl", CHECK_SKIPPED, "none is given; 1 of that issuer without indirectCRL" },
	{ "unreadable, if there is one", NULL, EK, IF, NULL, cut, "given.crls", CHECK_SKIPPED, "left out: number 4: CRL: " },
	{ "off", NULL, EK, CRL_OFF, .plan = revoke_ek },

/* revoked */
	{ "EK", "path.revocation", EK, IF, revoke_ek, NULL, .found = "revoked 2025-01-01 00:00:00, keyCompromise, in CRL number 5" },
	{ "PTT CA", "path.revocation", PTT, RQ, revoke_ptt, NULL, .found = "keyCompromise" },
	{ "Kernel CA", "path.revocation", KERNEL, RQ, revoke_kernel, NULL, .found = "keyCompromise" },
	{ "ROM CA", "path.revocation", ROM, RQ, revoke_rom, NULL, .found = "revoked 2025-01-01 00:00:00, no reason, in CRL number 5" },
	{ "issuing CA", "path.revocation", ISSUING, RQ, revoke_issuing, NULL, .found = "revoked" },
	{ "intermediate CA", "path.revocation", INTER, RQ, revoke_intermediate, NULL, .found = "revoked" },
	{ "names no CRL, but is revoked", "path.revocation", ROM, RQ, names_none_revoked, NULL, .found = "revoked" },
	{ "a newer list revokes", "path.revocation", EK, RQ, newer_revokes, NULL, .found = "in CRL number 256" },
	{ "a newer list is forged", "path.revocation", EK, RQ, newer_is_forged, NULL, .found = "in CRL number 5" },

/* lists */
	{ "no lists, required", "path.crl", EK, RQ, none, NULL, .found = "none is given" },
	{ "no list of the root, required", "path.crl", INTER, RQ, no_root_list, NULL, .found = "none is given" },
	{ "no product list, required", "path.crl", ISSUING, RQ, no_product_list, NULL, .found = "1 of that issuer with indirectCRL" },
	{ "unreadable, required", "path.crl", EK, RQ, NULL, cut, .found = "without indirectCRL" },
	{ "stale", "path.crl", EK, RQ, stale, NULL, .found = "number 5, 2020-01-01 00:00:00 to 2025-01-01 00:00:00; it is stale" },
	{ "stale, if there is one", "path.crl", EK, IF, stale, NULL, .found = "it is stale" },
	{ "stale, not looked in", "path.crl", EK, IF, stale_and_listed, NULL, .found = "it is stale" },
	{ "of the future", "path.crl", ROM, RQ, of_the_future, NULL, .found = "it is of the future" },
	{ "another key", "path.crl", EK, RQ, wrong_key, NULL, .found = "its signature does not verify" },
	{ "another key, if there is one", "path.crl", EK, IF, wrong_key, NULL, .found = "its signature does not verify" },
	{ "no indirectCRL", "path.crl", EK, RQ, not_indirect, NULL, .found = "2 of that issuer without indirectCRL" },
	{ "indirectCRL FALSE", "path.crl", EK, RQ, indirect_false, NULL, .found = "2 of that issuer without indirectCRL" },
	{ "only CAs' certificates", "path.crl", EK, RQ, partial, NULL, .found = "covers only some" },
	{ "unknown critical extension", "path.crl", ROM, RQ, unknown_critical, NULL, .found = "critical extension 1.2.3.4" },
	{ "issuer without cRLSign", "path.crl", ROM, RQ, no_crl_sign, NULL, .found = "may sign CRLs" },
	{ "another cRLIssuer", "path.crl", EK, RQ, other_crl_issuer, NULL, .found = "none is given" },
	{ "cRLIssuer without a Name", "path.crl", EK, RQ, crl_issuer_uri, NULL, .found = "none is given" },
	{ "a certificate of nobody's", "path.crl", EK, RQ, signed_by_spare_key, second_of_nobody, .found = "its signature does not verify" },
	{ "a certificate of a CA's below", "path.crl", KERNEL, RQ, signed_by_spare_key, second_of_kernel, .found = "its signature does not verify" },
};
/* clang-format on */

static bool
found_is(const struct check *c, const struct row *r)
{
	return r->found == NULL || strstr(c->found, r->found) != NULL;
}

static bool
as_wanted(const struct row *r, const struct verify_report *v)
{
	const struct check *first = verify_first_failure(v), *c;

	if (v->accepted != (r->want == NULL))
		return false;
	if (r->want != NULL)
		return strcmp(first->name, r->want) == 0 &&
		       strcmp(first->object,
			   r->level == EK
			       ? "EK certificate"
			       : v->path[r->level].subject_text) == 0 &&
		       found_is(first, r);
	if (r->see == NULL)
		return true;
	c = find_check(v, r->see, r->found);
	return c != NULL && c->result == r->result && found_is(c, r);
}

static void
test_row(void **state)
{
	const struct row *r = *state;
	AUTO(world_done) struct world w = { .given = { false } };
	static struct verify_report v;
	struct err e = ERR_INIT;

	world_init(&w);
	if (r->plan != NULL)
		r->plan(&w);
	world_build(&w);
	if (r->input != NULL)
		r->input(&w);
	w.scene.in.crl_policy = r->policy;
	if (verify_ek(&w.scene.in, &v, &e) != 0)
		fail_msg("verify_ek: %s", e.msg);
	if (as_wanted(r, &v))
		return;
	print_report(&v);
	fail_msg("want %s '%s'", r->want != NULL ? r->want : "accepted",
	    r->found != NULL ? r->found : "");
}

/* Each certificate but the root is looked up; with CRL_OFF none, and nothing
 * is said. */
static void
test_rows_there(void **state)
{
	AUTO(world_done) struct world w = { .given = { false } };
	static struct verify_report v;

	world_init(&w);
	world_build(&w);
	for (int policy = CRL_OFF; policy <= CRL_REQUIRE; policy++) {
		size_t n = 0;

		w.scene.in.crl_policy = (enum crl_policy)policy;
		assert_int_equal(verify_ek(&w.scene.in, &v, NULL), 0);
		assert_true(v.accepted);
		for (size_t i = 0; i < v.n_checks; i++)
			for (const struct rule *rule = crl_rules;
			     rule->name != NULL; rule++)
				n += strcmp(rule->name, v.checks[i].name) == 0;
		assert_int_equal(n, policy == CRL_OFF ? 0 : 1 + 2 * ROOT);
	}
}

static void
test_too_many(void **state)
{
	struct verify_input in = { .n_crls = MAX_GIVEN_CRLS + 1,
		.crl_policy = CRL_IF_AVAILABLE };
	static struct verify_report v;
	struct err e = ERR_INIT;

	assert_int_equal(verify_ek(&in, &v, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
}

int
main(void)
{
	static struct CMUnitTest tests[SIZE(rows) + 2] = {
		cmocka_unit_test(test_rows_there),
		cmocka_unit_test(test_too_many),
	};

	for (size_t i = 0; i < SIZE(rows); i++)
		tests[2 + i] = (struct CMUnitTest){ .name = rows[i].name,
			.test_func = test_row,
			.initial_state = (void *)(uintptr_t)&rows[i] };
	return _cmocka_run_group_tests(
	    "revocation", tests, SIZE(tests), make_keys, free_keys);
}
