#include <assert.h>
#include <errno.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <string.h>
#include <sys/random.h>

#include "odca/key.h"
#include "sim/tpm/identity.h"
#include "sim/base/tpm2.h"
#include "sim/tpm/wrap.h"

/* What ld --wrap calls; declared here, libtpms' own headers are not public. */
#define WEAK __attribute__((weak))

struct ecc_curve_data;
struct curve_instance { /* libtpms: OSSL_CURVE_DATA, "bigCurve" */
	const struct ecc_curve_data *C;
	EC_GROUP *G;
	BN_CTX *CTX;
};

uint8_t __real_TPMCapGetProperties(
    uint32_t property, uint32_t count, struct tpm_properties *list) WEAK;
uint8_t __wrap_TPMCapGetProperties(
    uint32_t property, uint32_t count, struct tpm_properties *list);
int32_t __wrap__plat__GetEntropy(unsigned char *out, uint32_t n);
int __real__plat__IsNvAvailable(void) WEAK;
int __wrap__plat__IsNvAvailable(void);
int __real__plat__IsCanceled(void) WEAK;
int __wrap__plat__IsCanceled(void);
struct curve_instance *
__real_BnCurveInitialize(struct curve_instance *curve, uint16_t id) WEAK;
struct curve_instance *
__wrap_BnCurveInitialize(struct curve_instance *curve, uint16_t id);

/* libtpms' own, called by the wraps. */
const struct ecc_curve_data *GetCurveData(uint16_t id) WEAK;
BN_CTX *OsslContextEnter(void) WEAK;

atomic_bool wrap_cancel, wrap_cancel_once;
atomic_bool wrap_nv_off;
bool wrap_named_curves = true;

bool
wrap_active(void)
{
	return __real_TPMCapGetProperties != NULL;
}

/* --- identity ------------------------------------------------------------ */

/* Inside the TPM, so that audit sessions and their HMACs cover what the client
 * sees; a rewritten response would break them. */
uint8_t
__wrap_TPMCapGetProperties(
    uint32_t property, uint32_t count, struct tpm_properties *list)
{
	struct tpm_properties firmware = { .count = 0 };
	uint8_t more = __real_TPMCapGetProperties(property, count, list);

	(void)__real_TPMCapGetProperties(PT_FIRMWARE_VERSION_1, 2, &firmware);
	if (firmware.count == 2)
		identity_apply(
		    firmware.list[0].value, firmware.list[1].value, list);
	return more;
}

void
wrap_firmware_version(uint32_t *ret_v1, uint32_t *ret_v2)
{
	struct tpm_properties p = { .count = 0 };

	/* Of 0.9, for a shared library that cannot be asked. */
	*ret_v1 = 0x20191023;
	*ret_v2 = 0x00163636;
	if (wrap_active())
		(void)__real_TPMCapGetProperties(PT_FIRMWARE_VERSION_1, 2, &p);
	if (p.count != 2)
		return;
	*ret_v1 = p.list[0].value;
	*ret_v2 = p.list[1].value;
}

/* --- entropy ------------------------------------------------------------- */

static struct {
	uint8_t once[64];
	size_t once_n;
	bool streaming;
	uint8_t stream_key[SHA384_SIZE];
	uint64_t stream_block;
} entropy;

void
wrap_entropy_once(struct span once)
{
	assert(once.n <= sizeof(entropy.once));
	memcpy(entropy.once, once.p, once.n);
	entropy.once_n = once.n;
}

int
wrap_entropy_stream(struct span seed)
{
	entropy.streaming = sha384(seed, entropy.stream_key) == 0;
	entropy.stream_block = 0;
	return entropy.streaming ? 0 : -1;
}

/* Block i is HMAC-SHA384(key, i): anything that a seed determines will do, the
 * TPM's own DRBG is behind it. */
static int32_t
entropy_from_stream(unsigned char *out, uint32_t n)
{
	uint8_t block[SHA384_SIZE];
	size_t take;

	for (uint32_t at = 0; at < n; at += (uint32_t)take) {
		auto_buf counter = BUF_INIT(8);

		if (buf_put_u64(&counter, entropy.stream_block++) ||
		    hmac_sha384(SPAN_OF(entropy.stream_key), buf_span(&counter),
			block) != 0)
			return -1;
		take = n - at < sizeof(block) ? n - at : sizeof(block);
		memcpy(out + at, block, take);
	}
	return (int32_t)n;
}

/* The kernel's, not libcrypto's: its generator takes a millisecond to set up,
 * and is seeded from here anyway. */
static int32_t
entropy_from_kernel(unsigned char *out, uint32_t n)
{
	ssize_t got;

	for (uint32_t at = 0; at < n; at += (uint32_t)got) {
		got = getrandom(out + at, n - at, 0);
		if (got < 0 && errno == EINTR)
			got = 0;
		if (got < 0)
			return -1;
	}
	return (int32_t)n;
}

int32_t
__wrap__plat__GetEntropy(unsigned char *out, uint32_t n)
{
	/* A (re)seed is announced so. */
	if (n == 0)
		return 0;
	if (entropy.once_n >= n) {
		memcpy(out, entropy.once, n);
		explicit_bzero(entropy.once, sizeof(entropy.once));
		entropy.once_n = 0;
		return (int32_t)n;
	}
	if (entropy.streaming)
		return entropy_from_stream(out, n);
	return entropy_from_kernel(out, n);
}

/* --- platform lines ------------------------------------------------------ */

int
__wrap__plat__IsNvAvailable(void)
{
	/* 1: not available; TPM2_Startup and NV writes check it. */
	return atomic_load(&wrap_nv_off) ? 1 : __real__plat__IsNvAvailable();
}

int
__wrap__plat__IsCanceled(void)
{
	/* The protocol's cancel is a level; libtpms clears its own flag at the
	 * begin of each command. */
	return atomic_load(&wrap_cancel) || atomic_load(&wrap_cancel_once)
		   ? 1
		   : __real__plat__IsCanceled();
}

/* --- elliptic curves ----------------------------------------------------- */

static const struct {
	uint16_t id; /* TPM_ECC_CURVE, TPM 2.0 Part 2, 6.4 */
	int nid;
} named_curves[] = {
	{ ECC_NIST_P256, NID_X9_62_prime256v1 },
	{ ECC_NIST_P384, NID_secp384r1 },
	{ ECC_NIST_P521, NID_secp521r1 },
};

static EC_GROUP *
named_group(uint16_t id)
{
	for (size_t i = 0; i < sizeof(named_curves) / sizeof(*named_curves);
	     i++)
		if (named_curves[i].id == id)
			return EC_GROUP_new_by_curve_name(named_curves[i].nid);
	return NULL;
}

/* libtpms makes each group from explicit parameters, which keeps OpenSSL on
 * its generic arithmetic; by name it uses the curve's own (P-256: 10 times
 * faster). The caller frees the group and ends the context (BnCurveFree). */
struct curve_instance *
__wrap_BnCurveInitialize(struct curve_instance *curve, uint16_t id)
{
	EC_GROUP *group = NULL;

	if (curve != NULL && wrap_named_curves && GetCurveData(id) != NULL)
		group = named_group(id);
	if (group == NULL)
		return __real_BnCurveInitialize(curve, id);
	curve->C = GetCurveData(id);
	curve->CTX = OsslContextEnter();
	curve->G = group;
	return curve;
}
