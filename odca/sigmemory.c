#include <pthread.h>
#include <string.h>

#include "odca/sigmemory.h"

/* Those of all CAs and CRLs of a hierarchy, and of devices that pass by. */
#define ROOM 512

struct entry {
	uint8_t id[SHA256_SIZE];
	bool good;
	uint64_t used; /* when, in the order of uses; 0: free */
};

struct sigmemory {
	pthread_mutex_t lock;
	uint64_t uses;
	struct entry entries[ROOM];
};

int
sigmemory_new(struct sigmemory **ret, struct err *e)
{
	struct sigmemory *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return err_set(e, E_NOMEM, "signatures");
	(void)pthread_mutex_init(&m->lock, NULL);
	*ret = m;
	return 0;
}

void
sigmemory_free(struct sigmemory *m)
{
	if (m == NULL)
		return;
	(void)pthread_mutex_destroy(&m->lock);
	free(m);
}

/* All that the result depends on; -1 without a digest. */
static int
make_id(struct span spki, enum sig_alg alg, struct span msg, struct span sig,
    uint8_t ret[static SHA256_SIZE])
{
	uint8_t all[3 * SHA256_SIZE + 1];

	all[3 * SHA256_SIZE] = (uint8_t)alg;
	return sha256(spki, all) || sha256(msg, all + SHA256_SIZE) ||
		       sha256(sig, all + 2 * SHA256_SIZE) ||
		       sha256(SPAN_OF(all), ret)
		   ? -1
		   : 0;
}

/* Under the lock: the entry with id, else the one that was not used for the
 * longest time. */
static struct entry *
find(struct sigmemory *m, const uint8_t id[static SHA256_SIZE])
{
	struct entry *oldest = m->entries;

	for (size_t i = 0; i < ROOM; i++) {
		struct entry *x = &m->entries[i];

		if (x->used != 0 && memcmp(x->id, id, sizeof(x->id)) == 0)
			return x;
		if (x->used < oldest->used)
			oldest = x;
	}
	return oldest;
}

/* False when it is not there. */
static bool
remembers(
    struct sigmemory *m, const uint8_t id[static SHA256_SIZE], bool *ret_good)
{
	struct entry *x;
	bool found;

	(void)pthread_mutex_lock(&m->lock);
	x = find(m, id);
	found = x->used != 0 && memcmp(x->id, id, sizeof(x->id)) == 0;
	if (found) {
		x->used = ++m->uses;
		*ret_good = x->good;
	}
	(void)pthread_mutex_unlock(&m->lock);
	return found;
}

static void
remember(struct sigmemory *m, const uint8_t id[static SHA256_SIZE], bool good)
{
	struct entry *x;

	(void)pthread_mutex_lock(&m->lock);
	x = find(m, id);
	memcpy(x->id, id, sizeof(x->id));
	x->good = good;
	x->used = ++m->uses;
	(void)pthread_mutex_unlock(&m->lock);
}

bool
sigmemory_verify(struct sigmemory *m, struct span spki, enum sig_alg alg,
    struct span msg, struct span sig)
{
	uint8_t id[SHA256_SIZE];
	bool good;

	if (m == NULL || make_id(spki, alg, msg, sig, id) != 0)
		return key_verify(spki, alg, msg, sig, NULL) == 0;
	if (remembers(m, id, &good))
		return good;
	good = key_verify(spki, alg, msg, sig, NULL) == 0;
	remember(m, id, good);
	return good;
}
