/*
 * swtpm's channels with real sockets, on a TPM of strings: sockets that come by
 * SCM_RIGHTS, many clients, a cancel, and what ends the program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/base/clock.h"
#include "sim/tpm/store.h"
#include "sim/tpm/swtpm.h"
#include "tests/unit/memstore.h"
#include "tests/unit/served.h"

#define CMD_SHORT     "80010000000c0000017b0008"
#define CMD_LONG      "80010000000a00000131"
#define RSP_OK        "80010000000a00000000"
#define RSP_909       "80010000000a00000909"
#define SET_DATAFD    "00000010"
#define GET_CONFIG    "0000000f"
#define CONFIG        "0000000000000000"
#define STOP_POWER    "0000000e"
#define CANCEL        "00000009"
#define SHUTDOWN      "00000003"
#define LOCK_STORAGE  "00000013"
#define FAIL          "00000009"
#define BAD_PARAMETER "00000003"
#define IOERROR       "0000001f"

/* Listening on f->path; ports that end it are set before it runs. */
static void
start_ctrl(struct fixture *f, unsigned end_with)
{
	const struct swtpm_options o = { .store = store };
	char dir[] = "/tmp/test-channels.XXXXXX", address[80];

	*f = (struct fixture){ .result = 99 };
	fake_reset(true);
	swtpm_configure(&o);
	assert_non_null(mkdtemp(dir));
	(void)snprintf(f->dir, sizeof(f->dir), "%s", dir);
	(void)snprintf(f->path, sizeof(f->path), "%s/ctrl", dir);
	(void)snprintf(address, sizeof(address), "unix:%s", f->path);
	assert_int_equal(server_new(&f->server, &f->e), 0);
	if (server_listen_swtpm(
		f->server, PORT_SWTPM_CTRL, address, NULL, false, &f->e) != 0)
		fail_msg("%s", f->e.msg);
	server_end_with(f->server, end_with);
	assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
}

static void
join_ctrl(struct fixture *f)
{
	join(f);
	assert_int_equal(rmdir(f->dir), 0);
}

static void
stop_ctrl(struct fixture *f)
{
	assert_int_equal(kill(getpid(), SIGTERM), 0);
	join_ctrl(f);
}

static int
ctrl(const struct fixture *f)
{
	int fd = connect_unix(f->path);

	assert_true(fd >= 0);
	return fd;
}

/* A request with descriptors beside it. */
static void
put_fds(int to, const char *hex, const int *fds, size_t n)
{
	auto_buf b = BUF_INIT(64);
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(4 * sizeof(int))];
	} control = { .room = "" };
	struct iovec iov;
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;

	assert_int_equal(hex_decode(hex, &b), 0);
	iov = (struct iovec){ b.p, b.n };
	m.msg_control = control.room;
	m.msg_controllen = CMSG_SPACE(n * sizeof(int));
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	assert_int_equal(sendmsg(to, &m, MSG_NOSIGNAL), (ssize_t)b.n);
}

/* A data channel; our end of it. */
static int
attach(int c, const char *reply)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	put_fds(c, SET_DATAFD, &pair[1], 1);
	close(pair[1]);
	expect(c, reply);
	return pair[0];
}

static void
test_datafd(void **state)
{
	struct fixture f;
	int c, data, second;

	start_ctrl(&f, 0);
	c = ctrl(&f);
	data = attach(c, ACK);
	put(data, CMD_SHORT);
	expect(data, RSP_OK);
	/* One at a time; the one that is refused is closed. */
	second = attach(c, IOERROR);
	expect_eof(second);
	/* Its control connection may go. */
	close(c);
	put(data, CMD_SHORT);
	expect(data, RSP_OK);
	close(data);
	stop_ctrl(&f);
}

/* After one has gone another may come. The server sees the end when it does:
 * until then the answer is that there is one. */
static void
test_datafd_again(void **state)
{
	struct fixture f;
	uint8_t reply[4];
	int c, data, pair[2];

	start_ctrl(&f, 0);
	c = ctrl(&f);
	data = attach(c, ACK);
	close(data);
	do {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
		put_fds(c, SET_DATAFD, &pair[1], 1);
		close(pair[1]);
		assert_int_equal(recv(c, reply, 4, MSG_WAITALL), 4);
		data = pair[0];
		if (reply[3] != 0)
			close(data);
	} while (reply[3] == 0x1f);
	put(data, CMD_SHORT);
	expect(data, RSP_OK);
	close(data);
	close(c);
	stop_ctrl(&f);
}

static void
test_datafd_missing(void **state)
{
	struct fixture f;
	int c, null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int listens = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const union sockaddr_any unnamed = { .sa.sa_family = AF_UNIX };
	int ends[2], data;

	start_ctrl(&f, 0);
	c = ctrl(&f);
	put(c, SET_DATAFD);
	expect(c, BAD_PARAMETER);
	/* What is no socket is none. */
	put_fds(c, SET_DATAFD, &null, 1);
	expect(c, BAD_PARAMETER);
	close(null);
	/* Nor is what is not connected; and a next one is not refused for it.
	 */
	assert_int_equal(bind(listens, &unnamed.sa, sizeof(sa_family_t)), 0);
	assert_int_equal(listen(listens, 1), 0);
	put_fds(c, SET_DATAFD, &listens, 1);
	expect(c, BAD_PARAMETER);
	close(listens);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	put_fds(c, SET_DATAFD, &ends[0], 1);
	expect(c, BAD_PARAMETER);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
	put_fds(c, SET_DATAFD, &ends[0], 1);
	expect(c, BAD_PARAMETER);
	close(ends[0]);
	close(ends[1]);
	data = attach(c, ACK);
	put(data, CMD_SHORT);
	expect(data, RSP_OK);
	close(data);
	close(c);
	stop_ctrl(&f);
}

/* Who sends a socket with another request, or four of them, has them closed:
 * the other end sees it. */
static void
test_stray_fds(void **state)
{
	struct fixture f;
	int c, a[2], fds[4];

	start_ctrl(&f, 0);
	c = ctrl(&f);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	put_fds(c, GET_CONFIG, &a[1], 1);
	close(a[1]);
	expect(c, CONFIG);
	expect_eof(a[0]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	for (size_t i = 0; i < 4; i++)
		fds[i] = a[1];
	put_fds(c, GET_CONFIG, fds, 4);
	close(a[1]);
	expect(c, CONFIG);
	expect_eof(a[0]);
	close(c);
	stop_ctrl(&f);
}

/* A request that is cut keeps what came with its first part. */
static void
test_datafd_in_pieces(void **state)
{
	struct fixture f;
	int c, a[2];

	start_ctrl(&f, 0);
	c = ctrl(&f);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	put_fds(c, "0000", &a[1], 1);
	close(a[1]);
	put(c, "0010");
	expect(c, ACK);
	put(a[0], CMD_SHORT);
	expect(a[0], RSP_OK);
	close(a[0]);
	close(c);
	stop_ctrl(&f);
}

/* Without clients' help: one that is in the middle of a request, one that is
 * idle, and one that works. */
static void
test_many(void **state)
{
	struct fixture f;
	int half, idle, c;

	start_ctrl(&f, 0);
	half = ctrl(&f);
	idle = ctrl(&f);
	c = ctrl(&f);
	put(half, "000000");
	put(c, GET_CONFIG);
	expect(c, CONFIG);
	put(half, "0f");
	expect(half, CONFIG);
	close(half);
	close(idle);
	close(c);
	stop_ctrl(&f);
}

static bool
is_silent(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, ms) == 0;
}

/* A part of a request, and no more: the connection is closed after a while.
 * Padding is none. */
static void
test_half(void **state)
{
	struct fixture f;
	uint64_t begin;
	int half, padded;

	start_ctrl(&f, 0);
	padded = ctrl(&f);
	half = ctrl(&f);
	put(padded, "0000000503000000");
	expect(padded, ACK);
	begin = clock_ns();
	put(half, "00000002");
	expect_eof(half);
	assert_true(clock_ns() - begin > 400000000);
	assert_true(is_silent(padded, 300));
	put(padded, GET_CONFIG);
	expect(padded, CONFIG);
	close(padded);
	stop_ctrl(&f);
}

/* A cancel reaches the command that runs, at once, and no other. */
static void
test_cancel(void **state)
{
	struct fixture f;
	int c, data, waits;

	start_ctrl(&f, 0);
	c = ctrl(&f);
	waits = ctrl(&f);
	data = attach(c, ACK);
	put(c, CANCEL);
	expect(c, ACK);
	put(data, CMD_SHORT);
	expect(data, RSP_OK);
	put(data, CMD_LONG);
	fake_wait_long(1);
	put(c, GET_CONFIG CANCEL);
	expect(c, CONFIG ACK);
	expect(data, RSP_909);
	put(data, CMD_LONG);
	fake_wait_long(2);
	put(waits, STOP_POWER);
	fake_release();
	expect(data, RSP_OK);
	expect(waits, ACK);
	assert_false(engine_is_on());
	close(data);
	close(waits);
	close(c);
	stop_ctrl(&f);
}

static void
test_shutdown(void **state)
{
	struct fixture f;
	int c, data;

	start_ctrl(&f, 0);
	c = ctrl(&f);
	data = attach(c, ACK);
	put(data, CMD_LONG);
	fake_wait_long(1);
	put(c, SHUTDOWN);
	expect(c, ACK);
	/* Its command is canceled, and answered. */
	expect(data, RSP_909);
	expect_eof(data);
	expect_eof(c);
	join_ctrl(&f);
}

/* Who waits for a lock that another process has does not keep us. */
static void
test_shutdown_while_locked(void **state)
{
	const struct store_options later = { .locking = STORE_LOCK_LATER };
	struct swtpm_options o = { .reject_locality_4 = false };
	auto_store holds = NULL;
	auto_store waits = NULL;
	struct fixture f;
	uint64_t begin;
	char uri[100];
	int c, other;

	start_ctrl(&f, 0);
	(void)snprintf(uri, sizeof(uri), "file://%s.state", f.path);
	assert_int_equal(store_open_uri(uri, STORE_OWN, NULL, &holds, NULL), 0);
	assert_int_equal(
	    store_open_uri(uri, STORE_OWN, &later, &waits, NULL), 0);
	o.store = waits;
	swtpm_configure(&o);
	c = ctrl(&f);
	other = ctrl(&f);
	begin = clock_ns();
	/* 1000 times 10 ms; it has begun once what precedes is answered. */
	put(c, GET_CONFIG LOCK_STORAGE "000003e8");
	expect(c, CONFIG);
	put(other, SHUTDOWN);
	expect(c, FAIL);
	expect_eof(c);
	assert_true(clock_ns() - begin < 5000000000);
	close(other);
	assert_int_equal(unlink(store_uri_path(uri)), 0);
	join_ctrl(&f);
}

/* --terminate: the data channel's end is the program's. */
static void
test_end_with_data(void **state)
{
	struct fixture f;
	int c, data;

	start_ctrl(&f, PORT_SWTPM_DATA);
	close(ctrl(&f));
	c = ctrl(&f);
	data = attach(c, ACK);
	close(data);
	expect_eof(c);
	join_ctrl(&f);
}

static void
test_end_with_ctrl(void **state)
{
	struct fixture f;

	start_ctrl(&f, PORT_SWTPM_CTRL);
	close(ctrl(&f));
	join_ctrl(&f);
}

/* Sockets that were inherited: a client's and one that listens. */
static void
test_adopted(void **state)
{
	struct fixture f = { .result = 99 };
	struct address a;
	union sockaddr_any bound = { .sa.sa_family = AF_INET };
	socklen_t n = sizeof(bound);
	int pair[2], listening, fd;

	fake_reset(true);
	assert_int_equal(server_new(&f.server, &f.e), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(
	    server_adopt_client(f.server, PORT_SWTPM_DATA, pair[1], &f.e), 0);
	assert_int_equal(address_parse("127.0.0.1:0", &a, NULL), 0);
	listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(listening, &a.any[0].sa, sockaddr_length(&a.any[0])), 0);
	assert_int_equal(getsockname(listening, &bound.sa, &n), 0);
	assert_int_equal(
	    server_adopt_listener(f.server, PORT_SWTPM_CTRL, listening, &f.e),
	    0);
	assert_int_equal(
	    server_port_of(f.server, PORT_SWTPM_CTRL), sockaddr_port(&bound));
	assert_int_equal(server_port_of(f.server, PORT_SWTPM_DATA), 0);
	assert_int_equal(pthread_create(&f.thread, NULL, serve, &f), 0);
	put(pair[0], CMD_SHORT);
	expect(pair[0], RSP_OK);
	fd = connect_any(&bound);
	put(fd, GET_CONFIG);
	expect(fd, CONFIG);
	close(fd);
	close(pair[0]);
	stop(&f);
}

static void
test_adopt_wrong(void **state)
{
	struct err e = ERR_INIT;
	struct server *s;

	assert_int_equal(server_new(&s, &e), 0);
	assert_int_equal(server_adopt_client(s, PORT_SWTPM_DATA,
			     open("/dev/null", O_RDWR | O_CLOEXEC), &e),
	    -1);
	assert_int_equal(server_adopt_client(s, PORT_SWTPM_DATA, 999, &e), -1);
	assert_int_equal(
	    server_adopt_listener(s, PORT_SWTPM_CTRL, 999, &e), -1);
	server_free(s);
}

/* ",disconnect": a connection is for one command. */
static void
test_disconnect(void **state)
{
	const struct listen_options o = {
		.uid = -1, .gid = -1, .disconnect = true
	};
	struct fixture f = { .result = 99 };
	int fd;

	fake_reset(true);
	assert_int_equal(server_new(&f.server, &f.e), 0);
	assert_int_equal(server_listen_swtpm(f.server, PORT_SWTPM_DATA,
			     "127.0.0.1:0", &o, false, &f.e),
	    0);
	assert_int_equal(pthread_create(&f.thread, NULL, serve, &f), 0);
	for (int i = 0; i < 2; i++) {
		fd = connect_to(
		    "127.0.0.1", server_port_of(f.server, PORT_SWTPM_DATA));
		put(fd, CMD_SHORT CMD_SHORT);
		expect(fd, RSP_OK);
		expect_eof(fd);
	}
	stop(&f);
}

static void
test_file_mode(void **state)
{
	const struct listen_options o = {
		.mode = 0660, .uid = (int)getuid(), .gid = -1
	};
	char dir[] = "/tmp/test-channels.XXXXXX", address[80];
	struct err e = ERR_INIT;
	struct server *s;
	struct stat st;

	assert_non_null(mkdtemp(dir));
	(void)snprintf(address, sizeof(address), "unix:%s/s", dir);
	assert_int_equal(server_new(&s, &e), 0);
	assert_int_equal(
	    server_listen_swtpm(s, PORT_SWTPM_CTRL, address, &o, false, &e), 0);
	assert_int_equal(stat(strchr(address, '/'), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	server_free(s);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_datafd),
		cmocka_unit_test(test_datafd_again),
		cmocka_unit_test(test_datafd_missing),
		cmocka_unit_test(test_stray_fds),
		cmocka_unit_test(test_datafd_in_pieces),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_half),
		cmocka_unit_test(test_cancel),
		cmocka_unit_test(test_shutdown),
		cmocka_unit_test(test_shutdown_while_locked),
		cmocka_unit_test(test_end_with_data),
		cmocka_unit_test(test_end_with_ctrl),
		cmocka_unit_test(test_adopted),
		cmocka_unit_test(test_adopt_wrong),
		cmocka_unit_test(test_disconnect),
		cmocka_unit_test(test_file_mode),
	};

	/* A reply that never comes is a failure, not a test that hangs. */
	(void)alarm(60);
	return cmocka_run_group_tests(tests, open_store, close_store);
}
