/*
 * family.h - the platforms that can be emulated: data, one row a family.
 *
 * A row says what differs between platforms; what a certificate of each level
 * looks like stands in profile_table.c.  Facts that were not seen on silicon
 * but inferred are named in the row's `inferred` text, which `show` prints.
 */
#ifndef ODCA_FAMILY_H
#define ODCA_FAMILY_H

#include <stddef.h>
#include <stdint.h>

/* The two generations of On-Die CA names that are seen up to ADL/RPL. */
enum generation {
	GEN_ONDIE, /* TGL, MCC, EBG: "OnDie CA CSME ..." */
	GEN_CA2,   /* ADL and later: "ODCA CA2 CSME ..." */
};

/* One fuse batch = one issuing CA. */
struct batch {
	const char *number;     /* "00002004" */
	const char *not_before; /* UTCTime of issuing CA and ROM CA */
};

struct family {
	const char *name;     /* --family */
	const char *platform; /* for people: "Tiger Lake (11th gen Core)" */
	enum generation gen;
	const char
	    *code; /* in subject names, SAN model, TPM_PT_VENDOR_STRING_1 */
	const struct batch
	    *batches; /* the first one is the default; number NULL ends */
	const char *fw_not_before; /* UTCTime of Kernel CA, PTT CA and EK */
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
/* The family of a TPM by its TPM_PT_FIRMWARE_VERSION_1 (major version in the
 * upper 16 bits), so that a state that moved without its directory keeps its
 * identity. NULL when it is none of ours. */
const struct family *family_by_firmware(uint32_t firmware1);
/* NULL for a batch that the family does not have. */
const struct batch *family_batch(const struct family *f, const char *number);

#endif
