#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "odca/fault.h"
#include "sim/cli/args.h"
#include "sim/cli/out.h"

#define NAME_COLUMN 28

static const char *const verdicts[] = {
	[VERDICT_ACCEPT] = "accept",
	[VERDICT_REJECT] = "reject",
};

/* --- text -------------------------------------------------------------------
 */

static void
print_row(const struct fault *f)
{
	(void)printf("  %-*s %s  ", NAME_COLUMN, f->name, verdicts[f->expect]);
	opt_wrap(f->help, NAME_COLUMN + 11, NAME_COLUMN + 11, stdout);
}

static void
print_list(void)
{
	(void)printf("%-*s   a correct verifier\n", NAME_COLUMN, "fault");
	for (const struct fault *f = odca_faults; f->name != NULL; f++)
		print_row(f);
	(void)printf("\n'odcasim faults NAME' explains one; "
		     "--fault NAME[=ARG] of mint, run and exec arms it.\n");
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
explain(const struct fault *f)
{
	char text[128];

	(void)printf(
	    "%s%s%s\n", out_style(STYLE_BOLD), f->name, out_style(STYLE_PLAIN));
	print_field("what", f->help);
	if (f->arg != 0) {
		(void)snprintf(text, sizeof(text),
		    "a number, --fault %s=ARG; %lld without", f->name,
		    (long long)f->arg);
		print_field("ARG", text);
	}
	(void)snprintf(text, sizeof(text), "a correct verifier %ss it%s%s",
	    verdicts[f->expect], f->check != NULL ? ", by check " : "",
	    f->check != NULL ? f->check : "");
	print_field("expect", text);
	print_field("others", others_text(f));
	print_field("clause", f->cite);
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

/* --- JSON -------------------------------------------------------------------
 */

static json_t *
json_fault(const struct fault *f)
{
	return json_pack("{s:s, s:s, s:s, s:s?, s:o, s:b, s:b, s:s?, s:s}",
	    "name", f->name, "help", f->help, "expect", verdicts[f->expect],
	    "check", f->check, "arg",
	    f->arg != 0 ? json_integer(f->arg) : json_null(), "openssl",
	    (f->others & BY_OPENSSL) != 0, "certtool",
	    (f->others & BY_CERTTOOL) != 0, "family", f->only, "clause",
	    f->cite);
}

/* faults: [{name, help, expect (accept, reject), check (of verify, or null),
 * arg (its default, or null), openssl, certtool (who else notices), family (one
 * that it needs, or null), clause}]; members are only ever added. */
static int
print_json(const struct fault *one, struct err *e)
{
	json_t *list = json_array();
	json_auto_t *all = json_pack("{s:o}", "faults", list);

	for (const struct fault *f = odca_faults; f->name != NULL; f++)
		if (one == NULL || f == one)
			(void)json_array_append_new(list, json_fault(f));
	if (all == NULL)
		return err_set(e, E_NOMEM, "JSON");
	return out_json(all, e);
}

int
cmd_faults(const struct args *a, struct err *e)
{
	const struct fault *one = NULL;

	if (a->n_operands > 0 &&
	    (one = fault_require(a->operands[0], e)) == NULL)
		return -1;
	if (a->json)
		return print_json(one, e);
	if (one != NULL)
		explain(one);
	else
		print_list();
	return fflush(stdout) == 0 ? 0 : err_errno(e, "write to stdout");
}
