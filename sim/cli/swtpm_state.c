#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/auto.h"
#include "sim/cli/home.h"
#include "sim/cli/swtpm_opts.h"
#include "sim/cli/swtpm_state.h"

#define SCHEME_DIR  "dir://"
#define SCHEME_FILE "file://"

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

bool
swtpm_state_is_file(const char *uri)
{
	return begins(uri, SCHEME_FILE);
}

const char *
swtpm_state_path(const char *uri)
{
	if (begins(uri, SCHEME_DIR))
		return uri + strlen(SCHEME_DIR);
	return begins(uri, SCHEME_FILE) ? uri + strlen(SCHEME_FILE) : uri;
}

/* --- what is there ----------------------------------------------------------
 */

static const char *const kinds[] = { "permall", "volatilestate", "savestate" };

static int
need_directory(const char *dir, struct err *e)
{
	struct stat st;

	if (stat(dir, &st) != 0)
		return err_errno(e, "open directory '%s'", dir);
	return S_ISDIR(st.st_mode)
		   ? 0
		   : err_set(e, E_IO, "'%s' is no directory", dir);
}

/* By name only: a state that is damaged or encrypted is one, too. */
static int
find_in_directory(const char *dir, struct swtpm_states *ret, struct err *e)
{
	char file[32], path[MAX_PATH_LENGTH];
	struct stat st;

	if (need_directory(dir, e) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		(void)snprintf(file, sizeof(file), "tpm2-00.%s", kinds[i]);
		if (home_path(dir, file, path, e) != 0)
			return -1;
		if (stat(path, &st) != 0)
			continue;
		ret->found[ret->n].name = kinds[i];
		ret->found[ret->n++].size = (size_t)st.st_size;
	}
	return 0;
}

static int
find_in_file(const char *uri, struct swtpm_states *ret, struct err *e)
{
	auto_store s = NULL;
	struct stat st;
	size_t size;

	if (stat(swtpm_state_path(uri), &st) != 0)
		return errno == ENOENT
			   ? 0
			   : err_errno(e, "open '%s'", swtpm_state_path(uri));
	if (store_open_uri(uri, STORE_PEEK, NULL, &s, e) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (store_size(s, kinds[i], &size, NULL) != 0)
			continue;
		ret->found[ret->n].name = kinds[i];
		ret->found[ret->n++].size = size;
	}
	return 0;
}

int
swtpm_states_find(const char *uri, struct swtpm_states *ret, struct err *e)
{
	ret->n = 0;
	return swtpm_state_is_file(uri)
		   ? find_in_file(uri, ret, e)
		   : find_in_directory(swtpm_state_path(uri), ret, e);
}

/* --- to be served -----------------------------------------------------------
 */

int
swtpm_state_mint(const char *uri, const struct store_options *o,
    const struct mint_request *r, struct err *e)
{
	struct mint_request with_key = *r;
	auto_store s = NULL;

	with_key.store = o;
	if (!swtpm_state_is_file(uri))
		return home_mint(&with_key, swtpm_state_path(uri), e);
	return mint_check(r, e) != 0 ||
		       store_open_uri(uri, STORE_OWN, o, &s, e) != 0
		   ? -1
		   : home_mint_into(r, s, e);
}

static int
open_uri(const char *uri, const struct store_options *o, struct store **ret,
    struct err *e)
{
	const bool file = swtpm_state_is_file(uri);

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
	if (!swtpm_state_is_file(uri))
		return home_check(&with_key, swtpm_state_path(uri), e);
	err_set(e, E_USAGE,
	    "'%s' holds a TPM: device options do not apply to it any more",
	    swtpm_state_path(uri));
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
