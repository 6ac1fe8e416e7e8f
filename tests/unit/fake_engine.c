/*
 * fake_engine.c - a TPM of strings, in place of sim/tpm/engine.c: it writes
 * down what it is told, and its long command ends when the test says so.
 *
 * To be included by a test: the archive's engine is not linked then.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/limits.h"
#include "sim/tpm/engine.h"

/* Its commands: what the code of TPM2_SelfTest and so on means here. */
#define FAKE_LONG  0x00000131 /* CreatePrimary: until canceled or released */
#define FAKE_BIG   0x0000017a /* GetCapability: the longest response */
#define FAKE_ERROR 0x0000ffff /* libtpms itself fails */

static struct {
	bool on, nv, cancel, released, broken, established;
	unsigned n_long, n_run; /* long commands begun, commands so far */
	char calls[4096];       /* "power_on process(0,10) ..." */
} fake = { .on = true, .nv = true };
static pthread_mutex_t fake_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t fake_changed = PTHREAD_COND_INITIALIZER;

/* With the lock held. What does not fit is not written down. */
__attribute__((format(printf, 1, 0))) static void
fake_vnote(const char *fmt, va_list ap)
{
	size_t n = strlen(fake.calls);

	(void)vsnprintf(fake.calls + n, sizeof(fake.calls) - n, fmt, ap);
	pthread_cond_broadcast(&fake_changed);
}

__attribute__((format(printf, 1, 2))) static void
fake_note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	pthread_mutex_lock(&fake_lock);
	fake_vnote(fmt, ap);
	pthread_mutex_unlock(&fake_lock);
	va_end(ap);
}

static uint32_t
fake_code(struct span command)
{
	return span_peek_u32(command, 6);
}

static void
fake_put(struct buf *rsp, uint32_t rc, size_t size)
{
	(void)buf_put_u16(rsp, 0x8001);
	(void)buf_put_u32(rsp, (uint32_t)size);
	(void)buf_put_u32(rsp, rc);
	while (rsp->n < size)
		(void)buf_put_u8(rsp, 0xab);
}

static uint32_t
fake_run_long(void)
{
	bool canceled;

	pthread_mutex_lock(&fake_lock);
	fake.n_long++;
	pthread_cond_broadcast(&fake_changed);
	while (!fake.cancel && !fake.released)
		pthread_cond_wait(&fake_changed, &fake_lock);
	canceled = fake.cancel;
	fake.released = false;
	pthread_mutex_unlock(&fake_lock);
	return canceled ? 0x909 : 0;
}

/* For the test: wait until the n-th long command began; let one end. */
static inline void
fake_wait_long(unsigned n)
{
	pthread_mutex_lock(&fake_lock);
	while (fake.n_long < n)
		pthread_cond_wait(&fake_changed, &fake_lock);
	pthread_mutex_unlock(&fake_lock);
}

static inline void
fake_release(void)
{
	pthread_mutex_lock(&fake_lock);
	fake.released = true;
	pthread_cond_broadcast(&fake_changed);
	pthread_mutex_unlock(&fake_lock);
}

static inline void
fake_reset(bool on)
{
	memset(&fake, 0, sizeof(fake));
	fake.on = on;
	fake.nv = true;
}

int
engine_power_on(struct err *e)
{
	if (fake.broken)
		return err_set(e, E_FORMAT, "the fake does not come up");
	fake_note("power_on ");
	fake.on = true;
	return 0;
}

void
engine_power_off(void)
{
	fake_note("power_off ");
	fake.on = false;
}

bool
engine_is_on(void)
{
	return fake.on;
}

int
engine_reset(struct err *e)
{
	if (fake.broken)
		return err_set(e, E_FORMAT, "the fake does not come up");
	fake_note("reset ");
	return 0;
}

void
engine_set_nv(bool on)
{
	fake_note("nv(%d) ", on);
	fake.nv = on;
}

void
engine_set_cancel(bool on)
{
	pthread_mutex_lock(&fake_lock);
	fake.cancel = on;
	pthread_mutex_unlock(&fake_lock);
	fake_note("cancel(%d) ", on);
}

void
engine_cancel(void)
{
	engine_set_cancel(true);
}

void
engine_end_cancel(void)
{
	pthread_mutex_lock(&fake_lock);
	fake.cancel = false;
	pthread_mutex_unlock(&fake_lock);
}

void
engine_set_physical_presence(bool on)
{
	fake_note("presence(%d) ", on);
}

void
engine_set_test_failure(void)
{
	fake_note("test_failure ");
}

int
engine_process(
    uint8_t locality, struct span command, struct buf *rsp, struct err *e)
{
	uint32_t code = fake_code(command), rc = 0;

	fake.n_run++;
	fake_note("process(%u,%zu) ", locality, command.n);
	if (!fake.on)
		return 0;
	if (code == FAKE_ERROR)
		return err_set(e, E_TPM, "the fake failed, as it was told to");
	if (code == FAKE_LONG)
		rc = fake_run_long();
	else if (command.n == 0)
		rc = 0x9a;
	else if (command.n < TPM_HEADER_SIZE)
		rc = 0x142;
	fake_put(rsp, rc, code == FAKE_BIG ? MAX_TPM_RESPONSE : 10);
	return 0;
}

bool
engine_is_long(struct span command)
{
	return fake_code(command) == FAKE_LONG;
}

uint32_t
engine_response_code(struct span response)
{
	return fake_code(response);
}

const char *
engine_command_name(uint32_t command_code)
{
	return "Fake";
}

void
engine_hash_start(void)
{
	fake_note("hash_start ");
}

void
engine_hash_data(struct span data)
{
	fake_note("hash_data(%zu) ", data.n);
}

void
engine_hash_end(void)
{
	fake_note("hash_end ");
}

bool
engine_wants_shutdown(void)
{
	return fake.n_run > 0;
}

bool
engine_established(void)
{
	return fake.established;
}

int
engine_reset_established(uint8_t locality)
{
	fake_note("reset_established(%u) ", locality);
	return locality == 3 || locality == 4 ? 0 : -1;
}

uint32_t
engine_buffer_size(uint32_t wanted, uint32_t *ret_min, uint32_t *ret_max)
{
	*ret_min = 100;
	*ret_max = MAX_TPM_RESPONSE;
	return wanted == 0 || wanted > *ret_max ? *ret_max
	       : wanted < *ret_min              ? *ret_min
						: wanted;
}

int
engine_volatile(struct buf *out, struct err *e)
{
	return buf_put(out, SPAN_STR("volatile"));
}

int
engine_info(uint64_t flags, struct buf *out, struct err *e)
{
	for (flags &= 7; flags > 0; flags--)
		(void)buf_put_u8(out, 'i');
	return 0;
}

int
engine_try_state(struct err *e)
{
	return fake.broken ? err_set(e, E_FORMAT, "damaged") : 0;
}

/* What begins with a '!' does not come up. */
int
engine_try_blob(const char *name, struct span blob, struct err *e)
{
	return blob.n == 0 || blob.p[0] == '!'
		   ? err_set(e, E_FORMAT, "libtpms does not take it")
		   : 0;
}
