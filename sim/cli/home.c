#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include "odca/cert.h"
#include "odca/device.h"
#include "odca/pki.h"
#include "sim/base/file.h"
#include "sim/cli/home.h"
#include "sim/tpm/child.h"
#include "sim/tpm/record.h"
#include "sim/tpm/store.h"

/* --- temporary directories ------------------------------------------------ */

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)remove(path);
	return 0;
}

/*
 * Wait for the end of everybody who writes to alive, then tidy up. Descriptors
 * 0 to 2 are what it needs, and no other: a reader of stdout or of --ready-fd
 * must not wait for this process.
 */
static void
janitor(const char *path, int alive, int gone)
{
	char byte;
	int null;

	/* Signals to the group are for the others. */
	(void)setsid();
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(alive, 0) < 0 || dup2(gone, 1) < 0 ||
	    dup2(null, 2) < 0 || close_range(3, ~0U, 0) != 0)
		_exit(1);
	(void)prctl(PR_SET_NAME, "odcasim-janitor");
	while (read(0, &byte, 1) < 0 && errno == EINTR)
		continue;
	(void)nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	_exit(0);
}

static int
start_janitor(struct home *h, struct err *e)
{
	int to[2], from[2];
	pid_t pid;

	if (pipe2(to, O_CLOEXEC) != 0)
		return err_errno(e, "pipe");
	auto_fd int their_alive = to[0];
	auto_fd int alive = to[1];

	if (pipe2(from, O_CLOEXEC) != 0)
		return err_errno(e, "pipe");
	auto_fd int gone = from[0];
	auto_fd int their_gone = from[1];

	if ((pid = fork()) < 0)
		return err_errno(e, "fork");
	if (pid == 0) {
		(void)close(alive);
		(void)close(gone);
		janitor(h->path, their_alive, their_gone);
	}
	h->alive = TAKE_FD(alive);
	h->gone = TAKE_FD(gone);
	return 0;
}

static int
make_temporary(struct home *h, struct err *e)
{
	const char *base = getenv("TMPDIR");

	if (base == NULL || base[0] == '\0')
		base = "/tmp";
	if (home_path(base, "odcasim-XXXXXX", h->path, e) != 0)
		return -1;
	if (mkdtemp(h->path) == NULL)
		return err_errno(e, "make a temporary directory in '%s'", base);
	if (start_janitor(h, e) == 0)
		return 0;
	(void)rmdir(h->path);
	return -1;
}

int
home_open(const char *state, struct home *ret, struct err *e)
{
	struct home h = HOME_INIT;

	if (state == NULL) {
		if (make_temporary(&h, e) != 0)
			return -1;
	} else if (snprintf(h.path, sizeof(h.path), "%s", state) >=
		   (int)sizeof(h.path)) {
		return err_set(e, E_LIMIT, "path of %zu bytes", strlen(state));
	}
	*ret = h;
	return 0;
}

void
home_close(struct home *h)
{
	char byte;

	if (h->alive < 0)
		return;
	(void)close(TAKE_FD(h->alive));
	/* End of file: the janitor has done its work. */
	while (h->gone >= 0 && read(h->gone, &byte, 1) < 0 && errno == EINTR)
		continue;
	if (h->gone >= 0)
		(void)close(TAKE_FD(h->gone));
}

void
home_share(struct home *h)
{
	(void)close(TAKE_FD(h->gone));
	h->alive = -1; /* open until the process ends */
}

int
home_path(const char *dir, const char *file, char out[static MAX_PATH_LENGTH],
    struct err *e)
{
	if (snprintf(out, MAX_PATH_LENGTH, "%s/%s", dir, file) >=
	    MAX_PATH_LENGTH)
		return err_set(e, E_LIMIT, "path of %zu bytes", strlen(dir));
	return 0;
}

/* --- what is in it -------------------------------------------------------- */

int
home_descriptor(const char *dir, json_t **ret, struct err *e)
{
	auto_store store = NULL;

	return store_open_dir(dir, STORE_PEEK, &store, e) != 0
		   ? -1
		   : record_parse(store, ret, e);
}

int
home_print(const char *dir, struct err *e)
{
	json_auto_t *device = NULL;
	auto_free char *path = NULL;

	if (home_descriptor(dir, &device, e) != 0)
		return -1;
	if ((path = realpath(dir, NULL)) == NULL)
		return err_errno(e, "resolve '%s'", dir);
	if (json_object_set_new(device, "state", json_string(path)) != 0)
		return err_set(e, E_NOMEM, "describe the device");
	return out_json(device, e);
}

/* The root above the device that the descriptor tells of. */
static int
root_pem(const char *pki, const json_t *device, struct buf *out, struct err *e)
{
	const struct family *f;
	const struct batch *b;
	auto_pki p = NULL;
	struct span root;

	if (record_batch(device, &f, &b, e) != 0 || pki_open(pki, &p, e) != 0 ||
	    pki_root(p, b->gen, &root, e) != 0)
		return -1;
	if (cert_to_pem(root, out) != 0)
		return err_set(e, E_LIMIT, "the root's PEM does not fit");
	return 0;
}

/* The root above the device in dir, beside it. */
static int
put_root(const struct mint_request *r, const char *dir, struct err *e)
{
	auto_buf pem = BUF_INIT(MAX_SMALL_FILE);
	json_auto_t *device = NULL;
	auto_store store = NULL;
	char path[MAX_PATH_LENGTH];

	if (store_open_uri(dir, STORE_PEEK, r->store, &store, e) != 0 ||
	    record_parse(store, &device, e) != 0 ||
	    home_path(dir, HOME_ROOT, path, e) != 0 ||
	    root_pem(r->pki, device, &pem, e) != 0)
		return -1;
	return file_write(AT_FDCWD, path, buf_span(&pem), FILE_NOSYNC, e);
}

static int
other_device(const char *dir, const json_t *device, const char *option,
    const char *value, struct err *e)
{
	const char *family =
	    json_string_value(json_object_get(device, "family"));

	err_set(e, E_USAGE,
	    "state '%s' holds a %s device; --%s %s does not fit it", dir,
	    family != NULL ? family : "different", option, value);
	return err_hint(e, "leave --%s out, or use another --state", option);
}

/* Descriptor texts that an option has to agree with. */
/* clang-format off */
static const struct {
	const char *option, *key;
	size_t offset;
} texts[] = {
	{ "family",   "family",   offsetof(struct mint_request, family) },
	{ "pki-host", "pki_host", offsetof(struct mint_request, pki_host) },
};
/* clang-format on */

static int
check_texts(const struct mint_request *r, const char *dir, const json_t *device,
    struct err *e)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *want, *have;

		memcpy(&want, (const char *)r + texts[i].offset, sizeof(want));
		have = json_string_value(json_object_get(device, texts[i].key));
		if (want != NULL && have != NULL && strcmp(want, have) != 0)
			return other_device(
			    dir, device, texts[i].option, want, e);
	}
	return 0;
}

/* In any of the forms that it may be written in. */
static int
check_batch(const struct mint_request *r, const char *dir, const json_t *device,
    struct err *e)
{
	const struct family *f;
	const struct batch *b;

	if (r->batch == NULL)
		return 0;
	if (record_batch(device, &f, &b, e) != 0)
		return -1;
	return family_batch(f, r->batch) == b
		   ? 0
		   : other_device(dir, device, "batch", r->batch, e);
}

static bool
has_bank(const json_t *banks, const char *name, size_t n)
{
	for (size_t i = 0; i < json_array_size(banks); i++) {
		const char *have = json_string_value(json_array_get(banks, i));

		if (have != NULL && strlen(have) == n &&
		    strncmp(have, name, n) == 0)
			return true;
	}
	return false;
}

/* The same banks, in any order. */
static bool
same_banks(const json_t *banks, const char *list)
{
	size_t count = 0;

	while (*list != '\0') {
		size_t n = strcspn(list, ",");

		if (!has_bank(banks, list, n))
			return false;
		count++;
		list += n + (list[n] == ',');
	}
	return count == json_array_size(banks);
}

struct seed_job {
	const char *seed, *dir;
	const json_t *device;
	const struct store *store;
};

/* The fuses stay out of the process that goes on to serve. */
static int
check_seed_in_child(const void *arg, struct err *e)
{
	const struct seed_job *job = arg;
	struct fuses want, have;
	int rc;

	if (fuses_from_seed(job->seed, &want, e) != 0 ||
	    record_get_fuses(job->store, &have, e) != 0)
		return err_wrap(e, "compare --seed");
	rc = memcmp(&want, &have, sizeof(want));
	explicit_bzero(&want, sizeof(want));
	explicit_bzero(&have, sizeof(have));
	return rc == 0
		   ? 0
		   : other_device(job->dir, job->device, "seed", job->seed, e);
}

/* Whether the root beside the device is that of a hierarchy; true when there is
 * none, as after a mint that was killed. */
static int
same_root(const char *pki, const char *dir, const json_t *device, bool *ret,
    struct err *e)
{
	auto_buf want = BUF_INIT(MAX_SMALL_FILE),
		 have = BUF_INIT(MAX_SMALL_FILE);
	char path[MAX_PATH_LENGTH];

	*ret = true;
	if (home_path(dir, HOME_ROOT, path, e) != 0)
		return -1;
	if (!file_exists(AT_FDCWD, path))
		return 0;
	if (root_pem(pki, device, &want, e) != 0 ||
	    file_read(AT_FDCWD, path, &have, e) != 0)
		return -1;
	*ret = span_eq(buf_span(&want), buf_span(&have));
	return 0;
}

int
home_check_pki(
    const char *pki, const char *dir, const json_t *device, struct err *e)
{
	bool same = true;

	if (pki != NULL && same_root(pki, dir, device, &same, e) != 0)
		return -1;
	return same ? 0 : other_device(dir, device, "pki", pki, e);
}

int
home_check_root(const char *pki, const char *dir, struct err *e)
{
	json_auto_t *device = NULL;
	bool same = true;

	/* Who updates says what is wrong with the rest. */
	if (!file_exists(AT_FDCWD, dir))
		return 0;
	if (home_descriptor(dir, &device, e) != 0 ||
	    (device != NULL && same_root(pki, dir, device, &same, e) != 0))
		return -1;
	if (same)
		return 0;
	if (pki != NULL)
		return err_set(e, E_USAGE,
		    "state '%s' holds a device of another hierarchy than "
		    "--pki %s",
		    dir, pki);
	err_set(e, E_USAGE,
	    "state '%s' holds a device of a private hierarchy: --pki is "
	    "missing",
	    dir);
	return err_hint(e,
	    "--pki DIR is what 'odcasim ca init' made and 'mint' "
	    "was given");
}

/* The same faults, in the same order. */
static bool
same_faults(const json_t *faults, const struct opt_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *have = json_string_value(json_array_get(faults, i));

		if (have == NULL || strcmp(have, list->items[i]) != 0)
			return false;
	}
	return list->n == json_array_size(faults);
}

/* Options given for a device that exists say the same as it does. */
static int
check_same(const struct mint_request *r, const char *dir,
    const struct store *store, const json_t *device, struct err *e)
{
	const struct seed_job seed = { r->seed, dir, device, store };
	json_int_t svn = json_integer_value(json_object_get(device, "svn"));
	char text[16];

	if (check_texts(r, dir, device, e) != 0 ||
	    check_batch(r, dir, device, e) != 0 ||
	    home_check_pki(r->pki, dir, device, e) != 0)
		return -1;
	if (r->svn != 0 && r->svn != svn) {
		(void)snprintf(text, sizeof(text), "%u", r->svn);
		return other_device(dir, device, "svn", text, e);
	}
	if (r->pcr_banks != NULL &&
	    !same_banks(json_object_get(device, "pcr_banks"), r->pcr_banks))
		return other_device(dir, device, "pcr-banks", r->pcr_banks, e);
	if (r->faults.n > 0 &&
	    !same_faults(json_object_get(device, "faults"), &r->faults))
		return other_device(
		    dir, device, "fault", r->faults.items[0], e);
	return r->seed != NULL ? child_run(check_seed_in_child, &seed, e) : 0;
}

bool
home_asks(const struct mint_request *r)
{
	return r->family != NULL || r->batch != NULL || r->seed != NULL ||
	       r->svn != 0 || r->pcr_banks != NULL || r->faults.n > 0;
}

/* A TPM without descriptor is swtpm's: whatever the options ask for, it is not
 * known to have. */
static int
check_foreign_device(
    const struct mint_request *r, const char *dir, struct err *e)
{
	if (!home_asks(r))
		return 0;
	err_set(e, E_USAGE,
	    "state '%s' holds a TPM that odcasim did not mint; device options "
	    "do not apply",
	    dir);
	return err_hint(e, "leave them out, or use another --state");
}

/* Names are checked first: a family that does not exist fits nowhere, and a
 * batch is one of the device's own family. */
int
home_check(const struct mint_request *r, const char *dir, struct err *e)
{
	struct mint_request named = *r;
	json_auto_t *device = NULL;
	auto_store store = NULL;

	/* That finishes a mint that was killed before its last step. */
	if (store_open_uri(dir, STORE_OWN, r->store, &store, e) != 0 ||
	    record_parse(store, &device, e) != 0)
		return -1;
	if (named.family == NULL)
		named.family =
		    json_string_value(json_object_get(device, "family"));
	if (mint_check(&named, e) != 0)
		return -1;
	return device != NULL ? check_same(r, dir, store, device, e)
			      : check_foreign_device(r, dir, e);
}

int
home_mint(const struct mint_request *r, const char *dir, struct err *e)
{
	return mint_check(r, e) != 0 || mint_device(r, dir, e) != 0 ||
		       put_root(r, dir, e) != 0
		   ? -1
		   : 0;
}

int
home_mint_into(const struct mint_request *r, struct store *to, struct err *e)
{
	struct mint_request plain = *r;
	auto_home home = HOME_INIT;
	auto_store from = NULL;
	auto_buf state = BUF_INIT(MAX_STATE_FILE);

	/* The key is that of the file. */
	plain.store = NULL;
	if (home_open(NULL, &home, e) != 0 ||
	    mint_device(&plain, home.path, e) != 0 ||
	    store_open_dir(home.path, STORE_OWN, &from, e) != 0 ||
	    store_read(from, "permall", &state, e) != 0)
		return -1;
	return store_write(to, "permall", buf_span(&state), e);
}

int
home_check_options(const struct args *a, struct err *e)
{
	return !a->deterministic_rng || a->device.seed != NULL
		   ? 0
		   : err_set(
			 e, E_USAGE, "--deterministic-rng needs --seed STRING");
}

int
home_prepare(const struct args *a, const char *dir, struct err *e)
{
	char path[MAX_PATH_LENGTH];

	if (home_check_options(a, e) != 0 ||
	    home_path(dir, STORE_PERMANENT, path, e) != 0)
		return -1;
	return file_exists(AT_FDCWD, path) ? home_check(&a->device, dir, e)
					   : home_mint(&a->device, dir, e);
}
