/*
 * Certificates and CRLs as text, RFC 7468: the strict form is written, blanks
 * and text around are read over.
 */
#include <string.h>

#include "odca/cert.h"
#include "odca/crl.h"
#include "sim/base/base64.h"

#define PEM_LINE_BYTES 48 /* 64 characters: RFC 7468, 2 */

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

/* In lines. */
static int
put_text(struct span der, struct buf *out)
{
	while (der.n > 0) {
		size_t n = der.n < PEM_LINE_BYTES ? der.n : PEM_LINE_BYTES;
		struct span line;

		(void)span_get(&der, n, &line);
		if (base64_encode(BASE64_PLAIN, line, out) ||
		    buf_put_u8(out, '\n'))
			return -1;
	}
	return 0;
}

static int
to_pem(const struct pem *kind, struct span der, struct buf *out)
{
	if (buf_put(out, SPAN_STR(kind->begin)) || buf_put_u8(out, '\n') ||
	    put_text(der, out) || buf_put(out, SPAN_STR(kind->end)) ||
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
		if (base64_decode(BASE64_PLAIN, body, out) != 0)
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
