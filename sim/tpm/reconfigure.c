#include <string.h>

#include "sim/base/limits.h"
#include "sim/tpm/child.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/reconfigure.h"
#include "sim/tpm/record.h"
#include "sim/tpm/sandbox.h"

static int
open_tpm(const struct reconfigure_request *r, struct store **ret, struct err *e)
{
	auto_store s = NULL;

	if (store_open_uri(r->uri, STORE_EXISTING, r->store, &s, e) != 0)
		return -1;
	if (!store_has_tpm(s))
		return err_set(e, E_NOTFOUND, "'%s' holds no TPM", r->uri);
	*ret = TAKE(s);
	return 0;
}

/* Of a device of ours both files change as one; a TPM of swtpm's has no other
 * file, and is replaced whenever it writes its NV. */
static int
restart(struct store *s, unsigned banks, struct err *e)
{
	if (store_has_device(s))
		store_keep_in_memory(s);
	if (store_delete(s, "volatilestate", e) != 0 ||
	    store_delete(s, "savestate", e) != 0 || engine_init(s, e) != 0 ||
	    engine_power_on_or_end(e) != 0 || provision_banks(banks, e) != 0)
		return -1;
	engine_power_off();
	return 0;
}

static int
commit(struct store *s, unsigned banks, struct err *e)
{
	auto_buf text = BUF_INIT(MAX_SMALL_FILE);
	json_auto_t *device = NULL;

	if (record_parse(s, &device, e) != 0)
		return -1;
	if (json_object_set_new(device, "pcr_banks", record_banks(banks)) != 0)
		return err_set(e, E_NOMEM, "describe the device");
	return record_text(device, &text, e) != 0
		   ? -1
		   : store_commit(s, buf_span(&text), e);
}

static int
reconfigure_in_child(const void *arg, struct err *e)
{
	const struct reconfigure_request *r = arg;
	auto_store s = NULL;
	unsigned banks;

	if (pcr_banks_parse(r->pcr_banks, &banks, e) != 0 ||
	    open_tpm(r, &s, e) != 0 || sandbox_enter(SANDBOX_MINT, e) != 0 ||
	    restart(s, banks, e) != 0)
		return -1;
	return store_has_device(s) ? commit(s, banks, e) : 0;
}

int
reconfigure(const struct reconfigure_request *r, struct err *e)
{
	return child_run(reconfigure_in_child, r, e) != 0
		   ? err_wrap(e, "reconfigure")
		   : 0;
}
