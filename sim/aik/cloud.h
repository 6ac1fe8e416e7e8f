/*
 * cloud.h - the services around a TPM, by virtual host: certificates and CRLs,
 * EKOP, and the AIK service.
 *
 * What answers is a function of the request: no connection is seen here.
 */
#ifndef SIM_AIK_CLOUD_H
#define SIM_AIK_CLOUD_H

#include "sim/aik/cloudfault.h"
#include "sim/base/err.h"
#include "sim/base/opt_list.h"

struct cloud_options {
	const char *pki; /* the hierarchy's directory; NULL: the built-in one */
	struct opt_list descriptors;   /* of devices, for EKOP */
	struct cloudfault_set *faults; /* borrowed; NULL: none */
};

struct cloud;

/* o is borrowed. */
int cloud_new(const struct cloud_options *o, struct cloud **ret, struct err *e);
void cloud_free(struct cloud *c);
/* Append PEM: a key and a certificate for all the names (servercert.h). */
int cloud_identity(
    const struct cloud *c, struct buf *key, struct buf *cert, struct err *e);
/* ctx is a struct cloud; threads may call it at the same time. A name of this
 * machine's own ("localhost", "127.0.0.1") stands for every host: the path says
 * which. */
void
cloud_answer(void *ctx, const struct http_request *r, struct http_response *p);

static inline void
auto_cloud_fn(struct cloud **c)
{
	cloud_free(*c);
}

#define auto_cloud AUTO(auto_cloud_fn) struct cloud *

#endif
