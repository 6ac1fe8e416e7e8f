#include <stdbool.h>

#include "sim/aik/mhd.h"

struct mhd mhd;

/* The soname since 0.9.59. */
static const struct late functions[] = {
#define MHD_ROW(library, name)                                                 \
	{ "lib" #library ".so.12", #name, offsetof(struct mhd, name) },
	MHD_FUNCTIONS(MHD_ROW)
#undef MHD_ROW
};

int
mhd_load(struct err *e)
{
	static bool loaded;

	if (loaded)
		return 0;
	if (late_load(functions, sizeof(functions) / sizeof(functions[0]), &mhd,
		sizeof(mhd), "libmicrohttpd",
		"install libmicrohttpd12 (Debian, Ubuntu: also of the name "
		"...12t64) or libmicrohttpd, or run scripts/bootstrap",
		e) != 0)
		return -1;
	loaded = true;
	return 0;
}
