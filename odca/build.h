/*
 * build.h - one certificate from a row of profile_table.c, encoded to the byte
 * as the On-Die CA does.
 *
 * No policy here: who may ask for what is pki.c (the hierarchy) and issue.c
 * (the device).
 */
#ifndef ODCA_BUILD_H
#define ODCA_BUILD_H

#include "odca/asn1.h"
#include "odca/key.h"
#include "odca/profile.h"

#define KEY_ID_SIZE 20

struct build {
	const struct profile *profile;
	struct vars vars;
	struct span serial;    /* content octets, minimal and positive */
	struct span hw_serial; /* of EXT_HW_NAME only: the part's own number */
	struct pubkey subject;
	struct span key_id; /* the subject's, or n == 0: made of its key */
	struct span name;   /* the subject's: DER Name, or n == 0: the row's */
	struct span san;    /* of EXT_SAN: DER Name, or n == 0: the row's */
	const struct key *issuer;
};

/* Append the signed certificate. */
int build_cert(const struct build *b, struct buf *out, struct err *e);

/* Append the DER Name of a row's subject. */
int build_subject(const struct profile *p, const struct vars *v,
    struct buf *out, struct err *e);
/* subjectKeyIdentifier of a key, as its generation makes it. */
int build_key_id(const struct pubkey *key, enum generation gen,
    uint8_t out[static KEY_ID_SIZE], struct err *e);

/* For build_ext.c and build.c only. */

/* Fill the Name at path, one attribute an RDN: the row's subject, or another
 * one of its names. */
int build_name(asn1_node node, const char *path, const struct profile *p,
    const struct rdn *rdns, const struct vars *v, struct err *e);
/* Append what the BIT STRING of a SubjectPublicKeyInfo has: the point, or an
 * RSAPublicKey. */
int build_key_bits(const struct pubkey *key, struct buf *out, struct err *e);
/* Write text, its words replaced. */
int build_text(asn1_node node, const char *path, const char *text,
    const struct vars *v, struct err *e);
/* Append the value of an extension. */
int build_ext(const struct build *b, enum ext_id id, const char **ret_oid,
    struct buf *out, struct err *e);

#endif
