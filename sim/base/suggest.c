#include <string.h>

#include "sim/base/suggest.h"

#define MAX_WORD 32
#define MAX_LIST 2048

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours from a to b
 * (optimal string alignment), three rows at a time; MAX_WORD for long words. */
static size_t
distance(const char *a, const char *b)
{
	size_t rows[3][MAX_WORD + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > MAX_WORD || m > MAX_WORD)
		return MAX_WORD;
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *now = rows[i % 3];
		const size_t *up = rows[(i - 1) % 3];
		const size_t *up2 = rows[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			now[j] = least(least(up[j], now[j - 1]) + 1,
			    up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				now[j] = least(now[j], up2[j - 2] + 1);
		}
	}
	return rows[n % 3][m];
}

void
suggest_init(struct suggest *s, const char *word)
{
	*s = (struct suggest){ .word = word, .distance = MAX_WORD };
	buf_init(&s->all, MAX_LIST);
}

void
suggest_offer(struct suggest *s, const char *candidate)
{
	size_t d = distance(s->word, candidate);

	if (d < s->distance) {
		s->distance = d;
		s->best = candidate;
	}
	if (s->all.n > 0)
		(void)buf_put(&s->all, SPAN_STR(", "));
	(void)buf_put(&s->all, SPAN_STR(candidate));
}

const char *
suggest_best(const struct suggest *s)
{
	/* Two slips in a long word, one in a short one. */
	return s->distance <= 1 + strlen(s->word) / 4 ? s->best : NULL;
}

const char *
suggest_all(struct suggest *s)
{
	if (buf_put_u8(&s->all, 0))
		return "";
	s->all.n--;
	return (const char *)s->all.p;
}

void
suggest_done(struct suggest *s)
{
	buf_free(&s->all);
}
