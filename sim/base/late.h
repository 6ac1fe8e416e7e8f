/*
 * late.h - shared libraries that are loaded when they are needed, because most
 * starts of the program do without them and would pay for them all the same.
 *
 * The functions of a library stand in a list, LIST(X) of X(library, name); what
 * calls them is a struct of pointers, filled by late_load():
 *
 *	struct zip { LIST(LATE_MEMBER) } zip;
 *	static const struct late rows[] = { LIST(ZIP_ROW) };
 */
#ifndef SIM_BASE_LATE_H
#define SIM_BASE_LATE_H

#include <stddef.h>

#include "sim/base/err.h"

#define LATE_MEMBER(library, name) __typeof__(name) *name;

struct late {
	const char *library; /* soname: "libtss2-esys.so.0" */
	const char *name;
	size_t offset; /* of its pointer in table */
};

/*
 * Fill table, size bytes, which are left as they are after a failure:
 * E_NOTFOUND says what this machine lacks, after the name of the project it is
 * of; hint says what to install. A library stays loaded. Not for several
 * threads.
 */
int late_load(const struct late *rows, size_t n, void *table, size_t size,
    const char *project, const char *hint, struct err *e);

#endif
