#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "odca/cert.h"
#include "sim/base/clock.h"
#include "sim/cli/out.h"

int
out_json(const json_t *all, struct err *e)
{
	if (json_dumpf(all, stdout, JSON_INDENT(2)) != 0 ||
	    fputc('\n', stdout) == EOF || fflush(stdout) != 0)
		return err_errno(e, "write to stdout");
	return 0;
}

const char *
out_style(enum style s)
{
	static const char *const codes[] = {
		[STYLE_PLAIN] = "\033[0m",
		[STYLE_BOLD] = "\033[1m",
		[STYLE_DIM] = "\033[2m",
		[STYLE_GOOD] = "\033[32m",
		[STYLE_BAD] = "\033[31m",
	};
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (!isatty(STDOUT_FILENO) || (no != NULL && no[0] != '\0') ||
	    term == NULL || strcmp(term, "dumb") == 0)
		return "";
	return codes[s];
}

char *
out_hex(struct span s)
{
	char *text = malloc(2 * s.n + 1);

	if (text != NULL)
		hex_encode(s, text);
	return text;
}

json_t *
out_json_text(const char *text)
{
	return text != NULL && text[0] != '\0' ? json_string(text)
					       : json_null();
}

json_t *
out_json_number(json_int_t value, json_int_t none)
{
	return value != none ? json_integer(value) : json_null();
}

json_t *
out_json_hex(struct span s)
{
	auto_free char *hex = out_hex(s);

	return s.n > 0 && hex != NULL ? json_string(hex) : json_null();
}

json_t *
out_json_time(time_t t)
{
	char text[32];

	clock_text(t, text);
	return json_string(text);
}

json_t *
out_json_pem(struct span der)
{
	auto_buf pem = BUF_INIT(2 * MAX_CERT_SIZE);

	return cert_to_pem(der, &pem)
		   ? json_null()
		   : json_stringn((const char *)pem.p, pem.n);
}

/* --- the ready line ---------------------------------------------------------
 */

int
out_check_ready_fd(unsigned fd, struct err *e)
{
	return fd == 0 || fcntl((int)fd, F_GETFD) >= 0
		   ? 0
		   : err_set(e, E_USAGE,
			 "--ready-fd %u: no such descriptor is open", fd);
}

int
out_ready(const char *line, unsigned fd, struct err *e)
{
	if (puts(line) == EOF || fflush(stdout) != 0)
		return err_errno(e, "write to stdout");
	if (fd == 0 || fd == STDOUT_FILENO)
		return 0;
	if (dprintf((int)fd, "%s\n", line) < 0)
		return err_errno(e, "write to --ready-fd %u", fd);
	/* Who reads it sees the end, too. */
	if (fd != STDERR_FILENO)
		(void)close((int)fd);
	return 0;
}
