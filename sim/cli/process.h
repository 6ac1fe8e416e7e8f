/*
 * process.h - what a daemon does to its process: go into the background, leave
 * its process id, be another user in another root.
 */
#ifndef SIM_CLI_PROCESS_H
#define SIM_CLI_PROCESS_H

#include "sim/base/err.h"
#include "sim/base/limits.h"

/* --- the background ---------------------------------------------------------
 */

struct background {
	int ready; /* the parent waits for a byte; -1: there is none */
	int null; /* in the place of the terminal; another root may have none */
};

#define BACKGROUND_INIT                                                        \
	{                                                                      \
		.ready = -1, .null = -1                                        \
	}

/*
 * Fork. In the parent, *ret_status is 0 once the child says that it is ready,
 * or the child's exit status when it ends without; in the child it is -1.
 * Relative paths mean in the child what they meant. Before threads are made.
 */
int background_enter(struct background *ret, int *ret_status, struct err *e);
/* Let the parent go, and keep nothing of its terminal but what keep_fd is. */
int background_ready(struct background *b, int keep_fd, struct err *e);
/* Without background_ready() before, the parent sees the exit status. */
void background_done(struct background *b);

/* --- who and where ----------------------------------------------------------
 */

/* Be user, by name or number, with the user's groups, below root. Either may be
 * NULL. The name is looked up outside of root. */
int process_become(const char *user, const char *root, struct err *e);
/* "root:root" of this process, for a log; numbers where there are no names. */
void process_account(char out[static 64]);

/* --- the file with the process id -------------------------------------------
 */

struct pid_file {
	char path[MAX_PATH_LENGTH]; /* removed at the end; "" is none */
};

/* Write this process' id to path, or to the regular file that fd is (closed
 * then). */
int
pid_file_write(const char *path, int fd, struct pid_file *ret, struct err *e);
void pid_file_remove(struct pid_file *p);

#endif
