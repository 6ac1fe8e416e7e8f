/*
 * talk.h - conversations with the codec, on a TPM of strings: a row is what a
 * client sends, what it gets, what becomes of its connection, and what the
 * engine was told.
 */
#ifndef TESTS_UNIT_TALK_H
#define TESTS_UNIT_TALK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/tpm/wire.h"
#include "tests/unit/fake_engine.c"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

#define CMD_GETRANDOM "80010000000c0000017b0008"
#define RSP_OK        "80010000000a00000000"
#define RSP_101       "80010000000a00000101"
#define RSP_142       "80010000000a00000142"

struct talk {
	const char *name;
	enum port port;
	bool power;
	const char *in, *out;
	enum wire_then then;
	const char *calls; /* of the engine; NULL: whatever */
};
#define ON  true
#define OFF false

/* All requests of in, as a server does: replies appended, the end in *ret. */
static inline size_t
feed(struct wire_session *s, struct span in, struct buf *reply,
    enum wire_then *ret)
{
	struct wire_request r;
	struct span rest = in;
	int found;

	*ret = THEN_CONTINUE;
	while (*ret == THEN_CONTINUE &&
	       (found = wire_parse(s, rest, &r, NULL)) != 0) {
		if (found < 0) {
			*ret = THEN_CLOSE;
			break;
		}
		*ret = wire_run(&r, reply);
		assert_int_equal(span_skip(&rest, r.used), 0);
	}
	return in.n - rest.n;
}

static inline void
from_hex(const char *hex, struct buf *b)
{
	assert_int_equal(hex_decode(hex, b), 0);
}

/* From a TPM as reset leaves it. Fed in pieces of n bytes; what is not used is
 * given again, with more. */
static inline void
play(const struct talk *t, size_t piece, void (*reset)(bool power))
{
	struct wire_session s = { .port = t->port };
	auto_buf in = BUF_INIT(4096);
	auto_buf want = BUF_INIT(4096);
	auto_buf reply = BUF_INIT(MAX_WIRE_REPLY);
	enum wire_then then = THEN_CONTINUE;
	size_t begin = 0, end = 0;

	reset(t->power);
	from_hex(t->in, &in);
	from_hex(t->out, &want);
	while (then == THEN_CONTINUE && end < in.n) {
		end = end + piece < in.n ? end + piece : in.n;
		begin += feed(&s, (struct span){ in.p + begin, end - begin },
		    &reply, &then);
	}
	if (!span_eq(buf_span(&reply), buf_span(&want)) || then != t->then)
		print_error("in \"%s\", pieces of %zu\n", t->name, piece);
	assert_int_equal(then, t->then);
	assert_int_equal(reply.n, want.n);
	assert_memory_equal(reply.p, want.n > 0 ? want.p : reply.p, want.n);
	if (t->calls != NULL)
		assert_string_equal(fake.calls, t->calls);
}

#endif
