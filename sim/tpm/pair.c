#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "odca/key.h"
#include "sim/base/file.h"
#include "sim/base/limits.h"
#include "sim/tpm/pair.h"

/* An update that ends while a pair is read makes one more try necessary; one
 * after the other, as nobody does, many. */
#define MAX_TRIES 100

#define HEX_SIZE (2 * SHA256_SIZE)

void
pair_init(struct pair *p)
{
	*p = (struct pair){ .has_permanent = false };
	buf_init(&p->permanent, MAX_STATE_FILE);
	buf_init(&p->descriptor, MAX_SMALL_FILE);
}

void
pair_done(struct pair *p)
{
	buf_free(&p->permanent);
	buf_free(&p->descriptor);
}

static int
digest_line(struct span permanent, char out[static HEX_SIZE + 2], struct err *e)
{
	uint8_t digest[SHA256_SIZE];

	if (sha256(permanent, digest) != 0)
		return err_set(e, E_CRYPTO, "SHA-256 of '%s'", STORE_PERMANENT);
	hex_encode(SPAN_OF(digest), out);
	memcpy(out + HEX_SIZE, "\n", 2);
	return 0;
}

static int
read_file(int dirfd, const char *name, struct buf *out, bool *ret_there,
    struct err *e)
{
	struct err why = ERR_INIT;

	buf_reset(out);
	*ret_there = file_read(dirfd, name, out, &why) == 0;
	if (*ret_there || why.code == E_NOTFOUND)
		return 0;
	if (e != NULL)
		*e = why;
	return -1;
}

/* The descriptor that waits takes the place of p's, if it is the one of p's
 * permanent state; ready is PAIR_READY's content, empty when there is none. */
static int
apply_ready(struct pair *p, struct span ready, bool *ret, struct err *e)
{
	char want[HEX_SIZE + 2];
	struct span line;

	*ret = false;
	if (!p->has_permanent || span_get(&ready, HEX_SIZE + 1, &line))
		return 0;
	if (digest_line(buf_span(&p->permanent), want, e) != 0)
		return -1;
	if (p->has_descriptor && !span_eq(line, SPAN_STR(want)))
		return 0;
	buf_reset(&p->descriptor);
	if (buf_put(&p->descriptor, ready))
		return err_set(e, E_NOMEM, "'%s'", PAIR_READY);
	*ret = p->has_descriptor = true;
	return 0;
}

int
pair_prepare(
    int dirfd, struct span permanent, struct span descriptor, struct err *e)
{
	auto_buf ready = BUF_INIT(HEX_SIZE + 1 + MAX_SMALL_FILE);
	char line[HEX_SIZE + 2];

	if (digest_line(permanent, line, e) != 0)
		return -1;
	if (buf_put(&ready, SPAN_STR(line)) || buf_put(&ready, descriptor))
		return err_set(
		    e, E_LIMIT, "descriptor of %zu bytes", descriptor.n);
	return file_write(dirfd, PAIR_READY, buf_span(&ready), FILE_SYNC, e);
}

int
pair_commit(int dirfd, struct span permanent, unsigned mode, struct err *e)
{
	return file_write_mode(
		   dirfd, STORE_PERMANENT, mode, permanent, FILE_SYNC, e) != 0
		   ? -1
		   : pair_settle(dirfd, e);
}

int
pair_settle(int dirfd, struct err *e)
{
	auto_buf ready = BUF_INIT(HEX_SIZE + 1 + MAX_SMALL_FILE);
	auto_pair p;
	bool waits, holds;

	pair_init(&p);
	if (read_file(dirfd, PAIR_READY, &ready, &waits, e) != 0)
		return -1;
	if (!waits)
		return 0;
	if (read_file(
		dirfd, STORE_PERMANENT, &p.permanent, &p.has_permanent, e) != 0)
		return -1;
	p.has_descriptor = file_exists(dirfd, STORE_DESCRIPTOR);
	if (apply_ready(&p, buf_span(&ready), &holds, e) != 0)
		return -1;
	if (holds && file_write(dirfd, STORE_DESCRIPTOR,
			 buf_span(&p.descriptor), FILE_SYNC, e) != 0)
		return -1;
	if (unlinkat(dirfd, PAIR_READY, 0) != 0)
		return err_errno(e, "remove '%s'", PAIR_READY);
	return 0;
}

/*
 * The descriptor is read first and last: it is the last to change, so while it
 * is the same, whoever had changed the permanent state by then had not removed
 * PAIR_READY.
 */
static int
try_read(int dirfd, struct pair *ret, bool *ret_stable, struct err *e)
{
	auto_buf first = BUF_INIT(MAX_SMALL_FILE);
	auto_buf ready = BUF_INIT(HEX_SIZE + 1 + MAX_SMALL_FILE);
	bool there, waits, holds;

	if (read_file(dirfd, STORE_DESCRIPTOR, &first, &there, e) != 0 ||
	    read_file(dirfd, STORE_PERMANENT, &ret->permanent,
		&ret->has_permanent, e) != 0 ||
	    read_file(dirfd, PAIR_READY, &ready, &waits, e) != 0 ||
	    read_file(dirfd, STORE_DESCRIPTOR, &ret->descriptor,
		&ret->has_descriptor, e) != 0)
		return -1;
	*ret_stable = there == ret->has_descriptor &&
		      span_eq(buf_span(&first), buf_span(&ret->descriptor));
	return apply_ready(ret, buf_span(&ready), &holds, e);
}

int
pair_read(int dirfd, struct pair *ret, struct err *e)
{
	bool stable = false;

	pair_init(ret);
	for (int i = 0; i < MAX_TRIES && !stable; i++)
		if (try_read(dirfd, ret, &stable, e) != 0)
			return -1;
	return stable ? 0
		      : err_set(e, E_BUSY, "'%s' does not stay the same",
			    STORE_DESCRIPTOR);
}
