/*
 * graph.h - certificates as a picture: who signed whom.
 *
 * A model that knows no format: nodes of short lines, each below the node of
 * its issuer.  graph_dot.c and graph_svg.c draw it.  Text is as certificates
 * and the command line have it: who draws escapes it.
 */
#ifndef SIM_REPORT_GRAPH_H
#define SIM_REPORT_GRAPH_H

#include <stdbool.h>
#include <stdio.h>

#include "sim/base/buf.h"
#include "sim/base/limits.h"

/* Every path, every certificate of NV, and what each path lacks. */
#define MAX_GRAPH_NODES                                                        \
	(MAX_EK_CERTS * MAX_CHAIN_DEPTH + MAX_CERT_COUNT + MAX_EK_CERTS)
/* For a node that has no issuer. */
#define NO_NODE         SIZE_MAX
#define MAX_GRAPH_LINES 48
/* Of a line's text: a key identifier in hex; of a title, which has no label
 * beside it. */
#define GRAPH_COLUMNS 40
#define GRAPH_TITLE   46

/* How many devices have the certificate. */
enum graph_scope {
	SCOPE_DEVICE,
	SCOPE_BATCH,
	SCOPE_GENERATION,
	SCOPE_ALL,
	SCOPE_MISSING, /* wanted, and not there */
	N_SCOPES,
};

/* The last three are about the URL of the AIK service: whose key identifier is
 * in it; in the right one; in a wrong one. */
enum graph_style {
	LINE_TITLE,
	LINE_FIELD,
	LINE_GOOD,
	LINE_BAD,
	LINE_AIK,
	LINE_RIGHT,
	LINE_WRONG,
	N_LINE_STYLES,
};

struct graph_line {
	enum graph_style style;
	const char *label; /* "" goes on with the line before */
	char text[GRAPH_TITLE + 1];
};

struct graph_node {
	enum graph_scope scope;
	bool in_nv, bad, aik;
	unsigned layer;     /* 0 has no issuer; others are below theirs */
	size_t issuer;      /* a node, or NO_NODE; there are no circles */
	const char *broken; /* the check of that link that failed, or NULL */
	struct span der;    /* n == 0: of no certificate */
	struct span ski, aki;
	struct graph_line lines[MAX_GRAPH_LINES];
	size_t n_lines;
};

struct graph {
	char title[64];    /* the platform */
	char where[512];   /* which TPM */
	char identity[96]; /* what it says of itself */
	char verdict[768];
	bool accepted;
	struct graph_node nodes[MAX_GRAPH_NODES];
	size_t n_nodes;
	unsigned n_layers;
};

/* Text as lines of a node, as many as it needs; those that find no room are
 * left out. */
void graph_add(struct graph_node *n, enum graph_style style, const char *label,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Is upper the node lower, or one that lower hangs from? */
bool graph_is_above(const struct graph *g, size_t upper, size_t lower);
/* When every node has its issuer. */
void graph_set_layers(struct graph *g);
/* Whether a check of that name is of the link between a certificate and its
 * issuer. */
bool graph_is_link(const char *check);
/* "unique to this device" */
const char *graph_scope_name(enum graph_scope scope);
/* How much of text goes into a line of so many columns: up to a blank, a
 * slash or an underscore where there is one. */
size_t graph_break(const char *text, size_t columns);
/* What of a Name tells it from others in a chain: the unit, else the common
 * name; title for an empty one. */
void graph_short_name(const char *name, const char *title, char *out, size_t n);

/* The picture: Graphviz' language, and SVG that needs nothing else. -1 without
 * memory. */
int graph_dot(const struct graph *g, FILE *out);
int graph_svg(const struct graph *g, FILE *out);
/* The same within a page, which has the style (style_chain()) and says what
 * stands above; id begins the ids in it. */
int graph_svg_part(const struct graph *g, const char *id, FILE *out);
/* Text within quotes of Graphviz' language: what is not printable ASCII becomes
 * "\xNN". SVG's is of xml.h. */
void graph_dot_text(const char *text, FILE *out);

#endif
