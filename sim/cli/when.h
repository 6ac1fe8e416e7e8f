/*
 * when.h - points in time as people write them.
 */
#ifndef SIM_CLI_WHEN_H
#define SIM_CLI_WHEN_H

#include <time.h>

#include "sim/base/err.h"

/* RFC 3339 5.6, a date alone (its first second), or seconds since 1970, of the
 * option called what; E_USAGE. */
int when_parse(const char *text, const char *what, time_t *ret, struct err *e);

#endif
