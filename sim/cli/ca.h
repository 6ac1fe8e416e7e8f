/*
 * ca.h - what the subcommands of `ca` share.
 */
#ifndef SIM_CLI_CA_H
#define SIM_CLI_CA_H

#include "odca/pki.h"
#include "sim/cli/args.h"

/* Write DER files under the names that they have on the real host to dir, which
 * is made when it is not there. */
int ca_export_files(const char *dir, const struct pki_file *files, size_t n,
    const char *ending, struct err *e);

#endif
