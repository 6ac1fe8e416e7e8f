/*
 * served.h - a server in a thread, on a TPM of strings, and clients of it with
 * real sockets. Nothing sleeps: what has to happen first is waited for.
 */
#ifndef TESTS_UNIT_SERVED_H
#define TESTS_UNIT_SERVED_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/tpm/address.h"
#include "sim/tpm/server.h"
#include "tests/unit/fake_engine.c"

/* clang-format off */
#define ACK	   "00000000"
#define SHORT	   "00000008" "00" "0000000c" "80010000000c0000017b0008"
#define SHORT_OK   "0000000a" "80010000000a00000000" "00000000"
#define LONG	   "00000008" "00" "0000000a" "80010000000a00000131"
#define LONG_OK	   SHORT_OK
#define LONG_909   "0000000a" "80010000000a00000909" "00000000"
#define BIG	   "00000008" "00" "0000000a" "80010000000a0000017a"
#define BIG_SIZE   (4 + MAX_TPM_RESPONSE + 4)
#define CANCEL_ON  "00000009"
#define CANCEL_OFF "0000000a"
/* clang-format on */

/* --- a server in a thread, and its clients -------------------------------- */

struct fixture {
	struct server *server;
	pthread_t thread;
	char dir[32], path[64]; /* of UNIX sockets */
	struct err e;
	int result;
};

static void *
serve(void *arg)
{
	struct fixture *f = arg;

	f->result = server_run(f->server, &f->e);
	return NULL;
}

static inline void
start(struct fixture *f, const char *address)
{
	*f = (struct fixture){ .result = 99 };
	fake_reset(true);
	assert_int_equal(server_new(&f->server, &f->e), 0);
	if (server_listen_mssim(f->server, address, false, &f->e) != 0)
		fail_msg("%s", f->e.msg);
	assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
}

static inline void
join(struct fixture *f)
{
	assert_int_equal(pthread_join(f->thread, NULL), 0);
	assert_int_equal(f->result, 0);
	server_free(f->server);
}

static inline void
stop(struct fixture *f)
{
	assert_int_equal(kill(getpid(), SIGTERM), 0);
	join(f);
}

static inline void
start_unix(struct fixture *f)
{
	char dir[] = "/tmp/test-server.XXXXXX", address[80];

	assert_non_null(mkdtemp(dir));
	(void)snprintf(address, sizeof(address), "unix:%s/tpm", dir);
	start(f, address);
	(void)snprintf(f->dir, sizeof(f->dir), "%s", dir);
	(void)snprintf(f->path, sizeof(f->path), "%s/tpm", dir);
}

static inline void
stop_unix(struct fixture *f)
{
	stop(f);
	assert_int_equal(rmdir(f->dir), 0);
}

static inline int
connect_any(const union sockaddr_any *a)
{
	int fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (connect(fd, &a->sa, sockaddr_length(a)) == 0)
		return fd;
	close(fd);
	return -1;
}

static inline int
connect_to(const char *host, unsigned port)
{
	char text[64];
	struct address a;

	(void)snprintf(text, sizeof(text), "%s:%u", host, port);
	assert_int_equal(address_parse(text, &a, NULL), 0);
	sockaddr_set_port(&a.any[0], a.port);
	return connect_any(&a.any[0]);
}

static inline int
connect_unix(const char *path)
{
	union sockaddr_any a = { .un = { .sun_family = AF_UNIX } };

	(void)snprintf(a.un.sun_path, sizeof(a.un.sun_path), "%s", path);
	return connect_any(&a);
}

static inline int
command(const struct fixture *f)
{
	int fd = connect_to("127.0.0.1", server_port(f->server));

	assert_true(fd >= 0);
	return fd;
}

static inline int
platform(const struct fixture *f)
{
	int fd = connect_to("127.0.0.1", server_port(f->server) + 1u);

	assert_true(fd >= 0);
	return fd;
}

static inline void
put_bytes(int fd, struct span s)
{
	while (s.n > 0) {
		ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

		assert_true(n > 0);
		assert_int_equal(span_skip(&s, (size_t)n), 0);
	}
}

static inline void
put(int fd, const char *hex)
{
	auto_buf b = BUF_INIT(4096);

	assert_int_equal(hex_decode(hex, &b), 0);
	put_bytes(fd, buf_span(&b));
}

/* What comes is hex, byte for byte. */
static inline void
expect(int fd, const char *hex)
{
	auto_buf want = BUF_INIT(4096);
	uint8_t got[4096];
	size_t n = 0;

	assert_int_equal(hex_decode(hex, &want), 0);
	while (n < want.n) {
		ssize_t r = recv(fd, got + n, want.n - n, 0);

		assert_true(r > 0);
		n += (size_t)r;
	}
	assert_memory_equal(got, want.p, want.n);
}

/* The server closed (with a reset, when it had not read everything). */
static inline void
expect_eof(int fd)
{
	uint8_t byte;
	ssize_t n = recv(fd, &byte, 1, 0);

	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
	close(fd);
}

/* A whole conversation on a new connection. */
static inline void
ask(const struct fixture *f)
{
	int fd = command(f);

	put(fd, SHORT);
	expect(fd, SHORT_OK);
	close(fd);
}

#endif
