/*
 * issue.h - certificates, encoded to the byte as the real On-Die CA does.
 */
#ifndef ODCA_ISSUE_H
#define ODCA_ISSUE_H

#include "odca/device.h"
#include "odca/pki.h"

/* Of the on-die era: the three device-unique CA certificates, each appended to
 * its buf. The ROM CA is signed by the batch's issuing CA, whose key comes from
 * p. */
int issue_device_chain(const struct device *d, const struct pki *p,
    struct buf *ret_rom, struct buf *ret_kernel, struct buf *ret_ptt,
    struct err *e);

/* The EK certificate for a public key that TPM2_CreatePrimary returned, signed
 * by the PTT CA; in the EPID era by the batch's issuing CA, as Intel's servers
 * do it. */
int issue_ek(const struct device *d, const struct pki *p,
    const struct pubkey *ek, struct buf *ret, struct err *e);
/* Whether parts of this kind have a certificate for such an EK. */
bool issue_has_ek(const struct device *d, enum key_alg alg);

#endif
