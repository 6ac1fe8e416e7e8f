/*
 * pki_list.h - which CAs the tables ask for, and their files in a hierarchy.
 * For pki.c, pki_create.c and pki_crl.c.
 */
#ifndef ODCA_PKI_LIST_H
#define ODCA_PKI_LIST_H

#include "odca/crl_profile.h"
#include "sim/base/limits.h"

#define MAX_CA_NAME  48
#define MAX_CA_FILE  (MAX_CA_NAME + 32)
#define CA_CERT_FILE "certs/%s.cer"
#define CA_CRL_FILE  "crls/%s.crl"
#define CA_KEY_FILE  "keys/%s.TEST-ONLY.pem"
#define CA_HOST_FILE "host"

struct ca {
	char name[MAX_CA_NAME]; /* of its files */
	const struct profile *profile;
	const struct crl_profile *crl; /* in a list of CRLs: this one of them */
	struct vars vars;
};

struct ca_list {
	struct ca ca[MAX_CAS];
	size_t n;
};

/* Letters, digits, dots, hyphens, as many as MAX_HOST_LENGTH; E_USAGE. */
int pki_check_host(const char *host, struct err *e);
/* All of them, issuers before what they issue; host is borrowed. */
int pki_list(struct ca_list *l, const char *host, struct err *e);
/* In place of CAs the CRLs that they sign, each with its CA's profile. */
int pki_list_crls(struct ca_list *l, struct err *e);
/* The one that signs ca's certificate; NULL when it is not in the list. */
const struct ca *
pki_list_issuer(const struct ca_list *l, const struct ca *ca, struct err *e);
/* Where its files are; what is there stays. name is dir's, for people. */
int pki_make_dirs(int dir, const char *name, struct err *e);

#endif
