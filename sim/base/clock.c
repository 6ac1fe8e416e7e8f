#include <stdio.h>

#include "sim/base/clock.h"

static time_t held = (time_t)-1;

time_t
clock_now(void)
{
	return held != (time_t)-1 ? held : time(NULL);
}

void
clock_set(time_t t)
{
	held = t;
}

uint64_t
clock_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

int
clock_utc_time(time_t t, char out[static UTC_TIME_SIZE])
{
	char full[32];
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL || tm.tm_year < 50 || tm.tm_year > 149)
		return -1;
	/* The century that UTCTime leaves out is in front. */
	(void)strftime(full, sizeof(full), "%Y%m%d%H%M%SZ", &tm);
	(void)snprintf(out, UTC_TIME_SIZE, "%.13s", full + 2);
	return 0;
}

void
clock_text(time_t t, char out[static 32])
{
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(out, 32, "%jd", (intmax_t)t);
}
