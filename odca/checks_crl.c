/*
 * Revocation: which CRL a certificate is looked up in, and what it says.
 *
 * Lists come from the caller; nothing is fetched.
 */
#include <inttypes.h>
#include <string.h>

#include "odca/checks.h"
#include "odca/name.h"

#define RFC5280 "RFC 5280 "

/* --- the choice ----------------------------------------------------------- */

/* RFC 5280 6.3.3(f) */
static bool
may_sign(const struct cert *c, const struct crl *crl)
{
	return span_eq(c->subject, crl->issuer) &&
	       (!c->have_ku || (c->ku & KU_CRL_SIGN) != 0);
}

/* A certificate that is not on the path is as good when it is a trust anchor,
 * or a certificate on the path issued it. That one stands above what is looked
 * up: else who has a revoked CA's key could sign that it is not. */
static bool
is_vouched(const struct look *l, const struct cert *c)
{
	if (!cert_is_valid(c, l->in->now))
		return false;
	if (verify_is_anchor(l->in, c))
		return true;
	for (size_t i = l->i + 1; i < l->n_path; i++)
		if (span_eq(c->issuer, l->path[i].subject) &&
		    bag_signed(l->bag, c, &l->path[i]))
			return true;
	return false;
}

static enum crl_verdict
try_signer(const struct look *l, const struct crl *crl, const struct cert *c)
{
	return bag_signed_crl(l->bag, crl, c) ? CRL_USABLE : CRL_BAD_SIGNATURE;
}

static enum crl_verdict
judge_signer(const struct look *l, const struct crl *crl)
{
	enum crl_verdict verdict = CRL_UNKNOWN_SIGNER;

	for (size_t i = l->i + 1; i < l->n_path && verdict != CRL_USABLE; i++)
		if (may_sign(&l->path[i], crl))
			verdict = try_signer(l, crl, &l->path[i]);
	if (verdict != CRL_USABLE)
		bag_fetch(l->bag, l->in, crl->issuer, crl->aki);
	for (size_t i = 0; i < l->bag->n && verdict != CRL_USABLE; i++) {
		const struct member *m = &l->bag->members[i];

		if (!m->used && may_sign(&m->cert, crl) &&
		    is_vouched(l, &m->cert))
			verdict = try_signer(l, crl, &m->cert);
	}
	return verdict;
}

static enum crl_verdict
judge_crl(const struct look *l, const struct crl *crl)
{
	enum crl_verdict verdict;

	if (crl->partial)
		return CRL_PARTIAL;
	if (crl->critical[0] != '\0')
		return CRL_CRITICAL;
	verdict = judge_signer(l, crl);
	if (verdict != CRL_USABLE)
		return verdict;
	if (l->in->now < crl->this_update)
		return CRL_NOT_YET;
	if (crl->have_next_update && l->in->now > crl->next_update)
		return CRL_STALE;
	return CRL_USABLE;
}

/*
 * RFC 5280 6.3.3(b)(1).  More than that: an indirect list is for certificates
 * that name its issuer, and for no others.  The intermediate CA of the On-Die
 * CA signs two lists, one of the certificates that it issued and an indirect
 * one without them, and nothing else in these tells them apart.
 */
void
crl_choose(const struct look *l, struct crl_choice *ret)
{
	const struct cert *cert = l->cert;
	struct crl_choice best = {
		.verdict = CRL_MISSING,
		.issuer =
		    cert->crldp_indirect ? cert->crl_issuer : cert->issuer,
		.indirect = cert->crldp_indirect,
	};

	for (size_t i = 0; i < l->bag->n_crls; i++) {
		const struct crl *crl = &l->bag->crls[i];
		enum crl_verdict verdict;

		if (!span_eq(crl->issuer, best.issuer))
			continue;
		if (crl->indirect != best.indirect) {
			best.n_of_other_kind++;
			continue;
		}
		verdict = judge_crl(l, crl);
		if (best.crl != NULL && verdict < best.verdict)
			continue;
		if (best.crl != NULL && verdict == best.verdict &&
		    crl_compare_age(crl, best.crl) <= 0)
			continue;
		best.verdict = verdict;
		best.crl = crl;
	}
	*ret = best;
}

/* --- rows ----------------------------------------------------------------- */

static enum check_result
given_crls(const struct look *l, struct check *c)
{
	(void)snprintf(c->object, sizeof(c->object), "given CRLs");
	check_want(c, "CRLs in DER");
	if (l->bag->crl_err.code != E_OK)
		return check_say(
		    c, CHECK_SKIPPED, "left out: %s", l->bag->crl_err.msg);
	return check_say(c, CHECK_PASSED, "%zu; %zu of them needed",
	    l->in->n_crls, l->bag->n_crls);
}

/* "number 5", in hex when it is a long one. */
static const char *
number_text(const struct crl *crl, char *out, size_t size)
{
	struct span s = crl->number;
	char hex[41];
	uint64_t v = 0;

	if (s.n == 0 || s.n > sizeof(v)) {
		if (s.n > sizeof(hex) / 2)
			s.n = sizeof(hex) / 2;
		hex_encode(s, hex);
		(void)snprintf(out, size, "%s%s",
		    s.n == 0 ? "without number" : "number 0x", hex);
		return out;
	}
	for (size_t i = 0; i < s.n; i++)
		v = v << 8 | s.p[i];
	(void)snprintf(out, size, "number %" PRIu64, v);
	return out;
}

/* "number 5, 2020-03-19 00:00:00 to 2020-07-01 00:00:00" */
static const char *
crl_text(const struct crl *crl, char *out, size_t size)
{
	char number[64], from[32], to[32] = "-";

	if (crl->have_next_update)
		(void)check_date(crl->next_update, to, sizeof(to));
	(void)snprintf(out, size, "%s, %s to %s",
	    number_text(crl, number, sizeof(number)),
	    check_date(crl->this_update, from, sizeof(from)), to);
	return out;
}

/* A stale list is a finding, as a forged one is: also where lists are used only
 * if there are any. */
/* clang-format off */
static const struct {
	const char *what, *clause;
} verdicts[] = {
	[CRL_MISSING]        = { "", RFC5280 "6.3.3(a), (b)(1)" },
	[CRL_PARTIAL]        = { "; it covers only some certificates or reasons", RFC5280 "6.3.3(b)(2)" },
	[CRL_CRITICAL]       = { "; not understood: critical extension ", RFC5280 "5.2, 5.3" },
	[CRL_UNKNOWN_SIGNER] = { "; no certificate of its issuer may sign CRLs", RFC5280 "6.3.3(f)" },
	[CRL_BAD_SIGNATURE]  = { "; its signature does not verify", RFC5280 "6.3.3(g)" },
	[CRL_NOT_YET]        = { "; it is of the future", RFC5280 "5.1.2.4" },
	[CRL_STALE]          = { "; it is stale: another was due", RFC5280 "6.3.3(a), 5.1.2.5" },
	[CRL_USABLE]         = { "", RFC5280 "6.3.3(a) to (g)" },
};
/* clang-format on */

static enum check_result
crl_missing(const struct look *l, struct check *c)
{
	const struct crl_choice *choice = l->crl;
	enum check_result result =
	    l->in->crl_policy == CRL_REQUIRE ? CHECK_FAILED : CHECK_SKIPPED;

	if (!l->cert->have_crldp)
		return check_say(c, CHECK_SKIPPED,
		    "the certificate names no CRL, its issuer gave none");
	if (choice->n_of_other_kind == 0)
		return check_say(c, result, "none is given");
	/* Among others a list that should say indirectCRL, and does not. */
	if (choice->indirect)
		c->clause = RFC5280 "5.2.5, 6.3.3(b)(1)";
	return check_say(c, result, "none is given; %zu of that issuer %s",
	    choice->n_of_other_kind,
	    choice->indirect ? "without indirectCRL" : "with indirectCRL");
}

/* Who signs a list may be above the end of a path that has none: what is wrong
 * then is the path. */
static bool
path_is_broken(const struct look *l)
{
	return !verify_is_anchor(l->in, &l->path[l->n_path - 1]);
}

static enum check_result
path_crl(const struct look *l, struct check *c)
{
	const struct crl_choice *choice = l->crl;
	char who[MAX_NAME_TEXT] = "no Name in cRLIssuer", text[160];

	if (choice->issuer.n > 0)
		name_to_text(choice->issuer, who, sizeof(who));
	check_want(c, "a current %sCRL of %.140s",
	    choice->indirect ? "indirect " : "", who);
	c->clause = verdicts[choice->verdict].clause;
	if (choice->verdict == CRL_MISSING)
		return crl_missing(l, c);
	if (choice->verdict == CRL_UNKNOWN_SIGNER && path_is_broken(l))
		return check_say(c, CHECK_SKIPPED,
		    "%s; the path ends before its issuer",
		    crl_text(choice->crl, text, sizeof(text)));
	return check_say(c,
	    choice->verdict == CRL_USABLE ? CHECK_PASSED : CHECK_FAILED,
	    "%s%s%s", crl_text(choice->crl, text, sizeof(text)),
	    verdicts[choice->verdict].what,
	    choice->verdict == CRL_CRITICAL ? choice->crl->critical : "");
}

static enum check_result
path_revocation(const struct look *l, struct check *c)
{
	const struct crl_choice *choice = l->crl;
	char number[64], date[32];
	struct crl_entry entry;

	check_want(c, "not revoked");
	if (choice->verdict != CRL_USABLE)
		return check_say(c, CHECK_SKIPPED, "no CRL to look in");
	(void)number_text(choice->crl, number, sizeof(number));
	if (!crl_find(choice->crl, l->cert->issuer, l->cert->serial, &entry))
		return check_say(c, CHECK_PASSED,
		    "not among the %zu entries of CRL %s",
		    choice->crl->n_entries, number);
	return check_say(c, CHECK_FAILED, "revoked %s, %s, in CRL %s",
	    check_date(entry.when, date, sizeof(date)),
	    crl_reason_text(entry.reason), number);
}

/* clang-format off */
const struct rule crl_rules[] = {
	{ "given.crls",      ON_INPUT,  given_crls,      RFC5280 "5.1" },
	{ "path.crl",        ON_LINKED, path_crl,        RFC5280 "6.3.3" },
	{ "path.revocation", ON_LINKED, path_revocation, RFC5280 "6.1.3(a)(3), 6.3.3(j)" },
	{ .name = NULL },
};
/* clang-format on */
