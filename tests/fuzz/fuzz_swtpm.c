/*
 * fuzz_swtpm.c - bytes as either channel of swtpm's may get them.
 *
 * The same bytes go to a control and to two kinds of data connections, once
 * whole and once in pieces: what is answered, and how far it gets, must not
 * depend on the segments, except where a write is a command.
 */
#include <stddef.h>
#include <stdint.h>

#include "sim/base/log.h"
#include "sim/tpm/store.h"
#include "sim/tpm/swtpm.h"
#include "tests/unit/fake_engine.c"

/* Above what 4096 bytes of input can be answered with, most of the time. */
#define MAX_REPLIES (1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool true_thing)
{
	if (!true_thing)
		__builtin_trap();
}

/* A request lies in the input, whole, and answers what its row says. */
static void
check_request(const struct wire_request *r, struct span in)
{
	require(r->used > 0 && r->used <= in.n);
	require(r->body.n == 0 ||
		(r->body.p >= in.p && r->body.p + r->body.n <= in.p + r->used));
	require(r->cmd == NULL || r->cmd == &swtpm_too_long ||
		r->fixed.n == r->cmd->fixed);
}

/* What in holds; -1 when the connection is closed, else bytes used. */
static ssize_t
feed(struct wire_session *s, struct span in, struct buf *reply)
{
	struct wire_request r;
	struct err e = ERR_INIT;
	struct span rest = in;
	int found;

	while ((found = wire_parse(s, rest, &r, &e)) > 0) {
		check_request(&r, rest);
		if (wire_run(&r, reply) != THEN_CONTINUE)
			return -1;
		require(span_skip(&rest, r.used) == 0);
		/* After CANCEL_OFF, too: see start(). */
		fake.cancel = true;
	}
	require(found == 0 || e.code == E_LIMIT);
	return found < 0 ? -1 : (ssize_t)(in.n - rest.n);
}

/* The TPM, its state and what swtpm.c remembers as at first. Long commands are
 * canceled at once, as no test is there that ends them. */
static void
start(void)
{
	static struct store *store;
	struct swtpm_options o = { .allow_set_locality = true };

	if (store == NULL)
		require(store_open_memory(&store, NULL) == 0);
	o.store = store;
	require(
	    store_write(store, "permall", SPAN_STR("permanent"), NULL) == 0);
	require(store_delete(store, "volatilestate", NULL) == 0);
	swtpm_configure(&o);
	fake_reset(true);
	fake.cancel = true;
}

/* The end of each piece follows from the bytes themselves. */
static void
feed_pieces(enum port port, struct span in, struct buf *reply)
{
	struct wire_session s = { .port = port };
	size_t begin = 0, end = 0;
	ssize_t used;

	while (end < in.n) {
		end += 1 + in.p[end] % 7;
		end = end < in.n ? end : in.n;
		used =
		    feed(&s, (struct span){ in.p + begin, end - begin }, reply);
		if (used < 0)
			return;
		begin += (size_t)used;
	}
}

static void
try_port(enum port port, struct span in)
{
	auto_buf whole = BUF_INIT(MAX_REPLIES);
	auto_buf pieces = BUF_INIT(MAX_REPLIES);
	struct wire_session s = { .port = port };

	start();
	(void)feed(&s, in, &whole);
	start();
	feed_pieces(port, in, &pieces);
	require(whole.n == whole.cap || pieces.n == pieces.cap ||
		span_eq(buf_span(&whole), buf_span(&pieces)));
}

/* A monitor's channel: what a guest wrote is dropped to the end of the write,
 * whatever its size says, and the connection lives. */
static void
try_whole_writes(struct span in)
{
	auto_buf reply = BUF_INIT(MAX_REPLIES);
	struct wire_session s = { .port = PORT_SWTPM_DATA,
		.whole_writes = true };

	start();
	(void)feed(&s, in, &reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = { data, size };

	if (size > 4096)
		return 0;
	log_set_level(LOG_ERROR);
	try_port(PORT_SWTPM_CTRL, in);
	try_port(PORT_SWTPM_DATA, in);
	try_whole_writes(in);
	return 0;
}
