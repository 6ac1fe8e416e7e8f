/* The table of failure modes: that its rows can be, and what is judged. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "odca/family.h"
#include "odca/fault.h"
#include "sim/aik/cloudfault.h"
#include "sim/aik/hresult.h"
#include "sim/aik/mode.h"

#define EACH(m)                                                                \
	const struct mode *m = aik_modes;                                      \
	(m)->name != NULL;                                                     \
	(m)++

static bool
is_kebab(const char *s)
{
	for (; *s != '\0'; s++)
		if (!islower((unsigned char)*s) && *s != '-')
			return false;
	return true;
}

static void
test_names(void **state)
{
	for (EACH(m)) {
		if (!is_kebab(m->name))
			fail_msg("'%s'", m->name);
		for (const struct mode *n = m + 1; n->name != NULL; n++)
			assert_string_not_equal(m->name, n->name);
		assert_ptr_equal(mode_require(m->name, NULL), m);
	}
}

static void
test_texts(void **state)
{
	for (EACH(m)) {
		assert_non_null(m->title);
		assert_non_null(m->who);
		assert_non_null(m->source);
		assert_non_null(mode_label_text(m->label));
		/* Either it can be had, or it is said why not. */
		assert_true((m->absent != NULL) == (m->device.family == NULL));
		assert_true((m->absent != NULL) == (m->remedy == NULL));
		assert_true((m->absent != NULL) == (m->why == NULL));
	}
}

/* Or there is none. */
static bool
is_fault(const char *name, bool client)
{
	for (const struct cloudfault *f = cloudfaults; f->name != NULL; f++)
		if (name != NULL && strcmp(f->name, name) == 0)
			return cloud_seam_is_client(f->seam) == client;
	return name == NULL;
}

static void
test_devices(void **state)
{
	struct err e = ERR_INIT;

	for (EACH(m)) {
		const struct family *f;

		if (m->absent != NULL)
			continue;
		assert_non_null(f = family_find(m->device.family));
		assert_non_null(family_batch(f, m->device.batch));
		for (size_t i = 0; i < MAX_MODE_FAULTS; i++)
			if (m->device.faults[i] != NULL &&
			    fault_require(m->device.faults[i], &e) == NULL)
				fail_msg("%s: %s", m->name, e.msg);
		assert_true(is_fault(m->cloud_fault, false));
		assert_true(is_fault(m->client_fault, true));
		if (m->device.revoked || m->device.batch_revoked)
			assert_true(m->other & OTHER_DEVICE);
		/* By its number. */
		if (m->device.batch_revoked)
			assert_non_null(m->device.batch);
		/* The services let nobody through. */
		if (m->wire == WIRE_PROXY)
			assert_non_null(m->cloud_fault);
	}
}

static void
test_expectations(void **state)
{
	for (EACH(m)) {
		if (m->absent != NULL)
			continue;
		/* A denial is in the message, not in a code. */
		assert_true((m->want.enrolled || m->want.denied) ==
			    (m->want.hresult == 0));
		if (m->want.hresult != 0 &&
		    hresult_text(m->want.hresult)[0] == '\0')
			fail_msg("%s: 0x%08x", m->name, m->want.hresult);
	}
}

/* Without its cause, a row has no trigger left. */
static void
test_without_cause(void **state)
{
	for (EACH(m)) {
		struct mode c = mode_without_cause(m);

		assert_int_equal(c.wire, WIRE_CLOUD);
		assert_int_equal(c.client, CLIENT_CURRENT);
		assert_int_equal(c.other, 0);
		assert_null(c.cloud_fault);
		assert_null(c.client_fault);
		assert_null(c.device.faults[0]);
		assert_false(c.device.owner_auth || c.device.revoked ||
			     c.device.batch_revoked);
		assert_true(c.want.step == m->want.step);
	}
}

static void
test_story(void **state)
{
	for (const struct mode_part *p = aik_story; p->mode != NULL; p++) {
		const struct mode *m = mode_require(p->mode, NULL);

		assert_non_null(m);
		assert_null(m->absent);
		assert_non_null(p->text);
	}
}

static void
test_unknown(void **state)
{
	struct err e = ERR_INIT;

	assert_null(mode_require("wrong-aik-ulr", &e));
	assert_int_equal(e.code, E_USAGE);
	assert_non_null(strstr(e.msg, "did you mean 'wrong-aik-url'?"));
	assert_non_null(strstr(e.hint, "--list"));
}

static void
test_judgement(void **state)
{
	static const struct mode_outcome right = { .step = ENROLL_CAPS,
		.status = 404,
		.hresult = 0x80190194,
		.reply = "The authority \"x\" does not exist.",
		.url_of = 1 };
	const struct {
		const char *name, *why;
		struct mode_outcome o;
	} rows[] = {
		{ "right", "", right },
		{ "enrolled", "want none, have one",
		    { .enrolled = true, .step = ENROLL_CHECK } },
		{ "step", "step: want F, have G",
		    { .step = ENROLL_CA_CHAIN, .status = 404 } },
		{ "status", "HTTP status: want 404, have 400",
		    { .step = ENROLL_CAPS, .status = 400 } },
		{ "hresult", "HRESULT: want 0x80190194, have 0x80190190",
		    { .step = ENROLL_CAPS,
			.status = 404,
			.hresult = 0x80190190 } },
		{ "denied", "pkiStatus 2: want another",
		    { .step = ENROLL_CAPS,
			.status = 404,
			.hresult = 0x80190194,
			.denied = true } },
		{ "another answer", "answer: want 'does not exist.', have 'no'",
		    { .step = ENROLL_CAPS,
			.status = 404,
			.hresult = 0x80190194,
			.url_of = 1,
			.reply = "no" } },
		{ "no answer", "answer: want 'does not exist.', have ''",
		    { .step = ENROLL_CAPS,
			.status = 404,
			.hresult = 0x80190194,
			.url_of = 1 } },
		{ "another URL", "URL: want it of certificate 1, have 4",
		    { .step = ENROLL_CAPS,
			.status = 404,
			.hresult = 0x80190194,
			.url_of = 4 } },
	};
	const struct mode *m = mode_require("wrong-aik-url", NULL);
	char why[MODE_WHY_SIZE];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool ok = mode_judge(m, &rows[i].o, why);

		if (ok != (i == 0) || strcmp(why, rows[i].why) != 0)
			fail_msg("%s: %d '%s'", rows[i].name, ok, why);
	}
}

/* A row may ask for EKOP's EK certificate, and for the URL only. */
static void
test_judge_ekop(void **state)
{
	const struct mode *m = mode_require("ekop-up", NULL);
	struct mode_outcome o = m->want;
	char why[MODE_WHY_SIZE];

	assert_true(mode_judge(m, &o, why));
	o.ekop = false;
	assert_false(mode_judge(m, &o, why));
	assert_string_equal(why, "EK certificate: want EKOP's, have NV's");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge_ekop),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_expectations),
		cmocka_unit_test(test_without_cause),
		cmocka_unit_test(test_story),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_judgement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
