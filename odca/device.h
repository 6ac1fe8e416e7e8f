/*
 * device.h - a device is a function of (fuses, family, firmware).
 *
 *   fuses -> HKDF-SHA384, one label a level -> ROM, Kernel and PTT CA keys,
 *   serial numbers, the TPM's manufacturing entropy, the NV write key.
 *
 * Only the short-lived minting process holds a struct device.
 */
#ifndef ODCA_DEVICE_H
#define ODCA_DEVICE_H

#include "odca/family.h"
#include "odca/fault.h"
#include "odca/key.h"
#include "sim/base/limits.h"

#define FUSES_SIZE        32
#define TPM_ENTROPY_SIZE  48 /* libtpms draws this once when it manufactures */
#define NV_WRITE_KEY_SIZE 48
#define SERIAL_SIZE       16
/* Of a part: its ROM CA's serial number and four octets more. */
#define HW_SERIAL_SIZE (SERIAL_SIZE + 4)

struct fuses {
	uint8_t b[FUSES_SIZE];
};

/* Any string gives the same fuses everywhere; never the empty one (E_USAGE). */
int fuses_from_seed(const char *seed, struct fuses *ret, struct err *e);
int fuses_random(struct fuses *ret, struct err *e);

struct device {
	const struct family *family;
	const struct batch *batch;
	unsigned svn; /* firmware's security version, 1..MAX_SVN */
	struct fuses fuses;
	struct key *rom, *kernel, *ptt;
	const struct faults *faults; /* armed when it is minted, or NULL */
};

/* Derive the keys. *d is caller's memory, device_done() wipes it. */
int device_init(struct device *d, const struct fuses *fuses,
    const struct family *f, const struct batch *b, unsigned svn, struct err *e);
void device_done(struct device *d);

/* What the TPM's manufacture gets as entropy: independent of svn and batch, so
 * that a firmware update keeps the TPM's keys. */
int device_tpm_entropy(const struct device *d,
    uint8_t out[static TPM_ENTROPY_SIZE], struct err *e);
/* For a key that no hierarchy knows: the deviation "cert.unknown-root". */
int device_unknown_secret(const struct device *d,
    uint8_t out[static P384_SECRET_SIZE], struct err *e);
/* HMAC key that authorises writing the certificate indices (see
 * sim/tpm/provision.c); independent of svn and batch. */
int device_nv_write_key(const struct device *d,
    uint8_t out[static NV_WRITE_KEY_SIZE], struct err *e);
/* n octets, MAX_SERIAL_SIZE at most, for the certificate called label
 * ("ek-rsa2048 svn 01" ...), first two bits 01 as on silicon. */
int device_serial(const struct device *d, const char *label, uint8_t *out,
    size_t n, struct err *e);
/* The number in a Meteor Lake ROM CA's hardwareModuleName; what its last four
 * octets mean is not known: they are the device's own here. */
int device_hw_serial(const struct device *d, struct span rom_serial,
    uint8_t out[static HW_SERIAL_SIZE], struct err *e);

#endif
