/*
 * mockaik.h - an AIK service without a network, for the client's tests: one
 * that does what it should, or one thing that it should not.
 */
#ifndef TESTS_UNIT_MOCKAIK_H
#define TESTS_UNIT_MOCKAIK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "odca/cert.h"
#include "odca/service.h"
#include "sim/aik/aikca.h"
#include "sim/aik/credential.h"
#include "sim/aik/csr.h"
#include "sim/aik/ekop.h"
#include "sim/aik/httpc.h"
#include "sim/aik/scep.h"
#include "sim/aik/scep_cert.h"
#include "sim/aik/statement.h"
#include "sim/base/clock.h"

#define CAPS                                                                   \
	"SHA-256\nSHA-1\nAES256\nAES128\nDES3\nPOSTPKIOperation\n"             \
	"IdentityKeyAttestation\nGetCaCertChain\r\n"

/* Of each answer, and of each request that is recorded. */
#define MOCK_HEAD                                                              \
	"HTTP/1.1 404 Not Found\r\nSet-Cookie: id=" MOCK_SECRET "\r\n\r\n"
#define MOCK_SENT                                                              \
	"GET / HTTP/1.1\r\nProxy-Authorization: Basic " MOCK_SECRET "\r\n\r\n"
#define MOCK_SECRET "c2VjcmV0"

enum mock_fault {
	MOCK_GOOD,
	MOCK_404,             /* GetCACaps */
	MOCK_NO_CHAIN,        /* GetCACertChain: no CMS */
	MOCK_OTHER_AUTHORITY, /* the certificates of another one */
	MOCK_OTHER_CA,     /* RA certificates of another CA than the chain's */
	MOCK_400,          /* the request */
	MOCK_DENIED,       /* pkiStatus 2 for it */
	MOCK_AT_ONCE,      /* pkiStatus 0 for it */
	MOCK_NO_CMS,       /* bytes that are no message */
	MOCK_OTHER_SIGNER, /* with the right names, of nobody */
	MOCK_OTHER_NAME,   /* a credential for another key */
	MOCK_NO_CREDENTIAL,
	MOCK_DENIED_ANSWER,
	MOCK_OTHER_KEY, /* the certificate of another AIK */
	MOCK_OTHER_SKI,
	MOCK_OTHER_SAN,
	MOCK_EKOP_404,
	MOCK_EKOP_OTHER, /* the certificate of another EK */
	MOCK_SILENT,     /* no connection */
};

struct mock {
	enum mock_fault fault;
	struct pki *pki;
	struct aikca *ca;
	const struct aik_ca *aik_ca;
	struct span ekop; /* DER */
	const char *sent; /* as if it were what went out */

	/* Of the enrolment that is under way. */
	struct buf spki, san;
	uint8_t ski[20], secret[32], nonce[16];
	struct scep_head asked;
	struct buf client; /* its SCEP certificate */
	char methods[64];  /* "GET GET POST POST " */
	size_t n_certs;    /* with the request */
};

#define MOCK_OK(call)                                                          \
	do {                                                                   \
		if ((call) != 0)                                               \
			fail_msg("%s: %s", #call, e.msg);                      \
	} while (0)

static const uint8_t mock_context[] = { 0x04, 3, 1, 2, 3 };

static inline void
mock_open(struct mock *m, enum mock_fault fault)
{
	struct err e = ERR_INIT;

	*m = (struct mock){ .fault = fault, .sent = MOCK_SENT };
	buf_init(&m->spki, MAX_SPKI);
	buf_init(&m->san, MAX_CERT_SIZE);
	buf_init(&m->client, MAX_CERT_SIZE);
	memset(m->secret, 0x5e, sizeof(m->secret));
	MOCK_OK(pki_open(NULL, &m->pki, &e));
	MOCK_OK(aikca_open(m->pki, &m->ca, &e));
}

static inline void
mock_close(struct mock *m)
{
	aikca_free(m->ca);
	pki_free(m->pki);
	buf_free(&m->spki);
	buf_free(&m->san);
	buf_free(&m->client);
}

static void
mock_body(struct httpc_answer *a, unsigned status, struct span body)
{
	a->connected = true;
	a->status = status;
	assert_int_equal(buf_put(&a->head, SPAN_STR(MOCK_HEAD)), 0);
	assert_int_equal(buf_put(&a->body, body), 0);
}

/* --- certificates -----------------------------------------------------------
 */

static void
mock_authority(struct mock *m, const char *url)
{
	const char *hex = strstr(url, "-KeyId-");
	auto_buf id = BUF_INIT(SHA1_SIZE);
	char text[41];
	struct err e = ERR_INIT;

	assert_non_null(hex);
	(void)snprintf(text, sizeof(text), "%s", hex + 7);
	assert_int_equal(hex_decode(text, &id), 0);
	if (m->fault == MOCK_OTHER_AUTHORITY)
		id.p[0] ^= 1;
	MOCK_OK(aikca_authority(m->ca, "INTC", false, id.p, &m->aik_ca, &e));
}

static void
mock_chain(const struct mock *m, struct httpc_answer *a)
{
	auto_buf out = BUF_INIT(MAX_CMS_SIZE);
	struct span certs[AIK_CHAIN_LENGTH];
	const struct aik_ca *other;
	uint8_t id[SHA1_SIZE] = { 9 };
	struct err e = ERR_INIT;

	memcpy(certs, m->aik_ca->chain, sizeof(certs));
	if (m->fault == MOCK_OTHER_CA) {
		MOCK_OK(aikca_authority(m->ca, "INTC", false, id, &other, &e));
		certs[AIK_CHAIN_CA] = other->chain[AIK_CHAIN_CA];
	}
	MOCK_OK(cms_certs_only(certs, AIK_CHAIN_LENGTH, &out, &e));
	mock_body(a, 200,
	    m->fault == MOCK_NO_CHAIN ? SPAN_STR("hello") : buf_span(&out));
}

/* --- replies ----------------------------------------------------------------
 */

/* plain n == 0: without content. */
static void
mock_reply(
    struct mock *m, int status, struct span plain, struct httpc_answer *a)
{
	auto_buf env = BUF_INIT(MAX_CMS_SIZE), out = BUF_INIT(MAX_CMS_SIZE),
		 self = BUF_INIT(MAX_CERT_SIZE);
	auto_key key = NULL;
	struct cms_signer who = { aikca_signing_key(m->ca),
		m->aik_ca->chain[AIK_CHAIN_SIGNING], NULL, 0, clock_now() };
	struct scep_head h = m->asked;
	struct err e = ERR_INIT;

	h.recipient_nonce = m->asked.sender_nonce;
	h.sender_nonce = SPAN_STR("0123456789abcdef");
	h.type = SCEP_CERT_REP;
	h.status = status;
	if (status == SCEP_FAILURE)
		h.fail = SCEP_BAD_MESSAGE_CHECK;
	if (m->fault == MOCK_OTHER_SIGNER) {
		MOCK_OK(key_generate(KEY_RSA2048, &key, &e));
		MOCK_OK(scep_cert_make(
		    key, "RA Signing Certificate", clock_now(), &self, &e));
		who.key = key;
		who.cert = buf_span(&self);
	}
	if (plain.n > 0)
		MOCK_OK(cms_encrypt(
		    buf_span(&m->client), ENVELOPE_AES128, plain, &env, &e));
	MOCK_OK(scep_write(&h, &who,
	    plain.n > 0 ? buf_span(&env) : (struct span){ NULL, 0 }, &out, &e));
	mock_body(a, 200, buf_span(&out));
}

static void
mock_open_envelope(const struct mock *m, struct span der, struct buf *out)
{
	struct err e = ERR_INIT;

	MOCK_OK(cms_decrypt(aikca_encryption_key(m->ca),
	    m->aik_ca->chain[AIK_CHAIN_ENCRYPTION], der, out, &e));
}

/* --- type 19 ----------------------------------------------------------------
 */

/* What the client says is whole, and the certificates in their order: its own,
 * then root first. */
static void
mock_check_request(
    struct mock *m, const struct scep_message *msg, const struct csr *r)
{
	struct cert above, below;
	uint8_t hash[SHA1_SIZE];
	struct err e = ERR_INIT;

	MOCK_OK(csr_check(r, &e));
	assert_true(r->hashed);
	assert_true(r->key_affinity);
	assert_int_equal(sha1(msg->cms.signer, hash), 0);
	assert_true(span_eq(r->signer_hash, SPAN_OF(hash)));
	assert_true(span_eq(msg->cms.certs[0], msg->cms.signer));
	m->n_certs = msg->cms.n_certs;
	for (size_t i = 1; i + 1 < m->n_certs; i++) {
		MOCK_OK(cert_parse(msg->cms.certs[i], &above, &e));
		MOCK_OK(cert_parse(msg->cms.certs[i + 1], &below, &e));
		MOCK_OK(cert_check_signature(&below, &above, &e));
	}
}

static void
mock_credential(const struct mock *m, const struct csr *r, struct buf *out)
{
	auto_buf info = BUF_INIT(MAX_CSR_SIZE), spki = BUF_INIT(MAX_SPKI);
	auto_credential c = CREDENTIAL_INIT;
	enum statement_reason reason;
	struct credential_ek ek;
	struct statement_aik aik;
	struct statement st;
	struct ek_info i;
	struct cert cert;
	struct err e = ERR_INIT;

	MOCK_OK(statement_decode(r->statement, &st, &e));
	MOCK_OK(statement_check(&st, &aik, &reason, &e));
	mock_open_envelope(m, r->ek_info, &info);
	MOCK_OK(ek_info_read(buf_span(&info), &i, &e));
	MOCK_OK(cert_parse(i.cert, &cert, &e));
	MOCK_OK(pubkey_spki(&cert.pubkey, &spki, &e));
	assert_true(span_eq(i.spki, buf_span(&spki)));
	MOCK_OK(credential_ek_of_key(&cert.pubkey, &ek, &e));
	if (m->fault == MOCK_OTHER_NAME)
		aik.name.bytes[5] ^= 1;
	MOCK_OK(
	    credential_make(&ek, (struct span){ aik.name.bytes, aik.name.n },
		SPAN_OF(m->secret), &c, &e));
	MOCK_OK(credential_encode(&c, CREDENTIAL_MICROSOFT, out, &e));
}

static void
mock_keep(struct mock *m, const struct csr *r)
{
	auto_key key = NULL;
	struct pubkey other;
	struct der names;
	struct span all = der_content(r->san);
	struct err e = ERR_INIT;

	buf_reset(&m->spki);
	buf_reset(&m->san);
	if (m->fault == MOCK_OTHER_KEY) {
		MOCK_OK(key_generate(KEY_RSA2048, &key, &e));
		key_public(key, &other);
		MOCK_OK(pubkey_spki(&other, &m->spki, &e));
	} else {
		assert_int_equal(buf_put(&m->spki, r->spki), 0);
	}
	assert_int_equal(der_get(&all, &names), 0);
	assert_int_equal(names.tag, DER_DIRECTORY_NAME);
	assert_int_equal(buf_put(&m->san, names.content), 0);
	if (m->fault == MOCK_OTHER_SAN)
		*(uint8_t *)memmem(m->san.p, m->san.n, "id:", 3) = 'x';
	assert_int_equal(r->ski.n, sizeof(m->ski));
	memcpy(m->ski, r->ski.p, sizeof(m->ski));
	if (m->fault == MOCK_OTHER_SKI)
		m->ski[0] ^= 1;
}

static void
mock_challenge(
    struct mock *m, const struct scep_message *msg, struct httpc_answer *a)
{
	auto_buf der = BUF_INIT(MAX_CSR_SIZE), blob = BUF_INIT(MAX_CMS_SIZE),
		 plain = BUF_INIT(MAX_CMS_SIZE);
	struct scep_challenge c = { SCEP_OID_CHALLENGE,
		.context = SPAN_OF(mock_context) };
	struct err e = ERR_INIT;
	struct csr r;

	mock_open_envelope(m, msg->cms.content, &der);
	MOCK_OK(csr_read(buf_span(&der), &r, &e));
	mock_check_request(m, msg, &r);
	mock_credential(m, &r, &blob);
	mock_keep(m, &r);
	c.blob =
	    m->fault == MOCK_NO_CREDENTIAL ? SPAN_STR("KEY") : buf_span(&blob);
	MOCK_OK(scep_write_challenge(&c, &plain, &e));
	mock_reply(m, SCEP_PENDING_CHALLENGE, buf_span(&plain), a);
}

/* --- type 41 ----------------------------------------------------------------
 */

static void
mock_certificate(
    struct mock *m, const struct scep_message *msg, struct httpc_answer *a)
{
	auto_buf plain = BUF_INIT(MAX_CMS_SIZE), secret = BUF_INIT(64),
		 cert = BUF_INIT(MAX_CERT_SIZE), out = BUF_INIT(MAX_CMS_SIZE);
	const struct aik_subject s = { buf_span(&m->spki), buf_span(&m->san),
		SPAN_OF(m->ski) };
	struct scep_answer answer;
	struct span certs[1];
	struct err e = ERR_INIT;

	assert_int_equal(msg->cms.n_certs, 1);
	assert_true(span_eq(msg->cms.signer, buf_span(&m->client)));
	mock_open_envelope(m, msg->cms.content, &plain);
	MOCK_OK(scep_read_answer(buf_span(&plain), &answer, &e));
	assert_true(span_eq(answer.context, SPAN_OF(mock_context)));
	mock_open_envelope(m, answer.envelope, &secret);
	assert_true(span_eq(buf_span(&secret), SPAN_OF(m->secret)));
	MOCK_OK(aikca_issue(m->ca, m->aik_ca, &s, clock_now(), &cert, &e));
	certs[0] = buf_span(&cert);
	MOCK_OK(cms_certs_only(certs, 1, &out, &e));
	mock_reply(m, SCEP_SUCCESS, buf_span(&out), a);
}

/* --- all of it ---------------------------------------------------------------
 */

static void
mock_operation(struct mock *m, struct span body, struct httpc_answer *a)
{
	static const int fails[] = { [MOCK_DENIED] = SCEP_PKCS_REQ,
		[MOCK_DENIED_ANSWER] = SCEP_CHALLENGE_ANSWER,
		[MOCK_SILENT] = 0 };
	auto_scep_message msg = SCEP_MESSAGE_INIT;
	struct err e = ERR_INIT;

	MOCK_OK(scep_read_request(body, &msg, &e));
	m->asked = msg.head;
	buf_reset(&m->client);
	assert_int_equal(buf_put(&m->client, msg.cms.signer), 0);
	if (fails[m->fault] == msg.head.type)
		mock_reply(m, SCEP_FAILURE, (struct span){ NULL, 0 }, a);
	else if (m->fault == MOCK_AT_ONCE)
		mock_reply(m, SCEP_SUCCESS, SPAN_STR("x"), a);
	else if (m->fault == MOCK_NO_CMS)
		mock_body(a, 200, SPAN_STR("hello"));
	else if (m->fault == MOCK_400)
		mock_body(a, 400, SPAN_STR("No valid TPM EK/Platform"));
	else if (msg.head.type == SCEP_PKCS_REQ)
		mock_challenge(m, &msg, a);
	else
		mock_certificate(m, &msg, a);
}

static void
mock_ekop(const struct mock *m, struct httpc_answer *a)
{
	uint8_t hash[SHA256_SIZE];
	auto_buf json = BUF_INIT(MAX_EKOP_BODY);
	struct cert c;
	struct err e = ERR_INIT;

	if (m->fault == MOCK_EKOP_404) {
		mock_body(a, 404, SPAN_STR("none"));
		return;
	}
	MOCK_OK(cert_parse(m->ekop, &c, &e));
	MOCK_OK(ekop_hash(&c.pubkey, hash, &e));
	if (m->fault == MOCK_EKOP_OTHER)
		hash[0] ^= 1;
	MOCK_OK(ekop_encode(hash, m->ekop, &json, &e));
	mock_body(a, 200, buf_span(&json));
}

/* As Windows sends them. */
static void
mock_check_headers(const char *const *headers)
{
	static const char *const want[] = { "Cache-Control: no-cache",
		"Connection: Keep-Alive", "Pragma: no-cache",
		"Content-Type: application/x-pki-message",
		"User-Agent: Mozilla/4.0 (compatible; Win32; NDES client ",
		"PlatformType: TPM-Version:2.0 -Level:0-Revision:1.",
		"x-ms-client-request-id: " };
	size_t n = 0;

	while (headers[n] != NULL) {
		assert_true(n < sizeof(want) / sizeof(want[0]));
		assert_memory_equal(headers[n], want[n], strlen(want[n]));
		n++;
	}
	assert_int_equal(n, sizeof(want) / sizeof(want[0]));
	assert_non_null(strstr(headers[5], "-VendorID:'INTC'-Firmware:"));
}

/* Stands in for httpc_send(). */
static int
mock_send(void *ctx, const struct httpc_request *r, struct httpc_answer *a,
    struct err *e)
{
	struct mock *m = ctx;
	size_t n = strlen(m->methods);

	(void)snprintf(
	    m->methods + n, sizeof(m->methods) - n, "%s ", r->method);
	if (r->record)
		assert_int_equal(buf_put(&a->sent, SPAN_STR(m->sent)), 0);
	if (m->fault == MOCK_SILENT) {
		a->winhttp = 12029;
		return err_set(e, E_IO, "nobody is there");
	}
	if (strncmp(r->url, "https://ekop.intel.test/", 24) == 0) {
		mock_ekop(m, a);
		return 0;
	}
	mock_authority(m, r->url);
	mock_check_headers(r->headers);
	if (r->connected != NULL)
		r->connected(r->ctx);
	if (strstr(r->url, "/templates/Aik/scep?operation=GetCACaps"
			   "&message=default") != NULL)
		mock_body(a, m->fault == MOCK_404 ? 404 : 200, SPAN_STR(CAPS));
	else if (strstr(r->url, "?operation=GetCACertChain&message=default") !=
		 NULL)
		mock_chain(m, a);
	else if (strstr(r->url, "?operation=PKIOperation") != NULL)
		mock_operation(m, r->body, a);
	else
		fail_msg("unexpected '%s'", r->url);
	return 0;
}

#endif
