#include <string.h>

#include "odca/checks.h"

static void
bag_done(struct bag *b)
{
	free(b->members);
	free(b->crls);
}

/* A member that parses is added, once. */
static int
bag_add(struct bag *b, struct span der, enum origin from, struct err *e)
{
	struct member *m = &b->members[b->n];

	for (size_t i = 0; i < b->n; i++)
		if (span_eq(b->members[i].cert.der, der))
			return 0;
	if (cert_parse(der, &m->cert, e) != 0)
		return -1;
	m->from = from;
	m->used = false;
	b->n++;
	return 0;
}

static void
bag_add_nv(struct bag *b, const struct verify_input *in)
{
	struct span certs[MAX_CERT_COUNT];
	struct err *e = &b->nv_err;

	(void)chain_split(in->nv_chain, certs, &b->n_nv, e);
	for (size_t i = 0; i < b->n_nv; i++) {
		size_t offset = (size_t)(certs[i].p - in->nv_chain.p);
		struct err why = ERR_INIT;

		b->nv_end = offset + certs[i].n;
		/* Some TPMs keep the EK certificate there, too. */
		if (span_eq(certs[i], in->ek))
			continue;
		if (bag_add(b, certs[i], FROM_NV, &why) != 0 &&
		    e->code == E_OK) {
			*e = why;
			(void)err_wrap(
			    e, "certificate %zu at offset %zu", i + 1, offset);
		}
	}
}

static void
bag_add_given(struct bag *b, const struct span *certs, size_t n,
    enum origin from, const char *what)
{
	for (size_t i = 0; i < n; i++) {
		struct err why = ERR_INIT;

		if (bag_add(b, certs[i], from, &why) != 0 &&
		    b->given_err.code == E_OK) {
			b->given_err = why;
			(void)err_wrap(&b->given_err, "%s %zu", what, i + 1);
		}
	}
}

/* Those that parse. */
static int
bag_add_crls(struct bag *b, const struct verify_input *in, struct err *e)
{
	if (in->crl_policy == CRL_OFF || in->n_crls == 0)
		return 0;
	if (in->n_crls > MAX_GIVEN_CRLS)
		return err_set(e, E_LIMIT, "more than %d CRLs", MAX_GIVEN_CRLS);
	if ((b->crls = calloc(in->n_crls, sizeof(*b->crls))) == NULL)
		return err_set(e, E_NOMEM, "%zu CRLs", in->n_crls);
	for (size_t i = 0; i < in->n_crls; i++) {
		struct err why = ERR_INIT;

		if (crl_parse(in->crls[i], &b->crls[b->n_crls], &why) == 0) {
			b->n_crls++;
		} else if (b->crl_err.code == E_OK) {
			b->crl_err = why;
			(void)err_wrap(&b->crl_err, "number %zu", i + 1);
		}
	}
	return 0;
}

static int
bag_fill(struct bag *b, const struct verify_input *in, struct err *e)
{
	if (in->n_extra > MAX_GIVEN_CERTS || in->n_roots > MAX_GIVEN_CERTS)
		return err_set(
		    e, E_LIMIT, "more than %d certificates", MAX_GIVEN_CERTS);
	b->room = MAX_CERT_COUNT + in->n_extra + in->n_roots;
	if ((b->members = calloc(b->room, sizeof(*b->members))) == NULL)
		return err_set(e, E_NOMEM, "%zu certificates", b->room);
	bag_add_nv(b, in);
	bag_add_given(b, in->extra, in->n_extra, FROM_EXTRA, "certificate");
	bag_add_given(b, in->roots, in->n_roots, FROM_ROOTS, "trust anchor");
	return bag_add_crls(b, in, e);
}

bool
verify_is_anchor(const struct verify_input *in, const struct cert *c)
{
	for (size_t i = 0; i < in->n_roots; i++)
		if (span_eq(in->roots[i], c->der))
			return true;
	return false;
}

/* By key identifier; by name only where one of the two has none. */
static bool
may_issue(const struct cert *issuer, const struct cert *c)
{
	if (c->aki.n > 0 && issuer->ski.n > 0)
		return span_eq(c->aki, issuer->ski);
	return span_eq(c->issuer, issuer->subject);
}

/* Which of several that may be the issuer is it? Above all the one whose key
 * made the signature; the others matter when a CA key has two certificates. */
static int
issuer_score(const struct cert *issuer, const struct cert *c,
    const struct verify_input *in)
{
	int score = 1;

	if (cert_check_signature(c, issuer, NULL) == 0)
		score += 16;
	if (span_eq(c->issuer, issuer->subject))
		score += 8;
	if (issuer->not_before <= in->now && in->now <= issuer->not_after)
		score += 4;
	if (verify_is_anchor(in, issuer))
		score += 2;
	return score;
}

static struct member *
find_issuer(struct bag *b, const struct cert *c, const struct verify_input *in)
{
	struct member *best = NULL;
	int best_score = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct member *m = &b->members[i];
		int score;

		if (m->used || !may_issue(&m->cert, c))
			continue;
		score = issuer_score(&m->cert, c, in);
		if (score > best_score) {
			best_score = score;
			best = m;
		}
	}
	return best;
}

/* From path[0] up to a trust anchor, a self-signed certificate, or the first
 * whose issuer is not there. No certificate comes twice. */
static void
walk(struct bag *b, const struct verify_input *in, struct verify_report *r)
{
	while (r->n_path < MAX_CHAIN_DEPTH) {
		const struct cert *last = &r->path[r->n_path - 1];
		struct member *m;

		if (verify_is_anchor(in, last) || cert_is_self_signed(last) ||
		    (m = find_issuer(b, last, in)) == NULL)
			return;
		m->used = true;
		r->path[r->n_path++] = m->cert;
	}
}

/* Judge by the rows of some places. */
static int
run_rules(const struct rule *rule, const struct look *l, unsigned places,
    struct verify_report *r, struct err *e)
{
	for (; rule->name != NULL; rule++) {
		struct check *c = &r->checks[r->n_checks];

		if ((rule->where & places) == 0)
			continue;
		if (r->n_checks == MAX_CHECKS)
			return err_set(
			    e, E_LIMIT, "more than %d checks", MAX_CHECKS);
		*c = (struct check){ .name = rule->name,
			.place = l->cert != NULL ? l->i : CHECK_OF_INPUT,
			.clause = rule->clause };
		(void)snprintf(c->object, sizeof(c->object), "%s",
		    l->i == 0 ? "EK certificate" : l->cert->subject_text);
		c->result = rule->judge(l, c);
		if (c->result == CHECK_FAILED)
			r->accepted = false;
		r->n_checks++;
	}
	return 0;
}

static int
run_places(const struct look *l, unsigned places, struct verify_report *r,
    struct err *e)
{
	if (run_rules(check_rules, l, places, r, e) != 0)
		return -1;
	if (l->in->crl_policy == CRL_OFF)
		return 0;
	return run_rules(crl_rules, l, places, r, e);
}

/* Where on the path is certificate i? */
static unsigned
places_of(const struct look *l)
{
	unsigned places = ON_EACH | (l->i == 0 ? ON_EK : ON_CA);

	if (l->issuer != NULL)
		return places | ON_ISSUED | ON_LINKED;
	if (verify_is_anchor(l->in, l->cert) || cert_is_self_signed(l->cert))
		return places | ON_END;
	return places | ON_ISSUED | ON_END;
}

static int
run_all(const struct verify_input *in, const struct bag *b,
    struct verify_report *r, struct err *e)
{
	struct look l = {
		.in = in, .bag = b, .path = r->path, .n_path = r->n_path
	};

	if (run_places(&l, ON_INPUT, r, e) != 0)
		return -1;
	for (l.i = 0; l.i < l.n_path; l.i++) {
		l.cert = &r->path[l.i];
		l.issuer = l.i + 1 < l.n_path ? l.cert + 1 : NULL;
		if (in->crl_policy != CRL_OFF && l.issuer != NULL)
			crl_choose(&l, &l.crl);
		if (run_places(&l, places_of(&l), r, e) != 0)
			return -1;
	}
	return 0;
}

int
verify_ek(
    const struct verify_input *in, struct verify_report *ret, struct err *e)
{
	AUTO(bag_done) struct bag b = { .n = 0 };

	ret->accepted = true;
	ret->n_checks = 0;
	ret->n_path = 0;
	if (bag_fill(&b, in, e) != 0)
		return -1;
	if (cert_parse(in->ek, &ret->path[0], &b.ek_err) == 0) {
		ret->n_path = 1;
		walk(&b, in, ret);
	}
	return run_all(in, &b, ret, e);
}

const struct check *
verify_first_failure(const struct verify_report *r)
{
	for (size_t i = 0; i < r->n_checks; i++)
		if (r->checks[i].result == CHECK_FAILED)
			return &r->checks[i];
	return NULL;
}
