/*
 * swtpm_state.h - the state of a TPM that swtpm's options name: a directory or
 * one file, with a key or without.
 */
#ifndef SIM_CLI_SWTPM_STATE_H
#define SIM_CLI_SWTPM_STATE_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/tpm/mint.h"
#include "sim/tpm/store.h"

/*
 * Open for a process that serves it: the directory has to exist. A state that
 * has no TPM gets the device that r asks for, unless r is NULL; one that has is
 * compared with it. E_USAGE. Before engine_init().
 */
int swtpm_state_open(const char *uri, const struct store_options *o,
    const struct mint_request *r, struct store **ret, struct err *e);
/* Put the device that r asks for there, whatever is there. */
int swtpm_state_mint(const char *uri, const struct store_options *o,
    const struct mint_request *r, struct err *e);

/* { "type": TYPE, "features": [ ... ], "version": "0.10.1" }, as swtpm's
 * programs print it; features end with NULL. */
int swtpm_print_features(
    const char *type, const char *const features[], struct err *e);

#endif
