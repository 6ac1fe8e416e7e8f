/*
 * family.h - the platforms that can be emulated: data, one row a family and
 * one a fuse batch (family_table.c).
 *
 * A row says what differs between platforms; what a certificate of each level
 * looks like stands in profile_table.c.  Facts that were not seen on silicon
 * but inferred are named in the rows' `inferred` texts, which `mint` and
 * `show` print.
 */
#ifndef ODCA_FAMILY_H
#define ODCA_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who certifies an EK, and how the certificates are laid out. */
enum generation {
	GEN_ONDIE,    /* TGL, MCC, EBG: "OnDie CA CSME ..." */
	GEN_CA2,      /* ADL, RPL: "ODCA CA2 CSME ..." */
	GEN_SOC,      /* MTL and later: path lengths, policies, EKU on CAs */
	GEN_ONDIE_DE, /* debug-fused parts of these, below a root of their own
		       */
	GEN_CA2_DE,
	GEN_SOC_DE,
	GEN_EPID_SPT, /* before: Intel's servers certify EKs; Skylake's form */
	GEN_EPID,     /* and the form of Cannon Lake and later */
	GEN_AIK,      /* no part's: who certifies AIKs (service_table.c) */
	GEN_TLS,      /* and who certifies the servers */
	GEN_COUNT,
};

/* One fuse batch = one issuing CA. */
struct batch {
	const char *number; /* "00002004", "00003648 NZ"; EPID: the group */
	enum generation gen;
	char kind; /* P production, E engineering, T test, D debug; 0: none */
	const char *part; /* in names: "TGL", "MTL SOC"; EPID: group and pid */
	const char *engine;     /* NULL: CSME */
	const char *not_before; /* UTCTime of issuing CA and ROM CA */
	const char *crl_date;   /* UTCTime of its first CRL; NULL: not_before */
	const char *policies;   /* last two arcs of each; NULL: none */
	const char *site; /* where its issuer's files are; NULL: the usual */
	const char *inferred; /* NULL: all of the row was seen */
};

struct family {
	const char *name;     /* --family */
	const char *platform; /* for people: "Tiger Lake (11th gen Core)" */
	const char *model;    /* SAN tpmModel */
	const char *vendor;   /* TPM_PT_VENDOR_STRING_1 and on */
	const struct batch *batches; /* number NULL ends */
	const char *batch;           /* the default one's number */
	const char *fw_not_before;   /* UTCTime of Kernel CA, PTT CA and EK */
	uint32_t firmware1;     /* TPM_PT_FIRMWARE_VERSION_1 = SAN tpmVersion */
	uint32_t firmware2;     /* TPM_PT_FIRMWARE_VERSION_2 */
	uint32_t spec_revision; /* TPM_PT_REVISION = SDA tpmSpecification */
	uint32_t spec_year;     /* TPM_PT_YEAR */
	uint32_t spec_day;      /* TPM_PT_DAY_OF_YEAR */
	const char *inferred; /* what was not seen on silicon; NULL: all seen */
};

/* Rows, for lists and for "did you mean"; *ret_n gets the count. */
const struct family *family_all(size_t *ret_n);
/* NULL for an unknown name. */
const struct family *family_find(const char *name);
/*
 * The family of a TPM by what it says of itself, so that a state that moved
 * without its directory keeps its identity: by both words of its firmware
 * version; else by major version (upper 16 bits of the first word) and, unless
 * NULL, vendor string; else by major version. NULL when it is none of ours.
 */
const struct family *
family_of_tpm(uint32_t firmware1, uint32_t firmware2, const char *vendor);
/*
 * The batch that people call by its number alone ("00003648"), with what stands
 * behind it ("00003648_NZ" or "00003648 NZ"), with its kind before it
 * ("E_00003044"); NULL name: the default one. NULL when the family has none.
 */
const struct batch *family_batch(const struct family *f, const char *name);

/* EK certificates come from Intel's service (EKOP), not from the part itself:
 * there are none in NV. */
bool gen_is_epid(enum generation gen);
/* Of no part at all: service.h. */
bool gen_is_service(enum generation gen);
/* Of a debug-fused part: below the DEBUG root. */
bool gen_is_debug(enum generation gen);

#endif
