#include "odca/ek_template.h"
#include "sim/base/tpm2.h"

/* TPMA_OBJECT: fixedTPM, fixedParent, sensitiveDataOrigin, adminWithPolicy,
 * restricted, decrypt; the high range has userWithAuth too. */
#define ATTRIBUTES_LOW  0x000300b2
#define ATTRIBUTES_HIGH 0x000300f2

/* PolicyA: TPM2_PolicySecret(TPM_RH_ENDORSEMENT). PolicyB: PolicyA, or what NV
 * index 0x01c07f02 says (PolicyC). */
#define POLICY_A_SHA256                                                        \
	"837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa"
#define POLICY_B_SHA384                                                        \
	"b26e7d28d11a50bc53d882bcf5fd3a1a074148bb35d3b4e4cb1c0ad9bde419ca"     \
	"cb47ba09699646150f9fc000f3f80e12"

/* clang-format off */
static const struct ek_template templates[] = {
{ 0x01c00002, "rsa2048", "EK RSA-2048", "L-1", KEY_RSA2048, ALG_SHA256, ATTRIBUTES_LOW,  POLICY_A_SHA256, 128, 2048,   256 },
{ 0x01c0000a, "p256",    "EK P-256",    "L-2", KEY_P256,    ALG_SHA256, ATTRIBUTES_LOW,  POLICY_A_SHA256, 128, ECC_NIST_P256, 32 },
{ 0x01c00016, "p384",    "EK P-384",    "H-3", KEY_P384,    ALG_SHA384, ATTRIBUTES_HIGH, POLICY_B_SHA384, 256, ECC_NIST_P384, 0 },
};
/* clang-format on */

#define N_TEMPLATES (sizeof(templates) / sizeof(templates[0]))

const struct ek_template *
ek_template_all(size_t *ret_n)
{
	*ret_n = N_TEMPLATES;
	return templates;
}

const struct ek_template *
ek_template_find(uint32_t cert_index)
{
	for (size_t i = 0; i < N_TEMPLATES; i++)
		if (templates[i].cert_index == cert_index)
			return &templates[i];
	return NULL;
}

static int
put_zeros(struct buf *out, uint16_t n)
{
	static const uint8_t zeros[256];

	return buf_put_2b(out, (struct span){ zeros, n });
}

static int
put_policy(struct buf *out, const char *hex)
{
	auto_buf policy = BUF_INIT(SHA384_SIZE);

	return hex_decode(hex, &policy) || buf_put_2b(out, buf_span(&policy));
}

/* TPMS_RSA_PARMS and TPM2B_PUBLIC_KEY_RSA; exponent 0 is the default one. */
static int
put_rsa(struct buf *out, const struct ek_template *t)
{
	return buf_put_u16(out, t->parameter) || buf_put_u32(out, 0) ||
	       put_zeros(out, t->unique);
}

/* TPMS_ECC_PARMS and TPMS_ECC_POINT. */
static int
put_ecc(struct buf *out, const struct ek_template *t)
{
	return buf_put_u16(out, t->parameter) || buf_put_u16(out, ALG_NULL) ||
	       put_zeros(out, t->unique) || put_zeros(out, t->unique);
}

/* TPMT_PUBLIC, Part 2, 12.2.4; scheme NULL, as a storage key has. */
static int
put_public(struct buf *out, const struct ek_template *t)
{
	bool rsa = t->alg == KEY_RSA2048;

	return buf_put_u16(out, rsa ? ALG_RSA : ALG_ECC) ||
	       buf_put_u16(out, t->name_alg) ||
	       buf_put_u32(out, t->attributes) || put_policy(out, t->policy) ||
	       buf_put_u16(out, ALG_AES) || buf_put_u16(out, t->aes_bits) ||
	       buf_put_u16(out, ALG_CFB) || buf_put_u16(out, ALG_NULL) ||
	       (rsa ? put_rsa(out, t) : put_ecc(out, t));
}

int
ek_template(uint32_t cert_index, struct buf *out, struct err *e)
{
	const struct ek_template *t = ek_template_find(cert_index);

	if (t == NULL)
		return err_set(
		    e, E_NOTFOUND, "no EK template for NV 0x%08x", cert_index);
	if (put_public(out, t))
		return err_set(e, E_NOMEM, "EK template %s", t->profile);
	return 0;
}
