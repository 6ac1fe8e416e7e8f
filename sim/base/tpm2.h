/*
 * tpm2.h - the constants of TPM 2.0 Part 2 that we use ourselves, by their
 * names there without TPM_, and the shortest response that is made of them.
 */
#ifndef SIM_BASE_TPM2_H
#define SIM_BASE_TPM2_H

#include "sim/base/buf.h"
#include "sim/base/limits.h"

/* clang-format off */
enum tpm_st {			/* 6.9 */
	ST_NO_SESSIONS	= 0x8001,
	ST_SESSIONS	= 0x8002,
	ST_ATTEST_CREATION = 0x801a,
};

enum tpm_rc {			/* 6.6.3 */
	RC_INITIALIZE	= 0x100,
	RC_FAILURE	= 0x101,
	RC_COMMAND_SIZE	= 0x142,
	RC_LOCALITY	= 0x907,
	RC_HANDLE_1	= 0x18b,	/* TPM_RC_HANDLE of the first handle */
	RC_LOCKOUT	= 0x921,
	RC_RETRY	= 0x922,
	RC_NV_UNAVAILABLE = 0x923,
};

enum tpm_alg {			/* 6.3 */
	ALG_RSA		= 0x0001,
	ALG_SHA1	= 0x0004,
	ALG_HMAC	= 0x0005,
	ALG_AES		= 0x0006,
	ALG_KEYEDHASH	= 0x0008,
	ALG_SHA256	= 0x000b,
	ALG_SHA384	= 0x000c,
	ALG_SHA512	= 0x000d,
	ALG_NULL	= 0x0010,
	ALG_SM3_256	= 0x0012,
	ALG_RSASSA	= 0x0014,
	ALG_RSAES	= 0x0015,
	ALG_RSAPSS	= 0x0016,
	ALG_OAEP	= 0x0017,
	ALG_ECDSA	= 0x0018,
	ALG_ECDH	= 0x0019,
	ALG_ECDAA	= 0x001a,
	ALG_SM2		= 0x001b,
	ALG_ECSCHNORR	= 0x001c,
	ALG_ECMQV	= 0x001d,
	ALG_ECC		= 0x0023,
	ALG_SHA3_256	= 0x0027,
	ALG_SHA3_384	= 0x0028,
	ALG_SHA3_512	= 0x0029,
	ALG_CFB		= 0x0043,
};

enum tpm_ecc {			/* 6.4 */
	ECC_NIST_P256	= 0x0003,
	ECC_NIST_P384	= 0x0004,
	ECC_NIST_P521	= 0x0005,
};

enum tpma_object {		/* 8.3 */
	OBJECT_FIXED_TPM		= 1 << 1,
	OBJECT_FIXED_PARENT		= 1 << 4,
	OBJECT_SENSITIVE_DATA_ORIGIN	= 1 << 5,
	OBJECT_RESTRICTED		= 1 << 16,
	OBJECT_DECRYPT			= 1 << 17,
	OBJECT_SIGN			= 1 << 18,
};

/* TPM_GENERATED_VALUE: what begins with it, a TPM made (6.2). */
#define TPM_GENERATED 0xff544347u

enum tpm_cc {			/* 6.5.2 */
	CC_NV_UNDEFINE_SPACE_SPECIAL	= 0x11f,
	CC_NV_DEFINE_SPACE		= 0x12a,
	CC_PCR_ALLOCATE			= 0x12b,
	CC_CREATE_PRIMARY		= 0x131,
	CC_NV_WRITE			= 0x137,
	CC_DA_PARAMETERS		= 0x13a,
	CC_SELF_TEST			= 0x143,
	CC_STARTUP			= 0x144,
	CC_SHUTDOWN			= 0x145,
	CC_NV_READ			= 0x14e,
	CC_POLICY_SIGNED		= 0x160,
	CC_FLUSH_CONTEXT		= 0x165,
	CC_LOAD_EXTERNAL		= 0x167,
	CC_NV_READ_PUBLIC		= 0x169,
	CC_POLICY_COMMAND_CODE		= 0x16c,
	CC_POLICY_OR			= 0x171,
	CC_START_AUTH_SESSION		= 0x176,
	CC_GET_CAPABILITY		= 0x17a,
	CC_GET_TEST_RESULT		= 0x17c,
	CC_POLICY_GET_DIGEST		= 0x189,
};

enum tpm_rh {			/* 7.4 */
	RH_NULL		= 0x40000007,
	RS_PW		= 0x40000009,
	RH_LOCKOUT	= 0x4000000a,
	RH_ENDORSEMENT	= 0x4000000b,
	RH_PLATFORM	= 0x4000000c,
};

enum tpm_se {			/* 6.11 */
	SE_POLICY	= 0x01,
	SE_TRIAL	= 0x03,
};

enum tpm_su {			/* 6.10 */
	SU_CLEAR	= 0x0000,
	SU_STATE	= 0x0001,
};

/* TPM_PT_MANUFACTURER of Intel: "INTC". */
#define MANUFACTURER_INTEL 0x494e5443u

enum tpm_pt {			/* 6.13 */
	PT_REVISION		= 0x102,
	PT_DAY_OF_YEAR		= 0x103,
	PT_YEAR			= 0x104,
	PT_MANUFACTURER		= 0x105,
	PT_VENDOR_STRING_1	= 0x106,
	PT_VENDOR_STRING_2	= 0x107,
	PT_VENDOR_STRING_3	= 0x108,
	PT_VENDOR_STRING_4	= 0x109,
	PT_FIRMWARE_VERSION_1	= 0x10b,
	PT_NV_COUNTERS_MAX	= 0x116,
	PT_MODES		= 0x12d,
	PT_PERMANENT		= 0x200,
	PT_HR_NV_INDEX		= 0x202,
};
/* clang-format on */

/* Append a response that has a code and nothing else (Part 1, 18). */
static inline int
tpm2_put_rc(struct buf *rsp, uint32_t rc)
{
	return buf_put_u16(rsp, ST_NO_SESSIONS) ||
	       buf_put_u32(rsp, TPM_HEADER_SIZE) || buf_put_u32(rsp, rc);
}

#endif
