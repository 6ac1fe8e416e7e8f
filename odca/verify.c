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

/* The first certificate or CRL that was given and cannot be read. */
static void
note_given(struct err *first, const struct err *why, const char *what, size_t i)
{
	if (first->code != E_OK)
		return;
	*first = *why;
	(void)err_wrap(first, "%s %zu", what, i + 1);
}

static void
check_given(struct bag *b, const struct span *certs, size_t n, const char *what)
{
	for (size_t i = 0; i < n; i++) {
		struct err why = ERR_INIT;

		if (field_frame(certs[i], MAX_CERT_SIZE, "certificate", &why) !=
		    0)
			note_given(&b->given_err, &why, what, i);
	}
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
	check_given(b, in->extra, in->n_extra, "certificate");
	check_given(b, in->roots, in->n_roots, "trust anchor");
	return 0;
}

/* --- what is needed ---------------------------------------------------------
 *
 * Parsing costs some hundred times what a look for a few octets does, so what
 * does not hold them is not parsed.
 */

static bool
contains(struct span s, struct span part)
{
	return part.n > 0 && memmem(s.p, s.n, part.p, part.n) != NULL;
}

/* As cert_may_issue(): by key identifier, here as it stands in a
 * SubjectKeyIdentifier; by name where one of the two has none. */
static bool
may_be(struct span der, struct span name, struct span ski)
{
	static const uint8_t oid[] = { DER_OID, 3, 0x55, 0x1d, 0x0e };

	return contains(
	    der, ski.n > 0 && contains(der, SPAN_OF(oid)) ? ski : name);
}

static void
bag_add_given(struct bag *b, const struct span *certs, size_t n,
    enum origin from, const char *what, struct span name, struct span ski)
{
	for (size_t i = 0; i < n; i++) {
		struct err why = ERR_INIT;

		if (may_be(certs[i], name, ski) &&
		    bag_add(b, certs[i], from, &why) != 0)
			note_given(&b->given_err, &why, what, i);
	}
}

void
bag_fetch(struct bag *b, const struct verify_input *in, struct span name,
    struct span key_id)
{
	auto_buf ski = BUF_INIT(MAX_CERT_SIZE);

	if (key_id.n > 0)
		(void)der_put(&ski, DER_OCTET_STRING, key_id);
	bag_add_given(b, in->extra, in->n_extra, FROM_EXTRA, "certificate",
	    name, buf_span(&ski));
	bag_add_given(b, in->roots, in->n_roots, FROM_ROOTS, "trust anchor",
	    name, buf_span(&ski));
}

/* A list is looked at when its issuer is one that the path names. */
static bool
may_list(struct span crl, const struct verify_report *r)
{
	for (size_t i = 0; i < r->n_path; i++)
		if (contains(crl, r->path[i].issuer) ||
		    contains(crl, r->path[i].crl_issuer))
			return true;
	return false;
}

static int
bag_add_crls(struct bag *b, const struct verify_input *in,
    const struct verify_report *r, struct err *e)
{
	if (in->crl_policy == CRL_OFF || in->n_crls == 0)
		return 0;
	if (in->n_crls > MAX_GIVEN_CRLS)
		return err_set(e, E_LIMIT, "more than %d CRLs", MAX_GIVEN_CRLS);
	if ((b->crls = calloc(in->n_crls, sizeof(*b->crls))) == NULL)
		return err_set(e, E_NOMEM, "%zu CRLs", in->n_crls);
	for (size_t i = 0; i < in->n_crls; i++) {
		const struct span der = in->crls[i];
		struct err why = ERR_INIT;

		if (!may_list(der, r))
			(void)field_frame(der, MAX_CRL_SIZE, "CRL", &why);
		else if (crl_parse(der, &b->crls[b->n_crls], &why) == 0)
			b->n_crls++;
		if (why.code != E_OK)
			note_given(&b->crl_err, &why, "number", i);
	}
	return 0;
}

/* --- signatures ------------------------------------------------------------
 */

/* Where it is remembered; *ret_new when it is not yet computed. */
static struct signature *
find_signature(
    struct bag *b, struct span tbs, const struct cert *issuer, bool *ret_new)
{
	const size_t room = sizeof(b->signatures) / sizeof(*b->signatures);
	struct signature *s = b->signatures;

	*ret_new = false;
	for (size_t i = 0; i < room && i < b->n_signatures; i++, s++)
		if (s->tbs == tbs.p && s->spki == issuer->spki.p)
			return s;
	*ret_new = true;
	s = &b->signatures[b->n_signatures++ % room];
	*s = (struct signature){ .tbs = tbs.p, .spki = issuer->spki.p };
	return s;
}

bool
bag_signed(struct bag *b, const struct cert *c, const struct cert *issuer)
{
	bool new;
	struct signature *s = find_signature(b, c->tbs, issuer, &new);

	if (new)
		s->good =
		    c->sig_known && sigmemory_verify(b->memory, issuer->spki,
					c->sig_alg, c->tbs, c->sig);
	return s->good;
}

bool
bag_signed_crl(struct bag *b, const struct crl *c, const struct cert *issuer)
{
	bool new;
	struct signature *s = find_signature(b, c->tbs, issuer, &new);

	if (new)
		s->good =
		    c->sig_known && sigmemory_verify(b->memory, issuer->spki,
					c->sig_alg, c->tbs, c->sig);
	return s->good;
}

/* --- the path ---------------------------------------------------------------
 */

bool
verify_is_anchor(const struct verify_input *in, const struct cert *c)
{
	for (size_t i = 0; i < in->n_roots; i++)
		if (span_eq(in->roots[i], c->der))
			return true;
	return false;
}

/* Which of several that may be the issuer is it? Above all the one whose key
 * made the signature; the others matter when a CA key has two certificates. */
static int
issuer_score(struct bag *b, const struct cert *issuer, const struct cert *c,
    const struct verify_input *in)
{
	int score = 1;

	if (bag_signed(b, c, issuer))
		score += 16;
	if (span_eq(c->issuer, issuer->subject))
		score += 8;
	if (cert_is_valid(issuer, in->now))
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

	bag_fetch(b, in, c->issuer, c->aki);
	for (size_t i = 0; i < b->n; i++) {
		struct member *m = &b->members[i];
		int score;

		if (m->used || !cert_may_issue(&m->cert, c))
			continue;
		score = issuer_score(b, &m->cert, c, in);
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

static struct look
look_at(const struct verify_input *in, struct bag *b,
    const struct verify_report *r, size_t i)
{
	return (struct look){
		.in = in,
		.bag = b,
		.path = r->path,
		.n_path = r->n_path,
		.i = i,
		.cert = &r->path[i],
		.issuer = i + 1 < r->n_path ? &r->path[i + 1] : NULL,
	};
}

/* Everything is read before the first row, which may have to say that something
 * could not be. */
static int
run_all(const struct verify_input *in, struct bag *b, struct verify_report *r,
    struct err *e)
{
	const struct look input = {
		.in = in, .bag = b, .path = r->path, .n_path = r->n_path
	};
	struct crl_choice crls[MAX_CHAIN_DEPTH] = { 0 };

	for (size_t i = 0; in->crl_policy != CRL_OFF && i + 1 < r->n_path;
	     i++) {
		const struct look l = look_at(in, b, r, i);

		crl_choose(&l, &crls[i]);
	}
	if (run_places(&input, ON_INPUT, r, e) != 0)
		return -1;
	for (size_t i = 0; i < r->n_path; i++) {
		struct look l = look_at(in, b, r, i);

		l.crl = &crls[i];
		if (run_places(&l, places_of(&l), r, e) != 0)
			return -1;
	}
	return 0;
}

int
verify_ek(
    const struct verify_input *in, struct verify_report *ret, struct err *e)
{
	AUTO(bag_done) struct bag b = { .memory = in->memory };

	ret->accepted = true;
	ret->n_checks = 0;
	ret->n_path = 0;
	if (bag_fill(&b, in, e) != 0)
		return -1;
	if (cert_parse(in->ek, &ret->path[0], &b.ek_err) == 0) {
		ret->n_path = 1;
		walk(&b, in, ret);
	}
	return bag_add_crls(&b, in, ret, e) != 0 ? -1 : run_all(in, &b, ret, e);
}

const struct check *
verify_first_failure(const struct verify_report *r)
{
	for (size_t i = 0; i < r->n_checks; i++)
		if (r->checks[i].result == CHECK_FAILED)
			return &r->checks[i];
	return NULL;
}
