/*
 * protect.h - what TPM 2.0 protects a secret for a key with: digests, HMAC, the
 * two KDFs, AES-CFB, and a key's own way to share a seed (Part 1, 11.4 and
 * annexes B and C).
 *
 * Each function is 0, or -1 when OpenSSL does not do it; where there is an err,
 * with E_CRYPTO. Keys are the caller's to wipe. How these make a credential is
 * in sim/aik/credential.c.
 */
#ifndef ODCA_PROTECT_H
#define ODCA_PROTECT_H

#include "odca/key.h"

/* What a nameAlg may be. */
enum digest { DIGEST_SHA1, DIGEST_SHA256, DIGEST_SHA384 };
#define MAX_DIGEST   SHA384_SIZE
#define MAX_EC_FIELD 48 /* an x or y of P-384 */

size_t digest_size(enum digest d);
int digest(enum digest d, struct span msg, uint8_t out[static MAX_DIGEST]);
/* HMAC over a, then b. */
int digest_hmac(enum digest d, struct span key, struct span a, struct span b,
    uint8_t out[static MAX_DIGEST]);

/* KDFa (Part 1, 11.4.10.2): n octets for label, without its NUL, and the two
 * contexts joined. */
int kdfa(enum digest d, struct span key, const char *label, struct span context,
    uint8_t *out, size_t n);
/* KDFe (11.4.10.3) of a shared x. u and v: the x of either side's key. */
int kdfe(enum digest d, struct span z, const char *label, struct span u,
    struct span v, uint8_t *out, size_t n);

/* AES-CFB with a key of 16 or 32 octets and an IV of zeros: as many octets as
 * in has are appended to out. For keys that are used once. */
int aes_cfb_encrypt(struct span key, struct span in, struct buf *out);
int aes_cfb_decrypt(struct span key, struct span in, struct buf *out);

/* RSAES-OAEP (annex B.4) with d for MGF1 too: as many octets as the modulus has
 * are appended. The label counts with its NUL. */
int oaep_encrypt(const struct pubkey *k, enum digest d, const char *label,
    struct span msg, struct buf *out, struct err *e);
/* One-Pass Diffie-Hellman (annex C.6.1): a key of the same curve for this once,
 * and the x that both sides have, of half of pubkey_size() octets. A point that
 * is not on its curve is refused. */
int ecdh_ephemeral(const struct pubkey *peer, struct pubkey *ret_ephemeral,
    uint8_t ret_z[static MAX_EC_FIELD], struct err *e);

#endif
