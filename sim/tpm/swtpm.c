#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "sim/base/limits.h"
#include "sim/base/log.h"
#include "sim/base/tpm2.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/store.h"
#include "sim/tpm/swtpm.h"
#include "sim/tpm/tpmcmd.h"

/* Result codes: TPM 1.2's numbers, whatever the TPM. */
enum ptm_result {
	PTM_SUCCESS = 0,
	PTM_BAD_PARAMETER = 0x03,
	PTM_FAIL = 0x09,
	PTM_BAD_ORDINAL = 0x0a,
	PTM_KEYNOTFOUND = 0x0d,
	PTM_SIZE = 0x11,
	PTM_IOERROR = 0x1f,
	PTM_DECRYPT_ERROR = 0x21,
	PTM_BAD_KEY_PROPERTY = 0x28,
	PTM_BAD_LOCALITY = 0x3d,
	PTM_RETRY = 0x800,
};

/* Octets of GET_INFO's text in one reply. */
#define INFO_CHUNK 3072
/* TPM 2.0's command that swtpm takes on the data channel when asked to, after
 * Linux's tpm_vtpm_proxy: header, u8 locality. */
#define CC_VENDOR_SET_LOCALITY 0x20001000

/* The kinds of state, by the numbers that they have here. */
static const char *const kinds[] = { NULL, "permall", "volatilestate",
	"savestate" };
enum { KIND_PERMANENT = 1, KIND_VOLATILE, KIND_SAVESTATE };

enum {
	INIT_DELETE_VOLATILE = 1,
	BLOB_DECRYPTED = 1, /* not with the key of the state files */
	BLOB_ENCRYPTED = 2, /* with it */
	CONFIG_FILE_KEY = 1,
	CONFIG_MIGRATION_KEY = 2,
	CAP_SEND_COMMAND_HEADER = 0x8000,
};

static struct {
	struct swtpm_options o;
	atomic_uchar locality;
	atomic_bool ending; /* nobody is to wait any more */
	/* A migration has taken the state along: what is in memory is old from
	 * here on, and is not written back, until somebody goes on with it. */
	bool released;
	bool settled; /* the state was tried */
	/* What GET_STATEBLOB gives in pieces: one state, as it was when its
	 * first piece was asked for. */
	struct {
		uint32_t kind, flags; /* as in the reply */
		struct buf bytes;
	} blob;
} swtpm = { .blob.bytes = BUF_INIT(MAX_STATE_BLOB) };

void
swtpm_configure(const struct swtpm_options *o)
{
	swtpm.o = *o;
	swtpm.released = false;
	swtpm.settled = !o->untried;
	swtpm.blob.kind = 0;
	atomic_store(&swtpm.locality, 0);
	atomic_store(&swtpm.ending, false);
}

void
swtpm_end_waits(void)
{
	atomic_store(&swtpm.ending, true);
}

static enum wire_then
answer_err(struct buf *reply, uint32_t result, const struct err *e)
{
	log_warn("swtpm", "%s", e->msg);
	return wire_answer(reply, result);
}

/* The n-th u32 of the fixed part. */
static uint32_t
word(const struct wire_request *r, size_t n)
{
	return span_peek_u32(r->fixed, n * sizeof(uint32_t));
}

/* Whoever gets the lock goes on with the state. */
static int
take_lock(struct err *e)
{
	if (store_lock(swtpm.o.store, e) != 0)
		return -1;
	swtpm.released = false;
	return 0;
}

/* --- power ---------------------------------------------------------------- */

/* TPM2_Shutdown writes to the state. */
static bool
sends_shutdown(void)
{
	return swtpm.o.store != NULL && !swtpm.released &&
	       !swtpm.o.no_auto_shutdown && engine_wants_shutdown();
}

void
swtpm_power_off(void)
{
	if (!engine_is_on())
		return;
	/* Clients that wait for their guest to go have no use for an error. */
	if (sends_shutdown() && tpmcmd_shutdown(SU_STATE, NULL) != 0)
		(void)tpmcmd_shutdown(SU_CLEAR, NULL);
	engine_power_off();
}

static enum wire_then
stop(const struct wire_request *r, struct buf *reply)
{
	swtpm_power_off();
	return wire_answer(reply, PTM_SUCCESS);
}

/* Locked and whole, before libtpms gets it: PTM_SUCCESS, or INIT's answer.
 * libtpms would make a TPM of its own where there is none, which is no PTT. */
static uint32_t
settle(struct err *e)
{
	if (take_lock(e) != 0)
		return PTM_FAIL;
	if (!store_has_tpm(swtpm.o.store)) {
		if (swtpm.o.bare_tpm)
			return PTM_SUCCESS;
		err_set(e, E_STATE, "there is no TPM in '%s'",
		    store_path(swtpm.o.store));
		return PTM_FAIL;
	}
	if (!swtpm.settled && engine_try_state(e) != 0)
		return RC_FAILURE;
	swtpm.settled = true;
	return PTM_SUCCESS;
}

static enum wire_then
init(const struct wire_request *r, struct buf *reply)
{
	struct err e = ERR_INIT;
	uint32_t result;

	swtpm_power_off();
	if ((result = settle(&e)) != PTM_SUCCESS)
		return answer_err(reply, result, &e);
	if (engine_power_on(&e) != 0)
		return answer_err(reply, RC_FAILURE, &e);
	if ((word(r, 0) & INIT_DELETE_VOLATILE) &&
	    store_delete(swtpm.o.store, kinds[KIND_VOLATILE], &e) != 0)
		return answer_err(reply, PTM_FAIL, &e);
	return wire_answer(reply, PTM_SUCCESS);
}

/* A key that is being made is not waited for. */
static enum wire_then
shutdown(const struct wire_request *r, struct buf *reply)
{
	if (r->tpm_busy)
		engine_cancel();
	(void)wire_answer(reply, PTM_SUCCESS);
	return THEN_STOP_SERVER;
}

static enum wire_then
cancel(const struct wire_request *r, struct buf *reply)
{
	if (r->tpm_busy)
		engine_cancel();
	return wire_answer(reply, PTM_SUCCESS);
}

/* --- locality ------------------------------------------------------------- */

static bool
may_set_locality(uint8_t locality)
{
	return locality < 4 || (locality == 4 && !swtpm.o.reject_locality_4);
}

uint8_t
swtpm_locality(void)
{
	return atomic_load(&swtpm.locality);
}

static enum wire_then
set_locality(const struct wire_request *r, struct buf *reply)
{
	if (!may_set_locality(r->fixed.p[0]))
		return wire_answer(reply, PTM_BAD_LOCALITY);
	atomic_store(&swtpm.locality, r->fixed.p[0]);
	return wire_answer(reply, PTM_SUCCESS);
}

static enum wire_then
get_established(const struct wire_request *r, struct buf *reply)
{
	(void)buf_put_u32(reply, PTM_SUCCESS);
	(void)buf_put_u8(reply, engine_established());
	(void)buf_put_u8(reply, 0);
	(void)buf_put_u16(reply, 0);
	return THEN_CONTINUE;
}

static enum wire_then
reset_established(const struct wire_request *r, struct buf *reply)
{
	uint8_t locality = r->fixed.p[0];

	return wire_answer(
	    reply, locality <= 4 && engine_reset_established(locality) == 0
		       ? PTM_SUCCESS
		       : PTM_BAD_LOCALITY);
}

/* The command of that name on the data channel, and its response. */
static bool
vendor_set_locality(struct span command, struct buf *rsp)
{
	uint32_t code;
	uint8_t locality;

	if (!swtpm.o.allow_set_locality || span_skip(&command, 6) ||
	    span_get_u32(&command, &code) || code != CC_VENDOR_SET_LOCALITY)
		return false;
	if (span_get_u8(&command, &locality) || command.n > 0) {
		(void)tpm2_put_rc(rsp, RC_COMMAND_SIZE);
	} else if (!may_set_locality(locality)) {
		(void)tpm2_put_rc(rsp, RC_LOCALITY);
	} else {
		atomic_store(&swtpm.locality, locality);
		(void)tpm2_put_rc(rsp, 0);
	}
	return true;
}

bool
swtpm_answers(struct span command, struct buf *rsp)
{
	struct err e = ERR_INIT;

	if (!engine_is_on()) {
		(void)tpm2_put_rc(rsp, RC_FAILURE);
		return true;
	}
	if (vendor_set_locality(command, rsp))
		return true;
	/* The lock was let go for a migration: who goes on takes it again. */
	if (swtpm.o.store == NULL || take_lock(&e) == 0)
		return false;
	log_warn("swtpm", "%s", e.msg);
	(void)tpm2_put_rc(rsp, RC_FAILURE);
	return true;
}

/* --- state ---------------------------------------------------------------- */

static int
current_state(uint32_t kind, struct buf *out, struct err *e)
{
	return kind == KIND_VOLATILE
		   ? engine_volatile(out, e)
		   : store_read(swtpm.o.store, kinds[kind], out, e);
}

static enum wire_then
store_volatile(const struct wire_request *r, struct buf *reply)
{
	auto_buf state = BUF_INIT(MAX_STATE_FILE);
	struct err e = ERR_INIT;

	if (take_lock(&e) != 0 || engine_volatile(&state, &e) != 0 ||
	    store_write(
		swtpm.o.store, kinds[KIND_VOLATILE], buf_span(&state), &e) != 0)
		return answer_err(reply, PTM_FAIL, &e);
	return wire_answer(reply, PTM_SUCCESS);
}

static int
take_blob(uint32_t kind, uint32_t flags, struct err *e)
{
	const struct blob_keys *keys = store_keys(swtpm.o.store);
	auto_buf state = BUF_INIT(MAX_STATE_FILE);

	buf_free(&swtpm.blob.bytes);
	swtpm.blob.kind = 0;
	if (current_state(kind, &state, e) != 0 ||
	    blob_wrap_migration(
		keys, flags == 0, buf_span(&state), &swtpm.blob.bytes, e) != 0)
		return -1;
	swtpm.blob.kind = kind;
	swtpm.blob.flags = flags;
	return 0;
}

/* Clients read the whole header, whatever the result. */
static enum wire_then
blob_header(struct buf *reply, uint32_t result, uint32_t flags, size_t total,
    size_t length)
{
	(void)buf_put_u32(reply, result);
	(void)buf_put_u32(reply, flags);
	(void)buf_put_u32(reply, (uint32_t)total);
	(void)buf_put_u32(reply, (uint32_t)length);
	return THEN_CONTINUE;
}

static enum wire_then
no_blob(struct buf *reply, uint32_t result)
{
	return blob_header(reply, result, 0, 0, 0);
}

/* A TPM 2.0 has none; who asks has all the others, and is done. */
static enum wire_then
get_savestate(struct buf *reply)
{
	if (swtpm.o.release_lock_outgoing) {
		store_unlock(swtpm.o.store);
		swtpm.released = true;
	}
	return no_blob(reply, PTM_RETRY);
}

/* What the reply says of the state's own encryption, which the client may have
 * left off; the one around it, for the way, shows in the container only. */
static uint32_t
blob_flags(uint32_t asked)
{
	return store_keys(swtpm.o.store)->file != NULL &&
		       !(asked & BLOB_DECRYPTED)
		   ? BLOB_ENCRYPTED
		   : 0;
}

static enum wire_then
get_stateblob(const struct wire_request *r, struct buf *reply)
{
	uint32_t kind = word(r, 1), offset = word(r, 2), flags;
	struct err e = ERR_INIT;
	struct span rest;

	if (kind == KIND_SAVESTATE)
		return get_savestate(reply);
	if (kind != KIND_PERMANENT && kind != KIND_VOLATILE)
		return no_blob(reply, PTM_BAD_PARAMETER);
	flags = blob_flags(word(r, 0));
	if ((offset == 0 || kind != swtpm.blob.kind ||
		flags != swtpm.blob.flags) &&
	    take_blob(kind, flags, &e) != 0) {
		log_warn("swtpm", "%s", e.msg);
		return no_blob(reply, PTM_FAIL);
	}
	rest = buf_span(&swtpm.blob.bytes);
	if (span_skip(&rest, offset) != 0)
		return no_blob(reply, PTM_BAD_PARAMETER);
	(void)blob_header(
	    reply, PTM_SUCCESS, flags, swtpm.blob.bytes.n, rest.n);
	(void)buf_put(reply, rest);
	return THEN_CONTINUE;
}

static uint32_t
blob_error(const struct err *e)
{
	switch (e->code) {
	case E_STATE:
		return PTM_KEYNOTFOUND;
	case E_CRYPTO:
		return PTM_DECRYPT_ERROR;
	case E_USAGE:
		return PTM_BAD_KEY_PROPERTY;
	case E_LIMIT:
		return PTM_SIZE;
	case E_IO:
	case E_BUSY:
		return PTM_FAIL;
	default:
		return PTM_BAD_PARAMETER;
	}
}

/* What a TPM that is on left behind does not belong to another permanent
 * state: gone first, so that no kill leaves a mix. */
static int
replace(uint32_t kind, struct span state, struct err *e)
{
	if (kind == KIND_PERMANENT &&
	    store_delete(swtpm.o.store, kinds[KIND_VOLATILE], e) != 0)
		return -1;
	return store_write(swtpm.o.store, kinds[kind], state, e);
}

/* Tried before anything is replaced: libtpms is to take it. */
static int
put_blob(uint32_t kind, bool encrypted, struct span blob, struct err *e)
{
	auto_buf state = BUF_INIT(MAX_STATE_FILE);

	if (take_lock(e) != 0 ||
	    blob_unwrap_migration(
		store_keys(swtpm.o.store), encrypted, blob, &state, e) != 0 ||
	    engine_try_blob(kinds[kind], buf_span(&state), e) != 0)
		return -1;
	swtpm.settled = true;
	return replace(kind, buf_span(&state), e);
}

static enum wire_then
set_stateblob(const struct wire_request *r, struct buf *reply)
{
	uint32_t flags = word(r, 0), kind = word(r, 1);
	struct err e = ERR_INIT;

	/* No octets say that the other end has no such state, which changes
	 * nothing here, as with swtpm. */
	if (r->body.n == 0 && kind >= KIND_PERMANENT && kind <= KIND_SAVESTATE)
		return wire_answer(reply, PTM_SUCCESS);
	if (kind != KIND_PERMANENT && kind != KIND_VOLATILE) {
		err_set(&e, E_FORMAT, "a state of kind %u is not taken", kind);
		return answer_err(reply, PTM_BAD_PARAMETER, &e);
	}
	if (put_blob(kind, flags & BLOB_ENCRYPTED, r->body, &e) != 0) {
		err_wrap(&e, "state '%s' refused", kinds[kind]);
		return answer_err(reply, blob_error(&e), &e);
	}
	return wire_answer(reply, PTM_SUCCESS);
}

static enum wire_then
lock_storage(const struct wire_request *r, struct buf *reply)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	struct err e = ERR_INIT;
	uint32_t retries = word(r, 0);

	if (retries > MAX_LOCK_RETRIES)
		retries = MAX_LOCK_RETRIES;
	for (; take_lock(&e) != 0; retries--) {
		if (retries == 0 || e.code != E_BUSY ||
		    atomic_load(&swtpm.ending))
			return answer_err(reply, PTM_FAIL, &e);
		(void)nanosleep(&pause, NULL);
	}
	return wire_answer(reply, PTM_SUCCESS);
}

/* --- what it is ----------------------------------------------------------- */

static enum wire_then
get_capability(const struct wire_request *r, struct buf *reply)
{
	uint32_t all = CAP_SEND_COMMAND_HEADER;

	for (size_t i = 0; i < swtpm_n_cmds; i++)
		all |= swtpm_cmds[i].capability;
	(void)wire_answer(reply, PTM_SUCCESS);
	return wire_answer(reply, all);
}

/* The keys that are in use. */
static enum wire_then
get_config(const struct wire_request *r, struct buf *reply)
{
	const struct blob_keys *k = store_keys(swtpm.o.store);

	(void)wire_answer(reply, PTM_SUCCESS);
	return wire_answer(
	    reply, (k->file != NULL ? CONFIG_FILE_KEY : 0) |
		       (k->migration != NULL ? CONFIG_MIGRATION_KEY : 0));
}

static enum wire_then
set_datafd(const struct wire_request *r, struct buf *reply)
{
	if (!r->fd_passed)
		return wire_answer(reply, PTM_BAD_PARAMETER);
	if (r->data_attached)
		return wire_answer(reply, PTM_IOERROR);
	(void)wire_answer(reply, PTM_SUCCESS);
	return THEN_ADOPT;
}

/* The sizes are the TPM's own, too: not under its feet. */
static enum wire_then
set_buffersize(const struct wire_request *r, struct buf *reply)
{
	uint32_t wanted = word(r, 0), actual, least, most;

	if (wanted > 0 && engine_is_on())
		return wire_answer(reply, PTM_BAD_ORDINAL);
	actual = engine_buffer_size(wanted, &least, &most);
	(void)buf_put_u32(reply, PTM_SUCCESS);
	(void)buf_put_u32(reply, actual);
	(void)buf_put_u32(reply, least);
	(void)buf_put_u32(reply, most);
	return THEN_CONTINUE;
}

static enum wire_then
get_info(const struct wire_request *r, struct buf *reply)
{
	uint64_t flags = (uint64_t)word(r, 0) << 32 | word(r, 1);
	auto_buf text = BUF_INIT(MAX_SMALL_FILE);
	struct err e = ERR_INIT;
	struct span rest;

	if (engine_info(flags, &text, &e) != 0 || buf_put_u8(&text, 0) != 0)
		return answer_err(reply, PTM_FAIL, &e);
	rest = buf_span(&text);
	if (word(r, 2) >= rest.n || span_skip(&rest, word(r, 2)) != 0)
		return wire_answer(reply, PTM_BAD_PARAMETER);
	if (rest.n > INFO_CHUNK)
		rest.n = INFO_CHUNK;
	(void)buf_put_u32(reply, PTM_SUCCESS);
	(void)buf_put_u32(reply, (uint32_t)text.n);
	(void)buf_put_u32(reply, (uint32_t)rest.n);
	(void)buf_put(reply, rest);
	return THEN_CONTINUE;
}

/* --- the table ------------------------------------------------------------ */

static enum wire_then
too_long(const struct wire_request *r, struct buf *reply)
{
	(void)wire_answer(reply, PTM_SIZE);
	return THEN_CLOSE;
}

enum wire_then
swtpm_unknown(struct buf *reply)
{
	return wire_answer(reply, PTM_BAD_ORDINAL);
}

bool
swtpm_may_run(const struct wire_request *r, struct buf *reply)
{
	bool on = engine_is_on();

	if (r->port != PORT_SWTPM_CTRL || r->cmd->power == POWER_ANY ||
	    on == (r->cmd->power == POWER_ON))
		return true;
	(void)wire_answer(reply, PTM_BAD_ORDINAL);
	for (unsigned i = sizeof(uint32_t); i < r->cmd->error_size; i++)
		(void)buf_put_u8(reply, 0);
	return false;
}

/* clang-format off */
/* ANY: also without power; needs: has to wait while the TPM works. */
#define ANY POWER_ANY
#define ON  POWER_ON
#define OFF POWER_OFF
#define CAP(bit) (1U << (bit))
#define ROW(code_, name_, fixed_, pad_, var_max_, power_, needs_, slow_, error_, cap_, run_, help_) \
	{ .code = (code_), .ports = PORT_SWTPM_CTRL, .name = (name_), .fixed = (fixed_),       \
	  .pad = (pad_), .var_max = (var_max_), .power = (power_), .needs_tpm = (needs_),      \
	  .slow = (slow_), .error_size = (error_), .capability = (cap_), .run = (run_),        \
	  .help = (help_) }
const struct wire_cmd swtpm_cmds[] = {
/*  code  name                  fixed pad var_max   power needs  slow error capability handler            help */
ROW(0x01, "GET_CAPABILITY",        0, 0, 0,              ANY, false, false,  0, 0,       get_capability,    "u32 result, u32 capability bits"),
ROW(0x02, "INIT",                  4, 0, 0,              ANY, true,  false,  0, CAP(0),  init,              "u32 flags (1: delete the volatile state); power off, and on"),
ROW(0x03, "SHUTDOWN",              0, 0, 0,              ANY, false, false,  0, CAP(1),  shutdown,          "the program ends"),
ROW(0x04, "GET_TPMESTABLISHED",    0, 0, 0,              ON,  true,  false,  8, CAP(2),  get_established,   "u32 result, u8 bit, 3 octets"),
ROW(0x05, "SET_LOCALITY",          1, 3, 0,              ANY, false, false,  0, CAP(3),  set_locality,      "u8 locality of commands without a frame"),
ROW(0x06, "HASH_START",            0, 0, 0,              ON,  true,  false,  0, CAP(4),  wire_hash_start,   "begin an H-CRTM or D-RTM event"),
ROW(0x07, "HASH_DATA",             4, 0, MAX_MSSIM_BODY, ON,  true,  false,  0, CAP(4),  wire_hash_data,    "u32 n, n octets to measure"),
ROW(0x08, "HASH_END",              0, 0, 0,              ON,  true,  false,  0, CAP(4),  wire_hash_end,     "extend PCR 17, or PCR 0 before Startup"),
ROW(0x09, "CANCEL_TPM_CMD",        0, 0, 0,              ON,  false, false,  0, CAP(5),  cancel,            "cancel the command that runs, if that can be"),
ROW(0x0a, "STORE_VOLATILE",        0, 0, 0,              ON,  true,  false,  0, CAP(6),  store_volatile,    "write what a loss of power would lose to its file"),
ROW(0x0b, "RESET_TPMESTABLISHED",  1, 3, 0,              ON,  true,  false,  0, CAP(7),  reset_established, "u8 locality, 3 or 4"),
ROW(0x0c, "GET_STATEBLOB",        12, 0, 0,              ON,  true,  false, 16, CAP(8),  get_stateblob,     "u32 flags, u32 kind, u32 offset; u32 result, flags, total, n, n octets"),
ROW(0x0d, "SET_STATEBLOB",        12, 0, MAX_STATE_BLOB, OFF, true,  false,  0, CAP(9),  set_stateblob,     "u32 flags, u32 kind, u32 n, n octets"),
ROW(0x0e, "STOP",                  0, 0, 0,              ANY, true,  false,  0, CAP(10), stop,              "power off"),
ROW(0x0f, "GET_CONFIG",            0, 0, 0,              ANY, false, false,  0, CAP(11), get_config,        "u32 result, u32 flags (1: key for files, 2: for migration)"),
ROW(0x10, "SET_DATAFD",            0, 0, 0,              ANY, false, false,  0, CAP(12), set_datafd,        "a socket (SCM_RIGHTS) that is a data channel from here on"),
ROW(0x11, "SET_BUFFERSIZE",        4, 0, 0,              ANY, true,  false,  0, CAP(13), set_buffersize,    "u32 wanted (0: none); u32 result, actual, least, most"),
ROW(0x12, "GET_INFO",             16, 0, 0,              ANY, true,  false,  0, CAP(14), get_info,          "u64 flags, u32 offset, u32 0; u32 result, total, n, n octets of JSON and NUL"),
ROW(0x13, "LOCK_STORAGE",          4, 0, 0,              ANY, true,  true,   0, CAP(16), lock_storage,      "u32 tries, 10 ms apart"),
};
const size_t swtpm_n_cmds = sizeof(swtpm_cmds) / sizeof(swtpm_cmds[0]);

const struct wire_cmd swtpm_too_long =
ROW(0,    "TOO_LONG",              0, 0, 0,              ANY, false, false,  0, 0,       too_long,          "more octets than a row takes");
/* clang-format on */
