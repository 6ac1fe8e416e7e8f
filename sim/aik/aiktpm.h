/*
 * aiktpm.h - the TPM's part of enrolling for an AIK certificate: the EK, an AIK
 * as Windows makes it, the TPM's word that it made it, and the credential that
 * only this EK opens for this AIK.
 *
 * No persistent handle, no NV: at most two transient objects and one session at
 * a time, so that it works without a resource manager, and nothing is left in
 * the TPM, whatever fails. Needs a TPM that was started, and hierarchies with
 * the empty authorisation.
 */
#ifndef SIM_AIK_AIKTPM_H
#define SIM_AIK_AIKTPM_H

#include <stdint.h>
#include <tss2/tss2_tcti.h>

#include "odca/key.h"
#include "sim/base/buf.h"
#include "sim/base/err.h"
#include "sim/base/limits.h"

/* What Windows puts into the field `unique` of the template: so many octets of
 * chance, and the subject key identifier that it asks for. */
#define AIK_UNIQUE_SIZE 20

struct aiktpm;

/* What an attestation statement is made of, each without its size field. */
struct aik_made {
	struct pubkey key;
	struct buf public;    /* TPMT_PUBLIC */
	struct buf creation;  /* TPMS_CREATION_DATA */
	struct buf attest;    /* TPMS_ATTEST: CertifyCreation of itself */
	struct buf signature; /* TPMT_SIGNATURE over it, its own */
};

/* tcti is borrowed. E_STATE when a hierarchy has an authorisation. */
int aiktpm_open(TSS2_TCTI_CONTEXT *tcti, struct aiktpm **ret, struct err *e);
/* Flush what is in the TPM. */
void aiktpm_close(struct aiktpm *t);
/* The response code of the command that was sent last (Part 2, 6.6). */
uint32_t aiktpm_code(const struct aiktpm *t);

/* Create the EK RSA-2048 (template L-1) unless that was done. */
int aiktpm_ek(struct aiktpm *t, struct pubkey *ret, struct err *e);
/* Create the AIK, a primary key of the owner's hierarchy: the same for the same
 * unique on the same TPM. The caller ends ret with aik_made_done(). */
int
aiktpm_create(struct aiktpm *t, const uint8_t unique[static AIK_UNIQUE_SIZE],
    struct aik_made *ret, struct err *e);
void aik_made_done(struct aik_made *m);
/* Append to out what is in the credential: a TPMS_ID_OBJECT, and what is in the
 * TPM2B_ENCRYPTED_SECRET beside it. After aiktpm_create(). E_TPM when it is not
 * for this EK and this AIK; E_LIMIT. */
int aiktpm_activate(struct aiktpm *t, struct span id_object, struct span secret,
    struct buf *out, struct err *e);
/* Append the AIK as tpm2-tools keep a key in a file: 'tpm2_quote -c FILE', on
 * this TPM until it is started the next time. */
int aiktpm_save(struct aiktpm *t, struct buf *out, struct err *e);

static inline void
auto_aiktpm_fn(struct aiktpm **t)
{
	aiktpm_close(*t);
}

#define auto_aiktpm AUTO(auto_aiktpm_fn) struct aiktpm *

#endif
