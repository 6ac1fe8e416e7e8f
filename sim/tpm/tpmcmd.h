/*
 * tpmcmd.h - TPM commands that the factory itself gives to the engine.
 *
 *	auto_tpmcmd c = TPMCMD_INIT;
 *	tpmcmd_begin(&c, CC_NV_WRITE, "NV_Write");
 *	tpmcmd_handle(&c, index);
 *	tpmcmd_password(&c);
 *	buf_put_2b(&c.bytes, data);
 *	if (tpmcmd_run(&c, NULL, &response, e) != 0) ...
 *
 * Callers need not check each put: there is room for any command from
 * tpmcmd_begin() on, or tpmcmd_run() says that there is no memory.
 */
#ifndef SIM_TPM_TPMCMD_H
#define SIM_TPM_TPMCMD_H

#include "sim/base/buf.h"
#include "sim/base/err.h"
#include "sim/base/limits.h"
#include "sim/base/tpm2.h"

struct tpmcmd {
	const char *name;
	struct buf bytes; /* header and what was put */
	struct buf response;
	uint32_t sessions; /* put into the authorisation area */
	size_t auth_at;    /* where that area's size is */
	uint32_t rc;       /* of the response, once it ran */
};

void tpmcmd_begin(struct tpmcmd *c, uint32_t code, const char *name);
/* Handle area; all handles come before the authorisation area. */
void tpmcmd_handle(struct tpmcmd *c, uint32_t handle);
/* One more session in the authorisation area, for the next handle that needs
 * one: empty password, or a policy session that goes on afterwards. */
void tpmcmd_password(struct tpmcmd *c);
void tpmcmd_policy(struct tpmcmd *c, uint32_t session);
/*
 * Run it. *ret are the response parameters, borrowed until tpmcmd_done(); the
 * response's handle goes to *ret_handle when that is not NULL. E_TPM with the
 * response code, which is in c->rc too, when the TPM refuses.
 */
int tpmcmd_run(
    struct tpmcmd *c, uint32_t *ret_handle, struct span *ret, struct err *e);
void tpmcmd_done(struct tpmcmd *c);

int tpmcmd_startup(enum tpm_su su, struct err *e);
int tpmcmd_shutdown(enum tpm_su su, struct err *e);
/*
 * TPM2_CreatePrimary of the EK whose certificate is at cert_index, in the
 * endorsement hierarchy with empty authorisation. *ret_public is its
 * TPMT_PUBLIC, borrowed until tpmcmd_done(c); the caller flushes the handle.
 */
int tpmcmd_create_ek(struct tpmcmd *c, uint32_t cert_index,
    uint32_t *ret_handle, struct span *ret_public, struct err *e);
/* TPM2_FlushContext of a session or a transient object. */
int tpmcmd_flush(uint32_t handle, struct err *e);

/* So that tpmcmd_done() is safe before tpmcmd_begin(). */
#define TPMCMD_INIT                                                            \
	{                                                                      \
		.name = NULL                                                   \
	}

#define auto_tpmcmd AUTO(tpmcmd_done) struct tpmcmd

#endif
