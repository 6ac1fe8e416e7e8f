/*
 * makecert.h - certificates and CRLs for tests, put together from DER in hex,
 * so that each part can be wrong. Nothing of odca/issue.c or libtasn1 takes
 * part.
 */
#ifndef TESTS_MAKECERT_H
#define TESTS_MAKECERT_H

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "odca/key.h"
#include "sim/base/limits.h"

#define MAKE_MAX_EXTS 20

/* DER in hex; blanks between the digits are read over. */
struct make_ext {
	const char *oid;      /* without tag and length: "551d13"; NULL ends */
	const char *critical; /* "", "0101ff", "010100" */
	const char *value;    /* content of the OCTET STRING */
};

struct make_cert {
	const char *version, *serial, *alg, *issuer, *validity, *subject, *spki;
	struct make_ext exts[MAKE_MAX_EXTS + 1];
	const char *outer_alg;
	const char *sig; /* whole BIT STRING, when nobody signs */
};

#define ECDSA_SHA384 "300a06082a8648ce3d040303"

static inline void
make_put(struct buf *out, struct span s)
{
	int rc = buf_put(out, s);

	assert(rc == 0);
	(void)rc;
}

static inline void
make_hex(struct buf *out, const char *hex)
{
	char two[3] = "";

	for (; *hex != '\0'; hex++) {
		if (*hex == ' ')
			continue;
		two[0] = hex[0];
		two[1] = *++hex;
		if (hex_decode(two, out) != 0)
			assert(!"hex");
	}
}

static inline void
make_tlv(struct buf *out, uint8_t tag, struct span content)
{
	uint8_t h[4] = { tag, (uint8_t)content.n };
	size_t n = 2;

	assert(content.n <= UINT16_MAX);
	if (content.n >= 0x100) {
		h[1] = 0x82;
		h[n++] = (uint8_t)(content.n >> 8);
		h[n++] = (uint8_t)content.n;
	} else if (content.n >= 0x80) {
		h[1] = 0x81;
		h[n++] = (uint8_t)content.n;
	}
	make_put(out, (struct span){ h, n });
	make_put(out, content);
}

/* Put content into a TLV, and empty it. */
static inline void
make_wrap(struct buf *out, uint8_t tag, struct buf *content)
{
	make_tlv(out, tag, buf_span(content));
	buf_reset(content);
}

static inline void
make_exts(struct buf *out, uint8_t tag, const struct make_ext *x)
{
	auto_buf value = BUF_INIT(UINT16_MAX);
	auto_buf ext = BUF_INIT(UINT16_MAX);
	auto_buf list = BUF_INIT(UINT16_MAX);
	auto_buf sequence = BUF_INIT(UINT16_MAX);

	if (x->oid == NULL)
		return;
	for (; x->oid != NULL; x++) {
		make_hex(&value, x->oid);
		make_wrap(&ext, 0x06, &value);
		make_hex(&ext, x->critical);
		make_hex(&value, x->value);
		make_wrap(&ext, 0x04, &value);
		make_wrap(&list, 0x30, &ext);
	}
	make_wrap(&sequence, 0x30, &list);
	make_wrap(out, tag, &sequence);
}

/* Put around a TBS its algorithm and signature: sig, a whole BIT STRING, or
 * signer's (P-384). */
static inline void
make_signed(struct buf *out, const struct buf *tbs, const char *alg,
    const char *sig, const struct key *signer)
{
	auto_buf content = BUF_INIT(UINT16_MAX);
	auto_buf bits = BUF_INIT(MAX_ECDSA_P384 + 1);

	make_put(&content, buf_span(tbs));
	make_hex(&content, alg);
	if (signer == NULL) {
		make_hex(&content, sig);
	} else {
		int rc = buf_put_u8(&bits, 0) ||
			 key_sign(signer, buf_span(tbs), &bits, NULL);

		assert(rc == 0);
		(void)rc;
		make_wrap(&content, 0x03, &bits);
	}
	make_wrap(out, 0x30, &content);
}

/* Append the certificate; with signer (P-384) the signature is real. */
static inline void
make_certificate(
    const struct make_cert *m, const struct key *signer, struct buf *out)
{
	auto_buf content = BUF_INIT(UINT16_MAX);
	auto_buf tbs = BUF_INIT(UINT16_MAX);
	const char *const parts[] = { m->version, m->serial, m->alg, m->issuer,
		m->validity, m->subject, m->spki };

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		make_hex(&content, parts[i]);
	make_exts(&content, 0xa3, m->exts);
	make_wrap(&tbs, 0x30, &content);
	make_signed(out, &tbs, m->outer_alg, m->sig, signer);
}

/* The same for a CRL; revoked is the whole SEQUENCE, or "". */
struct make_crl {
	const char *version, *alg, *issuer, *this_update, *next_update,
	    *revoked;
	struct make_ext exts[MAKE_MAX_EXTS + 1];
	const char *outer_alg;
	const char *sig;
};

static inline void
make_revocation_list(
    const struct make_crl *m, const struct key *signer, struct buf *out)
{
	auto_buf content = BUF_INIT(UINT16_MAX);
	auto_buf tbs = BUF_INIT(UINT16_MAX);
	const char *const parts[] = { m->version, m->alg, m->issuer,
		m->this_update, m->next_update, m->revoked };

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		make_hex(&content, parts[i]);
	make_exts(&content, 0xa0, m->exts);
	make_wrap(&tbs, 0x30, &content);
	make_signed(out, &tbs, m->outer_alg, m->sig, signer);
}

#endif
