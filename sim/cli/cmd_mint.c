#include "sim/cli/home.h"
#include "sim/cli/register.h"

int
cmd_mint(const struct args *a, struct err *e)
{
	if (a->state == NULL) {
		err_set(e, E_USAGE, "mint needs --state DIR");
		return err_hint(e, "odcasim mint --state ./tpm");
	}
	if (register_check(a->ekop, e) != 0 ||
	    home_mint(&a->device, a->state, e) != 0)
		return -1;
	return register_eks(a->state, a->ekop, e) != 0
		   ? -1
		   : home_print(a->state, e);
}
