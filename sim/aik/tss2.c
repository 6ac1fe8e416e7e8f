#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "sim/aik/tss2.h"

struct tss2 tss2;

/* The sonames of tpm2-tss since 2.0. */
static const struct {
	const char *library;
	const char *name;
	size_t offset; /* in struct tss2 */
} functions[] = {
#define TSS2_ROW(library, name)                                                \
	{ "libtss2-" #library ".so.0", #name, offsetof(struct tss2, name) },
	TSS2_FUNCTIONS(TSS2_ROW)
#undef TSS2_ROW
};

/* A library stays loaded; asking for it again is cheap. */
static int
find(const char *library, const char *name, void **ret, struct err *e)
{
	void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

	if (handle == NULL) {
		err_set(e, E_NOTFOUND, "tpm2-tss: %s", dlerror());
		return err_hint(e, "install tpm2-tss (libtss2-esys, -mu, -rc, "
				   "-tctildr), or run scripts/bootstrap");
	}
	if ((*ret = dlsym(handle, name)) == NULL)
		return err_set(e, E_NOTFOUND, "tpm2-tss: %s", dlerror());
	return 0;
}

int
tss2_load(struct err *e)
{
	static bool loaded;
	struct tss2 all;
	void *function;

	if (loaded)
		return 0;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (find(functions[i].library, functions[i].name, &function,
			e) != 0)
			return -1;
		/* POSIX lets a function's address pass through void *. */
		memcpy((char *)&all + functions[i].offset, &function,
		    sizeof(function));
	}
	tss2 = all;
	loaded = true;
	return 0;
}
