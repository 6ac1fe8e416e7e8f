/*
 * memstore.h - a store in memory for all tests of a group, whose set-up and
 * tear-down these two are.
 */
#ifndef TESTS_UNIT_MEMSTORE_H
#define TESTS_UNIT_MEMSTORE_H

#include "sim/tpm/store.h"

static struct store *store;

static inline int
open_store(void **state)
{
	return store_open_memory(&store, NULL);
}

static inline int
close_store(void **state)
{
	store_free(store);
	return 0;
}

#endif
