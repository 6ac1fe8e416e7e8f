/*
 * tpmfault.h - commands of the TPM that do not go as they should, on purpose:
 * one row each.  The certificates' faults are in odca/fault.h.
 *
 * As the engine, one a process: what is armed is global.
 */
#ifndef SIM_TPM_TPMFAULT_H
#define SIM_TPM_TPMFAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"
#include "sim/base/opt_list.h"

#define TPMFAULT_PREFIX "tpm."

enum tpmfault_kind {
	TPMFAULT_ANSWER, /* rc in place of the command */
	TPMFAULT_FAIL,   /* failure mode, then the command */
	TPMFAULT_SLOW,   /* the command, ARG milliseconds later */
	TPMFAULT_SPLIT,  /* the response, an octet at a time */
};

struct tpmfault {
	const char *name; /* stable, never reused; NULL ends the table */
	enum tpmfault_kind kind;
	uint32_t rc;
	unsigned arg; /* where none is given; 0: it takes none */
	const char *cite;
	const char *help; /* one sentence, no full stop */
};

extern const struct tpmfault tpmfaults[];

/* Those of all that begin with TPMFAULT_PREFIX are armed, the others are left
 * in *ret_others. on is a command ("GetRandom"); seed NULL: a random one, which
 * the log says. E_USAGE with what was meant. Once a process, before threads. */
int tpmfault_arm(const struct opt_list *all, const char *seed,
    struct opt_list *ret_others, struct err *e);
/* Nothing is armed any longer: for tests. */
void tpmfault_disarm(void);

/* Before a command of a client runs: true when rsp has the answer already. For
 * the thread that runs it. */
bool tpmfault_answers(struct span command, struct buf *rsp);
/* Whether that may take long. Draws no dice. */
bool tpmfault_is_slow(struct span command);
/* Whether its response is to go out an octet at a time. */
bool tpmfault_splits(struct span command);

#endif
