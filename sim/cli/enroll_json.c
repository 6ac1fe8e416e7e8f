#include "odca/cert.h"
#include "sim/aik/event.h"
#include "sim/aik/hresult.h"
#include "sim/cli/enroll_out.h"
#include "sim/cli/out.h"

/*
 * source, enrolled, step (the last one's letter), total_us, platform,
 * request_id, authority (null, or as below), ek_certificate (null, or {source,
 * sha256, chain}), caps (null, or a text), steps: [{step, name, text, ok, us}],
 * requests: [as below], failure (null, or {message, http_status, winhttp,
 * hresult, hresult_name, hresult_text, pki_status, fail_info, reply}), checks:
 * [{name, ok, found, wanted}], certificate (null, or {serial, issuer, key_id,
 * not_before, not_after, thumbprint, pem}), certificates: [as below], event
 * (null, or Windows': {id, source, seen (false: its form is inferred), text}).
 * Members are only ever added.
 *
 * authority: url, host, vendor, name_id, id, from, place; client ("current",
 * "legacy", "too-far"), right (null: the TPM's certificates do not tell; or the
 * one that a client of today has to come to: {url, from, place (null: of a
 * certificate that the EK's does not lead to)}).
 *
 * A request: name, method, status (null: no answer), sent, received, us; url;
 * address (of who answered, or null); error (null, or why the answer is none or
 * not whole); request, answer (null, or {head, body}) as they went over the
 * wire; scep (null, or {message_type, transaction_id, pki_status, fail_info}).
 *   head   lines that end with "\r\n"; what is not printable is "?". Values of
 *          Authorization, Proxy-Authorization, Cookie and Set-Cookie are "(left
 *          out)". That of a request to a proxy which let nothing through is
 *          CONNECT's
 *   body   null, or {bytes, type (null, or Content-Type), text or base64}; of
 *          more than MAX_HTTP_RECORD bytes the first ones
 *   scep   in the words of RFC 8894 ("PKCSReq", "SUCCESS", "badRequest"),
 *          besides "ClaimChallengeAnswer" and "PENDING_CHALLENGE" of
 *          Microsoft's; others as numbers. null: the reply could not be read
 *
 * A certificate: role, place (0: the EK's, then up; null: beside the way),
 * walked (this client took it into account), subject, issuer, serial, key_id,
 * authority_key_id, not_before, not_after, bytes, sha256, source, pem. Roles:
 *   ek, chain   of the TPM
 *   above       issuers of these that are not in it
 *   ra, aik-ca, aik-root   of GetCACertChain
 *   aik         what was issued
 */

static json_t *
json_place(size_t place)
{
	return place == AUTHORITY_OFF_PATH ? json_null()
					   : json_integer((json_int_t)place);
}

static json_t *
json_right(const struct authority *a)
{
	return a->url[0] == '\0'
		   ? json_null()
		   : json_pack("{s:s, s:s, s:o}", "url", a->url, "from",
			 a->source, "place", json_place(a->place));
}

static json_t *
json_authority(const struct enroll_result *r)
{
	const struct authority *a = &r->authority;

	return a->url[0] == '\0'
		   ? json_null()
		   : json_pack("{s:s, s:s, s:s, s:b, s:o, s:s, s:i, s:s, s:o}",
			 "url", a->url, "host", a->host, "vendor", a->vendor,
			 "name_id", (int)a->name_id, "id",
			 out_json_hex(SPAN_OF(a->id)), "from", a->source,
			 "place", (int)a->place, "client",
			 authority_client_name(r->client), "right",
			 json_right(&r->right));
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
		(void)json_array_append_new(
		    list, json_pack("{s:o, s:s, s:s, s:b, s:o}", "step",
			      json_sprintf("%c", enroll_letter(s)), "name",
			      enroll_name(s), "text", enroll_text(s), "ok",
			      (int)r->steps[s].ok, "us",
			      enroll_json_us(r->steps[s].ns)));
	return list;
}

static json_t *
json_failure(const struct enroll_result *r, const struct err *why)
{
	if (r->enrolled)
		return json_null();
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "message", why->msg, "http_status",
	    out_json_number(r->http_status, 0), "winhttp",
	    out_json_number(r->winhttp, 0), "hresult",
	    r->hresult != 0 ? json_sprintf("0x%08x", r->hresult) : json_null(),
	    "hresult_name", out_json_text(hresult_name(r->hresult)),
	    "hresult_text", out_json_text(hresult_text(r->hresult)),
	    "pki_status", out_json_number(r->pki_status, SCEP_ABSENT),
	    "fail_info", out_json_number(r->fail_info, SCEP_ABSENT), "reply",
	    out_json_text(r->reply));
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
	uint8_t thumbprint[SHA1_SIZE];
	struct cert c;

	if (!r->enrolled || cert_parse(buf_span(&r->cert), &c, NULL) != 0 ||
	    sha1(c.der, thumbprint) != 0)
		return json_null();
	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "serial",
	    out_json_hex(c.serial), "issuer", c.issuer_text, "key_id",
	    out_json_hex(c.ski), "not_before", out_json_time(c.not_before),
	    "not_after", out_json_time(c.not_after), "thumbprint",
	    out_json_hex(SPAN_OF(thumbprint)), "pem", out_json_pem(c.der));
}

static json_t *
json_event(const struct enroll_result *r)
{
	auto_event v = { .id = 0 };

	return event_of(r, &v, NULL) != 0 || v.id == 0
		   ? json_null()
		   : json_pack("{s:i, s:s, s:b, s:s}", "id", (int)v.id,
			 "source", EVENT_SOURCE, "seen", (int)v.seen, "text",
			 v.text);
}

json_t *
enroll_json(
    const char *where, const struct enroll_result *r, const struct err *why)
{
	return json_pack("{s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, "
			 "s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "source", where, "enrolled", (int)r->enrolled, "step",
	    json_sprintf("%c", enroll_letter(r->step)), "total_us",
	    enroll_json_us(r->ns), "platform", out_json_text(r->platform),
	    "request_id", out_json_text(r->request_id), "authority",
	    json_authority(r), "ek_certificate", json_ek(r), "caps",
	    out_json_text(r->caps), "steps", json_steps(r), "requests",
	    enroll_json_requests(r), "failure", json_failure(r, why), "checks",
	    json_checks(r), "certificate", json_certificate(r), "certificates",
	    enroll_json_certificates(r), "event", json_event(r));
}
