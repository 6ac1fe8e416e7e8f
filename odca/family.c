#include <string.h>

#include "odca/family.h"
#include "odca/family_table.h"

const struct family *
family_all(size_t *ret_n)
{
	*ret_n = 0;
	while (families[*ret_n].name != NULL)
		(*ret_n)++;
	return families;
}

const struct family *
family_find(const char *name)
{
	for (const struct family *f = families; f->name != NULL; f++) {
		if (strcmp(f->name, name) == 0)
			return f;
	}
	return NULL;
}

const struct family *
family_of_tpm(uint32_t firmware1, uint32_t firmware2, const char *vendor)
{
	const struct family *same_major = NULL, *same_vendor = NULL;

	for (const struct family *f = families; f->name != NULL; f++) {
		if (f->firmware1 == firmware1 && f->firmware2 == firmware2)
			return f;
		if (f->firmware1 >> 16 != firmware1 >> 16)
			continue;
		if (same_major == NULL)
			same_major = f;
		if (same_vendor == NULL && vendor != NULL &&
		    strcmp(f->vendor, vendor) == 0)
			same_vendor = f;
	}
	return same_vendor != NULL ? same_vendor : same_major;
}

/* "00003648_NZ" and "00003648" are "00003648 NZ". */
static bool
is_called(const struct batch *b, const char *name)
{
	const char *number = b->number;

	if (b->kind != 0 && name[0] == b->kind && name[1] == '_')
		name += 2;
	for (; *name != '\0'; name++, number++) {
		if (*name != *number && !(*name == '_' && *number == ' '))
			return false;
	}
	return *number == '\0' || *number == ' ';
}

const struct batch *
family_batch(const struct family *f, const char *name)
{
	if (name == NULL)
		name = f->batch;
	for (const struct batch *b = f->batches; b->number != NULL; b++) {
		if (is_called(b, name))
			return b;
	}
	return NULL;
}

bool
gen_is_epid(enum generation gen)
{
	return gen == GEN_EPID_SPT || gen == GEN_EPID;
}

bool
gen_is_service(enum generation gen)
{
	return gen == GEN_AIK || gen == GEN_TLS;
}

bool
gen_is_debug(enum generation gen)
{
	return gen == GEN_ONDIE_DE || gen == GEN_CA2_DE || gen == GEN_SOC_DE;
}
