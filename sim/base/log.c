#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/log.h"

static const char *const level_names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warn",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};
static enum log_level log_level = LOG_WARN;
static int log_fd = STDERR_FILENO;
static const char *log_prefix = "";

void
log_set_output(int fd, const char *prefix)
{
	log_fd = fd;
	log_prefix = prefix != NULL ? prefix : "";
}

void
log_set_level(enum log_level level)
{
	log_level = level;
}

bool
log_enabled(enum log_level level)
{
	return level <= log_level;
}

int
log_parse_level(const char *word, enum log_level *ret)
{
	for (unsigned i = 0; i <= LOG_DEBUG; i++) {
		if (strcmp(word, level_names[i]) == 0) {
			*ret = i;
			return 0;
		}
	}
	return -1;
}

void
log_line(enum log_level level, const char *module, const char *fmt, ...)
{
	char text[ERR_MSG_SIZE + 128];
	struct timespec now;
	struct tm tm;
	va_list ap;

	if (!log_enabled(level) || log_fd < 0)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* A log line shows the real time, whatever clock the device has. */
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)localtime_r(&now.tv_sec, &tm);
	(void)dprintf(log_fd, "%s%02d:%02d:%02d.%03ld %s %s %s\n", log_prefix,
	    tm.tm_hour, tm.tm_min, tm.tm_sec, now.tv_nsec / 1000000,
	    level_names[level], module, text);
}

void
log_err(const struct err *e)
{
	if (log_fd != STDERR_FILENO)
		log_error("main", "%s%s%s",
		    e->msg[0] != '\0' ? e->msg : err_text(e->code),
		    e->hint[0] != '\0' ? "; hint: " : "", e->hint);
	(void)fprintf(stderr, "error: %s\n",
	    e->msg[0] != '\0' ? e->msg : err_text(e->code));
	if (e->hint[0] != '\0')
		(void)fprintf(stderr, "hint: %s\n", e->hint);
}
