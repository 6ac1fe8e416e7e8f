#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "odca/build.h"
#include "odca/cert.h"
#include "odca/der.h"

#define OID_CA_ISSUERS          "1.3.6.1.5.5.7.48.2"
#define OID_TPM_SPECIFICATION   "2.23.133.2.16"
#define OID_HW_MODULE_NAME      "1.3.6.1.5.5.7.8.4"
#define OID_HW_TYPE             "2.16.840.1.113741.1.5.3.6.6"
#define OID_CPS                 "1.3.6.1.5.5.7.2.1"
#define OID_USER_NOTICE         "1.3.6.1.5.5.7.2.2"
#define TPM_SPECIFICATION_LEVEL "0"

/* RFC 7093 2, method 1: 160 bits of SHA-256. The CAs of the EPID era and of the
 * services have the SHA-1 of RFC 5280 4.2.1.2. */
int
build_key_id(const struct pubkey *key, enum generation gen,
    uint8_t out[static KEY_ID_SIZE], struct err *e)
{
	const bool old = gen_is_epid(gen) || gen_is_service(gen);
	auto_buf bits = BUF_INIT(MAX_SPKI);
	uint8_t digest[SHA256_SIZE];

	if (build_key_bits(key, &bits, e) != 0)
		return -1;
	if (old ? sha1(buf_span(&bits), digest)
		: sha256(buf_span(&bits), digest))
		return err_set(e, E_CRYPTO, "digest of a public key");
	memcpy(out, digest, KEY_ID_SIZE);
	return 0;
}

static int
put_key_id(asn1_node node, const char *path, const struct build *b,
    const struct pubkey *key, struct err *e)
{
	uint8_t id[KEY_ID_SIZE];

	if (build_key_id(key, b->vars.batch->gen, id, e) != 0)
		return -1;
	if (b->profile->wrong_aki)
		id[0] ^= 0xff;
	return asn1_put(node, path, SPAN_OF(id), e);
}

static int
put_aki(asn1_node node, const struct build *b, struct err *e)
{
	struct pubkey issuer;

	key_public(b->issuer, &issuer);
	if (put_key_id(node, "keyIdentifier", b, &issuer, e) ||
	    asn1_drop(node, "authorityCertIssuer", e))
		return -1;
	return asn1_drop(node, "authorityCertSerialNumber", e);
}

static int
put_ski(asn1_node node, const struct build *b, struct err *e)
{
	return b->key_id.n != 0 ? asn1_put(node, "", b->key_id, e)
				: put_key_id(node, "", b, &b->subject, e);
}

static int
put_basic_constraints(asn1_node node, const struct build *b, struct err *e)
{
	const bool ca = (b->profile->ku & KU_KEY_CERT_SIGN) != 0;

	if (!ca && b->profile->canonical) {
		if (asn1_drop(node, "cA", e) != 0)
			return -1;
	} else if (asn1_put_text(node, "cA", ca ? "TRUE" : "FALSE", e) != 0) {
		return -1;
	}
	if (b->profile->pathlen == NULL)
		return asn1_drop(node, "pathLenConstraint", e);
	return asn1_put_text(node, "pathLenConstraint", b->profile->pathlen, e);
}

/* The next one of a blank-separated list. */
static bool
next_word(const char **list, char *out, size_t size)
{
	const size_t n = strcspn(*list, " ");

	(void)snprintf(out, size, "%.*s", (int)n, *list);
	*list += n + strspn(*list + n, " ");
	return n > 0;
}

/* Bit 0 is the first one; DER drops zeros at the end (X.690 11.2.2). */
static int
put_key_usage(asn1_node node, const struct build *b, struct err *e)
{
	uint8_t bits = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < 8; i++) {
		if ((b->profile->ku & 1U << i) == 0)
			continue;
		bits |= (uint8_t)(0x80 >> i);
		n = i + 1;
	}
	if (b->profile->ku_octet)
		n = 8;
	return asn1_put_bits(node, "", (struct span){ &bits, 1 }, n, e);
}

static int
put_ext_key_usage(asn1_node node, const struct build *b, struct err *e)
{
	const char *p = b->profile->eku;
	char oid[MAX_TEXT];

	while (next_word(&p, oid, sizeof(oid)))
		if (asn1_put_text(node, "", "NEW", e) ||
		    asn1_put_text(node, "?LAST", oid, e))
			return -1;
	return 0;
}

static int
put_aia(asn1_node node, const struct build *b, struct err *e)
{
	if (asn1_put_text(node, "", "NEW", e) ||
	    asn1_put_text(node, "?LAST.accessMethod", OID_CA_ISSUERS, e) ||
	    asn1_put_text(
		node, "?LAST.accessLocation", "uniformResourceIdentifier", e))
		return -1;
	return build_text(node,
	    "?LAST.accessLocation.uniformResourceIdentifier", b->profile->aia,
	    &b->vars, e);
}

/* RFC 5280 4.2.1.13: cRLIssuer when another one than the issuer signs. */
static int
put_crl_issuer(asn1_node node, const struct build *b, struct err *e)
{
	const struct profile *row;

	if (b->profile->crl_issuer == NULL)
		return asn1_drop(node, "?LAST.cRLIssuer", e);
	row = profile_find(b->profile->crl_issuer, b->vars.batch->gen);
	if (row == NULL)
		return err_set(
		    e, E_NOTFOUND, "no profile '%s'", b->profile->crl_issuer);
	if (asn1_put_text(node, "?LAST.cRLIssuer", "NEW", e) ||
	    asn1_put_text(node, "?LAST.cRLIssuer.?LAST", "directoryName", e))
		return -1;
	return build_name(node, "?LAST.cRLIssuer.?LAST.directoryName", row,
	    row->subject, &b->vars, e);
}

#define FULL_NAME "?LAST.distributionPoint.fullName"

static int
put_crldp(asn1_node node, const struct build *b, struct err *e)
{
	if (asn1_put_text(node, "", "NEW", e) ||
	    asn1_put_text(node, "?LAST.distributionPoint", "fullName", e) ||
	    asn1_put_text(node, FULL_NAME, "NEW", e) ||
	    asn1_put_text(
		node, FULL_NAME ".?LAST", "uniformResourceIdentifier", e) ||
	    build_text(node, FULL_NAME ".?LAST.uniformResourceIdentifier",
		b->profile->crldp, &b->vars, e) ||
	    asn1_drop(node, "?LAST.reasons", e))
		return -1;
	return put_crl_issuer(node, b, e);
}

/* TCG EK Credential Profile: the TPM specification that this TPM is made to. */
static int
put_directory_attributes(asn1_node node, const struct build *b, struct err *e)
{
	auto_buf der = BUF_INIT(64);
	auto_asn1 spec = NULL;
	char revision[12];

	(void)snprintf(
	    revision, sizeof(revision), "%u", b->vars.family->spec_revision);
	if (asn1_make("TPMSpecification", &spec, e) ||
	    asn1_put_text(spec, "family", "2.0", e) ||
	    asn1_put_text(spec, "level", TPM_SPECIFICATION_LEVEL, e) ||
	    asn1_put_text(spec, "revision", revision, e) ||
	    asn1_encode(spec, "", &der, e) ||
	    asn1_put_text(node, "", "NEW", e) ||
	    asn1_put_text(node, "?LAST.type", OID_TPM_SPECIFICATION, e) ||
	    asn1_put_text(node, "?LAST.values", "NEW", e))
		return -1;
	return asn1_put(node, "?LAST.values.?LAST", buf_span(&der), e);
}

/* Of somebody else's Name. */
static int
put_given_san(asn1_node node, struct span name, struct err *e)
{
	auto_buf der = BUF_INIT(MAX_CERT_SIZE);

	if (der_put(&der, DER_DIRECTORY_NAME, name))
		return err_set(e, E_LIMIT, "a Name of %zu bytes", name.n);
	return asn1_put_der(node, "?LAST", "GeneralName", buf_span(&der), e);
}

static int
put_san(asn1_node node, const struct build *b, struct err *e)
{
	if (asn1_put_text(node, "", "NEW", e))
		return -1;
	if (b->san.n != 0)
		return put_given_san(node, b->san, e);
	if (asn1_put_text(node, "?LAST", "directoryName", e))
		return -1;
	return build_name(node, "?LAST.directoryName", b->profile,
	    b->profile->san, &b->vars, e);
}

/* A word that is an IPv4 address is an iPAddress. */
static int
put_dns_names(asn1_node node, const struct build *b, struct err *e)
{
	const char *p = b->profile->dns;
	char word[MAX_TEXT], name[MAX_TEXT];
	struct in_addr ip;
	int rc = 0;

	while (rc == 0 && next_word(&p, word, sizeof(word))) {
		if (profile_text(word, &b->vars, name, sizeof(name), e) ||
		    asn1_put_text(node, "", "NEW", e))
			return -1;
		if (inet_pton(AF_INET, name, &ip) == 1)
			rc =
			    asn1_put_text(node, "?LAST", "iPAddress", e) ||
			    asn1_put(node, "?LAST.iPAddress",
				(struct span){ (uint8_t *)&ip, sizeof(ip) }, e);
		else
			rc = asn1_put_text(node, "?LAST", "dNSName", e) ||
			     asn1_put_text(node, "?LAST.dNSName", name, e);
	}
	return rc;
}

/* RFC 4108 5: the part, by its ROM CA's serial number. */
static int
put_hardware_name(asn1_node node, const struct build *b, struct err *e)
{
	auto_buf der = BUF_INIT(64);
	auto_asn1 name = NULL;

	if (asn1_make("HardwareModuleName", &name, e) ||
	    asn1_put_text(name, "hwType", OID_HW_TYPE, e) ||
	    asn1_put(name, "hwSerialNum", b->hw_serial, e) ||
	    asn1_encode(name, "", &der, e) ||
	    asn1_put_text(node, "", "NEW", e) ||
	    asn1_put_text(node, "?LAST", "otherName", e) ||
	    asn1_put_text(
		node, "?LAST.otherName.type-id", OID_HW_MODULE_NAME, e))
		return -1;
	return asn1_put(node, "?LAST.otherName.value", buf_span(&der), e);
}

#define QUALIFIERS "?LAST.policyQualifiers"

/* A qualifier of the last policy. */
static int
put_qualifier(asn1_node node, const char *oid, asn1_node value, struct err *e)
{
	auto_buf der = BUF_INIT(2 * MAX_TEXT);

	if (asn1_encode(value, "", &der, e) ||
	    asn1_put_text(node, QUALIFIERS, "NEW", e) ||
	    asn1_put_text(node, QUALIFIERS ".?LAST.policyQualifierId", oid, e))
		return -1;
	return asn1_put(node, QUALIFIERS ".?LAST.qualifier", buf_span(&der), e);
}

static int
put_cps(asn1_node node, const struct build *b, struct err *e)
{
	auto_asn1 uri = NULL;

	return b->profile->cps != NULL &&
	       (asn1_make("CPSuri", &uri, e) ||
		   build_text(uri, "", b->profile->cps, &b->vars, e) ||
		   put_qualifier(node, OID_CPS, uri, e));
}

/* Of ASCII. */
static int
put_bmp(asn1_node node, const char *path, const char *text, struct err *e)
{
	auto_buf bmp = BUF_INIT(2 * MAX_TEXT);

	for (; *text != '\0'; text++)
		if (buf_put_u16(&bmp, (uint8_t)*text))
			return err_set(e, E_LIMIT, "'%s': too long", text);
	return asn1_put(node, path, buf_span(&bmp), e);
}

static int
put_notice(asn1_node node, const struct build *b, struct err *e)
{
	const struct profile *p = b->profile;
	const char *kind = p->bmp_notice ? "bmpString" : "utf8String";
	auto_asn1 notice = NULL;

	if (p->notice == NULL)
		return 0;
	if (asn1_make("UserNotice", &notice, e) ||
	    asn1_put_text(notice, "explicitText", kind, e) ||
	    (p->bmp_notice
		    ? put_bmp(notice, "explicitText.bmpString", p->notice, e)
		    : asn1_put_text(
			  notice, "explicitText.utf8String", p->notice, e)))
		return -1;
	return put_qualifier(node, OID_USER_NOTICE, notice, e);
}

static int
put_policy(
    asn1_node node, const struct build *b, const char *rest, struct err *e)
{
	const struct profile *p = b->profile;
	char oid[MAX_TEXT];

	(void)snprintf(oid, sizeof(oid), "%s%s", p->policy_arc, rest);
	if (asn1_put_text(node, "", "NEW", e) ||
	    asn1_put_text(node, "?LAST.policyIdentifier", oid, e))
		return -1;
	if (p->cps == NULL && p->notice == NULL)
		return asn1_drop(node, QUALIFIERS, e);
	return put_cps(node, b, e) || put_notice(node, b, e);
}

static int
put_policies(asn1_node node, const struct build *b, struct err *e)
{
	char all[MAX_TEXT], rest[MAX_TEXT];
	const char *p = all;

	if (profile_text(b->profile->policies, &b->vars, all, sizeof(all), e))
		return -1;
	while (next_word(&p, rest, sizeof(rest)))
		if (put_policy(node, b, rest, e) != 0)
			return -1;
	return 0;
}

/* clang-format off */
static const struct {
	const char *oid;
	const char *type; /* in certs/odca.asn */
	int (*put)(asn1_node node, const struct build *b, struct err *e);
} exts[EXT_COUNT] = {
	[EXT_AKI]   = { "2.5.29.35",         "AuthorityKeyIdentifier",     put_aki },
	[EXT_SKI]   = { "2.5.29.14",         "SubjectKeyIdentifier",       put_ski },
	[EXT_BC]    = { "2.5.29.19",         "BasicConstraints",           put_basic_constraints },
	[EXT_KU]    = { "2.5.29.15",         "KeyUsage",                   put_key_usage },
	[EXT_EKU]   = { "2.5.29.37",         "ExtKeyUsageSyntax",          put_ext_key_usage },
	[EXT_AIA]   = { "1.3.6.1.5.5.7.1.1", "AuthorityInfoAccessSyntax",  put_aia },
	[EXT_CRLDP] = { "2.5.29.31",         "CRLDistributionPoints",      put_crldp },
	[EXT_SDA]   = { "2.5.29.9",          "SubjectDirectoryAttributes", put_directory_attributes },
	[EXT_SAN]   = { "2.5.29.17",         "GeneralNames",               put_san },
	[EXT_HW_NAME] = { "2.5.29.17",       "GeneralNames",               put_hardware_name },
	[EXT_DNS]   = { "2.5.29.17",         "GeneralNames",               put_dns_names },
	[EXT_POLICIES] = { "2.5.29.32",      "CertificatePolicies",        put_policies },
};
/* clang-format on */

int
build_ext(const struct build *b, enum ext_id id, const char **ret_oid,
    struct buf *out, struct err *e)
{
	auto_asn1 node = NULL;

	if (asn1_make(exts[id].type, &node, e) || exts[id].put(node, b, e) ||
	    asn1_encode(node, "", out, e))
		return err_wrap(e, "%s", exts[id].type);
	*ret_oid = exts[id].oid;
	return 0;
}
