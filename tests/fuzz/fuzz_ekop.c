/*
 * What an EKOP service may answer, and the paths it may be asked for: what is
 * read is written again as it was read.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/aik/ekop.h"
#include "sim/base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static void
try_path(struct span path)
{
	uint8_t hash[SHA256_SIZE], again[SHA256_SIZE];
	char text[EKOP_TEXT_SIZE];

	if (ekop_hash_parse(path, hash, NULL) != 0)
		return;
	ekop_hash_text(hash, text);
	require(ekop_hash_parse(SPAN_STR(text), again, NULL) == 0);
	require(memcmp(hash, again, sizeof(hash)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	auto_buf der = BUF_INIT(MAX_CERT_SIZE), same = BUF_INIT(MAX_CERT_SIZE);
	auto_buf body = BUF_INIT(MAX_EKOP_BODY);
	uint8_t hash[SHA256_SIZE], again[SHA256_SIZE];
	struct err e = ERR_INIT;

	try_path((struct span){ data, n });
	if (ekop_decode((struct span){ data, n }, hash, &der, &e) != 0) {
		require(e.code != E_OK && e.msg[0] != '\0');
		return 0;
	}
	require(ekop_encode(hash, buf_span(&der), &body, NULL) == 0);
	require(ekop_decode(buf_span(&body), again, &same, NULL) == 0);
	require(memcmp(hash, again, sizeof(hash)) == 0);
	require(span_eq(buf_span(&der), buf_span(&same)));
	return 0;
}
