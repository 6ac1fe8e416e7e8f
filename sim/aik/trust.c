#include <pthread.h>
#include <string.h>

#include "sim/aik/trust.h"
#include "sim/base/clock.h"

/* The hierarchy as its files were at one time; never changed. */
struct state {
	unsigned users;
	uint8_t stamp[SHA256_SIZE];
	struct pki *pki;
	struct span certs[MAX_CAS], crls[MAX_CAS], roots[PKI_MAX_ANCHORS];
	size_t n_certs, n_crls, n_roots;
};

struct trust {
	const char *dir;
	struct sigmemory *memory;
	pthread_mutex_t lock; /* of now, and of all counts of users */
	struct state *now;
};

struct trust_report {
	struct trust *trust;
	struct state *state;
	struct span extra[MAX_CAS + MAX_CMS_CERTS];
	struct verify_report report;
};

/* --- states -----------------------------------------------------------------
 */

static void
state_free(struct state *s)
{
	if (s == NULL)
		return;
	pki_free(s->pki);
	free(s);
}

static void
auto_state_fn(struct state **s)
{
	state_free(*s);
}

#define auto_state AUTO(auto_state_fn) struct state *

static int
state_open(const char *dir, struct state **ret, struct err *e)
{
	auto_state s = calloc(1, sizeof(*s));
	struct pki_file files[MAX_CAS];

	if (s == NULL)
		return err_set(e, E_NOMEM, "hierarchy");
	if (pki_open(dir, &s->pki, e) != 0 ||
	    pki_certs(s->pki, files, &s->n_certs, e) != 0)
		return -1;
	for (size_t i = 0; i < s->n_certs; i++)
		s->certs[i] = files[i].der;
	if (pki_crls(s->pki, files, &s->n_crls, e) != 0)
		return -1;
	for (size_t i = 0; i < s->n_crls; i++)
		s->crls[i] = files[i].der;
	s->n_roots = pki_anchors(s->pki, s->roots);
	if (pki_stamp(s->pki, s->stamp, e) != 0)
		return -1;
	s->users = 1;
	*ret = TAKE(s);
	return 0;
}

/* Under the lock. */
static void
leave(struct state *s)
{
	if (--s->users == 0)
		state_free(s);
}

/* Under the lock: the files are read again if they are others. */
static int
renew(struct trust *t, struct err *e)
{
	uint8_t stamp[SHA256_SIZE];
	struct state *new;

	if (pki_stamp(t->now->pki, stamp, e) != 0)
		return -1;
	if (memcmp(stamp, t->now->stamp, sizeof(stamp)) == 0)
		return 0;
	if (state_open(t->dir, &new, e) != 0)
		return -1;
	leave(t->now);
	t->now = new;
	return 0;
}

static int
enter(struct trust *t, struct state **ret, struct err *e)
{
	int rc;

	(void)pthread_mutex_lock(&t->lock);
	rc = renew(t, e);
	if (rc == 0) {
		*ret = t->now;
		t->now->users++;
	}
	(void)pthread_mutex_unlock(&t->lock);
	return rc;
}

/* --- life -------------------------------------------------------------------
 */

int
trust_new(const char *dir, struct trust **ret, struct err *e)
{
	auto_trust t = calloc(1, sizeof(*t));

	if (t == NULL)
		return err_set(e, E_NOMEM, "hierarchy");
	t->dir = dir;
	(void)pthread_mutex_init(&t->lock, NULL);
	if (sigmemory_new(&t->memory, e) != 0 ||
	    state_open(dir, &t->now, e) != 0)
		return -1;
	*ret = TAKE(t);
	return 0;
}

void
trust_free(struct trust *t)
{
	if (t == NULL)
		return;
	if (t->now != NULL)
		leave(t->now);
	sigmemory_free(t->memory);
	(void)pthread_mutex_destroy(&t->lock);
	free(t);
}

/* --- verifying ----------------------------------------------------------- */

const struct verify_report *
trust_report(const struct trust_report *r)
{
	return &r->report;
}

void
trust_report_free(struct trust_report *r)
{
	if (r == NULL)
		return;
	if (r->state != NULL) {
		(void)pthread_mutex_lock(&r->trust->lock);
		leave(r->state);
		(void)pthread_mutex_unlock(&r->trust->lock);
	}
	free(r);
}

static size_t
gather(struct trust_report *r, const struct span *others, size_t n_others)
{
	size_t n = 0;

	for (size_t i = 0; i < n_others && i < MAX_CMS_CERTS; i++)
		r->extra[n++] = others[i];
	for (size_t i = 0; i < r->state->n_certs; i++)
		r->extra[n++] = r->state->certs[i];
	return n;
}

int
trust_verify(struct trust *t, struct span ek, const struct pubkey *key,
    const struct span *others, size_t n_others, bool with_lists,
    struct trust_report **ret, struct err *e)
{
	auto_trust_report r = calloc(1, sizeof(*r));
	struct verify_input in = { .ek = ek,
		.tpm = { .have_ek = true, .ek = *key },
		.now = clock_now(),
		.crl_policy = CRL_IF_AVAILABLE };

	if (r == NULL)
		return err_set(e, E_NOMEM, "verification");
	r->trust = t;
	if (enter(t, &r->state, e) != 0)
		return -1;
	in.memory = t->memory;
	in.extra = r->extra;
	in.n_extra = gather(r, others, n_others);
	in.roots = r->state->roots;
	in.n_roots = r->state->n_roots;
	in.crls = r->state->crls;
	in.n_crls = with_lists ? r->state->n_crls : 0;
	if (verify_ek(&in, &r->report, e) != 0)
		return -1;
	*ret = TAKE(r);
	return 0;
}
