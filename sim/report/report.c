#include <string.h>
#include <time.h>

#include "config.h"
#include "sim/base/clock.h"
#include "sim/base/file.h"
#include "sim/report/report.h"
#include "sim/report/report_part.h"
#include "sim/report/style.h"

/* --- an enrolment -----------------------------------------------------------
 */

static const char *
title_of(const struct view *v)
{
	return v->mode != NULL ? v->mode->title
			       : "From the EK to an AIK certificate";
}

static void
put_parts(struct page *p, const void *arg)
{
	const struct view *v = arg;

	report_flow(p, v);
	report_urls(p, json_object_get(v->enroll, "authority"));
	report_chain(p, v->enroll);
	report_windows(p, v);
	report_by_hand(p, v);
	report_wire(p, json_object_get(v->enroll, "requests"));
	report_checks(p, json_object_get(v->enroll, "checks"));
	report_certificates(p, json_object_get(v->enroll, "certificates"));
}

static void
put_enrolment(struct page *p, const struct view *v, bool several)
{
	html_begin(&p->h, "section", "enrolment");
	html_attr(&p->h, "id", report_view_id(v));
	html_attr(&p->h, "aria-label", report_view_id(v));
	html_begin(&p->h, "p", "kicker");
	html_text(&p->h, report_view_id(v));
	if (several) {
		html_text(&p->h, " ");
		html_begin(&p->h, "a", NULL);
		html_attr(&p->h, "href", "#index");
		html_text(&p->h, "Index");
		html_end(&p->h);
	}
	html_end(&p->h);
	html_leaf(&p->h, several ? "h2" : "h1", NULL, title_of(v));
	html_leaf(&p->h, "p", "source", report_text(v->enroll, "platform"));
	(void)snprintf(p->prefix, sizeof(p->prefix), "%s%s",
	    several ? report_view_id(v) : "", several ? "-" : "");
	p->level = several ? 3 : 2;
	report_verdict(p, v);
	if (several)
		put_parts(p, v);
	else
		report_with_contents(p, put_parts, v);
	p->prefix[0] = '\0';
	p->level = 2;
	html_end(&p->h);
}

/* --- several ----------------------------------------------------------------
 */

static void
put_story_part(struct page *p, size_t i)
{
	for (const struct mode_part *part = aik_story; part->mode != NULL;
	     part++)
		if (i-- == 0)
			html_leaf(&p->h, "p", "story", part->text);
}

static void
put_reproductions(struct page *p, const json_t *doc, bool story)
{
	const json_t *all = json_object_get(doc, "reproductions");
	const bool several = json_array_size(all) != 1;

	if (several) {
		html_leaf(&p->h, "h1", NULL,
		    story ? "TPM attestation, from the 10th generation to "
			    "today"
			  : "How TPM attestation fails");
		report_index(p, all);
	}
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *r = json_array_get(all, i);
		const struct view v =
		    report_view(json_object_get(r, "enrolment"), r);

		if (story)
			put_story_part(p, i);
		put_enrolment(p, &v, several);
	}
	if (several && !story)
		report_absent(p);
}

/* --- the page ---------------------------------------------------------------
 */

static const char *
title_of_page(enum report_kind kind, const json_t *doc)
{
	const json_t *all = json_object_get(doc, "reproductions");

	if (kind == REPORT_VERIFY)
		return "EK certificates";
	if (kind == REPORT_ENROLL)
		return "AIK enrolment";
	return json_array_size(all) == 1
		   ? report_text(json_array_get(all, 0), "mode")
		   : "How TPM attestation fails";
}

static void
put_meta(
    struct page *p, const char *name, const char *value, const char *content)
{
	html_void(&p->h, "meta");
	html_attr(&p->h, name, value);
	html_attr(&p->h, "content", content);
}

static void
put_css(struct page *p, struct span css)
{
	(void)fwrite(css.p, 1, css.n, html_stream(&p->h));
}

static void
put_head(struct page *p, const char *title)
{
	html_begin(&p->h, "head", NULL);
	html_void(&p->h, "meta");
	html_attr(&p->h, "charset", "utf-8");
	put_meta(p, "http-equiv", "Content-Security-Policy",
	    "default-src 'none'; style-src 'unsafe-inline'; img-src data:");
	put_meta(p, "name", "viewport", "width=device-width, initial-scale=1");
	put_meta(p, "name", "color-scheme", "light dark");
	html_begin(&p->h, "title", NULL);
	html_textf(&p->h, "%s: odcasim", title);
	html_end(&p->h);
	html_begin(&p->h, "style", NULL);
	put_css(p, style_report());
	put_css(p, style_chain());
	html_end(&p->h);
	html_end(&p->h);
}

static void
put_foot(struct page *p)
{
	char now[32];

	clock_text(clock_now(), now);
	html_begin(&p->h, "footer", NULL);
	html_leaf(&p->h, "p", NULL,
	    "Made by odcasim " ODCASIM_VERSION
	    ", a software TPM for tests. Certificates of its TEST hierarchy "
	    "are good for nothing else.");
	html_begin(&p->h, "p", NULL);
	html_begin(&p->h, "time", NULL);
	html_attr(&p->h, "datetime", now);
	html_text(&p->h, now);
	html_end(&p->h);
	html_end(&p->h);
	html_end(&p->h);
}

static void
put_main(struct page *p, enum report_kind kind, const json_t *doc)
{
	if (kind == REPORT_VERIFY) {
		report_verification(p, doc);
	} else if (kind == REPORT_ENROLL) {
		const struct view v = report_view(doc, NULL);

		put_enrolment(p, &v, false);
	} else {
		put_reproductions(p, doc, kind == REPORT_STORY);
	}
}

int
report_page(enum report_kind kind, const json_t *doc, FILE *out)
{
	struct page p = { .h = { .out = out }, .level = 2 };

	(void)fputs("<!DOCTYPE html>\n", out);
	html_begin(&p.h, "html", NULL);
	html_attr(&p.h, "lang", "en");
	put_head(&p, title_of_page(kind, doc));
	html_begin(&p.h, "body", NULL);
	html_begin(&p.h, "main", NULL);
	put_main(&p, kind, doc);
	html_end(&p.h);
	put_foot(&p);
	html_end(&p.h);
	html_end(&p.h);
	(void)fputc('\n', out);
	return p.failed || ferror(out) ? -1 : 0;
}

/* --- the file ---------------------------------------------------------------
 */

int
report_check(const char *path, struct err *e)
{
	return path != NULL ? file_try_put(path, e) : 0;
}

int
report_write(
    enum report_kind kind, const json_t *doc, const char *path, struct err *e)
{
	auto_free char *text = NULL;
	size_t n = 0;
	FILE *f;
	int rc;

	if (path == NULL)
		return 0;
	f = open_memstream(&text, &n);
	if (f == NULL)
		return err_set(e, E_NOMEM, "report '%s'", path);
	rc = report_page(kind, doc, f);
	if (fclose(f) != 0 || rc != 0)
		return err_set(e, E_NOMEM, "report '%s'", path);
	return file_put(path, (struct span){ (const uint8_t *)text, n }, e);
}
