#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "odca/pki.h"
#include "odca/verify.h"
#include "sim/aik/ekop.h"
#include "sim/aik/ekophost.h"
#include "sim/base/clock.h"
#include "sim/base/file.h"

#define TYPE_JSON "application/json"

/* Put by a client. */
struct entry {
	uint8_t hash[SHA256_SIZE];
	struct buf der;
};

struct ekophost {
	const char *pki;
	const struct opt_list *descriptors;
	pthread_mutex_t lock; /* of the entries */
	struct entry *entries;
	size_t n;
};

int
ekophost_new(const char *pki, const struct opt_list *descriptors,
    struct ekophost **ret, struct err *e)
{
	struct ekophost *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return err_set(e, E_NOMEM, "EKOP");
	h->pki = pki;
	h->descriptors = descriptors;
	(void)pthread_mutex_init(&h->lock, NULL);
	*ret = h;
	return 0;
}

void
ekophost_free(struct ekophost *h)
{
	if (h == NULL)
		return;
	for (size_t i = 0; i < h->n; i++)
		buf_free(&h->entries[i].der);
	free(h->entries);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}

/* The EK that a certificate is of; E_FORMAT for one of another kind. */
static int
hash_of(struct span der, uint8_t ret[static SHA256_SIZE], struct err *e)
{
	struct cert c;

	if (cert_parse(der, &c, e) != 0)
		return -1;
	return c.have_pubkey ? ekop_hash(&c.pubkey, ret, e)
			     : err_set(e, E_FORMAT, "no key of an EK's kind");
}

/* --- what minting left -----------------------------------------------------
 */

/* True when the PEM text is the certificate of that key. */
static bool
is_certificate(
    const char *pem, const uint8_t hash[static SHA256_SIZE], struct buf *out)
{
	uint8_t have[SHA256_SIZE];

	buf_reset(out);
	return cert_from_file(SPAN_STR(pem), out, NULL) == 0 &&
	       hash_of(buf_span(out), have, NULL) == 0 &&
	       memcmp(have, hash, sizeof(have)) == 0;
}

/* Only an EK whose certificate is not in NV has it there. */
static bool
find_in(
    const char *path, const uint8_t hash[static SHA256_SIZE], struct buf *out)
{
	auto_buf text = BUF_INIT(MAX_SMALL_FILE);
	json_auto_t *all = NULL;
	const char *name;
	json_t *ek;

	if (file_read(AT_FDCWD, path, &text, NULL) != 0)
		return false;
	all = json_loadb((const char *)text.p, text.n, 0, NULL);
	json_object_foreach (json_object_get(all, "ek"), name, ek) {
		const char *pem =
		    json_string_value(json_object_get(ek, "certificate"));

		if (pem != NULL && is_certificate(pem, hash, out))
			return true;
	}
	return false;
}

/* --- what was put -----------------------------------------------------------
 */

/* Under the lock. */
static const struct entry *
find_entry(const struct ekophost *h, const uint8_t hash[static SHA256_SIZE])
{
	for (size_t i = 0; i < h->n; i++)
		if (memcmp(h->entries[i].hash, hash, SHA256_SIZE) == 0)
			return &h->entries[i];
	return NULL;
}

static bool
find_put(
    struct ekophost *h, const uint8_t hash[static SHA256_SIZE], struct buf *out)
{
	const struct entry *entry;
	bool found;

	(void)pthread_mutex_lock(&h->lock);
	entry = find_entry(h, hash);
	found = entry != NULL && buf_put(out, buf_span(&entry->der)) == 0;
	(void)pthread_mutex_unlock(&h->lock);
	return found;
}

/* Under the lock: the status. The first certificate of a key stays. */
static unsigned
keep(
    struct ekophost *h, const uint8_t hash[static SHA256_SIZE], struct span der)
{
	struct entry *more, *new;

	if (find_entry(h, hash) != NULL)
		return 204;
	if (h->n == MAX_EKOP_CERTS)
		return 507;
	more = reallocarray(h->entries, h->n + 1, sizeof(*more));
	if (more == NULL)
		return 507;
	h->entries = more;
	new = &more[h->n];
	memcpy(new->hash, hash, SHA256_SIZE);
	buf_init(&new->der, MAX_CERT_SIZE);
	if (buf_put(&new->der, der)) {
		buf_free(&new->der);
		return 507;
	}
	h->n++;
	return 201;
}

/* It chains to a TEST root; whether it is revoked is for those who use it. */
static int
check_chain(const struct ekophost *h, struct span der, struct err *e)
{
	auto_free struct verify_report *report = calloc(1, sizeof(*report));
	struct span anchors[PKI_MAX_ANCHORS], extra[MAX_CAS];
	struct verify_input in = { .ek = der,
		.extra = extra,
		.roots = anchors,
		.now = clock_now(),
		.crl_policy = CRL_OFF };
	struct pki_file cas[MAX_CAS];
	const struct check *failed;
	auto_pki pki = NULL;

	if (report == NULL)
		return err_set(e, E_NOMEM, "verification");
	if (pki_open(h->pki, &pki, e) != 0 ||
	    pki_certs(pki, cas, &in.n_extra, e) != 0)
		return -1;
	for (size_t i = 0; i < in.n_extra; i++)
		extra[i] = cas[i].der;
	in.n_roots = pki_anchors(pki, anchors);
	if (verify_ek(&in, report, e) != 0)
		return -1;
	if ((failed = verify_first_failure(report)) == NULL)
		return 0;
	return err_set(e, E_REJECTED, "rejected: %s: found %s, wanted %s",
	    failed->name, failed->found, failed->wanted);
}

/* --- requests ---------------------------------------------------------------
 */

static void
answer_get(struct ekophost *h, const uint8_t hash[static SHA256_SIZE],
    struct http_response *p)
{
	auto_buf der = BUF_INIT(MAX_CERT_SIZE), body = BUF_INIT(MAX_SMALL_FILE);
	bool found = find_put(h, hash, &der);

	for (size_t i = 0; !found && i < h->descriptors->n; i++)
		found = find_in(h->descriptors->items[i], hash, &der);
	if (!found)
		http_refuse(p, 404, "no certificate of such an EK");
	else if (ekop_encode(hash, buf_span(&der), &body, NULL) != 0)
		http_refuse(p, 500, "no memory");
	else
		http_answer(p, 200, TYPE_JSON, buf_span(&body));
}

/* What the client has got wrong is 400, what we do not trust is 403. */
static int
check_put(const struct ekophost *h, const struct http_request *r,
    const uint8_t path_hash[static SHA256_SIZE], struct buf *der, struct err *e)
{
	uint8_t said[SHA256_SIZE], have[SHA256_SIZE];

	if (ekop_decode(r->body, said, der, e) != 0 ||
	    hash_of(buf_span(der), have, e) != 0)
		return -1;
	if (memcmp(said, path_hash, sizeof(said)) != 0 ||
	    memcmp(have, path_hash, sizeof(have)) != 0)
		return err_set(e, E_FORMAT,
		    "the path, 'pubhash' and the certificate are not of one "
		    "key");
	return check_chain(h, buf_span(der), e);
}

static void
answer_put(struct ekophost *h, const struct http_request *r,
    const uint8_t hash[static SHA256_SIZE], struct http_response *p)
{
	auto_buf der = BUF_INIT(MAX_CERT_SIZE);
	struct err e = ERR_INIT;
	unsigned status;

	if (check_put(h, r, hash, &der, &e) != 0) {
		http_refuse(p, e.code == E_REJECTED ? 403 : 400, "%s", e.msg);
		return;
	}
	(void)pthread_mutex_lock(&h->lock);
	status = keep(h, hash, buf_span(&der));
	(void)pthread_mutex_unlock(&h->lock);
	if (status == 507)
		http_refuse(p, status, "no room for more than %d certificates",
		    MAX_EKOP_CERTS);
	else
		http_answer(p, status, NULL, (struct span){ NULL, 0 });
}

void
ekophost_answer(
    struct ekophost *h, const struct http_request *r, struct http_response *p)
{
	const size_t n = strlen(EKOP_PATH);
	uint8_t hash[SHA256_SIZE];

	(void)snprintf(p->step, sizeof(p->step), "ekop");
	if (!http_allows(r, p, "GET, HEAD, PUT"))
		return;
	if (strncmp(r->path, EKOP_PATH, n) != 0 ||
	    ekop_hash_parse(SPAN_STR(r->path + n), hash, NULL) != 0)
		http_refuse(p, 404, "no hash of an EK in the path");
	else if (strcmp(r->method, "PUT") == 0)
		answer_put(h, r, hash, p);
	else
		answer_get(h, hash, p);
}
