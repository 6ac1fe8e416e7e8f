#include <stdio.h>
#include <string.h>

#include "odca/cert.h"
#include "odca/fault_act.h"
#include "odca/profile.h"
#include "sim/base/clock.h"

/* The AUTHREAD and PPREAD bits of TPMA_NV (Part 2, 13.4). */
#define NV_AUTHREAD (1u << 18)
#define NV_PPREAD   (1u << 16)

/* --- HOOK_ROW: how a certificate is built -----------------------------------
 */

static void
drop_ext(struct profile *p, enum ext_id id)
{
	size_t to = 0;

	for (size_t i = 0; i < MAX_PROFILE_EXTS; i++)
		if ((enum ext_id)(p->exts[i] & EXT_ID_MASK) != id)
			p->exts[to++] = p->exts[i];
	while (to < MAX_PROFILE_EXTS)
		p->exts[to++] = EXT_END;
}

static void
set_critical(struct profile *p, enum ext_id id, uint16_t how)
{
	for (size_t i = 0; i < MAX_PROFILE_EXTS; i++)
		if ((enum ext_id)(p->exts[i] & EXT_ID_MASK) == id)
			p->exts[i] = (uint16_t)id | how;
}

/* UTCTime of a moment some days from now. */
static int
days_from_now(int64_t days, char out[static UTC_TIME_SIZE], struct err *e)
{
	const time_t t = clock_now() + (time_t)(days * 24 * 60 * 60);

	return clock_utc_time(t, out) != 0
		   ? err_set(e, E_USAGE, "a date that UTCTime does not have")
		   : 0;
}

int
act_canonical(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	struct profile *p = object;

	p->canonical = true;
	if (profile_has(p, EXT_SDA))
		set_critical(p, EXT_SDA, 0);
	return 0;
}

int
act_expired(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	struct profile *p = object;

	return days_from_now(-arg, p->own_not_after, e);
}

int
act_not_yet_valid(
    const struct fault *f, void *object, int64_t arg, struct err *e)
{
	struct profile *p = object;

	return days_from_now(arg, p->own_not_before, e);
}

int
act_no_aki(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	drop_ext(object, EXT_AKI);
	return 0;
}

int
act_wrong_aki(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	((struct profile *)object)->wrong_aki = true;
	return 0;
}

int
act_subject(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	struct profile *p = object;

	p->subject[0] = (struct rdn){ "2.5.4.3", "odcasim TEST EK" };
	return 0;
}

int
act_no_san(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	drop_ext(object, EXT_SAN);
	return 0;
}

int
act_san_not_critical(
    const struct fault *f, void *object, int64_t arg, struct err *e)
{
	set_critical(object, EXT_SAN, 0);
	return 0;
}

int
act_no_eku(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	drop_ext(object, EXT_EKU);
	return 0;
}

int
act_key_usage(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	((struct profile *)object)->ku = KU_DIGITAL_SIGNATURE;
	return 0;
}

/* Attributes of the SAN, in their order. */
enum { SAN_MANUFACTURER, SAN_MODEL, SAN_VERSION };

int
act_manufacturer(
    const struct fault *f, void *object, int64_t arg, struct err *e)
{
	struct profile *p = object;

	p->san[SAN_MANUFACTURER].text = "id:54455354"; /* TEST */
	return 0;
}

int
act_tpm_version(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	struct profile *p = object;

	p->san[SAN_VERSION].text = "id:00010001";
	return 0;
}

int
act_long_serial(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	struct profile *p = object;

	if (arg > MAX_SERIAL_SIZE)
		return err_set(e, E_USAGE,
		    "a serial number of %lld octets: want at most %d",
		    (long long)arg, MAX_SERIAL_SIZE);
	p->serial_size = (size_t)arg;
	return 0;
}

int
act_negative_serial(
    const struct fault *f, void *object, int64_t arg, struct err *e)
{
	((struct profile *)object)->negative_serial = true;
	return 0;
}

/* --- HOOK_KEY, HOOK_ISSUER, HOOK_CERT ----------------------------------------
 */

/* Generators, which nobody has the key of by chance. */
static const char *const points[] = {
	[KEY_P256] = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a139"
		     "45d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315e"
		     "cecbb6406837bf51f5",
	[KEY_P384] = "04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741"
		     "e082542a385502f25dbf55296c3a545e3872760ab73617de4a96262c"
		     "6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1"
		     "ce1d7e819d7a431d7c90ea0e5f",
};

int
act_other_key(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	struct pubkey *key = object;
	auto_buf point = BUF_INIT(sizeof(key->bytes));

	if (key_alg_is_rsa(key->alg)) {
		key->bytes[key->n / 2] ^= 0x01;
		return 0;
	}
	if (hex_decode(points[key->alg], &point) != 0)
		return err_set(e, E_NOMEM, "point");
	memcpy(key->bytes, point.p, point.n);
	return 0;
}

int
act_unknown_issuer(
    const struct fault *f, void *object, int64_t arg, struct err *e)
{
	struct fault_issuer *i = object;

	if (key_from_secret(i->secret, &i->own, e) != 0)
		return -1;
	i->key = i->own;
	return 0;
}

int
act_bad_signature(
    const struct fault *f, void *object, int64_t arg, struct err *e)
{
	struct buf *der = object;

	/* The last octet is the signature's: DER stays DER. */
	der->p[der->n - 1] ^= 0x01;
	return 0;
}

/* --- HOOK_CHAIN --------------------------------------------------------------
 */

static int
set_chain(
    struct fault_chain *c, const struct span *parts, size_t n, struct err *e)
{
	buf_reset(c->bytes);
	for (size_t i = 0; i < n; i++)
		if (buf_put(c->bytes, parts[i]))
			return err_set(e, E_LIMIT, "chain");
	return 0;
}

int
act_leaf_first(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	struct fault_chain *c = object;
	const struct span parts[] = { c->ptt, c->kernel, c->rom };

	return set_chain(c, parts, 3, e);
}

int
act_no_chain(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	buf_reset(((struct fault_chain *)object)->bytes);
	return 0;
}

static int
pad(struct fault_chain *c, uint8_t octet, int64_t n, struct err *e)
{
	for (int64_t i = 0; i < n; i++)
		if (buf_put_u8(c->bytes, octet))
			return err_set(e, E_LIMIT, "%lld octets behind a chain",
			    (long long)n);
	return 0;
}

int
act_pad_00(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	return pad(object, 0x00, arg, e);
}

int
act_pad_ff(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	return pad(object, 0xff, arg, e);
}

int
act_cut(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	struct buf *b = ((struct fault_chain *)object)->bytes;

	if ((uint64_t)arg >= b->n)
		return err_set(
		    e, E_USAGE, "cut %lld of %zu octets", (long long)arg, b->n);
	b->n -= (size_t)arg;
	return 0;
}

int
act_third_only(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	struct fault_chain *c = object;

	return set_chain(c, &c->ptt, 1, e);
}

int
act_foreign_chain(
    const struct fault *f, void *object, int64_t arg, struct err *e)
{
	struct fault_chain *c = object;

	buf_reset(c->bytes);
	return c->foreign(c->ctx, c->bytes, e);
}

/* --- HOOK_NV, HOOK_CRL -------------------------------------------------------
 */

int
act_leave_out(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	((struct fault_nv *)object)->left_out = true;
	return 0;
}

int
act_owner_only(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	((struct fault_nv *)object)->attributes &= ~(NV_AUTHREAD | NV_PPREAD);
	return 0;
}

int
act_revoke(const struct fault *f, void *object, int64_t arg, struct err *e)
{
	((struct fault_crl *)object)->revoked = true;
	return 0;
}
