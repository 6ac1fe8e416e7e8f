/*
 * statekey.h - a key for state files or for migration blobs, as swtpm's --key
 * and --migration-key give it.
 *
 * No such state can be opened or made yet: each function refuses by name, so
 * that nobody's state is written in the clear who asked for a key.
 */
#ifndef SIM_TPM_STATEKEY_H
#define SIM_TPM_STATEKEY_H

#include "sim/base/buf.h"
#include "sim/base/err.h"

struct state_key;

/* From the text of a key file, in format "hex" or "binary", for mode "aes-cbc"
 * or "aes-256-cbc". E_USAGE. */
int state_key_from_key(struct span text, const char *format, const char *mode,
    struct state_key **ret, struct err *e);
/* From a passphrase, by kdf "pbkdf2" or "sha512". E_USAGE. */
int state_key_from_password(struct span password, const char *kdf,
    const char *mode, struct state_key **ret, struct err *e);
/* NULL is safe. */
void state_key_free(struct state_key *k);

#endif
