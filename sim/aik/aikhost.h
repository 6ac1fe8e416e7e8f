/*
 * aikhost.h - the AIK service's hosts: SCEP over HTTP (RFC 8894 4), and what
 * its certificates say is published where.
 *
 *   https://VENDOR-KeyId-HEX.microsoftaik.azure.net/templates/Aik/scep
 *           ?operation=GetCACaps | GetCACert | GetCACertChain | PKIOperation
 *   https://plain.microsoftaik.azure.net/templates/Plain/scep
 *           the same for clients of RFC 8894; also on any authority's host, and
 *           at this machine's own name:
 * http://127.0.0.1:PORT/templates/Plain/scep
 *
 * An authority is chosen by the host alone; one that does not exist is answered
 * as the real service does.
 */
#ifndef SIM_AIK_AIKHOST_H
#define SIM_AIK_AIKHOST_H

#include "odca/pki.h"
#include "sim/aik/http.h"

/* Where AIK CAs' certificates are, as these and what they issue say. */
#define AIK_PUBLISH_HOST "azcsprodwusaikpublish.blob.core.windows.net"

struct aikhost;

/* dir: where p came from, borrowed; p is not needed any longer. E_NOTFOUND for
 * a hierarchy that is older than the service. */
int aikhost_new(
    const char *dir, const struct pki *p, struct aikhost **ret, struct err *e);
void aikhost_free(struct aikhost *h);

void aikhost_answer(
    struct aikhost *h, const struct http_request *r, struct http_response *p);
/* /wus-intc-keyid-.../GUID.cer */
void aikhost_publish(
    struct aikhost *h, const struct http_request *r, struct http_response *p);
/* The root's certificate and CRL, AIK_ROOT_PATH() on the hierarchy's host. */
void aikhost_root(
    struct aikhost *h, const struct http_request *r, struct http_response *p);

#endif
