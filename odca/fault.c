#include <fnmatch.h>
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

int
fault_arm(struct faults *f, const char *text, struct err *e)
{
	const char *equals = strchr(text, '=');
	char name[MAX_FAULT_NAME], *end;
	const struct fault *fault;
	int64_t arg;

	(void)snprintf(name, sizeof(name), "%.*s",
	    (int)(equals != NULL ? (size_t)(equals - text) : strlen(text)),
	    text);
	if ((fault = fault_require(name, e)) == NULL)
		return -1;
	if (f->n == MAX_FAULTS)
		return err_set(e, E_LIMIT, "more than %d faults", MAX_FAULTS);
	arg = fault->arg;
	if (equals != NULL) {
		arg = strtoll(equals + 1, &end, 0);
		if (fault->arg == 0 || equals[1] == '\0' || *end != '\0' ||
		    arg < 1 || arg > MAX_FAULT_ARG)
			return err_set(e, E_USAGE, "fault '%s': %s", text,
			    fault->arg == 0 ? "takes no argument"
					    : "want a number from 1 on");
	}
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
