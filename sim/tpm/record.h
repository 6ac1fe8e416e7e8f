/*
 * record.h - what is written beside a TPM when it is minted, and read again
 * when its firmware is updated: odcasim.json, the descriptor, which is for
 * people and scripts too, and odcasim.fuses, which is for nobody else.
 */
#ifndef SIM_TPM_RECORD_H
#define SIM_TPM_RECORD_H

#include <jansson.h>

#include "config.h"
#include "odca/device.h"
#include "sim/tpm/provision.h"
#include "sim/tpm/store.h"

/* Who made the certificates that a descriptor tells of. */
#define RECORD_PROGRAM "odcasim " ODCASIM_VERSION

/* The descriptor of a device; *ret is NULL when there is none, as in a
 * directory that swtpm made. The caller owns it. E_FORMAT. */
int record_parse(const struct store *s, json_t **ret, struct err *e);
/* The rows that a descriptor names. E_FOREIGN. */
int record_batch(const json_t *all, const struct family **ret_family,
    const struct batch **ret_batch, struct err *e);
/* Set the members "ek" and "chain", and leave the others. */
int
record_certificates(json_t *all, const struct provisioned *p, struct err *e);
/* The value of "pcr_banks"; the caller owns it. NULL without memory. */
json_t *record_banks(unsigned banks);
/* Append the file's text. */
int record_text(const json_t *all, struct buf *out, struct err *e);

/* Append the text of the fuses' file, and read it. The caller wipes. E_NOTFOUND
 * and E_FORMAT. */
int record_put_fuses(const struct fuses *fuses, struct buf *out, struct err *e);
int record_get_fuses(const struct store *s, struct fuses *ret, struct err *e);

#endif
