/*
 * Harness `credential`: what both ends of a credential read from outside. The
 * first octet chooses: an endorsement key's public area, which a credential is
 * made for, or one of the frames.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/aik/credential.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define N_FRAMES   (CREDENTIAL_MICROSOFT + 1)
#define MAX_FRAMED (32 + MAX_ID_OBJECT + MAX_ENCRYPTED_SECRET)

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* Through a frame, nothing changes. */
static void
require_same(const struct credential *a, enum credential_frame frame)
{
	auto_credential b = CREDENTIAL_INIT;
	auto_buf out = BUF_INIT(MAX_FRAMED);

	require(credential_encode(a, frame, &out, NULL) == 0);
	require(credential_decode(buf_span(&out), frame, &b, NULL) == 0);
	require(span_eq(buf_span(&a->id_object), buf_span(&b.id_object)) &&
		span_eq(buf_span(&a->secret), buf_span(&b.secret)));
}

static void
decode(struct span s, enum credential_frame frame)
{
	auto_credential c = CREDENTIAL_INIT;
	struct err e = ERR_INIT;

	if (credential_decode(s, frame, &c, &e) != 0) {
		require(e.code != E_OK && e.msg[0] != '\0');
		require(c.id_object.n == 0 && c.secret.n == 0);
		return;
	}
	for (int i = 0; i < N_FRAMES; i++)
		require_same(&c, (enum credential_frame)i);
}

static void
make(struct span tpmt)
{
	auto_credential c = CREDENTIAL_INIT;
	struct err e = ERR_INIT;
	struct credential_ek ek;

	if (credential_ek_parse(tpmt, &ek, &e) != 0) {
		require(e.code != E_OK && e.msg[0] != '\0');
		return;
	}
	require(ek.key.n == pubkey_size(ek.key.alg));
	/* A point may be on no curve, a modulus be no good. */
	if (credential_make(
		&ek, SPAN_STR("name"), SPAN_STR("secret"), &c, &e) != 0) {
		require(e.code == E_CRYPTO && e.msg[0] != '\0');
		return;
	}
	for (int i = 0; i < N_FRAMES; i++)
		require_same(&c, (enum credential_frame)i);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n == 0)
		return 0;
	if (data[0] < N_FRAMES)
		decode((struct span){ data + 1, n - 1 },
		    (enum credential_frame)data[0]);
	else
		make((struct span){ data + 1, n - 1 });
	return 0;
}
