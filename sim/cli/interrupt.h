/*
 * interrupt.h - SIGINT, SIGTERM and SIGHUP, for a command that must tidy up
 * before it ends: it looks whether one came where it can stop, and ends by that
 * signal when it is done. It need not look where it is about to end anyway.
 *
 * A command to a TPM goes on: half of one leaves more behind than it takes.
 */
#ifndef SIM_CLI_INTERRUPT_H
#define SIM_CLI_INTERRUPT_H

#include <stdbool.h>

/* From here on they are remembered; one that the caller ignores stays so. Who
 * has not ended INTERRUPT_PATIENCE seconds after the first is ended by it. A
 * pipe that nobody reads is an error of write(2), and no signal. */
void interrupt_catch(void);
bool interrupt_caught(void);
/* End by the signal that came; without one, nothing happens. */
void interrupt_end(void);

#define INTERRUPT_PATIENCE 30

#endif
