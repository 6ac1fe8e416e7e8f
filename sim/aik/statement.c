#include "sim/aik/statement.h"
#include "sim/base/tpm2.h"

#define KAST_MAGIC       0x5453414bu /* "KAST" */
#define KAST_VERSION     1
#define KAST_TPM2        2
#define KAST_HEADER_SIZE 28

/* TPMS_CLOCK_INFO and firmwareVersion, Part 2, 10.12.8. */
#define ATTEST_CLOCK_AND_FIRMWARE (17 + 8)

/* clang-format off */
static const struct {
	const char *name, *text;
} reasons[STATEMENT_COUNT] = {
	[STATEMENT_GOOD] = { "aik", "a good one" },
#define X(reason, name, text) [STATEMENT_##reason] = { name, text },
	STATEMENT_LIST(X)
#undef X
};
/* clang-format on */

const char *
statement_reason_name(enum statement_reason r)
{
	return reasons[r].name;
}

const char *
statement_reason_text(enum statement_reason r)
{
	return reasons[r].text;
}

/* --- octets -----------------------------------------------------------------
 */

int
statement_encode(const struct statement *st, struct buf *out, struct err *e)
{
	const size_t n = 2 + st->public.n + 2 + st->creation.n + 2 +
			 st->attest.n + st->signature.n;

	if (n > MAX_STATEMENT - KAST_HEADER_SIZE)
		return err_set(
		    e, E_LIMIT, "attestation statement: %zu bytes", n);
	if (buf_put_le32(out, KAST_MAGIC) || buf_put_le32(out, KAST_VERSION) ||
	    buf_put_le32(out, KAST_TPM2) ||
	    buf_put_le32(out, KAST_HEADER_SIZE) ||
	    buf_put_le32(out, (uint32_t)n) || buf_put_le32(out, 0) ||
	    buf_put_le32(out, 0) || buf_put_2b(out, st->public) ||
	    buf_put_2b(out, st->creation) || buf_put_2b(out, st->attest) ||
	    buf_put(out, st->signature))
		return err_set(
		    e, E_NOMEM, "attestation statement: %zu bytes", n);
	return 0;
}

struct header {
	uint32_t magic, version, platform, size;
	uint32_t binding, attestation, opaque; /* octets behind the header */
};

static int
get_header(struct span *s, struct header *ret, struct err *e)
{
	if (span_get_le32(s, &ret->magic) || span_get_le32(s, &ret->version) ||
	    span_get_le32(s, &ret->platform) || span_get_le32(s, &ret->size) ||
	    span_get_le32(s, &ret->binding) ||
	    span_get_le32(s, &ret->attestation) ||
	    span_get_le32(s, &ret->opaque))
		return err_set(
		    e, E_SHORT, "header: want %u bytes", KAST_HEADER_SIZE);
	if (ret->magic != KAST_MAGIC || ret->version != KAST_VERSION ||
	    ret->size != KAST_HEADER_SIZE)
		return err_set(e, E_FORMAT,
		    "header 0x%08x, version %u, of %u bytes: want 0x%08x, %u, "
		    "%u",
		    ret->magic, ret->version, ret->size, KAST_MAGIC,
		    KAST_VERSION, KAST_HEADER_SIZE);
	if (ret->platform != KAST_TPM2)
		return err_set(e, E_FOREIGN, "platform %u: want %u, a TPM 2.0",
		    ret->platform, KAST_TPM2);
	return 0;
}

static int
get_binding(struct span s, struct statement *ret, struct err *e)
{
	if (span_get_2b(&s, &ret->public))
		return err_set(e, E_SHORT, "TPM2B_PUBLIC");
	if (span_get_2b(&s, &ret->creation))
		return err_set(e, E_SHORT, "TPM2B_CREATION_DATA");
	if (span_get_2b(&s, &ret->attest))
		return err_set(e, E_SHORT, "TPM2B_ATTEST");
	ret->signature = s;
	return 0;
}

static int
decode(struct span s, struct statement *ret, struct err *e)
{
	struct statement st;
	struct span binding;
	struct header h;
	uint64_t total;

	if (s.n > MAX_STATEMENT)
		return err_set(e, E_LIMIT, "%zu bytes", s.n);
	if (get_header(&s, &h, e) != 0)
		return -1;
	total = (uint64_t)h.binding + h.attestation + h.opaque;
	if (total != s.n)
		return err_set(e, total > s.n ? E_SHORT : E_FORMAT,
		    "%zu bytes behind the header, want %u + %u + %u", s.n,
		    h.binding, h.attestation, h.opaque);
	(void)span_get(&s, h.binding, &binding);
	if (get_binding(binding, &st, e) != 0)
		return -1;
	*ret = st;
	return 0;
}

int
statement_decode(struct span all, struct statement *ret, struct err *e)
{
	return decode(all, ret, e) ? err_wrap(e, "attestation statement") : 0;
}

/* --- what it says -----------------------------------------------------------
 */

struct creation_attest {
	uint32_t magic;
	uint16_t type;
	struct span name, creation_hash;
};

static int
refuse(enum statement_reason r, enum statement_reason *ret, struct err *e)
{
	*ret = r;
	return err_set(
	    e, E_REJECTED, "%s: want %s", reasons[r].name, reasons[r].text);
}

/* For a refusal that has facts of its own, in e already. */
static int
refuse_because(
    enum statement_reason r, enum statement_reason *ret, struct err *e)
{
	*ret = r;
	if (e != NULL)
		e->code = E_REJECTED;
	return err_wrap(e, "%s", reasons[r].name);
}

static const struct {
	uint32_t bit;
	enum statement_reason reason;
} attributes[] = {
	{ OBJECT_RESTRICTED, STATEMENT_RESTRICTED },
	{ OBJECT_SIGN, STATEMENT_SIGN },
	{ OBJECT_FIXED_TPM, STATEMENT_FIXED_TPM },
	{ OBJECT_FIXED_PARENT, STATEMENT_FIXED_PARENT },
	{ OBJECT_SENSITIVE_DATA_ORIGIN, STATEMENT_ORIGIN },
};

/* The words are those that the service is known to answer with. */
static int
check_kind(const struct tpm_public *p, struct pubkey *ret,
    enum statement_reason *ret_reason, struct err *e)
{
	if (tpm_public_key(p, ret, e) != 0)
		return refuse_because(STATEMENT_KEY_TYPE, ret_reason, e);
	if (ret->alg == KEY_RSA2048)
		return 0;
	if (key_alg_is_rsa(ret->alg))
		(void)err_set(
		    e, E_REJECTED, "RSA key of %zu bits, not 2048", 8 * ret->n);
	else
		(void)err_set(e, E_REJECTED,
		    "%s ECC AIK requests not supported",
		    ret->alg == KEY_P256 ? "P-256" : "P-384");
	return refuse_because(STATEMENT_KEY_TYPE, ret_reason, e);
}

static int
check_public(struct span tpmt, struct tpm_public *ret, struct pubkey *ret_key,
    enum statement_reason *ret_reason, struct err *e)
{
	if (tpm_public_parse(tpmt, ret, e) != 0)
		return refuse_because(STATEMENT_PUBLIC, ret_reason, e);
	if (check_kind(ret, ret_key, ret_reason, e) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if ((ret->attributes & attributes[i].bit) == 0)
			return refuse(attributes[i].reason, ret_reason, e);
	if (ret->scheme != ALG_RSASSA)
		return refuse(STATEMENT_SCHEME, ret_reason, e);
	return 0;
}

/* TPMS_ATTEST with TPMS_CREATION_INFO, Part 2, 10.12. What another type has
 * there is not read. */
static int
get_attest(struct span s, struct creation_attest *ret)
{
	struct span signer, extra;

	if (span_get_u32(&s, &ret->magic) || span_get_u16(&s, &ret->type) ||
	    span_get_2b(&s, &signer) || span_get_2b(&s, &extra) ||
	    span_skip(&s, ATTEST_CLOCK_AND_FIRMWARE))
		return -1;
	if (ret->type != ST_ATTEST_CREATION)
		return 0;
	return span_get_2b(&s, &ret->name) ||
		       span_get_2b(&s, &ret->creation_hash) || s.n != 0
		   ? -1
		   : 0;
}

static int
check_attest(const struct statement *st, enum digest d,
    const struct tpm_name *name, enum statement_reason *ret_reason,
    struct err *e)
{
	struct creation_attest a = { .magic = 0 };
	uint8_t hash[MAX_DIGEST];

	if (get_attest(st->attest, &a) != 0)
		return refuse(STATEMENT_ATTEST, ret_reason, e);
	if (a.magic != TPM_GENERATED)
		return refuse(STATEMENT_MAGIC, ret_reason, e);
	if (a.type != ST_ATTEST_CREATION)
		return refuse(STATEMENT_TYPE, ret_reason, e);
	if (!span_eq(a.name, (struct span){ name->bytes, name->n }))
		return refuse(STATEMENT_NAME, ret_reason, e);
	if (digest(d, st->creation, hash) != 0 ||
	    !span_eq(a.creation_hash, (struct span){ hash, digest_size(d) }))
		return refuse(STATEMENT_CREATION, ret_reason, e);
	return 0;
}

static const struct {
	uint16_t hash;
	enum sig_alg alg;
} signatures[] = {
	{ ALG_SHA1, SIG_RSA_SHA1 }, /* what Windows asks for */
	{ ALG_SHA256, SIG_RSA_SHA256 },
	{ ALG_SHA384, SIG_RSA_SHA384 },
};

/* TPMT_SIGNATURE, by the scheme that the restricted key has. */
static int
get_signature(struct span s, const struct tpm_public *p, enum sig_alg *ret_alg,
    struct span *ret)
{
	uint16_t scheme, hash;

	if (span_get_u16(&s, &scheme) || span_get_u16(&s, &hash) ||
	    span_get_2b(&s, ret) || s.n != 0 || scheme != p->scheme ||
	    hash != p->scheme_hash)
		return -1;
	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		if (signatures[i].hash == hash) {
			*ret_alg = signatures[i].alg;
			return 0;
		}
	return -1;
}

static int
check_signature(const struct statement *st, const struct tpm_public *p,
    const struct pubkey *key, enum statement_reason *ret_reason, struct err *e)
{
	auto_buf spki = BUF_INIT(MAX_SPKI);
	enum sig_alg alg;
	struct span sig;

	if (get_signature(st->signature, p, &alg, &sig) != 0)
		return refuse(STATEMENT_SIGNATURE, ret_reason, e);
	if (pubkey_spki(key, &spki, e) != 0 ||
	    key_verify(buf_span(&spki), alg, st->attest, sig, e) != 0)
		return refuse_because(STATEMENT_SIGNATURE, ret_reason, e);
	return 0;
}

int
statement_check(const struct statement *st, struct statement_aik *ret,
    enum statement_reason *ret_reason, struct err *e)
{
	struct statement_aik aik;
	struct tpm_public p;

	if (check_public(st->public, &p, &aik.key, ret_reason, e) != 0)
		return -1;
	if (tpm_name(p.name_alg, st->public, &aik.name, e) != 0)
		return refuse_because(STATEMENT_PUBLIC, ret_reason, e);
	if (check_attest(st, p.name_alg, &aik.name, ret_reason, e) != 0 ||
	    check_signature(st, &p, &aik.key, ret_reason, e) != 0)
		return -1;
	*ret = aik;
	*ret_reason = STATEMENT_GOOD;
	return 0;
}
