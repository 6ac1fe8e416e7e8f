#include "sim/tpm/statekey.h"

static int
refuse(const char *mode, struct err *e)
{
	err_set(e, E_USAGE, "a state with a key (%s) is not supported", mode);
	return err_hint(e, "leave the key out; the state's files have mode "
			   "0600");
}

int
state_key_from_key(struct span text, const char *format, const char *mode,
    struct state_key **ret, struct err *e)
{
	return refuse(mode, e);
}

int
state_key_from_password(struct span password, const char *kdf, const char *mode,
    struct state_key **ret, struct err *e)
{
	return refuse(mode, e);
}

void
state_key_free(struct state_key *k)
{
}
