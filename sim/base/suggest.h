/*
 * suggest.h - "did you mean", for words of tables: options, commands, families.
 */
#ifndef SIM_BASE_SUGGEST_H
#define SIM_BASE_SUGGEST_H

#include "sim/base/buf.h"

struct suggest {
	const char *word; /* what was typed */
	const char *best;
	size_t distance; /* edits from word to best */
	struct buf all;
};

void suggest_init(struct suggest *s, const char *word);
/* A word that would have been right; borrowed. */
void suggest_offer(struct suggest *s, const char *candidate);
/* The nearest one, or NULL when none is near. */
const char *suggest_best(const struct suggest *s);
/* All that were offered: "adl, tgl"; valid until suggest_done(). */
const char *suggest_all(struct suggest *s);
void suggest_done(struct suggest *s);

#endif
