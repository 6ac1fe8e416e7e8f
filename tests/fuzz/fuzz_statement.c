/*
 * Harness `statement`: an attestation statement. What is decoded is inside of
 * the input, and encoded again it is the same statement; what is refused has a
 * reason and names it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/aik/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
require_same(const struct statement *a)
{
	auto_buf out = BUF_INIT(MAX_STATEMENT);
	struct statement b;

	require(statement_encode(a, &out, NULL) == 0);
	require(statement_decode(buf_span(&out), &b, NULL) == 0);
	require(
	    span_eq(a->public, b.public) && span_eq(a->creation, b.creation) &&
	    span_eq(a->attest, b.attest) && span_eq(a->signature, b.signature));
}

static void
use(const struct statement *st)
{
	enum statement_reason reason = STATEMENT_COUNT;
	struct statement_aik aik;
	struct err e = ERR_INIT;
	const char *name;

	if (statement_check(st, &aik, &reason, &e) == 0) {
		require(reason == STATEMENT_GOOD);
		require(aik.key.n == 256 && aik.name.n <= MAX_TPM_NAME);
		return;
	}
	require(reason > STATEMENT_GOOD && reason < STATEMENT_COUNT);
	name = statement_reason_name(reason);
	require(
	    e.code == E_REJECTED && strncmp(e.msg, name, strlen(name)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct err e = ERR_INIT;
	struct statement st;

	if (statement_decode((struct span){ data, n }, &st, &e) != 0) {
		require(e.code != E_OK && e.msg[0] != '\0');
		return 0;
	}
	require_same(&st);
	use(&st);
	return 0;
}
