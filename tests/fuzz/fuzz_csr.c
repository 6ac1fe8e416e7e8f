/*
 * A certificate request or an EK_INFO from anybody: what was read lies inside;
 * an EK_INFO is written as it was.
 */
#include <stdlib.h>

#include "sim/aik/csr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static void
require_inside(struct span part, struct span whole)
{
	if (part.n > 0)
		require(
		    part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void
check_csr(const struct csr *r, struct span whole)
{
	const struct span parts[] = { r->info, r->sig, r->subject, r->spki,
		r->os_version, r->provider, r->client_info, r->signer_hash,
		r->statement, r->ek_info, r->password, r->san, r->ski };
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		require_inside(parts[i], whole);
	for (size_t i = 2; i < sizeof(parts) / sizeof(*parts); i++)
		require_inside(parts[i], r->info);
	require(csr_check(r, &e) == 0 || e.code != E_OK);
}

static void
check_ek_info(const struct ek_info *i, struct span whole)
{
	auto_buf again = BUF_INIT(MAX_CMS_SIZE);

	require_inside(i->spki, whole);
	require_inside(i->cert, whole);
	require(i->spki.n > 0 && i->n_more <= MAX_MORE_EK_CERTS);
	for (size_t n = 0; n < i->n_more; n++)
		require_inside(i->more[n], whole);
	if (ek_info_write(i, &again, NULL) == 0)
		require(again.n <= whole.n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct span s = { data, n };
	struct ek_info i;
	struct csr r;

	if (csr_read(s, &r, NULL) == 0)
		check_csr(&r, s);
	if (ek_info_read(s, &i, NULL) == 0)
		check_ek_info(&i, s);
	return 0;
}
