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

struct listener {
	union uv_socket uv;
	struct server *server;
	struct listen_socket socket;
	unsigned group; /* sockets of one address */
	TAILQ_ENTRY(listener) all;
};

/* The one command that runs on the thread pool. */
struct job {
	uv_work_t work;
	struct conn *c; /* NULL: nothing runs */
	struct mssim_request request;
	uint8_t locality;
	struct buf command;
	struct buf response;
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
	bool full; /* and the log says so */
	bool stopping;
	uint16_t port;
	char tcti[sizeof("mssim:host=,port=65535") +
		  sizeof(((struct sockaddr_un *)NULL)->sun_path)];
};

/* --- log --------------------------------------------------------------- */

/* No clock is read for lines that nobody sees. */
static uint64_t
log_begin(void)
{
	return log_enabled(LOG_DEBUG) ? clock_ns() : 0;
}

static void
log_request(const struct conn *c, const struct mssim_request *r,
    struct span command, struct span response, uint64_t begin)
{
	unsigned us = (unsigned)((clock_ns() - begin) / 1000);
	const char *name = r->cmd == NULL ? "unknown" : r->cmd->name;
	uint32_t cc;

	if (span_skip(&command, 6) || span_get_u32(&command, &cc))
		log_debug("mssim", "c=%u cmd=%s code=%u us=%u", c->id, name,
		    r->code, us);
	else
		log_debug("mssim", "c=%u cmd=%s cc=%s rc=0x%03x us=%u", c->id,
		    name, engine_command_name(cc),
		    engine_response_code(response), us);
}

/* The TPM's response in what was replied to r. */
static struct span
response_in(const struct mssim_request *r, struct span reply)
{
	struct span response = { NULL, 0 };
	uint32_t n;

	if (r->raw)
		return reply;
	if (span_get_u32(&reply, &n) == 0)
		(void)span_get(&reply, n, &response);
	return response;
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
		if (l->group == group && l->socket.port == MSSIM_PLATFORM)
			listener_close(l);
	}
}

static void
on_signal(uv_signal_t *signal, int number)
{
	log_info("mssim", "%s", strsignal(number));
	stop(signal->data);
}

/* --- long commands ----------------------------------------------------- */

static void
wait_for_tpm(struct server *s, struct conn *c)
{
	conn_hold(c);
	STAILQ_INSERT_TAIL(&s->waiting, c, waiting);
}

/* On a thread of the pool. */
static void
job_run(uv_work_t *work)
{
	struct job *job = work->data;

	mssim_process(job->locality, buf_span(&job->command), &job->response);
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

static void
on_job_done(uv_work_t *work, int status)
{
	struct job *job = work->data;
	struct server *s = job->c->owner->data;
	struct conn *c = job->c;

	job->request.body = buf_span(&job->command);
	if (mssim_frame(&job->request, buf_span(&job->response), &s->reply))
		conn_close(c);
	if (log_enabled(LOG_DEBUG))
		log_request(c, &job->request, buf_span(&job->command),
		    buf_span(&job->response), job->begin);
	buf_free(&job->command);
	buf_free(&job->response);
	job->c = NULL;
	conn_send(c, &s->reply);
	if (s->stopping)
		close_all(s);
	else
		job_next(s, c);
}

/* The spans of r are gone once c's input moves; the command is kept. */
static int
job_start(struct server *s, struct conn *c, const struct mssim_request *r)
{
	struct job *job = &s->job;
	struct span command;

	if (!mssim_tpm_command(r, &job->locality, &command) ||
	    buf_put(&job->command, command) != 0)
		return -1;
	job->request = *r;
	job->request.fixed = job->request.body = (struct span){ NULL, 0 };
	job->begin = log_begin();
	job->work.data = job;
	job->c = c;
	conn_hold(c);
	(void)uv_queue_work(&s->loop, &job->work, job_run, on_job_done);
	return 0;
}

/* --- requests ---------------------------------------------------------- */

static void
run_now(struct server *s, struct conn *c, const struct mssim_request *r)
{
	uint64_t begin = log_begin();
	size_t before = s->reply.n;
	enum mssim_then then = mssim_run(&c->session, r, &s->reply);
	struct span reply = buf_span(&s->reply);

	(void)span_skip(&reply, before);
	if (log_enabled(LOG_DEBUG))
		log_request(c, r, r->body, response_in(r, reply), begin);
	if (then == THEN_CONTINUE && s->reply.n < MAX_CONN_OUTPUT)
		return;
	conn_send(c, &s->reply);
	if (then == THEN_CONTINUE)
		return;
	/* Who sees the end of this connection finds no listener any more. */
	if (then == THEN_STOP_PORT)
		stop_platform(s, c->group);
	if (then == THEN_STOP_SERVER)
		stop(s);
	conn_finish(c);
}

static bool
is_long(const struct mssim_request *r)
{
	struct span command;
	uint8_t locality;

	return mssim_tpm_command(r, &locality, &command) &&
	       engine_is_long(command);
}

/*
 * One request from the front of in; false when there is none, or when it has
 * to wait. What was answered before it is sent first: that may be all that its
 * client waits for, and a client that does not read has to before it asks more.
 */
static bool
step(struct server *s, struct conn *c, struct span *in)
{
	struct mssim_request r;
	struct err e = ERR_INIT;
	int found = mssim_parse(&c->session, *in, &r, &e);
	bool busy, slow;

	if (found < 0) {
		log_info("mssim", "c=%u %s", c->id, e.msg);
		conn_send(c, &s->reply);
		conn_finish(c);
	}
	if (found <= 0)
		return false;
	busy = r.cmd != NULL && r.cmd->needs_tpm && s->job.c != NULL;
	slow = !busy && is_long(&r);
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
	if (s->n_conns < MAX_CONNS)
		s->full = false;
}

/* --- listening --------------------------------------------------------- */

static void
on_connection(uv_stream_t *stream, int status)
{
	struct listener *l = stream->data;
	struct server *s = l->server;
	struct conn *c = status < 0 ? NULL : conn_accept(stream, &s->owner);

	if (c == NULL) {
		log_warn("mssim", "connection lost: %s",
		    status < 0 ? uv_strerror(status) : "out of memory");
		return;
	}
	c->id = ++s->last_id;
	c->group = l->group;
	c->session.port = l->socket.port;
	TAILQ_INSERT_TAIL(&s->conns, c, all);
	if (++s->n_conns > MAX_CONNS) {
		if (!s->full)
			log_warn("mssim", "more than %d connections: refused",
			    MAX_CONNS);
		s->full = true;
		conn_close(c);
		return;
	}
	log_info("mssim", "c=%u connected to the %s port", c->id,
	    l->socket.port == MSSIM_COMMAND ? "command" : "platform");
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
    struct err *e)
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
	rc = open_handle(l, is_unix);
	l->uv.handle.data = l;
	TAILQ_INSERT_TAIL(&s->listeners, l, all);
	if (rc == 0)
		rc = uv_listen(&l->uv.stream, LISTEN_BACKLOG, on_connection);
	return rc == 0 ? 0 : err_set(e, E_IO, "listen: %s", uv_strerror(rc));
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

	if (address_parse(address, &a, e) != 0)
		return -1;
	if (!address_is_loopback(&a) && !allow_remote) {
		err_set(e, E_USAGE,
		    "'%s' can be reached from other machines, and mssim has "
		    "no authentication",
		    address);
		return err_hint(e, "listen on 127.0.0.1, or say --allow-remote "
				   "if the network is trusted");
	}
	if (listen_open(&a, &set, e) != 0)
		return -1;
	while (set.n > 0) {
		set.n--;
		if (add_listener(
			s, &set.sockets[set.n], address_is_unix(&a), e) != 0) {
			listen_close(&set);
			return -1;
		}
	}
	if (s->groups++ == 0) {
		s->port = set.port;
		set_tcti(s, &a);
	}
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
	buf_init(&s->job.command, MAX_TPM_COMMAND);
	buf_init(&s->job.response, MAX_TPM_RESPONSE);
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
	log_info("mssim", "ready tcti=%s", s->tcti);
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
