/*
 * serve.h - a device that listens: store, TPM and server in the order that they
 * need, and undone in reverse.
 */
#ifndef SIM_CLI_SERVE_H
#define SIM_CLI_SERVE_H

#include "sim/cli/args.h"
#include "sim/tpm/server.h"
#include "sim/tpm/store.h"
#include "sim/tpm/swtpm.h"

struct serve {
	struct store *store;
	struct server *server;
};

/* One of swtpm's channels. */
struct serve_channel {
	enum port port;      /* PORT_SWTPM_CTRL or PORT_SWTPM_DATA */
	const char *address; /* NULL: there is fd instead */
	int fd; /* a socket that listens or is connected, taken over */
	struct listen_options options; /* of the address */
};

/* What the system call filter does to calls that are not allowed. */
enum confine { CONFINE_KILL, CONFINE_LOG, CONFINE_NONE };

enum startup { STARTUP_NONE, STARTUP_CLEAR, STARTUP_STATE };

struct serve_options {
	bool power;            /* on at start */
	enum startup startup;  /* done before the first client comes */
	bool startup_may_fail; /* the TPM's refusal goes to the log only */
	const char *rng;       /* seed of all random numbers; NULL: real ones */
	const struct opt_list *mssim; /* addresses; empty is the default one,
					 unless there is a channel of swtpm's */
	const struct serve_channel *channels;
	size_t n_channels;
	unsigned end_with;          /* ports: who leaves one ends the program */
	struct swtpm_options swtpm; /* the store is put in by serve_start() */
	bool allow_remote;
};

/* Takes over store. serve_done() in any case, also when it fails. */
int serve_start(struct store *store, const struct serve_options *o,
    struct serve *ret, struct err *e);
/* Overwrite --seed in argv, and so in /proc/PID/cmdline: fuses and CA keys
 * follow from it. After serve_start(). */
void serve_forget_seed(const char *seed);
/* The last step before server_run(): only then is the process confined. */
int serve_confine(enum confine how, struct err *e);
void serve_done(struct serve *s);

/* The TPM of this process from a store: on, and started if asked for. The store
 * is borrowed. */
int serve_power_on(
    struct store *store, const struct serve_options *o, struct err *e);

#endif
