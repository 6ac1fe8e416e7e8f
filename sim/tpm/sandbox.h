/*
 * sandbox.h - the only owner of libseccomp: what a process may still ask the
 * kernel for, once it has started.  A sanitized build has no filter, for the
 * sanitizers' own system calls.
 */
#ifndef SIM_TPM_SANDBOX_H
#define SIM_TPM_SANDBOX_H

#include "sim/base/err.h"

enum sandbox {
	SANDBOX_MINT,  /* files, memory, time; no sockets, no new program */
	SANDBOX_SERVE, /* also sockets that listen or are connected already, and
			  the event loop */
};

/* For all threads and children from here on. Running a program kills the
 * process; other calls that are not on the list fail with EPERM. */
int sandbox_enter(enum sandbox kind, struct err *e);
/* The same, but what would be refused is done, and the kernel's audit log has
 * it: to find out what a system needs. */
int sandbox_enter_logging(enum sandbox kind, struct err *e);

#endif
