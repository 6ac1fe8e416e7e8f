#include "sim/base/limits.h"
#include "sim/tpm/store.h"

/* swtpm's swtpm_nvstore.h */
enum {
	BLOB_VERSION = 2,
	BLOB_MIN_VERSION = 1,
	BLOB_HEADER_SIZE = 10,
	BLOB_FLAG_ENCRYPTED = 0x01,
	BLOB_FLAG_MIGRATION_ENCRYPTED = 0x02,
	BLOB_FLAG_MIGRATION_DATA = 0x04,
	TLV_DATA = 1,
	TLV_MIGRATION_DATA = 4,
	TLV_HEADER_SIZE = 6,
};

static int
put_header(struct buf *out, uint16_t flags, size_t total)
{
	return buf_put_u8(out, BLOB_VERSION) ||
	       buf_put_u8(out, BLOB_MIN_VERSION) ||
	       buf_put_u16(out, BLOB_HEADER_SIZE) || buf_put_u16(out, flags) ||
	       buf_put_u32(out, (uint32_t)total);
}

static int
put_tlv(struct buf *out, uint16_t tag, size_t n)
{
	return buf_put_u16(out, tag) || buf_put_u32(out, (uint32_t)n);
}

int
blob_wrap(struct span state, struct buf *out, struct err *e)
{
	size_t total = BLOB_HEADER_SIZE + TLV_HEADER_SIZE + state.n;

	if (total > MAX_STATE_FILE)
		return err_set(e, E_LIMIT, "state of %zu bytes", state.n);
	if (put_header(out, 0, total) || put_tlv(out, TLV_DATA, state.n) ||
	    buf_put(out, state))
		return err_set(e, E_NOMEM, "state of %zu bytes", state.n);
	return 0;
}

int
blob_wrap_migration(struct span state, struct buf *out, struct err *e)
{
	size_t inner = TLV_HEADER_SIZE + state.n;
	size_t total = BLOB_HEADER_SIZE + TLV_HEADER_SIZE + inner;

	if (total > MAX_STATE_BLOB)
		return err_set(e, E_LIMIT, "state of %zu bytes", state.n);
	if (put_header(out, BLOB_FLAG_MIGRATION_DATA, total) ||
	    put_tlv(out, TLV_MIGRATION_DATA, inner) ||
	    put_tlv(out, TLV_DATA, state.n) || buf_put(out, state))
		return err_set(e, E_NOMEM, "state of %zu bytes", state.n);
	return 0;
}

/* *blob moves to what is behind the header. */
static int
blob_header(struct span *blob, bool migration, struct err *e)
{
	struct span s = *blob;
	uint8_t version, min_version;
	uint16_t header, flags;
	uint32_t total;

	if (span_get_u8(&s, &version) || span_get_u8(&s, &min_version) ||
	    span_get_u16(&s, &header) || span_get_u16(&s, &flags) ||
	    span_get_u32(&s, &total))
		return err_set(e, E_SHORT,
		    "blob header: want %d bytes, have %zu", BLOB_HEADER_SIZE,
		    blob->n);
	if (version < BLOB_MIN_VERSION || min_version > BLOB_VERSION ||
	    header < BLOB_HEADER_SIZE || header > total)
		return err_set(e, E_FORMAT,
		    "no state of swtpm's format: version %u, header %u, "
		    "length %u",
		    version, header, total);
	if (total != blob->n)
		return err_set(e, total > blob->n ? E_SHORT : E_FORMAT,
		    "state file: want %u bytes, have %zu", total, blob->n);
	if (flags & (BLOB_FLAG_ENCRYPTED | BLOB_FLAG_MIGRATION_ENCRYPTED))
		return err_set(
		    e, E_STATE, "state is encrypted (flags 0x%x)", flags);
	if (!(flags & BLOB_FLAG_MIGRATION_DATA) == migration)
		return err_set(e, E_FORMAT,
		    migration ? "a state, not a migration blob"
			      : "a migration blob, not a state");
	/* A newer version may have a longer header. */
	if (span_skip(&s, header - BLOB_HEADER_SIZE))
		return err_set(e, E_SHORT, "blob header of %u bytes", header);
	*blob = s;
	return 0;
}

/* The first one with that tag; ret may be &in. */
static int
find_tlv(struct span in, uint16_t wanted, struct span *ret, struct err *e)
{
	struct span value;
	uint16_t tag;
	uint32_t length;

	while (in.n > 0) {
		if (span_get_u16(&in, &tag) || span_get_u32(&in, &length) ||
		    span_get(&in, length, &value))
			return err_set(
			    e, E_SHORT, "TLV is longer than the state file");
		if (tag == wanted) {
			*ret = value;
			return 0;
		}
	}
	return err_set(
	    e, E_FORMAT, "state file without a state (TLV %u)", wanted);
}

int
blob_unwrap(struct span file, struct span *ret, struct err *e)
{
	return blob_header(&file, false, e) != 0 ||
		       find_tlv(file, TLV_DATA, ret, e) != 0
		   ? -1
		   : 0;
}

int
blob_unwrap_migration(struct span container, struct span *ret, struct err *e)
{
	struct span inner;

	return blob_header(&container, true, e) != 0 ||
		       find_tlv(container, TLV_MIGRATION_DATA, &inner, e) !=
			   0 ||
		       find_tlv(inner, TLV_DATA, ret, e) != 0
		   ? -1
		   : 0;
}
