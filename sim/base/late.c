#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

#include "sim/base/late.h"

enum { MAX_LATE_TABLE = 64 * sizeof(void *) };

int
late_load(const struct late *rows, size_t n, void *table, size_t size,
    const char *project, const char *hint, struct err *e)
{
	uint8_t all[MAX_LATE_TABLE] = { 0 };
	void *library, *function;

	if (size > sizeof(all))
		return err_set(e, E_LIMIT, "%s: too many functions", project);
	for (size_t i = 0; i < n; i++) {
		/* Asking for it again is cheap. */
		library = dlopen(rows[i].library, RTLD_NOW | RTLD_LOCAL);
		function =
		    library != NULL ? dlsym(library, rows[i].name) : NULL;
		if (function == NULL) {
			err_set(e, E_NOTFOUND, "%s: %s", project, dlerror());
			return err_hint(e, "%s", hint);
		}
		/* POSIX lets a function's address pass through void *. */
		memcpy(all + rows[i].offset, &function, sizeof(function));
	}
	memcpy(table, all, size);
	return 0;
}
