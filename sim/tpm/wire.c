#include "sim/base/limits.h"
#include "sim/base/tpm2.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/mssim.h"
#include "sim/tpm/swtpm.h"
#include "sim/tpm/tpmfault.h"
#include "sim/tpm/wire.h"

/* --- finding a request ---------------------------------------------------- */

static const struct wire_cmd *
find_in(const struct wire_cmd *cmds, size_t n, enum port port, uint32_t code)
{
	for (size_t i = 0; i < n; i++)
		if (cmds[i].code == code && (cmds[i].ports & port))
			return &cmds[i];
	return NULL;
}

static const struct wire_cmd *
find_cmd(enum port port, uint32_t code)
{
	return port == PORT_SWTPM_CTRL
		   ? find_in(swtpm_cmds, swtpm_n_cmds, port, code)
		   : find_in(mssim_cmds, mssim_n_cmds, port, code);
}

/*
 * Where the next command begins is lost with its size.  Who writes a command
 * at a time is at the begin of the next one when what came is dropped, of which
 * no more is there than the size says, if that can be.
 */
static void
raw_error(const struct wire_session *s, struct span in, uint32_t size,
    struct wire_request *ret)
{
	ret->cmd = &mssim_raw_error;
	ret->used = TPM_HEADER_SIZE;
	if (s->whole_writes)
		ret->used = size < in.n && size > 0 ? size : in.n;
}

/* Tag, size, command code (Part 1, 18): enough to know where it ends. */
static int
parse_raw(
    const struct wire_session *s, struct span in, struct wire_request *ret)
{
	uint32_t size = span_peek_u32(in, 2);
	bool sized = in.n >= 6;

	*ret = (struct wire_request){
		.cmd = &mssim_raw, .port = s->port, .raw = true
	};
	if (in.n < TPM_HEADER_SIZE &&
	    !(s->whole_writes && sized && size < TPM_HEADER_SIZE))
		return 0;
	if (size < TPM_HEADER_SIZE || size > MAX_TPM_COMMAND) {
		raw_error(s, in, size, ret);
		return 1;
	}
	ret->used = size;
	return span_get(&in, size, &ret->body) == 0;
}

/* A size that is refused: the control channel says so. */
static int
too_long(struct wire_request *r, uint32_t n, struct err *e)
{
	if (r->port == PORT_SWTPM_CTRL) {
		r->cmd = &swtpm_too_long;
		return 1;
	}
	return err_set(e, E_LIMIT, "%s: %u bytes, at most %u are taken",
	    r->cmd->name, n, r->cmd->var_max);
}

static int
get_body(struct span *rest, struct wire_request *r, struct err *e)
{
	uint32_t n = span_peek_u32(r->fixed, r->fixed.n - sizeof(n));

	if (n > r->cmd->var_max)
		return too_long(r, n, e);
	return span_get(rest, n, &r->body) == 0;
}

/* No code is 0: what precedes one in zeros is padding of the last request. */
static void
skip_pad(struct span *in, unsigned most)
{
	for (; most > 0 && in->n >= 4 && span_peek_u32(*in, 0) == 0; most--)
		(void)span_skip(in, 1);
}

static int
parse_framed(struct wire_session *s, struct span in, struct wire_request *ret,
    struct err *e)
{
	struct wire_request r = { .port = s->port };
	struct span rest = in;
	int found = 1;

	skip_pad(&rest, s->pad);
	if (span_get_u32(&rest, &r.code))
		return 0;
	r.cmd = find_cmd(s->port, r.code);
	if (r.cmd != NULL && span_get(&rest, r.cmd->fixed, &r.fixed))
		return 0;
	if (r.cmd != NULL && r.cmd->var_max > 0)
		found = get_body(&rest, &r, e);
	if (found <= 0)
		return found;
	s->pad = r.cmd != NULL ? r.cmd->pad : 0;
	r.used = in.n - rest.n;
	*ret = r;
	return 1;
}

/* No code of mssim begins with 80: such a client speaks to the TPM without a
 * frame. */
static bool
looks_raw(struct span in)
{
	return in.p[0] == 0x80 && (in.p[1] == 0x01 || in.p[1] == 0x02);
}

/*
 * A client of mssim is known by its first bytes.  On swtpm's data channel each
 * command may have the frame of SEND_COMMAND or not (swtpm's "command header");
 * the tag of a TPM 1.2 command, 00c1, is the TPM's to refuse.
 */
static bool
is_raw(struct wire_session *s, struct span in)
{
	if (s->port == PORT_SWTPM_DATA)
		return in.p[0] != 0 || in.p[1] != 0;
	if (!s->started)
		s->raw = s->port == PORT_MSSIM && looks_raw(in);
	s->started = true;
	return s->raw;
}

int
wire_parse(struct wire_session *s, struct span in, struct wire_request *ret,
    struct err *e)
{
	if (in.n < 2)
		return 0;
	return is_raw(s, in) ? parse_raw(s, in, ret)
			     : parse_framed(s, in, ret, e);
}

/* --- rows of both protocols ------------------------------------------------
 */

enum wire_then
wire_hash_start(const struct wire_request *r, struct buf *reply)
{
	engine_hash_start();
	return wire_answer(reply, 0);
}

enum wire_then
wire_hash_data(const struct wire_request *r, struct buf *reply)
{
	engine_hash_data(r->body);
	return wire_answer(reply, 0);
}

enum wire_then
wire_hash_end(const struct wire_request *r, struct buf *reply)
{
	engine_hash_end();
	return wire_answer(reply, 0);
}

/* --- running it ----------------------------------------------------------- */

/* A code that no row has. */
static enum wire_then
unknown(enum port port, struct buf *reply)
{
	if (port == PORT_SWTPM_CTRL)
		return swtpm_unknown(reply);
	if (port == PORT_MSSIM_PLATFORM)
		(void)buf_put_u32(reply, 1);
	return THEN_CLOSE;
}

enum wire_then
wire_run(const struct wire_request *r, struct buf *reply)
{
	if (r->cmd == NULL)
		return unknown(r->port, reply);
	if (!swtpm_may_run(r, reply))
		return THEN_CONTINUE;
	return r->cmd->run(r, reply);
}

struct span
wire_command(const struct wire_request *r)
{
	bool has_one = r->cmd != NULL && r->cmd->run == mssim_raw.run;

	return has_one ? r->body : (struct span){ NULL, 0 };
}

bool
wire_is_long(const struct wire_request *r)
{
	return r->cmd != NULL && (r->cmd->slow ||
				     (r->body.n <= MAX_TPM_COMMAND &&
					 engine_is_long(wire_command(r))) ||
				     tpmfault_is_slow(wire_command(r)));
}

struct span
wire_response(const struct wire_request *r, struct span reply)
{
	struct span response = { NULL, 0 };
	uint32_t n;

	if (r->raw)
		return reply;
	if (span_get_u32(&reply, &n) == 0)
		(void)span_get(&reply, n, &response);
	return response;
}
