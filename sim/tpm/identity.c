#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "odca/ek_template.h"
#include "odca/family.h"
#include "sim/tpm/identity.h"
#include "sim/base/tpm2.h"

#define TPMA_PERMANENT_GENERATED_EPS (1u << 10)

/* libtpms: handles of defined indices from first on (TPML_HANDLE). */
struct handle_list {
	uint32_t count;
	uint32_t handle[254];
};
uint8_t NvCapGetIndex(uint32_t first, uint32_t count, struct handle_list *list)
    __attribute__((weak));

static uint32_t
revision(const struct family *f, uint32_t property, uint32_t value)
{
	return f->spec_revision;
}

static uint32_t
day_of_year(const struct family *f, uint32_t property, uint32_t value)
{
	return f->spec_day;
}

static uint32_t
year(const struct family *f, uint32_t property, uint32_t value)
{
	return f->spec_year;
}

static uint32_t
manufacturer(const struct family *f, uint32_t property, uint32_t value)
{
	return MANUFACTURER_INTEL;
}

/* Four characters a property, big endian, NUL at the end. */
static uint32_t
vendor_string(const struct family *f, uint32_t property, uint32_t value)
{
	size_t n = strlen(f->vendor);
	size_t at = 4 * (property - PT_VENDOR_STRING_1);
	uint32_t v = 0;

	for (size_t i = at; i < at + 4; i++)
		v = v << 8 | (i < n ? (uint8_t)f->vendor[i] : 0);
	return v;
}

static uint32_t
nv_counters_max(const struct family *f, uint32_t property, uint32_t value)
{
	return 0x80;
}

static uint32_t
modes(const struct family *f, uint32_t property, uint32_t value)
{
	return 0;
}

/* Seeds come from the CSME: seen as 0 on PTT. */
static uint32_t
permanent(const struct family *f, uint32_t property, uint32_t value)
{
	return value & ~TPMA_PERMANENT_GENERATED_EPS;
}

/* Without the certificates: seen as 0 and 9 on machines with 4 and 13
 * indices. */
static uint32_t
hr_nv_index(const struct family *f, uint32_t property, uint32_t value)
{
	struct handle_list list = { .count = 0 };
	uint32_t ours = 0;

	if (NvCapGetIndex == NULL)
		return value;
	(void)NvCapGetIndex(NV_CERTS_FIRST, 254, &list);
	for (uint32_t i = 0; i < list.count; i++)
		if (list.handle[i] <= NV_CERTS_LAST)
			ours++;
	return value - ours;
}

/* clang-format off */
/* What PTT says and libtpms would not; facts seen on ADL machines. Firmware
 * version, lockout values and PCR banks are not here: they are real state,
 * set when the device is minted. */
static const struct {
	uint32_t	property;
	uint32_t	(*value)(const struct family *, uint32_t property, uint32_t libtpms_value);
} identity_rows[] = {
	{ PT_REVISION,		revision },
	{ PT_DAY_OF_YEAR,	day_of_year },
	{ PT_YEAR,		year },
	{ PT_MANUFACTURER,	manufacturer },
	{ PT_VENDOR_STRING_1,	vendor_string },
	{ PT_VENDOR_STRING_2,	vendor_string },
	{ PT_VENDOR_STRING_3,	vendor_string },
	{ PT_VENDOR_STRING_4,	vendor_string },
	{ PT_NV_COUNTERS_MAX,	nv_counters_max },
	{ PT_MODES,		modes },
	{ PT_PERMANENT,		permanent },
	{ PT_HR_NV_INDEX,	hr_nv_index },
};
/* clang-format on */

void
identity_apply(uint32_t firmware1, uint32_t firmware2, struct tpm_properties *p)
{
	const struct family *f = family_of_tpm(firmware1, firmware2, NULL);

	if (f == NULL)
		return;
	for (uint32_t i = 0; i < p->count; i++)
		for (size_t r = 0;
		     r < sizeof(identity_rows) / sizeof(identity_rows[0]); r++)
			if (identity_rows[r].property == p->list[i].property)
				p->list[i].value = identity_rows[r].value(
				    f, p->list[i].property, p->list[i].value);
}

/* Members of an object that is there; flags may have asked for less. */
static int
info_update(json_t *info, const char *object, json_t *members)
{
	json_t *o = json_object_get(info, object);
	int rc = o == NULL ? 0 : json_object_update_existing(o, members);

	json_decref(members);
	return rc;
}

int
identity_info(uint32_t firmware1, uint32_t firmware2, const char *libtpms,
    struct buf *out, struct err *e)
{
	const struct family *f = family_of_tpm(firmware1, firmware2, NULL);
	json_t *info;
	char *text = NULL;
	int rc;

	if (f == NULL)
		return buf_put(out, span_str(libtpms)) == 0
			   ? 0
			   : err_set(e, E_LIMIT, "libtpms' description");
	info = json_loads(libtpms, 0, NULL);
	if (info_update(info, "TPMSpecification",
		json_pack("{s:i}", "revision", (int)f->spec_revision)) == 0 &&
	    info_update(info, "TPMAttributes",
		json_pack("{s:o, s:o, s:s}", "manufacturer",
		    json_sprintf("id:%08X", MANUFACTURER_INTEL), "version",
		    json_sprintf("id:%08X", firmware1), "model", f->model)) ==
		0)
		text = json_dumps(info, JSON_COMPACT);
	json_decref(info);
	rc = text != NULL && buf_put(out, span_str(text)) == 0
		 ? 0
		 : err_set(e, E_TPM, "libtpms' description of itself");
	free(text);
	return rc;
}
