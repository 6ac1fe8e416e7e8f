#include <string.h>

#include "sim/aik/hresult.h"
#include "sim/report/report_part.h"

/*
 * A row a step, from the client to whom it asks; in pixels. Letters and words
 * are as large as on the page when it is as narrow as a phone.
 */
enum {
	WIDTH = 440,
	HEAD = 44, /* the names of the lanes */
	ROW = 44,
	TAIL = 12,
	LABEL_UP = 6, /* above the arrow */
	DISC = 12,
	TIP = 7,
	CROSS = 6,
	LOOP = 18, /* of what a client does by itself */
	RIGHT_EDGE = WIDTH - 6,
};

enum lane { CLIENT, TPM, NETWORK, SERVICE, N_LANES };

static const struct {
	int x;
	const char *name;
} lanes[N_LANES] = {
	[CLIENT] = { 30, "client" },
	[TPM] = { 128, "TPM" },
	[NETWORK] = { 226, "network" },
	[SERVICE] = { 318, "service" },
};

/* Whom a step asks, and for what. */
static const struct way {
	enum lane to;
	const char *what;
} ways[ENROLL_STEPS] = {
	[ENROLL_TPM] = { TPM, "ready?" },
	[ENROLL_EK] = { TPM, "EK certificate" },
	[ENROLL_CHAIN] = { TPM, "its chain" },
	[ENROLL_URL] = { CLIENT, "makes the URL" },
	[ENROLL_CONNECT] = { SERVICE, "connection, TLS" },
	[ENROLL_CAPS] = { SERVICE, "GetCACaps" },
	[ENROLL_CA_CHAIN] = { SERVICE, "GetCACertChain" },
	[ENROLL_REQUEST] = { TPM, "makes the AIK" },
	[ENROLL_SUBMIT] = { SERVICE, "PKIOperation: request" },
	[ENROLL_ACTIVATE] = { TPM, "ActivateCredential" },
	[ENROLL_ANSWER] = { SERVICE, "PKIOperation: answer" },
	[ENROLL_CHECK] = { CLIENT, "checks the certificate" },
};

/* How a step went. */
struct went {
	enum enroll_step step;
	enum report_mark mark;
	double ms;
	enum lane to; /* how far it came */
	const char *what;
	char said[32]; /* what is at its end */
};

static const json_t *
find_step(const struct view *v, enum enroll_step s)
{
	const json_t *steps = json_object_get(v->enroll, "steps");

	return json_array_get(steps, (size_t)s);
}

/* Of the EPID era: the certificate is not in the TPM. */
static bool
asks_ekop(const struct view *v)
{
	const json_t *first =
	    json_array_get(json_object_get(v->enroll, "requests"), 0);

	return strcmp(report_text(first, "name"), "EKOP") == 0;
}

static const json_t *
last_request(const struct view *v)
{
	const json_t *all = json_object_get(v->enroll, "requests");
	const size_t n = json_array_size(all);

	return n > 0 ? json_array_get(all, n - 1) : NULL;
}

#define PROXY_AUTHENTICATION 407

/* Nobody answered, or a proxy did: then it broke on the way. */
static enum lane
broken_at(const struct view *v, enum lane to)
{
	const json_t *status = json_object_get(last_request(v), "status");

	return to == SERVICE &&
		       (!json_is_integer(status) ||
			   json_integer_value(status) == PROXY_AUTHENTICATION)
		   ? NETWORK
		   : to;
}

/* What a network does in place of an answer, by WinHTTP's numbers. */
static const char *
said_by_network(json_int_t winhttp)
{
	/* clang-format off */
	static const struct {
		json_int_t winhttp;
		const char *said;
	} rows[] = {
		{ WINHTTP_NAME_NOT_RESOLVED, "no such host" },
		{ WINHTTP_CANNOT_CONNECT, "not connected" },
		{ WINHTTP_CONNECTION_ERROR, "cut off" },
		{ WINHTTP_INVALID_SERVER_RESPONSE, "cut off" },
		{ WINHTTP_SECURE_FAILURE, "TLS refused" },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].winhttp == winhttp)
			return rows[i].said;
	return "no answer";
}

static void
say_failure(const struct view *v, struct went *w)
{
	const json_t *why = json_object_get(v->enroll, "failure");
	const json_int_t status =
	    json_integer_value(json_object_get(why, "http_status"));

	if (status >= 400)
		(void)snprintf(
		    w->said, sizeof(w->said), "HTTP %d", (int)status);
	else if (w->to == NETWORK)
		(void)snprintf(w->said, sizeof(w->said), "%s",
		    said_by_network(
			json_integer_value(json_object_get(why, "winhttp"))));
}

static struct went
went(const struct view *v, enum enroll_step s)
{
	const json_t *step = find_step(v, s);
	struct went w = { .step = s,
		.mark = MARK_SKIPPED,
		.to = ways[s].to,
		.what = ways[s].what };

	if (s == ENROLL_EK && asks_ekop(v)) {
		w.to = SERVICE;
		w.what = "EK certificate, of EKOP";
	}
	if (step == NULL)
		return w;
	w.mark =
	    json_is_true(json_object_get(step, "ok")) ? MARK_OK : MARK_FAILED;
	w.ms = (double)json_integer_value(json_object_get(step, "us")) / 1e3;
	if (w.mark == MARK_FAILED) {
		w.to = broken_at(v, w.to);
		say_failure(v, &w);
	}
	return w;
}

static const char *
in_words(enum report_mark m)
{
	static const char *const words[] = { [MARK_OK] = "passed",
		[MARK_FAILED] = "failed",
		[MARK_SKIPPED] = "not reached" };

	return words[m];
}

/* --- the picture ------------------------------------------------------------
 */

static void
put_label(struct page *p, const char *class, int x, int y, const char *text)
{
	html_begin(&p->h, "text", class);
	html_attrf(&p->h, "x", "%d", x);
	html_attrf(&p->h, "y", "%d", y);
	html_text(&p->h, text);
	html_end(&p->h);
}

static void
put_lanes(struct page *p)
{
	for (enum lane l = CLIENT; l < N_LANES; l++) {
		put_label(p, "lane", lanes[l].x, 18, lanes[l].name);
		report_path(p, "rail", "M%d %dV%d", lanes[l].x, HEAD - 18,
		    HEAD + ROW * ENROLL_STEPS);
	}
}

static void
put_cross(struct page *p, int x, int y)
{
	report_path(p, "cross", "M%d %dl%d %dm0 %dl%d %d", x - CROSS, y - CROSS,
	    2 * CROSS, 2 * CROSS, -2 * CROSS, -2 * CROSS, 2 * CROSS);
}

/* What the client does by itself: out, and back. */
static void
put_loop(struct page *p, const struct went *w, int y)
{
	const int x = lanes[CLIENT].x;

	if (w->mark == MARK_FAILED) {
		report_path(p, "arrow", "M%d %dh%d", x + DISC, y, LOOP - CROSS);
		put_cross(p, x + DISC + LOOP, y);
	} else {
		report_path(p, "arrow", "M%d %dh%dv%dh%d", x + DISC, y - 5,
		    LOOP, 10, -LOOP + TIP);
		report_path(p, "tip", "M%d %dl%d %dv%dz", x + DISC, y + 5, TIP,
		    -TIP + 3, 2 * (TIP - 3));
	}
	put_label(p, "what", x + DISC + LOOP + 2 * CROSS, y + 4, w->what);
}

static void
put_arrow(struct page *p, const struct went *w, int y)
{
	const int from = lanes[CLIENT].x + DISC, to = lanes[w->to].x;

	report_path(p, "arrow", "M%d %dH%d", from, y,
	    to - (w->mark == MARK_FAILED ? CROSS : TIP));
	put_label(p, "what", from + 8, y - LABEL_UP, w->what);
	if (w->mark == MARK_FAILED)
		put_cross(p, to, y);
	else
		report_path(p, "tip", "M%d %dl%d %dv%dz", to, y, -TIP, -TIP + 3,
		    2 * (TIP - 3));
}

/* The letter in its shape: a disc, an octagon, a broken ring. */
static void
put_disc(struct page *p, const struct went *w, int y)
{
	const int x = lanes[CLIENT].x, r = DISC, c = DISC / 2;
	const char letter[] = { enroll_letter(w->step), '\0' };

	if (w->mark == MARK_FAILED)
		report_path(p, "disc", "M%d %dh%dl%d %dv%dl%d %dh%dl%d %dv%dz",
		    x - c, y - r, 2 * c, r - c, r - c, 2 * c, c - r, r - c,
		    -2 * c, c - r, c - r, -2 * c);
	else
		report_path(p, "disc",
		    "M%d %da%d %d 0 1 0 %d 0a%d %d 0 1 0 %d 0z", x - r, y, r, r,
		    2 * r, r, r, -2 * r);
	put_label(p, "letter", x, y + 5, letter);
}

static void
put_end(struct page *p, const struct went *w, int y)
{
	char text[64];

	if (w->mark == MARK_FAILED) {
		put_label(p, "said", RIGHT_EDGE - 4,
		    y + (w->said[0] != '\0' ? -2 : 5), "broke here");
		if (w->said[0] != '\0')
			put_label(p, "said", RIGHT_EDGE - 4, y + 13, w->said);
		return;
	}
	if (w->mark == MARK_OK) {
		(void)snprintf(text, sizeof(text), "%.1f ms", w->ms);
		put_label(p, "time", RIGHT_EDGE, y + 4, text);
		report_path(
		    p, "tick", "M%d %dl4 4l7-8", RIGHT_EDGE - 84, y + 1);
	}
}

static void
put_step(struct page *p, const struct went *w)
{
	const int y = HEAD + ROW * (int)w->step + ROW / 2;

	html_begin(&p->h, "g", NULL);
	html_attrf(&p->h, "class", "step %s", report_class(w->mark));
	html_attrf(&p->h, "id", "%sflow-%c", p->prefix, enroll_letter(w->step));
	if (w->mark == MARK_FAILED) {
		html_begin(&p->h, "rect", "band");
		html_attr(&p->h, "x", "1");
		html_attrf(&p->h, "y", "%d", y - ROW / 2 + 1);
		html_attrf(&p->h, "width", "%d", WIDTH - 2);
		html_attrf(&p->h, "height", "%d", ROW - 2);
		html_attr(&p->h, "rx", "4");
		html_end(&p->h);
	}
	if (w->to == CLIENT)
		put_loop(p, w, y);
	else
		put_arrow(p, w, y);
	put_disc(p, w, y);
	put_end(p, w, y);
	html_end(&p->h);
}

static void
put_description(struct page *p, const struct view *v)
{
	html_begin(&p->h, "title", NULL);
	report_id(p, "flow-title");
	html_text(&p->h, "The steps of the enrolment, from the client to the "
			 "TPM, the network and the service");
	html_end(&p->h);
	html_begin(&p->h, "desc", NULL);
	report_id(p, "flow-desc");
	if (v->enrolled)
		html_text(&p->h, "All steps from A to L passed.");
	else
		html_textf(&p->h,
		    "It broke at step %c: %s. The list of steps has the same "
		    "in words.",
		    enroll_letter(v->step), enroll_text(v->step));
	html_end(&p->h);
}

static void
put_picture(struct page *p, const struct view *v)
{
	html_begin(&p->h, "svg", "flow");
	html_attrf(&p->h, "viewBox", "0 0 %d %d", WIDTH,
	    HEAD + ROW * ENROLL_STEPS + TAIL);
	html_attr(&p->h, "role", "img");
	html_attrf(&p->h, "aria-labelledby", "%sflow-title %sflow-desc",
	    p->prefix, p->prefix);
	put_description(p, v);
	put_lanes(p);
	for (enum enroll_step s = ENROLL_TPM; s < ENROLL_STEPS; s++) {
		const struct went w = went(v, s);

		put_step(p, &w);
	}
	html_end(&p->h);
}

/* --- the list ---------------------------------------------------------------
 */

static void
put_item(struct page *p, const struct went *w)
{
	html_begin(&p->h, "li", report_class(w->mark));
	html_attrf(&p->h, "id", "%sstep-%c", p->prefix, enroll_letter(w->step));
	report_icon(p, w->mark);
	html_begin(&p->h, "b", NULL);
	html_textf(&p->h, "%c", enroll_letter(w->step));
	html_end(&p->h);
	html_text(&p->h, " ");
	html_leaf(&p->h, "span", "text", enroll_text(w->step));
	html_text(&p->h, " ");
	html_leaf(&p->h, "span", "word", in_words(w->mark));
	if (w->mark != MARK_SKIPPED) {
		html_text(&p->h, " ");
		html_begin(&p->h, "span", "time");
		html_textf(&p->h, "%.1f ms", w->ms);
		html_end(&p->h);
	}
	html_end(&p->h);
}

static void
put_list(struct page *p, const struct view *v)
{
	html_begin(&p->h, "ol", "steps");
	report_id(p, "steps");
	for (enum enroll_step s = ENROLL_TPM; s < ENROLL_STEPS; s++) {
		const struct went w = went(v, s);

		put_item(p, &w);
	}
	html_end(&p->h);
}

void
report_flow(struct page *p, const struct view *v)
{
	report_section(p, "the-flow", "The steps");
	html_begin(&p->h, "div", "side-by-side");
	html_begin(&p->h, "figure", NULL);
	report_id(p, "flow");
	put_picture(p, v);
	html_leaf(&p->h, "figcaption", NULL,
	    "Each step, from the client to whom it asks.");
	html_end(&p->h);
	put_list(p, v);
	html_end(&p->h);
	html_end(&p->h);
}
