#include <stdio.h>
#include <time.h>

#include "sim/base/tpm2.h"
#include "sim/cli/names.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

const char *
name_of_hash(uint16_t alg, char buf[static 8])
{
	static const struct {
		uint16_t alg;
		const char *name;
	} names[] = { { ALG_SHA1, "sha1" }, { ALG_SHA256, "sha256" },
		{ ALG_SHA384, "sha384" }, { ALG_SHA512, "sha512" },
		{ ALG_SM3_256, "sm3_256" }, { ALG_SHA3_256, "sha3_256" },
		{ ALG_SHA3_384, "sha3_384" }, { ALG_SHA3_512, "sha3_512" } };

	for (size_t i = 0; i < COUNT(names); i++)
		if (names[i].alg == alg)
			return names[i].name;
	(void)snprintf(buf, 8, "0x%04x", alg);
	return buf;
}

/* TCG EK Credential Profile 2.2.1.4 and 2.2.1.5; TCG Registry of Reserved TPM
 * 2.0 Handles and Localities, 2.2, for the ranges. ek: only of certificates. */
/* clang-format off */
static const struct {
	uint32_t first, last;
	const char *ek, *what;
} indices[] = {
	{ 0x01c00002, 0x01c00002, "EK RSA-2048", "EK RSA-2048 certificate" },
	{ 0x01c00003, 0x01c00003, NULL,          "EK RSA-2048 nonce" },
	{ 0x01c00004, 0x01c00004, NULL,          "EK RSA-2048 template" },
	{ 0x01c0000a, 0x01c0000a, "EK P-256",    "EK P-256 certificate" },
	{ 0x01c0000b, 0x01c0000b, NULL,          "EK P-256 nonce" },
	{ 0x01c0000c, 0x01c0000c, NULL,          "EK P-256 template" },
	{ 0x01c00012, 0x01c00012, "EK RSA-2048 (H-1)", "EK RSA-2048 certificate, high range" },
	{ 0x01c00014, 0x01c00014, "EK P-256 (H-2)", "EK P-256 certificate, high range" },
	{ 0x01c00016, 0x01c00016, "EK P-384",    "EK P-384 certificate" },
	{ 0x01c00018, 0x01c00018, "EK P-521",    "EK P-521 certificate" },
	{ 0x01c0001a, 0x01c0001a, "EK SM2",      "EK SM2 certificate" },
	{ 0x01c0001c, 0x01c0001c, "EK RSA-3072", "EK RSA-3072 certificate" },
	{ 0x01c0001e, 0x01c0001e, "EK RSA-4096", "EK RSA-4096 certificate" },
	{ 0x01c00100, 0x01c00100, NULL,          "EK certificate chain" },
	{ 0x01c00101, 0x01c001ff, NULL,          "EK certificate chain, continued" },
	{ 0x01c08000, 0x01c08000, NULL,          "platform certificate" },
	{ 0x01000000, 0x013fffff, NULL,          "TPM manufacturer" },
	{ 0x01400000, 0x017fffff, NULL,          "platform manufacturer" },
	{ 0x01800000, 0x01bfffff, NULL,          "owner" },
	{ 0x01c00000, 0x01c07fff, NULL,          "TPM manufacturer, TCG" },
	{ 0x01c08000, 0x01c0ffff, NULL,          "platform manufacturer, TCG" },
	{ 0x01000000, 0x01ffffff, NULL,          "" },
};
/* clang-format on */

const char *
name_of_nv(uint32_t index)
{
	for (size_t i = 0; i < COUNT(indices); i++)
		if (index >= indices[i].first && index <= indices[i].last)
			return indices[i].what;
	return "";
}

const char *
name_of_ek(uint32_t index)
{
	for (size_t i = 0; i < COUNT(indices); i++)
		if (index >= indices[i].first && index <= indices[i].last)
			return indices[i].ek;
	return NULL;
}

/* TPM 2.0 Part 2, 13.4. */
const char *
name_of_nv_bit(unsigned bit)
{
	static const char *const names[32] = {
		[0] = "ppwrite",
		[1] = "ownerwrite",
		[2] = "authwrite",
		[3] = "policywrite",
		[10] = "policydelete",
		[11] = "writelocked",
		[12] = "writeall",
		[13] = "writedefine",
		[14] = "write_stclear",
		[15] = "globallock",
		[16] = "ppread",
		[17] = "ownerread",
		[18] = "authread",
		[19] = "policyread",
		[25] = "no_da",
		[26] = "orderly",
		[27] = "clear_stclear",
		[28] = "readlocked",
		[29] = "written",
		[30] = "platformcreate",
		[31] = "read_stclear",
	};

	return names[bit & 31];
}

const char *
name_of_nv_type(uint32_t attributes)
{
	static const char *const names[16] = { [1] = "counter",
		[2] = "bits",
		[4] = "extend",
		[8] = "pinfail",
		[9] = "pinpass" };

	return names[attributes >> 4 & 15];
}

void
text_of_manufacturer(uint32_t id, char out[static 5])
{
	int n = 4;

	tpm_word_text(id, out);
	/* Short ones are padded: "AMD", "IBM". */
	while (n > 0 && (out[n - 1] == '\0' || out[n - 1] == ' '))
		n--;
	out[n] = '\0';
}

void
text_of_firmware(const struct tpm_info *i, char out[static 32])
{
	(void)snprintf(out, 32, "%u.%u.%u.%u", i->firmware1 >> 16,
	    i->firmware1 & 0xffff, i->firmware2 >> 16, i->firmware2 & 0xffff);
}

void
text_of_spec_date(const struct tpm_info *i, char out[static 16])
{
	/* Day 32 of January is 1 February to timegm(). */
	struct tm tm = { .tm_year = (int)(i->year % 10000) - 1900,
		.tm_mday = (int)(i->day_of_year % 1000) };

	(void)timegm(&tm);
	if (strftime(out, 16, "%Y-%m-%d", &tm) == 0)
		(void)snprintf(out, 16, "?");
}
