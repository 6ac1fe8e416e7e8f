/*
 * csr.h - what a client asks to have certified: PKCS #10 as Windows fills it
 * for an AIK, plain PKCS #10, and the EK that goes along encrypted.
 *
 * A restricted key cannot sign a request; Windows puts the SHA-256 of the
 * request in place of the signature, and the attestation statement proves the
 * rest (statement.h). Encrypting is odca/cms.h.
 */
#ifndef SIM_AIK_CSR_H
#define SIM_AIK_CSR_H

#include "odca/key.h"
#include "sim/base/limits.h"

/* What Windows says of itself, to be said again. */
#define CSR_OS_VERSION "10.0.19043.2"
#define CSR_CLIENT_ID  "5"
#define CSR_PROCESS    "taskhostw.exe"
#define CSR_PROVIDER   "Microsoft Platform Crypto Provider"

/* What a request of Windows says. Text is ASCII, but machine and user UTF-8. */
struct csr_windows {
	struct span spki; /* SubjectPublicKeyInfo of the AIK */
	const char *os_version, *machine, *user, *process, *provider;
	struct span signer_hash; /* SHA-1 of the SCEP client's certificate */
	struct span san;         /* GeneralNames, those of the EK certificate */
	struct span ski;         /* key identifier asked for */
	struct span statement;   /* attestation statement */
	struct span ek_info;     /* EnvelopedData of an EK_INFO */
};

/* Append the request, its attributes in the order that Windows has. */
int
csr_write_windows(const struct csr_windows *r, struct buf *out, struct err *e);

/* A request that was read, of either kind; spans borrow from it, with n == 0
 * for what it does not have. */
struct csr {
	struct span info;    /* what is signed or hashed, as it was sent */
	struct span subject; /* DER Name */
	struct span spki;
	bool hashed; /* the SHA-256 of info, and no signature */
	enum sig_alg alg;
	struct span sig;
	struct span os_version, provider; /* content of the strings */
	struct span client_info;          /* the DER element */
	struct span signer_hash, statement;
	struct span ek_info;  /* the DER element */
	struct span password; /* challengePassword, content */
	struct span san;      /* GeneralNames */
	struct span ski;      /* key identifier */
	bool key_affinity;
};

/* E_LIMIT, E_SHORT, E_FORMAT. Attributes in any order, unknown ones are read
 * over; one that is there twice is refused. */
int csr_read(struct span der, struct csr *ret, struct err *e);
/* 0 when the hash is that of the request, or the signature that of its key;
 * E_REJECTED, E_CRYPTO. */
int csr_check(const struct csr *r, struct err *e);

/* EK_INFO, MS-WCCE 2.2.2.7.13. */
struct ek_info {
	struct span spki; /* the EK's */
	struct span cert; /* the manufacturer's; n == 0: NULL, none */
	struct span more[MAX_MORE_EK_CERTS];
	size_t n_more;
};

int ek_info_write(const struct ek_info *i, struct buf *out, struct err *e);
/* Spans borrow from der. */
int ek_info_read(struct span der, struct ek_info *ret, struct err *e);

#endif
