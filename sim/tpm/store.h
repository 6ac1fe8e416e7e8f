/*
 * store.h - where the TPM's state lives.
 *
 * A state directory has swtpm's file names and containers (PROTOCOL.state), so
 * that swtpm opens ours and we open swtpm's:
 *
 *   .lock                  held (fcntl) while a process uses the directory
 *   tpm2-00.permall        permanent state: seeds, hierarchies, NV
 *   tpm2-00.volatilestate, tpm2-00.savestate
 *   odcasim.json           what was minted; for people and for `show`
 *   odcasim.fuses          the device's fuses, read only by the process that
 *                          mints or updates
 *   odcasim.json.ready     only while a mint or an update ends (pair.h)
 *
 * Every write is a temporary file and a rename, done before the TPM answers:
 * a response that a client has seen survives kill -9. So it does where one file
 * or block device has all states (linear.h), as swtpm's "file://FILE".
 */
#ifndef SIM_TPM_STORE_H
#define SIM_TPM_STORE_H

#include <stdbool.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"
#include "sim/tpm/blob.h"

#define STORE_PERMANENT  "tpm2-00.permall"
#define STORE_DESCRIPTOR "odcasim.json"
#define STORE_FUSES      "odcasim.fuses"

struct store;

enum store_use {
	STORE_OWN,      /* lock it; E_BUSY when another process has it */
	STORE_EXISTING, /* the same, of a directory that is there */
	STORE_REPLACE,  /* STORE_OWN of what is about to be replaced: it is not
			   looked at, there is no TPM; what is written to a
			   directory stays in memory, for store_install() */
	STORE_PEEK,     /* no lock, and what is written stays in memory */
};

/*
 * A directory. STORE_OWN makes it (0700) when it does not exist. E_FOREIGN for
 * a directory with another simulator's state, E_FORMAT for a state file that
 * is no swtpm blob or is cut, blob_unwrap()'s for one that the key does not
 * open: nothing is ever overwritten then.
 * Who has the lock settles what a killed mint or update left; who peeks sees
 * the permanent state and the descriptor of one device in any case.
 */
int store_open_dir(
    const char *dir, enum store_use use, struct store **ret, struct err *e);
/* One file that holds the permanent state ("NVChip" of the simulators). */
int store_open_file(const char *path, struct store **ret, struct err *e);
enum store_locking {
	STORE_LOCK_NOW,   /* E_BUSY when another process has it */
	STORE_LOCK_LATER, /* left to store_lock(): a migration's target has its
			     state when the source lets go of it */
	STORE_LOCK_NEVER, /* the caller knows that there is no other process */
};
struct store_options {
	struct blob_keys keys; /* borrowed for as long as the store lives */
	unsigned mode;         /* of state files; 0: 0600 */
	bool fsync;            /* each write of the state reaches the disk */
	enum store_locking locking;
	bool tolerant; /* what is damaged, or the key does not open, is said in
			  the log, and is an error when it is read */
};
/*
 * "dir://DIR", a directory, or "file://FILE": one file or block device, which
 * has no descriptor and no fuses. STORE_OWN makes the file; who locks it locks
 * the file itself. o NULL: defaults. E_USAGE for any other scheme.
 */
int store_open_uri(const char *uri, enum store_use use,
    const struct store_options *o, struct store **ret, struct err *e);
/* True for "file://FILE"; and the path in either, borrowed. */
bool store_uri_is_file(const char *uri);
const char *store_uri_path(const char *uri);

/* The kinds of state, by libtpms' names: "permall", "volatilestate" ... */
#define N_STORE_STATES 3
extern const char *const store_states[N_STORE_STATES];
/* Which of them are there, and the octets of their files; no state is read, so
 * it may be damaged or encrypted. make: a file that is not there is made,
 * empty, as swtpm_setup expects it of swtpm. E_IO, E_FORMAT. */
struct store_found {
	bool there[N_STORE_STATES];
	size_t size[N_STORE_STATES];
};
int
store_find(const char *uri, bool make, struct store_found *ret, struct err *e);

/* What its states are sealed with. */
const struct blob_keys *store_keys(const struct store *s);
/* Nothing on disk. */
int store_open_memory(struct store **ret, struct err *e);
void store_free(struct store *s);

/* What is written from here on stays in memory, as with STORE_PEEK. */
void store_keep_in_memory(struct store *s);

/* What is written between the two stays in memory, and is written in the end:
 * who does not get as far leaves the state as it was. store_release() fails as
 * store_write() does. */
void store_hold(struct store *s);
int store_release(struct store *s, struct err *e);

/* True when there is a permanent state: the TPM was manufactured. */
bool store_has_tpm(const struct store *s);
/* True when the directory has our descriptor: minted, not swtpm's. */
bool store_has_device(const struct store *s);
/* That descriptor, as it was when the directory was opened or the device was
 * put into it; borrowed, empty when there is none. */
struct span store_descriptor(const struct store *s);
/* Append the content of STORE_FUSES. E_NOTFOUND. */
int store_fuses(const struct store *s, struct buf *out, struct err *e);
/* The directory, "" when there is none. */
const char *store_path(const struct store *s);
/*
 * Put the permanent state that was written since store_keep_in_memory() into
 * the directory, and its descriptor, as one, synced: however the process ends,
 * the next store_open_dir() finds the device that was there, or the new one.
 * The state of a TPM that is on is removed. After a failure it is the old one,
 * or the new one when only the last rename failed: the next open says which.
 */
int store_commit(struct store *s, struct span descriptor, struct err *e);
/* The same for a device that was freshly minted: its fuses first. */
int store_install(
    struct store *s, struct span fuses, struct span descriptor, struct err *e);

/*
 * The state's lock, which opening has taken unless the store is read only. A
 * migration lets go of it, for the target, and whoever goes on takes it again:
 * nothing when it is held, or there is nothing to lock. E_BUSY.
 */
int store_lock(struct store *s, struct err *e);
void store_unlock(struct store *s);

/* Raw libtpms blob of a kind ("permall", "volatilestate", "savestate").
 * E_NOTFOUND when there is none. Nothing is written to a state whose lock was
 * let go of, or not taken yet: E_BUSY. */
int
store_read(struct store *s, const char *name, struct buf *out, struct err *e);
int
store_write(struct store *s, const char *name, struct span blob, struct err *e);
int store_delete(struct store *s, const char *name, struct err *e);

static inline void
auto_store_fn(struct store **s)
{
	store_free(*s);
}

#define auto_store AUTO(auto_store_fn) struct store *

#endif
