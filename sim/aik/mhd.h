/*
 * mhd.h - libmicrohttpd, loaded when something is served: with GnuTLS it brings
 * nine libraries, which would double what every other start takes.
 *
 *	if (mhd_load(e) != 0) return -1;
 *	daemon = mhd.MHD_start_daemon(...);
 */
#ifndef SIM_AIK_MHD_H
#define SIM_AIK_MHD_H

#include <microhttpd.h>

#include "sim/base/late.h"

/* A row is all that a further one needs. */
#define MHD_FUNCTIONS(X)                                                       \
	X(microhttpd, MHD_add_connection)                                      \
	X(microhttpd, MHD_add_response_header)                                 \
	X(microhttpd, MHD_create_response_from_buffer)                         \
	X(microhttpd, MHD_create_response_from_callback)                       \
	X(microhttpd, MHD_destroy_response)                                    \
	X(microhttpd, MHD_get_connection_info)                                 \
	X(microhttpd, MHD_get_connection_values)                               \
	X(microhttpd, MHD_queue_response)                                      \
	X(microhttpd, MHD_start_daemon)                                        \
	X(microhttpd, MHD_stop_daemon)

struct mhd {
	MHD_FUNCTIONS(LATE_MEMBER)
};

/* Set by mhd_load(). */
extern struct mhd mhd;

/* Once or often; E_NOTFOUND when this machine has none. Not for several
 * threads. */
int mhd_load(struct err *e);

#endif
