/*
 * wirerun.c - play a conversation with both mssim ports, byte for byte.
 *
 *	ODCASIM=build/odcasim wirerun tests/wire/power.wire
 *
 * It starts the program on free ports, waits for its ready line, plays the
 * script, sends SIGTERM and expects exit status 0.  A line of a script is
 *
 *	# comment
 *	let NAME HEX...   $NAME stands for HEX from here on
 *	P> HEX...	  write, in one segment; |20ms| between two pauses
 *	P>> HEX...	  write, a segment a byte
 *	P< HEX...	  read as many bytes and compare; '..' is any byte
 *	P< EOF		  the server closed
 *	P!		  close; the next line connects again
 *	EXIT		  the program ends by itself, with status 0
 *
 * with P for the command port and C for the platform port; P2 and C2 are
 * second clients.  HEX*N is HEX N times.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"
#include "sim/base/log.h"

#define MAX_LINE    (64 * 1024)
#define MAX_BYTES   (2 * 1024 * 1024)
#define MAX_LETS    64
#define MAX_REPEAT  (2 * 1024 * 1024)
#define PATIENCE_S  20
#define N_CHANNELS  4
#define DUMP_BEFORE 16
#define DUMP_AFTER  32

struct let {
	char *name, *value;
};

struct player {
	const char *path;
	unsigned line;
	pid_t pid; /* 0: it ended */
	unsigned port;
	int fds[N_CHANNELS]; /* -1: not connected */
	struct let lets[MAX_LETS];
	size_t n_lets;
};

static const char *const channels[N_CHANNELS] = { "P", "C", "P2", "C2" };

/* --- the program ---------------------------------------------------------- */

static int
start_program(struct player *p, FILE **ret_out, struct err *e)
{
	const char *program = getenv("ODCASIM");
	int out[2];

	if (program == NULL)
		return err_set(e, E_USAGE, "ODCASIM is not set");
	if (pipe(out) != 0 || (p->pid = fork()) < 0)
		return err_errno(e, "start %s", program);
	if (p->pid == 0) {
		(void)dup2(out[1], STDOUT_FILENO);
		(void)close(out[0]);
		(void)close(out[1]);
		(void)execl(program, program, "run", "--family", "tgl",
		    "--seed", "wire", "--mssim", "127.0.0.1:0", (char *)NULL);
		_exit(127);
	}
	(void)close(out[1]);
	*ret_out = fdopen(out[0], "r");
	return 0;
}

static int
read_ready(struct player *p, FILE *out, struct err *e)
{
	static const char tcti[] = "\"tcti\":\"mssim:host=127.0.0.1,port=";
	char line[4096];
	const char *at;

	if (out == NULL || fgets(line, sizeof(line), out) == NULL)
		return err_set(e, E_IO, "the program gave no ready line");
	if ((at = strstr(line, tcti)) == NULL ||
	    /* NOLINTNEXTLINE(cert-err34-c) */
	    sscanf(at + strlen(tcti), "%u\"", &p->port) != 1)
		return err_set(e, E_FORMAT, "ready line: %s", line);
	return 0;
}

static int
wait_exit(struct player *p, struct err *e)
{
	pid_t pid = p->pid;
	int status;

	p->pid = 0;
	if (waitpid(pid, &status, 0) != pid)
		return err_errno(e, "wait for the program");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(e, E_STATE, "the program ended with %s %d",
		    WIFEXITED(status) ? "status" : "signal",
		    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return 0;
}

/* --- bytes of a line ------------------------------------------------------ */

static const char *
find_let(const struct player *p, const char *name)
{
	for (size_t i = p->n_lets; i > 0; i--) {
		if (strcmp(p->lets[i - 1].name, name) == 0)
			return p->lets[i - 1].value;
	}
	return NULL;
}

static int
add_let(struct player *p, char *rest, struct err *e)
{
	char *name = strtok_r(rest, " \t", &rest);

	if (name == NULL || p->n_lets == MAX_LETS)
		return err_set(e, E_FORMAT, "let: no name, or too many");
	p->lets[p->n_lets].name = strdup(name);
	p->lets[p->n_lets++].value = strdup(rest);
	return 0;
}

/* Hex digits; '.' puts a byte that any matches (mask 0). */
static int
put_word(const char *word, struct buf *bytes, struct buf *mask)
{
	for (; word[0] != '\0' && word[0] != '*'; word += 2) {
		bool any = word[0] == '.' && word[1] == '.';
		char digits[3] = { any ? '0' : word[0], any ? '0' : word[1],
			'\0' };

		if (hex_decode(digits, bytes) != 0 ||
		    buf_put_u8(mask, any ? 0 : 0xff) != 0)
			return -1;
	}
	return 0;
}

static int
put_repeated(const char *word, struct buf *bytes, struct buf *mask)
{
	const char *star = strchr(word, '*');
	unsigned long n = star == NULL ? 1 : strtoul(star + 1, NULL, 10);

	if (n == 0 || n > MAX_REPEAT)
		return -1;
	while (n-- > 0) {
		if (put_word(word, bytes, mask) != 0)
			return -1;
	}
	return 0;
}

/* The words of text up to one that is |..ms|, which is left in *ret_pause. */
static int
parse_bytes(struct player *p, char **text, struct buf *bytes, struct buf *mask,
    unsigned *ret_pause, struct err *e)
{
	const char *word;

	*ret_pause = 0;
	while ((word = strtok_r(NULL, " \t", text)) != NULL) {
		/* NOLINTNEXTLINE(cert-err34-c) */
		if (sscanf(word, "|%ums|", ret_pause) == 1)
			return 0;
		if (word[0] == '$') {
			auto_free char *value = NULL;
			const char *let = find_let(p, word + 1);
			unsigned none;
			char *rest;

			if (let == NULL || (value = strdup(let)) == NULL)
				return err_set(e, E_FORMAT, "no %s", word);
			rest = value;
			if (parse_bytes(p, &rest, bytes, mask, &none, e) != 0)
				return -1;
		} else if (put_repeated(word, bytes, mask) != 0) {
			return err_set(e, E_FORMAT, "'%s' is no hex", word);
		}
	}
	return 0;
}

/* --- the conversation ----------------------------------------------------- */

static int
connect_channel(struct player *p, unsigned i, struct err *e)
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)(p->port + i % 2)) };
	int on = 1, fd;

	if (p->fds[i] >= 0)
		return 0;
	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
		return err_errno(e, "socket");
	p->fds[i] = fd;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		return err_errno(e, "connect %s", channels[i]);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(
	    fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return 0;
}

static void
disconnect(struct player *p, unsigned i)
{
	if (p->fds[i] >= 0)
		(void)close(p->fds[i]);
	p->fds[i] = -1;
}

static int
send_bytes(int fd, struct span s, size_t piece, struct err *e)
{
	while (s.n > 0) {
		ssize_t n =
		    send(fd, s.p, s.n < piece ? s.n : piece, MSG_NOSIGNAL);

		if (n < 0)
			return err_errno(e, "write");
		(void)span_skip(&s, (size_t)n);
	}
	return 0;
}

static int
play_send(struct player *p, unsigned i, char *text, size_t piece, struct err *e)
{
	unsigned ms;

	do {
		auto_buf bytes = BUF_INIT(MAX_BYTES);
		auto_buf mask = BUF_INIT(MAX_BYTES);

		if (parse_bytes(p, &text, &bytes, &mask, &ms, e) != 0 ||
		    send_bytes(p->fds[i], buf_span(&bytes), piece, e) != 0)
			return -1;
		if (ms > 0)
			(void)usleep(ms * 1000);
	} while (ms > 0);
	return 0;
}

/* One line of hex: bytes at..end, '..' where mask says that any will do. */
static void
dump_line(const char *label, struct span s, const struct buf *mask, size_t at,
    size_t end)
{
	(void)printf("  %-4s %04zx:", label, at);
	for (; at < end; at++) {
		if (at >= s.n)
			(void)printf(" --");
		else if (mask != NULL && mask->p[at] == 0)
			(void)printf(" ..");
		else
			(void)printf(" %02x", s.p[at]);
	}
	(void)printf("\n");
}

static void
dump(const struct buf *want, const struct buf *mask, struct span got, size_t at)
{
	size_t begin = at < DUMP_BEFORE ? 0 : (at - DUMP_BEFORE) & ~15ul;
	size_t end = begin + DUMP_BEFORE + DUMP_AFTER;

	end = end < want->n ? end : want->n;
	for (; begin < end; begin += 16) {
		size_t line = begin + 16 < end ? begin + 16 : end;

		dump_line("want", buf_span(want), mask, begin, line);
		dump_line("got", got, NULL, begin, line);
	}
}

/* Until want.n bytes, the end, or patience is over. */
static size_t
receive(int fd, struct buf *got, size_t n, const char **ret_why)
{
	size_t have = 0;

	*ret_why = "differ";
	while (have < n) {
		ssize_t r = recv(fd, got->p + have, n - have, 0);

		if (r <= 0) {
			*ret_why = r == 0            ? "end early: closed"
				   : errno == EAGAIN ? "did not come"
						     : strerror(errno);
			break;
		}
		have += (size_t)r;
	}
	return have;
}

static int
play_bytes(struct player *p, unsigned i, char *text, struct err *e)
{
	auto_buf want = BUF_INIT(MAX_BYTES);
	auto_buf mask = BUF_INIT(MAX_BYTES);
	auto_buf got = BUF_INIT(MAX_BYTES);
	const char *why;
	unsigned none;
	size_t n, at = 0;

	if (parse_bytes(p, &text, &want, &mask, &none, e) != 0 ||
	    buf_room(&got, want.n) == NULL)
		return -1;
	n = receive(p->fds[i], &got, want.n, &why);
	while (at < n && ((got.p[at] ^ want.p[at]) & mask.p[at]) == 0)
		at++;
	if (at == want.n)
		return 0;
	err_set(e, E_REJECTED, "%s: bytes %s at offset %zu of %zu", channels[i],
	    at < n ? "differ" : why, at, want.n);
	(void)printf("%s:%u: %s\n", p->path, p->line, e->msg);
	dump(&want, &mask, (struct span){ got.p, n }, at);
	return -1;
}

static int
play_eof(struct player *p, unsigned i, struct err *e)
{
	uint8_t byte;
	ssize_t n = recv(p->fds[i], &byte, 1, 0);

	if (n > 0)
		return err_set(e, E_REJECTED,
		    "%s: byte %02x instead of the end", channels[i], byte);
	/* A server that closes with input unread resets. */
	if (n < 0 && errno != ECONNRESET)
		return err_errno(e, "%s: the end", channels[i]);
	disconnect(p, i);
	return 0;
}

static int
play_line(struct player *p, char *line, struct err *e)
{
	char *rest = line, *word = strtok_r(line, " \t\n", &rest);
	size_t n;
	unsigned i;

	if (word == NULL || word[0] == '#')
		return 0;
	rest[strcspn(rest, "#\n")] = '\0';
	if (strcmp(word, "let") == 0)
		return add_let(p, rest, e);
	if (strcmp(word, "EXIT") == 0)
		return wait_exit(p, e);
	n = strcspn(word, "<>!");
	for (i = 0; i < N_CHANNELS; i++) {
		if (strlen(channels[i]) == n &&
		    strncmp(word, channels[i], n) == 0)
			break;
	}
	if (i == N_CHANNELS)
		return err_set(e, E_FORMAT, "'%s' is no verb", word);
	if (strcmp(word + n, "!") == 0) {
		disconnect(p, i);
		return 0;
	}
	if (connect_channel(p, i, e) != 0)
		return -1;
	if (strcmp(word + n, ">") == 0)
		return play_send(p, i, rest, MAX_BYTES, e);
	if (strcmp(word + n, ">>") == 0)
		return play_send(p, i, rest, 1, e);
	if (strcmp(word + n, "<") != 0)
		return err_set(e, E_FORMAT, "'%s' is no verb", word);
	if (strstr(rest, "EOF") != NULL)
		return play_eof(p, i, e);
	return play_bytes(p, i, rest, e);
}

static int
play_script(struct player *p, struct err *e)
{
	static char line[MAX_LINE];
	auto_file FILE *f = fopen(p->path, "r");

	if (f == NULL)
		return err_errno(e, "%s", p->path);
	while (fgets(line, sizeof(line), f) != NULL) {
		p->line++;
		if (play_line(p, line, e) != 0)
			return err_wrap(e, "%s:%u", p->path, p->line);
	}
	return 0;
}

static int
play(struct player *p, FILE *out, struct err *e)
{
	int failed;

	if (read_ready(p, out, e) != 0)
		return -1;
	failed = play_script(p, e);
	for (unsigned i = 0; i < N_CHANNELS; i++)
		disconnect(p, i);
	return failed;
}

int
main(int argc, char **argv)
{
	struct player p = { .fds = { -1, -1, -1, -1 } };
	auto_file FILE *out = NULL;
	struct err e = ERR_INIT;
	int failed;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: wirerun SCRIPT\n");
		return 2;
	}
	p.path = argv[1];
	failed = start_program(&p, &out, &e) != 0 || play(&p, out, &e) != 0;
	if (failed)
		log_err(&e);
	if (p.pid > 0 && kill(p.pid, SIGTERM) == 0 && wait_exit(&p, &e) != 0) {
		log_err(&e);
		failed = 1;
	}
	for (size_t i = 0; i < p.n_lets; i++) {
		free(p.lets[i].name);
		free(p.lets[i].value);
	}
	return failed;
}
