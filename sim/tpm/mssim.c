#include "sim/base/limits.h"
#include "sim/base/log.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/mssim.h"
#include "sim/tpm/swtpm.h"
#include "sim/tpm/tpmfault.h"
#include "sim/base/tpm2.h"

#define SERVER_VERSION 1
/* Platform available, raw mode, supports physical presence. */
#define ENDPOINT_INFO 0x0000000d

/* A reply fits: the caller's buf holds MAX_WIRE_REPLY. */
static void
reply_u32(struct buf *reply, uint32_t v)
{
	(void)buf_put_u32(reply, v);
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
	largest->code = span_peek_u32(message, 6);
}

/* The servers that this follows send a C structure of a PC: sizes are little
 * endian, codes are as they were on the wire. */
static enum wire_then
get_sizes(const struct wire_request *r, struct buf *reply)
{
	reply_u32(reply, 4 * sizeof(uint32_t));
	reply_u32(reply, __builtin_bswap32(largest_command.size));
	reply_u32(reply, largest_command.code);
	reply_u32(reply, __builtin_bswap32(largest_response.size));
	reply_u32(reply, largest_response.code);
	largest_command = largest_response = (struct largest){ 0 };
	return wire_answer(reply, 0);
}

/* --- TPM commands ------------------------------------------------------ */

/*
 * A command on a TPM without power: the frame says "no bytes". Without a frame
 * that would be silence, for which a client waits for ever.
 */
static int
frame(const struct wire_request *r, struct span response, struct buf *reply)
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

/* The response, also when libtpms itself fails. */
static void
process(uint8_t locality, struct span command, struct buf *rsp)
{
	struct err e = ERR_INIT;

	if (engine_process(locality, command, rsp, &e) == 0)
		return;
	log_error("engine", "%s", e.msg);
	buf_reset(rsp);
	(void)tpm2_put_rc(rsp, err_tpm_rc(e.code));
}

/* A frame says the locality; else the control channel has set it. */
static uint8_t
locality_of(const struct wire_request *r)
{
	if (!r->raw)
		return r->fixed.p[0];
	return r->port == PORT_SWTPM_DATA ? swtpm_locality() : 0;
}

/* More than a TPM takes is not shown to it; off, that too is no bytes. */
static void
answer_tpm(const struct wire_request *r, struct buf *rsp)
{
	if (r->port == PORT_SWTPM_DATA && swtpm_answers(r->body, rsp))
		return;
	if (tpmfault_answers(r->body, rsp))
		return;
	if (r->body.n <= MAX_TPM_COMMAND)
		process(locality_of(r), r->body, rsp);
	else if (engine_is_on())
		(void)tpm2_put_rc(rsp, RC_COMMAND_SIZE);
}

static enum wire_then
send_command(const struct wire_request *r, struct buf *reply)
{
	auto_buf rsp = BUF_INIT(MAX_TPM_RESPONSE);

	answer_tpm(r, &rsp);
	return frame(r, buf_span(&rsp), reply) == 0 ? THEN_CONTINUE
						    : THEN_CLOSE;
}

/* The size is the only framing that a raw connection has: without a sound one
 * nothing after it can be found, unless the parser knows. */
static enum wire_then
raw_wrong_size(const struct wire_request *r, struct buf *reply)
{
	(void)tpm2_put_rc(reply, RC_COMMAND_SIZE);
	return r->used == TPM_HEADER_SIZE ? THEN_CLOSE : THEN_CONTINUE;
}

/* --- the connection ------------------------------------------------------- */

static enum wire_then
handshake(const struct wire_request *r, struct buf *reply)
{
	if (span_peek_u32(r->fixed, 0) == 0)
		return THEN_CLOSE;
	reply_u32(reply, SERVER_VERSION);
	reply_u32(reply, ENDPOINT_INFO);
	return wire_answer(reply, 0);
}

static enum wire_then
session_end(const struct wire_request *r, struct buf *reply)
{
	return THEN_CLOSE;
}

static enum wire_then
stop_server(const struct wire_request *r, struct buf *reply)
{
	return THEN_STOP_SERVER;
}

static enum wire_then
stop_port(const struct wire_request *r, struct buf *reply)
{
	return THEN_STOP_PORT;
}

/* --- platform signals ----------------------------------------------------- */

/* The TPM did not come up (its state could not be read): a client sees the
 * 00000001 of an operation that failed. */
static enum wire_then
signal_result(int failed, const struct err *e, struct buf *reply)
{
	if (failed)
		log_error("mssim", "%s", e->msg);
	return wire_answer(reply, failed ? 1 : 0);
}

/* Need not wait for a command that runs: the power is on then, and this is an
 * NV_ON. Clients send both when they connect. */
static enum wire_then
power_on(const struct wire_request *r, struct buf *reply)
{
	struct err e = ERR_INIT;
	int failed = engine_power_on(&e);

	/* A client may switch NV off, the power off and on, and then expect
	 * Startup to work. */
	if (!failed)
		engine_set_nv(true);
	return signal_result(failed, &e, reply);
}

static enum wire_then
power_off(const struct wire_request *r, struct buf *reply)
{
	engine_power_off();
	return wire_answer(reply, 0);
}

static enum wire_then
reset(const struct wire_request *r, struct buf *reply)
{
	struct err e = ERR_INIT;

	return signal_result(engine_reset(&e), &e, reply);
}

/* The other of each pair takes it back. */
enum { PHYS_PRES_ON = 3, CANCEL_ON = 9, NV_ON = 11 };

static enum wire_then
presence(const struct wire_request *r, struct buf *reply)
{
	engine_set_physical_presence(r->code == PHYS_PRES_ON);
	return wire_answer(reply, 0);
}

static enum wire_then
cancel(const struct wire_request *r, struct buf *reply)
{
	engine_set_cancel(r->code == CANCEL_ON);
	return wire_answer(reply, 0);
}

static enum wire_then
nv(const struct wire_request *r, struct buf *reply)
{
	engine_set_nv(r->code == NV_ON);
	return wire_answer(reply, 0);
}

static enum wire_then
test_failure(const struct wire_request *r, struct buf *reply)
{
	engine_set_test_failure();
	return wire_answer(reply, 0);
}

/* No authenticated countdown timer here: none is ever signaled. */
static enum wire_then
act_signaled(const struct wire_request *r, struct buf *reply)
{
	reply_u32(reply, 0);
	return wire_answer(reply, 0);
}

/* Signals without a meaning here: an RSA key cache, a clock restart, the hash
 * and version of a firmware that libtpms does not have. */
static enum wire_then
no_effect(const struct wire_request *r, struct buf *reply)
{
	return wire_answer(reply, 0);
}

/* clang-format off */
#define P PORT_MSSIM
#define C PORT_MSSIM_PLATFORM
#define D PORT_SWTPM_DATA
#define ROW(code_, ports_, name_, fixed_, var_max_, needs_tpm_, run_, help_)  \
	{ .code = (code_), .ports = (ports_), .name = (name_),                 \
	  .fixed = (fixed_), .var_max = (var_max_), .needs_tpm = (needs_tpm_), \
	  .run = (run_), .help = (help_) }
const struct wire_cmd mssim_cmds[] = {
/*  code port name                        fixed var_max      tpm    handler        help */
ROW(  1, C,     "POWER_ON",                    0, 0,              false, power_on,      "_TPM_Init after power loss; nothing when on"),
ROW(  2, C,     "POWER_OFF",                   0, 0,              true,  power_off,     "power off"),
ROW(  3, C,     "PHYS_PRES_ON",                0, 0,              false, presence,      "assert physical presence"),
ROW(  4, C,     "PHYS_PRES_OFF",               0, 0,              false, presence,      "withdraw physical presence"),
ROW(  5, P,     "HASH_START",                  0, 0,              true,  wire_hash_start, "begin an H-CRTM or D-RTM event"),
ROW(  6, P,     "HASH_DATA",                   4, MAX_MSSIM_BODY, true,  wire_hash_data,  "u32 n, n bytes to measure"),
ROW(  7, P,     "HASH_END",                    0, 0,              true,  wire_hash_end,   "extend PCR 17, or PCR 0 before Startup"),
ROW(  8, P | D, "SEND_COMMAND",                5, MAX_MSSIM_BODY, true,  send_command,  "u8 locality, u32 n, TPM command of n bytes"),
ROW(  9, C,     "CANCEL_ON",                   0, 0,              false, cancel,        "cancel what can be canceled, until CANCEL_OFF"),
ROW( 10, C,     "CANCEL_OFF",                  0, 0,              false, cancel,        "stop canceling"),
ROW( 11, C,     "NV_ON",                       0, 0,              false, nv,            "NV can be written"),
ROW( 12, C,     "NV_OFF",                      0, 0,              false, nv,            "what writes NV fails"),
ROW( 13, C,     "KEY_CACHE_ON",                0, 0,              false, no_effect,     "no effect"),
ROW( 14, C,     "KEY_CACHE_OFF",               0, 0,              false, no_effect,     "no effect"),
ROW( 15, P,     "HANDSHAKE",                   4, 0,              false, handshake,     "u32 client version; u32 version, u32 endpoint info"),
ROW( 16, P,     "SET_ALTERNATIVE_RESULT",      4, 0,              false, no_effect,     "no effect; u32"),
ROW( 17, C,     "RESET",                       0, 0,              true,  reset,         "_TPM_Init without power loss; nothing when off"),
ROW( 18, C,     "RESTART",                     0, 0,              false, no_effect,     "no effect"),
ROW( 20, P | C, "SESSION_END",                 0, 0,              false, session_end,   "close this connection"),
ROW( 21, P,     "STOP",                        0, 0,              false, stop_server,   "close; the program ends"),
ROW( 21, C,     "STOP",                        0, 0,              false, stop_port,     "close; no new platform connections"),
ROW( 25, C,     "GET_COMMAND_RESPONSE_SIZES",  0, 0,              true,  get_sizes,     "largest command and response since the last read"),
ROW( 26, C,     "ACT_GET_SIGNALED",            4, 0,              false, act_signaled,  "u32 handle; u32 0"),
ROW( 30, C,     "TEST_FAILURE_MODE",           0, 0,              true,  test_failure,  "the next self-test fails"),
ROW( 35, C,     "SET_FW_HASH",                 4, 0,              false, no_effect,     "no effect; u32"),
ROW( 36, C,     "SET_FW_SVN",                  4, 0,              false, no_effect,     "no effect; u32"),
};
const size_t mssim_n_cmds = sizeof(mssim_cmds) / sizeof(mssim_cmds[0]);

/* What a raw connection sends has no code of its own. */
const struct wire_cmd mssim_raw =
ROW(  0, P | D, "RAW",                         0, 0,              true,  send_command,  "TPM command without a frame");
const struct wire_cmd mssim_raw_error =
ROW(  0, P | D, "RAW",                         0, 0,              false, raw_wrong_size, "size below 10 or above what a TPM takes");
/* clang-format on */
