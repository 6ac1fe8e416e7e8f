#include "sim/tpm/command.h"
#include "sim/tpm/engine.h"

enum {
	ST_NO_SESSIONS = 0x8001,
	ST_SESSIONS = 0x8002,
	CC_FLUSH_CONTEXT = 0x165,
	RC_RETRY = 0x922,
	MAX_RETRIES = 4,
	RS_PW = 0x40000009, /* password authorisation */
	CONTINUE_SESSION = 0x01,
	AUTH_SIZE = 9, /* handle, empty nonce, attributes, empty auth */
};

void
command_begin(struct command *c, uint32_t code, const char *name)
{
	*c = (struct command){ .name = name };
	buf_init(&c->bytes, MAX_TPM_COMMAND);
	buf_init(&c->response, MAX_TPM_RESPONSE);
	/* Tag and size follow in command_run(). */
	(void)buf_put_u16(&c->bytes, ST_NO_SESSIONS);
	(void)buf_put_u32(&c->bytes, 0);
	(void)buf_put_u32(&c->bytes, code);
}

void
command_handle(struct command *c, uint32_t handle)
{
	(void)buf_put_u32(&c->bytes, handle);
}

static void
put_session(struct command *c, uint32_t session)
{
	c->sessions = true;
	(void)buf_put_u32(&c->bytes, AUTH_SIZE);
	(void)buf_put_u32(&c->bytes, session);
	(void)buf_put_u16(&c->bytes, 0);
	(void)buf_put_u8(&c->bytes, CONTINUE_SESSION);
	(void)buf_put_u16(&c->bytes, 0);
}

void
command_password(struct command *c)
{
	put_session(c, RS_PW);
}

void
command_policy(struct command *c, uint32_t session)
{
	put_session(c, session);
}

/* A TPM that tests an algorithm before its first use may ask for the command
 * again (Part 1, 12.3). */
static int
process(struct command *c, struct err *e)
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
command_run(
    struct command *c, uint32_t *ret_handle, struct span *ret, struct err *e)
{
	struct span rsp;
	uint32_t rc, n;

	if (c->bytes.n < TPM_HEADER_SIZE)
		return err_set(e, E_NOMEM, "TPM2_%s", c->name);
	buf_set_u16(&c->bytes, 0, c->sessions ? ST_SESSIONS : ST_NO_SESSIONS);
	buf_set_u32(&c->bytes, 2, (uint32_t)c->bytes.n);
	if (process(c, e) != 0)
		return err_wrap(e, "TPM2_%s", c->name);
	rsp = buf_span(&c->response);
	if ((rc = engine_response_code(rsp)) != 0)
		return err_set(e, E_TPM, "TPM2_%s answers 0x%03x", c->name, rc);
	if (span_skip(&rsp, TPM_HEADER_SIZE) ||
	    (ret_handle != NULL && span_get_u32(&rsp, ret_handle)) ||
	    (c->sessions && span_get_u32(&rsp, &n)) ||
	    (c->sessions && span_get(&rsp, n, &rsp)))
		return err_set(e, E_SHORT, "response to TPM2_%s", c->name);
	*ret = rsp;
	return 0;
}

void
command_done(struct command *c)
{
	buf_free(&c->bytes);
	buf_free(&c->response);
}

int
command_flush(uint32_t handle, struct err *e)
{
	auto_command c = COMMAND_INIT;
	struct span none;

	/* A parameter, not in the handle area (Part 3, 28.4): the same bytes.
	 */
	command_begin(&c, CC_FLUSH_CONTEXT, "FlushContext");
	command_handle(&c, handle);
	return command_run(&c, NULL, &none, e);
}
