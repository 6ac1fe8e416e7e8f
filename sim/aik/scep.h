/*
 * scep.h - the messages of SCEP, RFC 8894 3, and what Microsoft added to them:
 * type 41 and status 11, the challenge that only the TPM with the EK solves.
 *
 * Both sides write with scep_write(); a server reads with scep_read_request(),
 * a client with scep_read_reply().  What is inside the encrypted content is
 * csr.h, or a bag of certificates (odca/cms.h), or a challenge or its answer,
 * below.  Nothing here keeps state or judges certificates.
 */
#ifndef SIM_AIK_SCEP_H
#define SIM_AIK_SCEP_H

#include "odca/cms.h"

enum { /* messageType */
	SCEP_CERT_REP = 3,
	SCEP_RENEWAL_REQ = 17,
	SCEP_PKCS_REQ = 19,
	SCEP_CERT_POLL = 20,
	SCEP_GET_CERT = 21,
	SCEP_GET_CRL = 22,
	SCEP_CHALLENGE_ANSWER = 41, /* Microsoft: ClaimChallengeAnswer */
};

enum { /* pkiStatus */
	SCEP_SUCCESS = 0,
	SCEP_FAILURE = 2,
	SCEP_PENDING = 3,
	SCEP_PENDING_CHALLENGE = 11, /* Microsoft */
};

enum { /* failInfo */
	SCEP_BAD_ALG = 0,
	SCEP_BAD_MESSAGE_CHECK = 1,
	SCEP_BAD_REQUEST = 2,
	SCEP_BAD_TIME = 3,
	SCEP_BAD_CERT_ID = 4,
};

#define SCEP_ABSENT (-1) /* of a number; a nonce then has n == 0 */

/* The signed attributes of SCEP. */
struct scep_head {
	int type, status, fail;
	char transaction[MAX_SCEP_TRANSACTION]; /* "": absent */
	struct span sender_nonce, recipient_nonce;
};

#define SCEP_HEAD_INIT                                                         \
	{                                                                      \
		.type = SCEP_ABSENT, .status = SCEP_ABSENT,                    \
		.fail = SCEP_ABSENT                                            \
	}

/* Append a pkiMessage: what h has as attributes, envelope as content (p NULL:
 * none). */
int scep_write(const struct scep_head *h, const struct cms_signer *who,
    struct span envelope, struct buf *out, struct err *e);

/* A message that was read: its envelope is cms.content, who signed it
 * cms.signer. Free with scep_message_free(), also after a failure; start from
 * SCEP_MESSAGE_INIT. */
struct scep_message {
	struct cms_signed cms;
	struct scep_head head; /* spans into cms */
};

#define SCEP_MESSAGE_INIT                                                      \
	{                                                                      \
		.cms = CMS_SIGNED_INIT, .head = SCEP_HEAD_INIT                 \
	}

/*
 * Server: read a request. It has a messageType, a transactionID of printable
 * characters and a content; a nonce may be missing, and any may be one that was
 * there before: clients in the field have constant ones. As lenient as
 * cms_verify(), with its errors; E_FORMAT for the attributes.
 */
int scep_read_request(struct span der, struct scep_message *ret, struct err *e);
/*
 * Client: read the reply to asked. As strict as clients of the AIK service
 * are: definite lengths, no CRLs, the signer's certificate first; and its
 * messageType is 3, it has a pkiStatus, and transactionID and recipientNonce
 * are those of asked. Content is there unless it says failure or pending.
 */
int scep_read_reply(struct span der, const struct scep_head *asked,
    struct scep_message *ret, struct err *e);
void scep_message_free(struct scep_message *m);

/* "PkiStatus" and "FailInfo" as Windows calls them: "SCEPDispositionSuccess",
 * "SCEPFailBadRequest"; "Unknown" for others. */
const char *scep_status_text(int status);
const char *scep_fail_text(int fail);

/* --- the challenge, and its answer ---------------------------------------- */

/* Most likely what the real service names its challenge with (MS-WCCE 2.2.2.7:
 * szOID_ENROLL_EKPUB_CHALLENGE); clients do not look at it. */
#define SCEP_OID_CHALLENGE "1.3.6.1.4.1.311.21.28"
#define SCEP_OID_ANSWER    "1.3.6.1.4.1.311.21.35"

/* Plain text of a reply with status 11, in a SET that is not sorted. */
struct scep_challenge {
	char oid[MAX_OID_TEXT];
	struct span blob;    /* sim/aik/credential.h, Microsoft's framing */
	struct span context; /* the server's own: one DER element */
};

int scep_write_challenge(
    const struct scep_challenge *c, struct buf *out, struct err *e);
/* As clients do: a SET and nothing behind it, whose first element is the
 * challenge and whose second is the context; more elements, and more values of
 * the challenge, do not matter. Spans borrow from plain. */
int scep_read_challenge(
    struct span plain, struct scep_challenge *ret, struct err *e);

/* Plain text of a request of type 41. */
struct scep_answer {
	struct span envelope; /* EnvelopedData of the bare secret */
	struct span context;  /* as the server gave it */
};

int
scep_write_answer(const struct scep_answer *a, struct buf *out, struct err *e);
/* The two may stand in either order, for clients whose encoder sorts a SET. */
int scep_read_answer(struct span plain, struct scep_answer *ret, struct err *e);

static inline void
auto_scep_message_fn(struct scep_message *m)
{
	scep_message_free(m);
}

#define auto_scep_message AUTO(auto_scep_message_fn) struct scep_message

#endif
