#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "odca/device.h"
#include "sim/base/limits.h"

#define MAX_LABEL 96

/* Derive n bytes for a label of this version of the ladder. The same seed on
 * another ladder is another device: a change below counts the version up. */
static int __attribute__((format(printf, 5, 6)))
derive(const struct fuses *fuses, uint8_t *out, size_t n, struct err *e,
    const char *fmt, ...)
{
	char label[MAX_LABEL] = "odcasim 1 ";
	const size_t head = strlen(label);
	auto_buf bytes = BUF_INIT(n);
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(label + head, sizeof(label) - head, fmt, ap);
	va_end(ap);
	if (len < 0 || (size_t)len >= sizeof(label) - head)
		return err_set(e, E_LIMIT, "label '%s...' is too long", label);
	if (hkdf_sha384(SPAN_OF(fuses->b), label, n, &bytes) != 0)
		return err_set(
		    e, E_CRYPTO, "derive '%s' from the fuses", label);
	memcpy(out, bytes.p, n);
	return 0;
}

int
fuses_from_seed(const char *seed, struct fuses *ret, struct err *e)
{
	auto_buf bytes = BUF_INIT(FUSES_SIZE);
	const size_t n = strlen(seed);

	if (n == 0 || n > MAX_SEED_LENGTH) {
		(void)err_set(e, E_USAGE, "a seed of %zu bytes", n);
		return err_hint(e,
		    "a seed is a text of 1 to %d bytes; without "
		    "one, the device is a random one",
		    MAX_SEED_LENGTH);
	}
	if (hkdf_sha384(SPAN_STR(seed), "odcasim 1 fuses", FUSES_SIZE, &bytes))
		return err_set(e, E_CRYPTO, "derive the fuses from the seed");
	memcpy(ret->b, bytes.p, FUSES_SIZE);
	return 0;
}

int
fuses_random(struct fuses *ret, struct err *e)
{
	auto_buf bytes = BUF_INIT(FUSES_SIZE);

	if (random_bytes(FUSES_SIZE, &bytes) != 0)
		return err_set(e, E_CRYPTO, "random bytes for the fuses");
	memcpy(ret->b, bytes.p, FUSES_SIZE);
	return 0;
}

/* One rung of the ladder. */
static int
climb(const struct device *d, const char *level, const char *suffix,
    struct key **ret, struct err *e)
{
	uint8_t secret[P384_SECRET_SIZE];
	int rc;

	rc = derive(&d->fuses, secret, sizeof(secret), e, "%s %s%s", level,
	    d->family->name, suffix);
	if (rc == 0)
		rc = key_from_secret(SPAN_OF(secret), ret, e);
	explicit_bzero(secret, sizeof(secret));
	return rc == 0 ? 0 : err_wrap(e, "%s CA key", level);
}

int
device_init(struct device *d, const struct fuses *fuses, const struct family *f,
    const struct batch *b, unsigned svn, struct err *e)
{
	char suffix[16];

	*d = (struct device){
		.family = f, .batch = b, .svn = svn, .fuses = *fuses
	};
	/* The firmware's levels carry its SVN, so that what leaked from an old
	 * firmware is worthless after an update. */
	(void)snprintf(suffix, sizeof(suffix), " svn %02u", svn);
	if (svn < 1 || svn > MAX_SVN)
		(void)err_set(
		    e, E_USAGE, "SVN %u is not in 1 to %d", svn, MAX_SVN);
	else if (climb(d, "rom", "", &d->rom, e) == 0 &&
		 climb(d, "kernel", suffix, &d->kernel, e) == 0 &&
		 climb(d, "ptt", suffix, &d->ptt, e) == 0)
		return 0;
	device_done(d);
	return -1;
}

void
device_done(struct device *d)
{
	key_free(d->rom);
	key_free(d->kernel);
	key_free(d->ptt);
	explicit_bzero(d, sizeof(*d));
}

int
device_tpm_entropy(
    const struct device *d, uint8_t out[static TPM_ENTROPY_SIZE], struct err *e)
{
	return derive(&d->fuses, out, TPM_ENTROPY_SIZE, e, "tpm entropy %s",
	    d->family->name);
}

int
device_unknown_secret(
    const struct device *d, uint8_t out[static P384_SECRET_SIZE], struct err *e)
{
	return derive(
	    &d->fuses, out, P384_SECRET_SIZE, e, "unknown %s", d->family->name);
}

int
device_nv_write_key(const struct device *d,
    uint8_t out[static NV_WRITE_KEY_SIZE], struct err *e)
{
	return derive(&d->fuses, out, NV_WRITE_KEY_SIZE, e, "nv write key %s",
	    d->family->name);
}

int
device_serial(const struct device *d, const char *label, uint8_t *out, size_t n,
    struct err *e)
{
	if (derive(&d->fuses, out, n, e, "serial %s %s", label,
		d->family->name) != 0)
		return -1;
	/* 40..7f first: never negative, never a leading zero. */
	out[0] = (uint8_t)((out[0] & 0x3f) | 0x40);
	return 0;
}

int
device_hw_serial(const struct device *d, struct span rom_serial,
    uint8_t out[static HW_SERIAL_SIZE], struct err *e)
{
	if (rom_serial.n != SERIAL_SIZE)
		return err_set(
		    e, E_LIMIT, "a ROM CA serial number of %zu", rom_serial.n);
	memcpy(out, rom_serial.p, SERIAL_SIZE);
	return derive(&d->fuses, out + SERIAL_SIZE,
	    HW_SERIAL_SIZE - SERIAL_SIZE, e, "hardware serial %s",
	    d->family->name);
}
