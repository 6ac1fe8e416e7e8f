#include <stdlib.h>
#include <string.h>

#include "odca/ek_template.h"
#include "sim/aik/esys.h"

/* The response code without the layer that reported it, for comparing; layers
 * below the TPM (tcti, sys) give 0. */
static TSS2_RC
tpm_rc(TSS2_RC rc)
{
	return rc & TSS2_RC_LAYER_MASK ? 0 : rc;
}

int
esys_refused(const char *command, TSS2_RC rc, struct err *e)
{
	return err_set(e, tpm_rc(rc) != 0 ? E_TPM : E_IO, "%s failed: 0x%x %s",
	    command, rc, tss2.Tss2_RC_Decode(rc));
}

int
esys_load(struct err *e)
{
	/* By default each error is logged on stderr; ours come as struct err.
	 */
	(void)setenv("TSS2_LOG", "all+none", 0);
	return tss2_load(e);
}

int
esys_open(TSS2_TCTI_CONTEXT *tcti, ESYS_CONTEXT **ret, struct err *e)
{
	TSS2_RC rc;

	if (esys_load(e) != 0)
		return -1;
	rc = tss2.Esys_Initialize(ret, tcti, NULL);
	return rc == TSS2_RC_SUCCESS ? 0
				     : esys_refused("Esys_Initialize", rc, e);
}

int
esys_capability(ESYS_CONTEXT *esys, TPM2_CAP capability, uint32_t first,
    uint32_t count, TPMI_YES_NO *ret_more, TPMS_CAPABILITY_DATA **ret,
    struct err *e)
{
	TSS2_RC rc = tss2.Esys_GetCapability(esys, ESYS_TR_NONE, ESYS_TR_NONE,
	    ESYS_TR_NONE, capability, first, count, ret_more, ret);

	return rc == TSS2_RC_SUCCESS
		   ? 0
		   : esys_refused("TPM2_GetCapability", rc, e);
}

int
esys_check_auth(ESYS_CONTEXT *esys, TPMA_PERMANENT bit, struct err *e)
{
	auto_esys_free TPMS_CAPABILITY_DATA *data = NULL;
	const TPMS_TAGGED_PROPERTY *p;
	TPMI_YES_NO more;

	if (esys_capability(esys, TPM2_CAP_TPM_PROPERTIES, TPM2_PT_PERMANENT, 1,
		&more, &data, e) != 0)
		return -1;
	p = data->data.tpmProperties.tpmProperty;
	if (data->data.tpmProperties.count == 1 &&
	    p->property == TPM2_PT_PERMANENT && (p->value & bit) != 0)
		return err_set(e, E_STATE,
		    "the %s hierarchy has an authorisation",
		    bit == TPMA_PERMANENT_OWNERAUTHSET ? "owner"
						       : "endorsement");
	return 0;
}

int
esys_ek_template(uint32_t cert_index, TPM2B_PUBLIC *ret, struct err *e)
{
	auto_buf bytes = BUF_INIT(MAX_EK_TEMPLATE);
	size_t offset = 0;
	TSS2_RC rc;

	if (ek_template(cert_index, &bytes, e) != 0)
		return -1;
	memset(ret, 0, sizeof(*ret));
	rc = tss2.Tss2_MU_TPMT_PUBLIC_Unmarshal(
	    bytes.p, bytes.n, &offset, &ret->publicArea);
	return rc == TSS2_RC_SUCCESS
		   ? 0
		   : esys_refused("unmarshal TPMT_PUBLIC", rc, e);
}

/* A coordinate as the TPM gives it may lack leading zeros. */
static int
put_coordinate(struct buf *out, const TPM2B_ECC_PARAMETER *c, size_t width)
{
	static const uint8_t zeros[48];

	if (c->size > width)
		return -1;
	return buf_put(out, (struct span){ zeros, width - c->size }) ||
	       buf_put(out, (struct span){ c->buffer, c->size });
}

int
esys_pubkey(
    const TPMT_PUBLIC *p, enum key_alg alg, struct pubkey *ret, struct err *e)
{
	auto_buf key = BUF_INIT(sizeof(ret->bytes));
	size_t want = pubkey_size(alg), width = (want - 1) / 2;
	int rc;

	if (alg == KEY_RSA2048)
		rc = buf_put(&key,
		    (struct span){ p->unique.rsa.buffer, p->unique.rsa.size });
	else
		rc = buf_put_u8(&key, 0x04) ||
		     put_coordinate(&key, &p->unique.ecc.x, width) ||
		     put_coordinate(&key, &p->unique.ecc.y, width);
	if (rc != 0 || key.n != want)
		return err_set(e, E_FORMAT, "public key of %zu bytes, want %zu",
		    key.n, want);
	*ret = (struct pubkey){ .alg = alg, .n = key.n };
	memcpy(ret->bytes, key.p, key.n);
	return 0;
}
