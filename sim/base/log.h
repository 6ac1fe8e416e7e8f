/*
 * log.h - one line a fact, on stderr, logfmt:
 *   12:00:01.204 info mssim c=7 cmd=SEND_COMMAND cc=CreatePrimary rc=0x000
 * us=28041
 *
 * For the edges (server, main). Modules that can fail return a struct err
 * instead.  Secrets never reach a log line, at no level.
 */
#ifndef SIM_BASE_LOG_H
#define SIM_BASE_LOG_H

#include <stdbool.h>

#include "sim/base/err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Lines above this level are dropped. LOG_WARN at start. */
void log_set_level(enum log_level level);
/* Lines go to a descriptor other than stderr from here on, to none when fd is
 * -1, and begin with a prefix; both are borrowed for good, prefix may be NULL.
 */
void log_set_output(int fd, const char *prefix);
/* So that a caller need not compute what nobody reads. */
bool log_enabled(enum log_level level);
/* "error", "warn", "info" or "debug"; -1 for another word. */
int log_parse_level(const char *word, enum log_level *ret);

void log_line(enum log_level level, const char *module, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_line(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

/* For main(): "error: ..." and, when there is one, "hint: ..." on stderr; and
 * as a line of the log, when that goes elsewhere. */
void log_err(const struct err *e);

#endif
