/*
 * trigger.h - when an armed fault happens: "NAME[=ARG][,on=WHAT][,prob=P]
 * [,after=N][,count=N]", and the dice for prob.
 *
 * It knows no fault by name; the tables do.  Not for several threads at a time.
 */
#ifndef SIM_BASE_TRIGGER_H
#define SIM_BASE_TRIGGER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/err.h"
#include "sim/base/limits.h"

/* The same seed gives the same numbers, on every machine. */
struct dice {
	uint64_t state;
};

void dice_seed(struct dice *d, const char *text);

struct trigger {
	char name[MAX_FAULT_NAME];
	bool has_arg;
	unsigned arg;
	char on[MAX_FAULT_NAME]; /* "": whatever the fault is for */
	unsigned percent;        /* 1..100, of the occasions after `after` */
	unsigned after;          /* occasions that pass by first */
	unsigned count;          /* how often at most; 0: no limit */
	bool conditional;        /* one of the last four was given */
	unsigned seen, done;
};

/* E_USAGE says which word is wrong. */
int trigger_parse(const char *text, struct trigger *ret, struct err *e);
/* An occasion: true when the fault happens. d is only asked when there is a
 * prob. */
bool trigger_pull(struct trigger *t, struct dice *d);
/* Whether it asks for dice. */
static inline bool
trigger_rolls(const struct trigger *t)
{
	return t->percent < 100;
}

#endif
