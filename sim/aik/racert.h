/*
 * racert.h - the service's two certificates as a client judges them, without
 * a chain: for whom requests are encrypted, and who signs replies.
 *
 * As strict as the client that was measured; that the AIK CA issued them, and
 * that they are valid now, is verify.h's.
 */
#ifndef SIM_AIK_RACERT_H
#define SIM_AIK_RACERT_H

#include "odca/cms.h"

#define RA_SIGNING_NAME    "RA Signing Certificate"
#define RA_ENCRYPTION_NAME "RA Encryption Certificate"
/* Where the service publishes its CAs, of the region that clients insist on. */
#define RA_AIA_PREFIX "http://azcsprodwusaikpublish.blob.core.windows.net"

/*
 * 0 when der is an RA Signing certificate: version 3, sha256WithRSAEncryption,
 * an RSA key, CN, and exactly five extensions in the order KU (critical,
 * digitalSignature), BC (critical, empty), AKI and SKI of 20 octets, AIA
 * whose first entry is a caIssuers that begins with aia_prefix and which has no
 * OCSP. E_REJECTED, or cert_parse()'s errors.
 */
int ra_signing_check(struct span der, const char *aia_prefix, struct err *e);

/* The first certificate of a chain with the CN of an RA Encryption certificate
 * and an RSA key. E_NOTFOUND. */
int ra_encryption_find(
    const struct cms_signed *chain, struct span *ret, struct err *e);

#endif
