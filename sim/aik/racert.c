#include <string.h>

#include "odca/cert.h"
#include "odca/name.h"
#include "sim/aik/racert.h"

#define OID_CN         "2.5.4.3"
#define OID_CA_ISSUERS "1.3.6.1.5.5.7.48.2"
#define OID_OCSP       "1.3.6.1.5.5.7.48.1"
#define KEY_ID_SIZE    20
#define TAG_URI        0x86 /* of a GeneralName */

static const uint8_t empty_bc[] = { DER_SEQUENCE, 0x00 };

static bool
has_cn(const struct cert *c, const char *name)
{
	struct name_iter it = { .rdns = der_content(c->subject) };
	struct name_attr attr;

	while (name_next(&it, &attr))
		if (strcmp(attr.oid, OID_CN) == 0 &&
		    span_eq(attr.value, SPAN_STR(name)))
			return true;
	return false;
}

/* --- extensions ----------------------------------------------------------- */

static bool
ku_signs_only(const struct cert *c, const struct ext *x, const char *prefix)
{
	return c->ku == KU_DIGITAL_SIGNATURE;
}

/* Not even an explicit cA FALSE. */
static bool
bc_is_empty(const struct cert *c, const struct ext *x, const char *prefix)
{
	return span_eq(x->value, SPAN_OF(empty_bc));
}

static bool
aki_has_20(const struct cert *c, const struct ext *x, const char *prefix)
{
	return c->aki.n == KEY_ID_SIZE;
}

static bool
ski_has_20(const struct cert *c, const struct ext *x, const char *prefix)
{
	return c->ski.n == KEY_ID_SIZE;
}

/* Method and URI of the next AccessDescription; false at the end. */
static bool
aia_next(struct span *list, char oid[static MAX_OID_TEXT], struct span *ret_uri)
{
	struct der entry, method, location;

	if (der_get(list, &entry) || der_get(&entry.content, &method) ||
	    der_get(&entry.content, &location))
		return false;
	oid_to_text(method.content, oid, MAX_OID_TEXT);
	*ret_uri = location.tag == TAG_URI ? location.content
					   : (struct span){ NULL, 0 };
	return true;
}

static bool
aia_is_ours(const struct cert *c, const struct ext *x, const char *prefix)
{
	const struct span want = SPAN_STR(prefix);
	struct span list = der_content(x->value), uri, begin;
	char oid[MAX_OID_TEXT];

	if (!aia_next(&list, oid, &uri) || strcmp(oid, OID_CA_ISSUERS) != 0 ||
	    span_get(&uri, want.n, &begin) || !span_eq(begin, want))
		return false;
	while (aia_next(&list, oid, &uri))
		if (strcmp(oid, OID_OCSP) == 0)
			return false;
	return true;
}

/* clang-format off */
static const struct {
	const char *oid, *name;
	bool critical;
	bool (*check)(const struct cert *c, const struct ext *x, const char *prefix);
} wanted[] = {
	{ "2.5.29.15",         "keyUsage",               true,  ku_signs_only },
	{ "2.5.29.19",         "basicConstraints",       true,  bc_is_empty },
	{ "2.5.29.35",         "authorityKeyIdentifier", false, aki_has_20 },
	{ "2.5.29.14",         "subjectKeyIdentifier",   false, ski_has_20 },
	{ "1.3.6.1.5.5.7.1.1", "authorityInfoAccess",    false, aia_is_ours },
};
/* clang-format on */

#define N_WANTED (sizeof(wanted) / sizeof(*wanted))

static int
check_exts(const struct cert *c, const char *prefix, struct err *e)
{
	if (c->n_exts != N_WANTED)
		return err_set(e, E_REJECTED, "%zu extensions, want %zu",
		    c->n_exts, N_WANTED);
	for (size_t i = 0; i < N_WANTED; i++) {
		const struct ext *x = &c->exts[i];

		if (strcmp(x->oid_text, wanted[i].oid) != 0)
			return err_set(e, E_REJECTED,
			    "extension %zu is %s, want %s", i + 1, x->oid_text,
			    wanted[i].name);
		if (x->critical != wanted[i].critical)
			return err_set(e, E_REJECTED, "%s: critical is %s",
			    wanted[i].name, x->critical ? "set" : "not set");
		if (!wanted[i].check(c, x, prefix))
			return err_set(e, E_REJECTED,
			    "%s: the value is not that of a service",
			    wanted[i].name);
	}
	return 0;
}

/* --- the two certificates ------------------------------------------------- */

int
ra_signing_check(struct span der, const char *aia_prefix, struct err *e)
{
	struct cert c;
	int rc;

	if (cert_parse(der, &c, e) != 0)
		return err_wrap(e, "signer of the reply");
	if (!has_cn(&c, RA_SIGNING_NAME))
		rc = err_set(e, E_REJECTED, "subject '%s', want CN '%s'",
		    c.subject_text, RA_SIGNING_NAME);
	else if (c.version != 3 || !c.sig_known || c.sig_alg != SIG_RSA_SHA256)
		rc = err_set(e, E_REJECTED,
		    "version %u, %s, want 3, sha256WithRSAEncryption",
		    c.version, c.sig_name);
	else if (c.key_kind != KEY_RSA)
		rc = err_set(e, E_REJECTED, "a %s key, want RSA", c.key_name);
	else
		rc = check_exts(&c, aia_prefix, e);
	return rc == 0 ? 0 : err_wrap(e, "signer of the reply");
}

int
ra_encryption_find(
    const struct cms_signed *chain, struct span *ret, struct err *e)
{
	struct cert c;

	for (size_t i = 0; i < chain->n_certs; i++)
		if (cert_parse(chain->certs[i], &c, NULL) == 0 &&
		    has_cn(&c, RA_ENCRYPTION_NAME) && c.key_kind == KEY_RSA) {
			*ret = chain->certs[i];
			return 0;
		}
	return err_set(e, E_NOTFOUND,
	    "no '%s' with an RSA key among %zu certificates",
	    RA_ENCRYPTION_NAME, chain->n_certs);
}
