/*
 * credential.h - TPM2_MakeCredential, without a TPM: a secret that only the TPM
 * with one endorsement key gives away, and only for the object with one Name
 * (Part 1, 24), and the three frames that it travels in.
 */
#ifndef SIM_AIK_CREDENTIAL_H
#define SIM_AIK_CREDENTIAL_H

#include "sim/aik/tpmpublic.h"
#include "sim/base/limits.h"

/* "TACH": what Microsoft's frame begins with in the requests of the AD CS form.
 * No client is known to look at it. */
#define CREDENTIAL_MAGIC 0x48434154u

/* Who it is for: the key, and what its public area says of protection. */
struct credential_ek {
	struct pubkey key; /* RSA-2048, P-256, P-384 */
	enum digest name_alg;
	size_t aes_size; /* of a key of its symmetric definition, in octets */
};

struct credential {
	struct buf id_object; /* TPMS_ID_OBJECT */
	struct buf secret;    /* what is in TPM2B_ENCRYPTED_SECRET */
	uint32_t magic;       /* of Microsoft's frame */
};

#define CREDENTIAL_INIT                                                        \
	{                                                                      \
		.id_object = BUF_INIT(MAX_ID_OBJECT),                          \
		.secret = BUF_INIT(MAX_ENCRYPTED_SECRET),                      \
		.magic = CREDENTIAL_MAGIC,                                     \
	}

enum credential_frame {
	CREDENTIAL_WIRE,      /* TPM2B_ID_OBJECT, TPM2B_ENCRYPTED_SECRET */
	CREDENTIAL_TOOLS,     /* tpm2-tools' file: be32 BADCC0DE, 1, the same */
	CREDENTIAL_MICROSOFT, /* six words, little endian, the same */
};

/* What the TCG's template for such a key has, as a certificate says nothing of
 * it. E_FOREIGN for a kind that has none. */
int credential_ek_of_key(
    const struct pubkey *key, struct credential_ek *ret, struct err *e);
/* From the EK's TPMT_PUBLIC. tpm_public_parse()'s errors; E_FOREIGN for what no
 * storage key has. */
int
credential_ek_parse(struct span tpmt, struct credential_ek *ret, struct err *e);

/* Fill ret, which was CREDENTIAL_INIT. name: of the object, with its algorithm;
 * secret: at most as long as the EK's nameAlg gives, E_LIMIT. E_CRYPTO. */
int credential_make(const struct credential_ek *ek, struct span name,
    struct span secret, struct credential *ret, struct err *e);
/* The half of it that has no chance in it: append the TPMS_ID_OBJECT that the
 * seed, of digest_size(ek->name_alg) octets, gives. */
int credential_protect(const struct credential_ek *ek, struct span seed,
    struct span name, struct span secret, struct buf *out, struct err *e);
void credential_done(struct credential *c);

/* Append c in a frame. E_NOMEM. */
int credential_encode(const struct credential *c, enum credential_frame frame,
    struct buf *out, struct err *e);
/* And back, into ret, which was CREDENTIAL_INIT. E_SHORT, E_FORMAT, E_LIMIT.
 * What stands behind the two structures in Microsoft's frame is left alone. */
int credential_decode(struct span all, enum credential_frame frame,
    struct credential *ret, struct err *e);

#define auto_credential AUTO(credential_done) struct credential

#endif
