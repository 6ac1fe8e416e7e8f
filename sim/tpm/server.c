#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "sim/base/clock.h"
#include "sim/base/limits.h"
#include "sim/base/log.h"
#include "sim/tpm/conn.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/listen.h"
#include "sim/tpm/server.h"
#include "sim/tpm/swtpm.h"
#include "sim/tpm/tpmfault.h"
#include "sim/tpm/wire.h"

struct listener {
	union uv_socket uv;
	struct server *server;
	struct listen_socket socket;
	bool disconnect; /* a connection is for one command */
	unsigned group;  /* sockets of one address */
	TAILQ_ENTRY(listener) all;
};

/* The one request that runs on the thread pool. */
struct job {
	uv_work_t work;
	struct conn *c; /* NULL: nothing runs */
	struct wire_request request;
	struct buf fixed, body; /* of the request */
	struct buf reply;
	uint64_t begin;
};

struct server {
	uv_loop_t loop;
	uv_signal_t sigterm, sigint;
	struct conn_owner owner;
	TAILQ_HEAD(, listener) listeners;
	TAILQ_HEAD(, conn) conns;
	STAILQ_HEAD(, conn) waiting; /* for the TPM; first come, first served */
	struct job job;
	struct buf reply; /* of the batch that runs */
	unsigned n_conns, last_id, groups;
	unsigned n_attached; /* data channels that came over a control one */
	unsigned end_with;   /* ports: who leaves one of them ends us */
	bool full;           /* and the log says so */
	bool stopping;
	uint16_t port;
	char tcti[MAX_TCTI];
};

/* --- log --------------------------------------------------------------- */

/* No clock is read for lines that nobody sees. */
static uint64_t
log_begin(void)
{
	return log_enabled(LOG_DEBUG) ? clock_ns() : 0;
}

static void
log_request(const struct conn *c, const struct wire_request *r,
    struct span reply, uint64_t begin)
{
	unsigned us = (unsigned)((clock_ns() - begin) / 1000);
	const char *name = r->cmd == NULL ? "unknown" : r->cmd->name;
	struct span command = wire_command(r);
	uint32_t cc;

	if (span_skip(&command, 6) || span_get_u32(&command, &cc))
		log_debug("server", "c=%u cmd=%s code=%u us=%u", c->id, name,
		    r->code, us);
	else
		log_debug("server", "c=%u cmd=%s cc=%s rc=0x%03x us=%u", c->id,
		    name, engine_command_name(cc),
		    engine_response_code(wire_response(r, reply)), us);
}

/* --- end --------------------------------------------------------------- */

static void
on_listener_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void
listener_close(struct listener *l)
{
	TAILQ_REMOVE(&l->server->listeners, l, all);
	if (l->socket.un.sun_path[0] != '\0')
		(void)unlink(l->socket.un.sun_path);
	uv_close(&l->uv.handle, on_listener_closed);
}

/* With nothing left to wait for, uv_run() returns. */
static void
close_all(struct server *s)
{
	struct conn *c;

	STAILQ_INIT(&s->waiting);
	for (c = TAILQ_FIRST(&s->conns); c != NULL; c = TAILQ_NEXT(c, all))
		conn_close(c);
}

/* Nobody new; a command that runs is answered first (on_job_done). */
static void
stop(struct server *s)
{
	struct listener *l, *next;

	s->stopping = true;
	swtpm_end_waits();
	for (l = TAILQ_FIRST(&s->listeners); l != NULL; l = next) {
		next = TAILQ_NEXT(l, all);
		listener_close(l);
	}
	if (s->job.c == NULL)
		close_all(s);
}

static void
stop_platform(struct server *s, unsigned group)
{
	struct listener *l, *next;

	for (l = TAILQ_FIRST(&s->listeners); l != NULL; l = next) {
		next = TAILQ_NEXT(l, all);
		if (l->group == group && l->socket.port == PORT_MSSIM_PLATFORM)
			listener_close(l);
	}
}

static void
on_signal(uv_signal_t *signal, int number)
{
	log_info("server", "%s", strsignal(number));
	stop(signal->data);
}

static void
send_reply(struct conn *c, bool split, struct buf *reply)
{
	if (split)
		conn_send_split(c, reply);
	else
		conn_send(c, reply);
}

/* --- long commands ----------------------------------------------------- */

static void
wait_for_tpm(struct server *s, struct conn *c)
{
	conn_hold(c);
	STAILQ_INSERT_TAIL(&s->waiting, c, waiting);
}

/* On a thread of the pool. A row that may run here ends no connection. */
static void
job_run(uv_work_t *work)
{
	struct job *job = work->data;

	(void)wire_run(&job->request, &job->reply);
}

/* First the others, which wait since it began, then the rest of c's own. */
static void
job_next(struct server *s, struct conn *c)
{
	if (c->state == CONN_HELD)
		STAILQ_INSERT_TAIL(&s->waiting, c, waiting);
	while (s->job.c == NULL && !STAILQ_EMPTY(&s->waiting)) {
		c = STAILQ_FIRST(&s->waiting);
		STAILQ_REMOVE_HEAD(&s->waiting, waiting);
		conn_resume(c);
	}
}

/* A connection for one command has had it. */
static void
after_command(struct conn *c, const struct wire_request *r)
{
	if (c->one_command && r->cmd != NULL && r->cmd->needs_tpm)
		conn_finish(c);
}

static void
on_job_done(uv_work_t *work, int status)
{
	struct job *job = work->data;
	struct server *s = job->c->owner->data;
	struct conn *c = job->c;

	engine_end_cancel();
	if (log_enabled(LOG_DEBUG))
		log_request(
		    c, &job->request, buf_span(&job->reply), job->begin);
	job->c = NULL;
	send_reply(
	    c, tpmfault_splits(wire_command(&job->request)), &job->reply);
	after_command(c, &job->request);
	buf_free(&job->fixed);
	buf_free(&job->body);
	buf_free(&job->reply);
	if (s->stopping)
		close_all(s);
	else
		job_next(s, c);
}

/* The spans of r are gone once c's input moves: they are kept. */
static int
job_start(struct server *s, struct conn *c, const struct wire_request *r)
{
	struct job *job = &s->job;

	if (buf_put(&job->fixed, r->fixed) || buf_put(&job->body, r->body))
		return -1;
	job->request = *r;
	job->request.fixed = buf_span(&job->fixed);
	job->request.body = buf_span(&job->body);
	job->begin = log_begin();
	job->work.data = job;
	job->c = c;
	conn_hold(c);
	(void)uv_queue_work(&s->loop, &job->work, job_run, on_job_done);
	return 0;
}

/* --- requests ---------------------------------------------------------- */

static void
add_conn(struct server *s, struct conn *c, enum port port)
{
	c->id = ++s->last_id;
	c->session.port = port;
	c->patience = port == PORT_SWTPM_CTRL ? MAX_CTRL_SILENCE : 0;
	TAILQ_INSERT_TAIL(&s->conns, c, all);
	s->n_conns++;
}

/* The socket that came with c's request: a monitor's, which writes a command
 * at a time. */
static void
attach_data(struct server *s, struct conn *c)
{
	struct conn *data = conn_take_passed(c, &s->owner);

	if (data == NULL)
		return;
	add_conn(s, data, PORT_SWTPM_DATA);
	data->session.whole_writes = true;
	s->n_attached++;
	log_info(
	    "server", "c=%u attached a data channel, c=%u", c->id, data->id);
}

/* What becomes of c, whose reply was sent. Who sees the end of a connection
 * finds no listener any more. */
static void
then_do(struct server *s, struct conn *c, enum wire_then then)
{
	if (then == THEN_ADOPT) {
		attach_data(s, c);
		return;
	}
	if (then == THEN_STOP_PORT)
		stop_platform(s, c->group);
	if (then == THEN_STOP_SERVER)
		stop(s);
	conn_finish(c);
}

static void
run_now(struct server *s, struct conn *c, const struct wire_request *r)
{
	uint64_t begin = log_begin();
	size_t before = s->reply.n;
	enum wire_then then = wire_run(r, &s->reply);
	bool split;
	struct span reply = buf_span(&s->reply);

	(void)span_skip(&reply, before);
	if (log_enabled(LOG_DEBUG))
		log_request(c, r, reply, begin);
	split = tpmfault_splits(wire_command(r));
	if (then == THEN_CONTINUE && !c->one_command && !split &&
	    s->reply.n < MAX_CONN_OUTPUT)
		return;
	send_reply(c, split, &s->reply);
	if (then != THEN_CONTINUE)
		then_do(s, c, then);
	else
		after_command(c, r);
}

/*
 * One request from the front of in; false when there is none, or when it has
 * to wait. What was answered before it is sent first: that may be all that its
 * client waits for, and a client that does not read has to before it asks more.
 */
static bool
step(struct server *s, struct conn *c, struct span *in)
{
	struct wire_request r;
	struct err e = ERR_INIT;
	int found = wire_parse(&c->session, *in, &r, &e);
	bool busy, slow;

	if (found < 0) {
		log_info("server", "c=%u %s", c->id, e.msg);
		conn_send(c, &s->reply);
		conn_finish(c);
	}
	if (found <= 0)
		return false;
	r.tpm_busy = s->job.c != NULL;
	r.fd_passed = c->passed != NULL;
	r.data_attached = s->n_attached > 0;
	busy = r.cmd != NULL && r.cmd->needs_tpm && r.tpm_busy;
	slow = !busy && wire_is_long(&r);
	if (busy || slow)
		conn_send(c, &s->reply);
	if (c->state != CONN_READING)
		return false;
	if (busy) {
		wait_for_tpm(s, c);
		return false;
	}
	if (!slow)
		run_now(s, c, &r);
	else if (job_start(s, c, &r) != 0)
		conn_close(c);
	(void)span_skip(in, r.used);
	return c->state == CONN_READING;
}

static size_t
on_input(struct conn *c, struct span in)
{
	struct server *s = c->owner->data;
	struct span rest = in;

	while (rest.n > 0 && step(s, c, &rest))
		;
	conn_send(c, &s->reply);
	return in.n - rest.n;
}

static void
on_closed(struct conn *c)
{
	struct server *s = c->owner->data;

	TAILQ_REMOVE(&s->conns, c, all);
	s->n_conns--;
	s->n_attached -= c->attached;
	if (s->n_conns < MAX_CONNS)
		s->full = false;
	if (!s->stopping && (s->end_with & c->session.port)) {
		log_info("server", "c=%u left: the end", c->id);
		stop(s);
	}
}

/* --- listening --------------------------------------------------------- */

static const char *
port_name(enum port port)
{
	switch (port) {
	case PORT_MSSIM:
		return "command port";
	case PORT_MSSIM_PLATFORM:
		return "platform port";
	case PORT_SWTPM_DATA:
		return "data channel";
	case PORT_SWTPM_CTRL:
		return "control channel";
	}
	return "?";
}

static void
on_connection(uv_stream_t *stream, int status)
{
	struct listener *l = stream->data;
	struct server *s = l->server;
	enum port port = l->socket.port;
	struct conn *c = NULL;

	if (status >= 0)
		c = conn_accept(stream, &s->owner, port == PORT_SWTPM_CTRL);
	if (c == NULL) {
		log_warn("server", "connection lost: %s",
		    status < 0 ? uv_strerror(status) : "out of memory");
		return;
	}
	add_conn(s, c, port);
	c->group = l->group;
	c->one_command = l->disconnect;
	if (s->n_conns > MAX_CONNS) {
		if (!s->full)
			log_warn("server", "more than %d connections: refused",
			    MAX_CONNS);
		s->full = true;
		conn_close(c);
		return;
	}
	log_info("server", "c=%u connected to the %s", c->id, port_name(port));
}

static int
open_handle(struct listener *l, bool is_unix)
{
	uv_loop_t *loop = &l->server->loop;

	if (is_unix) {
		(void)uv_pipe_init(loop, &l->uv.pipe, 0);
		return uv_pipe_open(&l->uv.pipe, l->socket.fd);
	}
	(void)uv_tcp_init(loop, &l->uv.tcp);
	return uv_tcp_open(&l->uv.tcp, l->socket.fd);
}

/* The descriptor is taken over, also when this fails. */
static int
add_listener(struct server *s, const struct listen_socket *socket, bool is_unix,
    bool disconnect, struct err *e)
{
	struct listener *l = calloc(1, sizeof(*l));
	int rc;

	if (l == NULL) {
		(void)close(socket->fd);
		return err_set(e, E_NOMEM, "listen: out of memory");
	}
	l->server = s;
	l->socket = *socket;
	l->group = s->groups;
	l->disconnect = disconnect;
	rc = open_handle(l, is_unix);
	l->uv.handle.data = l;
	TAILQ_INSERT_TAIL(&s->listeners, l, all);
	if (rc == 0)
		rc = uv_listen(&l->uv.stream, LISTEN_BACKLOG, on_connection);
	return rc == 0 ? 0 : err_set(e, E_IO, "listen: %s", uv_strerror(rc));
}

/* What is in set is taken over, also when this fails. */
static int
add_listeners(struct server *s, struct listen_set *set, bool is_unix,
    bool disconnect, struct err *e)
{
	while (set->n > 0) {
		set->n--;
		if (add_listener(
			s, &set->sockets[set->n], is_unix, disconnect, e)) {
			listen_close(set);
			return -1;
		}
	}
	return 0;
}

/* Clients may be in another directory: absolute, if a socket's address has
 * room for that. */
static void
set_unix_tcti(struct server *s, const struct sockaddr_un *un)
{
	auto_free char *absolute = realpath(un->sun_path, NULL);
	bool fits = absolute != NULL &&
		    strlen(absolute) + sizeof(".ctrl") <= sizeof(un->sun_path);

	(void)snprintf(s->tcti, sizeof(s->tcti), "mssim:path=%s",
	    fits ? absolute : un->sun_path);
}

static void
set_tcti(struct server *s, const struct address *a)
{
	if (address_is_unix(a))
		set_unix_tcti(s, &a->any[0].un);
	else
		(void)snprintf(s->tcti, sizeof(s->tcti),
		    "mssim:host=%s,port=%u", address_connect_host(a), s->port);
}

int
server_listen_mssim(
    struct server *s, const char *address, bool allow_remote, struct err *e)
{
	struct address a;
	struct listen_set set;
	uint16_t port;

	if (address_parse(address, &a, e) != 0 ||
	    address_check_remote(&a, address, allow_remote, e) != 0 ||
	    listen_mssim(&a, &set, e) != 0)
		return -1;
	port = set.port;
	if (add_listeners(s, &set, address_is_unix(&a), false, e) != 0)
		return -1;
	if (s->groups++ == 0) {
		s->port = port;
		set_tcti(s, &a);
	}
	return 0;
}

int
server_listen_swtpm(struct server *s, enum port port, const char *address,
    const struct listen_options *o, bool allow_remote, struct err *e)
{
	struct address a;
	struct listen_set set;

	if (address_parse(address, &a, e) != 0 ||
	    address_check_remote(&a, address, allow_remote, e) != 0 ||
	    listen_port(&a, port, o, &set, e) != 0)
		return -1;
	s->groups++;
	return add_listeners(
	    s, &set, address_is_unix(&a), o != NULL && o->disconnect, e);
}

int
server_adopt_listener(struct server *s, enum port port, int fd, struct err *e)
{
	const struct listen_socket socket = { .fd = fd, .port = port };
	union sockaddr_any a = { .sa.sa_family = AF_UNIX };
	socklen_t n = sizeof(a);

	if (getsockname(fd, &a.sa, &n) != 0)
		return err_errno(e, "descriptor %d", fd);
	s->groups++;
	return add_listener(s, &socket, a.sa.sa_family == AF_UNIX, false, e);
}

int
server_adopt_client(struct server *s, enum port port, int fd, struct err *e)
{
	struct conn *c =
	    conn_open(&s->loop, fd, &s->owner, port == PORT_SWTPM_CTRL);

	if (c == NULL)
		return err_errno(e, "descriptor %d", fd);
	add_conn(s, c, port);
	return 0;
}

void
server_end_with(struct server *s, unsigned ports)
{
	s->end_with |= ports;
}

uint16_t
server_port_of(const struct server *s, enum port port)
{
	union sockaddr_any a = { .sa.sa_family = AF_UNIX };
	socklen_t n = sizeof(a);
	struct listener *l;

	TAILQ_FOREACH(l, &s->listeners, all)
	if (l->socket.port == port &&
	    getsockname(l->socket.fd, &a.sa, &n) == 0 &&
	    a.sa.sa_family != AF_UNIX)
		return sockaddr_port(&a);
	return 0;
}

const char *
server_tcti(const struct server *s)
{
	return s->tcti;
}

uint16_t
server_port(const struct server *s)
{
	return s->port;
}

/* --- life -------------------------------------------------------------- */

/* A signal is no reason to go on when everything else has ended. */
static int
catch_signal(struct server *s, uv_signal_t *handle, int number)
{
	int rc = uv_signal_init(&s->loop, handle);

	if (rc != 0)
		return rc;
	handle->data = s;
	uv_unref((uv_handle_t *)handle);
	return uv_signal_start(handle, on_signal, number);
}

/* Not initialised when server_new() failed before. */
static void
close_signal(uv_signal_t *handle)
{
	if (handle->data != NULL)
		uv_close((uv_handle_t *)handle, NULL);
}

/* A second Ctrl-C must not end the program before it has cleaned up. */
static void
ignore_signals(struct server *s)
{
	sigset_t both, before;

	(void)sigemptyset(&both);
	(void)sigaddset(&both, SIGTERM);
	(void)sigaddset(&both, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, &both, &before);
	close_signal(&s->sigterm);
	close_signal(&s->sigint);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int
server_new(struct server **ret, struct err *e)
{
	struct server *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return err_set(e, E_NOMEM, "server: out of memory");
	if ((rc = uv_loop_init(&s->loop)) != 0) {
		free(s);
		return err_set(e, E_IO, "event loop: %s", uv_strerror(rc));
	}
	TAILQ_INIT(&s->listeners);
	TAILQ_INIT(&s->conns);
	STAILQ_INIT(&s->waiting);
	s->owner = (struct conn_owner){ on_input, on_closed, s };
	buf_init(&s->reply, CONN_OUTPUT_CAP);
	buf_init(&s->job.fixed, MAX_WIRE_FIXED);
	buf_init(&s->job.body, MAX_TPM_COMMAND);
	buf_init(&s->job.reply, MAX_TPM_RESPONSE + 64);
	/* A client that has gone is an error of write(2), not our end. */
	(void)signal(SIGPIPE, SIG_IGN);
	if ((rc = catch_signal(s, &s->sigterm, SIGTERM)) != 0 ||
	    (rc = catch_signal(s, &s->sigint, SIGINT)) != 0) {
		server_free(s);
		return err_set(e, E_IO, "signals: %s", uv_strerror(rc));
	}
	*ret = s;
	return 0;
}

int
server_run(struct server *s, struct err *e)
{
	log_info("server", "ready tcti=%s", s->tcti);
	if (uv_run(&s->loop, UV_RUN_DEFAULT) != 0)
		return err_set(e, E_IO, "event loop: it stopped early");
	return 0;
}

void
server_free(struct server *s)
{
	if (s == NULL)
		return;
	stop(s);
	ignore_signals(s);
	(void)uv_run(&s->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&s->loop);
	buf_free(&s->reply);
	free(s);
}
