/*
 * swtpm.h - swtpm's control channel (PROTOCOL.swtpm): the table of its rows,
 * for wire.c, and what they share with the data channel.
 *
 * As the TPM, this is one a process, and so is its state.
 */
#ifndef SIM_TPM_SWTPM_H
#define SIM_TPM_SWTPM_H

#include "sim/tpm/wire.h"

struct store;

struct swtpm_options {
	struct store *store;     /* of the TPM; borrowed */
	bool reject_locality_4;  /* SET_LOCALITY refuses it */
	bool allow_set_locality; /* the data channel takes its command, too */
	bool no_auto_shutdown;   /* power may go without TPM2_Shutdown */
	bool untried;            /* INIT is the first to try the state */
	bool bare_tpm; /* INIT of an empty state makes libtpms' own TPM, which
			  a client provisions; else it is refused */
	bool release_lock_outgoing; /* who migrates away lets go of the lock */
};

/* Before the server runs. Without it control commands that need the store
 * fail. */
void swtpm_configure(const struct swtpm_options *o);
/* Power off, after the TPM2_Shutdown that a guest did not send any more, so
 * that its next start is not taken for an attack (TPM 2.0 Part 1, 19.8.6). */
void swtpm_power_off(void);

/* The program ends: LOCK_STORAGE does not wait any longer. Any thread. */
void swtpm_end_waits(void);

/* --- for the codec ------------------------------------------------------ */

/* Row of a request whose size is refused. */
extern const struct wire_cmd swtpm_too_long;
/* The answer to a code that no row has. */
enum wire_then swtpm_unknown(struct buf *reply);
/* False, and the error in reply, when the power is not what the row needs. */
bool swtpm_may_run(const struct wire_request *r, struct buf *reply);
/* Of commands on the data channel; any thread. */
uint8_t swtpm_locality(void);
/* True, and the response in rsp, for a command on the data channel that is not
 * libtpms': without power, without the state's lock, and TPM2_SetLocality. */
bool swtpm_answers(struct span command, struct buf *rsp);

#endif
