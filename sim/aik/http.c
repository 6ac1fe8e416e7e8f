#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "sim/aik/http.h"

const char *
http_header(const struct http_request *r, const char *name)
{
	for (size_t i = 0; i < r->n_headers; i++)
		if (strcasecmp(r->headers[i].name, name) == 0)
			return r->headers[i].value;
	return NULL;
}

const char *
http_arg(const struct http_request *r, const char *name)
{
	for (size_t i = 0; i < r->n_args; i++)
		if (strcmp(r->args[i].name, name) == 0)
			return r->args[i].value;
	return NULL;
}

void
http_response_init(struct http_response *p)
{
	*p = (struct http_response){ .body = BUF_INIT(MAX_HTTP_ANSWER) };
}

void
http_response_done(struct http_response *p)
{
	buf_free(&p->body);
}

void
http_add_header(struct http_response *p, const char *name, const char *fmt, ...)
{
	va_list ap;
	int n;

	assert(p->n_headers < sizeof(p->headers) / sizeof(*p->headers));
	va_start(ap, fmt);
	n = vsnprintf(p->headers[p->n_headers].value, HTTP_VALUE_SIZE, fmt, ap);
	va_end(ap);
	assert(n >= 0 && n < HTTP_VALUE_SIZE);
	p->headers[p->n_headers++].name = name;
}

void
http_outcome(struct http_response *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p->outcome, sizeof(p->outcome), fmt, ap);
	va_end(ap);
}

void
http_answer(struct http_response *p, unsigned status, const char *type,
    struct span body)
{
	buf_reset(&p->body);
	if (buf_put(&p->body, body)) {
		p->status = 500;
		p->type = NULL;
		http_outcome(p, "answer of %zu bytes", body.n);
		return;
	}
	p->status = status;
	p->type = type;
}

void
http_refuse(struct http_response *p, unsigned status, const char *fmt, ...)
{
	char text[sizeof(p->outcome) + 1];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(p->outcome, sizeof(p->outcome), fmt, ap);
	va_end(ap);
	(void)snprintf(text, sizeof(text), "%s\n", p->outcome);
	http_answer(p, status, "text/plain; charset=utf-8", SPAN_STR(text));
}

/* word is one of "A, B". */
static bool
is_listed(const char *list, const char *word)
{
	const size_t n = strlen(word);

	for (;;) {
		const size_t this = strcspn(list, ",");

		if (this == n && memcmp(list, word, n) == 0)
			return true;
		if (list[this] == '\0')
			return false;
		list += this + strspn(list + this, ", ");
	}
}

bool
http_allows(
    const struct http_request *r, struct http_response *p, const char *allow)
{
	if (is_listed(allow, r->method))
		return true;
	http_refuse(p, 405, "only %s", allow);
	http_add_header(p, "Allow", "%s", allow);
	return false;
}

bool
http_is_local(const struct http_request *r)
{
	return strcmp(r->host, "localhost") == 0 ||
	       strcmp(r->host, "[::1]") == 0 ||
	       strncmp(r->host, "127.", 4) == 0;
}

bool
http_host_of(const char *text, size_t n, char out[static MAX_HTTP_HOST])
{
	const bool v6 = n > 0 && text[0] == '[';
	size_t used = 0, end;

	for (; used < n && used < MAX_HTTP_HOST - 1; used++) {
		const unsigned char c = (unsigned char)text[used];

		if (c == ':' && !v6)
			break;
		if (!isalnum(c) && strchr(v6 ? ":.[]" : "-._", c) == NULL)
			return false;
		out[used] = (char)tolower(c);
		if (v6 && c == ']') {
			used++;
			break;
		}
	}
	end = used;
	if (end > 0 && out[end - 1] == '.')
		end--;
	out[end] = '\0';
	if (end == 0 || (v6 && out[end - 1] != ']'))
		return false;
	/* Then there is the port, or nothing. */
	if (used < n && text[used++] != ':')
		return false;
	while (used < n && isdigit((unsigned char)text[used]))
		used++;
	return used == n;
}
