/*
 * mssim.h - the simulators' socket protocol (PROTOCOL.mssim): the table of its
 * rows, for wire.c, and TPM commands without its frame.
 */
#ifndef SIM_TPM_MSSIM_H
#define SIM_TPM_MSSIM_H

#include "sim/tpm/wire.h"

/* Row of a TPM command that has no frame, and of one whose size makes no
 * sense. */
extern const struct wire_cmd mssim_raw, mssim_raw_error;

#endif
