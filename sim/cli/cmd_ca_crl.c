#include <stdio.h>
#include <string.h>

#include "odca/name.h"
#include "odca/pki_crl.h"
#include "sim/base/clock.h"
#include "sim/cli/ca.h"
#include "sim/cli/out.h"
#include "sim/cli/when.h"

/* --- what the lists say, as JSON --------------------------------------------
 */

static json_t *
json_entries(const struct crl *c)
{
	struct crl_iter it = CRL_ITER(c);
	json_t *list = json_array();
	struct crl_entry entry;

	while (crl_next(&it, &entry)) {
		char issuer[MAX_NAME_TEXT];

		name_to_text(entry.issuer, issuer, sizeof(issuer));
		(void)json_array_append_new(
		    list, json_pack("{s:o, s:s, s:o, s:s?}", "serial",
			      out_json_hex(entry.serial), "issuer", issuer,
			      "date", out_json_time(entry.when), "reason",
			      entry.reason != CRL_REASON_NONE
				  ? crl_reason_text(entry.reason)
				  : NULL));
	}
	return list;
}

static json_t *
json_crl(const struct pki_file *file, struct err *e)
{
	struct crl c;

	if (crl_parse(file->der, &c, e) != 0) {
		(void)err_wrap(e, "crls/%s.crl", file->name);
		return NULL;
	}
	return json_pack("{s:s, s:s, s:o, s:b, s:o, s:o, s:o}", "name",
	    file->name, "issuer", c.issuer_text, "number",
	    out_json_hex(c.number), "indirect", (int)c.indirect, "this_update",
	    out_json_time(c.this_update), "next_update",
	    c.have_next_update ? out_json_time(c.next_update) : json_null(),
	    "revoked", json_entries(&c));
}

/* crls: [{name, issuer, number (hex), indirect, this_update, next_update,
 * revoked: [{serial, issuer (of the certificate), date, reason (or null)}]}];
 * members are only ever added. */
static int
print_json(const struct pki_file *crls, size_t n, struct err *e)
{
	json_t *list = json_array();
	json_auto_t *all = json_pack("{s:o}", "crls", list);

	for (size_t i = 0; i < n; i++) {
		json_t *one = json_crl(&crls[i], e);

		if (one == NULL)
			return -1;
		(void)json_array_append_new(list, one);
	}
	return out_json(all, e);
}

/* --- files ------------------------------------------------------------------
 */

static int
print_pem(const struct pki_file *crls, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		auto_buf pem = BUF_INIT(2 * MAX_CRL_SIZE);

		if (crl_to_pem(crls[i].der, &pem) != 0)
			return err_set(e, E_NOMEM, "CRLs as PEM");
		if (fwrite(pem.p, 1, pem.n, stdout) != pem.n)
			return err_errno(e, "write to stdout");
	}
	return fflush(stdout) == 0 ? 0 : err_errno(e, "write to stdout");
}

static int
renew(const struct args *a, struct err *e)
{
	time_t until = 0;
	size_t n;

	if (!a->renew)
		return a->until != NULL
			   ? err_set(e, E_USAGE, "--until goes with --renew")
			   : 0;
	if (a->device.pki == NULL) {
		err_set(e, E_USAGE, "--renew needs --pki DIR");
		return err_hint(e, "the built-in hierarchy stays as it is; "
				   "odcasim ca init --pki ./pki makes another");
	}
	if (a->until != NULL && when_parse(a->until, "--until", &until, e) != 0)
		return -1;
	if (a->until != NULL && until <= clock_now())
		return err_set(e, E_USAGE, "--until %s is past", a->until);
	if (pki_renew_crls(a->device.pki, clock_now(), until, &n, e) != 0)
		return -1;
	if (!a->json && a->out == NULL)
		(void)printf(
		    "Renewed: %zu lists in '%s/crls'.\n", n, a->device.pki);
	return 0;
}

int
cmd_ca_crl(const struct args *a, struct err *e)
{
	auto_pki pki = NULL;
	struct pki_file crls[MAX_CAS];
	size_t n;

	if (a->json && a->out != NULL)
		return err_set(
		    e, E_USAGE, "--json and --out exclude each other");
	if (renew(a, e) != 0)
		return -1;
	if (a->renew && !a->json && a->out == NULL)
		return fflush(stdout) == 0 ? 0
					   : err_errno(e, "write to stdout");
	if (pki_open(a->device.pki, &pki, e) != 0 ||
	    pki_crls(pki, crls, &n, e) != 0)
		return -1;
	if (a->json)
		return print_json(crls, n, e);
	if (a->out != NULL)
		return ca_export_files(a->out, crls, n, ".crl", e);
	return print_pem(crls, n, e);
}
