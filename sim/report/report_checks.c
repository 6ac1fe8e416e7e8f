#include <string.h>

#include "odca/fault.h"
#include "sim/report/report_part.h"

/* --- a check ----------------------------------------------------------------
 */

static enum report_mark
mark_of(const char *result)
{
	return strcmp(result, "passed") == 0   ? MARK_OK
	       : strcmp(result, "failed") == 0 ? MARK_FAILED
					       : MARK_SKIPPED;
}

static void
put_check(struct page *p, const json_t *c, const char *result)
{
	const json_t *clause = json_object_get(c, "clause");

	report_row(p, mark_of(result));
	report_result(p, mark_of(result), result);
	report_row_name(p, report_text(c, "name"), NULL, NULL);
	report_cell(p, "Found", report_text(c, "found"));
	report_cell(p, "Wanted", report_text(c, "wanted"));
	if (clause != NULL)
		report_cell(p, "Clause", report_text(c, "clause"));
	html_end(&p->h);
}

/* --- of a certificate that was issued ---------------------------------------
 */

void
report_checks(struct page *p, const json_t *checks)
{
	static const char *const titles[] = { "Result", "Check", "Found",
		"Wanted" };

	if (json_array_size(checks) == 0)
		return;
	report_section(p, "checks", "Checks of the AIK certificate");
	report_table(p, "checks", "What was asked for, and what came", titles,
	    sizeof(titles) / sizeof(*titles));
	for (size_t i = 0; i < json_array_size(checks); i++) {
		const json_t *c = json_array_get(checks, i);

		put_check(p, c,
		    json_is_true(json_object_get(c, "ok")) ? "passed"
							   : "failed");
	}
	report_table_end(p);
	html_end(&p->h);
}

/* --- of a chain -------------------------------------------------------------
 */

/* NULL: of what was read. */
static bool
is_at(const json_t *check, const json_t *place)
{
	const json_t *at = json_object_get(check, "place");

	return place == NULL ? !json_is_integer(at) : json_equal(at, place);
}

static size_t
count_at(const json_t *checks, const json_t *place)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(checks); i++)
		n += is_at(json_array_get(checks, i), place);
	return n;
}

static void
put_those(
    struct page *p, const json_t *checks, const json_t *place, bool failed)
{
	for (size_t i = 0; i < json_array_size(checks); i++) {
		const json_t *c = json_array_get(checks, i);
		const char *result = report_text(c, "result");

		if (is_at(c, place) &&
		    (mark_of(result) == MARK_FAILED) == failed)
			put_check(p, c, result);
	}
}

/* What failed first: few look for it among so many. */
static void
put_checks_at(struct page *p, const json_t *checks, const json_t *place,
    const char *caption)
{
	static const char *const titles[] = { "Result", "Check", "Found",
		"Wanted", "Clause" };

	if (count_at(checks, place) == 0)
		return;
	report_table(
	    p, "checks", caption, titles, sizeof(titles) / sizeof(*titles));
	put_those(p, checks, place, true);
	put_those(p, checks, place, false);
	report_table_end(p);
}

static void
put_ek(struct page *p, const json_t *ek)
{
	const json_t *checks = json_object_get(ek, "checks");
	const json_t *path = json_object_get(ek, "path");
	const bool accepted = json_is_true(json_object_get(ek, "accepted"));

	html_begin(&p->h, "details", accepted ? "checks ok" : "checks failed");
	if (!accepted)
		html_attr(&p->h, "open", "");
	html_begin(&p->h, "summary", NULL);
	report_icon(p, accepted ? MARK_OK : MARK_FAILED);
	html_leaf(&p->h, "span", "subject", report_text(ek, "name"));
	html_textf(&p->h, ": %s, %zu checks",
	    accepted ? "accepted" : "rejected", json_array_size(checks));
	html_end(&p->h);
	put_checks_at(p, checks, NULL, "What was read");
	for (size_t i = 0; i < json_array_size(path); i++) {
		const char *subject =
		    report_text(json_array_get(path, i), "subject");
		json_auto_t *place = json_integer((json_int_t)i);

		put_checks_at(p, checks, place,
		    subject[0] != '\0' ? subject : report_text(ek, "name"));
	}
	html_end(&p->h);
}

/* --- all of it --------------------------------------------------------------
 */

/* What was read of all paths, each once; an EK's has no subject, so it gets the
 * EK's name. */
static json_t *
all_certificates(const json_t *eks)
{
	json_t *all = json_array();
	json_auto_t *seen = json_object();

	for (size_t i = 0; i < json_array_size(eks); i++) {
		const json_t *ek = json_array_get(eks, i);
		const json_t *path = json_object_get(ek, "path");

		for (size_t k = 0; k < json_array_size(path); k++) {
			json_t *c = json_copy(json_array_get(path, k));
			const char *id = report_text(c, "sha256");

			if (k == 0)
				(void)json_object_set(
				    c, "name", json_object_get(ek, "name"));
			if (json_object_get(seen, id) == NULL)
				(void)json_array_append(all, c);
			(void)json_object_set_new(seen, id, json_true());
			json_decref(c);
		}
	}
	return all;
}

/* What is known to fail that check; each can be made to happen by its name. */
static void
put_causes(struct page *p, const char *check)
{
	bool any = false;

	for (const struct fault *f = odca_faults; f->name != NULL; f++) {
		if (f->check == NULL || strcmp(f->check, check) != 0)
			continue;
		if (!any)
			html_leaf(&p->h, "dt", NULL, "Known causes");
		any = true;
		html_begin(&p->h, "dd", NULL);
		html_leaf(&p->h, "code", NULL, f->name);
		html_textf(&p->h, ": %s", f->help);
		html_end(&p->h);
	}
}

static void
put_verdict(struct page *p, const json_t *doc)
{
	const json_t *why = json_object_get(doc, "failure");
	const bool ok = json_is_true(json_object_get(doc, "accepted"));

	html_begin(&p->h, "div", ok ? "verdict ok" : "verdict failed");
	html_begin(&p->h, "p", "outcome");
	report_icon(p, ok ? MARK_OK : MARK_FAILED);
	html_leaf(&p->h, "strong", NULL, ok ? "Accepted" : "Rejected");
	if (!ok)
		html_textf(&p->h, " at %s (%s)", report_text(why, "object"),
		    report_text(why, "name"));
	html_end(&p->h);
	html_begin(&p->h, "dl", "facts");
	report_term(p, "Found", report_text(why, "found"));
	report_term(p, "Wanted", report_text(why, "wanted"));
	report_term(p, "Clause", report_text(why, "clause"));
	put_causes(p, report_text(why, "name"));
	report_term(p, "Tried",
	    "Each EK certificate's chain, walked to a "
	    "root, and all of it checked");
	report_term(p, "As of", report_text(doc, "time"));
	html_end(&p->h);
	html_end(&p->h);
}

static void
put_parts(struct page *p, const void *arg)
{
	const json_t *eks = arg;
	json_auto_t *certificates = all_certificates(eks);

	report_chain_of_eks(p, eks);
	report_section(p, "checks", "Checks");
	for (size_t i = 0; i < json_array_size(eks); i++)
		put_ek(p, json_array_get(eks, i));
	html_end(&p->h);
	report_certificates(p, certificates);
}

void
report_verification(struct page *p, const json_t *doc)
{
	const json_t *eks = json_object_get(doc, "eks");

	html_begin(&p->h, "section", "verification");
	html_attr(&p->h, "aria-label", "Verification");
	html_leaf(&p->h, "h1", NULL, "The TPM's EK certificates");
	html_leaf(&p->h, "p", "source", report_text(doc, "source"));
	put_verdict(p, doc);
	report_with_contents(p, put_parts, eks);
	html_end(&p->h);
}
