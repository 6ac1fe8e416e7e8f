/*
 * guard.h - a call into a library that may die of its input: libtpms 0.9.2
 * reads beyond the end of a damaged state.
 *
 * Dying is a result here, and the process goes on to its error and its end.
 * Whoever has to go on after it lets a child die instead (engine_try_blob()).
 */
#ifndef SIM_TPM_GUARD_H
#define SIM_TPM_GUARD_H

#include <stdbool.h>

/*
 * work(arg). False when it ended by a fatal signal, somewhere in its middle:
 * the library that it is of must not be called again, and what it has allocated
 * is lost. One at a time, and before threads are made.
 */
bool guard_run(void (*work)(void *arg), void *arg);

#endif
