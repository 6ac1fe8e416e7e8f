#include "sim/report/report_part.h"

/* Roles are said aloud: on a phone the style makes blocks of the rows, which
 * would be no table for who hears it. */
static void
begin(struct page *p, const char *tag, const char *role)
{
	html_begin(&p->h, tag, NULL);
	html_attr(&p->h, "role", role);
}

static void
put_head(struct page *p, const char *const titles[], size_t n)
{
	begin(p, "thead", "rowgroup");
	begin(p, "tr", "row");
	for (size_t i = 0; i < n; i++) {
		begin(p, "th", "columnheader");
		html_attr(&p->h, "scope", "col");
		html_text(&p->h, titles[i]);
		html_end(&p->h);
	}
	html_end(&p->h);
	html_end(&p->h);
}

void
report_table(struct page *p, const char *class, const char *caption,
    const char *const titles[], size_t n)
{
	html_begin(&p->h, "table", class);
	html_attr(&p->h, "role", "table");
	html_leaf(&p->h, "caption", NULL, caption);
	put_head(p, titles, n);
	begin(p, "tbody", "rowgroup");
}

void
report_table_end(struct page *p)
{
	html_end(&p->h);
	html_end(&p->h);
}

void
report_row(struct page *p, enum report_mark mark)
{
	begin(p, "tr", "row");
	html_attr(&p->h, "class", report_class(mark));
}

void
report_row_name(
    struct page *p, const char *name, const char *id, const char *title)
{
	begin(p, "th", "rowheader");
	html_attr(&p->h, "scope", "row");
	if (id != NULL) {
		html_begin(&p->h, "a", NULL);
		html_attrf(&p->h, "href", "#%s", id);
	}
	html_text(&p->h, name);
	if (id != NULL)
		html_end(&p->h);
	if (title != NULL)
		html_leaf(&p->h, "span", "title", title);
	html_end(&p->h);
}

void
report_cell(struct page *p, const char *title, const char *text)
{
	begin(p, "td", "cell");
	if (text[0] == '\0')
		html_attr(&p->h, "class", "none");
	html_attr(&p->h, "data-title", title);
	html_text(&p->h, text[0] != '\0' ? text : "none");
	html_end(&p->h);
}

void
report_result(struct page *p, enum report_mark mark, const char *word)
{
	begin(p, "td", "cell");
	html_attr(&p->h, "class", "result");
	report_icon(p, mark);
	html_text(&p->h, word);
	html_end(&p->h);
}
