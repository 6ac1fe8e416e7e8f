#include <stdio.h>
#include <string.h>

#include "odca/family.h"
#include "sim/base/clock.h"
#include "sim/cli/names.h"
#include "sim/cli/out.h"
#include "sim/cli/show.h"

static void
add_hex(struct graph_node *n, enum graph_style style, const char *label,
    struct span value)
{
	auto_free char *hex = out_hex(value);

	graph_add(
	    n, style, label, "%s", hex != NULL && value.n > 0 ? hex : "none");
}

/* --- nodes and edges ------------------------------------------------------ */

/* The node of a certificate, which NV may have twice; n_nodes: none. */
static size_t
find_node(const struct graph *g, struct span der)
{
	size_t i = 0;

	while (i < g->n_nodes && !span_eq(g->nodes[i].der, der))
		i++;
	return i;
}

/* An empty span for what is no certificate. */
static size_t
new_node(struct graph *g, struct span der)
{
	g->nodes[g->n_nodes] =
	    (struct graph_node){ .der = der, .issuer = NO_NODE };
	return g->n_nodes++;
}

/* --- what a certificate says ---------------------------------------------- */

/* Where in NV; or where on the net, and where this copy is from. */
static void
add_where(struct graph_node *n, const struct source *s, const struct cert *c,
    const char *url)
{
	struct piece pieces[MAX_CERT_PIECES];
	size_t count = source_pieces(s, c->der, pieces);
	char origin[MAX_NAME_TEXT];

	n->in_nv = count > 0;
	for (size_t i = 0; i < count; i++)
		graph_add(n, LINE_FIELD, i == 0 ? "where" : "",
		    "NV 0x%08x, bytes %zu to %zu", pieces[i].index,
		    pieces[i].offset, pieces[i].offset + pieces[i].n - 1);
	if (count > 0)
		return;
	source_origin(s, c->der, origin, sizeof(origin));
	graph_add(n, LINE_FIELD, "where", "%s",
	    *url != '\0' ? "only online:" : "not in the TPM");
	if (*url != '\0')
		graph_add(n, LINE_FIELD, "", "%s", url);
	graph_add(n, LINE_FIELD, "copy", "%s", origin);
}

/* url: what the AIA of a certificate that it issued says, "" for nothing. */
static void
describe(struct graph_node *n, const struct source *s, const struct cert *c,
    const char *title, const char *url)
{
	char name[MAX_NAME_TEXT], from[32], to[32];

	source_name(c, title, name, sizeof(name));
	clock_text(c->not_before, from);
	clock_text(c->not_after, to);
	n->ski = c->ski;
	n->aki = c->aki;
	graph_add(n, LINE_TITLE, "", "%s", name);
	add_where(n, s, c, url);
	add_hex(n, LINE_FIELD, "serial", c->serial);
	if (c->ski.n > 0)
		add_hex(n, LINE_FIELD, "key id", c->ski);
	graph_add(n, LINE_FIELD, "valid", "%.10s to %.10s", from, to);
	graph_add(n, LINE_FIELD, "size", "%zu bytes", c->der.n);
	graph_add(n, LINE_FIELD, "key", "%s",
	    c->key_name[0] != '\0' ? c->key_name : "of another kind");
	graph_add(n, LINE_FIELD, "signed", "%s", c->sig_name);
}

/* Who has the same certificate: of the EK and what is in NV nobody else; above
 * that is a CA for one batch of fuses, then those for more and more. */
static enum graph_scope
scope_of(const struct source *s, const struct verify_report *r, size_t place)
{
	const struct cert *c = &r->path[place];
	struct piece pieces[MAX_CERT_PIECES];

	if (place == 0 || source_pieces(s, c->der, pieces) > 0)
		return SCOPE_DEVICE;
	if (span_eq(c->issuer, c->subject))
		return SCOPE_ALL;
	return scope_of(s, r, place - 1) == SCOPE_DEVICE ? SCOPE_BATCH
							 : SCOPE_GENERATION;
}

/* The result of a certificate's checks: how many, or the first that failed. */
static void
add_verdict(struct graph_node *n, const struct verify_report *r, size_t place)
{
	size_t count[] = {
		[CHECK_PASSED] = 0, [CHECK_FAILED] = 0, [CHECK_SKIPPED] = 0
	};
	bool trusted = false;

	for (size_t i = 0; i < r->n_checks; i++) {
		const struct check *c = &r->checks[i];

		if (c->place != place)
			continue;
		count[c->result]++;
		if (c->result == CHECK_PASSED)
			trusted |= strcmp(c->name, "path.anchor") == 0;
		if (c->result != CHECK_FAILED || n->bad)
			continue;
		n->bad = true;
		graph_add(n, LINE_BAD, "failed", "%s: %s; want %s", c->name,
		    c->found, c->wanted);
	}
	if (count[CHECK_FAILED] > 1)
		graph_add(
		    n, LINE_BAD, "", "and %zu more", count[CHECK_FAILED] - 1);
	if (n->bad)
		return;
	graph_add(n, LINE_GOOD, "checks", "%zu passed%s", count[CHECK_PASSED],
	    trusted ? ", a trust anchor" : "");
	if (count[CHECK_SKIPPED] > 0)
		graph_add(n, LINE_GOOD, "", "%zu could not be made",
		    count[CHECK_SKIPPED]);
}

/* The check of the link to its issuer that a certificate failed. */
static const char *
broken_link(const struct verify_report *r, size_t place)
{
	for (size_t i = 0; i < r->n_checks; i++) {
		const struct check *c = &r->checks[i];

		if (c->place == place && c->result == CHECK_FAILED &&
		    graph_is_link(c->name))
			return c->name;
	}
	return NULL;
}

/* --- paths ---------------------------------------------------------------- */

/* What stands where the issuer is missing; one for all that want it. */
static size_t
missing_issuer(struct graph *g, const struct cert *c)
{
	char name[MAX_NAME_TEXT];
	struct graph_node *n;
	size_t i;

	for (i = 0; i < g->n_nodes; i++)
		if (g->nodes[i].scope == SCOPE_MISSING && c->aki.n > 0 &&
		    span_eq(g->nodes[i].ski, c->aki))
			return i;
	i = new_node(g, (struct span){ NULL, 0 });
	n = &g->nodes[i];
	n->scope = SCOPE_MISSING;
	n->bad = true;
	n->ski = c->aki;
	graph_short_name(c->issuer_text, "no name", name, sizeof(name));
	graph_add(n, LINE_TITLE, "", "%s", name);
	add_hex(n, LINE_FIELD, "key id", c->aki);
	return i;
}

/* Into the newest node: what is at a place of the path. */
static void
add_certificate(
    struct graph *g, const struct source *s, const struct ek *ek, size_t place)
{
	const struct verify_report *r = ek->report;
	struct graph_node *n = &g->nodes[g->n_nodes - 1];

	n->scope = scope_of(s, r, place);
	describe(n, s, &r->path[place], ek->title,
	    place > 0 ? r->path[place - 1].aia_uri : "");
	add_verdict(n, r, place);
}

/* From the end of the path down to the EK. */
static void
add_path(struct graph *g, const struct source *s, const struct ek *ek)
{
	const struct verify_report *r = ek->report;
	size_t issuer = g->n_nodes, i;

	for (size_t place = r->n_path; place-- > 0; issuer = i) {
		const struct cert *c = &r->path[place];
		const char *broken = broken_link(r, place);

		i = find_node(g, c->der);
		if (i < g->n_nodes)
			continue;
		if (place + 1 == r->n_path && broken != NULL)
			issuer = missing_issuer(g, c);
		i = new_node(g, c->der);
		add_certificate(g, s, ek, place);
		if (place + 1 < r->n_path || broken != NULL)
			g->nodes[i].issuer = issuer;
		g->nodes[i].broken = broken;
	}
}

/* Of an EK that cannot be read, or is not there. */
static void
add_unreadable(struct graph *g, const struct ek *ek)
{
	const struct check *c = verify_first_failure(ek->report);
	struct graph_node *n = &g->nodes[new_node(g, (struct span){ NULL, 0 })];

	n->bad = true;
	n->scope = ek->nv != NULL ? SCOPE_DEVICE : SCOPE_MISSING;
	n->in_nv = ek->nv != NULL;
	graph_add(n, LINE_TITLE, "", "%s", ek->title);
	if (ek->nv != NULL)
		graph_add(n, LINE_FIELD, "where", "NV 0x%08x, %u bytes",
		    ek->nv->index, ek->nv->size);
	if (c != NULL)
		graph_add(n, LINE_BAD, "failed", "%s: %s; want %s", c->name,
		    c->found, c->wanted);
}

/* At the certificate that the client takes the AIK service's host from. */
static void
mark_aik(struct graph *g, const struct source *s, const struct ek *ek)
{
	struct graph_node *n;
	struct authority a;
	struct span from;
	size_t i;

	if (source_authority(s, ek, &a, &from, NULL) != 0 ||
	    (i = find_node(g, from)) == g->n_nodes)
		return;
	n = &g->nodes[i];
	if (n->aik)
		return;
	n->aik = true;
	graph_add(n, LINE_AIK, "AIK", "%s-%s-", a.vendor,
	    a.name_id ? "NameId" : "KeyId");
	add_hex(n, LINE_AIK, "", SPAN_OF(a.id));
}

/* --- what is in NV and on no path ----------------------------------------- */

/* By key identifier. Nobody has checked that they do not go in a circle. */
static size_t
find_issuer(const struct graph *g, size_t node)
{
	struct span aki = g->nodes[node].aki;

	for (size_t i = 0; aki.n > 0 && i < g->n_nodes; i++)
		if (span_eq(g->nodes[i].ski, aki) &&
		    !graph_is_above(g, node, i))
			return i;
	return NO_NODE;
}

static void
add_unused(struct graph *g, const struct source *s)
{
	struct span certs[MAX_CERT_COUNT];
	size_t n, first = g->n_nodes;
	struct cert c;

	(void)chain_split(buf_span(&s->chain), certs, &n, NULL);
	for (size_t k = 0; k < n; k++) {
		struct graph_node *node;

		if (cert_parse(certs[k], &c, NULL) != 0 ||
		    find_node(g, certs[k]) < g->n_nodes)
			continue;
		node = &g->nodes[new_node(g, certs[k])];
		describe(node, s, &c, "no name", "");
		graph_add(node, LINE_FIELD, "checks", "none: on no EK's path");
	}
	for (size_t i = first; i < g->n_nodes; i++)
		g->nodes[i].issuer = find_issuer(g, i);
}

/* --- all ------------------------------------------------------------------ */

static void
set_heading(struct graph *g, const struct source *s)
{
	const struct family *f = show_family(s);
	const struct check *c = NULL;
	char vendor[5], firmware[32];

	text_of_manufacturer(s->info.manufacturer, vendor);
	text_of_firmware(&s->info, firmware);
	(void)snprintf(
	    g->title, sizeof(g->title), "%s", f != NULL ? f->platform : "TPM");
	(void)snprintf(g->where, sizeof(g->where), "%s", s->where);
	(void)snprintf(g->identity, sizeof(g->identity), "%s%s%s, firmware %s",
	    vendor, s->info.vendor[0] != '\0' ? " " : "", s->info.vendor,
	    firmware);
	for (size_t i = 0; c == NULL && i < s->n_eks; i++)
		c = verify_first_failure(s->eks[i].report);
	g->accepted = c == NULL;
	if (c == NULL)
		(void)snprintf(g->verdict, sizeof(g->verdict), "accepted");
	else
		(void)snprintf(g->verdict, sizeof(g->verdict),
		    "rejected: %s: %s: %s; want %s [%s]", c->name, c->object,
		    c->found, c->wanted, c->clause);
}

int
show_graph(const struct source *s, struct graph **ret, struct err *e)
{
	struct graph *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return err_set(e, E_NOMEM, "graph");
	set_heading(g, s);
	for (size_t i = 0; i < s->n_eks; i++) {
		if (s->eks[i].report->n_path > 0)
			add_path(g, s, &s->eks[i]);
		else
			add_unreadable(g, &s->eks[i]);
		mark_aik(g, s, &s->eks[i]);
	}
	add_unused(g, s);
	graph_set_layers(g);
	*ret = g;
	return 0;
}
