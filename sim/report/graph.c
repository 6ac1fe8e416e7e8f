#include <stdarg.h>
#include <string.h>

#include "sim/report/graph.h"

/* --- words ---------------------------------------------------------------- */

const char *
graph_scope_name(enum graph_scope scope)
{
	static const char *const names[N_SCOPES] = {
		[SCOPE_DEVICE] = "unique to this device",
		[SCOPE_BATCH] = "shared by a batch",
		[SCOPE_GENERATION] = "shared by a generation",
		[SCOPE_ALL] = "the same for all devices",
		[SCOPE_MISSING] = "not found",
	};

	return names[scope];
}

bool
graph_is_link(const char *check)
{
	static const char *const links[] = { "path.issuer",
		"path.name-chaining", "path.signature" };

	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (strcmp(check, links[i]) == 0)
			return true;
	return false;
}

/* The value behind "OU=" in "CN=a, OU=b"; 0 when there is none. */
static int
name_part(const char *name, const char *type, const char **ret)
{
	const char *at = strstr(name, type);

	if (at == NULL)
		return 0;
	*ret = at + strlen(type);
	return (int)strcspn(*ret, ",");
}

void
graph_short_name(const char *name, const char *title, char *out, size_t n)
{
	const char *at = name;
	int length;

	/* Above the device the CN is a host, and the same for all. */
	if ((length = name_part(name, "OU=", &at)) == 0 &&
	    (length = name_part(name, "CN=", &at)) == 0)
		length = (int)strlen(at);
	if (length == 0)
		(void)snprintf(out, n, "%s", title);
	else
		(void)snprintf(out, n, "%.*s", length, at);
}

/* --- lines ---------------------------------------------------------------- */

size_t
graph_break(const char *text, size_t columns)
{
	size_t n = strlen(text);

	if (n <= columns)
		return n;
	for (n = columns; n > columns / 2; n--)
		if (strchr(" /_", text[n - 1]) != NULL)
			return n;
	return columns;
}

void
graph_add(struct graph_node *n, enum graph_style style, const char *label,
    const char *fmt, ...)
{
	size_t columns = style == LINE_TITLE ? GRAPH_TITLE : GRAPH_COLUMNS;
	char all[MAX_NAME_TEXT * 2];
	const char *text = all;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(all, sizeof(all), fmt, ap);
	va_end(ap);
	do {
		size_t length = graph_break(text, columns);
		struct graph_line *l = &n->lines[n->n_lines];

		if (n->n_lines == MAX_GRAPH_LINES)
			return;
		n->n_lines++;
		*l = (struct graph_line){ .style = style, .label = label };
		memcpy(l->text, text, length);
		text += length;
		label = "";
	} while (*text != '\0');
}

/* --- edges ---------------------------------------------------------------- */

bool
graph_is_above(const struct graph *g, size_t upper, size_t lower)
{
	while (lower != NO_NODE && lower != upper)
		lower = g->nodes[lower].issuer;
	return lower == upper;
}

void
graph_set_layers(struct graph *g)
{
	for (size_t i = 0; i < g->n_nodes; i++) {
		struct graph_node *n = &g->nodes[i];

		for (size_t up = n->issuer; up != NO_NODE;
		     up = g->nodes[up].issuer)
			n->layer++;
		if (n->layer >= g->n_layers)
			g->n_layers = n->layer + 1;
	}
}
