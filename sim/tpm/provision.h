/*
 * provision.h - what the factory does with a TPM that was just manufactured:
 * PCR banks, lockout values, endorsement keys, certificates in NV; and which of
 * it a firmware update does again.  In the EPID era the certificates are made,
 * but do not go to NV, and an update makes none.
 *
 * Only the process that mints or updates calls this.
 */
#ifndef SIM_TPM_PROVISION_H
#define SIM_TPM_PROVISION_H

#include "odca/cert.h"
#include "odca/device.h"
#include "odca/pki.h"
#include "sim/tpm/store.h"

#define MAX_EKS 3

struct provisioned {
	struct {
		uint32_t index;
		const char *name; /* "rsa2048" */
		struct buf certificate;
		bool left_out; /* of NV, by a fault */
	} ek[MAX_EKS];
	size_t n_eks;
	bool in_nv; /* not in the EPID era: NV has no certificate then */
	struct buf rom, chain;  /* DER; chain is ROM | Kernel | PTT */
	uint32_t chain_indices; /* from NV_CHAIN_FIRST on */
};

/* Bits of a set of PCR banks, in the order of pcr_bank_names. */
#define PCR_BANK_SHA256 (1u << 1)
extern const char *const pcr_bank_names[];
/* "sha256,sha384" to bits; E_USAGE names a word that is no bank. */
int pcr_banks_parse(const char *list, unsigned *ret, struct err *e);
/* Allocate other banks on a TPM that is on and not started. */
int provision_banks(unsigned pcr_banks, struct err *e);

/* pki_open() with another host in the URLs, unless that is NULL. */
int provision_pki(
    const char *dir, const char *host, struct pki **ret, struct err *e);
/*
 * The TPM of s, which is borrowed for good, is on after this; it has been
 * manufactured as d's when s had none. What it writes stays in memory, for
 * store_commit(). E_FORMAT for a damaged state. Before threads are made;
 * engine_power_off() ends it.
 */
int provision_power_on(const struct device *d, struct store *s, struct err *e);

/*
 * Do all of it, from TPM2_Startup to TPM2_Shutdown. On failure the TPM is to be
 * thrown away. provisioned_done() in either case.
 */
int provision_device(const struct device *d, const struct pki *p,
    unsigned pcr_banks, struct provisioned *ret, struct err *e);
/*
 * Replace the certificates of a TPM that was provisioned by those that d and p
 * issue now, and touch nothing else. The EKs stay, and so does the ROM CA
 * certificate: E_FOREIGN when p would issue another one. As above otherwise.
 */
int provision_update(const struct device *d, const struct pki *p,
    struct provisioned *ret, struct err *e);
void provisioned_done(struct provisioned *p);

#endif
