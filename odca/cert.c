#include <string.h>

#include "odca/asn1.h"
#include "odca/ext.h"
#include "odca/name.h"

enum {
	TAG_VERSION = 0xa0,
	TAG_EXTENSIONS = 0xa3,
};

/* --- public key ----------------------------------------------------------- */

static void
set_pubkey(struct cert *c, enum key_alg alg, struct span key)
{
	c->have_pubkey = true;
	c->pubkey.alg = alg;
	c->pubkey.n = key.n;
	memcpy(c->pubkey.bytes, key.p, key.n);
}

/* How long a positive number is, without leading zeros. */
static unsigned
count_bits(struct span number)
{
	unsigned bits;

	while (number.n > 0 && number.p[0] == 0)
		(void)span_skip(&number, 1);
	bits = 8 * (unsigned)number.n;
	for (unsigned top = 0x80; number.n > 0 && (number.p[0] & top) == 0;
	     top >>= 1)
		bits--;
	return bits;
}

/* RSAPublicKey; 2048 bits with exponent 65537 is what an EK template gives. */
static void
read_rsa_key(struct cert *c, struct span key)
{
	struct span fields = der_content(key);
	struct der n, exponent;

	c->key_kind = KEY_RSA;
	if (!field_take_if(&fields, DER_INTEGER, &n) ||
	    !field_take_if(&fields, DER_INTEGER, &exponent))
		return;
	(void)snprintf(
	    c->key_name, sizeof(c->key_name), "RSA-%u", count_bits(n.content));
	(void)field_uint(exponent.content, &c->rsa_exponent);
	/* The octet that keeps the modulus positive. */
	if (c->rsa_exponent == RSA_EXPONENT && n.content.n == 257 &&
	    n.content.p[0] == 0)
		set_pubkey(c, KEY_RSA2048,
		    (struct span){ n.content.p + 1, n.content.n - 1 });
}

static void
read_ec_key(struct cert *c, struct span params, struct span point)
{
	static const struct {
		const char *oid, *name;
	} curves[] = {
		{ "1.2.840.10045.3.1.7", "P-256" },
		{ "1.3.132.0.34", "P-384" },
		{ "1.3.132.0.35", "P-521" },
		{ "1.2.156.10197.1.301", "SM2" },
	};
	struct der curve;
	char oid[48] = "";

	c->key_kind = KEY_EC;
	if (field_take_if(&params, DER_OID, &curve))
		oid_to_text(curve.content, oid, sizeof(oid));
	for (size_t i = 0; i < sizeof(curves) / sizeof(*curves); i++)
		if (strcmp(oid, curves[i].oid) == 0)
			(void)snprintf(c->key_name, sizeof(c->key_name), "%s",
			    curves[i].name);
	if (point.n == 0 || point.p[0] != 0x04)
		return;
	if (strcmp(oid, "1.2.840.10045.3.1.7") == 0 && point.n == 65)
		set_pubkey(c, KEY_P256, point);
	if (strcmp(oid, "1.3.132.0.34") == 0 && point.n == P384_POINT_SIZE)
		set_pubkey(c, KEY_P384, point);
}

static int
read_spki(struct cert *c, struct der spki, struct err *e)
{
	struct span params, key;
	struct der alg;
	char oid[48];

	c->spki = spki.tlv;
	if (field_take(&spki.content, DER_SEQUENCE, &alg, "key algorithm", e) ||
	    field_take_octets(&spki.content, &key, "public key", e))
		return -1;
	field_algorithm(alg.content, oid, sizeof(oid), &params);
	if (strcmp(oid, "1.2.840.113549.1.1.1") == 0)
		read_rsa_key(c, key);
	if (strcmp(oid, "1.2.840.10045.2.1") == 0)
		read_ec_key(c, params, key);
	return 0;
}

/* --- validity ------------------------------------------------------------- */

static int
read_validity(struct cert *c, struct span content, struct err *e)
{
	struct der from, to;

	if (der_get(&content, &from) || der_get(&content, &to) ||
	    field_time(from, &c->not_before) || field_time(to, &c->not_after))
		return err_set(e, E_FORMAT, "validity: no two dates");
	return 0;
}

/* --- extensions ----------------------------------------------------------- */

static int
read_ext(struct cert *c, struct span content, struct err *e)
{
	struct ext *x = &c->exts[c->n_exts];
	bool again = false;

	if (field_ext(content, x, e) != 0)
		return -1;
	for (size_t i = 0; i < c->n_exts; i++)
		again |= span_eq(c->exts[i].oid, x->oid);
	c->n_exts++;
	return again ? 0 : ext_decode(c, x, e);
}

static int
read_exts(struct cert *c, struct span content, struct err *e)
{
	struct span list = der_content(content);
	struct der x;

	while (der_get(&list, &x) == 0) {
		if (c->n_exts == MAX_EXTS)
			return err_set(
			    e, E_LIMIT, "more than %d extensions", MAX_EXTS);
		if (read_ext(c, x.content, e) != 0)
			return -1;
	}
	return 0;
}

/* --- the certificate ------------------------------------------------------ */

static int
read_version(struct cert *c, struct span *s, struct err *e)
{
	struct der d;
	unsigned version = 0; /* v1 */

	if (field_take_if(s, TAG_VERSION, &d) &&
	    (field_uint(der_content(d.content), &version) || version > 2))
		return err_set(e, E_FORMAT, "version");
	c->version = version + 1;
	return 0;
}

static int
read_tbs(struct cert *c, struct span s, struct der *ret_alg, struct err *e)
{
	struct der serial, issuer, validity, subject, spki, exts = { 0 };

	if (read_version(c, &s, e) ||
	    field_take(&s, DER_INTEGER, &serial, "serialNumber", e) ||
	    field_take(&s, DER_SEQUENCE, ret_alg, "signature", e) ||
	    field_take(&s, DER_SEQUENCE, &issuer, "issuer", e) ||
	    field_take(&s, DER_SEQUENCE, &validity, "validity", e) ||
	    field_take(&s, DER_SEQUENCE, &subject, "subject", e) ||
	    field_take(&s, DER_SEQUENCE, &spki, "subjectPublicKeyInfo", e))
		return -1;
	if (serial.content.n == 0)
		return err_set(e, E_FORMAT, "serialNumber: no octets");
	c->serial = serial.content;
	c->issuer = issuer.tlv;
	c->subject = subject.tlv;
	name_to_text(c->issuer, c->issuer_text, sizeof(c->issuer_text));
	name_to_text(c->subject, c->subject_text, sizeof(c->subject_text));
	if (read_validity(c, validity.content, e) || read_spki(c, spki, e))
		return -1;
	/* Unique identifiers [1] and [2] are of no use, but no error. */
	while (s.n > 0 && der_get(&s, &exts) == 0)
		if (exts.tag == TAG_EXTENSIONS)
			return read_exts(c, exts.content, e);
	return 0;
}

/* What the parts are is libtasn1's word, where they stand is read here. */
static int
read_cert(struct cert *c, struct span der, struct err *e)
{
	struct span s = der_content(der);
	struct der tbs, inner, outer;

	if (field_take(&s, DER_SEQUENCE, &tbs, "tbsCertificate", e) ||
	    field_take(&s, DER_SEQUENCE, &outer, "signatureAlgorithm", e) ||
	    field_take_octets(&s, &c->sig, "signatureValue", e) ||
	    read_tbs(c, tbs.content, &inner, e))
		return -1;
	c->tbs = tbs.tlv;
	c->algs_agree = span_eq(inner.tlv, outer.tlv);
	c->sig_known = field_sig_alg(outer.content, &c->sig_alg);
	field_sig_name(outer.content, c->sig_name, sizeof(c->sig_name));
	return 0;
}

int
cert_parse(struct span der, struct cert *ret, struct err *e)
{
	auto_asn1 node = NULL;
	struct cert c = { .der = der, .pathlen = -1 };

	if (field_frame(der, MAX_CERT_SIZE, "certificate", e) != 0)
		return -1;
	if (asn1_decode("Certificate", der, &node, e) != 0 ||
	    read_cert(&c, der, e) != 0)
		return err_wrap(e, "certificate");
	*ret = c;
	return 0;
}

bool
cert_is_self_signed(const struct cert *c)
{
	return span_eq(c->issuer, c->subject) &&
	       cert_check_signature(c, c, NULL) == 0;
}

int
cert_check_signature(
    const struct cert *c, const struct cert *issuer, struct err *e)
{
	if (!c->sig_known)
		return err_set(
		    e, E_CRYPTO, "signature algorithm is not supported");
	return key_verify(issuer->spki, c->sig_alg, c->tbs, c->sig, e);
}

bool
cert_may_issue(const struct cert *issuer, const struct cert *c)
{
	if (c->aki.n > 0 && issuer->ski.n > 0)
		return span_eq(c->aki, issuer->ski);
	return span_eq(c->issuer, issuer->subject);
}

const struct ext *
cert_find_ext(const struct cert *c, const char *oid)
{
	for (size_t i = 0; i < c->n_exts; i++)
		if (strcmp(c->exts[i].oid_text, oid) == 0)
			return &c->exts[i];
	return NULL;
}

bool
cert_is_valid(const struct cert *c, time_t now)
{
	return c->not_before <= now && now <= c->not_after;
}
