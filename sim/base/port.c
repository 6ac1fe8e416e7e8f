#include "sim/base/port.h"

int
port_parse(const char *text, uint16_t *ret)
{
	unsigned v = 0;

	if (*text == '\0')
		return -1;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		v = v * 10 + (unsigned)(*text - '0');
		if (v > UINT16_MAX)
			return -1;
	}
	*ret = (uint16_t)v;
	return 0;
}
