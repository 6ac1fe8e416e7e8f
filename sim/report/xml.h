/*
 * xml.h - text from anywhere within XML: SVG, JUnit's reports.
 */
#ifndef SIM_REPORT_XML_H
#define SIM_REPORT_XML_H

#include <stdio.h>

/* Within elements and attributes. What is not printable ASCII becomes "\xNN",
 * as XML 1.0 cannot have each octet. */
void xml_text(const char *text, FILE *out);
/* Within elements only: lines stay lines. */
void xml_lines(const char *text, FILE *out);

#endif
