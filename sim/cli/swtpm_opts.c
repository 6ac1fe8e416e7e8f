#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/file.h"
#include "sim/cli/swtpm_opts.h"

#define AT(member) offsetof(struct swtpm_request, member)
#define END                                                                    \
	{                                                                      \
		.name = NULL                                                   \
	}
#define MODE_MOST 0777
#define FD_MOST   65535
/* The number that stands for "as it is" in chown(2) names nobody. */
#define ID_MOST (UINT_MAX - 1)

/* --- the words --------------------------------------------------------------
 */

/* clang-format off */
static const struct opt tpmstate_words[] = {
	{ "dir",         0, OPT_STRING, AT(state.dir),    "DIR",  "a directory", 0, 0 },
	{ "backend-uri", 0, OPT_STRING, AT(state.uri),    "URI",  "dir://DIR, or file://FILE for one file", 0, 0 },
	{ "mode",        0, OPT_OCTAL,  AT(state.mode),   "MODE", "of the state files, octal (default: 0600)", 1, MODE_MOST },
	{ "lock",        0, OPT_SWITCH, AT(state.lock),   NULL,   "lock it against a second process (default: a directory is locked, a file is not)", 0, 0 },
	{ "fsync",       0, OPT_FLAG,   AT(state.fsync),  NULL,   "have each change on the disk before the TPM answers", 0, 0 },
	{ "backup",      0, OPT_FLAG,   AT(state.backup), NULL,   "refused: a state file is replaced as a whole, and never half written", 0, 0 },
	END
};
#define CHANNEL_WORDS(c) \
	{ "port",     0, OPT_NUMBER, AT(c.port),     "N",    "of type=tcp", 0, 65535 }, \
	{ "bindaddr", 0, OPT_STRING, AT(c.bindaddr), "ADDR", "of type=tcp (default: 127.0.0.1)", 0, 0 }, \
	{ "ifname",   0, OPT_STRING, AT(c.ifname),   "NAME", "refused: no link-local addresses", 0, 0 }, \
	{ "path",     0, OPT_STRING, AT(c.path),     "PATH", "of type=unixio", 0, 0 }, \
	{ "mode",     0, OPT_OCTAL,  AT(c.mode),     "MODE", "of the socket's file, octal (default: 0770)", 1, MODE_MOST }, \
	{ "uid",      0, OPT_USER,   AT(c.uid),      "USER", "owner of the socket's file", 0, ID_MOST }, \
	{ "gid",      0, OPT_GROUP,  AT(c.gid),      "GROUP", "group of the socket's file", 0, ID_MOST }
static const struct opt ctrl_words[] = {
	{ "type",      0, OPT_CHOICE, AT(ctrl.type),      "unixio|tcp", "kind of socket; needed", 0, 0 },
	CHANNEL_WORDS(ctrl),
	{ "fd",        0, OPT_NUMBER, AT(ctrl.fd),        "N", "a socket that listens already", 0, FD_MOST },
	{ "clientfd",  0, OPT_NUMBER, AT(ctrl.client_fd), "N", "a socket that is connected already: a TPM that is new is left to who is there, as swtpm_setup, to provision", 0, FD_MOST },
	{ "terminate", 0, OPT_FLAG,   AT(ctrl.terminate), NULL, "end when a connection does", 0, 0 },
	END
};
static const struct opt server_words[] = {
	{ "type",       0, OPT_CHOICE, AT(server.type),       "tcp|unixio", "kind of socket (default: tcp)", 0, 0 },
	CHANNEL_WORDS(server),
	{ "fd",         0, OPT_NUMBER, AT(server.fd),         "N",  "a socket that is connected or listens already", 0, FD_MOST },
	{ "disconnect", 0, OPT_FLAG,   AT(server.disconnect), NULL, "close a connection after one reply", 0, 0 },
	END
};
#define KEY_WORDS(k) \
	{ "file",    0, OPT_STRING, AT(k.file),          "FILE", "the key itself", 0, 0 }, \
	{ "fd",      0, OPT_NUMBER, AT(k.fd),            "N",    "the same from a descriptor", 0, FD_MOST }, \
	{ "format",  0, OPT_CHOICE, AT(k.format),        "hex|binary", "of the key itself (default: hex)", 0, 0 }, \
	{ "pwdfile", 0, OPT_STRING, AT(k.password_file), "FILE", "a passphrase that the key follows from", 0, 0 }, \
	{ "pwdfd",   0, OPT_NUMBER, AT(k.password_fd),   "N",    "the same from a descriptor", 0, FD_MOST }, \
	{ "kdf",     0, OPT_STRING, AT(k.kdf),           "NAME", "how it follows: pbkdf2 (default) or sha512; of aes-256-gcm scrypt", 0, 0 }, \
	{ "mode",    0, OPT_STRING, AT(k.mode),          "MODE", "aes-cbc (default, 128 bit), aes-256-cbc; or aes-256-gcm, which swtpm cannot open", 0, 0 }, \
	{ "remove",  0, OPT_FLAG,   AT(k.remove),        NULL,   "remove the file once it is read", 0, 0 }, \
	END
static const struct opt key_words[] = { KEY_WORDS(key) };
static const struct opt migration_key_words[] = { KEY_WORDS(migration_key) };
static const struct opt flags_words[] = {
	{ "not-need-init",         0, OPT_FLAG, AT(flags.not_need_init),    NULL, "power is on: no INIT has to come first", 0, 0 },
	{ "startup-clear",         0, OPT_FLAG, AT(flags.clear),            NULL, "the same, and TPM2_Startup(CLEAR) was done", 0, 0 },
	{ "startup-state",         0, OPT_FLAG, AT(flags.state),            NULL, "the same, and TPM2_Startup(STATE) was done", 0, 0 },
	{ "startup-none",          0, OPT_FLAG, AT(flags.none),             NULL, "no Startup was done (default)", 0, 0 },
	{ "startup-deactivated",   0, OPT_FLAG, AT(flags.deactivated),      NULL, "refused: of TPM 1.2", 0, 0 },
	{ "disable-auto-shutdown", 0, OPT_FLAG, AT(flags.no_auto_shutdown), NULL, "no TPM2_Shutdown on the guest's behalf when it has sent none", 0, 0 },
	END
};
static const struct opt locality_words[] = {
	{ "reject-locality-4",  0, OPT_FLAG, AT(locality.reject_4),  NULL, "nobody gets locality 4", 0, 0 },
	{ "allow-set-locality", 0, OPT_FLAG, AT(locality.allow_set), NULL, "the data channel may set it, as Linux' vTPM proxy does", 0, 0 },
	END
};
static const struct opt migration_words[] = {
	{ "incoming",              0, OPT_FLAG, AT(migration.incoming),              NULL, "the state will come: lock it then, and make no device", 0, 0 },
	{ "release-lock-outgoing", 0, OPT_FLAG, AT(migration.release_lock_outgoing), NULL, "unlock the state once it was fetched", 0, 0 },
	END
};
static const struct opt log_words[] = {
	{ "file",     0, OPT_STRING, AT(log.file),     "FILE", "append to it; '-': no log at all", 0, 0 },
	{ "fd",       0, OPT_NUMBER, AT(log.fd),       "N",    "write to a descriptor", 0, FD_MOST },
	{ "level",    0, OPT_NUMBER, AT(log.level),    "N",    "1: warnings, 2: connections and commands, 5: all (default: 1)", 0, UINT_MAX - 1 },
	{ "prefix",   0, OPT_STRING, AT(log.prefix),   "TEXT", "begins each line", 0, 0 },
	{ "truncate", 0, OPT_FLAG,   AT(log.truncate), NULL,   "empty the file first", 0, 0 },
	END
};
static const struct opt pid_words[] = {
	{ "file", 0, OPT_STRING, AT(pid.file), "FILE", "written once the TPM is ready, removed at the end", 0, 0 },
	{ "fd",   0, OPT_NUMBER, AT(pid.fd),   "N",    "a file that is open for writing", 0, FD_MOST },
	END
};
static const struct opt seccomp_words[] = {
	{ "action", 0, OPT_CHOICE, AT(seccomp), "kill|log|none", "end the program (default), let the kernel log it, or have no filter", 0, 0 },
	END
};
/* clang-format on */

static const struct opt_group tpmstate = { "--tpmstate", tpmstate_words };
static const struct opt_group ctrl = { "--ctrl", ctrl_words };
static const struct opt_group server = { "--server", server_words };
static const struct opt_group key = { "--key", key_words };
static const struct opt_group migration_key = { "--migration-key",
	migration_key_words };
static const struct opt_group flags = { "--flags", flags_words };
static const struct opt_group locality = { "--locality", locality_words };
static const struct opt_group migration = { "--migration", migration_words };
static const struct opt_group logging = { "--log", log_words };
static const struct opt_group pid = { "--pid", pid_words };
static const struct opt_group seccomp = { "--seccomp", seccomp_words };

const struct opt_group *const swtpm_words[] = { &tpmstate, &ctrl, &server, &key,
	&migration_key, &migration, &locality, &flags, &pid, &logging, &seccomp,
	NULL };

/* --- what they mean ---------------------------------------------------------
 */

static int
unsupported(const char *what, const char *why, struct err *e)
{
	err_set(e, E_USAGE, "%s is not supported", what);
	return err_hint(e, "%s", why);
}

int
swtpm_need_tpm2(const struct swtpm_args *a, struct err *e)
{
	return a->tpm2 ? 0
		       : unsupported("TPM 1.2",
			     "say --tpm2; swtpm's default without it is "
			     "TPM 1.2",
			     e);
}

/* One row for each option that is a list of words. */
static int
parse_all(const struct swtpm_args *a, struct swtpm_request *r, struct err *e)
{
	const struct {
		const struct opt_group *words;
		const char *text;
	} lists[] = {
		{ &tpmstate, a->tpmstate },
		{ &ctrl, a->ctrl },
		{ &server, a->server },
		{ &key, a->key },
		{ &migration_key, a->migration_key },
		{ &flags, a->flags },
		{ &locality, a->locality },
		{ &migration, a->migration },
		{ &logging, a->logging },
		{ &pid, a->pid },
		{ &seccomp, a->seccomp },
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		if (lists[i].text != NULL &&
		    opt_parse_words(lists[i].words, lists[i].text, r,
			&r->copies[r->n_copies++], e) != 0)
			return -1;
	return 0;
}

static int
check_state(const struct swtpm_args *a, struct swtpm_request *r, struct err *e)
{
	const char *path = getenv("TPM_PATH");

	if (r->state.backup)
		return unsupported("--tpmstate: backup",
		    "leave it out: a state file is replaced as a whole", e);
	r->uri = r->state.dir != NULL ? r->state.dir : r->state.uri;
	if (a->tpmstate == NULL && path != NULL && path[0] != '\0')
		r->uri = path;
	if (r->uri != NULL || (a->print_info != NULL && a->tpmstate == NULL))
		return 0;
	err_set(e, E_USAGE,
	    a->tpmstate == NULL ? "--tpmstate is missing"
				: "--tpmstate: dir or backend-uri is missing");
	return err_hint(e, "--tpmstate dir=DIR or backend-uri=file://FILE");
}

/* -p and --fd say the same as --server does. */
static void
add_short_forms(const struct swtpm_args *a, struct swtpm_request *r)
{
	if (a->port != 0 && a->server == NULL)
		r->server.disconnect = true;
	if (a->port != 0 && r->server.port == NOT_GIVEN)
		r->server.port = a->port;
	if (a->fd != 0 && r->server.fd == NOT_GIVEN)
		r->server.fd = a->fd;
	r->has_ctrl = a->ctrl != NULL;
	r->has_server = a->server != NULL || a->port != 0 || a->fd != 0;
}

static int
port_of_environment(unsigned *ret, struct err *e)
{
	const char *text = getenv("TPM_PORT");

	return text != NULL ? opt_number(text, 0, 65535, "$TPM_PORT", ret, e)
			    : 0;
}

/* Which of the words of a channel belong to its type, and that one of them is
 * there. */
static int
check_channel(const struct opt_group *words, struct swtpm_channel *c, bool tcp,
    struct err *e)
{
	const bool has_fd = c->fd != NOT_GIVEN || c->client_fd != NOT_GIVEN;
	const char *missing = NULL;

	if (c->ifname != NULL) {
		err_set(
		    e, E_USAGE, "%s: ifname is not supported", words->title);
		return err_hint(e, "listen on 127.0.0.1 or [::1]");
	}
	if (c->fd != NOT_GIVEN && c->client_fd != NOT_GIVEN)
		return err_set(e, E_USAGE,
		    "%s: fd and clientfd exclude each other", words->title);
	if (tcp && c->path != NULL)
		return err_set(
		    e, E_USAGE, "%s: path is of type=unixio", words->title);
	if (!tcp && (c->port != NOT_GIVEN || c->bindaddr != NULL))
		return err_set(e, E_USAGE, "%s: %s is of type=tcp",
		    words->title, c->port != NOT_GIVEN ? "port" : "bindaddr");
	if (tcp && !has_fd && c->port == NOT_GIVEN)
		missing = "port or fd";
	if (!tcp && !has_fd && c->path == NULL)
		missing = "path or fd";
	return missing == NULL ? 0
			       : err_set(e, E_USAGE, "%s: %s is missing",
				     words->title, missing);
}

static int
check_channels(struct swtpm_request *r, struct err *e)
{
	if (r->has_ctrl && r->ctrl.type == NULL)
		return err_set(
		    e, E_USAGE, "--ctrl: type is missing: want unixio or tcp");
	if (r->has_server && r->server.type == NULL)
		r->server.type = "tcp";
	if (r->has_server && strcmp(r->server.type, "tcp") == 0 &&
	    r->server.port == NOT_GIVEN && r->server.fd == NOT_GIVEN &&
	    port_of_environment(&r->server.port, e) != 0)
		return -1;
	if (!r->has_ctrl && !r->has_server) {
		err_set(e, E_USAGE, "nobody could reach the TPM");
		return err_hint(e, "--ctrl type=unixio,path=PATH is the "
				   "control channel, --server port=N the data "
				   "channel");
	}
	if (r->has_ctrl && check_channel(&ctrl, &r->ctrl,
			       strcmp(r->ctrl.type, "tcp") == 0, e) != 0)
		return -1;
	return r->has_server ? check_channel(&server, &r->server,
				   strcmp(r->server.type, "tcp") == 0, e)
			     : 0;
}

static int
check_flags(struct swtpm_request *r, struct err *e)
{
	if (r->flags.deactivated)
		return unsupported(
		    "--flags: startup-deactivated", "it is of TPM 1.2", e);
	if (r->flags.clear + r->flags.state + r->flags.none > 1)
		return err_set(e, E_USAGE,
		    "--flags: startup-clear, startup-state and startup-none "
		    "exclude each other");
	r->startup = r->flags.clear   ? STARTUP_CLEAR
		     : r->flags.state ? STARTUP_STATE
				      : STARTUP_NONE;
	r->power = r->flags.not_need_init || r->startup != STARTUP_NONE;
	return 0;
}

/* How many of the four sources of a key are given. */
static unsigned
count_sources(const struct swtpm_key *k)
{
	return (k->file != NULL) + (k->password_file != NULL) +
	       (k->fd != NOT_GIVEN) + (k->password_fd != NOT_GIVEN);
}

static int
check_key(const struct opt_group *words, const char *given,
    const struct swtpm_key *k, struct err *e)
{
	const bool by_password =
	    k->password_file != NULL || k->password_fd != NOT_GIVEN;

	if (given != NULL && count_sources(k) != 1)
		return err_set(e, E_USAGE,
		    "%s: want one of file, fd, pwdfile and pwdfd",
		    words->title);
	if (by_password && k->format != NULL)
		return err_set(
		    e, E_USAGE, "%s: format is of file and fd", words->title);
	if (!by_password && k->kdf != NULL)
		return err_set(e, E_USAGE, "%s: kdf is of pwdfile and pwdfd",
		    words->title);
	return 0;
}

static int
check_others(const struct swtpm_args *a, struct swtpm_request *r, struct err *e)
{
	if (a->pcap != NULL)
		return unsupported(
		    "--pcap", "--log file=FILE,level=5 has every command", e);
	if (a->print_profiles)
		return unsupported(
		    "--print-profiles", "this libtpms has no profiles", e);
	if (a->profile != NULL && strcmp(a->profile, "name=null") != 0)
		return unsupported(
		    "--profile", "this libtpms has the null profile only", e);
	if (a->pid != NULL && (r->pid.file != NULL) == (r->pid.fd != NOT_GIVEN))
		return err_set(e, E_USAGE, "--pid: want one of file and fd");
	if (r->log.file != NULL && r->log.fd != NOT_GIVEN)
		return err_set(
		    e, E_USAGE, "--log: file and fd exclude each other");
	if (r->log.truncate && r->log.file == NULL)
		return err_set(e, E_USAGE, "--log: truncate is of file");
	return 0;
}

#define CHANNEL_INIT                                                           \
	{                                                                      \
		.port = NOT_GIVEN, .fd = NOT_GIVEN, .client_fd = NOT_GIVEN,    \
		.mode = 0770, .uid = NOT_GIVEN, .gid = NOT_GIVEN               \
	}
#define KEY_INIT                                                               \
	{                                                                      \
		.fd = NOT_GIVEN, .password_fd = NOT_GIVEN                      \
	}

int
swtpm_request_parse(
    const struct swtpm_args *a, struct swtpm_request *ret, struct err *e)
{
	*ret = (struct swtpm_request){
		.ctrl = CHANNEL_INIT,
		.server = CHANNEL_INIT,
		.key = KEY_INIT,
		.migration_key = KEY_INIT,
		.log = { .fd = NOT_GIVEN, .level = 1 },
		.pid = { .fd = NOT_GIVEN },
		.seccomp = "kill",
	};
	if (swtpm_need_tpm2(a, e) != 0 || parse_all(a, ret, e) != 0 ||
	    check_state(a, ret, e) != 0 || check_flags(ret, e) != 0 ||
	    check_key(&key, a->key, &ret->key, e) != 0 ||
	    check_key(&migration_key, a->migration_key, &ret->migration_key,
		e) != 0 ||
	    check_others(a, ret, e) != 0)
		return -1;
	add_short_forms(a, ret);
	/* Who only asks needs no channel. */
	return a->print_states || a->print_info != NULL
		   ? 0
		   : check_channels(ret, e);
}

void
swtpm_request_done(struct swtpm_request *r)
{
	for (size_t i = 0; i < r->n_copies; i++)
		free(r->copies[i]);
	r->n_copies = 0;
}

/* --- addresses and keys -----------------------------------------------------
 */

int
swtpm_channel_address(const struct swtpm_channel *c,
    char out[static MAX_PATH_LENGTH], struct err *e)
{
	const char *host = c->bindaddr != NULL ? c->bindaddr : "127.0.0.1";
	const char *six = strchr(host, ':') != NULL ? "[" : "";
	int n;

	if (c->path != NULL)
		n = snprintf(out, MAX_PATH_LENGTH, "unix:%s", c->path);
	else
		n = snprintf(out, MAX_PATH_LENGTH, "%s%s%s:%u", six, host,
		    six[0] != '\0' ? "]" : "", c->port);
	return n < MAX_PATH_LENGTH
		   ? 0
		   : err_set(e, E_LIMIT, "address of %d bytes", n);
}

/* The file, or the descriptor, which is closed then: nobody else may get at
 * it. */
static int
read_source(const char *file, unsigned given_fd, struct buf *out, struct err *e)
{
	auto_fd int fd = file == NULL
			     ? (int)given_fd
			     : open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char name[32];

	if (fd < 0)
		return err_errno(e, "open '%s'", file);
	(void)snprintf(name, sizeof(name), "fd %u", given_fd);
	if (file == NULL)
		file = name;
	if (file_read_fd(fd, file, out, e) != 0)
		return -1;
	return out->n > 0 ? 0 : err_set(e, E_FORMAT, "'%s' is empty", file);
}

int
swtpm_read_key(const struct swtpm_key *k, struct state_key **ret, struct err *e)
{
	const bool by_password =
	    k->password_file != NULL || k->password_fd != NOT_GIVEN;
	const char *file = by_password ? k->password_file : k->file;
	const char *mode = k->mode != NULL ? k->mode : "aes-cbc";
	auto_buf text = BUF_INIT(MAX_STATE_KEY_TEXT);
	int rc;

	*ret = NULL;
	if (count_sources(k) == 0)
		return 0;
	if (read_source(file, by_password ? k->password_fd : k->fd, &text, e) !=
	    0)
		return -1;
	if (by_password)
		rc = state_key_from_password(
		    buf_span(&text), k->kdf, mode, ret, e);
	else
		rc = state_key_from_key(buf_span(&text),
		    k->format != NULL ? k->format : "hex", mode, ret, e);
	if (rc == 0 && k->remove && file != NULL && unlink(file) != 0) {
		state_key_free(*ret);
		*ret = NULL;
		return err_errno(e, "remove '%s'", file);
	}
	return rc;
}
