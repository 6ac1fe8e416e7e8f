/*
 * report_part.h - the parts of a report's page, a file each. For report*.c.
 *
 * Each part puts a section, or nothing when the document has nothing for it.
 */
#ifndef SIM_REPORT_REPORT_PART_H
#define SIM_REPORT_REPORT_PART_H

#include <jansson.h>

#include "sim/aik/mode.h"
#include "sim/report/html.h"

#define MAX_SECTIONS 16

struct page {
	struct html h;
	unsigned level;  /* of the parts' headings */
	char prefix[48]; /* of ids: "NAME-"; "" in a page of one enrolment */
	/* What there is, for the list of contents. */
	struct {
		const char *id, *title;
	} sections[MAX_SECTIONS];
	size_t n_sections;
	bool failed; /* for want of memory */
};

/* One enrolment, of `enroll` or of a reproduction. */
struct view {
	const json_t *enroll;
	const json_t *reproduction; /* NULL: of `enroll` */
	const struct mode *mode;    /* NULL: of none */
	bool enrolled;
	enum enroll_step step; /* the last one that was begun */
};

/* --- report_base.c: what the parts are made of ------------------------------
 */

/* "" for what is not there, or no text. */
const char *report_text(const json_t *o, const char *name);
/* Of a certificate: its subject, or what it is called that has none. */
const char *report_subject(const json_t *c);
/* id="..." with the page's prefix before it. */
void report_id(struct page *p, const char *id);
/* href, aria-labelledby ...: prefix, as "#", then such an id. */
void report_ref(
    struct page *p, const char *name, const char *prefix, const char *id);
/* A heading so much below the parts' own; h is ended by html_end(). */
void report_heading(struct page *p, unsigned below, const char *text);
/* <section id aria-labelledby> and its heading; the caller ends it. */
void report_section(struct page *p, const char *id, const char *title);
/* Parts, and before them the list of the sections that they put. */
void report_with_contents(struct page *p,
    void (*put)(struct page *p, const void *arg), const void *arg);
/* A term of a <dl> and what it is; nothing without text. */
void report_term(struct page *p, const char *term, const char *text);
/* A <path> of SVG. */
void report_path(struct page *p, const char *class, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* What is said of how something went: by shape, colour and word. */
enum report_mark { MARK_OK, MARK_FAILED, MARK_SKIPPED };
/* "ok", "failed", "skipped", as classes. */
const char *report_class(enum report_mark m);
/* The shape alone, hidden from who hears the page: a word has to be near. */
void report_icon(struct page *p, enum report_mark m);
/* A box that scrolls by itself, and can by keyboard. */
void report_scroller(struct page *p, const char *class, const char *label);

/* --- report_table.c: a table that becomes a list on a phone -----------------
 */

void report_table(struct page *p, const char *class, const char *caption,
    const char *const titles[], size_t n);
void report_table_end(struct page *p);
/* A row; then its cells, and html_end(). */
void report_row(struct page *p, enum report_mark mark);
/* With a link to id, and what it is in a sentence; both may be NULL. */
void report_row_name(
    struct page *p, const char *name, const char *id, const char *title);
void report_cell(struct page *p, const char *title, const char *text);
void report_result(struct page *p, enum report_mark mark, const char *word);

/* --- the parts --------------------------------------------------------------
 */

/* Of reproductions: how each ended, and where it is on the page. */
void report_index(struct page *p, const json_t *reproductions);
/* The modes that are Windows' own, and why each is. */
void report_absent(struct page *p);
struct view report_view(const json_t *enroll, const json_t *reproduction);
/* Its id on the page: the mode's name, or "enrolment". */
const char *report_view_id(const struct view *v);
/* What was tried, where it broke, why, what to do. */
void report_verdict(struct page *p, const struct view *v);
/* What Windows shows, how sure that is, and how to do it by hand. */
void report_windows(struct page *p, const struct view *v);
void report_by_hand(struct page *p, const struct view *v);
/* The steps as a picture and as a list. */
void report_flow(struct page *p, const struct view *v);
/* The URL that was built, and the right one. */
void report_urls(struct page *p, const json_t *authority);
/* The digits in which two texts of the same length differ, as runs. */
void report_marked(struct page *p, const char *text, const char *other);
/* The chain as a picture: of `enroll`'s document, of `verify`'s. */
void report_chain(struct page *p, const json_t *enroll);
void report_chain_of_eks(struct page *p, const json_t *eks);
void report_wire(struct page *p, const json_t *requests);
void report_certificates(struct page *p, const json_t *certificates);
void report_checks(struct page *p, const json_t *checks);
/* All of `verify`'s document. */
void report_verification(struct page *p, const json_t *doc);

#endif
