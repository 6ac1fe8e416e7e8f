#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "sim/cli/opt.h"
#include "sim/cli/when.h"

/* "Z" or "+01:00" after a time. */
static bool
parse_zone(const char *text, long *ret_seconds)
{
	struct tm tm = { .tm_isdst = 0 };
	const char *rest = NULL;

	*ret_seconds = 0;
	if (strcmp(text, "Z") == 0 || strcmp(text, "z") == 0)
		return true;
	if (text[0] == '+' || text[0] == '-')
		rest = strptime(text + 1, "%H:%M", &tm);
	if (rest == NULL || *rest != '\0')
		return false;
	*ret_seconds = tm.tm_hour * 3600L + tm.tm_min * 60L;
	if (text[0] == '-')
		*ret_seconds = -*ret_seconds;
	return true;
}

int
when_parse(const char *text, const char *what, time_t *ret, struct err *e)
{
	struct tm tm = { .tm_isdst = 0 };
	const char *rest;
	long zone = 0;
	unsigned seconds;
	int day;

	if (strspn(text, "0123456789") == strlen(text)) {
		if (opt_number(text, 0, UINT32_MAX, what, &seconds, e) != 0)
			return -1;
		*ret = (time_t)seconds;
		return 0;
	}
	if ((rest = strptime(text, "%Y-%m-%d", &tm)) != NULL && *rest != '\0') {
		rest = strptime(rest + 1, "%H:%M:%S", &tm);
		if (rest == NULL || (text[10] != 'T' && text[10] != ' ') ||
		    !parse_zone(rest, &zone))
			rest = NULL;
	}
	if (rest == NULL) {
		err_set(e, E_USAGE, "%s '%s' is no time", what, text);
		return err_hint(e,
		    "2030-01-31, 2030-01-31T12:00:00Z or seconds since "
		    "1970");
	}
	/* Day 30 of February is 2 March to timegm(). */
	day = tm.tm_mday;
	*ret = timegm(&tm) - zone;
	if (tm.tm_mday != day)
		return err_set(e, E_USAGE, "%s '%s' is no date", what, text);
	return 0;
}
