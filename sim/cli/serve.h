/*
 * serve.h - a device that listens: store, TPM and server in the order that they
 * need, and undone in reverse.
 */
#ifndef SIM_CLI_SERVE_H
#define SIM_CLI_SERVE_H

#include "sim/cli/args.h"
#include "sim/tpm/server.h"
#include "sim/tpm/store.h"

struct serve {
	struct store *store;
	struct server *server;
};

struct serve_options {
	bool power, startup; /* on at start; TPM2_Startup(CLEAR) done */
	const char *rng;     /* seed of all random numbers; NULL: real ones */
	const struct opt_list *mssim; /* addresses; empty is the default one,
					 unless there is a channel of swtpm's */
	const char *swtpm_ctrl, *swtpm_data; /* addresses, or NULL */
	bool allow_remote;
};

/* Takes over store. serve_done() in any case, also when it fails. */
int serve_start(struct store *store, const struct serve_options *o,
    struct serve *ret, struct err *e);
/* Overwrite --seed in argv, and so in /proc/PID/cmdline: fuses and CA keys
 * follow from it. After serve_start(). */
void serve_forget_seed(const char *seed);
/* The last step before server_run(): only then is the process confined. */
int serve_confine(struct err *e);
void serve_done(struct serve *s);

/* The TPM of this process from a store: on, and started if asked for. The store
 * is borrowed. */
int serve_power_on(
    struct store *store, const struct serve_options *o, struct err *e);

#endif
