#include "odca/ek_template.h"
#include "sim/tpm/tpmcmd.h"
#include "sim/tpm/engine.h"
#include "sim/base/tpm2.h"

enum {
	MAX_RETRIES = 4,
	CONTINUE_SESSION = 0x01,
	AUTH_SIZE = 9, /* handle, empty nonce, attributes, empty auth */
};

void
tpmcmd_begin(struct tpmcmd *c, uint32_t code, const char *name)
{
	*c = (struct tpmcmd){ .name = name };
	buf_init(&c->bytes, MAX_TPM_COMMAND);
	buf_init(&c->response, MAX_TPM_RESPONSE);
	if (buf_room(&c->bytes, MAX_TPM_COMMAND) == NULL)
		c->bytes.cap = 0; /* then no put succeeds */
	buf_reset(&c->bytes);
	/* Tag and size follow in tpmcmd_run(). */
	(void)buf_put_u16(&c->bytes, ST_NO_SESSIONS);
	(void)buf_put_u32(&c->bytes, 0);
	(void)buf_put_u32(&c->bytes, code);
}

void
tpmcmd_handle(struct tpmcmd *c, uint32_t handle)
{
	(void)buf_put_u32(&c->bytes, handle);
}

/* One more; the area's size goes before the first (Part 1, 18.4). */
static void
put_session(struct tpmcmd *c, uint32_t session)
{
	if (c->sessions == 0) {
		c->auth_at = c->bytes.n;
		(void)buf_put_u32(&c->bytes, 0);
	}
	c->sessions++;
	(void)buf_put_u32(&c->bytes, session);
	(void)buf_put_u16(&c->bytes, 0);
	(void)buf_put_u8(&c->bytes, CONTINUE_SESSION);
	(void)buf_put_u16(&c->bytes, 0);
}

void
tpmcmd_password(struct tpmcmd *c)
{
	put_session(c, RS_PW);
}

void
tpmcmd_policy(struct tpmcmd *c, uint32_t session)
{
	put_session(c, session);
}

/* A TPM that tests an algorithm before its first use may ask for the command
 * again (Part 1, 12.3). */
static int
process(struct tpmcmd *c, struct err *e)
{
	for (int tries = 0; tries < MAX_RETRIES; tries++) {
		buf_reset(&c->response);
		if (engine_process(0, buf_span(&c->bytes), &c->response, e) !=
		    0)
			return -1;
		if (engine_response_code(buf_span(&c->response)) != RC_RETRY)
			break;
	}
	return 0;
}

int
tpmcmd_run(
    struct tpmcmd *c, uint32_t *ret_handle, struct span *ret, struct err *e)
{
	struct span rsp;
	uint32_t n;

	if (c->bytes.n < TPM_HEADER_SIZE)
		return err_set(e, E_NOMEM, "TPM2_%s", c->name);
	buf_set_u16(
	    &c->bytes, 0, c->sessions > 0 ? ST_SESSIONS : ST_NO_SESSIONS);
	if (c->sessions > 0)
		buf_set_u32(&c->bytes, c->auth_at, c->sessions * AUTH_SIZE);
	buf_set_u32(&c->bytes, 2, (uint32_t)c->bytes.n);
	if (process(c, e) != 0)
		return err_wrap(e, "TPM2_%s", c->name);
	rsp = buf_span(&c->response);
	if ((c->rc = engine_response_code(rsp)) != 0)
		return err_set(
		    e, E_TPM, "TPM2_%s answers 0x%03x", c->name, c->rc);
	if (span_skip(&rsp, TPM_HEADER_SIZE) ||
	    (ret_handle != NULL && span_get_u32(&rsp, ret_handle)) ||
	    (c->sessions > 0 && span_get_u32(&rsp, &n)) ||
	    (c->sessions > 0 && span_get(&rsp, n, &rsp)))
		return err_set(e, E_SHORT, "response to TPM2_%s", c->name);
	*ret = rsp;
	return 0;
}

void
tpmcmd_done(struct tpmcmd *c)
{
	buf_free(&c->bytes);
	buf_free(&c->response);
}

static int
run_su(uint32_t code, const char *name, enum tpm_su su, struct err *e)
{
	auto_tpmcmd c = TPMCMD_INIT;
	struct span none;

	tpmcmd_begin(&c, code, name);
	(void)buf_put_u16(&c.bytes, su);
	return tpmcmd_run(&c, NULL, &none, e);
}

int
tpmcmd_startup(enum tpm_su su, struct err *e)
{
	return run_su(CC_STARTUP, "Startup", su, e);
}

int
tpmcmd_shutdown(enum tpm_su su, struct err *e)
{
	return run_su(CC_SHUTDOWN, "Shutdown", su, e);
}

int
tpmcmd_create_ek(struct tpmcmd *c, uint32_t cert_index, uint32_t *ret_handle,
    struct span *ret_public, struct err *e)
{
	auto_buf template = BUF_INIT(MAX_EK_TEMPLATE);
	struct span out;

	if (ek_template(cert_index, &template, e) != 0)
		return -1;
	tpmcmd_begin(c, CC_CREATE_PRIMARY, "CreatePrimary");
	tpmcmd_handle(c, RH_ENDORSEMENT);
	tpmcmd_password(c);
	(void)buf_put_u16(&c->bytes, 4); /* inSensitive: both parts empty */
	(void)buf_put_u32(&c->bytes, 0);
	(void)buf_put_2b(&c->bytes, buf_span(&template));
	(void)buf_put_u16(&c->bytes, 0); /* outsideInfo */
	(void)buf_put_u32(&c->bytes, 0); /* creationPCR */
	if (tpmcmd_run(c, ret_handle, &out, e) != 0)
		return -1;
	if (span_get_2b(&out, ret_public))
		return err_set(e, E_SHORT, "response to TPM2_CreatePrimary");
	return 0;
}

int
tpmcmd_flush(uint32_t handle, struct err *e)
{
	auto_tpmcmd c = TPMCMD_INIT;
	struct span none;

	/* A parameter, not in the handle area (Part 3, 28.4): the same bytes.
	 */
	tpmcmd_begin(&c, CC_FLUSH_CONTEXT, "FlushContext");
	tpmcmd_handle(&c, handle);
	return tpmcmd_run(&c, NULL, &none, e);
}
