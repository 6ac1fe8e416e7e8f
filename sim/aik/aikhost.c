#include <stdio.h>

#include "odca/key.h"
#include "sim/aik/aikhost.h"

#define TYPE_JSON "application/json; charset=utf-8"
#define GUID_SIZE 37

/* RFC 9562 5.4: version 4. */
static int
make_guid(char out[static GUID_SIZE])
{
	auto_buf random = BUF_INIT(16);
	char hex[33];

	if (random_bytes(16, &random) != 0)
		return -1;
	random.p[6] = (random.p[6] & 0x0f) | 0x40;
	random.p[8] = (random.p[8] & 0x3f) | 0x80;
	hex_encode(buf_span(&random), hex);
	(void)snprintf(out, GUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%s", hex, hex + 8,
	    hex + 12, hex + 16, hex + 20);
	return 0;
}

/* Of every answer of the service. */
static void
add_headers(struct http_response *p)
{
	char guid[GUID_SIZE] = "";

	(void)make_guid(guid);
	http_add_header(p, "X-Content-Type-Options", "nosniff");
	http_add_header(p, "Strict-Transport-Security",
	    "max-age=31536000;includeSubDomains");
	http_add_header(p, "x-ms-request-id", "%s", guid);
}

void
aikhost_unknown(const struct http_request *r, struct http_response *p)
{
	char body[MAX_HTTP_HOST + 64];

	(void)snprintf(p->authority, sizeof(p->authority), "%s", r->host);
	(void)snprintf(p->step, sizeof(p->step), "authority");
	(void)snprintf(body, sizeof(body),
	    "{\"Message\":\"The authority \\\"%s\\\" does not exist.\"}",
	    r->host);
	http_answer(p, 404, TYPE_JSON, SPAN_STR(body));
	http_outcome(p, "the authority does not exist");
	add_headers(p);
}
