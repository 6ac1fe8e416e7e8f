/*
 * key_evp.h - a private key as OpenSSL has it. For those files of odca only
 * that own another part of OpenSSL (scripts/check-layers).
 */
#ifndef ODCA_KEY_EVP_H
#define ODCA_KEY_EVP_H

#include <openssl/types.h>

#include "odca/key.h"

/* The caller frees it with EVP_PKEY_free(); of an RSA key it is a reference to
 * the one inside. NULL with E_CRYPTO. */
EVP_PKEY *key_evp(const struct key *k, struct err *e);

#endif
