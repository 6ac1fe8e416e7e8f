#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "odca/key.h"
#include "sim/aik/cloudfault.h"
#include "sim/base/log.h"
#include "sim/base/suggest.h"
#include "sim/base/trigger.h"

#define SEED_BYTES 8

struct armed {
	const struct cloudfault *fault;
	struct trigger when;
};

struct cloudfault_set {
	pthread_mutex_t lock; /* of dice and of what the triggers count */
	struct dice dice;
	struct armed armed[MAX_FAULTS];
	size_t n;
};

/* --- arming --------------------------------------------------------------- */

static const struct cloudfault *
find(const char *name, bool client, struct err *e)
{
	AUTO(suggest_done) struct suggest s = { .word = NULL };
	const char *best;

	suggest_init(&s, name);
	for (const struct cloudfault *f = cloudfaults; f->name != NULL; f++) {
		if (cloud_seam_is_client(f->seam) != client)
			continue;
		if (strcmp(f->name, name) == 0)
			return f;
		suggest_offer(&s, f->name);
	}
	best = suggest_best(&s);
	err_set(e, E_USAGE, "unknown fault '%s' of %s%s%s%s", name,
	    client ? "enroll" : "cloud", best ? "; did you mean '" : "",
	    best ? best : "", best ? "'?" : "");
	(void)err_hint(e, "'odcasim faults' lists all, and where each applies");
	return NULL;
}

static bool
is_of_start(const struct cloudfault *f)
{
	return f->seam == CLOUD_TLS_ROOT || f->seam == CLOUD_TLS_EXPIRED;
}

/* A word that no request has, or that this fault is not for, would be a fault
 * that never happens. */
static int
check_operation(const struct cloudfault *f, const char *on, struct err *e)
{
	static const char *const operations[] = { "GetCACaps", "GetCACert",
		"GetCACertChain", "PKIOperation" };

	if (f->on != NULL && strcmp(on, f->on) != 0)
		return err_set(e, E_USAGE, "fault '%s' is for %s, not on=%s",
		    f->name, f->on, on);
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		if (strcmp(on, operations[i]) == 0)
			return 0;
	return err_set(e, E_USAGE,
	    "on=%s: want GetCACaps, GetCACert, GetCACertChain or PKIOperation",
	    on);
}

static int
check(const struct cloudfault *f, const struct trigger *t, struct err *e)
{
	if (t->has_arg && f->arg == 0)
		return err_set(
		    e, E_USAGE, "fault '%s' takes no argument", f->name);
	if (t->has_arg && t->arg > f->most)
		return err_set(e, E_USAGE,
		    "fault '%s=%u': want a number from 1 to %u", f->name,
		    t->arg, f->most);
	if (t->conditional && is_of_start(f))
		return err_set(e, E_USAGE,
		    "fault '%s' is there from start to end: on, prob, after "
		    "and count are not for it",
		    f->name);
	return t->on[0] != '\0' ? check_operation(f, t->on, e) : 0;
}

static int
arm(struct cloudfault_set *s, const char *text, bool client, struct err *e)
{
	struct armed *a = &s->armed[s->n];

	if (trigger_parse(text, &a->when, e) != 0 ||
	    (a->fault = find(a->when.name, client, e)) == NULL ||
	    check(a->fault, &a->when, e) != 0)
		return -1;
	if (!a->when.has_arg)
		a->when.arg = a->fault->arg;
	log_info("fault", "fault=%s armed", text);
	s->n++;
	return 0;
}

static bool
rolls(const struct cloudfault_set *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (trigger_rolls(&s->armed[i].when))
			return true;
	return false;
}

/* One that nobody was told cannot be given again. */
static int
seed(struct cloudfault_set *s, const char *text, struct err *e)
{
	const enum log_level level =
	    text == NULL && rolls(s) ? LOG_WARN : LOG_INFO;
	auto_buf random = BUF_INIT(SEED_BYTES);
	char hex[2 * SEED_BYTES + 1];

	if (text == NULL) {
		if (random_bytes(SEED_BYTES, &random) != 0)
			return err_set(e, E_CRYPTO, "random bytes for a seed");
		hex_encode(buf_span(&random), hex);
		text = hex;
	}
	dice_seed(&s->dice, text);
	log_line(level, "fault", "--seed %s replays this run", text);
	return 0;
}

int
cloudfault_new(const struct opt_list *list, bool client, const char *text,
    struct cloudfault_set **ret, struct err *e)
{
	auto_cloudfault s = NULL;

	_Static_assert(MAX_OPT_LIST <= MAX_FAULTS, "a place for each");
	*ret = NULL;
	if (list->n == 0)
		return 0;
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return err_set(e, E_NOMEM, "faults");
	(void)pthread_mutex_init(&s->lock, NULL);
	for (size_t i = 0; i < list->n; i++)
		if (arm(s, list->items[i], client, e) != 0)
			return -1;
	if (seed(s, text, e) != 0)
		return -1;
	*ret = TAKE(s);
	return 0;
}

void
cloudfault_free(struct cloudfault_set *s)
{
	if (s == NULL)
		return;
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

/* --- seams ------------------------------------------------------------------
 */

bool
cloudfault_waits(const struct cloudfault_set *s)
{
	for (size_t i = 0; s != NULL && i < s->n; i++) {
		struct http_response p = { .status = 0 };
		struct http_request r = { .n_args = 0 };
		const struct cloudfault *f = s->armed[i].fault;

		if (f->act == NULL || f->status != 0)
			continue;
		f->act(f, 1, &r, &p);
		if (p.sending.wait != 0 || p.sending.how == HTTP_SILENT)
			return true;
	}
	return false;
}

unsigned
cloudfault_at_start(const struct cloudfault_set *s, enum cloud_seam seam)
{
	for (size_t i = 0; s != NULL && i < s->n; i++)
		if (s->armed[i].fault->seam == seam)
			return s->armed[i].when.has_arg ||
				       s->armed[i].fault->arg != 0
				   ? s->armed[i].when.arg
				   : 1;
	return 0;
}

static bool
is_for(const struct armed *a, const struct cloudfault_visit *v)
{
	const char *on = a->when.on[0] != '\0' ? a->when.on : a->fault->on;

	return on == NULL ||
	       (v->operation != NULL && strcmp(on, v->operation) == 0);
}

static bool
happens(struct cloudfault_visit *v, struct armed *a, enum cloud_seam seam)
{
	const size_t n = strlen(v->names);
	bool now;

	if (a->fault->seam != seam || !is_for(a, v))
		return false;
	(void)pthread_mutex_lock(&v->set->lock);
	now = trigger_pull(&a->when, &v->set->dice);
	(void)pthread_mutex_unlock(&v->set->lock);
	if (!now)
		return false;
	log_info("fault", "fault=%s", a->fault->name);
	(void)snprintf(v->names + n, sizeof(v->names) - n, "%s%s",
	    n > 0 ? "," : "", a->fault->name);
	return true;
}

bool
cloudfault_at(struct cloudfault_visit *v, enum cloud_seam seam)
{
	bool any = false;

	for (size_t i = 0; v != NULL && v->set != NULL && i < v->set->n; i++)
		any |= happens(v, &v->set->armed[i], seam);
	return any;
}

void
cloudfault_wire(
    struct cloudfault_visit *v, struct http_request *r, struct http_response *p)
{
	for (size_t i = 0; v->set != NULL && i < v->set->n; i++) {
		struct armed *a = &v->set->armed[i];

		if (p->status == 0 && happens(v, a, CLOUD_WIRE))
			a->fault->act(a->fault, a->when.arg, r, p);
	}
}
