#include "sim/tpm/tlv.h"

int
tlv_header(struct buf *out, enum tlv_tag tag, size_t n)
{
	return buf_put_u16(out, (uint16_t)tag) || buf_put_u32(out, (uint32_t)n);
}

int
tlv_put(struct buf *out, enum tlv_tag tag, struct span value)
{
	return tlv_header(out, tag, value.n) || buf_put(out, value);
}

int
tlv_find(struct span in, enum tlv_tag tag, struct span *ret, struct err *e)
{
	struct span value;
	uint16_t found;
	uint32_t length;

	while (in.n > 0) {
		if (span_get_u16(&in, &found) || span_get_u32(&in, &length) ||
		    span_get(&in, length, &value))
			return err_set(
			    e, E_SHORT, "TLV is longer than the state file");
		if (found == tag) {
			*ret = value;
			return 0;
		}
	}
	return err_set(
	    e, E_FORMAT, "state file without a state (TLV 0x%x)", tag);
}
