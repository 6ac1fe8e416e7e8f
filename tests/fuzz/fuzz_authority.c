/*
 * A host that a client may send, and what a stranger's TPM keeps in NV, of
 * which the first certificate is the EK's.
 */
#include <stdlib.h>
#include <string.h>

#include "odca/verify.h"
#include "sim/aik/authority.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

/* Its host is what the service takes for the same authority. */
static void
require_same(const struct authority *a)
{
	struct authority again;

	require(authority_parse(SPAN_STR(a->host), &again, NULL) == 0);
	require(strcmp(a->host, again.host) == 0);
	require(strcmp(a->url, again.url) == 0);
	require(a->name_id == again.name_id);
	require(memcmp(a->id, again.id, sizeof(a->id)) == 0);
}

static void
walk(const struct span *certs, size_t n, enum aik_client client)
{
	const struct authority_input in = { .ek = certs[0],
		.certs = certs + 1,
		.n_certs = (n - 1) / 2,
		.above = certs + 1,
		.n_above = n - 1,
		.manufacturer = 0x494e5443,
		.client = client };
	struct span path[MAX_CHAIN_DEPTH];
	struct authority a;
	size_t length;

	if (authority_of(&in, &a, NULL) != 0)
		return;
	require_same(&a);
	require(authority_path(&in, path, &length, NULL) == 0);
	require(length == a.place + 1 && length <= MAX_CHAIN_DEPTH);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct span certs[MAX_CERT_COUNT];
	struct authority a;
	size_t count;

	if (authority_parse((struct span){ data, n }, &a, NULL) == 0)
		require_same(&a);
	(void)chain_split((struct span){ data, n }, certs, &count, NULL);
	if (count == 0)
		return 0;
	walk(certs, count, CLIENT_CURRENT);
	walk(certs, count, CLIENT_LEGACY);
	walk(certs, count, CLIENT_TOO_FAR);
	return 0;
}
