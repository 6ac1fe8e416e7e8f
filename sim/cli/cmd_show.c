#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "odca/family.h"
#include "sim/base/clock.h"
#include "sim/base/file.h"
#include "sim/base/tpm2.h"
#include "sim/cli/names.h"
#include "sim/cli/out.h"
#include "sim/cli/show.h"

#define BOLD  out_style(STYLE_BOLD)
#define DIM   out_style(STYLE_DIM)
#define PLAIN out_style(STYLE_PLAIN)

#define STDOUT "-"

static void
print_banks(const struct tpm_info *i)
{
	char text[8];

	(void)printf("  PCR banks      ");
	for (size_t n = 0; n < i->n_pcr_banks; n++)
		(void)printf("%s%s", n > 0 ? ", " : "",
		    name_of_hash(i->pcr_banks[n], text));
	(void)printf("%s\n", i->n_pcr_banks == 0 ? "none" : "");
}

static void
print_identity(const struct source *s, const struct family *f)
{
	const struct tpm_info *i = &s->info;
	char id[5], firmware[32], date[16];

	text_of_manufacturer(i->manufacturer, id);
	text_of_firmware(i, firmware);
	text_of_spec_date(i, date);
	(void)printf("%s%s%s  %s\n\n", BOLD, f != NULL ? f->platform : "TPM",
	    PLAIN, s->where);
	(void)printf("%sidentity%s\n", BOLD, PLAIN);
	(void)printf("  manufacturer   %s (0x%08x)\n", id, i->manufacturer);
	(void)printf("  vendor string  %s\n", i->vendor);
	(void)printf("  firmware       %s (0x%08x 0x%08x)\n", firmware,
	    i->firmware1, i->firmware2);
	(void)printf("  specification  %s, level %u, revision %u.%02u, %s\n",
	    i->family, i->level, i->revision / 100, i->revision % 100, date);
	print_banks(i);
}

static void
print_attributes(uint32_t attributes)
{
	const char *type = name_of_nv_type(attributes), *bar = "";

	(void)printf("  %s%12s", DIM, "");
	for (unsigned bit = 0; bit < 32; bit++) {
		if ((attributes >> bit & 1) == 0 || name_of_nv_bit(bit) == NULL)
			continue;
		(void)printf("%s%s", bar, name_of_nv_bit(bit));
		bar = "|";
	}
	(void)printf(
	    "%s%s%s\n", type != NULL ? "|nt=" : "", type ? type : "", PLAIN);
}

static void
print_nv(const struct tpm_info *i)
{
	char text[8];

	(void)printf("\n%sNV%s\n", BOLD, PLAIN);
	for (size_t n = 0; n < i->n_nv; n++) {
		const struct tpm_nv *nv = &i->nv[n];

		(void)printf("  0x%08x  %5u bytes  %-6s  0x%08x  %s\n",
		    nv->index, nv->size, name_of_hash(nv->name_alg, text),
		    nv->attributes, name_of_nv(nv->index));
		print_attributes(nv->attributes);
	}
	if (i->n_nv == 0)
		(void)printf("  no index is defined\n");
}

/* --- the tree ------------------------------------------------------------- */

/* Beside the details of a certificate: the line to its next sibling. */
static void
print_margin(int indent, bool more)
{
	if (more)
		(void)printf("%*s│  ", indent - 3, "");
	else
		(void)printf("%*s", indent, "");
}

static void
print_field(int indent, bool more, const char *name, struct span value)
{
	auto_free char *hex = out_hex(value);

	print_margin(indent, more);
	(void)printf("%s%-7s %s%s\n", DIM, name,
	    hex != NULL && value.n > 0 ? hex : "none", PLAIN);
}

static void
print_certificate(const struct source *s, const struct cert *c,
    const char *title, size_t level, bool more)
{
	int indent = 2 + 3 * (int)level;
	char name[MAX_NAME_TEXT], origin[MAX_NAME_TEXT], from[32], to[32];

	source_name(c, title, name, sizeof(name));
	source_origin(s, c->der, origin, sizeof(origin));
	clock_text(c->not_before, from);
	clock_text(c->not_after, to);
	if (level > 0)
		(void)printf("%*s%s─ ", indent - 3, "", more ? "├" : "└");
	else
		(void)printf("%*s", indent, "");
	(void)printf(
	    "%s%s%s  (%s, %zu bytes)\n", BOLD, name, PLAIN, origin, c->der.n);
	print_field(indent, more, "serial", c->serial);
	if (c->have_ski)
		print_field(indent, more, "key id", c->ski);
	print_margin(indent, more);
	(void)printf("%svalid   %.10s to %.10s%s\n", DIM, from, to, PLAIN);
}

/* Everything above the EK is the same. */
static bool
same_issuers(const struct verify_report *a, const struct verify_report *b)
{
	if (a->n_path != b->n_path)
		return false;
	for (size_t i = 1; i < a->n_path; i++)
		if (a->path[i].der.p != b->path[i].der.p)
			return false;
	return true;
}

/* An EK that cannot be read. */
static void
print_unreadable(const struct ek *ek)
{
	const struct check *c = verify_first_failure(ek->report);

	(void)printf(
	    "  %s: %s\n", ek->title, c != NULL ? c->found : "unreadable");
}

static void
print_tree(const struct source *s)
{
	const struct verify_report *last = NULL;

	(void)printf("\n%scertificates%s\n", BOLD, PLAIN);
	for (size_t i = 0; i < s->n_eks; i++) {
		const struct verify_report *r = s->eks[i].report;
		size_t n = r->n_path;
		bool more = n > 1 && i + 1 < s->n_eks &&
			    same_issuers(r, s->eks[i + 1].report);

		if (n == 0) {
			print_unreadable(&s->eks[i]);
			continue;
		}
		for (size_t j = n - 1; j > 0; j--)
			if (last == NULL || !same_issuers(last, r))
				print_certificate(s, &r->path[j], "no name",
				    n - 1 - j, false);
		print_certificate(s, &r->path[0], s->eks[i].title, n - 1, more);
		last = r;
	}
}

/* --- the AIK service ------------------------------------------------------ */

static void
print_authority(const struct source *s, const struct ek *ek,
    const struct authority *a, struct span from)
{
	char name[MAX_NAME_TEXT], origin[MAX_NAME_TEXT];

	graph_short_name(a->source, ek->title, name, sizeof(name));
	source_origin(s, from, origin, sizeof(origin));
	(void)printf("  %s\n", a->url);
	(void)printf("  by the %s of who issued %s (%s)\n",
	    a->name_id ? "Name" : "key id", name, origin);
}

/* One that several EKs share is shown once. */
static void
print_aik(const struct source *s)
{
	static const char *const clients[] = {
		[CLIENT_CURRENT] = "",
		[CLIENT_LEGACY] = ", for a client that knows only the EK's "
				  "certificate",
		[CLIENT_TOO_FAR] = ", for a client that walks a certificate "
				   "too far",
	};
	char last[AUTHORITY_URL_SIZE] = "";

	(void)printf("\n%sAIK service%s%s\n", BOLD, PLAIN, clients[s->client]);
	for (size_t i = 0; i < s->n_eks; i++) {
		struct err why = ERR_INIT;
		struct authority a;
		struct span from;

		if (source_authority(s, &s->eks[i], &a, &from, &why) != 0)
			(void)printf("  none: %s\n", why.msg);
		else if (strcmp(a.url, last) != 0)
			print_authority(s, &s->eks[i], &a, from);
		(void)snprintf(
		    last, sizeof(last), "%s", why.code == E_OK ? a.url : "");
	}
}

/* What the walk could not explain, in one line. */
static void
print_verdict(const struct source *s)
{
	for (size_t i = 0; i < s->n_eks; i++) {
		const struct check *c = verify_first_failure(s->eks[i].report);

		if (c == NULL)
			continue;
		(void)printf("\n%snot accepted%s: %s: %s, want %s\n"
			     "'odcasim verify' says all.\n",
		    out_style(STYLE_BAD), PLAIN, c->name, c->found, c->wanted);
		return;
	}
}

static void
show_text(const struct source *s)
{
	const struct family *f = show_family(s);
	char inferred[MAX_INFERRED];

	print_identity(s, f);
	print_nv(&s->info);
	print_tree(s);
	print_aik(s);
	if (show_inferred(s, inferred)) {
		(void)printf(
		    "\n%sinferred, not seen on silicon%s\n  ", BOLD, PLAIN);
		opt_wrap(inferred, 2, 2, stdout);
	}
	print_verdict(s);
}

/* --- PEM ------------------------------------------------------------------ */

static int
show_pem(const struct source *s, struct err *e)
{
	auto_buf pem = BUF_INIT(MAX_CERT_COUNT * 2 * MAX_CERT_SIZE);
	const struct verify_report *longest = s->eks[0].report;
	int rc = 0;

	for (size_t i = 0; i < s->n_eks; i++) {
		const struct verify_report *r = s->eks[i].report;

		if (r->n_path > longest->n_path)
			longest = r;
		if (r->n_path > 0)
			rc = rc || cert_to_pem(r->path[0].der, &pem);
	}
	for (size_t i = 1; i < longest->n_path; i++)
		rc = rc || cert_to_pem(longest->path[i].der, &pem);
	if (rc != 0)
		return err_set(e, E_NOMEM, "certificates as PEM");
	if (pem.n == 0)
		return err_set(
		    e, E_NOTFOUND, "%s has no EK certificate", s->where);
	if (fwrite(pem.p, 1, pem.n, stdout) != pem.n || fflush(stdout) != 0)
		return err_errno(e, "write to stdout");
	return 0;
}

/* A TPM of ours, by what it says of itself. */
const struct family *
show_family(const struct source *s)
{
	return s->info.manufacturer == MANUFACTURER_INTEL
		   ? family_of_tpm(
			 s->info.firmware1, s->info.firmware2, s->info.vendor)
		   : NULL;
}

/* --- pictures ------------------------------------------------------------- */

/* Draw all of it in memory, so that a file is whole or not there. */
static int
draw(const struct source *s, int (*put)(const struct graph *, FILE *),
    char **ret, size_t *ret_n, struct err *e)
{
	auto_free struct graph *g = NULL;
	FILE *f;
	int rc;

	if (show_graph(s, &g, e) != 0)
		return -1;
	if ((f = open_memstream(ret, ret_n)) == NULL)
		return err_set(e, E_NOMEM, "picture");
	rc = put(g, f);
	if (fclose(f) != 0 || rc != 0)
		return err_set(e, E_NOMEM, "picture");
	return 0;
}

static int
put_stream(FILE *f, const char *name, struct span s, struct err *e)
{
	if (f == NULL)
		return err_errno(e, "open '%s'", name);
	if (fwrite(s.p, 1, s.n, f) != s.n || fflush(f) != 0)
		return err_errno(e, "write to '%s'", name);
	return 0;
}

/* To a file, or to stdout. */
static int
show_picture(const struct source *s, int (*put)(const struct graph *, FILE *),
    const char *path, struct err *e)
{
	auto_free char *text = NULL;
	size_t n = 0;

	if (draw(s, put, &text, &n, e) != 0)
		return -1;
	const struct span s_text = { (const uint8_t *)text, n };

	return strcmp(path, STDOUT) != 0
		   ? file_put(path, s_text, e)
		   : put_stream(stdout, "stdout", s_text, e);
}

/* One of them for stdout; a picture in a file goes with the text. */
static int
check_output(const struct args *a, struct err *e)
{
	const char *first = NULL;
	const struct {
		bool given;
		const char *name;
	} outputs[] = { { a->json, "--json" }, { a->pem, "--pem" },
		{ a->dot, "--dot" }, { a->svg != NULL, "--svg" } };

	for (size_t i = 0; i < sizeof(outputs) / sizeof(*outputs); i++) {
		if (!outputs[i].given)
			continue;
		if (first != NULL)
			return err_set(e, E_USAGE,
			    "%s and %s exclude each other", first,
			    outputs[i].name);
		first = outputs[i].name;
	}
	return 0;
}

static int
show(const struct args *a, const struct source *s, struct err *e)
{
	if (a->json)
		return show_json(s, e);
	if (a->pem)
		return show_pem(s, e);
	if (a->dot)
		return show_picture(s, graph_dot, STDOUT, e);
	if (a->svg != NULL && show_picture(s, graph_svg, a->svg, e) != 0)
		return -1;
	if (a->svg == NULL || strcmp(a->svg, STDOUT) != 0)
		show_text(s);
	if (fflush(stdout) != 0)
		return err_errno(e, "write to stdout");
	return 0;
}

bool
show_inferred(const struct source *s, char out[static MAX_INFERRED])
{
	const struct family *f = show_family(s);
	const char *platform = f != NULL ? f->inferred : NULL;
	const char *batch = s->batch != NULL ? s->batch->inferred : NULL;

	(void)snprintf(out, MAX_INFERRED, "%s%s%s",
	    platform != NULL ? platform : "",
	    platform != NULL && batch != NULL ? "; " : "",
	    batch != NULL ? batch : "");
	return *out != '\0';
}

int
cmd_show(const struct args *a, struct err *e)
{
	AUTO(source_close) struct source s = { .n_eks = 0 };
	/* A picture says what 'verify' says. */
	bool keys = a->dot || a->svg != NULL;

	if (check_output(a, e) != 0 || source_open(a, &s, e) != 0 ||
	    source_verify(&s, clock_now(), keys, e) != 0)
		return -1;
	return show(a, &s, e);
}
