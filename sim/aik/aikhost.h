/*
 * aikhost.h - the AIK service's hosts. An authority is chosen by the host
 * alone; one that does not exist is answered as the real service does.
 */
#ifndef SIM_AIK_AIKHOST_H
#define SIM_AIK_AIKHOST_H

#include "sim/aik/http.h"

/* 404, with the body and the headers of the real one. */
void aikhost_unknown(const struct http_request *r, struct http_response *p);

#endif
