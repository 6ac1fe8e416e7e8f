/*
 * field.h - what certificates and CRLs are made of alike, read from DER.
 *
 * cert.c and crl.c put these together, ext.c reads what is inside extensions.
 * Readers that take their field off a span move nothing when they fail.
 */
#ifndef ODCA_FIELD_H
#define ODCA_FIELD_H

#include <time.h>

#include "odca/der.h"
#include "odca/key.h"

struct ext {
	struct span oid;   /* content octets of the OBJECT IDENTIFIER */
	char oid_text[48]; /* "2.5.29.19" */
	bool critical;
	bool critical_encoded; /* the BOOLEAN is there (010100 or 0101ff) */
	bool known;            /* its type is one that we decode */
	struct span value;     /* content of the OCTET STRING */
};

/* der is one SEQUENCE of at most max bytes, strict at every depth; E_LIMIT,
 * E_SHORT or E_FORMAT otherwise. what begins the message. */
int field_frame(struct span der, size_t max, const char *what, struct err *e);

/* Take the next element of s, which has to be a tag; E_FORMAT. */
int field_take(struct span *s, uint8_t tag, struct der *ret, const char *what,
    struct err *e);
/* Take the next element of s, if it is a tag. */
bool field_take_if(struct span *s, uint8_t tag, struct der *ret);
/* Take the octets of a BIT STRING off s, of whole octets only. */
int field_take_octets(
    struct span *s, struct span *ret, const char *what, struct err *e);

/* The content of an Extension; known stays false. */
int field_ext(struct span content, struct ext *ret, struct err *e);
/* The value of x is type, and *ret the content of that one element. */
int field_ext_value(
    const struct ext *x, const char *type, struct span *ret, struct err *e);
/* The OID that the content of an AlgorithmIdentifier begins with, "" when it
 * does not; *ret_params is the rest. */
void field_algorithm(
    struct span content, char *oid, size_t size, struct span *ret_params);
/* A signature algorithm that we verify. Parameters are not looked at: none,
 * or the NULL that Intel's root has. */
bool field_sig_alg(struct span content, enum sig_alg *ret);
/* "ecdsa-with-SHA384"; the OID of one that we do not verify. */
void field_sig_name(struct span content, char *out, size_t size);
/* UTCTime or GeneralizedTime as RFC 5280 4.1.2.5 has them. */
int field_time(struct der d, time_t *ret);
/* INTEGER, 0 to INT_MAX. */
int field_uint(struct span content, unsigned *ret);
/* BOOLEAN: 00 or ff, nothing else. */
int field_bool(struct span content, bool *ret);

#endif
