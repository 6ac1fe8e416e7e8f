/*
 * name.h - object identifiers, strings and Names as text for people: printable
 * ASCII always, cut where the room ends.
 */
#ifndef ODCA_NAME_H
#define ODCA_NAME_H

#include "odca/der.h"

/* Content of an OBJECT IDENTIFIER as "2.5.29.19"; "?" when it is none. */
void oid_to_text(struct span oid, char *out, size_t size);
/* Bytes that are not printable, and '\', as \xNN. False when it was cut. */
bool string_to_text(struct span s, char *out, size_t size);
/* A DER Name in encoded order: "OU=..., CN=..."; "" for the empty one. */
void name_to_text(struct span name, char *out, size_t size);

/* Iterate over the attributes of a DER Name, however they are put in RDNs:
 * start with { .rdns = der_content(name) }. False at the end. */
struct name_iter {
	struct span rdns, rdn;
	bool same_rdn; /* as the attribute before */
};
struct name_attr {
	char oid[48];
	struct span value; /* content of the string */
};
bool name_next(struct name_iter *it, struct name_attr *ret);

#endif
