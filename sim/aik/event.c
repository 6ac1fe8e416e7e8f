#include <stdio.h>
#include <stdlib.h>

#include "sim/aik/enroll_record.h"
#include "sim/aik/event.h"
#include "sim/aik/hresult.h"

unsigned
event_id(enum enroll_step step)
{
	if (step < ENROLL_CONNECT)
		return 0;
	return step < ENROLL_REQUEST ? 86 : 87;
}

/* --- %3: what the service said ----------------------------------------------
 */

static bool
is_denied(const struct enroll_result *r)
{
	return r->pki_status == SCEP_FAILURE;
}

/* Steps whose last request is their own. */
static bool
is_asked(const struct enroll_result *r)
{
	return r->n_requests > 0 && r->step != ENROLL_REQUEST &&
	       r->step != ENROLL_ACTIVATE && r->step != ENROLL_CHECK;
}

/* As it came, without the empty line at its end. */
static void
put_head(const struct enroll_result *r, FILE *out)
{
	const struct buf *head;

	if (r->record == NULL)
		return;
	head = &r->record->exchanges[r->n_requests - 1].answer.head;
	for (size_t i = 0; i < head->n; i++) {
		const char c = (char)head->p[i];

		if (c == '\n' && i >= 3 && head->p[i - 2] == '\n')
			return;
		if (c == '\n' || (c >= ' ' && c <= '~'))
			(void)fputc(c, out);
		else if (c != '\r')
			(void)fputc('?', out);
	}
}

static void
put_denial(const struct enroll_result *r, FILE *out)
{
	(void)fprintf(out, "PkiStatus(%d): %s\n", r->pki_status,
	    scep_status_text(r->pki_status));
	if (r->fail_info != SCEP_ABSENT)
		(void)fprintf(out, "FailInfo(%d): %s\n", r->fail_info,
		    scep_fail_text(r->fail_info));
	(void)fprintf(out, "EnrollStatus(256): EnrollDenied\n"
			   "Submit(Request): OK\n");
}

static void
put_answer(const struct enroll_result *r, FILE *out)
{
	const char *name = r->requests[r->n_requests - 1].name;

	if (is_denied(r)) {
		put_denial(r, out);
	} else {
		(void)fprintf(out, "%s\n", name);
		if (r->reason[0] != '\0')
			(void)fprintf(out, "%s: %s\n", name, r->reason);
		if (r->reply[0] != '\0')
			(void)fprintf(out, "%s\n", r->reply);
	}
	put_head(r, out);
}

/* --- all of it --------------------------------------------------------------
 */

static void
put_event(const struct enroll_result *r, unsigned id, FILE *out)
{
	const struct enroll_request *q =
	    r->n_requests > 0 ? &r->requests[r->n_requests - 1] : NULL;
	char line[HRESULT_LINE_SIZE];

	(void)fprintf(out,
	    "SCEP Certificate enrollment %sfor %s via %s failed:\n\n",
	    id == 86 ? "initialization " : "", ENROLL_USER, r->authority.url);
	if (is_asked(r)) {
		put_answer(r, out);
		(void)fputc('\n', out);
	}
	if (q != NULL)
		(void)fprintf(out, "Method: %s(%.0fms)\n", q->method,
		    (double)q->ns / 1e6);
	(void)fprintf(out, "Stage: %s\n", enroll_stage(r->step));
	if (r->hresult == 0)
		return;
	hresult_line(r->hresult, line);
	(void)fprintf(out, "%s\n", line);
}

/* No answer, one that HTTP refuses with, and a denial: see event.h. */
static bool
is_seen(const struct enroll_result *r)
{
	return is_denied(r) ||
	       (r->step <= ENROLL_CAPS && r->http_status != 200);
}

int
event_of(const struct enroll_result *r, struct event *ret, struct err *e)
{
	size_t n = 0;
	FILE *out;

	*ret = (struct event){ .id = r->enrolled ? 0 : event_id(r->step) };
	if (ret->id == 0)
		return 0;
	ret->seen = is_seen(r);
	if ((out = open_memstream(&ret->text, &n)) == NULL)
		return err_set(e, E_NOMEM, "event");
	put_event(r, ret->id, out);
	return fclose(out) == 0 ? 0 : err_set(e, E_NOMEM, "event");
}

void
event_done(struct event *v)
{
	free(v->text);
	*v = (struct event){ .id = 0 };
}
