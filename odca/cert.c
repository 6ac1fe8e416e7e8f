#include <string.h>

#include "odca/asn1.h"
#include "odca/ext.h"
#include "odca/name.h"

enum {
	TAG_VERSION = 0xa0,
	TAG_EXTENSIONS = 0xa3,
};

/* The next element of s, which has to be a tag. */
static int
take(struct span *s, uint8_t tag, struct der *ret, const char *what,
    struct err *e)
{
	struct span t = *s;

	if (der_get(&t, ret) != 0 || ret->tag != tag)
		return err_set(e, E_FORMAT, "%s: not there", what);
	*s = t;
	return 0;
}

/* The next element of s, if it is a tag. */
static bool
take_if(struct span *s, uint8_t tag, struct der *ret)
{
	struct span t = *s;

	if (der_get(&t, ret) != 0 || ret->tag != tag)
		return false;
	*s = t;
	return true;
}

/* The OID that an AlgorithmIdentifier begins with; *ret_params is the rest. */
static void
algorithm(struct span content, char *oid, size_t size, struct span *ret_params)
{
	struct der d;

	*oid = '\0';
	if (take_if(&content, DER_OID, &d))
		oid_to_text(d.content, oid, size);
	*ret_params = content;
}

/* Parameters are not looked at: none, or the NULL that Intel's root has. */
static void
read_sig_alg(struct cert *c, struct span content)
{
	static const struct {
		const char *oid;
		enum sig_alg alg;
	} algs[] = {
		{ "1.2.840.10045.4.3.2", SIG_ECDSA_SHA256 },
		{ "1.2.840.10045.4.3.3", SIG_ECDSA_SHA384 },
		{ "1.2.840.113549.1.1.11", SIG_RSA_SHA256 },
		{ "1.2.840.113549.1.1.12", SIG_RSA_SHA384 },
	};
	struct span params;
	char oid[48];

	algorithm(content, oid, sizeof(oid), &params);
	for (size_t i = 0; i < sizeof(algs) / sizeof(*algs); i++) {
		if (strcmp(oid, algs[i].oid) != 0)
			continue;
		c->sig_known = true;
		c->sig_alg = algs[i].alg;
	}
}

/* --- public key ----------------------------------------------------------- */

static void
set_pubkey(struct cert *c, enum key_alg alg, struct span key)
{
	c->have_pubkey = true;
	c->pubkey.alg = alg;
	c->pubkey.n = key.n;
	memcpy(c->pubkey.bytes, key.p, key.n);
}

/* RSAPublicKey; 2048 bits with exponent 65537 is what an EK template gives. */
static void
read_rsa_key(struct cert *c, struct span key)
{
	struct span fields = der_content(key);
	struct der n, exponent;
	unsigned value;

	c->key_kind = KEY_RSA;
	if (!take_if(&fields, DER_INTEGER, &n) ||
	    !take_if(&fields, DER_INTEGER, &exponent) ||
	    der_to_uint(exponent.content, &value) != 0 || value != 65537)
		return;
	/* The octet that keeps the modulus positive. */
	if (n.content.n == 257 && n.content.p[0] == 0)
		set_pubkey(c, KEY_RSA2048,
		    (struct span){ n.content.p + 1, n.content.n - 1 });
}

static void
read_ec_key(struct cert *c, struct span params, struct span point)
{
	struct der curve;
	char oid[48] = "";

	c->key_kind = KEY_EC;
	if (take_if(&params, DER_OID, &curve))
		oid_to_text(curve.content, oid, sizeof(oid));
	if (point.n == 0 || point.p[0] != 0x04)
		return;
	if (strcmp(oid, "1.2.840.10045.3.1.7") == 0 && point.n == 65)
		set_pubkey(c, KEY_P256, point);
	if (strcmp(oid, "1.3.132.0.34") == 0 && point.n == P384_POINT_SIZE)
		set_pubkey(c, KEY_P384, point);
}

/* Take the octets of a BIT STRING off s, of whole octets only. */
static int
take_octets(struct span *s, struct span *ret, const char *what, struct err *e)
{
	struct der bits;
	uint8_t unused;

	if (take(s, DER_BIT_STRING, &bits, what, e) != 0)
		return -1;
	if (span_get_u8(&bits.content, &unused) || unused != 0)
		return err_set(e, E_FORMAT, "%s: not whole octets", what);
	*ret = bits.content;
	return 0;
}

static int
read_spki(struct cert *c, struct der spki, struct err *e)
{
	struct span params, key;
	struct der alg;
	char oid[48];

	c->spki = spki.tlv;
	if (take(&spki.content, DER_SEQUENCE, &alg, "key algorithm", e) ||
	    take_octets(&spki.content, &key, "public key", e))
		return -1;
	algorithm(alg.content, oid, sizeof(oid), &params);
	if (strcmp(oid, "1.2.840.113549.1.1.1") == 0)
		read_rsa_key(c, key);
	if (strcmp(oid, "1.2.840.10045.2.1") == 0)
		read_ec_key(c, params, key);
	return 0;
}

/* --- validity ------------------------------------------------------------- */

/* n decimal digits off s. */
static int
take_digits(struct span *s, unsigned n, int *ret)
{
	int v = 0;
	uint8_t c;

	while (n-- > 0) {
		if (span_get_u8(s, &c) || c < '0' || c > '9')
			return -1;
		v = v * 10 + c - '0';
	}
	*ret = v;
	return 0;
}

/* RFC 5280 4.1.2.5: UTCTime is 1950 to 2049; both have seconds and Z. */
static int
read_time(struct der d, time_t *ret)
{
	struct span s = d.content;
	struct tm tm = { 0 }, given;
	bool utc = d.tag == DER_UTC_TIME;
	int year;

	if (take_digits(&s, utc ? 2 : 4, &year) ||
	    take_digits(&s, 2, &tm.tm_mon) || take_digits(&s, 2, &tm.tm_mday) ||
	    take_digits(&s, 2, &tm.tm_hour) || take_digits(&s, 2, &tm.tm_min) ||
	    take_digits(&s, 2, &tm.tm_sec) || s.n != 1 || s.p[0] != 'Z')
		return -1;
	if (utc)
		year += year < 50 ? 2000 : 1900;
	tm.tm_year = year - 1900;
	tm.tm_mon--;
	given = tm;
	*ret = timegm(&tm);
	/* timegm() turns 30 February into 2 March. */
	if (tm.tm_mon != given.tm_mon || tm.tm_mday != given.tm_mday ||
	    tm.tm_hour != given.tm_hour || tm.tm_min != given.tm_min ||
	    tm.tm_sec != given.tm_sec)
		return -1;
	return 0;
}

static int
read_validity(struct cert *c, struct span content, struct err *e)
{
	struct der from, to;

	if (der_get(&content, &from) || der_get(&content, &to) ||
	    read_time(from, &c->not_before) || read_time(to, &c->not_after))
		return err_set(e, E_FORMAT, "validity: no two dates");
	return 0;
}

/* --- extensions ----------------------------------------------------------- */

static int
read_ext(struct cert *c, struct span content, struct err *e)
{
	struct ext *x = &c->exts[c->n_exts];
	struct der oid, critical, value;

	if (take(&content, DER_OID, &oid, "extension", e) != 0)
		return -1;
	x->oid = oid.content;
	oid_to_text(x->oid, x->oid_text, sizeof(x->oid_text));
	x->critical_encoded = take_if(&content, DER_BOOLEAN, &critical);
	if (x->critical_encoded && der_to_bool(critical.content, &x->critical))
		return err_set(
		    e, E_FORMAT, "extension %s: critical", x->oid_text);
	if (take(&content, DER_OCTET_STRING, &value, x->oid_text, e) != 0)
		return -1;
	x->value = value.content;
	/* RFC 5280 4.2: never two of one kind. */
	for (size_t i = 0; i < c->n_exts; i++)
		if (span_eq(c->exts[i].oid, x->oid))
			return err_set(
			    e, E_FORMAT, "extension %s: twice", x->oid_text);
	c->n_exts++;
	return ext_decode(c, x, e);
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

	if (take_if(s, TAG_VERSION, &d) &&
	    (der_to_uint(der_content(d.content), &version) || version > 2))
		return err_set(e, E_FORMAT, "version");
	c->version = version + 1;
	return 0;
}

static int
read_tbs(struct cert *c, struct span s, struct der *ret_alg, struct err *e)
{
	struct der serial, issuer, validity, subject, spki, exts = { 0 };

	if (read_version(c, &s, e) ||
	    take(&s, DER_INTEGER, &serial, "serialNumber", e) ||
	    take(&s, DER_SEQUENCE, ret_alg, "signature", e) ||
	    take(&s, DER_SEQUENCE, &issuer, "issuer", e) ||
	    take(&s, DER_SEQUENCE, &validity, "validity", e) ||
	    take(&s, DER_SEQUENCE, &subject, "subject", e) ||
	    take(&s, DER_SEQUENCE, &spki, "subjectPublicKeyInfo", e))
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

	if (take(&s, DER_SEQUENCE, &tbs, "tbsCertificate", e) ||
	    take(&s, DER_SEQUENCE, &outer, "signatureAlgorithm", e) ||
	    take_octets(&s, &c->sig, "signatureValue", e) ||
	    read_tbs(c, tbs.content, &inner, e))
		return -1;
	c->tbs = tbs.tlv;
	/* RFC 5280 4.1.1.2 */
	if (!span_eq(inner.tlv, outer.tlv))
		return err_set(e, E_FORMAT, "two signature algorithms");
	read_sig_alg(c, outer.content);
	return 0;
}

int
cert_parse(struct span der, struct cert *ret, struct err *e)
{
	auto_asn1 node = NULL;
	struct cert c = { .der = der, .pathlen = -1 };
	size_t n, wanted;

	if (der.n > MAX_CERT_SIZE)
		return err_set(e, E_LIMIT,
		    "certificate of %zu bytes, at most %d", der.n,
		    MAX_CERT_SIZE);
	n = der_sequence_length(der, &wanted);
	if (n == 0 && wanted > der.n)
		return err_set(
		    e, E_SHORT, "certificate: %zu of %zu bytes", der.n, wanted);
	if (n == 0)
		return err_set(e, E_FORMAT, "certificate: no DER SEQUENCE");
	if (n < der.n)
		return err_set(
		    e, E_FORMAT, "certificate: %zu bytes after it", der.n - n);
	if (!der_is_strict(der))
		return err_set(e, E_FORMAT, "certificate: a length is no DER");
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
