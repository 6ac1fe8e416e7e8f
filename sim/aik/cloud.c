#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "odca/pki.h"
#include "sim/aik/aikhost.h"
#include "sim/aik/authority.h"
#include "sim/aik/cloud.h"
#include "sim/aik/ekop.h"
#include "sim/aik/ekophost.h"
#include "sim/aik/pkihost.h"
#include "sim/aik/servercert.h"

#define EKOP_HOST "ekop.intel.test"
#define PKI_HOST  "{pki}" /* in a row: the hierarchy's host */

struct cloud {
	struct pki *pki; /* only its host and pki_read() */
	struct ekophost *ekop;
	struct aikhost *aik;
	struct cloudfault_set *faults; /* NULL: none */
};

/* --- virtual hosts ----------------------------------------------------------
 */

static bool
is_crl(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot != NULL && strcmp(dot, ".crl") == 0;
}

static void
answer_pki(
    struct cloud *c, const struct http_request *r, struct http_response *p)
{
	if (is_crl(r->path) && cloudfault_at(r->faults, CLOUD_CRL))
		http_refuse(p, 503, "no revocation lists");
	else
		pkihost_answer(c->pki, r, p);
}

static void
answer_ekop(
    struct cloud *c, const struct http_request *r, struct http_response *p)
{
	ekophost_answer(c->ekop, r, p);
}

static void
answer_aik(
    struct cloud *c, const struct http_request *r, struct http_response *p)
{
	aikhost_answer(c->aik, r, p);
}

static void
answer_publish(
    struct cloud *c, const struct http_request *r, struct http_response *p)
{
	aikhost_publish(c->aik, r, p);
}

static void
answer_root(
    struct cloud *c, const struct http_request *r, struct http_response *p)
{
	aikhost_root(c->aik, r, p);
}

/* clang-format off */
static const struct vhost {
	const char *host;   /* "*": any that ends so */
	const char *path;   /* where it is on a host of this machine's own name */
	bool only;          /* and on its own: other rows have the rest of it */
	void (*answer)(struct cloud *, const struct http_request *, struct http_response *);
} vhosts[] = {
	{ PKI_HOST,             "/pkiops/",    true,  answer_root },
	{ PKI_HOST,             "/content/",   false, answer_pki },
	{ "pre1-" PKI_HOST,     "/content/",   false, answer_pki },
	{ "tsde-" PKI_HOST,     "/content/",   false, answer_pki },
	{ EKOP_HOST,            EKOP_PATH,     false, answer_ekop },
	{ "*" AUTHORITY_DOMAIN, "/templates/", false, answer_aik },
	{ AIK_PUBLISH_HOST,     "/wus-",       false, answer_publish },
};
/* clang-format on */
#define N_VHOSTS (sizeof(vhosts) / sizeof(*vhosts))

/* host is in lower case; the hierarchy's may not be. */
static bool
is_host(const struct vhost *v, const struct cloud *c, const char *host)
{
	const char *pki = strstr(v->host, PKI_HOST);
	const size_t n = strlen(host), tail = strlen(v->host) - 1;

	if (pki != NULL)
		return strncmp(host, v->host, (size_t)(pki - v->host)) == 0 &&
		       strcasecmp(host + (pki - v->host), pki_host(c->pki)) ==
			   0;
	if (v->host[0] == '*')
		return n > tail && strcmp(host + n - tail, v->host + 1) == 0;
	return strcmp(host, v->host) == 0;
}

static bool
answers(
    const struct vhost *v, const struct cloud *c, const struct http_request *r)
{
	const bool path = strncmp(r->path, v->path, strlen(v->path)) == 0;

	return http_is_local(r) ? path
				: is_host(v, c, r->host) && (path || !v->only);
}

static void
dispatch(struct cloud *c, const struct http_request *r, struct http_response *p)
{
	/* CONNECT's: nobody is a proxy here. */
	if (r->path[0] != '/') {
		http_refuse(p, 400, "no path");
		return;
	}
	for (size_t i = 0; i < N_VHOSTS; i++) {
		const struct vhost *v = &vhosts[i];

		if (answers(v, c, r)) {
			v->answer(c, r, p);
			return;
		}
	}
	http_refuse(p, 404, "nothing is here at '%s'", r->host);
}

void
cloud_answer(void *ctx, const struct http_request *r, struct http_response *p)
{
	struct cloud *c = ctx;
	struct http_request own = *r;
	struct cloudfault_visit v = { .set = c->faults,
		.operation = http_arg(r, "operation") };

	own.faults = &v;
	(void)cloudfault_at(&v, CLOUD_TLS_ROOT);
	(void)cloudfault_at(&v, CLOUD_TLS_EXPIRED);
	cloudfault_wire(&v, &own, p);
	if (p->status == 0)
		dispatch(c, &own, p);
	if (v.names[0] == '\0')
		return;
	http_add_header(p, "X-Fault", "%s", v.names);
	(void)snprintf(p->faults, sizeof(p->faults), "%s", v.names);
}

/* --- life ------------------------------------------------------------------
 */

int
cloud_identity(
    const struct cloud *c, struct buf *key, struct buf *cert, struct err *e)
{
	const struct servercert_how how = {
		.other_root =
		    cloudfault_at_start(c->faults, CLOUD_TLS_ROOT) != 0,
		.expired = cloudfault_at_start(c->faults, CLOUD_TLS_EXPIRED),
	};

	return servercert_make(c->pki, &how, key, cert, e);
}

int
cloud_new(const struct cloud_options *o, struct cloud **ret, struct err *e)
{
	auto_cloud c = calloc(1, sizeof(*c));

	if (c == NULL)
		return err_set(e, E_NOMEM, "cloud");
	c->faults = o->faults;
	if (pki_open(o->pki, &c->pki, e) != 0 ||
	    ekophost_new(o->pki, &o->descriptors, &c->ekop, e) != 0 ||
	    aikhost_new(o->pki, c->pki, &c->aik, e) != 0)
		return -1;
	*ret = TAKE(c);
	return 0;
}

void
cloud_free(struct cloud *c)
{
	if (c == NULL)
		return;
	aikhost_free(c->aik);
	ekophost_free(c->ekop);
	pki_free(c->pki);
	free(c);
}
