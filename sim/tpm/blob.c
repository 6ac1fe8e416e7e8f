#include "sim/base/limits.h"
#include "sim/tpm/blob.h"
#include "sim/tpm/tlv.h"

/* swtpm's swtpm_nvstore.c */
enum {
	BLOB_VERSION = 2,
	BLOB_MIN_VERSION = 1,
	BLOB_HEADER_SIZE = 10,
	BLOB_FLAG_ENCRYPTED = 0x01,
	BLOB_FLAG_MIGRATION_ENCRYPTED = 0x02,
	BLOB_FLAG_MIGRATION_DATA = 0x04,
	BLOB_FLAG_256BIT_KEY = 0x08,
	BLOB_FLAG_MIGRATION_256BIT_KEY = 0x10,
};

/* clang-format off */
static const struct {
	enum tlv_tag plain;
	uint16_t encrypted, key256;
	const char *option;
} layers[N_SEALS] = {
	[SEAL_DATA]      = { TLV_DATA,           BLOB_FLAG_ENCRYPTED,           BLOB_FLAG_256BIT_KEY,           "--key" },
	[SEAL_MIGRATION] = { TLV_MIGRATION_DATA, BLOB_FLAG_MIGRATION_ENCRYPTED, BLOB_FLAG_MIGRATION_256BIT_KEY, "--migration-key" },
};
/* clang-format on */

/* --- making ----------------------------------------------------------------
 */

static int
put_header(struct buf *out, uint16_t flags, size_t total)
{
	return buf_put_u8(out, BLOB_VERSION) ||
	       buf_put_u8(out, BLOB_MIN_VERSION) ||
	       buf_put_u16(out, BLOB_HEADER_SIZE) || buf_put_u16(out, flags) ||
	       buf_put_u32(out, (uint32_t)total);
}

/* Of the TLVs that a layer makes of n octets; key NULL: one, plain. */
static size_t
layer_size(const struct state_key *key, size_t n)
{
	return key != NULL ? state_key_sealed_size(key, n)
			   : TLV_HEADER_SIZE + n;
}

static uint16_t
layer_flags(const struct state_key *key, enum seal what)
{
	uint16_t flags = 0;

	if (key != NULL)
		flags |= layers[what].encrypted;
	if (key != NULL && state_key_is_256(key))
		flags |= layers[what].key256;
	return flags;
}

static int
put_layer(struct state_key *key, enum seal what, struct span header,
    struct span content, struct buf *out, struct err *e)
{
	if (key != NULL)
		return state_key_seal(key, what, header, content, out, e);
	return tlv_put(out, layers[what].plain, content)
		   ? err_set(e, E_NOMEM, "state of %zu bytes", content.n)
		   : 0;
}

int
blob_wrap(
    struct state_key *key, struct span state, struct buf *out, struct err *e)
{
	const size_t total = BLOB_HEADER_SIZE + layer_size(key, state.n);
	auto_buf header = BUF_INIT(BLOB_HEADER_SIZE);
	const size_t before = out->n;

	if (total > MAX_STATE_FILE)
		return err_set(e, E_LIMIT, "state of %zu bytes", state.n);
	if (put_header(&header, layer_flags(key, SEAL_DATA), total) ||
	    buf_put(out, buf_span(&header)))
		return err_set(e, E_NOMEM, "state of %zu bytes", state.n);
	if (put_layer(key, SEAL_DATA, buf_span(&header), state, out, e) == 0)
		return 0;
	out->n = before;
	return -1;
}

int
blob_wrap_migration(const struct blob_keys *k, bool plain, struct span state,
    struct buf *out, struct err *e)
{
	struct state_key *file = plain ? NULL : k->file;
	const size_t total = BLOB_HEADER_SIZE + layer_size(k->migration,
						    layer_size(file, state.n));
	auto_buf header = BUF_INIT(BLOB_HEADER_SIZE);
	auto_buf inner = BUF_INIT(MAX_STATE_BLOB);
	const size_t before = out->n;

	if (total > MAX_STATE_BLOB)
		return err_set(e, E_LIMIT, "state of %zu bytes", state.n);
	if (put_header(&header,
		BLOB_FLAG_MIGRATION_DATA | layer_flags(file, SEAL_DATA) |
		    layer_flags(k->migration, SEAL_MIGRATION),
		total) ||
	    buf_put(out, buf_span(&header)))
		return err_set(e, E_NOMEM, "state of %zu bytes", state.n);
	if (put_layer(file, SEAL_DATA, buf_span(&header), state, &inner, e) ==
		0 &&
	    put_layer(k->migration, SEAL_MIGRATION, buf_span(&header),
		buf_span(&inner), out, e) == 0)
		return 0;
	out->n = before;
	return -1;
}

/* --- taking apart -----------------------------------------------------------
 */

struct blob {
	struct span header;
	uint16_t flags;
	struct span body;
};

static int
parse(struct span all, struct blob *ret, struct err *e)
{
	struct span s = all;
	uint8_t version, min_version;
	uint16_t header;
	uint32_t total;

	if (span_get_u8(&s, &version) || span_get_u8(&s, &min_version) ||
	    span_get_u16(&s, &header) || span_get_u16(&s, &ret->flags) ||
	    span_get_u32(&s, &total))
		return err_set(e, E_SHORT,
		    "blob header: want %d bytes, have %zu", BLOB_HEADER_SIZE,
		    all.n);
	if (version < BLOB_MIN_VERSION || min_version > BLOB_VERSION ||
	    header < BLOB_HEADER_SIZE || header > total)
		return err_set(e, E_FORMAT,
		    "no state of swtpm's format: version %u, header %u, "
		    "length %u",
		    version, header, total);
	if (total != all.n)
		return err_set(e, total > all.n ? E_SHORT : E_FORMAT,
		    "state file: want %u bytes, have %zu", total, all.n);
	/* A newer version may have a longer header. */
	ret->body = all;
	if (span_get(&ret->body, header, &ret->header))
		return err_set(e, E_SHORT, "blob header of %u bytes", header);
	return 0;
}

static int
need_kind(const struct blob *b, bool migration, struct err *e)
{
	return !(b->flags & BLOB_FLAG_MIGRATION_DATA) != migration
		   ? 0
		   : err_set(e, E_FORMAT,
			 migration ? "a state, not a migration blob"
				   : "a migration blob, not a state");
}

static int
missing_key(enum seal what, const struct blob *b, struct err *e)
{
	err_set(e, E_STATE,
	    "state is encrypted (flags 0x%x), and no key is "
	    "given",
	    b->flags);
	return err_hint(e,
	    "'odcasim swtpm socket --tpm2 %s file=FILE ...', or "
	    "pwdfile=FILE, opens it",
	    layers[what].option);
}

/* The octets in a layer of the container, which is body, encrypted or not. */
static int
get_layer(struct state_key *key, enum seal what, bool encrypted,
    const struct blob *b, struct span body, struct buf *out, struct err *e)
{
	struct span plain;

	if (encrypted && key == NULL)
		return missing_key(what, b, e);
	if (encrypted &&
	    !(b->flags & layers[what].key256) == state_key_is_256(key))
		return err_set(e, E_USAGE,
		    "the key of %s has %u bits, the state needs one of %u",
		    layers[what].option, state_key_is_256(key) ? 256 : 128,
		    state_key_is_256(key) ? 128 : 256);
	if (encrypted)
		return state_key_open(key, what, b->header, body, out, e);
	if (tlv_find(body, layers[what].plain, &plain, e) != 0)
		return -1;
	return buf_put(out, plain)
		   ? err_set(e, E_LIMIT, "state of %zu bytes", plain.n)
		   : 0;
}

int
blob_unwrap(
    struct state_key *key, struct span file, struct buf *out, struct err *e)
{
	struct blob b;
	bool encrypted;

	if (parse(file, &b, e) != 0 || need_kind(&b, false, e) != 0)
		return -1;
	encrypted = b.flags & BLOB_FLAG_ENCRYPTED;
	if (key != NULL && !encrypted) {
		err_set(
		    e, E_STATE, "state is not encrypted, and a key is given");
		return err_hint(e, "leave the key out");
	}
	return get_layer(key, SEAL_DATA, encrypted, &b, b.body, out, e);
}

int
blob_unwrap_migration(const struct blob_keys *k, bool encrypted,
    struct span container, struct buf *out, struct err *e)
{
	auto_buf inner = BUF_INIT(MAX_STATE_BLOB);
	struct blob b;

	return parse(container, &b, e) != 0 || need_kind(&b, true, e) != 0 ||
		       get_layer(k->migration, SEAL_MIGRATION,
			   b.flags & BLOB_FLAG_MIGRATION_ENCRYPTED, &b, b.body,
			   &inner, e) != 0 ||
		       get_layer(k->file, SEAL_DATA,
			   encrypted || (b.flags & BLOB_FLAG_ENCRYPTED), &b,
			   buf_span(&inner), out, e) != 0
		   ? -1
		   : 0;
}
