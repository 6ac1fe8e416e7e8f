#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "sim/base/file.h"
#include "sim/base/log.h"
#include "sim/cli/home.h"
#include "sim/cli/register.h"
#include "sim/cli/serve.h"
#include "sim/tpm/tpmfault.h"

enum { /* as shells have it */
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
	EXIT_SIGNAL = 128,
};

/* What CMD finds in its environment. */
enum value {
	VALUE_TCTI,
	VALUE_PORT,
	VALUE_PLATFORM_PORT,
	VALUE_STATE,
	VALUE_ROOT,
	VALUE_TEXT,
	N_VALUES
};

/* clang-format off */
static const struct {
	const char *name;
	enum value value;
	const char *text;
} environment[] = {
	{ "ODCASIM_TCTI",       VALUE_TCTI,          NULL },
	{ "ODCASIM_STATE",      VALUE_STATE,         NULL },
	{ "ODCASIM_ROOT",       VALUE_ROOT,          NULL },
	/* tpm2-tools, tpm2-tss, tpm2-pkcs11, tpm2-openssl, tpm2-totp */
	{ "TPM2TOOLS_TCTI",     VALUE_TCTI,          NULL },
	{ "TSS2_TCTI",          VALUE_TCTI,          NULL },
	{ "TPM2_PKCS11_TCTI",   VALUE_TCTI,          NULL },
	{ "TPM2OPENSSL_TCTI",   VALUE_TCTI,          NULL },
	{ "TPM2TOTP_TCTI",      VALUE_TCTI,          NULL },
	/* tss-esapi (Rust) */
	{ "TCTI",               VALUE_TCTI,          NULL },
	/* IBM TSS */
	{ "TPM_INTERFACE_TYPE", VALUE_TEXT,          "socsim" },
	{ "TPM_SERVER_TYPE",    VALUE_TEXT,          "mssim" },
	{ "TPM_SERVER_NAME",    VALUE_TEXT,          "127.0.0.1" },
	{ "TPM_COMMAND_PORT",   VALUE_PORT,          NULL },
	{ "TPM_PLATFORM_PORT",  VALUE_PLATFORM_PORT, NULL },
};
/* clang-format on */

/* --- the device's process ------------------------------------------------- */

/* Its own group: what the terminal sends is for CMD. Its input and output are
 * CMD's, who waits for their end must not wait for this process. */
static int
detach(pid_t parent, struct err *e)
{
	auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
		return err_set(e, E_IO, "the parent process is gone");
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0)
		return err_errno(e, "open '/dev/null'");
	(void)setpgid(0, 0);
	return 0;
}

static int
serve(const struct args *a, const char *dir, int report, struct err *e)
{
	AUTO(serve_done) struct serve s = { .store = NULL };
	const struct opt_list any_port = { { "127.0.0.1:0" }, 1 };
	const struct serve_options o = {
		.power = true,
		.startup =
		    a->startup == NULL || strcmp(a->startup, "clear") == 0,
		.rng = a->deterministic_rng ? a->device.seed : NULL,
		.mssim = &any_port,
	};
	struct store *store;
	uint16_t port;

	if (store_open_dir(dir, STORE_OWN, &store, e) != 0 ||
	    serve_start(store, &o, &s, e) != 0)
		return -1;
	serve_forget_seed(a->device.seed);
	if (serve_confine(CONFINE_KILL, e) != 0)
		return -1;
	port = server_port(s.server);
	if (write(report, &port, sizeof(port)) != sizeof(port))
		return err_errno(e, "report the port");
	(void)close(report);
	return server_run(s.server, e);
}

/* --- the command's process ------------------------------------------------ */

static int
set_environment(const char *dir, unsigned port, struct err *e)
{
	char tcti[64], command[8], platform[8], root[MAX_PATH_LENGTH];
	const char *values[N_VALUES] = {
		[VALUE_TCTI] = tcti,
		[VALUE_PORT] = command,
		[VALUE_PLATFORM_PORT] = platform,
		[VALUE_STATE] = dir,
		[VALUE_ROOT] = root,
	};

	if (home_path(dir, HOME_ROOT, root, e) != 0)
		return -1;
	/* A device that swtpm made has no root beside it: none is named. */
	if (!file_exists(AT_FDCWD, root))
		values[VALUE_ROOT] = NULL;
	(void)snprintf(
	    tcti, sizeof(tcti), "mssim:host=127.0.0.1,port=%u", port);
	(void)snprintf(command, sizeof(command), "%u", port);
	(void)snprintf(platform, sizeof(platform), "%u", port + 1);
	for (size_t i = 0; i < sizeof(environment) / sizeof(*environment);
	     i++) {
		const char *value = environment[i].text;

		if (value == NULL)
			value = values[environment[i].value];
		if (value == NULL)
			(void)unsetenv(environment[i].name);
		else if (setenv(environment[i].name, value, 1) != 0)
			return err_errno(e, "setenv");
	}
	return 0;
}

/* Never returns. */
static void
become_command(char **argv, const sigset_t *mask)
{
	struct err e = ERR_INIT;
	int saved;

	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	(void)execvp(argv[0], argv);
	saved = errno;
	err_errno(&e, "run '%s'", argv[0]);
	log_err(&e);
	_exit(saved == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

/* --- beside both ---------------------------------------------------------- */

struct pair {
	pid_t server; /* 0: ended already */
	pid_t command;
	int status; /* of command, from waitpid() */
};

static void
reap_server(struct pair *p, int options)
{
	int status;

	if (p->server == 0 || waitpid(p->server, &status, options) != p->server)
		return;
	p->server = 0;
	if (WIFSIGNALED(status))
		log_error("exec", "the TPM's process was ended by signal %d",
		    WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		log_error("exec", "the TPM's process failed, exit status %d",
		    WEXITSTATUS(status));
	else if (options == WNOHANG)
		log_warn("exec", "a client has stopped the TPM's process");
}

/*
 * Until CMD ends. A signal that somebody sent to us is CMD's; one that the
 * terminal sent (si_code > 0) has reached CMD already.
 */
static void
wait_for_command(struct pair *p, const sigset_t *set)
{
	siginfo_t info;

	while (waitpid(p->command, &p->status, WNOHANG) != p->command) {
		reap_server(p, WNOHANG);
		if (sigwaitinfo(set, &info) > 0 && info.si_signo != SIGCHLD &&
		    info.si_code <= 0)
			(void)kill(p->command, info.si_signo);
	}
}

static int
run_command(const struct args *a, const char *dir, pid_t server, unsigned port,
    struct err *e)
{
	struct pair p = { .server = server };
	sigset_t set, old;

	if (set_environment(dir, port, e) != 0)
		return -1;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &set, &old);
	if ((p.command = fork()) < 0)
		return err_errno(e, "fork");
	if (p.command == 0)
		become_command(a->operands, &old);
	wait_for_command(&p, &set);
	reap_server(&p, WNOHANG);
	if (p.server != 0) {
		(void)kill(p.server, SIGTERM);
		reap_server(&p, 0);
	}
	return WIFSIGNALED(p.status) ? EXIT_SIGNAL + WTERMSIG(p.status)
				     : WEXITSTATUS(p.status);
}

/* The port that the server reports. When it ends instead it has said why: then
 * *ret_status is its exit status, and *ret_port 0. */
static int
wait_for_port(pid_t server, int report, uint16_t *ret_port, int *ret_status,
    struct err *e)
{
	ssize_t got;
	int status;

	do {
		got = read(report, ret_port, sizeof(*ret_port));
	} while (got < 0 && errno == EINTR);
	if (got == sizeof(*ret_port))
		return 0;
	*ret_port = 0;
	if (waitpid(server, &status, 0) != server)
		return err_errno(e, "wait for the TPM's process");
	if (WIFSIGNALED(status))
		return err_set(e, E_IO,
		    "the TPM's process was ended by signal %d",
		    WTERMSIG(status));
	*ret_status = WEXITSTATUS(status);
	return 0;
}

static int
exec_in(const struct args *a, struct home *home, const char *dir, struct err *e)
{
	pid_t parent = getpid(), server;
	int fds[2], status = 0;
	uint16_t port = 0;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_errno(e, "pipe");
	auto_fd int reports = fds[0];
	auto_fd int report = fds[1];

	if ((server = fork()) < 0)
		return err_errno(e, "fork");
	if (server == 0) {
		home_share(home);
		return detach(parent, e) != 0
			   ? -1
			   : serve(a, dir, TAKE_FD(report), e);
	}
	serve_forget_seed(a->device.seed);
	(void)close(TAKE_FD(report));
	if (wait_for_port(server, reports, &port, &status, e) != 0)
		return -1;
	return port == 0 ? status : run_command(a, dir, server, port, e);
}

int
cmd_exec(const struct args *given, struct err *e)
{
	auto_home home = HOME_INIT;
	auto_free char *dir = NULL;
	struct args own = *given;
	const struct args *a = &own;

	if (tpmfault_arm(&given->device.faults, given->fault_seed,
		&own.device.faults, e) != 0 ||
	    register_check(a->ekop, e) != 0 ||
	    home_open(a->state, &home, e) != 0 ||
	    home_prepare(a, home.path, e) != 0 ||
	    register_eks(home.path, a->ekop, e) != 0)
		return -1;
	if ((dir = realpath(home.path, NULL)) == NULL)
		return err_errno(e, "resolve '%s'", home.path);
	return exec_in(a, &home, dir, e);
}
