/*
 * home.h - the state directory of a command: the user's, or a temporary one
 * that is gone when its processes are, however they ended.
 */
#ifndef SIM_CLI_HOME_H
#define SIM_CLI_HOME_H

#include "sim/base/err.h"
#include "sim/base/limits.h"
#include "sim/cli/args.h"
#include "sim/cli/out.h"
#include "sim/tpm/store.h"

#define HOME_ROOT "root.pem"

struct home {
	char path[MAX_PATH_LENGTH];
	/* A temporary one has a janitor: a process that removes it when all
	 * writers of `alive` are gone, and then closes its end of `gone`. */
	int alive, gone;
};

#define HOME_INIT                                                              \
	{                                                                      \
		.alive = -1, .gone = -1                                        \
	}

/* state NULL: a temporary directory, made now. Before any thread. */
int home_open(const char *state, struct home *ret, struct err *e);
/* A temporary directory does not exist any more after this. */
void home_close(struct home *h);
/* For a forked child: it keeps the directory alive, and never waits. */
void home_share(struct home *h);

/* E_USAGE when device options do not go together. */
int home_check_options(const struct args *a, struct err *e);
/*
 * Have the device that the options describe in dir: manufacture it when dir has
 * none, and E_USAGE when dir has another one. Before engine_init().
 */
int home_prepare(const struct args *a, const char *dir, struct err *e);
/* Whether a request asks for anything in particular. */
bool home_asks(const struct mint_request *r);
/* E_USAGE when the device in dir is not what r asks for. */
int home_check(const struct mint_request *r, const char *dir, struct err *e);
/* Manufacture in dir, with the root above the device. As mint_device(). */
int home_mint(const struct mint_request *r, const char *dir, struct err *e);
/* Manufacture, and keep the TPM only, in a store that is one file. */
int
home_mint_into(const struct mint_request *r, struct store *to, struct err *e);
/* The descriptor in dir, as record_parse() gives it. */
int home_descriptor(const char *dir, json_t **ret, struct err *e);
/* E_USAGE unless the hierarchy pki is the one that the device in dir is of:
 * the root beside it says so. pki NULL, or no root: not looked at. */
int home_check_pki(
    const char *pki, const char *dir, const json_t *device, struct err *e);
/* The same before an update, for which the root has to be that of the built-in
 * hierarchy when pki is NULL. No device, or no root: not looked at. */
int home_check_root(const char *pki, const char *dir, struct err *e);
/* Print the descriptor of the device in dir, and where that is, as JSON. */
int home_print(const char *dir, struct err *e);
/* dir/file, or E_LIMIT. */
int home_path(const char *dir, const char *file,
    char out[static MAX_PATH_LENGTH], struct err *e);

#define auto_home AUTO(home_close) struct home

#endif
