/*
 * enroll_step.h - the steps of enroll.h, and what they share.  A part of
 * enroll.c: A to G are in enroll_find.c, H to L in enroll_prove.c.
 */
#ifndef SIM_AIK_ENROLL_STEP_H
#define SIM_AIK_ENROLL_STEP_H

#include "sim/aik/credential.h"
#include "sim/aik/enroll.h"
#include "sim/aik/tpmread.h"

#define ENROLL_NONCE_SIZE 16
#define N_ENROLL_HEADERS  8

/* What one enrolment holds on its way. */
struct enroll {
	const struct enroll_options *o;
	struct enroll_result *r;
	uint64_t begin; /* of the step */

	struct tpm_info info;
	struct aiktpm *tpm;
	struct pubkey ek;
	struct buf chain;                  /* of NV */
	struct span path[MAX_CHAIN_DEPTH]; /* EK certificate first */
	size_t n_path;

	char platform[160], request_id[80];
	const char *headers[N_ENROLL_HEADERS];
	struct httpc_answer caps; /* of step E, for F */

	struct cms_signed service; /* GetCACertChain */
	struct span ra;            /* whom requests are encrypted for */

	struct aik_made aik;
	struct key *key; /* of the SCEP client, not of the TPM */
	struct buf cert;
	uint8_t nonce[ENROLL_NONCE_SIZE];
	struct scep_head asked;
	struct buf request;

	struct credential credential;
	struct buf context; /* the server's */
	struct buf secret;
};

/* --- for the steps ----------------------------------------------------------
 */

void enroll_begin_step(struct enroll *en, enum enroll_step s);
void enroll_end_step(struct enroll *en, bool ok);
/* An answer of any status; name is what it is called in messages. */
int enroll_ask(struct enroll *en, const char *name,
    const struct httpc_request *q, struct httpc_answer *ret, struct err *e);
/* An operation of SCEP at the authority; message NULL: none in the query. */
int
enroll_ask_scep(struct enroll *en, const char *operation, const char *message,
    struct httpc_request *q, struct httpc_answer *ret, struct err *e);
/* E_REJECTED unless it is 200. */
int enroll_check_status(struct enroll *en, const char *name,
    const struct httpc_answer *a, struct err *e);

/* What the way up from the EK certificate goes by; certs gets those of NV. A
 * chain that breaks off is what a client finds, too. */
struct authority_input
enroll_input(const struct enroll *en, struct span certs[static MAX_CERT_COUNT]);

/* --- the steps, in their order ----------------------------------------------
 */

int enroll_open_tpm(struct enroll *en, struct err *e);
int enroll_find_ek(struct enroll *en, struct err *e);
int enroll_read_chain(struct enroll *en, struct err *e);
int enroll_find_url(struct enroll *en, struct err *e);
int enroll_connect_and_ask(struct enroll *en, struct err *e);
int enroll_read_caps(struct enroll *en, struct err *e);
int enroll_get_ca_chain(struct enroll *en, struct err *e);
int enroll_make_request(struct enroll *en, struct err *e);
int enroll_submit_request(struct enroll *en, struct err *e);
int enroll_activate(struct enroll *en, struct err *e);
int enroll_submit_answer(struct enroll *en, struct err *e);
int enroll_check_certificate(struct enroll *en, struct err *e);

#endif
