#include <stdio.h>

#include "odca/sign.h"

#define MAX_NODE_PATH 96

static const uint8_t der_null[] = { 0x05, 0x00 };

/* The algorithm that key_sign() signs with. */
static const char *const oids[] = {
	[KEY_P256] = "1.2.840.10045.4.3.2",      /* ecdsa-with-SHA256 */
	[KEY_P384] = "1.2.840.10045.4.3.3",      /* ecdsa-with-SHA384 */
	[KEY_RSA2048] = "1.2.840.113549.1.1.11", /* sha256WithRSAEncryption */
	[KEY_RSA4096] = "1.2.840.113549.1.1.11",
};

int
sign_algorithm(
    asn1_node node, const char *path, const struct signer *s, struct err *e)
{
	char field[MAX_NODE_PATH];
	struct pubkey key;

	key_public(s->key, &key);
	(void)snprintf(field, sizeof(field), "%s.algorithm", path);
	if (asn1_put_text(node, field, oids[key.alg], e) != 0)
		return -1;
	(void)snprintf(field, sizeof(field), "%s.parameters", path);
	/* RFC 3279 2.2.1: with RSA the NULL has to be. */
	return s->null_params || key_alg_is_rsa(key.alg)
		   ? asn1_put(node, field, SPAN_OF(der_null), e)
		   : asn1_drop(node, field, e);
}

int
sign_tbs(asn1_node node, const char *tbs, size_t max, const struct signer *s,
    struct err *e)
{
	auto_buf der = BUF_INIT(max), sig = BUF_INIT(MAX_SIGNATURE);

	if (asn1_encode(node, tbs, &der, e) ||
	    key_sign(s->key, buf_span(&der), &sig, e) ||
	    sign_algorithm(node, "signatureAlgorithm", s, e))
		return -1;
	return asn1_put_bits(
	    node, "signature", buf_span(&sig), (unsigned)sig.n * 8, e);
}
