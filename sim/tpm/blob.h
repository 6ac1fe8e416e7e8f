/*
 * blob.h - the containers that a TPM's state is in, in files and between hosts,
 * as swtpm has them (its swtpm_nvstore.c): a header and TLVs, sealed where
 * there is a key. PROTOCOL.state has the octets.
 *
 * Each appends to out, and leaves it as it was when it fails.
 */
#ifndef SIM_TPM_BLOB_H
#define SIM_TPM_BLOB_H

#include "sim/base/buf.h"
#include "sim/base/err.h"
#include "sim/tpm/statekey.h"

/* Both are borrowed; NULL: no such key. */
struct blob_keys {
	struct state_key *file;      /* of state files */
	struct state_key *migration; /* of what travels, around that */
};

/* A state file. E_LIMIT, E_CRYPTO. */
int blob_wrap(
    struct state_key *key, struct span state, struct buf *out, struct err *e);
/*
 * And back. E_FORMAT, E_SHORT, or E_STATE for one that is encrypted without a
 * key, or plain with one: as swtpm, who gives a key gets no state that anybody
 * could have made. state_key_open()'s errors.
 */
int blob_unwrap(
    struct state_key *key, struct span file, struct buf *out, struct err *e);

/* What migrates: the same in a TLV more. plain: the file's key stays out of it,
 * while the migration's is always used. */
int blob_wrap_migration(const struct blob_keys *k, bool plain,
    struct span state, struct buf *out, struct err *e);
/* And back. One that is not encrypted is taken, too: its host had no key yet.
 * encrypted: the sender says so of the inner one, whatever the header says. */
int blob_unwrap_migration(const struct blob_keys *k, bool encrypted,
    struct span container, struct buf *out, struct err *e);

#endif
