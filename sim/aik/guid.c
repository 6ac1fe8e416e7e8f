#include <stdio.h>
#include <string.h>

#include "odca/key.h"
#include "sim/aik/guid.h"

void
guid_text(
    const uint8_t octets[static GUID_SIZE], char out[static GUID_TEXT_SIZE])
{
	uint8_t v4[GUID_SIZE];
	char hex[2 * GUID_SIZE + 1];

	memcpy(v4, octets, GUID_SIZE);
	v4[6] = (uint8_t)((v4[6] & 0x0f) | 0x40);
	v4[8] = (uint8_t)((v4[8] & 0x3f) | 0x80);
	hex_encode(SPAN_OF(v4), hex);
	(void)snprintf(out, GUID_TEXT_SIZE, "%.8s-%.4s-%.4s-%.4s-%s", hex,
	    hex + 8, hex + 12, hex + 16, hex + 20);
}

int
guid_make(char out[static GUID_TEXT_SIZE])
{
	auto_buf random = BUF_INIT(GUID_SIZE);

	out[0] = '\0';
	if (random_bytes(GUID_SIZE, &random) != 0)
		return -1;
	guid_text(random.p, out);
	return 0;
}
