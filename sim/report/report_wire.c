#include <string.h>

#include "sim/base/base64.h"
#include "sim/report/report_part.h"

#define DUMP_LINE 16
#define MAX_DUMP  512

/* --- binary bodies ----------------------------------------------------------
 */

static void
put_line(struct page *p, const uint8_t *at, size_t offset, size_t n)
{
	char hex[3 * DUMP_LINE + 2] = "", text[DUMP_LINE + 1] = "";
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		used += (size_t)snprintf(hex + used, sizeof(hex) - used,
		    "%s%02x ", i == DUMP_LINE / 2 ? " " : "", at[i]);
		text[i] = at[i] >= ' ' && at[i] <= '~' ? (char)at[i] : '.';
	}
	html_textf(&p->h, "%04zx  %-*s ", offset, 3 * DUMP_LINE + 1, hex);
	html_text(&p->h, text);
	html_lines(&p->h, "\n");
}

static void
put_dump(struct page *p, const char *base64, size_t bytes)
{
	auto_buf octets = BUF_INIT(MAX_DUMP);

	/* No more than there is room for. */
	(void)base64_decode(BASE64_PLAIN, SPAN_STR(base64), &octets);
	report_scroller(p, "scroll", "Body in hexadecimal");
	html_begin(&p->h, "pre", "dump");
	for (size_t at = 0; at < octets.n; at += DUMP_LINE)
		put_line(p, octets.p + at, at,
		    octets.n - at < DUMP_LINE ? octets.n - at : DUMP_LINE);
	if (bytes > octets.n)
		html_textf(&p->h, "%zu bytes more", bytes - octets.n);
	html_end(&p->h);
	html_end(&p->h);
}

/* --- a message --------------------------------------------------------------
 */

/* Without the empty line that ends it. */
static void
put_head(struct page *p, const char *head)
{
	size_t n = strlen(head);
	auto_free char *text = NULL;

	while (n > 0 && strchr("\r\n", head[n - 1]) != NULL)
		n--;
	text = strndup(head, n);
	html_begin(&p->h, "pre", "head");
	html_lines(&p->h, text);
	html_end(&p->h);
}

static void
put_message(struct page *p, const char *title, const json_t *m)
{
	const json_t *body = json_object_get(m, "body");
	const size_t bytes =
	    (size_t)json_integer_value(json_object_get(body, "bytes"));
	const char *text = report_text(body, "text");
	const char *base64 = report_text(body, "base64");

	report_heading(p, 1, title);
	put_head(p, report_text(m, "head"));
	if (!json_is_object(body))
		return;
	html_begin(&p->h, "p", "body");
	html_textf(&p->h, "Body, %zu bytes%s%s", bytes,
	    report_text(body, "type")[0] != '\0' ? ", " : "",
	    report_text(body, "type"));
	html_end(&p->h);
	if (text[0] != '\0') {
		html_begin(&p->h, "pre", "body");
		html_lines(&p->h, text);
		if (bytes > strlen(text))
			html_textf(
			    &p->h, "\n%zu bytes more", bytes - strlen(text));
		html_end(&p->h);
	} else if (base64[0] != '\0') {
		put_dump(p, base64, bytes);
	}
}

/* --- SCEP -------------------------------------------------------------------
 */

/* A text or a number, whichever it is. */
static void
put_value(struct page *p, const char *term, const json_t *value)
{
	if (value == NULL || json_is_null(value))
		return;
	html_leaf(&p->h, "dt", NULL, term);
	html_begin(&p->h, "dd", NULL);
	if (json_is_string(value))
		html_text(&p->h, json_string_value(value));
	else
		html_textf(&p->h, "%d", (int)json_integer_value(value));
	html_end(&p->h);
}

static void
put_scep(struct page *p, const json_t *scep)
{
	/* clang-format off */
	static const struct {
		const char *member, *title;
	} rows[] = {
		{ "message_type",   "SCEP message" },
		{ "pki_status",     "pkiStatus" },
		{ "fail_info",      "failInfo" },
		{ "transaction_id", "transactionID" },
	};
	/* clang-format on */

	if (!json_is_object(scep))
		return;
	html_begin(&p->h, "dl", "facts");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		put_value(
		    p, rows[i].title, json_object_get(scep, rows[i].member));
	html_end(&p->h);
}

/* --- a request --------------------------------------------------------------
 */

/* "Not Found" of "HTTP/1.1 404 Not Found". */
static void
reason_of(const char *head, char *out, size_t size)
{
	const char *at = head + strcspn(head, " \r\n");

	at += strspn(at, " ");
	at += strspn(at, "0123456789");
	(void)snprintf(out, size, "%.*s", (int)strcspn(at, "\r\n"), at);
}

static void
put_summary(struct page *p, const json_t *q)
{
	const json_t *status = json_object_get(q, "status");
	char reason[64];

	reason_of(report_text(json_object_get(q, "answer"), "head"), reason,
	    sizeof(reason));
	html_begin(&p->h, "summary", NULL);
	html_leaf(&p->h, "span", "subject", report_text(q, "name"));
	html_textf(&p->h, ": %s, ", report_text(q, "method"));
	if (json_is_integer(status))
		html_textf(
		    &p->h, "%d%s", (int)json_integer_value(status), reason);
	else
		html_text(&p->h, "no answer");
	html_textf(&p->h, ", %.0f ms",
	    (double)json_integer_value(json_object_get(q, "us")) / 1e3);
	html_end(&p->h);
}

static void
put_request(struct page *p, const json_t *q)
{
	const json_t *request = json_object_get(q, "request");
	const json_t *answer = json_object_get(q, "answer");

	html_begin(&p->h, "details", "request");
	put_summary(p, q);
	html_begin(&p->h, "dl", "facts");
	report_term(p, "URL", report_text(q, "url"));
	report_term(p, "Answered by", report_text(q, "address"));
	report_term(p, "Error", report_text(q, "error"));
	put_value(p, "Bytes sent", json_object_get(q, "sent"));
	put_value(p, "Bytes received", json_object_get(q, "received"));
	html_end(&p->h);
	put_scep(p, json_object_get(q, "scep"));
	if (json_is_object(request))
		put_message(p, "Request", request);
	if (json_is_object(answer))
		put_message(p, "Answer", answer);
	html_end(&p->h);
}

void
report_wire(struct page *p, const json_t *requests)
{
	report_section(p, "wire", "On the wire");
	if (json_array_size(requests) == 0)
		html_leaf(&p->h, "p", NULL, "Nothing was sent.");
	for (size_t i = 0; i < json_array_size(requests); i++)
		put_request(p, json_array_get(requests, i));
	html_end(&p->h);
}
