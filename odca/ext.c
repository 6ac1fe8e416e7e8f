#include <string.h>

#include "odca/ext.h"
#include "odca/name.h"

enum { /* GeneralName's tags, and others that RFC 5280 puts around them */
	TAG_KEY_ID = 0x80,
	TAG_URI = 0x86,
	TAG_DP_NAME = 0xa0,
	TAG_FULL_NAME = 0xa0,
	TAG_CRL_ISSUER = 0xa2,
};

/* Readers: value is the content of the one element that the type has. */

static int
read_aki(struct cert *c, struct span value)
{
	struct der d;

	c->have_aki = true;
	while (der_get(&value, &d) == 0)
		if (d.tag == TAG_KEY_ID)
			c->aki = d.content;
	return 0;
}

static int
read_ski(struct cert *c, struct span value)
{
	c->have_ski = true;
	c->ski = value;
	return 0;
}

static int
read_basic_constraints(struct cert *c, struct span value)
{
	struct der d;
	unsigned pathlen;

	c->have_bc = true;
	while (der_get(&value, &d) == 0) {
		if (d.tag == DER_BOOLEAN) {
			if (field_bool(d.content, &c->is_ca) != 0)
				return -1;
			continue;
		}
		if (field_uint(d.content, &pathlen) != 0)
			return -1;
		c->pathlen = (int)pathlen;
	}
	return 0;
}

static int
read_key_usage(struct cert *c, struct span value)
{
	uint8_t unused;

	c->have_ku = true;
	if (span_get_u8(&value, &unused) || unused > 7)
		return -1;
	for (unsigned bit = 0; bit < 8 * value.n && bit < 16; bit++)
		if ((value.p[bit / 8] & 0x80 >> bit % 8) != 0)
			c->ku |= 1U << bit;
	return 0;
}

static int
read_eku(struct cert *c, struct span value)
{
	char oid[48];
	struct der d;

	c->have_eku = true;
	while (der_get(&value, &d) == 0) {
		oid_to_text(d.content, oid, sizeof(oid));
		if (strcmp(oid, "2.23.133.8.1") == 0)
			c->eku_ek = true;
		if (strcmp(oid, "2.23.133.8.12") == 0)
			c->eku_ek_ca = true;
		if (strcmp(oid, "2.5.29.37.0") == 0)
			c->eku_any = true;
	}
	return 0;
}

/* The three attributes of the TPM, in one RDN or in three. */
static void
read_tpm_name(struct cert *c, struct span name)
{
	struct name_iter it = { .rdns = name };
	struct name_attr a;

	while (name_next(&it, &a)) {
		if (strcmp(a.oid, "2.23.133.2.1") == 0)
			(void)string_to_text(a.value, c->tpm_manufacturer,
			    sizeof(c->tpm_manufacturer));
		if (strcmp(a.oid, "2.23.133.2.2") == 0)
			(void)string_to_text(
			    a.value, c->tpm_model, sizeof(c->tpm_model));
		if (strcmp(a.oid, "2.23.133.2.3") == 0)
			(void)string_to_text(
			    a.value, c->tpm_version, sizeof(c->tpm_version));
	}
}

static int
read_san(struct cert *c, struct span value)
{
	struct der d;

	c->have_san = true;
	while (der_get(&value, &d) == 0)
		if (d.tag == DER_DIRECTORY_NAME)
			read_tpm_name(c, der_content(d.content));
	return 0;
}

/* TPMSpecification ::= SEQUENCE { family, level, revision } */
static int
read_spec(struct cert *c, struct span values)
{
	struct der spec, family, level, revision;

	if (der_get(&values, &spec) || der_get(&spec.content, &family) ||
	    der_get(&spec.content, &level) || level.tag != DER_INTEGER ||
	    der_get(&spec.content, &revision) || revision.tag != DER_INTEGER ||
	    field_uint(level.content, &c->spec_level) ||
	    field_uint(revision.content, &c->spec_revision))
		return -1;
	(void)string_to_text(
	    family.content, c->spec_family, sizeof(c->spec_family));
	c->have_spec = true;
	return 0;
}

static int
read_directory_attributes(struct cert *c, struct span value)
{
	struct der attr, oid, values;
	char text[48];

	while (der_get(&value, &attr) == 0) {
		if (der_get(&attr.content, &oid) ||
		    der_get(&attr.content, &values))
			return -1;
		oid_to_text(oid.content, text, sizeof(text));
		if (strcmp(text, "2.23.133.2.16") == 0 &&
		    read_spec(c, values.content) != 0)
			return -1;
	}
	return 0;
}

/* The first URI is kept, whole or not at all. */
static void
keep_uri(struct der name, char *out)
{
	if (name.tag == TAG_URI && *out == '\0' &&
	    !string_to_text(name.content, out, MAX_URI))
		*out = '\0';
}

static int
read_aia(struct cert *c, struct span value)
{
	struct der access, method, location;
	char oid[48];

	while (der_get(&value, &access) == 0) {
		if (der_get(&access.content, &method) ||
		    der_get(&access.content, &location))
			return -1;
		oid_to_text(method.content, oid, sizeof(oid));
		if (strcmp(oid, "1.3.6.1.5.5.7.48.2") == 0)
			keep_uri(location, c->aia_uri);
	}
	return 0;
}

/* RFC 5280 4.2.1.13: its Name, as it stands in the issuer field of the CRL. */
static void
read_crl_issuer(struct cert *c, struct span names)
{
	struct der name;

	c->crldp_indirect = true;
	while (der_get(&names, &name) == 0)
		if (name.tag == DER_DIRECTORY_NAME && c->crl_issuer.n == 0)
			c->crl_issuer = name.content;
}

static void
read_point(struct cert *c, struct span point)
{
	struct der d, full, name;

	while (der_get(&point, &d) == 0) {
		if (d.tag == TAG_CRL_ISSUER)
			read_crl_issuer(c, d.content);
		if (d.tag != TAG_DP_NAME || der_get(&d.content, &full) ||
		    full.tag != TAG_FULL_NAME)
			continue;
		while (der_get(&full.content, &name) == 0)
			keep_uri(name, c->crldp_uri);
	}
}

static int
read_crldp(struct cert *c, struct span value)
{
	struct der point;

	c->have_crldp = true;
	while (der_get(&value, &point) == 0)
		read_point(c, point.content);
	return 0;
}

/* RFC 5280 6.1: with any-policy as the user's initial set and no explicit
 * policy asked for, every policy is acceptable: there is nothing to keep. */
static int
read_policies(struct cert *c, struct span value)
{
	return value.n > 0 ? 0 : -1;
}

/* clang-format off */
static const struct {
	const char *oid;
	const char *type; /* in certs/odca.asn */
	int (*read)(struct cert *c, struct span value);
} known[] = {
	{ "2.5.29.9",          "SubjectDirectoryAttributes", read_directory_attributes },
	{ "2.5.29.14",         "SubjectKeyIdentifier",       read_ski },
	{ "2.5.29.15",         "KeyUsage",                   read_key_usage },
	{ "2.5.29.17",         "GeneralNames",               read_san },
	{ "2.5.29.19",         "BasicConstraints",           read_basic_constraints },
	{ "2.5.29.31",         "CRLDistributionPoints",      read_crldp },
	{ "2.5.29.32",         "CertificatePolicies",        read_policies },
	{ "2.5.29.35",         "AuthorityKeyIdentifier",     read_aki },
	{ "2.5.29.37",         "ExtKeyUsageSyntax",          read_eku },
	{ "1.3.6.1.5.5.7.1.1", "AuthorityInfoAccessSyntax",  read_aia },
};
/* clang-format on */

int
ext_decode(struct cert *c, struct ext *x, struct err *e)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct span value;

		if (strcmp(known[i].oid, x->oid_text) != 0)
			continue;
		x->known = true;
		if (field_ext_value(x, known[i].type, &value, e) != 0)
			return -1;
		if (known[i].read(c, value) != 0)
			return err_set(e, E_FORMAT,
			    "extension %s: a value out of range", x->oid_text);
	}
	return 0;
}
