/*
 * enroll.h - how a client comes from its TPM's EK to an AIK certificate, as
 * Windows does: the steps in their order, what each found and how long it took,
 * and why it ended where it ended.
 *
 * Nothing is printed here, and nothing connects to anywhere: who asks gives a
 * TPM and a function that sends HTTP requests, and is told of each step.
 */
#ifndef SIM_AIK_ENROLL_H
#define SIM_AIK_ENROLL_H

#include <tss2/tss2_tcti.h>

#include "sim/aik/aiktpm.h"
#include "sim/aik/authority.h"
#include "sim/aik/cloudfault.h"
#include "sim/aik/httpc.h"
#include "sim/aik/scep.h"

/* Name in JSON, Windows' name of the stage or "", and in words. The letters A
 * to L are theirs in this order. */
/* clang-format off */
#define ENROLL_LIST(X) \
	X(TPM,      "tpm",            "",               "the TPM is ready") \
	X(EK,       "ek-certificate", "",               "the EK and its certificate") \
	X(CHAIN,    "chain",          "",               "certificates in the TPM") \
	X(URL,      "url",            "",               "the URL of the authority") \
	X(CONNECT,  "connect",        "GetCACaps",      "name, connection, TLS") \
	X(CAPS,     "caps",           "GetCACaps",      "what the service can do") \
	X(CA_CHAIN, "ca-chain",       "GetCACertChain", "the service's certificates") \
	X(REQUEST,  "request",        "CreateRequest",  "the AIK, and the request for it") \
	X(SUBMIT,   "submit",         "PKIOperation",   "the request, and a challenge") \
	X(ACTIVATE, "activate",       "ActivateCredential", "the challenge, solved by the TPM") \
	X(ANSWER,   "answer",         "PKIOperation",   "the answer, and a certificate") \
	X(CHECK,    "check",          "InstallResponse", "the certificate is what was asked for")
/* clang-format on */

enum enroll_step {
#define X(step, name, stage, text) ENROLL_##step,
	ENROLL_LIST(X)
#undef X
	    ENROLL_STEPS
};

static inline char
enroll_letter(enum enroll_step s)
{
	return (char)('A' + (int)s);
}
const char *enroll_name(enum enroll_step s);
const char *enroll_stage(enum enroll_step s);
const char *enroll_text(enum enroll_step s);

/* --- what became of it -----------------------------------------------------
 */

/* EKOP, GetCACaps, GetCACertChain and two PKIOperations. */
#define MAX_ENROLL_REQUESTS 5

struct enroll_request {
	const char *name, *method; /* "GetCACaps", "GET" */
	unsigned status;           /* 0: no answer */
	size_t sent, received;     /* bodies */
	uint64_t ns;
};

/* A check of the certificate that was issued. */
struct enroll_check {
	const char *name, *wanted;
	bool ok;
	char found[MAX_NAME_TEXT];
};
#define MAX_ENROLL_CHECKS 16

struct enroll_record;

struct enroll_result {
	enum enroll_step step; /* the last one that was begun */
	struct {
		bool ok;
		uint64_t ns;
	} steps[ENROLL_STEPS];
	bool enrolled;
	uint64_t ns;

	/* Why not: what is not known is 0, or SCEP_ABSENT. */
	unsigned http_status, winhttp;
	uint32_t hresult;
	int pki_status, fail_info;
	char reason[64];           /* "Not Found", of an HTTP status */
	char reply[MAX_NAME_TEXT]; /* the text that the service sent */

	/* As far as it came. */
	char platform[128]; /* "TPM-Version:2.0 -Level:0-..." */
	bool from_ekop;     /* the EK certificate is not in NV */
	struct buf ek;      /* it, DER */
	size_t n_chain;     /* others in NV, as this client sees it */
	enum aik_client client;
	struct authority authority;
	struct authority right;   /* authority_right(); url "": not known */
	char caps[MAX_NAME_TEXT]; /* "SHA-256, SHA-1, ..." */
	uint8_t ski[AIK_UNIQUE_SIZE];
	struct buf cert;    /* the AIK's, DER */
	struct buf context; /* aiktpm_save() */
	struct enroll_check checks[MAX_ENROLL_CHECKS];
	size_t n_checks;
	char request_id[40];
	struct enroll_request requests[MAX_ENROLL_REQUESTS];
	size_t n_requests;
	struct enroll_record *record; /* enroll_record.h; NULL: not asked for */
};

/* --- the way ----------------------------------------------------------------
 */

#define ENROLL_EKOP_HOST "ekop.intel.test"
/* Who asks, as requests and Windows' events say it. */
#define ENROLL_MACHINE "DESKTOP-ODCASIM"
#define ENROLL_USER    "WORKGROUP\\" ENROLL_MACHINE "$"

/* Who wants to know as it goes; each may be NULL. */
struct enroll_watch {
	void (*begin)(void *ctx, enum enroll_step s);
	void (*end)(
	    void *ctx, enum enroll_step s, const struct enroll_result *r);
	void (*answered)(void *ctx, const struct enroll_request *q,
	    const struct httpc_answer *a);
	void *ctx;
};

struct enroll_options {
	TSS2_TCTI_CONTEXT *tcti; /* a TPM that was started, or can be */
	/* httpc_send(), or what stands in for it */
	int (*send)(void *http, const struct httpc_request *r,
	    struct httpc_answer *ret, struct err *e);
	void *http;
	bool plain; /* http:// */
	enum aik_client client;
	const struct span *above; /* for CLIENT_TOO_FAR */
	size_t n_above;
	const char *ekop_host;     /* NULL: ENROLL_EKOP_HOST */
	const char *ra_aia_prefix; /* NULL: RA_AIA_PREFIX */
	struct span root;          /* DER; n == 0: whichever the service has */
	bool save;                 /* result.context is wanted */
	bool record;               /* result.record is wanted */
	struct cloudfault_set *faults; /* of the client; NULL: none */
	struct enroll_watch watch;
};

/*
 * All the way. *ret is set in each case; free it with enroll_result_done().
 * E_REJECTED: the service said no, or its certificate is not what was asked
 * for; other errors: no such answer was had.
 */
int enroll_run(
    const struct enroll_options *o, struct enroll_result *ret, struct err *e);
void enroll_result_done(struct enroll_result *r);

#define auto_enroll_result AUTO(enroll_result_done) struct enroll_result

#endif
