/*
 * A CRL from anybody, as DER and as text: what was parsed lies inside, its
 * entries are found again.
 */
#include <stdlib.h>
#include <string.h>

#include "odca/crl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MAX_FILE 65536

static void
require(bool ok)
{
	if (!ok)
		abort();
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
check_entries(const struct crl *c)
{
	struct crl_iter it = CRL_ITER(c);
	struct crl_entry entry, found;
	size_t n = 0;

	for (; crl_next(&it, &entry); n++) {
		require_inside(entry.serial, c->entries);
		require_inside(entry.issuer, c->tbs);
		require(entry.serial.n > 0 && entry.issuer.n > 0);
		require(crl_find(c, entry.issuer, entry.serial, &found));
		require(strlen(crl_reason_text(entry.reason)) > 0);
	}
	require(n == c->n_entries && n <= MAX_CRL_ENTRIES);
}

static void
check_crl(const struct crl *c)
{
	const struct span parts[] = { c->tbs, c->issuer, c->sig, c->entries,
		c->aki, c->number };

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		require_inside(parts[i], c->der);
	require(strnlen(c->issuer_text, MAX_NAME_TEXT) < MAX_NAME_TEXT);
	require(
	    strnlen(c->critical, sizeof(c->critical)) < sizeof(c->critical));
	require(crl_compare_age(c, c) == 0);
	check_entries(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	auto_buf ders = BUF_INIT(MAX_FILE);
	struct span s = { data, n };
	struct der one;
	struct crl c;

	if (crl_parse(s, &c, NULL) == 0)
		check_crl(&c);
	if (crl_from_file(s, &ders, NULL) != 0)
		return 0;
	s = buf_span(&ders);
	while (der_get(&s, &one) == 0)
		if (crl_parse(one.tlv, &c, NULL) == 0)
			check_crl(&c);
	return 0;
}
