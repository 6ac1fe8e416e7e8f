#include <string.h>

#include "odca/asn1.h"
#include "odca/crl.h"
#include "odca/name.h"

#define SIZE(a) (sizeof(a) / sizeof(*(a)))

enum {
	TAG_CRL_EXTENSIONS = 0xa0,
	TAG_KEY_ID = 0x80,
	/* IssuingDistributionPoint; the others are BOOLEANs, too. */
	TAG_DP_NAME = 0xa0,
	TAG_SOME_REASONS = 0x83,
	TAG_INDIRECT_CRL = 0x84,
};

/* --- extensions of a CRL -------------------------------------------------- */

/* Readers: value is the content of the one element that the type has. */

static int
read_aki(struct crl *c, struct span value)
{
	struct der d;

	while (der_get(&value, &d) == 0)
		if (d.tag == TAG_KEY_ID)
			c->aki = d.content;
	return 0;
}

/* 5.2.3: never negative. */
static int
read_number(struct crl *c, struct span value)
{
	if (value.n == 0 || (value.p[0] & 0x80) != 0)
		return -1;
	c->number = value;
	return 0;
}

/* 5.2.5 */
static int
read_idp(struct crl *c, struct span value)
{
	struct der d;

	while (der_get(&value, &d) == 0) {
		bool set = true;

		if (d.tag != TAG_DP_NAME && d.tag != TAG_SOME_REASONS &&
		    field_bool(d.content, &set) != 0)
			return -1;
		if (d.tag == TAG_INDIRECT_CRL)
			c->indirect = set;
		else
			c->partial |= set;
	}
	return 0;
}

/* clang-format off */
static const struct {
	const char *oid;
	const char *type; /* in certs/odca.asn */
	int (*read)(struct crl *c, struct span value);
} known[] = {
	{ "2.5.29.20", "CRLNumber",                read_number },
	{ "2.5.29.28", "IssuingDistributionPoint", read_idp },
	{ "2.5.29.35", "AuthorityKeyIdentifier",   read_aki },
};
/* clang-format on */

/* 5.2, 5.3: a list with one that is critical and not understood is not used. */
static void
note_critical(struct crl *c, const struct ext *x)
{
	if (x->critical && !x->known && c->critical[0] == '\0')
		(void)snprintf(
		    c->critical, sizeof(c->critical), "%s", x->oid_text);
}

static int
decode_ext(struct crl *c, struct ext *x, unsigned *seen, struct err *e)
{
	struct span value;

	for (size_t i = 0; i < SIZE(known); i++) {
		if (strcmp(known[i].oid, x->oid_text) != 0)
			continue;
		x->known = true;
		/* RFC 5280 4.2: never two of one kind. */
		if ((*seen & 1U << i) != 0)
			return err_set(
			    e, E_FORMAT, "extension %s: twice", x->oid_text);
		*seen |= 1U << i;
		if (field_ext_value(x, known[i].type, &value, e) != 0)
			return -1;
		if (known[i].read(c, value) != 0)
			return err_set(e, E_FORMAT,
			    "extension %s: a value out of range", x->oid_text);
	}
	note_critical(c, x);
	return 0;
}

static int
read_exts(struct crl *c, struct span content, struct err *e)
{
	struct span list = der_content(content);
	unsigned seen = 0;
	struct ext x;
	struct der d;

	while (der_get(&list, &d) == 0)
		if (field_ext(d.content, &x, e) != 0 ||
		    decode_ext(c, &x, &seen, e) != 0)
			return -1;
	return 0;
}

/* --- entries -------------------------------------------------------------- */

/* Readers: value is the content of the one element that the type has. */

static int
read_reason(struct crl_entry *entry, struct span value)
{
	if (value.n != 1 || value.p[0] > 0x7f)
		return -1;
	entry->reason = (enum crl_reason)value.p[0];
	return 0;
}

/* A directoryName, which is all that we compare. */
static int
read_certificate_issuer(struct crl_entry *entry, struct span value)
{
	struct der d;

	while (der_get(&value, &d) == 0) {
		if (d.tag != DER_DIRECTORY_NAME)
			continue;
		entry->issuer = d.content;
		return 0;
	}
	return -1;
}

static const struct {
	const char *oid;
	const char *type; /* in certs/odca.asn */
	int (*read)(struct crl_entry *entry, struct span value);
} known_of_entry[] = {
	{ "2.5.29.21", "CRLReason", read_reason },
	{ "2.5.29.29", "CertificateIssuer", read_certificate_issuer },
};

/* parsing: have libtasn1 look at the type. A list may be long and is searched
 * again and again; then it is enough to read what was found to be right. */
static int
decode_entry_ext(
    struct crl_entry *entry, struct ext *x, bool parsing, struct err *e)
{
	for (size_t i = 0; i < SIZE(known_of_entry); i++) {
		struct span value = der_content(x->value);

		if (strcmp(known_of_entry[i].oid, x->oid_text) != 0)
			continue;
		x->known = true;
		if (parsing &&
		    field_ext_value(x, known_of_entry[i].type, &value, e) != 0)
			return -1;
		if (known_of_entry[i].read(entry, value) != 0)
			return err_set(e, E_FORMAT,
			    "extension %s: a value out of range", x->oid_text);
	}
	return 0;
}

static int
read_entry_exts(struct crl_entry *entry, struct span list, struct crl *parsed,
    struct err *e)
{
	struct ext x;
	struct der d;

	while (der_get(&list, &d) == 0) {
		if (field_ext(d.content, &x, e) ||
		    decode_entry_ext(entry, &x, parsed != NULL, e))
			return -1;
		if (parsed != NULL)
			note_critical(parsed, &x);
	}
	return 0;
}

/* Take the next entry; parsed is the CRL while it is being parsed, or NULL. */
static int
take_entry(struct crl_iter *it, struct crl *parsed, struct crl_entry *ret,
    struct err *e)
{
	struct crl_entry entry = { .issuer = it->issuer,
		.reason = CRL_REASON_NONE };
	struct der d, serial, when, exts;

	if (field_take(&it->rest, DER_SEQUENCE, &d, "entry", e) ||
	    field_take(&d.content, DER_INTEGER, &serial, "serial number", e))
		return -1;
	if (serial.content.n == 0)
		return err_set(e, E_FORMAT, "serial number: no octets");
	if (der_get(&d.content, &when) || field_time(when, &entry.when))
		return err_set(e, E_FORMAT, "revocationDate: no date");
	if (field_take_if(&d.content, DER_SEQUENCE, &exts) &&
	    read_entry_exts(&entry, exts.content, parsed, e) != 0)
		return -1;
	entry.serial = serial.content;
	it->issuer = entry.issuer;
	*ret = entry;
	return 0;
}

bool
crl_next(struct crl_iter *it, struct crl_entry *ret)
{
	return it->rest.n > 0 && take_entry(it, NULL, ret, NULL) == 0;
}

static int
read_entries(struct crl *c, struct err *e)
{
	struct crl_iter it = CRL_ITER(c);
	struct crl_entry entry;

	for (size_t i = 1; it.rest.n > 0; i++)
		if (take_entry(&it, c, &entry, e) != 0)
			return err_wrap(e, "entry %zu", i);
	return 0;
}

/* Before libtasn1 makes a tree of them. */
static int
count_entries(struct crl *c, struct err *e)
{
	struct span s = c->entries;
	struct der d;

	for (c->n_entries = 0; der_get(&s, &d) == 0; c->n_entries++)
		if (c->n_entries == MAX_CRL_ENTRIES)
			return err_set(e, E_LIMIT, "more than %d entries",
			    MAX_CRL_ENTRIES);
	return 0;
}

/* --- the list ------------------------------------------------------------- */

static int
read_dates(struct crl *c, struct span *s, struct err *e)
{
	struct der d;

	if (der_get(s, &d) != 0 || field_time(d, &c->this_update) != 0)
		return err_set(e, E_FORMAT, "thisUpdate: no date");
	c->have_next_update = field_take_if(s, DER_UTC_TIME, &d) ||
			      field_take_if(s, DER_GENERALIZED_TIME, &d);
	if (c->have_next_update && field_time(d, &c->next_update) != 0)
		return err_set(e, E_FORMAT, "nextUpdate: no date");
	return 0;
}

static int
read_tbs(struct crl *c, struct span s, struct der *ret_alg, struct err *e)
{
	struct der version, issuer, revoked, exts;
	unsigned v2 = 1;

	if (field_take_if(&s, DER_INTEGER, &version) &&
	    (field_uint(version.content, &v2) || v2 != 1))
		return err_set(e, E_FORMAT, "version");
	if (field_take(&s, DER_SEQUENCE, ret_alg, "signature", e) ||
	    field_take(&s, DER_SEQUENCE, &issuer, "issuer", e))
		return -1;
	c->issuer = issuer.tlv;
	name_to_text(c->issuer, c->issuer_text, sizeof(c->issuer_text));
	if (read_dates(c, &s, e) != 0)
		return -1;
	if (field_take_if(&s, DER_SEQUENCE, &revoked))
		c->entries = revoked.content;
	if (field_take_if(&s, TAG_CRL_EXTENSIONS, &exts) &&
	    read_exts(c, exts.content, e) != 0)
		return -1;
	return count_entries(c, e);
}

static int
read_crl(struct crl *c, struct err *e)
{
	struct span s = der_content(c->der);
	struct der tbs, inner, outer;

	if (field_take(&s, DER_SEQUENCE, &tbs, "tbsCertList", e) ||
	    field_take(&s, DER_SEQUENCE, &outer, "signatureAlgorithm", e) ||
	    field_take_octets(&s, &c->sig, "signatureValue", e) ||
	    read_tbs(c, tbs.content, &inner, e))
		return -1;
	c->tbs = tbs.tlv;
	/* RFC 5280 5.1.1.2 */
	if (!span_eq(inner.tlv, outer.tlv))
		return err_set(e, E_FORMAT, "two signature algorithms");
	c->sig_known = field_sig_alg(outer.content, &c->sig_alg);
	return 0;
}

int
crl_parse(struct span der, struct crl *ret, struct err *e)
{
	struct crl c = { .der = der };
	auto_asn1 node = NULL;

	if (field_frame(der, MAX_CRL_SIZE, "CRL", e) != 0)
		return -1;
	if (read_crl(&c, e) != 0 ||
	    asn1_decode("CertificateList", der, &node, e) != 0 ||
	    read_entries(&c, e) != 0)
		return err_wrap(e, "CRL");
	*ret = c;
	return 0;
}

int
crl_check_signature(
    const struct crl *c, const struct cert *issuer, struct err *e)
{
	if (!c->sig_known)
		return err_set(
		    e, E_CRYPTO, "signature algorithm is not supported");
	return key_verify(issuer->spki, c->sig_alg, c->tbs, c->sig, e);
}

bool
crl_find(const struct crl *c, struct span issuer, struct span serial,
    struct crl_entry *ret)
{
	struct crl_iter it = CRL_ITER(c);
	struct crl_entry entry;

	while (crl_next(&it, &entry)) {
		if (!span_eq(entry.serial, serial) ||
		    !span_eq(entry.issuer, issuer))
			continue;
		*ret = entry;
		return true;
	}
	return false;
}

/* Two numbers that are not negative, without the octets that say so. */
static int
compare_numbers(struct span a, struct span b)
{
	while (a.n > 0 && a.p[0] == 0)
		(void)span_skip(&a, 1);
	while (b.n > 0 && b.p[0] == 0)
		(void)span_skip(&b, 1);
	if (a.n != b.n)
		return a.n < b.n ? -1 : 1;
	return a.n == 0 ? 0 : memcmp(a.p, b.p, a.n);
}

int
crl_compare_age(const struct crl *a, const struct crl *b)
{
	int order = compare_numbers(a->number, b->number);

	if (order != 0)
		return order;
	return (a->this_update > b->this_update) -
	       (a->this_update < b->this_update);
}

const char *
crl_reason_text(enum crl_reason reason)
{
	static const char *const names[] = {
		[CRL_UNSPECIFIED] = "unspecified",
		[CRL_KEY_COMPROMISE] = "keyCompromise",
		[CRL_CA_COMPROMISE] = "cACompromise",
		[CRL_AFFILIATION_CHANGED] = "affiliationChanged",
		[CRL_SUPERSEDED] = "superseded",
		[CRL_CESSATION_OF_OPERATION] = "cessationOfOperation",
		[CRL_CERTIFICATE_HOLD] = "certificateHold",
		[CRL_REMOVE_FROM_CRL] = "removeFromCRL",
		[CRL_PRIVILEGE_WITHDRAWN] = "privilegeWithdrawn",
		[CRL_AA_COMPROMISE] = "aACompromise",
	};
	if (reason == CRL_REASON_NONE)
		return "no reason";
	if ((size_t)reason >= SIZE(names) || names[reason] == NULL)
		return "unknown reason";
	return names[reason];
}
