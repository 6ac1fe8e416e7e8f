#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/trigger.h"

/* --- dice ------------------------------------------------------------------
 */

/* FNV-1a, so that near seeds are far apart. */
void
dice_seed(struct dice *d, const char *text)
{
	d->state = 0xcbf29ce484222325u;
	for (; *text != '\0'; text++)
		d->state = (d->state ^ (uint8_t)*text) * 0x100000001b3u;
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t
dice_next(struct dice *d)
{
	uint64_t z = d->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* --- words ----------------------------------------------------------------
 */

static int
parse_number(const char *text, size_t n, const char *what, unsigned most,
    unsigned *ret, struct err *e)
{
	char *end;
	const unsigned long value = strtoul(text, &end, 10);

	if (n == 0 || !isdigit((unsigned char)text[0]) || end != text + n ||
	    value < 1 || value > most)
		return err_set(e, E_USAGE,
		    "%s=%.*s: want a number from 1 to %u", what, (int)n, text,
		    most);
	*ret = (unsigned)value;
	return 0;
}

static int
parse_name(const char *text, size_t n, const char *what,
    char out[static MAX_FAULT_NAME], struct err *e)
{
	if (n == 0 || n >= MAX_FAULT_NAME)
		return err_set(e, E_USAGE, "%s '%.*s': want 1 to %d characters",
		    what, (int)n, text, MAX_FAULT_NAME - 1);
	memcpy(out, text, n);
	out[n] = '\0';
	return 0;
}

static bool
is_key(const char *word, size_t n, const char *key)
{
	return n == strlen(key) && strncmp(word, key, n) == 0;
}

/* "key=value" behind the first comma. */
static int
parse_condition(const char *word, size_t n, struct trigger *t, struct err *e)
{
	const char *equals = memchr(word, '=', n);
	const size_t key = equals != NULL ? (size_t)(equals - word) : n;
	const char *value = equals != NULL ? equals + 1 : word + n;
	size_t rest = (size_t)(word + n - value);

	t->conditional = true;
	if (is_key(word, key, "on"))
		return parse_name(value, rest, "on", t->on, e);
	if (is_key(word, key, "after"))
		return parse_number(
		    value, rest, "after", MAX_FAULT_ARG, &t->after, e);
	if (is_key(word, key, "count"))
		return parse_number(
		    value, rest, "count", MAX_FAULT_ARG, &t->count, e);
	if (!is_key(word, key, "prob"))
		return err_set(e, E_USAGE,
		    "'%.*s': want on=, prob=, after= or count=", (int)n, word);
	if (rest > 1 && value[rest - 1] == '%')
		return parse_number(
		    value, rest - 1, "prob", 100, &t->percent, e);
	return err_set(
	    e, E_USAGE, "prob=%.*s: want 1%% to 100%%", (int)rest, value);
}

static int
parse_head(const char *text, size_t n, struct trigger *t, struct err *e)
{
	const char *equals = memchr(text, '=', n);
	const size_t name = equals != NULL ? (size_t)(equals - text) : n;

	if (parse_name(text, name, "fault", t->name, e) != 0)
		return -1;
	if (equals == NULL)
		return 0;
	t->has_arg = true;
	return parse_number(
	    equals + 1, n - name - 1, t->name, MAX_FAULT_ARG, &t->arg, e);
}

int
trigger_parse(const char *text, struct trigger *ret, struct err *e)
{
	struct trigger t = { .percent = 100 };
	size_t n = strcspn(text, ",");
	int rc = parse_head(text, n, &t, e);

	for (const char *at = text + n; rc == 0 && *at == ','; at += n) {
		n = strcspn(++at, ",");
		rc = parse_condition(at, n, &t, e);
	}
	if (rc != 0)
		return err_wrap(e, "fault '%s'", text);
	*ret = t;
	return 0;
}

/* --- occasions ------------------------------------------------------------
 */

bool
trigger_pull(struct trigger *t, struct dice *d)
{
	if (t->seen < t->after) {
		t->seen++;
		return false;
	}
	if (t->count != 0 && t->done == t->count)
		return false;
	if (trigger_rolls(t) && dice_next(d) % 100 >= t->percent)
		return false;
	t->done++;
	return true;
}
