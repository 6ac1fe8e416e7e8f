#include <string.h>

#include "odca/family.h"

#define VERSION(major, minor) ((uint32_t)(major) << 16 | (uint32_t)(minor))

/* clang-format off */
static const struct batch tgl_batches[] = {
	{ "00002004", "190501000000Z" },
	{ NULL, NULL },
};

static const struct batch adl_batches[] = {
	{ "00002820", "211201000000Z" },
	{ "00002226", "200501000000Z" },
	{ "00002341", "200601000000Z" },
	{ "00002701", "210901000000Z" },
	{ "00002983", "220101000000Z" },
	{ NULL, NULL },
};

static const struct family families[] = {
	{
		.name = "tgl",
		.platform = "Tiger Lake (11th gen Core)",
		.gen = GEN_ONDIE,
		.code = "TGL",
		.batches = tgl_batches,
		.fw_not_before = "190101000000Z",
		.firmware1 = VERSION(500, 14),
		.firmware2 = 0,
		.spec_revision = 138,
		.spec_year = 2019,
		.spec_day = 0x160, /* 18 December */
		.inferred = "device certificates are laid out as on debug-fused Tiger Lake "
		    "and production Alder Lake parts; vendor string, firmware build, "
		    "specification date and the date of Kernel CA, PTT CA and EK "
		    "were not seen on production Tiger Lake",
	},
	{
		.name = "adl",
		.platform = "Alder Lake, Raptor Lake (12th to 14th gen Core, N series)",
		.gen = GEN_CA2,
		.code = "ADL",
		.batches = adl_batches,
		.fw_not_before = "210623000000Z",
		.firmware1 = VERSION(600, 18),
		.firmware2 = VERSION(27, 2176), /* shown as 600.18.27.2176 */
		.spec_revision = 138,
		.spec_year = 2019,
		.spec_day = 0x160, /* 18 December */
	},
};
/* clang-format on */

const struct family *
family_all(size_t *ret_n)
{
	*ret_n = sizeof(families) / sizeof(*families);
	return families;
}

const struct family *
family_find(const char *name)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		if (strcmp(families[i].name, name) == 0)
			return &families[i];
	}
	return NULL;
}

const struct family *
family_by_firmware(uint32_t firmware1)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		if (families[i].firmware1 >> 16 == firmware1 >> 16)
			return &families[i];
	}
	return NULL;
}

const struct batch *
family_batch(const struct family *f, const char *number)
{
	for (const struct batch *b = f->batches; b->number != NULL; b++) {
		if (strcmp(b->number, number) == 0)
			return b;
	}
	return NULL;
}
