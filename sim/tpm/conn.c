#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "sim/base/limits.h"
#include "sim/base/log.h"
#include "sim/tpm/address.h"
#include "sim/tpm/conn.h"

/*
 * All connections read into one area: what arrives is used up or copied before
 * the next read. Larger than any burst of commands, so that a read that does
 * not fill it tells that there is no more, and costs no second one.
 */
static uint8_t read_area[64 * 1024];

/* One frame that is not complete, and one more read. */
#define CONN_INPUT_CAP (MAX_MSSIM_BODY + 64 + sizeof(read_area))

static void
on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *ret)
{
	*ret = uv_buf_init((char *)read_area, sizeof(read_area));
}

/*
 * Clients that write a command in pieces have Nagle's algorithm wait for our
 * acknowledgement, which the kernel delays by 40 ms. Asking for a quick one
 * holds for one acknowledgement only, so it is asked for each time.
 */
static void
ack_now(struct conn *c)
{
	int on = 1, fd;

	if (c->uv.handle.type == UV_TCP && uv_fileno(&c->uv.handle, &fd) == 0)
		(void)setsockopt(
		    fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

/* Keep what the owner did not use. */
static void
keep_input(struct conn *c, struct span in, size_t used)
{
	if (c->in.n > 0) {
		buf_drop(&c->in, used);
		if (c->in.n == 0)
			buf_free(&c->in);
		return;
	}
	(void)span_skip(&in, used);
	if (buf_put(&c->in, in) != 0)
		conn_close(c);
}

static void on_silence(uv_timer_t *timer);

/* Each octet that comes is a sign of life; what is held waits for us, and what
 * is left of a request may be its padding. */
static void
await_rest(struct conn *c)
{
	if (c->patience == 0 || c->state == CONN_CLOSING)
		return;
	(void)uv_timer_stop(&c->timer);
	if (c->state != CONN_READING || c->in.n <= c->session.pad)
		return;
	uv_update_time(c->timer.loop);
	(void)uv_timer_start(&c->timer, on_silence, c->patience, 0);
}

/* It was silent, unless it was us who did not read: a command may be long. */
static void
on_silence(uv_timer_t *timer)
{
	struct conn *c = timer->data;
	uint8_t next;
	int fd;

	if (uv_fileno(&c->uv.handle, &fd) == 0 &&
	    recv(fd, &next, 1, MSG_PEEK | MSG_DONTWAIT) > 0) {
		await_rest(c);
		return;
	}
	log_info("server", "c=%u sent a part of a request, and no more", c->id);
	conn_close(c);
}

static void
take_input(struct conn *c, struct span fresh)
{
	struct span in = fresh;
	size_t used;

	if (c->in.n > 0) {
		if (buf_put(&c->in, fresh) != 0) {
			conn_close(c);
			return;
		}
		in = buf_span(&c->in);
	}
	used = c->owner->input(c, in);
	if (c->state != CONN_CLOSING)
		keep_input(c, in, used);
	if (c->state == CONN_READING && c->in.n > 0)
		ack_now(c);
	await_rest(c);
}

static void
on_closed(uv_handle_t *handle)
{
	struct conn *c = handle->data;

	if (--c->n_handles > 0)
		return;
	if (c->owner != NULL)
		c->owner->closed(c);
	buf_free(&c->in);
	buf_free(&c->out);
	free(c);
}

static void
drop_passed(struct conn *c)
{
	if (c->passed != NULL)
		conn_close(c->passed);
	c->passed = NULL;
}

void
conn_close(struct conn *c)
{
	if (c->state == CONN_CLOSING)
		return;
	c->state = CONN_CLOSING;
	drop_passed(c);
	uv_close((uv_handle_t *)&c->timer, on_closed);
	uv_close(&c->uv.handle, on_closed);
}

/* Its socket is not open yet. */
static struct conn *
conn_new(uv_loop_t *loop, uv_handle_type type, bool takes_fds)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	buf_init(&c->in, CONN_INPUT_CAP);
	buf_init(&c->out, CONN_OUTPUT_CAP);
	if (type == UV_TCP)
		(void)uv_tcp_init(loop, &c->uv.tcp);
	else
		(void)uv_pipe_init(loop, &c->uv.pipe, takes_fds);
	(void)uv_timer_init(loop, &c->timer);
	c->uv.handle.data = c->timer.data = c;
	c->n_handles = 2;
	return c;
}

/* No pipe, and nobody who listens. */
static bool
is_connected(const struct conn *c)
{
	union sockaddr_any a;
	socklen_t n = sizeof(a);
	int fd;

	return uv_fileno(&c->uv.handle, &fd) == 0 &&
	       getpeername(fd, &a.sa, &n) == 0;
}

/*
 * Sockets that came with what was just read. Who sends more than one, or what
 * is no connected one (a virtual machine monitor sends its descriptor 0 along
 * with each request), has them closed.
 */
static void
keep_passed(struct conn *c)
{
	uv_pipe_t *pipe = &c->uv.pipe;

	while (c->uv.handle.type == UV_NAMED_PIPE &&
	       uv_pipe_pending_count(pipe) > 0) {
		uv_handle_type type = uv_pipe_pending_type(pipe);
		struct conn *passed = conn_new(pipe->loop, type, false);

		if (passed == NULL)
			return;
		drop_passed(c);
		if (uv_accept(&c->uv.stream, &passed->uv.stream) != 0 ||
		    (type != UV_TCP && type != UV_NAMED_PIPE) ||
		    !is_connected(passed))
			conn_close(passed);
		else
			c->passed = passed;
	}
}

static void
on_read(uv_stream_t *stream, ssize_t nread, const uv_buf_t *area)
{
	struct conn *c = stream->data;

	if (nread == 0)
		return;
	if (nread < 0) {
		log_debug("server", "c=%u %s", c->id,
		    nread == UV_EOF ? "left" : uv_strerror((int)nread));
		conn_close(c);
		return;
	}
	keep_passed(c);
	take_input(c, (struct span){ read_area, (size_t)nread });
	if (c->state == CONN_READING && c->in.n == 0)
		drop_passed(c);
	if (c->state != CONN_READING)
		(void)uv_read_stop(stream);
}

static void
start(struct conn *c, const struct conn_owner *owner)
{
	c->owner = owner;
	if (uv_read_start(&c->uv.stream, on_alloc, on_read) != 0)
		conn_close(c);
	else if (c->uv.handle.type == UV_TCP)
		(void)uv_tcp_nodelay(&c->uv.tcp, 1);
}

struct conn *
conn_accept(
    uv_stream_t *listener, const struct conn_owner *owner, bool takes_fds)
{
	struct conn *c = conn_new(listener->loop, listener->type, takes_fds);

	if (c == NULL)
		return NULL;
	if (uv_accept(listener, &c->uv.stream) != 0) {
		c->owner = owner;
		conn_close(c);
		return c;
	}
	start(c, owner);
	return c;
}

struct conn *
conn_open(
    uv_loop_t *loop, int fd, const struct conn_owner *owner, bool takes_fds)
{
	uv_handle_type type = uv_guess_handle(fd);
	struct conn *c = conn_new(loop, type, takes_fds);
	int rc;

	if (c == NULL) {
		(void)close(fd);
		errno = ENOMEM;
		return NULL;
	}
	rc = type == UV_TCP          ? uv_tcp_open(&c->uv.tcp, fd)
	     : type == UV_NAMED_PIPE ? uv_pipe_open(&c->uv.pipe, fd)
				     : UV_ENOTSOCK;
	if (rc != 0) {
		conn_close(c);
		(void)close(fd);
		errno = -rc;
		return NULL;
	}
	start(c, owner);
	return c;
}

struct conn *
conn_take_passed(struct conn *c, const struct conn_owner *owner)
{
	struct conn *passed = c->passed;

	c->passed = NULL;
	if (passed == NULL)
		return NULL;
	passed->attached = true;
	start(passed, owner);
	return passed;
}

void
conn_finish(struct conn *c)
{
	if (c->state == CONN_WRITING)
		c->finish = true;
	else
		conn_close(c);
}

void
conn_hold(struct conn *c)
{
	c->state = CONN_HELD;
}

void
conn_resume(struct conn *c)
{
	c->state = CONN_READING;
	if (c->in.n > 0)
		take_input(c, (struct span){ NULL, 0 });
	if (c->state == CONN_READING)
		(void)uv_read_start(&c->uv.stream, on_alloc, on_read);
}

/* A client that has gone is found here too, and is no event. */
static void
on_written(uv_write_t *write, int status)
{
	struct conn *c = write->handle->data;

	buf_free(&c->out);
	if (c->state == CONN_CLOSING)
		return;
	if (status != 0 || c->finish)
		conn_close(c);
	else
		conn_resume(c);
}

/* What the kernel did not take at once. */
static void
send_rest(struct conn *c, struct span rest)
{
	uv_buf_t b;

	if (buf_put(&c->out, rest) != 0) {
		conn_close(c);
		return;
	}
	b = uv_buf_init((char *)c->out.p, (unsigned)c->out.n);
	c->state = CONN_WRITING;
	if (uv_write(&c->write, &c->uv.stream, &b, 1, on_written) != 0)
		conn_close(c);
}

/* Pieces of at most that many octets, a write each. */
static void
send_now(struct conn *c, struct buf *out, size_t piece)
{
	struct span rest = buf_span(out);
	int n = 1;

	while (rest.n > 0 && n > 0) {
		const size_t most = rest.n < piece ? rest.n : piece;
		uv_buf_t b =
		    uv_buf_init((char *)(uintptr_t)rest.p, (unsigned)most);

		n = uv_try_write(&c->uv.stream, &b, 1);
		if (n > 0)
			(void)span_skip(&rest, (size_t)n);
	}
	if (n < 0 && n != UV_EAGAIN)
		conn_close(c);
	else if (rest.n > 0)
		send_rest(c, rest);
}

void
conn_send(struct conn *c, struct buf *out)
{
	if (out->n > 0 && c->state != CONN_CLOSING)
		send_now(c, out, out->n);
	buf_reset(out);
}

void
conn_send_split(struct conn *c, struct buf *out)
{
	if (out->n > 0 && c->state != CONN_CLOSING)
		send_now(c, out, 1);
	buf_reset(out);
}
