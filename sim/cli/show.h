/*
 * show.h - parts of `show` that stand in files of their own.
 */
#ifndef SIM_CLI_SHOW_H
#define SIM_CLI_SHOW_H

#include <jansson.h>

#include "sim/cli/source.h"
#include "sim/report/graph.h"

/*
 * One object; members are only ever added:
 *   source, platform, inferred (null when all was seen on silicon)
 *   identity  manufacturer, manufacturer_id, vendor, firmware, firmware_1,
 *             firmware_2, spec {family, level, revision, year, day_of_year}
 *   pcr_banks [..]
 *   nv        [{index, size, name_alg, attributes, attribute_names, what}]
 *   eks       [{nv, name, chain: [certificate, EK first], aik}]
 * aik is the authority of the AIK service that the client finds, null when it
 * finds none: url, host, vendor, name_id (true: id is of a Name), id, from (the
 * certificate whose issuer that is: subject, source, place, the EK's being 0).
 * A certificate: subject, issuer, serial, key_id, authority_key_id,
 * not_before, not_after, bytes, sha256, source.
 */
int show_json(const struct source *s, struct err *e);
/* One certificate of a path, as above; NULL without memory. */
json_t *show_certificate(const struct source *s, const struct cert *c);
/* The same of one that is from elsewhere. */
json_t *show_certificate_from(const char *origin, const struct cert *c);
/* What there is as a picture, from a verified source, whose certificates the
 * graph borrows. The caller frees it with free(). */
int show_graph(const struct source *s, struct graph **ret, struct err *e);
/* What of the platform, and of the batch where it is known, was not seen on
 * silicon; false when all was. */
#define MAX_INFERRED 1024
bool show_inferred(const struct source *s, char out[static MAX_INFERRED]);
/* The emulated (or real) platform, NULL when it is none that we know. */
const struct family *show_family(const struct source *s);

#endif
