#include "config.h"
#include "sim/cli/home.h"
#include "sim/cli/out.h"
#include "sim/tpm/engine.h"

/* ODCASIM_LIBRARIES is "name version,...": what the Makefile built with. */
static json_t *
libraries(void)
{
	json_t *all = json_object();
	const char *at = ODCASIM_LIBRARIES;
	char name[32], version[32];
	int n;

	while (sscanf(at, "%31[^ ] %31[^,]%n", name, version, &n) == 2) {
		(void)json_object_set_new(all, name, json_string(version));
		at += n;
		at += *at == ',';
	}
	return all;
}

int
cmd_version(const struct args *a, struct err *e)
{
	json_auto_t *all =
	    json_pack("{s:s, s:b, s:o}", "odcasim", ODCASIM_VERSION, "identity",
		(int)engine_has_identity(), "libraries", libraries());
	const char *name;
	json_t *version;

	if (all == NULL)
		return err_set(e, E_NOMEM, "version");
	if (a->json)
		return out_json(all, e);
	(void)printf("odcasim %s\n", ODCASIM_VERSION);
	json_object_foreach (json_object_get(all, "libraries"), name, version)
		(void)printf("  %-13s %s\n", name, json_string_value(version));
	(void)printf("  %-13s %s\n", "identity",
	    engine_has_identity() ? "Intel PTT's (static libtpms, wrapped)"
				  : "libtpms' own (shared libtpms)");
	return 0;
}
