/*
 * event.h - what Windows' log would have of an enrolment that failed, made of
 * what was measured: events 86 and 87 of CertEnroll.
 *
 *   86  SCEP Certificate enrollment initialization for %1 via %2 failed: %3
 *       Method: %4 Stage: %5 %6; in GetCACaps and GetCACertChain
 *   87  SCEP Certificate enrollment for %1 via %2 failed: %3 ...; later
 *
 * Of 86 whole texts were seen, of an AMD TPM (404) and of NDES clients (names,
 * TLS); of 87 that of an NDES client that was denied. The other ones are in the
 * same form.
 */
#ifndef SIM_AIK_EVENT_H
#define SIM_AIK_EVENT_H

#include "sim/aik/enroll.h"

#define EVENT_SOURCE "Microsoft-Windows-CertificateServicesClient-CertEnroll"

struct event {
	unsigned id; /* 0: none, as nothing was asked of the AIK service yet */
	bool seen;   /* such ones were; false: the form is inferred */
	char *text;  /* lines that end with "\n", in printable ASCII */
};

/* The id that a failure in a step has. */
unsigned event_id(enum enroll_step step);
/* Of a failure whose record was kept; an enrolment that succeeded has none.
 * E_NOMEM. event_done() in any case. */
int event_of(const struct enroll_result *r, struct event *ret, struct err *e);
void event_done(struct event *v);

#define auto_event AUTO(event_done) struct event

#endif
