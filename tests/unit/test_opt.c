/* Options, argv in, values and operands or a message out; points in time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/cli/opt.h"
#include "sim/cli/when.h"

struct target {
	bool json;
	const char *state;
	const char *level;
	unsigned svn;
	struct opt_list listen;
};

#define AT(member) offsetof(struct target, member)
/* clang-format off */
static const struct opt opts[] = {
	{ "json",   'j', OPT_FLAG,   AT(json),   NULL,          "as JSON", 0, 0 },
	{ "state",  0,   OPT_STRING, AT(state),  "DIR",         "where", 0, 0 },
	{ "log",    'l', OPT_CHOICE, AT(level),  "error|debug", "level", 0, 0 },
	{ "svn",    0,   OPT_NUMBER, AT(svn),    "N",           "version", 1, 99 },
	{ "listen", 0,   OPT_LIST,   AT(listen), "ADDR",        "where", 0, 0 },
	{ .name = NULL },
};
/* clang-format on */
static const struct opt_group group = { "test", opts };
static const struct opt_group *const groups[] = { &group, NULL };

enum { PLAIN = 0, STOP = 1, DASH = 2 };

/* want: the values, or the message after "!". */
/* clang-format off */
static const struct {
	const char *name;
	int rules;
	const char *argv[7];
	const char *want;
} rows[] = {
	{ "nothing", PLAIN, { NULL }, "" },
	{ "flag", PLAIN, { "--json" }, "json " },
	{ "letter", PLAIN, { "-j" }, "json " },
	{ "separate value", PLAIN, { "--state", "d" }, "state=d " },
	{ "value behind =", PLAIN, { "--state=d=e" }, "state=d=e " },
	{ "letter with value", PLAIN, { "-l", "debug" }, "log=debug " },
	{ "the last one counts", PLAIN, { "--svn", "1", "--svn=2" }, "svn=2 " },
	{ "list", PLAIN, { "--listen", "a", "--listen=b" }, "listen=a listen=b " },
	{ "operands between", PLAIN, { "a", "--json", "b" }, "json a b " },
	{ "a dash is an operand", PLAIN, { "-" }, "- " },
	{ "-- ends", PLAIN, { "--json", "--", "--state", "x" }, "json --state x " },
	{ "-- after --", PLAIN, { "--", "--" }, "-- " },
	{ "stop at operand", STOP, { "--json", "cmd", "--json" }, "json cmd --json " },
	{ "stop keeps a later --", STOP, { "cmd", "--", "x" }, "cmd -- x " },
	{ "-- then operand", STOP, { "--", "cmd", "--", "x" }, "cmd -- x " },
	{ "single dash", DASH, { "-svn", "7", "-json" }, "json svn=7 " },
	{ "single dash takes two", DASH, { "--svn", "7", "-j" }, "json svn=7 " },
	{ "least", PLAIN, { "--svn=1" }, "svn=1 " },
	{ "most", PLAIN, { "--svn=99" }, "svn=99 " },
	{ "leading zeros", PLAIN, { "--svn=007" }, "svn=7 " },

	{ "unknown", PLAIN, { "--xyzzy" }, "!unknown option '--xyzzy'" },
	{ "near", PLAIN, { "--stat" }, "!unknown option '--stat'; did you mean '--state'?" },
	{ "near, with value", PLAIN, { "--stat=x" }, "!unknown option '--stat=x'; did you mean '--state'?" },
	{ "near, swapped", PLAIN, { "--jsno" }, "!unknown option '--jsno'; did you mean '--json'?" },
	{ "near, single dash", DASH, { "-svm" }, "!unknown option '-svm'; did you mean '-svn'?" },
	{ "one dash is a letter", PLAIN, { "-json" }, "!unknown option '-json'; did you mean '--json'?" },
	{ "letters do not join", PLAIN, { "-jl" }, "!unknown option '-jl'" },
	{ "a prefix is no option", PLAIN, { "--jso" }, "!unknown option '--jso'; did you mean '--json'?" },
	{ "no value", PLAIN, { "--state" }, "!option '--state' needs a value: DIR" },
	{ "option as value", PLAIN, { "--state", "--json" }, "!option '--state' needs a value: DIR, not the option '--json'" },
	{ "empty value", PLAIN, { "--state=" }, "!option '--state' has an empty value" },
	{ "empty argument", PLAIN, { "--state", "" }, "!option '--state' has an empty value" },
	{ "flag with value", PLAIN, { "--json=1" }, "!option '--json' takes no value" },
	{ "not a choice", PLAIN, { "--log", "loud" }, "!option '--log': 'loud' is none of error|debug" },
	{ "near a choice", PLAIN, { "--log", "eror" }, "!option '--log': 'eror' is none of error|debug; did you mean 'error'?" },
	{ "below least", PLAIN, { "--svn=0" }, "!option '--svn' '0': want a number from 1 to 99" },
	{ "above most", PLAIN, { "--svn=100" }, "!option '--svn' '100': want a number from 1 to 99" },
	{ "beyond any integer", PLAIN, { "--svn=18446744073709551617" }, "!option '--svn' '18446744073709551617': want a number from 1 to 99" },
	{ "sign", PLAIN, { "--svn=+1" }, "!option '--svn' '+1': want a number from 1 to 99" },
	{ "space", PLAIN, { "--svn= 1" }, "!option '--svn' ' 1': want a number from 1 to 99" },
	{ "hex", PLAIN, { "--svn=0x1" }, "!option '--svn' '0x1': want a number from 1 to 99" },
	{ "trailing", PLAIN, { "--svn=1a" }, "!option '--svn' '1a': want a number from 1 to 99" },
};
/* clang-format on */

static void
print_target(const struct target *t, char **operands, size_t n, FILE *out)
{
	if (t->json)
		(void)fprintf(out, "json ");
	if (t->state != NULL)
		(void)fprintf(out, "state=%s ", t->state);
	if (t->level != NULL)
		(void)fprintf(out, "log=%s ", t->level);
	if (t->svn != 0)
		(void)fprintf(out, "svn=%u ", t->svn);
	for (size_t i = 0; i < t->listen.n; i++)
		(void)fprintf(out, "listen=%s ", t->listen.items[i]);
	for (size_t i = 0; i < n; i++)
		(void)fprintf(out, "%s ", operands[i]);
}

static void
test_rows(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct opt_rules rules = {
			.groups = groups,
			.stop_at_operand = rows[i].rules & STOP,
			.single_dash = rows[i].rules & DASH,
		};
		struct target t = { .json = false };
		struct err e = ERR_INIT;
		char *argv[8] = { NULL }, got[256] = "";
		size_t n = 0;
		FILE *out = fmemopen(got, sizeof(got), "w");

		assert_non_null(out);
		memcpy(argv, rows[i].argv, sizeof(rows[i].argv));
		if (opt_parse(&rules, argv, &t, &n, &e) == 0) {
			print_target(&t, argv, n, out);
			assert_null(argv[n]);
		} else {
			assert_int_equal(e.code, E_USAGE);
			(void)fprintf(out, "!%s", e.msg);
		}
		(void)fclose(out);
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: want '%s', have '%s'", rows[i].name,
			    rows[i].want, got);
	}
}

static void
test_list_is_bounded(void **state)
{
	const struct opt_rules rules = { .groups = groups };
	char word[] = "--listen=x";
	char *argv[MAX_OPT_LIST + 2];
	struct target t = { .json = false };
	struct err e = ERR_INIT;
	size_t n;

	for (size_t i = 0; i <= MAX_OPT_LIST; i++)
		argv[i] = word;
	argv[MAX_OPT_LIST + 1] = NULL;
	assert_int_equal(opt_parse(&rules, argv, &t, &n, &e), -1);
	assert_int_equal(e.code, E_USAGE);
	assert_int_equal(t.listen.n, MAX_OPT_LIST);
}

/* clang-format off */
static const struct {
	const char *word, *candidates[4], *want;
} meant[] = {
	{ "famly",   { "family", "state" },      "; did you mean 'family'?" },
	{ "rnu",     { "mint", "run", "exec" },  "; did you mean 'run'?" },
	{ "tgk",     { "adl", "tgl" },           "; did you mean 'tgl'?" },
	{ "tlg",     { "tal", "tgl" },           "; did you mean 'tgl'?" },
	{ "x",       { "run", "adl" },           "" },
	{ "verify",  { "show", "version" },      "" },
	{ "",        { "run" },                  "" },
	{ "0123456789012345678901234567890123456789x", { "run" }, "" },
};
/* clang-format on */

static void
test_suggest(void **state)
{
	char text[64];

	for (size_t i = 0; i < sizeof(meant) / sizeof(meant[0]); i++) {
		AUTO(suggest_done) struct suggest s;

		suggest_init(&s, meant[i].word);
		for (size_t j = 0; j < 4 && meant[i].candidates[j]; j++)
			suggest_offer(&s, meant[i].candidates[j]);
		assert_string_equal(opt_meant(&s, "", text), meant[i].want);
	}
}

/* No line of help is longer than a terminal, and no word is lost. */
static void
test_wrap(void **state)
{
	static const char text[] = "a sentence that is long enough to need "
				   "three lines when it begins as far to the "
				   "right as the options have it, at least";
	char got[512] = "", *line, *save = NULL;
	auto_buf joined = BUF_INIT(512);
	FILE *out = fmemopen(got, sizeof(got), "w");
	size_t lines = 0;

	assert_non_null(out);
	opt_wrap(text, 26, 10, out);
	(void)fclose(out);
	line = strtok_r(got, "\n", &save);
	for (; line != NULL; line = strtok_r(NULL, "\n", &save)) {
		assert_in_range(strlen(line), 1, lines == 0 ? 69 : 79);
		if (lines++ > 0)
			assert_int_equal(buf_put_u8(&joined, ' '), 0);
		line += strspn(line, " ");
		assert_int_equal(buf_put(&joined, SPAN_STR(line)), 0);
	}
	assert_int_equal(lines, 3);
	assert_true(span_eq(buf_span(&joined), SPAN_STR(text)));
}

/* --- points in time ------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *text;
	time_t want;
	const char *msg; /* NULL: it is a time */
} times[] = {
	{ "0",                         0, NULL },
	{ "1893456000",                1893456000, NULL },
	{ "4294967295",                4294967295, NULL },
	{ "2030-01-01",                1893456000, NULL },
	{ "2028-02-29",                1835395200, NULL },
	{ "2030-01-01T12:34:56Z",      1893501296, NULL },
	{ "2030-01-01 12:34:56z",      1893501296, NULL },
	{ "2030-01-01T12:34:56+01:30", 1893495896, NULL },
	{ "2030-01-01T12:34:56-01:30", 1893506696, NULL },
	{ "2060-01-01",                2840140800, NULL },
	{ "",                          0, "--time '': want a number" },
	{ "4294967296",                0, "want a number from 0 to 4294967295" },
	{ "-1",                        0, "--time '-1' is no time" },
	{ "tomorrow",                  0, "is no time" },
	{ "2030-01",                   0, "is no time" },
	{ "2030-13-01",                0, "is no time" },
	{ "2030-01-32",                0, "is no time" },
	{ "2030-02-29",                0, "--time '2030-02-29' is no date" },
	{ "2030-04-31T00:00:00Z",      0, "is no date" },
	{ "2030-01-01T12:34",          0, "is no time" },
	{ "2030-01-01T12:34:56",       0, "is no time" },
	{ "2030-01-01T24:00:00Z",      0, "is no time" },
	{ "2030-01-01_12:34:56Z",      0, "is no time" },
	{ "2030-01-01T12:34:56Zulu",   0, "is no time" },
	{ "2030-01-01T12:34:56+1",     0, "is no time" },
	{ "2030-01-01T12:34:56+25:00", 0, "is no time" },
};
/* clang-format on */

static void
test_when(void **state)
{
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		const bool ok = times[i].msg == NULL;
		struct err e = ERR_INIT;
		time_t got = 0;

		if (when_parse(times[i].text, "--time", &got, &e) !=
			(ok ? 0 : -1) ||
		    (ok && got != times[i].want) ||
		    (!ok && (e.code != E_USAGE ||
				strstr(e.msg, times[i].msg) == NULL)))
			fail_msg("'%s': %lld '%s'", times[i].text,
			    (long long)got, e.msg);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_list_is_bounded),
		cmocka_unit_test(test_suggest),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_when),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
