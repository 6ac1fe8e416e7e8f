#include <pthread.h>
#include <string.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include "odca/cms.h"
#include "odca/der.h"
#include "odca/evp.h"
#include "odca/key_evp.h"

static void
auto_cms_fn(CMS_ContentInfo **cms)
{
	CMS_ContentInfo_free(*cms);
}

static void
auto_x509_fn(X509 **x)
{
	X509_free(*x);
}

static void
auto_certs_fn(STACK_OF(X509) * *certs)
{
	sk_X509_pop_free(*certs, X509_free);
}

#define auto_cms   AUTO(auto_cms_fn) CMS_ContentInfo *
#define auto_x509  AUTO(auto_x509_fn) X509 *
#define auto_certs AUTO(auto_certs_fn) STACK_OF(X509) *

/* NULL when der does not begin with a ContentInfo of this kind. */
static CMS_ContentInfo *
read_info(struct span der, int kind)
{
	auto_cms cms = NULL;
	const uint8_t *p = der.p;

	if (der.n == 0 || der.n > MAX_CMS_SIZE)
		return NULL;
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.n);
	if (cms == NULL || OBJ_obj2nid(CMS_get0_type(cms)) != kind)
		return NULL;
	return TAKE(cms);
}

static int
read_signed_info(struct span der, CMS_ContentInfo **ret, struct err *e)
{
	if (der.n > MAX_CMS_SIZE)
		return err_set(e, E_LIMIT, "message of %zu bytes, at most %d",
		    der.n, MAX_CMS_SIZE);
	crypto_init();
	ERR_clear_error();
	*ret = read_info(der, NID_pkcs7_signed);
	return *ret != NULL ? 0 : evp_fail(e, E_FORMAT, "no CMS SignedData");
}

static X509 *
read_cert(struct span der)
{
	const uint8_t *p = der.p;

	return der.n <= MAX_CERT_SIZE ? d2i_X509(NULL, &p, (long)der.n) : NULL;
}

/* --- what is kept of a SignedData ----------------------------------------- */

/* n octets more in s->bytes, which may still move: only the size is set. */
static uint8_t *
keep(struct cms_signed *s, int n, struct span *ret, struct err *e)
{
	uint8_t *room = n >= 0 ? buf_room(&s->bytes, (size_t)n) : NULL;

	*ret = (struct span){ NULL, room != NULL ? (size_t)n : 0 };
	if (room == NULL)
		(void)err_set(e, E_LIMIT, "a message's parts are too large");
	return room;
}

/* All is there: spans point to where it is, in the order of keep(). */
static void
place(struct cms_signed *s)
{
	const uint8_t *p = s->bytes.p;

	s->content.p = p;
	p += s->content.n;
	for (size_t i = 0; i < s->n_certs; p += s->certs[i++].n)
		s->certs[i].p = p;
	for (size_t i = 0; i < s->n_attrs; p += s->attrs[i++].value.n)
		s->attrs[i].value.p = p;
}

static int
keep_content(CMS_ContentInfo *cms, struct cms_signed *s, struct err *e)
{
	ASN1_OCTET_STRING **pos = CMS_get0_content(cms);
	uint8_t *room;
	int n;

	s->have_content = pos != NULL && *pos != NULL;
	n = s->have_content ? ASN1_STRING_length(*pos) : 0;
	if (n == 0)
		return 0;
	if ((room = keep(s, n, &s->content, e)) == NULL)
		return -1;
	memcpy(room, ASN1_STRING_get0_data(*pos), (size_t)n);
	return 0;
}

/* OpenSSL gives back the octets that it read, silicon's FALSE included. */
static int
keep_cert(X509 *x, struct cms_signed *s, struct err *e)
{
	const int n = i2d_X509(x, NULL);
	uint8_t *room;

	if (s->n_certs == MAX_CMS_CERTS || n > MAX_CERT_SIZE)
		return err_set(e, E_LIMIT,
		    "more than %d certificates, or one of more than %d bytes",
		    MAX_CMS_CERTS, MAX_CERT_SIZE);
	if ((room = keep(s, n, &s->certs[s->n_certs], e)) == NULL)
		return -1;
	(void)i2d_X509(x, &room);
	s->n_certs++;
	return 0;
}

static int
keep_certs(const STACK_OF(X509) * certs, struct cms_signed *s, struct err *e)
{
	for (int i = 0; i < sk_X509_num(certs); i++)
		if (keep_cert(sk_X509_value(certs, i), s, e) != 0)
			return -1;
	return 0;
}

static int
keep_attr(X509_ATTRIBUTE *attr, struct cms_signed *s, struct err *e)
{
	const ASN1_TYPE *value = X509_ATTRIBUTE_get0_type(attr, 0);
	struct cms_attr *a = &s->attrs[s->n_attrs];
	const int n = value != NULL ? i2d_ASN1_TYPE(value, NULL) : 0;
	uint8_t *room;

	if (s->n_attrs == MAX_CMS_ATTRS)
		return err_set(e, E_LIMIT, "more than %d signed attributes",
		    MAX_CMS_ATTRS);
	if (n <= 0)
		return evp_fail(e, E_FORMAT, "a signed attribute has no value");
	(void)OBJ_obj2txt(
	    a->oid, sizeof(a->oid), X509_ATTRIBUTE_get0_object(attr), 1);
	if ((room = keep(s, n, &a->value, e)) == NULL)
		return -1;
	(void)i2d_ASN1_TYPE(value, &room);
	s->n_attrs++;
	return 0;
}

static int
keep_attrs(const CMS_SignerInfo *si, struct cms_signed *s, struct err *e)
{
	const int n = CMS_signed_get_attr_count(si); /* -1: none at all */

	for (int i = 0; i < n; i++)
		if (keep_attr(CMS_signed_get_attr(si, i), s, e) != 0)
			return -1;
	return 0;
}

/* All is kept: say where, and how the message looked. */
static void
finish(CMS_ContentInfo *cms, struct span der, struct cms_signed *s)
{
	STACK_OF(X509_CRL) *crls = CMS_get1_crls(cms);

	place(s);
	s->definite = der_is_strict(der);
	s->have_crls = crls != NULL;
	sk_X509_CRL_pop_free(crls, X509_CRL_free);
}

/* --- verifying ------------------------------------------------------------ */

static bool
is_one_of(const X509_ALGOR *alg, const int *nids, size_t n)
{
	const ASN1_OBJECT *oid;

	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	for (size_t i = 0; i < n; i++)
		if (OBJ_obj2nid(oid) == nids[i])
			return true;
	return false;
}

/* Digests of RFC 8894 and of the real service; PKCS #1 v1.5 only. */
static int
check_algorithms(CMS_SignerInfo *si, struct err *e)
{
	static const int digests[] = { NID_sha1, NID_sha256, NID_sha384,
		NID_sha512 };
	static const int sigs[] = { NID_rsaEncryption,
		NID_sha1WithRSAEncryption, NID_sha256WithRSAEncryption,
		NID_sha384WithRSAEncryption, NID_sha512WithRSAEncryption };
	X509_ALGOR *digest, *sig;

	CMS_SignerInfo_get0_algs(si, NULL, NULL, &digest, &sig);
	if (!is_one_of(digest, digests, sizeof(digests) / sizeof(*digests)))
		return err_set(e, E_FORMAT, "a digest that is not accepted");
	if (!is_one_of(sig, sigs, sizeof(sigs) / sizeof(*sigs)))
		return err_set(e, E_FORMAT, "a signature that is not RSA's");
	return 0;
}

static int
one_signer(CMS_ContentInfo *cms, CMS_SignerInfo **ret, struct err *e)
{
	STACK_OF(CMS_SignerInfo) *list = CMS_get0_SignerInfos(cms);
	ASN1_OCTET_STRING *key_id = NULL;

	if (sk_CMS_SignerInfo_num(list) != 1)
		return err_set(e, E_FORMAT, "%d signers, want 1",
		    list != NULL ? sk_CMS_SignerInfo_num(list) : 0);
	*ret = sk_CMS_SignerInfo_value(list, 0);
	(void)CMS_SignerInfo_get0_signer_id(*ret, &key_id, NULL, NULL);
	if (key_id != NULL)
		return err_set(
		    e, E_FORMAT, "the signer is named by a key identifier");
	return check_algorithms(*ret, e);
}

/* Also finds the signer's certificate among those of the message. */
static int
check_signature(CMS_ContentInfo *cms, bool have_content, struct err *e)
{
	auto_bio nothing = BIO_new_mem_buf("", 0);

	if (nothing == NULL)
		return err_set(e, E_NOMEM, "verify: out of memory");
	if (CMS_verify(cms, NULL, NULL, have_content ? NULL : nothing, NULL,
		CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) != 1)
		return evp_fail(e, E_CRYPTO, "the signature does not verify");
	return 0;
}

static int
find_signer(CMS_SignerInfo *si, const STACK_OF(X509) * certs,
    struct cms_signed *s, struct err *e)
{
	X509 *signer = NULL;

	CMS_SignerInfo_get0_algs(si, NULL, &signer, NULL, NULL);
	for (int i = 0; i < sk_X509_num(certs); i++)
		if (sk_X509_value(certs, i) == signer) {
			s->signer = s->certs[i];
			s->have_signer = true;
			return 0;
		}
	return err_set(e, E_FORMAT, "the signer's certificate is not there");
}

int
cms_verify(struct span der, struct cms_signed *ret, struct err *e)
{
	auto_cms cms = NULL;
	auto_certs certs = NULL;
	CMS_SignerInfo *si;

	if (read_signed_info(der, &cms, e) || one_signer(cms, &si, e))
		return -1;
	certs = CMS_get1_certs(cms);
	if (keep_content(cms, ret, e) || keep_certs(certs, ret, e) ||
	    check_signature(cms, ret->have_content, e) ||
	    keep_attrs(si, ret, e))
		return -1;
	finish(cms, der, ret);
	return find_signer(si, certs, ret, e);
}

int
cms_read_certs(struct span der, struct cms_signed *ret, struct err *e)
{
	auto_cms cms = NULL;
	auto_certs certs = NULL;

	if (read_signed_info(der, &cms, e) != 0)
		return -1;
	certs = CMS_get1_certs(cms);
	if (keep_content(cms, ret, e) || keep_certs(certs, ret, e))
		return -1;
	finish(cms, der, ret);
	return 0;
}

bool
cms_find_attr(
    const struct cms_signed *s, const char *oid, struct span *ret_value)
{
	for (size_t i = 0; i < s->n_attrs; i++)
		if (strcmp(s->attrs[i].oid, oid) == 0) {
			*ret_value = s->attrs[i].value;
			return true;
		}
	return false;
}

void
cms_signed_free(struct cms_signed *s)
{
	buf_free(&s->bytes);
}

/* --- EnvelopedData -------------------------------------------------------- */

static int
put_info(CMS_ContentInfo *cms, struct buf *out, struct err *e)
{
	const int n = i2d_CMS_ContentInfo(cms, NULL);
	uint8_t *room;

	if (n <= 0)
		return evp_fail(e, E_CRYPTO, "encode a message");
	if ((room = buf_room(out, (size_t)n)) == NULL)
		return err_set(e, E_LIMIT, "message of %d bytes", n);
	(void)i2d_CMS_ContentInfo(cms, &room);
	return 0;
}

int
cms_encrypt(struct span cert, enum envelope_cipher cipher, struct span plain,
    struct buf *out, struct err *e)
{
	STACK_OF(X509) *whom = sk_X509_new_null();
	auto_x509 x = NULL;
	auto_bio in = NULL;
	auto_cms cms = NULL;

	crypto_init();
	ERR_clear_error();
	x = read_cert(cert);
	if (plain.n <= MAX_CMS_SIZE)
		in = BIO_new_mem_buf(plain.p, (int)plain.n);
	/* Not detached, not streamed: definite lengths, one OCTET STRING. */
	if (whom != NULL && x != NULL && in != NULL && sk_X509_push(whom, x))
		cms = CMS_encrypt(whom, in,
		    cipher == ENVELOPE_AES256 ? EVP_aes_256_cbc()
					      : EVP_aes_128_cbc(),
		    CMS_BINARY);
	sk_X509_free(whom);
	if (cms == NULL)
		return evp_fail(e, E_CRYPTO, "encrypt a message");
	return put_info(cms, out, e);
}

/* Its object identifier, 1.3.14.3.2.7, with tag and length. */
static const uint8_t des_cbc[] = { 0x06, 5, 0x2b, 0x0e, 3, 2, 7 };

/* DES-CBC, which plain SCEP clients still encrypt with, is another provider's.
 * One that is loaded by name stands in for the default one, so that both are
 * asked for; without it such a message cannot be decrypted. Only a message that
 * names it has it loaded. */
static void
load_des(void)
{
	crypto_init();
	(void)OSSL_PROVIDER_load(NULL, "default");
	(void)OSSL_PROVIDER_load(NULL, "legacy");
	ERR_clear_error();
}

static int
decrypt(EVP_PKEY *pkey, struct span cert, struct span der, BIO *plain)
{
	auto_cms cms = read_info(der, NID_pkcs7_enveloped);
	auto_x509 x = read_cert(cert);

	/* With a certificate OpenSSL goes on with a random key when the key
	 * that it got is not well padded. */
	if (cms == NULL || x == NULL || plain == NULL)
		return -1;
	return CMS_decrypt(cms, pkey, x, NULL, plain, CMS_BINARY) == 1 ? 0 : -1;
}

int
cms_decrypt(const struct key *key, struct span cert, struct span der,
    struct buf *out, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	auto_bio plain = NULL;
	auto_pkey pkey = key_evp(key, e);
	char *text = NULL;
	long n = 0;
	int rc;

	if (der.n > 0 && memmem(der.p, der.n, des_cbc, sizeof(des_cbc)) != NULL)
		(void)pthread_once(&once, load_des);
	if (pkey == NULL)
		return -1;
	plain = BIO_new(BIO_s_secmem());
	rc = decrypt(pkey, cert, der, plain);
	ERR_clear_error();
	if (rc == 0)
		n = BIO_get_mem_data(plain, &text);
	if (rc != 0 || n < 0 ||
	    buf_put(out, (struct span){ (uint8_t *)text, (size_t)n }))
		return err_set(e, E_CRYPTO, "a message cannot be decrypted");
	return 0;
}

bool
cms_is_enveloped(struct span der)
{
	auto_cms cms = read_info(der, NID_pkcs7_enveloped);

	ERR_clear_error();
	return cms != NULL;
}
