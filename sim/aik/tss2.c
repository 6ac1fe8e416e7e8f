#include <stdbool.h>

#include "sim/aik/tss2.h"

struct tss2 tss2;

/* The sonames of tpm2-tss since 2.0. */
static const struct late functions[] = {
#define TSS2_ROW(library, name)                                                \
	{ "libtss2-" #library ".so.0", #name, offsetof(struct tss2, name) },
	TSS2_FUNCTIONS(TSS2_ROW)
#undef TSS2_ROW
};

int
tss2_load(struct err *e)
{
	static bool loaded;

	if (loaded)
		return 0;
	if (late_load(functions, sizeof(functions) / sizeof(functions[0]),
		&tss2, sizeof(tss2), "tpm2-tss",
		"install tpm2-tss (libtss2-esys, -mu, -rc, -tctildr), or run "
		"scripts/bootstrap",
		e) != 0)
		return -1;
	loaded = true;
	return 0;
}
