#include <ctype.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "odca/fault.h"
#include "sim/base/suggest.h"

static int
unknown_fault(const char *name, struct err *e)
{
	AUTO(suggest_done) struct suggest s = { .word = NULL };
	const char *best;
	size_t n = 0;

	suggest_init(&s, name);
	for (const struct fault *f = odca_faults; f->name != NULL; f++, n++)
		suggest_offer(&s, f->name);
	best = suggest_best(&s);
	err_set(e, E_USAGE, "unknown fault '%s'%s%s%s", name,
	    best ? "; did you mean '" : "", best ? best : "", best ? "'?" : "");
	return err_hint(e, "'odcasim faults' lists all %zu", n);
}

const struct fault *
fault_require(const char *name, struct err *e)
{
	for (const struct fault *f = odca_faults; f->name != NULL; f++)
		if (strcmp(f->name, name) == 0)
			return f;
	(void)unknown_fault(name, e);
	return NULL;
}

static int
parse_arg(
    const struct fault *fault, const char *text, int64_t *ret, struct err *e)
{
	char *end;

	if (fault->arg == 0)
		return err_set(
		    e, E_USAGE, "fault '%s' takes no argument", fault->name);
	*ret = strtoll(text, &end, 10);
	if (!isdigit((unsigned char)text[0]) || *end != '\0' || *ret < 1 ||
	    *ret > MAX_FAULT_ARG)
		return err_set(e, E_USAGE,
		    "fault '%s=%s': want a number from 1 to %d", fault->name,
		    text, MAX_FAULT_ARG);
	return 0;
}

/* The second time would undo the first: a bit flipped back. There is one chain,
 * and of each list the newest counts: two faults of these would hide each
 * other. */
static int
check_not_armed(
    const struct faults *f, const struct fault *fault, struct err *e)
{
	const bool alone = fault->hook == HOOK_CHAIN || fault->hook == HOOK_CRL;

	for (size_t i = 0; i < f->n; i++) {
		const struct fault *other = f->armed[i].fault;

		if (other == fault)
			return err_set(
			    e, E_USAGE, "fault '%s' twice", fault->name);
		if (alone && other->hook == fault->hook)
			return err_set(e, E_USAGE,
			    "faults '%s' and '%s' exclude each other",
			    other->name, fault->name);
	}
	return 0;
}

int
fault_arm(struct faults *f, const char *text, struct err *e)
{
	const size_t n = strcspn(text, "=");
	char name[MAX_FAULT_NAME];
	const struct fault *fault;
	int64_t arg;

	(void)snprintf(name, sizeof(name), "%.*s", (int)n, text);
	if ((fault = fault_require(name, e)) == NULL ||
	    check_not_armed(f, fault, e) != 0)
		return -1;
	if (f->n == MAX_FAULTS)
		return err_set(e, E_LIMIT, "more than %d faults", MAX_FAULTS);
	arg = fault->arg;
	if (text[n] == '=' && parse_arg(fault, text + n + 1, &arg, e) != 0)
		return -1;
	f->armed[f->n].fault = fault;
	f->armed[f->n].arg = arg;
	f->n++;
	return 0;
}

int
fault_at(const struct faults *f, enum hook hook, const char *target,
    void *object, struct err *e)
{
	for (size_t i = 0; f != NULL && i < f->n; i++) {
		const struct fault *one = f->armed[i].fault;

		if (one->hook != hook || fnmatch(one->target, target, 0) != 0)
			continue;
		if (one->act(one, object, f->armed[i].arg, e) != 0)
			return err_wrap(e, "fault '%s'", one->name);
	}
	return 0;
}
