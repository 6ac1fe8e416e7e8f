/*
 * esys.h - what the modules that talk to a TPM through tpm2-tss's ESYS share:
 * contexts and results that free themselves, response codes as struct err.
 */
#ifndef SIM_AIK_ESYS_H
#define SIM_AIK_ESYS_H

#include "odca/key.h"
#include "sim/aik/tss2.h"
#include "sim/base/auto.h"

static inline void
auto_esys_fn(ESYS_CONTEXT **c)
{
	tss2.Esys_Finalize(c);
}
static inline void
auto_esys_free_fn(void *p)
{
	tss2.Esys_Free(*(void **)p);
}
#define auto_esys      AUTO(auto_esys_fn) ESYS_CONTEXT *
#define auto_esys_free AUTO(auto_esys_free_fn)

/* tss2_load(), and tpm2-tss says nothing on stderr of its own. */
int esys_load(struct err *e);
int esys_open(TSS2_TCTI_CONTEXT *tcti, ESYS_CONTEXT **ret, struct err *e);
/* Always -1: E_TPM when the TPM refused the command, E_IO when it was not
 * reached. */
int esys_refused(const char *command, TSS2_RC rc, struct err *e);

/* One page; the caller frees *ret with Esys_Free(). */
int esys_capability(ESYS_CONTEXT *esys, TPM2_CAP capability, uint32_t first,
    uint32_t count, TPMI_YES_NO *ret_more, TPMS_CAPABILITY_DATA **ret,
    struct err *e);
/* E_STATE when a hierarchy has an authorisation, by its bit of TPMA_PERMANENT
 * (TPMA_PERMANENT_OWNERAUTHSET, ..._ENDORSEMENTAUTHSET): without an attempt,
 * which would have to fail. */
int esys_check_auth(ESYS_CONTEXT *esys, TPMA_PERMANENT bit, struct err *e);

/* The template of the EK whose certificate is at cert_index (ek_template.h). */
int esys_ek_template(uint32_t cert_index, TPM2B_PUBLIC *ret, struct err *e);
/* The key of a public area that has to be of a kind; E_FORMAT. */
int esys_pubkey(
    const TPMT_PUBLIC *p, enum key_alg alg, struct pubkey *ret, struct err *e);

#endif
