/*
 * key.h - the only owner of OpenSSL's keys, signatures, digests and HKDF; what
 * seals a state is in cipher.h.
 *
 * Every CA of the On-Die CA has a P-384 key and signs ecdsa-with-SHA384; those
 * of the EPID era have P-256 keys and sign ecdsa-with-SHA256.  The CAs and
 * services that certify AIKs have RSA keys.  EKs are only ever seen as public
 * keys.  Signatures use the nonces of RFC 6979 or, with RSA, none at all, so
 * that the same device has the same bytes in every certificate.
 */
#ifndef ODCA_KEY_H
#define ODCA_KEY_H

#include <stdint.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"

#define SHA1_SIZE       20
#define SHA256_SIZE     32
#define SHA384_SIZE     48
#define P384_POINT_SIZE 97 /* 04 | X | Y */
/* Secret that a P-384 scalar is made of: 64 bits more than the order has, so
 * that the bias of the reduction does not matter (FIPS 186-5, A.2.1). */
#define P384_SECRET_SIZE 56
#define MAX_ECDSA_P384   104 /* DER SEQUENCE { r, s }, longest */
#define MAX_MODULUS      512 /* RSA-4096 */
#define MAX_SIGNATURE    MAX_MODULUS
#define MAX_SPKI         600 /* DER SubjectPublicKeyInfo of RSA-4096 */

enum key_alg { KEY_RSA2048, KEY_P256, KEY_P384, KEY_RSA4096 };

/* A public key as the TPM gives it: RSA the modulus (exponent 65537), EC
 * 04 | X | Y. */
struct pubkey {
	enum key_alg alg;
	size_t n;
	uint8_t bytes[MAX_MODULUS];
};

/* How many bytes a public key of a kind has. */
size_t pubkey_size(enum key_alg alg);
bool key_alg_is_rsa(enum key_alg alg);
/* From the DER SubjectPublicKeyInfo, all of it. E_FORMAT when it is none,
 * E_FOREIGN for another kind of key, exponent or form of point. */
int pubkey_parse(struct span spki, struct pubkey *ret, struct err *e);
/* Append the DER SubjectPublicKeyInfo, of at most MAX_SPKI bytes. */
int pubkey_spki(const struct pubkey *key, struct buf *out, struct err *e);

/* First of all, before libtpms or tpm2-tss use libcrypto: the host's
 * openssl.cnf has no say in what a device is. */
void crypto_init(void);

struct key; /* a private key; wiped when freed; threads may share it */

/* A P-384 key, from P384_SECRET_SIZE bytes. */
int key_from_secret(struct span secret, struct key **ret, struct err *e);
/* Of any kind; RSA-4096 takes a second or so. */
int key_generate(enum key_alg alg, struct key **ret, struct err *e);
/* PEM as 'openssl ecparam -genkey', 'genrsa' or 'genpkey' write it. E_FOREIGN
 * for a curve, size or exponent that no row of ours has. */
int key_load_pem(struct span pem, struct key **ret, struct err *e);
/* Append PKCS #8 PEM, without encryption. */
int key_store_pem(const struct key *k, struct buf *out, struct err *e);
void key_free(struct key *k);

void key_public(const struct key *k, struct pubkey *ret);
/* Append the signature over msg, of at most MAX_SIGNATURE bytes: of an EC key
 * the DER Ecdsa-Sig-Value, with the digest that goes with the curve (SHA-384,
 * SHA-256) and the nonce of RFC 6979; of an RSA key RSASSA-PKCS1-v1_5 with
 * SHA-256 (sha256WithRSAEncryption). */
int
key_sign(const struct key *k, struct span msg, struct buf *out, struct err *e);

/* Signature algorithms that a certificate or CRL may carry; the last one only
 * what a TPM attests. */
enum sig_alg {
	SIG_ECDSA_SHA256,
	SIG_ECDSA_SHA384,
	SIG_RSA_SHA256,
	SIG_RSA_SHA384,
	SIG_RSA_SHA512,
	SIG_RSA_SHA1
};
/* 0 when sig is spki's signature over msg; E_CRYPTO otherwise. spki is the
 * DER SubjectPublicKeyInfo of any key that OpenSSL reads. */
int key_verify(struct span spki, enum sig_alg alg, struct span msg,
    struct span sig, struct err *e);

int sha1(struct span msg, uint8_t out[static SHA1_SIZE]);
int sha256(struct span msg, uint8_t out[static SHA256_SIZE]);
int sha384(struct span msg, uint8_t out[static SHA384_SIZE]);
int
hmac_sha384(struct span key, struct span msg, uint8_t out[static SHA384_SIZE]);
/* RFC 5869 with SHA-384, no salt: append n bytes for label to out. */
int
hkdf_sha384(struct span secret, const char *label, size_t n, struct buf *out);
/* Bytes that nobody can foretell, from OpenSSL's generator. */
int random_bytes(size_t n, struct buf *out);

static inline void
auto_key_fn(struct key **k)
{
	key_free(*k);
}

#define auto_key AUTO(auto_key_fn) struct key *

#endif
