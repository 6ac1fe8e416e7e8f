#include <string.h>

#include "sim/aik/event.h"
#include "sim/aik/hresult.h"
#include "sim/report/report_part.h"

/* --- what it was ------------------------------------------------------------
 */

static const json_t *
failure(const struct view *v)
{
	return json_object_get(v->enroll, "failure");
}

static uint32_t
hresult_of(const struct view *v)
{
	return (uint32_t)strtoul(report_text(failure(v), "hresult"), NULL, 16);
}

static void
put_outcome(struct page *p, const struct view *v)
{
	html_begin(&p->h, "p", "outcome");
	report_icon(p, v->enrolled ? MARK_OK : MARK_FAILED);
	if (v->enrolled) {
		html_leaf(&p->h, "strong", NULL, "Enrolled");
		html_text(&p->h, ": all steps from A to L passed");
	} else {
		html_begin(&p->h, "strong", NULL);
		html_textf(&p->h, "Failed at step %c", enroll_letter(v->step));
		html_end(&p->h);
		html_textf(&p->h, " (%s)", enroll_text(v->step));
	}
	html_end(&p->h);
}

static void
put_code(struct page *p, const struct view *v)
{
	char line[HRESULT_LINE_SIZE];

	if (v->enrolled || hresult_of(v) == 0)
		return;
	hresult_line(hresult_of(v), line);
	html_leaf(&p->h, "p", "code", line);
}

/* --- what could be the cause ------------------------------------------------
 */

/* A client that came above the EK certificate found a chain that is whole. */
static bool
is_of_chain(const struct mode *m)
{
	return m->device.faults[0] != NULL &&
	       strncmp(m->device.faults[0], "chain.", 6) == 0;
}

/* The URL has no key identifier, but a name's digest. */
static bool
is_of_name(const struct mode *m)
{
	return m->device.faults[0] != NULL &&
	       strcmp(m->device.faults[0], "cert.ek.no-aki") == 0;
}

/* The URL that a mode's client asks for is the one that was asked for. */
static bool
asks_alike(const struct view *v, const struct mode *m)
{
	const json_t *a = json_object_get(v->enroll, "authority");
	const char *client = report_text(a, "client");

	return (client[0] == '\0' ||
		   strcmp(client, authority_client_name(m->client)) == 0) &&
	       json_is_true(json_object_get(a, "name_id")) == is_of_name(m) &&
	       (json_integer_value(json_object_get(a, "place")) == 0 ||
		   !is_of_chain(m));
}

/* The same to see as of a mode: what was asked for, and how it ended. */
static bool
looks_like(const struct view *v, const struct mode *m)
{
	const json_t *status = json_object_get(failure(v), "http_status");

	return m->absent == NULL && !m->want.enrolled &&
	       m->want.step == v->step && m->want.hresult == hresult_of(v) &&
	       m->want.status == (unsigned)json_integer_value(status) &&
	       asks_alike(v, m);
}

static void
put_likely(struct page *p, const struct view *v)
{
	bool any = false;

	for (const struct mode *m = aik_modes; m->name != NULL; m++) {
		if (!looks_like(v, m))
			continue;
		if (!any)
			html_leaf(&p->h, "dt", NULL, "Looks like");
		any = true;
		html_begin(&p->h, "dd", NULL);
		html_leaf(&p->h, "code", NULL, m->name);
		html_textf(&p->h, ": %s. ", m->title);
		html_leaf(&p->h, "span", "remedy", m->remedy);
		html_end(&p->h);
	}
}

/* --- the verdict ------------------------------------------------------------
 */

static void
put_expectation(struct page *p, const struct view *v)
{
	const json_t *expected = json_object_get(v->reproduction, "expected");

	if (!json_is_boolean(expected))
		return;
	html_leaf(&p->h, "dt", NULL, "Reproduced");
	html_begin(&p->h, "dd", NULL);
	if (json_is_true(expected))
		html_text(&p->h,
		    "As expected: step, HTTP status and HRESULT are what "
		    "is known of it.");
	else
		html_textf(&p->h, "Not as expected: %s",
		    report_text(v->reproduction, "difference"));
	html_end(&p->h);
}

/* What failed, without the step, which is said above. */
static const char *
what_happened(const struct view *v)
{
	const char *all = report_text(failure(v), "message");
	const char *step = enroll_text(v->step), *at = strstr(all, step);

	return at != NULL && strncmp(at + strlen(step), ": ", 2) == 0
		   ? at + strlen(step) + 2
		   : all;
}

static void
put_device(struct page *p, const struct mode *m)
{
	html_textf(&p->h, "A device of family %s", m->device.family);
	if (m->device.batch != NULL)
		html_textf(&p->h, ", batch %s", m->device.batch);
	for (size_t i = 0; i < MAX_MODE_FAULTS; i++)
		if (m->device.faults[i] != NULL)
			html_textf(&p->h, ", fault %s", m->device.faults[i]);
	if (m->device.owner_auth)
		html_text(&p->h, ", with an owner password");
	if (m->device.revoked)
		html_text(&p->h, ", revoked");
	if (m->device.batch_revoked)
		html_text(&p->h, ", whose batch is revoked");
}

static void
put_client(struct page *p, const struct mode *m)
{
	static const char *const clients[] = {
		[CLIENT_CURRENT] = "a client that reads the chain",
		[CLIENT_LEGACY] = "a client that knows the EK certificate only",
		[CLIENT_TOO_FAR] = "a client that walks a certificate too far"
	};
	html_textf(&p->h, "; %s", clients[m->client]);
	if (m->client_fault != NULL)
		html_textf(&p->h, ", fault %s", m->client_fault);
}

static void
put_services(struct page *p, const struct mode *m)
{
	static const char *const wires[] = { [WIRE_CLOUD] = "services",
		[WIRE_NO_NAME] = "a name that no resolver knows",
		[WIRE_CLOSED] = "a port where nobody listens",
		[WIRE_BLACK_HOLE] = "a host that never answers",
		[WIRE_PROXY] = "a proxy" };

	html_textf(&p->h, "; %s", wires[m->wire]);
	if (m->cloud_fault != NULL)
		html_textf(&p->h, ", fault %s", m->cloud_fault);
	else if (m->wire == WIRE_CLOUD)
		html_text(&p->h, " that work");
	if ((m->other & OTHER_CLOUD) && !(m->other & OTHER_CLIENT))
		html_text(&p->h, ", of another hierarchy than the client's");
	html_text(&p->h, ".");
}

static void
put_tried(struct page *p, const struct view *v)
{
	html_leaf(&p->h, "dt", NULL, "Tried");
	html_begin(&p->h, "dd", NULL);
	if (v->mode != NULL) {
		put_device(p, v->mode);
		put_client(p, v->mode);
		put_services(p, v->mode);
	} else {
		html_textf(&p->h,
		    "To get an AIK certificate for %s, as Windows does",
		    report_text(v->enroll, "source"));
	}
	html_end(&p->h);
}

static void
put_facts(struct page *p, const struct view *v)
{
	const struct mode *m = v->mode;

	html_begin(&p->h, "dl", "facts");
	if (!v->enrolled)
		report_term(p, "What happened", what_happened(v));
	report_term(p, "Why", m != NULL ? m->why : NULL);
	report_term(p, "What helps", m != NULL ? m->remedy : NULL);
	if (m == NULL && !v->enrolled)
		put_likely(p, v);
	report_term(p, "Who meets it", m != NULL ? m->who : NULL);
	put_tried(p, v);
	put_expectation(p, v);
	html_end(&p->h);
}

void
report_verdict(struct page *p, const struct view *v)
{
	html_begin(&p->h, "div", v->enrolled ? "verdict ok" : "verdict failed");
	put_outcome(p, v);
	put_code(p, v);
	put_facts(p, v);
	html_end(&p->h);
}

/* --- what Windows shows -----------------------------------------------------
 */

static void
put_event_id(struct page *p, const struct view *v)
{
	const unsigned id = event_id(v->step);

	html_leaf(&p->h, "dt", NULL, "Event");
	html_begin(&p->h, "dd", NULL);
	if (id != 0)
		html_textf(&p->h, "%u of %s, Stage: %s", id, EVENT_SOURCE,
		    enroll_stage(v->step));
	else
		html_text(&p->h, "None of CertEnroll: nothing was asked of the "
				 "AIK service.");
	html_end(&p->h);
}

/* As the log would have it. */
static void
put_event(struct page *p, const json_t *event)
{
	const char *text = report_text(event, "text");

	if (text[0] == '\0')
		return;
	html_leaf(&p->h, "p", "note",
	    json_is_true(json_object_get(event, "seen"))
		? "The event's text, in the form that was seen in logs:"
		: "The event's text; its form is inferred from others:");
	html_begin(&p->h, "pre", "event");
	html_lines(&p->h, text);
	html_end(&p->h);
}

void
report_windows(struct page *p, const struct view *v)
{
	const struct mode *m = v->mode;
	char line[HRESULT_LINE_SIZE] = "";

	if (v->enrolled && m == NULL)
		return;
	report_section(p, "windows",
	    v->enrolled ? "How sure this is" : "What Windows shows");
	html_begin(&p->h, "dl", "facts");
	if (!v->enrolled) {
		put_event_id(p, v);
		if (hresult_of(v) != 0)
			hresult_line(hresult_of(v), line);
		report_term(p, "Error", line);
	}
	if (m != NULL) {
		report_term(p, "Autopilot", m->autopilot);
		report_term(p, "How sure", mode_label_text(m->label));
		report_term(p, "Source", m->source);
	}
	html_end(&p->h);
	put_event(p, json_object_get(v->enroll, "event"));
	html_end(&p->h);
}

/* --- by hand ----------------------------------------------------------------
 */

void
report_by_hand(struct page *p, const struct view *v)
{
	const json_t *all = json_object_get(v->reproduction, "commands");

	if (json_array_size(all) == 0)
		return;
	report_section(p, "by-hand", "By hand");
	html_begin(&p->h, "pre", "commands");
	for (size_t i = 0; i < json_array_size(all); i++) {
		html_lines(&p->h, json_string_value(json_array_get(all, i)));
		html_lines(&p->h, "\n");
	}
	html_end(&p->h);
	html_end(&p->h);
}
