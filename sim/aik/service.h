/*
 * service.h - what an authority of the AIK service does with a SCEP message:
 * PKIOperation of the template "Aik", and of "Plain" (RFC 8894) beside it, for
 * clients without a TPM.
 *
 *   Aik    19  a TPM's identity request   -> status 11, a challenge
 *          41  the challenge's answer     -> status 0, the AIK certificate
 *   Plain  19  a PKCS #10 request         -> status 0, a certificate
 *          17  the same, for renewal
 *
 * The certificate that a client signs with may have expired or be good from
 * tomorrow on, and its RSA key may have 1024 bits: clients make it themselves,
 * by clocks that are wrong. It says who asks, not who may.
 *
 * Nothing is kept between the two: it travels in the challenge, sealed
 * (ticket.h), so that each may go to another process of the same hierarchy, and
 * be repeated. Bytes in, bytes out; any number of threads at a time.
 */
#ifndef SIM_AIK_SERVICE_H
#define SIM_AIK_SERVICE_H

#include "sim/aik/aikca.h"
#include "sim/aik/refusal.h"

struct cloudfault_visit;

struct service;

/* pki: the hierarchy's directory, NULL: the built-in one; ca: of the same
 * hierarchy. Both are borrowed. */
int service_new(const char *pki, const struct aikca *ca, struct service **ret,
    struct err *e);
void service_free(struct service *s);

/* Where a message came in. */
struct service_site {
	const struct aik_ca *ca;
	struct span issuing; /* CA of the EK certificates; Aik only */
	struct cloudfault_visit *faults; /* NULL: none */
};

#define SERVICE_STEP_SIZE 32

struct service_answer {
	struct buf reply; /* a CertRep */
	/* For the log: the messageType, and what was done. */
	char step[SERVICE_STEP_SIZE], done[96];
	bool refused; /* and so: why */
	struct refused why;
};

#define SERVICE_ANSWER_INIT                                                    \
	{                                                                      \
		.reply = BUF_INIT(MAX_CMS_SIZE)                                \
	}

/* Answer a message. There is a reply unless it is refused by a row that HTTP
 * answers (refusal.h). */
typedef void service_template(struct service *s, const struct service_site *at,
    struct span message, struct service_answer *ret);
service_template service_aik, service_plain;

static inline void
auto_service_answer_fn(struct service_answer *a)
{
	buf_free(&a->reply);
}

#define auto_service_answer AUTO(auto_service_answer_fn) struct service_answer

#endif
