#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/file.h"
#include "sim/base/limits.h"
#include "sim/base/log.h"
#include "sim/tpm/linear.h"
#include "sim/tpm/pair.h"
#include "sim/tpm/store.h"

/* libtpms/tpm_nvfilename.h */
const char *const store_states[N_STORE_STATES] = {
	"permall",
	"volatilestate",
	"savestate",
};

/* Files by which another simulator's directory is known. */
static const struct {
	const char *file;
	const char *whose;
} foreign_files[] = {
	{ "NVChip", "the Microsoft, TCG or IBM simulator" },
	{ "fwtpm_nv.bin", "wolfTPM's fwtpm_server" },
};

struct store {
	char path[MAX_PATH_LENGTH];
	int dirfd;             /* -1: no directory */
	int lockfd;            /* the lock lives as long as this is open */
	const char *lock;      /* its file's name below dirfd; NULL: none */
	const char *file;      /* the one state file, below dirfd, or NULL */
	struct linear *linear; /* all states in one file, and no directory */
	unsigned mode;         /* of state files; 0: 0600 */
	bool in_memory;        /* writes go to memory[] only */
	bool held;             /* until store_release() */
	bool fsync;            /* writes reach the disk */
	bool has_device;
	struct blob_keys keys;
	struct buf descriptor;
	struct {
		bool written; /* memory stands in for the disk */
		bool deleted;
		struct buf blob;
	} memory[N_STORE_STATES];
};

static struct store *
store_new(void)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->dirfd = s->lockfd = -1;
	buf_init(&s->descriptor, MAX_SMALL_FILE);
	for (size_t i = 0; i < N_STORE_STATES; i++)
		buf_init(&s->memory[i].blob, MAX_STATE_FILE);
	return s;
}

void
store_free(struct store *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < N_STORE_STATES; i++)
		buf_free(&s->memory[i].blob);
	buf_free(&s->descriptor);
	linear_free(s->linear);
	if (s->lockfd >= 0)
		(void)close(s->lockfd);
	if (s->dirfd >= 0)
		(void)close(s->dirfd);
	free(s);
}

static int
state_index(const char *name, size_t *ret, struct err *e)
{
	for (size_t i = 0; i < N_STORE_STATES; i++) {
		if (strcmp(name, store_states[i]) == 0) {
			*ret = i;
			return 0;
		}
	}
	return err_set(e, E_NOTFOUND, "no kind of state is called '%s'", name);
}

static void
state_file(const struct store *s, size_t i, char out[static 64])
{
	if (s->file != NULL && i == 0)
		(void)snprintf(out, 64, "%s", s->file);
	else
		(void)snprintf(out, 64, "tpm2-00.%s", store_states[i]);
}

/* An open-file-description lock: it conflicts with swtpm's (fcntl), and stays
 * with a child that is forked to serve. */
static int
take_lock(struct store *s, struct err *e)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	auto_fd int fd = openat(s->linear != NULL ? AT_FDCWD : s->dirfd,
	    s->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0) {
		err_errno(e, "open '%s' of state '%s'", s->lock, s->path);
		return err_hint(e, "the state has to be writable");
	}
	if (fcntl(fd, F_OFD_SETLK, &lock) == 0) {
		s->lockfd = TAKE_FD(fd);
		return 0;
	}
	if (errno != EAGAIN && errno != EACCES)
		return err_errno(
		    e, "lock '%s' of state '%s'", s->lock, s->path);
	err_set(e, E_BUSY, "state '%s' is in use by another process", s->path);
	return err_hint(e, "stop the other one, or use another --state");
}

/* What a killed mint or update has left in a directory. */
static int
settle(const struct store *s, struct err *e)
{
	return s->dirfd < 0 || s->file != NULL ? 0 : pair_settle(s->dirfd, e);
}

int
store_lock(struct store *s, struct err *e)
{
	if (s->lock == NULL || s->lockfd >= 0)
		return 0;
	if (take_lock(s, e) != 0)
		return -1;
	if (settle(s, e) == 0)
		return 0;
	store_unlock(s);
	return -1;
}

void
store_unlock(struct store *s)
{
	if (s->lockfd >= 0)
		(void)close(TAKE_FD(s->lockfd));
}

/* Another process may have the state, whatever this one has in memory. */
static int
check_locked(const struct store *s, struct err *e)
{
	return s->lock == NULL || s->lockfd >= 0
		   ? 0
		   : err_set(e, E_BUSY,
			 "state '%s' is not locked by this process", s->path);
}

/* The lock's file, and the lock, as the options have it. */
static int
lock_first(struct store *s, const char *file, enum store_locking locking,
    struct err *e)
{
	if (locking == STORE_LOCK_NEVER)
		return settle(s, e);
	s->lock = file;
	return locking == STORE_LOCK_NOW ? store_lock(s, e) : 0;
}

static int
check_foreign(const struct store *s, struct err *e)
{
	for (size_t i = 0; i < sizeof(foreign_files) / sizeof(*foreign_files);
	     i++) {
		if (!file_exists(s->dirfd, foreign_files[i].file))
			continue;
		err_set(e, E_FOREIGN, "'%s' holds '%s', a state of %s", s->path,
		    foreign_files[i].file, foreign_files[i].whose);
		return err_hint(e, "use another --state; nothing was changed");
	}
	return 0;
}

/* What has no hint yet is no matter of keys. */
static int
damaged(const struct store *s, struct err *e)
{
	err_wrap(e, "state '%s'", s->path);
	if (e == NULL || e->hint[0] != '\0')
		return -1;
	return err_hint(e,
	    "restore '%s', or use another --state; nothing was "
	    "changed",
	    s->file != NULL ? s->file : STORE_PERMANENT);
}

/* What stays in memory is the permanent state that the descriptor was read
 * with: STORE_PEEK sees one device, even while an update replaces it. */
static int
keep_permanent(struct store *s, struct span file, struct err *e)
{
	auto_buf state = BUF_INIT(MAX_STATE_FILE);

	if (blob_unwrap(s->keys.file, file, &state, e) != 0) {
		err_wrap(e, "'%s'", STORE_PERMANENT);
		return damaged(s, e);
	}
	return s->in_memory
		   ? store_write(s, store_states[0], buf_span(&state), e)
		   : 0;
}

/* What is there has to be ours or swtpm's, and whole. */
static int
read_device(struct store *s, struct err *e)
{
	auto_pair p;

	if (pair_read(s->dirfd, &p, e) != 0)
		return err_wrap(e, "state '%s'", s->path);
	if (p.has_permanent && keep_permanent(s, buf_span(&p.permanent), e))
		return -1;
	if (p.has_descriptor && !p.has_permanent) {
		err_set(e, E_FORMAT, "state '%s' has '%s' but no '%s'", s->path,
		    STORE_DESCRIPTOR, STORE_PERMANENT);
		return err_hint(e,
		    "the TPM's state is gone: restore it, or use another "
		    "--state");
	}
	s->has_device = p.has_descriptor;
	return buf_put(&s->descriptor, buf_span(&p.descriptor))
		   ? err_set(e, E_NOMEM, "state '%s'", s->path)
		   : 0;
}

static int
look(struct store *s, const struct store_options *o,
    int (*at)(struct store *, struct err *), struct err *e)
{
	struct err why = ERR_INIT;

	if (at(s, &why) == 0)
		return 0;
	if (o->tolerant) {
		log_warn("store", "%s", why.msg);
		return 0;
	}
	if (e != NULL)
		*e = why;
	return -1;
}

/* Whatever there is, there is nothing. */
static void
forget_device(struct store *s)
{
	s->in_memory = true;
	for (size_t i = 0; i < N_STORE_STATES; i++)
		s->memory[i].written = s->memory[i].deleted = true;
}

static int
set_path(struct store *s, const char *path, struct err *e)
{
	return snprintf(s->path, sizeof(s->path), "%s", path) <
		       (int)sizeof(s->path)
		   ? 0
		   : err_set(e, E_LIMIT, "path of %zu bytes", strlen(path));
}

static int
open_directory(
    struct store *s, const char *dir, enum store_use use, struct err *e)
{
	if (set_path(s, dir, e) != 0)
		return -1;
	if ((use == STORE_OWN || use == STORE_REPLACE) &&
	    mkdir(dir, 0700) != 0 && errno != EEXIST)
		return err_errno(e, "make directory '%s'", dir);
	s->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dirfd < 0) {
		err_errno(e, "open directory '%s'", dir);
		if (errno == ENOENT)
			err_hint(e,
			    "make a device in it with 'odcasim mint "
			    "--state %s'",
			    dir);
		return -1;
	}
	return 0;
}

static int
open_dir(const char *dir, enum store_use use, const struct store_options *o,
    struct store **ret, struct err *e)
{
	auto_store s = store_new();

	if (s == NULL)
		return err_set(e, E_NOMEM, "state store");
	s->in_memory = use == STORE_PEEK;
	s->fsync = o->fsync;
	s->mode = o->mode;
	s->keys = o->keys;
	if (open_directory(s, dir, use, e) != 0 || check_foreign(s, e) != 0)
		return -1;
	if (use != STORE_PEEK && lock_first(s, ".lock", o->locking, e) != 0)
		return -1;
	if (use == STORE_REPLACE)
		forget_device(s);
	else if (look(s, o, read_device, e) != 0)
		return -1;
	*ret = TAKE(s);
	return 0;
}

int
store_open_dir(
    const char *dir, enum store_use use, struct store **ret, struct err *e)
{
	const struct store_options o = { .mode = 0 };

	return open_dir(dir, use, &o, ret, e);
}

/* Whole, and the key opens it. */
static int
check_linear(struct store *s, struct err *e)
{
	auto_buf state = BUF_INIT(MAX_STATE_FILE);

	return linear_check(s->linear, e) != 0 ||
		       (store_has_tpm(s) &&
			   store_read(s, store_states[0], &state, e) != 0)
		   ? damaged(s, e)
		   : 0;
}

static int
open_linear(const char *path, enum store_use use, const struct store_options *o,
    struct store **ret, struct err *e)
{
	auto_store s = store_new();

	if (s == NULL)
		return err_set(e, E_NOMEM, "state store");
	s->in_memory = use == STORE_PEEK;
	s->fsync = o->fsync;
	s->mode = o->mode;
	s->keys = o->keys;
	if (set_path(s, path, e) != 0 ||
	    linear_open(path, use != STORE_PEEK, o->mode, &s->linear, e) != 0)
		return -1;
	s->file = s->path;
	if (use != STORE_PEEK && lock_first(s, s->path, o->locking, e) != 0)
		return -1;
	if (use == STORE_REPLACE)
		linear_forget(s->linear);
	else if (look(s, o, check_linear, e) != 0)
		return -1;
	*ret = TAKE(s);
	return 0;
}

#define SCHEME_DIR  "dir://"
#define SCHEME_FILE "file://"

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

bool
store_uri_is_file(const char *uri)
{
	return begins(uri, SCHEME_FILE);
}

const char *
store_uri_path(const char *uri)
{
	if (begins(uri, SCHEME_DIR))
		return uri + strlen(SCHEME_DIR);
	return begins(uri, SCHEME_FILE) ? uri + strlen(SCHEME_FILE) : uri;
}

int
store_open_uri(const char *uri, enum store_use use,
    const struct store_options *o, struct store **ret, struct err *e)
{
	const struct store_options none = { .mode = 0 };
	const char *path = store_uri_path(uri);

	if (strstr(path, "://") != NULL) {
		err_set(e, E_USAGE, "state '%s' is not supported", uri);
		return err_hint(e, "DIR, dir://DIR or file://FILE");
	}
	return (store_uri_is_file(uri) ? open_linear : open_dir)(
	    path, use, o != NULL ? o : &none, ret, e);
}

/* --- what is there ----------------------------------------------------------
 */

static int
find_in_directory(
    const char *dir, bool make, struct store_found *ret, struct err *e)
{
	auto_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct store plain = { .file = NULL };
	char file[64];
	struct stat st;

	if (fd < 0)
		return err_errno(e, "open directory '%s'", dir);
	for (size_t i = 0; i < N_STORE_STATES; i++) {
		state_file(&plain, i, file);
		ret->there[i] = fstatat(fd, file, &st, 0) == 0;
		ret->size[i] = ret->there[i] ? (size_t)st.st_size : 0;
	}
	return 0;
}

static int
find_in_file(
    const char *path, bool make, struct store_found *ret, struct err *e)
{
	auto_store s = store_new();
	struct err why = ERR_INIT;

	*ret = (struct store_found){ .there = { false } };
	if (s == NULL)
		return err_set(e, E_NOMEM, "state store");
	if (linear_open(path, make, 0, &s->linear, &why) != 0 &&
	    why.code == E_NOTFOUND)
		return 0;
	if (s->linear == NULL || linear_check(s->linear, &why) != 0) {
		if (e != NULL)
			*e = why;
		return -1;
	}
	for (size_t i = 0; i < N_STORE_STATES; i++)
		ret->there[i] =
		    linear_size(s->linear, i, &ret->size[i], NULL) == 0;
	return 0;
}

int
store_find(const char *uri, bool make, struct store_found *ret, struct err *e)
{
	return (store_uri_is_file(uri) ? find_in_file : find_in_directory)(
	    store_uri_path(uri), make, ret, e);
}

int
store_open_file(const char *path, struct store **ret, struct err *e)
{
	auto_store s = store_new();
	auto_buf state = BUF_INIT(MAX_STATE_FILE);
	const char *slash = strrchr(path, '/');
	char dir[MAX_PATH_LENGTH] = ".";

	if (s == NULL)
		return err_set(e, E_NOMEM, "state store");
	if (slash != NULL &&
	    snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path + 1), path) >=
		(int)sizeof(dir))
		return err_set(e, E_LIMIT, "path of %zu bytes", strlen(path));
	if (open_directory(s, dir, STORE_PEEK, e) != 0)
		return -1;
	if (set_path(s, path, e) != 0)
		return -1;
	/* Kept behind the directory's name. */
	s->file = s->path + (slash != NULL ? slash - path + 1 : 0);
	if (strlen(s->file) == 0 || strlen(s->file) >= 50)
		return err_set(e, E_USAGE, "'%s' is no file name", path);
	if (lock_first(s, ".NVChip.lock", STORE_LOCK_NOW, e) != 0)
		return -1;
	if (store_has_tpm(s) && store_read(s, store_states[0], &state, e) != 0)
		return damaged(s, e);
	*ret = TAKE(s);
	return 0;
}

int
store_open_memory(struct store **ret, struct err *e)
{
	struct store *s = store_new();

	if (s == NULL)
		return err_set(e, E_NOMEM, "state store");
	s->in_memory = true;
	*ret = s;
	return 0;
}

void
store_keep_in_memory(struct store *s)
{
	s->in_memory = true;
}

bool
store_has_tpm(const struct store *s)
{
	char file[64];
	size_t size;

	if (s->memory[0].written)
		return !s->memory[0].deleted;
	if (s->linear != NULL)
		return linear_size(s->linear, 0, &size, NULL) == 0;
	state_file(s, 0, file);
	return s->dirfd >= 0 && file_exists(s->dirfd, file);
}

bool
store_has_device(const struct store *s)
{
	return s->has_device;
}

struct span
store_descriptor(const struct store *s)
{
	return buf_span(&s->descriptor);
}

int
store_fuses(const struct store *s, struct buf *out, struct err *e)
{
	return s->dirfd < 0 ? err_set(e, E_NOTFOUND, "no fuses")
			    : file_read(s->dirfd, STORE_FUSES, out, e);
}

const struct blob_keys *
store_keys(const struct store *s)
{
	return &s->keys;
}

const char *
store_path(const struct store *s)
{
	return s->path;
}

/* The container of a state that is on the disk. */
static int
read_state(const struct store *s, size_t i, struct buf *out, struct err *e)
{
	char file[64];

	if (s->linear != NULL)
		return linear_read(s->linear, i, out, e);
	if (s->dirfd < 0)
		return err_set(e, E_NOTFOUND, "no state '%s'", store_states[i]);
	state_file(s, i, file);
	return file_read(s->dirfd, file, out, e);
}

static int
write_state(const struct store *s, size_t i, struct span content, struct err *e)
{
	const enum file_sync sync = s->fsync ? FILE_SYNC : FILE_NOSYNC;
	char file[64];

	if (check_locked(s, e) != 0)
		return -1;
	if (s->linear != NULL)
		return linear_write(s->linear, i, content, sync, e);
	state_file(s, i, file);
	return file_write_mode(s->dirfd, file, s->mode, content, sync, e);
}

int
store_read(struct store *s, const char *name, struct buf *out, struct err *e)
{
	auto_buf content = BUF_INIT(MAX_STATE_FILE);
	size_t i;

	if (state_index(name, &i, e) != 0)
		return -1;
	if (s->memory[i].written) {
		if (s->memory[i].deleted)
			return err_set(e, E_NOTFOUND, "no state '%s'", name);
		if (buf_put(out, buf_span(&s->memory[i].blob)))
			return err_set(e, E_LIMIT, "state '%s'", name);
		return 0;
	}
	if (read_state(s, i, &content, e) != 0)
		return -1;
	return blob_unwrap(s->keys.file, buf_span(&content), out, e) != 0
		   ? err_wrap(e, "'%s'", name)
		   : 0;
}

int
store_write(struct store *s, const char *name, struct span blob, struct err *e)
{
	auto_buf content = BUF_INIT(MAX_STATE_FILE);
	size_t i;

	if (state_index(name, &i, e) != 0)
		return -1;
	if (s->in_memory || s->held) {
		buf_reset(&s->memory[i].blob);
		if (buf_put(&s->memory[i].blob, blob))
			return err_set(
			    e, E_LIMIT, "state of %zu bytes", blob.n);
		s->memory[i].written = true;
		s->memory[i].deleted = false;
		return 0;
	}
	return blob_wrap(s->keys.file, blob, &content, e) != 0
		   ? -1
		   : write_state(s, i, buf_span(&content), e);
}

static int
remove_state(const struct store *s, size_t i, struct err *e)
{
	char file[64];

	if (check_locked(s, e) != 0)
		return -1;
	if (s->linear != NULL)
		return linear_delete(s->linear, i, e);
	state_file(s, i, file);
	if (unlinkat(s->dirfd, file, 0) != 0 && errno != ENOENT)
		return err_errno(e, "remove '%s/%s'", s->path, file);
	return 0;
}

int
store_delete(struct store *s, const char *name, struct err *e)
{
	size_t i;

	if (state_index(name, &i, e) != 0)
		return -1;
	if (s->in_memory || s->held) {
		s->memory[i].written = s->memory[i].deleted = true;
		return 0;
	}
	return remove_state(s, i, e);
}

void
store_hold(struct store *s)
{
	s->held = true;
}

int
store_release(struct store *s, struct err *e)
{
	s->held = false;
	if (s->in_memory)
		return 0;
	/* The permanent one last: what belongs to the old one is gone then. */
	for (size_t i = N_STORE_STATES; i-- > 0;) {
		if (!s->memory[i].written)
			continue;
		s->memory[i].written = false;
		if ((s->memory[i].deleted
			    ? store_delete(s, store_states[i], e)
			    : store_write(s, store_states[i],
				  buf_span(&s->memory[i].blob), e)) != 0)
			return -1;
	}
	return 0;
}

/*
 * The state of a TPM that is on (swtpm suspends one so) does not belong to the
 * new permanent state, and a TPM that loaded both would be a mix. The device is
 * off when it is minted or updated, so that is lost, as by a power cut, before
 * the permanent state is replaced: no order of kills leaves it beside a new
 * one.
 */
static int
replace(struct store *s, struct span permanent, struct err *e)
{
	for (size_t i = 1; i < N_STORE_STATES; i++)
		if (remove_state(s, i, e) != 0)
			return -1;
	return pair_commit(s->dirfd, permanent, s->mode, e);
}

int
store_commit(struct store *s, struct span descriptor, struct err *e)
{
	auto_buf permanent = BUF_INIT(MAX_STATE_FILE);

	if (blob_wrap(s->keys.file, buf_span(&s->memory[0].blob), &permanent,
		e) != 0 ||
	    pair_prepare(s->dirfd, buf_span(&permanent), descriptor, e) != 0)
		return -1;
	if (replace(s, buf_span(&permanent), e) != 0) {
		(void)pair_settle(s->dirfd, NULL);
		return -1;
	}
	s->has_device = true;
	buf_reset(&s->descriptor);
	return buf_put(&s->descriptor, descriptor)
		   ? err_set(e, E_NOMEM, "state '%s'", s->path)
		   : 0;
}

int
store_install(
    struct store *s, struct span fuses, struct span descriptor, struct err *e)
{
	return file_write(s->dirfd, STORE_FUSES, fuses, FILE_SYNC, e) != 0
		   ? -1
		   : store_commit(s, descriptor, e);
}
