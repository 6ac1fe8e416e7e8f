#include <limits.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "odca/cipher.h"
#include "odca/evp.h"

#define SHA512_SIZE 64

static const EVP_CIPHER *
cbc_of(struct span key)
{
	switch (key.n) {
	case 16:
		return EVP_aes_128_cbc();
	case 32:
		return EVP_aes_256_cbc();
	default:
		return NULL;
	}
}

static int
aes_cbc(struct span key, const uint8_t *iv, bool encrypt, struct span in,
    struct buf *out)
{
	const EVP_CIPHER *cipher = cbc_of(key);
	auto_cipher c = EVP_CIPHER_CTX_new();
	int n = 0, last = 0;
	uint8_t *at;

	if (cipher == NULL || c == NULL || in.n % AES_BLOCK_SIZE != 0 ||
	    in.n == 0 || in.n > INT_MAX || (at = buf_room(out, in.n)) == NULL)
		return -1;
	if (EVP_CipherInit_ex(c, cipher, NULL, key.p, iv, encrypt) == 1 &&
	    EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
	    EVP_CipherUpdate(c, at, &n, in.p, (int)in.n) == 1 &&
	    EVP_CipherFinal_ex(c, at + n, &last) == 1 && (size_t)n == in.n)
		return 0;
	out->n -= in.n;
	return -1;
}

int
aes_cbc_encrypt(struct span key, const uint8_t iv[static AES_BLOCK_SIZE],
    struct span in, struct buf *out)
{
	return aes_cbc(key, iv, true, in, out);
}

int
aes_cbc_decrypt(struct span key, const uint8_t iv[static AES_BLOCK_SIZE],
    struct span in, struct buf *out)
{
	return aes_cbc(key, iv, false, in, out);
}

/* The context with key, nonce and what is authenticated only. */
static int
gcm_begin(EVP_CIPHER_CTX *c, struct span key, const uint8_t *nonce,
    bool encrypt, struct span aad)
{
	int n;

	return c != NULL && key.n == 32 && aad.n <= INT_MAX &&
		       EVP_CipherInit_ex(c, EVP_aes_256_gcm(), NULL, key.p,
			   nonce, encrypt) == 1 &&
		       EVP_CipherUpdate(c, NULL, &n, aad.p, (int)aad.n) == 1
		   ? 0
		   : -1;
}

int
aes_gcm_seal(struct span key, const uint8_t nonce[static GCM_NONCE_SIZE],
    struct span aad, struct span in, struct buf *out)
{
	auto_cipher c = EVP_CIPHER_CTX_new();
	const size_t before = out->n;
	int n = 0, last = 0;
	uint8_t *at;

	if (in.n > INT_MAX || gcm_begin(c, key, nonce, true, aad) != 0 ||
	    (at = buf_room(out, in.n + GCM_TAG_SIZE)) == NULL)
		return -1;
	if (EVP_CipherUpdate(c, at, &n, in.p, (int)in.n) == 1 &&
	    EVP_CipherFinal_ex(c, at + n, &last) == 1 &&
	    EVP_CIPHER_CTX_ctrl(
		c, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_SIZE, at + in.n) == 1)
		return 0;
	out->n = before;
	return -1;
}

int
aes_gcm_open(struct span key, const uint8_t nonce[static GCM_NONCE_SIZE],
    struct span aad, struct span in, struct buf *out)
{
	auto_cipher c = EVP_CIPHER_CTX_new();
	const size_t before = out->n;
	uint8_t tag[GCM_TAG_SIZE], *at;
	int n = 0, last = 0;

	if (in.n < sizeof(tag) || in.n > INT_MAX ||
	    gcm_begin(c, key, nonce, false, aad) != 0)
		return -1;
	in.n -= sizeof(tag);
	memcpy(tag, in.p + in.n, sizeof(tag));
	/* Room for one octet at least, so that there is an address. */
	if ((at = buf_room(out, in.n + 1)) == NULL)
		return -1;
	if (EVP_CipherUpdate(c, at, &n, in.p, (int)in.n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, sizeof(tag), tag) ==
		1 &&
	    EVP_CipherFinal_ex(c, at + n, &last) == 1) {
		out->n = before + in.n;
		return 0;
	}
	OPENSSL_cleanse(at, in.n);
	out->n = before;
	return -1;
}

int
hmac_sha256(struct span key, struct span a, struct span b,
    uint8_t out[static HMAC_SIZE])
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	auto_mac c = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
	size_t n = 0;

	EVP_MAC_free(hmac); /* the context has its own reference */
	return c != NULL && EVP_MAC_init(c, key.p, key.n, params) == 1 &&
		       EVP_MAC_update(c, a.p, a.n) == 1 &&
		       EVP_MAC_update(c, b.p, b.n) == 1 &&
		       EVP_MAC_final(c, out, &n, HMAC_SIZE) == 1 &&
		       n == HMAC_SIZE
		   ? 0
		   : -1;
}

bool
secret_eq(struct span a, struct span b)
{
	return a.n == b.n && CRYPTO_memcmp(a.p, b.p, a.n) == 0;
}

int
sha512_key(struct span password, uint8_t *out, size_t n)
{
	uint8_t digest[SHA512_SIZE];
	int ok =
	    n <= sizeof(digest) && EVP_Digest(password.p, password.n, digest,
				       NULL, EVP_sha512(), NULL) == 1;

	if (ok)
		memcpy(out, digest, n);
	OPENSSL_cleanse(digest, sizeof(digest));
	return ok ? 0 : -1;
}

int
pbkdf2_sha512(struct span password, struct span salt, unsigned iterations,
    uint8_t *out, size_t n)
{
	return password.n <= INT_MAX && salt.n <= INT_MAX &&
		       iterations <= INT_MAX && n <= INT_MAX &&
		       PKCS5_PBKDF2_HMAC((const char *)password.p,
			   (int)password.n, salt.p, (int)salt.n,
			   (int)iterations, EVP_sha512(), (int)n, out) == 1
		   ? 0
		   : -1;
}

int
scrypt_key(struct span password, struct span salt,
    const struct scrypt_cost *cost, uint8_t *out, size_t n)
{
	/* OpenSSL's own limit is below what it needs: room for as much again.
	 */
	const uint64_t most = 2 * 128 * cost->n * cost->r;

	return EVP_PBE_scrypt((const char *)password.p, password.n, salt.p,
		   salt.n, cost->n, cost->r, cost->p, most, out, n) == 1
		   ? 0
		   : -1;
}
