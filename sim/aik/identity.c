#include <string.h>

#include "odca/build.h"
#include "odca/cert.h"
#include "sim/aik/csr.h"
#include "sim/aik/identity.h"

#define OID_SAN "2.5.29.17"

void
identity_done(struct identity *i)
{
	buf_free(&i->request);
	buf_free(&i->ek_info);
	buf_free(&i->ek_name);
}

/* --- the request ------------------------------------------------------------
 */

/* A wrong key and a wrong request are told apart nowhere (cms.h). */
static int
read_request(const struct identity_judge *j, struct span envelope,
    struct identity *i, struct csr *ret, struct refused *why)
{
	if (cms_decrypt(j->key, j->cert, envelope, &i->request, NULL) != 0 ||
	    csr_read(buf_span(&i->request), ret, NULL) != 0)
		return refuse(why, REFUSAL_PARSE, "no request in the envelope");
	return 0;
}

static int
check_request(
    const struct csr *r, const struct scep_message *m, struct refused *why)
{
	uint8_t hash[SHA1_SIZE];

	if (!r->hashed || csr_check(r, NULL) != 0)
		return refuse(why, REFUSAL_CSR_HASH, "%s",
		    r->hashed ? "another hash" : "a signature");
	if (sha1(m->cms.signer, hash) != 0)
		return refuse(why, REFUSAL_INTERNAL, "SHA-1");
	if (!span_eq(r->signer_hash, SPAN_OF(hash)))
		return refuse(why, REFUSAL_SIGNER_HASH, "%s",
		    r->signer_hash.n > 0 ? "of another certificate" : "none");
	if (r->ski.n != 0 && r->ski.n != KEY_ID_SIZE)
		return refuse(why, REFUSAL_SKI, "%zu bytes", r->ski.n);
	return 0;
}

/* --- the AIK ----------------------------------------------------------------
 */

static int
check_aik(const struct csr *r, struct identity *i, struct refused *why)
{
	enum statement_reason reason = STATEMENT_GOOD;
	struct statement_aik aik;
	struct statement st;
	struct pubkey key;

	if (statement_decode(r->statement, &st, &why->e) != 0)
		return refuse_as(why, REFUSAL_STATEMENT);
	if (statement_check(&st, &aik, &reason, &why->e) != 0)
		return refuse_as(
		    why, (enum refusal_id)(REFUSAL_AIK + (int)reason));
	if (pubkey_parse(r->spki, &key, &why->e) != 0)
		return refuse_as(why, REFUSAL_AIK_KEY);
	if (key.alg != aik.key.alg ||
	    memcmp(key.bytes, aik.key.bytes, key.n) != 0)
		return refuse(why, REFUSAL_AIK_KEY, "another key");
	i->spki = r->spki;
	i->ski = r->ski;
	i->name = aik.name;
	return 0;
}

/* --- the EK -----------------------------------------------------------------
 */

static int
read_ek(const struct identity_judge *j, const struct csr *r, struct identity *i,
    struct ek_info *ret, struct refused *why)
{
	if (r->ek_info.n == 0)
		return refuse(why, REFUSAL_EK_MISSING, "no EK_INFO");
	if (cms_decrypt(j->key, j->cert, r->ek_info, &i->ek_info, NULL) != 0)
		return refuse(why, REFUSAL_EK_INFO,
		    "the envelope is none, or for another key");
	if (ek_info_read(buf_span(&i->ek_info), ret, &why->e) != 0)
		return refuse_as(why, REFUSAL_EK_INFO);
	if (ret->cert.n == 0)
		return refuse(why, REFUSAL_EK_MISSING, "NULL in its place");
	return 0;
}

/* Which row a failed check of verify.h is; any other is about a certificate.
 */
static const struct {
	const char *check;
	enum refusal_id id;
} failures[] = {
	{ "ek.public-key", REFUSAL_EK_KEY },
	{ "path.issuer", REFUSAL_EK_ROOT },
	{ "path.anchor", REFUSAL_EK_ROOT },
	{ "path.revocation", REFUSAL_EK_REVOKED },
};

static int
refuse_ek(const struct check *c, struct refused *why)
{
	enum refusal_id id = REFUSAL_EK_CERT;

	for (size_t i = 0; i < sizeof(failures) / sizeof(*failures); i++)
		if (strcmp(failures[i].check, c->name) == 0)
			id = failures[i].id;
	return refuse(
	    why, id, "%s: %s: found %s", c->name, c->object, c->found);
}

static bool
is_on_path(const struct verify_report *r, struct span der)
{
	for (size_t i = 1; i < r->n_path; i++)
		if (span_eq(r->path[i].der, der))
			return true;
	return false;
}

/* The Name that is the first GeneralName of an EK certificate's SAN (TCG EK
 * Credential Profile 3.2.9). It is what the AIK certificate says, not what the
 * client made of it: clients are known to write it otherwise. */
static int
copy_name(const struct cert *ek, struct identity *i, struct refused *why)
{
	struct span names = { NULL, 0 };
	struct der d = { .tag = 0 };

	for (size_t n = 0; n < ek->n_exts; n++)
		if (strcmp(ek->exts[n].oid_text, OID_SAN) == 0)
			names = der_content(ek->exts[n].value);
	if (der_get(&names, &d) != 0 || d.tag != DER_DIRECTORY_NAME)
		return refuse(why, REFUSAL_EK_CERT, "no Name in the SAN");
	if (buf_put(&i->ek_name, d.content))
		return refuse(why, REFUSAL_INTERNAL, "memory");
	i->san = buf_span(&i->ek_name);
	return 0;
}

static int
check_ek(const struct identity_judge *j, const struct scep_message *m,
    const struct ek_info *info, struct identity *i, struct refused *why)
{
	auto_trust_report report = NULL;
	const struct verify_report *r;
	struct pubkey key;

	if (pubkey_parse(info->spki, &key, &why->e) != 0)
		return refuse_as(why, REFUSAL_EK_KEY);
	if (trust_verify(j->trust, info->cert, &key, m->cms.certs,
		m->cms.n_certs, !j->no_lists, &report, &why->e) != 0)
		return refuse_as(why, REFUSAL_INTERNAL);
	r = trust_report(report);
	if (!r->accepted)
		return refuse_ek(verify_first_failure(r), why);
	if (!is_on_path(r, j->issuing))
		return refuse(why, REFUSAL_EK_AUTHORITY, "the path ends in %s",
		    r->path[r->n_path > 1 ? r->n_path - 2 : 0].subject_text);
	if (credential_ek_of_key(&key, &i->ek, &why->e) != 0)
		return refuse_as(why, REFUSAL_EK_KEY);
	return copy_name(&r->path[0], i, why);
}

int
identity_check(const struct identity_judge *j, const struct scep_message *m,
    struct identity *ret, struct refused *why)
{
	struct ek_info info = { .n_more = 0 };
	struct csr r = { .hashed = false };

	return read_request(j, m->cms.content, ret, &r, why) ||
		       check_request(&r, m, why) || check_aik(&r, ret, why) ||
		       read_ek(j, &r, ret, &info, why) ||
		       check_ek(j, m, &info, ret, why)
		   ? -1
		   : 0;
}
