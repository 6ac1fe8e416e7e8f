#include <limits.h>
#include <pthread.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "odca/key.h"
#include "odca/evp.h"
#include "odca/key_evp.h"
#include "sim/base/limits.h"

#define MAX_SCALAR_SIZE 48
#define MAX_LABEL_SIZE  128
#define MAX_SECRET_SIZE MAX_SEED_LENGTH
/* 64 bits more than the order has, so that the bias of the reduction does not
 * matter (FIPS 186-5, A.2.1). */
#define EXTRA_SECRET 8

/* A curve and the digest that goes with it: scalar, coordinate and digest are
 * of one size, which RFC 6979 needs here.  Loaded when it is first used. */
struct curve {
	enum key_alg alg;
	int nid;
	const char *name, *digest;
	size_t size;
	pthread_once_t once;
	EVP_MD *md;
	EC_GROUP *group;
	const BIGNUM *n;    /* order of the group */
	BIGNUM *n_minus_1;  /* range of scalars */
	BIGNUM *n_minus_2;  /* exponent of the inverse, Fermat */
	BN_MONT_CTX *mod_n; /* Montgomery form of n */
	bool ready;
};

struct key {
	EVP_PKEY *rsa; /* else: */
	const struct curve *curve;
	uint8_t scalar[MAX_SCALAR_SIZE];
	uint8_t point[P384_POINT_SIZE]; /* pubkey_size() of them */
};

/* Looked up once: a lookup costs more than most of what is done with it. */
static struct {
	EVP_MD *sha256, *sha384;
	EVP_KDF *hkdf;
	bool ready;
} lib;

static struct curve p256 = { KEY_P256, NID_X9_62_prime256v1,
	SN_X9_62_prime256v1, "SHA256", 32, PTHREAD_ONCE_INIT, NULL, NULL, NULL,
	NULL, NULL, NULL, false };
static struct curve p384 = { KEY_P384, NID_secp384r1, SN_secp384r1, "SHA384",
	48, PTHREAD_ONCE_INIT, NULL, NULL, NULL, NULL, NULL, NULL, false };

void
crypto_init(void)
{
	/* What libcrypto has in memory goes with the process; to free it all
	 * is what takes a server longest to end. */
	(void)OPENSSL_init_crypto(
	    OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
}

static void
load_algorithms(void)
{
	crypto_init();
	lib.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	lib.sha384 = EVP_MD_fetch(NULL, "SHA384", NULL);
	lib.hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	lib.ready =
	    lib.sha256 != NULL && lib.sha384 != NULL && lib.hkdf != NULL;
}

static void
load_curve(struct curve *c)
{
	BN_CTX *ctx = BN_CTX_new();

	crypto_init();
	c->md = EVP_MD_fetch(NULL, c->digest, NULL);
	c->group = EC_GROUP_new_by_curve_name(c->nid);
	c->n = c->group != NULL ? EC_GROUP_get0_order(c->group) : NULL;
	c->mod_n = BN_MONT_CTX_new();
	if (c->n != NULL) {
		c->n_minus_1 = BN_dup(c->n);
		c->n_minus_2 = BN_dup(c->n);
	}
	c->ready = c->md != NULL && ctx != NULL && c->mod_n != NULL &&
		   c->n_minus_1 != NULL && c->n_minus_2 != NULL &&
		   BN_sub_word(c->n_minus_1, 1) &&
		   BN_sub_word(c->n_minus_2, 2) &&
		   BN_MONT_CTX_set(c->mod_n, c->n, ctx);
	BN_CTX_free(ctx);
}

static void
load_p256(void)
{
	load_curve(&p256);
}

static void
load_p384(void)
{
	load_curve(&p384);
}

/* NULL when libcrypto is not usable. */
static const struct curve *
curve_for(enum key_alg alg)
{
	struct curve *c = alg == KEY_P256 ? &p256 : &p384;

	(void)pthread_once(&c->once, alg == KEY_P256 ? load_p256 : load_p384);
	return c->ready ? c : NULL;
}

static bool
lib_ready(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, load_algorithms);
	return lib.ready;
}

/* Temporaries of one computation; freeing the context wipes them. */
static void
auto_bn_ctx_fn(BN_CTX **ctx)
{
	BN_CTX_free(*ctx);
}

static void
auto_point_fn(EC_POINT **p)
{
	EC_POINT_clear_free(*p);
}

static void
auto_sig_fn(ECDSA_SIG **sig)
{
	ECDSA_SIG_free(*sig);
}

#define auto_bn_ctx AUTO(auto_bn_ctx_fn) BN_CTX *
#define auto_point  AUTO(auto_point_fn) EC_POINT *
#define auto_sig    AUTO(auto_sig_fn) ECDSA_SIG *

static BIGNUM *
secret_bn(BN_CTX *ctx)
{
	BIGNUM *bn = BN_CTX_get(ctx);

	if (bn != NULL)
		BN_set_flags(bn, BN_FLG_CONSTTIME);
	return bn;
}

/* --- digests and derivation --- */

int
sha256(struct span msg, uint8_t out[static SHA256_SIZE])
{
	if (!lib_ready())
		return -1;
	return EVP_Digest(msg.p, msg.n, out, NULL, lib.sha256, NULL) ? 0 : -1;
}

int
sha384(struct span msg, uint8_t out[static SHA384_SIZE])
{
	if (!lib_ready())
		return -1;
	return EVP_Digest(msg.p, msg.n, out, NULL, lib.sha384, NULL) ? 0 : -1;
}

int
sha1(struct span msg, uint8_t out[static SHA1_SIZE])
{
	return EVP_Digest(msg.p, msg.n, out, NULL, EVP_sha1(), NULL) ? 0 : -1;
}

static int
hmac(const EVP_MD *md, struct span key, struct span msg, uint8_t *out)
{
	if (key.n > INT_MAX)
		return -1;
	return HMAC(md, key.p, (int)key.n, msg.p, msg.n, out, NULL) != NULL
		   ? 0
		   : -1;
}

int
hmac_sha384(struct span key, struct span msg, uint8_t out[static SHA384_SIZE])
{
	return lib_ready() ? hmac(lib.sha384, key, msg, out) : -1;
}

int
hkdf_sha384(struct span secret, const char *label, size_t n, struct buf *out)
{
	char digest[] = "SHA384", info[MAX_LABEL_SIZE];
	const size_t before = out->n, info_n = strlen(label);
	uint8_t ikm[MAX_SECRET_SIZE], *room;
	EVP_KDF_CTX *ctx;
	bool ok;

	if (!lib_ready() || info_n > sizeof(info) || secret.n > sizeof(ikm))
		return -1;
	memcpy(info, label, info_n); /* OSSL_PARAM is not const */
	memcpy(ikm, secret.p, secret.n);
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_KEY, ikm, secret.n),
		OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_INFO, info, info_n),
		OSSL_PARAM_construct_end(),
	};
	room = buf_room(out, n);
	ctx = EVP_KDF_CTX_new(lib.hkdf);
	ok =
	    room != NULL && ctx != NULL && EVP_KDF_derive(ctx, room, n, params);
	EVP_KDF_CTX_free(ctx);
	OPENSSL_cleanse(ikm, sizeof(ikm));
	if (!ok)
		out->n = before;
	return ok ? 0 : -1;
}

int
random_bytes(size_t n, struct buf *out)
{
	uint8_t *room = buf_room(out, n);

	if (room == NULL)
		return -1;
	if (n > INT_MAX || RAND_priv_bytes(room, (int)n) != 1) {
		out->n -= n;
		return -1;
	}
	return 0;
}

/* --- public keys --- */

size_t
pubkey_size(enum key_alg alg)
{
	static const size_t sizes[] = {
		[KEY_RSA2048] = 2048 / 8,
		[KEY_P256] = 1 + 2 * 32,
		[KEY_P384] = P384_POINT_SIZE,
		[KEY_RSA4096] = 4096 / 8,
	};

	return sizes[alg];
}

bool
key_alg_is_rsa(enum key_alg alg)
{
	return alg == KEY_RSA2048 || alg == KEY_RSA4096;
}

static int
push_rsa(OSSL_PARAM_BLD *bld, const struct pubkey *key, BIGNUM *modulus)
{
	return BN_bin2bn(key->bytes, (int)key->n, modulus) != NULL &&
	       OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, modulus) &&
	       OSSL_PARAM_BLD_push_uint(bld, OSSL_PKEY_PARAM_RSA_E, RSA_F4);
}

static int
push_point(OSSL_PARAM_BLD *bld, const struct pubkey *key)
{
	const struct curve *c = curve_for(key->alg);

	return c != NULL &&
	       OSSL_PARAM_BLD_push_utf8_string(
		   bld, OSSL_PKEY_PARAM_GROUP_NAME, c->name, 0) &&
	       OSSL_PARAM_BLD_push_octet_string(
		   bld, OSSL_PKEY_PARAM_PUB_KEY, key->bytes, key->n);
}

EVP_PKEY *
pubkey_evp(const struct pubkey *key, struct err *e)
{
	const bool rsa = key_alg_is_rsa(key->alg);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx =
	    EVP_PKEY_CTX_new_from_name(NULL, rsa ? "RSA" : "EC", NULL);
	BIGNUM *modulus = BN_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (bld != NULL && modulus != NULL &&
	    (rsa ? push_rsa(bld, key, modulus) : push_point(bld, key)))
		params = OSSL_PARAM_BLD_to_param(bld);
	if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	OSSL_PARAM_free(params);
	BN_free(modulus);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_BLD_free(bld);
	if (pkey == NULL)
		(void)evp_fail(e, E_CRYPTO, "take a public key");
	return pkey;
}

int
pubkey_spki(const struct pubkey *key, struct buf *out, struct err *e)
{
	auto_pkey pkey = pubkey_evp(key, e);
	uint8_t *der = NULL;
	int n = pkey != NULL ? i2d_PUBKEY(pkey, &der) : -1;
	int rc = 0;

	if (pkey == NULL)
		return -1;
	if (n <= 0)
		return evp_fail(e, E_CRYPTO, "encode a public key");
	if (buf_put(out, (struct span){ der, (size_t)n }))
		rc = err_set(e, E_LIMIT, "a public key of %d bytes", n);
	OPENSSL_free(der);
	return rc;
}

static int
parse_rsa(const EVP_PKEY *pkey, struct pubkey *ret)
{
	BIGNUM *n = NULL, *exponent = NULL;
	const int bits = EVP_PKEY_get_bits(pkey);
	int rc = -1;

	ret->alg = bits == 2048 ? KEY_RSA2048 : KEY_RSA4096;
	ret->n = pubkey_size(ret->alg);
	if ((size_t)bits == 8 * ret->n &&
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent) &&
	    BN_is_word(exponent, RSA_F4) &&
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) &&
	    BN_bn2binpad(n, ret->bytes, (int)ret->n) == (int)ret->n)
		rc = 0;
	BN_free(n);
	BN_free(exponent);
	return rc;
}

static int
parse_ec(const EVP_PKEY *pkey, struct pubkey *ret)
{
	char group[32] = "";

	if (!EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL))
		return -1;
	if (strcmp(group, p256.name) == 0)
		ret->alg = KEY_P256;
	else if (strcmp(group, p384.name) == 0)
		ret->alg = KEY_P384;
	else
		return -1;
	return EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY,
		   ret->bytes, sizeof(ret->bytes), &ret->n) &&
		       ret->n == pubkey_size(ret->alg) && ret->bytes[0] == 0x04
		   ? 0
		   : -1;
}

int
pubkey_parse(struct span spki, struct pubkey *ret, struct err *e)
{
	const uint8_t *p = spki.p;
	auto_pkey pkey = NULL;
	int rc = -1;

	crypto_init();
	if (spki.n <= MAX_CERT_SIZE)
		pkey = d2i_PUBKEY(NULL, &p, (long)spki.n);
	ERR_clear_error();
	if (pkey == NULL || p != spki.p + spki.n)
		return err_set(e, E_FORMAT, "no public key");
	if (EVP_PKEY_is_a(pkey, "RSA"))
		rc = parse_rsa(pkey, ret);
	else if (EVP_PKEY_is_a(pkey, "EC"))
		rc = parse_ec(pkey, ret);
	ERR_clear_error();
	return rc != 0 ? err_set(e, E_FOREIGN,
			     "a public key of %d bits: not RSA-2048, RSA-4096, "
			     "P-256 or P-384",
			     EVP_PKEY_get_bits(pkey))
		       : 0;
}

/* --- private keys --- */

/* out = scalar * G, 04 | X | Y. */
static int
multiply_base(const struct curve *c, const BIGNUM *scalar,
    uint8_t out[static P384_POINT_SIZE], BN_CTX *ctx, struct err *e)
{
	const size_t n = pubkey_size(c->alg);
	auto_point point = EC_POINT_new(c->group);

	if (point == NULL ||
	    !EC_POINT_mul(c->group, point, scalar, NULL, NULL, ctx) ||
	    EC_POINT_point2oct(c->group, point, POINT_CONVERSION_UNCOMPRESSED,
		out, n, ctx) != n)
		return evp_fail(e, E_CRYPTO, "multiply the generator");
	return 0;
}

static struct key *
key_new(struct err *e)
{
	struct key *k = calloc(1, sizeof(*k));

	if (k == NULL)
		(void)err_set(e, E_NOMEM, "key: out of memory");
	return k;
}

/* The scalar's octets and the point that belongs to it. */
static int
set_scalar(struct key *k, const struct curve *c, const BIGNUM *d, BN_CTX *ctx,
    struct err *e)
{
	k->curve = c;
	if (BN_bn2binpad(d, k->scalar, (int)c->size) != (int)c->size)
		return evp_fail(e, E_CRYPTO, "a scalar does not fit its curve");
	return multiply_base(c, d, k->point, ctx, e);
}

void
key_free(struct key *k)
{
	if (k == NULL)
		return;
	EVP_PKEY_free(k->rsa); /* wipes what is secret in it */
	OPENSSL_cleanse(k, sizeof(*k));
	free(k);
}

static int
from_secret(const struct curve *curve, struct span secret, struct key **ret,
    struct err *e)
{
	auto_bn_ctx ctx = BN_CTX_secure_new();
	auto_key k = NULL;
	BIGNUM *c, *d;

	if (curve == NULL || ctx == NULL)
		return evp_fail(e, E_CRYPTO, "libcrypto is not usable");
	if (secret.n != curve->size + EXTRA_SECRET)
		return err_set(e, E_CRYPTO, "secret of %zu bytes, not %zu",
		    secret.n, curve->size + EXTRA_SECRET);
	k = key_new(e);
	if (k == NULL)
		return -1;
	BN_CTX_start(ctx);
	c = secret_bn(ctx);
	d = secret_bn(ctx);
	/* FIPS 186-5 A.2.1: d = (c mod (n - 1)) + 1. */
	if (d == NULL || BN_bin2bn(secret.p, (int)secret.n, c) == NULL ||
	    !BN_mod(d, c, curve->n_minus_1, ctx) || !BN_add_word(d, 1))
		return evp_fail(e, E_CRYPTO, "make a scalar");
	if (set_scalar(k, curve, d, ctx, e) != 0)
		return -1;
	*ret = TAKE(k);
	return 0;
}

int
key_from_secret(struct span secret, struct key **ret, struct err *e)
{
	return from_secret(curve_for(KEY_P384), secret, ret, e);
}

static int
from_rsa(EVP_PKEY *pkey, struct key **ret, struct err *e)
{
	const int bits = EVP_PKEY_get_bits(pkey);
	BIGNUM *exponent = NULL;
	bool f4;

	f4 = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent) &&
	     BN_is_word(exponent, RSA_F4);
	BN_free(exponent);
	if (!f4 || (bits != 2048 && bits != 4096))
		return err_set(
		    e, E_FOREIGN, "not RSA-2048 or RSA-4096 with e = 65537");
	*ret = key_new(e);
	if (*ret == NULL)
		return -1;
	(*ret)->rsa = EVP_PKEY_up_ref(pkey) ? pkey : NULL;
	return 0;
}

static int
generate_rsa(size_t bits, struct key **ret, struct err *e)
{
	auto_pkey pkey = EVP_RSA_gen(bits);

	return pkey == NULL ? evp_fail(e, E_CRYPTO, "make an RSA key")
			    : from_rsa(pkey, ret, e);
}

int
key_generate(enum key_alg alg, struct key **ret, struct err *e)
{
	auto_buf secret = BUF_INIT(P384_SECRET_SIZE);
	const struct curve *c;

	crypto_init();
	if (key_alg_is_rsa(alg))
		return generate_rsa(8 * pubkey_size(alg), ret, e);
	c = curve_for(alg);
	if (c == NULL || random_bytes(c->size + EXTRA_SECRET, &secret) != 0)
		return evp_fail(e, E_CRYPTO, "random bytes");
	return from_secret(c, buf_span(&secret), ret, e);
}

static enum key_alg
rsa_alg(const struct key *k)
{
	return EVP_PKEY_get_bits(k->rsa) == 2048 ? KEY_RSA2048 : KEY_RSA4096;
}

void
key_public(const struct key *k, struct pubkey *ret)
{
	const enum key_alg alg = k->rsa != NULL ? rsa_alg(k) : k->curve->alg;
	BIGNUM *modulus = NULL;

	*ret = (struct pubkey){ .alg = alg, .n = pubkey_size(alg) };
	if (k->rsa == NULL) {
		memcpy(ret->bytes, k->point, ret->n);
		return;
	}
	if (EVP_PKEY_get_bn_param(k->rsa, OSSL_PKEY_PARAM_RSA_N, &modulus))
		(void)BN_bn2binpad(modulus, ret->bytes, (int)ret->n);
	BN_free(modulus);
}

static int
from_ec(const EVP_PKEY *pkey, struct key **ret, struct err *e)
{
	auto_bn_ctx ctx = BN_CTX_secure_new();
	const struct curve *c = NULL;
	auto_key k = key_new(e);
	char group[32];
	BIGNUM *d;

	if (k == NULL)
		return -1;
	if (!EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL))
		return evp_fail(e, E_CRYPTO, "a key without a named curve");
	if (strcmp(group, p384.name) == 0)
		c = curve_for(KEY_P384);
	else if (strcmp(group, p256.name) == 0)
		c = curve_for(KEY_P256);
	else
		return err_set(e, E_FOREIGN, "not a P-384 or P-256 key");
	if (c == NULL || ctx == NULL)
		return evp_fail(e, E_CRYPTO, "libcrypto is not usable");
	BN_CTX_start(ctx);
	d = secret_bn(ctx);
	if (d == NULL ||
	    !EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_PRIV_KEY, &d) ||
	    BN_is_zero(d) || BN_cmp(d, c->n) >= 0)
		return evp_fail(e, E_CRYPTO, "read the private scalar");
	/* Not the point that the file may name: one that fits for certain. */
	if (set_scalar(k, c, d, ctx, e) != 0)
		return -1;
	*ret = TAKE(k);
	return 0;
}

/* Asked for by kind: looking for any kind takes three times as long.  Block
 * after block: "EC PARAMETERS" may stand before the key.  NULL when there is
 * none. */
static EVP_PKEY *
decode_pem(struct span pem, const char *kind)
{
	auto_bio bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	OSSL_DECODER_CTX *decoder;
	EVP_PKEY *pkey = NULL;

	decoder = OSSL_DECODER_CTX_new_for_pkey(
	    &pkey, "PEM", NULL, kind, EVP_PKEY_KEYPAIR, NULL, NULL);
	for (int left = INT_MAX; decoder != NULL && bio != NULL &&
				 pkey == NULL && BIO_pending(bio) < left;) {
		left = BIO_pending(bio);
		(void)OSSL_DECODER_from_bio(decoder, bio);
	}
	OSSL_DECODER_CTX_free(decoder);
	return pkey;
}

int
key_load_pem(struct span pem, struct key **ret, struct err *e)
{
	auto_pkey pkey = NULL;
	auto_pkey rsa = NULL;

	if (pem.n > MAX_SMALL_FILE)
		return err_set(e, E_LIMIT, "%zu bytes of PEM", pem.n);
	crypto_init();
	pkey = decode_pem(pem, "EC");
	if (pkey == NULL)
		rsa = decode_pem(pem, "RSA");
	if (pkey == NULL && rsa == NULL)
		return evp_fail(e, E_CRYPTO, "no private EC or RSA key in PEM");
	ERR_clear_error(); /* of what it is not */
	return pkey != NULL ? from_ec(pkey, ret, e) : from_rsa(rsa, ret, e);
}

static EVP_PKEY *
ec_evp(const struct key *k)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	BIGNUM *d = BN_bin2bn(k->scalar, (int)k->curve->size, NULL);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (bld != NULL && d != NULL && ctx != NULL &&
	    OSSL_PARAM_BLD_push_utf8_string(
		bld, OSSL_PKEY_PARAM_GROUP_NAME, k->curve->name, 0) &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d) &&
	    OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY,
		k->point, pubkey_size(k->curve->alg)))
		params = OSSL_PARAM_BLD_to_param(bld);
	if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		pkey = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	BN_clear_free(d);
	OSSL_PARAM_BLD_free(bld);
	return pkey;
}

EVP_PKEY *
key_evp(const struct key *k, struct err *e)
{
	EVP_PKEY *pkey = NULL;

	if (k->rsa == NULL)
		pkey = ec_evp(k);
	else if (EVP_PKEY_up_ref(k->rsa))
		pkey = k->rsa;
	if (pkey == NULL)
		(void)evp_fail(e, E_CRYPTO, "a private key for OpenSSL");
	return pkey;
}

int
key_store_pem(const struct key *k, struct buf *out, struct err *e)
{
	auto_pkey pkey = key_evp(k, NULL);
	auto_bio bio = BIO_new(BIO_s_secmem());
	char *text;
	long n;

	if (pkey == NULL || bio == NULL ||
	    !PEM_write_bio_PKCS8PrivateKey(
		bio, pkey, NULL, NULL, 0, NULL, NULL))
		return evp_fail(e, E_CRYPTO, "write a private key as PEM");
	n = BIO_get_mem_data(bio, &text);
	if (n <= 0 || buf_put(out, (struct span){ (uint8_t *)text, (size_t)n }))
		return err_set(e, E_LIMIT, "PEM of %ld bytes does not fit", n);
	return 0;
}

/* --- signing: RFC 6979 --- */

/* HMAC_DRBG's state; both are as long as the order, as the digest is. */
struct drbg {
	const struct curve *curve;
	uint8_t k[MAX_SCALAR_SIZE], v[MAX_SCALAR_SIZE];
};

/* V = HMAC(K, V). */
static int
drbg_next(struct drbg *s)
{
	const size_t n = s->curve->size;

	return hmac(s->curve->md, (struct span){ s->k, n },
	    (struct span){ s->v, n }, s->v);
}

/* 3.2 d-g: K = HMAC(K, V | tag | seed), V = HMAC(K, V). */
static int
drbg_update(struct drbg *s, uint8_t tag, struct span seed)
{
	uint8_t in[MAX_SCALAR_SIZE + 1 + 2 * MAX_SCALAR_SIZE];
	const size_t n = s->curve->size;
	int rc;

	memcpy(in, s->v, n);
	in[n] = tag;
	memcpy(in + n + 1, seed.p, seed.n);
	rc = hmac(s->curve->md, (struct span){ s->k, n },
	    (struct span){ in, n + 1 + seed.n }, s->k);
	OPENSSL_cleanse(in, sizeof(in));
	return rc || drbg_next(s) ? -1 : 0;
}

/* 3.2 h: the first candidate in 1 .. n-1; h1 is the reduced hash. */
static int
nonce_from(struct drbg *s, const struct key *key,
    const uint8_t h1[static MAX_SCALAR_SIZE], BIGNUM *ret)
{
	uint8_t seed[2 * MAX_SCALAR_SIZE];
	const size_t n = key->curve->size;
	int rc;

	s->curve = key->curve;
	memset(s->v, 0x01, n);
	memset(s->k, 0x00, n);
	memcpy(seed, key->scalar, n);
	memcpy(seed + n, h1, n);
	rc = drbg_update(s, 0x00, (struct span){ seed, 2 * n }) ||
	     drbg_update(s, 0x01, (struct span){ seed, 2 * n });
	OPENSSL_cleanse(seed, sizeof(seed));
	while (rc == 0) {
		if (drbg_next(s) || BN_bin2bn(s->v, (int)n, ret) == NULL)
			break;
		if (!BN_is_zero(ret) && BN_cmp(ret, s->curve->n) < 0)
			return 0;
		rc = drbg_update(s, 0x00, (struct span){ seed, 0 });
	}
	return -1;
}

static int
put_signature(const BIGNUM *r, const BIGNUM *s, struct buf *out, struct err *e)
{
	auto_sig sig = ECDSA_SIG_new();
	BIGNUM *own_r = BN_dup(r), *own_s = BN_dup(s);
	uint8_t *room;
	int n;

	if (sig == NULL || own_r == NULL || own_s == NULL ||
	    !ECDSA_SIG_set0(sig, own_r, own_s)) {
		BN_free(own_r);
		BN_free(own_s);
		return err_set(e, E_NOMEM, "signature: out of memory");
	}
	n = i2d_ECDSA_SIG(sig, NULL);
	room = n > 0 ? buf_room(out, (size_t)n) : NULL;
	if (room == NULL)
		return err_set(e, E_LIMIT, "signature does not fit");
	(void)i2d_ECDSA_SIG(sig, &room);
	return 0;
}

/* FIPS 186-5 6.4.1 with the hash as int e: r = x(kG), s = (e + rd) / k. */
static int
sign_hash(const struct key *key, BIGNUM *hash, BN_CTX *ctx, struct buf *out,
    struct err *e)
{
	const struct curve *c = key->curve;
	const int size = (int)c->size;
	uint8_t h1[MAX_SCALAR_SIZE], point[P384_POINT_SIZE];
	BIGNUM *d = secret_bn(ctx), *k = secret_bn(ctx), *inv = secret_bn(ctx),
	       *r = BN_CTX_get(ctx), *s = secret_bn(ctx);
	struct drbg state;
	int rc;

	/* bits2octets(): one subtraction reduces a hash as long as n. */
	if (s == NULL || !BN_nnmod(hash, hash, c->n, ctx) ||
	    BN_bn2binpad(hash, h1, size) != size)
		return evp_fail(e, E_CRYPTO, "reduce the hash");
	rc = nonce_from(&state, key, h1, k);
	OPENSSL_cleanse(&state, sizeof(state));
	if (rc != 0)
		return evp_fail(e, E_CRYPTO, "make the nonce of RFC 6979");
	if (multiply_base(c, k, point, ctx, e) != 0)
		return -1;
	if (BN_bin2bn(point + 1, size, r) == NULL ||
	    !BN_nnmod(r, r, c->n, ctx) ||
	    BN_bin2bn(key->scalar, size, d) == NULL ||
	    !BN_mod_exp_mont_consttime(
		inv, k, c->n_minus_2, c->n, ctx, c->mod_n) ||
	    !BN_mod_mul(s, r, d, c->n, ctx) ||
	    !BN_mod_add_quick(s, s, hash, c->n) ||
	    !BN_mod_mul(s, s, inv, c->n, ctx))
		return evp_fail(e, E_CRYPTO, "sign");
	/* Once in 2^255 signatures; another message then. */
	if (BN_is_zero(r) || BN_is_zero(s))
		return err_set(e, E_CRYPTO, "sign: r or s is zero");
	return put_signature(r, s, out, e);
}

static int
sign_ec(const struct key *k, struct span msg, struct buf *out, struct err *e)
{
	auto_bn_ctx ctx = BN_CTX_secure_new();
	uint8_t digest[MAX_SCALAR_SIZE];
	BIGNUM *hash;

	if (ctx == NULL ||
	    !EVP_Digest(msg.p, msg.n, digest, NULL, k->curve->md, NULL))
		return evp_fail(e, E_CRYPTO, "digest");
	BN_CTX_start(ctx);
	hash = BN_CTX_get(ctx);
	if (hash == NULL ||
	    BN_bin2bn(digest, (int)k->curve->size, hash) == NULL)
		return err_set(e, E_NOMEM, "sign: out of memory");
	return sign_hash(k, hash, ctx, out, e);
}

static int
sign_rsa(const struct key *k, struct span msg, struct buf *out, struct err *e)
{
	size_t n = pubkey_size(rsa_alg(k));
	uint8_t *room = buf_room(out, n);
	EVP_MD_CTX *ctx;
	bool ok;

	if (room == NULL)
		return err_set(e, E_LIMIT, "signature of %zu bytes", n);
	ctx = EVP_MD_CTX_new();
	ok = ctx != NULL &&
	     EVP_DigestSignInit_ex(
		 ctx, NULL, "SHA256", NULL, NULL, k->rsa, NULL) == 1 &&
	     EVP_DigestSign(ctx, room, &n, msg.p, msg.n) == 1;
	EVP_MD_CTX_free(ctx);
	if (ok)
		return 0;
	out->n -= n;
	return evp_fail(e, E_CRYPTO, "sign with RSA");
}

int
key_sign(const struct key *k, struct span msg, struct buf *out, struct err *e)
{
	if (k->rsa != NULL)
		return sign_rsa(k, msg, out, e);
	return sign_ec(k, msg, out, e);
}

/* --- verifying --- */

static const struct {
	const char *key, *digest;
} sig_algs[] = {
	[SIG_ECDSA_SHA256] = { "EC", "SHA256" },
	[SIG_ECDSA_SHA384] = { "EC", "SHA384" },
	[SIG_RSA_SHA256] = { "RSA", "SHA256" },
	[SIG_RSA_SHA384] = { "RSA", "SHA384" },
	[SIG_RSA_SHA512] = { "RSA", "SHA512" },
	[SIG_RSA_SHA1] = { "RSA", "SHA1" },
};

int
key_verify(struct span spki, enum sig_alg alg, struct span msg, struct span sig,
    struct err *e)
{
	const uint8_t *p = spki.p;
	auto_pkey pkey = NULL;
	EVP_MD_CTX *ctx;
	bool ok;

	if (lib_ready() && spki.n <= INT_MAX)
		pkey = d2i_PUBKEY(NULL, &p, (long)spki.n);
	if (pkey == NULL || p != spki.p + spki.n)
		return evp_fail(e, E_CRYPTO, "read the public key");
	if (!EVP_PKEY_is_a(pkey, sig_algs[alg].key))
		return err_set(
		    e, E_CRYPTO, "the key is no %s key", sig_algs[alg].key);
	ctx = EVP_MD_CTX_new();
	ok = ctx != NULL &&
	     EVP_DigestVerifyInit_ex(ctx, NULL, sig_algs[alg].digest, NULL,
		 NULL, pkey, NULL) == 1 &&
	     EVP_DigestVerify(ctx, sig.p, sig.n, msg.p, msg.n) == 1;
	EVP_MD_CTX_free(ctx);
	return ok ? 0 : evp_fail(e, E_CRYPTO, "the signature does not verify");
}
