#include <stdio.h>

#include "odca/asn1.h"
#include "odca/cert.h"
#include "odca/cms.h"
#include "odca/der.h"
#include "sim/base/clock.h"

#define OID_DATA           "1.2.840.113549.1.7.1"
#define OID_SIGNED_DATA    "1.2.840.113549.1.7.2"
#define OID_CONTENT_TYPE   "1.2.840.113549.1.9.3"
#define OID_MESSAGE_DIGEST "1.2.840.113549.1.9.4"
#define OID_SIGNING_TIME   "1.2.840.113549.1.9.5"
#define OID_SHA256         "2.16.840.1.101.3.4.2.1"
#define OID_RSA            "1.2.840.113549.1.1.1"

/* What is signed of it: the tag of a SET, not the [0] on the wire (RFC 5652
 * 5.4). */
#define SIGNER_INFO  "content.signerInfos.?1"
#define SIGNED_ATTRS SIGNER_INFO ".signedAttrs"

#define MAX_NODE_PATH 96

static const uint8_t der_null[] = { DER_NULL, 0x00 };
/* AlgorithmIdentifier of SHA-256, and the OBJECT IDENTIFIER of data. */
static const uint8_t der_sha256[] = { DER_SEQUENCE, 13, DER_OID, 9, 0x60, 0x86,
	0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, DER_NULL, 0 };
static const uint8_t der_data[] = { DER_OID, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7,
	0x0d, 0x01, 0x07, 0x01 };

/* --- what every SignedData has -------------------------------------------- */

static int
make_signed(struct span content, asn1_node *ret, struct err *e)
{
	auto_asn1 node = NULL;

	if (asn1_make("SCEP.ContentInfo", &node, e) ||
	    asn1_put_text(node, "contentType", OID_SIGNED_DATA, e) ||
	    asn1_put_text(node, "content.version", "1", e) ||
	    asn1_put_text(
		node, "content.encapContentInfo.eContentType", OID_DATA, e) ||
	    asn1_put(node, "content.encapContentInfo.eContent", content, e))
		return -1;
	*ret = TAKE(node);
	return 0;
}

static int
add(asn1_node node, const char *list, const char *last, struct span value,
    struct err *e)
{
	return asn1_put_text(node, list, "NEW", e) ||
		       asn1_put(node, last, value, e)
		   ? -1
		   : 0;
}

static int
add_certs(asn1_node node, const struct span *certs, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (add(node, "content.certificates",
			"content.certificates.?LAST", certs[i], e) != 0)
			return err_wrap(e, "certificate %zu", i + 1);
	return 0;
}

int
cms_certs_only(
    const struct span *certs, size_t n, struct buf *out, struct err *e)
{
	auto_asn1 node = NULL;

	if (make_signed((struct span){ NULL, 0 }, &node, e) ||
	    add_certs(node, certs, n, e) || asn1_encode(node, "", out, e))
		return err_wrap(e, "write a bag of %zu certificates", n);
	return 0;
}

/* --- the signer ----------------------------------------------------------- */

static int
put_algorithm(asn1_node node, const char *path, const char *oid, struct err *e)
{
	char field[MAX_NODE_PATH];

	(void)snprintf(field, sizeof(field), "%s.algorithm", path);
	if (asn1_put_text(node, field, oid, e) != 0)
		return -1;
	(void)snprintf(field, sizeof(field), "%s.parameters", path);
	return asn1_put(node, field, SPAN_OF(der_null), e);
}

static int
add_attr(asn1_node node, const char *oid, struct span value, struct err *e)
{
	if (asn1_put_text(node, SIGNED_ATTRS, "NEW", e) ||
	    asn1_put_text(node, SIGNED_ATTRS ".?LAST.type", oid, e) ||
	    add(node, SIGNED_ATTRS ".?LAST.values",
		SIGNED_ATTRS ".?LAST.values.?LAST", value, e))
		return err_wrap(e, "signed attribute %s", oid);
	return 0;
}

static int
add_digest(asn1_node node, struct span content, struct err *e)
{
	uint8_t hash[SHA256_SIZE];
	auto_buf value = BUF_INIT(SHA256_SIZE + 2);

	if (sha256(content, hash) != 0 ||
	    der_put(&value, DER_OCTET_STRING, SPAN_OF(hash)) != 0)
		return err_set(e, E_CRYPTO, "digest of the content");
	return add_attr(node, OID_MESSAGE_DIGEST, buf_span(&value), e);
}

/* UTCTime until 2049 (RFC 5652 11.3); there are no later ones here. */
static int
add_time(asn1_node node, time_t when, struct err *e)
{
	auto_buf value = BUF_INIT(UTC_TIME_SIZE + 2);
	char text[UTC_TIME_SIZE];

	if (clock_utc_time(when, text) != 0 ||
	    der_put(&value, DER_UTC_TIME, SPAN_STR(text)) != 0)
		return err_set(e, E_USAGE, "signingTime beyond 2049");
	return add_attr(node, OID_SIGNING_TIME, buf_span(&value), e);
}

static int
add_attrs(asn1_node node, const struct cms_signer *s, struct span content,
    struct cms_attrs attrs, struct err *e)
{
	if (add_attr(node, OID_CONTENT_TYPE, SPAN_OF(der_data), e) ||
	    add_time(node, s->when, e) || add_digest(node, content, e))
		return -1;
	for (size_t i = 0; i < attrs.n; i++)
		if (add_attr(node, attrs.list[i].oid, attrs.list[i].value, e))
			return -1;
	return 0;
}

static int
put_signature(asn1_node node, const struct key *key, struct err *e)
{
	auto_buf attrs = BUF_INIT(MAX_CMS_SIZE), sig = BUF_INIT(MAX_SIGNATURE);

	if (asn1_encode(node, SIGNED_ATTRS, &attrs, e) != 0)
		return -1;
	attrs.p[0] = DER_SET;
	if (key_sign(key, buf_span(&attrs), &sig, e) != 0)
		return -1;
	return asn1_put(node, SIGNER_INFO ".signature", buf_span(&sig), e);
}

static int
add_signer(asn1_node node, const struct cms_signer *s, struct span content,
    struct cms_attrs attrs, struct err *e)
{
	struct cert cert;

	if (cert_parse(s->cert, &cert, e) ||
	    add(node, "content.digestAlgorithms",
		"content.digestAlgorithms.?LAST", SPAN_OF(der_sha256), e) ||
	    asn1_put_text(node, "content.signerInfos", "NEW", e) ||
	    asn1_put_text(node, SIGNER_INFO ".version", "1", e) ||
	    asn1_put(node, SIGNER_INFO ".sid.issuer", cert.issuer, e) ||
	    asn1_put(node, SIGNER_INFO ".sid.serialNumber", cert.serial, e) ||
	    put_algorithm(
		node, SIGNER_INFO ".digestAlgorithm", OID_SHA256, e) ||
	    put_algorithm(
		node, SIGNER_INFO ".signatureAlgorithm", OID_RSA, e) ||
	    add_attrs(node, s, content, attrs, e))
		return -1;
	return put_signature(node, s->key, e);
}

int
cms_sign(const struct cms_signer *s, struct span content,
    struct cms_attrs attrs, struct buf *out, struct err *e)
{
	auto_asn1 node = NULL;

	if (make_signed(content, &node, e) || add_certs(node, &s->cert, 1, e) ||
	    add_certs(node, s->more, s->n_more, e) ||
	    add_signer(node, s, content, attrs, e) ||
	    asn1_encode(node, "", out, e))
		return err_wrap(e, "sign a message");
	return 0;
}
