/* A report's page: what is in it for what happened, and nothing else for what a
 * document may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/base/base64.h"
#include "sim/report/report.h"
#include "sim/report/report_part.h"

#define SIZE(a) (sizeof(a) / sizeof(*(a)))

#define PTT     "b124f4dd1ed00adaf0cf42e58e52c224c4e4d109"
#define ISSUING "5808f32b2f5a687d3cc67c5620883dd82723aa7c"
#define URL(id)                                                                \
	"https://INTC-KeyId-" id ".microsoftaik.azure.net/templates/Aik/scep"
#define EVIL "</pre></title><script>alert(\"'1'\")</script>&\x01"

/* --- pages ------------------------------------------------------------------
 */

static char *
page_of(enum report_kind kind, const json_t *doc)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	assert_int_equal(report_page(kind, doc, f), 0);
	assert_int_equal(fclose(f), 0);
	return text;
}

/* As enroll prints it, of a client that asks the wrong authority. */
static json_t *
enrolment(void)
{
	json_t *steps = json_array(), *certificates = json_array();

	for (int c = 'A'; c <= 'F'; c++)
		(void)json_array_append_new(
		    steps, json_pack("{s:o, s:s, s:s, s:b, s:i}", "step",
			       json_sprintf("%c", c), "name", "n", "text", "t",
			       "ok", c != 'F', "us", 1234));
	(void)json_array_append_new(certificates,
	    json_pack("{s:s, s:i, s:b, s:s, s:s, s:s, s:s, s:s, s:s}", "role",
		"ek", "place", 0, "walked", 1, "subject", "", "issuer",
		"CN=PTT", "authority_key_id", PTT, "sha256", "00", "source",
		"NV 0x01c00002", "pem", "-----BEGIN"));
	(void)json_array_append_new(certificates,
	    json_pack("{s:s, s:i, s:b, s:s, s:s, s:s, s:s, s:s, s:s}", "role",
		"chain", "place", 1, "walked", 0, "subject", "CN=PTT", "issuer",
		"OU=Issuing", "key_id", PTT, "authority_key_id", ISSUING,
		"sha256", "01", "source", "NV 0x01c00100"));
	return json_pack(
	    "{s:s, s:b, s:s, s:o, s:o, s:{s:s, s:i, s:{s:s, s:s, s:i}}, "
	    "s:{s:s, s:i, s:s}, s:[{s:s, s:s, s:i, s:i}]}",
	    "source", "state 'x'", "enrolled", 0, "step", "F", "steps", steps,
	    "certificates", certificates, "authority", "url", URL(PTT), "place",
	    0, "right", "url", URL(ISSUING), "from", "CN=PTT", "place", 1,
	    "failure", "message", "no", "http_status", 404, "hresult",
	    "0x80190194", "requests", "name", "GetCACaps", "method", "GET",
	    "status", 404, "us", 11400);
}

static void
has(const char *page, const char *part)
{
	if (strstr(page, part) == NULL)
		fail_msg("not on the page: %s", part);
}

static size_t
count(const char *page, const char *part)
{
	size_t n = 0;

	for (; (page = strstr(page, part)) != NULL; page++)
		n++;
	return n;
}

/* --- an enrolment -----------------------------------------------------------
 */

static const char *const parts[] = {
	"<section class=\"enrolment\" id=\"enrolment\"",
	"Failed at step F",
	"0x80190194 (-2145844844 HTTP_E_STATUS_NOT_FOUND)",
	/* It looks like modes that end in the same way. */
	"<code>wrong-aik-url</code>",
	"<code>unregistered-batch</code>",
	"<g class=\"step ok\" id=\"flow-E\">",
	"<g class=\"step failed\" id=\"flow-F\">",
	"<g class=\"step skipped\" id=\"flow-G\">",
	"<li class=\"ok\" id=\"step-E\">",
	"<li class=\"failed\" id=\"step-F\">",
	"<li class=\"skipped\" id=\"step-L\">",
	"<dd class=\"url\" "
	"id=\"url-built\">https://INTC-KeyId-<mark>b124</mark>"
	"f<mark>4dd1ed00adaf0</mark>c<mark>f42e58e52c224c4e4d109</mark>.",
	"38 of the 40 digits",
	"in the URL that was built: wrong",
	"in the right URL",
	"not read by this client",
	"<span class=\"subject\">GetCACaps</span>: GET, 404, 11 ms",
	"<th scope=\"row\">Key identifier</th><td class=\"hex\">" PTT "</td>",
	"<pre class=\"pem\">-----BEGIN</pre>",
};

static void
test_enrolment(void **state)
{
	json_auto_t *doc = enrolment();
	auto_free char *page = NULL;

	assert_non_null(doc);
	page = page_of(REPORT_ENROLL, doc);
	for (size_t i = 0; i < SIZE(parts); i++)
		has(page, parts[i]);
	assert_null(strstr(page, "<code>black-hole</code>"));
	/* What the client does tells some of them apart. */
	(void)json_object_set_new(
	    json_object_get(doc, "authority"), "client", json_string("legacy"));
	free(page);
	page = page_of(REPORT_ENROLL, doc);
	has(page, "<code>wrong-aik-url</code>");
	assert_null(strstr(page, "<code>unregistered-batch</code>"));
	/* The same digits are no difference. */
	(void)json_object_set_new(
	    json_object_get(json_object_get(doc, "authority"), "right"), "url",
	    json_string(URL(PTT)));
	free(page);
	page = page_of(REPORT_ENROLL, doc);
	has(page, "The client built the right URL.");
	has(page, "in the URL that was built: right");
	assert_null(strstr(page, "<mark>"));
}

static void
set(json_t *o, const char *name, json_t *value)
{
	assert_int_equal(json_object_set_new(o, name, value), 0);
}

/* Nobody walks from this EK to where the right URL comes from. */
static void
test_off_path(void **state)
{
	json_auto_t *doc = enrolment();
	json_t *a = json_object_get(doc, "authority");
	auto_free char *page = NULL;

	assert_non_null(doc);
	set(json_object_get(a, "right"), "place", json_null());
	set(json_array_get(json_object_get(doc, "certificates"), 1), "place",
	    json_null());
	page = page_of(REPORT_ENROLL, doc);
	has(page, "who issued CN=PTT: in the TPM, but");
	has(page, "A chain that is whole leads to CN=PTT");
	has(page, "not above this EK");
	assert_int_equal(
	    count(page, "who issued the EK certificate itself"), 1);
	assert_int_equal(count(page, "A client of today"), 0);
}

/* The right URL names an issuing CA that is not known here: as with Intel's. */
static void
test_unknown_issuer(void **state)
{
	json_auto_t *doc = enrolment();
	auto_free char *page = NULL;

	assert_non_null(doc);
	page = page_of(REPORT_ENROLL, doc);
	has(page, "not known here");
	assert_int_equal(count(page, "not found"), 0);
	/* A digest of a name looks like no mode whose URL has a key's. */
	assert_int_equal(count(page, "<code>no-key-identifier</code>"), 0);
	set(json_object_get(doc, "authority"), "right", json_null());
	free(page);
	page = page_of(REPORT_ENROLL, doc);
	has(page, "not found");
}

/* Who has not answered: the service, or what is before it. */
static void
test_network(void **state)
{
	static const struct {
		int status, winhttp;
		const char *said;
	} rows[] = {
		{ 0, 12002, ">no answer<" },
		{ 0, 12007, ">no such host<" },
		{ 0, 12175, ">TLS refused<" },
		{ 407, 0, ">HTTP 407<" },
		{ 404, 0, ">HTTP 404<" },
	};
	/* The arrow ends in the lane of the network; in the service's. */
	static const char *const ends[] = { "H220", "H312" };
	json_auto_t *doc = enrolment();
	json_t *why = json_object_get(doc, "failure");

	assert_non_null(doc);
	for (size_t i = 0; i < SIZE(rows); i++) {
		auto_free char *page = NULL;
		json_t *status = rows[i].status != 0
				     ? json_integer(rows[i].status)
				     : json_null();

		set(why, "http_status", json_incref(status));
		set(why, "winhttp", json_integer(rows[i].winhttp));
		set(json_array_get(json_object_get(doc, "requests"), 0),
		    "status", status);
		page = page_of(REPORT_ENROLL, doc);
		has(page, rows[i].said);
		assert_int_equal(count(page, ends[0]), rows[i].status != 404);
		assert_int_equal(count(page, ends[1]), rows[i].status == 404);
	}
}

/* Ids of a page with several begin with the mode's name. */
static void
test_several(void **state)
{
	json_auto_t *doc = json_pack("{s:[{s:s, s:b, s:o}, {s:s, s:b, s:s, "
				     "s:o}]}",
	    "reproductions", "mode", "wrong-aik-url", "expected", 1,
	    "enrolment", enrolment(), "mode", "hosts-file", "expected", 0,
	    "difference", "step: want F, have L", "enrolment", enrolment());
	auto_free char *page = NULL;

	assert_non_null(doc);
	page = page_of(REPORT_STORY, doc);
	has(page, "<a href=\"#hosts-file\">hosts-file</a><span "
		  "class=\"title\">A hosts file");
	has(page, "id=\"hosts-file\"");
	has(page, "id=\"wrong-aik-url-step-F\"");
	has(page, "id=\"hosts-file-step-F\"");
	has(page, "aria-labelledby=\"hosts-file-flow-title "
		  "hosts-file-flow-desc\"");
	has(page, "id=\"hosts-file-chain-title\"");
	has(page, "Not as expected: step: want F, have L");
	has(page, "1 of 2 ended as expected");
	has(page, "<p class=\"story\">");
	assert_int_equal(count(page, "id=\"step-F\""), 0);
	assert_int_equal(count(page, "id=\"hosts-file-steps\""), 1);
	/* Windows' own are said where all are. */
	assert_int_equal(count(page, "What only Windows has"), 0);
	free(page);
	page = page_of(REPORT_REPRODUCE, doc);
	has(page, "What only Windows has");
	for (const struct mode *m = aik_modes; m->name != NULL; m++)
		if (m->absent != NULL)
			has(page, m->name);
}

/* --- bodies -----------------------------------------------------------------
 */

static char *
wire_of(const char *member, const char *text, int bytes)
{
	json_auto_t *list = json_pack("[{s:s, s:{s:s, s:{s:i, s:s}}}]", "name",
	    "PKIOperation", "answer", "head", "HTTP/1.1 200 OK\r\nX: y\r\n\r\n",
	    "body", "bytes", bytes, member, text);
	char *page = NULL;
	size_t n = 0;
	struct page p = { .level = 2 };

	assert_non_null(list);
	p.h.out = open_memstream(&page, &n);
	assert_non_null(p.h.out);
	report_wire(&p, list);
	assert_int_equal(p.h.depth, 0);
	assert_int_equal(fclose(html_stream(&p.h)), 0);
	return page;
}

static void
test_dump(void **state)
{
	auto_buf text = BUF_INIT(1024);
	auto_free char *page = NULL, *longer = NULL, *words = NULL;
	uint8_t octets[600];

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (uint8_t)i;
	assert_int_equal(
	    base64_encode(BASE64_PLAIN, SPAN_OF(octets), &text), 0);
	assert_int_equal(buf_put_u8(&text, 0), 0);
	longer = wire_of("base64", (const char *)text.p, sizeof(octets));
	has(longer, "<pre class=\"head\">HTTP/1.1 200 OK\nX: y</pre>");
	has(longer, "0020  20 21 22 23 24 25 26 27  28 29 2a 2b 2c 2d 2e 2f   "
		    "!&#34;#$%&#38;&#39;()*+,-./\n");
	has(longer, "\n01f0  f0 ");
	has(longer, "\n88 bytes more</pre>");
	assert_null(strstr(longer, "0200  "));
	/* A short last line. */
	page = wire_of("base64", "PGI+", 3);
	has(page, "0000  3c 62 3e  ");
	has(page, "  &#60;b&#62;\n</pre>");
	words = wire_of("text", "a<b\nc", 5);
	has(words, "<pre class=\"body\">a&#60;b\nc</pre>");
}

/* --- what a document may be -------------------------------------------------
 */

/* Every text of it. */
static void
poison(json_t *o)
{
	const char *name;
	json_t *value;
	size_t i;

	json_object_foreach (o, name, value) {
		if (json_is_string(value))
			(void)json_string_set(value, EVIL);
		else
			poison(value);
	}
	json_array_foreach(o, i, value)
	{
		if (json_is_string(value))
			(void)json_string_set(value, EVIL);
		else
			poison(value);
	}
}

static json_t *
verification(void)
{
	return json_pack(
	    "{s:s, s:s, s:b, s:{s:s, s:s, s:s}, s:[{s:s, s:b, s:[{s:s, "
	    "s:s, s:s, s:s, s:s}], s:[{s:s, s:s, s:s, s:s, s:s, "
	    "s:i}]}]}",
	    "source", "s", "time", "t", "accepted", 0, "failure", "name",
	    "path.issuer", "object", "EK certificate", "found", "f", "eks",
	    "name", "EK", "accepted", 0, "path", "subject", "s", "issuer", "i",
	    "sha256", "00", "source", "NV", "authority_key_id", PTT, "checks",
	    "name", "path.issuer", "result", "failed", "found", "f", "wanted",
	    "w", "clause", "c", "place", 0);
}

static void
test_verification(void **state)
{
	json_auto_t *doc = verification();
	auto_free char *page = NULL;

	assert_non_null(doc);
	page = page_of(REPORT_VERIFY, doc);
	has(page, "<strong>Rejected</strong> at EK certificate (path.issuer)");
	has(page, "<code>chain.missing</code>");
	has(page, "<tr role=\"row\" class=\"failed\">");
	has(page, "path.issuer: f; want w");
	has(page, "class=\"edge bad\"");
}

static void
test_hostile(void **state)
{
	const struct {
		enum report_kind kind;
		json_t *doc;
	} rows[] = {
		{ REPORT_ENROLL, enrolment() },
		{ REPORT_VERIFY, verification() },
		{ REPORT_REPRODUCE,
		    json_pack("{s:[{s:s, s:o, s:[s]}]}", "reproductions",
			"difference", "d", "enrolment", enrolment(), "commands",
			"c") },
	};

	for (size_t i = 0; i < SIZE(rows); i++) {
		auto_free char *page = NULL;

		assert_non_null(rows[i].doc);
		poison(rows[i].doc);
		page = page_of(rows[i].kind, rows[i].doc);
		assert_null(strstr(page, "<script"));
		assert_null(strstr(page, "\"'1'"));
		assert_null(strchr(page, 1));
		has(page, "&#60;script&#62;");
		json_decref(rows[i].doc);
	}
}

/* What lacks everything, and what is of other types. */
static void
test_poor(void **state)
{
	static const char *const docs[] = { "{}", "[]",
		"{\"reproductions\": [{}, 1, null]}",
		"{\"steps\": 1, \"requests\": [1, {\"request\": []}], "
		"\"authority\": [], \"certificates\": [null, {\"role\": "
		"\"ek\"}], \"failure\": 1, \"step\": \"Z\"}",
		"{\"eks\": [{}, {\"path\": [{}, {}], \"checks\": [{}]}, 1]}" };

	for (size_t i = 0; i < SIZE(docs); i++)
		for (int kind = REPORT_ENROLL; kind <= REPORT_STORY; kind++) {
			json_auto_t *doc = json_loads(docs[i], 0, NULL);
			auto_free char *page = NULL;

			assert_non_null(doc);
			page = page_of((enum report_kind)kind, doc);
			has(page, "</main>");
			assert_null(strstr(page, "<script"));
		}
}

/* Who signs himself in a circle is drawn, too. */
static void
test_circle(void **state)
{
	json_auto_t *doc = json_pack("{s:[{s:s, s:s, s:s, s:s, s:s, s:s}, "
				     "{s:s, s:s, s:s, s:s, s:s, s:s}]}",
	    "certificates", "role", "ek", "subject", "CN=a", "issuer", "CN=b",
	    "sha256", "0", "key_id", "aa", "authority_key_id", "bb", "role",
	    "chain", "subject", "CN=b", "issuer", "CN=a", "sha256", "1",
	    "key_id", "bb", "authority_key_id", "aa");
	auto_free char *page = NULL;

	assert_non_null(doc);
	page = page_of(REPORT_ENROLL, doc);
	assert_int_equal(count(page, "<g class=\"cert\""), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enrolment),
		cmocka_unit_test(test_off_path),
		cmocka_unit_test(test_unknown_issuer),
		cmocka_unit_test(test_network),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_verification),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_poor),
		cmocka_unit_test(test_circle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
