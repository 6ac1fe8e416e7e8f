/*
 * A CMS message from anybody: what was read lies inside, in order; an envelope
 * that is opened stays within its size.
 */
#include <stdlib.h>
#include <string.h>

#include "odca/cert.h"
#include "odca/cms.h"
#include "tests/fuzz/ra.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct key *key;
static struct buf cert = BUF_INIT(MAX_CERT_SIZE);

static void
require(bool ok)
{
	if (!ok)
		abort();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return key_load_pem(SPAN_STR(ra_key_pem), &key, NULL) ||
	       cert_from_file(SPAN_STR(ra_cert_pem), &cert, NULL);
}

static void
require_inside(struct span part, const struct buf *whole)
{
	if (part.n > 0)
		require(part.p >= whole->p &&
			part.p + part.n <= whole->p + whole->n);
}

static void
check_signed(const struct cms_signed *s)
{
	struct span value;
	size_t total = s->content.n;

	require_inside(s->content, &s->bytes);
	require(s->n_certs <= MAX_CMS_CERTS && s->n_attrs <= MAX_CMS_ATTRS);
	for (size_t i = 0; i < s->n_certs; i++) {
		require_inside(s->certs[i], &s->bytes);
		total += s->certs[i].n;
	}
	for (size_t i = 0; i < s->n_attrs; i++) {
		require_inside(s->attrs[i].value, &s->bytes);
		require(strnlen(s->attrs[i].oid, MAX_OID_TEXT) < MAX_OID_TEXT);
		require(cms_find_attr(s, s->attrs[i].oid, &value));
		total += s->attrs[i].value.n;
	}
	require(total == s->bytes.n);
	require(!s->have_signer || s->n_certs > 0);
	require_inside(s->signer, &s->bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	auto_cms_signed s = CMS_SIGNED_INIT, certs = CMS_SIGNED_INIT;
	auto_buf plain = BUF_INIT(MAX_CMS_SIZE);
	const struct span der = { data, n };
	struct err e = ERR_INIT;

	if (cms_verify(der, &s, &e) == 0) {
		require(s.have_signer);
		check_signed(&s);
	} else {
		require(e.code != E_OK);
	}
	if (cms_read_certs(der, &certs, NULL) == 0)
		check_signed(&certs);
	if (cms_is_enveloped(der) &&
	    cms_decrypt(key, buf_span(&cert), der, &plain, NULL) != 0)
		require(plain.n == 0);
	return 0;
}
