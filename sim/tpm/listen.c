#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "sim/base/limits.h"
#include "sim/tpm/listen.h"

/* A bound and listening descriptor, or -1 with errno. */
static int
open_socket(const union sockaddr_any *a)
{
	auto_fd int fd = -1;
	int on = 1, family = a->sa.sa_family;

	fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (family != AF_UNIX &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
		return -1;
	if (family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0)
		return -1;
	if (bind(fd, &a->sa, sockaddr_length(a)) != 0 ||
	    listen(fd, LISTEN_BACKLOG) != 0)
		return -1;
	return TAKE_FD(fd);
}

static void
add_socket(struct listen_set *set, int fd, enum port port)
{
	set->sockets[set->n++] =
	    (struct listen_socket){ .fd = fd, .port = port };
}

bool
listen_is(int fd)
{
	int listens = 0;
	socklen_t n = sizeof(listens);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &n) == 0 &&
	       listens != 0;
}

void
listen_close(struct listen_set *set)
{
	while (set->n > 0) {
		struct listen_socket *s = &set->sockets[--set->n];

		(void)close(s->fd);
		if (s->un.sun_path[0] != '\0')
			(void)unlink(s->un.sun_path);
	}
}

/* --- TCP --------------------------------------------------------------- */

static int
open_number(struct listen_set *set, const union sockaddr_any *any,
    uint16_t port, enum port which)
{
	union sockaddr_any a = *any;
	int fd;

	sockaddr_set_port(&a, port);
	if ((fd = open_socket(&a)) < 0)
		return -1;
	add_socket(set, fd, which);
	return 0;
}

/* The port that the kernel chose. */
static int
bound_port(int fd, uint16_t *ret)
{
	union sockaddr_any a;
	socklen_t n = sizeof(a);

	if (getsockname(fd, &a.sa, &n) != 0)
		return -1;
	*ret = sockaddr_port(&a);
	return 0;
}

/* set->port is what was tried last, for the message. */
static int
open_first(
    struct listen_set *set, const union sockaddr_any *any, enum port which)
{
	if (open_number(set, any, set->port, which) != 0)
		return -1;
	return set->port != 0
		   ? 0
		   : bound_port(set->sockets[set->n - 1].fd, &set->port);
}

/* Command port and the next one, both on the same address. */
static int
open_pair(
    struct listen_set *set, const union sockaddr_any *any, enum port which)
{
	if (open_first(set, any, which) != 0)
		return -1;
	if (set->port == UINT16_MAX) {
		errno = EADDRINUSE;
		return -1;
	}
	return open_number(
	    set, any, (uint16_t)(set->port + 1), PORT_MSSIM_PLATFORM);
}

/* A machine without IPv6 (or IPv4) still has a "localhost". */
static bool
no_such_family(void)
{
	return errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT;
}

/* PORT_MSSIM is a pair. */
static int
open_all(struct listen_set *set, const struct address *a, enum port which)
{
	int saved;

	for (unsigned i = 0; i < a->n; i++) {
		int rc = which == PORT_MSSIM
			     ? open_pair(set, &a->any[i], which)
			     : open_first(set, &a->any[i], which);

		if (rc == 0 || (a->n > 1 && no_such_family()))
			continue;
		saved = errno;
		listen_close(set);
		errno = saved;
		return -1;
	}
	return set->n > 0 ? 0 : -1;
}

static int
cannot_listen(const struct address *a, enum port which, struct err *e)
{
	bool busy = errno == EADDRINUSE, pair = which == PORT_MSSIM;

	if (a->port == 0)
		err_errno(e, "listen on a free %s of %s",
		    pair ? "pair of ports" : "port", a->host);
	else if (pair)
		err_errno(e, "listen on %s, ports %u and %u", a->host, a->port,
		    a->port + 1);
	else
		err_errno(e, "listen on %s, port %u", a->host, a->port);
	if (!busy || e == NULL)
		return -1;
	e->code = E_BUSY;
	return err_hint(e, pair ? "stop what listens there, or let port 0 find "
				  "two free ports"
				: "stop what listens there, or let port 0 find "
				  "a free one");
}

static int
listen_tcp(const struct address *a, enum port which, struct listen_set *ret,
    struct err *e)
{
	struct listen_set set;
	int tries = a->port == 0 ? MAX_PORT_TRIES : 1;

	if (a->port == UINT16_MAX && which == PORT_MSSIM) {
		err_set(e, E_USAGE, "port %u has no next one for the platform",
		    a->port);
		return err_hint(e, "choose a port below %u", UINT16_MAX);
	}
	for (; tries > 0; tries--) {
		set = (struct listen_set){ .port = a->port };
		if (open_all(&set, a, which) == 0) {
			*ret = set;
			return 0;
		}
		if (errno != EADDRINUSE)
			break;
	}
	return cannot_listen(a, which, e);
}

/* --- UNIX -------------------------------------------------------------- */

/* A socket that refuses connections: its program has gone without removing it.
 * Anything else of that name is somebody's. */
static bool
is_stale(const union sockaddr_any *a)
{
	auto_fd int fd = -1;
	struct stat st;

	if (lstat(a->un.sun_path, &st) != 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return fd >= 0 && connect(fd, &a->sa, sockaddr_length(a)) != 0 &&
	       errno == ECONNREFUSED;
}

/* Its mode from the first moment: chmod(2) after bind(2) would leave a gap. */
static int
open_private(const union sockaddr_any *a, unsigned mode)
{
	mode_t mask = umask(~mode & 0777);
	int fd = open_socket(a);

	if (fd < 0 && errno == EADDRINUSE) {
		if (is_stale(a) && unlink(a->un.sun_path) == 0)
			fd = open_socket(a);
		else
			errno = EADDRINUSE;
	}
	(void)umask(mask);
	return fd;
}

static int
set_owner(const char *path, const struct listen_options *o, struct err *e)
{
	if (o->uid == -1 && o->gid == -1)
		return 0;
	return chown(path, (uid_t)o->uid, (gid_t)o->gid) == 0
		   ? 0
		   : err_errno(e, "change the owner of '%s'", path);
}

static int
open_unix(struct listen_set *set, const union sockaddr_any *a,
    const struct listen_options *o, enum port port, struct err *e)
{
	int fd = open_private(a, o->mode != 0 ? o->mode : 0600);

	if (fd >= 0) {
		add_socket(set, fd, port);
		set->sockets[set->n - 1].un = a->un;
		return set_owner(a->un.sun_path, o, e);
	}
	if (errno != EADDRINUSE)
		return err_errno(e, "listen on %s", a->un.sun_path);
	err_set(e, E_BUSY,
	    "listen on %s: it exists and is in use, or is not a "
	    "socket",
	    a->un.sun_path);
	return err_hint(e, "choose another path, or remove it if it is yours");
}

static const struct listen_options private = { .uid = -1, .gid = -1 };

/* address_parse() left room for the suffix. */
static int
open_unix_pair(struct listen_set *set, const struct address *a, struct err *e)
{
	union sockaddr_any ctrl = a->any[0];

	strncat(ctrl.un.sun_path, ".ctrl",
	    sizeof(ctrl.un.sun_path) - strlen(ctrl.un.sun_path) - 1);
	return open_unix(set, &a->any[0], &private, PORT_MSSIM, e) != 0 ||
		       open_unix(
			   set, &ctrl, &private, PORT_MSSIM_PLATFORM, e) != 0
		   ? -1
		   : 0;
}

int
listen_mssim(const struct address *a, struct listen_set *ret, struct err *e)
{
	struct listen_set set = { 0 };

	if (!address_is_unix(a))
		return listen_tcp(a, PORT_MSSIM, ret, e);
	if (open_unix_pair(&set, a, e) != 0) {
		listen_close(&set);
		return -1;
	}
	*ret = set;
	return 0;
}

int
listen_port(const struct address *a, enum port port,
    const struct listen_options *o, struct listen_set *ret, struct err *e)
{
	struct listen_set set = { 0 };

	if (!address_is_unix(a))
		return listen_tcp(a, port, ret, e);
	if (open_unix(&set, &a->any[0], o != NULL ? o : &private, port, e) !=
	    0) {
		listen_close(&set);
		return -1;
	}
	*ret = set;
	return 0;
}

int
listen_other(const struct address *a, struct listen_set *ret, struct err *e)
{
	return listen_tcp(a, PORT_SWTPM_DATA, ret, e);
}
