/*
 * ekop.h - Intel's service for EK certificates of the EPID era: how a key is
 * asked for, and what the answer looks like.
 *
 *   GET /ekcertservice/WVEG2rRwkQ7m3RpXlUphgo6Y2HLxl18h6ZZkkOAdnBE%3D
 *   {"pubhash":"WVEG...nBE%3D","certificate":"MIIEnDCC..."}
 *
 * Both values are base64 of RFC 4648 clause 5, whose padding is percent-encoded
 * as in the path. Text only: who asks and who answers is elsewhere.
 */
#ifndef SIM_AIK_EKOP_H
#define SIM_AIK_EKOP_H

#include "odca/key.h"

#define EKOP_PATH      "/ekcertservice/"
#define EKOP_TEXT_SIZE 47 /* of a hash, with its NUL */

/* What an EK is called there: SHA-256 of an RSA key's modulus and exponent, of
 * an EC key's x and y. */
int ekop_hash(
    const struct pubkey *ek, uint8_t ret[static SHA256_SIZE], struct err *e);
/* As it stands in a path: EKOP_PATH, then this. */
void ekop_hash_text(
    const uint8_t hash[static SHA256_SIZE], char out[static EKOP_TEXT_SIZE]);
/* Back from the last part of a path; its padding as it is written, decoded, or
 * missing. E_FORMAT. */
int ekop_hash_parse(
    struct span text, uint8_t ret[static SHA256_SIZE], struct err *e);

/* Append the answer for a certificate. To the byte as Intel's service writes
 * it: tpm2_getekcertificate counts on where its quotes are. */
int ekop_encode(const uint8_t hash[static SHA256_SIZE], struct span der,
    struct buf *out, struct err *e);
/* Read an answer, and append its certificate to der; E_FORMAT. Whether it is
 * one, and of the key that was asked for, is not judged here. */
int ekop_decode(struct span body, uint8_t ret_hash[static SHA256_SIZE],
    struct buf *der, struct err *e);

#endif
