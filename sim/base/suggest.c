#include <string.h>

#include "sim/base/suggest.h"

#define MAX_WORD 32
#define MAX_LIST 2048

/* Edit distance (insert, delete, replace); MAX_WORD for long words. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[MAX_WORD + 1], diagonal, above;
	size_t n = strlen(a), m = strlen(b);

	if (n > MAX_WORD || m > MAX_WORD)
		return MAX_WORD;
	for (size_t j = 0; j <= m; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		diagonal = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			above = row[j];
			row[j] = diagonal + (a[i - 1] != b[j - 1]);
			if (above + 1 < row[j])
				row[j] = above + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			diagonal = above;
		}
	}
	return row[m];
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
	unsigned d = distance(s->word, candidate);

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
