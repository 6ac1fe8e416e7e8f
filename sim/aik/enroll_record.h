/*
 * enroll_record.h - what an enrolment keeps for a report when it is asked to:
 * each exchange as it went over the wire, and the certificates that it met.
 *
 * No secret is in it: of headers that carry one only the name is kept, bodies
 * stay as encrypted as they were, and nothing of the TPM but certificates is
 * there.
 */
#ifndef SIM_AIK_ENROLL_RECORD_H
#define SIM_AIK_ENROLL_RECORD_H

#include "sim/aik/enroll.h"

struct enroll;

/* "Cookie:\n" is longer once its value is left out. */
#define MAX_RECORD_HEAD (3 * MAX_HTTP_HEAD)

struct enroll_message {
	struct buf head; /* n == 0: there was no message */
	struct buf body; /* at most MAX_HTTP_RECORD */
};

/* Of the request of the same place in enroll_result. */
struct enroll_exchange {
	char url[MAX_URI];
	char address[64];         /* who answered; "": nobody */
	char error[ERR_MSG_SIZE]; /* "": the answer is whole */
	struct enroll_message request, answer;
	/* Of PKIOperation: the request's, and the reply's; SCEP_ABSENT. */
	int message_type, pki_status, fail_info;
	char transaction[MAX_SCEP_TRANSACTION];
};

struct enroll_certificate {
	const char *role; /* "ek", "chain", "above", "ra", "aik-ca" ... */
	int place;        /* on the way up from the EK, 0; -1: beside it */
	bool walked;      /* this client took it into account */
	char source[16 + 11 * MAX_CERT_PIECES]; /* "NV 0x01c00002" */
	struct buf der;
};
#define MAX_ENROLL_CERTS (2 + MAX_CERT_COUNT + MAX_CHAIN_DEPTH + MAX_CMS_CERTS)

struct enroll_record {
	struct enroll_exchange exchanges[MAX_ENROLL_REQUESTS];
	struct enroll_certificate certs[MAX_ENROLL_CERTS];
	size_t n_certs;
};

/* NULL without memory; enroll_record_free(NULL) is fine. */
struct enroll_record *enroll_record_new(void);
void enroll_record_free(struct enroll_record *r);

/* Append status or request line and headers; the values of Authorization,
 * Proxy-Authorization, Cookie and Set-Cookie are left out. -1 when there is no
 * room. */
int enroll_record_head(struct span head, struct buf *out);

/* For enroll.c: the last request that was counted; error NULL: none. E_NOMEM.
 */
int enroll_record_exchange(struct enroll *en, const struct httpc_request *q,
    const struct httpc_answer *a, const struct err *error, struct err *e);
/* What the reply to it says. */
void enroll_record_reply(struct enroll *en, const struct scep_head *h);
/* All certificates, at the end; without memory there are fewer. */
void enroll_record_certs(struct enroll *en);

#endif
