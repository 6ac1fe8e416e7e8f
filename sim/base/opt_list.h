/*
 * opt_list.h - the values of an option that may be repeated, as the command
 * line had them; borrowed.
 */
#ifndef SIM_BASE_OPT_LIST_H
#define SIM_BASE_OPT_LIST_H

#include <stddef.h>

#include "sim/base/limits.h"

struct opt_list {
	const char *items[MAX_OPT_LIST];
	size_t n;
};

#endif
