#include <string.h>

#include "sim/report/report_part.h"

const char *
report_text(const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));

	return text != NULL ? text : "";
}

const char *
report_subject(const json_t *c)
{
	const char *subject = report_text(c, "subject");
	const char *name = report_text(c, "name");

	return subject[0] != '\0'                           ? subject
	       : name[0] != '\0'                            ? name
	       : strcmp(report_text(c, "role"), "ek") == 0  ? "EK"
	       : strcmp(report_text(c, "role"), "aik") == 0 ? "AIK"
							    : "no subject";
}

/* --- ids and headings -------------------------------------------------------
 */

void
report_ref(struct page *p, const char *name, const char *prefix, const char *id)
{
	html_attrf(&p->h, name, "%s%s%s", prefix, p->prefix, id);
}

void
report_id(struct page *p, const char *id)
{
	report_ref(p, "id", "", id);
}

void
report_heading(struct page *p, unsigned below, const char *text)
{
	static const char *const tags[] = { "h1", "h2", "h3", "h4", "h5",
		"h6" };
	const size_t level = p->level - 1 + below;

	html_leaf(&p->h, tags[level < sizeof(tags) / sizeof(*tags) ? level : 5],
	    NULL, text);
}

void
report_section(struct page *p, const char *id, const char *title)
{
	html_begin(&p->h, "section", NULL);
	report_id(p, id);
	/* A landmark where it is the only one of that name. */
	if (p->prefix[0] == '\0')
		html_attr(&p->h, "aria-label", title);
	report_heading(p, 0, title);
	if (p->n_sections == MAX_SECTIONS)
		return;
	p->sections[p->n_sections].id = id;
	p->sections[p->n_sections++].title = title;
}

static void
put_contents(struct page *p)
{
	html_begin(&p->h, "nav", "contents");
	html_attr(&p->h, "aria-label", "On this page");
	html_begin(&p->h, "ul", NULL);
	for (size_t i = 0; i < p->n_sections; i++) {
		html_begin(&p->h, "li", NULL);
		html_begin(&p->h, "a", NULL);
		report_ref(p, "href", "#", p->sections[i].id);
		html_text(&p->h, p->sections[i].title);
		html_end(&p->h);
		html_end(&p->h);
	}
	html_end(&p->h);
	html_end(&p->h);
}

void
report_with_contents(struct page *p,
    void (*put)(struct page *p, const void *arg), const void *arg)
{
	FILE *out = html_stream(&p->h);
	auto_free char *parts = NULL;
	size_t n = 0;

	p->h.out = open_memstream(&parts, &n);
	p->failed |= p->h.out == NULL;
	if (p->h.out != NULL) {
		p->n_sections = 0;
		put(p, arg);
		p->failed |= fclose(html_stream(&p->h)) != 0;
	}
	p->h.out = out;
	put_contents(p);
	(void)fwrite(parts, 1, n, out);
}

void
report_term(struct page *p, const char *term, const char *text)
{
	if (text == NULL || text[0] == '\0')
		return;
	html_leaf(&p->h, "dt", NULL, term);
	html_leaf(&p->h, "dd", NULL, text);
}

void
report_path(struct page *p, const char *class, const char *fmt, ...)
{
	char d[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(d, sizeof(d), fmt, ap);
	va_end(ap);
	html_begin(&p->h, "path", class);
	html_attr(&p->h, "d", d);
	html_end(&p->h);
}

/* --- marks ------------------------------------------------------------------
 */

const char *
report_class(enum report_mark m)
{
	static const char *const classes[] = { [MARK_OK] = "ok",
		[MARK_FAILED] = "failed",
		[MARK_SKIPPED] = "skipped" };

	return classes[m];
}

/* A disc with a tick, an octagon with a cross, a broken ring. */
static const struct {
	const char *shape, *line;
} icons[] = {
	[MARK_OK] = { "M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20z",
	    "M7 12.5l3.4 3.4L17 9" },
	[MARK_FAILED] = { "M8 2h8l6 6v8l-6 6h-8l-6-6v-8z",
	    "M8 8l8 8M16 8l-8 8" },
	[MARK_SKIPPED] = { "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18z", "M8 12h8" },
};

void
report_icon(struct page *p, enum report_mark m)
{
	html_begin(&p->h, "svg", "icon");
	html_attr(&p->h, "viewBox", "0 0 24 24");
	html_attr(&p->h, "aria-hidden", "true");
	html_attr(&p->h, "focusable", "false");
	report_path(p, "shape", "%s", icons[m].shape);
	report_path(p, "line", "%s", icons[m].line);
	html_end(&p->h);
}

void
report_scroller(struct page *p, const char *class, const char *label)
{
	html_begin(&p->h, "div", class);
	html_attr(&p->h, "role", "group");
	html_attr(&p->h, "tabindex", "0");
	html_attr(&p->h, "aria-label", label);
}
