/*
 * command.h - TPM commands that the factory itself gives to the engine.
 *
 *	auto_command c = COMMAND_INIT;
 *	command_begin(&c, CC_NV_WRITE, "NV_Write");
 *	command_handle(&c, index);
 *	command_password(&c);
 *	buf_put_2b(&c.bytes, data);
 *	if (command_run(&c, &response, e) != 0) ...
 *
 * A put that does not fit is found out by command_run(), so callers need not
 * check each one.
 */
#ifndef SIM_TPM_COMMAND_H
#define SIM_TPM_COMMAND_H

#include "sim/base/buf.h"
#include "sim/base/err.h"
#include "sim/base/limits.h"

struct command {
	const char *name;
	struct buf bytes; /* header and what was put */
	struct buf response;
	bool sessions; /* an authorisation area was put */
};

void command_begin(struct command *c, uint32_t code, const char *name);
/* Handle area; all handles come before the authorisation area. */
void command_handle(struct command *c, uint32_t handle);
/* Authorisation area of one session: empty password, or a policy session that
 * goes on afterwards. */
void command_password(struct command *c);
void command_policy(struct command *c, uint32_t session);
/*
 * Run it. *ret are the response parameters, borrowed until command_done(); the
 * response's handle goes to *ret_handle when that is not NULL. E_TPM with the
 * response code when the TPM refuses.
 */
int command_run(
    struct command *c, uint32_t *ret_handle, struct span *ret, struct err *e);
void command_done(struct command *c);

/* TPM2_Startup(TPM_SU_CLEAR). */
int command_startup_clear(struct err *e);
/*
 * TPM2_CreatePrimary of the EK whose certificate is at cert_index, in the
 * endorsement hierarchy with empty authorisation. *ret_public is its
 * TPMT_PUBLIC, borrowed until command_done(c); the caller flushes the handle.
 */
int command_create_ek(struct command *c, uint32_t cert_index,
    uint32_t *ret_handle, struct span *ret_public, struct err *e);
/* TPM2_FlushContext of a session or a transient object. */
int command_flush(uint32_t handle, struct err *e);

/* So that command_done() is safe before command_begin(). */
#define COMMAND_INIT                                                           \
	{                                                                      \
		.name = NULL                                                   \
	}

#define auto_command AUTO(command_done) struct command

#endif
