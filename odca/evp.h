/*
 * evp.h - what the owners of OpenSSL's parts share: cleanups, and its reasons.
 * For those files of odca only (scripts/check-layers).
 */
#ifndef ODCA_EVP_H
#define ODCA_EVP_H

#include <openssl/bio.h>
#include <openssl/evp.h>

#include "sim/base/auto.h"
#include "sim/base/err.h"

/* Fill e with what was tried, and OpenSSL's reason when it has one; -1. */
int evp_fail(struct err *e, enum err_code code, const char *what);

static inline void
auto_bio_fn(BIO **bio)
{
	(void)BIO_free(*bio);
}

static inline void
auto_cipher_fn(EVP_CIPHER_CTX **c)
{
	EVP_CIPHER_CTX_free(*c);
}

static inline void
auto_mac_fn(EVP_MAC_CTX **c)
{
	EVP_MAC_CTX_free(*c);
}

static inline void
auto_pkey_fn(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

#define auto_bio    AUTO(auto_bio_fn) BIO *
#define auto_cipher AUTO(auto_cipher_fn) EVP_CIPHER_CTX *
#define auto_mac    AUTO(auto_mac_fn) EVP_MAC_CTX *
#define auto_pkey   AUTO(auto_pkey_fn) EVP_PKEY *

#endif
