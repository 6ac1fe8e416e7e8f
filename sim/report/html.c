#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/auto.h"
#include "sim/report/html.h"

FILE *
html_stream(struct html *h)
{
	if (h->in_tag)
		(void)fputc('>', h->out);
	h->in_tag = false;
	return h->out;
}

/* --- elements ---------------------------------------------------------------
 */

static void
begin_tag(struct html *h, const char *tag)
{
	(void)fprintf(html_stream(h), "<%s", tag);
	h->in_tag = true;
}

void
html_begin(struct html *h, const char *tag, const char *class)
{
	assert(h->depth < MAX_HTML_DEPTH);
	begin_tag(h, tag);
	h->open[h->depth++] = tag;
	if (class != NULL)
		html_attr(h, "class", class);
}

void
html_end(struct html *h)
{
	assert(h->depth > 0);
	(void)fprintf(html_stream(h), "</%s>", h->open[--h->depth]);
}

void
html_void(struct html *h, const char *tag)
{
	begin_tag(h, tag);
}

void
html_attr(struct html *h, const char *name, const char *value)
{
	assert(h->in_tag);
	(void)fprintf(h->out, " %s=\"", name);
	xml_text(value, h->out);
	(void)fputc('"', h->out);
}

void
html_attrf(struct html *h, const char *name, const char *fmt, ...)
{
	auto_free char *value = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&value, fmt, ap) < 0)
		value = NULL;
	va_end(ap);
	html_attr(h, name, value != NULL ? value : "");
}

/* --- text -------------------------------------------------------------------
 */

void
html_text(struct html *h, const char *text)
{
	FILE *out = html_stream(h);

	if (text != NULL)
		xml_text(text, out);
}

void
html_textf(struct html *h, const char *fmt, ...)
{
	auto_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	html_text(h, text);
}

void
html_lines(struct html *h, const char *text)
{
	auto_free char *lines = strdup(text != NULL ? text : "");
	size_t n = 0;

	for (size_t i = 0; lines != NULL && lines[i] != '\0'; i++)
		if (lines[i] != '\r' || lines[i + 1] != '\n')
			lines[n++] = lines[i];
	if (lines != NULL)
		lines[n] = '\0';
	xml_lines(lines != NULL ? lines : "", html_stream(h));
}

void
html_leaf(struct html *h, const char *tag, const char *class, const char *text)
{
	html_begin(h, tag, class);
	html_text(h, text);
	html_end(h);
}
