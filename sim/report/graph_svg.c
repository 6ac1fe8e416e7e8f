#include <string.h>

#include "sim/report/graph.h"
#include "sim/report/style.h"
#include "sim/report/xml.h"

/*
 * Rows of boxes, a row a layer, each box above the middle of what it issued;
 * arrows go down through the gaps, so nothing crosses a box or another arrow.
 * All text is monospaced: its width is known, and a font that is not there
 * changes little. In pixels.
 */
enum {
	MARGIN = 32,
	/* text */
	FONT = 12,
	LINE = 17,
	TITLE_FONT = 18,
	TITLE_LINE = 26,
	SMALL_FONT = 11,
	BASELINE = 12, /* from the top of a line */
	/* boxes */
	PAD = 14,
	STRIPE = 5,
	LABELS = 56, /* column of "key id" */
	BOX_WIDTH = 380,
	GAP_X = 28,
	/* rows; from the upper row to the line at the NV, to the bus */
	GAP_Y = 56,
	BORDER_AT = 18,
	BUS_AT = 32,
	ARROW = 7,
	CROSS = 5,
	BORDER_TEXT = 5, /* what is said above it */
	/* legend */
	SWATCH = 14,
	SWATCH_GAP = 8,
	LEGEND_LINE = 23,
};

/* Width of n characters: each a bit more than the 0.6 em that fonts have. */
#define CHAR_PERCENT        61
#define TEXT_WIDTH(n, font) ((int)(n) * (font)*CHAR_PERCENT / 100)

struct box {
	int x, y, height;
};

struct drawing {
	const struct graph *g;
	const char
	    *part_of; /* a page: begins its ids; NULL: a picture itself */
	FILE *out;
	int width, height;
	/* Where each layer begins; row[n_layers] is below the last one. */
	int rows[MAX_GRAPH_NODES + 1];
	struct box boxes[MAX_GRAPH_NODES];
};

/* --- elements ------------------------------------------------------------- */

static void
put_n(struct drawing *d, int x, int y, const char *class, const char *text,
    size_t n)
{
	auto_free char *part = strndup(text, n);

	(void)fprintf(
	    d->out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y);
	xml_text(part != NULL ? part : "", d->out);
	(void)fputs("</text>\n", d->out);
}

static void
put_text(struct drawing *d, int x, int y, const char *class, const char *text)
{
	put_n(d, x, y, class, text, strlen(text));
}

static void
put_rect(struct drawing *d, const char *class, int x, int y, int w, int h)
{
	(void)fprintf(d->out,
	    "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
	    "rx=\"4\"/>\n",
	    class, x, y, w, h);
}

/* --- style ---------------------------------------------------------------- */

static const char *const scope_classes[N_SCOPES] = {
	[SCOPE_DEVICE] = "device",
	[SCOPE_BATCH] = "batch",
	[SCOPE_GENERATION] = "generation",
	[SCOPE_ALL] = "all",
	[SCOPE_MISSING] = "missing",
};

static void
put_style(struct drawing *d)
{
	const struct span css = style_chain();

	(void)fprintf(
	    d->out, "<style>\n%.*s</style>\n", (int)css.n, (const char *)css.p);
}

/* --- boxes ---------------------------------------------------------------- */

static int
box_height(const struct graph_node *n)
{
	/* The scope has a line of its own. */
	return 2 * PAD + LINE * (1 + (int)n->n_lines);
}

/* Behind lines that follow each other and are about the same URL. */
static void
put_marks(struct drawing *d, const struct graph_node *n, const struct box *b)
{
	static const char *const classes[N_LINE_STYLES] = {
		[LINE_AIK] = "aik",
		[LINE_RIGHT] = "aik right",
		[LINE_WRONG] = "aik wrong",
	};
	size_t count;

	for (size_t i = 0; i < n->n_lines; i += count) {
		const enum graph_style style = n->lines[i].style;

		for (count = 1; i + count < n->n_lines &&
				n->lines[i + count].style == style;)
			count++;
		if (classes[style] != NULL)
			put_rect(d, classes[style], b->x + STRIPE + 4,
			    b->y + PAD + LINE * (1 + (int)i) - 1,
			    BOX_WIDTH - STRIPE - 8, LINE * (int)count + 2);
	}
}

static void
put_lines(struct drawing *d, const struct graph_node *n, const struct box *b)
{
	static const char *const classes[N_LINE_STYLES] = {
		[LINE_TITLE] = "title",
		[LINE_FIELD] = "value",
		[LINE_GOOD] = "good",
		[LINE_BAD] = "bad",
		[LINE_AIK] = "value",
		[LINE_RIGHT] = "value",
		[LINE_WRONG] = "value",
	};
	int x = b->x + STRIPE + PAD, y = b->y + PAD + BASELINE;

	put_text(d, x, y, "kicker", graph_scope_name(n->scope));
	for (size_t i = 0; i < n->n_lines; i++) {
		const struct graph_line *l = &n->lines[i];
		bool title = l->style == LINE_TITLE;

		y += LINE;
		if (*l->label != '\0')
			put_text(d, x, y, "label", l->label);
		put_text(
		    d, title ? x : x + LABELS, y, classes[l->style], l->text);
	}
}

static void
put_box(struct drawing *d, size_t i)
{
	const struct graph_node *n = &d->g->nodes[i];
	const struct box *b = &d->boxes[i];
	char class[64];

	(void)snprintf(class, sizeof(class), "box %s%s",
	    scope_classes[n->scope], n->bad ? " failed" : "");
	(void)fputs("<g class=\"cert\" data-key-id=\"", d->out);
	for (size_t k = 0; k < n->ski.n; k++)
		(void)fprintf(d->out, "%02x", n->ski.p[k]);
	(void)fputs("\">\n", d->out);
	put_rect(d, class, b->x, b->y, BOX_WIDTH, b->height);
	(void)snprintf(
	    class, sizeof(class), "stripe %s", scope_classes[n->scope]);
	put_rect(d, class, b->x, b->y, STRIPE, b->height);
	put_marks(d, n, b);
	put_lines(d, n, b);
	(void)fputs("</g>\n", d->out);
}

/* --- arrows --------------------------------------------------------------- */

static void
put_cross(struct drawing *d, int x, int y)
{
	(void)fprintf(d->out,
	    "<path class=\"cross\" d=\"M%d %dl%d %dM%d %dl%d %d\"/>\n",
	    x - CROSS, y - CROSS, 2 * CROSS, 2 * CROSS, x - CROSS, y + CROSS,
	    2 * CROSS, -2 * CROSS);
}

/* Down, along the bus above the subject's row, and down again. */
static void
put_edge(struct drawing *d, size_t i)
{
	const struct graph_node *n = &d->g->nodes[i];
	const struct box *to = &d->boxes[i], *from;
	int x = to->x + BOX_WIDTH / 2, bus = to->y - GAP_Y + BUS_AT;
	const char *bad = n->broken != NULL ? " bad" : "";

	if (n->issuer == NO_NODE)
		return;
	from = &d->boxes[n->issuer];
	(void)fprintf(d->out,
	    "<path class=\"edge%s\" d=\"M%d %dV%dH%dV%d\"/>\n"
	    "<path class=\"tip%s\" d=\"M%d %dl%d %dh%dz\"/>\n",
	    bad, from->x + BOX_WIDTH / 2, from->y + from->height, bus, x,
	    to->y - ARROW, bad, x, to->y, -ARROW + 2, -ARROW, 2 * (ARROW - 2));
	if (n->broken == NULL)
		return;
	put_cross(d, x, bus + CROSS);
	put_text(d, x + 3 * CROSS, bus + 2 * CROSS + 4, "bad", n->broken);
}

/* --- the border of the TPM ------------------------------------------------ */

/* Where NV begins, when all that is above is outside and all below inside. */
static void
put_border(struct drawing *d)
{
	unsigned first_in = d->g->n_layers, last_out = 0;
	bool any_out = false;
	int y;

	for (size_t i = 0; i < d->g->n_nodes; i++) {
		const struct graph_node *n = &d->g->nodes[i];

		if (n->in_nv && n->layer < first_in)
			first_in = n->layer;
		if (!n->in_nv && n->layer >= last_out) {
			last_out = n->layer;
			any_out = true;
		}
	}
	if (!any_out || first_in != last_out + 1 || first_in == d->g->n_layers)
		return;
	y = d->rows[first_in] - GAP_Y + BORDER_AT;
	(void)fprintf(d->out, "<path class=\"border\" d=\"M%d %dH%d\"/>\n",
	    MARGIN, y, d->width - MARGIN);
	put_text(d, MARGIN, y - BORDER_TEXT, "kicker", "not in the TPM");
	put_text(d, MARGIN, y + BASELINE, "kicker", "in the TPM's NV");
}

/* --- header and legend ---------------------------------------------------- */

/* Wrapped text; gives the y of the line below. With !draw it only counts. */
static int
put_wrapped(struct drawing *d, int y, const char *class, int font, int line,
    const char *text, bool draw)
{
	int width = d->width - 2 * MARGIN;
	size_t columns = (size_t)width * 100 / (size_t)(font * CHAR_PERCENT);

	do {
		size_t n = graph_break(text, columns);

		if (draw)
			put_n(d, MARGIN, y + BASELINE, class, text, n);
		y += line;
		text += n;
	} while (*text != '\0');
	return y;
}

static int
put_header(struct drawing *d, bool draw)
{
	const struct graph *g = d->g;
	int y = MARGIN;

	y = put_wrapped(
	    d, y, "heading", TITLE_FONT, TITLE_LINE, g->title, draw);
	y = put_wrapped(d, y, "label", FONT, LINE, g->where, draw);
	y = put_wrapped(d, y, "label", FONT, LINE, g->identity, draw);
	y = put_wrapped(
	    d, y, g->accepted ? "good" : "bad", FONT, LINE, g->verdict, draw);
	return y + LINE;
}

/* The next place of the legend; a new row where the last one is full. */
static void
legend_next(struct drawing *d, int *x, int *y, int width)
{
	if (*x > MARGIN && *x + width - GAP_X > d->width - MARGIN) {
		*x = MARGIN;
		*y += LEGEND_LINE;
	}
}

static void
put_swatch(struct drawing *d, const char *class, const char *text, int *x,
    int *y, bool draw)
{
	int width =
	    SWATCH + SWATCH_GAP + TEXT_WIDTH(strlen(text), FONT) + GAP_X;

	legend_next(d, x, y, width);
	if (draw) {
		put_rect(d, class, *x, *y, SWATCH, SWATCH);
		put_text(
		    d, *x + SWATCH + SWATCH_GAP, *y + BASELINE, "value", text);
	}
	*x += width;
}

static void
put_sample(
    struct drawing *d, bool bad, const char *text, int *x, int *y, bool draw)
{
	const char *suffix = bad ? " bad" : "";
	int length = 2 * SWATCH, middle;
	int width =
	    length + SWATCH_GAP + TEXT_WIDTH(strlen(text), FONT) + GAP_X;

	legend_next(d, x, y, width);
	middle = *y + SWATCH / 2;
	if (draw) {
		(void)fprintf(d->out,
		    "<path class=\"edge%s\" d=\"M%d %dh%d\"/>\n"
		    "<path class=\"tip%s\" d=\"M%d %dl%d %dv%dz\"/>\n",
		    suffix, *x, middle, length - ARROW, suffix, *x + length,
		    middle, -ARROW, -ARROW + 2, 2 * (ARROW - 2));
		if (bad)
			put_cross(d, *x + SWATCH - 3, middle);
		put_text(
		    d, *x + length + SWATCH_GAP, *y + BASELINE, "value", text);
	}
	*x += width;
}

/* Only what the picture has. */
static int
put_legend(struct drawing *d, int y, bool draw)
{
	bool scopes[N_SCOPES] = { false }, aik = false;
	bool links[] = { false, false }; /* whole, broken */
	char class[32];
	int x = MARGIN;

	for (size_t i = 0; i < d->g->n_nodes; i++) {
		const struct graph_node *n = &d->g->nodes[i];

		scopes[n->scope] = true;
		aik |= n->aik;
		if (n->issuer != NO_NODE)
			links[n->broken != NULL] = true;
	}
	for (enum graph_scope i = 0; i < N_SCOPES; i++) {
		(void)snprintf(
		    class, sizeof(class), "box %s", scope_classes[i]);
		if (scopes[i])
			put_swatch(d, class, graph_scope_name(i), &x, &y, draw);
	}
	if (aik)
		put_swatch(d, "aik", "host of the AIK service", &x, &y, draw);
	if (links[false])
		put_sample(d, false, "issuer signed subject", &x, &y, draw);
	if (links[true])
		put_sample(d, true, "broken link", &x, &y, draw);
	return y + LINE;
}

/* --- all ------------------------------------------------------------------ */

/* A tree is as wide as its leaves, and its root is above their middle; on a
 * page, which a phone shows only the left of, above the first. Gives where the
 * next tree begins. */
static int
place_tree(struct drawing *d, size_t root, int x)
{
	int first = -1, last = -1, next = x;

	for (size_t i = 0; i < d->g->n_nodes; i++) {
		if (d->g->nodes[i].issuer != root)
			continue;
		next = place_tree(d, i, next);
		last = d->boxes[i].x;
		if (first < 0)
			first = last;
	}
	if (d->part_of != NULL)
		d->boxes[root].x = x;
	else
		d->boxes[root].x = first < 0 ? x : (first + last) / 2;
	return first < 0 ? x + BOX_WIDTH + GAP_X : next;
}

static void
place_rows(struct drawing *d)
{
	const struct graph *g = d->g;

	for (unsigned layer = 0; layer < g->n_layers; layer++) {
		int height = 0;

		for (size_t i = 0; i < g->n_nodes; i++) {
			struct box *b = &d->boxes[i];

			if (g->nodes[i].layer != layer)
				continue;
			b->y = d->rows[layer];
			b->height = box_height(&g->nodes[i]);
			if (b->height > height)
				height = b->height;
		}
		d->rows[layer + 1] = d->rows[layer] + height + GAP_Y;
	}
}

static void
place_all(struct drawing *d)
{
	int x = MARGIN;

	for (size_t i = 0; i < d->g->n_nodes; i++)
		if (d->g->nodes[i].issuer == NO_NODE)
			x = place_tree(d, i, x);
	d->width = x - GAP_X + MARGIN;
	d->rows[0] = d->part_of != NULL ? MARGIN : put_header(d, false);
	place_rows(d);
	d->height = put_legend(d, d->rows[d->g->n_layers], false) + MARGIN;
}

static const char *
id_prefix(const struct drawing *d)
{
	return d->part_of != NULL ? d->part_of : "";
}

/* For who hears it: who signed whom. */
static void
put_description(struct drawing *d)
{
	const struct graph *g = d->g;

	(void)fprintf(d->out, "<title id=\"%stitle\">Certificate chain of ",
	    id_prefix(d));
	xml_text(g->title, d->out);
	(void)fputs(", ", d->out);
	xml_text(g->where, d->out);
	(void)fprintf(d->out, "</title>\n<desc id=\"%sdesc\">", id_prefix(d));
	for (size_t i = 0; i < g->n_nodes; i++) {
		const struct graph_node *n = &g->nodes[i];

		if (n->issuer == NO_NODE)
			continue;
		xml_text(g->nodes[n->issuer].lines[0].text, d->out);
		(void)fputs(
		    n->broken != NULL ? " has a broken link to " : " signed ",
		    d->out);
		xml_text(n->lines[0].text, d->out);
		(void)fputs(". ", d->out);
	}
	xml_text(g->verdict, d->out);
	(void)fputs("</desc>\n", d->out);
}

/* A page has margins of its own, and narrows what is too wide for it as long as
 * it can be read. */
#define LEAST_PERCENT 85

static void
put_root_of_part(struct drawing *d)
{
	const int cut = MARGIN - GAP_X / 4;
	const int width = d->width - 2 * cut, height = d->height - 2 * cut;

	(void)fprintf(d->out,
	    "<svg width=\"%d\" height=\"%d\" viewBox=\"%d %d %d %d\" "
	    "role=\"img\" aria-labelledby=\"%stitle %sdesc\" "
	    "class=\"chain\" style=\"min-width:%dpx\">\n",
	    width, height, cut, cut, width, height, d->part_of, d->part_of,
	    width * LEAST_PERCENT / 100);
	put_description(d);
}

static void
put_root(struct drawing *d)
{
	(void)fprintf(d->out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" "
	    "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
	    "aria-labelledby=\"title desc\" xml:space=\"preserve\" "
	    "class=\"chain\">\n",
	    d->width, d->height, d->width, d->height);
	put_description(d);
	put_style(d);
	(void)fputs(
	    "<rect class=\"page\" width=\"100%\" height=\"100%\"/>\n", d->out);
	(void)put_header(d, true);
}

static int
put_all(const struct graph *g, const char *part_of, FILE *out)
{
	auto_free struct drawing *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return -1;
	d->g = g;
	d->part_of = part_of;
	d->out = out;
	place_all(d);
	if (part_of != NULL)
		put_root_of_part(d);
	else
		put_root(d);
	put_border(d);
	for (size_t i = 0; i < g->n_nodes; i++)
		put_edge(d, i);
	for (size_t i = 0; i < g->n_nodes; i++)
		put_box(d, i);
	(void)put_legend(d, d->rows[g->n_layers], true);
	(void)fputs("</svg>\n", out);
	return ferror(out) ? -1 : 0;
}

int
graph_svg(const struct graph *g, FILE *out)
{
	return put_all(g, NULL, out);
}

int
graph_svg_part(const struct graph *g, const char *id, FILE *out)
{
	return put_all(g, id, out);
}
