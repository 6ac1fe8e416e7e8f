#include <string.h>
#include <strings.h>

#include "odca/cert.h"
#include "sim/aik/enroll_record.h"
#include "sim/base/base64.h"
#include "sim/cli/enroll_out.h"
#include "sim/cli/out.h"
#include "sim/cli/show.h"

#define CONTENT_TYPE "\nContent-Type:"

json_t *
enroll_json_us(uint64_t ns)
{
	return json_integer((json_int_t)(ns / 1000));
}

/* --- messages ---------------------------------------------------------------
 */

static bool
is_printable(uint8_t c)
{
	return (c >= ' ' && c <= '~') || c == '\r' || c == '\n' || c == '\t';
}

static bool
is_text(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!is_printable(s.p[i]))
			return false;
	return true;
}

/* JSON has no octets. */
static json_t *
json_head(struct span head)
{
	auto_buf text = BUF_INIT(head.n);

	for (size_t i = 0; i < head.n; i++)
		if (buf_put_u8(
			&text, is_printable(head.p[i]) ? head.p[i] : '?'))
			return NULL;
	return json_stringn((const char *)text.p, text.n);
}

/* The value of Content-Type, if it has one. */
static json_t *
json_content_type(struct span head)
{
	const size_t n = strlen(CONTENT_TYPE);
	size_t end = 0;

	while (head.n >= n &&
	       strncasecmp((const char *)head.p, CONTENT_TYPE, n) != 0)
		(void)span_skip(&head, 1);
	if (span_skip(&head, n) != 0)
		return json_null();
	while (head.n > 0 && head.p[0] == ' ')
		(void)span_skip(&head, 1);
	while (end < head.n && head.p[end] != '\r' && head.p[end] != '\n')
		end++;
	head.n = end;
	return end > 0 ? json_head(head) : json_null();
}

static json_t *
json_base64(struct span s)
{
	auto_buf text = BUF_INIT(2 * MAX_HTTP_RECORD);

	return base64_encode(BASE64_PLAIN, s, &text)
		   ? NULL
		   : json_stringn((const char *)text.p, text.n);
}

/* bytes: what was sent, of which there may be less here. */
static json_t *
json_body(const struct enroll_message *m, size_t bytes)
{
	const struct span body = buf_span(&m->body);

	if (body.n == 0)
		return json_null();
	return json_pack("{s:I, s:o, s:o}", "bytes", (json_int_t)bytes, "type",
	    json_content_type(buf_span(&m->head)),
	    is_text(body) ? "text" : "base64",
	    is_text(body) ? json_stringn((const char *)body.p, body.n)
			  : json_base64(body));
}

static json_t *
json_message(const struct enroll_message *m, size_t bytes)
{
	return m->head.n == 0 ? json_null()
			      : json_pack("{s:o, s:o}", "head",
				    json_head(buf_span(&m->head)), "body",
				    json_body(m, bytes));
}

/* --- SCEP -------------------------------------------------------------------
 */

struct word {
	int value;
	const char *text;
};

static json_t *
json_word(const struct word *words, int value)
{
	if (value == SCEP_ABSENT)
		return json_null();
	for (; words->text != NULL; words++)
		if (words->value == value)
			return json_string(words->text);
	return json_sprintf("%d", value);
}

static json_t *
json_scep(const struct enroll_exchange *x)
{
	static const struct word types[] = { { SCEP_PKCS_REQ, "PKCSReq" },
		{ SCEP_CHALLENGE_ANSWER, "ClaimChallengeAnswer" },
		{ 0, NULL } };
	static const struct word statuses[] = { { SCEP_SUCCESS, "SUCCESS" },
		{ SCEP_FAILURE, "FAILURE" }, { SCEP_PENDING, "PENDING" },
		{ SCEP_PENDING_CHALLENGE, "PENDING_CHALLENGE" }, { 0, NULL } };
	static const struct word fails[] = { { SCEP_BAD_ALG, "badAlg" },
		{ SCEP_BAD_MESSAGE_CHECK, "badMessageCheck" },
		{ SCEP_BAD_REQUEST, "badRequest" },
		{ SCEP_BAD_TIME, "badTime" }, { SCEP_BAD_CERT_ID, "badCertId" },
		{ 0, NULL } };

	if (x->message_type == SCEP_ABSENT)
		return json_null();
	return json_pack("{s:o, s:s, s:o, s:o}", "message_type",
	    json_word(types, x->message_type), "transaction_id", x->transaction,
	    "pki_status", json_word(statuses, x->pki_status), "fail_info",
	    json_word(fails, x->fail_info));
}

/* --- requests ---------------------------------------------------------------
 */

static json_t *
json_request(const struct enroll_request *q)
{
	return json_pack("{s:s, s:s, s:o, s:I, s:I, s:o}", "name", q->name,
	    "method", q->method, "status", out_json_number(q->status, 0),
	    "sent", (json_int_t)q->sent, "received", (json_int_t)q->received,
	    "us", enroll_json_us(q->ns));
}

static void
add_exchange(
    json_t *o, const struct enroll_request *q, const struct enroll_exchange *x)
{
	json_t *more = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "url",
	    x->url, "address", out_json_text(x->address), "error",
	    out_json_text(x->error), "request",
	    json_message(&x->request, q->sent), "answer",
	    json_message(&x->answer, q->received), "scep", json_scep(x));

	(void)json_object_update(o, more);
	json_decref(more);
}

json_t *
enroll_json_requests(const struct enroll_result *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_requests; i++) {
		json_t *o = json_request(&r->requests[i]);

		if (r->record != NULL)
			add_exchange(
			    o, &r->requests[i], &r->record->exchanges[i]);
		(void)json_array_append_new(list, o);
	}
	return list;
}

/* --- certificates -----------------------------------------------------------
 */

static json_t *
json_certificate(const struct enroll_certificate *e)
{
	struct cert c;
	json_t *o, *more;

	if (cert_parse(buf_span(&e->der), &c, NULL) != 0)
		return NULL;
	o = json_pack("{s:s, s:o, s:b}", "role", e->role, "place",
	    e->place >= 0 ? json_integer(e->place) : json_null(), "walked",
	    (int)e->walked);
	more = show_certificate_from(e->source, &c);
	(void)json_object_set_new(more, "pem", out_json_pem(c.der));
	(void)json_object_update(o, more);
	json_decref(more);
	return o;
}

json_t *
enroll_json_certificates(const struct enroll_result *r)
{
	json_t *list = json_array();

	for (size_t i = 0; r->record != NULL && i < r->record->n_certs; i++)
		(void)json_array_append_new(
		    list, json_certificate(&r->record->certs[i]));
	return list;
}
