#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/err.h"

static const struct {
	const char *text;
	unsigned tpm_rc;
} err_map[E_COUNT] = {
#define X(name, rc, t) [E_##name] = { .text = t, .tpm_rc = rc },
	ERR_LIST(X)
#undef X
};

void
err_do_set(struct err *e, enum err_code code, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return;
	e->code = code;
	e->hint[0] = '\0';
	va_start(ap, fmt);
	(void)vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
}

void
err_do_errno(struct err *e, const char *fmt, ...)
{
	int saved = errno;
	size_t n;
	va_list ap;

	if (e == NULL)
		return;
	e->code = saved == ENOMEM ? E_NOMEM : E_IO;
	e->hint[0] = '\0';
	va_start(ap, fmt);
	(void)vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	(void)snprintf(e->msg + n, sizeof(e->msg) - n, ": %s", strerror(saved));
	errno = saved;
}

void
err_do_wrap(struct err *e, const char *fmt, ...)
{
	char inner[ERR_MSG_SIZE];
	size_t n;
	va_list ap;

	if (e == NULL)
		return;
	memcpy(inner, e->msg, sizeof(inner));
	va_start(ap, fmt);
	(void)vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	va_end(ap);
	n = strlen(e->msg);
	(void)snprintf(e->msg + n, sizeof(e->msg) - n, ": %s", inner);
}

void
err_do_hint(struct err *e, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(e->hint, sizeof(e->hint), fmt, ap);
	va_end(ap);
}

void
err_clear(struct err *e)
{
	e->code = E_OK;
	e->msg[0] = '\0';
	e->hint[0] = '\0';
}

const char *
err_text(enum err_code code)
{
	if ((unsigned)code >= E_COUNT)
		return "unknown error";
	return err_map[code].text;
}

unsigned
err_tpm_rc(enum err_code code)
{
	if ((unsigned)code >= E_COUNT)
		return err_map[E_STATE].tpm_rc;
	return err_map[code].tpm_rc;
}
