/*
 * nvcert.h - the certificate indices, 0x01C00002 and its like.
 *
 * They can be written and deleted by the CSME only: their policy asks for an
 * HMAC by a key from the fuses (TPM2_PolicySigned), one branch for
 * TPM2_NV_Write, one for TPM2_NV_UndefineSpaceSpecial. So neither owner nor
 * platform can change them, and a firmware update still can.
 */
#ifndef SIM_TPM_NVCERT_H
#define SIM_TPM_NVCERT_H

#include <stdint.h>

#include "odca/key.h"
#include "sim/base/buf.h"
#include "sim/base/err.h"

/*
 * PLATFORMCREATE | NO_DA | AUTHREAD | OWNERREAD | PPREAD | WRITEDEFINE |
 * POLICYDELETE | POLICYWRITE; WRITTEN is added by the first write and makes it
 * 0x62072408. policydelete, platformcreate and the SHA-384 name were seen on
 * an ADL machine, the other bits follow from what its clients do [INF].
 */
#define NV_CERT_ATTRIBUTES 0x42072408u

struct nvcert {
	uint32_t key;               /* handle of the loaded HMAC key */
	uint32_t session;           /* policy session */
	uint8_t proof[SHA384_SIZE]; /* HMAC over the empty conditions */
	struct buf branches[2];     /* policy digests */
	struct buf policy;
};

/* Load the key into the TPM and work out the policy; secret is the device's NV
 * write key. *w starts as zeros; nvcert_done() in either case. */
int nvcert_open(struct nvcert *w, struct span secret, struct err *e);
/* Define an index of exactly content.n bytes with these attributes (TPMA_NV),
 * and write it. */
int nvcert_put(const struct nvcert *w, uint32_t index, uint32_t attributes,
    struct span content, struct err *e);
/* Remove an index that was put, by this struct or another of the device. */
int nvcert_delete(const struct nvcert *w, uint32_t index, struct err *e);
/* Leave nothing loaded in the TPM. */
int nvcert_close(struct nvcert *w, struct err *e);
void nvcert_done(struct nvcert *w);

/* Append an index's content; anybody may read it. E_NOTFOUND when there is no
 * such index. */
int nvcert_get(uint32_t index, struct buf *out, struct err *e);

#endif
