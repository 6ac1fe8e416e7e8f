/* HTML that is written: what is from outside stays text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/base/auto.h"
#include "sim/report/html.h"

#define SIZE(a) (sizeof(a) / sizeof(*(a)))

struct written {
	struct html h;
	char *text;
	size_t n;
};

static void
begin(struct written *w)
{
	*w = (struct written){ .text = NULL };
	w->h.out = open_memstream(&w->text, &w->n);
	assert_non_null(w->h.out);
}

static void
is(struct written *w, const char *want)
{
	assert_int_equal(w->h.depth, 0);
	assert_int_equal(fclose(html_stream(&w->h)), 0);
	assert_string_equal(w->text, want);
	free(w->text);
}

/* clang-format off */
static const struct {
	const char *text, *want;
} texts[] = {
	{ "", "" },
	{ "CN=CSME TGL PTT  01SVN", "CN=CSME TGL PTT  01SVN" },
	{ "</pre><script>alert(1)</script>", "&#60;/pre&#62;&#60;script&#62;alert(1)&#60;/script&#62;" },
	{ "\" onmouseover='x' a=\"", "&#34; onmouseover=&#39;x&#39; a=&#34;" },
	{ "&lt;", "&#38;lt;" },
	{ "]]>-->", "]]&#62;--&#62;" },
	{ "a\nb\tc\r", "a\\x0ab\\x09c\\x0d" },
	/* A letter, a byte that is no UTF-8, and one that turns what follows. */
	{ "\xc3\x9c\xff\xe2\x80\xae", "\\xc3\\x9c\\xff\\xe2\\x80\\xae" },
};
/* clang-format on */

static void
test_escape(void **state)
{
	for (size_t i = 0; i < SIZE(texts); i++) {
		struct written w;

		begin(&w);
		html_text(&w.h, texts[i].text);
		is(&w, texts[i].want);
	}
}

/* The same wherever a text can go. */
static void
test_everywhere(void **state)
{
	for (size_t i = 0; i < SIZE(texts); i++) {
		auto_free char *want = NULL;
		const char *t = texts[i].text, *e = texts[i].want;
		struct written w;

		assert_true(asprintf(&want,
				"<p class=\"%s\" id=\"-%s\">-%s<b>%s</b></p>",
				e, e, e, e) > 0);
		begin(&w);
		html_begin(&w.h, "p", t);
		html_attrf(&w.h, "id", "-%s", t);
		html_textf(&w.h, "-%s", t);
		html_leaf(&w.h, "b", NULL, t);
		html_end(&w.h);
		is(&w, want);
	}
}

static void
test_lines(void **state)
{
	struct written w;

	begin(&w);
	html_lines(&w.h, "GET / HTTP/1.1\r\nHost: <x>\r\n\n\ra\tb");
	html_lines(&w.h, NULL);
	is(&w, "GET / HTTP/1.1\nHost: &#60;x&#62;\n\n\\x0da\\x09b");
}

static void
test_elements(void **state)
{
	struct written w;

	begin(&w);
	html_begin(&w.h, "p", NULL);
	html_void(&w.h, "br");
	html_attr(&w.h, "class", "x");
	html_leaf(&w.h, "b", "y", NULL);
	html_begin(&w.h, "i", NULL);
	html_end(&w.h);
	html_end(&w.h);
	is(&w, "<p><br class=\"x\"><b class=\"y\"></b><i></i></p>");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escape),
		cmocka_unit_test(test_everywhere),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_elements),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
