/*
 * Harness `linear`: a file with all states of a TPM. What is taken out of it is
 * there still after another state was written and removed; what is refused has
 * a reason, and is not changed.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/limits.h"
#include "sim/tpm/linear.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MAX_INPUT (64 * 1024)
#define N_STATES  3

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
require_file(const char *path, struct span want)
{
	auto_buf have = BUF_INIT(MAX_INPUT);

	require(file_read(AT_FDCWD, path, &have, NULL) == 0 &&
		span_eq(buf_span(&have), want));
}

/* Both are there or not, and alike. */
static void
require_same(
    const struct linear *l, size_t i, const struct buf *before, bool there)
{
	auto_buf now = BUF_INIT(MAX_INPUT);

	require((linear_read(l, i, &now, NULL) == 0) == there &&
		span_eq(buf_span(&now), buf_span(before)));
}

static void
use(struct linear *l, size_t i)
{
	struct buf before[N_STATES];
	bool there[N_STATES];

	for (size_t j = 0; j < N_STATES; j++) {
		buf_init(&before[j], MAX_INPUT);
		there[j] = linear_read(l, j, &before[j], NULL) == 0;
	}
	require(linear_write(l, i, SPAN_STR("new"), FILE_NOSYNC, NULL) == 0);
	require(linear_check(l, NULL) == 0);
	for (size_t j = 0; j < N_STATES; j++)
		if (j != i)
			require_same(l, j, &before[j], there[j]);
	require(linear_delete(l, i, NULL) == 0);
	require(linear_check(l, NULL) == 0);
	for (size_t j = 0; j < N_STATES; j++) {
		if (j != i)
			require_same(l, j, &before[j], there[j]);
		buf_free(&before[j]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char path[] = "/tmp/fuzz-linear.XXXXXX";
	struct err e = ERR_INIT;
	struct linear *l;
	int fd;

	if (n > MAX_INPUT)
		return 0;
	require((fd = mkstemp(path)) >= 0);
	require(write(fd, data, n) == (ssize_t)n);
	(void)close(fd);
	require(linear_open(path, true, 0, &l, &e) == 0);
	if (linear_check(l, &e) != 0) {
		require(e.code != E_OK && e.msg[0] != '\0');
		require(linear_write(
			    l, 0, SPAN_STR("new"), FILE_NOSYNC, NULL) != 0);
		require_file(path, (struct span){ data, n });
	} else {
		use(l, n % N_STATES);
	}
	linear_free(l);
	(void)unlink(path);
	return 0;
}
