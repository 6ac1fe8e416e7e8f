#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "odca/fault.h"
#include "sim/aik/cloudfault.h"
#include "sim/aik/mode.h"
#include "sim/cli/args.h"
#include "sim/cli/out.h"
#include "sim/tpm/tpmfault.h"

#define NAME_COLUMN 28
#define MAX_ROWS    96 /* of all tables */

static const char *const verdicts[] = {
	[VERDICT_ACCEPT] = "accept",
	[VERDICT_REJECT] = "reject",
};

/* A row of any of the tables. */
struct row {
	const char *name, *where, *help, *cite;
	int64_t arg;
	const char *commands;       /* that have it as --fault */
	const struct fault *device; /* NULL: it is another table's */
};

struct rows {
	struct row all[MAX_ROWS];
	size_t n;
};

static void
add(struct rows *r, struct row row)
{
	assert(r->n < MAX_ROWS);
	r->all[r->n++] = row;
}

static void
collect(struct rows *r)
{
	for (const struct fault *f = odca_faults; f->name != NULL; f++)
		add(r, (struct row){ f->name, "device", f->help, f->cite,
			   f->arg, "mint, run, exec", f });
	for (const struct tpmfault *f = tpmfaults; f->name != NULL; f++)
		add(r, (struct row){ f->name, "tpm", f->help, f->cite, f->arg,
			   "run, exec", NULL });
	for (const struct cloudfault *f = cloudfaults; f->name != NULL; f++)
		add(r,
		    (struct row){ f->name, f->where, f->help, f->cite, f->arg,
			cloud_seam_is_client(f->seam) ? "enroll" : "cloud",
			NULL });
}

static const struct row *
find(const struct rows *r, const char *name, struct err *e)
{
	AUTO(suggest_done) struct suggest s = { .word = NULL };
	const char *best;

	suggest_init(&s, name);
	for (size_t i = 0; i < r->n; i++) {
		if (strcmp(r->all[i].name, name) == 0)
			return &r->all[i];
		suggest_offer(&s, r->all[i].name);
	}
	best = suggest_best(&s);
	err_set(e, E_USAGE, "unknown fault '%s'%s%s%s", name,
	    best ? "; did you mean '" : "", best ? best : "", best ? "'?" : "");
	(void)err_hint(e, "'odcasim faults' lists all %zu", r->n);
	return NULL;
}

/* --- text -------------------------------------------------------------------
 */

static void
print_row(const struct row *r)
{
	(void)printf("  %-*s %-6s  ", NAME_COLUMN, r->name,
	    r->device != NULL ? verdicts[r->device->expect] : r->where);
	opt_wrap(r->help, NAME_COLUMN + 11, NAME_COLUMN + 11, stdout);
}

static void
print_list(const struct rows *all)
{
	const char *where = "";

	for (size_t i = 0; i < all->n; i++) {
		const struct row *r = &all->all[i];

		if (strcmp(where, r->commands) != 0)
			(void)printf("%s--fault of %-*s%s\n", i > 0 ? "\n" : "",
			    r->device != NULL ? NAME_COLUMN - 8 : 0,
			    r->commands,
			    r->device != NULL ? "a correct verifier" : "");
		where = r->commands;
		print_row(r);
	}
	(void)printf("\n'odcasim faults NAME' explains one.\n");
}

static void
print_field(const char *name, const char *value)
{
	(void)printf("  %-10s ", name);
	opt_wrap(value, 13, 13, stdout);
}

static const char *
others_text(const struct fault *f)
{
	static const char *const texts[] = { "-", "openssl verify",
		"certtool --verify", "openssl verify, certtool --verify" };

	return texts[f->others & (BY_OPENSSL | BY_CERTTOOL)];
}

static void
explain_device(const struct fault *f)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "a correct verifier %ss it%s%s",
	    verdicts[f->expect], f->check != NULL ? ", by check " : "",
	    f->check != NULL ? f->check : "");
	print_field("expect", text);
	print_field("others", others_text(f));
	if (f->hook == HOOK_CRL)
		print_field("list",
		    "in odcasim.json beside the device, \"crls\": verify "
		    "--state knows it, verify --tcti does not");
	if (f->only != NULL) {
		(void)snprintf(text, sizeof(text),
		    "%s, or another whose chain takes two indices", f->only);
		print_field("family", text);
	}
	(void)printf("  try        odcasim mint --state ./tpm%s%s --fault %s\n"
		     "             odcasim verify --state ./tpm\n",
	    f->only != NULL ? " --family " : "", f->only != NULL ? f->only : "",
	    f->name);
}

static void
explain_trigger(const struct row *r)
{
	const bool enroll = strcmp(r->commands, "enroll") == 0;

	print_field("when",
	    "always; or ,on=WHAT ,prob=P% ,after=N ,count=N behind it, "
	    "separated by commas");
	(void)printf("  try        odcasim %.*s --log info%s --fault %s\n",
	    (int)strcspn(r->commands, ","), r->commands,
	    enroll ? " --state ./tpm --connect-to 127.0.0.1:8443" : "",
	    r->name);
}

static bool
is_in(const struct mode *m, const char *fault)
{
	const char *const faults[] = { m->cloud_fault, m->client_fault,
		m->device.faults[0], m->device.faults[1] };

	_Static_assert(MAX_MODE_FAULTS == 2, "all of a device's");
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		if (faults[i] != NULL && strcmp(faults[i], fault) == 0)
			return true;
	return false;
}

/* Where it is shown what comes of it. */
static void
explain_modes(const struct row *r)
{
	const char *before = "  see        ";

	for (const struct mode *m = aik_modes; m->name != NULL; m++) {
		if (!is_in(m, r->name))
			continue;
		(void)printf("%sodcasim reproduce %s\n", before, m->name);
		before = "             ";
	}
}

static void
explain(const struct row *r)
{
	char text[128];

	(void)printf(
	    "%s%s%s\n", out_style(STYLE_BOLD), r->name, out_style(STYLE_PLAIN));
	print_field("what", r->help);
	if (r->arg != 0) {
		(void)snprintf(text, sizeof(text),
		    "a number, --fault %s=ARG; %lld without", r->name,
		    (long long)r->arg);
		print_field("ARG", text);
	}
	print_field("where", r->where);
	print_field("option of", r->commands);
	print_field("clause", r->cite);
	if (r->device != NULL)
		explain_device(r->device);
	else
		explain_trigger(r);
	explain_modes(r);
}

/* --- JSON -------------------------------------------------------------------
 */

static json_t *
json_row(const struct row *r)
{
	const struct fault *f = r->device;
	const unsigned others = f != NULL ? f->others : 0;

	return json_pack("{s:s, s:s, s:s?, s:s?, s:o, s:b, s:b, s:s?, s:s, "
			 "s:s, s:s}",
	    "name", r->name, "help", r->help, "expect",
	    f != NULL ? verdicts[f->expect] : NULL, "check",
	    f != NULL ? f->check : NULL, "arg",
	    r->arg != 0 ? json_integer(r->arg) : json_null(), "openssl",
	    (others & BY_OPENSSL) != 0, "certtool", (others & BY_CERTTOOL) != 0,
	    "family", f != NULL ? f->only : NULL, "clause", r->cite, "where",
	    r->where, "commands", r->commands);
}

/* faults: [{name, help, arg (its default, or null), where (device, cloud, wire,
 * tpm), commands (that have it), clause; of a device's, else null or false:
 * expect (accept, reject), check (of verify, or null), openssl, certtool (who
 * else notices), family (one that it needs, or null)}]; members are only ever
 * added. */
static int
print_json(const struct rows *all, const struct row *one, struct err *e)
{
	json_t *list = json_array();
	json_auto_t *out = json_pack("{s:o}", "faults", list);

	for (size_t i = 0; i < all->n; i++)
		if (one == NULL || one == &all->all[i])
			(void)json_array_append_new(
			    list, json_row(&all->all[i]));
	if (out == NULL)
		return err_set(e, E_NOMEM, "JSON");
	return out_json(out, e);
}

int
cmd_faults(const struct args *a, struct err *e)
{
	struct rows all = { .n = 0 };
	const struct row *one = NULL;

	collect(&all);
	if (a->n_operands > 0 && (one = find(&all, a->operands[0], e)) == NULL)
		return -1;
	if (a->json)
		return print_json(&all, one, e);
	if (one != NULL)
		explain(one);
	else
		print_list(&all);
	return fflush(stdout) == 0 ? 0 : err_errno(e, "write to stdout");
}
