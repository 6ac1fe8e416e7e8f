/*
 * junit.h - results as a file that CI systems read: JUnit's XML, one suite.
 *
 *   <testsuites name tests failures errors skipped time>
 *     <testsuite name tests failures errors skipped time timestamp>
 *       <testcase classname name time>
 *         <failure message>TEXT</failure>, <error message>, <skipped message>
 *         <system-out>
 */
#ifndef SIM_CLI_JUNIT_H
#define SIM_CLI_JUNIT_H

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "sim/base/err.h"

enum junit_result {
	JUNIT_PASSED,
	JUNIT_FAILED,
	JUNIT_ERROR, /* it could not be tried */
	JUNIT_SKIPPED,
	N_JUNIT_RESULTS
};

/* All of it may be of outside, and is escaped. */
struct junit_case {
	const char *class, *name;
	uint64_t ns; /* it took */
	enum junit_result result;
	const char *message; /* of one that did not pass; NULL: none */
	const char *text;    /* more of it, lines; NULL: none */
	const char *output;  /* what there was to see, lines; NULL: none */
};

struct junit {
	const char *path; /* NULL: no file is wanted, and nothing is kept */
	FILE *out;
	char *cases;
	size_t n;
	unsigned counts[N_JUNIT_RESULTS];
	uint64_t ns; /* of all cases */
	time_t when;
};

/* Before the work whose results it is for: an error when path cannot be
 * written. path is borrowed, and may be NULL. */
int junit_begin(const char *path, struct junit *ret, struct err *e);
void junit_add(struct junit *j, const struct junit_case *c);
int junit_write(struct junit *j, const char *suite, struct err *e);
/* In any case; one that was zeroed is fine. */
void junit_done(struct junit *j);

#define auto_junit AUTO(junit_done) struct junit

#endif
