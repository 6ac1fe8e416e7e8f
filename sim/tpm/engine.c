#include <errno.h>
#include <libtpms/tpm_library.h>
#include <libtpms/tpm_error.h>
#include <libtpms/tpm_memory.h>
#include <libtpms/tpm_nvfilename.h>
#include <libtpms/tpm_tis.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/limits.h"
#include "sim/base/log.h"
#include "sim/tpm/command_names.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/guard.h"
#include "sim/tpm/identity.h"
#include "sim/tpm/store.h"
#include "sim/base/tpm2.h"
#include "sim/tpm/wrap.h"

/* libtpms is global state, and so is this. */
static struct {
	struct store *store;
	atomic_bool on;
	atomic_bool physical_presence;
	uint8_t locality;
	bool wants_shutdown;
	bool test_failure; /* the next self-test fails */
	bool failed;       /* it did */
	bool dead;         /* libtpms is not to be called again */
	/* What manufacture puts in place of libtpms' firmware version. */
	bool manufacture;
	uint32_t firmware1, firmware2;
	struct err store_err; /* why a callback failed */
	unsigned char command[MAX_TPM_COMMAND];
	unsigned char *response; /* libtpms' to grow */
	uint32_t response_alloc;
} tpm;

/* _plat__Signal_Reset is _TPM_Init without power loss; the public interface
 * has no such call, so a shared libtpms takes a power cycle instead. */
int _plat__Signal_Reset(void) __attribute__((weak));

/* --- libtpms' callbacks -------------------------------------------------- */

static TPM_RESULT
on_nothing(void)
{
	return TPM_SUCCESS;
}

static TPM_RESULT
on_load(
    unsigned char **data, uint32_t *length, uint32_t number, const char *name)
{
	auto_buf blob = BUF_INIT(MAX_STATE_FILE);
	struct err e = ERR_INIT;

	if (store_read(tpm.store, name, &blob, &e) != 0) {
		if (e.code == E_NOTFOUND)
			return TPM_RETRY; /* "there is none", to libtpms */
		tpm.store_err = e;
		return TPM_FAIL;
	}
	if (blob.n == 0 || TPM_Malloc(data, (uint32_t)blob.n) != TPM_SUCCESS)
		return TPM_FAIL;
	memcpy(*data, blob.p, blob.n);
	*length = (uint32_t)blob.n;
	return TPM_SUCCESS;
}

/*
 * The firmware version is a part of the permanent state (V1, V2, big endian)
 * that nothing in libtpms' interface sets: put ours where libtpms' own stands
 * in the first state that a manufacture stores. libtpms loads it from there,
 * so that TPM2_Quote attests it.
 */
static int
set_firmware_version(struct buf *state)
{
	auto_buf own = BUF_INIT(8);
	uint32_t v1, v2;
	uint8_t *at;

	wrap_firmware_version(&v1, &v2);
	if (buf_put_u32(&own, v1) || buf_put_u32(&own, v2))
		return err_set(&tpm.store_err, E_NOMEM, "firmware version");
	at = memmem(state->p, state->n, own.p, own.n);
	if (at == NULL)
		return err_set(&tpm.store_err, E_TPM,
		    "libtpms' state does not have its firmware version "
		    "%08x.%08x",
		    v1, v2);
	buf_set_u32(state, (size_t)(at - state->p), tpm.firmware1);
	buf_set_u32(state, (size_t)(at - state->p) + 4, tpm.firmware2);
	return 0;
}

static TPM_RESULT
on_store(const unsigned char *data, uint32_t length, uint32_t number,
    const char *name)
{
	auto_buf state = BUF_INIT(MAX_STATE_FILE);
	struct span s = { data, length };

	if (tpm.manufacture && strcmp(name, TPM_PERMANENT_ALL_NAME) == 0) {
		tpm.manufacture = false;
		if (buf_put(&state, s) || set_firmware_version(&state) != 0)
			return TPM_FAIL;
		s = buf_span(&state);
	}
	if (store_write(tpm.store, name, s, &tpm.store_err) != 0) {
		log_error("engine",
		    "%s; the TPM is in failure mode until "
		    "it is powered on again, and keeps what it "
		    "last acknowledged",
		    tpm.store_err.msg);
		return TPM_FAIL;
	}
	return TPM_SUCCESS;
}

static TPM_RESULT
on_delete(uint32_t number, const char *name, TPM_BOOL must_exist)
{
	return store_delete(tpm.store, name, &tpm.store_err) == 0 ? TPM_SUCCESS
								  : TPM_FAIL;
}

static TPM_RESULT
on_get_locality(TPM_MODIFIER_INDICATOR *ret, uint32_t number)
{
	*ret = tpm.locality;
	return TPM_SUCCESS;
}

static TPM_RESULT
on_get_physical_presence(TPM_BOOL *ret, uint32_t number)
{
	*ret = atomic_load(&tpm.physical_presence);
	return TPM_SUCCESS;
}

/* --- set-up -------------------------------------------------------------- */

int
engine_init(struct store *store, struct err *e)
{
	struct libtpms_callbacks callbacks = {
		.sizeOfStruct = sizeof(callbacks),
		.tpm_nvram_init = on_nothing,
		.tpm_nvram_loaddata = on_load,
		.tpm_nvram_storedata = on_store,
		.tpm_nvram_deletename = on_delete,
		.tpm_io_init = on_nothing,
		.tpm_io_getlocality = on_get_locality,
		.tpm_io_getphysicalpresence = on_get_physical_presence,
	};

	tpm.store = store;
	if (TPMLIB_ChooseTPMVersion(TPMLIB_TPM_VERSION_2) != TPM_SUCCESS)
		return err_set(e, E_TPM, "this libtpms has no TPM 2.0");
	if (TPMLIB_RegisterCallbacks(&callbacks) != TPM_SUCCESS)
		return err_set(e, E_TPM, "libtpms takes no callbacks");
	return 0;
}

/* In the child: whether the state comes up, with blob in place of a kind of it.
 * A new permanent state comes without the volatile one of the old. */
static bool
comes_up(const char *name, struct span blob)
{
	store_keep_in_memory(tpm.store);
	if (name != NULL && store_write(tpm.store, name, blob, NULL) != 0)
		return false;
	if (name != NULL && strcmp(name, TPM_PERMANENT_ALL_NAME) == 0 &&
	    store_delete(tpm.store, TPM_VOLATILESTATE_NAME, NULL) != 0)
		return false;
	return engine_power_on(NULL) == 0;
}

/* 1: it does; 0: it does not, or the child died of it; -1: no child. */
static int
try_in_child(const char *name, struct span blob, struct err *e)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return err_errno(e, "fork");
	if (pid == 0)
		_exit(comes_up(name, blob) ? 0 : 1);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int
damaged(struct err *e)
{
	err_set(e, E_FORMAT, "the TPM's state in '%s' is damaged",
	    store_path(tpm.store));
	return err_hint(
	    e, "restore it, or use another --state; nothing was changed");
}

int
engine_try_state(struct err *e)
{
	int good = try_in_child(NULL, (struct span){ NULL, 0 }, e);

	return good > 0 ? 0 : good < 0 ? -1 : damaged(e);
}

int
engine_try_blob(const char *name, struct span blob, struct err *e)
{
	int good = try_in_child(name, blob, e);

	if (good != 0)
		return good > 0 ? 0 : -1;
	return err_set(e, E_FORMAT, "libtpms does not take it");
}

void
engine_set_manufacture(
    struct span entropy, uint32_t firmware1, uint32_t firmware2)
{
	wrap_entropy_once(entropy);
	tpm.manufacture = true;
	tpm.firmware1 = firmware1;
	tpm.firmware2 = firmware2;
}

int
engine_set_deterministic(struct span seed, struct err *e)
{
	if (!wrap_active())
		return err_set(e, E_STATE,
		    "random numbers are libtpms' own with a shared libtpms");
	if (wrap_entropy_stream(seed) != 0)
		return err_set(e, E_CRYPTO, "SHA-384 of the seed");
	return 0;
}

bool
engine_has_identity(void)
{
	return wrap_active();
}

/* --- platform lines ------------------------------------------------------ */

static void
after_init(void)
{
	/* Power on and reset end a cancel, as in the reference simulator. */
	atomic_store(&wrap_cancel, false);
	tpm.failed = tpm.test_failure = tpm.wants_shutdown = false;
}

static int
power_on(TPM_RESULT (*init)(void), struct err *e)
{
	TPM_RESULT rc;

	err_clear(&tpm.store_err);
	after_init();
	/* Power brings NV with it; a reset leaves it as it is. */
	atomic_store(&wrap_nv_off, false);
	rc = init();
	if (rc != TPM_SUCCESS) {
		if (!tpm.dead)
			TPMLIB_Terminate();
		if (tpm.store_err.code == E_OK)
			return err_set(e, E_FORMAT,
			    "libtpms does not take the state (0x%x)", rc);
		if (e != NULL)
			*e = tpm.store_err;
		return -1;
	}
	atomic_store(&tpm.on, true);
	return 0;
}

int
engine_power_on(struct err *e)
{
	return atomic_load(&tpm.on) ? 0 : power_on(TPMLIB_MainInit, e);
}

static void
init_or_die(void *ret)
{
	*(TPM_RESULT *)ret = TPMLIB_MainInit();
}

static TPM_RESULT
guarded_init(void)
{
	TPM_RESULT rc = TPM_FAIL;

	tpm.dead = !guard_run(init_or_die, &rc);
	return tpm.dead ? TPM_FAIL : rc;
}

int
engine_power_on_or_end(struct err *e)
{
	int rc;

	if (!store_has_tpm(tpm.store))
		return engine_power_on(e);
	store_hold(tpm.store);
	rc = power_on(guarded_init, e);
	if (rc != 0)
		return tpm.store_err.code == E_OK ? damaged(e) : -1;
	return store_release(tpm.store, e);
}

void
engine_power_off(void)
{
	if (!atomic_load(&tpm.on))
		return;
	TPMLIB_Terminate();
	atomic_store(&tpm.on, false);
}

bool
engine_is_on(void)
{
	return atomic_load(&tpm.on);
}

int
engine_reset(struct err *e)
{
	if (!atomic_load(&tpm.on))
		return 0;
	if (_plat__Signal_Reset != NULL) {
		after_init();
		(void)_plat__Signal_Reset();
		return 0;
	}
	engine_power_off();
	return engine_power_on(e);
}

void
engine_set_nv(bool on)
{
	atomic_store(&wrap_nv_off, !on);
}

void
engine_set_cancel(bool on)
{
	atomic_store(&wrap_cancel, on);
	/* For a shared libtpms, where the wrap is not called. */
	if (on && !wrap_active() && atomic_load(&tpm.on))
		(void)TPMLIB_CancelCommand();
}

void
engine_cancel(void)
{
	atomic_store(&wrap_cancel_once, true);
	if (!wrap_active() && atomic_load(&tpm.on))
		(void)TPMLIB_CancelCommand();
}

void
engine_end_cancel(void)
{
	atomic_store(&wrap_cancel_once, false);
}

void
engine_set_physical_presence(bool on)
{
	atomic_store(&tpm.physical_presence, on);
}

void
engine_set_test_failure(void)
{
	tpm.test_failure = true;
}

/* --- commands ------------------------------------------------------------ */

/* Tag, size, code: the header of every command and response. */
static int
get_header(struct span s, uint16_t *ret_tag, uint32_t *ret_code)
{
	uint32_t size;

	return span_get_u16(&s, ret_tag) || span_get_u32(&s, &size) ||
	       span_get_u32(&s, ret_code);
}

/* TPM2_GetTestResult in failure mode (Part 1, 12.4): no data, why. */
static int
put_test_result(struct buf *rsp)
{
	return buf_put_u16(rsp, ST_NO_SESSIONS) ||
	       buf_put_u32(rsp, TPM_HEADER_SIZE + 2 + 4) ||
	       buf_put_u32(rsp, 0) || buf_put_u16(rsp, 0) ||
	       buf_put_u32(rsp, RC_FAILURE);
}

/* Failure mode as the simulators' TEST_FAILURE_MODE makes it: only test result
 * and capabilities can still be read. Gives 1 when that was the answer. */
static int
answer_failed(struct span command, struct buf *rsp)
{
	uint16_t tag;
	uint32_t code;

	if ((!tpm.failed && !tpm.test_failure) ||
	    get_header(command, &tag, &code))
		return 0;
	if (tpm.test_failure && code == CC_SELF_TEST) {
		tpm.failed = true;
		tpm.test_failure = false;
	}
	if (!tpm.failed || code == CC_GET_CAPABILITY)
		return 0;
	if (code == CC_GET_TEST_RESULT)
		return put_test_result(rsp) ? -1 : 1;
	return tpm2_put_rc(rsp, RC_FAILURE) ? -1 : 1;
}

static bool
is_shutdown(struct span command, struct span response)
{
	uint16_t tag;
	uint32_t code;

	return get_header(command, &tag, &code) == 0 && code == CC_SHUTDOWN &&
	       engine_response_code(response) == 0;
}

bool
engine_wants_shutdown(void)
{
	return tpm.wants_shutdown;
}

int
engine_process(
    uint8_t locality, struct span command, struct buf *rsp, struct err *e)
{
	struct span response;
	uint32_t n = 0;
	int failed;

	if (!atomic_load(&tpm.on))
		return 0;
	if (command.n > sizeof(tpm.command))
		failed = tpm2_put_rc(rsp, RC_COMMAND_SIZE) ? -1 : 1;
	else
		failed = answer_failed(command, rsp);
	if (failed != 0)
		return failed > 0 ? 0 : err_set(e, E_NOMEM, "response");
	/* A copy: libtpms decrypts parameters in place. */
	if (command.n > 0)
		memcpy(tpm.command, command.p, command.n);
	tpm.locality = locality;
	if (TPMLIB_Process(&tpm.response, &n, &tpm.response_alloc, tpm.command,
		(uint32_t)command.n) != TPM_SUCCESS)
		return err_set(e, E_TPM, "libtpms ran out of memory");
	response = (struct span){ tpm.response, n };
	tpm.wants_shutdown = !is_shutdown(command, response);
	if (buf_put(rsp, response))
		return err_set(e, E_NOMEM, "response of %u bytes", n);
	return 0;
}

void
engine_hash_start(void)
{
	if (engine_is_on())
		(void)TPM_IO_Hash_Start();
}

void
engine_hash_data(struct span data)
{
	if (engine_is_on())
		(void)TPM_IO_Hash_Data(data.p, (uint32_t)data.n);
}

void
engine_hash_end(void)
{
	if (engine_is_on())
		(void)TPM_IO_Hash_End();
}

/* --- for the control channel --------------------------------------------- */

bool
engine_established(void)
{
	TPM_BOOL bit = 0;

	return engine_is_on() &&
	       TPM_IO_TpmEstablished_Get(&bit) == TPM_SUCCESS && bit;
}

int
engine_reset_established(uint8_t locality)
{
	tpm.locality = locality;
	return engine_is_on() && TPM_IO_TpmEstablished_Reset() == TPM_SUCCESS
		   ? 0
		   : -1;
}

uint32_t
engine_buffer_size(uint32_t wanted, uint32_t *ret_min, uint32_t *ret_max)
{
	return TPMLIB_SetBufferSize(wanted, ret_min, ret_max);
}

int
engine_volatile(struct buf *out, struct err *e)
{
	unsigned char *bytes = NULL;
	uint32_t n = 0;
	int rc = TPMLIB_VolatileAll_Store(&bytes, &n) != TPM_SUCCESS
		     ? err_set(e, E_TPM, "libtpms gives no volatile state")
		 : buf_put(out, (struct span){ bytes, n }) != 0
		     ? err_set(e, E_LIMIT, "volatile state of %u bytes", n)
		     : 0;

	TPM_Free(bytes);
	return rc;
}

int
engine_info(uint64_t flags, struct buf *out, struct err *e)
{
	char *json = TPMLIB_GetInfo((enum TPMLIB_InfoFlags)flags);
	uint32_t v1, v2;
	int rc;

	wrap_firmware_version(&v1, &v2);
	rc = json != NULL
		 ? identity_info(v1, v2, json, out, e)
		 : err_set(e, E_NOMEM, "libtpms' description of itself");
	free(json);
	return rc;
}

uint32_t
engine_response_code(struct span response)
{
	uint16_t tag;
	uint32_t rc;

	return get_header(response, &tag, &rc) ? RC_COMMAND_SIZE : rc;
}

/* --- the table of commands ----------------------------------------------- */

enum duration { SHORT, LONG_IF_RSA, LONG };

/* clang-format off */
#define ROW_SHORT(code, name)	{ code, SHORT, #name },
#define ROW_RSA(code, name)	{ code, LONG_IF_RSA, #name },
#define ROW_LONG(code, name)	{ code, LONG, #name },
static const struct {
	uint32_t	code;
	enum duration	duration;
	const char	*name;
} commands[] = { TPM_COMMANDS(ROW_SHORT, ROW_RSA, ROW_LONG) };
/* clang-format on */

/* Index in commands[], which is sorted by code; -1 for an unknown one. */
static int
command_find(uint32_t code)
{
	size_t low = 0, high = sizeof(commands) / sizeof(commands[0]), middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (commands[middle].code == code)
			return (int)middle;
		if (commands[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

const char *
engine_command_name(uint32_t code)
{
	static char unknown[sizeof("0x00000000")];
	int i = command_find(code);

	if (i >= 0)
		return commands[i].name;
	(void)snprintf(unknown, sizeof(unknown), "0x%08x", code);
	return unknown;
}

/* Create, CreatePrimary, CreateLoaded: one handle, authorisation area,
 * inSensitive, inPublic, whose first field is the algorithm. An encrypted first
 * parameter keeps its size in the clear (Part 1, 21). */
static bool
makes_rsa_key(struct span s)
{
	struct span skipped;
	uint32_t auth_size;
	uint16_t public_size, alg;

	return !span_skip(&s, TPM_HEADER_SIZE + sizeof(uint32_t)) &&
	       !span_get_u32(&s, &auth_size) && !span_skip(&s, auth_size) &&
	       !span_get_2b(&s, &skipped) && !span_get_u16(&s, &public_size) &&
	       !span_get_u16(&s, &alg) && alg == ALG_RSA;
}

bool
engine_is_long(struct span command)
{
	uint16_t tag;
	uint32_t code;
	int i;

	if (get_header(command, &tag, &code) || (i = command_find(code)) < 0)
		return false;
	if (commands[i].duration == LONG_IF_RSA)
		return tag == ST_SESSIONS && makes_rsa_key(command);
	return commands[i].duration == LONG;
}
