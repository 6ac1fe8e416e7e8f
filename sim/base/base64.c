#include <string.h>

#include "sim/base/base64.h"

#define N_DIGITS 64
#define COMMON                                                                 \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"                                           \
	"abcdefghijklmnopqrstuvwxyz0123456789"

static const char *const alphabets[] = {
	[BASE64_PLAIN] = COMMON "+/",
	[BASE64_URL] = COMMON "-_",
};

int
base64_encode(enum base64 kind, struct span s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i += 3) {
		size_t n = s.n - i < 3 ? s.n - i : 3;
		uint32_t v = (uint32_t)s.p[i] << 16;

		if (n > 1)
			v |= (uint32_t)s.p[i + 1] << 8;
		if (n > 2)
			v |= s.p[i + 2];
		for (size_t k = 0; k < 4; k++) {
			char digit = alphabets[kind][v >> (18 - 6 * k) & 63];

			if (buf_put_u8(out, (uint8_t)(k <= n ? digit : '=')))
				return -1;
		}
	}
	return 0;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The bytes of four digits, of which the last ones may be padding. */
static int
put_group(uint32_t v, unsigned pads, struct buf *out)
{
	if (pads > 2)
		return -1;
	for (unsigned k = 0; k < 3 - pads; k++)
		if (buf_put_u8(out, (uint8_t)(v >> (16 - 8 * k))))
			return -1;
	return 0;
}

int
base64_decode(enum base64 kind, struct span text, struct buf *out)
{
	const char *alphabet = alphabets[kind];
	unsigned digits = 0, pads = 0;
	uint32_t v = 0;

	for (size_t i = 0; i < text.n; i++) {
		const char *at = memchr(alphabet, text.p[i], N_DIGITS);

		if (kind == BASE64_PLAIN && is_blank(text.p[i]))
			continue;
		if (text.p[i] == '=')
			pads++;
		else if (at == NULL || pads > 0)
			return -1;
		v = v << 6 | (at != NULL ? (uint32_t)(at - alphabet) : 0);
		if (++digits % 4 == 0 && put_group(v, pads, out))
			return -1;
	}
	if (digits % 4 == 0)
		return 0;
	if (kind == BASE64_PLAIN || pads > 0)
		return -1;
	return put_group(v << 6 * (4 - digits % 4), 4 - digits % 4, out);
}
