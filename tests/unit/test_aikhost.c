/* The AIK service as clients meet it: requests and answers of HTTP, without a
 * connection. */
#include "aikclient.h"

#include "sim/aik/cloud.h"

struct scene {
	struct cloud_options options;
	struct cloud *cloud;
	struct http_response p;
	struct aikclient c;
};

static void
open_scene(
    struct scene *s, const char *pki, const char *family, const char *batch)
{
	struct err e = ERR_INIT;

	*s = (struct scene){ .options.pki = pki };
	if (cloud_new(&s->options, &s->cloud, &e) != 0)
		fail_msg("%s", e.msg);
	http_response_init(&s->p);
	ac_init(&s->c, family, batch);
}

static void
close_scene(struct scene *s)
{
	ac_done(&s->c);
	http_response_done(&s->p);
	cloud_free(s->cloud);
}

static void
ask(struct scene *s, const char *method, const char *path,
    const char *operation, struct span body)
{
	const struct http_request r = {
		.method = method,
		.host = s->c.authority.host,
		.path = path,
		.args = { { "operation", operation },
		    { "message", "default" } },
		.n_args = 2,
		.body = body,
	};

	http_response_done(&s->p);
	http_response_init(&s->p);
	cloud_answer(s->cloud, &r, &s->p);
}

static void
get(struct scene *s, const char *operation)
{
	ask(s, "GET", AUTHORITY_PATH, operation, (struct span){ NULL, 0 });
}

static void
post(struct scene *s)
{
	ask(s, "POST", AUTHORITY_PATH, "PKIOperation", buf_span(&s->c.request));
}

static void
get_chain(struct scene *s)
{
	get(s, "GetCACertChain");
	assert_int_equal(s->p.status, 200);
	ac_set_chain(&s->c, buf_span(&s->p.body));
}

/* The reply to what was sent last. */
static int
read_reply(struct scene *s, struct buf *plain, int *ret_fail)
{
	if (s->p.status != 200)
		fail_msg("%u %s", s->p.status, s->p.outcome);
	assert_string_equal(s->p.type, "application/x-pki-message");
	return ac_read(&s->c, buf_span(&s->p.body), plain, ret_fail);
}

static void
get_challenge(struct scene *s)
{
	auto_buf plain = BUF_INIT(MAX_CMS_SIZE);
	int fail;

	ac_ask(&s->c);
	post(s);
	assert_int_equal(read_reply(s, &plain, &fail), SCEP_PENDING_CHALLENGE);
	ac_solve(&s->c, buf_span(&plain));
}

static void
get_certificate(struct scene *s)
{
	auto_cms_signed bag = CMS_SIGNED_INIT;
	auto_buf plain = BUF_INIT(MAX_CMS_SIZE);
	struct err e = ERR_INIT;
	struct cert cert, ca;
	int fail;

	post(s);
	assert_int_equal(read_reply(s, &plain, &fail), SCEP_SUCCESS);
	assert_int_equal(cms_read_certs(buf_span(&plain), &bag, &e), 0);
	assert_int_equal(cert_parse(bag.certs[0], &cert, &e), 0);
	assert_int_equal(cert_parse(s->c.ca.certs[1], &ca, &e), 0);
	assert_int_equal(cert_check_signature(&cert, &ca, &e), 0);
	assert_true(span_eq(cert.ski, SPAN_OF(s->c.ski)));
	assert_string_equal(cert.tpm_manufacturer, "id:494E5443");
	assert_memory_equal(
	    cert.pubkey.bytes, s->c.aik_said.bytes, cert.pubkey.n);
}

/* --- the way ----------------------------------------------------------------
 */

static void
walk(const char *family)
{
	struct scene s;

	open_scene(&s, NULL, family, NULL);
	get_chain(&s);
	get_challenge(&s);
	ac_answer(&s.c);
	get_certificate(&s);
	close_scene(&s);
}

/* Every family's default batch, on-die and EPID. */
static void
test_walk(void **state)
{
	size_t n;
	const struct family *f = family_all(&n);

	for (size_t i = 0; i < n; i++)
		walk(f[i].name);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
