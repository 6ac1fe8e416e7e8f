/*
 * cert.h - reading certificates: spans into the DER they were parsed from.
 *
 * Lenient where silicon is (explicit FALSE of a DEFAULT FALSE, X.690 11.5; NULL
 * parameters of ECDSA, RFC 5758 3.2), strict in every length.  Judging is
 * verify.c.
 */
#ifndef ODCA_CERT_H
#define ODCA_CERT_H

#include "odca/field.h"
#include "sim/base/limits.h"

enum { /* RFC 5280 4.2.1.3, bit n of the BIT STRING = 1 << n */
	KU_DIGITAL_SIGNATURE = 1 << 0,
	KU_NON_REPUDIATION = 1 << 1,
	KU_KEY_ENCIPHERMENT = 1 << 2,
	KU_DATA_ENCIPHERMENT = 1 << 3,
	KU_KEY_AGREEMENT = 1 << 4,
	KU_KEY_CERT_SIGN = 1 << 5,
	KU_CRL_SIGN = 1 << 6,
};

/* Of the RSA keys that a TPM makes (exponent 0 in a template). */
#define RSA_EXPONENT 65537

enum key_kind { KEY_OTHER, KEY_RSA, KEY_EC };

struct cert {
	struct span der;             /* whole certificate */
	struct span tbs;             /* signed part, tag and length included */
	unsigned version;            /* 1 to 3 */
	struct span serial;          /* content octets */
	struct span issuer, subject; /* DER Names */
	char issuer_text[MAX_NAME_TEXT];  /* "CN=..., OU=..." as encoded order,
					     comma separated */
	char subject_text[MAX_NAME_TEXT]; /* "" for the empty name */
	time_t not_before, not_after;
	struct span spki; /* DER SubjectPublicKeyInfo */
	enum key_kind key_kind;
	char key_name[16];     /* "RSA-2048", "P-384" ..., "" for others */
	unsigned rsa_exponent; /* 0: no RSA key, or beyond 31 bits */
	bool have_pubkey;      /* pubkey is set: RSA-2048, P-256 or P-384 */
	struct pubkey pubkey;
	bool algs_agree;   /* inside and outside of what is signed */
	char sig_name[48]; /* "ecdsa-with-SHA384", or an OID */
	bool sig_known;    /* sig_alg is set */
	enum sig_alg sig_alg;
	struct span sig; /* BIT STRING content after the unused-bits octet */
	struct ext exts[MAX_EXTS]; /* of two of one kind the first is decoded */
	size_t n_exts;

	/* Decoded extensions; have_... says that they are there. */
	bool have_ski, have_aki, have_bc, have_ku, have_eku, have_san,
	    have_spec;
	struct span ski, aki; /* key identifiers */
	bool is_ca;
	int pathlen;    /* -1: none */
	unsigned ku;    /* KU_... */
	bool eku_ek;    /* 2.23.133.8.1 tcg-kp-EKCertificate */
	bool eku_ek_ca; /* 2.23.133.8.12, name not verified [OPEN] */
	bool eku_any;   /* anyExtendedKeyUsage */
	/* SAN of an EK certificate: directoryName with TCG attributes. */
	char tpm_manufacturer[32]; /* "id:494E5443" */
	char tpm_model[64];
	char tpm_version[32]; /* "id:02580012" */
	/* Subject directory attributes: tpmSpecification. */
	char spec_family[16];
	unsigned spec_level, spec_revision;
	/* First caIssuers URI and first CRL distribution point URI, or "". */
	char aia_uri[MAX_URI];
	char crldp_uri[MAX_URI];
	bool have_crldp;
	bool crldp_indirect; /* cRLIssuer is there */
	struct span
	    crl_issuer; /* DER Name in the first of them; n == 0: none */
};

/* Parse one certificate that is exactly der; spans in *ret borrow from der. */
int cert_parse(struct span der, struct cert *ret, struct err *e);
/* Self-issued and its own signature verifies. */
bool cert_is_self_signed(const struct cert *c);
/* 0 when issuer's key made c's signature. */
int cert_check_signature(
    const struct cert *c, const struct cert *issuer, struct err *e);
/* By key identifier; by name only where one of the two has none. */
bool cert_may_issue(const struct cert *issuer, const struct cert *c);
/* The first extension of a kind, by dotted text, or NULL. */
const struct ext *cert_find_ext(const struct cert *c, const char *oid);
/* Between its two dates, which are part of that time. */
bool cert_is_valid(const struct cert *c, time_t now);
/* Append the certificate as PEM. */
int cert_to_pem(struct span der, struct buf *out);
/* Append every certificate in PEM text (many) or one in DER to out, as
 * concatenated DER. */
int cert_from_file(struct span content, struct buf *out, struct err *e);

#endif
