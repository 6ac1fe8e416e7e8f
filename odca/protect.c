#include <limits.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rsa.h>

#include "odca/cipher.h"
#include "odca/evp.h"
#include "odca/key_evp.h"
#include "odca/protect.h"

/* clang-format off */
static const struct {
	const char *name; /* OpenSSL's */
	size_t size;
} digests[] = {
	[DIGEST_SHA1]   = { "SHA1",   SHA1_SIZE },
	[DIGEST_SHA256] = { "SHA256", SHA256_SIZE },
	[DIGEST_SHA384] = { "SHA384", SHA384_SIZE },
};
/* clang-format on */

static void
auto_kdf_fn(EVP_KDF_CTX **c)
{
	EVP_KDF_CTX_free(*c);
}

static void
auto_pkey_ctx_fn(EVP_PKEY_CTX **c)
{
	EVP_PKEY_CTX_free(*c);
}

#define auto_kdf      AUTO(auto_kdf_fn) EVP_KDF_CTX *
#define auto_pkey_ctx AUTO(auto_pkey_ctx_fn) EVP_PKEY_CTX *

/* OSSL_PARAM is not const; nothing is written through what is made here. */
static OSSL_PARAM
text_param(const char *key, const char *text)
{
	return OSSL_PARAM_construct_utf8_string(
	    key, (char *)(uintptr_t)text, 0);
}

static OSSL_PARAM
octets_param(const char *key, struct span s)
{
	return OSSL_PARAM_construct_octet_string(
	    key, (void *)(uintptr_t)s.p, s.n);
}

/* --- digests ----------------------------------------------------------------
 */

size_t
digest_size(enum digest d)
{
	return digests[d].size;
}

int
digest(enum digest d, struct span msg, uint8_t out[static MAX_DIGEST])
{
	return EVP_Q_digest(
		   NULL, digests[d].name, NULL, msg.p, msg.n, out, NULL) == 1
		   ? 0
		   : -1;
}

int
digest_hmac(enum digest d, struct span key, struct span a, struct span b,
    uint8_t out[static MAX_DIGEST])
{
	const OSSL_PARAM params[] = {
		text_param(OSSL_MAC_PARAM_DIGEST, digests[d].name),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	auto_mac c = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
	size_t n = 0;

	EVP_MAC_free(hmac); /* the context has its own reference */
	return c != NULL && EVP_MAC_init(c, key.p, key.n, params) == 1 &&
		       EVP_MAC_update(c, a.p, a.n) == 1 &&
		       EVP_MAC_update(c, b.p, b.n) == 1 &&
		       EVP_MAC_final(c, out, &n, MAX_DIGEST) == 1
		   ? 0
		   : -1;
}

/* --- derivation -------------------------------------------------------------
 */

static int
derive(const char *name, const OSSL_PARAM *params, uint8_t *out, size_t n)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, name, NULL);
	auto_kdf c = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;

	EVP_KDF_free(kdf);
	return c != NULL && EVP_KDF_derive(c, out, n, params) == 1 ? 0 : -1;
}

/* SP 800-108 in counter mode: counter, label, 00, context, length in bits. */
int
kdfa(enum digest d, struct span key, const char *label, struct span context,
    uint8_t *out, size_t n)
{
	const OSSL_PARAM params[] = {
		text_param(OSSL_KDF_PARAM_MODE, "counter"),
		text_param(OSSL_KDF_PARAM_MAC, OSSL_MAC_NAME_HMAC),
		text_param(OSSL_KDF_PARAM_DIGEST, digests[d].name),
		octets_param(OSSL_KDF_PARAM_KEY, key),
		octets_param(OSSL_KDF_PARAM_SALT, SPAN_STR(label)),
		octets_param(OSSL_KDF_PARAM_INFO, context),
		OSSL_PARAM_construct_end(),
	};

	return derive(OSSL_KDF_NAME_KBKDF, params, out, n);
}

/* SP 800-56A, 5.8.1: counter, z, label with its NUL, u, v. */
int
kdfe(enum digest d, struct span z, const char *label, struct span u,
    struct span v, uint8_t *out, size_t n)
{
	auto_buf info = BUF_INIT(32 + 2 * MAX_EC_FIELD);

	if (buf_put(&info, SPAN_STR(label)) || buf_put_u8(&info, 0) ||
	    buf_put(&info, u) || buf_put(&info, v))
		return -1;
	const OSSL_PARAM params[] = {
		text_param(OSSL_KDF_PARAM_DIGEST, digests[d].name),
		octets_param(OSSL_KDF_PARAM_KEY, z),
		octets_param(OSSL_KDF_PARAM_INFO, buf_span(&info)),
		OSSL_PARAM_construct_end(),
	};

	return derive(OSSL_KDF_NAME_SSKDF, params, out, n);
}

/* --- AES-CFB ----------------------------------------------------------------
 */

static const EVP_CIPHER *
cfb_of(struct span key)
{
	switch (key.n) {
	case 16:
		return EVP_aes_128_cfb128();
	case 32:
		return EVP_aes_256_cfb128();
	default:
		return NULL;
	}
}

static int
aes_cfb(struct span key, bool encrypt, struct span in, struct buf *out)
{
	static const uint8_t iv[AES_BLOCK_SIZE];
	const EVP_CIPHER *cipher = cfb_of(key);
	auto_cipher c = EVP_CIPHER_CTX_new();
	int n = 0;
	uint8_t *at;

	if (cipher == NULL || c == NULL || in.n == 0 || in.n > INT_MAX ||
	    (at = buf_room(out, in.n)) == NULL)
		return -1;
	if (EVP_CipherInit_ex(c, cipher, NULL, key.p, iv, encrypt) == 1 &&
	    EVP_CipherUpdate(c, at, &n, in.p, (int)in.n) == 1 &&
	    (size_t)n == in.n)
		return 0;
	out->n -= in.n;
	return -1;
}

int
aes_cfb_encrypt(struct span key, struct span in, struct buf *out)
{
	return aes_cfb(key, true, in, out);
}

int
aes_cfb_decrypt(struct span key, struct span in, struct buf *out)
{
	return aes_cfb(key, false, in, out);
}

/* --- keys -------------------------------------------------------------------
 */

int
oaep_encrypt(const struct pubkey *k, enum digest d, const char *label,
    struct span msg, struct buf *out, struct err *e)
{
	auto_pkey pkey = pubkey_evp(k, e);
	auto_pkey_ctx c =
	    pkey != NULL ? EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL) : NULL;
	OSSL_PARAM params[] = {
		text_param(OSSL_ASYM_CIPHER_PARAM_PAD_MODE,
		    OSSL_PKEY_RSA_PAD_MODE_OAEP),
		text_param(OSSL_ASYM_CIPHER_PARAM_OAEP_DIGEST, digests[d].name),
		text_param(OSSL_ASYM_CIPHER_PARAM_MGF1_DIGEST, digests[d].name),
		octets_param(OSSL_ASYM_CIPHER_PARAM_OAEP_LABEL,
		    (struct span){ (const uint8_t *)label, strlen(label) + 1 }),
		OSSL_PARAM_construct_end(),
	};
	size_t n = k->n;
	uint8_t *at;

	if (pkey == NULL)
		return -1;
	if (c == NULL || EVP_PKEY_encrypt_init_ex(c, params) != 1)
		return evp_fail(e, E_CRYPTO, "encrypt by RSA-OAEP");
	if ((at = buf_room(out, n)) == NULL)
		return err_set(e, E_NOMEM, "RSA-OAEP: out of memory");
	if (EVP_PKEY_encrypt(c, at, &n, msg.p, msg.n) == 1 && n == k->n)
		return 0;
	out->n -= k->n;
	return evp_fail(e, E_CRYPTO, "encrypt by RSA-OAEP");
}

/* The x of both keys' point. */
static int
ecdh(EVP_PKEY *own, EVP_PKEY *peer, uint8_t *z, size_t size)
{
	auto_pkey_ctx c = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	size_t n = size;

	return c != NULL && EVP_PKEY_derive_init(c) == 1 &&
		       EVP_PKEY_derive_set_peer(c, peer) == 1 &&
		       EVP_PKEY_derive(c, z, &n) == 1 && n == size
		   ? 0
		   : -1;
}

/* Another one on the curve of peer. */
static EVP_PKEY *
ephemeral_key(EVP_PKEY *peer)
{
	auto_pkey_ctx c = EVP_PKEY_CTX_new_from_pkey(NULL, peer, NULL);
	EVP_PKEY *k = NULL;

	if (c == NULL || EVP_PKEY_keygen_init(c) != 1 ||
	    EVP_PKEY_generate(c, &k) != 1)
		return NULL;
	return k;
}

int
ecdh_ephemeral(const struct pubkey *peer, struct pubkey *ret_ephemeral,
    uint8_t ret_z[static MAX_EC_FIELD], struct err *e)
{
	auto_pkey theirs = pubkey_evp(peer, e);
	auto_pkey own = NULL;
	struct pubkey ephemeral = { .alg = peer->alg };

	if (theirs == NULL)
		return -1;
	own = ephemeral_key(theirs);
	if (own == NULL ||
	    EVP_PKEY_get_octet_string_param(own, OSSL_PKEY_PARAM_PUB_KEY,
		ephemeral.bytes, sizeof(ephemeral.bytes), &ephemeral.n) != 1 ||
	    ephemeral.n != peer->n ||
	    ecdh(own, theirs, ret_z, ephemeral.n / 2) != 0)
		return evp_fail(e, E_CRYPTO, "agree on a point");
	*ret_ephemeral = ephemeral;
	return 0;
}
