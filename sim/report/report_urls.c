#include <string.h>

#include "sim/report/report_part.h"

/* Where the key identifier in a URL begins; its length if there is none. */
static size_t
id_at(const char *url)
{
	static const char *const before[] = { "-KeyId-", "-NameId-" };

	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++) {
		const char *at = strstr(url, before[i]);

		if (at != NULL)
			return (size_t)(at - url) + strlen(before[i]);
	}
	return strlen(url);
}

static size_t
digits(const char *text)
{
	return strspn(text, "0123456789abcdefABCDEF");
}

void
report_marked(struct page *p, const char *text, const char *other)
{
	const size_t n = strlen(text);
	size_t to;

	for (size_t i = 0; i < n; i = to) {
		const bool same = text[i] == other[i];

		for (to = i + 1; to < n && (text[to] == other[to]) == same;)
			to++;
		if (!same)
			html_begin(&p->h, "mark", NULL);
		html_textf(&p->h, "%.*s", (int)(to - i), text + i);
		if (!same)
			html_end(&p->h);
	}
}

static size_t
count_different(const char *a, const char *b)
{
	size_t n = 0;

	for (; *a != '\0' && *b != '\0'; a++, b++)
		n += *a != *b;
	return n;
}

/* The identifiers of both, when they are of the same length. */
static bool
comparable(const char *a, const char *b, size_t *ret)
{
	*ret = digits(a + id_at(a));
	return *ret > 0 && *ret == digits(b + id_at(b));
}

static void
put_url(struct page *p, const char *id, const char *url, const char *other)
{
	const size_t at = id_at(url);
	size_t n;

	html_begin(&p->h, "dd", "url");
	report_id(p, id);
	html_textf(&p->h, "%.*s", (int)at, url);
	if (comparable(url, other, &n)) {
		auto_free char *a = strndup(url + at, n);
		auto_free char *b = strndup(other + id_at(other), n);

		if (a != NULL && b != NULL)
			report_marked(p, a, b);
		html_text(&p->h, url + at + n);
	} else {
		html_text(&p->h, url + at);
	}
	html_end(&p->h);
}

static void
put_source(struct page *p, const json_t *a)
{
	const char *from = report_text(a, "from");
	const json_t *place = json_object_get(a, "place");

	html_begin(&p->h, "dd", "source");
	html_text(&p->h, json_is_true(json_object_get(a, "name_id"))
			     ? "From the name of who issued "
			     : "From the key identifier of who issued ");
	if (!json_is_integer(place))
		html_textf(&p->h,
		    "%s: in the TPM, but the chain does not lead there from "
		    "the EK certificate",
		    from);
	else if (json_integer_value(place) == 0)
		html_text(&p->h, "the EK certificate itself");
	else
		html_textf(&p->h, "%s, %d up from the EK certificate", from,
		    (int)json_integer_value(place));
	html_text(&p->h, ".");
	html_end(&p->h);
}

static void
put_comparison(struct page *p, const char *built, const char *right)
{
	const size_t at = id_at(built);
	size_t n;

	html_begin(&p->h, "p", NULL);
	if (strcmp(built, right) == 0)
		html_text(&p->h, "The client built the right URL.");
	else if (comparable(built, right, &n))
		html_textf(&p->h,
		    "The client built the wrong URL: %zu of the %zu digits of "
		    "the identifier differ, and are marked.",
		    count_different(built + at, right + id_at(right)), n);
	else
		html_text(&p->h, "The client built the wrong URL.");
	html_end(&p->h);
}

void
report_urls(struct page *p, const json_t *authority)
{
	const char *built = report_text(authority, "url");
	const json_t *r = json_object_get(authority, "right");
	const char *right = report_text(r, "url");

	if (built[0] == '\0')
		return;
	report_section(p, "the-url", "The URL");
	if (right[0] != '\0')
		put_comparison(p, built, right);
	html_begin(&p->h, "dl",
	    strcmp(built, right) == 0 || right[0] == '\0' ? "same" : "differ");
	report_id(p, "urls");
	html_leaf(&p->h, "dt", NULL, "Built");
	put_url(p, "url-built", built, right[0] != '\0' ? right : built);
	put_source(p, authority);
	html_leaf(&p->h, "dt", NULL, "Right");
	if (right[0] != '\0') {
		put_url(p, "url-right", right, built);
		if (strcmp(built, right) != 0)
			put_source(p, r);
	} else {
		html_begin(&p->h, "dd", NULL);
		report_id(p, "url-right");
		html_text(&p->h, "Not known: the certificates say no more.");
		html_end(&p->h);
	}
	html_end(&p->h);
	html_end(&p->h);
}
