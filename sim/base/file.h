/*
 * file.h - whole files, read with a bound and written so that a crash leaves
 * the old or the new content, never a mix.
 */
#ifndef SIM_BASE_FILE_H
#define SIM_BASE_FILE_H

#include <stdbool.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"

/*
 * Append the content of path, below the directory dirfd (AT_FDCWD for the
 * current one), to b. E_NOTFOUND when there is no such file, E_LIMIT when it
 * is larger than b's cap, E_FORMAT when it is not a regular file.
 */
int file_read(int dirfd, const char *path, struct buf *b, struct err *e);

/* Append all that fd has, a pipe's to its end; name is for errors. E_LIMIT when
 * it is more than b's cap. */
int file_read_fd(int fd, const char *name, struct buf *b, struct err *e);

enum file_sync { FILE_NOSYNC, FILE_SYNC };

/*
 * Replace path by s: a temporary file beside it (mode 0600), then rename(2).
 * A process that is killed loses nothing once this has returned; with
 * FILE_SYNC a machine that loses power does not either (fsync of file and
 * directory).
 */
int file_write(int dirfd, const char *path, struct span s, enum file_sync sync,
    struct err *e);
/* The same with another mode, whatever the umask is; 0: as file_write(). */
int file_write_mode(int dirfd, const char *path, unsigned mode, struct span s,
    enum file_sync sync, struct err *e);

/* The same for what anybody may read: mode 0644. */
int
file_write_public(int dirfd, const char *path, struct span s, struct err *e);

/* 0 when path can be written now, by any of the three: nothing of it changes.
 * Before work whose result will be written there. */
int file_try_write(int dirfd, const char *path, struct err *e);

/* The two for what a user names: a link stays one, and a device or a FIFO is
 * written to, not replaced. */
int file_put(const char *path, struct span s, struct err *e);
int file_try_put(const char *path, struct err *e);

/* True when there is something of that name, a dangling link included. */
bool file_exists(int dirfd, const char *path);

#endif
