#include "odca/der.h"
#include "sim/base/limits.h"

enum header { HEADER_OK, HEADER_SHORT, HEADER_BAD };

/* Read tag and length; s moves on only when both are there and well formed. */
static enum header
der_header(struct span *s, uint8_t *ret_tag, size_t *ret_n)
{
	struct span t = *s;
	uint8_t tag, first, octet;
	size_t n;

	if (span_get_u8(&t, &tag))
		return HEADER_SHORT;
	if ((tag & 0x1f) == 0x1f)
		return HEADER_BAD;
	if (span_get_u8(&t, &first))
		return HEADER_SHORT;
	n = first;
	if (first >= 0x80) {
		/* 80 is the indefinite form; a long CRL needs 3 octets. */
		if (first < 0x81 || first > 0x83)
			return HEADER_BAD;
		n = 0;
		for (uint8_t i = first & 0x7f; i > 0; i--) {
			if (span_get_u8(&t, &octet))
				return HEADER_SHORT;
			n = n << 8 | octet;
		}
		/* In the fewest octets: the first one counts. */
		if (n < 0x80 || n >> 8 * (first - 0x81) == 0)
			return HEADER_BAD;
	}
	*s = t;
	*ret_tag = tag;
	*ret_n = n;
	return HEADER_OK;
}

int
der_get(struct span *s, struct der *ret)
{
	struct span t = *s, content;
	uint8_t tag;
	size_t n;

	if (der_header(&t, &tag, &n) != HEADER_OK || span_get(&t, n, &content))
		return -1;
	*ret = (struct der){
		.tag = tag,
		.content = content,
		.tlv = { s->p, s->n - t.n },
	};
	*s = t;
	return 0;
}

int
der_put(struct buf *out, uint8_t tag, struct span content)
{
	const size_t n = content.n;
	uint8_t header[] = { tag, (uint8_t)n, 0, 0 };
	size_t header_n = 2;

	if (n > UINT16_MAX)
		return -1;
	if (n >= 0x100) {
		header[1] = 0x82;
		header[header_n++] = (uint8_t)(n >> 8);
		header[header_n++] = (uint8_t)n;
	} else if (n >= 0x80) {
		header[1] = 0x81;
		header[header_n++] = (uint8_t)n;
	}
	return buf_put(out, (struct span){ header, header_n }) ||
		       buf_put(out, content)
		   ? -1
		   : 0;
}

struct span
der_content(struct span tlv)
{
	struct der d;

	if (der_get(&tlv, &d) || tlv.n != 0)
		return (struct span){ NULL, 0 };
	return d.content;
}

static bool
strict_below(struct span s, int depth)
{
	struct der d;

	while (s.n > 0) {
		if (depth == 0 || der_get(&s, &d))
			return false;
		if ((d.tag & DER_CONSTRUCTED) != 0 &&
		    !strict_below(d.content, depth - 1))
			return false;
	}
	return true;
}

bool
der_is_strict(struct span s)
{
	return strict_below(s, MAX_DER_DEPTH);
}

size_t
der_sequence_length(struct span s, size_t *ret_wanted)
{
	struct span t = s;
	uint8_t tag = 0;
	size_t n;

	*ret_wanted = 0;
	if (der_header(&t, &tag, &n) != HEADER_OK || tag != DER_SEQUENCE)
		return 0;
	*ret_wanted = s.n - t.n + n;
	return n <= t.n ? *ret_wanted : 0;
}
