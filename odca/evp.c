#include <openssl/err.h>

#include "odca/evp.h"

int
evp_fail(struct err *e, enum err_code code, const char *what)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return err_set(e, code, "%s%s%s", what, reason != NULL ? ": " : "",
	    reason != NULL ? reason : "");
}
