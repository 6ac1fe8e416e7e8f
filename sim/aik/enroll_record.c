#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "odca/cert.h"
#include "odca/verify.h"
#include "sim/aik/enroll_record.h"
#include "sim/aik/enroll_step.h"

#define LEFT_OUT "(left out)"
#define CONNECT  "CONNECT "

struct enroll_record *
enroll_record_new(void)
{
	return calloc(1, sizeof(struct enroll_record));
}

static void
message_done(struct enroll_message *m)
{
	buf_free(&m->head);
	buf_free(&m->body);
}

void
enroll_record_free(struct enroll_record *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < MAX_ENROLL_REQUESTS; i++) {
		message_done(&r->exchanges[i].request);
		message_done(&r->exchanges[i].answer);
	}
	for (size_t i = 0; i < r->n_certs; i++)
		buf_free(&r->certs[i].der);
	free(r);
}

/* --- heads without secrets --------------------------------------------------
 */

/* The name of a header, which a server may write blanks behind. */
static bool
is_secret(struct span line)
{
	static const char *const names[] = { "Authorization",
		"Proxy-Authorization", "Cookie", "Set-Cookie" };
	const uint8_t *colon = line.n > 0 ? memchr(line.p, ':', line.n) : NULL;
	size_t n = colon != NULL ? (size_t)(colon - line.p) : 0;

	while (n > 0 && (line.p[n - 1] == ' ' || line.p[n - 1] == '\t'))
		n--;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (n == strlen(names[i]) &&
		    strncasecmp((const char *)line.p, names[i], n) == 0)
			return true;
	return false;
}

static struct span
take_line(struct span *s)
{
	const uint8_t *end = memchr(s->p, '\n', s->n);
	struct span line = *s;

	line.n = end != NULL ? (size_t)(end - s->p) + 1 : s->n;
	(void)span_skip(s, line.n);
	return line;
}

/* "Cookie: (left out)". */
static int
put_name(struct span line, struct buf *out)
{
	const uint8_t *colon = memchr(line.p, ':', line.n);

	line.n = (size_t)(colon - line.p) + 1;
	return buf_put(out, line) || buf_put(out, SPAN_STR(" " LEFT_OUT "\r\n"))
		   ? -1
		   : 0;
}

int
enroll_record_head(struct span head, struct buf *out)
{
	bool secret = false;

	while (head.n > 0) {
		const struct span line = take_line(&head);

		/* A line that begins with a blank goes on with the one before
		 * (RFC 9112 5.2). */
		if (line.p[0] == ' ' || line.p[0] == '\t') {
			if (!secret && buf_put(out, line))
				return -1;
			continue;
		}
		secret = is_secret(line);
		if (secret ? put_name(line, out) : buf_put(out, line))
			return -1;
	}
	return 0;
}

/* --- exchanges --------------------------------------------------------------
 */

static int
keep_message(struct enroll_message *m, const struct buf *head, struct span body)
{
	buf_init(&m->head, MAX_RECORD_HEAD);
	buf_init(&m->body, MAX_HTTP_RECORD);
	if (body.n > MAX_HTTP_RECORD)
		body.n = MAX_HTTP_RECORD;
	return enroll_record_head(buf_span(head), &m->head) ||
		       buf_put(&m->body, body)
		   ? -1
		   : 0;
}

/* To a proxy that did not let it through no body went out. */
static bool
is_tunnel(const struct buf *head)
{
	return head->n > strlen(CONNECT) &&
	       memcmp(head->p, CONNECT, strlen(CONNECT)) == 0;
}

int
enroll_record_exchange(struct enroll *en, const struct httpc_request *q,
    const struct httpc_answer *a, const struct err *error, struct err *e)
{
	struct enroll_result *r = en->r;
	struct enroll_exchange *x = &r->record->exchanges[r->n_requests - 1];
	const struct span none = { NULL, 0 };

	(void)snprintf(x->url, sizeof(x->url), "%s", q->url);
	(void)snprintf(x->address, sizeof(x->address), "%s", a->address);
	(void)snprintf(
	    x->error, sizeof(x->error), "%s", error != NULL ? error->msg : "");
	x->message_type = x->pki_status = x->fail_info = SCEP_ABSENT;
	if (q->body.n > 0) {
		x->message_type = en->asked.type;
		memcpy(x->transaction, en->asked.transaction,
		    sizeof(x->transaction));
	}
	return keep_message(&x->request, &a->sent,
		   is_tunnel(&a->sent) ? none : q->body) != 0 ||
		       keep_message(&x->answer, &a->head, buf_span(&a->body)) !=
			   0
		   ? err_set(e, E_NOMEM, "record of a request")
		   : 0;
}

void
enroll_record_reply(struct enroll *en, const struct scep_head *h)
{
	struct enroll_result *r = en->r;

	if (r->record == NULL)
		return;
	r->record->exchanges[r->n_requests - 1].pki_status = h->status;
	r->record->exchanges[r->n_requests - 1].fail_info = h->fail;
}

/* --- certificates -----------------------------------------------------------
 */

/* What they stand on: the way up as far as anybody here knows it. */
struct way {
	struct enroll *en;
	struct span nv[MAX_CERT_COUNT];
	size_t n_nv;
	struct span path[MAX_CHAIN_DEPTH];
	size_t n_path;
};

static int
find(struct span der, const struct span *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_eq(list[i], der))
			return (int)i;
	return -1;
}

/* What is no certificate is left out. */
static struct enroll_certificate *
add(const struct way *w, const char *role, struct span der)
{
	struct enroll_record *r = w->en->r->record;
	struct enroll_certificate *new = &r->certs[r->n_certs];
	struct cert c;

	if (r->n_certs == MAX_ENROLL_CERTS || cert_parse(der, &c, NULL) != 0)
		return NULL;
	*new = (struct enroll_certificate){ .role = role,
		.place = find(der, w->path, w->n_path),
		.walked = find(der, w->en->path, w->en->n_path) >= 0 };
	buf_init(&new->der, der.n);
	if (buf_put(&new->der, der))
		return NULL;
	r->n_certs++;
	return new;
}

static void
name_source(struct enroll_certificate *c, const char *source)
{
	if (c != NULL)
		(void)snprintf(c->source, sizeof(c->source), "%s", source);
}

static void
name_indices(
    const struct enroll *en, struct span der, struct enroll_certificate *c)
{
	struct piece pieces[MAX_CERT_PIECES];
	size_t n = tpm_info_pieces(
	    &en->info, (size_t)(der.p - en->chain.p), der.n, pieces);
	size_t used;

	if (c == NULL)
		return;
	used = (size_t)snprintf(c->source, sizeof(c->source), "NV");
	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(c->source + used,
		    sizeof(c->source) - used, " 0x%08x", pieces[i].index);
}

static void
find_way(struct enroll *en, struct way *w)
{
	struct span all[MAX_CERT_COUNT + MAX_CAS];
	struct authority_input in = enroll_input(en, w->nv);

	w->en = en;
	w->n_nv = in.n_certs;
	w->n_path = 0;
	memcpy(all, w->nv, w->n_nv * sizeof(all[0]));
	for (size_t i = 0; i < in.n_above && i < MAX_CAS; i++)
		all[in.n_certs++] = in.above[i];
	in.certs = all;
	in.client = CLIENT_CURRENT;
	(void)authority_path(&in, w->path, &w->n_path, NULL);
}

static void
add_device(const struct way *w)
{
	const struct enroll_result *r = w->en->r;

	name_source(add(w, "ek", buf_span(&r->ek)),
	    r->from_ekop ? "EKOP" : "NV 0x01c00002");
	for (size_t i = 0; i < w->n_nv; i++)
		name_indices(w->en, w->nv[i], add(w, "chain", w->nv[i]));
	for (size_t i = 1; i < w->n_path; i++)
		if (find(w->path[i], w->nv, w->n_nv) < 0)
			name_source(add(w, "above", w->path[i]), "known here");
}

static const char *
role_in_service(struct span der)
{
	struct cert c;

	if (cert_parse(der, &c, NULL) != 0 || !c.is_ca)
		return "ra";
	return cert_is_self_signed(&c) ? "aik-root" : "aik-ca";
}

void
enroll_record_certs(struct enroll *en)
{
	const struct cms_signed *s = &en->service;
	struct way w;

	if (en->r->record == NULL)
		return;
	find_way(en, &w);
	add_device(&w);
	for (size_t i = 0; i < s->n_certs; i++)
		name_source(add(&w, role_in_service(s->certs[i]), s->certs[i]),
		    "the service");
	name_source(add(&w, "aik", buf_span(&en->r->cert)), "the service");
}
