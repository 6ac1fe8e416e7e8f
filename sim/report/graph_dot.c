#include "sim/report/graph.h"

/* A label has entities as in HTML, and escapes of its own. */
void
graph_dot_text(const char *text, FILE *out)
{
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c > '~')
			(void)fprintf(out, "\\\\x%02x", c);
		else if (c == '"' || c == '\\')
			(void)fprintf(out, "\\%c", c);
		else if (c == '&')
			(void)fputs("&amp;", out);
		else
			(void)fputc(c, out);
	}
}

/* A line of a label, to the left. */
static void
put_line(const char *label, const char *text, FILE *out)
{
	(void)fprintf(out, "%-*s", *label != '\0' ? 7 : 0, label);
	graph_dot_text(text, out);
	(void)fputs("\\l", out);
}

static void
put_node(const struct graph *g, size_t i, FILE *out)
{
	static const char *const colors[N_SCOPES] = {
		[SCOPE_DEVICE] = "#dbe9ff",
		[SCOPE_BATCH] = "#ffe8c9",
		[SCOPE_GENERATION] = "#d9f2df",
		[SCOPE_ALL] = "#e9e0ff",
		[SCOPE_MISSING] = "#ffe1e1",
	};
	const struct graph_node *n = &g->nodes[i];

	(void)fprintf(out, "    n%zu [fillcolor=\"%s\"%s%s label=\"", i,
	    colors[n->scope], n->bad ? " color=\"#cf222e\" penwidth=2" : "",
	    n->scope == SCOPE_MISSING ? " style=\"filled,dashed\"" : "");
	put_line("", graph_scope_name(n->scope), out);
	for (size_t k = 0; k < n->n_lines; k++) {
		const struct graph_line *l = &n->lines[k];
		bool goes_on = *l->label == '\0' && l->style != LINE_TITLE;

		put_line(goes_on ? " " : l->label, l->text, out);
	}
	(void)fputs("\"];\n", out);
}

static void
put_cluster(const struct graph *g, bool in_nv, const char *name,
    const char *label, FILE *out)
{
	(void)fprintf(out,
	    "  subgraph cluster_%s {\n    label=\"%s\";\n    style=dashed;\n",
	    name, label);
	for (size_t i = 0; i < g->n_nodes; i++)
		if (g->nodes[i].in_nv == in_nv)
			put_node(g, i, out);
	(void)fputs("  }\n", out);
}

static void
put_edge(const struct graph *g, size_t i, FILE *out)
{
	const struct graph_node *n = &g->nodes[i];

	if (n->issuer == NO_NODE)
		return;
	(void)fprintf(out, "  n%zu -> n%zu", n->issuer, i);
	if (n->broken != NULL)
		(void)fprintf(out,
		    " [style=dashed color=\"#cf222e\" fontcolor=\"#cf222e\" "
		    "label=\"broken: %s\"]",
		    n->broken);
	(void)fputs(";\n", out);
}

int
graph_dot(const struct graph *g, FILE *out)
{
	(void)fputs("digraph chain {\n  label=\"", out);
	put_line("", g->title, out);
	put_line("", g->where, out);
	put_line("", g->identity, out);
	put_line("", g->verdict, out);
	put_line("", "An arrow goes from who signed to what was signed.", out);
	put_line("",
	    "AIK: host of the AIK service, by the key id of who "
	    "issued the topmost certificate of the TPM.",
	    out);
	(void)fputs("\";\n"
		    "  labelloc=t; labeljust=l; fontname=monospace; "
		    "fontsize=11;\n"
		    "  node [shape=box style=filled fontname=monospace "
		    "fontsize=10];\n"
		    "  edge [fontname=monospace fontsize=10];\n",
	    out);
	put_cluster(g, false, "online", "not in the TPM", out);
	put_cluster(g, true, "nv", "in the TPM's NV", out);
	for (size_t i = 0; i < g->n_nodes; i++)
		put_edge(g, i, out);
	(void)fputs("}\n", out);
	return ferror(out) ? -1 : 0;
}
