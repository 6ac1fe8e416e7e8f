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
/* Monotonic nanoseconds, for measuring; never held. */
uint64_t clock_ns(void);

#endif
