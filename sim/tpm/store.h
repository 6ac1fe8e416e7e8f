/*
 * store.h - where the TPM's state lives.
 *
 * A state directory has swtpm's file names and blob header, so that swtpm
 * opens ours and we open swtpm's:
 *
 *   .lock                  held (fcntl) while a process uses the directory
 *   tpm2-00.permall        permanent state: seeds, hierarchies, NV
 *   tpm2-00.volatilestate, tpm2-00.savestate
 *   odcasim.json           what was minted; for people and for `show`
 *   odcasim.fuses          the device's fuses, read only by the minting process
 *
 * Every write is a temporary file and a rename, done before the TPM answers:
 * a response that a client has seen survives kill -9.
 */
#ifndef SIM_TPM_STORE_H
#define SIM_TPM_STORE_H

#include <stdbool.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"

#define STORE_PERMANENT  "tpm2-00.permall"
#define STORE_DESCRIPTOR "odcasim.json"
#define STORE_FUSES      "odcasim.fuses"

struct store;

enum store_use {
	STORE_OWN,  /* lock it; E_BUSY when another process has it */
	STORE_PEEK, /* no lock, and what is written stays in memory */
};

/*
 * A directory. STORE_OWN makes it (0700) when it does not exist. E_FOREIGN for
 * a directory with another simulator's state, E_FORMAT for a state file that
 * is no swtpm blob, is cut or is encrypted: nothing is ever overwritten then.
 */
int store_open_dir(
    const char *dir, enum store_use use, struct store **ret, struct err *e);
/* One file that holds the permanent state ("NVChip" of the simulators). */
int store_open_file(const char *path, struct store **ret, struct err *e);
/* Nothing on disk. */
int store_open_memory(struct store **ret, struct err *e);
void store_free(struct store *s);

/* What is written from here on stays in memory, as with STORE_PEEK. */
void store_keep_in_memory(struct store *s);

/* True when there is a permanent state: the TPM was manufactured. */
bool store_has_tpm(const struct store *s);
/* True when the directory has our descriptor: minted, not swtpm's. */
bool store_has_device(const struct store *s);
/* The directory, "" when there is none. */
const char *store_path(const struct store *s);
/*
 * Put a freshly minted device into a directory that has none: fuses and
 * descriptor first, then the TPM, synced. A crash on the way leaves a directory
 * without a TPM, or one that the next store_open_dir() finishes.
 */
int store_install(struct store *s, struct span permanent, struct span fuses,
    struct span descriptor, struct err *e);

/* Raw libtpms blob of a kind ("permall", "volatilestate", "savestate").
 * E_NOTFOUND when there is none. */
int
store_read(struct store *s, const char *name, struct buf *out, struct err *e);
int
store_write(struct store *s, const char *name, struct span blob, struct err *e);
int store_delete(struct store *s, const char *name, struct err *e);

/*
 * The blob's container, big endian (swtpm's swtpm_nvstore.c): u8 version 2, u8
 * min_version 1, u16 header size 10, u16 flags, u32 total length, then TLVs
 * u16 tag, u32 length. Here one TLV, tag 1: the plain libtpms state.
 */
int blob_wrap(struct span state, struct buf *out, struct err *e);
/* ret borrows from file. E_FORMAT, E_SHORT, or E_STATE for an encrypted one. */
int blob_unwrap(struct span file, struct span *ret, struct err *e);

static inline void
auto_store_fn(struct store **s)
{
	store_free(*s);
}

#define auto_store AUTO(auto_store_fn) struct store *

#endif
