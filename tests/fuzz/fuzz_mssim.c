/*
 * fuzz_mssim.c - bytes as either port may get them: the same ones go to a
 * command and to a platform connection.
 */
#include "tests/fuzz/fuzz_wire.h"

/* The TPM and what mssim.c remembers as at first: its counters are forgotten
 * when they are read. Long commands are canceled at once, as no test is there
 * that ends them. */
static void
start(void)
{
	static const uint8_t get_sizes[] = { 0, 0, 0, 25 };
	auto_buf reply = BUF_INIT(64);
	struct wire_session s = { .port = PORT_MSSIM_PLATFORM };

	fake_reset(true);
	fake.cancel = true;
	(void)feed(&s, SPAN_OF(get_sizes), &reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = { data, size };

	if (size > MAX_INPUT)
		return 0;
	try_port(PORT_MSSIM, in, start);
	try_port(PORT_MSSIM_PLATFORM, in, start);
	return 0;
}
