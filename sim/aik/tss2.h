/*
 * tss2.h - tpm2-tss, loaded when a TPM is read: it is for `show`, `verify` and
 * enrolment only, and five more libraries cost every other start half a
 * millisecond.
 *
 *	if (tss2_load(e) != 0) return -1;
 *	rc = tss2.Esys_Startup(...);
 */
#ifndef SIM_AIK_TSS2_H
#define SIM_AIK_TSS2_H

#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#include "sim/base/late.h"

/* library, function; a row is all that a further one needs */
#define TSS2_FUNCTIONS(X)                                                      \
	X(esys, Esys_ActivateCredential)                                       \
	X(esys, Esys_CertifyCreation)                                          \
	X(esys, Esys_ContextSave)                                              \
	X(esys, Esys_CreatePrimary)                                            \
	X(esys, Esys_Finalize)                                                 \
	X(esys, Esys_FlushContext)                                             \
	X(esys, Esys_Free)                                                     \
	X(esys, Esys_GetCapability)                                            \
	X(esys, Esys_Initialize)                                               \
	X(esys, Esys_NV_Read)                                                  \
	X(esys, Esys_NV_ReadPublic)                                            \
	X(esys, Esys_PolicySecret)                                             \
	X(esys, Esys_StartAuthSession)                                         \
	X(esys, Esys_Startup)                                                  \
	X(esys, Esys_TR_Close)                                                 \
	X(esys, Esys_TR_FromTPMPublic)                                         \
	X(mu, Tss2_MU_TPMS_CREATION_DATA_Marshal)                              \
	X(mu, Tss2_MU_TPMT_PUBLIC_Marshal)                                     \
	X(mu, Tss2_MU_TPMT_PUBLIC_Unmarshal)                                   \
	X(mu, Tss2_MU_TPMT_SIGNATURE_Marshal)                                  \
	X(rc, Tss2_RC_Decode)                                                  \
	X(tctildr, Tss2_TctiLdr_Finalize)                                      \
	X(tctildr, Tss2_TctiLdr_Initialize)

struct tss2 {
	TSS2_FUNCTIONS(LATE_MEMBER)
};

/* Set by tss2_load(). */
extern struct tss2 tss2;

/* Once or often; E_NOTFOUND names the library that this machine lacks. Not for
 * several threads. */
int tss2_load(struct err *e);

#endif
