/*
 * enroll_out.h - an enrolment as text for people, and as JSON for programs.
 * For cmd_enroll.c.
 */
#ifndef SIM_CLI_ENROLL_OUT_H
#define SIM_CLI_ENROLL_OUT_H

#include <jansson.h>

#include "sim/aik/enroll.h"

/* The way as it goes, on stdout, in the words that Windows' certreq -enrollaik
 * is known to print. */
void enroll_text_watch(struct enroll_watch *w);
/* And its end: the certificate, or why there is none. */
int enroll_text_end(const struct enroll_result *r, struct err *e);

/* All of it as one object; why is the failure. NULL without memory. */
json_t *enroll_json(
    const char *where, const struct enroll_result *r, const struct err *why);
/* Parts of it, from the record: enroll_wire.c. */
json_t *enroll_json_requests(const struct enroll_result *r);
json_t *enroll_json_certificates(const struct enroll_result *r);
json_t *enroll_json_us(uint64_t ns);

#endif
