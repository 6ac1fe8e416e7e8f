/*
 * wrap.h - what stands in for libtpms' platform functions.
 *
 * The static archive's functions are replaced at link time (ld --wrap, the
 * Makefile's WRAPS): no fork and no patch of libtpms.  With the shared library,
 * or one that has no such function, the wrap is simply never called.
 * For engine.c only.
 */
#ifndef SIM_TPM_WRAP_H
#define SIM_TPM_WRAP_H

#include <stdatomic.h>
#include <stdbool.h>

#include "sim/base/buf.h"

/* True when the linker has put the wraps in (static archive). */
bool wrap_active(void);

/* Entropy for the next draws instead of random bytes: the bytes of once, one
 * time; then those of stream (when it is set), else random ones again. Both
 * are copied. */
void wrap_entropy_once(struct span once);
int wrap_entropy_stream(struct span seed);

/* libtpms' own firmware version, as a TPM that it manufactures has it. */
void wrap_firmware_version(uint32_t *ret_v1, uint32_t *ret_v2);

/* Platform lines that libtpms reads while a command runs. */
extern atomic_bool wrap_cancel;
extern atomic_bool wrap_cancel_once; /* of the command that runs */
extern atomic_bool wrap_nv_off;

/* NIST curves by OpenSSL's named groups; for tests that compare with libtpms'
 * own arithmetic. True at start. */
extern bool wrap_named_curves;

#endif
