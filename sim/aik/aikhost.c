#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "odca/service.h"
#include "sim/aik/aikhost.h"
#include "sim/aik/authority.h"
#include "sim/aik/cloudfault.h"
#include "sim/aik/guid.h"
#include "sim/aik/registry.h"
#include "sim/aik/service.h"
#include "sim/base/base64.h"

#define TYPE_TEXT "text/plain"
#define TYPE_JSON "application/json; charset=utf-8"
#define TYPE_SCEP "application/x-pki-message"
/* RFC 8894 4.2.1.2; and, of what it has no more, draft-nourse-scep-23 4.6. */
#define TYPE_CERTS "application/x-x509-ca-ra-cert"
#define TYPE_CHAIN "application/x-x509-ca-ra-cert-chain"
#define TYPE_CERT  "application/pkix-cert" /* RFC 2585 4 */
#define TYPE_CRL   "application/pkix-crl"

/* The service's own words, of which two are Microsoft's. */
#define CAPS_AIK                                                               \
	"SHA-256\nSHA-1\nAES256\nAES128\nDES3\nPOSTPKIOperation\n"             \
	"IdentityKeyAttestation\nGetCaCertChain\r\n"
#define CAPS_PLAIN                                                             \
	"AES\nDES3\nPOSTPKIOperation\nRenewal\nSCEPStandard\nSHA-256\n"        \
	"SHA-384\nSHA-512\n"

#define PLAIN_PATH   "/templates/Plain/scep"
#define PLAIN_HOST   "plain" AUTHORITY_DOMAIN
#define PLAIN_VENDOR "TEST"
#define REGION       "wus-"

/* A CA's chain, made once: the answer to GetCACertChain and, as some clients
 * want the root there too, to GetCACert. */
struct bag {
	const struct aik_ca *ca;
	struct buf der;
	struct bag *next;
};

struct aikhost {
	struct aikca *ca;
	struct registry *registry;
	struct service *service;
	const struct aik_ca *plain; /* of no line of TPMs */
	pthread_mutex_t lock;       /* of the list */
	struct bag *bags;
};

/* A request, and where it goes. */
struct visit {
	struct aikhost *h;
	const struct http_request *r;
	struct http_response *p;
	const struct template *template;
	struct service_site at;
};

/* --- answers ---------------------------------------------------------------
 */

/* Of every answer of the service. */
static void
add_headers(struct http_response *p)
{
	char guid[GUID_TEXT_SIZE];

	(void)guid_make(guid);
	http_add_header(p, "X-Content-Type-Options", "nosniff");
	http_add_header(p, "Strict-Transport-Security",
	    "max-age=31536000;includeSubDomains");
	http_add_header(p, "x-ms-request-id", "%s", guid);
}

static void
answer_json(struct http_response *p, unsigned status, const char *message)
{
	char body[MAX_HTTP_HOST + 256];

	(void)snprintf(body, sizeof(body), "{\"Message\":\"%s\"}", message);
	http_answer(p, status, TYPE_JSON, SPAN_STR(body));
}

static void
answer_unknown(const struct http_request *r, struct http_response *p)
{
	char message[MAX_HTTP_HOST + 64];

	(void)snprintf(p->step, sizeof(p->step), "authority");
	(void)snprintf(message, sizeof(message),
	    "The authority \\\"%s\\\" does not exist.", r->host);
	answer_json(p, 404, message);
	http_outcome(p, "the authority does not exist");
}

static void
answer_refused(struct http_response *p, const struct refused *why)
{
	const struct refusal *row = refusal_row(why->id);

	if (row->fail == SCEP_ABSENT)
		answer_json(p, row->status, refused_text(why));
	http_outcome(p, "refused: %s: %s", row->name, why->e.msg);
}

/* --- operations ------------------------------------------------------------
 */

struct template
{
	const char *path, *caps;
	service_template *answer;
};

static const struct template templates[] = {
	{ AUTHORITY_PATH, CAPS_AIK, service_aik },
	{ PLAIN_PATH, CAPS_PLAIN, service_plain },
};
#define TEMPLATE_PLAIN (&templates[1])

static void
get_caps(struct visit *v)
{
	http_answer(v->p, 200, TYPE_TEXT, SPAN_STR(v->template->caps));
	http_outcome(v->p, "capabilities");
}

static void
bag_free(struct bag *b)
{
	if (b == NULL)
		return;
	buf_free(&b->der);
	free(b);
}

static struct bag *
bag_make(const struct aik_ca *ca, struct err *e)
{
	struct bag *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		(void)err_set(e, E_NOMEM, "certificates of the CA");
		return NULL;
	}
	b->ca = ca;
	buf_init(&b->der, MAX_CMS_SIZE);
	if (cms_certs_only(ca->chain, AIK_CHAIN_LENGTH, &b->der, e) == 0)
		return b;
	bag_free(b);
	return NULL;
}

/* What is in the list stays there. */
static const struct bag *
find_bag(struct aikhost *h, const struct aik_ca *ca, struct err *e)
{
	struct bag *b;

	(void)pthread_mutex_lock(&h->lock);
	b = h->bags;
	while (b != NULL && b->ca != ca)
		b = b->next;
	if (b == NULL && (b = bag_make(ca, e)) != NULL) {
		b->next = h->bags;
		h->bags = b;
	}
	(void)pthread_mutex_unlock(&h->lock);
	return b;
}

static void
answer_bag(struct visit *v, const char *type)
{
	struct refused why = { .id = REFUSAL_INTERNAL, .e = ERR_INIT };
	const struct bag *b = find_bag(v->h, v->at.ca, &why.e);

	if (b == NULL) {
		answer_refused(v->p, &why);
		return;
	}
	http_answer(v->p, 200, type, buf_span(&b->der));
	http_outcome(v->p, "certificates of %s", v->at.ca->name);
}

static void
get_certs(struct visit *v)
{
	answer_bag(v, TYPE_CERTS);
}

static void
get_chain(struct visit *v)
{
	answer_bag(v, TYPE_CHAIN);
}

/* By GET it is in the query, where a '+' that a client left as it is was read
 * as a blank. */
static int
read_query(const struct http_request *r, struct buf *out)
{
	const char *text = http_arg(r, "message");
	auto_buf base64 = BUF_INIT(MAX_HTTP_HEAD);

	if (text == NULL || buf_put(&base64, SPAN_STR(text)))
		return -1;
	for (size_t i = 0; i < base64.n; i++)
		if (base64.p[i] == ' ')
			base64.p[i] = '+';
	return base64_decode(BASE64_PLAIN, buf_span(&base64), out);
}

static void
pki_operation(struct visit *v)
{
	auto_service_answer a = SERVICE_ANSWER_INIT;
	auto_buf query = BUF_INIT(MAX_HTTP_HEAD);
	struct span message = v->r->body;

	if (strcmp(v->r->method, "POST") != 0) {
		(void)read_query(v->r, &query);
		message = buf_span(&query);
	}
	v->template->answer(v->h->service, &v->at, message, &a);
	(void)snprintf(v->p->step, sizeof(v->p->step), "%s", a.step);
	if (a.reply.n > 0)
		http_answer(v->p, 200, TYPE_SCEP, buf_span(&a.reply));
	if (a.refused)
		answer_refused(v->p, &a.why);
	else
		http_outcome(v->p, "%s", a.done);
}

static const struct {
	const char *name;
	void (*run)(struct visit *);
} operations[] = {
	{ "GetCACaps", get_caps },
	{ "GetCACert", get_certs },
	{ "GetCACertChain", get_chain },
	{ "PKIOperation", pki_operation },
};

static void
operate(struct visit *v)
{
	const char *name = http_arg(v->r, "operation");

	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		if (name != NULL && strcmp(operations[i].name, name) == 0) {
			(void)snprintf(
			    v->p->step, sizeof(v->p->step), "%s", name);
			operations[i].run(v);
			return;
		}
	answer_json(v->p, 400, TEXT_PARSE);
	http_outcome(v->p, "no operation of SCEP");
}

/* --- hosts ------------------------------------------------------------------
 */

/* The CA of an authority that exists. */
static int
find_site(struct aikhost *h, struct span host, struct service_site *ret)
{
	struct authority a;
	int rc = authority_parse(host, &a, NULL);

	if (rc == 0 && cloudfault_at(ret->faults, CLOUD_REDIRECT))
		rc = registry_another(h->registry, &a, &a, &ret->issuing);
	else if (rc == 0 && cloudfault_at(ret->faults, CLOUD_REGISTRY))
		rc = -1;
	else if (rc == 0)
		rc = registry_find(h->registry, &a, &ret->issuing, NULL);
	return rc != 0 || aikca_authority(
			      h->ca, a.vendor, a.name_id, a.id, &ret->ca, NULL)
		   ? -1
		   : 0;
}

static const struct template *
find_template(const char *path)
{
	for (size_t i = 0; i < sizeof(templates) / sizeof(*templates); i++)
		if (strcmp(templates[i].path, path) == 0)
			return &templates[i];
	return NULL;
}

static bool
is_plain(const struct http_request *r)
{
	return http_is_local(r) ? strcmp(r->path, PLAIN_PATH) == 0
				: strcmp(r->host, PLAIN_HOST) == 0;
}

static void
serve(struct visit *v)
{
	v->template = find_template(v->r->path);
	/* All CAs have one key: what is certified without a TPM's proof is not
	 * under the name of one that asks for it. */
	if ((v->at.issuing.n == 0) != (v->template == TEMPLATE_PLAIN))
		v->template = NULL;
	if (v->template == NULL)
		http_refuse(v->p, 404, "no template here");
	else if (http_allows(v->r, v->p, "GET, HEAD, POST"))
		operate(v);
}

void
aikhost_answer(
    struct aikhost *h, const struct http_request *r, struct http_response *p)
{
	struct visit v = { .h = h, .r = r, .p = p, .at.faults = r->faults };

	(void)snprintf(p->authority, sizeof(p->authority), "%s", r->host);
	add_headers(p);
	if (is_plain(r)) {
		v.at.ca = h->plain;
		serve(&v);
	} else if (find_site(h, SPAN_STR(r->host), &v.at) == 0)
		serve(&v);
	else
		answer_unknown(r, p);
}

/* --- what is published ------------------------------------------------------
 */

/* As its own AIA has it, in any case. */
static bool
is_published_at(const struct aik_ca *ca, const char *path)
{
	char own[AIK_CA_NAME_SIZE + GUID_TEXT_SIZE + sizeof("//.cer")];

	(void)snprintf(own, sizeof(own), "/%s/%s.cer", ca->name, ca->guid);
	return strcasecmp(own, path) == 0;
}

/* "/wus-intc-keyid-b066.../GUID.cer": the CA's name, as in an authority's host.
 */
static int
find_published(struct aikhost *h, const char *path, const struct aik_ca **ret)
{
	const char *name = path + strlen("/" REGION);
	struct service_site at = { .ca = h->plain };
	char host[AUTHORITY_HOST_SIZE];
	int n;

	if (strncasecmp(path, "/" REGION, strlen("/" REGION)) != 0)
		return -1;
	n = snprintf(host, sizeof(host), "%.*s" AUTHORITY_DOMAIN,
	    (int)strcspn(name, "/"), name);
	if (n < 0 || (size_t)n >= sizeof(host))
		return -1;
	if (find_site(h, SPAN_STR(host), &at) != 0)
		at.ca = h->plain;
	*ret = at.ca;
	return is_published_at(at.ca, path) ? 0 : -1;
}

void
aikhost_publish(
    struct aikhost *h, const struct http_request *r, struct http_response *p)
{
	const struct aik_ca *ca;

	(void)snprintf(p->step, sizeof(p->step), "publish");
	if (!http_allows(r, p, "GET, HEAD"))
		return;
	if (find_published(h, r->path, &ca) == 0)
		http_answer(p, 200, TYPE_CERT, ca->chain[AIK_CHAIN_CA]);
	else
		http_refuse(p, 404, "no such certificate");
}

/* url has "%20" where path, which came decoded, has a blank. */
static bool
is_path(const char *url, const char *path)
{
	while (*url != '\0' && *path != '\0') {
		const bool blank = strncmp(url, "%20", 3) == 0;

		if (*path != (blank ? ' ' : *url))
			return false;
		url += blank ? 3 : 1;
		path++;
	}
	return *url == *path;
}

void
aikhost_root(
    struct aikhost *h, const struct http_request *r, struct http_response *p)
{
	(void)snprintf(p->step, sizeof(p->step), "publish");
	if (!http_allows(r, p, "GET, HEAD"))
		return;
	if (is_path(AIK_ROOT_PATH("certs", "crt"), r->path))
		http_answer(p, 200, TYPE_CERT, h->plain->chain[AIK_CHAIN_ROOT]);
	else if (is_path(AIK_ROOT_PATH("crl", "crl"), r->path))
		http_answer(p, 200, TYPE_CRL, aikca_root_crl(h->ca));
	else
		http_refuse(p, 404, "no such file");
}

/* --- life -------------------------------------------------------------------
 */

static int
open_all(struct aikhost *h, const char *dir, const struct pki *p, struct err *e)
{
	static const uint8_t nobody[SHA1_SIZE];

	return aikca_open(p, &h->ca, e) || registry_new(p, &h->registry, e) ||
		       service_new(dir, h->ca, &h->service, e) ||
		       aikca_authority(
			   h->ca, PLAIN_VENDOR, false, nobody, &h->plain, e)
		   ? -1
		   : 0;
}

int
aikhost_new(
    const char *dir, const struct pki *p, struct aikhost **ret, struct err *e)
{
	struct aikhost *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return err_set(e, E_NOMEM, "AIK service");
	(void)pthread_mutex_init(&h->lock, NULL);
	if (open_all(h, dir, p, e) != 0) {
		aikhost_free(h);
		return -1;
	}
	*ret = h;
	return 0;
}

void
aikhost_free(struct aikhost *h)
{
	struct bag *next;

	if (h == NULL)
		return;
	for (struct bag *b = h->bags; b != NULL; b = next) {
		next = b->next;
		bag_free(b);
	}
	service_free(h->service);
	registry_free(h->registry);
	aikca_free(h->ca);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}
