#include <stdio.h>
#include <string.h>

#include "odca/cert.h"
#include "sim/aik/csr.h"
#include "sim/aik/enroll_check.h"
#include "sim/aik/enroll_record.h"
#include "sim/aik/enroll_step.h"
#include "sim/aik/racert.h"
#include "sim/aik/scep_cert.h"
#include "sim/aik/statement.h"
#include "sim/base/clock.h"

/* --- H: the AIK, and the request for it -------------------------------------
 */

static int
make_random(uint8_t *out, size_t n, struct err *e)
{
	auto_buf random = BUF_INIT(ENROLL_NONCE_SIZE + AIK_UNIQUE_SIZE);

	if (random_bytes(n, &random) != 0)
		return err_set(e, E_CRYPTO, "random bytes");
	memcpy(out, random.p, n);
	return 0;
}

static int
make_statement(const struct enroll *en, struct buf *out, struct err *e)
{
	const struct statement st = {
		.public = buf_span(&en->aik.public),
		.creation = buf_span(&en->aik.creation),
		.attest = buf_span(&en->aik.attest),
		.signature = buf_span(&en->aik.signature),
	};

	return statement_encode(&st, out, e);
}

static int
encrypt(
    const struct enroll *en, struct span plain, struct buf *out, struct err *e)
{
	return cms_encrypt(en->ra, ENVELOPE_AES128, plain, out, e);
}

static bool
fault_at(const struct enroll *en, enum cloud_seam seam)
{
	struct cloudfault_visit v = { .set = en->o->faults,
		.operation = "PKIOperation" };

	return cloudfault_at(&v, seam);
}

static int
make_ek_info(const struct enroll *en, struct buf *out, struct err *e)
{
	auto_buf spki = BUF_INIT(MAX_SPKI), plain = BUF_INIT(MAX_CSR_SIZE);
	struct ek_info info = { .cert = buf_span(&en->r->ek) };

	if (fault_at(en, CLIENT_EK_INFO))
		info.cert = (struct span){ NULL, 0 };
	if (pubkey_spki(&en->ek, &spki, e) != 0)
		return -1;
	info.spki = buf_span(&spki);
	return ek_info_write(&info, &plain, e) != 0
		   ? -1
		   : encrypt(en, buf_span(&plain), out, e);
}

static int
fill_csr(const struct enroll *en, struct csr_windows *r, struct err *e)
{
	struct cert ek;

	if (cert_parse(buf_span(&en->r->ek), &ek, e) != 0)
		return err_wrap(e, "EK certificate");
	r->san = enroll_san(&ek);
	return r->san.n > 0 ? 0
			    : err_set(e, E_NOTFOUND,
				  "the EK certificate has no subject "
				  "alternative name: nothing says which TPM");
}

static int
make_csr(const struct enroll *en, struct buf *out, struct err *e)
{
	auto_buf spki = BUF_INIT(MAX_SPKI), info = BUF_INIT(MAX_CMS_SIZE),
		 statement = BUF_INIT(MAX_STATEMENT);
	uint8_t hash[SHA1_SIZE];
	struct csr_windows r = {
		.os_version = CSR_OS_VERSION,
		.machine = ENROLL_MACHINE,
		.user = ENROLL_USER,
		.process = CSR_PROCESS,
		.provider = CSR_PROVIDER,
		.signer_hash = SPAN_OF(hash),
		.ski = SPAN_OF(en->r->ski),
	};

	if (fill_csr(en, &r, e) != 0 ||
	    pubkey_spki(&en->aik.key, &spki, e) != 0 ||
	    make_statement(en, &statement, e) != 0 ||
	    make_ek_info(en, &info, e) != 0)
		return -1;
	if (sha1(buf_span(&en->cert), hash) != 0)
		return err_set(e, E_CRYPTO, "SHA-1");
	r.spki = buf_span(&spki);
	r.statement = buf_span(&statement);
	r.ek_info = buf_span(&info);
	return csr_write_windows(&r, out, e);
}

/* more: certificates behind the client's own. */
static int
write_message(struct enroll *en, int type, struct span plain,
    const struct span *more, size_t n_more, struct err *e)
{
	const struct cms_signer who = { en->key, buf_span(&en->cert), more,
		n_more, clock_now() };
	auto_buf envelope = BUF_INIT(MAX_CMS_SIZE);

	en->asked.type = type;
	buf_reset(&en->request);
	return encrypt(en, plain, &envelope, e) != 0
		   ? -1
		   : scep_write(&en->asked, &who, buf_span(&envelope),
			 &en->request, e);
}

/* Two transactions of one client have the same identifiers on Windows; ours are
 * of one enrolment. */
static int
begin_transaction(struct enroll *en, struct err *e)
{
	uint8_t id[AIK_UNIQUE_SIZE];

	if (make_random(id, sizeof(id), e) != 0 ||
	    make_random(en->nonce, sizeof(en->nonce), e) != 0)
		return -1;
	hex_encode(SPAN_OF(id), en->asked.transaction);
	en->asked.sender_nonce = SPAN_OF(en->nonce);
	return key_generate(KEY_RSA2048, &en->key, e) != 0
		   ? -1
		   : scep_cert_make(
			 en->key, SCEP_CERT_NAME, clock_now(), &en->cert, e);
}

/* The issuers of the EK certificate go along, the topmost one first. */
int
enroll_make_request(struct enroll *en, struct err *e)
{
	auto_buf csr = BUF_INIT(MAX_CSR_SIZE);
	struct span issuers[MAX_CHAIN_DEPTH];
	size_t n = 0;

	if (make_random(en->r->ski, sizeof(en->r->ski), e) != 0 ||
	    aiktpm_create(en->tpm, en->r->ski, &en->aik, e) != 0 ||
	    begin_transaction(en, e) != 0 || make_csr(en, &csr, e) != 0)
		return -1;
	for (size_t i = en->n_path; i-- > 1;)
		issuers[n++] = en->path[i];
	return write_message(en, SCEP_PKCS_REQ, buf_span(&csr), issuers, n, e);
}

/* --- replies ----------------------------------------------------------------
 */

static int
check_signer(const struct enroll *en, struct span signer, struct err *e)
{
	const char *prefix =
	    en->o->ra_aia_prefix != NULL ? en->o->ra_aia_prefix : RA_AIA_PREFIX;
	struct cert ca;

	return ra_signing_check(signer, prefix, e) != 0
		   ? -1
		   : enroll_check_service(&en->service, signer, &ca, e);
}

static int
check_pki_status(
    struct enroll *en, const struct scep_head *h, int want, struct err *e)
{
	en->r->pki_status = h->status;
	en->r->fail_info = h->fail;
	if (h->status == want)
		return 0;
	if (h->status == SCEP_FAILURE)
		return err_set(e, E_REJECTED, "pkiStatus %d (%s)%s%s",
		    h->status, scep_status_text(h->status),
		    h->fail != SCEP_ABSENT ? ", failInfo " : "",
		    h->fail != SCEP_ABSENT ? scep_fail_text(h->fail) : "");
	return err_set(e, E_FORMAT, "pkiStatus %d (%s), want %d", h->status,
	    scep_status_text(h->status), want);
}

/* What a reply has inside, appended to plain. */
static int
open_reply(struct enroll *en, struct span der, int want, struct buf *plain,
    struct err *e)
{
	auto_scep_message m = SCEP_MESSAGE_INIT;
	int rc;

	rc = scep_read_reply(der, &en->asked, &m, e);
	enroll_record_reply(en, &m.head);
	if (rc != 0 || check_signer(en, m.cms.signer, e) != 0 ||
	    check_pki_status(en, &m.head, want, e) != 0)
		return -1;
	return cms_decrypt(
	    en->key, buf_span(&en->cert), m.cms.content, plain, e);
}

static int
submit(struct enroll *en, int want, struct buf *plain, struct err *e)
{
	auto_httpc_answer a = HTTPC_ANSWER_INIT;
	struct httpc_request q = { .method = "POST",
		.body = buf_span(&en->request) };

	if (enroll_ask_scep(en, "PKIOperation", NULL, &q, &a, e) != 0 ||
	    enroll_check_status(en, "PKIOperation", &a, e) != 0)
		return -1;
	return open_reply(en, buf_span(&a.body), want, plain, e) != 0
		   ? err_wrap(e, "PKIOperation")
		   : 0;
}

/* --- I, J: the challenge ----------------------------------------------------
 */

int
enroll_submit_request(struct enroll *en, struct err *e)
{
	auto_buf plain = BUF_INIT(MAX_CMS_SIZE);
	struct scep_challenge c;

	if (submit(en, SCEP_PENDING_CHALLENGE, &plain, e) != 0)
		return -1;
	if (scep_read_challenge(buf_span(&plain), &c, e) != 0 ||
	    credential_decode(
		c.blob, CREDENTIAL_MICROSOFT, &en->credential, e) != 0)
		return err_wrap(e, "challenge");
	return buf_put(&en->context, c.context)
		   ? err_set(e, E_LIMIT, "challenge: the service's context")
		   : 0;
}

int
enroll_activate(struct enroll *en, struct err *e)
{
	if (aiktpm_activate(en->tpm, buf_span(&en->credential.id_object),
		buf_span(&en->credential.secret), &en->secret, e) != 0)
		return -1;
	if (fault_at(en, CLIENT_SECRET))
		en->secret.p[0] ^= 1;
	return 0;
}

/* --- K, L: the answer, and the certificate ----------------------------------
 */

static int
make_answer(struct enroll *en, struct buf *out, struct err *e)
{
	auto_buf secret = BUF_INIT(MAX_CMS_SIZE);
	struct scep_answer a = { .context = buf_span(&en->context) };

	if (encrypt(en, buf_span(&en->secret), &secret, e) != 0)
		return -1;
	a.envelope = buf_span(&secret);
	return scep_write_answer(&a, out, e);
}

int
enroll_submit_answer(struct enroll *en, struct err *e)
{
	auto_buf answer = BUF_INIT(MAX_CMS_SIZE),
		 plain = BUF_INIT(MAX_CMS_SIZE);
	auto_cms_signed certs = CMS_SIGNED_INIT;

	if (make_answer(en, &answer, e) != 0 ||
	    write_message(en, SCEP_CHALLENGE_ANSWER, buf_span(&answer), NULL, 0,
		e) != 0 ||
	    submit(en, SCEP_SUCCESS, &plain, e) != 0)
		return -1;
	if (cms_read_certs(buf_span(&plain), &certs, e) != 0)
		return err_wrap(e, "certificates of the answer");
	/* The first one is the AIK's. */
	return certs.n_certs == 0 || buf_put(&en->r->cert, certs.certs[0])
		   ? err_set(e, E_FORMAT, "the answer has no certificate")
		   : 0;
}

int
enroll_check_certificate(struct enroll *en, struct err *e)
{
	const struct enroll_wanted w = {
		.key = &en->aik.key,
		.ski = SPAN_OF(en->r->ski),
		.ek = buf_span(&en->r->ek),
		.chain = &en->service,
		.root = en->o->root,
	};

	if (enroll_check(&w, en->r, e) != 0)
		return -1;
	return en->o->save ? aiktpm_save(en->tpm, &en->r->context, e) : 0;
}
