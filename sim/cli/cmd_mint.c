#include "sim/cli/home.h"

int
cmd_mint(const struct args *a, struct err *e)
{
	if (a->state == NULL) {
		err_set(e, E_USAGE, "mint needs --state DIR");
		return err_hint(e, "odcasim mint --state ./tpm");
	}
	if (home_mint(&a->device, a->state, e) != 0)
		return -1;
	return home_print(a->state, e);
}
