/*
 * reconfigure.h - other PCR banks for a TPM that exists, as a platform's
 * firmware sets them: between two starts of the TPM, with the platform's
 * authorisation.
 */
#ifndef SIM_TPM_RECONFIGURE_H
#define SIM_TPM_RECONFIGURE_H

#include "sim/base/err.h"
#include "sim/tpm/store.h"

struct reconfigure_request {
	const char *uri; /* as store_open_uri() takes it */
	const struct store_options *store;
	const char *pcr_banks; /* "sha1,sha256" */
};

/*
 * The TPM has to be off, and restarts: what follows is TPM2_Startup(CLEAR).
 * E_USAGE for a bank that does not exist, E_NOTFOUND without a TPM, E_BUSY when
 * it is in use. Works on a TPM that swtpm made, too. Before engine_init(),
 * which is done in a child.
 */
int reconfigure(const struct reconfigure_request *r, struct err *e);

#endif
