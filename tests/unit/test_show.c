/* Pictures of a chain: text that wants to be more than text, lines that are too
 * long, and a certificate in two NV indices. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/base/file.h"
#include "sim/cli/show.h"
#include "sim/report/xml.h"

#define NOW       1767225600 /* 2026-01-01 */
#define REFERENCE "../shared/reference/odca/"

#define SIZE(a) (sizeof(a) / sizeof(*(a)))

/* --- text ----------------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *text, *dot, *svg;
} escapes[] = {
	{ "", "", "" },
	{ "CN=CSME TGL PTT  01SVN", "CN=CSME TGL PTT  01SVN", "CN=CSME TGL PTT  01SVN" },
	{ "<script>&\"", "<script>&amp;\\\"", "&#60;script&#62;&#38;&#34;" },
	{ "a\nb\tc", "a\\\\x0ab\\\\x09c", "a\\x0ab\\x09c" },
	{ "C:\\N\\l", "C:\\\\N\\\\l", "C:\\N\\l" },
	{ "&#10;]]>'", "&amp;#10;]]>'", "&#38;#10;]]&#62;&#39;" },
	{ "\xc3\x9c\x7f", "\\\\xc3\\\\x9c\\\\x7f", "\\xc3\\x9c\\x7f" },
};
/* clang-format on */

static void
check_text(
    void (*put)(const char *, FILE *), const char *text, const char *want)
{
	auto_free char *have = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&have, &n);

	assert_non_null(f);
	put(text, f);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(have, want);
}

static void
test_escapes(void **state)
{
	for (size_t i = 0; i < SIZE(escapes); i++) {
		check_text(graph_dot_text, escapes[i].text, escapes[i].dot);
		check_text(xml_text, escapes[i].text, escapes[i].svg);
	}
	check_text(xml_lines, "a<\nb\r", "a&#60;\nb\\x0d");
}

static void
test_break(void **state)
{
	assert_int_equal(graph_break("", 10), 0);
	assert_int_equal(graph_break("0123456789", 10), 10);
	assert_int_equal(graph_break("0123456789a", 10), 10);
	assert_int_equal(graph_break("0123456 89a", 10), 8);
	assert_int_equal(graph_break("https://a/b", 10), 10);
	assert_int_equal(graph_break("Public_Key.cer", 10), 7);
	/* A blank that is far off leaves too short a line. */
	assert_int_equal(graph_break("01 3456789a", 10), 10);
}

/* --- a drawing ------------------------------------------------------------ */

static char *
draw(const struct graph *g, int (*put)(const struct graph *, FILE *))
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	assert_int_equal(put(g, f), 0);
	assert_int_equal(fclose(f), 0);
	return text;
}

#define EVIL "\"]; evil [label=\"<script>&\\"

/* Every place that text from outside reaches. */
static void
test_hostile(void **state)
{
	static struct graph g = { .title = EVIL,
		.where = EVIL,
		.identity = EVIL,
		.verdict = EVIL,
		.n_nodes = 2,
		.n_layers = 2 };
	auto_free char *dot = NULL, *svg = NULL;

	g.nodes[0].issuer = NO_NODE;
	g.nodes[1].layer = 1;
	for (size_t i = 0; i < g.n_nodes; i++) {
		struct graph_node *n = &g.nodes[i];

		for (n->n_lines = 0; n->n_lines <= LINE_AIK; n->n_lines++)
			n->lines[n->n_lines] = (struct graph_line){
				.style = (enum graph_style)n->n_lines,
				.label = "",
				.text = EVIL,
			};
	}
	dot = draw(&g, graph_dot);
	svg = draw(&g, graph_svg);
	assert_null(strstr(dot, "\n\"]; evil"));
	assert_null(strstr(dot, "\"]; evil [label=\"<script>&\\"));
	assert_non_null(
	    strstr(dot, "\\\"]; evil [label=\\\"<script>&amp;\\\\\\l"));
	assert_null(strstr(svg, "<script"));
	assert_null(strstr(svg, "&\\"));
	assert_non_null(strstr(svg, "&#60;script&#62;&#38;\\</text>"));
}

/* --- NV ------------------------------------------------------------------- */

static void
add_nv(struct source *s, uint32_t index, struct span data)
{
	struct tpm_nv *nv = &s->info.nv[s->info.n_nv++];

	nv->index = index;
	nv->size = (uint16_t)data.n;
	buf_init(&nv->data, UINT16_MAX);
	assert_int_equal(buf_put(&nv->data, data), 0);
}

static void
source_done(struct source *s)
{
	tpm_info_done(&s->info);
	buf_free(&s->chain);
	buf_free(&s->file);
	for (size_t i = 0; i < s->n_eks; i++)
		free(s->eks[i].report);
}

/* clang-format off */
static const struct {
	const char *name;
	size_t begin, n;
	size_t count;
	struct piece want[3];
} pieces[] = {
	{ "whole", 0, 60, 1, { { 0x01c00100, 0, 60 } } },
	{ "in the middle", 10, 20, 1, { { 0x01c00100, 10, 20 } } },
	{ "to the end", 40, 20, 1, { { 0x01c00100, 40, 20 } } },
	{ "in two", 50, 20, 2, { { 0x01c00100, 50, 10 }, { 0x01c00101, 0, 10 } } },
	{ "in three", 59, 22, 3, { { 0x01c00100, 59, 1 }, { 0x01c00101, 0, 20 }, { 0x01c00102, 0, 1 } } },
	{ "in the last", 80, 5, 1, { { 0x01c00102, 0, 5 } } },
};
/* clang-format on */

static void
test_pieces(void **state)
{
	static const uint8_t bytes[60];
	AUTO(source_done) struct source s = { .n_eks = 0 };

	buf_init(&s.chain, MAX_CHAIN_BYTES);
	add_nv(&s, 0x01c00002, SPAN_OF(bytes));
	add_nv(&s, 0x01c00100, SPAN_OF(bytes));
	add_nv(&s, 0x01c00101, (struct span){ bytes, 20 });
	add_nv(&s, 0x01c00102, (struct span){ bytes, 5 });
	assert_int_equal(tpm_info_chain(&s.info, &s.chain), 0);
	for (size_t i = 0; i < SIZE(pieces); i++) {
		struct span der = { s.chain.p + pieces[i].begin, pieces[i].n };
		struct piece have[MAX_CERT_PIECES];
		size_t n = source_pieces(&s, der, have);

		if (n != pieces[i].count)
			fail_msg("%s: %zu pieces", pieces[i].name, n);
		for (size_t k = 0; k < n; k++)
			if (have[k].index != pieces[i].want[k].index ||
			    have[k].offset != pieces[i].want[k].offset ||
			    have[k].n != pieces[i].want[k].n)
				fail_msg("%s: piece %zu", pieces[i].name, k);
	}
}

/* --- a real device, whose chain is in two indices --------------------------
 */

static void
load(const char *name, struct buf *out)
{
	auto_buf pem = BUF_INIT(MAX_SMALL_FILE);
	char path[256];

	(void)snprintf(path, sizeof(path), REFERENCE "%s.pem", name);
	assert_int_equal(file_read(AT_FDCWD, path, &pem, NULL), 0);
	assert_int_equal(cert_from_file(buf_span(&pem), out, NULL), 0);
}

static struct span
load_into(struct buf *file, const char *name)
{
	size_t begin = file->n;

	load(name, file);
	return (struct span){ file->p + begin, file->n - begin };
}

/* As source_open() fills it. */
static void
real_source(struct source *s)
{
	auto_buf ek = BUF_INIT(MAX_CERT_SIZE);
	auto_buf chain = BUF_INIT(MAX_CHAIN_BYTES);

	load("device-MTL-lenovo-0-EK-RSA2048", &ek);
	load("device-MTL-lenovo-3-ROM-CA", &chain);
	load("device-MTL-lenovo-2-Kernel-CA", &chain);
	load("device-MTL-lenovo-1-PTT-CA", &chain);
	add_nv(s, 0x01c00002, buf_span(&ek));
	add_nv(s, 0x01c00100, (struct span){ chain.p, MAX_NV_INDEX });
	add_nv(s, 0x01c00101,
	    (struct span){ chain.p + MAX_NV_INDEX, chain.n - MAX_NV_INDEX });
	buf_init(&s->chain, MAX_CHAIN_BYTES);
	assert_int_equal(tpm_info_chain(&s->info, &s->chain), 0);
	/* It does not move what it has. */
	buf_init(&s->file, MAX_CHAIN_BYTES);
	assert_non_null(buf_room(&s->file, MAX_CHAIN_BYTES));
	buf_reset(&s->file);
	s->extra[s->n_extra++] =
	    load_into(&s->file, "intel-odca-issuing-MTL_00003043_ODCA_CA2");
	s->extra[s->n_extra++] = load_into(
	    &s->file, "intel-odca-intermediate-ODCA_CA2_CSME_Intermediate");
	s->anchors[s->n_anchors++] =
	    load_into(&s->file, "intel-odca-root-OnDie_CA_RootCA_Certificate");
	s->roots = "roots.pem";
	s->info.manufacturer = 0x494e5443;
	s->info.firmware1 = 0x02bc0013;
	s->info.revision = 159;
}

static void
test_straddle(void **state)
{
	AUTO(source_done) struct source s = { .where = "a real one" };
	auto_free struct graph *g = NULL;
	auto_free char *dot = NULL, *svg = NULL;

	if (!file_exists(AT_FDCWD, REFERENCE))
		skip();
	real_source(&s);
	assert_int_equal(source_verify(&s, NOW, false, NULL), 0);
	assert_int_equal(show_graph(&s, &g, NULL), 0);
	assert_true(g->accepted);
	assert_int_equal(g->n_nodes, 7);
	assert_int_equal(g->n_layers, 7);
	dot = draw(g, graph_dot);
	svg = draw(g, graph_svg);
	assert_non_null(strstr(dot, "NV 0x01c00100, bytes 1483 to 2047\\l"
				    "       NV 0x01c00101, bytes 0 to 123\\l"));
	assert_non_null(strstr(svg, ">NV 0x01c00101, bytes 0 to 123<"));
	assert_non_null(strstr(dot, "AIK    INTC-KeyId-\\l"));
	assert_non_null(strstr(svg, "P_MTL SOC 00003043 Issuing CA"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_break),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_straddle),
	};

	return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
