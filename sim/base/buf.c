#include <stdlib.h>
#include <string.h>

#include "sim/base/buf.h"

struct span
span_str(const char *s)
{
	return (struct span){ (const uint8_t *)s, strlen(s) };
}

bool
span_eq(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Big-endian integer of n <= 8 bytes. */
static int
get_be(struct span *s, size_t n, uint64_t *ret)
{
	uint64_t v = 0;

	if (s->n < n)
		return -1;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | s->p[i];
	s->p += n;
	s->n -= n;
	*ret = v;
	return 0;
}

#define SPAN_GETTER(name, type)                                                \
	int name(struct span *s, type *ret)                                    \
	{                                                                      \
		uint64_t v;                                                    \
                                                                               \
		if (get_be(s, sizeof(type), &v))                               \
			return -1;                                             \
		*ret = (type)v;                                                \
		return 0;                                                      \
	}
SPAN_GETTER(span_get_u8, uint8_t)
SPAN_GETTER(span_get_u16, uint16_t)
SPAN_GETTER(span_get_u32, uint32_t)
SPAN_GETTER(span_get_u64, uint64_t)

int
span_get_le32(struct span *s, uint32_t *ret)
{
	uint32_t v;

	if (span_get_u32(s, &v))
		return -1;
	*ret = __builtin_bswap32(v);
	return 0;
}

int
span_get(struct span *s, size_t n, struct span *ret)
{
	struct span piece = { s->p, n };

	if (s->n < n)
		return -1;
	s->n -= n;
	/* An empty span may have a NULL pointer, to which nothing is added. */
	if (n > 0)
		s->p += n;
	*ret = piece; /* last: ret may be s itself */
	return 0;
}

int
span_skip(struct span *s, size_t n)
{
	struct span gone;

	return span_get(s, n, &gone);
}

uint32_t
span_peek_u32(struct span s, size_t at)
{
	uint32_t v = 0;

	if (span_skip(&s, at) == 0)
		(void)span_get_u32(&s, &v);
	return v;
}

int
span_get_2b(struct span *s, struct span *ret)
{
	struct span t = *s, got;
	uint16_t n;

	if (span_get_u16(&t, &n) || span_get(&t, n, &got))
		return -1;
	*s = t;
	*ret = got; /* last: ret may be s itself */
	return 0;
}

void
buf_init(struct buf *b, size_t cap)
{
	*b = (struct buf){ .cap = cap };
}

void
buf_free(struct buf *b)
{
	if (b->p != NULL)
		explicit_bzero(b->p, b->alloc);
	free(b->p);
	buf_init(b, b->cap);
}

struct span
buf_span(const struct buf *b)
{
	return (struct span){ b->p, b->n };
}

void
buf_reset(struct buf *b)
{
	b->n = 0;
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	b->n -= n;
	memmove(b->p, b->p + n, b->n);
}

/* Not realloc(): it may leave a copy of a secret behind in freed memory. */
static int
buf_grow(struct buf *b, size_t want)
{
	size_t alloc = b->alloc < 64 ? 64 : b->alloc;
	uint8_t *p;

	while (alloc < want)
		alloc *= 2;
	if (alloc > b->cap)
		alloc = b->cap;
	if ((p = malloc(alloc)) == NULL)
		return -1;
	if (b->p != NULL) {
		memcpy(p, b->p, b->n);
		explicit_bzero(b->p, b->alloc);
		free(b->p);
	}
	b->p = p;
	b->alloc = alloc;
	return 0;
}

uint8_t *
buf_room(struct buf *b, size_t n)
{
	if (n > b->cap - b->n)
		return NULL;
	if ((b->n + n > b->alloc || b->p == NULL) && buf_grow(b, b->n + n) != 0)
		return NULL;
	b->n += n;
	return b->p + b->n - n;
}

int
buf_put(struct buf *b, struct span s)
{
	uint8_t *at;

	if (s.n == 0)
		return 0;
	if ((at = buf_room(b, s.n)) == NULL)
		return -1;
	memcpy(at, s.p, s.n);
	return 0;
}

static void
put_be(uint8_t *at, size_t n, uint64_t v)
{
	while (n-- > 0) {
		at[n] = (uint8_t)v;
		v >>= 8;
	}
}

static int
buf_put_be(struct buf *b, size_t n, uint64_t v)
{
	uint8_t *at = buf_room(b, n);

	if (at == NULL)
		return -1;
	put_be(at, n, v);
	return 0;
}

int
buf_put_u8(struct buf *b, uint8_t v)
{
	return buf_put_be(b, 1, v);
}

int
buf_put_u16(struct buf *b, uint16_t v)
{
	return buf_put_be(b, 2, v);
}

int
buf_put_u32(struct buf *b, uint32_t v)
{
	return buf_put_be(b, 4, v);
}

int
buf_put_u64(struct buf *b, uint64_t v)
{
	return buf_put_be(b, 8, v);
}

int
buf_put_le32(struct buf *b, uint32_t v)
{
	return buf_put_be(b, 4, __builtin_bswap32(v));
}

int
buf_put_2b(struct buf *b, struct span s)
{
	if (s.n > UINT16_MAX || b->cap - b->n < s.n + 2)
		return -1;
	return buf_put_u16(b, (uint16_t)s.n) || buf_put(b, s) ? -1 : 0;
}

void
buf_set_u16(struct buf *b, size_t at, uint16_t v)
{
	put_be(b->p + at, 2, v);
}

void
buf_set_u32(struct buf *b, size_t at, uint32_t v)
{
	put_be(b->p + at, 4, v);
}

void
hex_encode(struct span s, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < s.n; i++) {
		*out++ = digits[s.p[i] >> 4];
		*out++ = digits[s.p[i] & 15];
	}
	*out = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hex_decode(const char *hex, struct buf *b)
{
	int high, low;

	for (; *hex != '\0'; hex += 2) {
		if ((high = hex_digit(hex[0])) < 0 ||
		    (low = hex_digit(hex[1])) < 0)
			return -1;
		if (buf_put_u8(b, (uint8_t)(high << 4 | low)))
			return -1;
	}
	return 0;
}
