/*
 * swtpm_opts.h - what swtpm's options say: the words of --ctrl, --tpmstate ...
 * as rows, and what they mean together. Nothing is opened here but the files of
 * keys.
 */
#ifndef SIM_CLI_SWTPM_OPTS_H
#define SIM_CLI_SWTPM_OPTS_H

#include <limits.h>

#include "sim/cli/args.h"
#include "sim/cli/serve.h"
#include "sim/tpm/statekey.h"
#include "sim/tpm/store.h"

/* Of a number, a descriptor or an account. */
#define NOT_GIVEN UINT_MAX

/* The version of swtpm whose command line and control channel this is. */
#define SWTPM_LEVEL "0.10.1"

/* --ctrl or --server */
struct swtpm_channel {
	const char *type, *path, *bindaddr, *ifname;
	unsigned port, fd, client_fd, mode, uid, gid;
	bool terminate, disconnect;
};

/* --key or --migration-key */
struct swtpm_key {
	const char *file, *password_file, *format, *mode, *kdf;
	unsigned fd, password_fd;
	bool remove;
};

struct swtpm_request {
	const char *uri; /* dir://D, file://F or a directory */
	struct {
		const char *dir, *uri;
		unsigned mode;
		enum opt_switch lock;
		bool backup, fsync;
	} state;
	struct swtpm_channel ctrl, server;
	bool has_ctrl, has_server;
	struct swtpm_key key, migration_key;
	struct {
		bool not_need_init, none, clear, state, deactivated,
		    no_auto_shutdown;
	} flags;
	bool power; /* on before the first client */
	enum startup startup;
	struct {
		bool reject_4, allow_set;
	} locality;
	struct {
		bool incoming, release_lock_outgoing;
	} migration;
	struct {
		const char *file, *prefix;
		unsigned fd, level;
		bool truncate;
	} log;
	struct {
		const char *file;
		unsigned fd;
	} pid;
	const char *seccomp; /* "kill", "log" or "none" */

	char *copies[10]; /* what the words point into */
	size_t n_copies;
};

/* The words that each option takes, for the help; NULL at the end. */
extern const struct opt_group *const swtpm_words[];

/* E_USAGE names what is unknown, missing, or not supported. Afterwards
 * swtpm_request_done(), also when it fails; ret borrows from a and from the
 * environment. */
int swtpm_request_parse(
    const struct swtpm_args *a, struct swtpm_request *ret, struct err *e);
void swtpm_request_done(struct swtpm_request *r);

/* Read a key as it is asked for; NULL when none is. The caller frees. */
int swtpm_read_key(
    const struct swtpm_key *k, struct state_key **ret, struct err *e);

/* "127.0.0.1:2321" or "unix:PATH" of a channel that is not a descriptor. */
int swtpm_channel_address(const struct swtpm_channel *c,
    char out[static MAX_PATH_LENGTH], struct err *e);

/* E_USAGE unless --tpm2 is there. */
int swtpm_need_tpm2(const struct swtpm_args *a, struct err *e);

#endif
