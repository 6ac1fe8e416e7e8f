#include <string.h>

#include "sim/report/graph.h"
#include "sim/report/report_part.h"

/* A graph, and what its nodes are of. */
struct chain {
	struct graph g;
	struct {
		/* A certificate; for a node that is missing one that it
		 * issued. */
		const json_t *c;
		const char *id;    /* its key identifier, "" for none */
		const char *title; /* of the EK that it is of, or NULL */
		char name[MAX_NAME_TEXT];
		const json_t *checks; /* of the path it is on, there ... */
		size_t place;         /* ... */
	} of[MAX_GRAPH_NODES];
};

static bool
same(const char *a, const char *b)
{
	return a[0] != '\0' && strcmp(a, b) == 0;
}

static bool
is_root(const json_t *c)
{
	return same(report_text(c, "subject"), report_text(c, "issuer"));
}

/* --- nodes, and who issued whom ---------------------------------------------
 */

/* NO_NODE when there is no room. */
static size_t
new_node(
    struct chain *ch, enum graph_scope scope, const json_t *c, const char *id)
{
	const size_t i = ch->g.n_nodes;

	if (i == MAX_GRAPH_NODES)
		return NO_NODE;
	ch->g.nodes[i] = (struct graph_node){ .issuer = NO_NODE,
		.scope = scope,
		.in_nv = scope != SCOPE_MISSING &&
			 strncmp(report_text(c, "source"), "NV ", 3) == 0 };
	ch->of[i].c = c;
	ch->of[i].id = id;
	ch->g.n_nodes++;
	return i;
}

static size_t
find_id(const struct chain *ch, const char *id)
{
	for (size_t i = 0; i < ch->g.n_nodes; i++)
		if (same(id, ch->of[i].id))
			return i;
	return NO_NODE;
}

static size_t
find_certificate(const struct chain *ch, const json_t *c)
{
	const char *digest = report_text(c, "sha256");

	for (size_t i = 0; i < ch->g.n_nodes; i++)
		if (ch->g.nodes[i].scope != SCOPE_MISSING &&
		    same(digest, report_text(ch->of[i].c, "sha256")))
			return i;
	return NO_NODE;
}

/* One that two EKs have is there once. */
static size_t
add_certificate(struct chain *ch, const json_t *c)
{
	const size_t i = find_certificate(ch, c);

	return i != NO_NODE
		   ? i
		   : new_node(ch, SCOPE_DEVICE, c, report_text(c, "key_id"));
}

/* To the issuer by its key identifier; one that is not there is missing. */
static void
link_node(struct chain *ch, size_t i)
{
	const json_t *c = ch->of[i].c;
	const char *id = report_text(c, "authority_key_id");
	size_t up;

	if (ch->g.nodes[i].scope == SCOPE_MISSING || is_root(c))
		return;
	up = find_id(ch, id);
	if (up == NO_NODE)
		up = new_node(ch, SCOPE_MISSING, c, id);
	if (up != NO_NODE && !graph_is_above(&ch->g, i, up))
		ch->g.nodes[i].issuer = up;
}

/* Those in NV are the device's, and the EK's; one above them is for a batch of
 * fuses, others for more. */
static void
set_scopes(struct chain *ch)
{
	struct graph *g = &ch->g;

	for (size_t i = 0; i < g->n_nodes; i++) {
		struct graph_node *n = &g->nodes[i];
		bool leaf = true;

		for (size_t k = 0; k < g->n_nodes; k++)
			leaf &= g->nodes[k].issuer != i;
		if (n->scope == SCOPE_DEVICE && !n->in_nv && !leaf)
			n->scope =
			    is_root(ch->of[i].c) ? SCOPE_ALL : SCOPE_GENERATION;
	}
	for (size_t i = 0; i < g->n_nodes; i++) {
		const size_t up = g->nodes[i].issuer;

		if (g->nodes[i].scope == SCOPE_DEVICE && up != NO_NODE &&
		    g->nodes[up].scope == SCOPE_GENERATION)
			g->nodes[up].scope = SCOPE_BATCH;
	}
}

static void
link_all(struct chain *ch)
{
	const size_t n = ch->g.n_nodes;

	for (size_t i = 0; i < n; i++)
		link_node(ch, i);
	set_scopes(ch);
	graph_set_layers(&ch->g);
}

/* --- what a node says -------------------------------------------------------
 */

static void
add_field(struct graph_node *n, const char *label, const char *text)
{
	if (text[0] != '\0')
		graph_add(n, LINE_FIELD, label, "%s", text);
}

static bool
is_in_url(const char *id, const json_t *authority)
{
	return id[0] != '\0' &&
	       strstr(report_text(authority, "url"), id) != NULL;
}

/* A key identifier, and below it in which URL it is. */
static void
add_id(struct graph_node *n, const char *id, const json_t *authority)
{
	const json_t *right = json_object_get(authority, "right");
	const bool in_built = is_in_url(id, authority);
	const bool in_right = is_in_url(id, right);
	const enum graph_style style = in_right                ? LINE_RIGHT
				       : json_is_object(right) ? LINE_WRONG
							       : LINE_AIK;

	if (!in_built && !in_right) {
		add_field(n, "key id", id);
		return;
	}
	graph_add(n, style, "key id", "%s", id);
	graph_add(n, style, "", "%s",
	    in_built && in_right ? "in the URL that was built: right"
	    : in_right           ? "in the right URL"
	    : style == LINE_AIK  ? "in the URL that was built"
				 : "in the URL that was built: wrong");
}

/* The part of a name that tells it from others; title where there is none. */
static void
add_title(struct chain *ch, size_t i, const char *subject, const char *title)
{
	graph_short_name(
	    subject, title, ch->of[i].name, sizeof(ch->of[i].name));
	graph_add(&ch->g.nodes[i], LINE_TITLE, "", "%s", ch->of[i].name);
}

/* The issuing CA is in no TPM, and most are not known here: only others are
 * missed. */
static void
describe_missing(struct chain *ch, size_t i, const json_t *authority)
{
	struct graph_node *n = &ch->g.nodes[i];

	add_title(ch, i, report_text(ch->of[i].c, "issuer"), "no name");
	if (is_in_url(ch->of[i].id, json_object_get(authority, "right"))) {
		n->scope = SCOPE_BATCH;
		add_field(n, "where", "not known here");
	}
	add_id(n, ch->of[i].id, authority);
}

/* Why a client has not come to a certificate of the TPM; NULL: it has. */
static const char *
not_walked(const json_t *c)
{
	if (strcmp(report_text(c, "role"), "chain") != 0 ||
	    !json_is_false(json_object_get(c, "walked")))
		return NULL;
	return json_is_integer(json_object_get(c, "place"))
		   ? "not read by this client"
		   : "not above this EK";
}

static void
describe(struct chain *ch, size_t i, const json_t *authority)
{
	struct graph_node *n = &ch->g.nodes[i];
	const json_t *c = ch->of[i].c;

	if (n->scope == SCOPE_MISSING) {
		describe_missing(ch, i, authority);
		return;
	}
	add_title(ch, i, report_text(c, "subject"),
	    ch->of[i].title != NULL ? ch->of[i].title : report_subject(c));
	add_field(n, "where", report_text(c, "source"));
	if (not_walked(c) != NULL)
		add_field(n, "", not_walked(c));
	add_id(n, ch->of[i].id, authority);
	add_field(n, "issuer", report_text(c, "authority_key_id"));
}

static void
put_figure(struct page *p, struct chain *ch, const char *caption)
{
	char id[64];

	html_begin(&p->h, "figure", NULL);
	report_id(p, "chain");
	report_scroller(p, "scroll", "Picture of the chain");
	(void)snprintf(id, sizeof(id), "%schain-", p->prefix);
	(void)graph_svg_part(&ch->g, id, html_stream(&p->h));
	html_end(&p->h);
	html_leaf(&p->h, "figcaption", NULL, caption);
	html_end(&p->h);
}

/* --- what a client made of it -----------------------------------------------
 */

/* Whose key identifier is in the URL; NO_NODE: nobody's here. */
static size_t
find_in_url(const struct chain *ch, const json_t *authority)
{
	for (size_t i = 0; i < ch->g.n_nodes; i++)
		if (is_in_url(ch->of[i].id, authority))
			return i;
	return NO_NODE;
}

/* How far up, and whose identifier that gave. */
static void
put_walk(struct page *p, const struct chain *ch, const char *who,
    const json_t *authority)
{
	const size_t i = find_in_url(ch, authority);
	const char *from = report_text(authority, "from");
	const json_t *place = json_object_get(authority, "place");

	html_begin(&p->h, "p", NULL);
	if (!json_is_integer(place))
		html_textf(&p->h,
		    "A chain that is whole leads to %s, and this one does not. "
		    "The host is named after who issued that",
		    from);
	else if (json_integer_value(place) == 0)
		html_textf(&p->h,
		    "%s stays at the EK certificate, and names the host after "
		    "who issued that",
		    who);
	else
		html_textf(&p->h,
		    "%s walks up to %s, and names the host after who issued "
		    "that",
		    who, from);
	if (i == NO_NODE) {
		html_text(&p->h, ".");
	} else {
		html_text(&p->h, ": ");
		html_leaf(&p->h, "strong", NULL, ch->of[i].name);
		html_textf(&p->h, ", %s.",
		    ch->g.nodes[i].scope == SCOPE_MISSING
			? "which is not known here"
			: graph_scope_name(ch->g.nodes[i].scope));
	}
	html_end(&p->h);
}

static void
put_walks(struct page *p, const struct chain *ch, const json_t *authority)
{
	const json_t *right = json_object_get(authority, "right");

	if (report_text(authority, "url")[0] == '\0')
		return;
	html_begin(&p->h, "div", "walks");
	report_heading(p, 1, "What this client does");
	put_walk(p, ch, "It", authority);
	if (json_is_object(right) && strcmp(report_text(right, "url"),
					 report_text(authority, "url")) != 0) {
		report_heading(p, 1, "What would be right");
		put_walk(p, ch, "A client of today", right);
	}
	report_heading(p, 1, "Why it matters");
	html_leaf(&p->h, "p", NULL,
	    "The AIK service has an authority for each issuing CA of a batch. "
	    "What is unique to a device no service can know.");
	html_end(&p->h);
}

/* --- of an enrolment --------------------------------------------------------
 */

static bool
is_of_ek(const json_t *c)
{
	static const char *const roles[] = { "ek", "chain", "above" };
	const char *role = report_text(c, "role");

	for (size_t i = 0; i < sizeof(roles) / sizeof(*roles); i++)
		if (strcmp(role, roles[i]) == 0)
			return true;
	return false;
}

void
report_chain(struct page *p, const json_t *enroll)
{
	const json_t *all = json_object_get(enroll, "certificates");
	const json_t *authority = json_object_get(enroll, "authority");
	auto_free struct chain *ch = calloc(1, sizeof(*ch));

	for (size_t i = 0; ch != NULL && i < json_array_size(all); i++)
		if (is_of_ek(json_array_get(all, i)))
			(void)add_certificate(ch, json_array_get(all, i));
	if (ch == NULL || ch->g.n_nodes == 0)
		return;
	link_all(ch);
	for (size_t i = 0; i < ch->g.n_nodes; i++)
		describe(ch, i, authority);
	(void)snprintf(ch->g.title, sizeof(ch->g.title), "the EK");
	(void)snprintf(ch->g.where, sizeof(ch->g.where), "%s",
	    report_text(enroll, "source"));
	report_section(p, "the-chain", "The chain");
	html_begin(&p->h, "div", "chain-and-walks");
	put_figure(p, ch, "An arrow goes from who signed to what was signed.");
	put_walks(p, ch, authority);
	html_end(&p->h);
	html_end(&p->h);
}

/* --- of a verification ------------------------------------------------------
 */

static bool
is_failed_at(const json_t *check, size_t place)
{
	const json_t *at = json_object_get(check, "place");

	return strcmp(report_text(check, "result"), "failed") == 0 &&
	       json_is_integer(at) && (size_t)json_integer_value(at) == place;
}

static void
add_path(struct chain *ch, const json_t *ek)
{
	const json_t *path = json_object_get(ek, "path");

	for (size_t place = 0; place < json_array_size(path); place++) {
		const size_t before = ch->g.n_nodes;
		const size_t i =
		    add_certificate(ch, json_array_get(path, place));

		if (i != before)
			continue;
		if (place == 0)
			ch->of[i].title = report_text(ek, "name");
		ch->of[i].checks = json_object_get(ek, "checks");
		ch->of[i].place = place;
	}
}

/* The first check that failed; and at the arrow the first that is of it. */
static void
add_failures(struct chain *ch, size_t i)
{
	struct graph_node *n = &ch->g.nodes[i];
	const json_t *checks = ch->of[i].checks;

	for (size_t k = 0; k < json_array_size(checks); k++) {
		const json_t *c = json_array_get(checks, k);

		if (!is_failed_at(c, ch->of[i].place))
			continue;
		if (!n->bad)
			graph_add(n, LINE_BAD, "failed", "%s: %s; want %s",
			    report_text(c, "name"), report_text(c, "found"),
			    report_text(c, "wanted"));
		n->bad = true;
		if (n->broken == NULL && graph_is_link(report_text(c, "name")))
			n->broken = report_text(c, "name");
	}
	if (!n->bad && n->scope != SCOPE_MISSING)
		graph_add(n, LINE_GOOD, "checks", "passed");
}

void
report_chain_of_eks(struct page *p, const json_t *eks)
{
	auto_free struct chain *ch = calloc(1, sizeof(*ch));

	for (size_t i = 0; ch != NULL && i < json_array_size(eks); i++)
		add_path(ch, json_array_get(eks, i));
	if (ch == NULL || ch->g.n_nodes == 0)
		return;
	link_all(ch);
	for (size_t i = 0; i < ch->g.n_nodes; i++) {
		describe(ch, i, NULL);
		add_failures(ch, i);
	}
	report_section(p, "the-chain", "The chain");
	put_figure(p, ch, "An arrow goes from who signed to what was signed.");
	html_end(&p->h);
}
