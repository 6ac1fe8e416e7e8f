/*
 * der.h - the frame of DER: tag, length, content.
 *
 * libtasn1 (asn1.h) knows the types.  This knows only where an element begins
 * and ends, and holds lengths to X.690 10.1: definite, in the fewest octets.
 */
#ifndef ODCA_DER_H
#define ODCA_DER_H

#include "sim/base/buf.h"

enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_PRINTABLE_STRING = 0x13,
	DER_IA5_STRING = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_BMP_STRING = 0x1e,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31,
	DER_CONTEXT_0 = 0xa0,
	DER_DIRECTORY_NAME = 0xa4, /* of a GeneralName */
	DER_CONSTRUCTED = 0x20,    /* bit of the tag */
};

struct der {
	uint8_t tag; /* one octet; longer ones are refused */
	struct span content;
	struct span tlv; /* with tag and length */
};

/* Take the first element off s; -1 and nothing moved when there is none. */
int der_get(struct span *s, struct der *ret);
/* Append an element with content of less than 65536 octets; -1 when it does not
 * fit. */
int der_put(struct buf *out, uint8_t tag, struct span content);
/* Content of the one element that tlv is; an empty span when it is none. */
struct span der_content(struct span tlv);
/* True when s is elements from end to end, at every depth. */
bool der_is_strict(struct span s);

/* Length of the DER SEQUENCE that s begins with, header included; 0 when there
 * is none or s holds only a part of it (*ret_wanted then says how long it is,
 * 0 when unknown). */
size_t der_sequence_length(struct span s, size_t *ret_wanted);

#endif
