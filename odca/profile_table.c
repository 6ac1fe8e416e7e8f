#include "odca/cert.h"
#include "odca/profile.h"

#define ONDIE (1U << GEN_ONDIE)
#define CA2   (1U << GEN_CA2)
#define ALL   (ONDIE | CA2)

/* X.520 attribute types */
#define AT_C  "2.5.4.6"
#define AT_ST "2.5.4.8"
#define AT_L  "2.5.4.7"
#define AT_O  "2.5.4.10"
#define AT_OU "2.5.4.11"
#define AT_CN "2.5.4.3"

/* TCG EK Credential Profile */
#define AT_TPM_MANUFACTURER "2.23.133.2.1"
#define AT_TPM_MODEL        "2.23.133.2.2"
#define AT_TPM_VERSION      "2.23.133.2.3"
#define TCG_KP_EK           "2.23.133.8.1"

/* What would say that Intel is the issuer says TEST instead. */
#define TEST_SITE "www.odcasim.test"
#define CERTS     "https://{host}/content/OnDieCA/certs/"
#define CRLS      "https://{host}/content/OnDieCA/crls/"

#define KU_CA (KU_KEY_CERT_SIGN | KU_CRL_SIGN)
#define KU_KERNEL                                                              \
	(KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT |       \
	    KU_KEY_CERT_SIGN)
#define KU_ROM (KU_KERNEL | KU_CRL_SIGN)

/* clang-format off */
#define EK_COMMON                                                              \
	.issuer = "ptt", .gens = ALL,                                          \
	.not_before = "{firmware-date}",                                       \
	.eku = TCG_KP_EK,                                                      \
	.crldp = CRLS "{file}_CSME_Indirect.crl", .crl_issuer = "intermediate",\
	.san = { { AT_TPM_MANUFACTURER, "id:494E5443" },                       \
	    { AT_TPM_MODEL, "{code}" }, { AT_TPM_VERSION, "id:{firmware}" } }, \
	.exts = { EXT_AKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_CRLDP,    \
	    EXT_EKU, EXT_SDA | NOT_CRITICAL, EXT_SAN | CRITICAL }

static const struct profile profiles[] = {
	{
		.name = "root", .issuer = "root", .gens = ALL,
		.subject = { { AT_C, "US" }, { AT_ST, "CA" }, { AT_L, "Santa Clara" },
		    { AT_O, "odcasim TEST" }, { AT_OU, "TEST OnDie CA Root Cert Signing" },
		    { AT_CN, TEST_SITE } },
		.file = "OnDie_CA_RootCA_Certificate", .null_params = true,
		.not_before = "190403000000Z", .ku = KU_CA,
		.exts = { EXT_AKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_SKI },
	},
	{
		.name = "intermediate", .issuer = "root", .gens = ONDIE,
		.subject = { { AT_OU, "TEST {ca} CSME Intermediate CA" }, { AT_CN, TEST_SITE } },
		.file = "{file}_CSME_Intermediate", .null_params = true,
		.not_before = "190404000000Z", .ku = KU_CA,
		.aia = CERTS "OnDie_CA_RootCA_Certificate.cer", .crldp = CRLS "OnDie_CA.crl",
		.exts = { EXT_AIA, EXT_AKI, EXT_BC | CRITICAL, EXT_CRLDP, EXT_KU | CRITICAL, EXT_SKI },
	},
	{
		.name = "intermediate", .issuer = "root", .gens = CA2,
		.subject = { { AT_OU, "TEST {ca} CSME Intermediate CA" }, { AT_CN, TEST_SITE } },
		.file = "{file}_CSME_Intermediate",
		.not_before = "200304170425Z", .ku = KU_CA,
		.aia = CERTS "OnDie_CA_RootCA_Certificate.cer", .crldp = CRLS "OnDie_CA.crl",
		.exts = { EXT_AKI, EXT_SKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_AIA, EXT_CRLDP },
	},
	{
		.name = "issuing", .issuer = "intermediate", .gens = ONDIE,
		.subject = { { AT_OU, "TEST {issuing} CSME P_{code} {batch} Issuing CA" }, { AT_CN, TEST_SITE } },
		.file = "{code}_{batch}_{file}",
		.not_before = "{batch-date}", .ku = KU_CA,
		.aia = CERTS "{file}_CSME_Intermediate.cer", .crldp = CRLS "{file}_CSME_Product.crl",
		.exts = { EXT_SKI, EXT_AKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_AIA, EXT_CRLDP },
	},
	{
		.name = "issuing", .issuer = "intermediate", .gens = CA2,
		.subject = { { AT_OU, "TEST {issuing} CSME P_{code} {batch} Issuing CA" }, { AT_CN, TEST_SITE } },
		.file = "{code}_{batch}_{file}",
		.not_before = "{batch-date}", .ku = KU_CA,
		.aia = CERTS "{file}_CSME_Intermediate.cer", .crldp = CRLS "{file}_CSME_Product.crl",
		.exts = { EXT_AKI, EXT_SKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_AIA, EXT_CRLDP },
	},
	{
		.name = "rom", .issuer = "issuing", .gens = ALL,
		.subject = { { AT_CN, "CSME {code} ROM CA" } },
		.serial_label = "rom batch {batch}",
		.not_before = "{batch-date}", .ku = KU_ROM,
		.aia = CERTS "{code}_{batch}_{file}.cer", .crldp = CRLS "{code}_{batch}_{file}.crl",
		.exts = { EXT_AKI, EXT_SKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_AIA, EXT_CRLDP },
	},
	{
		.name = "kernel", .issuer = "rom", .gens = ALL,
		.subject = { { AT_CN, "CSME {code} SVN{svn} Kernel CA" } },
		.serial = "{svn-octet}", /* of an SVN above 1: inferred */
		.not_before = "{firmware-date}", .ku = KU_KERNEL,
		.crldp = CRLS "{file}_CSME_Indirect.crl", .crl_issuer = "intermediate",
		.exts = { EXT_AKI, EXT_SKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_CRLDP },
	},
	{
		.name = "ptt", .issuer = "kernel", .gens = ALL,
		.subject = { { AT_CN, "CSME {code} PTT  {svn}SVN" } },
		/* SVN, 04, application (13: PTT), 00, 40; of an SVN above 1: inferred */
		.serial = "{svn-octet}04130040",
		.not_before = "{firmware-date}", .ku = KU_KEY_CERT_SIGN,
		.crldp = CRLS "{file}_CSME_Indirect.crl", .crl_issuer = "intermediate",
		.exts = { EXT_AKI, EXT_SKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_CRLDP },
	},
	{ .name = "ek-rsa2048", .serial_label = "ek-rsa2048 svn {svn}", .ku = KU_KEY_ENCIPHERMENT, EK_COMMON },
	{ .name = "ek-p256", .serial_label = "ek-p256 svn {svn}", .ku = KU_KEY_AGREEMENT, EK_COMMON },
	{ .name = "ek-p384", .serial_label = "ek-p384 svn {svn}", .ku = KU_KEY_AGREEMENT, EK_COMMON },
};
/* clang-format on */

const struct profile *
profile_all(size_t *ret_n)
{
	*ret_n = sizeof(profiles) / sizeof(*profiles);
	return profiles;
}
