#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "odca/der.h"
#include "odca/name.h"
#include "sim/aik/enroll_check.h"
#include "sim/aik/hresult.h"
#include "sim/base/clock.h"

#define OID_SAN   "2.5.29.17"
#define OID_EKU   "2.5.29.37"
#define OID_AIK   "2.23.133.8.3" /* tcg-kp-AIKCertificate */
#define SEE_ABOVE "cannot be said without its issuer"

/* --- chains ----------------------------------------------------------------
 */

bool
enroll_issuer(
    const struct cms_signed *chain, const struct cert *c, struct cert *ret)
{
	for (size_t i = 0; i < chain->n_certs; i++)
		if (cert_parse(chain->certs[i], ret, NULL) == 0 && ret->is_ca &&
		    span_eq(ret->subject, c->issuer) &&
		    cert_check_signature(c, ret, NULL) == 0)
			return true;
	return false;
}

int
enroll_check_service(const struct cms_signed *chain, struct span der,
    struct cert *ret_issuer, struct err *e)
{
	struct cert c;

	if (cert_parse(der, &c, e) != 0)
		return -1;
	if (!enroll_issuer(chain, &c, ret_issuer))
		return err_set(e, E_REJECTED,
		    "'%s' is not of a CA of the service's chain",
		    c.subject_text);
	return cert_is_valid(&c, clock_now())
		   ? 0
		   : err_set(e, E_REJECTED, "'%s' is not valid now",
			 c.subject_text);
}

struct span
enroll_san(const struct cert *c)
{
	const struct ext *x = cert_find_ext(c, OID_SAN);

	return x != NULL ? x->value : (struct span){ NULL, 0 };
}

/* --- the checks ------------------------------------------------------------
 */

struct subject {
	const struct enroll_wanted *w;
	struct cert c, ek;
	bool have_issuer;
	struct cert issuer;
};

/* A check: whether it holds, and in out what was found. */
typedef bool check_fn(const struct subject *s, char *out, size_t n);

static bool
found_hex(struct span have, struct span want, char *out, size_t n)
{
	if (2 * have.n < n)
		hex_encode(have, out);
	return span_eq(have, want);
}

static bool
check_key(const struct subject *s, char *out, size_t n)
{
	const struct pubkey *want = s->w->key;

	(void)snprintf(out, n, "%s", s->c.key_name);
	return s->c.have_pubkey && s->c.pubkey.alg == want->alg &&
	       s->c.pubkey.n == want->n &&
	       memcmp(s->c.pubkey.bytes, want->bytes, want->n) == 0;
}

static bool
check_issuer(const struct subject *s, char *out, size_t n)
{
	(void)snprintf(out, n, "%s", s->c.issuer_text);
	return s->have_issuer;
}

/* The issuer's own issuer, self-signed, is the one to trust. */
static bool
check_root(const struct subject *s, char *out, size_t n)
{
	struct cert root;

	if (!s->have_issuer) {
		(void)snprintf(out, n, SEE_ABOVE);
		return false;
	}
	if (!enroll_issuer(s->w->chain, &s->issuer, &root)) {
		(void)snprintf(out, n, "none for '%s'", s->issuer.issuer_text);
		return false;
	}
	(void)snprintf(out, n, "%s", root.subject_text);
	return cert_is_self_signed(&root) &&
	       (s->w->root.n == 0 || span_eq(s->w->root, root.der));
}

static bool
check_dates(const struct subject *s, char *out, size_t n)
{
	char from[UTC_TIME_SIZE] = "?", to[UTC_TIME_SIZE] = "?";

	(void)clock_utc_time(s->c.not_before, from);
	(void)clock_utc_time(s->c.not_after, to);
	(void)snprintf(out, n, "%s to %s", from, to);
	return cert_is_valid(&s->c, clock_now()) && s->have_issuer &&
	       cert_is_valid(&s->issuer, clock_now());
}

static bool
check_signature(const struct subject *s, char *out, size_t n)
{
	(void)snprintf(out, n, "%s", s->c.sig_name);
	return s->c.version == 3 && s->c.algs_agree && s->c.sig_known &&
	       s->c.sig_alg == SIG_RSA_SHA256;
}

static bool
check_subject(const struct subject *s, char *out, size_t n)
{
	(void)snprintf(out, n, "%s", s->c.subject_text);
	return der_content(s->c.subject).n == 0;
}

static bool
check_ski(const struct subject *s, char *out, size_t n)
{
	return found_hex(s->c.ski, s->w->ski, out, n);
}

static bool
check_aki(const struct subject *s, char *out, size_t n)
{
	return found_hex(s->c.aki, s->issuer.ski, out, n) && s->c.aki.n > 0;
}

static bool
check_usage(const struct subject *s, char *out, size_t n)
{
	(void)snprintf(out, n, s->c.have_ku ? "0x%02x" : "none", s->c.ku);
	return s->c.have_ku && s->c.ku == KU_DIGITAL_SIGNATURE;
}

static bool
check_constraints(const struct subject *s, char *out, size_t n)
{
	(void)snprintf(out, n, "%s",
	    !s->c.have_bc ? "none"
	    : s->c.is_ca  ? "a CA"
			  : "no CA");
	return s->c.have_bc && !s->c.is_ca;
}

static bool
check_purpose(const struct subject *s, char *out, size_t n)
{
	const struct ext *x = cert_find_ext(&s->c, OID_EKU);
	struct span list =
	    x != NULL ? der_content(x->value) : (struct span){ NULL, 0 };
	struct der oid;
	bool found = false;
	char text[MAX_OID_TEXT];

	while (der_get(&list, &oid) == 0) {
		oid_to_text(oid.content, text, sizeof(text));
		found = found || strcmp(text, OID_AIK) == 0;
		if (out[0] == '\0')
			(void)snprintf(out, n, "%s", text);
	}
	return found;
}

/* Letters of the hexadecimal numbers in it are of either case. */
static bool
check_san(const struct subject *s, char *out, size_t n)
{
	const struct cert *have = &s->c, *want = &s->ek;

	(void)snprintf(out, n, "%s, %s, %s", have->tpm_manufacturer,
	    have->tpm_model, have->tpm_version);
	return have->have_san &&
	       strcasecmp(have->tpm_manufacturer, want->tpm_manufacturer) ==
		   0 &&
	       strcmp(have->tpm_model, want->tpm_model) == 0 &&
	       strcasecmp(have->tpm_version, want->tpm_version) == 0;
}

/* What Windows says of each is not known but for the first three (section 3 of
 * MS-WCCE has the profile); the numbers are those that fit. */
/* clang-format off */
static const struct {
	const char *name, *wanted;
	uint32_t hresult;
	check_fn *holds;
} rows[] = {
	{ "aik.key",		 "the AIK's",					 HRESULT_NO_MATCH,	 check_key },
	{ "aik.issuer",		 "a CA of the service's chain, and its signature", HRESULT_CHAINING,	 check_issuer },
	{ "aik.root",		 "the AIK root that is trusted",		 HRESULT_UNTRUSTED_ROOT, check_root },
	{ "aik.validity",	 "dates around now, the CA's too",		 HRESULT_EXPIRED,	 check_dates },
	{ "aik.signature",	 "version 3, sha256WithRSAEncryption",		 HRESULT_INVALID_DATA,	 check_signature },
	{ "aik.subject",	 "an empty subject",				 HRESULT_INVALID_DATA,	 check_subject },
	{ "aik.ski",		 "the subject key identifier that was asked for", HRESULT_NO_MATCH,	 check_ski },
	{ "aik.aki",		 "the key identifier of the CA",		 HRESULT_NO_MATCH,	 check_aki },
	{ "aik.key-usage",	 "digitalSignature",				 HRESULT_WRONG_USAGE,	 check_usage },
	{ "aik.constraints",	 "basic constraints, not of a CA",		 HRESULT_WRONG_USAGE,	 check_constraints },
	{ "aik.purpose",	 "tcg-kp-AIKCertificate (" OID_AIK ")",		 HRESULT_WRONG_USAGE,	 check_purpose },
	{ "aik.san",		 "the TPM of the EK certificate",		 HRESULT_NO_MATCH,	 check_san },
};
/* clang-format on */
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(N_ROWS <= MAX_ENROLL_CHECKS, "room for the checks");

int
enroll_check(
    const struct enroll_wanted *w, struct enroll_result *r, struct err *e)
{
	struct subject s = { .w = w };
	int rc = 0;

	if (cert_parse(buf_span(&r->cert), &s.c, e) != 0 ||
	    cert_parse(w->ek, &s.ek, e) != 0)
		return err_wrap(e, "AIK certificate");
	s.have_issuer = enroll_issuer(w->chain, &s.c, &s.issuer);
	if (!s.have_issuer)
		s.issuer = (struct cert){ .is_ca = false };
	for (size_t i = 0; i < N_ROWS; i++) {
		struct enroll_check *check = &r->checks[r->n_checks++];

		*check = (struct enroll_check){ .name = rows[i].name,
			.wanted = rows[i].wanted };
		check->ok =
		    rows[i].holds(&s, check->found, sizeof(check->found));
		if (check->ok || rc != 0)
			continue;
		r->hresult = rows[i].hresult;
		rc =
		    err_set(e, E_REJECTED, "AIK certificate: %s: '%s', want %s",
			check->name, check->found, check->wanted);
	}
	return rc;
}
