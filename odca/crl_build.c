#include <stdio.h>
#include <string.h>

#include "odca/crl.h"

#define TBS     "tbsCertList."
#define REVOKED TBS "revokedCertificates"
#define ENTRY   REVOKED ".?LAST"

#define OID_REASON             "2.5.29.21"
#define OID_CERTIFICATE_ISSUER "2.5.29.29"

#define MAX_NODE_PATH 96

/* choice is "utcTime" or "generalTime". */
static int
put_time(asn1_node node, const char *path, const char *choice, const char *text,
    struct err *e)
{
	char field[MAX_NODE_PATH];

	(void)snprintf(field, sizeof(field), "%s.%s", path, choice);
	return asn1_put_text(node, path, choice, e) ||
	       asn1_put_text(node, field, text, e);
}

/* RFC 5280 5.1.2.6: UTCTime through 2049. */
static int
put_when(asn1_node node, const char *path, time_t when, struct err *e)
{
	char text[32];
	struct tm tm;
	bool utc;

	if (gmtime_r(&when, &tm) == NULL || tm.tm_year < 50 ||
	    tm.tm_year > 9999 - 1900)
		return err_set(e, E_LIMIT, "revocationDate: no such year");
	utc = tm.tm_year < 150;
	(void)strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm);
	return put_time(node, path, utc ? "utcTime" : "generalTime",
	    utc ? text + 2 : text, e);
}

/* One more extension in list. Silicon's are not critical, not even the issuing
 * distribution point (RFC 5280 5.2.5); nor is the BOOLEAN there. */
static int
put_ext(asn1_node node, const char *list, const char *oid, bool critical,
    struct span value, struct err *e)
{
	char id[MAX_NODE_PATH], flag[MAX_NODE_PATH], octets[MAX_NODE_PATH];

	(void)snprintf(id, sizeof(id), "%s.?LAST.extnID", list);
	(void)snprintf(flag, sizeof(flag), "%s.?LAST.critical", list);
	(void)snprintf(octets, sizeof(octets), "%s.?LAST.extnValue", list);
	if (asn1_put_text(node, list, "NEW", e) ||
	    asn1_put_text(node, id, oid, e) ||
	    (critical ? asn1_put_text(node, flag, "TRUE", e)
		      : asn1_drop(node, flag, e)))
		return -1;
	return asn1_put(node, octets, value, e);
}

/* --- entries -------------------------------------------------------------- */

static int
put_reason(
    asn1_node node, const char *list, enum crl_reason reason, struct err *e)
{
	const uint8_t value[] = { DER_ENUMERATED, 1, (uint8_t)reason };

	return put_ext(node, list, OID_REASON, false, SPAN_OF(value), e);
}

/* RFC 5280 5.3.3: critical, for who does not understand it takes the entry for
 * one of the CRL's own issuer. */
static int
put_certificate_issuer(
    asn1_node node, const char *list, struct span name, struct err *e)
{
	auto_buf names = BUF_INIT(MAX_CERT_SIZE),
		 value = BUF_INIT(MAX_CERT_SIZE);

	if (der_put(&names, DER_DIRECTORY_NAME, name) ||
	    der_put(&value, DER_SEQUENCE, buf_span(&names)))
		return err_set(e, E_LIMIT, "issuer of %zu bytes", name.n);
	return put_ext(
	    node, list, OID_CERTIFICATE_ISSUER, true, buf_span(&value), e);
}

/* issuer: a Name to be written; n == 0: the one of the entry before. */
static int
put_entry(asn1_node node, const struct crl_entry *entry, struct span issuer,
    struct err *e)
{
	static const char exts[] = ENTRY ".crlEntryExtensions";
	const bool reason = entry->reason != CRL_REASON_NONE;

	if (asn1_put_text(node, REVOKED, "NEW", e) ||
	    asn1_put(node, ENTRY ".userCertificate", entry->serial, e) ||
	    put_when(node, ENTRY ".revocationDate", entry->when, e))
		return -1;
	if (!reason && issuer.n == 0)
		return asn1_drop(node, exts, e);
	if (reason && put_reason(node, exts, entry->reason, e) != 0)
		return -1;
	return issuer.n == 0 ? 0
			     : put_certificate_issuer(node, exts, issuer, e);
}

static int
put_entries(asn1_node node, const struct crl_build *b, struct err *e)
{
	struct span before = b->issuer;

	/* RFC 5280 5.1.2.6: no list at all, rather than an empty one. */
	if (b->n_entries == 0)
		return asn1_drop(node, REVOKED, e);
	if (b->n_entries > MAX_CRL_ENTRIES)
		return err_set(
		    e, E_LIMIT, "more than %d entries", MAX_CRL_ENTRIES);
	for (size_t i = 0; i < b->n_entries; i++) {
		const struct crl_entry *entry = &b->entries[i];
		struct span issuer =
		    entry->issuer.n > 0 ? entry->issuer : b->issuer;
		struct span change = { NULL, 0 };

		if (!span_eq(issuer, before))
			change = issuer;
		if (put_entry(node, entry, change, e) != 0)
			return err_wrap(e, "entry %zu", i + 1);
		before = issuer;
	}
	return 0;
}

/* --- extensions of the list ----------------------------------------------- */

static int
fill_aki(asn1_node node, const struct crl_build *b, struct err *e)
{
	if (asn1_put(node, "keyIdentifier", b->aki, e) ||
	    asn1_drop(node, "authorityCertIssuer", e))
		return -1;
	return asn1_drop(node, "authorityCertSerialNumber", e);
}

static int
fill_number(asn1_node node, const struct crl_build *b, struct err *e)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lu", b->number);
	return asn1_put_text(node, "", text, e);
}

static int
fill_idp_indirect(asn1_node node, const struct crl_build *b, struct err *e)
{
	static const char *const absent[] = { "distributionPoint",
		"onlyContainsUserCerts", "onlyContainsCACerts",
		"onlySomeReasons", "onlyContainsAttributeCerts" };

	for (size_t i = 0; i < sizeof(absent) / sizeof(*absent); i++)
		if (asn1_drop(node, absent[i], e) != 0)
			return -1;
	return asn1_put_text(node, "indirectCRL", "TRUE", e);
}

/* clang-format off */
static const struct {
	const char *oid;
	const char *type; /* in certs/odca.asn */
	int (*fill)(asn1_node node, const struct crl_build *b, struct err *e);
} exts[CRL_EXT_COUNT] = {
	[CRL_EXT_AKI]          = { "2.5.29.35", "AuthorityKeyIdentifier",   fill_aki },
	[CRL_EXT_NUMBER]       = { "2.5.29.20", "CRLNumber",                fill_number },
	[CRL_EXT_IDP_INDIRECT] = { "2.5.29.28", "IssuingDistributionPoint", fill_idp_indirect },
};
/* clang-format on */

static int
put_exts(asn1_node node, const struct crl_build *b, struct err *e)
{
	static const char list[] = TBS "crlExtensions";

	if (b->exts[0] == CRL_EXT_END)
		return asn1_drop(node, list, e);
	for (size_t i = 0; i < CRL_EXT_COUNT && b->exts[i] != CRL_EXT_END;
	     i++) {
		auto_buf value = BUF_INIT(MAX_CERT_SIZE);
		auto_asn1 ext = NULL;
		const enum crl_ext id = b->exts[i];

		if (asn1_make(exts[id].type, &ext, e) ||
		    exts[id].fill(ext, b, e) ||
		    asn1_encode(ext, "", &value, e) ||
		    put_ext(
			node, list, exts[id].oid, false, buf_span(&value), e))
			return err_wrap(e, "%s", exts[id].type);
	}
	return 0;
}

/* --- the list ------------------------------------------------------------- */

static int
put_next_update(asn1_node node, const char *text, struct err *e)
{
	if (text == NULL)
		return asn1_drop(node, TBS "nextUpdate", e);
	return put_time(node, TBS "nextUpdate", "utcTime", text, e);
}

static int
fill_tbs(asn1_node node, const struct crl_build *b, struct err *e)
{
	if (asn1_put_text(node, TBS "version", "v2", e) ||
	    sign_algorithm(node, TBS "signature", &b->signer, e) ||
	    asn1_put_der(node, TBS "issuer", "Name", b->issuer, e) ||
	    put_time(node, TBS "thisUpdate", "utcTime", b->this_update, e) ||
	    put_next_update(node, b->next_update, e) || put_entries(node, b, e))
		return -1;
	return put_exts(node, b, e);
}

int
crl_build(const struct crl_build *b, struct buf *out, struct err *e)
{
	auto_asn1 node = NULL;

	if (asn1_make("CertificateList", &node, e) || fill_tbs(node, b, e) ||
	    sign_tbs(node, "tbsCertList", MAX_CRL_SIZE, &b->signer, e) ||
	    asn1_encode(node, "", out, e))
		return err_wrap(e, "CRL");
	return 0;
}
