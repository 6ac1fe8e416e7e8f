/*
 * port.h - TCP ports: as text, and one that is ours.
 */
#ifndef SIM_BASE_PORT_H
#define SIM_BASE_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/err.h"

/* Decimal digits and nothing else, 0 to 65535; -1 for what is none. */
int port_parse(const char *text, uint16_t *ret);

#define PORT_ADDRESS_SIZE 24
/*
 * Take a port of 127.0.0.1, "127.0.0.1:40123", that is nobody else's until
 * *ret_fd is closed: a closed one, or one that is silent, since nobody accepts
 * the connections it takes. *ret_fd is set after success only.
 */
int port_take(bool silent, int *ret_fd, char out[static PORT_ADDRESS_SIZE],
    struct err *e);

#endif
