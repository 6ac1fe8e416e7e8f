#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/limits.h"
#include "sim/tpm/linear.h"

enum {
	N_ENTRIES = 15, /* swtpm uses three */
	HEADER_SIZE = 12 + N_ENTRIES * 12,
	VERSION = 1,
};
/* Little endian, as all numbers here. */
static const uint8_t magic[8] = { 'n', 'i', 'l', 'm', 'p', 't', 'w', 's' };
/* A writer that is faster than a reader, so many times in a row. */
#define MAX_TRIES 100

struct linear {
	int fd;
	bool regular; /* it grows */
	bool forgotten;
	char *path;
};

struct entry {
	uint32_t offset; /* 0: none */
	uint32_t size, section;
};

struct table {
	uint16_t header_size;
	struct entry all[N_ENTRIES];
};

/* --- opening ---------------------------------------------------------------
 */

void
linear_free(struct linear *l)
{
	if (l == NULL)
		return;
	if (l->fd >= 0)
		(void)close(l->fd);
	free(l->path);
	free(l);
}

static void
auto_linear_fn(struct linear **l)
{
	linear_free(*l);
}

#define auto_linear AUTO(auto_linear_fn) struct linear *

static int
check_type(struct linear *l, unsigned mode, struct err *e)
{
	struct stat st;

	if (fstat(l->fd, &st) != 0)
		return err_errno(e, "stat '%s'", l->path);
	l->regular = S_ISREG(st.st_mode);
	if (!l->regular && !S_ISBLK(st.st_mode))
		return err_set(e, E_FORMAT,
		    "'%s' is neither a file nor a block device", l->path);
	/* Whatever the umask is. */
	if (l->regular && mode != 0 && (st.st_mode & 07777) != mode &&
	    fchmod(l->fd, mode) != 0)
		return err_errno(e, "change the mode of '%s'", l->path);
	return 0;
}

int
linear_open(const char *path, bool write, unsigned mode, struct linear **ret,
    struct err *e)
{
	auto_linear l = calloc(1, sizeof(*l));

	if (l == NULL)
		return err_set(e, E_NOMEM, "open '%s'", path);
	l->fd = -1;
	if ((l->path = strdup(path)) == NULL)
		return err_set(e, E_NOMEM, "open '%s'", path);
	/* Opening a FIFO, which is refused below, must not wait for others. */
	l->fd = open(path,
	    O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK |
		(write ? O_RDWR | O_CREAT : O_RDONLY),
	    mode != 0 ? mode : 0600);
	if (l->fd < 0) {
		err_errno(e, "open '%s'", path);
		if (errno == ENOENT && e != NULL)
			e->code = E_NOTFOUND;
		return -1;
	}
	if (check_type(l, write ? mode : 0, e) != 0)
		return -1;
	*ret = TAKE(l);
	return 0;
}

/* Of a device, too. */
static int
length_of(const struct linear *l, uint64_t *ret, struct err *e)
{
	off_t n = lseek(l->fd, 0, SEEK_END);

	if (n < 0)
		return err_errno(e, "find the size of '%s'", l->path);
	*ret = (uint64_t)n;
	return 0;
}

static int
read_at(const struct linear *l, uint64_t at, uint8_t *to, size_t want,
    size_t *ret, struct err *e)
{
	size_t n = 0;
	ssize_t got;

	do {
		got = pread(l->fd, to + n, want - n, (off_t)(at + n));
		if (got < 0 && errno != EINTR)
			return err_errno(e, "read '%s'", l->path);
		n += got > 0 ? (size_t)got : 0;
	} while (n < want && got != 0);
	*ret = n;
	return 0;
}

static int
write_at(const struct linear *l, uint64_t at, struct span s, struct err *e)
{
	ssize_t put;

	while (s.n > 0) {
		put = pwrite(l->fd, s.p, s.n, (off_t)at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_errno(e, "write '%s'", l->path);
		(void)span_skip(&s, (size_t)put);
		at += (uint64_t)put;
	}
	return 0;
}

/* --- the header ------------------------------------------------------------
 */

static uint32_t
get_le(const uint8_t *p, size_t n)
{
	uint32_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static void
put_le(uint8_t *p, size_t n, uint32_t v)
{
	for (size_t i = 0; i < n; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

static uint64_t
end_of(const struct entry *x)
{
	return (uint64_t)x->offset + x->size;
}

/* Whether n octets from at on are somebody's. */
static bool
overlaps(uint64_t at, uint64_t n, const struct entry *x)
{
	return x->offset != 0 && at < end_of(x) && x->offset < at + n;
}

static int
check_entries(const struct linear *l, const struct table *t, uint64_t length,
    struct err *e)
{
	for (size_t i = 0; i < N_ENTRIES; i++) {
		const struct entry *x = &t->all[i];

		if (x->offset != 0 && x->offset < t->header_size)
			return err_set(e, E_FORMAT,
			    "'%s': state %zu is in the header", l->path, i);
		if (x->offset != 0 && end_of(x) > length)
			return err_set(e, E_SHORT,
			    "'%s' has %ju bytes, state %zu ends at %ju",
			    l->path, (uintmax_t)length, i,
			    (uintmax_t)end_of(x));
		for (size_t j = 0; j < i; j++)
			if (x->offset != 0 &&
			    overlaps(x->offset, x->size, &t->all[j]))
				return err_set(e, E_FORMAT,
				    "'%s': states %zu and %zu overlap", l->path,
				    j, i);
	}
	return 0;
}

static bool
is_zero(const uint8_t *p, size_t n)
{
	while (n > 0 && p[n - 1] == 0)
		n--;
	return n == 0;
}

static int
parse(const struct linear *l, const uint8_t raw[static HEADER_SIZE], size_t n,
    struct table *ret, struct err *e)
{
	uint64_t length;

	*ret = (struct table){ .header_size = HEADER_SIZE };
	if (is_zero(raw, n))
		return 0;
	if (n < HEADER_SIZE || memcmp(raw, magic, sizeof(magic)) != 0) {
		err_set(
		    e, E_FORMAT, "'%s' is no file of swtpm's states", l->path);
		return err_hint(e, "use another file, or have 'swtpm_setup "
				   "--overwrite' replace it; nothing was "
				   "changed");
	}
	ret->header_size = (uint16_t)get_le(raw + 10, 2);
	if (raw[8] != VERSION || ret->header_size < HEADER_SIZE)
		return err_set(e, E_FORMAT,
		    "'%s' has version %u and a header of %u bytes, want %d and "
		    "%d",
		    l->path, raw[8], ret->header_size, VERSION, HEADER_SIZE);
	for (size_t i = 0; i < N_ENTRIES; i++)
		ret->all[i] = (struct entry){
			.offset = get_le(raw + 12 + 12 * i, 4),
			.size = get_le(raw + 16 + 12 * i, 4),
			.section = get_le(raw + 20 + 12 * i, 4),
		};
	return length_of(l, &length, e) != 0 ? -1
					     : check_entries(l, ret, length, e);
}

static int
read_raw(const struct linear *l, uint8_t raw[static HEADER_SIZE], size_t *n,
    struct err *e)
{
	memset(raw, 0, HEADER_SIZE);
	return read_at(l, 0, raw, HEADER_SIZE, n, e);
}

static int
read_table(const struct linear *l, struct table *ret, struct err *e)
{
	uint8_t raw[HEADER_SIZE];
	size_t n;

	return read_raw(l, raw, &n, e) != 0 ? -1 : parse(l, raw, n, ret, e);
}

/* Where the entry after x begins; 0: x is the last. */
static uint32_t
next_of(const struct table *t, const struct entry *x)
{
	uint32_t next = 0;

	for (size_t i = 0; i < N_ENTRIES; i++)
		if (t->all[i].offset > x->offset &&
		    (next == 0 || t->all[i].offset < next))
			next = t->all[i].offset;
	return next;
}

/* A power of two, as swtpm's. */
static uint32_t
round_up(uint32_t n)
{
	uint32_t size = 1;

	while (size < n)
		size *= 2;
	return size;
}

/*
 * A section goes up to the next one: swtpm moves what is behind one that it
 * removes, and takes it that nothing is between two. It writes without a look
 * at the file's size to the end of the last one, so the file has that size.
 */
static int
set_sections(const struct linear *l, struct table *t, struct err *e)
{
	uint64_t length;

	if (length_of(l, &length, e) != 0)
		return -1;
	for (size_t i = 0; i < N_ENTRIES; i++) {
		struct entry *x = &t->all[i];
		uint32_t next = x->offset != 0 ? next_of(t, x) : 0;

		if (x->offset == 0)
			continue;
		x->section = next != 0 ? next - x->offset : round_up(x->size);
		if (next != 0 || (uint64_t)x->offset + x->section <= length)
			continue;
		if (!l->regular)
			x->section = (uint32_t)(length - x->offset);
		else if (ftruncate(l->fd, (off_t)x->offset + x->section) != 0)
			return err_errno(e, "enlarge '%s'", l->path);
	}
	return 0;
}

static int
write_table(
    const struct linear *l, struct table *t, enum file_sync sync, struct err *e)
{
	uint8_t raw[HEADER_SIZE] = { 0 };

	if (set_sections(l, t, e) != 0)
		return -1;
	memcpy(raw, magic, sizeof(magic));
	raw[8] = VERSION;
	put_le(raw + 10, 2, t->header_size);
	for (size_t i = 0; i < N_ENTRIES; i++) {
		put_le(raw + 12 + 12 * i, 4, t->all[i].offset);
		put_le(raw + 16 + 12 * i, 4, t->all[i].size);
		put_le(raw + 20 + 12 * i, 4, t->all[i].section);
	}
	/* What the header points to is on the disk before it is. */
	if (sync == FILE_SYNC && fsync(l->fd) != 0)
		return err_errno(e, "sync '%s'", l->path);
	if (write_at(l, 0, SPAN_OF(raw), e) != 0)
		return -1;
	return sync == FILE_SYNC && fsync(l->fd) != 0
		   ? err_errno(e, "sync '%s'", l->path)
		   : 0;
}

/* --- states ----------------------------------------------------------------
 */

int
linear_check(const struct linear *l, struct err *e)
{
	struct table t;

	return read_table(l, &t, e);
}

void
linear_forget(struct linear *l)
{
	l->forgotten = true;
}

static int
none(const struct linear *l, size_t i, struct err *e)
{
	return err_set(e, E_NOTFOUND, "no state %zu in '%s'", i, l->path);
}

int
linear_size(const struct linear *l, size_t i, size_t *ret, struct err *e)
{
	struct table t;

	if (l->forgotten)
		return none(l, i, e);
	if (read_table(l, &t, e) != 0)
		return -1;
	if (t.all[i].offset == 0)
		return none(l, i, e);
	*ret = t.all[i].size;
	return 0;
}

/* The header is the same afterwards: what it points to was not overwritten by
 * another process meanwhile. */
static int
try_read(const struct linear *l, size_t i, struct buf *out, bool *ret_stable,
    struct err *e)
{
	uint8_t raw[HEADER_SIZE], again[HEADER_SIZE], *at;
	struct table t;
	size_t n, got;

	if (read_raw(l, raw, &n, e) != 0 || parse(l, raw, n, &t, e) != 0)
		return -1;
	if (t.all[i].offset == 0)
		return none(l, i, e);
	if ((at = buf_room(out, t.all[i].size)) == NULL)
		return err_set(e, E_LIMIT, "state %zu in '%s' has %u bytes", i,
		    l->path, t.all[i].size);
	if (read_at(l, t.all[i].offset, at, t.all[i].size, &got, e) != 0 ||
	    read_raw(l, again, &n, e) != 0)
		return -1;
	*ret_stable =
	    got == t.all[i].size && memcmp(raw, again, sizeof(raw)) == 0;
	return 0;
}

int
linear_read(const struct linear *l, size_t i, struct buf *out, struct err *e)
{
	const size_t before = out->n;
	bool stable = false;

	if (l->forgotten)
		return none(l, i, e);
	for (int tries = 0; tries < MAX_TRIES && !stable; tries++) {
		out->n = before;
		if (try_read(l, i, out, &stable, e) != 0) {
			out->n = before;
			return -1;
		}
	}
	return stable
		   ? 0
		   : err_set(e, E_BUSY, "'%s' does not stay the same", l->path);
}

/* The first place where n octets fit between what is there. */
static uint64_t
find_place(const struct table *t, size_t n)
{
	uint64_t at = t->header_size;
	size_t i = 0;

	while (i < N_ENTRIES) {
		if (overlaps(at, n, &t->all[i])) {
			at = end_of(&t->all[i]);
			i = 0; /* it may be another's place */
		} else {
			i++;
		}
	}
	return at;
}

int
linear_write(struct linear *l, size_t i, struct span content,
    enum file_sync sync, struct err *e)
{
	struct table t;
	uint64_t at, length;

	if (content.n > MAX_STATE_FILE)
		return err_set(e, E_LIMIT, "state of %zu bytes", content.n);
	if (read_table(l, &t, l->forgotten ? NULL : e) != 0) {
		if (!l->forgotten)
			return -1;
		t = (struct table){ .header_size = HEADER_SIZE };
	}
	at = find_place(&t, content.n);
	if (length_of(l, &length, e) != 0)
		return -1;
	if (at + content.n > (l->regular ? MAX_LINEAR_FILE : length) ||
	    at + content.n > UINT32_MAX)
		return err_set(e, E_LIMIT,
		    "'%s' has %ju bytes: no room for a state of %zu", l->path,
		    (uintmax_t)length, content.n);
	if (write_at(l, at, content, e) != 0)
		return -1;
	if (l->forgotten)
		memset(t.all, 0, sizeof(t.all));
	t.all[i] = (struct entry){ .offset = (uint32_t)at,
		.size = (uint32_t)content.n };
	if (write_table(l, &t, sync, e) != 0)
		return -1;
	l->forgotten = false;
	return 0;
}

int
linear_delete(struct linear *l, size_t i, struct err *e)
{
	struct table t;

	if (l->forgotten)
		return 0;
	if (read_table(l, &t, e) != 0)
		return -1;
	if (t.all[i].offset == 0)
		return 0;
	t.all[i] = (struct entry){ .offset = 0 };
	return write_table(l, &t, FILE_NOSYNC, e);
}
