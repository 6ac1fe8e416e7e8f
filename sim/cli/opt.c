#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <string.h>

#include "sim/cli/opt.h"

/* Column of the sentences in a list of options. */
#define HELP_INDENT 26

struct parse {
	const struct opt_rules *rules;
	const char *dashes; /* before a name, in messages */
	char **argv;        /* the next argument */
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
check_choice(const struct parse *p, const struct opt *o, const char *text)
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
	return err_set(p->e, E_USAGE, "option '%s%s': '%s' is none of %s%s",
	    p->dashes, o->name, text, o->arg, opt_meant(&s, "", meant));
}

static int
store_number(
    struct parse *p, const struct opt *o, const char *text, unsigned *to)
{
	char what[64];

	(void)snprintf(what, sizeof(what), "option '%s%s'", p->dashes, o->name);
	return opt_number(text, o->least, o->most, what, to, p->e);
}

static int
store_octal(
    struct parse *p, const struct opt *o, const char *text, unsigned *to)
{
	size_t digits = strspn(text, "01234567");
	unsigned v = 0;

	for (size_t i = 0; i < digits && v <= o->most; i++)
		v = v * 8 + (unsigned)(text[i] - '0');
	if (text[digits] != '\0' || v < o->least || v > o->most)
		return err_set(p->e, E_USAGE,
		    "option '%s%s' '%s': want an octal number from %#o to %#o",
		    p->dashes, o->name, text, o->least, o->most);
	*to = v;
	return 0;
}

/* Digits are the number itself, which need not have a name. */
static int
store_account(
    struct parse *p, const struct opt *o, const char *text, unsigned *to)
{
	const bool user = o->kind == OPT_USER;
	const struct passwd *pw;
	const struct group *gr;

	if (text[strspn(text, "0123456789")] == '\0')
		return store_number(p, o, text, to);
	if (user && (pw = getpwnam(text)) != NULL)
		*to = pw->pw_uid;
	else if (!user && (gr = getgrnam(text)) != NULL)
		*to = gr->gr_gid;
	else
		return err_set(p->e, E_USAGE,
		    "option '%s%s': there is no %s '%s'", p->dashes, o->name,
		    user ? "user" : "group", text);
	return 0;
}

static int
store_list(
    struct parse *p, const struct opt *o, const char *text, struct opt_list *to)
{
	if (to->n == MAX_OPT_LIST)
		return err_set(p->e, E_USAGE,
		    "option '%s%s' is given more than %d times", p->dashes,
		    o->name, MAX_OPT_LIST);
	to->items[to->n++] = text;
	return 0;
}

/* Whether a row's name may stand without a value. */
static bool
may_be_bare(const struct opt *o)
{
	return o->kind == OPT_FLAG || o->kind == OPT_SWITCH ||
	       o->kind == OPT_OPTIONAL;
}

static int
store_value(struct parse *p, const struct opt *o, const char *text)
{
	void *to = (char *)p->target + o->offset;

	if (!may_be_bare(o) && text[0] == '\0')
		return err_set(p->e, E_USAGE,
		    "option '%s%s' has an empty value", p->dashes, o->name);
	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)to = true;
		return 0;
	case OPT_SWITCH:
		*(enum opt_switch *)to = SWITCH_ON;
		return 0;
	case OPT_NUMBER:
		return store_number(p, o, text, to);
	case OPT_OCTAL:
		return store_octal(p, o, text, to);
	case OPT_USER:
	case OPT_GROUP:
		return store_account(p, o, text, to);
	case OPT_LIST:
		return store_list(p, o, text, to);
	case OPT_CHOICE:
		if (check_choice(p, o, text) != 0)
			return -1;
		break;
	case OPT_STRING:
	case OPT_OPTIONAL:
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
	const struct opt *begins = NULL;
	size_t n_begins = 0;

	FOR_EACH_OPT (p->rules, g, o) {
		if (strncmp(o->name, name, n) != 0)
			continue;
		if (strlen(o->name) == n)
			return o;
		begins = o;
		n_begins++;
	}
	return p->rules->getopt && n_begins == 1 ? begins : NULL;
}

static const struct opt *
find_letter(const struct parse *p, char letter)
{
	FOR_EACH_OPT (p->rules, g, o)
		if (o->letter == letter)
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
	opt_meant(&s, p->rules->single_dash ? "-" : p->dashes, meant);
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
	if (equals != NULL)
		return store_value(p, o, equals + 1);
	if (o->kind == OPT_FLAG ||
	    (o->kind == OPT_OPTIONAL && (text == NULL || text[0] == '-')))
		return store_value(p, o, "");
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

/* "-dtp2321": flags, and at most one value behind them. */
static int
take_letters(struct parse *p, const char *given)
{
	for (const char *at = given + 1; *at != '\0'; at++) {
		const struct opt *o = find_letter(p, *at);

		if (o == NULL)
			return unknown_option(p, given, at);
		if (o->kind != OPT_FLAG)
			return at[1] != '\0' ? store_value(p, o, at + 1)
					     : take_value(p, o, NULL);
		if (store_value(p, o, "") != 0)
			return -1;
	}
	return 0;
}

static int
take_option(struct parse *p, const char *given)
{
	bool twice = given[1] == '-';
	const char *name = given + (twice ? 2 : 1);
	const char *equals = strchr(name, '=');
	const struct opt *o = NULL;
	size_t n = equals != NULL ? (size_t)(equals - name) : strlen(name);

	if (!twice && p->rules->getopt)
		return take_letters(p, given);
	if (twice || p->rules->single_dash)
		o = find_name(p, name, n);
	if (o == NULL && !twice && name[0] != '\0' && name[1] == '\0')
		o = find_letter(p, name[0]);
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
		.rules = rules,
		.dashes = "--",
		.argv = argv,
		.target = target,
		.e = e,
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

/* --- lists of words ---------------------------------------------------------
 */

/* swtpm's forms of yes and no; it takes every other word for no. */
static int
take_switch(struct parse *p, const struct opt *o, const char *value)
{
	void *to = (char *)p->target + o->offset;
	bool on = strcmp(value, "true") == 0 || strcmp(value, "1") == 0;

	if (!on && strcmp(value, "false") != 0 && strcmp(value, "0") != 0)
		return err_set(p->e, E_USAGE,
		    "option '%s': '%s' is none of true|false", o->name, value);
	if (o->kind == OPT_FLAG)
		*(bool *)to = on;
	else
		*(enum opt_switch *)to = on ? SWITCH_ON : SWITCH_OFF;
	return 0;
}

static int
take_word(struct parse *p, char *word)
{
	char *equals = strchr(word, '=');
	const struct opt *o;

	if (equals != NULL)
		*equals = '\0';
	o = find_name(p, word, strlen(word));
	if (o == NULL)
		return unknown_option(p, word, word);
	if (equals == NULL)
		return may_be_bare(o)
			   ? store_value(p, o, "")
			   : err_set(p->e, E_USAGE,
				 "option '%s' needs a value: %s", word, o->arg);
	return o->kind == OPT_FLAG || o->kind == OPT_SWITCH
		   ? take_switch(p, o, equals + 1)
		   : store_value(p, o, equals + 1);
}

int
opt_parse_words(const struct opt_group *words, const char *text, void *target,
    char **ret_copy, struct err *e)
{
	const struct opt_group *const groups[] = { words, NULL };
	const struct opt_rules rules = { .groups = groups };
	struct parse p = {
		.rules = &rules, .dashes = "", .target = target, .e = e
	};
	char *rest = *ret_copy = strdup(text), *word;

	if (rest == NULL)
		return err_set(e, E_NOMEM, "%s", words->title);
	while ((word = strsep(&rest, ",")) != NULL)
		if (take_word(&p, word) != 0)
			return err_wrap(e, "%s", words->title);
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

static void
help_rows(const struct opt_group *group, const char *dashes,
    const char *before_value, FILE *out)
{
	(void)fprintf(out, "\n%s:\n", group->title);
	for (const struct opt *o = group->opts; o->name != NULL; o++) {
		int at = fprintf(out, "  ");

		if (o->letter != '\0')
			at += fprintf(out, "-%c, ", o->letter);
		at += fprintf(out, "%s%s", dashes, o->name);
		if (o->arg != NULL)
			at += fprintf(out, "%s%s", before_value, o->arg);
		if (at > HELP_INDENT - 2) {
			(void)fputc('\n', out);
			at = 0;
		}
		opt_wrap(o->help, HELP_INDENT, at, out);
	}
}

void
opt_help(const struct opt_group *group, bool single_dash, FILE *out)
{
	help_rows(group, single_dash ? "-" : "--", " ", out);
}

void
opt_help_words(const struct opt_group *words, FILE *out)
{
	help_rows(words, "", "=", out);
}
