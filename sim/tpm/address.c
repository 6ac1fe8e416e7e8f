#include <string.h>

#include <arpa/inet.h>

#include "sim/base/port.h"
#include "sim/tpm/address.h"

#define UNIX_PREFIX "unix:"
/* What the platform socket's name has more than the command socket's. */
#define UNIX_SUFFIX_LENGTH (sizeof(".ctrl") - 1)

static int
bad_address(const char *text, const char *why, struct err *e)
{
	err_set(e, E_USAGE, "address '%s': %s", text, why);
	return err_hint(
	    e, "write 127.0.0.1:PORT, [::1]:PORT, localhost:PORT or unix:PATH");
}

static int
parse_unix(const char *text, struct address *a, struct err *e)
{
	const char *path = text + strlen(UNIX_PREFIX);
	struct sockaddr_un *un = &a->any[0].un;

	if (*path == '\0')
		return bad_address(text, "no path", e);
	if (strlen(path) + UNIX_SUFFIX_LENGTH >= sizeof(un->sun_path)) {
		err_set(e, E_USAGE, "address '%s': the path is too long", text);
		return err_hint(e, "a socket's path has at most %zu bytes",
		    sizeof(un->sun_path) - UNIX_SUFFIX_LENGTH - 1);
	}
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, strlen(path) + 1);
	a->n = 1;
	return 0;
}

static void
add_loopback(struct address *a)
{
	a->any[0].in.sin_family = AF_INET;
	a->any[0].in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a->any[1].in6.sin6_family = AF_INET6;
	a->any[1].in6.sin6_addr = in6addr_loopback;
	a->n = 2;
}

/* IPv6 addresses are in brackets, so that the port's colon is clear. */
static int
parse_host(const char *host, bool brackets, struct address *a)
{
	union sockaddr_any *any = &a->any[0];

	if (brackets) {
		any->in6.sin6_family = AF_INET6;
		a->n = 1;
		return inet_pton(AF_INET6, host, &any->in6.sin6_addr) - 1;
	}
	if (strcmp(host, "localhost") == 0) {
		add_loopback(a);
		return 0;
	}
	any->in.sin_family = AF_INET;
	a->n = 1;
	return inet_pton(AF_INET, host, &any->in.sin_addr) - 1;
}

int
address_parse(const char *text, struct address *ret, struct err *e)
{
	struct address a = { 0 };
	const char *host = text, *colon = strrchr(text, ':');
	bool brackets = text[0] == '[';
	size_t n;

	if (strncmp(text, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0) {
		if (parse_unix(text, &a, e) != 0)
			return -1;
		*ret = a;
		return 0;
	}
	if (colon == NULL)
		return bad_address(text, "no port", e);
	n = (size_t)(colon - text);
	if (brackets) {
		if (n < 2 || text[n - 1] != ']')
			return bad_address(text, "'[' without ']:'", e);
		host++;
		n -= 2;
	}
	if (port_parse(colon + 1, &a.port) != 0)
		return bad_address(text, "not a port: 0 to 65535", e);
	if (n >= sizeof(a.host))
		return bad_address(text, "not an IP address", e);
	memcpy(a.host, host, n);
	if (parse_host(a.host, brackets, &a) != 0)
		return bad_address(text, "not an IP address", e);
	*ret = a;
	return 0;
}

bool
address_is_unix(const struct address *a)
{
	return a->any[0].sa.sa_family == AF_UNIX;
}

bool
address_is_loopback(const struct address *a)
{
	const union sockaddr_any *any = &a->any[0];

	switch (any->sa.sa_family) {
	case AF_UNIX:
		return true;
	case AF_INET:
		return ntohl(any->in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	default:
		return IN6_IS_ADDR_LOOPBACK(&any->in6.sin6_addr);
	}
}

int
address_check_remote(
    const struct address *a, const char *text, bool allow_remote, struct err *e)
{
	if (address_is_loopback(a) || allow_remote)
		return 0;
	err_set(e, E_USAGE,
	    "'%s' can be reached from other machines, and there is no "
	    "authentication",
	    text);
	return err_hint(e, "listen on 127.0.0.1, or say --allow-remote if the "
			   "network is trusted");
}

const char *
address_connect_host(const struct address *a)
{
	const union sockaddr_any *any = &a->any[0];

	if (any->sa.sa_family == AF_INET &&
	    any->in.sin_addr.s_addr == htonl(INADDR_ANY))
		return "127.0.0.1";
	if (any->sa.sa_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&any->in6.sin6_addr))
		return "::1";
	return a->host;
}

socklen_t
sockaddr_length(const union sockaddr_any *a)
{
	switch (a->sa.sa_family) {
	case AF_UNIX:
		return sizeof(a->un);
	case AF_INET:
		return sizeof(a->in);
	default:
		return sizeof(a->in6);
	}
}

void
sockaddr_set_port(union sockaddr_any *a, uint16_t port)
{
	if (a->sa.sa_family == AF_INET)
		a->in.sin_port = htons(port);
	else
		a->in6.sin6_port = htons(port);
}

uint16_t
sockaddr_port(const union sockaddr_any *a)
{
	if (a->sa.sa_family == AF_INET)
		return ntohs(a->in.sin_port);
	return ntohs(a->in6.sin6_port);
}
