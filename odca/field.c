#include <string.h>

#include "odca/asn1.h"
#include "odca/field.h"
#include "odca/name.h"

int
field_frame(struct span der, size_t max, const char *what, struct err *e)
{
	size_t n, wanted;

	if (der.n > max)
		return err_set(e, E_LIMIT, "%s of %zu bytes, at most %zu", what,
		    der.n, max);
	n = der_sequence_length(der, &wanted);
	if (n == 0 && wanted > der.n)
		return err_set(
		    e, E_SHORT, "%s: %zu of %zu bytes", what, der.n, wanted);
	if (n == 0)
		return err_set(e, E_FORMAT, "%s: no DER SEQUENCE", what);
	if (n < der.n)
		return err_set(
		    e, E_FORMAT, "%s: %zu bytes after it", what, der.n - n);
	if (!der_is_strict(der))
		return err_set(e, E_FORMAT, "%s: a length is no DER", what);
	return 0;
}

int
field_take(struct span *s, uint8_t tag, struct der *ret, const char *what,
    struct err *e)
{
	if (!field_take_if(s, tag, ret))
		return err_set(e, E_FORMAT, "%s: not there", what);
	return 0;
}

bool
field_take_if(struct span *s, uint8_t tag, struct der *ret)
{
	struct span t = *s;

	if (der_get(&t, ret) != 0 || ret->tag != tag)
		return false;
	*s = t;
	return true;
}

int
field_take_octets(
    struct span *s, struct span *ret, const char *what, struct err *e)
{
	struct span t = *s;
	struct der bits;
	uint8_t unused;

	if (field_take(&t, DER_BIT_STRING, &bits, what, e) != 0)
		return -1;
	if (span_get_u8(&bits.content, &unused) || unused != 0)
		return err_set(e, E_FORMAT, "%s: not whole octets", what);
	*s = t;
	*ret = bits.content;
	return 0;
}

int
field_ext(struct span content, struct ext *ret, struct err *e)
{
	struct ext x = { .known = false };
	struct der oid, critical, value;

	if (field_take(&content, DER_OID, &oid, "extension", e) != 0)
		return -1;
	x.oid = oid.content;
	oid_to_text(x.oid, x.oid_text, sizeof(x.oid_text));
	x.critical_encoded = field_take_if(&content, DER_BOOLEAN, &critical);
	if (x.critical_encoded && field_bool(critical.content, &x.critical))
		return err_set(
		    e, E_FORMAT, "extension %s: critical", x.oid_text);
	if (field_take(&content, DER_OCTET_STRING, &value, x.oid_text, e) != 0)
		return -1;
	x.value = value.content;
	*ret = x;
	return 0;
}

int
field_ext_value(
    const struct ext *x, const char *type, struct span *ret, struct err *e)
{
	auto_asn1 node = NULL;

	if (!der_is_strict(x->value))
		return err_set(
		    e, E_FORMAT, "extension %s: no DER", x->oid_text);
	if (asn1_decode(type, x->value, &node, e) != 0)
		return err_wrap(e, "extension %s", x->oid_text);
	*ret = der_content(x->value);
	return 0;
}

void
field_algorithm(
    struct span content, char *oid, size_t size, struct span *ret_params)
{
	struct der d;

	*oid = '\0';
	if (field_take_if(&content, DER_OID, &d))
		oid_to_text(d.content, oid, size);
	*ret_params = content;
}

/* clang-format off */
static const struct {
	const char *oid, *name;
	enum sig_alg alg;
} sig_algs[] = {
	{ "1.2.840.10045.4.3.2",   "ecdsa-with-SHA256",       SIG_ECDSA_SHA256 },
	{ "1.2.840.10045.4.3.3",   "ecdsa-with-SHA384",       SIG_ECDSA_SHA384 },
	{ "1.2.840.113549.1.1.11", "sha256WithRSAEncryption", SIG_RSA_SHA256 },
	{ "1.2.840.113549.1.1.12", "sha384WithRSAEncryption", SIG_RSA_SHA384 },
	{ "1.2.840.113549.1.1.13", "sha512WithRSAEncryption", SIG_RSA_SHA512 },
};
/* clang-format on */

#define N_SIG_ALGS (sizeof(sig_algs) / sizeof(*sig_algs))

/* The row of an OID; N_SIG_ALGS: none. */
static size_t
find_sig_alg(const char *oid)
{
	size_t i = 0;

	while (i < N_SIG_ALGS && strcmp(oid, sig_algs[i].oid) != 0)
		i++;
	return i;
}

bool
field_sig_alg(struct span content, enum sig_alg *ret)
{
	struct span params;
	char oid[48];
	size_t i;

	field_algorithm(content, oid, sizeof(oid), &params);
	if ((i = find_sig_alg(oid)) == N_SIG_ALGS)
		return false;
	*ret = sig_algs[i].alg;
	return true;
}

void
field_sig_name(struct span content, char *out, size_t size)
{
	struct span params;
	size_t i;

	field_algorithm(content, out, size, &params);
	if ((i = find_sig_alg(out)) < N_SIG_ALGS)
		(void)snprintf(out, size, "%s", sig_algs[i].name);
}

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

/* UTCTime is 1950 to 2049; both have seconds and Z. */
int
field_time(struct der d, time_t *ret)
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

int
field_uint(struct span content, unsigned *ret)
{
	uint64_t v = 0;

	if (content.n == 0 || content.n > 4 || (content.p[0] & 0x80) != 0)
		return -1;
	for (size_t i = 0; i < content.n; i++)
		v = v << 8 | content.p[i];
	*ret = (unsigned)v;
	return 0;
}

int
field_bool(struct span content, bool *ret)
{
	if (content.n != 1 || (content.p[0] != 0x00 && content.p[0] != 0xff))
		return -1;
	*ret = content.p[0] != 0;
	return 0;
}
