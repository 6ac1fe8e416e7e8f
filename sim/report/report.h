/*
 * report.h - what `enroll`, `verify` and `reproduce` found, as a page that
 * needs nothing else: no script, nothing from elsewhere, light and dark, for a
 * phone and for paper.
 *
 * It is made of the JSON that these commands print, so it says what that says.
 */
#ifndef SIM_REPORT_REPORT_H
#define SIM_REPORT_REPORT_H

#include <jansson.h>

#include "sim/base/err.h"

enum report_kind {
	REPORT_ENROLL,
	REPORT_VERIFY,
	REPORT_REPRODUCE,
	REPORT_STORY, /* the same, with what aik_story tells between them */
};

/* Before the work: whether the page can be written; NULL: none is wanted. */
int report_check(const char *path, struct err *e);
/* From the command's document, which may lack any member. NULL: no page. */
int report_write(
    enum report_kind kind, const json_t *doc, const char *path, struct err *e);
/* The page itself. -1 without memory. */
int report_page(enum report_kind kind, const json_t *doc, FILE *out);

#endif
