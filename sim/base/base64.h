/*
 * base64.h - bytes as text, RFC 4648.
 */
#ifndef SIM_BASE_BASE64_H
#define SIM_BASE_BASE64_H

#include "sim/base/buf.h"

enum base64 {
	BASE64_PLAIN, /* clause 4; read over blanks and ends of lines */
	BASE64_URL,   /* clause 5; read without padding, too */
};

/* Append s as text, with padding and without ends of lines. -1 when there is no
 * room. */
int base64_encode(enum base64 kind, struct span s, struct buf *out);
/* Append the bytes of text. -1 when it is none, or there is no room; what was
 * read until then stays. */
int base64_decode(enum base64 kind, struct span text, struct buf *out);

#endif
