/*
 * fuzz_swtpm.c - bytes as either channel of swtpm's may get them: the same ones
 * go to a control connection and to two kinds of data connections, of which one
 * takes each write for a command.
 */
#include "sim/base/log.h"
#include "sim/tpm/store.h"
#include "tests/fuzz/fuzz_wire.h"

/* The TPM, its state and what swtpm.c remembers as at first. Long commands are
 * canceled at once, as no test is there that ends them. */
static void
start(void)
{
	static struct store *store;
	struct swtpm_options o = { .allow_set_locality = true };

	if (store == NULL)
		require(store_open_memory(&store, NULL) == 0);
	o.store = store;
	require(
	    store_write(store, "permall", SPAN_STR("permanent"), NULL) == 0);
	require(store_delete(store, "volatilestate", NULL) == 0);
	swtpm_configure(&o);
	fake_reset(true);
	fake.cancel = true;
}

/* A monitor's channel: what a guest wrote is dropped to the end of the write,
 * whatever its size says, and the connection lives. */
static void
try_whole_writes(struct span in)
{
	auto_buf reply = BUF_INIT(MAX_REPLIES);
	struct wire_session s = { .port = PORT_SWTPM_DATA,
		.whole_writes = true };

	start();
	(void)feed(&s, in, &reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = { data, size };

	if (size > MAX_INPUT)
		return 0;
	log_set_level(LOG_ERROR);
	try_port(PORT_SWTPM_CTRL, in, start);
	try_port(PORT_SWTPM_DATA, in, start);
	try_whole_writes(in);
	return 0;
}
