/*
 * pair.h - permanent state and descriptor of a device, which change as one.
 *
 * No system call renames two files, so a third one tells what belongs together:
 * odcasim.json.ready is the SHA-256 of a tpm2-00.permall in hex, a line feed,
 * and the descriptor of the device in it.
 *
 *   1  odcasim.json.ready is written
 *   2  tpm2-00.permall is renamed into place: the device is the new one now
 *   3  odcasim.json is
 *   4  odcasim.json.ready is removed
 *
 * Who finds it knows by the digest whether step 2 was done: then the descriptor
 * in it holds, and otherwise it is void.  A device that has no odcasim.json yet
 * has no other descriptor, so that one holds whatever the digest says.  (swtpm
 * knows nothing of this: a directory that a kill left after step 2 is to be
 * opened by odcasim first.)
 *
 * For store.c only.
 */
#ifndef SIM_TPM_PAIR_H
#define SIM_TPM_PAIR_H

#include <stdbool.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"
#include "sim/tpm/store.h"

#define PAIR_READY STORE_DESCRIPTOR ".ready"

struct pair {
	bool has_permanent, has_descriptor;
	struct buf permanent; /* the file, container and all */
	struct buf descriptor;
};

void pair_init(struct pair *p);
void pair_done(struct pair *p);

/* Step 1, and steps 2 to 4, each synced to the disk; the permanent state gets
 * the mode, 0 for 0600. The lock is held. When either fails, pair_settle()
 * makes what is there whole again. */
int pair_prepare(
    int dirfd, struct span permanent, struct span descriptor, struct err *e);
int pair_commit(int dirfd, struct span permanent, unsigned mode, struct err *e);
/* Finish what was killed after step 2, undo what was before. The lock is held;
 * nothing happens when nothing waits. */
int pair_settle(int dirfd, struct err *e);

/* Both as they belong together, also without the lock while another process
 * commits; what is not there has has_... false. pair_done() in either case. */
int pair_read(int dirfd, struct pair *ret, struct err *e);

#define auto_pair AUTO(pair_done) struct pair

#endif
