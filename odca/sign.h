/*
 * sign.h - how a certificate and a CRL are signed alike: SIGNED { tbs,
 * signatureAlgorithm, signature } of X.509, with the algorithm inside tbs too.
 * For build.c and crl_build.c.
 */
#ifndef ODCA_SIGN_H
#define ODCA_SIGN_H

#include "odca/asn1.h"
#include "odca/key.h"

/* Who signs, and whether NULL parameters stand behind the algorithm, against
 * RFC 5758 3.2, as Intel's root has them. */
struct signer {
	const struct key *key;
	bool null_params;
};

/* Write the AlgorithmIdentifier at path. */
int sign_algorithm(
    asn1_node node, const char *path, const struct signer *s, struct err *e);
/* Sign the element tbs, of at most max bytes, and write the rest of node. */
int sign_tbs(asn1_node node, const char *tbs, size_t max,
    const struct signer *s, struct err *e);

#endif
