#include <stdbool.h>

#include "sim/aik/curl.h"

struct curl curl;

/* The soname since 7.16. */
static const struct late functions[] = {
#define CURL_ROW(library, name)                                                \
	{ "lib" #library ".so.4", #name, offsetof(struct curl, name) },
	CURL_FUNCTIONS(CURL_ROW)
#undef CURL_ROW
};

int
curl_load(struct err *e)
{
	static bool loaded;

	if (loaded)
		return 0;
	if (late_load(functions, sizeof(functions) / sizeof(functions[0]),
		&curl, sizeof(curl), "libcurl",
		"install libcurl4 (Debian, Ubuntu: also of the name "
		"...4t64) or libcurl, or run scripts/bootstrap",
		e) != 0)
		return -1;
	if (curl.curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(e, E_IO, "libcurl cannot be initialised");
	loaded = true;
	return 0;
}
