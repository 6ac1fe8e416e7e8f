#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "odca/ek_template.h"
#include "sim/aik/esys.h"
#include "sim/aik/tpmread.h"

int
tpmread_open(const char *conf, TSS2_TCTI_CONTEXT **ret, struct err *e)
{
	TSS2_RC rc;

	if (esys_load(e) != 0)
		return -1;
	rc = tss2.Tss2_TctiLdr_Initialize(conf, ret);
	if (rc == TSS2_RC_SUCCESS)
		return 0;
	err_set(e, E_IO, "open TCTI '%s': 0x%x %s",
	    conf != NULL ? conf : "default", rc, tss2.Tss2_RC_Decode(rc));
	return err_hint(e, "is a TPM there? 'odcasim run' serves one at "
			   "mssim:host=127.0.0.1,port=2321");
}

void
tpmread_close(TSS2_TCTI_CONTEXT **tcti)
{
	if (*tcti != NULL)
		tss2.Tss2_TctiLdr_Finalize(tcti);
}

/* --- capabilities --------------------------------------------------------- */

/* Properties that are one number, and where they go. */
/* clang-format off */
static const struct {
	TPM2_PT property;
	size_t offset;
} numbers[] = {
	{ TPM2_PT_LEVEL,              offsetof(struct tpm_info, level) },
	{ TPM2_PT_REVISION,           offsetof(struct tpm_info, revision) },
	{ TPM2_PT_DAY_OF_YEAR,        offsetof(struct tpm_info, day_of_year) },
	{ TPM2_PT_YEAR,               offsetof(struct tpm_info, year) },
	{ TPM2_PT_MANUFACTURER,       offsetof(struct tpm_info, manufacturer) },
	{ TPM2_PT_FIRMWARE_VERSION_1, offsetof(struct tpm_info, firmware1) },
	{ TPM2_PT_FIRMWARE_VERSION_2, offsetof(struct tpm_info, firmware2) },
	{ TPM2_PT_PERMANENT,          offsetof(struct tpm_info, permanent) },
};
/* clang-format on */

void
tpm_word_text(uint32_t word, char out[static 4])
{
	for (int i = 0; i < 4; i++) {
		uint8_t c = (uint8_t)(word >> (24 - 8 * i));

		out[i] = c == '\0' || (c >= ' ' && c <= '~') ? (char)c : '?';
	}
}

/* What is read once and used on the way, beside the result. */
struct reader {
	ESYS_CONTEXT *esys;
	struct tpm_info *info;
	char vendor[4][4];
	uint32_t nv_chunk; /* TPM_PT_NV_BUFFER_MAX */
	struct err *e;
};

static void
take_property(struct reader *r, const TPMS_TAGGED_PROPERTY *p)
{
	uint32_t vendor = p->property - TPM2_PT_VENDOR_STRING_1;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].property == p->property)
			memcpy((char *)r->info + numbers[i].offset, &p->value,
			    sizeof(p->value));
	if (p->property == TPM2_PT_FAMILY_INDICATOR)
		tpm_word_text(p->value, r->info->family);
	if (p->property == TPM2_PT_NV_BUFFER_MAX)
		r->nv_chunk = p->value;
	if (vendor < 4)
		tpm_word_text(p->value, r->vendor[vendor]);
}

static int
read_properties(struct reader *r)
{
	static const TPM2_PT starts[] = { TPM2_PT_FIXED, TPM2_PT_VAR };

	for (size_t i = 0; i < 2; i++) {
		auto_esys_free TPMS_CAPABILITY_DATA *data = NULL;
		const TPML_TAGGED_TPM_PROPERTY *list;
		TPMI_YES_NO more;

		if (esys_capability(r->esys, TPM2_CAP_TPM_PROPERTIES, starts[i],
			TPM2_MAX_TPM_PROPERTIES, &more, &data, r->e) != 0)
			return -1;
		list = &data->data.tpmProperties;
		for (uint32_t j = 0; j < list->count; j++)
			take_property(r, &list->tpmProperty[j]);
	}
	for (size_t i = 0, n = 0; i < sizeof(r->vendor); i++)
		if (r->vendor[i / 4][i % 4] != '\0')
			r->info->vendor[n++] = r->vendor[i / 4][i % 4];
	return 0;
}

static bool
is_allocated(const TPMS_PCR_SELECTION *s)
{
	for (size_t i = 0; i < s->sizeofSelect && i < TPM2_PCR_SELECT_MAX; i++)
		if (s->pcrSelect[i] != 0)
			return true;
	return false;
}

static int
read_banks(struct reader *r)
{
	auto_esys_free TPMS_CAPABILITY_DATA *data = NULL;
	const TPML_PCR_SELECTION *list;
	TPMI_YES_NO more;

	if (esys_capability(r->esys, TPM2_CAP_PCRS, 0, TPM2_NUM_PCR_BANKS,
		&more, &data, r->e) != 0)
		return -1;
	list = &data->data.assignedPCR;
	for (uint32_t i = 0; i < list->count; i++) {
		if (!is_allocated(&list->pcrSelections[i]))
			continue;
		if (r->info->n_pcr_banks == MAX_PCR_BANKS)
			return err_set(r->e, E_LIMIT, "more than %d PCR banks",
			    MAX_PCR_BANKS);
		r->info->pcr_banks[r->info->n_pcr_banks++] =
		    list->pcrSelections[i].hash;
	}
	return 0;
}

/* --- NV ------------------------------------------------------------------- */

static void
close_handle(ESYS_CONTEXT *esys, ESYS_TR handle)
{
	if (handle != ESYS_TR_NONE)
		(void)tss2.Esys_TR_Close(esys, &handle);
}

/* Who may read an index without knowing a secret. */
static bool
readable_by(ESYS_TR handle, const struct tpm_nv *nv, ESYS_TR *ret)
{
	if ((nv->attributes & TPMA_NV_WRITTEN) == 0)
		return false;
	if (nv->attributes & TPMA_NV_AUTHREAD)
		*ret = handle;
	else if (nv->attributes & TPMA_NV_OWNERREAD)
		*ret = ESYS_TR_RH_OWNER;
	else
		return false;
	return true;
}

static int
read_data(struct reader *r, ESYS_TR handle, ESYS_TR auth, struct tpm_nv *nv)
{
	while (nv->data.n < nv->size) {
		auto_esys_free TPM2B_MAX_NV_BUFFER *part = NULL;
		size_t n = nv->size - nv->data.n;
		TSS2_RC rc;

		if (n > r->nv_chunk)
			n = r->nv_chunk;
		rc = tss2.Esys_NV_Read(r->esys, auth, handle, ESYS_TR_PASSWORD,
		    ESYS_TR_NONE, ESYS_TR_NONE, (UINT16)n, (UINT16)nv->data.n,
		    &part);
		if (rc != TSS2_RC_SUCCESS)
			return esys_refused("TPM2_NV_Read", rc, r->e);
		if (part->size == 0 ||
		    buf_put(
			&nv->data, (struct span){ part->buffer, part->size }))
			return err_set(r->e, E_LIMIT,
			    "TPM2_NV_Read gave %u bytes, want %zu", part->size,
			    n);
	}
	return 0;
}

static int
read_public(struct reader *r, ESYS_TR handle, struct tpm_nv *nv)
{
	auto_esys_free TPM2B_NV_PUBLIC *public = NULL;
	TSS2_RC rc = tss2.Esys_NV_ReadPublic(r->esys, handle, ESYS_TR_NONE,
	    ESYS_TR_NONE, ESYS_TR_NONE, &public, NULL);

	if (rc != TSS2_RC_SUCCESS)
		return esys_refused("TPM2_NV_ReadPublic", rc, r->e);
	nv->attributes = public->nvPublic.attributes;
	nv->name_alg = public->nvPublic.nameAlg;
	nv->size = public->nvPublic.dataSize;
	return 0;
}

static int
read_index(struct reader *r, ESYS_TR handle, struct tpm_nv *nv)
{
	ESYS_TR auth;

	if (read_public(r, handle, nv) != 0)
		return -1;
	if (nv->index < NV_CERTS_FIRST || nv->index > NV_CERTS_LAST ||
	    !readable_by(handle, nv, &auth))
		return 0;
	return read_data(r, handle, auth, nv);
}

static int
add_index(struct reader *r, uint32_t index)
{
	struct tpm_nv *nv = &r->info->nv[r->info->n_nv++];
	ESYS_TR handle = ESYS_TR_NONE;
	TSS2_RC rc;
	int result;

	*nv = (struct tpm_nv){ .index = index };
	/* As large as a size field allows: real ones may exceed libtpms'. */
	buf_init(&nv->data, UINT16_MAX);
	rc = tss2.Esys_TR_FromTPMPublic(
	    r->esys, index, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &handle);
	if (rc != TSS2_RC_SUCCESS)
		result = esys_refused("TPM2_NV_ReadPublic", rc, r->e);
	else
		result = read_index(r, handle, nv);
	close_handle(r->esys, handle);
	return result == 0 ? 0 : err_wrap(r->e, "NV 0x%08x", index);
}

/* Handles come in ascending order (TPM 2.0 Part 3, 30.2). */
static int
read_nv(struct reader *r)
{
	uint32_t next = TPM2_NV_INDEX_FIRST;
	TPMI_YES_NO more = TPM2_YES;

	while (more == TPM2_YES) {
		auto_esys_free TPMS_CAPABILITY_DATA *data = NULL;
		const TPML_HANDLE *list;

		if (esys_capability(r->esys, TPM2_CAP_HANDLES, next,
			TPM2_MAX_CAP_HANDLES, &more, &data, r->e) != 0)
			return -1;
		list = &data->data.handles;
		if (list->count > MAX_NV_INDICES - r->info->n_nv)
			return err_set(r->e, E_LIMIT, "more than %d NV indices",
			    MAX_NV_INDICES);
		for (uint32_t i = 0; i < list->count; i++) {
			if (add_index(r, list->handle[i]) != 0)
				return -1;
			next = list->handle[i] + 1;
		}
		if (list->count == 0)
			break;
	}
	return 0;
}

/* --- the whole ------------------------------------------------------------ */

/* Anything but Startup is TPM_RC_INITIALIZE before it (Part 1, 12.2.3). */
static int
start(struct reader *r, bool *ret_started)
{
	auto_esys_free TPMS_CAPABILITY_DATA *data = NULL;
	TPMI_YES_NO more;
	TSS2_RC rc;

	rc = tss2.Esys_GetCapability(r->esys, ESYS_TR_NONE, ESYS_TR_NONE,
	    ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES, TPM2_PT_FIXED, 1, &more,
	    &data);
	*ret_started = rc == TPM2_RC_INITIALIZE;
	if (rc == TSS2_RC_SUCCESS)
		return 0;
	if (rc != TPM2_RC_INITIALIZE)
		return esys_refused("TPM2_GetCapability", rc, r->e);
	rc = tss2.Esys_Startup(r->esys, TPM2_SU_CLEAR);
	return rc == TSS2_RC_SUCCESS
		   ? 0
		   : esys_refused("TPM2_Startup(CLEAR)", rc, r->e);
}

int
tpmread_info(TSS2_TCTI_CONTEXT *tcti, struct tpm_info *ret, bool *ret_started,
    struct err *e)
{
	auto_esys esys = NULL;
	struct tpm_info info = { .n_nv = 0 };
	struct err local = ERR_INIT;
	struct reader r = {
		.info = &info,
		.nv_chunk = MAX_NV_CHUNK,
		.e = e != NULL ? e : &local,
	};

	if (esys_open(tcti, &esys, e) != 0)
		return -1;
	r.esys = esys;
	if (start(&r, ret_started) != 0 || read_properties(&r) != 0 ||
	    read_banks(&r) != 0 || read_nv(&r) != 0) {
		tpm_info_done(&info);
		return err_wrap(e, "read the TPM");
	}
	*ret = info;
	return 0;
}

void
tpm_info_done(struct tpm_info *i)
{
	for (size_t n = 0; n < i->n_nv; n++)
		buf_free(&i->nv[n].data);
	i->n_nv = 0;
}

int
tpm_info_chain(const struct tpm_info *i, struct buf *out)
{
	for (size_t n = 0; n < i->n_nv; n++)
		if (i->nv[n].index >= NV_CHAIN_FIRST &&
		    i->nv[n].index <= NV_CERTS_LAST &&
		    buf_put(out, buf_span(&i->nv[n].data)))
			return -1;
	return 0;
}

size_t
tpm_info_pieces(const struct tpm_info *i, size_t begin, size_t n,
    struct piece ret[static MAX_CERT_PIECES])
{
	const size_t end = begin + n;
	size_t at = 0, count = 0;

	for (size_t k = 0; k < i->n_nv && count < MAX_CERT_PIECES; k++) {
		const struct tpm_nv *nv = &i->nv[k];
		size_t from, to;

		if (nv->index < NV_CHAIN_FIRST || nv->data.n == 0)
			continue;
		from = begin > at ? begin - at : 0;
		to = end < at + nv->data.n ? end - at : nv->data.n;
		if (at < end && from < nv->data.n)
			ret[count++] = (struct piece){ .index = nv->index,
				.offset = from,
				.n = to - from };
		at += nv->data.n;
	}
	return count;
}

/* --- endorsement keys ----------------------------------------------------- */

static int
create_ek(ESYS_CONTEXT *esys, const TPM2B_PUBLIC *in, TPM2B_PUBLIC **ret,
    struct err *e)
{
	static const TPM2B_SENSITIVE_CREATE sensitive;
	static const TPM2B_DATA outside;
	static const TPML_PCR_SELECTION pcrs;
	ESYS_TR handle = ESYS_TR_NONE;
	TSS2_RC rc;

	rc = tss2.Esys_CreatePrimary(esys, ESYS_TR_RH_ENDORSEMENT,
	    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, in,
	    &outside, &pcrs, &handle, ret, NULL, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return esys_refused("TPM2_CreatePrimary", rc, e);
	rc = tss2.Esys_FlushContext(esys, handle);
	return rc == TSS2_RC_SUCCESS ? 0
				     : esys_refused("TPM2_FlushContext", rc, e);
}

int
tpmread_ek(TSS2_TCTI_CONTEXT *tcti, uint32_t cert_index, struct pubkey *ret,
    struct err *e)
{
	const struct ek_template *t = ek_template_find(cert_index);
	auto_esys esys = NULL;
	auto_esys_free TPM2B_PUBLIC *out = NULL;
	TPM2B_PUBLIC in;

	if (esys_open(tcti, &esys, e) != 0 ||
	    esys_ek_template(cert_index, &in, e) != 0 ||
	    esys_check_auth(esys, TPMA_PERMANENT_ENDORSEMENTAUTHSET, e) != 0 ||
	    create_ek(esys, &in, &out, e) != 0)
		return err_wrap(e, "create EK for NV 0x%08x", cert_index);
	return esys_pubkey(&out->publicArea, t->alg, ret, e);
}
