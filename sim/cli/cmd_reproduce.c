#include <stdio.h>

#include "sim/base/clock.h"
#include "sim/base/log.h"
#include "sim/cli/args.h"
#include "sim/cli/junit.h"
#include "sim/cli/reproduce.h"
#include "sim/report/report.h"

#define DEFAULT_TIMEOUT 3
#define NAME_COLUMN     29

static int
check_options(const struct args *a, struct err *e)
{
	const int what = (int)a->n_operands + a->reproduce.list +
			 a->reproduce.all + a->reproduce.story;

	if (a->reproduce.list && (a->junit != NULL || a->report != NULL))
		return err_set(e, E_USAGE,
		    "--list and --%s exclude each other: nothing is tried",
		    a->junit != NULL ? "junit" : "report");
	if (what == 1)
		return 0;
	err_set(e, E_USAGE,
	    "want one of NAME, --list, --all and --story, have %s",
	    what == 0 ? "none" : "more");
	return err_hint(e, "'odcasim reproduce --list' lists the names");
}

/* --- the list ---------------------------------------------------------------
 */

static void
print_list(void)
{
	for (const struct mode *m = aik_modes; m->name != NULL; m++) {
		(void)printf("%s%-*s%s", out_style(STYLE_BOLD), NAME_COLUMN,
		    m->name, out_style(STYLE_PLAIN));
		opt_wrap(m->title, NAME_COLUMN, NAME_COLUMN, stdout);
		if (m->absent == NULL)
			continue;
		(void)printf("%*snot here: ", NAME_COLUMN, "");
		opt_wrap(m->absent, NAME_COLUMN, NAME_COLUMN + 10, stdout);
	}
	(void)printf("\n'odcasim reproduce NAME' makes one happen and explains "
		     "it, --all each of them,\n--story the way from the 10th "
		     "generation to today.\n");
}

static int
list(const struct args *a, struct err *e)
{
	json_t *modes = json_array();
	json_auto_t *all = json_pack("{s:o}", "modes", modes);

	for (const struct mode *m = aik_modes; m->name != NULL; m++)
		(void)json_array_append_new(modes, reproduce_json_mode(m));
	if (all == NULL)
		return err_set(e, E_NOMEM, "JSON");
	if (a->json)
		return out_json(all, e);
	print_list();
	return 0;
}

/* --- making it happen -------------------------------------------------------
 */

struct run {
	const struct args *a;
	struct lab lab;
	struct junit junit;
	json_t *results;
	unsigned tried, expected;
};

static void
run_done(struct run *r)
{
	json_decref(r->results);
	junit_done(&r->junit);
	lab_close(&r->lab);
}

/* A case of JUnit's: what it did not come to, the way to do it by hand, and
 * what Windows would have in its log. */
static void
add_case(struct run *r, const struct reproduction *p, uint64_t ns,
    enum junit_result result, const char *message)
{
	const json_t *event = json_object_get(p->enroll, "event");
	char text[MAX_COMMANDS * MAX_COMMAND] = "";
	size_t n = 0;

	for (size_t i = 0; i < p->n_commands && n < sizeof(text); i++)
		n += (size_t)snprintf(
		    text + n, sizeof(text) - n, "%s\n", p->commands[i]);
	junit_add(&r->junit,
	    &(struct junit_case){ .class = "odcasim.reproduce",
		.name = p->mode->name,
		.ns = ns,
		.result = result,
		.message = message,
		.text = text[0] != '\0' ? text : NULL,
		.output = json_string_value(json_object_get(event, "text")) });
}

static int
try_one(struct run *r, const struct mode *m, struct reproduction *ret,
    struct err *e)
{
	const uint64_t begin = clock_ns();
	const int rc =
	    lab_reproduce(&r->lab, m, r->a->reproduce.without_cause, ret, e);

	if (rc != 0)
		add_case(r, ret, clock_ns() - begin, JUNIT_ERROR, e->msg);
	else
		add_case(r, ret, clock_ns() - begin,
		    ret->expected ? JUNIT_PASSED : JUNIT_FAILED,
		    ret->difference);
	return rc;
}

static int
run_one(struct run *r, const struct mode *m, struct err *e)
{
	auto_reproduction one = { .mode = m };

	if (try_one(r, m, &one, e) != 0)
		return -1;
	r->tried++;
	r->expected += one.expected;
	if (r->a->json || r->a->report != NULL)
		(void)json_array_append_new(r->results, reproduce_json(&one));
	if (r->a->json)
		return 0;
	if (r->a->reproduce.all)
		reproduce_row(&one);
	else
		reproduce_text(&one);
	return 0;
}

/* Others can still be: it counts as one that is not as expected. */
static void
not_tried(struct run *r, const struct mode *m, const struct err *why)
{
	r->tried++;
	if (!r->a->json)
		reproduce_row_failed(m, why->msg);
	log_err(why);
}

static int
run_all(struct run *r)
{
	const uint64_t begin = clock_ns();
	unsigned absent = 0;

	if (!r->a->json)
		reproduce_row_title();
	for (const struct mode *m = aik_modes; m->name != NULL; m++) {
		const struct reproduction none = { .mode = m };
		struct err why = ERR_INIT;

		if (m->absent == NULL && run_one(r, m, &why) != 0)
			not_tried(r, m, &why);
		if (m->absent == NULL)
			continue;
		absent++;
		add_case(r, &none, 0, JUNIT_SKIPPED, m->absent);
	}
	if (!r->a->json)
		(void)printf("\n%u of %u as expected in %.1f s; %u more are "
			     "Windows' own (--list)\n",
		    r->expected, r->tried, (double)(clock_ns() - begin) / 1e9,
		    absent);
	return 0;
}

static int
run_story(struct run *r, struct err *e)
{
	for (const struct mode_part *p = aik_story; p->mode != NULL; p++) {
		const struct mode *m = mode_require(p->mode, e);

		if (m == NULL)
			return -1;
		if (!r->a->json) {
			opt_wrap(p->text, 0, 0, stdout);
			(void)printf("\n");
		}
		if (run_one(r, m, e) != 0)
			return -1;
		if (!r->a->json)
			(void)printf("\n");
	}
	return 0;
}

static int
run_name(struct run *r, struct err *e)
{
	const struct mode *m = mode_require(r->a->operands[0], e);

	return m == NULL ? -1 : run_one(r, m, e);
}

/* {reproductions: [...]}, see reproduce.h. */
static int
show_results(const struct run *r, struct err *e)
{
	json_auto_t *all = json_pack("{s:O}", "reproductions", r->results);
	const struct args *a = r->a;

	if (all == NULL)
		return err_set(e, E_NOMEM, "JSON");
	if (a->json && out_json(all, e) != 0)
		return -1;
	return report_write(
	    a->reproduce.story ? REPORT_STORY : REPORT_REPRODUCE, all,
	    a->report, e);
}

int
cmd_reproduce(const struct args *a, struct err *e)
{
	AUTO(run_done) struct run r = { .a = a, .lab.home = HOME_INIT };
	int rc;

	if (check_options(a, e) != 0 || report_check(a->report, e) != 0 ||
	    junit_begin(a->junit, &r.junit, e) != 0)
		return -1;
	if (a->reproduce.list)
		return list(a, e);
	if ((r.results = json_array()) == NULL)
		return err_set(e, E_NOMEM, "JSON");
	if (lab_open(a->reproduce.timeout != 0 ? a->reproduce.timeout
					       : DEFAULT_TIMEOUT,
		&r.lab, e) != 0)
		return -1;
	rc = a->reproduce.all     ? run_all(&r)
	     : a->reproduce.story ? run_story(&r, e)
				  : run_name(&r, e);
	/* What could not be tried is in it, too. */
	if (junit_write(&r.junit, "odcasim reproduce", rc == 0 ? e : NULL) != 0)
		rc = -1;
	if (rc != 0 || show_results(&r, e) != 0)
		return -1;
	return r.expected == r.tried ? 0 : 1;
}
