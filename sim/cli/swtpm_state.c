#include <errno.h>

#include "sim/cli/home.h"
#include "sim/cli/swtpm_opts.h"
#include "sim/cli/swtpm_state.h"

/* --- to be served -----------------------------------------------------------
 */

int
swtpm_state_mint(const char *uri, const struct store_options *o,
    const struct mint_request *r, struct err *e)
{
	struct mint_request with_key = *r;
	struct store_options locked = *o;
	auto_store s = NULL;

	/* Two that find no device there must not both make one; and one that
	 * is damaged is one. */
	locked.locking = STORE_LOCK_NOW;
	locked.tolerant = false;
	with_key.store = &locked;
	if (!store_uri_is_file(uri))
		return home_mint(&with_key, store_uri_path(uri), e);
	return mint_check(r, e) != 0 ||
		       store_open_uri(uri,
			   r->replace ? STORE_REPLACE : STORE_OWN, &locked, &s,
			   e) != 0
		   ? -1
		   : home_mint_into(r, s, e);
}

static int
open_uri(const char *uri, const struct store_options *o, struct store **ret,
    struct err *e)
{
	const bool file = store_uri_is_file(uri);

	return store_open_uri(
	    uri, file ? STORE_OWN : STORE_EXISTING, o, ret, e);
}

/* One file has no room for what a device is compared by. */
static int
check(const char *uri, const struct store_options *o,
    const struct mint_request *r, struct err *e)
{
	struct mint_request with_key = *r;

	with_key.store = o;
	if (!store_uri_is_file(uri))
		return home_check(&with_key, store_uri_path(uri), e);
	err_set(e, E_USAGE,
	    "'%s' holds a TPM: device options do not apply to it any more",
	    store_uri_path(uri));
	return err_hint(e, "leave them out, or use another file");
}

int
swtpm_state_open(const char *uri, const struct store_options *o,
    const struct mint_request *r, struct store **ret, struct err *e)
{
	auto_store s = NULL;
	int rc;

	if (open_uri(uri, o, &s, e) != 0)
		return -1;
	if (r == NULL || (store_has_tpm(s) && !home_asks(r))) {
		*ret = TAKE(s);
		return 0;
	}
	rc = store_has_tpm(s);
	store_free(TAKE(s));
	rc = rc ? check(uri, o, r, e) : swtpm_state_mint(uri, o, r, e);
	return rc != 0 ? -1 : open_uri(uri, o, ret, e);
}

/* --- capabilities -----------------------------------------------------------
 */

int
swtpm_print_features(
    const char *type, const char *const features[], struct err *e)
{
	/* In swtpm's spacing: its tests, and others', compare text. */
	(void)printf("{ \"type\": \"%s\", \"features\": [", type);
	for (size_t i = 0; features[i] != NULL; i++)
		(void)printf("%s \"%s\"", i > 0 ? "," : "", features[i]);
	if (printf(" ], \"version\": \"%s\" }\n", SWTPM_LEVEL) < 0)
		return err_errno(e, "write to stdout");
	return 0;
}
