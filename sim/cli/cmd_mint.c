#include "sim/base/file.h"
#include "sim/cli/home.h"
#include "sim/cli/out.h"

#include <stdlib.h>

int
cmd_mint(const struct args *a, struct err *e)
{
	json_auto_t *device = NULL;
	auto_free char *path = NULL;

	if (a->state == NULL) {
		err_set(e, E_USAGE, "mint needs --state DIR");
		return err_hint(e, "odcasim mint --state ./tpm");
	}
	if (mint_check(&a->device, e) != 0 ||
	    mint_device(&a->device, a->state, e) != 0 ||
	    home_put_root(a->device.pki, a->state, e) != 0 ||
	    home_descriptor(a->state, &device, e) != 0)
		return -1;
	if ((path = realpath(a->state, NULL)) == NULL)
		return err_errno(e, "resolve '%s'", a->state);
	if (json_object_set_new(device, "state", json_string(path)) != 0)
		return err_set(e, E_NOMEM, "describe the device");
	return out_json(device, e);
}
