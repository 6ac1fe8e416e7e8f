#include <stdio.h>
#include <string.h>

#include "odca/asn1.h"
#include "odca/field.h"
#include "odca/name.h"
#include "sim/aik/scep.h"

#define OID_MESSAGE_TYPE    "2.16.840.1.113733.1.9.2"
#define OID_PKI_STATUS      "2.16.840.1.113733.1.9.3"
#define OID_FAIL_INFO       "2.16.840.1.113733.1.9.4"
#define OID_SENDER_NONCE    "2.16.840.1.113733.1.9.5"
#define OID_RECIPIENT_NONCE "2.16.840.1.113733.1.9.6"
#define OID_TRANSACTION     "2.16.840.1.113733.1.9.7"

#define MAX_ATTRS  6
#define MAX_DIGITS 3

/* --- writing -------------------------------------------------------------- */

/* Attributes to be signed, and where their values are. */
struct attrs {
	struct cms_attr list[MAX_ATTRS];
	size_t n;
	struct buf values[MAX_ATTRS];
};

static void
auto_attrs_fn(struct attrs *a)
{
	for (size_t i = 0; i < a->n; i++)
		buf_free(&a->values[i]);
}

#define auto_attrs AUTO(auto_attrs_fn) struct attrs

static int
add(struct attrs *a, const char *oid, uint8_t tag, struct span content,
    struct err *e)
{
	struct cms_attr *attr = &a->list[a->n];
	struct buf *value = &a->values[a->n++];

	buf_init(value, MAX_SCEP_TRANSACTION + MAX_SCEP_NONCE);
	if (der_put(value, tag, content) != 0)
		return err_set(
		    e, E_LIMIT, "attribute %s of %zu bytes", oid, content.n);
	(void)snprintf(attr->oid, sizeof(attr->oid), "%s", oid);
	attr->value = buf_span(value);
	return 0;
}

static int
add_number(struct attrs *a, const char *oid, int number, struct err *e)
{
	char text[16];

	if (number == SCEP_ABSENT)
		return 0;
	(void)snprintf(text, sizeof(text), "%d", number);
	return add(a, oid, DER_PRINTABLE_STRING, SPAN_STR(text), e);
}

static int
add_nonce(struct attrs *a, const char *oid, struct span nonce, struct err *e)
{
	return nonce.n == 0 ? 0 : add(a, oid, DER_OCTET_STRING, nonce, e);
}

int
scep_write(const struct scep_head *h, const struct cms_signer *who,
    struct span envelope, struct buf *out, struct err *e)
{
	auto_attrs a = { .n = 0 };

	if (add_number(&a, OID_MESSAGE_TYPE, h->type, e) ||
	    add_number(&a, OID_PKI_STATUS, h->status, e) ||
	    add_number(&a, OID_FAIL_INFO, h->fail, e) ||
	    add_nonce(&a, OID_SENDER_NONCE, h->sender_nonce, e) ||
	    add_nonce(&a, OID_RECIPIENT_NONCE, h->recipient_nonce, e) ||
	    add(&a, OID_TRANSACTION, DER_PRINTABLE_STRING,
		SPAN_STR(h->transaction), e) ||
	    cms_sign(who, envelope, (struct cms_attrs){ a.list, a.n }, out, e))
		return err_wrap(e, "write a SCEP message");
	return 0;
}

/* --- reading attributes --------------------------------------------------- */

/* Content of an attribute that is there; false when it is not. */
static bool
find(const struct cms_signed *s, const char *oid, struct der *ret)
{
	struct span value;

	return cms_find_attr(s, oid, &value) && der_get(&value, ret) == 0;
}

/* A decimal number as a string of whatever kind. */
static int
read_number(const struct cms_signed *s, const char *oid, const char *what,
    int *ret, struct err *e)
{
	struct der d;
	int v = 0;

	if (!find(s, oid, &d))
		return 0;
	if (d.content.n == 0 || d.content.n > MAX_DIGITS)
		return err_set(e, E_FORMAT, "%s: no number", what);
	for (size_t i = 0; i < d.content.n; i++) {
		if (d.content.p[i] < '0' || d.content.p[i] > '9')
			return err_set(e, E_FORMAT, "%s: no number", what);
		v = v * 10 + d.content.p[i] - '0';
	}
	*ret = v;
	return 0;
}

static int
read_nonce(const struct cms_signed *s, const char *oid, const char *what,
    struct span *ret, struct err *e)
{
	struct der d;

	if (!find(s, oid, &d))
		return 0;
	if (d.tag != DER_OCTET_STRING || d.content.n > MAX_SCEP_NONCE)
		return err_set(e, E_FORMAT, "%s: not up to %d octets", what,
		    MAX_SCEP_NONCE);
	*ret = d.content;
	return 0;
}

/* It goes into logs and back to its sender: printable, and not cut. */
static int
read_transaction(const struct cms_signed *s,
    char ret[static MAX_SCEP_TRANSACTION], struct err *e)
{
	struct der d;

	if (!find(s, OID_TRANSACTION, &d))
		return 0;
	if (d.content.n >= MAX_SCEP_TRANSACTION)
		return err_set(
		    e, E_LIMIT, "transactionID of %zu characters", d.content.n);
	for (size_t i = 0; i < d.content.n; i++)
		if (d.content.p[i] < ' ' || d.content.p[i] > '~')
			return err_set(
			    e, E_FORMAT, "transactionID: not printable");
	(void)string_to_text(d.content, ret, MAX_SCEP_TRANSACTION);
	return 0;
}

static int
read_message(struct span der, struct scep_message *ret, struct err *e)
{
	struct scep_head *h = &ret->head;
	const struct cms_signed *s = &ret->cms;

	return cms_verify(der, &ret->cms, e) ||
		       read_number(
			   s, OID_MESSAGE_TYPE, "messageType", &h->type, e) ||
		       read_number(
			   s, OID_PKI_STATUS, "pkiStatus", &h->status, e) ||
		       read_number(s, OID_FAIL_INFO, "failInfo", &h->fail, e) ||
		       read_nonce(s, OID_SENDER_NONCE, "senderNonce",
			   &h->sender_nonce, e) ||
		       read_nonce(s, OID_RECIPIENT_NONCE, "recipientNonce",
			   &h->recipient_nonce, e) ||
		       read_transaction(s, h->transaction, e)
		   ? -1
		   : 0;
}

void
scep_message_free(struct scep_message *m)
{
	cms_signed_free(&m->cms);
}

/* --- requests and answers ------------------------------------------------- */

int
scep_read_request(struct span der, struct scep_message *ret, struct err *e)
{
	if (read_message(der, ret, e) != 0)
		return err_wrap(e, "SCEP request");
	if (ret->head.type == SCEP_ABSENT)
		return err_set(e, E_FORMAT, "SCEP request: no messageType");
	if (ret->head.transaction[0] == '\0')
		return err_set(e, E_FORMAT, "SCEP request: no transactionID");
	if (!ret->cms.have_content)
		return err_set(e, E_FORMAT, "SCEP request: no content");
	return 0;
}

static int
check_form(const struct cms_signed *s, struct err *e)
{
	if (!s->definite)
		return err_set(e, E_FORMAT, "SCEP reply: a length is no DER");
	if (s->have_crls)
		return err_set(e, E_FORMAT, "SCEP reply: CRLs");
	if (s->signer.p != s->certs[0].p)
		return err_set(e, E_FORMAT,
		    "SCEP reply: the signer's certificate is not the first");
	return 0;
}

static int
check_reply(
    const struct scep_message *m, const struct scep_head *asked, struct err *e)
{
	const struct scep_head *h = &m->head;
	const bool empty =
	    h->status == SCEP_FAILURE || h->status == SCEP_PENDING;

	if (h->type != SCEP_CERT_REP)
		return err_set(
		    e, E_FORMAT, "SCEP reply: messageType %d", h->type);
	if (h->status == SCEP_ABSENT)
		return err_set(e, E_FORMAT, "SCEP reply: no pkiStatus");
	if (strcmp(h->transaction, asked->transaction) != 0)
		return err_set(e, E_FORMAT,
		    "SCEP reply: transactionID '%s', asked '%s'",
		    h->transaction, asked->transaction);
	if (!span_eq(h->recipient_nonce, asked->sender_nonce))
		return err_set(e, E_FORMAT,
		    "SCEP reply: recipientNonce is not the one asked with");
	if (!empty && !m->cms.have_content)
		return err_set(e, E_FORMAT, "SCEP reply: no content");
	return 0;
}

int
scep_read_reply(struct span der, const struct scep_head *asked,
    struct scep_message *ret, struct err *e)
{
	if (read_message(der, ret, e) != 0)
		return err_wrap(e, "SCEP reply");
	return check_form(&ret->cms, e) || check_reply(ret, asked, e) ? -1 : 0;
}

/* --- words of Windows ----------------------------------------------------- */

static const struct {
	int value;
	const char *text;
} statuses[] = {
	{ SCEP_SUCCESS, "SCEPDispositionSuccess" },
	{ SCEP_FAILURE, "SCEPDispositionFailure" },
	{ SCEP_PENDING, "SCEPDispositionPending" },
	{ SCEP_PENDING_CHALLENGE, "SCEPDispositionPendingChallenge" },
}, fails[] = {
	{ SCEP_BAD_ALG, "SCEPFailBadAlgorithm" },
	{ SCEP_BAD_MESSAGE_CHECK, "SCEPFailBadMessageCheck" },
	{ SCEP_BAD_REQUEST, "SCEPFailBadRequest" },
	{ SCEP_BAD_TIME, "SCEPFailBadTime" },
	{ SCEP_BAD_CERT_ID, "SCEPFailBadCertId" },
};

const char *
scep_status_text(int status)
{
	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (statuses[i].value == status)
			return statuses[i].text;
	return "Unknown";
}

const char *
scep_fail_text(int fail)
{
	for (size_t i = 0; i < sizeof(fails) / sizeof(*fails); i++)
		if (fails[i].value == fail)
			return fails[i].text;
	return "Unknown";
}

/* --- the challenge, and its answer ---------------------------------------- */

static int
write_set(const char *oid, struct span value, struct span context,
    struct buf *out, struct err *e)
{
	auto_asn1 node = NULL;

	return asn1_make("SCEP.Challenge", &node, e) ||
		       asn1_put_text(node, "challenge.type", oid, e) ||
		       asn1_put_text(node, "challenge.values", "NEW", e) ||
		       asn1_put(node, "challenge.values.?LAST", value, e) ||
		       asn1_put(node, "context", context, e) ||
		       asn1_encode(node, "", out, e)
		   ? -1
		   : 0;
}

/* The two elements of a SET that plain is, and nothing behind it. */
static int
read_set(
    struct span plain, struct der *first, struct der *second, struct err *e)
{
	struct der set;

	if (field_take(&plain, DER_SET, &set, "SET", e) != 0)
		return -1;
	if (plain.n > 0)
		return err_set(e, E_FORMAT, "%zu bytes after the SET", plain.n);
	if (der_get(&set.content, first) || der_get(&set.content, second))
		return err_set(e, E_FORMAT, "not two elements in the SET");
	return 0;
}

/* SEQUENCE { OID, SET { value, ... } }. */
static int
read_value(struct der d, char oid[static MAX_OID_TEXT], struct der *ret)
{
	struct der type, values;

	if (d.tag != DER_SEQUENCE ||
	    !field_take_if(&d.content, DER_OID, &type) ||
	    !field_take_if(&d.content, DER_SET, &values) ||
	    der_get(&values.content, ret))
		return -1;
	oid_to_text(type.content, oid, MAX_OID_TEXT);
	return 0;
}

int
scep_write_challenge(
    const struct scep_challenge *c, struct buf *out, struct err *e)
{
	auto_buf blob = BUF_INIT(MAX_CMS_SIZE);

	if (der_put(&blob, DER_OCTET_STRING, c->blob) != 0)
		return err_set(e, E_LIMIT, "challenge of %zu bytes", c->blob.n);
	return write_set(c->oid, buf_span(&blob), c->context, out, e) == 0
		   ? 0
		   : err_wrap(e, "write a challenge");
}

int
scep_read_challenge(
    struct span plain, struct scep_challenge *ret, struct err *e)
{
	struct der first, second, blob;

	if (read_set(plain, &first, &second, e) != 0)
		return err_wrap(e, "challenge");
	if (read_value(first, ret->oid, &blob) || blob.tag != DER_OCTET_STRING)
		return err_set(
		    e, E_FORMAT, "challenge: no OCTET STRING behind an OID");
	ret->blob = blob.content;
	ret->context = second.tlv;
	return 0;
}

int
scep_write_answer(const struct scep_answer *a, struct buf *out, struct err *e)
{
	return write_set(SCEP_OID_ANSWER, a->envelope, a->context, out, e) == 0
		   ? 0
		   : err_wrap(e, "write the answer to a challenge");
}

static bool
is_answer(struct der d, struct span *ret_envelope)
{
	char oid[MAX_OID_TEXT];
	struct der value;

	if (read_value(d, oid, &value) || strcmp(oid, SCEP_OID_ANSWER) != 0)
		return false;
	*ret_envelope = value.tlv;
	return true;
}

int
scep_read_answer(struct span plain, struct scep_answer *ret, struct err *e)
{
	struct der first, second;

	if (read_set(plain, &first, &second, e) != 0)
		return err_wrap(e, "answer to a challenge");
	if (is_answer(first, &ret->envelope))
		ret->context = second.tlv;
	else if (is_answer(second, &ret->envelope))
		ret->context = first.tlv;
	else
		return err_set(
		    e, E_FORMAT, "answer to a challenge: no " SCEP_OID_ANSWER);
	return 0;
}
