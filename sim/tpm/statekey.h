/*
 * statekey.h - a key for state files or for migration blobs, as swtpm's --key
 * and --migration-key give it, and what is sealed with it.
 *
 * aes-cbc, aes-256-cbc  swtpm's: three TLVs, encrypt then MAC
 * aes-256-gcm           ours: one TLV, whose container's header is
 *                       authenticated, too; swtpm cannot open it
 *
 * PROTOCOL.state has the octets.
 */
#ifndef SIM_TPM_STATEKEY_H
#define SIM_TPM_STATEKEY_H

#include "sim/base/buf.h"
#include "sim/base/err.h"

struct state_key; /* wiped when freed */

/* From the text of a key file, in format "hex" (32 or 64 digits, maybe 0x
 * before them) or "binary", for mode "aes-cbc", "aes-128-cbc", "aes-256-cbc" or
 * "aes-256-gcm". E_USAGE. */
int state_key_from_key(struct span text, const char *format, const char *mode,
    struct state_key **ret, struct err *e);
/*
 * From a passphrase: every octet counts, a line feed at its end, too. kdf
 * "pbkdf2" or "sha512" are swtpm's, for its modes; "scrypt" is for aes-256-gcm;
 * NULL is the mode's: pbkdf2 or scrypt. E_USAGE.
 */
int state_key_from_password(struct span password, const char *kdf,
    const char *mode, struct state_key **ret, struct err *e);
/* E_USAGE for a mode that is none of these. */
int state_key_check_mode(const char *mode, struct err *e);
/* NULL is safe. */
void state_key_free(struct state_key *k);

/* True for a key of 256 bits; else it has 128. */
bool state_key_is_256(const struct state_key *k);

/* What is sealed: the state, or what migrates. */
enum seal { SEAL_DATA, SEAL_MIGRATION, N_SEALS };

/* Octets of the TLVs that n octets become. */
size_t state_key_sealed_size(const struct state_key *k, size_t n);
/*
 * Append the TLVs that plain becomes, in a container with that header. The
 * first time, a key that follows from a passphrase by scrypt takes a new salt,
 * and some tenths of a second. E_CRYPTO.
 */
int state_key_seal(struct state_key *k, enum seal what, struct span header,
    struct span plain, struct buf *out, struct err *e);
/*
 * Append what was sealed into those TLVs. E_CRYPTO when it was not with this
 * key, or header or TLVs were changed since; E_USAGE when it was in the other
 * of the two ways; E_FORMAT, E_SHORT; out is as before then.
 */
int state_key_open(struct state_key *k, enum seal what, struct span header,
    struct span tlvs, struct buf *out, struct err *e);

static inline void
auto_state_key_fn(struct state_key **k)
{
	state_key_free(*k);
}

#define auto_state_key AUTO(auto_state_key_fn) struct state_key *

#endif
