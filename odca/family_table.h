/*
 * family_table.h - the rows, for family.c.
 */
#ifndef ODCA_FAMILY_TABLE_H
#define ODCA_FAMILY_TABLE_H

#include "odca/family.h"

extern const struct family families[]; /* name NULL ends */

#endif
