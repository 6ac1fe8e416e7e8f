#include "sim/cli/home.h"
#include "sim/tpm/update.h"

int
cmd_update_firmware(const struct args *a, struct err *e)
{
	const struct update_request r = { a->state, a->device.pki,
		a->device.svn };

	if (r.dir == NULL || r.svn == 0) {
		err_set(e, E_USAGE,
		    "update-firmware needs --state DIR and "
		    "--svn N");
		return err_hint(
		    e, "odcasim update-firmware --state ./tpm --svn 2");
	}
	if (home_check_root(r.pki, r.dir, e) != 0 ||
	    update_firmware(&r, e) != 0)
		return -1;
	return home_print(r.dir, e);
}
