/*
 * tcti.h - tpm2-tss on the TPM of this process, without a socket: show and
 * verify read a state directory as they read any other TPM.
 */
#ifndef SIM_CLI_TCTI_H
#define SIM_CLI_TCTI_H

#include <tss2/tss2_tcti.h>

#include "sim/base/err.h"

/* engine_power_on() was done. The caller closes it with tcti_engine_close(). */
int tcti_engine_open(TSS2_TCTI_CONTEXT **ret, struct err *e);
void tcti_engine_close(TSS2_TCTI_CONTEXT **tcti);

#endif
