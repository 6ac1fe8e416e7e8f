/*
 * style.h - the style sheets of pages and pictures: files of this folder, which
 * are part of the program.
 */
#ifndef SIM_REPORT_STYLE_H
#define SIM_REPORT_STYLE_H

#include "sim/base/buf.h"

/* report.css: a report's page. */
struct span style_report(void);
/* chain.css: a chain's picture, alone or within a page. */
struct span style_chain(void);

#endif
