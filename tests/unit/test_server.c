/*
 * The event loop with real sockets, on a TPM of strings. The server runs in a
 * thread; nothing sleeps: what has to happen first is waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/tpm/address.h"
#include "sim/tpm/server.h"
#include "tests/unit/served.h"

/* --- streams -------------------------------------------------------------- */

static void
test_idle_and_half(void **state)
{
	struct fixture f;
	int idle, half;

	start(&f, "127.0.0.1:0");
	idle = command(&f);
	half = command(&f);
	put(half, "00000008"
		  "00"
		  "0000000c"
		  "8001");
	ask(&f);
	put(half, "0000000c0000017b0008");
	expect(half, SHORT_OK);
	close(idle);
	close(half);
	stop(&f);
}

static void
test_bytewise(void **state)
{
	auto_buf b = BUF_INIT(256);
	struct fixture f;
	int fd;

	start(&f, "127.0.0.1:0");
	fd = command(&f);
	assert_int_equal(hex_decode(SHORT SHORT, &b), 0);
	for (size_t i = 0; i < b.n; i++)
		put_bytes(fd, (struct span){ b.p + i, 1 });
	expect(fd, SHORT_OK SHORT_OK);
	close(fd);
	stop(&f);
}

/* A body of 1 MiB, which no read takes at once, and a command behind it. */
static void
test_long_body(void **state)
{
	auto_buf b = BUF_INIT(MAX_MSSIM_BODY + 64);
	struct fixture f;
	int fd;

	start(&f, "127.0.0.1:0");
	fd = command(&f);
	assert_int_equal(hex_decode("000000080000100000", &b), 0);
	memset(buf_room(&b, MAX_MSSIM_BODY), 0x80, MAX_MSSIM_BODY);
	put_bytes(fd, buf_span(&b));
	put(fd, SHORT);
	expect(fd, "0000000a"
		   "80010000000a00000142"
		   "00000000" SHORT_OK);
	close(fd);
	stop(&f);
}

static void
test_pipelined(void **state)
{
	struct fixture f;
	int fd, plat;

	start(&f, "127.0.0.1:0");
	fd = command(&f);
	plat = platform(&f);
	put(fd, "0000000f00000001" SHORT SHORT "00000014" SHORT);
	expect(fd, "000000010000000d00000000" SHORT_OK SHORT_OK);
	expect_eof(fd);
	put(plat, "00000002"
		  "00000001"
		  "0000000b"
		  "00000063"
		  "00000001");
	expect(plat, ACK ACK ACK "00000001");
	expect_eof(plat);
	stop(&f);
}

/* Replies of one segment are one write: seen as one segment on a socket that
 * keeps record of how much came at once. */
static void
test_one_write(void **state)
{
	struct fixture f;
	uint8_t got[256];
	int fd;

	start(&f, "127.0.0.1:0");
	fd = command(&f);
	for (int i = 0; i < 100; i++) {
		put(fd, SHORT);
		assert_int_equal(recv(fd, got, sizeof(got), 0), 18);
	}
	put(fd, SHORT SHORT);
	assert_int_equal(recv(fd, got, sizeof(got), 0), 36);
	close(fd);
	stop(&f);
}

static void
test_raw(void **state)
{
	struct fixture f;
	int fd;

	start(&f, "127.0.0.1:0");
	fd = command(&f);
	put(fd, "80");
	put(fd, "010000000c0000017b0008"
		"80010000000a00000131");
	fake_wait_long(1);
	fake_release();
	expect(fd, "80010000000a00000000"
		   "80010000000a00000000");
	put(fd, "80010000ffff00000131");
	expect(fd, "80010000000a00000142");
	expect_eof(fd);
	stop(&f);
}

static void
test_200_connections(void **state)
{
	int fds[200];
	struct fixture f;

	start(&f, "127.0.0.1:0");
	for (int i = 0; i < 200; i++)
		fds[i] = i % 2 ? platform(&f) : command(&f);
	for (int i = 0; i < 200; i++)
		put(fds[i], i % 2 ? "0000000b" : SHORT);
	for (int i = 199; i >= 0; i--) {
		expect(fds[i], i % 2 ? ACK : SHORT_OK);
		close(fds[i]);
	}
	ask(&f);
	stop(&f);
}

/* One more than the limit is closed at once; those that are there stay. */
static void
test_too_many(void **state)
{
	/* Both ends are in this process. */
	const rlim_t want = 2 * MAX_CONNS + 100;
	struct rlimit limit;
	int fds[MAX_CONNS];
	struct fixture f;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < want)
		skip();
	if (limit.rlim_cur < want)
		limit.rlim_cur = want;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	start(&f, "127.0.0.1:0");
	for (int i = 0; i < MAX_CONNS; i++)
		fds[i] = command(&f);
	expect_eof(command(&f));
	put(fds[MAX_CONNS - 1], SHORT);
	expect(fds[MAX_CONNS - 1], SHORT_OK);
	for (int i = 0; i < MAX_CONNS; i++)
		close(fds[i]);
	stop(&f);
}

/* --- long commands -------------------------------------------------------- */

static void
test_cancel_while_long(void **state)
{
	struct fixture f;
	int fd, plat;

	start(&f, "127.0.0.1:0");
	fd = command(&f);
	plat = platform(&f);
	put(fd, LONG);
	fake_wait_long(1);
	put(plat, CANCEL_ON);
	expect(plat, ACK);
	expect(fd, LONG_909);
	put(plat, CANCEL_OFF);
	expect(plat, ACK);
	put(fd, SHORT);
	expect(fd, SHORT_OK);
	close(fd);
	close(plat);
	stop(&f);
}

/* What does not need the TPM is answered while it works; what does waits, and
 * is answered in order of arrival. */
static void
test_wait_for_long(void **state)
{
	static const char before[] = "process(0,12) process(0,10) power_on "
				     "nv(1) nv(1) presence(1) ";
	struct fixture f;
	int fd, other, plat;

	start(&f, "127.0.0.1:0");
	fd = command(&f);
	other = command(&f);
	plat = platform(&f);
	put(fd, SHORT LONG SHORT);
	expect(fd, SHORT_OK);
	fake_wait_long(1);
	put(other, "0000000f00000001" SHORT);
	expect(other, "000000010000000d00000000");
	/* What a client begins with is among it. */
	put(plat, "00000001"
		  "0000000b"
		  "00000003");
	expect(plat, ACK ACK ACK);
	assert_string_equal(fake.calls, before);
	put(plat, "0000000d"
		  "00000002"
		  "00000001");
	expect(plat, ACK);
	assert_string_equal(fake.calls, before);
	fake_release();
	expect(fd, LONG_OK SHORT_OK);
	expect(other, SHORT_OK);
	expect(plat, ACK ACK);
	assert_string_equal(fake.calls,
	    "process(0,12) process(0,10) power_on nv(1) nv(1) presence(1) "
	    "process(0,12) power_off power_on nv(1) process(0,12) ");
	close(fd);
	close(other);
	close(plat);
	stop(&f);
}

static void
test_two_long(void **state)
{
	struct fixture f;
	int a, b;

	start(&f, "127.0.0.1:0");
	a = command(&f);
	b = command(&f);
	put(a, LONG LONG);
	fake_wait_long(1);
	put(b, LONG SHORT);
	for (unsigned i = 1; i <= 3; i++) {
		fake_wait_long(i);
		fake_release();
	}
	expect(a, LONG_OK LONG_OK);
	expect(b, LONG_OK SHORT_OK);
	close(a);
	close(b);
	stop(&f);
}

/* Reset or closed while its command runs, and one that waits as well. */
static void
test_gone_while_long(void **state)
{
	const struct linger reset = { .l_onoff = 1 };
	struct fixture f;
	int fd, waiting, plat;

	start(&f, "127.0.0.1:0");
	for (unsigned i = 0; i < 4; i++) {
		fd = command(&f);
		waiting = command(&f);
		plat = platform(&f);
		put(fd, LONG SHORT);
		fake_wait_long(i + 1);
		put(waiting, SHORT);
		if (i % 2)
			(void)setsockopt(
			    fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
		close(fd);
		close(waiting);
		put(plat, CANCEL_ON);
		expect(plat, ACK);
		ask(&f);
		put(plat, CANCEL_OFF);
		expect(plat, ACK);
		close(plat);
	}
	stop(&f);
}

/* --- flow control --------------------------------------------------------- */

/* Ask until nobody takes it any more: the server stopped reading. */
static unsigned
ask_until_full(int fd)
{
	auto_buf b = BUF_INIT(64);
	unsigned n = 0;
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	assert_int_equal(hex_decode(BIG, &b), 0);
	/* The pause is the subject: a server that reads on would make room. */
	while (poll(&p, 1, 100) == 1) {
		size_t done = 0;
		ssize_t r;

		while (done < b.n) {
			r = send(fd, b.p + done, b.n - done,
			    done == 0 ? MSG_DONTWAIT : 0);
			if (r < 0)
				return n;
			done += (size_t)r;
		}
		n++;
	}
	return n;
}

static void
test_never_reads(void **state)
{
	static uint8_t got[1 << 16];
	struct fixture f;
	size_t left;
	ssize_t n;
	int fd;

	start_unix(&f);
	fd = connect_unix(f.path);
	assert_true(fd >= 0);
	left = ask_until_full(fd);
	assert_true(left > 100);
	/* Not all of it has run: replies are not piled up. */
	assert_true(fake.n_run < left);
	for (int i = 0; i < 3; i++) {
		int other = connect_unix(f.path);

		put(other, SHORT);
		expect(other, SHORT_OK);
		close(other);
	}
	for (left *= BIG_SIZE; left > 0; left -= (size_t)n) {
		n = recv(fd, got, sizeof(got), 0);
		assert_true(n > 0 && (size_t)n <= left);
	}
	put(fd, SHORT);
	expect(fd, SHORT_OK);
	close(fd);
	stop_unix(&f);
}

/* --- the end -------------------------------------------------------------- */

static void
test_term_while_long(void **state)
{
	struct fixture f;
	unsigned port;
	int fd, other;

	start(&f, "127.0.0.1:0");
	port = server_port(f.server);
	fd = command(&f);
	other = command(&f);
	put(fd, LONG);
	fake_wait_long(1);
	assert_int_equal(kill(getpid(), SIGTERM), 0);
	/* Nobody new, once the signal has come; who is there is answered. */
	for (int late; (late = connect_to("127.0.0.1", port)) >= 0;)
		close(late);
	put(other, "0000000f00000001");
	expect(other, "000000010000000d00000000");
	fake_release();
	expect(fd, LONG_OK);
	expect_eof(fd);
	expect_eof(other);
	join(&f);
}

static void
test_int(void **state)
{
	struct fixture f;

	start(&f, "127.0.0.1:0");
	ask(&f);
	assert_int_equal(kill(getpid(), SIGINT), 0);
	join(&f);
}

static void
test_stop_command(void **state)
{
	struct fixture f;
	int fd, plat;

	start(&f, "127.0.0.1:0");
	plat = platform(&f);
	fd = command(&f);
	put(fd, SHORT "00000015"
		      "00000014");
	expect(fd, SHORT_OK);
	expect_eof(fd);
	expect_eof(plat);
	join(&f);
}

/* Ends that connection and listener, nothing else. */
static void
test_stop_platform(void **state)
{
	struct fixture f;
	int plat, other;

	start(&f, "127.0.0.1:0");
	other = platform(&f);
	plat = platform(&f);
	put(other, "0000000b");
	expect(other, ACK);
	put(plat, "00000015");
	expect_eof(plat);
	assert_true(connect_to("127.0.0.1", server_port(f.server) + 1u) < 0);
	put(other, "0000000b");
	expect(other, ACK);
	close(other);
	ask(&f);
	stop(&f);
}

/* Never run: everything is closed and removed all the same. */
static void
test_free_unused(void **state)
{
	struct server *s;
	struct err e = ERR_INIT;
	unsigned port;

	assert_int_equal(server_new(&s, &e), 0);
	server_free(s);
	assert_int_equal(server_new(&s, &e), 0);
	assert_int_equal(server_listen_mssim(s, "127.0.0.1:0", false, &e), 0);
	port = server_port(s);
	server_free(s);
	assert_true(connect_to("127.0.0.1", port) < 0);
	server_free(NULL);
}

/* --- listening ------------------------------------------------------------ */

static void
test_localhost(void **state)
{
	char want[64];
	struct fixture f;
	unsigned port;
	int v4, v6;

	start(&f, "localhost:0");
	port = server_port(f.server);
	assert_true(port > 0);
	(void)snprintf(
	    want, sizeof(want), "mssim:host=localhost,port=%u", port);
	assert_string_equal(server_tcti(f.server), want);
	for (unsigned i = 0; i < 2; i++) {
		v4 = connect_to("127.0.0.1", port + i);
		v6 = connect_to("[::1]", port + i);
		assert_true(v4 >= 0);
		/* No IPv6 on this machine? Then localhost is the other. */
		if (v6 >= 0) {
			put(v6, "00000014");
			expect_eof(v6);
		}
		put(v4, "00000014");
		expect_eof(v4);
	}
	stop(&f);
}

static void
test_refused(void **state)
{
	static const char *const remote[] = { "0.0.0.0:0", "[::]:0",
		"192.0.2.1:0" };
	struct server *s;
	struct err e = ERR_INIT;

	assert_int_equal(server_new(&s, &e), 0);
	for (size_t i = 0; i < 3; i++) {
		err_clear(&e);
		assert_int_equal(
		    server_listen_mssim(s, remote[i], false, &e), -1);
		assert_int_equal(e.code, E_USAGE);
		assert_non_null(strstr(e.hint, "--allow-remote"));
	}
	assert_int_equal(
	    server_listen_mssim(s, "127.0.0.1:65535", false, &e), -1);
	assert_int_equal(e.code, E_USAGE);
	assert_int_equal(server_listen_mssim(s, "nonsense", false, &e), -1);
	assert_int_equal(e.code, E_USAGE);
	server_free(s);
}

static void
test_port_in_use(void **state)
{
	char address[64];
	struct fixture f;
	struct server *s;
	struct err e = ERR_INIT;
	unsigned port;

	start(&f, "127.0.0.1:0");
	port = server_port(f.server);
	assert_int_equal(server_new(&s, &e), 0);
	/* Its platform port, and the one before whose platform port is taken:
	 * neither leaves anything behind. */
	for (int i = -1; i <= 1; i++) {
		err_clear(&e);
		(void)snprintf(
		    address, sizeof(address), "127.0.0.1:%d", (int)port + i);
		assert_int_equal(
		    server_listen_mssim(s, address, false, &e), -1);
		assert_int_equal(e.code, E_BUSY);
		assert_true(e.hint[0] != '\0');
	}
	assert_int_equal(server_listen_mssim(s, "127.0.0.1:0", false, &e), 0);
	assert_int_not_equal(server_port(s), port);
	ask(&f);
	/* The other one last: no signal is caught after it. */
	stop(&f);
	server_free(s);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	return st.st_mode & 0777;
}

static void
test_unix(void **state)
{
	char ctrl[80], want[80];
	struct fixture f;
	mode_t before = umask(0);
	int fd, plat;

	start_unix(&f);
	assert_int_equal(umask(before), 0);
	(void)snprintf(ctrl, sizeof(ctrl), "%s.ctrl", f.path);
	(void)snprintf(want, sizeof(want), "mssim:path=%s", f.path);
	assert_string_equal(server_tcti(f.server), want);
	assert_int_equal(server_port(f.server), 0);
	assert_int_equal(mode_of(f.path), 0600);
	assert_int_equal(mode_of(ctrl), 0600);
	fd = connect_unix(f.path);
	plat = connect_unix(ctrl);
	put(plat, "00000001");
	expect(plat, ACK);
	put(fd, SHORT);
	expect(fd, SHORT_OK);
	close(fd);
	close(plat);
	stop_unix(&f); /* the directory is empty again */
}

/* A socket of a program that is no more is replaced; one in use, or a file,
 * is not. */
static void
test_unix_stale(void **state)
{
	char address[80];
	union sockaddr_any a = { .un = { .sun_family = AF_UNIX } };
	struct fixture f;
	struct server *s;
	struct err e = ERR_INIT;
	int fd;

	start_unix(&f);
	assert_int_equal(server_new(&s, &e), 0);
	(void)snprintf(address, sizeof(address), "unix:%s", f.path);
	assert_int_equal(server_listen_mssim(s, address, false, &e), -1);
	assert_int_equal(e.code, E_BUSY);
	assert_int_equal(mode_of(f.path), 0600);
	(void)snprintf(a.un.sun_path, sizeof(a.un.sun_path), "%s/old", f.dir);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, &a.sa, sockaddr_length(&a)), 0);
	close(fd);
	(void)snprintf(address, sizeof(address), "unix:%s/old", f.dir);
	assert_int_equal(server_listen_mssim(s, address, false, &e), 0);
	(void)snprintf(address, sizeof(address), "unix:%s/file", f.dir);
	fd = open(address + 5, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(server_listen_mssim(s, address, false, &e), -1);
	assert_int_equal(e.code, E_BUSY);
	assert_int_equal(unlink(address + 5), 0);
	assert_int_equal(
	    server_listen_mssim(s, "unix:/nowhere/tpm", false, &e), -1);
	assert_int_equal(e.code, E_IO);
	close(fd);
	stop(&f);
	server_free(s);
	assert_int_equal(rmdir(f.dir), 0);
}

/* The program has still to clean up when its server is gone. */
static void
test_second_signal(void **state)
{
	struct fixture f;

	start(&f, "127.0.0.1:0");
	stop(&f);
	assert_int_equal(kill(getpid(), SIGTERM), 0);
	assert_int_equal(kill(getpid(), SIGINT), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle_and_half),
		cmocka_unit_test(test_bytewise),
		cmocka_unit_test(test_long_body),
		cmocka_unit_test(test_pipelined),
		cmocka_unit_test(test_one_write),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_200_connections),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_cancel_while_long),
		cmocka_unit_test(test_wait_for_long),
		cmocka_unit_test(test_two_long),
		cmocka_unit_test(test_gone_while_long),
		cmocka_unit_test(test_never_reads),
		cmocka_unit_test(test_term_while_long),
		cmocka_unit_test(test_int),
		cmocka_unit_test(test_stop_command),
		cmocka_unit_test(test_stop_platform),
		cmocka_unit_test(test_free_unused),
		cmocka_unit_test(test_localhost),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_port_in_use),
		cmocka_unit_test(test_unix),
		cmocka_unit_test(test_unix_stale),
		cmocka_unit_test(test_second_signal),
	};

	/* A reply that never comes is a failure, not a test that hangs. */
	(void)alarm(120);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
