#include <langinfo.h>
#include <locale.h>
#include <string.h>

#include "sim/aik/hresult.h"
#include "sim/cli/opt.h"
#include "sim/cli/reproduce.h"

#define FIELD_COLUMN 12
#define STEP_COLUMN  40
#define NAME_COLUMN  29

/* --- marks ------------------------------------------------------------------
 */

static bool
is_utf8(void)
{
	static int known = -1;

	if (known < 0) {
		locale_t l = newlocale(LC_CTYPE_MASK, "", (locale_t)0);

		known = l != (locale_t)0 &&
			strcmp(nl_langinfo_l(CODESET, l), "UTF-8") == 0;
		if (l != (locale_t)0)
			freelocale(l);
	}
	return known == 1;
}

static const char *
mark(bool good)
{
	if (is_utf8())
		return good ? "\u2714" : "\u2718";
	return good ? "+" : "x";
}

static void
print_field(const char *name, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	(void)printf("  %-*s", FIELD_COLUMN - 2, name);
	opt_wrap(text, FIELD_COLUMN, FIELD_COLUMN, stdout);
}

/* --- the steps --------------------------------------------------------------
 */

static const char *
json_text(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static void
print_mark(bool good)
{
	(void)printf("  %s%s%s ", out_style(good ? STYLE_GOOD : STYLE_BAD),
	    mark(good), out_style(STYLE_PLAIN));
}

static void
print_step(const json_t *step)
{
	const bool ok = json_is_true(json_object_get(step, "ok"));
	const double us =
	    (double)json_integer_value(json_object_get(step, "us"));

	print_mark(ok);
	(void)printf("%s  %-*s %8.1f ms\n", json_text(step, "step"),
	    STEP_COLUMN, json_text(step, "text"), us / 1e3);
}

/* Those that were begun, and then those that were not. */
static void
print_steps(const struct reproduction *r)
{
	const json_t *steps = json_object_get(r->enroll, "steps");

	for (size_t i = 0; i < json_array_size(steps); i++)
		print_step(json_array_get(steps, i));
	for (int s = (int)r->outcome.step + 1; s < ENROLL_STEPS; s++)
		(void)printf("  - %c  %s\n", enroll_letter(s),
		    enroll_text((enum enroll_step)s));
}

/* --- what Windows shows -----------------------------------------------------
 */

static void
print_lines(const char *text)
{
	while (*text != '\0') {
		const int n = (int)strcspn(text, "\n");
		auto_free char *line = strndup(text, (size_t)n);

		if (line != NULL && n > 0)
			(void)printf("%*s%s\n", FIELD_COLUMN, "", line);
		else
			(void)printf("\n");
		text += n + (text[n] == '\n');
	}
}

static void
print_windows(const struct reproduction *r)
{
	const json_t *event = json_object_get(r->enroll, "event");
	char line[HRESULT_LINE_SIZE], text[128];

	if (r->outcome.enrolled)
		return;
	if (json_is_null(event)) {
		print_field("Windows", "no event of CertEnroll: nothing was "
				       "asked of the AIK service");
		hresult_line(r->outcome.hresult, line);
		print_field(" ", r->outcome.hresult != 0 ? line : "");
		return;
	}
	(void)snprintf(text, sizeof(text), "event %d of %s%s",
	    (int)json_integer_value(json_object_get(event, "id")),
	    json_text(event, "source"),
	    json_is_true(json_object_get(event, "seen"))
		? ""
		: ", whose form is inferred");
	print_field("Windows", text);
	print_lines(json_text(event, "text"));
}

static void
print_verdict(const struct reproduction *r)
{
	(void)printf("\n  %s%s%s%s\n",
	    out_style(r->expected ? STYLE_GOOD : STYLE_BAD),
	    r->expected ? "as expected" : "NOT as expected: ", r->difference,
	    out_style(STYLE_PLAIN));
}

static void
print_explanation(const struct mode *m)
{
	char text[512];

	print_field("Autopilot", m->autopilot);
	print_field("why", m->why);
	print_field("remedy", m->remedy);
	(void)snprintf(
	    text, sizeof(text), "%s: %s", mode_label_text(m->label), m->source);
	print_field("how sure", text);
}

/* The URL that was built, and the one that would have been right. */
static void
print_urls(const json_t *authority)
{
	const char *built = json_text(authority, "url");
	const char *right =
	    json_text(json_object_get(authority, "right"), "url");

	print_field("URL", built);
	if (right != NULL && strcmp(right, built) != 0)
		print_field("right URL", right);
}

void
reproduce_text(const struct reproduction *r)
{
	(void)printf("%s%s%s\n  ", out_style(STYLE_BOLD), r->mode->name,
	    out_style(STYLE_PLAIN));
	opt_wrap(r->mode->title, 2, 2, stdout);
	print_field("who", r->mode->who);
	(void)printf("\n");
	print_steps(r);
	(void)printf("\n");
	print_urls(json_object_get(r->enroll, "authority"));
	print_field("service", r->outcome.reply);
	print_windows(r);
	print_explanation(r->mode);
	for (size_t i = 0; i < r->n_commands; i++)
		(void)printf("  %-*s%s\n", FIELD_COLUMN - 2,
		    i == 0 ? "by hand" : "", r->commands[i]);
	print_verdict(r);
	(void)fflush(stdout);
}

/* --- the table --------------------------------------------------------------
 */

void
reproduce_row_title(void)
{
	(void)printf("%-*s step  status  HRESULT\n", NAME_COLUMN, "mode");
}

void
reproduce_row(const struct reproduction *r)
{
	const struct mode_outcome *o = &r->outcome;
	char status[16] = "-", hresult[16] = "-";

	if (o->status != 0)
		(void)snprintf(status, sizeof(status), "%u", o->status);
	if (o->hresult != 0)
		(void)snprintf(hresult, sizeof(hresult), "0x%08x", o->hresult);
	(void)printf("%-*s %c     %-6s  %-10s ", NAME_COLUMN, r->mode->name,
	    enroll_letter(o->step), status, hresult);
	print_mark(r->expected);
	(void)printf(
	    "%s%s\n", r->expected ? "as expected" : "NOT: ", r->difference);
	(void)fflush(stdout);
}

void
reproduce_row_failed(const struct mode *m, const char *why)
{
	(void)printf("%-*s -     -       -          ", NAME_COLUMN, m->name);
	print_mark(false);
	(void)printf("not tried: %s\n", why);
	(void)fflush(stdout);
}
