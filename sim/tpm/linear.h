/*
 * linear.h - one file, or block device, that holds all states of a TPM: swtpm's
 * backend "file://" (its swtpm_nvstore_linear.c). PROTOCOL.state, 4, has the
 * octets.
 *
 * What is written goes where nothing is, and then the header is changed, by one
 * write(2) that no kill cuts: the old state is there, or the new one.
 */
#ifndef SIM_TPM_LINEAR_H
#define SIM_TPM_LINEAR_H

#include <stdbool.h>

#include "sim/base/buf.h"
#include "sim/base/err.h"
#include "sim/base/file.h"

struct linear;

/*
 * To write it is made when it is not there; mode 0: 0600, else it gets that
 * mode. What is empty or begins with zeros is a file without states. E_NOTFOUND
 * when it is only read, E_FORMAT for what is neither a file nor a device. The
 * content is not looked at yet.
 */
int linear_open(const char *path, bool write, unsigned mode,
    struct linear **ret, struct err *e);
void linear_free(struct linear *l); /* NULL is safe */

/* E_FORMAT, E_SHORT: nothing but linear_forget() helps. */
int linear_check(const struct linear *l, struct err *e);
/* The first write replaces everything that is there, whatever it is. */
void linear_forget(struct linear *l);

/* Append state number i (0 permanent, 1 volatile, 2 savestate). E_NOTFOUND. */
int
linear_read(const struct linear *l, size_t i, struct buf *out, struct err *e);
int linear_size(const struct linear *l, size_t i, size_t *ret, struct err *e);
/* E_LIMIT when a device has no room for it beside what is there. */
int linear_write(struct linear *l, size_t i, struct span content,
    enum file_sync sync, struct err *e);
/* 0 when there is none. */
int linear_delete(struct linear *l, size_t i, struct err *e);

#endif
