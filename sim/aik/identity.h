/*
 * identity.h - a TPM's request for an AIK certificate (messageType 19, "TPM
 * identity request"): read, and held to all that MS-WCCE 3.2.2.6.2.1.2.5.1 asks
 * of it.
 */
#ifndef SIM_AIK_IDENTITY_H
#define SIM_AIK_IDENTITY_H

#include "sim/aik/credential.h"
#include "sim/aik/refusal.h"
#include "sim/aik/trust.h"

/* For whom it is encrypted, and by what it is judged. */
struct identity_judge {
	const struct key *key; /* of the RA Encryption certificate */
	struct span cert;
	struct trust *trust;
	struct span issuing; /* the authority's issuing CA */
	bool no_lists;       /* of revocations: none can be had */
};

/* What holds. Free with identity_done(), also after a failure; start from
 * IDENTITY_INIT. */
struct identity {
	struct buf request, ek_info, ek_name; /* what the spans borrow from */
	struct span spki;                     /* the AIK's */
	struct tpm_name name;                 /* the AIK's */
	struct span ski;                      /* asked for; n == 0: none */
	struct span san; /* DER Name of the EK certificate's */
	struct credential_ek ek;
};

#define IDENTITY_INIT                                                          \
	{                                                                      \
		.request = BUF_INIT(MAX_CMS_SIZE),                             \
		.ek_info = BUF_INIT(MAX_CMS_SIZE),                             \
		.ek_name = BUF_INIT(MAX_CERT_SIZE),                            \
	}

/* 0, or -1 with the reason in *why. */
int identity_check(const struct identity_judge *j, const struct scep_message *m,
    struct identity *ret, struct refused *why);
void identity_done(struct identity *i);

#define auto_identity AUTO(identity_done) struct identity

#endif
