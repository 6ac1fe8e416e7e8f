/*
 * refusal.h - why the AIK service refuses a request: a row a reason, with what
 * the client is answered and what the log says.
 *
 * Of few of them it is known what the real service answers. "seen" is a log or
 * a client's words; "inferred" is that it has to refuse, and how it says so is
 * the nearest answer that was seen.
 */
#ifndef SIM_AIK_REFUSAL_H
#define SIM_AIK_REFUSAL_H

#include "sim/aik/scep.h"
#include "sim/aik/statement.h"

#define TEXT_PARSE "Failed to parse SCEP request."
#define TEXT_EK                                                                \
	"No valid TPM EK/Platform certificate provided in the TPM identity "   \
	"request message."
/* The statement's own words. */
#define TEXT_OWN NULL

/* Answers: HTTP's with a JSON body, or a CertRep with pkiStatus 2. */
#define HTTP_400(text) 400, SCEP_ABSENT, text
#define HTTP_500(text) 500, SCEP_ABSENT, text
#define CERT_REP(fail) 200, SCEP_##fail, ""

/* name in logs, answer, what it takes, who says so. */
/* clang-format off */
#define REFUSAL_LIST(X) \
	X(INTERNAL,     "internal",         HTTP_500("Internal error."), "memory, and a library that works", "ours") \
	X(PARSE,        "scep.parse",       HTTP_400(TEXT_PARSE), "a SCEP request, encrypted for the RA Encryption certificate", "seen: service's body; RFC 3218 asks for one answer to all that cannot be read") \
	X(TYPE,         "scep.type",        HTTP_400(TEXT_PARSE), "messageType 19 or 41", "inferred: no other was seen") \
	X(SIGNER,       "scep.signer",      HTTP_400(TEXT_PARSE), "a signer's certificate with an RSA key that signed it itself", "RFC 8894 2.3; answer inferred") \
	X(CSR_HASH,     "csr.hash",         HTTP_400(TEXT_PARSE), "the SHA-256 of the request in place of its signature", "seen: client; answer inferred") \
	X(SIGNER_HASH,  "csr.signer-hash",  HTTP_400(TEXT_EK), "SCEP_SIGNER_HASH: SHA-1 of the signer's certificate", "seen: client; answer inferred") \
	X(SKI,          "csr.ski",          HTTP_400(TEXT_PARSE), "a key identifier of 20 bytes, or none", "ours: AIK certificates have such; answer inferred") \
	X(STATEMENT,    "csr.statement",    HTTP_400(TEXT_EK), "an attestation statement of a TPM 2.0", "MS-WCCE 3.2.2.6.2.1.2.5.1; answer inferred") \
	X(AIK_KEY,      "csr.key",          HTTP_400(TEXT_EK), "the key of the request to be the AIK of the statement", "MS-WCCE 3.2.2.6.2.1.2.5.1; answer inferred") \
	X(EK_MISSING,   "ek.missing",       HTTP_400(TEXT_EK), "an EK_INFO with an EK certificate", "seen: event log") \
	X(EK_INFO,      "ek.info",          HTTP_400(TEXT_EK), "an EK_INFO, encrypted for the RA Encryption certificate", "inferred from ek.missing") \
	X(EK_KEY,       "ek.key",           HTTP_400(TEXT_EK), "the EK of EK_INFO to be the certificate's", "MS-WCCE 3.2.2.6.2.1.2.5.1; answer inferred") \
	X(EK_CERT,      "ek.certificate",   HTTP_400(TEXT_EK), "an EK certificate and a path as their profiles have them", "MS-WCCE 3.2.2.6.2.1.2.5.1; answer inferred") \
	X(EK_ROOT,      "ek.root",          HTTP_400(TEXT_EK), "a path to a root of the hierarchy", "MS-WCCE 3.2.2.6.2.1.2.5.1; answer inferred") \
	X(EK_REVOKED,   "ek.revoked",       HTTP_400(TEXT_EK), "nothing on the path that is revoked", "MS-WCCE 3.2.2.6.2.1.2.5.1; answer inferred") \
	X(EK_AUTHORITY, "ek.authority",     HTTP_400(TEXT_EK), "the authority's issuing CA on the path", "inferred: an authority is for one line of TPMs") \
	X(DENIED,       "policy",           CERT_REP(BAD_REQUEST), "the policy of the service to grant it", "RFC 8894 3.2.1.3; seen: NDES, event 87") \
	X(CONTEXT,      "answer.context",   CERT_REP(BAD_REQUEST), "the ServerContext of a challenge of this service", "inferred: NDES' answer to what it does not accept") \
	X(EXPIRED,      "answer.expired",   CERT_REP(BAD_TIME), "an answer in time", "inferred, as answer.context") \
	X(AUTHORITY,    "answer.authority", CERT_REP(BAD_REQUEST), "an answer to the authority that asked", "inferred, as answer.context") \
	X(SCEP_CERT,    "answer.signer",    CERT_REP(BAD_REQUEST), "an answer of the signer that was asked", "inferred, as answer.context") \
	X(SECRET,       "answer.secret",    CERT_REP(BAD_REQUEST), "the secret that only the TPM with the EK can know", "MS-WCCE 3.1.1.4.3.4.1.2; answer inferred, as answer.context") \
	X(PLAIN_READ,   "plain.parse",      CERT_REP(BAD_REQUEST), "a certificate request, encrypted for the RA Encryption certificate", "RFC 8894 3.2.1.4.5; RFC 3218") \
	X(PLAIN_TYPE,   "plain.type",       CERT_REP(BAD_REQUEST), "messageType 17 or 19", "RFC 8894 3.2.1.4.5") \
	X(PLAIN_PROOF,  "plain.signature",  CERT_REP(BAD_MESSAGE_CHECK), "a certificate request that its key signed", "RFC 8894 3.2.1.4.5") \
	X(PLAIN_KEY,    "plain.key",        CERT_REP(BAD_ALG), "an RSA-2048, RSA-4096, P-256 or P-384 key", "RFC 8894 3.2.1.4.5") \
	X(PLAIN_RENEW,  "plain.renewal",    CERT_REP(BAD_CERT_ID), "a renewal to be signed with a certificate of this CA", "RFC 8894 2.3, 3.2.1.4.5")
/* clang-format on */

enum refusal_id {
#define X(id, ...) REFUSAL_##id,
	REFUSAL_LIST(X)
#undef X
	/* And one for each enum statement_reason. */
	REFUSAL_AIK,
	REFUSAL_COUNT = REFUSAL_AIK + STATEMENT_COUNT
};

struct refusal {
	const char *name; /* "ek.root" */
	unsigned status;  /* of HTTP */
	int fail;         /* failInfo; SCEP_ABSENT: the answer is HTTP's */
	const char *text; /* of the body; NULL: the reason's own words */
	const char *wanted;
	const char *source;
};

const struct refusal *refusal_row(enum refusal_id id);

/* A request that was refused: the row, and the facts for the log. */
struct refused {
	enum refusal_id id;
	struct err e;
};

/* Each is always -1. The facts; or those that are in r->e already. */
int refuse(struct refused *r, enum refusal_id id, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
int refuse_as(struct refused *r, enum refusal_id id);
/* The words for the client's body. */
const char *refused_text(const struct refused *r);

#endif
