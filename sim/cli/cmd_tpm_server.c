#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/base/file.h"
#include "sim/base/log.h"
#include "sim/cli/home.h"
#include "sim/cli/serve.h"

/* The simulators' names, in the current directory. */
#define NVCHIP        "NVChip"
#define COMMAND_PORT  "command.port"
#define PLATFORM_PORT "platform.port"

#define DEFAULT_PORT 2321

static int
remove_nvchip(struct err *e)
{
	struct stat st;

	if (lstat(NVCHIP, &st) != 0)
		return 0;
	if (!S_ISREG(st.st_mode))
		return err_set(e, E_FOREIGN,
		    "'" NVCHIP "' is not a regular file; not removed");
	if (unlink(NVCHIP) != 0)
		return err_errno(e, "remove '" NVCHIP "'");
	return 0;
}

static int
open_nvchip(const struct args *a, struct store **ret, struct err *e)
{
	const struct mint_request any = { .family = NULL };
	auto_store s = NULL;

	if ((a->remove || a->manufacture) && remove_nvchip(e) != 0)
		return -1;
	if (store_open_file(NVCHIP, &s, e) != 0 ||
	    (!store_has_tpm(s) && home_mint_into(&any, s, e) != 0))
		return -1;
	*ret = TAKE(s);
	return 0;
}

static int
write_port(const char *file, unsigned port, struct err *e)
{
	char text[8];
	int n = snprintf(text, sizeof(text), "%u\n", port);

	return file_write(AT_FDCWD, file,
	    (struct span){ (const uint8_t *)text, (size_t)n }, FILE_NOSYNC, e);
}

/* In the words of the simulators, which test suites wait for. */
static int
say_listening(const struct args *a, unsigned port, struct err *e)
{
	if (a->pick_ports && (write_port(COMMAND_PORT, port, e) != 0 ||
				 write_port(PLATFORM_PORT, port + 1, e) != 0))
		return -1;
	if (printf("TPM command server listening on port %u\n"
		   "Platform server listening on port %u\n",
		port, port + 1) < 0 ||
	    fflush(stdout) != 0)
		return err_errno(e, "write to stdout");
	return 0;
}

static int
command_port(const struct args *a, unsigned *ret, struct err *e)
{
	*ret = a->port != 0 ? a->port : DEFAULT_PORT;
	if (a->n_operands == 1 &&
	    opt_number(a->operands[0], 1, 65534, "port", ret, e) != 0)
		return -1;
	if (a->pick_ports)
		*ret = 0;
	return 0;
}

static int
simulate(const struct args *a, bool power, struct err *e)
{
	AUTO(serve_done) struct serve s = { .store = NULL };
	char address[32];
	const struct opt_list addresses = { { address }, 1 };
	const struct serve_options o = { .power = power, .mssim = &addresses };
	struct store *store;
	unsigned port;
	int rc;

	if (a->verbose)
		log_set_level(LOG_INFO);
	if (command_port(a, &port, e) != 0 || open_nvchip(a, &store, e) != 0)
		return -1;
	(void)snprintf(address, sizeof(address), "localhost:%u", port);
	if (serve_start(store, &o, &s, e) != 0 ||
	    serve_confine(CONFINE_KILL, e) != 0 ||
	    say_listening(a, server_port(s.server), e) != 0)
		return -1;
	rc = server_run(s.server, e);
	if (a->pick_ports) {
		(void)unlink(COMMAND_PORT);
		(void)unlink(PLATFORM_PORT);
	}
	return rc;
}

int
cmd_tpm_server(const struct args *a, struct err *e)
{
	return simulate(a, true, e);
}

int
cmd_tpm2_simulator(const struct args *a, struct err *e)
{
	return simulate(a, false, e);
}
