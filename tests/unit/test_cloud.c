/* The services by virtual host: requests and answers, without a connection. */
#include <fcntl.h>

#include "made.h"
#include "temppki.h"
#include "odca/crl.h"
#include "odca/pki_crl.h"
#include "sim/aik/cloud.h"
#include "sim/aik/ekop.h"
#include "sim/base/clock.h"
#include "sim/base/file.h"

#define SIZE(a)   (sizeof(a) / sizeof(*(a)))
#define ROOT_FILE "OnDie_CA_RootCA_Certificate.cer"
#define ROOT_PATH "/content/OnDieCA/certs/" ROOT_FILE

/* A service, and the last answer. */
struct scene {
	struct cloud_options options;
	struct cloud *cloud;
	struct http_response p;
};

static void
open_scene(struct scene *s, const char *pki, const char *descriptor)
{
	struct err e = ERR_INIT;

	*s = (struct scene){ .options.pki = pki };
	if (descriptor != NULL)
		s->options.descriptors.items[s->options.descriptors.n++] =
		    descriptor;
	if (cloud_new(&s->options, &s->cloud, &e) != 0)
		fail_msg("%s", e.msg);
	http_response_init(&s->p);
}

static void
close_scene(struct scene *s)
{
	http_response_done(&s->p);
	cloud_free(s->cloud);
}

static void
ask(struct scene *s, const struct http_request *r)
{
	http_response_done(&s->p);
	http_response_init(&s->p);
	cloud_answer(s->cloud, r, &s->p);
}

static void
get(struct scene *s, const char *host, const char *path)
{
	const struct http_request r = {
		.method = "GET", .host = host, .path = path
	};

	ask(s, &r);
}

/* With one header. */
static void
get_if(struct scene *s, const char *name, const char *value)
{
	const struct http_request r = {
		.method = "GET",
		.host = "tsci.intel.test",
		.path = ROOT_PATH,
		.headers = { { name, value } },
		.n_headers = 1,
	};

	ask(s, &r);
}

/* As a client sends it: the host in lower case. */
static void
get_url(struct scene *s, const char *url)
{
	const char *host = strstr(url, "://");
	char name[MAX_HTTP_HOST];
	size_t n;

	assert_non_null(host);
	host += 3;
	n = strcspn(host, "/");
	assert_true(http_host_of(host, n, name));
	get(s, name, host + n);
	if (s->p.status != 200)
		fail_msg("%s: %u %s", url, s->p.status, s->p.outcome);
}

static const char *
header(const struct scene *s, const char *name)
{
	for (size_t i = 0; i < s->p.n_headers; i++)
		if (strcmp(s->p.headers[i].name, name) == 0)
			return s->p.headers[i].value;
	return NULL;
}

/* --- certificates and CRLs --- */

static void
check_urls(struct scene *s, struct span der)
{
	struct cert cert, issuer;
	struct err e = ERR_INIT;
	struct crl crl;

	assert_int_equal(cert_parse(der, &cert, &e), 0);
	if (cert.aia_uri[0] != '\0') {
		get_url(s, cert.aia_uri);
		assert_string_equal(s->p.type, "application/pkix-cert");
		assert_int_equal(
		    cert_parse(buf_span(&s->p.body), &issuer, &e), 0);
		if (cert_check_signature(&cert, &issuer, &e) != 0)
			fail_msg("%s: %s", cert.aia_uri, e.msg);
	}
	if (cert.crldp_uri[0] != '\0') {
		get_url(s, cert.crldp_uri);
		assert_string_equal(s->p.type, "application/pkix-crl");
		assert_int_equal(crl_parse(buf_span(&s->p.body), &crl, &e), 0);
		assert_true(span_eq(crl.issuer,
		    cert.crldp_indirect ? cert.crl_issuer : cert.issuer));
	}
}

/* Each URL in each certificate of each batch leads to what it promises. */
static void
test_urls(void **state)
{
	struct scene s;
	size_t n;
	const struct family *f = family_all(&n);

	open_scene(&s, NULL, NULL);
	for (size_t i = 0; i < n; i++) {
		for (const struct batch *b = f[i].batches; b->number != NULL;
		     b++) {
			struct made m;

			make_batch(&m, f[i].name, b->number, "cloud", 1, NULL);
			for (size_t k = 0; k < N_CERTS; k++)
				if (m.certs[k].n > 0)
					check_urls(&s, buf_span(&m.certs[k]));
			unmake(&m);
		}
	}
	close_scene(&s);
}

static const struct {
	const char *host, *path;
	unsigned status;
} paths[] = {
	{ "tsci.intel.test", ROOT_PATH, 200 },
	{ "127.0.0.1", ROOT_PATH, 200 },
	{ "[::1]", ROOT_PATH, 200 },
	{ "tsci.intel.test", "/content/OnDieCA/certs/" ROOT_FILE "x", 404 },
	{ "tsci.intel.test", "/content/OnDieCA/crls/" ROOT_FILE, 404 },
	{ "tsci.intel.test", "/content/OnDieCA/certs/nothing.cer", 404 },
	{ "tsci.intel.test", "/content/OnDieCA/certs/.cer", 404 },
	{ "tsci.intel.test", "/content/OnDieCA/certs/", 404 },
	{ "tsci.intel.test", "/content/OnDieCA/certs/../crls/OnDie_CA.crl",
	    404 },
	{ "tsci.intel.test",
	    "/content/OnDieCA/certs/DE/OnDie_CA_CSME_Intermediate.cer", 404 },
	{ "tsci.intel.test",
	    "/content/OnDieCA/certs/../keys/"
	    "OnDie_CA_RootCA_Certificate.TEST-ONLY.pem",
	    404 },
	{ "tsci.intel.test", "/", 404 },
	{ "pre1-tsci.intel.test",
	    "/content/OD/certs/OnDie_CA_DEBUG_RootCA_Certificate.cer", 200 },
	{ "pre1-tsci.intel.test", ROOT_PATH, 404 },
	{ "tsde-tsci.intel.test", "/content/OnDieCA/crls/OnDie_DE.crl", 200 },
	{ "tsci.intel.test", "/content/OnDieCA/crls/OnDie_DE.crl", 404 },
	{ "x-tsci.intel.test", ROOT_PATH, 404 },
	{ "tsci.intel.com", ROOT_PATH, 404 },
	{ "ekop.intel.test", ROOT_PATH, 404 },
	{ "ekop.intel.test", "/ekcertservice/", 404 },
	{ "ekop.intel.test", "/ekcertservice/WVEG", 404 },
	{ "ekop.intel.test",
	    "/ekcertservice/WVEG2rRwkQ7m3RpXlUphgo6Y2HLxl18h6ZZkkOAdnBE=",
	    404 },
	{ "127.0.0.1", "/", 404 },
	{ "microsoftaik.azure.net", "/", 404 },
	{ ".microsoftaik.azure.net", "/", 404 },
};

static void
test_paths(void **state)
{
	struct scene s;

	open_scene(&s, NULL, NULL);
	for (size_t i = 0; i < SIZE(paths); i++) {
		get(&s, paths[i].host, paths[i].path);
		if (s.p.status != paths[i].status)
			fail_msg("%s%s: %u", paths[i].host, paths[i].path,
			    s.p.status);
		assert_true(s.p.status == 200 || s.p.outcome[0] != '\0');
	}
	close_scene(&s);
}

static void
test_methods(void **state)
{
	struct http_request r = {
		.method = "HEAD", .host = "tsci.intel.test", .path = ROOT_PATH
	};
	struct scene s;

	open_scene(&s, NULL, NULL);
	ask(&s, &r);
	assert_int_equal(s.p.status, 200);
	r.method = "PUT";
	ask(&s, &r);
	assert_int_equal(s.p.status, 405);
	assert_string_equal(header(&s, "Allow"), "GET, HEAD");
	r.host = "ekop.intel.test";
	r.method = "POST";
	ask(&s, &r);
	assert_int_equal(s.p.status, 405);
	assert_string_equal(header(&s, "Allow"), "GET, HEAD, PUT");
	close_scene(&s);
}

static void
test_conditions(void **state)
{
	char tag[HTTP_VALUE_SIZE], list[2 * HTTP_VALUE_SIZE];
	struct scene s;

	open_scene(&s, NULL, NULL);
	get(&s, "tsci.intel.test", ROOT_PATH);
	(void)snprintf(tag, sizeof(tag), "%s", header(&s, "ETag"));
	assert_int_equal(tag[0], '"');
	assert_null(header(&s, "Last-Modified")); /* part of the program */
	get(&s, "tsci.intel.test", "/content/OnDieCA/crls/OnDie_CA.crl");
	assert_string_not_equal(header(&s, "ETag"), tag);
	get_if(&s, "If-None-Match", tag);
	assert_int_equal(s.p.status, 304);
	assert_int_equal(s.p.body.n, 0);
	assert_string_equal(header(&s, "ETag"), tag);
	(void)snprintf(list, sizeof(list), "\"a\", W/%s", tag);
	get_if(&s, "if-none-match", list);
	assert_int_equal(s.p.status, 304);
	get_if(&s, "If-None-Match", "*");
	assert_int_equal(s.p.status, 304);
	get_if(&s, "If-None-Match", "\"a\"");
	assert_int_equal(s.p.status, 200);
	get_if(&s, "If-Modified-Since", "");
	assert_int_equal(s.p.status, 200);
	close_scene(&s);
}

/* A hierarchy in a directory is read at each request. */
static void
test_directory(void **state)
{
	const struct revocation r = { .level = "issuing",
		.family = family_find("tgl"),
		.batch = family_batch(family_find("tgl"), NULL) };
	static const char path[] =
	    "/content/OnDieCA/crls/OnDie_CA_CSME_Product.crl";
	char date[HTTP_VALUE_SIZE], tag[HTTP_VALUE_SIZE], host[128];
	struct err e = ERR_INIT;
	struct revoked revoked;
	struct temp t;
	struct scene s;
	struct crl crl;

	make_temp(&t);
	copy_hierarchy(&t);
	(void)snprintf(host, sizeof(host), "%s/host", t.pki);
	assert_int_equal(file_write_public(AT_FDCWD, host,
			     SPAN_STR("pki.example.test\n"), &e),
	    0);
	open_scene(&s, t.pki, NULL);
	get(&s, "tsci.intel.test", path);
	assert_int_equal(s.p.status, 404);
	get(&s, "pki.example.test", path);
	assert_int_equal(s.p.status, 200);
	(void)snprintf(tag, sizeof(tag), "%s", header(&s, "ETag"));
	(void)snprintf(date, sizeof(date), "%s", header(&s, "Last-Modified"));
	assert_string_equal(date + strlen(date) - 4, " GMT");
	assert_int_equal(
	    pki_revoke(t.pki, &r, 1, clock_now(), &revoked, &e), 0);
	get(&s, "pki.example.test", path);
	assert_int_equal(s.p.status, 200);
	assert_string_not_equal(header(&s, "ETag"), tag);
	assert_int_equal(crl_parse(buf_span(&s.p.body), &crl, &e), 0);
	close_scene(&s);
	remove_tree(t.base);
}

/* --- EKOP --- */

/* A device of the EPID era: its certificates, and what EKOP says of one. */
struct epid {
	struct made m;
	uint8_t hash[SHA256_SIZE];
	char path[80];
	struct buf body;
};

static void
make_epid(struct epid *d)
{
	struct err e = ERR_INIT;
	struct cert cert;
	char text[EKOP_TEXT_SIZE];

	make(&d->m, "cml", "ekop", 1, NULL);
	assert_int_equal(
	    cert_parse(buf_span(&d->m.certs[EK_RSA]), &cert, &e), 0);
	assert_int_equal(ekop_hash(&cert.pubkey, d->hash, &e), 0);
	ekop_hash_text(d->hash, text);
	(void)snprintf(d->path, sizeof(d->path), "%s%.43s=", EKOP_PATH, text);
	buf_init(&d->body, MAX_EKOP_BODY);
	assert_int_equal(
	    ekop_encode(d->hash, buf_span(&d->m.certs[EK_RSA]), &d->body, &e),
	    0);
}

static void
unmake_epid(struct epid *d)
{
	buf_free(&d->body);
	unmake(&d->m);
}

static unsigned
put(struct scene *s, const char *path, struct span body)
{
	const struct http_request r = { .method = "PUT",
		.host = "ekop.intel.test",
		.path = path,
		.body = body };

	ask(s, &r);
	return s->p.status;
}

static void
test_put(void **state)
{
	struct scene s;
	struct epid d;

	make_epid(&d);
	open_scene(&s, NULL, NULL);
	get(&s, "ekop.intel.test", d.path);
	assert_int_equal(s.p.status, 404);
	if (put(&s, d.path, buf_span(&d.body)) != 201)
		fail_msg("%u %s", s.p.status, s.p.outcome);
	assert_int_equal(put(&s, d.path, buf_span(&d.body)), 204);
	get(&s, "ekop.intel.test", d.path);
	assert_int_equal(s.p.status, 200);
	assert_string_equal(s.p.type, "application/json");
	assert_same("answer", buf_span(&s.p.body), buf_span(&d.body));
	get(&s, "127.0.0.1", d.path);
	assert_int_equal(s.p.status, 200);
	close_scene(&s);
	unmake_epid(&d);
}

static void
test_refused_puts(void **state)
{
	static const char *const bodies[] = { "", "{}", "[]", "x",
		"{\"pubhash\":\"\",\"certificate\":\"\"}" };
	auto_buf forged = BUF_INIT(MAX_EKOP_BODY);
	struct err e = ERR_INIT;
	struct scene s;
	char other[80];
	struct epid d;

	make_epid(&d);
	open_scene(&s, NULL, NULL);
	for (size_t i = 0; i < SIZE(bodies); i++)
		assert_int_equal(put(&s, d.path, SPAN_STR(bodies[i])), 400);
	for (size_t n = 0; n < d.body.n; n += 97)
		assert_int_equal(
		    put(&s, d.path, (struct span){ d.body.p, n }), 400);
	(void)snprintf(other, sizeof(other), "%s%043d", EKOP_PATH, 0);
	memset(other + strlen(EKOP_PATH), 'A', 43);
	assert_int_equal(put(&s, other, buf_span(&d.body)), 400);
	/* Of the right key, but not signed by its issuer. */
	d.m.certs[EK_RSA].p[d.m.certs[EK_RSA].n - 1] ^= 1;
	assert_int_equal(
	    ekop_encode(d.hash, buf_span(&d.m.certs[EK_RSA]), &forged, &e), 0);
	assert_int_equal(put(&s, d.path, buf_span(&forged)), 403);
	assert_non_null(strstr(s.p.outcome, "signature"));
	get(&s, "ekop.intel.test", d.path);
	assert_int_equal(s.p.status, 404);
	close_scene(&s);
	unmake_epid(&d);
}

/* What minting writes; the file may come later, and be anything. */
static void
test_descriptor(void **state)
{
	auto_buf pem = BUF_INIT(2 * MAX_CERT_SIZE);
	auto_buf json = BUF_INIT(MAX_SMALL_FILE);
	char path[128];
	struct temp t;
	struct scene s;
	struct err e = ERR_INIT;
	struct epid d;

	make_temp(&t);
	make_epid(&d);
	(void)snprintf(path, sizeof(path), "%s/odcasim.json", t.base);
	open_scene(&s, NULL, path);
	get(&s, "ekop.intel.test", d.path);
	assert_int_equal(s.p.status, 404);
	assert_int_equal(cert_to_pem(buf_span(&d.m.certs[EK_RSA]), &pem), 0);
	assert_int_equal(buf_put(&json, SPAN_STR("{\"ek\":{\"p256\":{},"
						 "\"rsa2048\":{\"certificate\":"
						 "\"")),
	    0);
	for (size_t i = 0; i < pem.n; i++)
		assert_int_equal(pem.p[i] == '\n'
				     ? buf_put(&json, SPAN_STR("\\n"))
				     : buf_put_u8(&json, pem.p[i]),
		    0);
	assert_int_equal(buf_put(&json, SPAN_STR("\"}}}")), 0);
	assert_int_equal(
	    file_write_public(AT_FDCWD, path, buf_span(&json), &e), 0);
	get(&s, "ekop.intel.test", d.path);
	assert_int_equal(s.p.status, 200);
	assert_same("answer", buf_span(&s.p.body), buf_span(&d.body));
	assert_int_equal(
	    file_write_public(AT_FDCWD, path, SPAN_STR("{\"ek\":[]}"), &e), 0);
	get(&s, "ekop.intel.test", d.path);
	assert_int_equal(s.p.status, 404);
	close_scene(&s);
	unmake_epid(&d);
	remove_tree(t.base);
}

/* --- the AIK service --- */

#define AMD_HOST "amd-keyid-907d65e9b562315997dd5ad086b2b7598957b92c"

/* As a log of Windows has it. */
static void
test_unknown_authority(void **state)
{
	static const char body[] =
	    "{\"Message\":\"The authority \\\"" AMD_HOST
	    ".microsoftaik.azure.net\\\" does not exist.\"}";
	char first[HTTP_VALUE_SIZE];
	struct scene s;

	open_scene(&s, NULL, NULL);
	get(&s, AMD_HOST ".microsoftaik.azure.net", "/templates/Aik/scep");
	assert_int_equal(s.p.status, 404);
	assert_string_equal(s.p.type, "application/json; charset=utf-8");
	assert_int_equal(s.p.body.n, 121);
	assert_true(span_eq(buf_span(&s.p.body), SPAN_STR(body)));
	assert_int_equal(s.p.n_headers, 3);
	assert_string_equal(header(&s, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(header(&s, "Strict-Transport-Security"),
	    "max-age=31536000;includeSubDomains");
	(void)snprintf(
	    first, sizeof(first), "%s", header(&s, "x-ms-request-id"));
	assert_int_equal(strlen(first), 36);
	assert_int_equal(first[14], '4');
	get(&s, AMD_HOST ".microsoftaik.azure.net", "/");
	assert_int_equal(s.p.status, 404);
	assert_string_not_equal(header(&s, "x-ms-request-id"), first);
	assert_string_equal(s.p.authority, AMD_HOST ".microsoftaik.azure.net");
	close_scene(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_directory),
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_refused_puts),
		cmocka_unit_test(test_descriptor),
		cmocka_unit_test(test_unknown_authority),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
