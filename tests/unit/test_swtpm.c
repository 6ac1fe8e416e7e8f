/* swtpm's control and data channel as a codec, on a TPM of strings. */
#include "sim/tpm/store.h"
#include "sim/tpm/swtpm.h"
#include "tests/unit/memstore.h"
#include "tests/unit/talk.h"

#define CMD_SHUTDOWN "80010000000c000001450001"
#define RSP_907      "80010000000a00000907"
/* A migration container around "abcd", and around what does not come up. */
#define BLOB_ABCD                                                              \
	"0201000a00040000001a"                                                 \
	"00040000000a"                                                         \
	"000100000004"                                                         \
	"61626364"
#define BLOB_BAD                                                               \
	"0201000a00040000001a"                                                 \
	"00040000000a"                                                         \
	"000100000004"                                                         \
	"21626364"

/* --- conversations -------------------------------------------------------- */

#define ON   true
#define OFF  false
#define CTRL PORT_SWTPM_CTRL
#define DATA PORT_SWTPM_DATA
static const struct talk talks[] = {
	/* clang-format off */
/* name                   port  power in                                out                  then              engine */
{ "capabilities",         CTRL, OFF, "00000001",                        "000000000001ffff",  THEN_CONTINUE,    "" },
{ "init",                 CTRL, OFF, "0000000200000000",                "00000000",          THEN_CONTINUE,    "power_on " },
{ "init when on",         CTRL, ON,  "0000000200000001",                "00000000",          THEN_CONTINUE,    "power_off power_on " },
{ "stop",                 CTRL, ON,  "0000000e",                        "00000000",          THEN_CONTINUE,    "power_off " },
{ "stop when off",        CTRL, OFF, "0000000e0000000e",                "0000000000000000",  THEN_CONTINUE,    "" },
{ "shutdown",             CTRL, ON,  "0000000300000001",                "00000000",          THEN_STOP_SERVER, "" },
{ "established",          CTRL, ON,  "00000004",                        "0000000000000000",  THEN_CONTINUE,    "" },
{ "established when off", CTRL, OFF, "00000004",                        "0000000a00000000",  THEN_CONTINUE,    "" },
{ "locality",             CTRL, OFF, "0000000504",                      "00000000",          THEN_CONTINUE,    "" },
{ "locality 5",           CTRL, OFF, "0000000505",                      "0000003d",          THEN_CONTINUE,    "" },
{ "locality, padded",     CTRL, OFF, "0000000503000000" "00000001",     "00000000" "000000000001ffff", THEN_CONTINUE, "" },
{ "locality, then padded", CTRL, OFF, "0000000503" "0000000502000000" "0000000505", "00000000000000000000003d", THEN_CONTINUE, "" },
{ "hash",                 CTRL, ON,  "00000006" "00000007" "00000003" "616263" "00000008", "000000000000000000000000", THEN_CONTINUE, "hash_start hash_data(3) hash_end " },
{ "hash when off",        CTRL, OFF, "00000006" "00000008",             "0000000a0000000a",  THEN_CONTINUE,    "" },
{ "hash data too long",   CTRL, ON,  "00000007" "00100001" "61",        "00000011",          THEN_CLOSE,       "" },
{ "cancel, nothing runs", CTRL, ON,  "00000009",                        "00000000",          THEN_CONTINUE,    "" },
{ "cancel when off",      CTRL, OFF, "00000009",                        "0000000a",          THEN_CONTINUE,    "" },
{ "reset established",    CTRL, ON,  "0000000b03" "0000000b00000000" "0000000b05", "000000000000003d0000003d", THEN_CONTINUE, "reset_established(3) reset_established(0) " },
{ "get blob when off",    CTRL, OFF, "0000000c" "00000000" "00000001" "00000000", "0000000a" "00000000" "00000000" "00000000", THEN_CONTINUE, "" },
{ "get blob of kind 0",   CTRL, ON,  "0000000c" "00000000" "00000000" "00000000", "00000003" "00000000" "00000000" "00000000", THEN_CONTINUE, "" },
{ "get blob of kind 4",   CTRL, ON,  "0000000c" "00000000" "00000004" "00000000", "00000003" "00000000" "00000000" "00000000", THEN_CONTINUE, "" },
{ "get permanent",        CTRL, ON,  "0000000c" "00000001" "00000001" "00000000", "00000000" "00000000" "0000001a" "0000001a" BLOB_ABCD, THEN_CONTINUE, "" },
{ "and from offset 22",   CTRL, ON,  "0000000c" "00000001" "00000001" "00000016", "00000000" "00000000" "0000001a" "00000004" "61626364", THEN_CONTINUE, "" },
{ "and from its end",     CTRL, ON,  "0000000c" "00000001" "00000001" "0000001a", "00000000" "00000000" "0000001a" "00000000", THEN_CONTINUE, "" },
{ "and from beyond",      CTRL, ON,  "0000000c" "00000001" "00000001" "0000001b", "00000003" "00000000" "00000000" "00000000", THEN_CONTINUE, "" },
{ "get savestate",        CTRL, ON,  "0000000c" "00000001" "00000003" "00000000", "00000800" "00000000" "00000000" "00000000", THEN_CONTINUE, "" },
{ "get volatile",         CTRL, ON,  "0000000c" "00000001" "00000002" "00000016", "00000000" "00000000" "0000001e" "00000008" "766f6c6174696c65", THEN_CONTINUE, "" },
{ "set blob when on",     CTRL, ON,  "0000000d" "00000001" "00000001" "0000001a" BLOB_ABCD, "0000000a", THEN_CONTINUE, "" },
{ "set permanent",        CTRL, OFF, "0000000d" "00000001" "00000001" "0000001a" BLOB_ABCD, "00000000", THEN_CONTINUE, "" },
{ "set, not taken",       CTRL, OFF, "0000000d" "00000001" "00000001" "0000001a" BLOB_BAD,  "00000003", THEN_CONTINUE, "" },
{ "set, encrypted",       CTRL, OFF, "0000000d" "00000002" "00000001" "0000001a" BLOB_ABCD, "0000000d", THEN_CONTINUE, "" },
{ "set savestate",        CTRL, OFF, "0000000d" "00000001" "00000003" "0000001a" BLOB_ABCD, "00000003", THEN_CONTINUE, "" },
{ "set nothing",          CTRL, OFF, "0000000d" "00000001" "00000001" "00000000", "00000000", THEN_CONTINUE, "" },
{ "set no volatile",      CTRL, OFF, "0000000d" "00000000" "00000002" "00000000", "00000000", THEN_CONTINUE, "" },
{ "set no savestate",     CTRL, OFF, "0000000d" "00000000" "00000003" "00000000", "00000000", THEN_CONTINUE, "" },
{ "set none of kind 4",   CTRL, OFF, "0000000d" "00000000" "00000004" "00000000", "00000003", THEN_CONTINUE, "" },
{ "set too much",         CTRL, OFF, "0000000d" "00000001" "00000001" "00080401", "00000011", THEN_CLOSE,    "" },
{ "store volatile",       CTRL, ON,  "0000000a",                        "00000000",          THEN_CONTINUE,    "" },
{ "store volatile, off",  CTRL, OFF, "0000000a",                        "0000000a",          THEN_CONTINUE,    "" },
{ "config",               CTRL, OFF, "0000000f",                        "0000000000000000",  THEN_CONTINUE,    "" },
{ "data fd, none came",   CTRL, OFF, "00000010",                        "00000003",          THEN_CONTINUE,    "" },
{ "buffer size",          CTRL, ON,  "0000001100000000",                "00000000000010000000006400001000", THEN_CONTINUE, "" },
{ "buffer size when on",  CTRL, ON,  "0000001100000f80",                "0000000a",          THEN_CONTINUE,    "" },
{ "buffer size 1",        CTRL, OFF, "0000001100000001",                "00000000000000640000006400001000", THEN_CONTINUE, "" },
{ "buffer size, most",    CTRL, OFF, "00000011ffffffff",                "00000000000010000000006400001000", THEN_CONTINUE, "" },
{ "info 0",               CTRL, OFF, "00000012" "0000000000000000" "00000000" "00000000", "00000000" "00000001" "00000001" "00", THEN_CONTINUE, "" },
{ "info 3, offset 2",     CTRL, OFF, "00000012" "0000000000000003" "00000002" "00000000", "00000000" "00000004" "00000002" "6900", THEN_CONTINUE, "" },
{ "info, beyond",         CTRL, OFF, "00000012" "0000000000000003" "00000004" "00000000", "00000003", THEN_CONTINUE, "" },
{ "lock",                 CTRL, OFF, "00000013" "0000012c",             "00000000",          THEN_CONTINUE,    "" },
{ "unknown",              CTRL, ON,  "00000014" "00000000" "80010000",  "0000000a0000000a0000000a", THEN_CONTINUE, "" },
{ "data",                 DATA, ON,  CMD_GETRANDOM CMD_GETRANDOM,       RSP_OK RSP_OK,       THEN_CONTINUE,    "process(0,12) process(0,12) " },
{ "data, header",         DATA, ON,  "00000008" "03" "0000000c" CMD_GETRANDOM CMD_GETRANDOM, "0000000a" RSP_OK "00000000" RSP_OK, THEN_CONTINUE, "process(3,12) process(0,12) " },
{ "data, off",            DATA, OFF, CMD_GETRANDOM,                     RSP_101,             THEN_CONTINUE,    "" },
{ "data, header, off",    DATA, OFF, "00000008" "00" "0000000c" CMD_GETRANDOM, "0000000a" RSP_101 "00000000", THEN_CONTINUE, "" },
{ "data, TPM 1.2",        DATA, ON,  "00c10000000a0000000a",            RSP_OK,              THEN_CONTINUE,    "process(0,10) " },
{ "data, size 9",         DATA, ON,  "8001000000090000017b",            RSP_142,             THEN_CLOSE,       "" },
{ "data, size 4097",      DATA, ON,  "8001000010010000017b",            RSP_142,             THEN_CLOSE,       "" },
{ "data, other code",     DATA, ON,  "00000001",                        "",                  THEN_CLOSE,       "" },
{ "data, SetLocality",    DATA, ON,  "80010000000b2000100003",          RSP_OK,              THEN_CONTINUE,    "process(0,11) " },
	/* clang-format on */
};

static void
reset_all(bool power)
{
	const struct swtpm_options o = { .store = store };

	fake_reset(power);
	swtpm_configure(&o);
	assert_int_equal(
	    store_write(store, "permall", SPAN_STR("abcd"), NULL), 0);
}

static void
test_talks(void **state)
{
	for (size_t i = 0; i < N_OF(talks); i++)
		play(&talks[i], 4096, reset_all);
}

/* Cut at every octet; SET_LOCALITY's padding may come later than its reply. */
static void
test_talks_in_pieces(void **state)
{
	for (size_t piece = 1; piece < 12; piece++)
		for (size_t i = 0; i < N_OF(talks); i++)
			play(&talks[i], piece, reset_all);
}

/* --- the table ------------------------------------------------------------ */

/* A row's request, one octet short at least, is waited for. */
static void
test_rows_wait(void **state)
{
	for (size_t i = 0; i < swtpm_n_cmds; i++) {
		const struct wire_cmd *cmd = &swtpm_cmds[i];
		auto_buf in = BUF_INIT(64);

		assert_int_equal(buf_put_u32(&in, cmd->code), 0);
		memset(buf_room(&in, cmd->fixed), 0, cmd->fixed);
		for (size_t n = 0; n < in.n; n++) {
			struct wire_session s = { .port = PORT_SWTPM_CTRL };
			struct wire_request r;

			assert_int_equal(
			    wire_parse(&s, (struct span){ in.p, n }, &r, NULL),
			    0);
		}
	}
}

/* Codes without a gap and without a twin, a bit each, and no row that a client
 * without state could get to run on the wrong power. */
static void
test_rows_sound(void **state)
{
	for (size_t i = 0; i < swtpm_n_cmds; i++) {
		const struct wire_cmd *cmd = &swtpm_cmds[i];
		struct wire_request r = { .cmd = cmd, .port = PORT_SWTPM_CTRL };
		auto_buf reply = BUF_INIT(64);

		assert_int_equal(cmd->code, i + 1);
		assert_true(i == 0 || cmd->capability != 0);
		assert_true(cmd->fixed <= MAX_WIRE_FIXED);
		assert_true(cmd->pad <= 3);
		fake_reset(cmd->power == POWER_OFF);
		assert_int_equal(
		    swtpm_may_run(&r, &reply), cmd->power == POWER_ANY);
		if (cmd->power != POWER_ANY)
			assert_int_equal(reply.n,
			    cmd->error_size != 0 ? cmd->error_size : 4);
	}
}

/* --- what outlasts a request ---------------------------------------------- */

static void
talk(enum port port, bool whole_writes, const char *in, const char *out)
{
	struct wire_session s = { .port = port, .whole_writes = whole_writes };
	auto_buf bytes = BUF_INIT(8192);
	auto_buf want = BUF_INIT(8192);
	auto_buf reply = BUF_INIT(MAX_WIRE_REPLY);
	enum wire_then then;

	from_hex(in, &bytes);
	from_hex(out, &want);
	assert_int_equal(feed(&s, buf_span(&bytes), &reply, &then), bytes.n);
	assert_true(span_eq(buf_span(&reply), buf_span(&want)));
}

static void
test_locality(void **state)
{
	struct swtpm_options o = { .store = store,
		.allow_set_locality = true,
		.reject_locality_4 = true };

	reset_all(true);
	swtpm_configure(&o);
	talk(CTRL, false, "0000000503", "00000000");
	talk(DATA, false, CMD_GETRANDOM, RSP_OK);
	talk(CTRL, false, "0000000504", "0000003d");
	talk(DATA, false, CMD_GETRANDOM, RSP_OK);
	talk(
	    DATA, false, "80010000000b2000100001" CMD_GETRANDOM, RSP_OK RSP_OK);
	talk(DATA, false, "80010000000b2000100004", RSP_907);
	talk(DATA, false, "80010000000a20001000", RSP_142);
	talk(DATA, false, "80010000000c200010000000", RSP_142);
	talk(DATA, false, CMD_GETRANDOM, RSP_OK);
	assert_string_equal(fake.calls, "process(3,12) process(3,12) "
					"process(1,12) process(1,12) ");
}

/* A guest's sizes do not lose the next command. */
static void
test_whole_writes(void **state)
{
	reset_all(true);
	talk(DATA, true, "800100000006", RSP_142);
	talk(DATA, true, "8001000000070a", RSP_142);
	talk(DATA, true, "8001ffffffff0000017b00112233", RSP_142);
	talk(DATA, true, "800100000000", RSP_142);
	talk(DATA, true, CMD_GETRANDOM, RSP_OK);
}

/* A TPM whose last command was none gets its TPM2_Shutdown. */
static void
test_auto_shutdown(void **state)
{
	struct swtpm_options o = { .store = store };

	reset_all(true);
	talk(DATA, false, CMD_GETRANDOM, RSP_OK);
	talk(CTRL, false, "0000000e", "00000000");
	assert_string_equal(
	    fake.calls, "process(0,12) process(0,12) power_off ");
	reset_all(true);
	o.no_auto_shutdown = true;
	swtpm_configure(&o);
	talk(DATA, false, CMD_GETRANDOM, RSP_OK);
	talk(CTRL, false, "0000000e", "00000000");
	assert_string_equal(fake.calls, "process(0,12) power_off ");
}

/* Who has let go of the state leaves it alone, until it goes on. */
static void
test_released(void **state)
{
	struct swtpm_options o = { .store = store,
		.release_lock_outgoing = true };

	for (int goes_on = 0; goes_on < 2; goes_on++) {
		reset_all(true);
		swtpm_configure(&o);
		talk(DATA, false, CMD_GETRANDOM, RSP_OK);
		talk(CTRL, false,
		    "0000000c"
		    "00000000"
		    "00000003"
		    "00000000",
		    "00000800"
		    "00000000"
		    "00000000"
		    "00000000");
		if (goes_on)
			talk(CTRL, false, "0000001300000000", "00000000");
		talk(CTRL, false, "0000000e", "00000000");
		assert_string_equal(fake.calls,
		    goes_on ? "process(0,12) process(0,12) power_off "
			    : "process(0,12) power_off ");
	}
}

/* INIT tries a state that nobody has tried, and makes no TPM where there is
 * none, unless somebody provisions it. */
static void
test_untried(void **state)
{
	struct swtpm_options o = { .store = store, .untried = true };

	reset_all(false);
	swtpm_configure(&o);
	fake.broken = true;
	talk(CTRL, false, "0000000200000000", "00000101");
	talk(DATA, false, CMD_GETRANDOM, RSP_101);
	fake.broken = false;
	talk(CTRL, false, "0000000200000000", "00000000");
	talk(CTRL, false, "0000000e", "00000000");
	assert_int_equal(store_delete(store, "permall", NULL), 0);
	talk(CTRL, false, "0000000200000000", "00000009");
	assert_false(engine_is_on());
	o.bare_tpm = true;
	swtpm_configure(&o);
	talk(CTRL, false, "0000000200000000", "00000000");
}

static void
expect_state(const char *name, const char *want)
{
	auto_buf have = BUF_INIT(64);

	if (want == NULL) {
		assert_int_equal(store_read(store, name, &have, NULL), -1);
		return;
	}
	assert_int_equal(store_read(store, name, &have, NULL), 0);
	assert_true(span_eq(buf_span(&have), SPAN_STR(want)));
}

/* A new permanent state takes the volatile one with it; one that is refused
 * takes nothing. INIT with flag 1 removes what it has loaded. */
static void
test_states(void **state)
{
	reset_all(true);
	talk(CTRL, false, "0000000a", "00000000");
	expect_state("volatilestate", "volatile");
	talk(CTRL, false, "0000000e", "00000000");
	talk(CTRL, false, "0000000d00000001000000010000001a" BLOB_BAD,
	    "00000003");
	expect_state("volatilestate", "volatile");
	expect_state("permall", "abcd");
	talk(CTRL, false, "0000000d00000001000000010000001a" BLOB_ABCD,
	    "00000000");
	expect_state("volatilestate", NULL);
	talk(CTRL, false, "0000000d00000001000000020000001a" BLOB_ABCD,
	    "00000000");
	expect_state("volatilestate", "abcd");
	talk(CTRL, false, "0000000200000000", "00000000");
	expect_state("volatilestate", "abcd");
	talk(CTRL, false, "0000000200000001", "00000000");
	expect_state("volatilestate", NULL);
}

/* A container that is cut anywhere, or of another version, is refused. */
static bool
taken(struct span container)
{
	const struct blob_keys none = { NULL, NULL };
	auto_buf state = BUF_INIT(64);

	return blob_unwrap_migration(&none, false, container, &state, NULL) ==
	       0;
}

static void
test_bad_blobs(void **state)
{
	auto_buf blob = BUF_INIT(64);
	auto_buf ignored = BUF_INIT(64);

	from_hex(BLOB_ABCD, &blob);
	assert_true(taken(buf_span(&blob)));
	for (size_t n = 0; n < blob.n; n++)
		assert_false(taken((struct span){ blob.p, n }));
	/* Version and least version, header, flags, total, tags, lengths. */
	for (size_t i = 0; i < blob.n - 4; i++) {
		blob.p[i] ^= 0x80;
		/* A later version's, or a flag of one, for us. */
		assert_true(
		    !taken(buf_span(&blob)) || i == 0 || i == 4 || i == 5);
		blob.p[i] ^= 0x80;
	}
	assert_int_equal(
	    blob_unwrap(NULL, buf_span(&blob), &ignored, NULL), -1);
}

/* --- keys ------------------------------------------------------------------
 */

/* What a client gets for its flags, and gives back with others. */
static uint32_t
get_permanent(uint32_t flags, struct buf *blob)
{
	struct wire_session s = { .port = PORT_SWTPM_CTRL };
	auto_buf in = BUF_INIT(64), reply = BUF_INIT(MAX_WIRE_REPLY);
	enum wire_then then;
	struct span rest;
	uint32_t result = 1, got = 0, total = 0, n = 1;

	assert_true(!buf_put_u32(&in, 0x0c) && !buf_put_u32(&in, flags) &&
		    !buf_put_u32(&in, 1) && !buf_put_u32(&in, 0));
	(void)feed(&s, buf_span(&in), &reply, &then);
	rest = buf_span(&reply);
	assert_true(!span_get_u32(&rest, &result) && result == 0 &&
		    !span_get_u32(&rest, &got) &&
		    !span_get_u32(&rest, &total) && !span_get_u32(&rest, &n) &&
		    n == rest.n && total == n);
	assert_int_equal(buf_put(blob, rest), 0);
	return got;
}

static uint32_t
set_permanent(uint32_t flags, struct span blob)
{
	struct wire_session s = { .port = PORT_SWTPM_CTRL };
	auto_buf in = BUF_INIT(1024), reply = BUF_INIT(MAX_WIRE_REPLY);
	enum wire_then then;

	assert_true(!buf_put_u32(&in, 0x0d) && !buf_put_u32(&in, flags) &&
		    !buf_put_u32(&in, 1) &&
		    !buf_put_u32(&in, (uint32_t)blob.n) && !buf_put(&in, blob));
	(void)feed(&s, buf_span(&in), &reply, &then);
	assert_int_equal(reply.n, 4);
	return span_peek_u32(buf_span(&reply), 0);
}

static struct state_key *
key_of(const char *text, const char *mode)
{
	struct state_key *k;

	assert_int_equal(
	    state_key_from_key(SPAN_STR(text), "binary", mode, &k, NULL), 0);
	return k;
}

static void
serve_with(struct state_key *file, struct state_key *migration, const char *dir,
    struct store **ret)
{
	const struct store_options so = { .keys = { file, migration } };
	struct swtpm_options o = { .store = NULL };

	assert_int_equal(store_open_uri(dir, STORE_OWN, &so, ret, NULL), 0);
	o.store = *ret;
	fake_reset(false);
	swtpm_configure(&o);
}

static void
expect_permanent(struct store *s, const char *want)
{
	auto_buf have = BUF_INIT(64);

	assert_int_equal(store_read(s, "permall", &have, NULL), 0);
	assert_true(span_eq(buf_span(&have), SPAN_STR(want)));
}

static void
test_keys(void **state)
{
	auto_state_key file = key_of("0123456789abcdef", "aes-cbc");
	auto_state_key way = key_of("0123456789abcdef", "aes-128-cbc");
	auto_state_key wide =
	    key_of("0123456789abcdef0123456789abcdef", "aes-256-cbc");
	auto_state_key wrong = key_of("0123456789abcdeF", "aes-cbc");
	auto_buf sealed = BUF_INIT(512), plain = BUF_INIT(512);
	char dir[] = "/tmp/test-swtpm.XXXXXX", path[64];
	auto_store s = NULL;
	auto_store t = NULL;

	assert_non_null(mkdtemp(dir));
	serve_with(file, way, dir, &s);
	talk(CTRL, false, "0000000f", "0000000000000003");
	assert_int_equal(store_write(s, "permall", SPAN_STR("abcd"), NULL), 0);
	fake_reset(true);
	assert_int_equal(get_permanent(0, &sealed), 2);
	assert_int_equal(get_permanent(1, &plain), 0);
	assert_null(memmem(plain.p, plain.n, "abcd", 4));
	fake_reset(false);
	assert_int_equal(store_write(s, "permall", SPAN_STR("own"), NULL), 0);
	/* By the header, whatever the client says; but a flag is believed. */
	assert_int_equal(set_permanent(2, buf_span(&plain)), 3);
	sealed.p[sealed.n - 1] ^= 1;
	assert_int_equal(set_permanent(2, buf_span(&sealed)), 0x21);
	sealed.p[sealed.n - 1] ^= 1;
	expect_permanent(s, "own");
	assert_int_equal(set_permanent(0, buf_span(&sealed)), 0);
	expect_permanent(s, "abcd");
	assert_int_equal(store_write(s, "permall", SPAN_STR("own"), NULL), 0);
	assert_int_equal(set_permanent(1, buf_span(&plain)), 0);
	expect_permanent(s, "abcd");
	store_free(TAKE(s));
	(void)snprintf(path, sizeof(path), "%s/tpm2-00.permall", dir);
	assert_int_equal(unlink(path), 0);

	/* Without the keys, with another, with one of another size. */
	serve_with(NULL, NULL, dir, &t);
	talk(CTRL, false, "0000000f", "0000000000000000");
	assert_int_equal(set_permanent(0, buf_span(&plain)), 0x0d);
	store_free(TAKE(t));
	serve_with(file, wrong, dir, &t);
	assert_int_equal(set_permanent(0, buf_span(&plain)), 0x21);
	store_free(TAKE(t));
	serve_with(file, wide, dir, &t);
	assert_int_equal(set_permanent(0, buf_span(&plain)), 0x28);
	store_free(TAKE(t));
	serve_with(wrong, way, dir, &t);
	talk(CTRL, false, "0000000f", "0000000000000003");
	assert_int_equal(set_permanent(0, buf_span(&sealed)), 0x21);
	assert_int_equal(unlink(path), -1);
	store_free(TAKE(t));
	(void)snprintf(path, sizeof(path), "%s/.lock", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void
test_power_fails(void **state)
{
	reset_all(false);
	fake.broken = true;
	talk(CTRL, false, "0000000200000000", "00000101");
	assert_false(engine_is_on());
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_talks),
		cmocka_unit_test(test_talks_in_pieces),
		cmocka_unit_test(test_rows_wait),
		cmocka_unit_test(test_rows_sound),
		cmocka_unit_test(test_locality),
		cmocka_unit_test(test_whole_writes),
		cmocka_unit_test(test_auto_shutdown),
		cmocka_unit_test(test_released),
		cmocka_unit_test(test_untried),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_bad_blobs),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_power_fails),
	};

	return cmocka_run_group_tests(tests, open_store, close_store);
}
