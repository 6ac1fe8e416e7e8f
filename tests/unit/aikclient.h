/*
 * aikclient.h - a TPM without a TPM, and a client of the AIK service with it:
 * keys of OpenSSL, certificates of the hierarchy, messages of the client's
 * codecs. Every part of a message may be another one before it is sent.
 */
#ifndef TESTS_UNIT_AIKCLIENT_H
#define TESTS_UNIT_AIKCLIENT_H

#include "activate.h"
#include "made.h"
#include "scepkeys.h"

#include "odca/cert.h"
#include "odca/ek_template.h"
#include "sim/aik/authority.h"
#include "sim/aik/credential.h"
#include "sim/aik/csr.h"
#include "sim/aik/racert.h"
#include "sim/aik/scep.h"
#include "sim/aik/statement.h"
#include "sim/base/clock.h"
#include "sim/base/tpm2.h"

#define MAX_PIECE    1024
#define MANUFACTURER 0x494e5443
#define AIK_ATTRIBUTES                                                         \
	(OBJECT_FIXED_TPM | OBJECT_FIXED_PARENT |                              \
	    OBJECT_SENSITIVE_DATA_ORIGIN | OBJECT_RESTRICTED | OBJECT_SIGN)

/* RSA keys take their time, and are the same for all clients of a program. */
static struct {
	EVP_PKEY *ek;
	struct key *aik;
	struct owner scep;
} ac_keys;

struct aikclient {
	struct made made;
	EVP_PKEY *ek; /* of ac_keys, as the others are */
	const struct key *aik;
	struct owner scep;
	struct authority authority;
	struct buf chain; /* GetCACertChain's answer */
	struct span ra;   /* RA Encryption certificate in it */
	struct cms_signed ca;

	/* What is said in the messages, to be changed. */
	int type;
	const char *transaction;
	uint8_t nonce[16];
	uint32_t attributes; /* of the AIK */
	uint16_t attest_type;
	struct pubkey aik_said, ek_said; /* in the CSR, in EK_INFO */
	struct span ek_cert;             /* n == 0: NULL */
	bool no_ek_info, no_statement, plain_ek_info, ecc_aik, bad_hash;
	struct span certs[MAX_CMS_CERTS]; /* behind the signer's */
	size_t n_certs;
	uint8_t signer_hash[SHA1_SIZE], ski[MAX_DIGEST];
	size_t ski_size;
	size_t n_ek_certs; /* beside the manufacturer's, in EK_INFO */

	/* What the last messages were made of. */
	struct buf public, request, reply;
	struct tpm_name name;
	struct buf secret, context;
};

/* --- what a TPM has ---------------------------------------------------------
 */

static void
ac_make_keys(void)
{
	struct err e = ERR_INIT;

	if (ac_keys.ek != NULL)
		return;
	ac_keys.ek = own_key(KEY_RSA2048);
	owner_make(&ac_keys.scep, SCEP_CERT_NAME);
	if (key_generate(KEY_RSA2048, &ac_keys.aik, &e) != 0)
		fail_msg("%s", e.msg);
}

static void
ac_new_ek(struct aikclient *c)
{
	struct pubkey *key = &c->made.keys[EK_RSA];
	struct buf *cert = &c->made.certs[EK_RSA];
	struct err e = ERR_INIT;

	assert_int_equal(own_public(c->ek, key), 0);
	buf_reset(cert);
	if (issue_ek(&c->made.device, c->made.pki, key, cert, &e) != 0)
		fail_msg("%s", e.msg);
}

/* Of the Windows template, but for the digest of its scheme: key_sign() has no
 * SHA-1. */
static void
ac_public(struct aikclient *c)
{
	struct pubkey key;
	struct err e = ERR_INIT;

	key_public(c->aik, &key);
	buf_reset(&c->public);
	assert_false(
	    buf_put_u16(&c->public, ALG_RSA) ||
	    buf_put_u16(&c->public, ALG_SHA256) ||
	    buf_put_u32(&c->public, c->attributes) ||
	    buf_put_u16(&c->public, 0) || buf_put_u16(&c->public, ALG_NULL) ||
	    buf_put_u16(&c->public, ALG_RSASSA) ||
	    buf_put_u16(&c->public, ALG_SHA256) ||
	    buf_put_u16(&c->public, 2048) || buf_put_u32(&c->public, 0) ||
	    buf_put_2b(&c->public, (struct span){ key.bytes, key.n }));
	assert_int_equal(
	    tpm_name(DIGEST_SHA256, buf_span(&c->public), &c->name, &e), 0);
}

/* A P-256 key; the service looks no further. */
static void
ac_public_ecc(struct aikclient *c)
{
	const struct pubkey *k = &c->made.keys[EK_P256];
	struct err e = ERR_INIT;

	buf_reset(&c->public);
	assert_false(
	    buf_put_u16(&c->public, ALG_ECC) ||
	    buf_put_u16(&c->public, ALG_SHA256) ||
	    buf_put_u32(&c->public, c->attributes) ||
	    buf_put_u16(&c->public, 0) || buf_put_u16(&c->public, ALG_NULL) ||
	    buf_put_u16(&c->public, ALG_ECDSA) ||
	    buf_put_u16(&c->public, ALG_SHA256) ||
	    buf_put_u16(&c->public, ECC_NIST_P256) ||
	    buf_put_u16(&c->public, ALG_NULL) ||
	    buf_put_2b(&c->public, (struct span){ k->bytes + 1, 32 }) ||
	    buf_put_2b(&c->public, (struct span){ k->bytes + 33, 32 }));
	assert_int_equal(
	    tpm_name(DIGEST_SHA256, buf_span(&c->public), &c->name, &e), 0);
}

static void
ac_attest(struct aikclient *c, struct span creation, struct buf *out)
{
	static const uint8_t zeros[25];
	uint8_t hash[SHA256_SIZE];

	assert_int_equal(sha256(creation, hash), 0);
	assert_false(
	    buf_put_u32(out, TPM_GENERATED) ||
	    buf_put_u16(out, c->attest_type) ||
	    buf_put_2b(out, (struct span){ c->name.bytes, c->name.n }) ||
	    buf_put_u16(out, 0) || buf_put(out, SPAN_OF(zeros)) ||
	    buf_put_2b(out, (struct span){ c->name.bytes, c->name.n }) ||
	    buf_put_2b(out, SPAN_OF(hash)));
}

static void
ac_statement(struct aikclient *c, struct buf *out)
{
	auto_buf attest = BUF_INIT(MAX_PIECE), sig = BUF_INIT(MAX_PIECE);
	auto_buf signature = BUF_INIT(MAX_PIECE);
	const struct span creation = SPAN_STR("creation data");
	struct statement st = { .creation = creation };
	struct err e = ERR_INIT;

	if (c->no_statement)
		return;
	if (c->ecc_aik)
		ac_public_ecc(c);
	else
		ac_public(c);
	ac_attest(c, creation, &attest);
	assert_int_equal(key_sign(c->aik, buf_span(&attest), &sig, &e), 0);
	assert_false(buf_put_u16(&signature, ALG_RSASSA) ||
		     buf_put_u16(&signature, ALG_SHA256) ||
		     buf_put_2b(&signature, buf_span(&sig)));
	st.public = buf_span(&c->public);
	st.attest = buf_span(&attest);
	st.signature = buf_span(&signature);
	assert_int_equal(statement_encode(&st, out, &e), 0);
}

/* --- the client -------------------------------------------------------------
 */

/* Everything as it should be. */
static void
ac_reset(struct aikclient *c)
{
	static const size_t chain[] = { ROM, KERNEL, PTT };

	c->scep = ac_keys.scep;
	c->type = SCEP_PKCS_REQ;
	c->transaction = "99a64f14d68c2cabb95554279f32ec77a20918fa";
	memset(c->nonce, 0x9b, sizeof(c->nonce));
	c->attributes = AIK_ATTRIBUTES;
	c->attest_type = ST_ATTEST_CREATION;
	key_public(c->aik, &c->aik_said);
	c->ek_said = c->made.keys[EK_RSA];
	c->ek_cert = buf_span(&c->made.certs[EK_RSA]);
	c->no_ek_info = c->no_statement = false;
	c->plain_ek_info = c->ecc_aik = c->bad_hash = false;
	c->n_certs = 0;
	for (size_t i = 0; i < 3; i++)
		if (c->made.certs[chain[i]].n > 0)
			c->certs[c->n_certs++] =
			    buf_span(&c->made.certs[chain[i]]);
	assert_int_equal(sha1(buf_span(&c->scep.cert), c->signer_hash), 0);
	memset(c->ski, 0x5c, sizeof(c->ski));
	c->ski_size = SHA1_SIZE;
	c->n_ek_certs = 0;
	c->ra = (struct span){ NULL, 0 };
	if (c->ca.n_certs > 0)
		assert_int_equal(ra_encryption_find(&c->ca, &c->ra, NULL), 0);
}

static void
ac_set_chain(struct aikclient *c, struct span answer)
{
	struct err e = ERR_INIT;

	cms_signed_free(&c->ca);
	c->ca = (struct cms_signed)CMS_SIGNED_INIT;
	if (cms_read_certs(answer, &c->ca, &e) != 0 ||
	    ra_encryption_find(&c->ca, &c->ra, &e) != 0)
		fail_msg("%s", e.msg);
}

static void
ac_find_authority(struct aikclient *c)
{
	struct authority_input in = {
		.ek = buf_span(&c->made.certs[EK_RSA]),
		.certs = c->certs,
		.n_certs = c->n_certs,
		.manufacturer = MANUFACTURER,
	};
	struct err e = ERR_INIT;

	if (authority_of(&in, &c->authority, &e) != 0)
		fail_msg("%s", e.msg);
}

static void
ac_init(struct aikclient *c, const char *family, const char *batch)
{
	*c = (struct aikclient){ .ca = CMS_SIGNED_INIT };
	buf_init(&c->public, MAX_PIECE);
	buf_init(&c->request, MAX_CMS_SIZE);
	buf_init(&c->reply, MAX_CMS_SIZE);
	buf_init(&c->secret, MAX_DIGEST);
	buf_init(&c->context, MAX_CMS_SIZE);
	make_batch(&c->made, family, batch, "aikclient", 1, NULL);
	ac_make_keys();
	c->ek = ac_keys.ek;
	c->aik = ac_keys.aik;
	ac_new_ek(c);
	ac_reset(c);
	ac_find_authority(c);
}

static void
ac_done(struct aikclient *c)
{
	unmake(&c->made);
	buf_free(&c->chain);
	cms_signed_free(&c->ca);
	buf_free(&c->public);
	buf_free(&c->request);
	buf_free(&c->reply);
	buf_free(&c->secret);
	buf_free(&c->context);
}

static void
ac_encrypt(const struct aikclient *c, struct span plain, struct buf *out)
{
	struct err e = ERR_INIT;

	if (cms_encrypt(c->ra, ENVELOPE_AES128, plain, out, &e) != 0)
		fail_msg("%s", e.msg);
}

/* plain, encrypted and signed: into c->request. */
static void
ac_send(struct aikclient *c, struct span plain)
{
	const struct cms_signer who = { .key = c->scep.key,
		.cert = buf_span(&c->scep.cert),
		.more = c->certs,
		.n_more = c->n_certs,
		.when = clock_now() };
	struct scep_head head = SCEP_HEAD_INIT;
	auto_buf envelope = BUF_INIT(MAX_CMS_SIZE);
	struct err e = ERR_INIT;

	ac_encrypt(c, plain, &envelope);
	head.type = c->type;
	head.sender_nonce = SPAN_OF(c->nonce);
	(void)snprintf(
	    head.transaction, sizeof(head.transaction), "%s", c->transaction);
	buf_reset(&c->request);
	if (scep_write(&head, &who, buf_span(&envelope), &c->request, &e) != 0)
		fail_msg("%s", e.msg);
}

/* The SAN of the EK certificate, as the request has it. */
static struct span
ac_san(const struct aikclient *c, struct cert *cert)
{
	if (cert_parse(buf_span(&c->made.certs[EK_RSA]), cert, NULL) == 0)
		for (size_t i = 0; i < cert->n_exts; i++)
			if (strcmp(cert->exts[i].oid_text, "2.5.29.17") == 0)
				return cert->exts[i].value;
	fail_msg("no SAN");
	return (struct span){ NULL, 0 };
}

/* One element more than the writer has room for, at the end of a list. */
static void
ac_append(struct buf *list, struct span element)
{
	auto_buf all = BUF_INIT(MAX_CMS_SIZE);

	assert_int_equal(buf_put(&all, der_content(buf_span(list))), 0);
	assert_int_equal(buf_put(&all, element), 0);
	buf_reset(list);
	assert_int_equal(der_put(list, DER_SEQUENCE, buf_span(&all)), 0);
}

static void
ac_ek_info(const struct aikclient *c, struct buf *out)
{
	auto_buf spki = BUF_INIT(MAX_SPKI), plain = BUF_INIT(MAX_CMS_SIZE);
	struct ek_info info = { .cert = c->ek_cert };
	struct err e = ERR_INIT;

	assert_int_equal(pubkey_spki(&c->ek_said, &spki, &e), 0);
	info.spki = buf_span(&spki);
	for (size_t i = 0; i < c->n_ek_certs && i < MAX_MORE_EK_CERTS; i++)
		info.more[info.n_more++] = c->ek_cert;
	assert_int_equal(ek_info_write(&info, &plain, &e), 0);
	if (c->n_ek_certs > MAX_MORE_EK_CERTS)
		ac_append(&plain, c->ek_cert);
	if (c->plain_ek_info)
		assert_int_equal(buf_put(out, buf_span(&plain)), 0);
	else
		ac_encrypt(c, buf_span(&plain), out);
}

/* An EK_INFO that its reader does not know: another OID, and the hash anew. */
static void
ac_hide_ek_info(struct buf *csr)
{
	static const uint8_t oid[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37,
		0x15, 0x17 };
	uint8_t *at = memmem(csr->p, csr->n, oid, sizeof(oid));
	struct span whole = der_content(buf_span(csr));
	struct der info;

	assert_non_null(at);
	at[sizeof(oid) - 1] = 0x7f;
	assert_int_equal(der_get(&whole, &info), 0);
	assert_int_equal(sha256(info.tlv, csr->p + csr->n - SHA256_SIZE), 0);
}

static void
ac_csr(struct aikclient *c, struct buf *out)
{
	auto_buf spki = BUF_INIT(MAX_SPKI), ek = BUF_INIT(MAX_CMS_SIZE);
	auto_buf statement = BUF_INIT(MAX_STATEMENT);
	struct csr_windows r = { .os_version = CSR_OS_VERSION,
		.machine = "DESKTOP-TEST",
		.user = "WORKGROUP\\DESKTOP-TEST$",
		.process = CSR_PROCESS,
		.provider = CSR_PROVIDER,
		.signer_hash = SPAN_OF(c->signer_hash),
		.ski = { c->ski, c->ski_size } };
	struct err e = ERR_INIT;
	struct cert cert;

	ac_statement(c, &statement);
	ac_ek_info(c, &ek);
	assert_int_equal(pubkey_spki(&c->aik_said, &spki, &e), 0);
	r.spki = buf_span(&spki);
	r.san = ac_san(c, &cert);
	r.statement = buf_span(&statement);
	r.ek_info = buf_span(&ek);
	if (csr_write_windows(&r, out, &e) != 0)
		fail_msg("%s", e.msg);
}

/* Type 19 into c->request. */
static void
ac_ask(struct aikclient *c)
{
	auto_buf csr = BUF_INIT(MAX_CSR_SIZE);

	ac_csr(c, &csr);
	if (c->no_ek_info)
		ac_hide_ek_info(&csr);
	if (c->bad_hash)
		csr.p[csr.n - 1] ^= 1;
	ac_send(c, buf_span(&csr));
}

/* --- replies ----------------------------------------------------------------
 */

/* Read a reply to what was sent last; append what is in the envelope to
 * plain. Gives the pkiStatus; *ret_fail is the failInfo. */
static int
ac_read(
    struct aikclient *c, struct span reply, struct buf *plain, int *ret_fail)
{
	auto_scep_message m = SCEP_MESSAGE_INIT;
	struct scep_head asked = SCEP_HEAD_INIT;
	struct err e = ERR_INIT;

	asked.sender_nonce = SPAN_OF(c->nonce);
	(void)snprintf(
	    asked.transaction, sizeof(asked.transaction), "%s", c->transaction);
	if (scep_read_reply(reply, &asked, &m, &e) != 0 ||
	    ra_signing_check(m.cms.signer, RA_AIA_PREFIX, &e) != 0)
		fail_msg("%s", e.msg);
	*ret_fail = m.head.fail;
	if (m.cms.have_content &&
	    cms_decrypt(c->scep.key, buf_span(&c->scep.cert), m.cms.content,
		plain, &e) != 0)
		fail_msg("%s", e.msg);
	return m.head.status;
}

/* What TPM2_ActivateCredential finds in the challenge, and the context. */
static void
ac_solve(struct aikclient *c, struct span plain)
{
	auto_credential credential = CREDENTIAL_INIT;
	struct scep_challenge challenge;
	struct err e = ERR_INIT;

	buf_reset(&c->secret);
	buf_reset(&c->context);
	if (scep_read_challenge(plain, &challenge, &e) != 0 ||
	    credential_decode(
		challenge.blob, CREDENTIAL_MICROSOFT, &credential, &e) != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(own_activate(c->ek, DIGEST_SHA256, 16,
			     (struct span){ c->name.bytes, c->name.n },
			     buf_span(&credential.id_object),
			     buf_span(&credential.secret), &c->secret),
	    0);
	assert_int_equal(buf_put(&c->context, challenge.context), 0);
}

/* Type 41 into c->request. */
static void
ac_answer(struct aikclient *c)
{
	auto_buf envelope = BUF_INIT(MAX_CMS_SIZE);
	auto_buf plain = BUF_INIT(MAX_CMS_SIZE);
	struct scep_answer a;
	struct err e = ERR_INIT;

	c->type = SCEP_CHALLENGE_ANSWER;
	c->n_certs = 0;
	ac_encrypt(c, buf_span(&c->secret), &envelope);
	a = (struct scep_answer){ buf_span(&envelope), buf_span(&c->context) };
	if (scep_write_answer(&a, &plain, &e) != 0)
		fail_msg("%s", e.msg);
	ac_send(c, buf_span(&plain));
}

#endif
