/*
 * child.h - work for a short-lived process of its own: it alone has the fuses
 * and the CA keys, and what it leaves behind are files.
 */
#ifndef SIM_TPM_CHILD_H
#define SIM_TPM_CHILD_H

#include "sim/base/err.h"

/*
 * Run work(arg, e) in a child process that does not outlive this one, cannot
 * be traced and dumps no core. Its failure is this function's, with code,
 * message and hint; E_IO when it died instead. Before threads are made.
 */
int child_run(int (*work)(const void *arg, struct err *e), const void *arg,
    struct err *e);

#endif
