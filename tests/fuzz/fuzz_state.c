/*
 * Harness `state`: a state file. What blob_unwrap() takes out of it wraps again
 * to what it takes out again; what it refuses it gives a reason for. The state
 * inside is libtpms' own, see engine_try_state().
 */
#include <stdint.h>
#include <stdlib.h>

#include "sim/base/limits.h"
#include "sim/tpm/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	auto_buf wrapped = BUF_INIT(MAX_STATE_FILE);
	struct span state, again;
	struct err e = ERR_INIT;

	if (blob_unwrap((struct span){ data, n }, &state, &e) != 0) {
		if (e.code == E_OK || e.msg[0] == '\0')
			abort();
		return 0;
	}
	if (blob_wrap(state, &wrapped, &e) != 0 ||
	    blob_unwrap(buf_span(&wrapped), &again, &e) != 0 ||
	    !span_eq(state, again))
		abort();
	return 0;
}
