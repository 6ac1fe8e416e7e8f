/*
 * profile.h - what a certificate of each level looks like: data.
 *
 * A row is a certificate type; its issuer names another row, chains follow.
 * Rows of one name belong to different generations.  Texts may hold {words}
 * that profile_text() replaces by what the family, the batch, the firmware or
 * the hierarchy says; build.c makes the DER.
 */
#ifndef ODCA_PROFILE_H
#define ODCA_PROFILE_H

#include <stdbool.h>

#include "odca/family.h"
#include "sim/base/clock.h"
#include "sim/base/err.h"

#define MAX_RDNS         6
#define MAX_PROFILE_EXTS 10
#define MAX_TEXT         160 /* a text, its words replaced */
#define GENS(g)          (1U << (g))

enum ext_id {
	EXT_END,
	EXT_AKI,
	EXT_SKI,
	EXT_BC,
	EXT_KU,
	EXT_EKU,
	EXT_AIA,
	EXT_CRLDP,
	EXT_SDA,
	EXT_SAN,     /* the TPM's */
	EXT_HW_NAME, /* a SAN too: the part's */
	EXT_DNS,     /* a SAN too: a server's */
	EXT_POLICIES,
	EXT_COUNT,
	/* How `critical` is encoded; neither: not at all. */
	CRITICAL = 0x100,     /* 01 01 ff */
	NOT_CRITICAL = 0x200, /* 01 01 00, which DER would leave out */
	EXT_ID_MASK = 0xff,
};

/* A relative distinguished name with one attribute. */
struct rdn {
	const char *oid;
	const char *text;
};

struct profile {
	const char *name;
	const char *issuer;           /* name of a row; its own: self-signed */
	unsigned gens;                /* GENS() of each */
	struct rdn subject[MAX_RDNS]; /* encoded order; none: empty SEQUENCE */
	bool printable;     /* its texts are PrintableString, not UTF8String */
	const char *file;   /* above the device: its name on the host */
	bool null_params;   /* of ecdsa-with-SHA384, against RFC 5758 */
	const char *serial; /* content octets in hex */
	const char
	    *serial_label;       /* or the device derives serial_size of them */
	size_t serial_size;      /* 0: 16 of a device, 20 of a CA */
	const char *not_before;  /* UTCTime */
	unsigned ku;             /* KU_...; with KU_KEY_CERT_SIGN it is a CA */
	bool ku_octet;           /* all of its bits, against X.690 11.2.2 */
	const char *pathlen;     /* in decimal; NULL: none */
	const char *eku;         /* blank separated */
	const char *aia, *crldp; /* URIs */
	const char *crl_issuer;  /* row that signs the CRL instead of issuer */
	const char *policy_arc;  /* what each policy begins with */
	const char *policies;    /* the rest of each, blank separated */
	const char *cps, *notice; /* qualifiers of each: URI, text */
	bool bmp_notice;          /* a BMPString, not a UTF8String */
	struct rdn san[MAX_RDNS]; /* of one directoryName */
	const char *dns; /* of EXT_DNS: names and addresses, blank separated */
	uint16_t exts[MAX_PROFILE_EXTS]; /* encoded order; EXT_END ends */
	bool canonical;                  /* strict DER: no FALSE written out */

	/* In the copy only that a fault changed (fault_act.c), or of which it
	 * depends when it is issued. */
	bool wrong_aki;                     /* of another issuer */
	bool negative_serial;               /* first bit set */
	char own_not_before[UTC_TIME_SIZE]; /* UTCTime in place of the row's */
	char own_not_after[UTC_TIME_SIZE];  /* and of the end of 2049 */
};

/* What the words stand for. */
struct vars {
	const struct family *family;
	const struct batch *batch;
	unsigned svn;
	const char *host;      /* in URIs */
	const char *authority; /* of GEN_AIK: "WUS-INTC-KEYID-B066..." */
	const char *guid;      /* of its certificate's file */
};

const struct profile *profile_all(size_t *ret_n);
/* In profile_table.c or service_table.c; NULL when there is no row of that name
 * for that generation. */
const struct profile *profile_find(const char *name, enum generation gen);
/* Its issuer's row, of the same generation; NULL with E_NOTFOUND. */
const struct profile *
profile_issuer(const struct profile *p, enum generation gen, struct err *e);
/* Has the row that extension? */
bool profile_has(const struct profile *p, enum ext_id id);
/* Copy text to out with every {word} replaced; E_ASN1 for an unknown word,
 * E_LIMIT when the room ends. */
int profile_text(const char *text, const struct vars *v, char *out, size_t size,
    struct err *e);

#endif
