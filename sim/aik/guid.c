#include <stdio.h>

#include "odca/key.h"
#include "sim/aik/guid.h"

int
guid_make(char out[static GUID_TEXT_SIZE])
{
	auto_buf random = BUF_INIT(16);
	char hex[33];

	out[0] = '\0';
	if (random_bytes(16, &random) != 0)
		return -1;
	random.p[6] = (random.p[6] & 0x0f) | 0x40;
	random.p[8] = (random.p[8] & 0x3f) | 0x80;
	hex_encode(buf_span(&random), hex);
	(void)snprintf(out, GUID_TEXT_SIZE, "%.8s-%.4s-%.4s-%.4s-%s", hex,
	    hex + 8, hex + 12, hex + 16, hex + 20);
	return 0;
}
