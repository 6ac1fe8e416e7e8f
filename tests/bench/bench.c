/*
 * bench - measures what users wait for; scripts/bench runs it.
 *
 *   bench run N -- CMD ...        wall time of CMD; {} is a fresh directory
 *   bench start N raw|mssim -- CMD ...   exec to the first answers, SIGTERM to
 *                                        the end, and GetRandom in between
 *   bench rsa                     make an RSA-2048 EK on a fresh TPM
 *   bench latency STATE PORT      per command, beside the floor
 *
 * Medians in microseconds. Nothing here is asserted: numbers are for people.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <tss2/tss2_tctildr.h>

#include "sim/base/clock.h"
#include "sim/base/limits.h"
#include "sim/tpm/tpmcmd.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/store.h"

#define MAX_SAMPLES 4000

struct samples {
	double us[MAX_SAMPLES];
	size_t n;
};

static void
die(const char *what)
{
	(void)fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
add(struct samples *s, uint64_t ns)
{
	if (s->n < MAX_SAMPLES)
		s->us[s->n++] = (double)ns / 1000;
}

static int
compare(const void *a, const void *b)
{
	double x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? -1 : x > y;
}

/* Value below which share of the samples lie; sorts. */
static double
quantile(struct samples *s, double share)
{
	if (s->n == 0)
		return 0;
	qsort(s->us, s->n, sizeof(s->us[0]), compare);
	return s->us[(size_t)((double)(s->n - 1) * share)];
}

/* --- processes ------------------------------------------------------------ */

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

static pid_t
spawn(char **argv, int out)
{
	pid_t pid = fork();

	if (pid < 0 || argv[0] == NULL)
		die("fork");
	if (pid == 0) {
		(void)dup2(out, STDOUT_FILENO);
		(void)execvp(argv[0], argv);
		die(argv[0]);
	}
	return pid;
}

static void
run(size_t n, char **argv, int argc)
{
	struct samples s = { .n = 0 };
	static const char template[] = "/tmp/odcasim-bench.XXXXXX";
	char dir[sizeof(template)];
	char *copy[64], *fresh;
	uint64_t start;
	int status, null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	for (size_t i = 0; i < n; i++) {
		memcpy(dir, template, sizeof(template));
		if ((fresh = mkdtemp(dir)) == NULL)
			die(dir);
		for (int a = 0; a <= argc && a < 64; a++)
			copy[a] = argv[a] != NULL && !strcmp(argv[a], "{}")
				      ? fresh
				      : argv[a];
		start = clock_ns();
		(void)waitpid(spawn(copy, null), &status, 0);
		add(&s, clock_ns() - start);
		(void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
		if (status != 0) {
			(void)fprintf(stderr, "bench: %s fails\n", argv[0]);
			exit(1);
		}
	}
	(void)printf("%.0f %.0f %.0f\n", quantile(&s, 0.5), quantile(&s, 0.1),
	    quantile(&s, 0.9));
}

/* Where the scheduler puts client and server changes a round trip by half:
 * clients are on the first CPU, servers on the last (scripts/bench). */
static void
stay_on_cpu(long cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) != 0)
		die("sched_setaffinity");
}

/*
 * One spinner a CPU at SCHED_IDLE, for as long as we live: in a virtual machine
 * an idle CPU takes 30 to 60 us to wake up, more than most of what is measured.
 */
static void
keep_cpus_awake(void)
{
	const struct sched_param lowest = { .sched_priority = 0 };
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	for (long i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid > 0)
			continue;
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
		    sched_setscheduler(0, SCHED_IDLE, &lowest) != 0)
			die("spinner");
		stay_on_cpu(i);
		for (;;)
			__asm__ volatile("" ::: "memory");
	}
}

/* --- connections ---------------------------------------------------------- */

static int
connect_to(unsigned port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

static void
read_n(int fd, uint8_t *at, size_t n)
{
	ssize_t got;

	for (; n > 0; n -= (size_t)got, at += got)
		if ((got = read(fd, at, n)) <= 0)
			die("read");
}

/* One write, as a good client does; gives the length of the response. */
static size_t
mssim(int fd, struct span command, uint8_t *response)
{
	auto_buf frame = BUF_INIT(MAX_TPM_COMMAND + 16);
	uint8_t word[4];
	struct span s = SPAN_OF(word);
	uint32_t n;

	if (buf_put_u32(&frame, 8) || buf_put_u8(&frame, 0) ||
	    buf_put_u32(&frame, (uint32_t)command.n) ||
	    buf_put(&frame, command) ||
	    write(fd, frame.p, frame.n) != (ssize_t)frame.n)
		die("write");
	read_n(fd, word, 4);
	if (span_get_u32(&s, &n) || n > MAX_TPM_RESPONSE)
		die("response");
	read_n(fd, response, n + 4);
	return n;
}

static const uint8_t startup[] = { 0x80, 0x01, 0, 0, 0, 12, 0, 0, 1, 0x44, 0,
	0 };
static const uint8_t get_random[] = { 0x80, 0x01, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0,
	32 };
/* What an operating system sends last: whatever comes after it stops a TPM that
 * has nothing to write any more. */
static const uint8_t shutdown_clear[] = { 0x80, 0x01, 0, 0, 0, 12, 0, 0, 1,
	0x45, 0, 0 };

/* Raw: without frames, as swtpm's data channel. n is the response's size. */
static void
ask(int fd, bool raw, struct span command, size_t n)
{
	uint8_t response[MAX_TPM_RESPONSE + 4];

	if (!raw) {
		(void)mssim(fd, command, response);
		return;
	}
	if (write(fd, command.p, command.n) != (ssize_t)command.n)
		die("write");
	read_n(fd, response, n);
}

/* The port in the arguments, else that of our ready line. */
static unsigned
wait_ready(int out, char **argv)
{
	char line[1024] = "";
	const char *at;
	size_t n = 0;

	for (; *argv != NULL; argv++)
		if ((at = strstr(*argv, "port=")) != NULL)
			return (unsigned)strtoul(at + 5, NULL, 10);
	while (n < sizeof(line) - 1 && read(out, line + n, 1) == 1 &&
	       line[n] != '\n')
		n++;
	if ((at = strstr(line, "port=")) == NULL)
		die("no ready line");
	return (unsigned)strtoul(at + 5, NULL, 10);
}

static void
start(size_t n, bool raw, char **argv)
{
	enum { ASKED = 100 };
	struct samples ready = { .n = 0 }, stop = { .n = 0 },
		       random = { .n = 0 };
	uint64_t begin;
	int fd, out[2];
	unsigned port;
	pid_t pid;

	for (size_t i = 0; i < n; i++) {
		if (pipe2(out, O_CLOEXEC) != 0)
			die("pipe");
		begin = clock_ns();
		pid = spawn(argv, out[1]);
		port = wait_ready(out[0], argv);
		while ((fd = connect_to(port)) < 0)
			(void)sched_yield();
		ask(fd, raw, SPAN_OF(startup), 10);
		ask(fd, raw, SPAN_OF(get_random), 12 + 32);
		add(&ready, clock_ns() - begin);
		for (int j = 0; j < ASKED; j++) {
			begin = clock_ns();
			ask(fd, raw, SPAN_OF(get_random), 12 + 32);
			add(&random, clock_ns() - begin);
		}
		ask(fd, raw, SPAN_OF(shutdown_clear), 10);
		(void)close(fd);
		begin = clock_ns();
		(void)kill(pid, SIGTERM);
		(void)waitpid(pid, NULL, 0);
		add(&stop, clock_ns() - begin);
		(void)close(out[0]);
		(void)close(out[1]);
	}
	(void)printf("%.0f %.0f %.0f\n", quantile(&ready, 0.5),
	    quantile(&stop, 0.5), quantile(&random, 0.5));
}

/* --- latency -------------------------------------------------------------- */

/* Bytes both ways, as in a command's frames: what loopback itself takes. */
struct echo {
	int listener;
	size_t in, out;
};

static void *
echo_main(void *arg)
{
	struct echo *e = arg;
	uint8_t bytes[2 * MAX_TPM_COMMAND] = { 0 };
	int on = 1, fd = accept(e->listener, NULL, NULL);

	stay_on_cpu(sysconf(_SC_NPROCESSORS_ONLN) - 1);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	while (recv(fd, bytes, e->in, MSG_WAITALL) == (ssize_t)e->in)
		if (write(fd, bytes, e->out) != (ssize_t)e->out)
			break;
	(void)close(fd);
	return NULL;
}

static void
measure_echo(size_t in, size_t out, size_t n, struct samples *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(a);
	uint8_t bytes[2 * MAX_TPM_COMMAND] = { 0 };
	struct echo e = { .in = in, .out = out };
	pthread_t thread;
	uint64_t begin;
	int fd;

	e.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(e.listener, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(e.listener, 1) != 0 ||
	    getsockname(e.listener, (struct sockaddr *)&a, &length) != 0 ||
	    pthread_create(&thread, NULL, echo_main, &e) != 0)
		die("echo");
	fd = connect_to(ntohs(a.sin_port));
	for (size_t i = 0; i < n; i++) {
		begin = clock_ns();
		if (write(fd, bytes, in) != (ssize_t)in)
			die("write");
		read_n(fd, bytes, out);
		add(s, clock_ns() - begin);
	}
	(void)close(fd);
	(void)pthread_join(thread, NULL);
	(void)close(e.listener);
}

enum via { VIA_PROCESS, VIA_MSSIM, VIA_TCTI };

static struct {
	int fd;
	TSS2_TCTI_CONTEXT *tcti;
} client;

static size_t
give(enum via via, struct span command, uint8_t *response)
{
	static struct buf rsp = BUF_INIT(MAX_TPM_RESPONSE);
	struct err e = ERR_INIT;
	size_t n = MAX_TPM_RESPONSE;

	if (via == VIA_MSSIM)
		return mssim(client.fd, command, response);
	if (via == VIA_PROCESS) {
		buf_reset(&rsp);
		if (engine_process(0, command, &rsp, &e) != 0)
			die(e.msg);
		memcpy(response, rsp.p, rsp.n);
		return rsp.n;
	}
	if (Tss2_Tcti_Transmit(client.tcti, command.n, command.p) != 0 ||
	    Tss2_Tcti_Receive(
		client.tcti, &n, response, TSS2_TCTI_TIMEOUT_BLOCK) != 0)
		die("tcti");
	return n;
}

struct subject {
	const char *name;
	const char *hex; /* the command; HANDLE stands for the AK */
	bool flush;      /* its response has a transient object */
	size_t n;        /* calls a round */
};

#define PASSWORD                                                               \
	"00000009"                                                             \
	"40000009"                                                             \
	"0000"                                                                 \
	"00"                                                                   \
	"0000"
#define POINT                                                                  \
	"0010"                                                                 \
	"0000"                                                                 \
	"0000"
/* clang-format off */
static const struct subject subjects[] = {
	{ "GetRandom",	"80010000000c0000017b0020", false, 500 },
	{ "PCR_Read",	"8001000000140000017e00000001000b03ff0000", false, 500 },
	{ "PCR_Extend",	"80020000004100000182" "00000010" PASSWORD "00000001" "000b"
			"0102030405060708091011121314151617181920212223242526272829303132", false, 500 },
	{ "NV_Read",	"8002000000230000014e" "01c00002" "01c00002" PASSWORD "0300" "0000", false, 500 },
	{ "CreatePrimary P-256", "80020000004300000131" "40000007" PASSWORD "000400000000"
			"001a" "0023" "000b" "00030072" "0000" "000600800043" "0010" "0003" POINT "0000" "00000000", true, 100 },
	{ "Quote P-256", "80020000003300000158" "80000000" PASSWORD "0004" "01020304" "0010"
			"00000001" "000b03ff0000", false, 100 },
};
/* Restricted signing key P-256, ECDSA with SHA-256, in the endorsement
 * hierarchy: the first transient object, 0x80000000. */
static const char make_ak[] = "80020000003f00000131" "4000000b" PASSWORD
	"000400000000" "0018" "0023" "000b" "00050072" "0000" "0010" "0018000b"
	"0003" "0010" "0000" "0000" "0000" "00000000";
/* clang-format on */

static void
command_bytes(const char *hex, struct buf *out)
{
	if (hex_decode(hex, out) != 0 || out->n < TPM_HEADER_SIZE)
		die(hex);
	buf_set_u32(out, 2, (uint32_t)out->n);
}

static size_t
must(enum via via, struct span command, uint8_t *response, const char *name)
{
	size_t n = 0;

	/* The first use of an algorithm may ask for the command again. */
	for (int i = 0; i < 3; i++) {
		n = give(via, command, response);
		if (engine_response_code((struct span){ response, n }) != 0x922)
			break;
	}
	if (engine_response_code((struct span){ response, n }) == 0)
		return n;
	(void)fprintf(stderr, "bench: %s: 0x%03x\n", name,
	    engine_response_code((struct span){ response, n }));
	exit(1);
}

static void
flush(enum via via, const uint8_t *response)
{
	uint8_t flush_command[14] = { 0x80, 0x01, 0, 0, 0, 14, 0, 0, 1, 0x65 };
	uint8_t ignored[MAX_TPM_RESPONSE + 4];

	memcpy(flush_command + 10, response + 10, 4);
	(void)must(via, SPAN_OF(flush_command), ignored, "FlushContext");
}

static void
measure(enum via via, const struct subject *t, struct span command, size_t n,
    struct samples *s, size_t *ret_size)
{
	uint8_t response[MAX_TPM_RESPONSE + 4];
	uint64_t begin;

	for (size_t i = 0; i < n; i++) {
		begin = clock_ns();
		*ret_size = give(via, command, response);
		add(s, clock_ns() - begin);
		if (t->flush)
			flush(via, response);
	}
}

/* The median of a round, when it is the best one so far: what else the machine
 * does comes in bursts, and only adds. */
static void
keep_best(double *best, struct samples *s)
{
	double median = quantile(s, 0.5);

	if (*best == 0 || median < *best)
		*best = median;
	s->n = 0;
}

static void
measure_subject(const struct subject *t)
{
	enum { ROUNDS = 7 };
	double floor = 0, echo = 0, one = 0, tcti = 0;
	struct samples s = { .n = 0 };
	auto_buf command = BUF_INIT(MAX_TPM_COMMAND);
	uint8_t response[MAX_TPM_RESPONSE + 4];
	size_t size = 0;

	command_bytes(t->hex, &command);
	for (enum via v = VIA_PROCESS; v <= VIA_TCTI; v++) {
		(void)must(v, buf_span(&command), response, t->name);
		if (t->flush)
			flush(v, response);
	}
	for (int r = 0; r < ROUNDS; r++) {
		measure(VIA_PROCESS, t, buf_span(&command), t->n, &s, &size);
		keep_best(&floor, &s);
		measure_echo(command.n + 9, size + 8, t->n, &s);
		keep_best(&echo, &s);
		measure(VIA_MSSIM, t, buf_span(&command), t->n, &s, &size);
		keep_best(&one, &s);
		measure(VIA_TCTI, t, buf_span(&command), t->n, &s, &size);
		keep_best(&tcti, &s);
	}
	(void)printf("%-20s %9.1f %9.1f %9.1f %+9.1f %7.2f %10.1f\n", t->name,
	    floor, echo, one, one - floor - echo, one / (floor + echo), tcti);
}

static void
latency(const char *state, unsigned port)
{
	auto_buf ak = BUF_INIT(MAX_TPM_COMMAND);
	uint8_t response[MAX_TPM_RESPONSE + 4];
	struct store *store;
	struct err e = ERR_INIT;
	char conf[64];

	if (store_open_dir(state, STORE_PEEK, &store, &e) != 0 ||
	    engine_init(store, &e) != 0 || engine_power_on(&e) != 0)
		die(e.msg);
	(void)snprintf(
	    conf, sizeof(conf), "mssim:host=127.0.0.1,port=%u", port);
	if ((client.fd = connect_to(port)) < 0 ||
	    Tss2_TctiLdr_Initialize(conf, &client.tcti) != 0)
		die(conf);
	command_bytes(make_ak, &ak);
	(void)give(VIA_PROCESS, SPAN_OF(startup), response);
	(void)give(VIA_MSSIM, SPAN_OF(startup), response);
	(void)must(VIA_PROCESS, buf_span(&ak), response, "CreatePrimary AK");
	(void)must(VIA_MSSIM, buf_span(&ak), response, "CreatePrimary AK");
	(void)printf("%-20s %9s %9s %9s %9s %7s %10s\n", "us, medians",
	    "process", "echo", "mssim", "over", "ratio", "tss2 TCTI");
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++)
		measure_subject(&subjects[i]);
	Tss2_TctiLdr_Finalize(&client.tcti);
	store_free(store);
}

/* What no mint can do without: libtpms and one RSA key. */
static void
make_rsa_ek(void)
{
	auto_tpmcmd c = TPMCMD_INIT;
	struct store *store;
	struct span public;
	struct err e = ERR_INIT;
	uint32_t handle;

	if (store_open_memory(&store, &e) != 0 || engine_init(store, &e) != 0 ||
	    engine_power_on(&e) != 0 || tpmcmd_startup(SU_CLEAR, &e) != 0 ||
	    tpmcmd_create_ek(&c, 0x01c00002, &handle, &public, &e) != 0)
		die(e.msg);
	store_free(store);
}

int
main(int argc, char **argv)
{
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 4 && strcmp(argv[1], "run") == 0)
		run(strtoul(argv[2], NULL, 10), argv + 4, argc - 4);
	else if (argc > 5 && strcmp(argv[1], "start") == 0)
		start(strtoul(argv[2], NULL, 10), !strcmp(argv[3], "raw"),
		    argv + 5);
	else if (argc == 2 && strcmp(argv[1], "rsa") == 0)
		make_rsa_ek();
	else if (argc == 4 && strcmp(argv[1], "latency") == 0) {
		keep_cpus_awake();
		stay_on_cpu(0);
		latency(argv[2], (unsigned)strtoul(argv[3], NULL, 10));
	} else
		return 2;
	return 0;
}
