/*
 * crl.h - certificate revocation lists (RFC 5280 5): reading one, and building
 * one to the byte as the On-Die CA does.
 *
 * Lenient where silicon is (an issuing distribution point that is not
 * critical, 5.2.5; NULL parameters of ECDSA), strict in every length.  Whether
 * a list may be used is checks_crl.c; which lists there are is no matter here.
 */
#ifndef ODCA_CRL_H
#define ODCA_CRL_H

#include "odca/cert.h"
#include "odca/sign.h"

/* RFC 5280 5.3.1 */
enum crl_reason {
	CRL_REASON_NONE = -1, /* no such extension */
	CRL_UNSPECIFIED = 0,
	CRL_KEY_COMPROMISE = 1,
	CRL_CA_COMPROMISE = 2,
	CRL_AFFILIATION_CHANGED = 3,
	CRL_SUPERSEDED = 4,
	CRL_CESSATION_OF_OPERATION = 5,
	CRL_CERTIFICATE_HOLD = 6,
	CRL_REMOVE_FROM_CRL = 8,
	CRL_PRIVILEGE_WITHDRAWN = 9,
	CRL_AA_COMPROMISE = 10,
};

/* A revoked certificate. */
struct crl_entry {
	struct span serial; /* content octets */
	struct span issuer; /* DER Name of the certificate's issuer; when
			       building, n == 0 is the CRL's own */
	time_t when;
	enum crl_reason reason;
};

/* --- building --- */

enum crl_ext {
	CRL_EXT_END,
	CRL_EXT_AKI,
	CRL_EXT_NUMBER,
	CRL_EXT_IDP_INDIRECT, /* issuingDistributionPoint { indirectCRL TRUE }
			       */
	CRL_EXT_COUNT,
};

struct crl_build {
	struct span issuer; /* DER Name */
	struct signer signer;
	struct span aki; /* key identifier of the signer */
	unsigned long number;
	const char *this_update;
	const char *next_update;          /* both UTCTime; NULL: none */
	enum crl_ext exts[CRL_EXT_COUNT]; /* encoded order; CRL_EXT_END ends */
	const struct crl_entry *entries;
	size_t n_entries;
};

/* Append the signed CRL to out; E_LIMIT beyond MAX_CRL_ENTRIES or out's cap.
 * Entries keep their order; those of one issuer are best kept together, for
 * each change of it is written out. */
int crl_build(const struct crl_build *b, struct buf *out, struct err *e);

/* --- reading --- */

struct crl {
	struct span der;    /* whole CRL */
	struct span tbs;    /* signed part, tag and length included */
	struct span issuer; /* DER Name */
	char issuer_text[MAX_NAME_TEXT];
	time_t this_update, next_update;
	bool have_next_update;
	bool sig_known; /* sig_alg is set */
	enum sig_alg sig_alg;
	struct span sig; /* BIT STRING content after the unused-bits octet */
	struct span entries; /* content of revokedCertificates: crl_next() */
	size_t n_entries;

	/* Decoded extensions. */
	struct span aki;    /* key identifier; n == 0: none */
	struct span number; /* content octets; n == 0: none */
	bool indirect;      /* IDP: indirectCRL */
	bool partial;       /* IDP: anything else, which limits the scope */
	/* The first critical extension, of the CRL or an entry, that is not
	 * understood (5.2, 5.3: the list is not to be used then); or "". */
	char critical[48];
};

/* Parse one CRL that is exactly der, entries and all; spans in *ret borrow
 * from der. E_LIMIT, E_SHORT or E_FORMAT. */
int crl_parse(struct span der, struct crl *ret, struct err *e);
/* 0 when issuer's key made c's signature; E_CRYPTO otherwise. */
int crl_check_signature(
    const struct crl *c, const struct cert *issuer, struct err *e);

/* Iterate over the entries of a parsed CRL: start with CRL_ITER(c). An entry's
 * issuer is that of the certificate, given there or before (5.3.3). False at
 * the end. */
struct crl_iter {
	struct span rest;
	struct span issuer;
};
#define CRL_ITER(c)                                                            \
	{                                                                      \
		.rest = (c)->entries, .issuer = (c)->issuer                    \
	}
bool crl_next(struct crl_iter *it, struct crl_entry *ret);
/* The entry for a certificate of issuer (a DER Name, compared as bytes) with
 * serial (content octets); false when it is not listed. */
bool crl_find(const struct crl *c, struct span issuer, struct span serial,
    struct crl_entry *ret);
/* Below 0, 0, above 0: which CRL has the higher number (5.2.3); none is lower
 * than any, and thisUpdate decides when they are the same. */
int crl_compare_age(const struct crl *a, const struct crl *b);
/* "keyCompromise"; "unknown reason" beyond the list, "no reason" for none. */
const char *crl_reason_text(enum crl_reason reason);

/* Append the CRL as PEM. (pem.c) */
int crl_to_pem(struct span der, struct buf *out);
/* Append every CRL in PEM text (many) or one in DER to out, as concatenated
 * DER; der_get() takes them apart. (pem.c) */
int crl_from_file(struct span content, struct buf *out, struct err *e);

#endif
