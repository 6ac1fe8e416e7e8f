/*
 * trust.h - what a service holds EK certificates to: the roots, CAs and CRLs of
 * the hierarchy as its files are now. A revocation shows at once, and files
 * that did not change are not read again.
 */
#ifndef SIM_AIK_TRUST_H
#define SIM_AIK_TRUST_H

#include "odca/pki.h"
#include "odca/verify.h"

struct trust;

/* dir: the hierarchy's, borrowed; NULL: the built-in one. */
int trust_new(const char *dir, struct trust **ret, struct err *e);
void trust_free(struct trust *t);

/*
 * verify_ek() of an EK certificate with others that the TPM's owner sent, and
 * the EK's own public key; with_lists: those of revocations count. Threads may
 * do so at the same time. *ret is given back with trust_report_free(); its
 * spans borrow from ek, others and itself.
 */
struct trust_report;
int trust_verify(struct trust *t, struct span ek, const struct pubkey *key,
    const struct span *others, size_t n_others, bool with_lists,
    struct trust_report **ret, struct err *e);
const struct verify_report *trust_report(const struct trust_report *r);
void trust_report_free(struct trust_report *r);

static inline void
auto_trust_fn(struct trust **t)
{
	trust_free(*t);
}

static inline void
auto_trust_report_fn(struct trust_report **r)
{
	trust_report_free(*r);
}

#define auto_trust        AUTO(auto_trust_fn) struct trust *
#define auto_trust_report AUTO(auto_trust_report_fn) struct trust_report *

#endif
