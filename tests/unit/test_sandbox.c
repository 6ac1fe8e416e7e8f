/* What a process in the sandbox can still do, and what it cannot. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/tpm/sandbox.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

#ifdef ODCASIM_SANITIZED
static const int sanitized = 1;
#else
static const int sanitized = 0;
#endif

/* Each gives 0, or errno. The child runs one and exits with it. */
static int
result(int rc)
{
	return rc < 0 ? errno : 0;
}

static void *
thread_main(void *arg)
{
	free(malloc(1 << 20));
	return NULL;
}

static int
try_thread(void)
{
	pthread_t t;
	int rc = pthread_create(&t, NULL, thread_main, NULL);

	return rc != 0 ? rc : pthread_join(t, NULL);
}

/* As a state file is written: temporary name, sync, rename. */
static int
try_file(void)
{
	char dir[] = "/tmp/test-sandbox.XXXXXX", a[64], b[64];
	int fd;

	if (mkdtemp(dir) == NULL)
		return errno;
	(void)snprintf(a, sizeof(a), "%s/a", dir);
	(void)snprintf(b, sizeof(b), "%s/b", dir);
	fd = open(a, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || fsync(fd) != 0 ||
	    flock(fd, LOCK_EX) != 0 || rename(a, b) != 0 || unlink(b) != 0)
		return errno;
	return result(rmdir(dir));
}

static int
try_socket(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0));
}

static int
try_connect(void)
{
	struct sockaddr a = { .sa_family = AF_UNSPEC };

	return result(connect(0, &a, sizeof(a)));
}

static int
try_receive(void)
{
	char byte;

	return result((int)recv(0, &byte, 1, 0));
}

static int
try_exec(void)
{
	return result(execl("/bin/true", "true", (char *)NULL));
}

static const struct row {
	const char *name;
	enum sandbox kind;
	int (*try)(void);
	int want, signal;
} rows[] = {
	{ "serve: thread", SANDBOX_SERVE, try_thread, 0, 0 },
	{ "mint: thread", SANDBOX_MINT, try_thread, 0, 0 },
	{ "serve: file", SANDBOX_SERVE, try_file, 0, 0 },
	{ "mint: file", SANDBOX_MINT, try_file, 0, 0 },
	{ "serve: socket", SANDBOX_SERVE, try_socket, EPERM, 0 },
	{ "mint: socket", SANDBOX_MINT, try_socket, EPERM, 0 },
	{ "serve: connect", SANDBOX_SERVE, try_connect, EPERM, 0 },
	/* Standard input is no socket: only a call that is let through says. */
	{ "serve: receive", SANDBOX_SERVE, try_receive, ENOTSOCK, 0 },
	{ "mint: receive", SANDBOX_MINT, try_receive, EPERM, 0 },
	{ "serve: program", SANDBOX_SERVE, try_exec, 0, SIGSYS },
	{ "mint: program", SANDBOX_MINT, try_exec, 0, SIGSYS },
};

static void
run_child(const struct row *r)
{
	int null = open("/dev/null", O_RDONLY);

	(void)dup2(null, STDIN_FILENO);
	_exit(sandbox_enter(r->kind, NULL) != 0 ? 255 : r->try());
}

static void
test_rows(void **state)
{
	for (size_t i = 0; !sanitized && i < N_OF(rows); i++) {
		int status;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			run_child(&rows[i]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (rows[i].signal != 0
			? !WIFSIGNALED(status) ||
			      WTERMSIG(status) != rows[i].signal
			: !WIFEXITED(status) ||
			      WEXITSTATUS(status) != rows[i].want)
			fail_msg(
			    "%s: status 0x%x", rows[i].name, (unsigned)status);
	}
}

/* A sanitized build has no filter, but says so by succeeding. */
static void
test_sanitized(void **state)
{
	if (sanitized)
		assert_int_equal(sandbox_enter(SANDBOX_MINT, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_sanitized),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
