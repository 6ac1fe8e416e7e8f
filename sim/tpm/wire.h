/*
 * wire.h - requests on the four kinds of port, as a codec: bytes in, bytes out,
 * no descriptors, so that it is unit-tested and fuzzed.
 *
 * One row of a table is one command: which port takes it, how many bytes
 * follow its code (THE framing), whether it has to wait for the TPM, and what
 * it does.  The simulators' protocol is in mssim.c (PROTOCOL.mssim), swtpm's
 * control channel in swtpm.c (PROTOCOL.swtpm).  server.c moves bytes and
 * decides when a row runs.
 */
#ifndef SIM_TPM_WIRE_H
#define SIM_TPM_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"

enum port {                      /* bits */
	PORT_MSSIM = 1,          /* the simulators' command port */
	PORT_MSSIM_PLATFORM = 2, /* and what plays the platform */
	PORT_SWTPM_DATA = 4,     /* swtpm's data channel */
	PORT_SWTPM_CTRL = 8,     /* swtpm's control channel */
};

/* What happens to the connection after a row ran. */
enum wire_then {
	THEN_CONTINUE,
	THEN_CLOSE,       /* after what is in the reply was sent */
	THEN_STOP_PORT,   /* close, and no new connections on this port */
	THEN_STOP_SERVER, /* close, and the program ends */
	THEN_ADOPT,       /* the descriptor that came along is a data channel */
};

/* Per connection; starts as zeros and its port. */
struct wire_session {
	enum port port;
	bool raw;     /* bare TPM commands, seen from the first bytes */
	bool started; /* the first bytes were seen */
	/* A write of the client is one command, as QEMU has it: then what a
	 * guest put into a command's size cannot lose the next one's begin. */
	bool whole_writes;
	uint8_t pad; /* octets of padding that may precede the next code */
};

struct wire_cmd;

/* One whole request, spans into the connection's input. */
struct wire_request {
	const struct wire_cmd *cmd; /* NULL: unknown code */
	enum port port;
	uint32_t code;
	struct span fixed; /* the fixed part */
	struct span body;  /* the variable part: a TPM command, data to hash */
	size_t used;       /* bytes of input that it takes */
	bool raw;          /* a TPM command that has no frame */
	/* What the server knows when the row runs: */
	bool tpm_busy;      /* a long command runs */
	bool fd_passed;     /* a socket came with it (SCM_RIGHTS) */
	bool data_attached; /* a data channel that came so is open */
};

/* The power that a row needs; without it the answer is an error. */
enum wire_power { POWER_ANY, POWER_ON, POWER_OFF };

struct wire_cmd {
	uint32_t code;
	unsigned ports;   /* bits of enum port */
	const char *name; /* log, PROTOCOL files, test names */
	uint16_t fixed;   /* bytes after the code; fewer means wait for more */
	uint8_t pad;      /* and bytes that some clients send after those */
	uint32_t var_max; /* > 0: the last u32 of the fixed part counts bytes
			     that follow, at most this */
	bool needs_tpm;   /* waits while a long command runs; the others are
			     answered meanwhile */
	bool slow;        /* may take long: runs on a thread */
	enum wire_then (*run)(const struct wire_request *, struct buf *reply);
	const char *help;
	/* swtpm's control channel only: */
	uint32_t capability; /* bit that says that there is this row */
	enum wire_power power;
	uint8_t error_size; /* of a reply that is an error; 0: 4 */
};

/* What most rows answer with. A reply fits: its buf holds MAX_WIRE_REPLY. */
static inline enum wire_then
wire_answer(struct buf *reply, uint32_t result)
{
	(void)buf_put_u32(reply, result);
	return THEN_CONTINUE;
}

/* Rows of both protocols: an H-CRTM or D-RTM event. */
enum wire_then wire_hash_start(const struct wire_request *r, struct buf *reply);
enum wire_then wire_hash_data(const struct wire_request *r, struct buf *reply);
enum wire_then wire_hash_end(const struct wire_request *r, struct buf *reply);

/* The tables, for tests, docs and logs. */
extern const struct wire_cmd mssim_cmds[];
extern const size_t mssim_n_cmds;
extern const struct wire_cmd swtpm_cmds[];
extern const size_t swtpm_n_cmds;

/*
 * Find the request that in begins with. 1: *ret is set; 0: need more bytes;
 * -1: protocol error, close without a reply (E_LIMIT: a size beyond var_max).
 * An unknown code is a request with cmd NULL.
 */
int wire_parse(struct wire_session *s, struct span in, struct wire_request *ret,
    struct err *e);
/*
 * Run it (engine calls happen here) and append the whole reply, which reply
 * has room for: MAX_WIRE_REPLY. A row that needs the TPM runs on any thread.
 */
enum wire_then wire_run(const struct wire_request *r, struct buf *reply);
/* True for a request that takes longer than others should wait. */
bool wire_is_long(const struct wire_request *r);
/* The TPM's command in a request, and its response in what was replied to it;
 * nothing where there is none. For logs. */
struct span wire_command(const struct wire_request *r);
struct span wire_response(const struct wire_request *r, struct span reply);

#endif
