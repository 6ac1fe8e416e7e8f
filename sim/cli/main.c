/*
 * main.c - from argv to a subcommand and back to an exit status.  The only
 * place that ends the program.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "odca/key.h"
#include "sim/base/log.h"
#include "sim/cli/args.h"

enum { /* DESIGN.md, "Command line" */
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_REJECTED = 3,
};

/* Names that the program answers to, beside its own, and commands that are
 * somebody else's. */
static const struct personality {
	const char *name;
	int usage_status;             /* for wrong usage */
	int (*version)(struct err *); /* what --version prints, or NULL */
	const char *interface;        /* the only one that there is, or NULL */
} personalities[] = {
	{ "tpm_server", EXIT_USAGE, NULL, NULL },
	{ "tpm2-simulator", EXIT_USAGE, NULL, NULL },
	{ "swtpm", EXIT_FAILED, swtpm_version, "socket" },
	{ "swtpm_setup", EXIT_FAILED, NULL, NULL },
	{ .name = NULL },
};

static const struct personality *
find_personality(const char *name)
{
	for (const struct personality *p = personalities; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static int
status_of(const struct err *e, const struct personality *p)
{
	switch (e->code) {
	case E_USAGE:
		return p != NULL ? p->usage_status : EXIT_USAGE;
	case E_REJECTED:
		return EXIT_REJECTED;
	default:
		return EXIT_FAILED;
	}
}

/* The first operand too many, or what is missing. */
static int
check_operands(const struct command *c, const struct args *a, struct err *e)
{
	if (a->n_operands > c->most)
		return err_set(e, E_USAGE, "unexpected argument '%s'",
		    a->operands[c->most]);
	if (a->n_operands < c->least)
		return err_set(e, E_USAGE, "missing argument: %s", c->operands);
	return 0;
}

static int
parse(const struct command *c, char **words, struct args *ret, struct err *e)
{
	const struct opt_rules rules = {
		.groups = c->groups,
		.stop_at_operand = c->operands_end_options,
		.single_dash = c->single_dash,
		.getopt = c->getopt,
	};
	enum log_level level;

	ret->operands = words;
	if (opt_parse(&rules, words, ret, &ret->n_operands, e) != 0 ||
	    (!ret->help && check_operands(c, ret, e) != 0))
		return err_hint(
		    e, "'odcasim %s --help' lists the options", c->name);
	if (ret->log != NULL && log_parse_level(ret->log, &level) == 0)
		log_set_level(level);
	return 0;
}

static bool
asks_for_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static bool
asks_for_version(const char *word)
{
	return strcmp(word, "--version") == 0 || strcmp(word, "-v") == 0;
}

/* In swtpm's words, by which scripts know that it was built without one. */
static int
check_interface(const struct personality *p, const char *word, struct err *e)
{
	if (p == NULL || p->interface == NULL || word == NULL ||
	    strcmp(word, p->interface) == 0)
		return 0;
	err_set(e, E_USAGE, "Unsupported TPM interface type '%s'.", word);
	return err_hint(e,
	    "'%s %s --help' lists the options of the one that "
	    "there is",
	    p->name, p->interface);
}

static int
dispatch(char **words, const struct personality *p, struct err *e)
{
	struct args args = { .help = false };
	const struct command *c;
	size_t n;

	if (p != NULL && p->version != NULL && words[1] != NULL &&
	    asks_for_version(words[1]))
		return p->version(e);

	if (words[1] != NULL && asks_for_help(words[1]) &&
	    command_help_group(words[0], stdout))
		return EXIT_OK;
	if (check_interface(p, words[1], e) != 0 ||
	    (c = command_find(words, &n, e)) == NULL ||
	    parse(c, words + n, &args, e) != 0)
		return -1;
	if (!args.help)
		return c->run(&args, e);
	command_help(c, stdout);
	return EXIT_OK;
}

/* words[0] is the command. */
static int
run(char **words)
{
	const struct personality *p = find_personality(words[0]);
	struct err e = ERR_INIT;
	int status = dispatch(words, p, &e);

	if (status == EXIT_OK && fflush(stdout) != 0)
		status = err_errno(&e, "write to stdout");
	/* Of what a command flushed itself, why is not known any more. */
	if (status == EXIT_OK && ferror(stdout))
		status = err_set(&e, E_IO, "write to stdout");
	if (status >= 0)
		return status;
	log_err(&e);
	return status_of(&e, p);
}

/* --help and --version are commands by another name. */
static int
run_global_option(char **words)
{
	static char help[] = "help", version[] = "version";

	if (asks_for_help(words[0]))
		words[0] = help;
	else if (strcmp(words[0], "--version") == 0)
		words[0] = version;
	return run(words);
}

/* Where a caller closed 0, 1 or 2, no file of ours may take its place and get
 * what is printed. Writing still fails: this one is for reading. */
static void
fill_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

int
main(int argc, char **argv)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	const char *name = slash != NULL ? slash + 1 : argc > 0 ? argv[0] : "";

	/* A caller that ignores it would make every wait for a child fail. */
	(void)signal(SIGCHLD, SIG_DFL);
	fill_standard();
	crypto_init();
	if (find_personality(name) != NULL) {
		/* argv[0] becomes the command itself. */
		argv[0] += slash != NULL ? name - argv[0] : 0;
		return run(argv);
	}
	if (argc < 2) {
		command_list(false, stdout);
		return EXIT_OK;
	}
	return run_global_option(argv + 1);
}
