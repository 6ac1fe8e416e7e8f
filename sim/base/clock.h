/*
 * clock.h - the only way to ask for the time, so that tests and --time can
 * give another one.
 */
#ifndef SIM_BASE_CLOCK_H
#define SIM_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Seconds since 1970, UTC: the real clock, or what clock_set() said. */
time_t clock_now(void);
/* Hold the clock at t; (time_t)-1 gives back the real one. */
void clock_set(time_t t);
/* t as UTCTime, "491231235959Z"; -1 outside of the years 1950 to 2049, which it
 * does not have (RFC 5280 4.1.2.5.1). */
#define UTC_TIME_SIZE 14 /* with its NUL */
int clock_utc_time(time_t t, char out[static UTC_TIME_SIZE]);
/* "2049-12-31T23:59:59Z". */
void clock_text(time_t t, char out[static 32]);
/* Monotonic nanoseconds, for measuring; never held. */
uint64_t clock_ns(void);

#endif
