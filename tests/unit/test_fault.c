/* Faults: the table is whole, what arms and what does not, and each act on the
 * object of its hook. What a verifier says of them is tests/interop's. */
#include <ctype.h>
#include <fnmatch.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "odca/cert.h"
#include "odca/checks.h"
#include "odca/crl_profile.h"
#include "odca/fault.h"
#include "sim/base/clock.h"

#define SIZE(a) (sizeof(a) / sizeof(*(a)))
#define NOW     1767225600 /* 2026-01-01 */

/* --- the table ------------------------------------------------------------ */

static bool
has_rule(const struct rule *rule, const char *name)
{
	while (rule->name != NULL && strcmp(rule->name, name) != 0)
		rule++;
	return rule->name != NULL;
}

/* Words of letters, digits and hyphens, a dot between; two at least. */
static bool
is_dotted(const char *name)
{
	size_t n, words = 0;

	for (;; name += n + 1) {
		n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
		if (n == 0 || !isalnum((unsigned char)name[0]))
			return false;
		words++;
		if (name[n] != '.')
			return name[n] == '\0' && words > 1;
	}
}

/* A certificate, or what provision.c calls its own. */
static bool
has_target(const struct fault *f)
{
	static const char *const others[] = { "chain", "chain-1", "chain-2" };
	size_t n;
	const struct profile *p = profile_all(&n);

	for (size_t i = 0; i < n; i++)
		if (fnmatch(f->target, p[i].name, 0) == 0)
			return f->hook != HOOK_CRL ||
			       crl_profile_of(&p[i], GEN_ONDIE) != NULL;
	for (size_t i = 0; i < SIZE(others); i++)
		if (strcmp(f->target, others[i]) == 0)
			return f->hook == HOOK_CHAIN || f->hook == HOOK_NV;
	return false;
}

static const char *
wrong_with(const struct fault *f)
{
	const size_t help = f->help != NULL ? strlen(f->help) : 0;

	if (!is_dotted(f->name) || strlen(f->name) >= MAX_FAULT_NAME)
		return "name";
	if (f->act == NULL || !has_target(f))
		return "act and target";
	if (f->arg < 0 || f->arg > MAX_FAULT_ARG)
		return "argument";
	if (f->expect == VERDICT_ACCEPT && (f->check != NULL || f->others != 0))
		return "who rejects what is to be accepted?";
	if (f->expect == VERDICT_REJECT &&
	    (f->check == NULL || (!has_rule(check_rules, f->check) &&
				     !has_rule(crl_rules, f->check))))
		return "check";
	if ((f->others & ~(unsigned)(BY_OPENSSL | BY_CERTTOOL)) != 0)
		return "others";
	if (f->only != NULL && family_find(f->only) == NULL)
		return "family";
	if (f->cite == NULL || f->cite[0] == '\0')
		return "clause";
	if (help == 0 || f->help[help - 1] == '.')
		return "help";
	/* Who reads the help learns that there is an argument. */
	if ((strstr(f->help, "ARG") != NULL) != (f->arg != 0))
		return "ARG in help";
	return NULL;
}

static void
test_table(void **state)
{
	for (const struct fault *f = odca_faults; f->name != NULL; f++) {
		const char *wrong = wrong_with(f);

		if (wrong != NULL)
			fail_msg("%s: %s", f->name, wrong);
		/* The first of that name is this one. */
		assert_ptr_equal(fault_require(f->name, NULL), f);
	}
}

/* --- arming --------------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *name, *text;
	enum err_code code; /* E_OK: armed, with arg */
	int64_t arg;
	const char *msg;
} arms[] = {
	{ "no argument", "chain.missing", E_OK, 0, "" },
	{ "the default", "chain.cut", E_OK, 16, "" },
	{ "argument", "chain.cut=7", E_OK, 7, "" },
	{ "largest", "chain.cut=10000", E_OK, 10000, "" },
	{ "decimal", "chain.cut=010", E_OK, 10, "" },
	{ "too large", "chain.cut=10001", E_USAGE, 0, "fault 'chain.cut=10001': want a number from 1 to 10000" },
	{ "beyond 64 bits", "chain.cut=99999999999999999999", E_USAGE, 0, "from 1 to" },
	{ "zero", "chain.cut=0", E_USAGE, 0, "from 1 to" },
	{ "negative", "chain.cut=-1", E_USAGE, 0, "from 1 to" },
	{ "sign", "chain.cut=+1", E_USAGE, 0, "from 1 to" },
	{ "blank", "chain.cut= 1", E_USAGE, 0, "from 1 to" },
	{ "empty argument", "chain.cut=", E_USAGE, 0, "from 1 to" },
	{ "no number", "chain.cut=few", E_USAGE, 0, "from 1 to" },
	{ "number and more", "chain.cut=1x", E_USAGE, 0, "from 1 to" },
	{ "argument of none", "chain.missing=1", E_USAGE, 0, "fault 'chain.missing' takes no argument" },
	{ "empty argument of none", "chain.missing=", E_USAGE, 0, "takes no argument" },
	{ "misspelt", "chain.mising", E_USAGE, 0, "unknown fault 'chain.mising'; did you mean 'chain.missing'?" },
	{ "misspelt, argument", "chain.cutt=3", E_USAGE, 0, "unknown fault 'chain.cutt'; did you mean 'chain.cut'?" },
	{ "of nothing", "zzz", E_USAGE, 0, "unknown fault 'zzz'" },
	{ "empty", "", E_USAGE, 0, "unknown fault ''" },
	{ "beginning of a name", "chain", E_USAGE, 0, "unknown fault 'chain'" },
	{ "longer than any name", "chain.missingchain.missingchain.missingchain.missingchain.missingchain.missing", E_USAGE, 0, "unknown fault" },
};
/* clang-format on */

static void
test_arm(void **state)
{
	for (size_t i = 0; i < SIZE(arms); i++) {
		const bool ok = arms[i].code == E_OK;
		struct faults f = { .n = 0 };
		struct err e = ERR_INIT;

		if (fault_arm(&f, arms[i].text, &e) != (ok ? 0 : -1) ||
		    e.code != arms[i].code || f.n != ok ||
		    strstr(e.msg, arms[i].msg) == NULL ||
		    (ok && f.armed[0].arg != arms[i].arg))
			fail_msg("%s: %d '%s'", arms[i].name, e.code, e.msg);
		/* An unknown one has a list to choose from. */
		assert_int_equal(strstr(e.msg, "unknown") != NULL,
		    strstr(e.hint, "odcasim faults") != NULL);
	}
}

static void
test_arm_twice(void **state)
{
	struct faults f = { .n = 0 };
	struct err e = ERR_INIT;

	assert_int_equal(fault_arm(&f, "chain.cut=1", &e), 0);
	assert_int_equal(fault_arm(&f, "chain.cut=2", &e), -1);
	assert_int_equal(e.code, E_USAGE);
	assert_non_null(strstr(e.msg, "'chain.cut' twice"));
	assert_int_equal(f.n, 1);
	assert_int_equal(f.armed[0].arg, 1);
}

static void
test_arm_limit(void **state)
{
	struct faults f = { .n = 0 };
	struct err e = ERR_INIT;
	size_t i = 0;

	while (i < MAX_FAULTS)
		assert_int_equal(fault_arm(&f, odca_faults[i++].name, &e), 0);
	assert_int_equal(fault_arm(&f, odca_faults[i].name, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
	assert_int_equal(f.n, MAX_FAULTS);
}

/* --- the hook ------------------------------------------------------------- */

static void
arm(struct faults *f, const char *text)
{
	struct err e = ERR_INIT;

	f->n = 0;
	if (fault_arm(f, text, &e) != 0)
		fail_msg("%s: %s", text, e.msg);
}

/* Whose target matches, and where. */
/* clang-format off */
static const struct {
	const char *fault; /* NULL: none is armed */
	const char *target;
	enum hook hook;
	bool acts;
} hooks[] = {
	{ "cert.ek.missing",             "ek-rsa2048", HOOK_NV,    true },
	{ "cert.ek.missing",             "ek-p384",    HOOK_NV,    true },
	{ "cert.ek.missing",             "chain-1",    HOOK_NV,    false },
	{ "cert.ek.missing",             "ek",         HOOK_NV,    false },
	{ "cert.ek.missing",             "ek-rsa2048", HOOK_CHAIN, false },
	{ "chain.second-index-missing",  "chain-2",    HOOK_NV,    true },
	{ "chain.second-index-missing",  "chain-1",    HOOK_NV,    false },
	{ NULL,                          "ek-rsa2048", HOOK_NV,    false },
};
/* clang-format on */

static void
test_targets(void **state)
{
	for (size_t i = 0; i < SIZE(hooks); i++) {
		struct fault_nv nv = { .left_out = false };
		struct faults f = { .n = 0 };
		struct err e = ERR_INIT;

		if (hooks[i].fault != NULL)
			arm(&f, hooks[i].fault);
		assert_int_equal(
		    fault_at(&f, hooks[i].hook, hooks[i].target, &nv, &e), 0);
		if (nv.left_out != hooks[i].acts)
			fail_msg("%s at %s", hooks[i].fault, hooks[i].target);
	}
	assert_int_equal(fault_at(NULL, HOOK_NV, "chain-1", NULL, NULL), 0);
}

/* Let a fault act on the object that its hook has, for an EK or what else it is
 * for. */
static int
act(const char *text, const char *target, void *object, struct err *e)
{
	struct faults f;

	arm(&f, text);
	return fault_at(&f, f.armed[0].fault->hook, target, object, e);
}

/* --- acts on a row -------------------------------------------------------- */

static bool
is_critical(const struct profile *p, enum ext_id id)
{
	for (size_t i = 0; p->exts[i] != EXT_END; i++)
		if ((enum ext_id)(p->exts[i] & EXT_ID_MASK) == id)
			return (p->exts[i] & CRITICAL) != 0;
	return false;
}

static bool
is_canonical(const struct profile *p)
{
	return p->canonical && profile_has(p, EXT_SDA) &&
	       !is_critical(p, EXT_SDA);
}

static bool
ended_a_day_ago(const struct profile *p)
{
	return strcmp(p->own_not_after, "251231000000Z") == 0;
}

static bool
ended_40_days_ago(const struct profile *p)
{
	return strcmp(p->own_not_after, "251122000000Z") == 0;
}

static bool
begins_tomorrow(const struct profile *p)
{
	return strcmp(p->own_not_before, "260102000000Z") == 0;
}

static bool
has_no_aki(const struct profile *p)
{
	return !profile_has(p, EXT_AKI) && profile_has(p, EXT_SAN);
}

static bool
has_wrong_aki(const struct profile *p)
{
	return p->wrong_aki && profile_has(p, EXT_AKI);
}

static bool
has_subject(const struct profile *p)
{
	return p->subject[0].text != NULL;
}

static bool
has_no_san(const struct profile *p)
{
	return !profile_has(p, EXT_SAN) && profile_has(p, EXT_EKU);
}

static bool
has_uncritical_san(const struct profile *p)
{
	return profile_has(p, EXT_SAN) && !is_critical(p, EXT_SAN);
}

static bool
has_no_eku(const struct profile *p)
{
	return !profile_has(p, EXT_EKU) && profile_has(p, EXT_SAN);
}

static bool
signs(const struct profile *p)
{
	return p->ku == KU_DIGITAL_SIGNATURE;
}

static bool
is_of_another(const struct profile *p)
{
	return strcmp(p->san[0].text, "id:494E5443") != 0;
}

static bool
is_of_a_version(const struct profile *p)
{
	return strchr(p->san[2].text, '{') == NULL;
}

static bool
has_24_octets(const struct profile *p)
{
	return p->serial_size == 24;
}

static bool
has_32_octets(const struct profile *p)
{
	return p->serial_size == MAX_SERIAL_SIZE;
}

static bool
is_negative(const struct profile *p)
{
	return p->negative_serial;
}

static const struct {
	const char *fault;
	bool (*done)(const struct profile *p);
} row_acts[] = {
	{ "cert.canonical-der", is_canonical },
	{ "cert.ek.expired", ended_a_day_ago },
	{ "cert.ek.expired=40", ended_40_days_ago },
	{ "cert.ek.not-yet-valid", begins_tomorrow },
	{ "cert.ek.no-aki", has_no_aki },
	{ "cert.ek.wrong-aki", has_wrong_aki },
	{ "cert.ek.subject", has_subject },
	{ "cert.ek.no-san", has_no_san },
	{ "cert.ek.san-not-critical", has_uncritical_san },
	{ "cert.ek.no-eku", has_no_eku },
	{ "cert.ek.key-usage", signs },
	{ "cert.ek.manufacturer", is_of_another },
	{ "cert.ek.tpm-version", is_of_a_version },
	{ "cert.ek.long-serial", has_24_octets },
	{ "cert.ek.long-serial=32", has_32_octets },
	{ "cert.ek.negative-serial", is_negative },
};

/* Of each generation, for its extensions stand in another order. */
static void
test_row_acts(void **state)
{
	static const enum generation gens[] = { GEN_ONDIE, GEN_CA2, GEN_SOC };

	clock_set(NOW);
	for (size_t i = 0; i < SIZE(row_acts) * SIZE(gens); i++) {
		const char *fault = row_acts[i / SIZE(gens)].fault;
		const struct profile *ek =
		    profile_find("ek-rsa2048", gens[i % SIZE(gens)]);
		struct profile own = *ek;
		struct err e = ERR_INIT;

		assert_false(row_acts[i / SIZE(gens)].done(ek));
		if (act(fault, "ek-rsa2048", &own, &e) != 0 ||
		    !row_acts[i / SIZE(gens)].done(&own))
			fail_msg("%s: %s", fault, e.msg);
	}
	clock_set((time_t)-1);
}

/* --- acts on the chain ---------------------------------------------------- */

static int
put_foreign(void *ctx, struct buf *out, struct err *e)
{
	return buf_put(out, SPAN_STR(ctx));
}

/* clang-format off */
static const struct {
	const char *fault, *want; /* of "RKP"; '.' is 00, '~' is ff */
} chain_acts[] = {
	{ "chain.leaf-first",  "PKR" },
	{ "chain.missing",     "" },
	{ "chain.padded-00",   "RKP................" },
	{ "chain.padded-ff=3", "RKP~~~" },
	{ "chain.cut=2",       "R" },
	{ "chain.third-only",  "P" },
	{ "chain.foreign",     "rkp" },
};
/* clang-format on */

static int
act_on_chain(const char *fault, struct buf *bytes, struct err *e)
{
	static char foreign[] = "rkp";
	struct fault_chain c = { .bytes = bytes,
		.rom = SPAN_STR("R"),
		.kernel = SPAN_STR("K"),
		.ptt = SPAN_STR("P"),
		.foreign = put_foreign,
		.ctx = foreign };

	assert_int_equal(buf_put(bytes, SPAN_STR("RKP")), 0);
	return act(fault, "chain", &c, e);
}

static void
test_chain_acts(void **state)
{
	for (size_t i = 0; i < SIZE(chain_acts); i++) {
		auto_buf bytes = BUF_INIT(64);
		struct err e = ERR_INIT;

		if (act_on_chain(chain_acts[i].fault, &bytes, &e) != 0)
			fail_msg("%s: %s", chain_acts[i].fault, e.msg);
		for (size_t k = 0; k < bytes.n; k++) {
			if (bytes.p[k] == 0x00)
				bytes.p[k] = '.';
			if (bytes.p[k] == 0xff)
				bytes.p[k] = '~';
		}
		if (!span_eq(buf_span(&bytes), SPAN_STR(chain_acts[i].want)))
			fail_msg("%s: %.*s", chain_acts[i].fault, (int)bytes.n,
			    (char *)bytes.p);
	}
}

/* --- the other objects ---------------------------------------------------- */

/* Another key of the same kind and size. */
static void
test_other_key(void **state)
{
	for (enum key_alg alg = KEY_RSA2048; alg <= KEY_P384; alg++) {
		struct pubkey key = { .alg = alg, .n = pubkey_size(alg) };
		struct pubkey before = key;
		struct err e = ERR_INIT;

		assert_int_equal(
		    act("cert.ek.other-key", "ek-p256", &key, &e), 0);
		assert_int_equal(key.alg, alg);
		assert_int_equal(key.n, before.n);
		assert_memory_not_equal(key.bytes, before.bytes, key.n);
		assert_int_equal(
		    key.bytes[0], alg == KEY_RSA2048 ? 0x00 : 0x04);
	}
}

static void
test_unknown_issuer(void **state)
{
	static const uint8_t secret[P384_SECRET_SIZE] = { 1, 2, 3 };
	struct fault_issuer who = { .secret = SPAN_OF(secret) };
	struct err e = ERR_INIT;
	struct pubkey public;

	assert_int_equal(act("cert.unknown-root", "ptt", &who, &e), 0);
	assert_null(who.key);
	assert_int_equal(act("cert.unknown-root", "rom", &who, &e), 0);
	assert_non_null(who.own);
	assert_ptr_equal(who.key, who.own);
	key_public(who.key, &public);
	assert_int_equal(public.alg, KEY_P384);
	key_free(who.own);
}

static void
test_bad_signature(void **state)
{
	auto_buf der = BUF_INIT(8);
	struct err e = ERR_INIT;

	assert_int_equal(buf_put(&der, SPAN_STR("abc")), 0);
	assert_int_equal(act("cert.ek.bad-signature", "ek-p384", &der, &e), 0);
	assert_true(span_eq(buf_span(&der), SPAN_STR("abb")));
}

/* TPMA_NV: AUTHREAD and PPREAD go, OWNERREAD and the rest stay. */
static void
test_owner_auth(void **state)
{
	struct fault_nv nv = { .attributes = 0x62072408 };
	struct err e = ERR_INIT;

	assert_int_equal(act("nv.owner-auth", "chain-1", &nv, &e), 0);
	assert_int_equal(nv.attributes, 0x62022408);
	assert_false(nv.left_out);
}

static void
test_revoke(void **state)
{
	struct fault_crl crl = { .revoked = false };
	struct err e = ERR_INIT;

	assert_int_equal(act("revoked.ptt", "rom", &crl, &e), 0);
	assert_false(crl.revoked);
	assert_int_equal(act("revoked.ptt", "ptt", &crl, &e), 0);
	assert_true(crl.revoked);
}

/* --- what an act cannot do ------------------------------------------------ */

/* The name of the fault is said, and nothing else was done to the object. */
static void
test_impossible(void **state)
{
	struct profile own = *profile_find("ek-p256", GEN_ONDIE);
	auto_buf bytes = BUF_INIT(64), full = BUF_INIT(4);
	struct err e = ERR_INIT;

	assert_int_equal(act_on_chain("chain.cut=3", &bytes, &e), -1);
	assert_int_equal(e.code, E_USAGE);
	assert_non_null(strstr(e.msg, "'chain.cut'"));
	assert_int_equal(bytes.n, 3);
	err_clear(&e);
	assert_int_equal(act_on_chain("chain.padded-00=2", &full, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
	err_clear(&e);
	assert_int_equal(
	    act("cert.ek.long-serial=33", "ek-p256", &own, &e), -1);
	assert_int_equal(e.code, E_USAGE);
	assert_non_null(strstr(e.msg, "want at most 32"));
	err_clear(&e);
	clock_set(NOW);
	/* 2053, and 1998 in a year that UTCTime has. */
	assert_int_equal(
	    act("cert.ek.not-yet-valid=10000", "ek-p256", &own, &e), -1);
	assert_int_equal(e.code, E_USAGE);
	assert_int_equal(act("cert.ek.expired=10000", "ek-p256", &own, &e), 0);
	clock_set((time_t)-1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_arm),
		cmocka_unit_test(test_arm_twice),
		cmocka_unit_test(test_arm_limit),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_row_acts),
		cmocka_unit_test(test_chain_acts),
		cmocka_unit_test(test_other_key),
		cmocka_unit_test(test_unknown_issuer),
		cmocka_unit_test(test_bad_signature),
		cmocka_unit_test(test_owner_auth),
		cmocka_unit_test(test_revoke),
		cmocka_unit_test(test_impossible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
