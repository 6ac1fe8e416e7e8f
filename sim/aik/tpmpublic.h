/*
 * tpmpublic.h - the public area of a TPM's key (TPMT_PUBLIC, Part 2, 12.2.4),
 * as it comes from a TPM or from a request, and the Name of it.
 *
 * Keys only, RSA and ECC; bytes in, no TPM.
 */
#ifndef SIM_AIK_TPMPUBLIC_H
#define SIM_AIK_TPMPUBLIC_H

#include "odca/protect.h"
#include "sim/base/err.h"

/* TPM_ALG_ID, and a digest (Part 1, 16). */
#define MAX_TPM_NAME (2 + MAX_DIGEST)

/* The spans are borrowed from what was parsed. */
struct tpm_public {
	uint16_t type; /* ALG_RSA, ALG_ECC */
	enum digest name_alg;
	uint32_t attributes; /* TPMA_OBJECT */
	struct span policy;
	uint16_t symmetric, symmetric_bits, mode; /* ALG_NULL, 0, 0: none */
	uint16_t scheme, scheme_hash;             /* ALG_NULL, 0: none */
	uint16_t size;                            /* RSA: keyBits; ECC: curve */
	uint32_t exponent;                        /* RSA; 0: 65537 */
	struct span x, y; /* RSA: the modulus, and nothing */
};

struct tpm_name {
	size_t n;
	uint8_t bytes[MAX_TPM_NAME];
};

/* All of tpmt. E_FORMAT, E_SHORT; E_FOREIGN for what is no key, or has a Name
 * by another digest than ours. */
int tpm_public_parse(struct span tpmt, struct tpm_public *ret, struct err *e);
/* E_FOREIGN for a size or a curve that is none of enum key_alg. */
int
tpm_public_key(const struct tpm_public *p, struct pubkey *ret, struct err *e);
/* The Name of an object whose nameAlg is d. E_CRYPTO. */
int
tpm_name(enum digest d, struct span tpmt, struct tpm_name *ret, struct err *e);

/* The digest that a TPM_ALG_ID names; E_FOREIGN. */
int tpm_digest(uint16_t alg, enum digest *ret, struct err *e);

#endif
