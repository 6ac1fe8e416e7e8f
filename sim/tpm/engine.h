/*
 * engine.h - the TPM itself: libtpms with an Intel PTT's identity.
 *
 * libtpms is one TPM a process, all state global; so is this module.  Nothing
 * here knows sockets or files: state goes to the store that was given.
 *
 * Threads: one thread at a time may be in a function of this header, except
 * engine_set_cancel() and engine_is_on(), which any thread may call any time.
 */
#ifndef SIM_TPM_ENGINE_H
#define SIM_TPM_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"

struct store;

/* Once a process, before everything else; the TPM is off after it. store is
 * borrowed for good. */
int engine_init(struct store *store, struct err *e);
/*
 * Let a child process load the store's state first: libtpms 0.9.2 reads beyond
 * the end of a damaged one. E_FORMAT when the child fails or dies. Before
 * threads are made.
 */
int engine_try_state(struct err *e);
/* The same for a blob in place of one of the store's, "permall" or
 * "volatilestate", which stays as it is. The TPM is off. */
int engine_try_blob(const char *name, struct span blob, struct err *e);
/* Manufacture on the next power-on of an empty store with this entropy (48
 * bytes, used once) and these firmware version words, instead of random bytes
 * and libtpms' version. */
void engine_set_manufacture(
    struct span entropy, uint32_t firmware1, uint32_t firmware2);
/* Random numbers from a stream that seed determines, for reproducible runs. */
int engine_set_deterministic(struct span seed, struct err *e);
/* False when libtpms is the shared library: TPM properties are its own then. */
bool engine_has_identity(void);

/* _TPM_Init after power loss; nothing happens when power is on. */
int engine_power_on(struct err *e);
/*
 * The same, once a process and before all else, of a state that may be damaged,
 * or of none, which is manufactured:
 * without the child of engine_try_state(), which costs as much again. After a
 * failure, E_FORMAT or the store's, the engine is of no use, and the process
 * has to end; nothing was written, unless it was the writing that failed.
 * Before threads are made.
 */
int engine_power_on_or_end(struct err *e);
void engine_power_off(void);
bool engine_is_on(void);
/* _TPM_Init without power loss; nothing happens when power is off. */
int engine_reset(struct err *e);
/* NV off: Startup, Shutdown and NV writes answer TPM_RC_NV_UNAVAILABLE. Any
 * thread, also while a command runs. */
void engine_set_nv(bool on);
/* A level, not an edge: while it is on, RSA key generation ends with
 * TPM_RC_CANCELED. Any thread, also while a command runs. */
void engine_set_cancel(bool on);
/* The same for the command that runs, and until engine_end_cancel(). */
void engine_cancel(void);
void engine_end_cancel(void);
/* Any thread, also while a command runs. */
void engine_set_physical_presence(bool on);
/* The next TPM2_SelfTest fails and puts the TPM into failure mode. */
void engine_set_test_failure(void);

/*
 * Run one command; the response is appended to rsp, which needs room for
 * MAX_TPM_RESPONSE. Nothing is appended when power is off. Malformed commands
 * are answered as the TPM does (0x9a, 0x142), so this fails only when libtpms
 * itself does.
 */
int engine_process(
    uint8_t locality, struct span command, struct buf *rsp, struct err *e);
/* True for commands that can take longer than a client of another connection
 * should wait: those that generate an RSA key, or test everything. */
bool engine_is_long(struct span command);
/* Response code of a response; 0x142 when it is too short to have one. */
uint32_t engine_response_code(struct span response);
/* "GetRandom" for 0x17b; "0x20000000" (static buffer) for what is unknown. */
const char *engine_command_name(uint32_t command_code);

/* True when the last command since power on was no TPM2_Shutdown that
 * succeeded: a loss of power now is one that the TPM takes note of. */
bool engine_wants_shutdown(void);

/* H-CRTM / D-RTM event (_TPM_Hash_Start ...); nothing happens when off. */
void engine_hash_start(void);
void engine_hash_data(struct span data);
void engine_hash_end(void);

/* What swtpm's control channel asks of a TPM. tpmEstablished of the TIS (TCG PC
 * Client Platform TPM Profile, 6.5.3.3); off: false. A reset is refused at
 * localities that may not: -1. */
bool engine_established(void);
int engine_reset_established(uint8_t locality);
/* Largest command and response: wanted, as far as libtpms goes; 0 asks only. */
uint32_t
engine_buffer_size(uint32_t wanted, uint32_t *ret_min, uint32_t *ret_max);
/* Append what is lost with the power, as libtpms' blob. E_TPM. */
int engine_volatile(struct buf *out, struct err *e);
/* Append libtpms' description of itself, JSON without a NUL; flags are those of
 * TPMLIB_GetInfo(). */
int engine_info(uint64_t flags, struct buf *out, struct err *e);

#endif
