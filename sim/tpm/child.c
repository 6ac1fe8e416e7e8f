#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/auto.h"
#include "sim/tpm/child.h"

/* Never returns: report the failure, if any, and end without atexit work. */
static void
child_main(int (*work)(const void *, struct err *), const void *arg,
    pid_t parent, int report)
{
	struct err e = ERR_INIT;
	ssize_t put = 0;
	int rc;

	/* Nobody would clean up after a parent that is gone. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	/* No core, no ptrace(2): the fuses are here. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	rc = work(arg, &e);
	if (rc != 0)
		put = write(report, &e, sizeof(e));
	_exit(rc == 0 && put >= 0 ? 0 : 1);
}

/* What became of it, when it has reported nothing. */
static int
check_end(int status, struct err *e)
{
	if (WIFSIGNALED(status))
		return err_set(
		    e, E_IO, "the process died (signal %d)", WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return err_set(
		    e, E_IO, "the process died (exit %d)", WEXITSTATUS(status));
	return 0;
}

int
child_run(
    int (*work)(const void *arg, struct err *e), const void *arg, struct err *e)
{
	struct err failure;
	int pipefd[2], status;
	pid_t parent = getpid(), pid;
	ssize_t got;

	if (pipe2(pipefd, O_CLOEXEC) != 0)
		return err_errno(e, "pipe");
	auto_fd int report = pipefd[0];
	auto_fd int child_end = pipefd[1];

	if ((pid = fork()) < 0)
		return err_errno(e, "fork");
	if (pid == 0)
		child_main(work, arg, parent, child_end);
	(void)close(TAKE_FD(child_end));
	got = read(report, &failure, sizeof(failure));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (got != sizeof(failure))
		return check_end(status, e);
	if (e != NULL)
		*e = failure;
	return -1;
}
