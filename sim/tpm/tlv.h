/*
 * tlv.h - what a state's container consists of: u16 tag, u32 length, and so
 * many octets, big endian (PROTOCOL.state).
 */
#ifndef SIM_TPM_TLV_H
#define SIM_TPM_TLV_H

#include "sim/base/buf.h"
#include "sim/base/err.h"

#define TLV_HEADER_SIZE 6

/* swtpm's (its tlv.h), and two of ours, which it does not know. */
enum tlv_tag {
	TLV_DATA = 1,
	TLV_ENCRYPTED_DATA = 2,
	TLV_HMAC = 3,
	TLV_MIGRATION_DATA = 4,
	TLV_ENCRYPTED_MIGRATION_DATA = 5,
	TLV_IVEC_DATA = 6,
	TLV_IVEC_MIGRATION_DATA = 7,
	TLV_SEALED_DATA = 0xdc01,
	TLV_SEALED_MIGRATION_DATA = 0xdc02,
};

/* Append the header of a TLV of n octets, or all of one. */
int tlv_header(struct buf *out, enum tlv_tag tag, size_t n);
int tlv_put(struct buf *out, enum tlv_tag tag, struct span value);
/* The first one with that tag; ret, which borrows, may be &in. E_SHORT when one
 * is longer than what is there, E_FORMAT when there is none. */
int tlv_find(struct span in, enum tlv_tag tag, struct span *ret, struct err *e);

#endif
