/*
 * register.h - what Intel's factory did for parts of the EPID era: EKOP learns
 * a device's EK certificates, so that clients find them.
 */
#ifndef SIM_CLI_REGISTER_H
#define SIM_CLI_REGISTER_H

#include "sim/base/err.h"

/* E_USAGE for what is no "HOST:PORT"; NULL is all right. */
int register_check(const char *ekop, struct err *e);
/*
 * PUT the EK certificates of the device in dir to EKOP at "HOST:PORT", in a
 * process of its own; NULL: nothing is done, as for a device that has them in
 * NV. Before threads are made. E_IO, or E_REJECTED when EKOP does not take one.
 */
int register_eks(const char *dir, const char *ekop, struct err *e);

#endif
