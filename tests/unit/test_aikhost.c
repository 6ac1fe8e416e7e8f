/* The AIK service as clients meet it: requests and answers of HTTP, without a
 * connection. */
#include "aikclient.h"

#include "odca/pki_crl.h"
#include "sim/aik/cloud.h"
#include "temppki.h"
#include "sim/aik/refusal.h"
#include "sim/base/base64.h"

/* Behind ours: some of its names are macros. */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#define SIZE(a) (sizeof(a) / sizeof(*(a)))

struct scene {
	struct cloud_options options;
	struct cloud *cloud;
	struct http_response p;
	struct aikclient c;
	const char *host; /* instead of the authority's */
	char
	    other[2 * SHA1_SIZE + 1]; /* authority that exists, not the TPM's */
	struct owner stranger;
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

/* Every family has one. */
static void
find_other(struct scene *s)
{
	struct made m;
	struct cert ca;

	make(&m, "adl", NULL, 1, NULL);
	assert_int_equal(cert_parse(buf_span(&m.certs[ISSUING]), &ca, NULL), 0);
	hex_encode(ca.ski, s->other);
	unmake(&m);
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
		.host = s->host != NULL ? s->host : s->c.authority.host,
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
get(struct scene *s, const char *path, const char *operation)
{
	ask(s, "GET", path, operation, (struct span){ NULL, 0 });
}

static void
post(struct scene *s)
{
	ask(s, "POST", AUTHORITY_PATH, "PKIOperation", buf_span(&s->c.request));
}

static void
get_chain_at(struct scene *s, const char *path)
{
	get(s, path, "GetCACertChain");
	assert_int_equal(s->p.status, 200);
	ac_set_chain(&s->c, buf_span(&s->p.body));
}

static void
get_chain(struct scene *s)
{
	get_chain_at(s, AUTHORITY_PATH);
}

/* By OpenSSL, up to the AIK root. The AIK CA is not in the reply. */
static void
openssl_verify(const struct scene *s)
{
	X509_STORE *store = X509_STORE_new();
	const uint8_t *p = s->p.body.p;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &p, (long)s->p.body.n);
	BIO *empty = BIO_new_mem_buf("", 0);
	bool have;

	assert_non_null(cms);
	for (size_t i = 0; i < 2; i++) {
		const uint8_t *der = s->c.ca.certs[i].p;
		X509 *x = d2i_X509(NULL, &der, (long)s->c.ca.certs[i].n);

		assert_int_equal(X509_STORE_add_cert(store, x), 1);
		X509_free(x);
	}
	assert_int_equal(X509_STORE_set_purpose(store, X509_PURPOSE_ANY), 1);
	have = CMS_get0_content(cms) != NULL && *CMS_get0_content(cms) != NULL;
	if (CMS_verify(
		cms, NULL, store, have ? NULL : empty, NULL, CMS_BINARY) != 1)
		fail_msg("%s", ERR_error_string(ERR_get_error(), NULL));
	(void)BIO_free(empty);
	X509_STORE_free(store);
	CMS_ContentInfo_free(cms);
}

/* The reply to what was sent last. */
static int
read_reply(struct scene *s, struct buf *plain, int *ret_fail)
{
	if (s->p.status != 200)
		fail_msg("%u %s", s->p.status, s->p.outcome);
	assert_string_equal(s->p.type, "application/x-pki-message");
	openssl_verify(s);
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
	if (s->c.ski_size > 0)
		assert_true(span_eq(
		    cert.ski, (struct span){ s->c.ski, s->c.ski_size }));
	assert_int_equal(cert.ski.n, SHA1_SIZE);
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

/* --- what a request may get wrong -------------------------------------------
 */

static void
set_type(struct scene *s)
{
	s->c.type = SCEP_CERT_POLL;
}

static void
set_signer_hash(struct scene *s)
{
	s->c.signer_hash[0] ^= 1;
}

static void
set_short_ski(struct scene *s)
{
	s->c.ski_size = 1;
}

static void
set_long_ski(struct scene *s)
{
	s->c.ski_size = SHA256_SIZE;
}

static void
set_statement(struct scene *s)
{
	s->c.no_statement = true;
}

static void
set_aik_key(struct scene *s)
{
	key_public(s->c.scep.key, &s->c.aik_said);
}

static void
set_ek_missing(struct scene *s)
{
	s->c.ek_cert.n = 0;
}

static void
set_ek_info(struct scene *s)
{
	s->c.plain_ek_info = true;
}

static void
set_ek_key(struct scene *s)
{
	key_public(s->c.aik, &s->c.ek_said);
}

/* Another TPM's, whose chain is not sent. */
static void
set_ek_chain(struct scene *s)
{
	s->c.n_certs = 0;
}

/* Certified by itself. */
static void
set_ek_cert(struct scene *s)
{
	s->c.ek_cert = buf_span(&s->c.scep.cert);
	key_public(s->c.scep.key, &s->c.ek_said);
}

/* One that exists, with messages that are encrypted for it. */
static void
set_authority(struct scene *s)
{
	(void)snprintf(s->c.authority.host, sizeof(s->c.authority.host),
	    "intc-keyid-%s" AUTHORITY_DOMAIN, s->other);
	get_chain(s);
}

static void
set_attributes(struct scene *s)
{
	s->c.attributes &= ~(uint32_t)OBJECT_RESTRICTED;
}

static void
set_fixed_tpm(struct scene *s)
{
	s->c.attributes &= ~(uint32_t)OBJECT_FIXED_TPM;
}

static void
set_attest_type(struct scene *s)
{
	s->c.attest_type = ST_ATTEST_CREATION + 1;
}

/* For another authority's RA: what comes out of it is garbage. */
static void
set_recipient(struct scene *s)
{
	s->c.ra = buf_span(&s->c.scep.cert);
}

static void
set_no_ek_info(struct scene *s)
{
	s->c.no_ek_info = true;
}

static void
set_hash(struct scene *s)
{
	s->c.bad_hash = true;
}

/* Not its own key's signature; that of the message holds. */
static void
set_forged_signer(struct scene *s)
{
	s->stranger.cert.p[s->stranger.cert.n - 1] ^= 1;
	s->c.scep = s->stranger;
}

static void
set_ecc_aik(struct scene *s)
{
	s->c.ecc_aik = true;
}

/* clang-format off */
static const struct {
	const char *name; /* of the row that refuses it */
	void (*change)(struct scene *);
	const char *body;
} identities[] = {
	{ "scep.parse",       set_recipient,   TEXT_PARSE },
	{ "scep.type",        set_type,        TEXT_PARSE },
	{ "scep.signer",      set_forged_signer, TEXT_PARSE },
	{ "csr.hash",         set_hash,        TEXT_PARSE },
	{ "csr.signer-hash",  set_signer_hash, TEXT_EK },
	{ "csr.ski",          set_short_ski,   TEXT_PARSE },
	{ "csr.ski",          set_long_ski,    TEXT_PARSE },
	{ "csr.statement",    set_statement,   TEXT_EK },
	{ "csr.key",          set_aik_key,     TEXT_EK },
	{ "aik.restricted",   set_attributes,  TEXT_EK },
	{ "aik.fixed-tpm",    set_fixed_tpm,   TEXT_EK },
	{ "aik.attest-type",  set_attest_type, TEXT_EK },
	{ "aik.key-type",     set_ecc_aik,     "P-256 ECC AIK requests not supported" },
	{ "ek.missing",       set_ek_missing,  TEXT_EK },
	{ "ek.missing",       set_no_ek_info,  TEXT_EK },
	{ "ek.info",          set_ek_info,     TEXT_EK },
	{ "ek.key",           set_ek_key,      TEXT_EK },
	{ "ek.certificate",   set_ek_cert,     TEXT_EK },
	{ "ek.root",          set_ek_chain,    TEXT_EK },
	{ "ek.authority",     set_authority,   TEXT_EK },
};
/* clang-format on */

/* Rows that were seen to refuse something, for test_rows(). */
static bool seen[REFUSAL_COUNT];

static void
note(const char *row)
{
	for (size_t i = 0; i < REFUSAL_COUNT; i++)
		if (strcmp(refusal_row((enum refusal_id)i)->name, row) == 0)
			seen[i] = true;
}

static void
assert_refused(const struct scene *s, const char *row, const char *text)
{
	const struct span body = buf_span(&s->p.body);
	char want[256], log[64];

	(void)snprintf(want, sizeof(want), "{\"Message\":\"%s\"}", text);
	(void)snprintf(log, sizeof(log), "refused: %s: ", row);
	if (s->p.status != 400 || !span_eq(body, SPAN_STR(want)) ||
	    strncmp(s->p.outcome, log, strlen(log)) != 0)
		fail_msg("%s: %u '%.*s' %s", row, s->p.status, (int)body.n,
		    (const char *)body.p, s->p.outcome);
	assert_string_equal(s->p.type, "application/json; charset=utf-8");
	assert_int_equal(s->p.n_headers, 3);
	note(row);
}

static void
begin_again(struct scene *s)
{
	ac_reset(&s->c);
	ac_find_authority(&s->c);
	get_chain(s);
}

static void
test_identities(void **state)
{
	struct scene s;

	open_scene(&s, NULL, "tgl", NULL);
	find_other(&s);
	owner_make(&s.stranger, SCEP_CERT_NAME);
	for (size_t i = 0; i < SIZE(identities); i++) {
		begin_again(&s);
		identities[i].change(&s);
		ac_ask(&s.c);
		post(&s);
		assert_refused(&s, identities[i].name, identities[i].body);
	}
	begin_again(&s);
	get_challenge(&s);
	owner_free(&s.stranger);
	close_scene(&s);
}

/* An empty key identifier is none: the certificate has the key's own. */
static void
test_no_ski(void **state)
{
	struct scene s;

	open_scene(&s, NULL, "tgl", NULL);
	get_chain(&s);
	s.c.ski_size = 0;
	get_challenge(&s);
	ac_answer(&s.c);
	get_certificate(&s);
	close_scene(&s);
}

/* The log says what is wrong with what could be decrypted. */
static void
test_many_ek_certs(void **state)
{
	struct scene s;

	open_scene(&s, NULL, "tgl", NULL);
	get_chain(&s);
	s.c.n_ek_certs = MAX_MORE_EK_CERTS;
	get_challenge(&s);
	s.c.n_ek_certs++;
	ac_ask(&s.c);
	post(&s);
	assert_refused(&s, "ek.info", TEXT_EK);
	assert_non_null(strstr(s.p.outcome, "more than"));
	close_scene(&s);
}

/* A revocation shows at once. */
static void
test_revoked(void **state)
{
	const struct family *f = family_find("tgl");
	struct revocation r = { .level = "issuing", .family = f };
	struct revoked revoked;
	struct err e = ERR_INIT;
	struct temp t = { .base = "" };
	struct scene s;

	make_temp(&t);
	copy_hierarchy(&t);
	pki_dir = t.pki;
	open_scene(&s, t.pki, "tgl", NULL);
	get_chain(&s);
	get_challenge(&s);
	r.batch = s.c.made.device.batch;
	if (pki_revoke(t.pki, &r, 1, clock_now(), &revoked, &e) != 0)
		fail_msg("%s", e.msg);
	ac_reset(&s.c);
	ac_ask(&s.c);
	post(&s);
	assert_refused(&s, "ek.revoked", TEXT_EK);
	close_scene(&s);
	pki_dir = NULL;
	remove_tree(t.base);
}

/* --- what an answer may get wrong -------------------------------------------
 */

static void
set_secret(struct scene *s)
{
	s->c.secret.p[0] ^= 1;
}

static void
set_no_secret(struct scene *s)
{
	s->c.secret.n = 0;
}

/* Every octet of it is sealed. */
static void
set_context(struct scene *s)
{
	s->c.context.p[s->c.context.n - 1] ^= 1;
}

/* A well-formed one that nobody sealed: 41 without a 19 before. */
static void
set_own_context(struct scene *s)
{
	static const uint8_t own[] = { DER_OCTET_STRING, 3, 1, 2, 3 };

	buf_reset(&s->c.context);
	assert_int_equal(buf_put(&s->c.context, SPAN_OF(own)), 0);
}

static void
set_late(struct scene *s)
{
	clock_set(clock_now() + MAX_CHALLENGE_AGE + 1);
}

static void
set_early(struct scene *s)
{
	clock_set(clock_now() - MAX_CHALLENGE_AGE - 1);
}

/* Another client of ours comes with what was said to this one. */
static void
set_signer(struct scene *s)
{
	s->c.scep = s->stranger;
}

/* clang-format off */
static const struct {
	const char *name;
	void (*change)(struct scene *);
	int fail;
} answers[] = {
	{ "answer.secret",    set_secret,      SCEP_BAD_REQUEST },
	{ "answer.secret",    set_no_secret,   SCEP_BAD_REQUEST },
	{ "answer.context",   set_context,     SCEP_BAD_REQUEST },
	{ "answer.context",   set_own_context, SCEP_BAD_REQUEST },
	{ "answer.expired",   set_late,        SCEP_BAD_TIME },
	{ "answer.expired",   set_early,       SCEP_BAD_TIME },
	{ "answer.authority", set_authority,   SCEP_BAD_REQUEST },
	{ "answer.signer",    set_signer,      SCEP_BAD_REQUEST },
};
/* clang-format on */

static void
assert_failed(struct scene *s, const char *row, int want)
{
	auto_buf plain = BUF_INIT(MAX_CMS_SIZE);
	char log[64];
	int fail;

	(void)snprintf(log, sizeof(log), "refused: %s: ", row);
	if (strncmp(s->p.outcome, log, strlen(log)) != 0)
		fail_msg("%s: %u %s", row, s->p.status, s->p.outcome);
	assert_int_equal(read_reply(s, &plain, &fail), SCEP_FAILURE);
	assert_int_equal(fail, want);
	assert_int_equal(plain.n, 0);
	note(row);
}

static void
test_answers(void **state)
{
	struct scene s;

	open_scene(&s, NULL, "tgl", NULL);
	find_other(&s);
	owner_make(&s.stranger, SCEP_CERT_NAME);
	get_chain(&s);
	for (size_t i = 0; i < SIZE(answers); i++) {
		clock_set((time_t)-1);
		begin_again(&s);
		get_challenge(&s);
		answers[i].change(&s);
		ac_answer(&s.c);
		post(&s);
		assert_failed(&s, answers[i].name, answers[i].fail);
	}
	clock_set((time_t)-1);
	owner_free(&s.stranger);
	close_scene(&s);
}

/* Nonces are constant in the field: what came before gives a certificate again,
 * and another process of the same hierarchy gives it, too. */
static void
test_replay(void **state)
{
	struct scene s, other;
	struct cloud *first;

	open_scene(&s, NULL, "adl", NULL);
	open_scene(&other, NULL, "adl", NULL);
	get_chain(&s);
	get_challenge(&s);
	ac_answer(&s.c);
	get_certificate(&s);
	get_certificate(&s);
	first = s.cloud;
	s.cloud = other.cloud;
	get_certificate(&s);
	s.cloud = first;
	close_scene(&other);
	close_scene(&s);
}

/* --- the plain template ------------------------------------------------------
 */

#define PLAIN_PATH "/templates/Plain/scep"

/* PKCS #10 for CN=plain, signed by its key. */
static void
plain_csr(EVP_PKEY *key, struct buf *out)
{
	X509_REQ *req = X509_REQ_new();
	X509_NAME *name = X509_REQ_get_subject_name(req);
	uint8_t *room;

	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
			     (const uint8_t *)"plain", -1, -1, 0),
	    1);
	assert_int_equal(X509_REQ_set_pubkey(req, key), 1);
	assert_true(X509_REQ_sign(req, key, EVP_sha256()) > 0);
	room = buf_room(out, (size_t)i2d_X509_REQ(req, NULL));
	(void)i2d_X509_REQ(req, &room);
	X509_REQ_free(req);
}

static void
post_plain(struct scene *s, EVP_PKEY *key, size_t flip)
{
	auto_buf csr = BUF_INIT(MAX_CSR_SIZE);

	plain_csr(key, &csr);
	if (flip > 0)
		csr.p[csr.n - flip] ^= 1;
	ac_send(&s->c, buf_span(&csr));
	ask(s, "POST", PLAIN_PATH, "PKIOperation", buf_span(&s->c.request));
}

/* What is refused, and that nothing is signed for it. */
static void
test_plain(void **state)
{
	auto_buf plain = BUF_INIT(MAX_CMS_SIZE);
	EVP_PKEY *p521 = EVP_EC_gen("P-521"), *key = EVP_EC_gen("P-256");
	struct scene s;
	int fail;

	open_scene(&s, NULL, "tgl", NULL);
	get_chain(&s);
	post_plain(&s, key, 0);
	assert_int_equal(s.p.status, 404);
	s.host = "plain" AUTHORITY_DOMAIN;
	get_chain_at(&s, PLAIN_PATH);
	post_plain(&s, key, 0);
	assert_int_equal(read_reply(&s, &plain, &fail), SCEP_SUCCESS);
	post_plain(&s, key, 1);
	assert_failed(&s, "plain.signature", SCEP_BAD_MESSAGE_CHECK);
	post_plain(&s, p521, 0);
	assert_failed(&s, "plain.key", SCEP_BAD_ALG);
	s.c.type = SCEP_CERT_POLL;
	post_plain(&s, key, 0);
	assert_failed(&s, "plain.type", SCEP_BAD_REQUEST);
	s.c.type = SCEP_RENEWAL_REQ;
	post_plain(&s, key, 0);
	assert_failed(&s, "plain.renewal", SCEP_BAD_CERT_ID);
	ac_reset(&s.c);
	ac_send(&s.c, SPAN_STR("no request"));
	ask(&s, "POST", PLAIN_PATH, "PKIOperation", buf_span(&s.c.request));
	assert_failed(&s, "plain.parse", SCEP_BAD_REQUEST);
	EVP_PKEY_free(key);
	EVP_PKEY_free(p521);
	close_scene(&s);
}

/* Each row has its words and was provoked; statement.h's own are
 * test_statement.c's, that of a service told to deny test-cloud-faults.sh's.
 */
static void
test_rows(void **state)
{
	for (size_t i = 0; i < REFUSAL_AIK; i++) {
		const struct refusal *row = refusal_row((enum refusal_id)i);

		if (!seen[i] && i != REFUSAL_INTERNAL && i != REFUSAL_DENIED)
			fail_msg("nothing was refused by %s", row->name);
		assert_true(row->status == 200 || row->fail == SCEP_ABSENT);
		assert_true(row->wanted[0] != '\0' && row->source[0] != '\0');
	}
}

/* --- what is no message at all ----------------------------------------------
 */

/* Cut anywhere, and with an octet changed anywhere. */
static void
test_mangled(void **state)
{
	struct scene s;

	open_scene(&s, NULL, "tgl", NULL);
	get_chain(&s);
	ac_ask(&s.c);
	for (size_t i = 0; i < s.c.request.n; i += 173) {
		const struct span whole = buf_span(&s.c.request);

		ask(&s, "POST", AUTHORITY_PATH, "PKIOperation",
		    (struct span){ whole.p, i });
		assert_refused(&s, "scep.parse", TEXT_PARSE);
		s.c.request.p[i] ^= 0x10;
		post(&s);
		assert_true(s.p.status == 400 || s.p.status == 200);
		s.c.request.p[i] ^= 0x10;
	}
	post(&s);
	assert_int_equal(s.p.status, 200);
	close_scene(&s);
}

/* By GET, in base64 whose '+' arrived as a blank. */
static void
test_get(void **state)
{
	auto_buf text = BUF_INIT(MAX_HTTP_HEAD), plain = BUF_INIT(MAX_CMS_SIZE);
	struct http_request r = { .method = "GET",
		.path = AUTHORITY_PATH,
		.args = { { "operation", "PKIOperation" }, { "message", "" } },
		.n_args = 2 };
	struct scene s;
	size_t blanks = 0;
	int fail;

	open_scene(&s, NULL, "cml", NULL);
	get_chain(&s);
	ac_ask(&s.c);
	assert_int_equal(
	    base64_encode(BASE64_PLAIN, buf_span(&s.c.request), &text), 0);
	assert_int_equal(buf_put_u8(&text, '\0'), 0);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == '+') {
			text.p[i] = ' ';
			blanks++;
		}
	assert_true(blanks > 0);
	r.host = s.c.authority.host;
	r.args[1].value = (const char *)text.p;
	http_response_done(&s.p);
	http_response_init(&s.p);
	cloud_answer(s.cloud, &r, &s.p);
	assert_int_equal(read_reply(&s, &plain, &fail), SCEP_PENDING_CHALLENGE);
	r.n_args = 1;
	http_response_done(&s.p);
	http_response_init(&s.p);
	cloud_answer(s.cloud, &r, &s.p);
	assert_refused(&s, "scep.parse", TEXT_PARSE);
	close_scene(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_identities),
		cmocka_unit_test(test_no_ski),
		cmocka_unit_test(test_many_ek_certs),
		cmocka_unit_test(test_revoked),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_mangled),
		cmocka_unit_test(test_get),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
