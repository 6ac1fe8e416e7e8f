#include <stdio.h>
#include <string.h>

#include "odca/family.h"
#include "sim/aik/mode.h"
#include "sim/base/suggest.h"

static int
unknown_mode(const char *name, struct err *e)
{
	AUTO(suggest_done) struct suggest s;
	const char *best;

	suggest_init(&s, name);
	for (const struct mode *m = aik_modes; m->name != NULL; m++)
		suggest_offer(&s, m->name);
	best = suggest_best(&s);
	err_set(e, E_USAGE, "unknown failure mode '%s'%s%s%s", name,
	    best != NULL ? "; did you mean '" : "", best != NULL ? best : "",
	    best != NULL ? "'?" : "");
	return err_hint(e, "'odcasim reproduce --list' lists them");
}

const struct mode *
mode_require(const char *name, struct err *e)
{
	for (const struct mode *m = aik_modes; m->name != NULL; m++)
		if (strcmp(m->name, name) == 0)
			return m;
	(void)unknown_mode(name, e);
	return NULL;
}

const char *
mode_label_text(enum mode_label label)
{
	static const char *const texts[] = {
		[LABEL_DOCUMENTED] = "documented",
		[LABEL_SEEN] = "seen in a log",
		[LABEL_CODE] = "seen in code",
		[LABEL_INFERRED] = "inferred",
	};

	return texts[label];
}

static bool
is_epid(const char *family)
{
	const struct family *f = family != NULL ? family_find(family) : NULL;

	return f != NULL && gen_is_epid(family_batch(f, NULL)->gen);
}

struct mode
mode_without_cause(const struct mode *m)
{
	struct mode ret = *m;

	ret.device.batch = NULL;
	memset(ret.device.faults, 0, sizeof(ret.device.faults));
	ret.device.owner_auth = ret.device.revoked = false;
	ret.device.batch_revoked = false;
	ret.device.known = is_epid(m->device.family);
	/* All of one hierarchy. */
	ret.other = 0;
	ret.wire = WIRE_CLOUD;
	ret.cloud_fault = ret.client_fault = NULL;
	ret.client = CLIENT_CURRENT;
	return ret;
}

/* --- judging ----------------------------------------------------------------
 */

static bool
has_reply(const struct mode_outcome *want, const struct mode_outcome *have)
{
	return want->reply == NULL ||
	       (have->reply != NULL &&
		   strstr(have->reply, want->reply) != NULL);
}

static bool
differs(const struct mode_outcome *want, const struct mode_outcome *have,
    char out[static MODE_WHY_SIZE])
{
	if (want->enrolled != have->enrolled)
		return snprintf(out, MODE_WHY_SIZE, "want %s, have %s",
			   want->enrolled ? "a certificate" : "none",
			   have->enrolled ? "one" : "none") > 0;
	if (want->step != have->step)
		return snprintf(out, MODE_WHY_SIZE, "step: want %c, have %c",
			   enroll_letter(want->step),
			   enroll_letter(have->step)) > 0;
	if (want->status != have->status)
		return snprintf(out, MODE_WHY_SIZE,
			   "HTTP status: want %u, have %u", want->status,
			   have->status) > 0;
	if (want->hresult != have->hresult)
		return snprintf(out, MODE_WHY_SIZE,
			   "HRESULT: want 0x%08x, have 0x%08x", want->hresult,
			   have->hresult) > 0;
	if (want->denied != have->denied)
		return snprintf(out, MODE_WHY_SIZE, "pkiStatus 2: want %s",
			   want->denied ? "it" : "another") > 0;
	if (want->url_of != 0 && want->url_of != have->url_of)
		return snprintf(out, MODE_WHY_SIZE,
			   "URL: want it of certificate %u, have %u",
			   want->url_of, have->url_of) > 0;
	if (want->ekop && !have->ekop)
		return snprintf(out, MODE_WHY_SIZE,
			   "EK certificate: want EKOP's, have NV's") > 0;
	if (!has_reply(want, have))
		return snprintf(out, MODE_WHY_SIZE,
			   "answer: want '%s', have '%s'", want->reply,
			   have->reply != NULL ? have->reply : "") > 0;
	return false;
}

bool
mode_judge(const struct mode *m, const struct mode_outcome *o,
    char out[static MODE_WHY_SIZE])
{
	out[0] = '\0';
	return !differs(&m->want, o, out);
}
