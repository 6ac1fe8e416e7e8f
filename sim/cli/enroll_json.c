#include "odca/cert.h"
#include "sim/aik/hresult.h"
#include "sim/cli/enroll_out.h"
#include "sim/cli/out.h"

/*
 * source, enrolled, step (the last one's letter), total_us, platform,
 * request_id, authority (null, or {url, host, vendor, name_id, id, from,
 * place}), ek_certificate (null, or {source, sha256, chain}), caps (null, or a
 * text), steps: [{step, name, text, ok, us}], requests: [{name, method, status
 * (null: no answer), sent, received, us}], failure (null, or {message,
 * http_status, winhttp, hresult, hresult_name, hresult_text, pki_status,
 * fail_info, reply}), checks: [{name, ok, found, wanted}], certificate (null,
 * or {serial, issuer, key_id, not_before, not_after, thumbprint, pem}). Members
 * are only ever added.
 */

static json_t *
json_us(uint64_t ns)
{
	return json_integer((json_int_t)(ns / 1000));
}

/* null for what is not known. */
static json_t *
number_or_null(int value, int unknown)
{
	return value != unknown ? json_integer(value) : json_null();
}

static json_t *
text_or_null(const char *text)
{
	return text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *
json_authority(const struct enroll_result *r)
{
	const struct authority *a = &r->authority;

	return a->url[0] == '\0'
		   ? json_null()
		   : json_pack("{s:s, s:s, s:s, s:b, s:o, s:s, s:i}", "url",
			 a->url, "host", a->host, "vendor", a->vendor,
			 "name_id", (int)a->name_id, "id",
			 out_json_hex(SPAN_OF(a->id)), "from", a->source,
			 "place", (int)a->place);
}

static json_t *
json_ek(const struct enroll_result *r)
{
	uint8_t digest[SHA256_SIZE] = { 0 };

	if (r->ek.n == 0 || sha256(buf_span(&r->ek), digest) != 0)
		return json_null();
	return json_pack("{s:s, s:o, s:I}", "source",
	    r->from_ekop ? "ekop" : "nv", "sha256",
	    out_json_hex(SPAN_OF(digest)), "chain", (json_int_t)r->n_chain);
}

static json_t *
json_steps(const struct enroll_result *r)
{
	json_t *list = json_array();

	for (enum enroll_step s = ENROLL_TPM; s <= r->step; s++)
		(void)json_array_append_new(list,
		    json_pack("{s:o, s:s, s:s, s:b, s:o}", "step",
			json_sprintf("%c", enroll_letter(s)), "name",
			enroll_name(s), "text", enroll_text(s), "ok",
			(int)r->steps[s].ok, "us", json_us(r->steps[s].ns)));
	return list;
}

static json_t *
json_requests(const struct enroll_result *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_requests; i++) {
		const struct enroll_request *q = &r->requests[i];

		(void)json_array_append_new(
		    list, json_pack("{s:s, s:s, s:o, s:I, s:I, s:o}", "name",
			      q->name, "method", q->method, "status",
			      number_or_null((int)q->status, 0), "sent",
			      (json_int_t)q->sent, "received",
			      (json_int_t)q->received, "us", json_us(q->ns)));
	}
	return list;
}

static json_t *
json_failure(const struct enroll_result *r, const struct err *why)
{
	if (r->enrolled)
		return json_null();
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "message", why->msg, "http_status",
	    number_or_null((int)r->http_status, 0), "winhttp",
	    number_or_null((int)r->winhttp, 0), "hresult",
	    r->hresult != 0 ? json_sprintf("0x%08x", r->hresult) : json_null(),
	    "hresult_name", text_or_null(hresult_name(r->hresult)),
	    "hresult_text", text_or_null(hresult_text(r->hresult)),
	    "pki_status", number_or_null(r->pki_status, SCEP_ABSENT),
	    "fail_info", number_or_null(r->fail_info, SCEP_ABSENT), "reply",
	    text_or_null(r->reply));
}

static json_t *
json_checks(const struct enroll_result *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->n_checks; i++) {
		const struct enroll_check *c = &r->checks[i];

		(void)json_array_append_new(list,
		    json_pack("{s:s, s:b, s:s, s:s}", "name", c->name, "ok",
			(int)c->ok, "found", c->found, "wanted", c->wanted));
	}
	return list;
}

static json_t *
json_certificate(const struct enroll_result *r)
{
	auto_buf pem = BUF_INIT(2 * MAX_CERT_SIZE);
	uint8_t thumbprint[SHA1_SIZE];
	struct cert c;

	if (!r->enrolled || cert_parse(buf_span(&r->cert), &c, NULL) != 0 ||
	    cert_to_pem(c.der, &pem) || sha1(c.der, thumbprint) != 0)
		return json_null();
	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "serial",
	    out_json_hex(c.serial), "issuer", c.issuer_text, "key_id",
	    out_json_hex(c.ski), "not_before", out_json_time(c.not_before),
	    "not_after", out_json_time(c.not_after), "thumbprint",
	    out_json_hex(SPAN_OF(thumbprint)), "pem",
	    json_stringn((const char *)pem.p, pem.n));
}

int
enroll_json(const char *where, const struct enroll_result *r,
    const struct err *why, struct err *e)
{
	json_auto_t *all = json_pack("{s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, "
				     "s:o, s:o, s:o, s:o, s:o, s:o}",
	    "source", where, "enrolled", (int)r->enrolled, "step",
	    json_sprintf("%c", enroll_letter(r->step)), "total_us",
	    json_us(r->ns), "platform", text_or_null(r->platform), "request_id",
	    text_or_null(r->request_id), "authority", json_authority(r),
	    "ek_certificate", json_ek(r), "caps", text_or_null(r->caps),
	    "steps", json_steps(r), "requests", json_requests(r), "failure",
	    json_failure(r, why), "checks", json_checks(r), "certificate",
	    json_certificate(r));

	return all == NULL ? err_set(e, E_NOMEM, "JSON") : out_json(all, e);
}
