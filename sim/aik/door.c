#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <sys/resource.h>
#include <uv.h>

#include "sim/aik/door.h"
#include "sim/base/auto.h"
#include "sim/base/clock.h"
#include "sim/base/limits.h"
#include "sim/base/log.h"

/* Descriptors beside connections: files, libraries, what was inherited. */
#define SPARE_FDS   256
#define MAX_SLOTS   (MAX_HTTP_CONNS + SPARE_FDS)
#define SWEEP_MS    100
#define TLS_RECORD  0x16 /* handshake: RFC 8446 5.1; no method begins so */
#define NS_A_SECOND 1000000000ULL

/* A connection, at the place of its descriptor's number. */
struct slot {
	bool used;
	bool shut;      /* its end has begun */
	bool answered;  /* once at least */
	uint64_t since; /* when the last answer was sent, or it came */
	struct sockaddr_storage from;
	socklen_t from_size;
};

struct door {
	struct door_options options;
	uv_loop_t loop;
	uv_signal_t sigterm, sigint;
	uv_timer_t sweep;
	uv_poll_t *listeners;
	bool loop_ready;
	size_t max_conns;
	uv_poll_t *polls[MAX_SLOTS]; /* where the first octet is waited for */
	pthread_mutex_t lock; /* of slots: others leave on their threads */
	struct slot slots[MAX_SLOTS];
};

/* --- slots, under the lock ---------------------------------------------- */

/* The address that counts; a port does not. */
static bool
same_address(const struct slot *a, const struct slot *b)
{
	const struct sockaddr_in *a4 = (const void *)&a->from;
	const struct sockaddr_in *b4 = (const void *)&b->from;
	const struct sockaddr_in6 *a6 = (const void *)&a->from;
	const struct sockaddr_in6 *b6 = (const void *)&b->from;

	if (a->from.ss_family != b->from.ss_family)
		return false;
	switch (a->from.ss_family) {
	case AF_INET:
		return a4->sin_addr.s_addr == b4->sin_addr.s_addr;
	case AF_INET6:
		return memcmp(&a6->sin6_addr, &b6->sin6_addr,
			   sizeof(a6->sin6_addr)) == 0;
	default:
		return true;
	}
}

/* Who has it sees the end and leaves; before somebody has it, on_first_octet()
 * does. */
static void
shut(struct door *d, int fd)
{
	d->slots[fd].shut = true;
	(void)shutdown(fd, SHUT_RDWR);
}

/* Connections that have been answered once, or those that have not. */
struct kind {
	size_t n;
	int oldest; /* the one that has waited longest, or -1 */
};

/* What there is of like's address, or of all when like is NULL; those that go
 * count no more. */
static void
count(const struct door *d, const struct slot *like, struct kind ret[static 2])
{
	ret[false] = ret[true] = (struct kind){ .oldest = -1 };
	for (int fd = 0; fd < MAX_SLOTS; fd++) {
		const struct slot *s = &d->slots[fd];
		struct kind *k = &ret[s->answered];

		if (!s->used || s->shut ||
		    (like != NULL && !same_address(s, like)))
			continue;
		k->n++;
		if (k->oldest < 0 || s->since < d->slots[k->oldest].since)
			k->oldest = fd;
	}
}

/* One of the kind that there is more of. So those that only begin requests push
 * one another out, and not who waits between two requests for its TPM; and
 * those that keep their places after an answer keep no new one out. */
static bool
shut_one(struct door *d, const struct slot *like, size_t max)
{
	struct kind kinds[2];
	int fd;

	count(d, like, kinds);
	if (kinds[false].n + kinds[true].n <= max)
		return false;
	fd = kinds[kinds[true].n > kinds[false].n].oldest;
	log_debug("http", "connection %d makes room", fd);
	shut(d, fd);
	return true;
}

static void
make_room(struct door *d, const struct slot *new)
{
	if (!shut_one(d, new, MAX_HTTP_ADDRESS_CONNS))
		(void)shut_one(d, NULL, d->max_conns);
}

void
door_answered(struct door *d, int fd)
{
	(void)pthread_mutex_lock(&d->lock);
	d->slots[fd].answered = true;
	d->slots[fd].since = clock_ns();
	(void)pthread_mutex_unlock(&d->lock);
}

void
door_left(struct door *d, int fd)
{
	(void)pthread_mutex_lock(&d->lock);
	d->slots[fd] = (struct slot){ .used = false };
	(void)pthread_mutex_unlock(&d->lock);
}

/* --- coming in ----------------------------------------------------------- */

static void
free_handle(uv_handle_t *handle)
{
	free(handle);
}

/* From here on the loop has nothing of fd. */
static void
forget_poll(struct door *d, int fd)
{
	(void)uv_poll_stop(d->polls[fd]);
	uv_close((uv_handle_t *)d->polls[fd], free_handle);
	d->polls[fd] = NULL;
}

static void
turn_away(struct door *d, int fd)
{
	door_left(d, fd);
	(void)close(fd);
}

static void
on_first_octet(uv_poll_t *poll, int status, int events)
{
	struct door *d = poll->loop->data;
	const int fd = (int)(intptr_t)poll->data;
	struct slot *s = &d->slots[fd];
	uint8_t first;
	ssize_t n;

	n = recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR) && status == 0)
		return;
	forget_poll(d, fd);
	if (n != 1 || s->shut)
		turn_away(d, fd);
	else if (!d->options.enter(d->options.ctx, fd, first == TLS_RECORD,
		     (const struct sockaddr *)&s->from, s->from_size))
		door_left(d, fd);
}

static int
wait_first_octet(struct door *d, int fd)
{
	uv_poll_t *poll = malloc(sizeof(*poll));

	if (poll == NULL)
		return -1;
	if (uv_poll_init(&d->loop, poll, fd) != 0) {
		free(poll);
		return -1;
	}
	poll->data = (void *)(intptr_t)fd;
	d->polls[fd] = poll;
	if (uv_poll_start(poll, UV_READABLE, on_first_octet) == 0)
		return 0;
	forget_poll(d, fd);
	return -1;
}

static void
come_in(struct door *d, int fd, const struct slot *new)
{
	if (fd >= MAX_SLOTS) {
		(void)close(fd);
		return;
	}
	(void)pthread_mutex_lock(&d->lock);
	d->slots[fd] = *new;
	make_room(d, new);
	(void)pthread_mutex_unlock(&d->lock);
	if (wait_first_octet(d, fd) != 0)
		turn_away(d, fd);
}

/* Not more at a time, so that those who are in get their turn. */
#define MAX_ACCEPTS 64

static void
on_listener(uv_poll_t *poll, int status, int events)
{
	struct door *d = poll->loop->data;

	for (int i = 0; i < MAX_ACCEPTS; i++) {
		struct slot new = { .used = true, .since = clock_ns() };
		int fd;

		new.from_size = sizeof(new.from);
		fd = accept4((int)(intptr_t)poll->data,
		    (struct sockaddr *)&new.from, &new.from_size,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0 && errno == ECONNABORTED)
			continue;
		if (fd < 0)
			return;
		come_in(d, fd, &new);
	}
}

/* --- time ------------------------------------------------------------------
 */

static void
on_sweep(uv_timer_t *timer)
{
	struct door *d = timer->loop->data;
	uint64_t now;

	(void)pthread_mutex_lock(&d->lock);
	/* Under the lock: no answer is later than this. */
	now = clock_ns();
	for (int fd = 0; fd < MAX_SLOTS; fd++) {
		const struct slot *s = &d->slots[fd];

		if (s->used && !s->shut &&
		    now > s->since + d->options.timeout * NS_A_SECOND) {
			log_debug("http", "connection %d has had its time", fd);
			shut(d, fd);
		}
	}
	(void)pthread_mutex_unlock(&d->lock);
}

static void
close_handle(uv_handle_t *handle, void *arg)
{
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* Nobody new, and nobody who has not said a word; the loop ends then. */
static void
stop(struct door *d)
{
	for (int fd = 0; fd < MAX_SLOTS; fd++) {
		if (d->polls[fd] != NULL) {
			forget_poll(d, fd);
			turn_away(d, fd);
		}
	}
	uv_walk(&d->loop, close_handle, NULL);
}

static void
on_signal(uv_signal_t *signal, int number)
{
	log_info("http", "%s", strsignal(number));
	stop(signal->loop->data);
}

/* --- the loop --------------------------------------------------------------
 */

/* The usual soft limit is for programs that use select(2). */
static int
raise_limit(struct door *d, struct err *e)
{
	struct rlimit have;

	if (getrlimit(RLIMIT_NOFILE, &have) != 0)
		return err_errno(e, "read the limit of descriptors");
	if (have.rlim_max <= SPARE_FDS)
		return err_set(e, E_LIMIT, "at most %ju descriptors",
		    (uintmax_t)have.rlim_max);
	if (have.rlim_cur < MAX_SLOTS)
		have.rlim_cur =
		    have.rlim_max < MAX_SLOTS ? have.rlim_max : MAX_SLOTS;
	if (setrlimit(RLIMIT_NOFILE, &have) != 0)
		return err_errno(e, "raise the limit of descriptors");
	d->max_conns = have.rlim_cur < MAX_SLOTS ? have.rlim_cur - SPARE_FDS
						 : MAX_HTTP_CONNS;
	return 0;
}

static int
start_listeners(struct door *d)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < d->options.n; i++) {
		const int fd = d->options.listeners[i];

		d->listeners[i].data = (void *)(intptr_t)fd;
		if ((rc = uv_poll_init(&d->loop, &d->listeners[i], fd)) == 0)
			rc = uv_poll_start(
			    &d->listeners[i], UV_READABLE, on_listener);
	}
	return rc;
}

static int
start_loop(struct door *d)
{
	int rc;

	if ((rc = uv_loop_init(&d->loop)) != 0)
		return rc;
	d->loop_ready = true;
	d->loop.data = d;
	if ((rc = uv_signal_init(&d->loop, &d->sigterm)) != 0 ||
	    (rc = uv_signal_init(&d->loop, &d->sigint)) != 0 ||
	    (rc = uv_timer_init(&d->loop, &d->sweep)) != 0 ||
	    (rc = uv_signal_start(&d->sigterm, on_signal, SIGTERM)) != 0 ||
	    (rc = uv_signal_start(&d->sigint, on_signal, SIGINT)) != 0 ||
	    (rc = uv_timer_start(&d->sweep, on_sweep, SWEEP_MS, SWEEP_MS)) != 0)
		return rc;
	return start_listeners(d);
}

static void
auto_door_fn(struct door **d)
{
	door_free(*d);
}

int
door_new(const struct door_options *o, struct door **ret, struct err *e)
{
	AUTO(auto_door_fn) struct door *d = calloc(1, sizeof(*d));
	int rc;

	if (d == NULL)
		return err_set(e, E_NOMEM, "connections");
	d->options = *o;
	(void)pthread_mutex_init(&d->lock, NULL);
	if ((d->listeners = calloc(o->n, sizeof(*d->listeners))) == NULL)
		return err_set(e, E_NOMEM, "listeners");
	if (raise_limit(d, e) != 0)
		return -1;
	if ((rc = start_loop(d)) != 0)
		return err_set(e, E_IO, "event loop: %s", uv_strerror(rc));
	*ret = TAKE(d);
	return 0;
}

int
door_run(struct door *d, struct err *e)
{
	int rc;

	/* Who reads the log may go before us. */
	(void)signal(SIGPIPE, SIG_IGN);
	rc = uv_run(&d->loop, UV_RUN_DEFAULT);
	return rc == 0 ? 0 : err_set(e, E_IO, "event loop: handles are left");
}

void
door_free(struct door *d)
{
	if (d == NULL)
		return;
	if (d->loop_ready) {
		stop(d);
		(void)uv_run(&d->loop, UV_RUN_DEFAULT);
		(void)uv_loop_close(&d->loop);
	}
	(void)pthread_mutex_destroy(&d->lock);
	free(d->listeners);
	free(d);
}
