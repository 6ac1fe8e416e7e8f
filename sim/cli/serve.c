#include <string.h>

#include "odca/pki.h"
#include "sim/base/limits.h"
#include "sim/base/log.h"
#include "sim/cli/serve.h"
#include "sim/tpm/tpmcmd.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/sandbox.h"
#include "sim/tpm/store.h"
#include "sim/tpm/swtpm.h"

#define DEFAULT_ADDRESS "127.0.0.1:2321"

/* A TPM that was suspended is started already, and refuses. */
static int
start_up(const struct serve_options *o, struct err *e)
{
	struct err why = ERR_INIT;

	if (o->startup == STARTUP_NONE ||
	    tpmcmd_startup(
		o->startup == STARTUP_CLEAR ? SU_CLEAR : SU_STATE, &why) == 0)
		return 0;
	if (o->startup_may_fail && why.code == E_TPM) {
		log_warn("engine", "%s", why.msg);
		return 0;
	}
	if (e != NULL)
		*e = why;
	return -1;
}

/* Power comes later, and nobody to tell of a damaged state then. */
static int
try_state(struct store *store, const struct serve_options *o, struct err *e)
{
	return store_has_tpm(store) && !o->swtpm.untried ? engine_try_state(e)
							 : 0;
}

int
serve_power_on(
    struct store *store, const struct serve_options *o, struct err *e)
{
	if (engine_init(store, e) != 0)
		return -1;
	if (o->rng != NULL &&
	    engine_set_deterministic(SPAN_STR(o->rng), e) != 0)
		return -1;
	if (!engine_has_identity())
		log_warn("engine", "built with shared libtpms: TPM properties "
				   "are libtpms' own, not Intel PTT's");
	if (!o->power)
		return try_state(store, o, e);
	return engine_power_on_or_end(e) != 0 ? -1 : start_up(o, e);
}

/* A descriptor that was inherited listens, or is connected. */
static int
adopt(struct server *server, const struct serve_channel *c, struct err *e)
{
	return listen_is(c->fd)
		   ? server_adopt_listener(server, c->port, c->fd, e)
		   : server_adopt_client(server, c->port, c->fd, e);
}

static int
open_channels(struct server *server, const struct serve_options *o,
    struct store *store, struct err *e)
{
	struct swtpm_options options = o->swtpm;

	options.store = store;
	swtpm_configure(&options);
	for (size_t i = 0; i < o->n_channels; i++) {
		const struct serve_channel *c = &o->channels[i];
		int rc = c->address == NULL
			     ? adopt(server, c, e)
			     : server_listen_swtpm(server, c->port, c->address,
				   &c->options, o->allow_remote, e);

		if (rc != 0)
			return -1;
	}
	server_end_with(server, o->end_with);
	return 0;
}

static int
listen_all(struct server *server, const struct serve_options *o,
    struct store *store, struct err *e)
{
	if (o->n_channels > 0 && open_channels(server, o, store, e) != 0)
		return -1;
	if (o->mssim->n == 0 && o->n_channels == 0)
		return server_listen_mssim(
		    server, DEFAULT_ADDRESS, o->allow_remote, e);
	for (size_t i = 0; i < o->mssim->n; i++)
		if (server_listen_mssim(
			server, o->mssim->items[i], o->allow_remote, e) != 0)
			return -1;
	return 0;
}

int
serve_start(struct store *store, const struct serve_options *o,
    struct serve *ret, struct err *e)
{
	*ret = (struct serve){ .store = store };
	if (serve_power_on(store, o, e) != 0)
		return -1;
	return server_new(&ret->server, e) != 0 ||
		       listen_all(ret->server, o, store, e) != 0
		   ? -1
		   : 0;
}

void
serve_forget_seed(const char *seed)
{
	/* It is a word of argv, which is ours to write. */
	if (seed != NULL)
		memset((char *)(uintptr_t)seed, '*', strlen(seed));
}

int
serve_confine(enum confine how, struct err *e)
{
	/* CA keys are for the minting process. */
	pki_forget_keys();
	switch (how) {
	case CONFINE_NONE:
		return 0;
	case CONFINE_LOG:
		return sandbox_enter_logging(SANDBOX_SERVE, e);
	default:
		return sandbox_enter(SANDBOX_SERVE, e);
	}
}

void
serve_done(struct serve *s)
{
	if (s->server != NULL)
		server_free(s->server);
	if (s->store != NULL)
		swtpm_power_off();
	store_free(s->store);
	*s = (struct serve){ .store = NULL };
}
