#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/aik/enroll_record.h"
#include "sim/aik/enroll_step.h"
#include "sim/aik/hresult.h"
#include "sim/base/clock.h"

static const struct {
	const char *name, *stage, *text;
} words[] = {
#define X(step, name, stage, text) { name, stage, text },
	ENROLL_LIST(X)
#undef X
};

const char *
enroll_name(enum enroll_step s)
{
	return words[s].name;
}

const char *
enroll_stage(enum enroll_step s)
{
	return words[s].stage;
}

const char *
enroll_text(enum enroll_step s)
{
	return words[s].text;
}

/* --- steps begin and end ----------------------------------------------------
 */

void
enroll_begin_step(struct enroll *en, enum enroll_step s)
{
	const struct enroll_watch *w = &en->o->watch;

	en->r->step = s;
	en->begin = clock_ns();
	if (w->begin != NULL)
		w->begin(w->ctx, s);
}

void
enroll_end_step(struct enroll *en, bool ok)
{
	const struct enroll_watch *w = &en->o->watch;
	const enum enroll_step s = en->r->step;

	en->r->steps[s].ok = ok;
	en->r->steps[s].ns = clock_ns() - en->begin;
	if (w->end != NULL)
		w->end(w->ctx, s, en->r);
}

/* --- requests ---------------------------------------------------------------
 */

static void
count(struct enroll *en, const char *name, const struct httpc_request *q,
    const struct httpc_answer *a)
{
	const struct enroll_watch *w = &en->o->watch;
	struct enroll_request *r = &en->r->requests[en->r->n_requests++];

	*r = (struct enroll_request){ .name = name,
		.method = q->method,
		.status = a->status,
		.sent = q->body.n,
		.received = a->body.n,
		.ns = a->ns };
	if (w->answered != NULL)
		w->answered(w->ctx, r, a);
}

/* The printable text that s begins with. */
static void
keep_text(struct span s, char *out, size_t size)
{
	size_t n = 0;

	while (n < s.n && n + 1 < size && s.p[n] >= ' ' && s.p[n] <= '~') {
		out[n] = (char)s.p[n];
		n++;
	}
	out[n] = '\0';
}

/* What there is to read of an answer that is no success; its status line is
 * "HTTP/1.1 404 Not Found". */
static void
keep_reply(struct enroll_result *r, const struct httpc_answer *a)
{
	struct span head = buf_span(&a->head);

	if (span_skip(&head, strlen("HTTP/1.1 404 ")) == 0)
		keep_text(head, r->reason, sizeof(r->reason));
	keep_text(buf_span(&a->body), r->reply, sizeof(r->reply));
}

int
enroll_check_status(struct enroll *en, const char *name,
    const struct httpc_answer *a, struct err *e)
{
	struct enroll_result *r = en->r;

	r->http_status = a->status;
	if (a->status == 200)
		return 0;
	r->hresult = hresult_of_http(a->status);
	keep_reply(r, a);
	return err_set(e, E_REJECTED, "%s: HTTP status %u%s%s", name, a->status,
	    r->reply[0] != '\0' ? ": " : "", r->reply);
}

int
enroll_ask(struct enroll *en, const char *name, const struct httpc_request *q,
    struct httpc_answer *ret, struct err *e)
{
	struct httpc_request asked = *q;
	int rc;

	asked.record = en->r->record != NULL;
	rc = en->o->send(en->o->http, &asked, ret, e);
	count(en, name, q, ret);
	if (asked.record &&
	    enroll_record_exchange(en, q, ret, rc != 0 ? e : NULL, e) != 0)
		return -1;
	if (rc == 0)
		return 0;
	en->r->http_status = ret->status; /* not the one before */
	en->r->winhttp = ret->winhttp;
	if (ret->winhttp != 0)
		en->r->hresult = hresult_of_winhttp(ret->winhttp);
	return err_wrap(e, "%s", name);
}

int
enroll_ask_scep(struct enroll *en, const char *operation, const char *message,
    struct httpc_request *q, struct httpc_answer *ret, struct err *e)
{
	const char *url = en->r->authority.url;
	char text[2 * AUTHORITY_URL_SIZE];

	(void)snprintf(text, sizeof(text), "%s%s?operation=%s%s%s",
	    en->o->plain ? "http" : "https", url + strlen("https"), operation,
	    message != NULL ? "&message=" : "", message != NULL ? message : "");
	q->url = text;
	q->headers = en->headers;
	return enroll_ask(en, operation, q, ret, e);
}

/* --- all of it --------------------------------------------------------------
 */

static int (*const steps[])(struct enroll *, struct err *) = {
	[ENROLL_TPM] = enroll_open_tpm,
	[ENROLL_EK] = enroll_find_ek,
	[ENROLL_CHAIN] = enroll_read_chain,
	[ENROLL_URL] = enroll_find_url,
	[ENROLL_CONNECT] = enroll_connect_and_ask,
	[ENROLL_CAPS] = enroll_read_caps,
	[ENROLL_CA_CHAIN] = enroll_get_ca_chain,
	[ENROLL_REQUEST] = enroll_make_request,
	[ENROLL_SUBMIT] = enroll_submit_request,
	[ENROLL_ACTIVATE] = enroll_activate,
	[ENROLL_ANSWER] = enroll_submit_answer,
	[ENROLL_CHECK] = enroll_check_certificate,
};

/* What a step has not said itself. */
static void
number_failure(struct enroll *en, enum err_code code)
{
	struct enroll_result *r = en->r;

	if (r->hresult != 0 || r->pki_status == SCEP_FAILURE)
		return;
	if (code == E_TPM && en->tpm != NULL)
		r->hresult = hresult_of_tpm(aiktpm_code(en->tpm));
	else if (code == E_TPM || code == E_IO)
		r->hresult = r->step == ENROLL_TPM ? HRESULT_NOT_READY : 0;
	else if (code != E_NOMEM)
		r->hresult = HRESULT_INVALID_DATA;
}

static int
walk_steps(struct enroll *en, struct err *e)
{
	for (enum enroll_step s = ENROLL_TPM; s < ENROLL_STEPS; s++) {
		/* Step E's request goes on into step F. */
		if (s == ENROLL_TPM || en->r->step != s)
			enroll_begin_step(en, s);
		if (steps[s](en, e) != 0) {
			number_failure(en, e->code);
			enroll_end_step(en, false);
			return err_wrap(e, "enrol: step %c, %s",
			    enroll_letter(en->r->step),
			    enroll_text(en->r->step));
		}
		if (en->r->step == s)
			enroll_end_step(en, true);
	}
	en->r->enrolled = true;
	return 0;
}

static void
enroll_done(struct enroll *en)
{
	aiktpm_close(en->tpm);
	tpm_info_done(&en->info);
	httpc_answer_done(&en->caps);
	cms_signed_free(&en->service);
	aik_made_done(&en->aik);
	key_free(en->key);
	buf_free(&en->chain);
	buf_free(&en->cert);
	buf_free(&en->request);
	credential_done(&en->credential);
	buf_free(&en->context);
	buf_free(&en->secret);
	free(en);
}

static void
auto_enroll_fn(struct enroll **en)
{
	if (*en != NULL)
		enroll_done(*en);
}

static struct enroll *
enroll_new(const struct enroll_options *o, struct enroll_result *r)
{
	struct enroll *en = calloc(1, sizeof(*en));

	if (en == NULL)
		return NULL;
	en->o = o;
	en->r = r;
	buf_init(&en->chain, MAX_NV_INDICES * UINT16_MAX);
	en->caps = (struct httpc_answer)HTTPC_ANSWER_INIT;
	en->service = (struct cms_signed)CMS_SIGNED_INIT;
	buf_init(&en->cert, MAX_CERT_SIZE);
	en->asked = (struct scep_head)SCEP_HEAD_INIT;
	buf_init(&en->request, MAX_CMS_SIZE);
	en->credential = (struct credential)CREDENTIAL_INIT;
	buf_init(&en->context, MAX_CMS_SIZE);
	buf_init(&en->secret, MAX_TPM_RESPONSE);
	return en;
}

int
enroll_run(
    const struct enroll_options *o, struct enroll_result *ret, struct err *e)
{
	AUTO(auto_enroll_fn) struct enroll *en = enroll_new(o, ret);
	const uint64_t begin = clock_ns();
	struct err why = ERR_INIT;
	int rc;

	*ret = (struct enroll_result){ .client = o->client,
		.pki_status = SCEP_ABSENT,
		.fail_info = SCEP_ABSENT };
	buf_init(&ret->ek, MAX_CERT_SIZE);
	buf_init(&ret->cert, MAX_CERT_SIZE);
	buf_init(&ret->context, MAX_TPM_RESPONSE);
	if (o->record)
		ret->record = enroll_record_new();
	if (en == NULL || (o->record && ret->record == NULL))
		return err_set(e, E_NOMEM, "enrolment");
	rc = walk_steps(en, &why);
	ret->ns = clock_ns() - begin;
	enroll_record_certs(en);
	if (rc != 0 && e != NULL)
		*e = why;
	return rc;
}

void
enroll_result_done(struct enroll_result *r)
{
	buf_free(&r->ek);
	buf_free(&r->cert);
	buf_free(&r->context);
	enroll_record_free(r->record);
}
