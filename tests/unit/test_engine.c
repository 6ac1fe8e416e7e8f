/* The engine through libtpms: platform lines, identity, curves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include "odca/family.h"
#include "sim/base/limits.h"
#include "sim/tpm/tpmcmd.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/identity.h"
#include "sim/tpm/provision.h"
#include "sim/tpm/store.h"
#include "sim/base/tpm2.h"
#include "sim/tpm/wrap.h"

static struct store *store;

/* 0, or the test fails with the message. */
#define assert_ok(call)                                                        \
	do {                                                                   \
		if ((call) != 0)                                               \
			fail_msg("%s", e.msg);                                 \
	} while (0)

static uint32_t
run(const char *hex, struct buf *rsp)
{
	auto_buf command = BUF_INIT(MAX_TPM_COMMAND + 64);
	struct err e = ERR_INIT;

	buf_reset(rsp);
	assert_int_equal(hex_decode(hex, &command), 0);
	assert_int_equal(engine_process(0, buf_span(&command), rsp, &e), 0);
	return rsp->n == 0 ? UINT32_MAX : engine_response_code(buf_span(rsp));
}

#define STARTUP         "80010000000c000001440000"
#define SHUTDOWN        "80010000000c000001450000"
#define GET_RANDOM      "80010000000c0000017b0010"
#define SELF_TEST       "80010000000b0000014301"
#define GET_TEST_RESULT "80010000000a0000017c"
#define READ_CLOCK      "80010000000a00000181"
#define PASSWORD                                                               \
	"00000009"                                                             \
	"40000009"                                                             \
	"0000"                                                                 \
	"00"                                                                   \
	"0000"
/* NV_DefineSpace 0x01800000, owner, 8 bytes, OWNERWRITE|OWNERREAD|NO_DA */
#define NV_DEFINE                                                              \
	"80020000002d0000012a"                                                 \
	"40000001" PASSWORD "0000"                                             \
	"000e"                                                                 \
	"01800000"                                                             \
	"000b"                                                                 \
	"02020002"                                                             \
	"0000"                                                                 \
	"0008"
/* CreatePrimary in the null hierarchy, storage key RSA-2048 */
#define PRIMARY_RSA                                                            \
	"80020000004300000131"                                                 \
	"40000007" PASSWORD "000400000000"                                     \
	"001a"                                                                 \
	"0001"                                                                 \
	"000b"                                                                 \
	"00030072"                                                             \
	"0000"                                                                 \
	"000600800043"                                                         \
	"0010"                                                                 \
	"0800"                                                                 \
	"00000000"                                                             \
	"0000"                                                                 \
	"0000"                                                                 \
	"00000000"

static int
setup(void **state)
{
	static const uint8_t entropy[48] = "a test's entropy, the same always";
	struct err e = ERR_INIT;

	assert_ok(store_open_memory(&store, &e));
	assert_ok(engine_init(store, &e));
	engine_set_manufacture(
	    SPAN_OF(entropy), family_find("adl")->firmware1, 0x00190000);
	assert_ok(engine_power_on(&e));
	return 0;
}

static int
teardown(void **state)
{
	engine_power_off();
	store_free(store);
	return 0;
}

/* Off and on again, and started. */
static void
power_cycle(struct buf *rsp)
{
	struct err e = ERR_INIT;

	engine_power_off();
	assert_ok(engine_power_on(&e));
	assert_int_equal(run(STARTUP, rsp), 0);
}

static uint32_t
property(uint32_t which, struct buf *rsp)
{
	char hex[64];
	struct span s;
	uint32_t value;

	(void)snprintf(hex, sizeof(hex),
	    "8001000000160000017a00000006%08x00000001", which);
	assert_int_equal(run(hex, rsp), 0);
	s = buf_span(rsp);
	assert_int_equal(span_skip(&s, TPM_HEADER_SIZE + 1 + 4 + 4 + 4), 0);
	assert_int_equal(span_get_u32(&s, &value), 0);
	return value;
}

static void
test_power(void **state)
{
	auto_buf rsp = BUF_INIT(MAX_TPM_RESPONSE);
	struct err e = ERR_INIT;

	engine_power_off();
	assert_false(engine_is_on());
	assert_int_equal(run(GET_RANDOM, &rsp), UINT32_MAX);
	engine_power_off();
	assert_ok(engine_power_on(&e));
	assert_ok(engine_power_on(&e));
	assert_int_equal(run(GET_RANDOM, &rsp), 0x100);
	assert_int_equal(run(STARTUP, &rsp), 0);
	assert_int_equal(run(STARTUP, &rsp), 0x100);
	assert_int_equal(run(GET_RANDOM, &rsp), 0);
	assert_int_equal(rsp.n, 12 + 16);
}

static uint64_t
time_since_power_on(struct buf *rsp)
{
	struct span s;
	uint64_t t;

	assert_int_equal(run(READ_CLOCK, rsp), 0);
	s = buf_span(rsp);
	assert_int_equal(span_skip(&s, TPM_HEADER_SIZE), 0);
	assert_int_equal(span_get_u64(&s, &t), 0);
	return t;
}

/* Reset is _TPM_Init without power loss: "time" goes on (Part 1, 36). */
static void
test_reset(void **state)
{
	auto_buf rsp = BUF_INIT(MAX_TPM_RESPONSE);
	struct err e = ERR_INIT;
	uint64_t before;

	power_cycle(&rsp);
	/* Time that can be told apart from a restart, without sleeping. */
	while ((before = time_since_power_on(&rsp)) < 20)
		continue;
	assert_ok(engine_reset(&e));
	assert_int_equal(run(GET_RANDOM, &rsp), 0x100);
	assert_int_equal(run(STARTUP, &rsp), 0);
	assert_true(time_since_power_on(&rsp) >= before);
	power_cycle(&rsp);
	assert_true(time_since_power_on(&rsp) < before);
	engine_power_off();
	assert_ok(engine_reset(&e));
	assert_false(engine_is_on());
	assert_ok(engine_power_on(&e));
}

static void
test_malformed(void **state)
{
	/* clang-format off */
	static const struct {
		const char *hex;
		uint32_t rc;
	} rows[] = {
		{ "", 0x9a },
		{ "80", 0x9a },
		{ "8001", 0x9a },
		{ "80010000000c", 0x142 },
		{ "80010000000d0000017b0010", 0x142 },
		{ "80010000000b0000017b0010", 0x142 },
		{ "80010000000cffffffff0010", 0x143 },
	};
	/* clang-format on */
	static const uint8_t huge[MAX_TPM_COMMAND + 1] = { 0x80, 0x01 };
	auto_buf rsp = BUF_INIT(MAX_TPM_RESPONSE);
	struct err e = ERR_INIT;

	power_cycle(&rsp);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		print_message("  '%s'\n", rows[i].hex);
		assert_int_equal(run(rows[i].hex, &rsp), rows[i].rc);
	}
	buf_reset(&rsp);
	assert_int_equal(engine_process(0, SPAN_OF(huge), &rsp, &e), 0);
	assert_int_equal(engine_response_code(buf_span(&rsp)), 0x142);
}

static void
test_nv_off(void **state)
{
	auto_buf rsp = BUF_INIT(MAX_TPM_RESPONSE);

	power_cycle(&rsp);
	engine_set_nv(false);
	assert_int_equal(run(GET_RANDOM, &rsp), 0);
	assert_int_equal(run(SHUTDOWN, &rsp), 0x923);
	assert_int_equal(run(NV_DEFINE, &rsp), 0x923);
	engine_set_nv(true);
	assert_int_equal(run(NV_DEFINE, &rsp), 0);
	assert_int_equal(run(SHUTDOWN, &rsp), 0);
	engine_set_nv(false);
	power_cycle(&rsp);
	assert_int_equal(run(SHUTDOWN, &rsp), 0);
}

/* Cancel is a level: it stays for every command until it is taken back. */
static void
test_cancel(void **state)
{
	auto_buf rsp = BUF_INIT(MAX_TPM_RESPONSE);

	power_cycle(&rsp);
	engine_set_cancel(true);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(run(PRIMARY_RSA, &rsp), 0x909);
		assert_int_equal(run(GET_RANDOM, &rsp), 0);
	}
	engine_set_cancel(false);
	assert_int_equal(run(PRIMARY_RSA, &rsp), 0);
}

static void
test_failure_mode(void **state)
{
	static const uint8_t failure[] = { 0x80, 0x01, 0, 0, 0, 16, 0, 0, 0, 0,
		0, 0, 0, 0, 0x01, 0x01 };
	auto_buf rsp = BUF_INIT(MAX_TPM_RESPONSE);

	power_cycle(&rsp);
	assert_int_equal(run(SELF_TEST, &rsp), 0);
	engine_set_test_failure();
	assert_int_equal(run(GET_RANDOM, &rsp), 0);
	assert_int_equal(run(SELF_TEST, &rsp), 0x101);
	assert_int_equal(run(GET_RANDOM, &rsp), 0x101);
	assert_int_equal(run(GET_TEST_RESULT, &rsp), 0);
	assert_true(span_eq(buf_span(&rsp), SPAN_OF(failure)));
	assert_int_equal(property(PT_MANUFACTURER, &rsp), 0x494e5443);
	power_cycle(&rsp);
	assert_int_equal(run(GET_RANDOM, &rsp), 0);
}

static void
test_identity(void **state)
{
	const struct family *f = family_find("adl");
	auto_buf rsp = BUF_INIT(MAX_TPM_RESPONSE);

	power_cycle(&rsp);
	assert_int_equal(property(PT_MANUFACTURER, &rsp), 0x494e5443);
	assert_int_equal(property(PT_VENDOR_STRING_1, &rsp), 0x41444c00);
	assert_int_equal(property(PT_VENDOR_STRING_2, &rsp), 0);
	assert_int_equal(property(PT_REVISION, &rsp), 138);
	assert_int_equal(property(PT_YEAR, &rsp), 2019);
	assert_int_equal(property(PT_DAY_OF_YEAR, &rsp), 0x160);
	assert_int_equal(property(PT_FIRMWARE_VERSION_1, &rsp), f->firmware1);
	assert_int_equal(property(PT_NV_COUNTERS_MAX, &rsp), 0x80);
	assert_int_equal(property(PT_PERMANENT, &rsp) & 1u << 10, 0);
}

/* A TPM that swtpm made has a firmware version that is none of ours. */
static void
test_identity_of_others(void **state)
{
	struct tpm_properties p = { .count = 1,
		.list = { { PT_MANUFACTURER, 0x49424d00 } } };

	identity_apply(0x20191023, 0x00163636, &p);
	assert_int_equal(p.list[0].value, 0x49424d00);
	identity_apply(family_find("tgl")->firmware1, 0, &p);
	assert_int_equal(p.list[0].value, 0x494e5443);
}

/* What TPMLIB_GetInfo() says, in the words of the EK certificate's SAN. */
static void
test_info(void **state)
{
	const char *libtpms =
	    "{\"TPMSpecification\":{\"family\":\"2.0\",\"level\":0,"
	    "\"revision\":164},\"TPMAttributes\":{\"manufacturer\":"
	    "\"id:00001014\",\"version\":\"id:20191023\",\"model\":"
	    "\"swtpm\"}}";
	const char *tgl =
	    "{\"TPMSpecification\":{\"family\":\"2.0\",\"level\":0,"
	    "\"revision\":138},\"TPMAttributes\":{\"manufacturer\":"
	    "\"id:494E5443\",\"version\":\"id:01F4000E\",\"model\":"
	    "\"TGL\"}}";
	auto_buf out = BUF_INIT(MAX_SMALL_FILE);
	struct err e;

	/* A TPM of others stays theirs; of what was not asked for, nothing. */
	assert_int_equal(
	    identity_info(0x20191023, 0x00163636, libtpms, &out, &e), 0);
	assert_true(span_eq(buf_span(&out), span_str(libtpms)));
	out.n = 0;
	assert_int_equal(identity_info(0x01f4000e, 0, libtpms, &out, &e), 0);
	assert_true(span_eq(buf_span(&out), span_str(tgl)));
	out.n = 0;
	assert_int_equal(identity_info(0x01f4000e, 0, "{}", &out, &e), 0);
	assert_true(span_eq(buf_span(&out), span_str("{}")));
	out.n = 0;
	assert_int_equal(identity_info(0x01f4000e, 0, "{", &out, &e), -1);
	assert_int_equal(out.n, 0);
}

static void
test_is_long(void **state)
{
	/* clang-format off */
	static const struct {
		const char *hex;
		bool is_long;
	} rows[] = {
		{ PRIMARY_RSA, true },
		{ SELF_TEST, true },
		{ GET_RANDOM, false },
		{ "", false },
		{ "8002000000", false },
		/* CreatePrimary cut within the authorisation, and with a lie */
		{ "80020000003f0000013140000007000000094000", false },
		{ "80020000003f0000013140000007ffffffff40000009000000000000", false },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		auto_buf b = BUF_INIT(MAX_TPM_COMMAND);

		assert_int_equal(hex_decode(rows[i].hex, &b), 0);
		assert_int_equal(engine_is_long(buf_span(&b)), rows[i].is_long);
	}
	assert_string_equal(engine_command_name(0x17b), "GetRandom");
	assert_string_equal(
	    engine_command_name(0x11f), "NV_UndefineSpaceSpecial");
	assert_string_equal(engine_command_name(0x198), "ACT_SetTimeout");
	assert_string_equal(engine_command_name(0x20000000), "0x20000000");
}

/* The public key of the EK of a template, on the TPM that entropy makes. */
static void
make_ek(uint32_t index, struct buf *ret)
{
	auto_tpmcmd c = TPMCMD_INIT;
	struct err e = ERR_INIT;
	struct span public;
	uint32_t handle;

	assert_ok(tpmcmd_create_ek(&c, index, &handle, &public, &e));
	buf_reset(ret);
	assert_int_equal(buf_put(ret, public), 0);
	assert_ok(tpmcmd_flush(handle, &e));
}

/* Named groups and libtpms' explicit ones give the same keys. */
static void
test_named_curves(void **state)
{
	static const uint32_t eks[] = { 0x01c0000a, 0x01c00016 };
	auto_buf rsp = BUF_INIT(MAX_TPM_RESPONSE);
	auto_buf named = BUF_INIT(1000);
	auto_buf explicit = BUF_INIT(1000);

	power_cycle(&rsp);
	for (size_t i = 0; i < 2; i++) {
		wrap_named_curves = true;
		make_ek(eks[i], &named);
		wrap_named_curves = false;
		make_ek(eks[i], &explicit);
		wrap_named_curves = true;
		assert_true(span_eq(buf_span(&named), buf_span(&explicit)));
	}
}

/*
 * Known answers: LoadExternal with the private key of RFC 6979 A.2.5 (P-256)
 * and A.2.6 (P-384), ECDH_ZGen with the generator gives the public key.
 */
static void
zgen_known_answer(uint16_t curve, size_t n, const char *d, const char *ux,
    const char *uy, const char *gx, const char *gy)
{
	auto_tpmcmd load = TPMCMD_INIT;
	auto_tpmcmd zgen = TPMCMD_INIT;
	auto_buf key = BUF_INIT(300);
	struct span out, point, x, y, none;
	struct err e = ERR_INIT;
	uint32_t handle;

	assert_int_equal(hex_decode(d, &key) || hex_decode(ux, &key) ||
			     hex_decode(uy, &key) || hex_decode(gx, &key) ||
			     hex_decode(gy, &key),
	    0);
	assert_int_equal(key.n, 5 * n);
#define PART(i) ((struct span){ key.p + (i)*n, n })
	tpmcmd_begin(&load, 0x167, "LoadExternal");
	(void)buf_put_u16(&load.bytes, (uint16_t)(8 + n));
	(void)buf_put_u16(&load.bytes, 0x0023);
	(void)buf_put_u32(&load.bytes, 0);
	(void)buf_put_2b(&load.bytes, PART(0));
	(void)buf_put_u16(&load.bytes, (uint16_t)(22 + 2 * n));
	(void)buf_put_u16(&load.bytes, 0x0023);
	(void)buf_put_u16(&load.bytes, 0x000b);
	(void)buf_put_u32(&load.bytes, 0x00020040); /* decrypt, userWithAuth */
	(void)buf_put_u16(&load.bytes, 0);
	(void)buf_put_u16(&load.bytes, 0x0010);
	(void)buf_put_u16(&load.bytes, 0x0010);
	(void)buf_put_u16(&load.bytes, curve);
	(void)buf_put_u16(&load.bytes, 0x0010);
	(void)buf_put_2b(&load.bytes, PART(1));
	(void)buf_put_2b(&load.bytes, PART(2));
	(void)buf_put_u32(&load.bytes, 0x40000007);
	assert_ok(tpmcmd_run(&load, &handle, &none, &e));

	tpmcmd_begin(&zgen, 0x154, "ECDH_ZGen");
	tpmcmd_handle(&zgen, handle);
	tpmcmd_password(&zgen);
	(void)buf_put_u16(&zgen.bytes, (uint16_t)(4 + 2 * n));
	(void)buf_put_2b(&zgen.bytes, PART(3));
	(void)buf_put_2b(&zgen.bytes, PART(4));
	assert_ok(tpmcmd_run(&zgen, NULL, &out, &e));
	assert_int_equal(span_get_2b(&out, &point), 0);
	assert_int_equal(span_get_2b(&point, &x), 0);
	assert_int_equal(span_get_2b(&point, &y), 0);
	assert_true(span_eq(x, PART(1)));
	assert_true(span_eq(y, PART(2)));
#undef PART
	assert_ok(tpmcmd_flush(handle, &e));
}

static void
test_curve_known_answers(void **state)
{
	auto_buf rsp = BUF_INIT(MAX_TPM_RESPONSE);

	power_cycle(&rsp);
	for (int named = 0; named < 2; named++) {
		wrap_named_curves = named != 0;
		zgen_known_answer(0x0003, 32,
		    "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b"
		    "120f6721",
		    "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e"
		    "60f29fb6",
		    "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294"
		    "d4462299",
		    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945"
		    "d898c296",
		    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb64068"
		    "37bf51f5");
		zgen_known_answer(0x0004, 48,
		    "6b9d3dad2e1b8c1c05b19875b6659f4de23c3b667bf297ba9aa47740"
		    "787137d896d5724e4c70a825f872c9ea60d2edf5",
		    "ec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae528"
		    "6b300c64def8f0ea9055866064a254515480bc13",
		    "8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b"
		    "3f1c9db1288b231c3ae0d4fe7344fd2533264720",
		    "aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e0"
		    "82542a385502f25dbf55296c3a545e3872760ab7",
		    "3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113"
		    "b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f");
	}
	wrap_named_curves = true;
}

/* A state that libtpms would read beyond its end is found out by a child. */
static void
test_try_state(void **state)
{
	auto_buf good = BUF_INIT(MAX_STATE_FILE);
	auto_buf rsp = BUF_INIT(MAX_TPM_RESPONSE);
	struct err e = ERR_INIT;

	engine_power_off();
	assert_ok(store_read(store, "permall", &good, &e));
	assert_ok(engine_try_state(&e));
	for (size_t n = 0; n < good.n; n += good.n / 16) {
		auto_buf bad = BUF_INIT(MAX_STATE_FILE);
		struct span head = { good.p, n };

		assert_false(buf_put(&bad, head));
		assert_ok(store_write(store, "permall", buf_span(&bad), &e));
		assert_int_equal(engine_try_state(&e), -1);
		assert_int_equal(e.code, E_FORMAT);
	}
	assert_ok(store_write(store, "permall", buf_span(&good), &e));
	assert_ok(engine_try_state(&e));
	assert_ok(engine_power_on(&e));
	assert_int_equal(run(STARTUP, &rsp), 0);
}

/* 0: the TPM came up and was written; 1: E_FORMAT, and nothing was. */
static int
power_on_or_end(void)
{
	auto_buf before = BUF_INIT(MAX_STATE_FILE);
	auto_buf after = BUF_INIT(MAX_STATE_FILE);
	auto_buf rsp = BUF_INIT(MAX_TPM_RESPONSE);
	struct err e = ERR_INIT;

	if (store_read(store, "permall", &before, NULL) != 0)
		return 2;
	if (engine_power_on_or_end(&e) == 0)
		return run(STARTUP, &rsp) == 0 ? 0 : 3;
	if (store_read(store, "permall", &after, NULL) != 0 ||
	    !span_eq(buf_span(&before), buf_span(&after)))
		return 4;
	return e.code == E_FORMAT && e.hint[0] != '\0' ? 1 : 5;
}

/* It is the end of a process, so each is another one. */
static int
in_child(void)
{
	int status;
	const pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(power_on_or_end());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void
test_power_on_or_end(void **state)
{
	auto_buf good = BUF_INIT(MAX_STATE_FILE);
	auto_buf rsp = BUF_INIT(MAX_TPM_RESPONSE);
	struct err e = ERR_INIT;

	engine_power_off();
	assert_ok(store_read(store, "permall", &good, &e));
	assert_int_equal(in_child(), 0);
	for (size_t n = 0; n < good.n; n += good.n / 16) {
		const struct span head = { good.p, n };

		assert_ok(store_write(store, "permall", head, &e));
		assert_int_equal(in_child(), 1);
	}
	assert_ok(store_write(store, "permall", buf_span(&good), &e));
	assert_ok(engine_power_on(&e));
	assert_int_equal(run(STARTUP, &rsp), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power),
		cmocka_unit_test(test_reset),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_nv_off),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_failure_mode),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_identity_of_others),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_is_long),
		cmocka_unit_test(test_named_curves),
		cmocka_unit_test(test_curve_known_answers),
		cmocka_unit_test(test_try_state),
		cmocka_unit_test(test_power_on_or_end),
	};

	return cmocka_run_group_tests_name("engine", tests, setup, teardown);
}
