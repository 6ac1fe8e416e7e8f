#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "odca/build.h"
#include "odca/device.h"
#include "odca/pki_crl.h"
#include "sim/base/clock.h"
#include "sim/base/file.h"

#define NEXT_UPDATE "491231235959Z" /* as on silicon */

/* What a list is to say. */
struct content {
	unsigned long number;
	const char *this_update, *next_update; /* UTCTime */
	const struct crl_entry *entries;
	size_t n_entries;
};

static int
utc_time(time_t t, char out[static UTC_TIME_SIZE], struct err *e)
{
	return clock_utc_time(t, out) != 0
		   ? err_set(e, E_USAGE, "a time beyond 2049")
		   : 0;
}

static int
sign_crl(const struct ca *row, const struct key *key, const struct content *c,
    struct buf *out, struct err *e)
{
	auto_buf name = BUF_INIT(MAX_CERT_SIZE);
	struct crl_build b = {
		.signer = { key, row->crl->null_params },
		.number = c->number,
		.this_update = c->this_update,
		.next_update = c->next_update,
		.entries = c->entries,
		.n_entries = c->n_entries,
	};
	uint8_t id[KEY_ID_SIZE];
	struct pubkey public;

	key_public(key, &public);
	memcpy(b.exts, row->crl->exts, sizeof(b.exts));
	if (build_key_id(&public, row->vars.batch->gen, id, e) != 0 ||
	    build_subject(row->profile, &row->vars, &name, e) != 0)
		return -1;
	b.aki = SPAN_OF(id);
	b.issuer = buf_span(&name);
	return crl_build(&b, out, e) != 0 ? err_wrap(e, "CRL '%s'", row->name)
					  : 0;
}

static int
write_crl(int dir, const struct ca *row, struct span der, enum file_sync sync,
    struct err *e)
{
	char path[MAX_CA_FILE];

	(void)snprintf(path, sizeof(path), CA_CRL_FILE, row->name);
	return file_write(dir, path, der, sync, e);
}

int
crl_create(int dir, const struct ca *row, const struct key *key, struct err *e)
{
	auto_buf der = BUF_INIT(MAX_CRL_SIZE);
	char this_update[MAX_TEXT];
	const struct content first = { .number = row->crl->number,
		.this_update = this_update,
		.next_update = NEXT_UPDATE };

	if (profile_text(row->crl->this_update, &row->vars, this_update,
		sizeof(this_update), e) != 0)
		return -1;
	return sign_crl(row, key, &first, &der, e) != 0
		   ? -1
		   : write_crl(dir, row, buf_span(&der), FILE_NOSYNC, e);
}

/* --- changing lists ---------------------------------------------------------
 */

/* A hierarchy that nobody else changes meanwhile; or one that stays as it is,
 * for a list beside it. */
struct change {
	int dir; /* locked while it is open; -1: nothing is written */
	const struct pki *pki;
	struct pki *own; /* the same, when it was opened for this */
	time_t now;
	char this_update[UTC_TIME_SIZE];
};

static void
change_end(struct change *c)
{
	pki_free(c->own);
	if (c->dir >= 0)
		(void)close(c->dir);
}

static int
change_begin(struct change *c, const char *dir, time_t now, struct err *e)
{
	*c = (struct change){ .dir = -1, .now = now };
	if (utc_time(now, c->this_update, e) != 0)
		return -1;
	c->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->dir >= 0 && flock(c->dir, LOCK_EX) != 0)
		return err_errno(e, "lock '%s'", dir);
	if (pki_open(dir, &c->own, e) != 0)
		return -1;
	c->pki = c->own;
	/* One of an older version has no place for lists. */
	return pki_make_dirs(c->dir, dir, e);
}

/* The CA's key; the hierarchy's CRLs are signed by it. */
static int
signer_key(const struct change *c, const struct ca *row, struct key **ret,
    struct err *e)
{
	char name[MAX_CA_NAME];

	if (profile_text(
		row->profile->file, &row->vars, name, sizeof(name), e) != 0)
		return -1;
	return pki_key(c->pki, name, ret, e);
}

/* The list that stands there, or an empty one with the number before the
 * first; *old borrows from the hierarchy. */
static int
read_old(const struct change *c, const struct ca *row, struct crl *old,
    unsigned long *ret_number, struct err *e)
{
	struct err why = ERR_INIT;
	struct span der;
	uint64_t number = 0;

	*old = (struct crl){ .n_entries = 0 };
	*ret_number = row->crl->number - 1;
	if (pki_crl(c->pki, row->name, &der, &why) != 0) {
		if (why.code == E_NOTFOUND)
			return 0;
		*e = why;
		return -1;
	}
	if (crl_parse(der, old, e) != 0)
		return err_wrap(e, "crls/%s.crl", row->name);
	if (old->number.n > sizeof(uint64_t))
		return err_set(e, E_LIMIT,
		    "crls/%s.crl has a number of %zu "
		    "octets",
		    row->name, old->number.n);
	for (size_t i = 0; i < old->number.n; i++)
		number = number << 8 | old->number.p[i];
	*ret_number = (unsigned long)number;
	return 0;
}

/* A list in place of the one that is there: what that says, some entries more,
 * and the next number. */
static int
extend(const struct change *c, const struct ca *row,
    const struct crl_entry *more, size_t n_more, time_t next,
    unsigned long *ret_number, struct buf *out, struct err *e)
{
	auto_free struct crl_entry *entries = NULL;
	char next_update[UTC_TIME_SIZE] = NEXT_UPDATE;
	struct content new = { .this_update = c->this_update,
		.next_update = next_update };
	auto_key key = NULL;
	struct crl old;

	if (signer_key(c, row, &key, e) != 0 ||
	    read_old(c, row, &old, &new.number, e) != 0)
		return -1;
	/* A revocation does not put off the day when the next list is due. */
	if (n_more > 0 && old.have_next_update)
		next = old.next_update;
	if (next != 0 && utc_time(next, next_update, e) != 0)
		return -1;
	new.number++;
	/* One more than needed, for what crl_next() tries. */
	entries = calloc(old.n_entries + n_more + 1, sizeof(*entries));
	if (entries == NULL)
		return err_set(e, E_NOMEM, "%zu entries", old.n_entries);
	struct crl_iter it = CRL_ITER(&old);
	while (crl_next(&it, &entries[new.n_entries])) {
		/* Its own issuer is not written out. */
		if (span_eq(entries[new.n_entries].issuer, old.issuer))
			entries[new.n_entries].issuer.n = 0;
		new.n_entries++;
	}
	for (size_t i = 0; i < n_more; i++)
		entries[new.n_entries++] = more[i];
	new.entries = entries;
	if (ret_number != NULL)
		*ret_number = new.number;
	return sign_crl(row, key, &new, out, e);
}

static int
replace(const struct change *c, const struct ca *row,
    const struct crl_entry *more, size_t n_more, time_t next,
    unsigned long *ret_number, struct err *e)
{
	auto_buf der = BUF_INIT(MAX_CRL_SIZE);

	return extend(c, row, more, n_more, next, ret_number, &der, e) != 0
		   ? -1
		   : write_crl(c->dir, row, buf_span(&der), FILE_SYNC, e);
}

/* --- revoking ---------------------------------------------------------------
 */

/* The list that a certificate of p would be on. */
static int
find_row(const struct revocation *r, const struct profile *p, const char *host,
    struct ca *ret, struct err *e)
{
	const enum generation gen = r->batch->gen;
	const struct crl_profile *crl = crl_profile_of(p, gen);

	if (crl == NULL)
		return err_set(e, E_NOTFOUND,
		    "no list is for a certificate like '%s'", r->level);
	*ret = (struct ca){ .profile = profile_find(crl->issuer, gen),
		.crl = crl,
		.vars = { r->family, r->batch, r->svn, host } };
	if (ret->profile == NULL)
		return err_set(e, E_NOTFOUND, "no profile '%s'", crl->issuer);
	return profile_text(
	    crl->file, &ret->vars, ret->name, sizeof(ret->name), e);
}

/* A CA's own serial number. */
static int
ca_serial(const struct change *c, const struct ca *row, const struct profile *p,
    struct buf *out, struct err *e)
{
	char name[MAX_CA_NAME];
	struct cert cert;
	struct span der;

	if (profile_text(p->file, &row->vars, name, sizeof(name), e) != 0 ||
	    pki_cert(c->pki, name, &der, e) != 0 ||
	    cert_parse(der, &cert, e) != 0)
		return -1;
	return buf_put(out, cert.serial)
		   ? err_set(e, E_LIMIT, "serial number of '%s'", name)
		   : 0;
}

static int
put_serial(const struct change *c, const struct revocation *r,
    const struct ca *row, const struct profile *p, struct buf *out,
    struct err *e)
{
	char text[MAX_TEXT];

	if (p->file != NULL)
		return ca_serial(c, row, p, out, e);
	if (p->serial != NULL) {
		if (profile_text(
			p->serial, &row->vars, text, sizeof(text), e) != 0)
			return -1;
		if (hex_decode(text, out))
			return err_set(e, E_ASN1, "serial '%s'", text);
		/* Of debug-fused parts: one number for all of a batch. */
		return r->serial.n > 0 && !span_eq(r->serial, buf_span(out))
			   ? err_set(e, E_USAGE,
				 "all certificates of this kind have the "
				 "serial number %s",
				 text)
			   : 0;
	}
	/* What the device derived: its form is all that is known here. */
	if (r->serial.n !=
		(p->serial_size != 0 ? p->serial_size : SERIAL_SIZE) ||
	    (r->serial.p[0] & 0xc0) != 0x40)
		return err_set(e, E_USAGE,
		    "no certificate of this kind has such a serial number: "
		    "want %zu octets, the first one 40 to 7f",
		    p->serial_size != 0 ? p->serial_size : (size_t)SERIAL_SIZE);
	return buf_put(out, r->serial) ? err_set(e, E_LIMIT, "serial number")
				       : 0;
}

/* Not twice: who asks for it again has made a mistake. */
static int
check_not_revoked(const struct change *c, const struct ca *row,
    struct span issuer, struct span serial, struct err *e)
{
	struct crl_entry entry;
	unsigned long number;
	struct crl old;

	if (read_old(c, row, &old, &number, e) != 0)
		return -1;
	if (old.n_entries > 0 &&
	    crl_find(&old, issuer.n > 0 ? issuer : old.issuer, serial, &entry))
		return err_set(e, E_STATE,
		    "it is revoked already, by crls/%s.crl number %lu",
		    row->name, number);
	return 0;
}

/* An entry, with what its spans borrow from. */
struct draft {
	struct crl_entry entry;
	struct buf serial, issuer;
};

static void
draft_done(struct draft *d)
{
	buf_free(&d->serial);
	buf_free(&d->issuer);
}

/* The entry for r, and the list that it is for. */
static int
draft(const struct change *c, const struct revocation *r, struct draft *d,
    struct ca *ret_row, struct err *e)
{
	const enum generation gen = r->batch->gen;
	const struct profile *p = profile_find(r->level, gen), *above;

	buf_init(&d->serial, MAX_RFC_SERIAL);
	buf_init(&d->issuer, MAX_CERT_SIZE);
	if (p == NULL)
		return err_set(e, E_NOTFOUND,
		    "family '%s' has no certificate '%s'", r->family->name,
		    r->level);
	if (find_row(r, p, pki_host(c->pki), ret_row, e) != 0 ||
	    put_serial(c, r, ret_row, p, &d->serial, e) != 0)
		return -1;
	/* RFC 5280 5.3.3: on an indirect list an entry names its issuer. */
	if (ret_row->crl->indirect &&
	    ((above = profile_issuer(p, gen, e)) == NULL ||
		build_subject(above, &ret_row->vars, &d->issuer, e) != 0))
		return -1;
	d->entry = (struct crl_entry){ .serial = buf_span(&d->serial),
		.issuer = buf_span(&d->issuer),
		.when = c->now,
		.reason = r->reason };
	return check_not_revoked(
	    c, ret_row, d->entry.issuer, d->entry.serial, e);
}

int
pki_revoke(const char *dir, const struct revocation *r, size_t n, time_t now,
    struct revoked *ret, struct err *e)
{
	AUTO(change_end) struct change c = { .dir = -1 };
	struct crl_entry entries[MAX_REVOCATIONS];
	struct draft drafts[MAX_REVOCATIONS] = { 0 };
	struct revoked done = { .number = 0 };
	struct ca row = { .crl = NULL };
	int rc;

	assert(n > 0 && n <= MAX_REVOCATIONS);
	rc = change_begin(&c, dir, now, e);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		rc = draft(&c, &r[i], &drafts[i], &row, e);
		entries[i] = drafts[i].entry;
		assert(rc != 0 || i == 0 || strcmp(done.crl, row.name) == 0);
		(void)snprintf(done.crl, sizeof(done.crl), "%s", row.name);
	}
	if (rc == 0)
		rc = replace(&c, &row, entries, n, 0, &done.number, e);
	if (rc == 0)
		*ret = done;
	for (size_t i = 0; i < n; i++)
		draft_done(&drafts[i]);
	return rc;
}

int
pki_crl_with(const struct pki *p, const struct revocation *r, time_t now,
    struct buf *out, struct err *e)
{
	AUTO(change_end) struct change c = { .dir = -1, .pki = p, .now = now };
	AUTO(draft_done) struct draft d = { 0 };
	struct ca row = { .crl = NULL };

	if (utc_time(now, c.this_update, e) != 0 ||
	    draft(&c, r, &d, &row, e) != 0)
		return -1;
	return extend(&c, &row, &d.entry, 1, 0, NULL, out, e);
}

int
pki_renew_crls(
    const char *dir, time_t now, time_t next, size_t *ret_n, struct err *e)
{
	AUTO(change_end) struct change c = { .dir = -1 };
	struct ca_list list = { .n = 0 };

	if (change_begin(&c, dir, now, e) != 0 ||
	    pki_list(&list, pki_host(c.pki), e) != 0 ||
	    pki_list_crls(&list, e) != 0)
		return -1;
	for (*ret_n = 0; *ret_n < list.n; (*ret_n)++)
		if (replace(&c, &list.ca[*ret_n], NULL, 0, next, NULL, e) != 0)
			return -1;
	return 0;
}
