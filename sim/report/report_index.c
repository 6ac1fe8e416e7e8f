#include <string.h>

#include "sim/report/report_part.h"

struct view
report_view(const json_t *enroll, const json_t *reproduction)
{
	const char *letter = report_text(enroll, "step");
	const char *name = report_text(reproduction, "mode");
	struct view v = { .enroll = enroll,
		.reproduction = reproduction,
		.enrolled = json_is_true(json_object_get(enroll, "enrolled")),
		.mode = name[0] != '\0' ? mode_require(name, NULL) : NULL };

	if (letter[0] > 'A' && letter[0] <= enroll_letter(ENROLL_STEPS - 1))
		v.step = (enum enroll_step)(letter[0] - 'A');
	return v;
}

const char *
report_view_id(const struct view *v)
{
	return v->mode != NULL ? v->mode->name : "enrolment";
}

static bool
is_expected(const json_t *reproduction)
{
	return json_is_true(json_object_get(reproduction, "expected"));
}

static void
put_row(struct page *p, const json_t *r)
{
	const struct view v = report_view(json_object_get(r, "enrolment"), r);
	const json_t *why = json_object_get(v.enroll, "failure");
	const json_t *status = json_object_get(why, "http_status");
	const bool expected = is_expected(r);
	char end[32] = "enrolled", http[16] = "";

	if (!v.enrolled)
		(void)snprintf(
		    end, sizeof(end), "failed at %c", enroll_letter(v.step));
	if (json_is_integer(status))
		(void)snprintf(
		    http, sizeof(http), "%d", (int)json_integer_value(status));
	report_row(p, expected ? MARK_OK : MARK_FAILED);
	report_row_name(p, report_view_id(&v), report_view_id(&v),
	    v.mode != NULL ? v.mode->title : NULL);
	report_cell(p, "Ended", end);
	report_cell(p, "HTTP", http);
	report_cell(p, "HRESULT", report_text(why, "hresult"));
	report_result(p, expected ? MARK_OK : MARK_FAILED,
	    expected ? "as expected" : "not as expected");
	html_end(&p->h);
}

void
report_absent(struct page *p)
{
	report_section(p, "windows-own", "What only Windows has");
	html_leaf(&p->h, "p", NULL,
	    "These are known, too, and cannot be made to happen here.");
	html_begin(&p->h, "dl", "modes");
	for (const struct mode *m = aik_modes; m->name != NULL; m++) {
		if (m->absent == NULL)
			continue;
		html_begin(&p->h, "dt", NULL);
		html_leaf(&p->h, "code", NULL, m->name);
		html_textf(&p->h, ": %s", m->title);
		html_end(&p->h);
		html_leaf(&p->h, "dd", NULL, m->absent);
	}
	html_end(&p->h);
	html_end(&p->h);
}

void
report_index(struct page *p, const json_t *reproductions)
{
	static const char *const titles[] = { "Mode", "Ended", "HTTP",
		"HRESULT", "Result" };
	const size_t n = json_array_size(reproductions);
	size_t expected = 0;

	for (size_t i = 0; i < n; i++)
		expected += is_expected(json_array_get(reproductions, i));
	html_begin(&p->h, "p", NULL);
	html_textf(&p->h, "%zu of %zu ended as expected.", expected, n);
	html_end(&p->h);
	html_begin(&p->h, "nav", NULL);
	html_attr(&p->h, "id", "index");
	html_attr(&p->h, "aria-label", "Index");
	report_table(p, "index", "Each mode, and where it ended", titles,
	    sizeof(titles) / sizeof(*titles));
	for (size_t i = 0; i < n; i++)
		put_row(p, json_array_get(reproductions, i));
	report_table_end(p);
	html_end(&p->h);
}
