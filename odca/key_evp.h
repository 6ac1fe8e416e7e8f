/*
 * key_evp.h - keys as OpenSSL has them. For those files of odca only that own
 * another part of OpenSSL (scripts/check-layers).
 */
#ifndef ODCA_KEY_EVP_H
#define ODCA_KEY_EVP_H

#include <openssl/types.h>

#include "odca/key.h"

/* The caller frees it with EVP_PKEY_free(); of an RSA key it is a reference to
 * the one inside. NULL with E_CRYPTO. */
EVP_PKEY *key_evp(const struct key *k, struct err *e);
/* The same of a public key; NULL also for a point that is not on its curve. */
EVP_PKEY *pubkey_evp(const struct pubkey *key, struct err *e);

#endif
