/*
 * registry.h - which authorities of the AIK service exist: those of the issuing
 * CAs of the hierarchy in use that Microsoft would have registered.
 *
 * An issuing CA of silicon that is not sold has none, so that its devices are
 * answered 404 by a service that is all right.
 */
#ifndef SIM_AIK_REGISTRY_H
#define SIM_AIK_REGISTRY_H

#include "odca/pki.h"
#include "sim/aik/authority.h"

struct registry;

/* As the hierarchy is now; p is not needed any longer. */
int registry_new(const struct pki *p, struct registry **ret, struct err *e);
void registry_free(struct registry *r);
/* The issuing CA that an authority stands for; it lives as long as r. Any
 * number of threads at a time. E_NOTFOUND says what the service answers. */
int registry_find(const struct registry *r, const struct authority *a,
    struct span *ret, struct err *e);
/* One that exists and is not a; -1 when there is none. Without its host and
 * URL. */
int registry_another(const struct registry *r, const struct authority *a,
    struct authority *ret, struct span *ret_issuing);

static inline void
auto_registry_fn(struct registry **r)
{
	registry_free(*r);
}

#define auto_registry AUTO(auto_registry_fn) struct registry *

#endif
