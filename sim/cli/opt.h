/*
 * opt.h - options as tables: parser, checks and help come from the rows.
 *
 * A row says where its value goes as an offset into the caller's struct, so
 * that commands share groups of rows. The words of an option that is a list
 * ("--ctrl type=unixio,path=/x,terminate") are rows, too.
 */
#ifndef SIM_CLI_OPT_H
#define SIM_CLI_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "sim/base/err.h"
#include "sim/base/limits.h"
#include "sim/base/opt_list.h"
#include "sim/base/suggest.h"

/* Columns that help and text for people take. */
#define OPT_WIDTH 79

enum opt_kind {
	OPT_FLAG,     /* bool, set to true */
	OPT_SWITCH,   /* enum opt_switch; a bare word is on */
	OPT_STRING,   /* const char *, never "" */
	OPT_OPTIONAL, /* const char *, "" when only the name is given */
	OPT_NUMBER,   /* unsigned, decimal, least..most */
	OPT_OCTAL,    /* unsigned, octal, least..most */
	OPT_USER,     /* unsigned, a user's name or number */
	OPT_GROUP,    /* the same of a group */
	OPT_CHOICE,   /* const char *, one of the words of arg ("clear|none") */
	OPT_LIST,     /* struct opt_list, may be repeated */
};

enum opt_switch { SWITCH_NOT_GIVEN, SWITCH_OFF, SWITCH_ON };

struct opt {
	const char *name; /* "state" for --state; NULL ends a table */
	char letter;      /* 'h' for -h; 0 is none */
	enum opt_kind kind;
	size_t offset;    /* of the value in the target */
	const char *arg;  /* "DIR"; the choices of an OPT_CHOICE */
	const char *help; /* one sentence, no full stop */
	unsigned least, most;
};

struct opt_group {
	const char *title; /* "device" */
	const struct opt *opts;
};

struct opt_rules {
	const struct opt_group *const *groups; /* NULL ends */
	bool stop_at_operand; /* what follows the first operand is not ours */
	bool single_dash;     /* -port is --port, as simulators have it */
	bool getopt; /* --print-s and -dp2321, as getopt_long(3) has them */
};

/*
 * Sort argv (NULL at its end) into options, whose values go to target, and
 * operands, which are moved to its front: *ret_n of them, order kept. "--" ends
 * the options. E_USAGE names the argument, and the option that was meant.
 */
int opt_parse(const struct opt_rules *rules, char **argv, void *target,
    size_t *ret_n, struct err *e);

/*
 * The same for "key=value,flag,flag=false" with the rows of words; its title is
 * the option that the text is of, for messages. Strings point into *ret_copy,
 * which the caller frees, also after a failure.
 */
int opt_parse_words(const struct opt_group *words, const char *text,
    void *target, char **ret_copy, struct err *e);

/* The options of a group, one a paragraph, wrapped at 80 columns. */
void opt_help(const struct opt_group *group, bool single_dash, FILE *out);
/* The words of a list option, in the same form. */
void opt_help_words(const struct opt_group *words, FILE *out);
/* text wrapped at 80 columns, each line indented; the first one begins in
 * column `at`. */
void opt_wrap(const char *text, int indent, int at, FILE *out);

/* "; did you mean '--state'?", or "" when nothing is near; gives out. */
const char *
opt_meant(const struct suggest *s, const char *dashes, char out[static 64]);

/* Decimal digits only, least..most; what for the message. */
int opt_number(const char *text, unsigned least, unsigned most,
    const char *what, unsigned *ret, struct err *e);

#endif
