#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "config.h"
#include "sim/base/log.h"
#include "sim/cli/home.h"
#include "sim/cli/process.h"
#include "sim/cli/serve.h"
#include "sim/cli/swtpm_opts.h"
#include "sim/cli/swtpm_state.h"
#include "sim/tpm/engine.h"

/* --- what is printed --------------------------------------------------------
 */

/* In swtpm's order. */
static const char *const features[] = { "tpm-2.0", "tpm-send-command-header",
	"flags-opt-startup", "flags-opt-disable-auto-shutdown",
	"ctrl-opt-terminate", "cmdarg-seccomp", "cmdarg-key-fd",
	"cmdarg-pwd-fd", "cmdarg-print-states", "cmdarg-chroot",
	"cmdarg-migration", "nvram-backend-dir", "nvram-backend-file",
	"rsa-keysize-1024", "rsa-keysize-2048", "rsa-keysize-3072",
	"cmdarg-print-info", "tpmstate-opt-lock",
	"tpmstate-dir-backend-opt-fsync", NULL };

static int
print_states(const struct swtpm_request *r, struct err *e)
{
	struct store_found s;
	const char *comma = "";

	if (store_find(r->uri, true, &s, e) != 0)
		return -1;
	(void)printf("{ \"type\": \"swtpm\", \"states\": [");
	for (size_t i = 0; i < N_STORE_STATES; i++) {
		if (!s.there[i])
			continue;
		(void)printf("%s {\"name\": \"%s\", \"size\": %zu}", comma,
		    store_states[i], s.size[i]);
		comma = ",";
	}
	if (printf("%s] }\n", comma[0] != '\0' ? " " : "") < 0)
		return err_errno(e, "write to stdout");
	return 0;
}

/* The TPM that is there, or libtpms alone. */
static int
start_for_info(const char *uri, const struct store_options *o, struct err *e)
{
	struct store *s;
	int rc = uri != NULL ? store_open_uri(uri, STORE_PEEK, o, &s, e)
			     : store_open_memory(&s, e);

	/* The engine borrows it for good: the process ends next. */
	if (rc != 0 || engine_init(s, e) != 0)
		return -1;
	if (!store_has_tpm(s))
		return 0;
	return engine_power_on_or_end(e);
}

static int
print_info(const char *flags, const char *uri, const struct store_options *o,
    struct err *e)
{
	auto_buf text = BUF_INIT(MAX_SMALL_FILE);
	char *end;
	unsigned long long v;

	errno = 0;
	v = strtoull(flags, &end, 0);
	if (errno != 0 || *end != '\0' || flags[0] < '0' || flags[0] > '9' ||
	    v > UINT32_MAX)
		return err_set(e, E_USAGE,
		    "option '--print-info': '%s' is no number", flags);
	if (start_for_info(uri, o, e) != 0 || engine_info(v, &text, e) != 0)
		return -1;
	if (printf("%.*s\n", (int)text.n, (const char *)text.p) < 0)
		return err_errno(e, "write to stdout");
	return 0;
}

/* --- the process ------------------------------------------------------------
 */

/* swtpm's levels: 1 is what it says of itself, from 5 on libtpms talks. */
static enum log_level
log_level_of(unsigned level)
{
	return level < 2 ? LOG_WARN : level < 5 ? LOG_INFO : LOG_DEBUG;
}

/* *ret_fd, which stays open for good, or -1: nothing is logged. */
static int
open_log(const struct swtpm_request *r, int *ret_fd, struct err *e)
{
	const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC |
			  O_NOFOLLOW | (r->log.truncate ? O_TRUNC : 0);

	log_set_level(log_level_of(r->log.level));
	*ret_fd = r->log.fd != NOT_GIVEN ? (int)r->log.fd : STDERR_FILENO;
	if (r->log.file != NULL && strcmp(r->log.file, "-") == 0)
		*ret_fd = -1;
	else if (r->log.file != NULL &&
		 (*ret_fd = open(r->log.file, flags, 0640)) < 0)
		return err_errno(e, "open '%s'", r->log.file);
	else if (fcntl(*ret_fd, F_GETFD) < 0)
		return err_errno(e, "--log: fd %d", *ret_fd);
	log_set_output(*ret_fd, r->log.prefix);
	return 0;
}

/* --- the channels -----------------------------------------------------------
 */

/* A descriptor of the caller's, which has to be a socket that is connected, or
 * listens. */
static int
check_socket(const char *what, unsigned fd, struct err *e)
{
	socklen_t n = sizeof(int);
	int type;

	if (getsockopt((int)fd, SOL_SOCKET, SO_TYPE, &type, &n) != 0)
		return err_errno(e, "%s: fd %u", what, fd);
	if (type == SOCK_STREAM)
		return 0;
	err_set(e, E_USAGE, "%s: fd %u is no stream socket", what, fd);
	return err_hint(e, "SOCK_STREAM is supported; SOCK_SEQPACKET and "
			   "SOCK_DGRAM are not");
}

/* --ctrl: fd listens and clientfd is connected; who mixes them up would wait
 * for ever. */
static int
check_listens(unsigned fd, bool want, struct err *e)
{
	return listen_is((int)fd) == want
		   ? 0
		   : err_set(e, E_USAGE, "--ctrl: %s %u %s",
			 want ? "fd" : "clientfd", fd,
			 want ? "does not listen" : "listens");
}

static int
open_channel(const char *what, const struct swtpm_channel *c, enum port port,
    char address[static MAX_PATH_LENGTH], struct serve_channel *ret,
    struct err *e)
{
	const unsigned fd = c->fd != NOT_GIVEN ? c->fd : c->client_fd;

	*ret = (struct serve_channel){
		.port = port,
		.fd = -1,
		.options = { .mode = c->mode,
		    .uid = (int)c->uid,
		    .gid = (int)c->gid,
		    .disconnect = c->disconnect },
	};
	if (fd == NOT_GIVEN) {
		ret->address = address;
		return swtpm_channel_address(c, address, e);
	}
	ret->fd = (int)fd;
	if (check_socket(what, fd, e) != 0)
		return -1;
	return port == PORT_SWTPM_CTRL
		   ? check_listens(fd, c->fd != NOT_GIVEN, e)
		   : 0;
}

struct channels {
	struct serve_channel all[2];
	char address[2][MAX_PATH_LENGTH];
	size_t n;
	unsigned end_with;
};

/* --terminate is of a data channel that comes by the control channel, too. */
static int
open_channels(const struct args *a, const struct swtpm_request *r,
    struct channels *c, struct err *e)
{
	struct serve_channel *next = c->all;

	c->end_with = a->swtpm.terminate ? PORT_SWTPM_DATA : 0;
	if (r->has_server &&
	    open_channel("--server", &r->server, PORT_SWTPM_DATA, c->address[0],
		next++, e) != 0)
		return -1;
	/* A connection is all that there will be of its channel. */
	if (r->has_server && c->all[0].fd >= 0 && !listen_is(c->all[0].fd))
		c->end_with |= PORT_SWTPM_DATA;
	if (r->has_ctrl && open_channel("--ctrl", &r->ctrl, PORT_SWTPM_CTRL,
			       c->address[1], next++, e) != 0)
		return -1;
	if (r->has_ctrl && r->ctrl.terminate)
		c->end_with |= PORT_SWTPM_CTRL;
	c->n = (size_t)(next - c->all);
	return 0;
}

/* --- the whole --------------------------------------------------------------
 */

static void
keys_done(struct blob_keys *k)
{
	state_key_free(k->file);
	state_key_free(k->migration);
}

static struct store_options
store_options(const struct swtpm_request *r, const struct blob_keys *k)
{
	const bool lock = r->state.lock != SWITCH_NOT_GIVEN
			      ? r->state.lock == SWITCH_ON
			      : r->uri == NULL || !store_uri_is_file(r->uri);
	/* The source may still have it. */
	const bool migrates =
	    !r->power &&
	    (r->migration.incoming || r->migration.release_lock_outgoing);

	return (struct store_options){
		.keys = *k,
		.mode = r->state.mode,
		.fsync = r->state.fsync,
		/* INIT says so, and a state can come in its place. */
		.tolerant = !r->power,
		.locking = !lock      ? STORE_LOCK_NEVER
			   : migrates ? STORE_LOCK_LATER
				      : STORE_LOCK_NOW,
	};
}

static enum confine
confine_of(const char *action)
{
	if (strcmp(action, "none") == 0)
		return CONFINE_NONE;
	return strcmp(action, "log") == 0 ? CONFINE_LOG : CONFINE_KILL;
}

/*
 * Somebody whose connection is there already is swtpm_setup, which certifies
 * EKs and writes NV itself, and needs a TPM without any.
 */
static bool
provisions(const struct args *a, const struct swtpm_request *r)
{
	return r->ctrl.client_fd != NOT_GIVEN && !home_asks(&a->device);
}

static struct serve_options
serve_options(const struct args *a, const struct swtpm_request *r,
    const struct channels *c)
{
	return (struct serve_options){
		.power = r->power,
		.startup = r->startup,
		.startup_may_fail = true,
		.rng = a->deterministic_rng ? a->device.seed : NULL,
		.mssim = &a->mssim,
		.channels = c->all,
		.n_channels = c->n,
		.swtpm = { .reject_locality_4 = r->locality.reject_4,
		    .allow_set_locality = r->locality.allow_set,
		    .no_auto_shutdown = r->flags.no_auto_shutdown,
		    .untried = !r->power,
		    .bare_tpm = provisions(a, r),
		    .release_lock_outgoing =
			r->migration.release_lock_outgoing },
		.end_with = c->end_with,
		.allow_remote = a->allow_remote,
	};
}

/* What an empty state gets at the start; NULL: nothing of ours. */
static const struct mint_request *
device_for(const struct args *a, const struct swtpm_request *r)
{
	const bool comes = r->migration.incoming && !r->power;

	return comes || provisions(a, r) ? NULL : &a->device;
}

/* Everything is open and listens before the caller learns of it, and the
 * filter comes last. */
static int
serve(const struct args *a, const struct swtpm_request *r,
    const struct store_options *so, struct background *b, int log_fd,
    struct err *e)
{
	AUTO(serve_done) struct serve s = { .store = NULL };
	AUTO(pid_file_remove) struct pid_file pid = { .path = "" };
	struct channels channels;
	struct serve_options o;
	struct store *store;

	if (open_channels(a, r, &channels, e) != 0 ||
	    swtpm_state_open(r->uri, so, device_for(a, r), &store, e) != 0)
		return -1;
	o = serve_options(a, r, &channels);
	if (serve_start(store, &o, &s, e) != 0 ||
	    pid_file_write(r->pid.file,
		r->pid.fd != NOT_GIVEN ? (int)r->pid.fd : -1, &pid, e) != 0)
		return -1;
	serve_forget_seed(a->device.seed);
	if (serve_confine(confine_of(r->seccomp), e) != 0 ||
	    background_ready(b, log_fd, e) != 0)
		return -1;
	return server_run(s.server, e);
}

/* As the user, and in the root, that it stays in. */
static int
go_on(const struct args *a, const struct swtpm_request *r, struct background *b,
    struct err *e)
{
	AUTO(keys_done) struct blob_keys keys = { NULL, NULL };
	struct store_options o;
	int log_fd;

	if (process_become(a->swtpm.runas, a->swtpm.chroot, e) != 0 ||
	    open_log(r, &log_fd, e) != 0)
		return -1;
	if (a->swtpm.print_states)
		return print_states(r, e);
	if (swtpm_read_key(&r->key, &keys.file, e) != 0 ||
	    swtpm_read_key(&r->migration_key, &keys.migration, e) != 0)
		return -1;
	o = store_options(r, &keys);
	return a->swtpm.print_info != NULL
		   ? print_info(a->swtpm.print_info, r->uri, &o, e)
		   : serve(a, r, &o, b, log_fd, e);
}

int
cmd_swtpm_socket(const struct args *a, struct err *e)
{
	AUTO(swtpm_request_done) struct swtpm_request r = { .n_copies = 0 };
	AUTO(background_done) struct background b = BACKGROUND_INIT;
	int status = -1;

	if (a->swtpm.version)
		return swtpm_version(e);
	if (a->swtpm.print_capabilities)
		return swtpm_print_features("swtpm", features, e);
	if (swtpm_request_parse(&a->swtpm, &r, e) != 0 ||
	    home_check_options(a, e) != 0)
		return -1;
	if (a->swtpm.daemon && background_enter(&b, &status, e) != 0)
		return -1;
	return status >= 0 ? status : go_on(a, &r, &b, e);
}

int
swtpm_version(struct err *e)
{
	/* Scripts look for the first four words, and compare the fourth. */
	if (printf("TPM emulator version " SWTPM_LEVEL
		   ", command line and channels; odcasim " ODCASIM_VERSION
		   "\n") < 0)
		return err_errno(e, "write to stdout");
	return 0;
}
