/*
 * update.h - a firmware update of a minted device: TCB recovery.
 *
 * The Kernel and PTT CA keys carry the firmware's security version, so they are
 * new ones, and what they sign is issued again.  What the factory burnt in
 * stays, the ROM CA; and what the TPM keeps for its owner.
 *
 * As in minting, a short-lived child process alone has fuses and CA keys.
 */
#ifndef SIM_TPM_UPDATE_H
#define SIM_TPM_UPDATE_H

#include "sim/base/err.h"

struct update_request {
	const char *dir; /* of the device */
	const char *pki; /* directory; NULL: built-in TEST hierarchy */
	unsigned svn;    /* greater than the device's, up to MAX_SVN */
};

/*
 * Update a device, which has to be off. It restarts: what follows is
 * TPM2_Startup(CLEAR), whatever state was saved. However the process ends,
 * dir holds the device as it was or as it is to be.
 *
 * E_STATE for an SVN that is not greater; E_NOTFOUND without a TPM, E_FOREIGN
 * for one that odcasim did not mint or that another hierarchy certified, E_BUSY
 * when it is in use. Called before engine_init().
 */
int update_firmware(const struct update_request *r, struct err *e);

#endif
