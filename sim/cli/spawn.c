#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/auto.h"
#include "sim/base/file.h"
#include "sim/cli/spawn.h"

#define SELF      "/proc/self/exe"
#define NOT_FOUND 127

void
spawn_arg(struct spawn_args *a, const char *arg)
{
	assert(a->n < MAX_SPAWN_ARGS);
	a->v[a->n++] = arg;
	a->v[a->n] = NULL;
}

/* Never returns. */
static void
become(const struct spawn_args *a, pid_t parent, bool quiet, int out)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	char *argv[MAX_SPAWN_ARGS + 1];

	/* execv(2) changes none of them, whatever its prototype says. */
	memcpy(argv, a->v, sizeof(argv));

	/* Nobody would stop a server whose parent is gone. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
		_exit(1);
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
	    dup2(out, STDOUT_FILENO) >= 0 &&
	    (!quiet || dup2(null, STDERR_FILENO) >= 0))
		(void)execv(SELF, argv);
	_exit(NOT_FOUND);
}

/* *ret_out reads what it prints. */
static int
begin(const struct spawn_args *a, bool quiet, pid_t *ret_pid, int *ret_out,
    struct err *e)
{
	pid_t parent = getpid();
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return err_errno(e, "pipe");
	auto_fd int in = fds[0];
	auto_fd int out = fds[1];

	if ((*ret_pid = fork()) < 0)
		return err_errno(e, "fork");
	if (*ret_pid == 0)
		become(a, parent, quiet, out);
	*ret_out = TAKE_FD(in);
	return 0;
}

static int
wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return status;
}

int
spawn_run(const struct spawn_args *a, bool quiet, struct buf *out,
    int *ret_status, struct err *e)
{
	int fd = -1, rc, status;
	pid_t pid;

	if (begin(a, quiet, &pid, &fd, e) != 0)
		return -1;
	rc = file_read_fd(fd, a->v[1], out, e);
	/* Whoever writes more than that gets SIGPIPE. */
	(void)close(fd);
	status = wait_for(pid);
	if (rc != 0)
		return -1;
	if (!WIFEXITED(status))
		return err_set(e, E_IO, "'odcasim %s' was ended by signal %d",
		    a->v[1], WTERMSIG(status));
	*ret_status = WEXITSTATUS(status);
	return 0;
}

static int
read_line(int fd, const char *name, struct buf *line, struct err *e)
{
	uint8_t c = 0;

	while (c != '\n') {
		ssize_t n = read(fd, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n != 1)
			return err_set(
			    e, E_IO, "'odcasim %s' did not start", name);
		if (buf_put_u8(line, c))
			return err_set(e, E_LIMIT, "ready line");
	}
	return 0;
}

int
spawn_start(const struct spawn_args *a, struct buf *ready, struct spawn *ret,
    struct err *e)
{
	int fd = -1, rc;

	if (begin(a, false, &ret->pid, &fd, e) != 0)
		return -1;
	rc = read_line(fd, a->v[1], ready, e);
	(void)close(fd);
	if (rc != 0)
		spawn_stop(ret);
	return rc;
}

void
spawn_stop(struct spawn *s)
{
	if (s->pid <= 0)
		return;
	(void)kill(s->pid, SIGTERM);
	(void)wait_for(s->pid);
	s->pid = 0;
}
