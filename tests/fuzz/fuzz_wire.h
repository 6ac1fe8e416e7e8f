/*
 * fuzz_wire.h - bytes as a port may get them, once whole and once in pieces:
 * what is answered, and how far it gets, must not depend on the segments.
 */
#ifndef TESTS_FUZZ_FUZZ_WIRE_H
#define TESTS_FUZZ_FUZZ_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "sim/tpm/swtpm.h"
#include "sim/tpm/wire.h"
#include "tests/unit/fake_engine.c"

/* Above what the longest input can be answered with, most of the time. */
#define MAX_REPLIES (1024 * 1024)
#define MAX_INPUT   4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
require(bool true_thing)
{
	if (!true_thing)
		__builtin_trap();
}

/* A request lies in the input, whole, and answers what its row says. */
static inline void
check_request(const struct wire_request *r, struct span in)
{
	require(r->used > 0 && r->used <= in.n);
	require(r->body.n <= MAX_MSSIM_BODY);
	require(r->body.n == 0 ||
		(r->body.p >= in.p && r->body.p + r->body.n <= in.p + r->used));
	if (r->cmd == &swtpm_too_long)
		require(r->port == PORT_SWTPM_CTRL);
	else
		require(r->cmd == NULL || r->fixed.n == r->cmd->fixed);
}

/* What in holds; -1 when the connection is closed, else bytes used. */
static inline ssize_t
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

/* The end of each piece follows from the bytes themselves. */
static inline void
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

/* start makes the TPM, and what the codec remembers, as they are at first. */
static inline void
try_port(enum port port, struct span in, void (*start)(void))
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

#endif
