/*
 * Harness `state`: a state file, or what migrates, without a key and with each
 * kind of key. What is taken out of it wraps again to what is taken out again;
 * what is refused has a reason. The input is a state to be sealed, too, of
 * which an altered octet is noticed, and a ciphertext under a MAC that is
 * right. The state inside is libtpms' own, see engine_try_state().
 */
#include <stdint.h>
#include <stdlib.h>

#include "odca/cipher.h"
#include "sim/base/limits.h"
#include "sim/tpm/blob.h"
#include "sim/tpm/tlv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define KEY "0123456789abcdef"
/* Without what the container and the seals add. */
#define MAX_PLAIN (MAX_STATE_FILE - 256)

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* Once a process; NULL: no key. */
static struct state_key *
key_of(size_t i)
{
	static const struct {
		const char *text, *mode;
	} rows[] = { { KEY, "aes-cbc" }, { KEY KEY, "aes-256-cbc" },
		{ KEY KEY, "aes-256-gcm" } };
	static struct state_key *keys[sizeof(rows) / sizeof(rows[0])];

	if (i == 0)
		return NULL;
	if (keys[i - 1] == NULL)
		require(state_key_from_key(SPAN_STR(rows[i - 1].text), "binary",
			    rows[i - 1].mode, &keys[i - 1], NULL) == 0);
	return keys[i - 1];
}
#define N_KEYS 4

static bool
opens(struct state_key *k, bool migration, struct span in, struct buf *out)
{
	const struct blob_keys keys = { k, k };
	struct err e = ERR_INIT;

	if ((migration ? blob_unwrap_migration(&keys, false, in, out, &e)
		       : blob_unwrap(k, in, out, &e)) == 0)
		return true;
	require(e.code != E_OK && e.msg[0] != '\0' && out->n == 0);
	return false;
}

static void
seal(struct state_key *k, bool migration, struct span in, struct buf *out)
{
	const struct blob_keys keys = { k, k };

	require((migration ? blob_wrap_migration(&keys, false, in, out, NULL)
			   : blob_wrap(k, in, out, NULL)) == 0);
}

/* A state in, the same out; an octet that differs is noticed, but for swtpm's
 * header, in which a version and flags may, and never makes another state. */
static void
try_seal(struct state_key *k, bool migration, struct span in)
{
	auto_buf sealed = BUF_INIT(MAX_STATE_BLOB);
	auto_buf out = BUF_INIT(MAX_STATE_FILE);

	seal(k, migration, in, &sealed);
	require(opens(k, migration, buf_span(&sealed), &out) &&
		span_eq(buf_span(&out), in));
	if (k == NULL || in.n == 0)
		return;
	buf_reset(&out);
	sealed.p[(in.p[0] * sealed.n) / 256] ^= 1 << in.p[0] % 8;
	if (opens(k, migration, buf_span(&sealed), &out))
		require(span_eq(buf_span(&out), in));
}

/* As who has the key may make it: what is padding is read for the first time
 * behind a MAC. */
static void
try_padding(struct span in)
{
	static const uint8_t iv[16];
	auto_buf file = BUF_INIT(MAX_STATE_FILE),
		 out = BUF_INIT(MAX_STATE_FILE);
	const size_t total = 10 + 3 * TLV_HEADER_SIZE + in.n + HMAC_SIZE + 16;
	uint8_t mac[HMAC_SIZE];

	require(hmac_sha256(SPAN_STR(KEY), in, SPAN_OF(iv), mac) == 0);
	require(!buf_put_u32(&file, 0x0201000a) && !buf_put_u16(&file, 1) &&
		!buf_put_u32(&file, (uint32_t)total) &&
		!tlv_put(&file, TLV_ENCRYPTED_DATA, in) &&
		!tlv_put(&file, TLV_HMAC, SPAN_OF(mac)) &&
		!tlv_put(&file, TLV_IVEC_DATA, SPAN_OF(iv)));
	if (opens(key_of(1), false, buf_span(&file), &out))
		require(out.n < in.n && in.n % AES_BLOCK_SIZE == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct span in = { data, n };

	if (n > MAX_PLAIN)
		return 0;
	for (size_t i = 0; i < 2 * N_KEYS; i++) {
		auto_buf out = BUF_INIT(MAX_STATE_FILE);

		if (opens(key_of(i / 2), i % 2, in, &out))
			try_seal(key_of(i / 2), i % 2, buf_span(&out));
		try_seal(key_of(i / 2), i % 2, in);
	}
	try_padding(in);
	return 0;
}
