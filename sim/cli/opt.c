#include <string.h>

#include "sim/cli/opt.h"

/* Column of the sentences in a list of options. */
#define HELP_INDENT 26

struct parse {
	const struct opt_rules *rules;
	char **argv; /* the next argument */
	void *target;
	struct err *e;
};

const char *
opt_meant(const struct suggest *s, const char *dashes, char out[static 64])
{
	const char *best = suggest_best(s);

	out[0] = '\0';
	if (best != NULL)
		(void)snprintf(out, 64, "; did you mean '%s%s'?", dashes, best);
	return out;
}

/* --- values --------------------------------------------------------------- */

int
opt_number(const char *text, unsigned least, unsigned most, const char *what,
    unsigned *ret, struct err *e)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long long v = 0;

	for (size_t i = 0; i < digits && v <= most; i++)
		v = v * 10 + (unsigned)(text[i] - '0');
	if (digits == 0 || text[digits] != '\0' || v < least || v > most)
		return err_set(e, E_USAGE,
		    "%s '%s': want a number from %u to %u", what, text, least,
		    most);
	*ret = (unsigned)v;
	return 0;
}

/* One word of "a|b|c" after another; false at the end. */
static bool
next_choice(const char **list, char word[static 32])
{
	size_t n = strcspn(*list, "|");

	if (n == 0)
		return false;
	(void)snprintf(word, 32, "%.*s", (int)n, *list);
	*list += (*list)[n] == '|' ? n + 1 : n;
	return true;
}

static int
check_choice(const struct opt *o, const char *text, struct err *e)
{
	AUTO(suggest_done) struct suggest s;
	const char *list = o->arg;
	char word[8][32], meant[64];

	suggest_init(&s, text);
	for (size_t i = 0; i < 8 && next_choice(&list, word[i]); i++) {
		if (strcmp(text, word[i]) == 0)
			return 0;
		suggest_offer(&s, word[i]);
	}
	return err_set(e, E_USAGE, "option '--%s': '%s' is none of %s%s",
	    o->name, text, o->arg, opt_meant(&s, "", meant));
}

static int
store_number(const struct opt *o, const char *text, unsigned *to, struct err *e)
{
	char what[64];

	(void)snprintf(what, sizeof(what), "option '--%s'", o->name);
	return opt_number(text, o->least, o->most, what, to, e);
}

static int
store_list(
    const struct opt *o, const char *text, struct opt_list *to, struct err *e)
{
	if (to->n == MAX_OPT_LIST)
		return err_set(e, E_USAGE,
		    "option '--%s' is given more than %d times", o->name,
		    MAX_OPT_LIST);
	to->items[to->n++] = text;
	return 0;
}

static int
store_value(struct parse *p, const struct opt *o, const char *text)
{
	void *to = (char *)p->target + o->offset;

	if (o->kind != OPT_FLAG && text[0] == '\0')
		return err_set(
		    p->e, E_USAGE, "option '--%s' has an empty value", o->name);
	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)to = true;
		return 0;
	case OPT_NUMBER:
		return store_number(o, text, to, p->e);
	case OPT_LIST:
		return store_list(o, text, to, p->e);
	case OPT_CHOICE:
		if (check_choice(o, text, p->e) != 0)
			return -1;
		break;
	case OPT_STRING:
		break;
	}
	*(const char **)to = text;
	return 0;
}

/* --- words ---------------------------------------------------------------- */

#define FOR_EACH_OPT(rules, g, o)                                              \
	for (const struct opt_group *const *g = (rules)->groups; *g != NULL;   \
	     g++)                                                              \
		for (const struct opt *o = (*g)->opts; o->name != NULL; o++)

static const struct opt *
find_name(const struct parse *p, const char *name, size_t n)
{
	FOR_EACH_OPT (p->rules, g, o)
		if (strlen(o->name) == n && strncmp(o->name, name, n) == 0)
			return o;
	return NULL;
}

static const struct opt *
find_letter(const struct parse *p, const char *word)
{
	FOR_EACH_OPT (p->rules, g, o)
		if (o->letter == word[0] && word[1] == '\0')
			return o;
	return NULL;
}

static int
unknown_option(const struct parse *p, const char *given, const char *name)
{
	AUTO(suggest_done) struct suggest s;
	char meant[64];

	suggest_init(&s, name);
	FOR_EACH_OPT (p->rules, g, o)
		suggest_offer(&s, o->name);
	opt_meant(&s, p->rules->single_dash ? "-" : "--", meant);
	return err_set(p->e, E_USAGE, "unknown option '%s'%s", given, meant);
}

/* The value is behind '=' or is the next argument. */
static int
take_value(struct parse *p, const struct opt *o, const char *equals)
{
	const char *text = *p->argv;

	if (o->kind == OPT_FLAG && equals != NULL)
		return err_set(
		    p->e, E_USAGE, "option '--%s' takes no value", o->name);
	if (o->kind == OPT_FLAG)
		return store_value(p, o, "");
	if (equals != NULL)
		return store_value(p, o, equals + 1);
	if (text == NULL)
		return err_set(p->e, E_USAGE, "option '--%s' needs a value: %s",
		    o->name, o->arg);
	if (strncmp(text, "--", 2) == 0)
		return err_set(p->e, E_USAGE,
		    "option '--%s' needs a value: %s, not the option '%s'",
		    o->name, o->arg, text);
	p->argv++;
	return store_value(p, o, text);
}

static int
take_option(struct parse *p, const char *given)
{
	bool twice = given[1] == '-';
	const char *name = given + (twice ? 2 : 1);
	const char *equals = strchr(name, '=');
	const struct opt *o = NULL;
	size_t n = equals != NULL ? (size_t)(equals - name) : strlen(name);

	if (twice || p->rules->single_dash)
		o = find_name(p, name, n);
	if (o == NULL && !twice)
		o = find_letter(p, name);
	if (o == NULL) {
		char word[64];

		(void)snprintf(word, sizeof(word), "%.*s", (int)n, name);
		return unknown_option(p, given, word);
	}
	return take_value(p, o, equals);
}

int
opt_parse(const struct opt_rules *rules, char **argv, void *target,
    size_t *ret_n, struct err *e)
{
	struct parse p = {
		.rules = rules, .argv = argv, .target = target, .e = e
	};
	bool ended = false;
	size_t n = 0;

	while (*p.argv != NULL) {
		char *arg = *p.argv++;

		if (!ended && strcmp(arg, "--") == 0) {
			ended = true;
		} else if (!ended && arg[0] == '-' && arg[1] != '\0') {
			if (take_option(&p, arg) != 0)
				return -1;
		} else {
			argv[n++] = arg;
			ended = ended || rules->stop_at_operand;
		}
	}
	argv[n] = NULL;
	*ret_n = n;
	return 0;
}

/* --- help ----------------------------------------------------------------- */

void
opt_wrap(const char *text, int indent, int at, FILE *out)
{
	bool begins = true;

	while (*text != '\0') {
		int n = (int)strcspn(text, " ");

		if (begins) {
			(void)fprintf(
			    out, "%*s", at < indent ? indent - at : 0, "");
			at = at < indent ? indent : at;
		} else if (at + 1 + n > OPT_WIDTH) {
			(void)fprintf(out, "\n%*s", indent, "");
			at = indent;
		} else {
			(void)fputc(' ', out);
			at++;
		}
		(void)fprintf(out, "%.*s", n, text);
		at += n;
		text += n + (text[n] == ' ');
		begins = false;
	}
	(void)fputc('\n', out);
}

void
opt_help(const struct opt_group *group, bool single_dash, FILE *out)
{
	(void)fprintf(out, "\n%s:\n", group->title);
	for (const struct opt *o = group->opts; o->name != NULL; o++) {
		int at = fprintf(out, "  ");

		if (o->letter != '\0')
			at += fprintf(out, "-%c, ", o->letter);
		at += fprintf(out, "%s%s", single_dash ? "-" : "--", o->name);
		if (o->kind != OPT_FLAG)
			at += fprintf(out, " %s", o->arg);
		if (at > HELP_INDENT - 2) {
			(void)fputc('\n', out);
			at = 0;
		}
		opt_wrap(o->help, HELP_INDENT, at, out);
	}
}
