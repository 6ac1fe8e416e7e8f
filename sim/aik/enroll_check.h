/*
 * enroll_check.h - whether an AIK certificate is what a client asked for.
 * A part of enroll.c.
 */
#ifndef SIM_AIK_ENROLL_CHECK_H
#define SIM_AIK_ENROLL_CHECK_H

#include "odca/cert.h"
#include "sim/aik/enroll.h"

struct enroll_wanted {
	const struct pubkey *key;
	struct span ski;
	struct span ek;                 /* DER, whose SAN it is to have */
	const struct cms_signed *chain; /* of GetCACertChain */
	struct span root;               /* DER, or n == 0 */
};

/* All checks of r->cert, into r->checks. E_REJECTED for the first one that
 * fails, with r->hresult. */
int enroll_check(
    const struct enroll_wanted *w, struct enroll_result *r, struct err *e);
/* The CA of a chain that issued a certificate, by name and signature. */
bool enroll_issuer(
    const struct cms_signed *chain, const struct cert *c, struct cert *ret);
/* That one, for one of the service's certificates that has to be valid now;
 * E_REJECTED. */
int enroll_check_service(const struct cms_signed *chain, struct span der,
    struct cert *ret_issuer, struct err *e);
/* The content of the subject alternative name, GeneralNames; n == 0: none. */
struct span enroll_san(const struct cert *c);

#endif
