#include <stdlib.h>
#include <string.h>

#include "odca/cert.h"
#include "sim/aik/registry.h"

/* Every EK of ours is of this vendor. */
#define VENDOR "INTC"

struct registry {
	struct {
		uint8_t id[SHA1_SIZE];
		struct buf der; /* of the issuing CA */
	} rows[MAX_CAS];
	size_t n;
};

/*
 * Engineering and test silicon that has an authority all the same: Meteor
 * Lake's. Microsoft's list of 2024 has all of our other production batches but
 * Panther Lake's 4506, which is younger than it.
 */
static const char *const exceptions[] = { "00003042", "00003044" };

static bool
is_registered(const struct batch *b)
{
	for (size_t i = 0; i < sizeof(exceptions) / sizeof(*exceptions); i++)
		if (strcmp(b->number, exceptions[i]) == 0)
			return true;
	/* The EPID era's have no kind. */
	return b->kind == 'P' || gen_is_epid(b->gen);
}

/* The row of a key identifier; r->n: none. */
static size_t
find(const struct registry *r, struct span id)
{
	size_t i = 0;

	while (i < r->n && !span_eq(SPAN_OF(r->rows[i].id), id))
		i++;
	return i;
}

static int
add_cert(struct registry *r, struct span der, struct err *e)
{
	struct cert c;

	if (cert_parse(der, &c, e) != 0)
		return -1;
	if (c.ski.n != SHA1_SIZE)
		return err_set(e, E_FORMAT,
		    "key identifier of %zu octets, want %d", c.ski.n,
		    SHA1_SIZE);
	if (find(r, c.ski) < r->n)
		return 0; /* shared with another family */
	if (r->n == MAX_CAS)
		return err_set(e, E_LIMIT, "more than %d CAs", MAX_CAS);
	buf_init(&r->rows[r->n].der, MAX_CERT_SIZE);
	if (buf_put(&r->rows[r->n].der, der))
		return err_set(e, E_NOMEM, "certificate");
	memcpy(r->rows[r->n].id, c.ski.p, SHA1_SIZE);
	r->n++;
	return 0;
}

/* A hierarchy that is older than a batch has no authority for it. */
static int
add_batch(struct registry *r, const struct pki *p, const struct family *f,
    const struct batch *b, struct err *e)
{
	char name[MAX_NAME_TEXT];
	struct err why = ERR_INIT;
	struct span der;

	if (!is_registered(b))
		return 0;
	pki_issuing_name(f, b, name, sizeof(name));
	if (pki_cert(p, name, &der, &why) != 0) {
		if (why.code == E_NOTFOUND)
			return 0;
		return err_set(e, why.code, "%s", why.msg);
	}
	return add_cert(r, der, e) != 0 ? err_wrap(e, "'%s'", name) : 0;
}

int
registry_new(const struct pki *p, struct registry **ret, struct err *e)
{
	auto_registry r = calloc(1, sizeof(*r));
	const struct family *f;
	size_t n;

	if (r == NULL)
		return err_set(e, E_NOMEM, "registry");
	f = family_all(&n);
	for (size_t i = 0; i < n; i++)
		for (const struct batch *b = f[i].batches; b->number != NULL;
		     b++)
			if (add_batch(r, p, &f[i], b, e) != 0)
				return err_wrap(e, "authorities of the AIK "
						   "service");
	*ret = TAKE(r);
	return 0;
}

void
registry_free(struct registry *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++)
		buf_free(&r->rows[i].der);
	free(r);
}

int
registry_another(const struct registry *r, const struct authority *a,
    struct authority *ret, struct span *ret_issuing)
{
	for (size_t i = 0; i < r->n; i++) {
		if (memcmp(r->rows[i].id, a->id, SHA1_SIZE) == 0)
			continue;
		*ret = (struct authority){ .vendor = VENDOR };
		memcpy(ret->id, r->rows[i].id, SHA1_SIZE);
		*ret_issuing = buf_span(&r->rows[i].der);
		return 0;
	}
	return -1;
}

int
registry_find(const struct registry *r, const struct authority *a,
    struct span *ret, struct err *e)
{
	size_t i = find(r, SPAN_OF(a->id));

	if (a->name_id || strcmp(a->vendor, VENDOR) != 0 || i == r->n)
		return err_set(e, E_NOTFOUND,
		    "the authority \"%s\" does not exist", a->host);
	*ret = buf_span(&r->rows[i].der);
	return 0;
}
