/*
 * setup_conf.h - swtpm_setup.conf: what a host sets for the TPMs of all of its
 * VMs.  swtpm's own key active_pcr_banks is honoured, and those of odcasim
 * choose the platform; those that name swtpm's certificate authority are not
 * looked at.
 */
#ifndef SIM_CLI_SETUP_CONF_H
#define SIM_CLI_SETUP_CONF_H

#include <stdio.h>

#include "sim/base/err.h"
#include "sim/base/limits.h"
#include "sim/tpm/mint.h"

struct setup_conf {
	char path[MAX_PATH_LENGTH]; /* "" when there is no file */
	/* What the file asks for; strings are in values. */
	struct mint_request device;
	char *values[16];
	size_t n_values;
};

/*
 * Read path, or, when that is NULL, swtpm_setup.conf of $XDG_CONFIG_HOME,
 * ~/.config or /etc, whichever comes first; none of them is needed. ${NAME} in
 * a value of odcasim's keys is a variable of the environment, ${VMID} is vmid.
 * E_NOTFOUND, E_FORMAT with the line. setup_conf_done() in any case.
 */
int setup_conf_read(
    const char *path, const char *vmid, struct setup_conf *ret, struct err *e);
void setup_conf_done(struct setup_conf *c);
/* What the command line does not say, the file does. */
void setup_conf_complete(const struct setup_conf *c, struct mint_request *r);

/* A user's file, to be written: 0 and path in ret. E_NOTFOUND without $HOME. */
int setup_conf_user_path(char ret[static MAX_PATH_LENGTH], struct err *e);
/* The text of a new one: every key, as a comment. */
void setup_conf_template(FILE *out);

#endif
