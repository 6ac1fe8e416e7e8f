/*
 * html.h - HTML and the SVG in it, with nothing in it that was not meant.
 *
 * Elements and the names of attributes are the program's own words. All else,
 * text and the values of attributes, is escaped (xml.h) where it is put, so
 * that what a certificate or a service says is never more than text; and what
 * was begun is ended in its order, which this keeps in mind.
 */
#ifndef SIM_REPORT_HTML_H
#define SIM_REPORT_HTML_H

#include <stdbool.h>
#include <stddef.h>

#include "sim/report/xml.h"

#define MAX_HTML_DEPTH 24

struct html {
	FILE *out;
	const char *open[MAX_HTML_DEPTH];
	size_t depth;
	bool in_tag; /* attributes may follow */
};

/* <tag class="class">, and attributes after it; class may be NULL. */
void html_begin(struct html *h, const char *tag, const char *class);
void html_attr(struct html *h, const char *name, const char *value);
void html_attrf(struct html *h, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The end of the last one that was begun. */
void html_end(struct html *h);
/* One that has no end: <meta>. Its attributes follow. */
void html_void(struct html *h, const char *tag);

/* NULL is no text. */
void html_text(struct html *h, const char *text);
void html_textf(struct html *h, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Text of several lines, as <pre> has it; they may end as those of HTTP. */
void html_lines(struct html *h, const char *text);
/* An element with a text and nothing else. */
void
html_leaf(struct html *h, const char *tag, const char *class, const char *text);
/* The stream, past the tag that was begun, for who writes markup himself. */
FILE *html_stream(struct html *h);

#endif
