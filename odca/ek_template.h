/*
 * ek_template.h - the public areas that TPM2_CreatePrimary makes the
 * endorsement keys from (TCG EK Credential Profile, annex B), by the NV index
 * of the certificate that belongs to the key.
 *
 * Bytes only: who talks to a TPM unmarshals them as it likes.
 */
#ifndef ODCA_EK_TEMPLATE_H
#define ODCA_EK_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

#include "odca/key.h"

#define MAX_EK_TEMPLATE 512

/* NV indices of the manufacturer's certificates (TCG EK Credential Profile
 * 2.2.1): those of EKs, then the chain. */
#define NV_CERTS_FIRST 0x01c00000u
#define NV_CHAIN_FIRST 0x01c00100u
#define NV_CERTS_LAST  0x01c001ffu

struct ek_template {
	uint32_t cert_index; /* 0x01c00002 ... */
	const char *name;    /* of the EK in our files: "rsa2048" ... */
	const char *title;   /* for people: "EK RSA-2048" */
	const char *profile; /* the TCG's name: "L-1" ... */
	enum key_alg alg;
	uint16_t name_alg;   /* TPM_ALG_ID */
	uint32_t attributes; /* TPMA_OBJECT */
	const char *policy;  /* authPolicy, hex */
	uint16_t aes_bits;   /* of the symmetric definition, CFB */
	uint16_t parameter;  /* RSA: keyBits; ECC: TPM_ECC_CURVE */
	uint16_t unique;     /* zero bytes of the modulus, or of x and of y */
};

/* L-1, L-2, H-3: the EKs of the platforms that are emulated. */
const struct ek_template *ek_template_all(size_t *ret_n);
/* NULL for an index that has none. */
const struct ek_template *ek_template_find(uint32_t cert_index);

/* Append the TPMT_PUBLIC of the EK whose certificate is at cert_index;
 * E_NOTFOUND for an index that has none. */
int ek_template(uint32_t cert_index, struct buf *out, struct err *e);

#endif
