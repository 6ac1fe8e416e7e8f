/*
 * ticket.h - what the AIK service has to remember between a challenge and its
 * answer, sealed, so that the client carries it (ServerContext) and any service
 * of the same hierarchy can go on.
 */
#ifndef SIM_AIK_TICKET_H
#define SIM_AIK_TICKET_H

#include <time.h>

#include "odca/key.h"

#define TICKET_KEY_SIZE 32

/* The spans are borrowed. */
struct ticket {
	time_t issued;
	struct span authority; /* the AIK CA's name */
	struct span signer;    /* SHA-256 of the SCEP client's certificate */
	struct span secret;    /* SHA-256 of what the TPM has to find */
	struct span spki, san, ski; /* of the certificate to be issued */
};

/* The key of a hierarchy follows from a private key of it. E_CRYPTO. */
int ticket_key(
    const struct key *k, uint8_t ret[static TICKET_KEY_SIZE], struct err *e);

/* Append one DER OCTET STRING. E_LIMIT, E_CRYPTO. */
int ticket_seal(const uint8_t key[static TICKET_KEY_SIZE],
    const struct ticket *t, struct buf *out, struct err *e);
/* And back; plain gets what the spans borrow from. E_REJECTED for what was not
 * sealed with key. */
int ticket_open(const uint8_t key[static TICKET_KEY_SIZE], struct span der,
    struct buf *plain, struct ticket *ret, struct err *e);

#endif
