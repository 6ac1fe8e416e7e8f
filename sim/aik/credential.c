#include "odca/ek_template.h"
#include "sim/aik/credential.h"
#include "sim/base/tpm2.h"

/* Part 1, 24: labels of the seed's sharing and of the keys that it gives. */
#define LABEL_SEED      "IDENTITY"
#define LABEL_STORAGE   "STORAGE"
#define LABEL_INTEGRITY "INTEGRITY"

#define MAX_AES_KEY 32
#define MAX_SECRET  (2 + MAX_DIGEST) /* a TPM2B_DIGEST */

/* tpm2-tools' file. */
#define TOOLS_MAGIC   0xbadcc0deu
#define TOOLS_VERSION 1
/* Microsoft's frame. */
#define MICROSOFT_VERSION     1
#define MICROSOFT_TPM2        2
#define MICROSOFT_HEADER_SIZE 24

/* --- who it is for ----------------------------------------------------------
 */

int
credential_ek_of_key(
    const struct pubkey *key, struct credential_ek *ret, struct err *e)
{
	const struct ek_template *t;
	size_t n;

	t = ek_template_all(&n);
	for (size_t i = 0; i < n; i++) {
		if (t[i].alg != key->alg)
			continue;
		if (tpm_digest(t[i].name_alg, &ret->name_alg, e) != 0)
			return -1;
		ret->key = *key;
		ret->aes_size = t[i].aes_bits / 8;
		return 0;
	}
	return err_set(e, E_FOREIGN,
	    "no template for an EK of %zu bytes: want RSA-2048, P-256 or P-384",
	    key->n);
}

int
credential_ek_parse(struct span tpmt, struct credential_ek *ret, struct err *e)
{
	const uint32_t storage = OBJECT_RESTRICTED | OBJECT_DECRYPT;
	struct tpm_public p;

	if (tpm_public_parse(tpmt, &p, e) != 0)
		return err_wrap(e, "EK");
	if ((p.attributes & storage) != storage)
		return err_set(e, E_FOREIGN,
		    "EK: attributes 0x%08x, want restricted and decrypt",
		    p.attributes);
	if (p.symmetric != ALG_AES || p.mode != ALG_CFB ||
	    (p.symmetric_bits != 128 && p.symmetric_bits != 256))
		return err_set(e, E_FOREIGN,
		    "EK: symmetric algorithm 0x%04x, %u bits, mode 0x%04x, "
		    "want AES-CFB",
		    p.symmetric, p.symmetric_bits, p.mode);
	if (tpm_public_key(&p, &ret->key, e) != 0)
		return err_wrap(e, "EK");
	ret->name_alg = p.name_alg;
	ret->aes_size = p.symmetric_bits / 8;
	return 0;
}

/* --- making -----------------------------------------------------------------
 */

void
credential_done(struct credential *c)
{
	buf_free(&c->id_object);
	buf_free(&c->secret);
}

static struct credential
take(struct credential *c)
{
	const struct credential was = *c;

	*c = (struct credential)CREDENTIAL_INIT;
	return was;
}

/* A key, in a buf that wipes it. */
static int
derive(enum digest d, struct span seed, const char *label, struct span name,
    size_t n, struct buf *out)
{
	uint8_t *at = buf_room(out, n);

	return at != NULL && kdfa(d, seed, label, name, at, n) == 0 ? 0 : -1;
}

int
credential_protect(const struct credential_ek *ek, struct span seed,
    struct span name, struct span secret, struct buf *out, struct err *e)
{
	const enum digest d = ek->name_alg;
	const size_t n = digest_size(d);
	const struct span nothing = { NULL, 0 };
	auto_buf aes = BUF_INIT(MAX_AES_KEY), key = BUF_INIT(MAX_DIGEST);
	auto_buf plain = BUF_INIT(MAX_SECRET), sealed = BUF_INIT(MAX_SECRET);
	uint8_t hmac[MAX_DIGEST];

	if (secret.n > n)
		return err_set(e, E_LIMIT,
		    "secret of %zu bytes: the EK's digest has %zu", secret.n,
		    n);
	if (derive(d, seed, LABEL_STORAGE, name, ek->aes_size, &aes) ||
	    derive(d, seed, LABEL_INTEGRITY, nothing, n, &key) ||
	    buf_put_2b(&plain, secret) ||
	    aes_cfb_encrypt(buf_span(&aes), buf_span(&plain), &sealed) ||
	    digest_hmac(d, buf_span(&key), buf_span(&sealed), name, hmac))
		return err_set(e, E_CRYPTO, "protect a secret");
	if (buf_put_2b(out, (struct span){ hmac, n }) ||
	    buf_put(out, buf_span(&sealed)))
		return err_set(e, E_NOMEM, "protect a secret");
	return 0;
}

/* Annex B.10.4: a seed of our own, encrypted. */
static int
share_rsa(const struct credential_ek *ek, struct buf *seed, struct buf *out,
    struct err *e)
{
	if (random_bytes(digest_size(ek->name_alg), seed) != 0)
		return err_set(e, E_CRYPTO, "random bytes");
	return oaep_encrypt(
	    &ek->key, ek->name_alg, LABEL_SEED, buf_span(seed), out, e);
}

/* Annex C.6.4: a point of our own, and the seed follows from both. */
static int
share_ec(const struct credential_ek *ek, struct buf *seed, struct buf *out,
    struct err *e)
{
	const size_t n = digest_size(ek->name_alg), field = ek->key.n / 2;
	auto_buf z = BUF_INIT(MAX_EC_FIELD);
	struct pubkey own;
	struct span x, y;

	if (buf_room(&z, MAX_EC_FIELD) == NULL || buf_room(seed, n) == NULL)
		return err_set(e, E_NOMEM, "share a seed");
	if (ecdh_ephemeral(&ek->key, &own, z.p, e) != 0)
		return -1;
	x = (struct span){ own.bytes + 1, field };
	y = (struct span){ own.bytes + 1 + field, field };
	if (kdfe(ek->name_alg, (struct span){ z.p, field }, LABEL_SEED, x,
		(struct span){ ek->key.bytes + 1, field }, seed->p, n) != 0)
		return err_set(e, E_CRYPTO, "derive a seed");
	return buf_put_2b(out, x) || buf_put_2b(out, y)
		   ? err_set(e, E_NOMEM, "share a seed")
		   : 0;
}

int
credential_make(const struct credential_ek *ek, struct span name,
    struct span secret, struct credential *ret, struct err *e)
{
	auto_credential c = CREDENTIAL_INIT;
	auto_buf seed = BUF_INIT(MAX_DIGEST);

	if ((key_alg_is_rsa(ek->key.alg) ? share_rsa : share_ec)(
		ek, &seed, &c.secret, e) != 0 ||
	    credential_protect(
		ek, buf_span(&seed), name, secret, &c.id_object, e) != 0)
		return err_wrap(e, "make a credential");
	*ret = take(&c);
	return 0;
}

/* --- frames -----------------------------------------------------------------
 */

static int
put_tools(const struct credential *c, size_t n, struct buf *out)
{
	return buf_put_u32(out, TOOLS_MAGIC) || buf_put_u32(out, TOOLS_VERSION);
}

static int
put_microsoft(const struct credential *c, size_t n, struct buf *out)
{
	return buf_put_le32(out, c->magic) ||
	       buf_put_le32(out, MICROSOFT_VERSION) ||
	       buf_put_le32(out, MICROSOFT_TPM2) ||
	       buf_put_le32(out, MICROSOFT_HEADER_SIZE) ||
	       buf_put_le32(out, (uint32_t)n) || buf_put_le32(out, 0);
}

static int
get_tools(struct span *s, uint32_t *ret_magic, struct err *e)
{
	uint32_t magic, version;

	if (span_get_u32(s, &magic) || span_get_u32(s, &version))
		return err_set(
		    e, E_SHORT, "header: want 8 bytes, have %zu", s->n);
	if (magic != TOOLS_MAGIC || version != TOOLS_VERSION)
		return err_set(e, E_FORMAT,
		    "header 0x%08x, version %u: want 0x%08x, %u", magic,
		    version, TOOLS_MAGIC, TOOLS_VERSION);
	return 0;
}

/* As clients read it: of its six words the size decides, and what it counts
 * begins behind them, whatever the header calls its own size. */
static int
get_microsoft(struct span *s, uint32_t *ret_magic, struct err *e)
{
	uint32_t word[MICROSOFT_HEADER_SIZE / 4];

	if (s->n < MICROSOFT_HEADER_SIZE)
		return err_set(e, E_SHORT, "header: want %u bytes, have %zu",
		    MICROSOFT_HEADER_SIZE, s->n);
	for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++)
		(void)span_get_le32(s, &word[i]);
	if (s->n < word[4])
		return err_set(e, E_SHORT,
		    "header: %u bytes behind it, have %zu", word[4], s->n);
	*ret_magic = word[0];
	s->n = word[4];
	return 0;
}

static const struct {
	int (*put)(const struct credential *c, size_t n, struct buf *out);
	int (*get)(struct span *s, uint32_t *ret_magic, struct err *e);
	bool more; /* than the two structures may be there */
} frames[] = {
	[CREDENTIAL_WIRE] = { NULL, NULL, false },
	[CREDENTIAL_TOOLS] = { put_tools, get_tools, false },
	[CREDENTIAL_MICROSOFT] = { put_microsoft, get_microsoft, true },
};

int
credential_encode(const struct credential *c, enum credential_frame frame,
    struct buf *out, struct err *e)
{
	const size_t n = 2 + c->id_object.n + 2 + c->secret.n;

	if ((frames[frame].put != NULL && frames[frame].put(c, n, out)) ||
	    buf_put_2b(out, buf_span(&c->id_object)) ||
	    buf_put_2b(out, buf_span(&c->secret)))
		return err_set(e, E_NOMEM, "credential of %zu bytes", n);
	return 0;
}

static int
get_structures(struct span *s, struct credential *c, struct err *e)
{
	struct span id_object, secret;

	if (span_get_2b(s, &id_object))
		return err_set(e, E_SHORT, "TPM2B_ID_OBJECT: %zu bytes", s->n);
	if (span_get_2b(s, &secret))
		return err_set(
		    e, E_SHORT, "TPM2B_ENCRYPTED_SECRET: %zu bytes", s->n);
	if (buf_put(&c->id_object, id_object) || buf_put(&c->secret, secret))
		return err_set(e, E_LIMIT,
		    "%zu and %zu bytes: want at most %u and %u", id_object.n,
		    secret.n, MAX_ID_OBJECT, MAX_ENCRYPTED_SECRET);
	return 0;
}

int
credential_decode(struct span all, enum credential_frame frame,
    struct credential *ret, struct err *e)
{
	auto_credential c = CREDENTIAL_INIT;

	if ((frames[frame].get != NULL &&
		frames[frame].get(&all, &c.magic, e) != 0) ||
	    get_structures(&all, &c, e) != 0)
		return err_wrap(e, "credential");
	if (all.n != 0 && !frames[frame].more)
		return err_set(
		    e, E_FORMAT, "credential: %zu bytes behind it", all.n);
	*ret = take(&c);
	return 0;
}
