/*
 * mint.h - manufacturing a device, as at the factory.
 *
 * The work is done by a short-lived child process: it alone has the fuses and
 * the CA keys, and it has no network.
 */
#ifndef SIM_TPM_MINT_H
#define SIM_TPM_MINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/err.h"
#include "sim/base/opt_list.h"

struct store_options;
struct mint_request {
	const char *family;     /* "tgl"; NULL is the default one, tgl */
	const char *batch;      /* "00002004"; NULL: the family's first */
	const char *seed;       /* NULL: random fuses */
	const char *pki;        /* directory; NULL: built-in TEST hierarchy */
	const char *pki_host;   /* NULL: the hierarchy's own */
	const char *pcr_banks;  /* "sha256"; NULL is that; comma separated */
	unsigned svn;           /* 0 is 1 */
	struct opt_list faults; /* "NAME" or "NAME=ARG", of odca/fault.h */
	const struct store_options *store;
	bool replace; /* a TPM that is there, whatever is wrong with it: gone
			 once the new one is installed, not before */
};

/* Check names and combinations, without making anything: E_USAGE with a
 * "did you mean". */
int mint_check(const struct mint_request *r, struct err *e);

/*
 * Manufacture into a state directory that has no TPM yet, and leave
 * odcasim.json beside the state. E_STATE when there is a TPM, or when a seed is
 * asked for and libtpms is the shared library.  A crash leaves a directory
 * without TPM, or a whole one.
 *
 * Called before engine_init(): libtpms runs in the child only.
 */
int mint_device(const struct mint_request *r, const char *dir, struct err *e);

#endif
