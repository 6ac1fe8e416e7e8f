#include <string.h>

#include "sim/base/limits.h"
#include "sim/tpm/child.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/record.h"
#include "sim/tpm/sandbox.h"
#include "sim/tpm/update.h"

/* --- the device as it is ------------------------------------------------- */

static int
open_device(
    const char *dir, struct store **ret, json_t **ret_device, struct err *e)
{
	auto_store s = NULL;

	if (store_open_dir(dir, STORE_EXISTING, &s, e) != 0)
		return -1;
	if (!store_has_tpm(s)) {
		err_set(e, E_NOTFOUND, "'%s' holds no TPM", dir);
		return err_hint(
		    e, "make one with 'odcasim mint --state %s'", dir);
	}
	if (!store_has_device(s)) {
		err_set(e, E_FOREIGN,
		    "'%s' holds a TPM that odcasim did not mint", dir);
		return err_hint(e, "it has no On-Die CA to update; 'odcasim "
				   "mint' makes a device that has");
	}
	if (record_parse(s, ret_device, e) != 0)
		return -1;
	*ret = TAKE(s);
	return 0;
}

/* What a fault made would be issued anew without it, or not at all. */
static int
check_faults(const json_t *device, const char *dir, struct err *e)
{
	if (json_array_size(json_object_get(device, "faults")) == 0)
		return 0;
	err_set(e, E_STATE, "'%s' holds a device with a fault", dir);
	return err_hint(e, "mint another one with --svn; nothing was changed");
}

static int
check_svn(const json_t *device, const char *dir, unsigned svn, struct err *e)
{
	json_int_t now = json_integer_value(json_object_get(device, "svn"));

	if (svn > now)
		return 0;
	if (svn == now) {
		err_set(e, E_STATE, "'%s' has SVN %u already", dir, svn);
		return err_hint(e, "an update has a greater one; nothing was "
				   "changed");
	}
	err_set(e, E_STATE, "'%s' has SVN %d: going back to %u is a rollback",
	    dir, (int)now, svn);
	return err_hint(e,
	    "anti-rollback fuses refuse it on silicon; mint "
	    "another device with --svn %u",
	    svn);
}

/* The device with the new firmware, from what the descriptor names and the
 * fuses. */
static int
derive(const struct store *s, const json_t *device, unsigned svn,
    struct device *ret, struct err *e)
{
	const struct family *f;
	const struct batch *b;
	struct fuses fuses;
	int rc;

	if (record_batch(device, &f, &b, e) != 0)
		return err_wrap(e, "state '%s'", store_path(s));
	if (gen_is_epid(b->gen)) {
		err_set(e, E_STATE,
		    "%s has no On-Die CA: its firmware's SVN "
		    "is in no certificate",
		    f->platform);
		return err_hint(e,
		    "Intel's servers certified the EKs of its era; "
		    "nothing was changed");
	}
	if (record_get_fuses(s, &fuses, e) != 0)
		return err_hint(e,
		    "the new keys follow from the fuses: without "
		    "them there is no update");
	rc = device_init(ret, &fuses, f, b, svn, e);
	explicit_bzero(&fuses, sizeof(fuses));
	return rc;
}

/* --- the update ---------------------------------------------------------- */

/* In memory; the permanent state is in *s afterwards. */
static int
restart(struct store *s, const struct device *d, const struct pki *pki,
    struct provisioned *ret, struct err *e)
{
	if (provision_power_on(d, s, e) != 0 ||
	    provision_update(d, pki, ret, e) != 0)
		return -1;
	engine_power_off();
	return 0;
}

/* As it was where nothing changed; members that are not ours stay. */
static int
describe(json_t *device, unsigned svn, const struct provisioned *p,
    struct buf *out, struct err *e)
{
	if (json_object_set_new(
		device, "program", json_string(RECORD_PROGRAM)) != 0 ||
	    json_object_set_new(device, "svn", json_integer(svn)) != 0)
		return err_set(e, E_NOMEM, "describe the device");
	return record_certificates(device, p, e) != 0 ||
		       record_text(device, out, e) != 0
		   ? -1
		   : 0;
}

static int
update_in_child(const void *arg, struct err *e)
{
	const struct update_request *r = arg;
	AUTO(device_done) struct device d = { .family = NULL };
	AUTO(provisioned_done) struct provisioned made = { .n_eks = 0 };
	auto_buf descriptor = BUF_INIT(MAX_SMALL_FILE);
	json_auto_t *device = NULL;
	const char *host;
	auto_store s = NULL;
	auto_pki pki = NULL;

	if (open_device(r->dir, &s, &device, e) != 0 ||
	    check_svn(device, r->dir, r->svn, e) != 0 ||
	    check_faults(device, r->dir, e) != 0)
		return -1;
	host = json_string_value(json_object_get(device, "pki_host"));
	if (sandbox_enter(SANDBOX_MINT, e) != 0 ||
	    derive(s, device, r->svn, &d, e) != 0 ||
	    provision_pki(r->pki, host, &pki, e) != 0)
		return -1;
	if (restart(s, &d, pki, &made, e) != 0 ||
	    describe(device, r->svn, &made, &descriptor, e) != 0)
		return -1;
	return store_commit(s, buf_span(&descriptor), e);
}

int
update_firmware(const struct update_request *r, struct err *e)
{
	return child_run(update_in_child, r, e) != 0
		   ? err_wrap(e, "update firmware")
		   : 0;
}
