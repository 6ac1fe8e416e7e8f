#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/log.h"
#include "sim/cli/home.h"
#include "sim/cli/out.h"
#include "sim/cli/register.h"
#include "sim/cli/serve.h"
#include "sim/tpm/record.h"
#include "sim/tpm/tpmfault.h"

/* What ready.ek and ready.family say; absent for a device of swtpm's. */
static const char *
text_at(const json_t *device, const char *a, const char *b, const char *c)
{
	const json_t *at = json_object_get(device, a);

	if (b != NULL)
		at = json_object_get(json_object_get(at, b), c);
	return json_string_value(at);
}

/* The address of a channel, with the port that was found for 0; NULL when there
 * is none. The caller frees it. */
static char *
channel(const struct server *server, const char *address, enum port port)
{
	unsigned number = server_port_of(server, port);
	const char *colon;
	char *text = NULL;

	if (address == NULL)
		return NULL;
	if (number == 0 || (colon = strrchr(address, ':')) == NULL)
		return strdup(address);
	return asprintf(&text, "%.*s:%u", (int)(colon - address), address,
		   number) < 0
		   ? NULL
		   : text;
}

/* One line of JSON, for programs that wait for it. */
static char *
ready_line(const struct args *a, const struct serve *s, const char *state,
    const json_t *device)
{
	const char *tcti = server_tcti(s->server);
	auto_free char *ctrl =
	    channel(s->server, a->swtpm_ctrl, PORT_SWTPM_CTRL);
	auto_free char *data =
	    channel(s->server, a->swtpm_data, PORT_SWTPM_DATA);
	json_auto_t *all =
	    json_pack("{s:b, s:s*, s:s*, s:s*, s:i, s:s, s:s?, s:s?}", "ready",
		1, "tcti", tcti[0] != '\0' ? tcti : NULL, "swtpm_ctrl", ctrl,
		"swtpm_data", data, "pid", (int)getpid(), "state", state,
		"family", text_at(device, "family", NULL, NULL), "ek",
		text_at(device, "ek", "rsa2048", "public_sha256"));

	return all != NULL ? json_dumps(all, JSON_COMPACT) : NULL;
}

static int
check_options(const struct args *a, struct err *e)
{
	if (out_check_ready_fd(a->ready_fd, e) != 0 ||
	    register_check(a->ekop, e) != 0)
		return -1;
	if (a->strict_ms && a->startup != NULL &&
	    strcmp(a->startup, "clear") == 0)
		return err_set(e, E_USAGE,
		    "--strict-ms starts powered off, --startup clear cannot "
		    "be");
	return 0;
}

static size_t
swtpm_channels(const struct args *a, struct serve_channel ret[static 2])
{
	const struct listen_options defaults = { .uid = -1, .gid = -1 };
	size_t n = 0;

	if (a->swtpm_ctrl != NULL)
		ret[n++] = (struct serve_channel){ .port = PORT_SWTPM_CTRL,
			.address = a->swtpm_ctrl,
			.options = defaults };
	if (a->swtpm_data != NULL)
		ret[n++] = (struct serve_channel){ .port = PORT_SWTPM_DATA,
			.address = a->swtpm_data,
			.options = defaults };
	return n;
}

static int
serve(const struct args *a, const char *dir, struct err *e)
{
	AUTO(serve_done) struct serve s = { .store = NULL };
	struct serve_channel channels[2];
	const size_t n_channels = swtpm_channels(a, channels);
	const struct serve_options o = {
		.power = !a->strict_ms,
		.startup =
		    a->startup != NULL && strcmp(a->startup, "clear") == 0
			? STARTUP_CLEAR
			: STARTUP_NONE,
		.rng = a->deterministic_rng ? a->device.seed : NULL,
		.mssim = &a->mssim,
		.channels = channels,
		.n_channels = n_channels,
		.allow_remote = a->allow_remote,
	};
	json_auto_t *device = NULL;
	auto_free char *path = NULL;
	auto_free char *line = NULL;
	struct store *store;

	if (store_open_dir(dir, STORE_OWN, &store, e) != 0 ||
	    serve_start(store, &o, &s, e) != 0 ||
	    record_parse(store, &device, e) != 0)
		return -1;
	if (device == NULL)
		log_info("run", "state '%s' is not of odcasim: served as it is",
		    dir);
	if ((path = realpath(dir, NULL)) == NULL)
		return err_errno(e, "resolve '%s'", dir);
	if ((line = ready_line(a, &s, path, device)) == NULL)
		return err_set(e, E_NOMEM, "ready line");
	serve_forget_seed(a->device.seed);
	if (serve_confine(CONFINE_KILL, e) != 0 ||
	    out_ready(line, a->ready_fd, e) != 0)
		return -1;
	return server_run(s.server, e);
}

int
cmd_run(const struct args *given, struct err *e)
{
	auto_home home = HOME_INIT;
	struct args own = *given;
	const struct args *a = &own;

	/* The TPM's faults are this process', the device has the others. */
	if (tpmfault_arm(&given->device.faults, given->fault_seed,
		&own.device.faults, e) != 0 ||
	    check_options(a, e) != 0 || home_open(a->state, &home, e) != 0 ||
	    home_prepare(a, home.path, e) != 0 ||
	    register_eks(home.path, a->ekop, e) != 0)
		return -1;
	return serve(a, home.path, e);
}
