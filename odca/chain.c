#include "odca/verify.h"

/* Trailing 00 or FF, one of them throughout: what an index has that was
 * defined too large, or was never written. */
static bool
is_padding(struct span s)
{
	if (s.n == 0 || (s.p[0] != 0x00 && s.p[0] != 0xff))
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (s.p[i] != s.p[0])
			return false;
	return true;
}

/* What s begins with is no whole certificate: say why. */
static int
chain_broken(
    struct span s, size_t offset, size_t number, size_t wanted, struct err *e)
{
	if (wanted > s.n)
		return err_set(e, E_SHORT,
		    "certificate %zu at offset %zu: %zu of %zu bytes, %zu "
		    "missing",
		    number, offset, s.n, wanted, wanted - s.n);
	/* A header is 30 82 and two octets of length. */
	if (s.n < 4 && s.p[0] == DER_SEQUENCE)
		return err_set(e, E_SHORT,
		    "certificate %zu at offset %zu: only %zu bytes of its "
		    "header",
		    number, offset, s.n);
	return err_set(e, E_FORMAT,
	    "no certificate at offset %zu: begins with %02x", offset, s.p[0]);
}

int
chain_split(struct span s, struct span *ret, size_t *ret_n, struct err *e)
{
	const uint8_t *start = s.p;
	size_t n, wanted;

	*ret_n = 0;
	while (s.n > 0 && !is_padding(s)) {
		if ((n = der_sequence_length(s, &wanted)) == 0)
			return chain_broken(
			    s, (size_t)(s.p - start), *ret_n + 1, wanted, e);
		if (*ret_n == MAX_CERT_COUNT)
			return err_set(e, E_LIMIT,
			    "more than %d certificates, at offset %zu",
			    MAX_CERT_COUNT, (size_t)(s.p - start));
		(void)span_get(&s, n, &ret[(*ret_n)++]);
	}
	return 0;
}
