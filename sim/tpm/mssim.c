#include "sim/base/limits.h"
#include "sim/base/log.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/mssim.h"
#include "sim/base/tpm2.h"

#define SERVER_VERSION 1
/* Platform available, raw mode, supports physical presence. */
#define ENDPOINT_INFO 0x0000000d

/* A reply fits: the caller's buf holds MAX_TPM_RESPONSE and a frame. */
static void
reply_u32(struct buf *reply, uint32_t v)
{
	(void)buf_put_u32(reply, v);
}

/* Every row but those that only close ends with this. */
static enum mssim_then
ack(struct buf *reply)
{
	reply_u32(reply, 0);
	return THEN_CONTINUE;
}

/* One u32; 0 when there is none. */
static uint32_t
peek_u32(struct span s, size_t at)
{
	uint32_t v = 0;

	if (span_skip(&s, at) == 0)
		(void)span_get_u32(&s, &v);
	return v;
}

/* --- the largest command and response, for GET_COMMAND_RESPONSE_SIZES -- */

static struct largest {
	uint32_t size;
	uint32_t code; /* command code, response code */
} largest_command, largest_response;

/* Both codes are at the same place (TPM 2.0 Part 1, 18). */
static void
note_size(struct largest *largest, struct span message)
{
	if (message.n <= largest->size)
		return;
	largest->size = (uint32_t)message.n;
	largest->code = peek_u32(message, 6);
}

/* The servers that this follows send a C structure of a PC: sizes are little
 * endian, codes are as they were on the wire. */
static enum mssim_then
get_sizes(const struct mssim_request *r, struct buf *reply)
{
	reply_u32(reply, 4 * sizeof(uint32_t));
	reply_u32(reply, __builtin_bswap32(largest_command.size));
	reply_u32(reply, largest_command.code);
	reply_u32(reply, __builtin_bswap32(largest_response.size));
	reply_u32(reply, largest_response.code);
	largest_command = largest_response = (struct largest){ 0 };
	return ack(reply);
}

/* --- TPM commands ------------------------------------------------------ */

/*
 * A command on a TPM without power: the frame says "no bytes". Without a frame
 * that would be silence, for which a client waits for ever.
 */
int
mssim_frame(
    const struct mssim_request *r, struct span response, struct buf *reply)
{
	note_size(&largest_command, r->body);
	note_size(&largest_response, response);
	if (r->raw && response.n == 0)
		(void)tpm2_put_rc(reply, RC_FAILURE);
	if (r->raw)
		return buf_put(reply, response);
	if (buf_put_u32(reply, (uint32_t)response.n) ||
	    buf_put(reply, response) || buf_put_u32(reply, 0))
		return -1;
	return 0;
}

void
mssim_process(uint8_t locality, struct span command, struct buf *rsp)
{
	struct err e = ERR_INIT;

	if (engine_process(locality, command, rsp, &e) == 0)
		return;
	log_error("mssim", "%s", e.msg);
	buf_reset(rsp);
	(void)tpm2_put_rc(rsp, err_tpm_rc(e.code));
}

static enum mssim_then
send_command(const struct mssim_request *r, struct buf *reply)
{
	auto_buf rsp = BUF_INIT(MAX_TPM_RESPONSE);
	struct span command;
	uint8_t locality;

	if (mssim_tpm_command(r, &locality, &command))
		mssim_process(locality, command, &rsp);
	else if (engine_is_on())
		(void)tpm2_put_rc(&rsp, RC_COMMAND_SIZE);
	if (mssim_frame(r, buf_span(&rsp), reply) != 0)
		return THEN_CLOSE;
	return THEN_CONTINUE;
}

/* The size is the only framing that a raw connection has: without a sound one
 * nothing after it can be found. */
static enum mssim_then
raw_wrong_size(const struct mssim_request *r, struct buf *reply)
{
	(void)tpm2_put_rc(reply, RC_COMMAND_SIZE);
	return THEN_CLOSE;
}

static enum mssim_then
hash_start(const struct mssim_request *r, struct buf *reply)
{
	engine_hash_start();
	return ack(reply);
}

static enum mssim_then
hash_data(const struct mssim_request *r, struct buf *reply)
{
	engine_hash_data(r->body);
	return ack(reply);
}

static enum mssim_then
hash_end(const struct mssim_request *r, struct buf *reply)
{
	engine_hash_end();
	return ack(reply);
}

/* --- the connection ------------------------------------------------------- */

static enum mssim_then
handshake(const struct mssim_request *r, struct buf *reply)
{
	if (peek_u32(r->fixed, 0) == 0)
		return THEN_CLOSE;
	reply_u32(reply, SERVER_VERSION);
	reply_u32(reply, ENDPOINT_INFO);
	return ack(reply);
}

static enum mssim_then
session_end(const struct mssim_request *r, struct buf *reply)
{
	return THEN_CLOSE;
}

static enum mssim_then
stop_server(const struct mssim_request *r, struct buf *reply)
{
	return THEN_STOP_SERVER;
}

static enum mssim_then
stop_port(const struct mssim_request *r, struct buf *reply)
{
	return THEN_STOP_PORT;
}

/* --- platform signals ----------------------------------------------------- */

/* The TPM did not come up (its state could not be read): a client sees the
 * 00000001 of an operation that failed. */
static enum mssim_then
signal_result(int failed, const struct err *e, struct buf *reply)
{
	if (failed)
		log_error("mssim", "%s", e->msg);
	reply_u32(reply, failed ? 1 : 0);
	return THEN_CONTINUE;
}

/* Need not wait for a command that runs: the power is on then, and this is an
 * NV_ON. Clients send both when they connect. */
static enum mssim_then
power_on(const struct mssim_request *r, struct buf *reply)
{
	struct err e = ERR_INIT;
	int failed = engine_power_on(&e);

	/* A client may switch NV off, the power off and on, and then expect
	 * Startup to work. */
	if (!failed)
		engine_set_nv(true);
	return signal_result(failed, &e, reply);
}

static enum mssim_then
power_off(const struct mssim_request *r, struct buf *reply)
{
	engine_power_off();
	return ack(reply);
}

static enum mssim_then
reset(const struct mssim_request *r, struct buf *reply)
{
	struct err e = ERR_INIT;

	return signal_result(engine_reset(&e), &e, reply);
}

/* The other of each pair takes it back. */
enum { PHYS_PRES_ON = 3, CANCEL_ON = 9, NV_ON = 11 };

static enum mssim_then
presence(const struct mssim_request *r, struct buf *reply)
{
	engine_set_physical_presence(r->code == PHYS_PRES_ON);
	return ack(reply);
}

static enum mssim_then
cancel(const struct mssim_request *r, struct buf *reply)
{
	engine_set_cancel(r->code == CANCEL_ON);
	return ack(reply);
}

static enum mssim_then
nv(const struct mssim_request *r, struct buf *reply)
{
	engine_set_nv(r->code == NV_ON);
	return ack(reply);
}

static enum mssim_then
test_failure(const struct mssim_request *r, struct buf *reply)
{
	engine_set_test_failure();
	return ack(reply);
}

/* No authenticated countdown timer here: none is ever signaled. */
static enum mssim_then
act_signaled(const struct mssim_request *r, struct buf *reply)
{
	reply_u32(reply, 0);
	return ack(reply);
}

/* Signals without a meaning here: an RSA key cache, a clock restart, the hash
 * and version of a firmware that libtpms does not have. */
static enum mssim_then
no_effect(const struct mssim_request *r, struct buf *reply)
{
	return ack(reply);
}

/* clang-format off */
#define P MSSIM_COMMAND
#define C MSSIM_PLATFORM
const struct mssim_cmd mssim_cmds[] = {
/* code port name                        fixed var_max      tpm    handler        help */
{  1, C,     "POWER_ON",                    0, 0,              false, power_on,      "_TPM_Init after power loss; nothing when on" },
{  2, C,     "POWER_OFF",                   0, 0,              true,  power_off,     "power off" },
{  3, C,     "PHYS_PRES_ON",                0, 0,              false, presence,      "assert physical presence" },
{  4, C,     "PHYS_PRES_OFF",               0, 0,              false, presence,      "withdraw physical presence" },
{  5, P,     "HASH_START",                  0, 0,              true,  hash_start,    "begin an H-CRTM or D-RTM event" },
{  6, P,     "HASH_DATA",                   4, MAX_MSSIM_BODY, true,  hash_data,     "u32 n, n bytes to measure" },
{  7, P,     "HASH_END",                    0, 0,              true,  hash_end,      "extend PCR 17, or PCR 0 before Startup" },
{  8, P,     "SEND_COMMAND",                5, MAX_MSSIM_BODY, true,  send_command,  "u8 locality, u32 n, TPM command of n bytes" },
{  9, C,     "CANCEL_ON",                   0, 0,              false, cancel,        "cancel what can be canceled, until CANCEL_OFF" },
{ 10, C,     "CANCEL_OFF",                  0, 0,              false, cancel,        "stop canceling" },
{ 11, C,     "NV_ON",                       0, 0,              false, nv,            "NV can be written" },
{ 12, C,     "NV_OFF",                      0, 0,              false, nv,            "what writes NV fails" },
{ 13, C,     "KEY_CACHE_ON",                0, 0,              false, no_effect,     "no effect" },
{ 14, C,     "KEY_CACHE_OFF",               0, 0,              false, no_effect,     "no effect" },
{ 15, P,     "HANDSHAKE",                   4, 0,              false, handshake,     "u32 client version; u32 version, u32 endpoint info" },
{ 16, P,     "SET_ALTERNATIVE_RESULT",      4, 0,              false, no_effect,     "no effect; u32" },
{ 17, C,     "RESET",                       0, 0,              true,  reset,         "_TPM_Init without power loss; nothing when off" },
{ 18, C,     "RESTART",                     0, 0,              false, no_effect,     "no effect" },
{ 20, P | C, "SESSION_END",                 0, 0,              false, session_end,   "close this connection" },
{ 21, P,     "STOP",                        0, 0,              false, stop_server,   "close; the program ends" },
{ 21, C,     "STOP",                        0, 0,              false, stop_port,     "close; no new platform connections" },
{ 25, C,     "GET_COMMAND_RESPONSE_SIZES",  0, 0,              false, get_sizes,     "largest command and response since the last read" },
{ 26, C,     "ACT_GET_SIGNALED",            4, 0,              false, act_signaled,  "u32 handle; u32 0" },
{ 30, C,     "TEST_FAILURE_MODE",           0, 0,              true,  test_failure,  "the next self-test fails" },
{ 35, C,     "SET_FW_HASH",                 4, 0,              false, no_effect,     "no effect; u32" },
{ 36, C,     "SET_FW_SVN",                  4, 0,              false, no_effect,     "no effect; u32" },
};
const size_t mssim_n_cmds = sizeof(mssim_cmds) / sizeof(mssim_cmds[0]);

/* What a raw connection sends has no code of its own. */
static const struct mssim_cmd raw_command =
{  0, P,     "RAW",                         0, 0,              true,  send_command,  "TPM command without a frame" };
static const struct mssim_cmd raw_error =
{  0, P,     "RAW",                         0, 0,              false, raw_wrong_size, "size below 10 or above what a TPM takes" };
/* clang-format on */

static const struct mssim_cmd *
find_cmd(enum mssim_port port, uint32_t code)
{
	for (size_t i = 0; i < mssim_n_cmds; i++) {
		if (mssim_cmds[i].code == code && (mssim_cmds[i].ports & port))
			return &mssim_cmds[i];
	}
	return NULL;
}

/* Tag, size, command code (Part 1, 18): enough to know where it ends. */
static int
parse_raw(struct span in, struct mssim_request *ret)
{
	uint32_t size;

	if (in.n < TPM_HEADER_SIZE)
		return 0;
	size = peek_u32(in, 2);
	*ret = (struct mssim_request){ .cmd = &raw_command, .raw = true };
	if (size < TPM_HEADER_SIZE || size > MAX_TPM_COMMAND) {
		ret->cmd = &raw_error;
		ret->used = TPM_HEADER_SIZE;
		return 1;
	}
	ret->used = size;
	return span_get(&in, size, &ret->body) == 0;
}

static int
parse_framed(enum mssim_port port, struct span in, struct mssim_request *ret,
    struct err *e)
{
	struct mssim_request r = { 0 };
	struct span rest = in;
	uint32_t n;

	if (span_get_u32(&rest, &r.code))
		return 0;
	r.cmd = find_cmd(port, r.code);
	if (r.cmd != NULL && span_get(&rest, r.cmd->fixed, &r.fixed))
		return 0;
	if (r.cmd != NULL && r.cmd->var_max > 0) {
		n = peek_u32(r.fixed, r.fixed.n - sizeof(n));
		if (n > r.cmd->var_max)
			return err_set(e, E_LIMIT,
			    "%s: %u bytes, at most %u are taken", r.cmd->name,
			    n, r.cmd->var_max);
		if (span_get(&rest, n, &r.body))
			return 0;
	}
	r.used = in.n - rest.n;
	*ret = r;
	return 1;
}

/* No code begins with 80: such a client speaks to the TPM without a frame. */
static bool
looks_raw(struct span in)
{
	return in.p[0] == 0x80 && (in.p[1] == 0x01 || in.p[1] == 0x02);
}

int
mssim_parse(struct mssim_session *s, struct span in, struct mssim_request *ret,
    struct err *e)
{
	if (!s->started) {
		if (in.n < 2)
			return 0;
		s->started = true;
		s->raw = s->port == MSSIM_COMMAND && looks_raw(in);
	}
	return s->raw ? parse_raw(in, ret) : parse_framed(s->port, in, ret, e);
}

enum mssim_then
mssim_run(const struct mssim_session *s, const struct mssim_request *r,
    struct buf *reply)
{
	if (r->cmd != NULL)
		return r->cmd->run(r, reply);
	if (s->port == MSSIM_PLATFORM)
		reply_u32(reply, 1);
	return THEN_CLOSE;
}

bool
mssim_tpm_command(const struct mssim_request *r, uint8_t *ret_locality,
    struct span *ret_command)
{
	if (r->cmd == NULL || r->cmd->run != send_command ||
	    r->body.n > MAX_TPM_COMMAND)
		return false;
	*ret_locality = r->raw ? 0 : r->fixed.p[0];
	*ret_command = r->body;
	return true;
}
