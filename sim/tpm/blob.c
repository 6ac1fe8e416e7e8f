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
	TLV_HEADER_SIZE = 6,
};

int
blob_wrap(struct span state, struct buf *out, struct err *e)
{
	size_t total = BLOB_HEADER_SIZE + TLV_HEADER_SIZE + state.n;

	if (total > MAX_STATE_FILE)
		return err_set(e, E_LIMIT, "state of %zu bytes", state.n);
	if (buf_put_u8(out, BLOB_VERSION) ||
	    buf_put_u8(out, BLOB_MIN_VERSION) ||
	    buf_put_u16(out, BLOB_HEADER_SIZE) || buf_put_u16(out, 0) ||
	    buf_put_u32(out, (uint32_t)total) || buf_put_u16(out, TLV_DATA) ||
	    buf_put_u32(out, (uint32_t)state.n) || buf_put(out, state))
		return err_set(e, E_NOMEM, "state of %zu bytes", state.n);
	return 0;
}

static int
blob_header(struct span *file, struct err *e)
{
	struct span s = *file;
	uint8_t version, min_version;
	uint16_t header, flags;
	uint32_t total;

	if (span_get_u8(&s, &version) || span_get_u8(&s, &min_version) ||
	    span_get_u16(&s, &header) || span_get_u16(&s, &flags) ||
	    span_get_u32(&s, &total))
		return err_set(e, E_SHORT,
		    "blob header: want %d bytes, have %zu", BLOB_HEADER_SIZE,
		    file->n);
	if (version < BLOB_MIN_VERSION || min_version > BLOB_VERSION ||
	    header < BLOB_HEADER_SIZE || header > total)
		return err_set(e, E_FORMAT,
		    "no state of swtpm's format: version %u, header %u, "
		    "length %u",
		    version, header, total);
	if (total != file->n)
		return err_set(e, total > file->n ? E_SHORT : E_FORMAT,
		    "state file: want %u bytes, have %zu", total, file->n);
	if (flags & (BLOB_FLAG_ENCRYPTED | BLOB_FLAG_MIGRATION_ENCRYPTED))
		return err_set(
		    e, E_STATE, "state is encrypted (flags 0x%x)", flags);
	if (flags & BLOB_FLAG_MIGRATION_DATA)
		return err_set(e, E_FORMAT, "a migration blob, not a state");
	/* A newer version may have a longer header. */
	if (span_skip(&s, header - BLOB_HEADER_SIZE))
		return err_set(e, E_SHORT, "blob header of %u bytes", header);
	*file = s;
	return 0;
}

int
blob_unwrap(struct span file, struct span *ret, struct err *e)
{
	struct span value;
	uint16_t tag;
	uint32_t length;

	if (blob_header(&file, e) != 0)
		return -1;
	while (file.n > 0) {
		if (span_get_u16(&file, &tag) || span_get_u32(&file, &length) ||
		    span_get(&file, length, &value))
			return err_set(
			    e, E_SHORT, "TLV is longer than the state file");
		if (tag == TLV_DATA) {
			*ret = value;
			return 0;
		}
	}
	return err_set(
	    e, E_FORMAT, "state file without a state (TLV %d)", TLV_DATA);
}
