#include <string.h>

#include "odca/asn1.h"
#include "odca/field.h"
#include "odca/name.h"
#include "sim/aik/csr.h"

#define OID_OS_VERSION        "1.3.6.1.4.1.311.13.2.3"
#define OID_SIGNER_HASH       "1.3.6.1.4.1.311.21.42"
#define OID_CLIENT_INFO       "1.3.6.1.4.1.311.21.20"
#define OID_PROVIDER          "1.3.6.1.4.1.311.21.25"
#define OID_CSP_INFO          "1.3.6.1.4.1.311.13.2.2"
#define OID_EXTENSION_REQUEST "1.2.840.113549.1.9.14"
#define OID_MS_EXTENSIONS     "1.3.6.1.4.1.311.2.1.14"
#define OID_PASSWORD          "1.2.840.113549.1.9.7"
#define OID_STATEMENT         "1.3.6.1.4.1.311.21.24"
#define OID_EK_INFO           "1.3.6.1.4.1.311.21.23"
#define OID_SAN               "2.5.29.17"
#define OID_SKI               "2.5.29.14"
#define OID_KEY_AFFINITY      "1.3.6.1.4.1.311.21.41"
#define OID_SHA256            "2.16.840.1.101.3.4.2.1"

#define INFO  "certificationRequestInfo"
#define ATTRS INFO ".attributes"

static const uint8_t der_null[] = { DER_NULL, 0x00 };
static const uint8_t empty_name[] = { DER_SEQUENCE, 0x00 };

/* --- writing -------------------------------------------------------------- */

static int
add_attr(asn1_node node, const char *oid, struct span value, struct err *e)
{
	if (asn1_put_text(node, ATTRS, "NEW", e) ||
	    asn1_put_text(node, ATTRS ".?LAST.type", oid, e) ||
	    asn1_put_text(node, ATTRS ".?LAST.values", "NEW", e) ||
	    asn1_put(node, ATTRS ".?LAST.values.?LAST", value, e))
		return err_wrap(e, "attribute %s", oid);
	return 0;
}

static int
add_string(asn1_node node, const char *oid, uint8_t tag, struct span content,
    struct err *e)
{
	auto_buf value = BUF_INIT(MAX_CSR_SIZE);

	if (der_put(&value, tag, content) != 0)
		return err_set(
		    e, E_LIMIT, "attribute %s of %zu bytes", oid, content.n);
	return add_attr(node, oid, buf_span(&value), e);
}

static int
add_node(asn1_node node, const char *oid, asn1_node value, struct err *e)
{
	auto_buf der = BUF_INIT(MAX_CSR_SIZE);

	return asn1_encode(value, "", &der, e) ||
		       add_attr(node, oid, buf_span(&der), e)
		   ? -1
		   : 0;
}

/* A BMPString is UCS-2, and text is ASCII. */
static int
put_bmp(struct buf *out, const char *text, struct err *e)
{
	for (; *text != '\0'; text++)
		if (buf_put_u16(out, (uint8_t)*text) != 0)
			return err_set(e, E_LIMIT, "string is too long");
	return 0;
}

static int
add_client_info(asn1_node node, const struct csr_windows *r, struct err *e)
{
	auto_asn1 info = NULL;

	return asn1_make("SCEP.ClientInfo", &info, e) ||
		       asn1_put_text(info, "clientId", CSR_CLIENT_ID, e) ||
		       asn1_put(info, "machine", SPAN_STR(r->machine), e) ||
		       asn1_put(info, "user", SPAN_STR(r->user), e) ||
		       asn1_put(info, "process", SPAN_STR(r->process), e) ||
		       add_node(node, OID_CLIENT_INFO, info, e)
		   ? -1
		   : 0;
}

/* Both attributes with the name of what keeps the key. */
static int
add_provider(asn1_node node, const char *provider, struct err *e)
{
	auto_buf name = BUF_INIT(2 * MAX_NAME_TEXT);
	auto_asn1 csp = NULL;

	return put_bmp(&name, provider, e) ||
		       add_string(node, OID_PROVIDER, DER_BMP_STRING,
			   buf_span(&name), e) ||
		       asn1_make("SCEP.CSPProvider", &csp, e) ||
		       asn1_put_text(csp, "keySpec", "0", e) ||
		       asn1_put(csp, "cspName", buf_span(&name), e) ||
		       asn1_put_bits(csp, "signature", SPAN_STR(""), 0, e) ||
		       add_node(node, OID_CSP_INFO, csp, e)
		   ? -1
		   : 0;
}

static int
add_ext(asn1_node exts, const char *oid, struct span value, struct err *e)
{
	return asn1_put_text(exts, "", "NEW", e) ||
		       asn1_put_text(exts, "?LAST.extnID", oid, e) ||
		       asn1_drop(exts, "?LAST.critical", e) ||
		       asn1_put(exts, "?LAST.extnValue", value, e)
		   ? -1
		   : 0;
}

static int
add_extensions(asn1_node node, const struct csr_windows *r, struct err *e)
{
	auto_buf ski = BUF_INIT(MAX_CSR_SIZE);
	auto_asn1 exts = NULL;

	if (der_put(&ski, DER_OCTET_STRING, r->ski) != 0)
		return err_set(
		    e, E_LIMIT, "key identifier of %zu bytes", r->ski.n);
	return asn1_make("Extensions", &exts, e) ||
		       add_ext(exts, OID_SAN, r->san, e) ||
		       add_ext(exts, OID_KEY_AFFINITY, SPAN_OF(der_null), e) ||
		       add_ext(exts, OID_SKI, buf_span(&ski), e) ||
		       add_node(node, OID_EXTENSION_REQUEST, exts, e)
		   ? -1
		   : 0;
}

/* The order is Windows', and services are said to mind. */
static int
add_attrs(asn1_node node, const struct csr_windows *r, struct err *e)
{
	return add_string(node, OID_OS_VERSION, DER_IA5_STRING,
		   SPAN_STR(r->os_version), e) ||
		       add_string(node, OID_SIGNER_HASH, DER_OCTET_STRING,
			   r->signer_hash, e) ||
		       add_client_info(node, r, e) ||
		       add_provider(node, r->provider, e) ||
		       add_extensions(node, r, e) ||
		       add_string(node, OID_STATEMENT, DER_OCTET_STRING,
			   r->statement, e) ||
		       add_attr(node, OID_EK_INFO, r->ek_info, e)
		   ? -1
		   : 0;
}

static int
put_hash(asn1_node node, struct err *e)
{
	auto_buf info = BUF_INIT(MAX_CSR_SIZE);
	uint8_t hash[SHA256_SIZE];

	if (asn1_encode(node, INFO, &info, e) != 0)
		return -1;
	if (sha256(buf_span(&info), hash) != 0)
		return err_set(e, E_CRYPTO, "digest of the request");
	return asn1_put_bits(
	    node, "signature", SPAN_OF(hash), 8 * SHA256_SIZE, e);
}

int
csr_write_windows(const struct csr_windows *r, struct buf *out, struct err *e)
{
	auto_asn1 node = NULL;

	if (asn1_make("SCEP.CertificationRequest", &node, e) ||
	    asn1_put_text(node, INFO ".version", "0", e) ||
	    asn1_put(node, INFO ".subject", SPAN_OF(empty_name), e) ||
	    asn1_put(node, INFO ".subjectPKInfo", r->spki, e) ||
	    add_attrs(node, r, e) ||
	    asn1_put_text(
		node, "signatureAlgorithm.algorithm", OID_SHA256, e) ||
	    asn1_put(
		node, "signatureAlgorithm.parameters", SPAN_OF(der_null), e) ||
	    put_hash(node, e) || asn1_encode(node, "", out, e))
		return err_wrap(e, "write a certificate request");
	return 0;
}

/* --- reading -------------------------------------------------------------- */

/* Where what an attribute or an extension says goes. */
enum keep { KEEP_CONTENT, KEEP_ELEMENT };

struct known {
	const char *oid;
	uint8_t tag; /* 0: any */
	enum keep keep;
	size_t at; /* of a span in struct csr */
};

/* clang-format off */
static const struct known known_attrs[] = {
	{ OID_OS_VERSION,  DER_IA5_STRING,   KEEP_CONTENT, offsetof(struct csr, os_version) },
	{ OID_SIGNER_HASH, DER_OCTET_STRING, KEEP_CONTENT, offsetof(struct csr, signer_hash) },
	{ OID_CLIENT_INFO, DER_SEQUENCE,     KEEP_ELEMENT, offsetof(struct csr, client_info) },
	{ OID_PROVIDER,    DER_BMP_STRING,   KEEP_CONTENT, offsetof(struct csr, provider) },
	{ OID_STATEMENT,   DER_OCTET_STRING, KEEP_CONTENT, offsetof(struct csr, statement) },
	{ OID_EK_INFO,     DER_SEQUENCE,     KEEP_ELEMENT, offsetof(struct csr, ek_info) },
	{ OID_PASSWORD,    0,                KEEP_CONTENT, offsetof(struct csr, password) },
}, known_exts[] = {
	{ OID_SAN, DER_SEQUENCE,     KEEP_ELEMENT, offsetof(struct csr, san) },
	{ OID_SKI, DER_OCTET_STRING, KEEP_CONTENT, offsetof(struct csr, ski) },
};
/* clang-format on */

static const struct known *
find_known(const struct known *rows, size_t n, const char *oid)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].oid, oid) == 0)
			return &rows[i];
	return NULL;
}

static int
keep(struct csr *r, const struct known *k, struct der d, struct err *e)
{
	struct span *to = (struct span *)(void *)((uint8_t *)r + k->at);

	if (to->p != NULL)
		return err_set(e, E_FORMAT, "%s: twice", k->oid);
	if (k->tag != 0 && d.tag != k->tag)
		return err_set(e, E_FORMAT, "%s: tag %02x, want %02x", k->oid,
		    d.tag, k->tag);
	*to = k->keep == KEEP_CONTENT ? d.content : d.tlv;
	return 0;
}

static int
read_ext(struct csr *r, struct span content, struct err *e)
{
	const struct known *k;
	struct ext x;
	struct der d;

	if (field_ext(content, &x, e) != 0)
		return -1;
	r->key_affinity |= strcmp(x.oid_text, OID_KEY_AFFINITY) == 0;
	k = find_known(
	    known_exts, sizeof(known_exts) / sizeof(*known_exts), x.oid_text);
	if (k == NULL)
		return 0;
	if (der_get(&x.value, &d) || x.value.n > 0)
		return err_set(e, E_FORMAT, "%s: not one element", k->oid);
	return keep(r, k, d, e);
}

static int
read_exts(struct csr *r, struct der list, struct err *e)
{
	struct der x;

	if (list.tag != DER_SEQUENCE)
		return err_set(e, E_FORMAT, "no list of extensions");
	for (size_t n = 0; der_get(&list.content, &x) == 0; n++) {
		if (n == MAX_EXTS)
			return err_set(
			    e, E_LIMIT, "more than %d extensions", MAX_EXTS);
		if (read_ext(r, x.content, e) != 0)
			return -1;
	}
	return 0;
}

static int
read_attr(struct csr *r, struct span content, struct err *e)
{
	struct der oid, values, value;
	char text[MAX_OID_TEXT];
	const struct known *k;

	if (field_take(&content, DER_OID, &oid, "attribute", e) ||
	    field_take(&content, DER_SET, &values, "attribute's values", e))
		return -1;
	oid_to_text(oid.content, text, sizeof(text));
	/* An empty SET says nothing; some encoders leave one. */
	if (der_get(&values.content, &value) != 0)
		return 0;
	if (strcmp(text, OID_EXTENSION_REQUEST) == 0 ||
	    strcmp(text, OID_MS_EXTENSIONS) == 0)
		return read_exts(r, value, e);
	k = find_known(
	    known_attrs, sizeof(known_attrs) / sizeof(*known_attrs), text);
	return k != NULL ? keep(r, k, value, e) : 0;
}

static int
read_attrs(struct csr *r, struct span list, struct err *e)
{
	struct der attr;

	for (size_t n = 0; der_get(&list, &attr) == 0; n++) {
		if (n == MAX_CSR_ATTRS)
			return err_set(e, E_LIMIT, "more than %d attributes",
			    MAX_CSR_ATTRS);
		if (read_attr(r, attr.content, e) != 0)
			return -1;
	}
	return 0;
}

static int
read_info(struct csr *r, struct span s, struct err *e)
{
	struct der version, subject, spki, attrs;

	if (field_take(&s, DER_INTEGER, &version, "version", e) ||
	    field_take(&s, DER_SEQUENCE, &subject, "subject", e) ||
	    field_take(&s, DER_SEQUENCE, &spki, "key", e))
		return -1;
	r->subject = subject.tlv;
	r->spki = spki.tlv;
	/* RFC 2986 wants it; requests without attributes lack it. */
	return field_take_if(&s, DER_CONTEXT_0, &attrs)
		   ? read_attrs(r, attrs.content, e)
		   : 0;
}

static int
read_proof(struct csr *r, struct span s, struct err *e)
{
	char oid[MAX_OID_TEXT];
	struct span params;
	struct der alg;

	if (field_take(&s, DER_SEQUENCE, &alg, "signatureAlgorithm", e) ||
	    field_take_octets(&s, &r->sig, "signature", e))
		return -1;
	field_algorithm(alg.content, oid, sizeof(oid), &params);
	r->hashed = strcmp(oid, OID_SHA256) == 0;
	if (!r->hashed && !field_sig_alg(alg.content, &r->alg))
		return err_set(
		    e, E_FORMAT, "signature algorithm %s is not known", oid);
	return 0;
}

int
csr_read(struct span der, struct csr *ret, struct err *e)
{
	struct csr r = { .hashed = false };
	struct span s = der_content(der);
	struct der info;

	if (field_frame(der, MAX_CSR_SIZE, "certificate request", e) != 0)
		return -1;
	if (field_take(&s, DER_SEQUENCE, &info, "what is signed", e) ||
	    read_info(&r, info.content, e) || read_proof(&r, s, e))
		return err_wrap(e, "certificate request");
	r.info = info.tlv;
	*ret = r;
	return 0;
}

int
csr_check(const struct csr *r, struct err *e)
{
	uint8_t hash[SHA256_SIZE];

	if (!r->hashed)
		return key_verify(r->spki, r->alg, r->info, r->sig, e) == 0
			   ? 0
			   : err_wrap(e, "certificate request");
	if (sha256(r->info, hash) != 0)
		return err_set(e, E_CRYPTO, "digest of a certificate request");
	if (!span_eq(r->sig, SPAN_OF(hash)))
		return err_set(e, E_REJECTED,
		    "certificate request: the hash is not that of it");
	return 0;
}

/* --- EK_INFO -------------------------------------------------------------- */

static int
add_element(asn1_node node, struct span der, struct err *e)
{
	return asn1_put_text(node, "", "NEW", e) ||
		       asn1_put(node, "?LAST", der, e)
		   ? -1
		   : 0;
}

int
ek_info_write(const struct ek_info *i, struct buf *out, struct err *e)
{
	auto_asn1 node = NULL;
	int rc;

	rc = asn1_make("SCEP.EndorsementKeyInfo", &node, e) ||
	     add_element(node, i->spki, e) ||
	     add_element(node, i->cert.n > 0 ? i->cert : SPAN_OF(der_null), e);
	for (size_t n = 0; rc == 0 && n < i->n_more; n++)
		rc = add_element(node, i->more[n], e);
	if (rc != 0 || asn1_encode(node, "", out, e) != 0)
		return err_wrap(e, "write EK_INFO");
	return 0;
}

static int
read_more(struct span s, struct ek_info *i, struct err *e)
{
	struct der d;

	while (s.n > 0) {
		if (i->n_more == MAX_MORE_EK_CERTS)
			return err_set(e, E_LIMIT,
			    "EK_INFO: more than %d certificates besides the "
			    "manufacturer's",
			    MAX_MORE_EK_CERTS);
		if (field_take(&s, DER_SEQUENCE, &d, "EK certificate", e) != 0)
			return err_wrap(e, "EK_INFO");
		i->more[i->n_more++] = d.tlv;
	}
	return 0;
}

int
ek_info_read(struct span der, struct ek_info *ret, struct err *e)
{
	struct ek_info i = { .n_more = 0 };
	struct span s = der_content(der);
	struct der spki, cert;

	if (field_frame(der, MAX_CMS_SIZE, "EK_INFO", e) != 0)
		return -1;
	if (field_take(&s, DER_SEQUENCE, &spki, "EK_INFO: key", e) != 0)
		return -1;
	i.spki = spki.tlv;
	if (!field_take_if(&s, DER_NULL, &cert)) {
		if (field_take(&s, DER_SEQUENCE, &cert,
			"EK_INFO: EK certificate or NULL", e) != 0)
			return -1;
		i.cert = cert.tlv;
	}
	if (read_more(s, &i, e) != 0)
		return -1;
	*ret = i;
	return 0;
}
