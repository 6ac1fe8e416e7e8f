/*
 * port.h - TCP ports as text.
 */
#ifndef SIM_BASE_PORT_H
#define SIM_BASE_PORT_H

#include <stdint.h>

/* Decimal digits and nothing else, 0 to 65535; -1 for what is none. */
int port_parse(const char *text, uint16_t *ret);

#endif
