/* The mssim codec, on a TPM of strings. */
#include "tests/unit/talk.h"

#define REPLY_CAP (2 * MAX_TPM_RESPONSE)

#define CMD_LONG "80010000000a00000131"
#define RSP_9A   "80010000000a0000009a"

static const enum port P = PORT_MSSIM, C = PORT_MSSIM_PLATFORM;

/* --- conversations -------------------------------------------------------- */

static const struct talk talks[] = {
	/* clang-format off */
/* name                  port           power in                             out                       then               engine */
{ "power on",            PORT_MSSIM_PLATFORM, OFF, "00000001",                    "00000000",               THEN_CONTINUE,     "power_on nv(1) " },
{ "power off",           PORT_MSSIM_PLATFORM, ON,  "00000002",                    "00000000",               THEN_CONTINUE,     "power_off " },
{ "power off when off",  PORT_MSSIM_PLATFORM, OFF, "00000002",                    "00000000",               THEN_CONTINUE,     "power_off " },
{ "presence on",         PORT_MSSIM_PLATFORM, ON,  "00000003",                    "00000000",               THEN_CONTINUE,     "presence(1) " },
{ "presence off",        PORT_MSSIM_PLATFORM, OFF, "00000004",                    "00000000",               THEN_CONTINUE,     "presence(0) " },
{ "hash sequence",       PORT_MSSIM,  ON,  "0000000500000006000000036162630000000600000000" "00000007", "00000000000000000000000000000000", THEN_CONTINUE, "hash_start hash_data(3) hash_data(0) hash_end " },
{ "hash when off",       PORT_MSSIM,  OFF, "00000005",                    "00000000",               THEN_CONTINUE,     NULL },
{ "hash data too long",  PORT_MSSIM,  ON,  "0000000600100001",            "",                       THEN_CLOSE,        "" },
{ "hash data absurd",    PORT_MSSIM,  ON,  "00000006ffffffff",            "",                       THEN_CLOSE,        "" },
{ "command",             PORT_MSSIM,  ON,  "00000008" "00" "0000000c" CMD_GETRANDOM, "0000000a" RSP_OK "00000000", THEN_CONTINUE, "process(0,12) " },
{ "command locality 3",  PORT_MSSIM,  ON,  "00000008" "03" "0000000c" CMD_GETRANDOM, "0000000a" RSP_OK "00000000", THEN_CONTINUE, "process(3,12) " },
{ "command when off",    PORT_MSSIM,  OFF, "00000008" "00" "0000000c" CMD_GETRANDOM, "0000000000000000", THEN_CONTINUE, NULL },
{ "command of no bytes", PORT_MSSIM,  ON,  "00000008" "00" "00000000",    "0000000a" RSP_9A "00000000", THEN_CONTINUE, "process(0,0) " },
{ "command of 6 bytes",  PORT_MSSIM,  ON,  "00000008" "00" "00000006" "80010000000c", "0000000a" RSP_142 "00000000", THEN_CONTINUE, "process(0,6) " },
{ "command above 1 MiB", PORT_MSSIM,  ON,  "00000008" "00" "00100001",    "",                       THEN_CLOSE,        "" },
{ "command absurd",      PORT_MSSIM,  ON,  "00000008" "00" "ffffffff",    "",                       THEN_CLOSE,        "" },
{ "libtpms fails",       PORT_MSSIM,  ON,  "00000008" "00" "0000000a" "80010000000a0000ffff", "0000000a" RSP_101 "00000000", THEN_CONTINUE, NULL },
{ "cancel on",           PORT_MSSIM_PLATFORM, ON,  "00000009",                    "00000000",               THEN_CONTINUE,     "cancel(1) " },
{ "cancel off",          PORT_MSSIM_PLATFORM, ON,  "0000000a",                    "00000000",               THEN_CONTINUE,     "cancel(0) " },
{ "nv on",               PORT_MSSIM_PLATFORM, ON,  "0000000b",                    "00000000",               THEN_CONTINUE,     "nv(1) " },
{ "nv off",              PORT_MSSIM_PLATFORM, ON,  "0000000c",                    "00000000",               THEN_CONTINUE,     "nv(0) " },
{ "key cache",           PORT_MSSIM_PLATFORM, ON,  "0000000d0000000e",            "0000000000000000",       THEN_CONTINUE,     "" },
{ "handshake",           PORT_MSSIM,  ON,  "0000000f00000001",            "000000010000000d00000000", THEN_CONTINUE,   "" },
{ "handshake when off",  PORT_MSSIM,  OFF, "0000000f00000002",            "000000010000000d00000000", THEN_CONTINUE,   "" },
{ "handshake version 0", PORT_MSSIM,  ON,  "0000000f00000000",            "",                       THEN_CLOSE,        "" },
{ "alternative result",  PORT_MSSIM,  ON,  "0000001000000001",            "00000000",               THEN_CONTINUE,     "" },
{ "reset",               PORT_MSSIM_PLATFORM, ON,  "00000011",                    "00000000",               THEN_CONTINUE,     "reset " },
{ "restart",             PORT_MSSIM_PLATFORM, ON,  "00000012",                    "00000000",               THEN_CONTINUE,     "" },
{ "session end P",       PORT_MSSIM,  ON,  "00000014",                    "",                       THEN_CLOSE,        "" },
{ "session end C",       PORT_MSSIM_PLATFORM, ON,  "00000014",                    "",                       THEN_CLOSE,        "" },
{ "stop P",              PORT_MSSIM,  ON,  "00000015",                    "",                       THEN_STOP_SERVER,  "" },
{ "stop C",              PORT_MSSIM_PLATFORM, ON,  "00000015",                    "",                       THEN_STOP_PORT,    "" },
{ "act signaled",        PORT_MSSIM_PLATFORM, ON,  "0000001a40000110",            "0000000000000000",       THEN_CONTINUE,     "" },
{ "test failure",        PORT_MSSIM_PLATFORM, ON,  "0000001e",                    "00000000",               THEN_CONTINUE,     "test_failure " },
{ "firmware hash, svn",  PORT_MSSIM_PLATFORM, ON,  "00000023123456780000002400000005", "0000000000000000",  THEN_CONTINUE,     "" },
{ "unknown on P",        PORT_MSSIM,  ON,  "00000063",                    "",                       THEN_CLOSE,        "" },
{ "unknown on C",        PORT_MSSIM_PLATFORM, ON,  "00000063",                    "00000001",               THEN_CLOSE,        "" },
{ "zero on P",           PORT_MSSIM,  OFF, "00000000",                    "",                       THEN_CLOSE,        "" },
{ "zero on C",           PORT_MSSIM_PLATFORM, OFF, "00000000",                    "00000001",               THEN_CLOSE,        "" },
{ "signal on P",         PORT_MSSIM,  ON,  "00000001",                    "",                       THEN_CLOSE,        "" },
{ "command on C",        PORT_MSSIM_PLATFORM, ON,  "00000008",                    "00000001",               THEN_CLOSE,        "" },
{ "TSS.Java: 4, signal", PORT_MSSIM_PLATFORM, ON,  "0000000400000001" "000000040000000b", "00000000000000000000000000000000", THEN_CONTINUE, "presence(0) power_on nv(1) presence(0) nv(1) " },
{ "pipelined, then end", PORT_MSSIM,  ON,  "00000008" "00" "0000000c" CMD_GETRANDOM "00000008" "04" "0000000c" CMD_GETRANDOM "00000014" "00000008", "0000000a" RSP_OK "00000000" "0000000a" RSP_OK "00000000", THEN_CLOSE, "process(0,12) process(4,12) " },
{ "raw",                 PORT_MSSIM,  ON,  CMD_GETRANDOM,                 RSP_OK,                   THEN_CONTINUE,     "process(0,12) " },
{ "raw, sessions tag",   PORT_MSSIM,  ON,  "80020000000a00000144",        RSP_OK,                   THEN_CONTINUE,     "process(0,10) " },
{ "raw, two",            PORT_MSSIM,  ON,  CMD_GETRANDOM CMD_GETRANDOM,   RSP_OK RSP_OK,            THEN_CONTINUE,     "process(0,12) process(0,12) " },
{ "raw, other tag next", PORT_MSSIM,  ON,  CMD_GETRANDOM "00c10000000a00000144", RSP_OK RSP_OK,     THEN_CONTINUE,     "process(0,12) process(0,10) " },
{ "raw when off",        PORT_MSSIM,  OFF, CMD_GETRANDOM,                 RSP_101,                  THEN_CONTINUE,     NULL },
{ "raw, size 9",         PORT_MSSIM,  ON,  "8001000000090000017b",        RSP_142,                  THEN_CLOSE,        "" },
{ "raw, size 4097",      PORT_MSSIM,  ON,  "8001000010010000017b",        RSP_142,                  THEN_CLOSE,        "" },
{ "raw, size absurd",    PORT_MSSIM,  ON,  "8001ffffffff0000017b",        RSP_142,                  THEN_CLOSE,        "" },
{ "raw tag 8003 is not", PORT_MSSIM,  ON,  "8003000000090000017b",        "",                       THEN_CLOSE,        "" },
{ "no raw on C",         PORT_MSSIM_PLATFORM, ON,  CMD_GETRANDOM,                 "00000001",               THEN_CLOSE,        "" },
	/* clang-format on */
};

static void
test_talks(void **state)
{
	for (size_t i = 0; i < N_OF(talks); i++)
		play(&talks[i], 4096, fake_reset);
}

static void
test_talks_in_pieces(void **state)
{
	for (size_t i = 0; i < N_OF(talks); i++) {
		for (size_t piece = 1; piece < 14; piece++)
			play(&talks[i], piece, fake_reset);
	}
}

/* --- every row ------------------------------------------------------------ */

static void
put_request(struct buf *b, const struct wire_cmd *cmd, uint32_t n)
{
	assert_int_equal(buf_put_u32(b, cmd->code), 0);
	for (unsigned i = 0; i < cmd->fixed; i++)
		assert_int_equal(buf_put_u8(b, 0), 0);
	if (cmd->var_max > 0)
		buf_set_u32(b, b->n - 4, n);
}

/* A whole request is found with its parts; each shorter one asks for more. */
static void
check_cuts(enum port port, const struct wire_cmd *cmd)
{
	auto_buf b = BUF_INIT(64);
	uint32_t body = cmd->var_max > 0 ? 12 : 0;
	struct wire_request r;

	put_request(&b, cmd, body);
	assert_non_null(buf_room(&b, body + 1));
	memset(b.p + b.n - body - 1, 0, body + 1);
	for (size_t n = 0; n < b.n - 1; n++) {
		struct wire_session s = { .port = port };

		assert_int_equal(
		    wire_parse(&s, (struct span){ b.p, n }, &r, NULL), 0);
	}
	for (size_t n = b.n - 1; n <= b.n; n++) {
		struct wire_session s = { .port = port };

		assert_int_equal(
		    wire_parse(&s, (struct span){ b.p, n }, &r, NULL), 1);
		assert_ptr_equal(r.cmd, cmd);
		assert_int_equal(r.used, b.n - 1);
		assert_int_equal(r.fixed.n, cmd->fixed);
		assert_int_equal(r.body.n, body);
	}
}

static void
check_limit(enum port port, const struct wire_cmd *cmd)
{
	static const uint32_t over[] = { 1, 2, 0x7fefffff, 0xffefffff };
	struct wire_session s = { .port = port };
	struct wire_request r;

	for (size_t i = 0; cmd->var_max > 0 && i < N_OF(over); i++) {
		auto_buf b = BUF_INIT(64);
		struct err e = ERR_INIT;

		put_request(&b, cmd, cmd->var_max + over[i]);
		assert_int_equal(wire_parse(&s, buf_span(&b), &r, &e), -1);
		assert_int_equal(e.code, E_LIMIT);
		assert_non_null(strstr(e.msg, cmd->name));
	}
}

static void
each_row(void (*check)(enum port, const struct wire_cmd *))
{
	for (size_t i = 0; i < mssim_n_cmds; i++) {
		const struct wire_cmd *cmd = &mssim_cmds[i];

		if (cmd->ports & PORT_MSSIM)
			check(PORT_MSSIM, cmd);
		if (cmd->ports & PORT_MSSIM_PLATFORM)
			check(PORT_MSSIM_PLATFORM, cmd);
	}
}

static void
test_row_cuts(void **state)
{
	each_row(check_cuts);
}

static void
test_row_limits(void **state)
{
	each_row(check_limit);
}

static enum wire_then
run_row(enum port port, const struct wire_cmd *cmd, struct buf *reply)
{
	auto_buf b = BUF_INIT(64);
	struct wire_session s = { .port = port };
	enum wire_then then;

	put_request(&b, cmd, 0);
	assert_int_equal(feed(&s, buf_span(&b), reply, &then), b.n);
	return then;
}

/* In every power state, a row either closes without a byte, or its reply ends
 * with the word 0. */
static void
check_states(enum port port, const struct wire_cmd *cmd)
{
	for (int on = 0; on <= 1; on++) {
		auto_buf reply = BUF_INIT(REPLY_CAP);
		enum wire_then then;

		fake_reset(on);
		then = run_row(port, cmd, &reply);
		if (then != THEN_CONTINUE) {
			assert_int_equal(reply.n, 0);
			continue;
		}
		assert_true(reply.n >= 4 && reply.n % 2 == 0);
		assert_memory_equal(reply.p + reply.n - 4, "\0\0\0", 4);
	}
}

static void
test_row_states(void **state)
{
	each_row(check_states);
}

static void
test_rows_sound(void **state)
{
	for (size_t i = 0; i < mssim_n_cmds; i++) {
		const struct wire_cmd *a = &mssim_cmds[i];

		assert_non_null(a->run);
		assert_true(a->name[0] != '\0' && a->help[0] != '\0');
		assert_true(a->var_max == 0 || a->fixed >= 4);
		assert_true(a->var_max <= MAX_MSSIM_BODY);
		for (size_t j = 0; j < i; j++)
			assert_false(mssim_cmds[j].code == a->code &&
				     (mssim_cmds[j].ports & a->ports));
	}
}

/* Each code that no row of the port has. */
static void
check_unknown(enum port port, uint32_t code)
{
	auto_buf in = BUF_INIT(4);
	auto_buf reply = BUF_INIT(REPLY_CAP);
	struct wire_session s = { .port = port };
	enum wire_then then;

	for (size_t i = 0; i < mssim_n_cmds; i++) {
		if (mssim_cmds[i].code == code && (mssim_cmds[i].ports & port))
			return;
	}
	assert_int_equal(buf_put_u32(&in, code), 0);
	assert_int_equal(feed(&s, buf_span(&in), &reply, &then), 4);
	assert_int_equal(then, THEN_CLOSE);
	assert_int_equal(reply.n, port == C ? 4 : 0);
	if (port == C)
		assert_memory_equal(reply.p, "\0\0\0\1", 4);
}

static void
test_unknown_codes(void **state)
{
	for (uint32_t code = 0; code < 300; code++) {
		check_unknown(P, code);
		check_unknown(C, code);
		check_unknown(C, code << 24);
	}
	check_unknown(P, 0xffffffff);
	check_unknown(C, 0xffffffff);
}

/* --- the rest ------------------------------------------------------------- */

/* 4097 bytes up to 1 MiB: taken, and answered as a TPM does; the engine is not
 * asked. Off: no bytes, as for any command. */
static void
test_long_body(void **state)
{
	static const uint32_t sizes[] = { MAX_TPM_COMMAND, MAX_TPM_COMMAND + 1,
		MAX_MSSIM_BODY };
	static const char *const outs[][2] = {
		{ "0000000000000000", "0000000a" RSP_OK "00000000" },
		{ "0000000000000000", "0000000a" RSP_142 "00000000" },
		{ "0000000000000000", "0000000a" RSP_142 "00000000" },
	};

	for (size_t i = 0; i < 2 * N_OF(sizes); i++) {
		auto_buf b = BUF_INIT(MAX_MSSIM_BODY + 64);
		auto_buf want = BUF_INIT(64);
		auto_buf reply = BUF_INIT(REPLY_CAP);
		struct wire_session s = { .port = PORT_MSSIM };
		uint32_t n = sizes[i / 2];
		enum wire_then then;

		fake_reset(i % 2);
		from_hex("0000000800", &b);
		assert_int_equal(buf_put_u32(&b, n), 0);
		memset(buf_room(&b, n), 0x5a, n);
		from_hex(outs[i / 2][i % 2], &want);
		assert_int_equal(feed(&s, buf_span(&b), &reply, &then), b.n);
		assert_int_equal(then, THEN_CONTINUE);
		assert_true(span_eq(buf_span(&reply), buf_span(&want)));
		assert_int_equal(fake.n_run, n > MAX_TPM_COMMAND ? 0 : 1);
	}
}

static void
run_hex(enum port port, const char *hex, const char *out)
{
	auto_buf in = BUF_INIT(8192);
	auto_buf want = BUF_INIT(8192);
	auto_buf reply = BUF_INIT(REPLY_CAP);
	struct wire_session s = { .port = port };
	enum wire_then then;

	from_hex(hex, &in);
	from_hex(out, &want);
	assert_int_equal(feed(&s, buf_span(&in), &reply, &then), in.n);
	assert_true(span_eq(buf_span(&reply), buf_span(&want)));
}

/* Sizes little endian, codes as on the wire, and zeros after the read. */
static void
test_sizes(void **state)
{
	static const char zeros[] = "00000010"
				    "00000000000000000000000000000000"
				    "00000000";
	auto_buf reply = BUF_INIT(REPLY_CAP);

	fake_reset(true);
	run_row(C, &mssim_cmds[0], &reply);
	for (size_t i = 0; i < mssim_n_cmds; i++) {
		if (mssim_cmds[i].code == 25)
			run_row(C, &mssim_cmds[i], &reply);
	}
	run_hex(C, "00000019", zeros);
	run_hex(P,
	    "00000008"
	    "00"
	    "0000000c" CMD_GETRANDOM,
	    "0000000a" RSP_OK "00000000");
	run_hex(P,
	    "00000008"
	    "00"
	    "00000006"
	    "80010000000c",
	    "0000000a" RSP_142 "00000000");
	run_hex(C, "00000019",
	    "00000010"
	    "0c000000"
	    "0000017b"
	    "0a000000"
	    "00000000"
	    "00000000");
	run_hex(C, "00000019", zeros);
}

/* A TPM that does not come up: the word of an operation that failed. */
static void
test_power_fails(void **state)
{
	fake_reset(false);
	fake.broken = true;
	run_hex(C,
	    "00000001"
	    "00000011"
	    "0000000d",
	    "00000001"
	    "00000001"
	    "00000000");
	assert_string_equal(fake.calls, "");
}

/* A response as long as they get fits the frame. */
static void
test_biggest_response(void **state)
{
	auto_buf in = BUF_INIT(64);
	auto_buf reply = BUF_INIT(REPLY_CAP);
	struct wire_session s = { .port = PORT_MSSIM };
	enum wire_then then;

	fake_reset(true);
	from_hex("00000008"
		 "00"
		 "0000000a"
		 "80010000000a0000017a",
	    &in);
	assert_int_equal(feed(&s, buf_span(&in), &reply, &then), in.n);
	assert_int_equal(then, THEN_CONTINUE);
	assert_int_equal(reply.n, 4 + MAX_TPM_RESPONSE + 4);
	assert_memory_equal(reply.p, "\0\0\x10", 4);
}

/* What the server asks before it runs a request elsewhere. */
static void
test_long(void **state)
{
	static const struct {
		const char *in;
		bool is, raw;
		size_t n; /* of the TPM command in it */
	} rows[] = {
		{ "00000008"
		  "02"
		  "0000000a" CMD_LONG,
		    true, false, 10 },
		{ "00000008"
		  "02"
		  "0000000c" CMD_GETRANDOM,
		    false, false, 12 },
		{ CMD_LONG, true, true, 10 },
		{ "00000006"
		  "0000000a" CMD_LONG,
		    false, false, 0 },
		{ "00000005", false, false, 0 },
		{ "00000063", false, false, 0 },
		{ "80010000000900000131", false, true, 0 },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		auto_buf in = BUF_INIT(64);
		struct wire_session s = { .port = PORT_MSSIM };
		struct wire_request r;

		from_hex(rows[i].in, &in);
		assert_int_equal(wire_parse(&s, buf_span(&in), &r, NULL), 1);
		assert_int_equal(r.raw, rows[i].raw);
		assert_int_equal(wire_is_long(&r), rows[i].is);
		assert_int_equal(wire_command(&r).n, rows[i].n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_talks),
		cmocka_unit_test(test_talks_in_pieces),
		cmocka_unit_test(test_rows_sound),
		cmocka_unit_test(test_row_cuts),
		cmocka_unit_test(test_row_limits),
		cmocka_unit_test(test_row_states),
		cmocka_unit_test(test_unknown_codes),
		cmocka_unit_test(test_long_body),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_power_fails),
		cmocka_unit_test(test_biggest_response),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
