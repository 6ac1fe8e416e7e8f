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
