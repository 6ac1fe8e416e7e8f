#include "sim/aik/event.h"
#include "sim/aik/hresult.h"
#include "sim/cli/out.h"
#include "sim/cli/reproduce.h"

static json_t *
json_outcome(const struct mode_outcome *o)
{
	return json_pack("{s:b, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:b}",
	    "enrolled", (int)o->enrolled, "step",
	    json_sprintf("%c", enroll_letter(o->step)), "http_status",
	    out_json_number(o->status, 0), "hresult",
	    o->hresult != 0 ? json_sprintf("0x%08x", o->hresult) : json_null(),
	    "hresult_name", out_json_text(hresult_name(o->hresult)), "denied",
	    (int)o->denied, "reply", out_json_text(o->reply), "url_of",
	    out_json_number(o->url_of, 0), "ekop", (int)o->ekop);
}

static json_t *
json_device(const struct mode *m)
{
	json_t *faults = json_array();

	for (size_t i = 0; i < MAX_MODE_FAULTS; i++)
		if (m->device.faults[i] != NULL)
			(void)json_array_append_new(
			    faults, json_string(m->device.faults[i]));
	return json_pack("{s:s, s:s?, s:o, s:b, s:b, s:b, s:b}", "family",
	    m->device.family, "batch", m->device.batch, "faults", faults,
	    "owner_auth", (int)m->device.owner_auth, "revoked",
	    (int)m->device.revoked, "batch_revoked",
	    (int)m->device.batch_revoked, "known", (int)m->device.known);
}

static json_t *
json_other(const struct mode *m)
{
	static const struct {
		enum mode_other bit;
		const char *name;
	} rows[] = { { OTHER_DEVICE, "device" }, { OTHER_CLOUD, "cloud" },
		{ OTHER_CLIENT, "client" }, { OTHER_TLS, "tls" } };
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (m->other & rows[i].bit)
			(void)json_array_append_new(
			    list, json_string(rows[i].name));
	return list;
}

json_t *
reproduce_json_mode(const struct mode *m)
{
	static const char *const wires[] = { [WIRE_CLOUD] = "cloud",
		[WIRE_NO_NAME] = "no-name",
		[WIRE_CLOSED] = "closed",
		[WIRE_BLACK_HOLE] = "black-hole",
		[WIRE_PROXY] = "proxy" };
	const bool can = m->absent == NULL;

	return json_pack(
	    "{s:s, s:s, s:s, s:s?, s:o, s:o, s:s, s:s?, s:s?, s:s, s:o, s:o, "
	    "s:s?, s:s?, s:s?, s:s, s:s}",
	    "name", m->name, "title", m->title, "who", m->who, "absent",
	    m->absent, "device", can ? json_device(m) : json_null(), "other",
	    json_other(m), "wire", wires[m->wire], "cloud_fault",
	    m->cloud_fault, "client_fault", m->client_fault, "client",
	    authority_client_name(m->client), "want",
	    can ? json_outcome(&m->want) : json_null(), "event",
	    can && !m->want.enrolled
		? out_json_number(event_id(m->want.step), 0)
		: json_null(),
	    "autopilot", m->autopilot, "why", m->why, "remedy", m->remedy,
	    "label", mode_label_text(m->label), "source", m->source);
}

json_t *
reproduce_json(const struct reproduction *r)
{
	json_t *by_hand = json_array();

	for (size_t i = 0; i < r->n_commands; i++)
		(void)json_array_append_new(
		    by_hand, json_string(r->commands[i]));
	return json_pack("{s:s, s:b, s:o, s:o, s:o, s:O}", "mode",
	    r->mode->name, "expected", (int)r->expected, "difference",
	    out_json_text(r->difference), "outcome", json_outcome(&r->outcome),
	    "commands", by_hand, "enrolment", r->enroll);
}
