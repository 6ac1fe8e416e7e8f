#include <stdio.h>
#include <string.h>

#include "odca/cert.h"
#include "odca/cipher.h"
#include "sim/aik/cloudfault.h"
#include "sim/aik/csr.h"
#include "sim/aik/identity.h"
#include "sim/aik/service.h"
#include "sim/aik/ticket.h"
#include "sim/base/clock.h"

/* MS-WCCE 3.2.2.6.2.1.2.5.1: 32 octets, as many as SHA-256 has. */
#define SECRET_SIZE SHA256_SIZE
#define NONCE_SIZE  16

struct service {
	const struct aikca *ca;
	struct trust *trust;
	uint8_t ticket_key[TICKET_KEY_SIZE];
};

/* One message, and the answer to it. */
struct job {
	struct service *s;
	const struct service_site *at;
	struct scep_message m;
	struct cert signer; /* the client's own certificate */
	struct service_answer *out;
};

/* --- life -------------------------------------------------------------------
 */

int
service_new(const char *pki, const struct aikca *ca, struct service **ret,
    struct err *e)
{
	struct service *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_set(e, E_NOMEM, "AIK service");
	s->ca = ca;
	if (ticket_key(aikca_encryption_key(ca), s->ticket_key, e) != 0 ||
	    trust_new(pki, &s->trust, e) != 0) {
		service_free(s);
		return err_wrap(e, "AIK service");
	}
	*ret = s;
	return 0;
}

void
service_free(struct service *s)
{
	if (s == NULL)
		return;
	trust_free(s->trust);
	explicit_bzero(s->ticket_key, sizeof(s->ticket_key));
	free(s);
}

/* --- replies ----------------------------------------------------------------
 */

/* head says what it is; envelope p NULL: none. */
static int
write_reply(struct job *j, struct scep_head *head, struct span envelope)
{
	struct err *e = &j->out->why.e;
	auto_buf nonce = BUF_INIT(NONCE_SIZE);
	const struct cms_signer who = {
		.key = aikca_signing_key(j->s->ca),
		.cert = j->at->ca->chain[AIK_CHAIN_SIGNING],
		.when = clock_now(),
	};

	if (random_bytes(NONCE_SIZE, &nonce) != 0)
		return refuse(&j->out->why, REFUSAL_INTERNAL, "random bytes");
	head->type = SCEP_CERT_REP;
	head->sender_nonce = buf_span(&nonce);
	head->recipient_nonce = j->m.head.sender_nonce;
	memcpy(head->transaction, j->m.head.transaction,
	    sizeof(head->transaction));
	return scep_write(head, &who, envelope, &j->out->reply, e) != 0
		   ? refuse_as(&j->out->why, REFUSAL_INTERNAL)
		   : 0;
}

/* What the client is to read, encrypted for it. */
static int
reply(struct job *j, int status, struct span plain)
{
	struct scep_head head = SCEP_HEAD_INIT;
	auto_buf envelope = BUF_INIT(MAX_CMS_SIZE);

	head.status = status;
	if (cms_encrypt(j->m.cms.signer, ENVELOPE_AES128, plain, &envelope,
		&j->out->why.e) != 0)
		return refuse_as(&j->out->why, REFUSAL_SIGNER);
	return write_reply(j, &head, buf_span(&envelope));
}

/* Where the row has it, pkiStatus 2; the rest is HTTP's. */
static void
reject(struct job *j)
{
	struct scep_head head = SCEP_HEAD_INIT;
	struct refused why = j->out->why;

	j->out->refused = true;
	head.status = SCEP_FAILURE;
	head.fail = refusal_row(why.id)->fail;
	if (head.fail != SCEP_ABSENT &&
	    write_reply(j, &head, (struct span){ NULL, 0 }) == 0)
		j->out->why = why;
}

static int
reply_with_cert(struct job *j, struct span der)
{
	auto_buf bag = BUF_INIT(MAX_CMS_SIZE);
	struct err *e = &j->out->why.e;
	char serial[2 * MAX_SERIAL_SIZE + 1];
	struct cert c;

	if (cms_certs_only(&der, 1, &bag, e) != 0 ||
	    cert_parse(der, &c, e) != 0)
		return refuse_as(&j->out->why, REFUSAL_INTERNAL);
	hex_encode(c.serial, serial);
	(void)snprintf(
	    j->out->done, sizeof(j->out->done), "certificate %s", serial);
	return reply(j, SCEP_SUCCESS, buf_span(&bag));
}

/* --- every message ---------------------------------------------------------
 */

static int
read_message(struct job *j, struct span der)
{
	struct refused *why = &j->out->why;

	if (scep_read_request(der, &j->m, &why->e) != 0)
		return refuse_as(why, REFUSAL_PARSE);
	(void)snprintf(j->out->step, sizeof(j->out->step), "PKIOperation-%d",
	    j->m.head.type);
	if (cert_parse(j->m.cms.signer, &j->signer, &why->e) != 0)
		return refuse_as(why, REFUSAL_SIGNER);
	if (j->signer.key_kind != KEY_RSA)
		return refuse(why, REFUSAL_SIGNER, "no RSA key");
	return 0;
}

/* By its own key, not by a chain: clients have key identifiers in it that do
 * not fit. */
static int
check_self_signed(struct job *j)
{
	return cert_check_signature(&j->signer, &j->signer, &j->out->why.e) != 0
		   ? refuse_as(&j->out->why, REFUSAL_SIGNER)
		   : 0;
}

/* --- 19: the challenge -----------------------------------------------------
 */

static int
seal_ticket(struct job *j, const struct identity *i, struct span secret,
    struct buf *out)
{
	uint8_t signer[SHA256_SIZE], hash[SHA256_SIZE];
	const struct ticket t = {
		.issued = clock_now(),
		.authority = SPAN_STR(j->at->ca->name),
		.signer = SPAN_OF(signer),
		.secret = SPAN_OF(hash),
		.spki = i->spki,
		.san = i->san,
		.ski = i->ski,
	};

	if (sha256(j->m.cms.signer, signer) != 0 || sha256(secret, hash) != 0)
		return err_set(&j->out->why.e, E_CRYPTO, "SHA-256");
	return ticket_seal(j->s->ticket_key, &t, out, &j->out->why.e);
}

static int
make_blob(struct job *j, const struct identity *i, struct span secret,
    struct buf *out)
{
	struct err *e = &j->out->why.e;
	struct tpm_name other = i->name;
	auto_credential c = CREDENTIAL_INIT;
	const struct span name = { other.bytes, other.n };

	if (cloudfault_at(j->at->faults, CLOUD_CHALLENGE))
		other.bytes[other.n - 1] ^= 1;
	return credential_make(&i->ek, name, secret, &c, e) ||
		       credential_encode(&c, CREDENTIAL_MICROSOFT, out, e)
		   ? -1
		   : 0;
}

static int
challenge(struct job *j, const struct identity *i)
{
	auto_buf secret = BUF_INIT(SECRET_SIZE), blob = BUF_INIT(MAX_CMS_SIZE);
	auto_buf context = BUF_INIT(MAX_CMS_SIZE);
	auto_buf plain = BUF_INIT(MAX_CMS_SIZE);
	struct scep_challenge c = { .oid = SCEP_OID_CHALLENGE };
	struct refused *why = &j->out->why;

	if (random_bytes(SECRET_SIZE, &secret) != 0)
		return refuse(why, REFUSAL_INTERNAL, "random bytes");
	if (make_blob(j, i, buf_span(&secret), &blob) != 0 ||
	    seal_ticket(j, i, buf_span(&secret), &context) != 0)
		return refuse_as(why, REFUSAL_INTERNAL);
	c.blob = buf_span(&blob);
	c.context = buf_span(&context);
	if (scep_write_challenge(&c, &plain, &why->e) != 0)
		return refuse_as(why, REFUSAL_INTERNAL);
	(void)snprintf(j->out->done, sizeof(j->out->done), "challenge");
	return reply(j, SCEP_PENDING_CHALLENGE, buf_span(&plain));
}

static int
on_identity(struct job *j)
{
	const struct identity_judge judge = {
		.key = aikca_encryption_key(j->s->ca),
		.cert = j->at->ca->chain[AIK_CHAIN_ENCRYPTION],
		.trust = j->s->trust,
		.issuing = j->at->issuing,
		.no_lists = cloudfault_at(j->at->faults, CLOUD_CRL),
	};
	auto_identity i = IDENTITY_INIT;

	return identity_check(&judge, &j->m, &i, &j->out->why) ||
		       challenge(j, &i)
		   ? -1
		   : 0;
}

/* --- 41: the certificate ----------------------------------------------------
 */

static int
decrypt(const struct job *j, struct span envelope, struct buf *out)
{
	return cms_decrypt(aikca_encryption_key(j->s->ca),
	    j->at->ca->chain[AIK_CHAIN_ENCRYPTION], envelope, out, NULL);
}

static int
check_ticket(struct job *j, const struct ticket *t)
{
	struct refused *why = &j->out->why;
	const time_t age = clock_now() - t->issued;
	uint8_t signer[SHA256_SIZE];

	/* Another replica's clock may be ahead. */
	if (age > MAX_CHALLENGE_AGE || age < -MAX_CHALLENGE_AGE)
		return refuse(why, REFUSAL_EXPIRED, "after %lld s, at most %d",
		    (long long)age, MAX_CHALLENGE_AGE);
	if (!span_eq(t->authority, SPAN_STR(j->at->ca->name)))
		return refuse(why, REFUSAL_AUTHORITY, "%.*s asked",
		    (int)t->authority.n, (const char *)t->authority.p);
	if (sha256(j->m.cms.signer, signer) != 0)
		return refuse(why, REFUSAL_INTERNAL, "SHA-256");
	if (!span_eq(t->signer, SPAN_OF(signer)))
		return refuse(why, REFUSAL_SCEP_CERT, "another signed");
	return 0;
}

/* What cannot be decrypted is a wrong secret as well. */
static int
check_secret(struct job *j, const struct ticket *t, struct span envelope)
{
	auto_buf secret = BUF_INIT(MAX_CMS_SIZE);
	uint8_t hash[SHA256_SIZE];

	(void)decrypt(j, envelope, &secret);
	if (sha256(buf_span(&secret), hash) != 0)
		return refuse(&j->out->why, REFUSAL_INTERNAL, "SHA-256");
	if (!secret_eq(t->secret, SPAN_OF(hash)))
		return refuse(&j->out->why, REFUSAL_SECRET, "another secret");
	return 0;
}

static int
issue(struct job *j, const struct ticket *t)
{
	struct aik_subject subject = { t->spki, t->san, t->ski };
	auto_buf der = BUF_INIT(MAX_CERT_SIZE);
	struct cert other;

	if (cloudfault_at(j->at->faults, CLOUD_AIK_KEY) &&
	    cert_parse(j->at->ca->chain[AIK_CHAIN_ENCRYPTION], &other, NULL) ==
		0)
		subject.spki = other.spki;
	if (aikca_issue(j->s->ca, j->at->ca, &subject, clock_now(), &der,
		&j->out->why.e) != 0)
		return refuse_as(&j->out->why, REFUSAL_INTERNAL);
	if (cloudfault_at(j->at->faults, CLOUD_AIK_SIGNATURE))
		der.p[der.n - 1] ^= 1;
	return reply_with_cert(j, buf_span(&der));
}

static int
on_answer(struct job *j)
{
	auto_buf plain = BUF_INIT(MAX_CMS_SIZE), sealed = BUF_INIT(MAX_TICKET);
	struct refused *why = &j->out->why;
	struct scep_answer a;
	struct ticket t;

	if (decrypt(j, j->m.cms.content, &plain) != 0 ||
	    scep_read_answer(buf_span(&plain), &a, NULL) != 0)
		return refuse(why, REFUSAL_PARSE, "no answer in the envelope");
	if (ticket_open(j->s->ticket_key, a.context, &sealed, &t, &why->e) != 0)
		return refuse_as(why, REFUSAL_CONTEXT);
	return check_ticket(j, &t) || check_secret(j, &t, a.envelope) ||
		       issue(j, &t)
		   ? -1
		   : 0;
}

/* --- templates -------------------------------------------------------------
 */

static int
aik(struct job *j, struct span message)
{
	if (read_message(j, message) || check_self_signed(j))
		return -1;
	if (cloudfault_at(j->at->faults, CLOUD_POLICY))
		return refuse(&j->out->why, REFUSAL_DENIED, "by a fault");
	switch (j->m.head.type) {
	case SCEP_PKCS_REQ:
		return on_identity(j);
	case SCEP_CHALLENGE_ANSWER:
		return on_answer(j);
	default:
		return refuse(&j->out->why, REFUSAL_TYPE, "messageType %d",
		    j->m.head.type);
	}
}

static int
issue_plain(struct job *j, const struct csr *r)
{
	auto_buf der = BUF_INIT(MAX_CERT_SIZE);
	struct refused *why = &j->out->why;
	struct pubkey key;

	if (r->hashed || csr_check(r, &why->e) != 0)
		return refuse_as(why, REFUSAL_PLAIN_PROOF);
	if (pubkey_parse(r->spki, &key, &why->e) != 0)
		return refuse_as(why, REFUSAL_PLAIN_KEY);
	if (aikca_issue_plain(j->s->ca, j->at->ca, r->spki, r->subject,
		clock_now(), &der, &why->e) != 0)
		return refuse_as(why, REFUSAL_INTERNAL);
	return reply_with_cert(j, buf_span(&der));
}

/* RFC 8894 2.3: a new client signs with a certificate of its own making, one
 * that has a certificate of this CA with that. */
static int
check_plain_signer(struct job *j)
{
	struct refused *why = &j->out->why;
	struct cert ca;

	if (j->m.head.type != SCEP_PKCS_REQ &&
	    j->m.head.type != SCEP_RENEWAL_REQ)
		return refuse(
		    why, REFUSAL_PLAIN_TYPE, "messageType %d", j->m.head.type);
	if (cert_parse(j->at->ca->chain[AIK_CHAIN_CA], &ca, &why->e) != 0)
		return refuse_as(why, REFUSAL_INTERNAL);
	if (cert_check_signature(&j->signer, &ca, NULL) == 0)
		return 0;
	return j->m.head.type == SCEP_RENEWAL_REQ
		   ? refuse(why, REFUSAL_PLAIN_RENEW, "of another CA")
		   : check_self_signed(j);
}

static int
plain(struct job *j, struct span message)
{
	auto_buf request = BUF_INIT(MAX_CMS_SIZE);
	struct csr r = { .hashed = false };

	if (read_message(j, message) || check_plain_signer(j))
		return -1;
	if (decrypt(j, j->m.cms.content, &request) != 0 ||
	    csr_read(buf_span(&request), &r, NULL) != 0)
		return refuse(&j->out->why, REFUSAL_PLAIN_READ,
		    "no request in the envelope");
	return issue_plain(j, &r);
}

static void
answer(struct service *s, const struct service_site *at, struct span message,
    int (*template)(struct job *, struct span), struct service_answer *ret)
{
	struct job j = { s, at, .m = SCEP_MESSAGE_INIT, .out = ret };

	(void)snprintf(ret->step, sizeof(ret->step), "PKIOperation");
	if (template(&j, message) != 0)
		reject(&j);
	scep_message_free(&j.m);
}

void
service_aik(struct service *s, const struct service_site *at,
    struct span message, struct service_answer *ret)
{
	answer(s, at, message, aik, ret);
}

void
service_plain(struct service *s, const struct service_site *at,
    struct span message, struct service_answer *ret)
{
	answer(s, at, message, plain, ret);
}
