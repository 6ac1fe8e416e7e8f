/*
 * activate.h - what a TPM has and we have not: an endorsement key's private
 * part, and TPM2_ActivateCredential with it (Part 1, 24), by OpenSSL.
 *
 * Each is 0, or -1 when what is opened was not sealed so.
 */
#ifndef TESTS_UNIT_ACTIVATE_H
#define TESTS_UNIT_ACTIVATE_H

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "odca/cipher.h"
#include "odca/ek_template.h"
#include "odca/protect.h"

#define OWN_LABEL "IDENTITY"

static inline EVP_PKEY *
own_key(enum key_alg alg)
{
	return alg == KEY_RSA2048 ? EVP_RSA_gen(2048)
	       : alg == KEY_P256  ? EVP_EC_gen("P-256")
				  : EVP_EC_gen("P-384");
}

static inline int
own_public(EVP_PKEY *k, struct pubkey *ret)
{
	BIGNUM *n = NULL;
	int bits = EVP_PKEY_get_bits(k), rc = -1;

	*ret = (struct pubkey){ .alg = bits == 2048  ? KEY_RSA2048
				       : bits == 256 ? KEY_P256
						     : KEY_P384 };
	ret->n = pubkey_size(ret->alg);
	if (ret->alg != KEY_RSA2048)
		return EVP_PKEY_get_octet_string_param(k,
			   OSSL_PKEY_PARAM_PUB_KEY, ret->bytes,
			   sizeof(ret->bytes), &ret->n) == 1
			   ? 0
			   : -1;
	if (EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
	    BN_bn2binpad(n, ret->bytes, (int)ret->n) == (int)ret->n)
		rc = 0;
	BN_free(n);
	return rc;
}

#define MAX_TPMT 512

/* Append the TPMT_PUBLIC that an EK of the TCG's template has: the template's
 * octets, with the key's own in the place of its zeros. */
static inline int
own_tpmt(const struct pubkey *k, struct buf *out)
{
	auto_buf zeros = BUF_INIT(MAX_TPMT);
	const size_t field = k->n / 2;
	const struct ek_template *t;
	size_t n, i = 0;

	t = ek_template_all(&n);
	while (i < n && t[i].alg != k->alg)
		i++;
	if (i == n || ek_template(t[i].cert_index, &zeros, NULL))
		return -1;
	zeros.n -= (k->alg == KEY_RSA2048 ? 1U : 2U) * (2U + t[i].unique);
	if (buf_put(out, buf_span(&zeros)))
		return -1;
	if (k->alg == KEY_RSA2048)
		return buf_put_2b(out, (struct span){ k->bytes, k->n });
	return buf_put_2b(out, (struct span){ k->bytes + 1, field }) ||
	       buf_put_2b(out, (struct span){ k->bytes + 1 + field, field });
}

static inline int
own_oaep(EVP_PKEY *k, enum digest d, struct span in, uint8_t *seed)
{
	const EVP_MD *md = d == DIGEST_SHA384 ? EVP_sha384() : EVP_sha256();
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k, NULL);
	char *label = OPENSSL_strdup(OWN_LABEL);
	uint8_t out[256];
	size_t n = sizeof(out);
	int rc = -1;

	if (EVP_PKEY_decrypt_init(c) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_OAEP_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_oaep_md(c, md) == 1 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md(c, md) == 1 &&
	    EVP_PKEY_CTX_set0_rsa_oaep_label(c, label, sizeof(OWN_LABEL)) ==
		1 &&
	    EVP_PKEY_decrypt(c, out, &n, in.p, in.n) == 1 &&
	    n == digest_size(d)) {
		memcpy(seed, out, n);
		rc = 0;
	}
	EVP_PKEY_CTX_free(c); /* the label with it */
	return rc;
}

/* The x of both keys' point; peer is 04 | X | Y. */
static inline int
own_ecdh(EVP_PKEY *k, struct span peer, uint8_t *z)
{
	EVP_PKEY *theirs = EVP_PKEY_new();
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k, NULL);
	size_t n = MAX_EC_FIELD;
	int rc = -1;

	if (EVP_PKEY_copy_parameters(theirs, k) == 1 &&
	    EVP_PKEY_set1_encoded_public_key(theirs, peer.p, peer.n) == 1 &&
	    EVP_PKEY_derive_init(c) == 1 &&
	    EVP_PKEY_derive_set_peer(c, theirs) == 1 &&
	    EVP_PKEY_derive(c, z, &n) == 1)
		rc = 0;
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(theirs);
	return rc;
}

/* A TPMS_ECC_POINT's seed. */
static inline int
own_agree(EVP_PKEY *k, enum digest d, struct span in, uint8_t *seed)
{
	uint8_t z[MAX_EC_FIELD], peer[P384_POINT_SIZE] = { 4 };
	struct span x, y;
	struct pubkey own;
	size_t field;

	if (own_public(k, &own) || span_get_2b(&in, &x) ||
	    span_get_2b(&in, &y) || in.n != 0)
		return -1;
	field = own.n / 2;
	if (x.n != field || y.n != field)
		return -1;
	memcpy(peer + 1, x.p, field);
	memcpy(peer + 1 + field, y.p, field);
	if (own_ecdh(k, (struct span){ peer, own.n }, z))
		return -1;
	return kdfe(d, (struct span){ z, field }, OWN_LABEL, x,
	    (struct span){ own.bytes + 1, field }, seed, digest_size(d));
}

/* The secret of a TPMS_ID_OBJECT that seed made. */
static inline int
own_open(enum digest d, size_t aes_size, struct span seed, struct span name,
    struct span id_object, struct buf *out)
{
	const size_t n = digest_size(d);
	uint8_t aes[32], key[MAX_DIGEST], mac[MAX_DIGEST];
	auto_buf plain = BUF_INIT(2 + MAX_DIGEST);
	struct span hmac, secret, none = { NULL, 0 };

	if (span_get_2b(&id_object, &hmac) ||
	    kdfa(d, seed, "INTEGRITY", none, key, n) ||
	    digest_hmac(d, (struct span){ key, n }, id_object, name, mac) ||
	    !secret_eq((struct span){ mac, n }, hmac) ||
	    kdfa(d, seed, "STORAGE", name, aes, aes_size) ||
	    aes_cfb_decrypt((struct span){ aes, aes_size }, id_object, &plain))
		return -1;
	secret = buf_span(&plain);
	return span_get_2b(&secret, &secret) || buf_put(out, secret) ? -1 : 0;
}

/* TPM2_ActivateCredential. */
static inline int
own_activate(EVP_PKEY *k, enum digest d, size_t aes_size, struct span name,
    struct span id_object, struct span encrypted, struct buf *out)
{
	uint8_t seed[MAX_DIGEST];

	if (EVP_PKEY_is_a(k, "RSA") ? own_oaep(k, d, encrypted, seed)
				    : own_agree(k, d, encrypted, seed))
		return -1;
	return own_open(d, aes_size, (struct span){ seed, digest_size(d) },
	    name, id_object, out);
}

#endif
