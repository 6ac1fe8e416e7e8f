/* When a fault happens, and what the cloud's faults do to a request: answers,
 * without a connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/aik/cloud.h"
#include "sim/base/trigger.h"

#define N_OF(a) (sizeof(a) / sizeof(*(a)))
#define AUTHORITY                                                              \
	"intc-keyid-5808f32b2f5a687d3cc67c5620883dd82723aa7c."                 \
	"microsoftaik.azure.net"
#define SCEP "/templates/Aik/scep"
/* Of 64 characters. */
#define LONG_NAME                                                              \
	"0123456789abcdef0123456789abcdef"                                     \
	"0123456789abcdef0123456789abcdef"

/* --- triggers --------------------------------------------------------------
 */

static void
test_words(void **state)
{
	struct err e = ERR_INIT;
	struct trigger t;

	assert_int_equal(trigger_parse("slow", &t, &e), 0);
	assert_string_equal(t.name, "slow");
	assert_false(t.has_arg || t.conditional);
	assert_int_equal(
	    trigger_parse(
		"slow=7,on=GetCACaps,prob=5%,after=3,count=2", &t, &e),
	    0);
	assert_true(t.has_arg && t.conditional);
	assert_int_equal(t.arg, 7);
	assert_string_equal(t.on, "GetCACaps");
	assert_int_equal(t.percent, 5);
	assert_int_equal(t.after, 3);
	assert_int_equal(t.count, 2);
}

static void
test_wrong_words(void **state)
{
	static const char *const texts[] = { "", "=1", "slow=", "slow=x",
		"slow=-1", "slow=0", "slow=10001", "slow=1x", "slow,", "slow,,",
		"slow,count", "slow,count=", "slow,count=0", "slow,after=x",
		"slow,prob=5", "slow,prob=%", "slow,prob=0%", "slow,prob=101%",
		"slow,on=", "slow,often=1", LONG_NAME };

	for (size_t i = 0; i < N_OF(texts); i++) {
		struct err e = ERR_INIT;
		struct trigger t;

		if (trigger_parse(texts[i], &t, &e) == 0)
			fail_msg("'%s' is taken", texts[i]);
		assert_int_equal(e.code, E_USAGE);
	}
}

/* 'x' where it happens. */
static const char *
pulls(const char *text, const char *seed, char out[static 17])
{
	struct err e = ERR_INIT;
	struct trigger t;
	struct dice d;

	assert_int_equal(trigger_parse(text, &t, &e), 0);
	dice_seed(&d, seed);
	for (size_t i = 0; i < 16; i++)
		out[i] = trigger_pull(&t, &d) ? 'x' : '.';
	out[16] = '\0';
	return out;
}

static void
test_occasions(void **state)
{
	char a[17], b[17];

	assert_string_equal(pulls("f", "", a), "xxxxxxxxxxxxxxxx");
	assert_string_equal(pulls("f,after=3", "", a), "...xxxxxxxxxxxxx");
	assert_string_equal(pulls("f,count=2", "", a), "xx..............");
	assert_string_equal(
	    pulls("f,after=1,count=1", "", a), ".x..............");
	assert_string_equal(pulls("f,prob=100%", "", a), "xxxxxxxxxxxxxxxx");
	assert_string_equal(
	    pulls("f,prob=50%", "one", a), pulls("f,prob=50%", "one", b));
	assert_string_not_equal(a, pulls("f,prob=50%", "two", b));
	assert_non_null(strchr(a, 'x'));
	assert_non_null(strchr(a, '.'));
}

/* --- arming ----------------------------------------------------------------
 */

static void
test_arming(void **state)
{
	static const char *const wrong[] = { "status-430", "status-500=1",
		"slow=3601", "tls-expired,count=1", "tls-other-root,prob=5%",
		"wrong-secret", "reset,on=PKIOperatoin", "deny,on=GetCACaps" };
	const struct opt_list client = { { "wrong-secret,on=GetCACaps" }, 1 };
	struct err e = ERR_INIT;
	struct opt_list none = { .n = 0 };
	auto_cloudfault s = NULL;

	assert_int_equal(cloudfault_new(&none, false, NULL, &s, &e), 0);
	assert_null(s);
	for (size_t i = 0; i < N_OF(wrong); i++) {
		const struct opt_list one = { { wrong[i] }, 1 };

		if (cloudfault_new(&one, false, NULL, &s, &e) == 0)
			fail_msg("'%s' is taken", wrong[i]);
		assert_int_equal(e.code, E_USAGE);
		assert_null(s);
	}
	assert_int_equal(cloudfault_new(&client, true, NULL, &s, &e), -1);
	assert_int_equal(e.code, E_USAGE);
	assert_non_null(strstr(e.msg, "is for PKIOperation"));
}

static void
test_rows(void **state)
{
	for (const struct cloudfault *f = cloudfaults; f->name != NULL; f++) {
		const struct opt_list one = { { f->name }, 1 };
		struct err e = ERR_INIT;
		auto_cloudfault s = NULL;

		for (const struct cloudfault *g = f + 1; g->name != NULL; g++)
			assert_string_not_equal(f->name, g->name);
		assert_int_equal(f->act != NULL, f->seam == CLOUD_WIRE);
		assert_true(f->arg <= f->most);
		assert_int_equal(
		    cloudfault_new(
			&one, cloud_seam_is_client(f->seam), "seed", &s, &e),
		    0);
		assert_int_equal(cloudfault_waits(s),
		    strcmp(f->name, "slow") == 0 ||
			strcmp(f->name, "black-hole") == 0);
	}
}

/* --- answers ---------------------------------------------------------------
 */

/* What GetCACaps, then another one, is answered by a cloud with the fault. */
static const struct {
	const char *fault, *host;
	unsigned first, second;
	const char *header; /* X-Fault of the first */
	enum http_sending how;
} answers[] = {
	{ NULL, AUTHORITY, 200, 200, NULL, HTTP_WHOLE },
	{ "status-429=7", AUTHORITY, 429, 429, "status-429", HTTP_WHOLE },
	{ "status-500,count=1", AUTHORITY, 500, 200, "status-500", HTTP_WHOLE },
	{ "status-503,after=1", AUTHORITY, 200, 503, NULL, HTTP_WHOLE },
	{ "status-504,on=GetCACertChain", AUTHORITY, 200, 200, NULL,
	    HTTP_WHOLE },
	{ "proxy-auth", "tsci.intel.test", 407, 407, "proxy-auth", HTTP_WHOLE },
	{ "unregistered,count=1", AUTHORITY, 404, 200, "unregistered",
	    HTTP_WHOLE },
	{ "redirect-ca", AUTHORITY, 200, 200, "redirect-ca", HTTP_WHOLE },
	{ "truncated-body", AUTHORITY, 200, 200, "truncated-body", HTTP_CUT },
	{ "reset", AUTHORITY, 200, 200, "reset", HTTP_RESET },
	{ "black-hole", AUTHORITY, 200, 200, "black-hole", HTTP_SILENT },
	{ "tls-expired", AUTHORITY, 200, 200, "tls-expired", HTTP_WHOLE },
	{ "not-scep", AUTHORITY, 200, 200, NULL, HTTP_WHOLE },
	{ "deny", AUTHORITY, 200, 200, NULL, HTTP_WHOLE },
};

static const char *
header(const struct http_response *p, const char *name)
{
	for (size_t i = 0; i < p->n_headers; i++)
		if (strcmp(p->headers[i].name, name) == 0)
			return p->headers[i].value;
	return NULL;
}

static void
ask(struct cloud *c, const char *host, struct http_response *p)
{
	const struct http_request r = { .method = "GET",
		.host = host,
		.path = SCEP,
		.args = { { "operation", "GetCACaps" } },
		.n_args = 1 };

	http_response_init(p);
	cloud_answer(c, &r, p);
}

static void
check_answer(size_t i)
{
	const struct opt_list list = { { answers[i].fault },
		answers[i].fault != NULL };
	struct cloud_options o = { .pki = NULL };
	struct err e = ERR_INIT;
	struct http_response p;
	auto_cloudfault faults = NULL;
	auto_cloud cloud = NULL;

	assert_int_equal(cloudfault_new(&list, false, "seed", &faults, &e), 0);
	o.faults = faults;
	assert_int_equal(cloud_new(&o, &cloud, &e), 0);
	ask(cloud, answers[i].host, &p);
	assert_int_equal(p.status, answers[i].first);
	assert_int_equal(p.sending.how, answers[i].how);
	if (answers[i].header == NULL)
		assert_null(header(&p, "X-Fault"));
	else
		assert_string_equal(header(&p, "X-Fault"), answers[i].header);
	if (p.status == 429)
		assert_string_equal(header(&p, "Retry-After"), "7");
	if (p.status == 407)
		assert_non_null(header(&p, "Proxy-Authenticate"));
	http_response_done(&p);
	ask(cloud, answers[i].host, &p);
	assert_int_equal(p.status, answers[i].second);
	http_response_done(&p);
}

static void
test_answers(void **state)
{
	for (size_t i = 0; i < N_OF(answers); i++)
		check_answer(i);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_wrong_words),
		cmocka_unit_test(test_occasions),
		cmocka_unit_test(test_arming),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_answers),
	};

	return cmocka_run_group_tests_name("cloudfault", tests, NULL, NULL);
}
