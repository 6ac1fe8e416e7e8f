#include <stdbool.h>
#include <string.h>

#include "sim/report/xml.h"

static void
put(const char *text, bool lines, FILE *out)
{
	for (; *text != '\0'; text++) {
		const unsigned char c = (unsigned char)*text;

		if ((c < ' ' || c > '~') && !(lines && c == '\n'))
			(void)fprintf(out, "\\x%02x", c);
		else if (strchr("&<>\"'", c) != NULL)
			(void)fprintf(out, "&#%u;", c);
		else
			(void)fputc(c, out);
	}
}

void
xml_text(const char *text, FILE *out)
{
	put(text, false, out);
}

void
xml_lines(const char *text, FILE *out)
{
	put(text, true, out);
}
