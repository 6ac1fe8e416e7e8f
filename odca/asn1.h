/*
 * asn1.h - the only owner of libtasn1.  Types come from certs/odca.asn, and
 * those that begin with "SCEP." from certs/scep.asn.
 */
#ifndef ODCA_ASN1_H
#define ODCA_ASN1_H

#include <libtasn1.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"

/* A node of type ("Certificate", "GeneralNames" ...) to be filled; free with
 * asn1_delete_structure() or auto_asn1. */
int asn1_make(const char *type, asn1_node *ret, struct err *e);
/* Decode der, all of it, as type. */
int
asn1_decode(const char *type, struct span der, asn1_node *ret, struct err *e);
/* Append the DER of node's element path ("" for all of it). */
int
asn1_encode(asn1_node node, const char *path, struct buf *out, struct err *e);

/* Write an element: raw content (OCTET STRING, UTF8String, ANY, INTEGER as
 * two's complement content octets), text (an OBJECT IDENTIFIER as dotted text,
 * an INTEGER in decimal, a time, a string, or a keyword: "TRUE", "NEW", the
 * name of a CHOICE), bits (n of them). NULL path value
 * drops an OPTIONAL. */
int
asn1_put(asn1_node node, const char *path, struct span value, struct err *e);
int asn1_put_text(
    asn1_node node, const char *path, const char *value, struct err *e);
/* Where the type is ANY: a UTF8String or PrintableString, tag and length
 * included. */
int asn1_put_utf8(
    asn1_node node, const char *path, const char *value, struct err *e);
int asn1_put_printable(
    asn1_node node, const char *path, const char *value, struct err *e);
int asn1_put_bits(asn1_node node, const char *path, struct span bits,
    unsigned n, struct err *e);
/* Fill an element of type with DER that somebody else encoded. */
int asn1_put_der(asn1_node node, const char *path, const char *type,
    struct span der, struct err *e);
int asn1_drop(asn1_node node, const char *path, struct err *e);

static inline void
auto_asn1_fn(asn1_node *n)
{
	if (*n != NULL)
		asn1_delete_structure(n);
}

#define auto_asn1 AUTO(auto_asn1_fn) asn1_node

#endif
