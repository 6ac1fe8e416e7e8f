/*
 * address.h - where to listen, as a user writes it: "127.0.0.1:2321",
 * "[::1]:2321", "localhost:2321" (both loopback addresses), "unix:PATH".
 * Text in, addresses out: no name is looked up, no socket is made.
 */
#ifndef SIM_TPM_ADDRESS_H
#define SIM_TPM_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "sim/base/err.h"

/* One socket's address. */
union sockaddr_any {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

struct address {
	char host[INET6_ADDRSTRLEN]; /* without brackets; "" for unix: */
	uint16_t port;               /* 0: any free one */
	unsigned n;                  /* 2 for localhost, else 1 */
	union sockaddr_any any[2];   /* without the port */
};

/* E_USAGE and a hint when text is none of the four forms. */
int address_parse(const char *text, struct address *ret, struct err *e);
bool address_is_unix(const struct address *a);
/* True for 127.0.0.0/8, ::1 and unix:, which no other machine reaches. */
bool address_is_loopback(const struct address *a);
/* 0 when a is loopback, or remote is allowed; else E_USAGE and a hint. text is
 * how the user wrote it. */
int address_check_remote(const struct address *a, const char *text,
    bool allow_remote, struct err *e);
/* What a client on this machine connects to: the loopback address for 0.0.0.0
 * and ::, else a->host. */
const char *address_connect_host(const struct address *a);

/* bind(2)'s length of a, and a with another port (not for unix:). */
socklen_t sockaddr_length(const union sockaddr_any *a);
void sockaddr_set_port(union sockaddr_any *a, uint16_t port);
uint16_t sockaddr_port(const union sockaddr_any *a);

#endif
