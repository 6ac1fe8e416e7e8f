/*
 * ekophost.h - Intel's service for EK certificates of the EPID era (ekop.h says
 * what is asked and answered): certificates from the descriptors of devices,
 * and those that were put.
 *
 *   GET /ekcertservice/HASH    200 and JSON, 404
 *   PUT /ekcertservice/HASH    the same JSON: 201, 204 when it is there, and
 *                              400, 403, 507 when it is not taken
 */
#ifndef SIM_AIK_EKOPHOST_H
#define SIM_AIK_EKOPHOST_H

#include "sim/aik/http.h"
#include "sim/base/err.h"
#include "sim/base/opt_list.h"

struct ekophost;

/* pki: the hierarchy's directory, read at each PUT; NULL: the built-in one.
 * descriptors: files that minting wrote (odcasim.json), read at each GET, so
 * that a device may be minted later. All is borrowed. */
int ekophost_new(const char *pki, const struct opt_list *descriptors,
    struct ekophost **ret, struct err *e);
void ekophost_free(struct ekophost *h);
void ekophost_answer(
    struct ekophost *h, const struct http_request *r, struct http_response *p);

#endif
