#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/file.h"
#include "sim/base/limits.h"

int
file_read(int dirfd, const char *path, struct buf *b, struct err *e)
{
	auto_fd int fd = -1;
	struct stat st;
	uint8_t *at;
	ssize_t got;
	size_t want;

	/* A FIFO is refused below; opening it must not wait for a writer. */
	fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0) {
		err_errno(e, "open '%s'", path);
		if (errno == ENOENT && e != NULL)
			e->code = E_NOTFOUND;
		return -1;
	}
	if (fstat(fd, &st) != 0)
		return err_errno(e, "stat '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, E_FORMAT, "'%s' is not a regular file", path);
	if ((uint64_t)st.st_size > b->cap - b->n)
		return err_set(e, E_LIMIT,
		    "'%s' has %jd bytes, at most %zu are read", path,
		    (intmax_t)st.st_size, b->cap - b->n);
	for (want = (size_t)st.st_size; want > 0; want -= (size_t)got) {
		if ((at = buf_room(b, want)) == NULL)
			return err_set(e, E_NOMEM, "read '%s'", path);
		got = read(fd, at, want);
		if (got < 0)
			return err_errno(e, "read '%s'", path);
		b->n -= want - (size_t)got;
		if (got == 0)
			break;
	}
	return 0;
}

int
file_read_fd(int fd, const char *name, struct buf *b, struct err *e)
{
	ssize_t got;

	do {
		const size_t room = b->cap - b->n;
		uint8_t over = 0, *at = room > 0 ? buf_room(b, room) : &over;

		if (at == NULL)
			return err_set(e, E_NOMEM, "read '%s'", name);
		while ((got = read(fd, at, room > 0 ? room : 1)) < 0 &&
		       errno == EINTR)
			continue;
		b->n -= room;
		if (got < 0)
			return err_errno(e, "read '%s'", name);
		if (got > 0 && room == 0)
			return err_set(e, E_LIMIT,
			    "'%s' has more than %zu bytes", name, b->cap);
		b->n += (size_t)got;
	} while (got > 0);
	return 0;
}

static int
write_all(int fd, struct span s)
{
	ssize_t put;

	while (s.n > 0) {
		put = write(fd, s.p, s.n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		(void)span_skip(&s, (size_t)put);
	}
	return 0;
}

/* The file beside path that is to take its place. */
static int
create_temp(int dirfd, const char *path, mode_t mode,
    char temp[static MAX_PATH_LENGTH], struct err *e)
{
	int fd;

	if (snprintf(temp, MAX_PATH_LENGTH, "%s.new", path) >= MAX_PATH_LENGTH)
		return err_set(e, E_LIMIT, "path of %zu bytes", strlen(path));
	fd = openat(dirfd, temp,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	return fd < 0 ? err_errno(e, "create '%s'", temp) : fd;
}

int
file_try_write(int dirfd, const char *path, struct err *e)
{
	char temp[MAX_PATH_LENGTH];
	struct stat st;
	auto_fd int fd = create_temp(dirfd, path, 0600, temp, e);

	if (fd < 0)
		return -1;
	(void)unlinkat(dirfd, temp, 0);
	/* rename(2) replaces anything else. */
	return fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		       S_ISDIR(st.st_mode)
		   ? err_set(e, E_IO, "write '%s': it is a directory", path)
		   : 0;
}

/* exact: whatever the umask is. */
static int
replace(int dirfd, const char *path, mode_t mode, bool exact, struct span s,
    enum file_sync sync, struct err *e)
{
	char temp[MAX_PATH_LENGTH];
	auto_fd int fd = create_temp(dirfd, path, mode, temp, e);

	if (fd < 0)
		return -1;
	/* Some file systems say at close(2) only that there is no room. */
	if ((exact && fchmod(fd, mode) != 0) || write_all(fd, s) != 0 ||
	    (sync == FILE_SYNC && fsync(fd) != 0) || close(TAKE_FD(fd)) != 0) {
		err_errno(e, "write '%s'", temp);
		(void)unlinkat(dirfd, temp, 0);
		return -1;
	}
	if (renameat(dirfd, temp, dirfd, path) != 0) {
		err_errno(e, "rename '%s' to '%s'", temp, path);
		(void)unlinkat(dirfd, temp, 0);
		return -1;
	}
	if (sync == FILE_SYNC && dirfd >= 0 && fsync(dirfd) != 0)
		return err_errno(e, "sync the directory of '%s'", path);
	return 0;
}

int
file_write(int dirfd, const char *path, struct span s, enum file_sync sync,
    struct err *e)
{
	return replace(dirfd, path, 0600, false, s, sync, e);
}

int
file_write_mode(int dirfd, const char *path, unsigned mode, struct span s,
    enum file_sync sync, struct err *e)
{
	return mode == 0 ? file_write(dirfd, path, s, sync, e)
			 : replace(dirfd, path, mode, true, s, sync, e);
}

int
file_write_public(int dirfd, const char *path, struct span s, struct err *e)
{
	return replace(dirfd, path, 0644, false, s, FILE_NOSYNC, e);
}

/* A device, a FIFO, a socket: what is no file to take the place of. */
static bool
is_special(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) &&
	       !S_ISDIR(st.st_mode);
}

/* What a link leads to; NULL: it is none, or leads nowhere. */
static char *
behind_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode)
		   ? realpath(path, NULL)
		   : NULL;
}

int
file_put(const char *path, struct span s, struct err *e)
{
	auto_free char *real = behind_link(path);
	auto_fd int fd = -1;

	if (!is_special(path))
		return file_write_public(
		    AT_FDCWD, real != NULL ? real : path, s, e);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, "open '%s'", path);
	return write_all(fd, s) != 0 ? err_errno(e, "write '%s'", path) : 0;
}

int
file_try_put(const char *path, struct err *e)
{
	auto_free char *real = behind_link(path);

	if (!is_special(path))
		return file_try_write(AT_FDCWD, real != NULL ? real : path, e);
	return access(path, W_OK) != 0 ? err_errno(e, "write '%s'", path) : 0;
}

bool
file_exists(int dirfd, const char *path)
{
	struct stat st;

	return fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}
