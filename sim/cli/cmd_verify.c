#include <stdio.h>
#include <string.h>

#include "sim/base/clock.h"
#include "sim/cli/junit.h"
#include "sim/cli/out.h"
#include "sim/cli/show.h"
#include "sim/cli/when.h"
#include "sim/report/report.h"

#define STATUS_REJECTED 3

static const char *const result_names[] = {
	[CHECK_PASSED] = "passed",
	[CHECK_FAILED] = "failed",
	[CHECK_SKIPPED] = "skipped",
};

/* --- text ----------------------------------------------------------------- */

/* A check: its result, its name, and from here on what was found; the rest of
 * one that did not pass. */
#define COLUMN_NAME   12
#define NAME_WIDTH    24
#define COLUMN_FOUND  (COLUMN_NAME + NAME_WIDTH + 1)
#define COLUMN_DETAIL (COLUMN_NAME + 8)

/* What passed is a line, if that is wide enough. */
static void
print_passed(const struct check *c)
{
	size_t n = strlen(c->found) + strlen("  []") + strlen(c->clause);

	(void)printf("    %spassed%s  %-*s ", out_style(STYLE_GOOD),
	    out_style(STYLE_PLAIN), NAME_WIDTH, c->name);
	if (COLUMN_FOUND + (int)n <= OPT_WIDTH) {
		(void)printf("%s  %s[%s]%s\n", c->found, out_style(STYLE_DIM),
		    c->clause, out_style(STYLE_PLAIN));
		return;
	}
	opt_wrap(c->found, COLUMN_FOUND, COLUMN_FOUND, stdout);
	(void)printf("%*s%s[%s]%s\n", COLUMN_FOUND, "", out_style(STYLE_DIM),
	    c->clause, out_style(STYLE_PLAIN));
}

static void
print_detail(const char *what, const char *text)
{
	(void)printf("%*s%-7s ", COLUMN_NAME, "", what);
	opt_wrap(text, COLUMN_DETAIL, COLUMN_DETAIL, stdout);
}

static void
print_check(const struct check *c)
{
	enum style style = c->result == CHECK_FAILED ? STYLE_BAD : STYLE_DIM;

	if (c->result == CHECK_PASSED) {
		print_passed(c);
		return;
	}
	(void)printf("    %s%-7s%s %s\n", out_style(style),
	    result_names[c->result], out_style(STYLE_PLAIN), c->name);
	print_detail("found", c->found);
	print_detail("wanted", c->wanted);
	print_detail("clause", c->clause);
}

static void
print_path(const struct ek *ek)
{
	char line[MAX_CHAIN_DEPTH * MAX_NAME_TEXT], name[MAX_NAME_TEXT];
	size_t n = 0;

	for (size_t i = 0; i < ek->report->n_path && n < sizeof(line); i++) {
		source_name(
		    &ek->report->path[i], ek->title, name, sizeof(name));
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s%s",
		    i > 0 ? " < " : "", name);
	}
	if (n == 0)
		return;
	(void)printf("  path    ");
	opt_wrap(line, 10, 10, stdout);
}

/* The checks of a place are the same in both, and of the same certificate. */
static bool
same_checks(
    const struct verify_report *a, const struct verify_report *b, size_t place)
{
	size_t i = 0, j = 0;

	if (place >= a->n_path || place >= b->n_path ||
	    a->path[place].der.p != b->path[place].der.p)
		return false;
	for (;; i++, j++) {
		while (i < a->n_checks && a->checks[i].place != place)
			i++;
		while (j < b->n_checks && b->checks[j].place != place)
			j++;
		if (i == a->n_checks || j == b->n_checks)
			return i == a->n_checks && j == b->n_checks;
		if (a->checks[i].result != b->checks[j].result ||
		    a->checks[i].name != b->checks[j].name ||
		    strcmp(a->checks[i].found, b->checks[j].found) != 0)
			return false;
	}
}

static void
print_checks(const struct verify_report *r, size_t place)
{
	for (size_t i = 0; i < r->n_checks; i++)
		if (r->checks[i].place == place)
			print_check(&r->checks[i]);
}

/* A certificate and its checks; those that the EK before had, too, once. */
static void
print_certificate(const struct source *s, const struct ek *ek, size_t place)
{
	const struct cert *c = &ek->report->path[place];
	char name[MAX_NAME_TEXT], origin[MAX_NAME_TEXT];
	bool again =
	    ek > s->eks && same_checks(ek[-1].report, ek->report, place);

	source_name(c, ek->title, name, sizeof(name));
	source_origin(s, c->der, origin, sizeof(origin));
	(void)printf("  %s%s%s  (%s)%s\n", out_style(STYLE_BOLD), name,
	    out_style(STYLE_PLAIN), origin, again ? "  as above" : "");
	if (!again)
		print_checks(ek->report, place);
}

static void
print_ek(const struct source *s, const struct ek *ek)
{
	const struct verify_report *r = ek->report;

	(void)printf(
	    "%s%s%s", out_style(STYLE_BOLD), ek->title, out_style(STYLE_PLAIN));
	if (ek->nv != NULL)
		(void)printf(
		    "  NV 0x%08x, %u bytes", ek->nv->index, ek->nv->size);
	(void)printf("\n");
	print_path(ek);
	(void)printf("  %swhat was read%s\n", out_style(STYLE_BOLD),
	    out_style(STYLE_PLAIN));
	print_checks(r, CHECK_OF_INPUT);
	for (size_t i = 0; i < r->n_path; i++)
		print_certificate(s, ek, i);
	(void)printf("\n");
}

/* The first failure of all EKs, or NULL. */
static const struct check *
first_failure(const struct source *s)
{
	for (size_t i = 0; i < s->n_eks; i++) {
		const struct check *c = verify_first_failure(s->eks[i].report);

		if (c != NULL)
			return c;
	}
	return NULL;
}

/* The first check of all EKs that could not be made, or NULL. */
static const struct check *
first_skipped(const struct source *s)
{
	for (size_t i = 0; i < s->n_eks; i++) {
		const struct verify_report *r = s->eks[i].report;

		for (size_t j = 0; j < r->n_checks; j++)
			if (r->checks[j].result == CHECK_SKIPPED)
				return &r->checks[j];
	}
	return NULL;
}

/* Who reads the last line only has to see what it does not stand for. */
static void
print_accepted(const struct source *s)
{
	const struct check *c = first_skipped(s);

	(void)printf(
	    "%saccepted%s", out_style(STYLE_GOOD), out_style(STYLE_PLAIN));
	if (c != NULL)
		(void)printf("; not checked: %s: %s", c->name, c->found);
	(void)printf("\n");
}

static void
verify_text(const struct source *s)
{
	const struct check *c = first_failure(s);

	for (size_t i = 0; i < s->n_eks; i++)
		print_ek(s, &s->eks[i]);
	if (c == NULL)
		print_accepted(s);
	else
		(void)printf("%srejected%s: %s: %s: %s; want %s [%s]\n",
		    out_style(STYLE_BAD), out_style(STYLE_PLAIN), c->name,
		    c->object, c->found, c->wanted, c->clause);
}

/* --- JSON ----------------------------------------------------------------- */

static json_t *
json_check(const struct check *c)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "name", c->name,
	    "result", result_names[c->result], "object", c->object, "found",
	    c->found, "wanted", c->wanted, "clause", c->clause, "place",
	    c->place == CHECK_OF_INPUT ? json_null()
				       : json_integer((json_int_t)c->place));
}

static json_t *
json_ek(const struct source *s, const struct ek *ek)
{
	json_t *checks = json_array(), *path = json_array();

	for (size_t i = 0; i < ek->report->n_checks; i++)
		(void)json_array_append_new(
		    checks, json_check(&ek->report->checks[i]));
	for (size_t i = 0; i < ek->report->n_path; i++) {
		const struct cert *c = &ek->report->path[i];
		json_t *o = show_certificate(s, c);

		(void)json_object_set_new(o, "pem", out_json_pem(c->der));
		(void)json_array_append_new(path, o);
	}
	return json_pack("{s:s, s:o, s:b, s:o, s:o}", "name", ek->title, "nv",
	    ek->nv != NULL ? json_sprintf("0x%08x", ek->nv->index)
			   : json_null(),
	    "accepted", (int)ek->report->accepted, "path", path, "checks",
	    checks);
}

/*
 * source, time, accepted, failure (null, or the first failed check), eks:
 * [{name, nv, accepted, path: [certificate and its pem], checks: [{name,
 * result, object, found, wanted, clause}]}]; members are only ever added.
 */
static json_t *
verify_json(const struct source *s, time_t now)
{
	const struct check *failure = first_failure(s);
	json_t *eks = json_array();
	char time[32];

	for (size_t i = 0; i < s->n_eks; i++)
		(void)json_array_append_new(eks, json_ek(s, &s->eks[i]));
	clock_text(now, time);
	return json_pack("{s:s, s:s, s:b, s:o, s:o}", "source", s->where,
	    "time", time, "accepted", failure == NULL, "failure",
	    failure != NULL ? json_check(failure) : json_null(), "eks", eks);
}

/* For programs, and as a page. */
static int
show(const struct args *a, const struct source *s, time_t now, struct err *e)
{
	json_auto_t *doc = NULL;

	if (!a->json && a->report == NULL)
		return 0;
	doc = verify_json(s, now);
	if (doc == NULL)
		return err_set(e, E_NOMEM, "JSON");
	return (a->json && out_json(doc, e) != 0) ||
		       report_write(REPORT_VERIFY, doc, a->report, e) != 0
		   ? -1
		   : 0;
}

/* --- JUnit ---------------------------------------------------------------- */

/* A check is a case; its class is the EK. */
static void
add_case(struct junit *j, const struct ek *ek, const struct check *c)
{
	static const enum junit_result results[] = {
		[CHECK_PASSED] = JUNIT_PASSED,
		[CHECK_FAILED] = JUNIT_FAILED,
		[CHECK_SKIPPED] = JUNIT_SKIPPED,
	};
	char name[2 * MAX_NAME_TEXT], class[128], text[4 * MAX_NAME_TEXT];

	(void)snprintf(class, sizeof(class), "odcasim.verify.%s", ek->title);
	(void)snprintf(name, sizeof(name), "%s: %s", c->name, c->object);
	(void)snprintf(text, sizeof(text), "found: %s\nwant: %s\nclause: %s\n",
	    c->found, c->wanted, c->clause);
	junit_add(j, &(struct junit_case){ .class = class,
			 .name = name,
			 .result = results[c->result],
			 .message = c->found,
			 .text = text });
}

static int
verify_junit(const struct source *s, struct junit *j, struct err *e)
{
	for (size_t i = 0; i < s->n_eks; i++)
		for (size_t k = 0; k < s->eks[i].report->n_checks; k++)
			add_case(j, &s->eks[i], &s->eks[i].report->checks[k]);
	return junit_write(j, "odcasim verify", e);
}

int
cmd_verify(const struct args *a, struct err *e)
{
	AUTO(source_close) struct source s = { .n_eks = 0 };
	auto_junit junit = { .path = NULL };
	time_t now = clock_now();

	if (junit_begin(a->junit, &junit, e) != 0 ||
	    report_check(a->report, e) != 0 ||
	    (a->time != NULL && when_parse(a->time, "--time", &now, e) != 0) ||
	    source_open(a, &s, e) != 0 ||
	    source_verify(&s, now, true, e) != 0 ||
	    verify_junit(&s, &junit, e) != 0)
		return -1;
	if (!a->json) {
		verify_text(&s);
		if (fflush(stdout) != 0)
			return err_errno(e, "write to stdout");
	}
	if (show(a, &s, now, e) != 0)
		return -1;
	return first_failure(&s) == NULL ? 0 : STATUS_REJECTED;
}
