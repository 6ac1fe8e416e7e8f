/*
 * Certificates and CRLs as text, RFC 7468: the strict form is written, blanks
 * and text around are read over.
 */
#include <string.h>

#include "odca/cert.h"
#include "odca/crl.h"

#define PEM_LINE 64 /* RFC 7468, 2 */

/* What stands around the text of a kind, and what errors call it. */
struct pem {
	const char *begin, *end, *what;
};

/* clang-format off */
static const struct pem pem_cert = {
	"-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "certificate"
};
static const struct pem pem_crl = {
	"-----BEGIN X509 CRL-----", "-----END X509 CRL-----", "CRL"
};
/* clang-format on */

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789+/";

static int
base64_encode(struct span s, struct buf *out)
{
	size_t column = 0;

	for (size_t i = 0; i < s.n; i += 3) {
		size_t n = s.n - i < 3 ? s.n - i : 3;
		uint32_t v = (uint32_t)s.p[i] << 16;

		if (n > 1)
			v |= (uint32_t)s.p[i + 1] << 8;
		if (n > 2)
			v |= s.p[i + 2];
		for (size_t k = 0; k < 4; k++) {
			char digit = base64[v >> (18 - 6 * k) & 63];

			if (buf_put_u8(out, (uint8_t)(k <= n ? digit : '=')))
				return -1;
		}
		column += 4;
		if ((column == PEM_LINE || i + 3 >= s.n) &&
		    buf_put_u8(out, '\n'))
			return -1;
		column %= PEM_LINE;
	}
	return 0;
}

static int
to_pem(const struct pem *kind, struct span der, struct buf *out)
{
	if (buf_put(out, SPAN_STR(kind->begin)) || buf_put_u8(out, '\n') ||
	    base64_encode(der, out) || buf_put(out, SPAN_STR(kind->end)) ||
	    buf_put_u8(out, '\n'))
		return -1;
	return 0;
}

int
cert_to_pem(struct span der, struct buf *out)
{
	return to_pem(&pem_cert, der, out);
}

int
crl_to_pem(struct span der, struct buf *out)
{
	return to_pem(&pem_crl, der, out);
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int
base64_decode(struct span s, struct buf *out)
{
	uint32_t v = 0;
	unsigned digits = 0, pads = 0;

	for (size_t i = 0; i < s.n; i++) {
		const char *at = memchr(base64, s.p[i], sizeof(base64) - 1);

		if (is_blank(s.p[i]))
			continue;
		if (s.p[i] == '=')
			pads++;
		else if (at == NULL || pads > 0)
			return -1;
		v = v << 6 | (at != NULL ? (uint32_t)(at - base64) : 0);
		if (++digits % 4 != 0)
			continue;
		for (unsigned k = 0; pads < 3 && k < 3 - pads; k++)
			if (buf_put_u8(out, (uint8_t)(v >> (16 - 8 * k))))
				return -1;
		v = 0;
	}
	return digits % 4 == 0 && pads < 3 ? 0 : -1;
}

/* Take s up to and with mark; what stood before it is *ret. */
static int
take_until(struct span *s, const char *mark, struct span *ret)
{
	const uint8_t *at = NULL;

	if (s->n > 0)
		at = memmem(s->p, s->n, mark, strlen(mark));
	if (at == NULL)
		return -1;
	(void)span_get(s, (size_t)(at - s->p), ret);
	return span_skip(s, strlen(mark));
}

static int
from_file(
    const struct pem *pem, struct span content, struct buf *out, struct err *e)
{
	struct span text = content, body;
	size_t n, wanted;

	if ((n = der_sequence_length(content, &wanted)) != 0) {
		if (n != content.n)
			return err_set(e, E_FORMAT, "%zu bytes after the %s",
			    content.n - n, pem->what);
		return buf_put(out, content) == 0
			   ? 0
			   : err_set(
				 e, E_LIMIT, "%s of %zu bytes", pem->what, n);
	}
	for (n = 1; take_until(&text, pem->begin, &body) == 0; n++) {
		if (take_until(&text, pem->end, &body) != 0)
			return err_set(
			    e, E_SHORT, "%s %zu has no end line", pem->what, n);
		if (base64_decode(body, out) != 0)
			return err_set(e, E_FORMAT,
			    "%s %zu is no base64, or too long", pem->what, n);
	}
	if (n == 1)
		return err_set(e, E_FORMAT, "no %s, PEM or DER", pem->what);
	return 0;
}

int
cert_from_file(struct span content, struct buf *out, struct err *e)
{
	return from_file(&pem_cert, content, out, e);
}

int
crl_from_file(struct span content, struct buf *out, struct err *e)
{
	return from_file(&pem_crl, content, out, e);
}
