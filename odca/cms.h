/*
 * cms.h - messages of RFC 5652: signed, encrypted, and bags of certificates.
 *
 * The only owner of OpenSSL's CMS is cms.c.  What is signed is written by
 * cms_build.c, because the order of certificates on the wire matters to
 * clients, and OpenSSL, as DER asks for, sorts them.  Judging certificates is
 * the caller's.
 */
#ifndef ODCA_CMS_H
#define ODCA_CMS_H

#include <time.h>

#include "odca/key.h"
#include "sim/base/limits.h"

/* --- SignedData ----------------------------------------------------------- */

/* A signed attribute with one value, which is one DER element. */
struct cms_attr {
	char oid[MAX_OID_TEXT];
	struct span value;
};

/* Who signs (an RSA key), and what goes along: more follows cert, in order. */
struct cms_signer {
	const struct key *key;
	struct span cert;
	const struct span *more;
	size_t n_more;
	time_t when; /* signingTime */
};

/* How what is signed looks, besides attributes. */
struct cms_attrs {
	const struct cms_attr *list;
	size_t n;
};

/*
 * Append a SignedData in a ContentInfo, of definite length: the signer's
 * certificate first, sid issuerAndSerialNumber, SHA-256, rsaEncryption.
 * contentType, messageDigest and signingTime are added to attrs. Content with p
 * NULL is left out (RFC 8894 3.3.2.2), and then the digest is that of nothing.
 */
int cms_sign(const struct cms_signer *s, struct span content,
    struct cms_attrs attrs, struct buf *out, struct err *e);

/* Append a SignedData that is certificates in the order given and nothing else,
 * also called degenerate. */
int cms_certs_only(
    const struct span *certs, size_t n, struct buf *out, struct err *e);

/* What a SignedData has; the spans lie in bytes. Free with cms_signed_free(),
 * also after a failure; start from CMS_SIGNED_INIT. */
struct cms_signed {
	struct buf bytes;
	bool have_content;
	struct span content;
	bool have_signer;
	struct span signer;               /* one of certs */
	struct span certs[MAX_CMS_CERTS]; /* in the order of the wire */
	size_t n_certs;
	struct cms_attr attrs[MAX_CMS_ATTRS];
	size_t n_attrs;
	bool definite; /* every length, as DER has them */
	bool have_crls;
};

#define CMS_SIGNED_INIT                                                        \
	{                                                                      \
		.bytes = BUF_INIT(2 * MAX_CMS_SIZE)                            \
	}

/*
 * Read a SignedData that one signer signed, and hold its signature to the
 * signer's certificate, which is in it. DER or BER; algorithms with or without
 * NULL; with or without signed attributes, in any order; certificates that are
 * no DER inside (silicon's) stay as they are; bytes after it do not matter.
 * Refused: a sid that is a key identifier, RSASSA-PSS, digests other than SHA-1
 * and SHA-2. E_LIMIT, E_FORMAT, or E_CRYPTO when the signature is wrong.
 */
int cms_verify(struct span der, struct cms_signed *ret, struct err *e);
/* The certificates of a SignedData, signed or not; signatures are not looked
 * at, signer and attributes not set. */
int cms_read_certs(struct span der, struct cms_signed *ret, struct err *e);
/* False when there is no such attribute. */
bool cms_find_attr(
    const struct cms_signed *s, const char *oid, struct span *ret_value);
void cms_signed_free(struct cms_signed *s);

/* --- EnvelopedData -------------------------------------------------------- */

enum envelope_cipher { ENVELOPE_AES128, ENVELOPE_AES256 }; /* CBC */

/* Append an EnvelopedData in a ContentInfo for whom cert is (an RSA key): by
 * issuerAndSerialNumber, PKCS #1 v1.5; DER, encryptedContent primitive. */
int cms_encrypt(struct span cert, enum envelope_cipher cipher,
    struct span plain, struct buf *out, struct err *e);
/*
 * Append what an EnvelopedData holds for the owner of key and cert; content
 * primitive or constructed, key transport PKCS #1 v1.5 or OAEP. Why one cannot
 * be opened is told to nobody: the error is the same for every cause, and of a
 * wrong key's padding nothing shows (RFC 3218): what comes out may be garbage
 * then.
 */
int cms_decrypt(const struct key *key, struct span cert, struct span der,
    struct buf *out, struct err *e);
/* der begins with a ContentInfo of EnvelopedData. */
bool cms_is_enveloped(struct span der);

static inline void
auto_cms_signed_fn(struct cms_signed *s)
{
	cms_signed_free(s);
}

#define auto_cms_signed AUTO(auto_cms_signed_fn) struct cms_signed

#endif
