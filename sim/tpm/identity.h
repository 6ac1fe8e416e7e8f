/*
 * identity.h - the fixed properties by which software knows an Intel PTT.
 *
 * The family follows from the firmware version in the TPM's permanent state,
 * which is also what TPM2_Quote attests: so property, attestation and the EK
 * certificate's SAN cannot disagree, and a state that swtpm served in between
 * is the same device.  A firmware version that is none of ours (a TPM that
 * swtpm made) keeps libtpms' properties.
 */
#ifndef SIM_TPM_IDENTITY_H
#define SIM_TPM_IDENTITY_H

#include <stdint.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"

/* TPML_TAGGED_TPM_PROPERTY as libtpms has it in memory. */
struct tpm_properties {
	uint32_t count;
	struct {
		uint32_t property;
		uint32_t value;
	} list[127];
};

/* Overwrite what differs on the family that the firmware version is of. */
void identity_apply(
    uint32_t firmware1, uint32_t firmware2, struct tpm_properties *p);

/* The same in TPMLIB_GetInfo()'s JSON, which vTPM tools put into certificates:
 * tpmManufacturer, tpmModel and tpmVersion are those of the EK certificate's
 * SAN. What libtpms says is appended to out, changed or not; on error nothing
 * is. */
int identity_info(uint32_t firmware1, uint32_t firmware2, const char *libtpms,
    struct buf *out, struct err *e);

#endif
