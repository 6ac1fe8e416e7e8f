#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "odca/checks.h"

#define EKP     "TCG EK Credential Profile"
#define RFC5280 "RFC 5280 "

#define OID_EK_PURPOSE    "2.23.133.8.1"
#define OID_EK_CA_PURPOSE "2.23.133.8.12"

/* Octets (RFC 5280 4.1.2.2). */
#define MAX_SERIAL 20

enum check_result
check_say(struct check *c, enum check_result result, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(c->found, sizeof(c->found), fmt, ap);
	va_end(ap);
	return result;
}

void
check_want(struct check *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(c->wanted, sizeof(c->wanted), fmt, ap);
	va_end(ap);
}

static enum check_result
passed_if(bool ok)
{
	return ok ? CHECK_PASSED : CHECK_FAILED;
}

/* A key identifier as hex, cut where out ends. */
static const char *
key_id_text(struct span id, char *out, size_t n)
{
	if (id.n > (n - 1) / 2)
		id.n = (n - 1) / 2;
	hex_encode(id, out);
	return out;
}

const char *
check_date(time_t t, char *out, size_t n)
{
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(out, n, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		(void)snprintf(out, n, "?");
	return out;
}

/* --- the input ------------------------------------------------------------ */

static enum check_result
ek_present(const struct look *l, struct check *c)
{
	check_want(c, "an EK certificate");
	if (l->in->ek.n == 0)
		return check_say(c, CHECK_FAILED, "none");
	return check_say(c, CHECK_PASSED, "%zu bytes", l->in->ek.n);
}

static enum check_result
ek_parse(const struct look *l, struct check *c)
{
	check_want(c, "one X.509 certificate in DER");
	if (l->in->ek.n == 0)
		return check_say(c, CHECK_SKIPPED, "no EK certificate");
	if (l->bag->ek_err.code != E_OK)
		return check_say(c, CHECK_FAILED, "%s", l->bag->ek_err.msg);
	return check_say(c, CHECK_PASSED, "version %u", l->path[0].version);
}

static enum check_result
nv_chain(const struct look *l, struct check *c)
{
	const struct bag *b = l->bag;
	size_t padding = l->in->nv_chain.n - b->nv_end;

	(void)snprintf(c->object, sizeof(c->object), "NV chain");
	check_want(c, "whole certificates, one after another");
	if (l->in->nv_chain.n == 0)
		return check_say(c, CHECK_SKIPPED, "no certificates in NV");
	if (b->nv_err.code != E_OK)
		return check_say(c, CHECK_FAILED, "%s", b->nv_err.msg);
	if (padding > 0)
		return check_say(c, CHECK_PASSED,
		    "%zu certificates, %zu bytes of padding %02x at offset %zu",
		    b->n_nv, padding, l->in->nv_chain.p[b->nv_end], b->nv_end);
	return check_say(c, CHECK_PASSED, "%zu certificates, %zu bytes",
	    b->n_nv, l->in->nv_chain.n);
}

static enum check_result
given_parse(const struct look *l, struct check *c)
{
	size_t needed = 0;

	(void)snprintf(c->object, sizeof(c->object), "given certificates");
	check_want(c, "X.509 certificates in DER");
	if (l->bag->given_err.code != E_OK)
		return check_say(
		    c, CHECK_SKIPPED, "left out: %s", l->bag->given_err.msg);
	for (size_t i = 0; i < l->bag->n; i++)
		needed += l->bag->members[i].from != FROM_NV;
	return check_say(c, CHECK_PASSED,
	    "%zu, and %zu trust anchors; %zu of them needed", l->in->n_extra,
	    l->in->n_roots, needed);
}

/* --- the EK certificate --------------------------------------------------- */

static enum check_result
ek_version(const struct look *l, struct check *c)
{
	check_want(c, "version 3");
	return check_say(c, passed_if(l->cert->version == 3), "version %u",
	    l->cert->version);
}

static bool
subject_empty(const struct cert *c)
{
	return der_content(c->subject).n == 0;
}

static enum check_result
ek_subject(const struct look *l, struct check *c)
{
	check_want(c, "an empty subject");
	if (subject_empty(l->cert))
		return check_say(c, CHECK_PASSED, "empty");
	return check_say(c, CHECK_FAILED, "%s", l->cert->subject_text);
}

static enum check_result
ek_san(const struct look *l, struct check *c)
{
	const struct ext *x = cert_find_ext(l->cert, "2.5.29.17");

	check_want(c, "present%s",
	    subject_empty(l->cert) ? ", critical (the subject is empty)" : "");
	if (x == NULL)
		return check_say(c, CHECK_FAILED, "none");
	return check_say(c, passed_if(x->critical || !subject_empty(l->cert)),
	    "present, %scritical", x->critical ? "" : "not ");
}

/* TCG Vendor ID Registry: capitals and digits, filled up to four with blanks or
 * NULs. */
static bool
is_vendor_id(uint32_t id)
{
	uint8_t fill = id & 0xff;
	int left = 4;

	if (fill == ' ' || fill == '\0')
		while (left > 0 && (id & 0xff) == fill) {
			id >>= 8;
			left--;
		}
	if (left == 0)
		return false;
	for (; left > 0; left--, id >>= 8)
		if (!isupper((int)(id & 0xff)) && !isdigit((int)(id & 0xff)))
			return false;
	return true;
}

/* "id:" and hex digits, at least min of them. */
static bool
is_tcg_id(const char *s, size_t min)
{
	size_t n;

	if (strncasecmp(s, "id:", 3) != 0)
		return false;
	n = strspn(s + 3, "0123456789abcdefABCDEF");
	return n >= min && s[3 + n] == '\0';
}

/* An id of the SAN: its form, then its value when the TPM is known. */
static enum check_result
judge_id(const struct look *l, struct check *c, const char *id, size_t digits,
    uint32_t value)
{
	char wanted[16];

	if (*id == '\0')
		return check_say(c, CHECK_FAILED, "none");
	if (!is_tcg_id(id, digits))
		return check_say(c, CHECK_FAILED, "%s", id);
	if (!l->in->tpm.have_properties)
		return check_say(
		    c, CHECK_SKIPPED, "%s; the TPM's is not known", id);
	(void)snprintf(wanted, sizeof(wanted), "id:%08" PRIX32, value);
	check_want(c, "%s, as the TPM says", wanted);
	return check_say(c, passed_if(strcasecmp(id, wanted) == 0), "%s", id);
}

static enum check_result
ek_manufacturer(const struct look *l, struct check *c)
{
	const char *id = l->cert->tpm_manufacturer;

	check_want(c, "id: and 8 hex digits, a vendor of the TCG's registry");
	if (is_tcg_id(id, 8) &&
	    !is_vendor_id((uint32_t)strtoul(id + 3, NULL, 16)))
		return check_say(c, CHECK_FAILED, "%s", id);
	return judge_id(l, c, id, 8, l->in->tpm.manufacturer);
}

static enum check_result
ek_model(const struct look *l, struct check *c)
{
	check_want(c, "tpmModel");
	if (l->cert->tpm_model[0] == '\0')
		return check_say(c, CHECK_FAILED, "none");
	return check_say(c, CHECK_PASSED, "%s", l->cert->tpm_model);
}

static enum check_result
ek_tpm_version(const struct look *l, struct check *c)
{
	check_want(c, "id: and hex digits");
	return judge_id(l, c, l->cert->tpm_version, 1, l->in->tpm.firmware1);
}

static enum check_result
ek_specification(const struct look *l, struct check *c)
{
	const struct cert *ek = l->cert;
	uint32_t revision = l->in->tpm.revision;
	bool family = strcmp(ek->spec_family, "2.0") == 0;

	check_want(c, "tpmSpecification of family 2.0");
	if (!ek->have_spec)
		return check_say(c, CHECK_FAILED, "none");
	(void)check_say(c, CHECK_FAILED, "family %s, level %u, revision %u",
	    ek->spec_family, ek->spec_level, ek->spec_revision);
	if (!family)
		return CHECK_FAILED;
	if (!l->in->tpm.have_properties)
		return check_say(c, CHECK_SKIPPED,
		    "family %s, level %u, revision %u; the TPM's is not known",
		    ek->spec_family, ek->spec_level, ek->spec_revision);
	check_want(
	    c, "family 2.0, revision %" PRIu32 ", as the TPM says", revision);
	return passed_if(ek->spec_revision == revision);
}

static enum check_result
ek_not_ca(const struct look *l, struct check *c)
{
	check_want(c, "no CA");
	if (!l->cert->have_bc)
		return check_say(c, CHECK_PASSED, "no basic constraints");
	return check_say(c, passed_if(!l->cert->is_ca), "CA %s",
	    l->cert->is_ca ? "TRUE" : "FALSE");
}

static const char *
ku_text(const struct cert *cert, char *out, size_t size)
{
	static const char *const names[] = { "digitalSignature",
		"nonRepudiation", "keyEncipherment", "dataEncipherment",
		"keyAgreement", "keyCertSign", "cRLSign" };
	size_t n = 0;

	(void)snprintf(out, size, "%s", cert->have_ku ? "no usage" : "absent");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if ((cert->ku & 1U << i) != 0 && n < size)
			n += (size_t)snprintf(out + n, size - n, "%s%s",
			    n > 0 ? " " : "", names[i]);
	return out;
}

static enum check_result
ek_key_usage(const struct look *l, struct check *c)
{
	bool ec = l->cert->key_kind == KEY_EC;
	unsigned wanted = ec ? KU_KEY_AGREEMENT : KU_KEY_ENCIPHERMENT;
	/* Only a CA may sign certificates (4.2.1.9). */
	unsigned look_at = wanted | KU_KEY_CERT_SIGN;
	char text[128];

	check_want(
	    c, "%s, not keyCertSign", ec ? "keyAgreement" : "keyEncipherment");
	return check_say(c, passed_if((l->cert->ku & look_at) == wanted), "%s",
	    ku_text(l->cert, text, sizeof(text)));
}

static enum check_result
ek_purpose(const struct look *l, struct check *c)
{
	check_want(c, OID_EK_PURPOSE " tcg-kp-EKCertificate");
	if (!l->cert->have_eku)
		return check_say(c, CHECK_FAILED, "no extended key usage");
	return check_say(c, passed_if(l->cert->eku_ek), "%s",
	    l->cert->eku_ek ? OID_EK_PURPOSE : "other purposes");
}

static enum check_result
ek_aki(const struct look *l, struct check *c)
{
	char id[41];

	check_want(c, "the issuer's key identifier");
	if (l->cert->aki.n == 0)
		return check_say(c, CHECK_FAILED, "none");
	return check_say(
	    c, CHECK_PASSED, "%s", key_id_text(l->cert->aki, id, sizeof(id)));
}

/* What the key of a certificate at an index is (2.2.1.4, 2.2.1.5). */
static const struct {
	uint32_t index;
	const char *key;
} ek_keys[] = {
	{ 0x01c00002, "RSA-2048" },
	{ 0x01c0000a, "P-256" },
	{ 0x01c00012, "RSA-2048" },
	{ 0x01c00014, "P-256" },
	{ 0x01c00016, "P-384" },
	{ 0x01c00018, "P-521" },
	{ 0x01c0001a, "SM2" },
	{ 0x01c0001c, "RSA-3072" },
	{ 0x01c0001e, "RSA-4096" },
};

static enum check_result
ek_key_type(const struct look *l, struct check *c)
{
	const char *key = l->cert->key_name;
	uint32_t index = l->in->ek_index;
	bool ok = false;

	check_want(c, "RSA-2048, -3072, -4096, P-256, P-384, P-521 or SM2");
	for (size_t i = 0; i < sizeof(ek_keys) / sizeof(*ek_keys); i++) {
		if (index == ek_keys[i].index) {
			check_want(c, "%s, as NV 0x%08" PRIX32 " stands for",
			    ek_keys[i].key, index);
			ok = strcmp(key, ek_keys[i].key) == 0;
			break;
		}
		ok |= strcmp(key, ek_keys[i].key) == 0;
	}
	return check_say(c, passed_if(ok), "%s", *key ? key : "another kind");
}

static enum check_result
ek_exponent(const struct look *l, struct check *c)
{
	check_want(c, "%d", RSA_EXPONENT);
	if (l->cert->key_kind != KEY_RSA)
		return check_say(c, CHECK_PASSED, "no RSA key");
	if (l->cert->rsa_exponent == 0)
		return check_say(c, CHECK_FAILED, "more than 31 bits");
	return check_say(c, passed_if(l->cert->rsa_exponent == RSA_EXPONENT),
	    "%u", l->cert->rsa_exponent);
}

static enum check_result
ek_public_key(const struct look *l, struct check *c)
{
	const struct pubkey *a = &l->cert->pubkey, *b = &l->in->tpm.ek;

	check_want(c, "the TPM's endorsement key");
	if (!l->in->tpm.have_ek)
		return check_say(c, CHECK_SKIPPED, "the TPM's EK is not known");
	if (!l->cert->have_pubkey)
		return check_say(c, CHECK_FAILED, "a key of another kind");
	if (a->alg != b->alg || a->n != b->n ||
	    memcmp(a->bytes, b->bytes, a->n) != 0)
		return check_say(c, CHECK_FAILED, "another key");
	return check_say(c, CHECK_PASSED, "the same key");
}

/* --- every certificate ---------------------------------------------------- */

static enum check_result
cert_serial(const struct look *l, struct check *c)
{
	struct span serial = l->cert->serial;
	bool zero = true;

	for (size_t i = 0; i < serial.n; i++)
		zero = zero && serial.p[i] == 0;
	check_want(c, "positive, at most %d octets", MAX_SERIAL);
	if ((serial.p[0] & 0x80) != 0)
		return check_say(c, CHECK_FAILED, "negative");
	if (zero)
		return check_say(c, CHECK_FAILED, "0");
	return check_say(c, passed_if(serial.n <= MAX_SERIAL),
	    "positive, %zu octets", serial.n);
}

static enum check_result
cert_algorithms(const struct look *l, struct check *c)
{
	check_want(c, "the same inside and outside of what is signed");
	return check_say(c, passed_if(l->cert->algs_agree), "%s%s",
	    l->cert->sig_name,
	    l->cert->algs_agree ? "" : ", and another inside");
}

static enum check_result
cert_issuer_name(const struct look *l, struct check *c)
{
	check_want(c, "a name that is not empty");
	if (der_content(l->cert->issuer).n == 0)
		return check_say(c, CHECK_FAILED, "empty");
	return check_say(c, CHECK_PASSED, "%.160s", l->cert->issuer_text);
}

static enum check_result
cert_period(const struct look *l, struct check *c)
{
	char from[32], to[32];

	(void)check_date(l->cert->not_before, from, sizeof(from));
	(void)check_date(l->cert->not_after, to, sizeof(to));
	check_want(c, "an end that is not before the beginning");
	if (l->cert->not_before > l->cert->not_after)
		return check_say(c, CHECK_FAILED, "%s to %s", from, to);
	return check_say(c, CHECK_PASSED, "%.10s to %.10s", from, to);
}

static enum check_result
cert_repeated(const struct look *l, struct check *c)
{
	const struct cert *cert = l->cert;

	check_want(c, "each once");
	for (size_t i = 0; i < cert->n_exts; i++)
		if (cert_find_ext(cert, cert->exts[i].oid_text) !=
		    &cert->exts[i])
			return check_say(c, CHECK_FAILED, "%s twice",
			    cert->exts[i].oid_text);
	return check_say(c, CHECK_PASSED, "%zu extensions", cert->n_exts);
}

/* "MUST mark this extension as non-critical": 4.2.1.1, 4.2.1.2, 4.2.1.8,
 * 4.2.2.1. */
static enum check_result
cert_non_critical(const struct look *l, struct check *c)
{
	static const char *const never[] = {
		"2.5.29.35",         /* authority key identifier */
		"2.5.29.14",         /* subject key identifier */
		"2.5.29.9",          /* subject directory attributes */
		"1.3.6.1.5.5.7.1.1", /* authority information access */
	};

	check_want(
	    c, "key identifiers, directory attributes and AIA not critical");
	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++) {
		const struct ext *x = cert_find_ext(l->cert, never[i]);

		if (x != NULL && x->critical)
			return check_say(
			    c, CHECK_FAILED, "%s critical", never[i]);
	}
	return check_say(c, CHECK_PASSED, "none critical");
}

/* --- CA certificates ------------------------------------------------------ */

static enum check_result
ca_aki(const struct look *l, struct check *c)
{
	char id[41];

	check_want(c, "the issuer's key identifier");
	if (l->cert->aki.n > 0)
		return check_say(c, CHECK_PASSED, "%s",
		    key_id_text(l->cert->aki, id, sizeof(id)));
	/* What signed itself may leave it out. */
	if (span_eq(l->cert->issuer, l->cert->subject))
		return check_say(c, CHECK_PASSED, "none, self-issued");
	return check_say(c, CHECK_FAILED, "none");
}

static enum check_result
ca_ski(const struct look *l, struct check *c)
{
	char id[41];

	check_want(c, "a key identifier");
	if (l->cert->ski.n == 0)
		return check_say(c, CHECK_FAILED, "none");
	return check_say(
	    c, CHECK_PASSED, "%s", key_id_text(l->cert->ski, id, sizeof(id)));
}

/* That it is there is path.basic-constraints. */
static enum check_result
ca_constraints(const struct look *l, struct check *c)
{
	const struct ext *x = cert_find_ext(l->cert, "2.5.29.19");

	check_want(c, "critical basic constraints");
	return check_say(c, passed_if(x != NULL && x->critical), "%s",
	    x == NULL     ? "none"
	    : x->critical ? "critical"
			  : "not critical");
}

/* A conforming CA puts it in; critical it only SHOULD be. */
static enum check_result
ca_key_usage(const struct look *l, struct check *c)
{
	const struct ext *x = cert_find_ext(l->cert, "2.5.29.15");

	check_want(c, "key usage, critical as it should be");
	if (x == NULL)
		return check_say(c, CHECK_FAILED, "none");
	return check_say(
	    c, CHECK_PASSED, "present, %scritical", x->critical ? "" : "not ");
}

/* Purposes of a CA restrict what is below it. */
static enum check_result
ca_purpose(const struct look *l, struct check *c)
{
	const struct cert *cert = l->cert;

	check_want(c, "none, any, " OID_EK_PURPOSE " or " OID_EK_CA_PURPOSE);
	if (!cert->have_eku)
		return check_say(c, CHECK_PASSED, "none");
	if (!cert->eku_ek && !cert->eku_ek_ca && !cert->eku_any)
		return check_say(c, CHECK_FAILED, "other purposes");
	return check_say(c, CHECK_PASSED, "%s",
	    cert->eku_ek      ? OID_EK_PURPOSE
	    : cert->eku_ek_ca ? OID_EK_CA_PURPOSE
			      : "any");
}

/* --- the path ------------------------------------------------------------- */

static enum check_result
issuer_missing(const struct look *l, struct check *c, const char *id)
{
	if (l->n_path == MAX_CHAIN_DEPTH)
		return check_say(c, CHECK_FAILED,
		    "no end after %d certificates", MAX_CHAIN_DEPTH);
	if (l->i == 0 && l->in->nv_chain.n == 0)
		return check_say(c, CHECK_FAILED,
		    "not found: %s. The on-die CAs' certificates stand in NV "
		    "0x01C00100 and on; there were none",
		    id);
	return check_say(c, CHECK_FAILED,
	    "not found: %s, among %zu certificates", id,
	    l->bag->n_nv + l->in->n_extra + l->in->n_roots);
}

static enum check_result
path_issuer(const struct look *l, struct check *c)
{
	char id[64] = "no key id to go by", hex[41];

	if (l->cert->aki.n > 0)
		(void)snprintf(id, sizeof(id), "key id %s",
		    key_id_text(l->cert->aki, hex, sizeof(hex)));
	check_want(c, "the certificate of %.160s", l->cert->issuer_text);
	if (l->issuer == NULL)
		return issuer_missing(l, c, id);
	if (l->cert->aki.n == 0 || l->issuer->ski.n == 0)
		return check_say(
		    c, CHECK_PASSED, "by name, for want of a key identifier");
	return check_say(c, CHECK_PASSED, "%s", hex);
}

static enum check_result
path_names(const struct look *l, struct check *c)
{
	check_want(c, "issuer %.160s", l->cert->issuer_text);
	return check_say(c,
	    passed_if(span_eq(l->cert->issuer, l->issuer->subject)),
	    "subject %.160s", l->issuer->subject_text);
}

static enum check_result
path_signature(const struct look *l, struct check *c)
{
	struct err why = ERR_INIT;

	check_want(c, "a signature by the issuer's key");
	if (bag_signed(l->bag, l->cert, l->issuer))
		return check_say(c, CHECK_PASSED, "verifies");
	(void)cert_check_signature(l->cert, l->issuer, &why);
	return check_say(c, CHECK_FAILED, "%s", why.msg);
}

static enum check_result
path_validity(const struct look *l, struct check *c)
{
	char now[32], from[32], to[32];

	check_want(c, "valid at %s", check_date(l->in->now, now, sizeof(now)));
	return check_say(c, passed_if(cert_is_valid(l->cert, l->in->now)),
	    "%s to %s", check_date(l->cert->not_before, from, sizeof(from)),
	    check_date(l->cert->not_after, to, sizeof(to)));
}

static enum check_result
path_critical(const struct look *l, struct check *c)
{
	check_want(c, "no critical extension that is not understood");
	for (size_t i = 0; i < l->cert->n_exts; i++)
		if (l->cert->exts[i].critical && !l->cert->exts[i].known)
			return check_say(
			    c, CHECK_FAILED, "%s", l->cert->exts[i].oid_text);
	return check_say(c, CHECK_PASSED, "%zu extensions", l->cert->n_exts);
}

static enum check_result
path_ca(const struct look *l, struct check *c)
{
	check_want(c, "CA TRUE");
	if (!l->cert->have_bc)
		return check_say(c, CHECK_FAILED, "no basic constraints");
	return check_say(c, passed_if(l->cert->is_ca), "CA %s",
	    l->cert->is_ca ? "TRUE" : "FALSE");
}

static enum check_result
path_key_usage(const struct look *l, struct check *c)
{
	char text[128];
	bool ok = !l->cert->have_ku || (l->cert->ku & KU_KEY_CERT_SIGN) != 0;

	check_want(c, "keyCertSign");
	return check_say(
	    c, passed_if(ok), "%s", ku_text(l->cert, text, sizeof(text)));
}

/* Self-issued certificates do not count (RFC 5280 4.2.1.9). */
static enum check_result
path_length(const struct look *l, struct check *c)
{
	int below = 0;

	for (size_t i = 1; i < l->i; i++)
		if (!span_eq(l->path[i].subject, l->path[i].issuer))
			below++;
	if (l->cert->pathlen < 0) {
		check_want(c, "any");
		return check_say(
		    c, CHECK_PASSED, "%d CAs below, no limit", below);
	}
	check_want(c, "at most %d", l->cert->pathlen);
	return check_say(
	    c, passed_if(below <= l->cert->pathlen), "%d CAs below", below);
}

static enum check_result
path_anchor(const struct look *l, struct check *c)
{
	check_want(c, "a trust anchor, byte for byte");
	if (verify_is_anchor(l->in, l->cert))
		return check_say(c, CHECK_PASSED, "a trust anchor");
	if (cert_is_self_signed(l->cert))
		return check_say(
		    c, CHECK_FAILED, "self-signed, but not trusted");
	return check_say(c, CHECK_FAILED, "the path ends before: no issuer");
}

static enum check_result
nv_unused(const struct look *l, struct check *c)
{
	const struct cert *first = NULL;
	size_t n = 0;

	c->place = CHECK_OF_INPUT;
	(void)snprintf(c->object, sizeof(c->object), "NV chain");
	check_want(c, "certificates of the path");
	for (size_t i = 0; i < l->bag->n; i++) {
		const struct member *m = &l->bag->members[i];

		if (m->from != FROM_NV || m->used)
			continue;
		if (n++ == 0)
			first = &m->cert;
	}
	if (n == 0)
		return check_say(c, CHECK_PASSED, "nothing else");
	return check_say(c, CHECK_SKIPPED,
	    "%zu not on the path, the first: %.120s", n, first->subject_text);
}

/* clang-format off */
const struct rule check_rules[] = {
	{ "ek.present",              ON_INPUT,  ek_present,       EKP },
	{ "ek.parse",                ON_INPUT,  ek_parse,         RFC5280 "4.1" },
	{ "nv.chain",                ON_INPUT,  nv_chain,         EKP " 2.2.1.5.2" },
	{ "given.parse",             ON_INPUT,  given_parse,      RFC5280 "4.1" },
	{ "ek.version",              ON_EK,     ek_version,       RFC5280 "4.1.2.1" },
	{ "ek.subject-empty",        ON_EK,     ek_subject,       EKP },
	{ "ek.san",                  ON_EK,     ek_san,           RFC5280 "4.2.1.6" },
	{ "ek.san.manufacturer",     ON_EK,     ek_manufacturer,  EKP },
	{ "ek.san.model",            ON_EK,     ek_model,         EKP },
	{ "ek.san.version",          ON_EK,     ek_tpm_version,   EKP },
	{ "ek.specification",        ON_EK,     ek_specification, EKP },
	{ "ek.basic-constraints",    ON_EK,     ek_not_ca,        RFC5280 "4.2.1.9" },
	{ "ek.key-usage",            ON_EK,     ek_key_usage,     RFC5280 "4.2.1.3" },
	{ "ek.eku",                  ON_EK,     ek_purpose,       EKP },
	{ "ek.aki",                  ON_EK,     ek_aki,           RFC5280 "4.2.1.1" },
	{ "ek.key-type",             ON_EK,     ek_key_type,      EKP },
	{ "ek.rsa-exponent",         ON_EK,     ek_exponent,      EKP " annex B" },
	{ "ek.public-key",           ON_EK,     ek_public_key,    EKP },
	{ "cert.serial",             ON_EACH,   cert_serial,      RFC5280 "4.1.2.2" },
	{ "cert.signature-algorithm", ON_EACH,  cert_algorithms,  RFC5280 "4.1.1.2" },
	{ "cert.issuer-name",        ON_EACH,   cert_issuer_name, RFC5280 "4.1.2.4" },
	{ "cert.validity-period",    ON_EACH,   cert_period,      RFC5280 "4.1.2.5" },
	{ "cert.extensions-once",    ON_EACH,   cert_repeated,    RFC5280 "4.2" },
	{ "cert.non-critical",       ON_EACH,   cert_non_critical, RFC5280 "4.2.1, 4.2.2" },
	{ "path.issuer",             ON_ISSUED, path_issuer,      RFC5280 "4.2.1.1" },
	{ "path.name-chaining",      ON_LINKED, path_names,       RFC5280 "6.1.3(a)(4)" },
	{ "path.signature",          ON_LINKED, path_signature,   RFC5280 "6.1.3(a)(1)" },
	{ "path.validity",           ON_EACH,   path_validity,    RFC5280 "6.1.3(a)(2)" },
	{ "path.critical-extensions", ON_EACH,  path_critical,    RFC5280 "6.1.4(o), 6.1.5(f)" },
	{ "path.basic-constraints",  ON_CA,     path_ca,          RFC5280 "6.1.4(k)" },
	{ "path.pathlen",            ON_CA,     path_length,      RFC5280 "6.1.4(l), (m)" },
	{ "path.key-usage",          ON_CA,     path_key_usage,   RFC5280 "6.1.4(n)" },
	{ "ca.aki",                  ON_CA,     ca_aki,           RFC5280 "4.2.1.1" },
	{ "ca.ski",                  ON_CA,     ca_ski,           RFC5280 "4.2.1.2" },
	{ "ca.basic-constraints",    ON_CA,     ca_constraints,   RFC5280 "4.2.1.9" },
	{ "ca.key-usage",            ON_CA,     ca_key_usage,     RFC5280 "4.2.1.3" },
	{ "ca.eku",                  ON_CA,     ca_purpose,       RFC5280 "4.2.1.12" },
	{ "path.anchor",             ON_END,    path_anchor,      RFC5280 "6.1.1(d)" },
	{ "nv.unused",               ON_END,    nv_unused,        EKP " 2.2.1.5.2" },
	{ .name = NULL },
};
/* clang-format on */
