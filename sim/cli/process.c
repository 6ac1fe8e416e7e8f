#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "sim/base/auto.h"
#include "sim/cli/process.h"

/* --- the background ---------------------------------------------------------
 */

/* What the caller of the program is told. */
static int
wait_for_child(pid_t pid, int ready)
{
	ssize_t got;
	char byte;
	int status;

	while ((got = read(ready, &byte, 1)) < 0 && errno == EINTR)
		continue;
	if (got == 1)
		return 0;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFEXITED(status) && WEXITSTATUS(status) != 0
		   ? WEXITSTATUS(status)
		   : 1;
}

int
background_enter(struct background *ret, int *ret_status, struct err *e)
{
	int both[2];
	pid_t pid;

	if (pipe2(both, O_CLOEXEC) != 0)
		return err_errno(e, "pipe");
	auto_fd int theirs = both[0];
	auto_fd int ours = both[1];
	auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		return err_errno(e, "open '/dev/null'");
	if ((pid = fork()) < 0)
		return err_errno(e, "fork");
	if (pid > 0) {
		(void)close(TAKE_FD(ours));
		*ret_status = wait_for_child(pid, theirs);
		return 0;
	}
	if (setsid() < 0)
		return err_errno(e, "setsid");
	ret->ready = TAKE_FD(ours);
	ret->null = TAKE_FD(null);
	*ret_status = -1;
	return 0;
}

int
background_ready(struct background *b, int keep_fd, struct err *e)
{
	if (b->ready < 0)
		return 0;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fd != keep_fd && dup2(b->null, fd) < 0)
			return err_errno(e, "leave the terminal");
	if (write(b->ready, "", 1) != 1)
		return err_errno(e, "say that the TPM is ready");
	background_done(b);
	return 0;
}

void
background_done(struct background *b)
{
	if (b->ready >= 0)
		(void)close(TAKE_FD(b->ready));
	if (b->null >= 0)
		(void)close(TAKE_FD(b->null));
}

/* --- who and where ----------------------------------------------------------
 */

struct account {
	uid_t uid;
	gid_t gid;
	gid_t groups[MAX_GROUPS];
	int n_groups;
};

/* A number need not be anybody's; its group is the same number then. */
static int
look_up(const char *user, struct account *ret, struct err *e)
{
	const bool number = user[strspn(user, "0123456789")] == '\0';
	unsigned long long id = number ? strtoull(user, NULL, 10) : 0;
	const struct passwd *pw;

	if (id >= UINT32_MAX)
		return err_set(e, E_USAGE, "there is no user '%s'", user);
	pw = number ? getpwuid((uid_t)id) : getpwnam(user);
	if (pw == NULL && !number)
		return err_set(e, E_USAGE, "there is no user '%s'", user);
	*ret = (struct account){ .n_groups = MAX_GROUPS };
	ret->uid = pw != NULL ? pw->pw_uid : (uid_t)id;
	ret->gid = pw != NULL ? pw->pw_gid : (gid_t)id;
	if (pw == NULL)
		ret->groups[0] = ret->gid;
	if (pw == NULL)
		ret->n_groups = 1;
	else if (getgrouplist(
		     pw->pw_name, pw->pw_gid, ret->groups, &ret->n_groups) < 0)
		return err_set(e, E_LIMIT,
		    "user '%s' is in more than %d groups", user, MAX_GROUPS);
	return 0;
}

/* Who is that user already needs no rights to stay so. */
static int
set_account(const char *user, const struct account *a, struct err *e)
{
	if (geteuid() == a->uid && geteuid() != 0)
		return 0;
	if (setgroups((size_t)a->n_groups, a->groups) != 0 ||
	    setgid(a->gid) != 0 || setuid(a->uid) != 0) {
		err_errno(e, "become user '%s'", user);
		return err_hint(e, "only root can");
	}
	return 0;
}

int
process_become(const char *user, const char *root, struct err *e)
{
	struct account a;

	if (user != NULL && look_up(user, &a, e) != 0)
		return -1;
	if (root != NULL && (chroot(root) != 0 || chdir("/") != 0))
		return err_errno(e, "chroot to '%s'", root);
	return user != NULL ? set_account(user, &a, e) : 0;
}

void
process_account(char out[static 64])
{
	const struct passwd *pw = getpwuid(getuid());
	const struct group *gr = getgrgid(getgid());
	char user[24], group[24];

	(void)snprintf(user, sizeof(user), "%u", getuid());
	(void)snprintf(group, sizeof(group), "%u", getgid());
	(void)snprintf(out, 64, "%.31s:%.31s", pw != NULL ? pw->pw_name : user,
	    gr != NULL ? gr->gr_name : group);
}

/* --- the file with the process id -------------------------------------------
 */

/* The name of the file that fd is, so that it can be removed. */
static int
path_of(int fd, struct pid_file *ret, struct err *e)
{
	char link[32];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return err_set(
		    e, E_USAGE, "--pid: fd %d is no regular file", fd);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret->path, sizeof(ret->path) - 1);
	ret->path[n > 0 ? n : 0] = '\0';
	return 0;
}

/* Not by a temporary file and rename(2): whoever made an empty file for it may
 * have let us write to that alone. */
int
pid_file_write(
    const char *path, int given_fd, struct pid_file *ret, struct err *e)
{
	auto_fd int fd = given_fd;
	struct pid_file p = { .path = "" };

	if (path == NULL && fd < 0)
		return 0;
	if (path != NULL &&
	    snprintf(p.path, sizeof(p.path), "%s", path) >= (int)sizeof(p.path))
		return err_set(e, E_LIMIT, "path of %zu bytes", strlen(path));
	if (path != NULL)
		fd = open(path,
		    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		    0644);
	else if (path_of(fd, &p, e) != 0)
		return -1;
	if (fd < 0)
		return err_errno(e, "open '%s'", path);
	if (dprintf(fd, "%d", (int)getpid()) < 0)
		return err_errno(e, "write the process id to '%s'", p.path);
	*ret = p;
	return 0;
}

void
pid_file_remove(struct pid_file *p)
{
	if (p->path[0] != '\0')
		(void)unlink(p->path);
	p->path[0] = '\0';
}
