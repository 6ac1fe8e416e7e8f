/*
 * issue.h - certificates, encoded to the byte as the real On-Die CA does.
 */
#ifndef ODCA_ISSUE_H
#define ODCA_ISSUE_H

#include "odca/device.h"
#include "odca/pki.h"

/* The three device-unique CA certificates, each appended to its buf. The ROM
 * CA is signed by the batch's issuing CA, whose key comes from p. */
int issue_device_chain(const struct device *d, const struct pki *p,
    struct buf *ret_rom, struct buf *ret_kernel, struct buf *ret_ptt,
    struct err *e);

/* The EK certificate for a public key that TPM2_CreatePrimary returned, signed
 * by the PTT CA. */
int issue_ek(const struct device *d, const struct pki *p,
    const struct pubkey *ek, struct buf *ret, struct err *e);

#endif
