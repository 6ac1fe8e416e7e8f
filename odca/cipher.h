/*
 * cipher.h - what seals a state: AES, HMAC and the KDFs of passphrases.
 *
 * Each function is 0, or -1 when OpenSSL does not do it or, where it says so,
 * when what is opened is not what was sealed. Keys are the caller's to wipe.
 */
#ifndef ODCA_CIPHER_H
#define ODCA_CIPHER_H

#include <stdint.h>

#include "sim/base/buf.h"

#define AES_BLOCK_SIZE 16
#define GCM_NONCE_SIZE 12
#define GCM_TAG_SIZE   16
#define HMAC_SIZE      32 /* HMAC-SHA-256 */

/* AES-CBC with a key of 16 or 32 octets, without padding: in is a multiple of
 * AES_BLOCK_SIZE, and so much is appended to out. */
int aes_cbc_encrypt(struct span key, const uint8_t iv[static AES_BLOCK_SIZE],
    struct span in, struct buf *out);
int aes_cbc_decrypt(struct span key, const uint8_t iv[static AES_BLOCK_SIZE],
    struct span in, struct buf *out);

/* AES-256-GCM. Sealing appends the ciphertext and its tag; opening takes both,
 * and is -1 and appends nothing when key, nonce, aad or an octet differs. */
int aes_gcm_seal(struct span key, const uint8_t nonce[static GCM_NONCE_SIZE],
    struct span aad, struct span in, struct buf *out);
int aes_gcm_open(struct span key, const uint8_t nonce[static GCM_NONCE_SIZE],
    struct span aad, struct span in, struct buf *out);

/* Over a, then b. */
int hmac_sha256(struct span key, struct span a, struct span b,
    uint8_t out[static HMAC_SIZE]);
/* Both in constant time; false when the sizes differ. */
bool secret_eq(struct span a, struct span b);

/* The first n octets, at most 64, of the SHA-512. */
int sha512_key(struct span password, uint8_t *out, size_t n);
/* RFC 8018 with HMAC-SHA-512. */
int pbkdf2_sha512(struct span password, struct span salt, unsigned iterations,
    uint8_t *out, size_t n);
/* RFC 7914: cost is N, a power of two; 128 * N * r octets of memory. */
struct scrypt_cost {
	uint64_t n;
	uint32_t r, p;
};
int scrypt_key(struct span password, struct span salt,
    const struct scrypt_cost *cost, uint8_t *out, size_t n);

#endif
