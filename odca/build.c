#include <stdio.h>
#include <string.h>

#include "odca/build.h"
#include "odca/cert.h"
#include "odca/sign.h"

#define NOT_AFTER     "491231235959Z" /* the last one that UTCTime has */
#define MAX_NODE_PATH 96

#define TBS "tbsCertificate."

/* clang-format off */
static const struct {
	const char *algorithm;
	struct span parameters;
} spkis[] = {
#define PARAMETERS(...) SPAN_OF(((const uint8_t[]){ __VA_ARGS__ }))
	[KEY_RSA2048] = { "1.2.840.113549.1.1.1", PARAMETERS(0x05, 0x00) },
	[KEY_RSA4096] = { "1.2.840.113549.1.1.1", PARAMETERS(0x05, 0x00) },
	[KEY_P256] = { "1.2.840.10045.2.1", PARAMETERS(
	    0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07) },
	[KEY_P384] = { "1.2.840.10045.2.1", PARAMETERS(
	    0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22) },
};
/* clang-format on */

int
build_text(asn1_node node, const char *path, const char *text,
    const struct vars *v, struct err *e)
{
	char out[MAX_TEXT];

	if (profile_text(text, v, out, sizeof(out), e) != 0)
		return -1;
	return asn1_put_text(node, path, out, e);
}

int
build_name(asn1_node node, const char *path, const struct profile *p,
    const struct rdn *rdns, const struct vars *v, struct err *e)
{
	char rdn[MAX_NODE_PATH], type[MAX_NODE_PATH + 16],
	    value[MAX_NODE_PATH + 16], text[MAX_TEXT];

	(void)snprintf(
	    rdn, sizeof(rdn), "%s%s?LAST", path, *path != '\0' ? "." : "");
	(void)snprintf(type, sizeof(type), "%s.?LAST.type", rdn);
	(void)snprintf(value, sizeof(value), "%s.?LAST.value", rdn);
	for (size_t i = 0; i < MAX_RDNS && rdns[i].oid != NULL; i++) {
		if (profile_text(rdns[i].text, v, text, sizeof(text), e) ||
		    asn1_put_text(node, path, "NEW", e) ||
		    asn1_put_text(node, rdn, "NEW", e) ||
		    asn1_put_text(node, type, rdns[i].oid, e) ||
		    (p->printable ? asn1_put_printable : asn1_put_utf8)(
			node, value, text, e))
			return -1;
	}
	return 0;
}

int
build_subject(const struct profile *p, const struct vars *v, struct buf *out,
    struct err *e)
{
	auto_asn1 node = NULL;

	return asn1_make("Name", &node, e) ||
		       build_name(node, "", p, p->subject, v, e) ||
		       asn1_encode(node, "", out, e)
		   ? -1
		   : 0;
}

int
build_key_bits(const struct pubkey *k, struct buf *out, struct err *e)
{
	static const uint8_t f4[] = { 0x01, 0x00, 0x01 };
	const struct span content = { k->bytes, k->n };
	auto_buf positive = BUF_INIT(MAX_MODULUS + 1);
	auto_asn1 key = NULL;

	if (!key_alg_is_rsa(k->alg))
		return buf_put(out, content)
			   ? err_set(e, E_NOMEM, "point: out of memory")
			   : 0;
	if (buf_put_u8(&positive, 0) || buf_put(&positive, content))
		return err_set(e, E_NOMEM, "modulus: out of memory");
	return asn1_make("RSAPublicKey", &key, e) ||
	       asn1_put(key, "modulus", buf_span(&positive), e) ||
	       asn1_put(key, "publicExponent", SPAN_OF(f4), e) ||
	       asn1_encode(key, "", out, e);
}

static int
put_spki(asn1_node node, const struct pubkey *key, struct err *e)
{
	static const char bits[] = TBS "subjectPublicKeyInfo.subjectPublicKey";
	auto_buf content = BUF_INIT(MAX_SPKI);

	if (asn1_put_text(node, TBS "subjectPublicKeyInfo.algorithm.algorithm",
		spkis[key->alg].algorithm, e) ||
	    asn1_put(node, TBS "subjectPublicKeyInfo.algorithm.parameters",
		spkis[key->alg].parameters, e))
		return -1;
	if (build_key_bits(key, &content, e) != 0)
		return -1;
	return asn1_put_bits(
	    node, bits, buf_span(&content), (unsigned)content.n * 8, e);
}

static int
put_subject(asn1_node node, const struct build *b, struct err *e)
{
	if (b->name.n != 0)
		return asn1_put_der(node, TBS "subject", "Name", b->name, e);
	return build_name(
	    node, TBS "subject", b->profile, b->profile->subject, &b->vars, e);
}

static int
put_time(asn1_node node, const char *path, const char *text,
    const struct vars *v, struct err *e)
{
	char field[MAX_NODE_PATH];

	(void)snprintf(field, sizeof(field), "%s.utcTime", path);
	return asn1_put_text(node, path, "utcTime", e) ||
	       build_text(node, field, text, v, e);
}

static int
put_critical(asn1_node node, const char *path, uint16_t ext, struct err *e)
{
	if ((ext & (CRITICAL | NOT_CRITICAL)) == 0)
		return asn1_drop(node, path, e);
	return asn1_put_text(
	    node, path, (ext & CRITICAL) != 0 ? "TRUE" : "FALSE", e);
}

static int
put_extensions(asn1_node node, const struct build *b, struct err *e)
{
	static const char list[] = TBS "extensions";
	const uint16_t *exts = b->profile->exts;

	for (size_t i = 0; i < MAX_PROFILE_EXTS && exts[i] != EXT_END; i++) {
		auto_buf value = BUF_INIT(MAX_CERT_SIZE);
		const char *oid;

		if (build_ext(b, exts[i] & EXT_ID_MASK, &oid, &value, e) ||
		    asn1_put_text(node, list, "NEW", e) ||
		    asn1_put_text(
			node, TBS "extensions.?LAST.extnID", oid, e) ||
		    put_critical(
			node, TBS "extensions.?LAST.critical", exts[i], e) ||
		    asn1_put(node, TBS "extensions.?LAST.extnValue",
			buf_span(&value), e))
			return -1;
	}
	return 0;
}

static int
fill_tbs(asn1_node node, const struct build *b, const struct signer *signer,
    struct err *e)
{
	const struct profile *p = b->profile, *issuer;
	const char *from = p->not_before, *to = NOT_AFTER;

	if (p->own_not_before[0] != '\0')
		from = p->own_not_before;
	if (p->own_not_after[0] != '\0')
		to = p->own_not_after;
	issuer = profile_issuer(p, b->vars.batch->gen, e);
	if (issuer == NULL)
		return -1;
	if (asn1_put_text(node, TBS "version", "v3", e) ||
	    asn1_put(node, TBS "serialNumber", b->serial, e) ||
	    sign_algorithm(node, TBS "signature", signer, e) ||
	    build_name(
		node, TBS "issuer", issuer, issuer->subject, &b->vars, e) ||
	    put_time(node, TBS "validity.notBefore", from, &b->vars, e) ||
	    put_time(node, TBS "validity.notAfter", to, &b->vars, e) ||
	    put_subject(node, b, e) || put_spki(node, &b->subject, e) ||
	    asn1_drop(node, TBS "issuerUniqueID", e) ||
	    asn1_drop(node, TBS "subjectUniqueID", e))
		return -1;
	return put_extensions(node, b, e);
}

int
build_cert(const struct build *b, struct buf *out, struct err *e)
{
	const struct signer signer = { b->issuer, b->profile->null_params };
	auto_asn1 node = NULL;

	if (asn1_make("Certificate", &node, e) ||
	    fill_tbs(node, b, &signer, e) ||
	    sign_tbs(node, "tbsCertificate", MAX_CERT_SIZE, &signer, e) ||
	    asn1_encode(node, "", out, e))
		return err_wrap(e, "certificate '%s'", b->profile->name);
	return 0;
}
