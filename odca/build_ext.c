#include <stdio.h>
#include <string.h>

#include "odca/build.h"
#include "odca/cert.h"

#define OID_CA_ISSUERS          "1.3.6.1.5.5.7.48.2"
#define OID_TPM_SPECIFICATION   "2.23.133.2.16"
#define OID_HW_MODULE_NAME      "1.3.6.1.5.5.7.8.4"
#define OID_HW_TYPE             "2.16.840.1.113741.1.5.3.6.6"
#define OID_CPS                 "1.3.6.1.5.5.7.2.1"
#define OID_USER_NOTICE         "1.3.6.1.5.5.7.2.2"
#define TPM_SPECIFICATION_LEVEL "0"

/* RFC 7093 2, method 1: 160 bits of SHA-256. Only the CAs of the EPID era have
 * the SHA-1 of RFC 5280 4.2.1.2. */
int
build_key_id(const struct pubkey *key, enum generation gen,
    uint8_t out[static KEY_ID_SIZE], struct err *e)
{
	const struct span point = { key->bytes, key->n };
	uint8_t digest[SHA256_SIZE];

	if ((gen_is_epid(gen) ? sha1(point, digest) : sha256(point, digest)))
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
	return put_key_id(node, "", b, &b->subject, e);
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
	if (asn1_put_text(node, "", "NEW", e))
		return -1;
	return asn1_put_text(node, "?LAST", b->profile->eku, e);
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
	return build_name(node, "?LAST.cRLIssuer.?LAST.directoryName",
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

static int
put_san(asn1_node node, const struct build *b, struct err *e)
{
	if (asn1_put_text(node, "", "NEW", e) ||
	    asn1_put_text(node, "?LAST", "directoryName", e))
		return -1;
	return build_name(
	    node, "?LAST.directoryName", b->profile->san, &b->vars, e);
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

/* A qualifier of the last policy: the DER of type, whose element path ("" for
 * all of it) is text. */
static int
put_qualifier(asn1_node node, const struct build *b, const char *oid,
    const char *type, const char *path, const char *text, struct err *e)
{
	auto_buf der = BUF_INIT(MAX_TEXT);
	auto_asn1 value = NULL;

	if (asn1_make(type, &value, e) ||
	    build_text(value, path, text, &b->vars, e) ||
	    asn1_encode(value, "", &der, e) ||
	    asn1_put_text(node, QUALIFIERS, "NEW", e) ||
	    asn1_put_text(node, QUALIFIERS ".?LAST.policyQualifierId", oid, e))
		return -1;
	return asn1_put(node, QUALIFIERS ".?LAST.qualifier", buf_span(&der), e);
}

static int
put_policy(asn1_node node, const struct build *b, const char *rest, size_t n,
    struct err *e)
{
	const struct profile *p = b->profile;
	char oid[MAX_TEXT];

	(void)snprintf(oid, sizeof(oid), "%s%.*s", p->policy_arc, (int)n, rest);
	if (asn1_put_text(node, "", "NEW", e) ||
	    asn1_put_text(node, "?LAST.policyIdentifier", oid, e))
		return -1;
	if (p->cps == NULL)
		return asn1_drop(node, QUALIFIERS, e);
	if (put_qualifier(node, b, OID_CPS, "CPSuri", "", p->cps, e) != 0)
		return -1;
	return p->notice == NULL
		   ? 0
		   : put_qualifier(node, b, OID_USER_NOTICE, "UserNotice",
			 "explicitText", p->notice, e);
}

static int
put_policies(asn1_node node, const struct build *b, struct err *e)
{
	char all[MAX_TEXT];

	if (profile_text(b->profile->policies, &b->vars, all, sizeof(all), e))
		return -1;
	for (const char *p = all; *p != '\0';) {
		size_t n = strcspn(p, " ");

		if (put_policy(node, b, p, n, e) != 0)
			return -1;
		p += n + (p[n] == ' ');
	}
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
