#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/aik/refusal.h"

#define STATEMENT_SOURCE "MS-WCCE 3.2.2.6.2.1.2.5.1; answer inferred"

/* clang-format off */
static const struct refusal rows[REFUSAL_COUNT] = {
#define X(id, name, answer, wanted, source) \
	[REFUSAL_##id] = { name, answer, wanted, source },
	REFUSAL_LIST(X)
#undef X
	[REFUSAL_AIK] = { "aik", HTTP_400(TEXT_EK), "a statement that holds", STATEMENT_SOURCE },
#define X(reason, name, wanted) \
	[REFUSAL_AIK + STATEMENT_##reason] = { name, HTTP_400(TEXT_EK), wanted, STATEMENT_SOURCE },
	STATEMENT_LIST(X)
#undef X
};
/* The one of a statement whose words were seen: of a P-256 AIK. */
static const struct refusal key_type = {
	"aik.key-type", HTTP_400(TEXT_OWN), "an RSA-2048 key", "seen, second hand: an agent's log",
};
/* clang-format on */

const struct refusal *
refusal_row(enum refusal_id id)
{
	return id == REFUSAL_AIK + STATEMENT_KEY_TYPE ? &key_type : &rows[id];
}

int
refuse(struct refused *r, enum refusal_id id, const char *fmt, ...)
{
	char text[ERR_MSG_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	r->id = id;
	return err_set(&r->e, E_REJECTED, "%s", text);
}

/* What only we can do something about is no refusal. */
int
refuse_as(struct refused *r, enum refusal_id id)
{
	r->id = r->e.code == E_NOMEM ? REFUSAL_INTERNAL : id;
	return -1;
}

const char *
refused_text(const struct refused *r)
{
	const struct refusal *row = refusal_row(r->id);
	const char *own = strstr(r->e.msg, ": ");

	if (row->text != NULL)
		return row->text;
	return own != NULL ? own + strlen(": ") : r->e.msg;
}
