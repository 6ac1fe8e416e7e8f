/*
 * spawn.h - this program as a child process: one that prints something and
 * ends, and one that serves until it is stopped.
 */
#ifndef SIM_CLI_SPAWN_H
#define SIM_CLI_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"

#define MAX_SPAWN_ARGS 32

struct spawn_args {
	const char *v[MAX_SPAWN_ARGS + 1]; /* "odcasim", ..., NULL */
	size_t n;
};

/* Borrowed, in this order. A bug when there are too many. */
void spawn_arg(struct spawn_args *a, const char *arg);

/*
 * Run it to its end. Its stdout is appended to out; quiet: what it says on
 * stderr is not passed on. *ret_status is its exit status. E_IO when a signal
 * ended it, E_LIMIT for more than out takes.
 */
int spawn_run(const struct spawn_args *a, bool quiet, struct buf *out,
    int *ret_status, struct err *e);

struct spawn {
	pid_t pid; /* 0: none */
};

/* Start it, and append the one line that says that it is ready to ready. E_IO
 * when it ends instead. It does not outlive this process. */
int spawn_start(const struct spawn_args *a, struct buf *ready,
    struct spawn *ret, struct err *e);
/* SIGTERM, and wait. */
void spawn_stop(struct spawn *s);

#endif
