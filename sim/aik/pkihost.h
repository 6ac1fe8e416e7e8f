/*
 * pkihost.h - the host that the URLs in certificates name: certificates and
 * CRLs of a hierarchy, as they are at the moment of each request.
 */
#ifndef SIM_AIK_PKIHOST_H
#define SIM_AIK_PKIHOST_H

#include "odca/pki.h"
#include "sim/aik/http.h"

/* GET and HEAD; ETag and If-None-Match, Last-Modified and If-Modified-Since
 * (RFC 9110 13). */
void pkihost_answer(const struct pki *pki, const struct http_request *r,
    struct http_response *p);

#endif
