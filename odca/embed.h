/*
 * embed.h - the files of certs/pki, which are part of the program.
 */
#ifndef ODCA_EMBED_H
#define ODCA_EMBED_H

#include "sim/base/buf.h"

/* By path below certs/pki; false when there is none. */
bool embed_find(const char *path, struct span *ret);
/* From here on this process cannot read the keys, and embed_find() finds none.
 */
void embed_forget_keys(void);

#endif
