#include <string.h>

#include "sim/aik/tpmpublic.h"
#include "sim/base/tpm2.h"

#define DEFAULT_EXPONENT 65537
#define N_OF(a)          (sizeof(a) / sizeof((a)[0]))

static const uint16_t digest_algs[] = {
	[DIGEST_SHA1] = ALG_SHA1,
	[DIGEST_SHA256] = ALG_SHA256,
	[DIGEST_SHA384] = ALG_SHA384,
};

int
tpm_digest(uint16_t alg, enum digest *ret, struct err *e)
{
	for (size_t i = 0; i < N_OF(digest_algs); i++)
		if (digest_algs[i] == alg) {
			*ret = (enum digest)i;
			return 0;
		}
	return err_set(
	    e, E_FOREIGN, "digest 0x%04x: want SHA-1, SHA-256 or SHA-384", alg);
}

/* How many octets stand behind the algorithm of a scheme: a digest, and the
 * count of ECDAA. */
static const struct {
	uint16_t alg;
	size_t n;
} schemes[] = {
	{ ALG_NULL, 0 },
	{ ALG_RSAES, 0 },
	{ ALG_RSASSA, 2 },
	{ ALG_RSAPSS, 2 },
	{ ALG_OAEP, 2 },
	{ ALG_ECDSA, 2 },
	{ ALG_ECDH, 2 },
	{ ALG_ECDAA, 4 },
	{ ALG_SM2, 2 },
	{ ALG_ECSCHNORR, 2 },
	{ ALG_ECMQV, 2 },
};

static int
get_scheme(struct span *s, struct tpm_public *ret, struct err *e)
{
	struct span details;

	if (span_get_u16(s, &ret->scheme))
		return err_set(e, E_SHORT, "scheme: message incomplete");
	for (size_t i = 0; i < N_OF(schemes); i++) {
		if (schemes[i].alg != ret->scheme)
			continue;
		if (span_get(s, schemes[i].n, &details))
			return err_set(
			    e, E_SHORT, "scheme: message incomplete");
		(void)span_get_u16(&details, &ret->scheme_hash);
		return 0;
	}
	return err_set(e, E_FORMAT, "scheme 0x%04x", ret->scheme);
}

static int
get_symmetric(struct span *s, struct tpm_public *ret, struct err *e)
{
	if (span_get_u16(s, &ret->symmetric) ||
	    (ret->symmetric != ALG_NULL &&
		(span_get_u16(s, &ret->symmetric_bits) ||
		    span_get_u16(s, &ret->mode))))
		return err_set(e, E_SHORT, "symmetric: message incomplete");
	return 0;
}

/* TPMS_RSA_PARMS from its size on, and the modulus. */
static int
get_rsa(struct span *s, struct tpm_public *ret, struct err *e)
{
	if (span_get_u16(s, &ret->size) || span_get_u32(s, &ret->exponent) ||
	    span_get_2b(s, &ret->x))
		return err_set(e, E_SHORT, "RSA key: message incomplete");
	return 0;
}

/* TPMS_ECC_PARMS from its curve on, and the point. */
static int
get_ecc(struct span *s, struct tpm_public *ret, struct err *e)
{
	uint16_t kdf, hash;

	if (span_get_u16(s, &ret->size) || span_get_u16(s, &kdf) ||
	    (kdf != ALG_NULL && span_get_u16(s, &hash)) ||
	    span_get_2b(s, &ret->x) || span_get_2b(s, &ret->y))
		return err_set(e, E_SHORT, "ECC key: message incomplete");
	return 0;
}

static int
get_common(struct span *s, struct tpm_public *ret, struct err *e)
{
	uint16_t name_alg;

	if (span_get_u16(s, &ret->type) || span_get_u16(s, &name_alg) ||
	    span_get_u32(s, &ret->attributes) || span_get_2b(s, &ret->policy))
		return err_set(e, E_SHORT, "message incomplete");
	if (ret->type != ALG_RSA && ret->type != ALG_ECC)
		return err_set(e, E_FOREIGN,
		    "type 0x%04x: want RSA (0x%04x) or ECC (0x%04x)", ret->type,
		    ALG_RSA, ALG_ECC);
	return tpm_digest(name_alg, &ret->name_alg, e) ? err_wrap(e, "nameAlg")
						       : 0;
}

int
tpm_public_parse(struct span tpmt, struct tpm_public *ret, struct err *e)
{
	struct tpm_public p = { .type = 0 };
	struct span s = tpmt;

	if (get_common(&s, &p, e) || get_symmetric(&s, &p, e) ||
	    get_scheme(&s, &p, e) ||
	    (p.type == ALG_RSA ? get_rsa : get_ecc)(&s, &p, e))
		return err_wrap(e, "TPMT_PUBLIC");
	if (s.n != 0)
		return err_set(e, E_FORMAT,
		    "TPMT_PUBLIC: %zu bytes behind a key of %zu", s.n,
		    tpmt.n - s.n);
	*ret = p;
	return 0;
}

/* clang-format off */
static const struct {
	uint16_t type, size;
	enum key_alg alg;
} kinds[] = {
	{ ALG_RSA, 2048,          KEY_RSA2048 },
	{ ALG_RSA, 4096,          KEY_RSA4096 },
	{ ALG_ECC, ECC_NIST_P256, KEY_P256 },
	{ ALG_ECC, ECC_NIST_P384, KEY_P384 },
};
/* clang-format on */

static int
key_kind(const struct tpm_public *p, enum key_alg *ret, struct err *e)
{
	for (size_t i = 0; i < N_OF(kinds); i++)
		if (kinds[i].type == p->type && kinds[i].size == p->size) {
			*ret = kinds[i].alg;
			return 0;
		}
	return p->type == ALG_RSA
		   ? err_set(e, E_FOREIGN, "RSA key of %u bits", p->size)
		   : err_set(e, E_FOREIGN, "ECC key on curve 0x%04x", p->size);
}

static int
rsa_key(const struct tpm_public *p, struct pubkey *ret, struct err *e)
{
	if (p->exponent != 0 && p->exponent != DEFAULT_EXPONENT)
		return err_set(e, E_FOREIGN,
		    "RSA key: exponent %u, want the default one", p->exponent);
	if (p->x.n != ret->n)
		return err_set(e, E_FORMAT,
		    "RSA key of %u bits: %zu bytes of modulus", p->size,
		    p->x.n);
	memcpy(ret->bytes, p->x.p, ret->n);
	return 0;
}

/* A TPM may leave a coordinate's leading zeros out. */
static int
point(const struct tpm_public *p, struct pubkey *ret, struct err *e)
{
	const size_t field = ret->n / 2;

	if (p->x.n == 0 || p->y.n == 0 || p->x.n > field || p->y.n > field)
		return err_set(e, E_FORMAT,
		    "ECC key: coordinates of %zu and %zu bytes, not %zu",
		    p->x.n, p->y.n, field);
	ret->bytes[0] = 4; /* uncompressed */
	memcpy(ret->bytes + 1 + field - p->x.n, p->x.p, p->x.n);
	memcpy(ret->bytes + 1 + 2 * field - p->y.n, p->y.p, p->y.n);
	return 0;
}

int
tpm_public_key(const struct tpm_public *p, struct pubkey *ret, struct err *e)
{
	struct pubkey k = { .n = 0 };

	if (key_kind(p, &k.alg, e) != 0)
		return -1;
	k.n = pubkey_size(k.alg);
	if ((key_alg_is_rsa(k.alg) ? rsa_key : point)(p, &k, e) != 0)
		return -1;
	*ret = k;
	return 0;
}

int
tpm_name(enum digest d, struct span tpmt, struct tpm_name *ret, struct err *e)
{
	struct tpm_name name = { .n = 2 + digest_size(d) };

	name.bytes[0] = (uint8_t)(digest_algs[d] >> 8);
	name.bytes[1] = (uint8_t)digest_algs[d];
	if (digest(d, tpmt, name.bytes + 2) != 0)
		return err_set(e, E_CRYPTO, "digest a public area");
	*ret = name;
	return 0;
}
