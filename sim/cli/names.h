/*
 * names.h - numbers of a TPM, in words.
 */
#ifndef SIM_CLI_NAMES_H
#define SIM_CLI_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "sim/aik/tpmread.h"

/* "sha256"; "0x0099" in buf for what is unknown. */
const char *name_of_hash(uint16_t alg, char buf[static 8]);
/* What is at an NV index: "EK RSA-2048 certificate", or who owns the range. */
const char *name_of_nv(uint32_t index);
/* "EK RSA-2048" for an index of an EK certificate, else NULL. */
const char *name_of_ek(uint32_t index);
/* Name of a bit of TPMA_NV as tpm2-tools writes it; NULL for a reserved one,
 * and for those of the type field (bits 4 to 7). */
const char *name_of_nv_bit(unsigned bit);
/* TPM_NT of the attributes: "counter" ..., NULL for an ordinary index. */
const char *name_of_nv_type(uint32_t attributes);

/* "INTC", of a vendor id. */
void text_of_manufacturer(uint32_t id, char out[static 5]);
/* "600.18.27.2176". */
void text_of_firmware(const struct tpm_info *i, char out[static 32]);
/* "2019-12-18", of TPM_PT_YEAR and TPM_PT_DAY_OF_YEAR. */
void text_of_spec_date(const struct tpm_info *i, char out[static 16]);

#endif
