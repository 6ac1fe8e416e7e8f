/*
 * What a stranger's TPM keeps in NV: split, parsed, and verified with the first
 * certificate as the EK's, the last one as trust anchor, all as the chain.
 */
#include <stdlib.h>
#include <string.h>

#include "odca/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define NOW 1767225600 /* 2026-01-01, the same each time */

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static void
require_text(const char *s, size_t size)
{
	size_t n = strnlen(s, size);

	require(n < size);
	for (size_t i = 0; i < n; i++)
		require(s[i] >= ' ' && s[i] <= '~');
}

/* An empty span may point anywhere. */
static void
require_inside(struct span part, struct span whole)
{
	if (part.n > 0)
		require(
		    part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void
check_cert(const struct cert *c, struct span der)
{
	const struct span parts[] = { c->tbs, c->serial, c->issuer, c->subject,
		c->spki, c->sig, c->ski, c->aki };

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		require_inside(parts[i], der);
	for (size_t i = 0; i < c->n_exts; i++) {
		require_inside(c->exts[i].oid, der);
		require_inside(c->exts[i].value, der);
		require_text(c->exts[i].oid_text, sizeof(c->exts[i].oid_text));
	}
	require_text(c->issuer_text, sizeof(c->issuer_text));
	require_text(c->subject_text, sizeof(c->subject_text));
	require_text(c->tpm_manufacturer, sizeof(c->tpm_manufacturer));
	require_text(c->tpm_model, sizeof(c->tpm_model));
	require_text(c->tpm_version, sizeof(c->tpm_version));
	require_text(c->spec_family, sizeof(c->spec_family));
	require_text(c->aia_uri, sizeof(c->aia_uri));
	require_text(c->crldp_uri, sizeof(c->crldp_uri));
	require(c->version >= 1 && c->version <= 3 && c->pathlen >= -1);
}

static void
check_report(const struct verify_report *r)
{
	bool failed = verify_first_failure(r) != NULL;

	require(r->n_checks > 0 && r->n_checks <= MAX_CHECKS);
	require(r->n_path <= MAX_CHAIN_DEPTH);
	require(r->accepted == !failed);
	for (size_t i = 0; i < r->n_checks; i++) {
		const struct check *c = &r->checks[i];

		require(c->name != NULL && c->clause != NULL);
		require_text(c->object, sizeof(c->object));
		require_text(c->found, sizeof(c->found));
		require_text(c->wanted, sizeof(c->wanted));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct verify_report report;
	struct span certs[MAX_CERT_COUNT], all = { data, n };
	struct verify_input in = { .now = NOW, .nv_chain = all };
	size_t count;

	(void)chain_split(all, certs, &count, NULL);
	for (size_t i = 0; i < count; i++) {
		struct cert c;

		require_inside(certs[i], all);
		if (cert_parse(certs[i], &c, NULL) == 0)
			check_cert(&c, certs[i]);
	}
	if (count > 0) {
		in.ek = certs[0];
		in.roots = &certs[count - 1];
		in.n_roots = 1;
	}
	require(verify_ek(&in, &report, NULL) == 0);
	check_report(&report);
	return 0;
}
