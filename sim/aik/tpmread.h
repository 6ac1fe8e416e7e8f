/*
 * tpmread.h - what any TPM says of itself, through tpm2-tss: a served one, a
 * state directory through an in-process TCTI, or the PTT of this machine.
 * Reads only; needs no authorisation but the empty one.
 */
#ifndef SIM_AIK_TPMREAD_H
#define SIM_AIK_TPMREAD_H

#include <stdbool.h>
#include <stdint.h>
#include <tss2/tss2_tcti.h>

#include "odca/key.h"
#include "sim/base/buf.h"
#include "sim/base/err.h"
#include "sim/base/limits.h"

struct tpm_nv {
	uint32_t index;
	uint32_t attributes; /* TPMA_NV */
	uint16_t name_alg;   /* TPM_ALG_ID */
	uint16_t size;
	struct buf data; /* only of 0x01C00000..0x01C001FF, else empty */
};

struct tpm_info {
	char family[5]; /* "2.0" */
	uint32_t level, revision, day_of_year, year;
	uint32_t manufacturer;
	char vendor[17]; /* the four vendor strings joined */
	uint32_t firmware1, firmware2;
	uint32_t permanent;                /* TPMA_PERMANENT */
	uint16_t pcr_banks[MAX_PCR_BANKS]; /* allocated ones, TPM_ALG_ID */
	size_t n_pcr_banks;
	struct tpm_nv nv[MAX_NV_INDICES]; /* ascending */
	size_t n_nv;
};

/* Open a TCTI by configuration string, NULL for the default one. */
int tpmread_open(const char *conf, TSS2_TCTI_CONTEXT **ret, struct err *e);
void tpmread_close(TSS2_TCTI_CONTEXT **tcti);

/* Read everything above. A TPM that was not started is started
 * (TPM2_Startup(CLEAR)), as firmware does; *ret_started says so. */
int tpmread_info(TSS2_TCTI_CONTEXT *tcti, struct tpm_info *ret,
    bool *ret_started, struct err *e);
void tpm_info_done(struct tpm_info *i);
/* The EK that the TCG template of this EK certificate index makes (L-1, L-2,
 * H-3): E_STATE when the endorsement hierarchy has an authorisation. */
int tpmread_ek(TSS2_TCTI_CONTEXT *tcti, uint32_t cert_index, struct pubkey *ret,
    struct err *e);

/* Four characters, first one in the top octet; '?' for what is not printable,
 * which would reach terminals and JSON. No NUL is added. */
void tpm_word_text(uint32_t word, char out[static 4]);
/* 0x01C00100..0x01C001FF joined in ascending order, appended to out. */
int tpm_info_chain(const struct tpm_info *i, struct buf *out);

/* What an NV index has of a certificate. */
struct piece {
	uint32_t index;
	size_t offset, n;
};

/* Where n bytes at a place of what tpm_info_chain() gave stand: a long chain
 * goes on in the next index, in the middle of a certificate. Gives how many
 * pieces there are. */
size_t tpm_info_pieces(const struct tpm_info *i, size_t begin, size_t n,
    struct piece ret[static MAX_CERT_PIECES]);

#endif
