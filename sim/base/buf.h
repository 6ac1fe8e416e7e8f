/*
 * buf.h - every byte that goes in or out.
 *
 * A span borrows bytes and is never freed; reading from it either succeeds and
 * advances, or fails and moves nothing.  A buf owns bytes, never grows beyond
 * the cap it was made with, and is wiped when it is freed.  Integers on the
 * wire are big endian, as TPM 2.0 marshals them.
 *
 * Failing puts chain with ||: `if (buf_put_u16(b, x) || buf_put(b, s)) ...`.
 */
#ifndef SIM_BASE_BUF_H
#define SIM_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/auto.h"

struct span {
	const uint8_t *p;
	size_t n;
};

struct buf {
	uint8_t *p;   /* NULL until something is put */
	size_t n;     /* bytes in use */
	size_t alloc; /* bytes allocated */
	size_t cap;   /* alloc never goes beyond */
};

/* A literal or array as span: SPAN_OF(array), SPAN_STR("text") without NUL. */
#define SPAN_OF(a)  ((struct span){ (const uint8_t *)(a), sizeof(a) })
#define SPAN_STR(s) span_str(s)
#define BUF_INIT(c)                                                            \
	{                                                                      \
		.cap = (c)                                                     \
	}

struct span span_str(const char *s);
bool span_eq(struct span a, struct span b);

/* Getters: 0 and *s moved on, or -1 and nothing moved. ret may be s itself:
 * then s is what was got. */
int span_get_u8(struct span *s, uint8_t *ret);
int span_get_u16(struct span *s, uint16_t *ret);
int span_get_u32(struct span *s, uint32_t *ret);
int span_get_u64(struct span *s, uint64_t *ret);
int span_get_le32(struct span *s, uint32_t *ret); /* Microsoft's */
int span_get(struct span *s, size_t n, struct span *ret);
int span_skip(struct span *s, size_t n);
/* The u32 at offset at; 0 where s ends before it does. */
uint32_t span_peek_u32(struct span s, size_t at);
/* TPM2B: u16 size, then that many bytes. */
int span_get_2b(struct span *s, struct span *ret);

void buf_init(struct buf *b, size_t cap);
/* Wipe and free; the buf can be used again with the same cap. */
void buf_free(struct buf *b);
struct span buf_span(const struct buf *b);
/* Forget the content, keep the memory. */
void buf_reset(struct buf *b);
/* Drop n <= b->n bytes from the front. */
void buf_drop(struct buf *b, size_t n);

/* Puts: 0, or -1 when the cap or the memory does not allow it. */
int buf_put(struct buf *b, struct span s);
int buf_put_u8(struct buf *b, uint8_t v);
int buf_put_u16(struct buf *b, uint16_t v);
int buf_put_u32(struct buf *b, uint32_t v);
int buf_put_u64(struct buf *b, uint64_t v);
int buf_put_le32(struct buf *b, uint32_t v);
int buf_put_2b(struct buf *b, struct span s);
/* n bytes of room at the end, counted as in use; NULL when not possible. */
uint8_t *buf_room(struct buf *b, size_t n);
/* Overwrite a u16/u32 that was put before, at offset at (a size field). */
void buf_set_u16(struct buf *b, size_t at, uint16_t v);
void buf_set_u32(struct buf *b, size_t at, uint32_t v);

/* Hex: out gets 2n characters and a NUL. */
void hex_encode(struct span s, char *out);
/* Upper or lower case digits, even count, appended to b; -1 otherwise. */
int hex_decode(const char *hex, struct buf *b);

static inline void
auto_buf_fn(struct buf *b)
{
	buf_free(b);
}

#define auto_buf AUTO(auto_buf_fn) struct buf

#endif
