#include "odca/cert.h"
#include "odca/profile.h"

#define ONDIE    GENS(GEN_ONDIE)
#define CA2      GENS(GEN_CA2)
#define SOC      GENS(GEN_SOC)
#define ONDIE_DE GENS(GEN_ONDIE_DE)
#define CA2_DE   GENS(GEN_CA2_DE)
#define SOC_DE   GENS(GEN_SOC_DE)
#define EPID_SPT GENS(GEN_EPID_SPT)
#define EPID_CNL GENS(GEN_EPID)
#define ODCA     (ONDIE | CA2 | SOC)
#define DEBUG    (ONDIE_DE | CA2_DE | SOC_DE)
#define EPID     (EPID_SPT | EPID_CNL)

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
#define TCG_KP_EK_CA        "2.23.133.8.12" /* its name is not verified */

#define ARC_ODCA "2.16.840.1.113741.1.5.3."
#define ARC_EPID "1.2.840.113741.1.5.2."

/* What would say that Intel is the issuer says TEST instead. */
#define TEST_SITE "www.odcasim.test"
#define CERTS     "{site}certs/"
#define CRLS      "{site}crls/"
/* Of the debug world, wherever the batch's own site is. */
#define PRE1  "https://pre1-{host}/content/OD/"
#define TSCI  "https://{host}/content/OnDieCA/"
#define TS_DE "https://tsDE-{host}/content/OnDieCA/"
/* Serial number of everything there that is not an issuing CA or below. */
#define SERIAL_DE "40000000000000000000000000000000"

#define KU_CA (KU_KEY_CERT_SIGN | KU_CRL_SIGN)
#define KU_KERNEL                                                              \
	(KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT |       \
	    KU_KEY_CERT_SIGN)
#define KU_ROM (KU_KERNEL | KU_CRL_SIGN)

/* clang-format off */
#define NAME_ROOT(unit)                                                        \
	{ { AT_C, "US" }, { AT_ST, "CA" }, { AT_L, "Santa Clara" },            \
	    { AT_O, "odcasim TEST" }, { AT_OU, "TEST " unit }, { AT_CN, TEST_SITE } }
#define NAME_CA(unit) { { AT_OU, "TEST " unit }, { AT_CN, TEST_SITE } }

#define NAME_INTERMEDIATE NAME_CA("{ca} {engine} Intermediate CA")
#define NAME_ISSUING      NAME_CA("{issuing} {engine} {kind}{part} {batch} Issuing CA")
#define FILE_ISSUING      "{code}_{batch-file}_{file}"
#define FILE_INDIRECT     "{file}_{engine}_Indirect.crl"
#define INDIRECT(where)   .crldp = where FILE_INDIRECT, .crl_issuer = "intermediate"

#define EXTS_CA       { EXT_AKI, EXT_SKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_AIA, EXT_CRLDP }
#define EXTS_CA_SKI   { EXT_SKI, EXT_AKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_AIA, EXT_CRLDP }
#define EXTS_FIRMWARE { EXT_AKI, EXT_SKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_CRLDP }
#define EXTS_SOC_FIRMWARE                                                      \
	{ EXT_AKI, EXT_SKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_EKU, EXT_CRLDP }
#define ROM_SOC                                                                \
	.subject = { { AT_CN, "{issuing} {engine} {part} ROM {rank}" } },      \
	.not_before = "{batch-date}", .ku = KU_KEY_CERT_SIGN, .pathlen = "4",  \
	.eku = TCG_KP_EK_CA,                                                   \
	.aia = CERTS FILE_ISSUING ".cer", .crldp = CRLS FILE_ISSUING ".crl",   \
	.exts = { EXT_AKI, EXT_SKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL,      \
	    EXT_EKU, EXT_HW_NAME, EXT_AIA, EXT_CRLDP }

/* Of every EK certificate. */
#define EK                                                                     \
	.not_before = "{firmware-date}", .eku = TCG_KP_EK,                     \
	.san = { { AT_TPM_MANUFACTURER, "id:494E5443" },                       \
	    { AT_TPM_MODEL, "{model}" }, { AT_TPM_VERSION, "id:{firmware}" } }
#define EK_EXTS                                                                \
	.issuer = "ptt",                                                       \
	.exts = { EXT_AKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_CRLDP,    \
	    EXT_EKU, EXT_SDA | NOT_CRITICAL, EXT_SAN | CRITICAL }
#define EK_ODCA     .gens = ONDIE | CA2 | CA2_DE, EK, EK_EXTS, INDIRECT(CRLS)
#define EK_ONDIE_DE .gens = ONDIE_DE, EK, EK_EXTS, INDIRECT(PRE1 "crls/")
#define EK_SOC                                                                 \
	.issuer = "ptt", .gens = SOC | SOC_DE, EK, INDIRECT(CRLS),             \
	.exts = { EXT_AKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_EKU,      \
	    EXT_SAN | CRITICAL, EXT_CRLDP, EXT_SDA | NOT_CRITICAL }
/* Intel's servers certify these; the service is EKOP. */
#define EK_EPID                                                                \
	.issuer = "issuing", EK,                                               \
	.crldp = "{site}{group-file}_EK_Device.crl",                           \
	.aia = "{site}{group-file}_EK_Platform_Public_Key.cer",                \
	.policy_arc = ARC_EPID, .policies = "1",                               \
	.cps = "{site}EKcertPolicyStatement.pdf",                              \
	.notice = "TCPA Trusted Platform Module Endorsement",                  \
	.exts = { EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_EKU,               \
	    EXT_SDA | NOT_CRITICAL, EXT_SAN | CRITICAL, EXT_AKI, EXT_CRLDP,    \
	    EXT_AIA, EXT_POLICIES }
/* The first ones: a short serial number, and KeyUsage as a whole octet. */
#define EK_EPID_SPT .gens = EPID_SPT, .serial_size = 4, .ku_octet = true, EK_EPID
#define EK_EPID_CNL .gens = EPID_CNL, .serial_size = 20, EK_EPID

static const struct profile profiles[] = {
	{
		.name = "root", .issuer = "root", .gens = ODCA,
		.subject = NAME_ROOT("OnDie CA Root Cert Signing"),
		.file = "OnDie_CA_RootCA_Certificate", .null_params = true,
		.not_before = "190403000000Z", .ku = KU_CA,
		.exts = { EXT_AKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_SKI },
	},
	{
		.name = "intermediate", .issuer = "root", .gens = ONDIE,
		.subject = NAME_INTERMEDIATE,
		.file = "{file}_{engine}_Intermediate", .null_params = true,
		.not_before = "190404000000Z", .ku = KU_CA,
		.aia = TSCI "certs/OnDie_CA_RootCA_Certificate.cer", .crldp = TSCI "crls/OnDie_CA.crl",
		.exts = { EXT_AIA, EXT_AKI, EXT_BC | CRITICAL, EXT_CRLDP, EXT_KU | CRITICAL, EXT_SKI },
	},
	{
		.name = "intermediate", .issuer = "root", .gens = CA2 | SOC,
		.subject = NAME_INTERMEDIATE,
		.file = "{file}_{engine}_Intermediate",
		.not_before = "{intermediate-date}", .ku = KU_CA,
		.aia = TSCI "certs/OnDie_CA_RootCA_Certificate.cer", .crldp = TSCI "crls/OnDie_CA.crl",
		.exts = EXTS_CA,
	},
	{
		.name = "issuing", .issuer = "intermediate", .gens = ONDIE | ONDIE_DE | CA2_DE,
		.subject = NAME_ISSUING, .file = FILE_ISSUING,
		.not_before = "{batch-date}", .ku = KU_CA,
		.aia = CERTS "{file}_{engine}_Intermediate.cer", .crldp = CRLS "{file}_{engine}_Product.crl",
		.exts = EXTS_CA_SKI,
	},
	{
		.name = "issuing", .issuer = "intermediate", .gens = CA2,
		.subject = NAME_ISSUING, .file = FILE_ISSUING,
		.not_before = "{batch-date}", .ku = KU_CA,
		.aia = CERTS "{file}_{engine}_Intermediate.cer", .crldp = CRLS "{file}_{engine}_Product.crl",
		.exts = EXTS_CA,
	},
	{
		.name = "issuing", .issuer = "intermediate", .gens = SOC | SOC_DE,
		.subject = NAME_ISSUING, .file = FILE_ISSUING,
		.not_before = "{batch-date}", .ku = KU_CA,
		.aia = CERTS "{file}_{engine}_Intermediate.cer", .crldp = CRLS "{file}_{engine}_Product.crl",
		.policy_arc = ARC_ODCA, .policies = "{policies}",
		.exts = { EXT_AKI, EXT_SKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_POLICIES, EXT_AIA, EXT_CRLDP },
	},
	{
		.name = "rom", .issuer = "issuing", .gens = ONDIE | CA2,
		.subject = { { AT_CN, "{engine} {part} ROM {rank}" } },
		.serial_label = "rom batch {batch}",
		.not_before = "{batch-date}", .ku = KU_ROM,
		.aia = CERTS FILE_ISSUING ".cer", .crldp = CRLS FILE_ISSUING ".crl",
		.exts = EXTS_CA,
	},
	{
		.name = "kernel", .issuer = "rom", .gens = ONDIE | CA2 | CA2_DE,
		.subject = { { AT_CN, "{engine} {part} SVN{svn} Kernel {rank}" } },
		.serial = "{svn-octet}", /* of an SVN above 1: inferred */
		.not_before = "{firmware-date}", .ku = KU_KERNEL, INDIRECT(CRLS),
		.exts = EXTS_FIRMWARE,
	},
	{
		.name = "ptt", .issuer = "kernel", .gens = ONDIE | CA2 | CA2_DE,
		.subject = { { AT_CN, "{engine} {part} PTT  {svn}{mark}" } },
		/* SVN, 04, application (13: PTT), 00, 40; of an SVN above 1: inferred */
		.serial = "{svn-octet}04130040",
		.not_before = "{firmware-date}", .ku = KU_KEY_CERT_SIGN, INDIRECT(CRLS),
		.exts = EXTS_FIRMWARE,
	},
	{ .name = "ek-rsa2048", .serial_label = "ek-rsa2048 svn {svn}", .ku = KU_KEY_ENCIPHERMENT, EK_ODCA },
	{ .name = "ek-p256", .serial_label = "ek-p256 svn {svn}", .ku = KU_KEY_AGREEMENT, EK_ODCA },
	{ .name = "ek-p384", .serial_label = "ek-p384 svn {svn}", .ku = KU_KEY_AGREEMENT, EK_ODCA },

	/* Meteor Lake and later. */
	{ .name = "rom", .issuer = "issuing", .gens = SOC, ROM_SOC, .serial_label = "rom batch {batch}" },
	{ .name = "rom", .issuer = "issuing", .gens = SOC_DE, ROM_SOC, .serial = SERIAL_DE }, /* inferred */
	{
		.name = "kernel", .issuer = "rom", .gens = SOC | SOC_DE,
		.subject = { { AT_CN, "{issuing} {engine} {part} SVN {svn} Kernel {rank}" } },
		.serial = "01{svn-octet}", /* which of the two is the SVN: inferred */
		.not_before = "{firmware-date}", .ku = KU_KEY_CERT_SIGN, .pathlen = "3", .eku = TCG_KP_EK_CA,
		INDIRECT(CRLS), .exts = EXTS_SOC_FIRMWARE,
	},
	{
		.name = "ptt", .issuer = "kernel", .gens = SOC | SOC_DE,
		.subject = { { AT_CN, "{issuing} {engine} {part} SVN {svn} PTT   {rank}" } },
		.serial = "01{svn-octet}04130040",
		.not_before = "{firmware-date}", .ku = KU_KEY_CERT_SIGN, .pathlen = "2", .eku = TCG_KP_EK_CA,
		INDIRECT(CRLS), .exts = EXTS_SOC_FIRMWARE,
	},
	{ .name = "ek-rsa2048", .serial_label = "ek-rsa2048 svn {svn}", .ku = KU_KEY_ENCIPHERMENT, EK_SOC },
	{ .name = "ek-p256", .serial_label = "ek-p256 svn {svn}", .ku = KU_KEY_AGREEMENT, EK_SOC },
	{ .name = "ek-p384", .serial_label = "ek-p384 svn {svn}", .ku = KU_KEY_AGREEMENT, EK_SOC },

	/* Debug-fused parts: a world with a root of its own, below DE/ here. */
	{
		.name = "root", .issuer = "root", .gens = DEBUG,
		.subject = NAME_ROOT("OnDie CA DEBUG Root Cert Signing CA"),
		.file = "DE/OnDie_CA_DEBUG_RootCA_Certificate", .serial = SERIAL_DE,
		.not_before = "190101000000Z", .ku = KU_CA,
		.exts = { EXT_SKI, EXT_AKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL },
	},
	{
		.name = "intermediate", .issuer = "root", .gens = ONDIE_DE,
		.subject = NAME_INTERMEDIATE,
		.file = "DE/{file}_{engine}_Intermediate", .serial = SERIAL_DE,
		.not_before = "190101000000Z", .ku = KU_CA,
		.aia = PRE1 "certs/OnDie_CA_DEBUG_RootCA_Certificate.cer",
		.exts = { EXT_SKI, EXT_AKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_AIA },
	},
	{
		.name = "intermediate", .issuer = "root", .gens = CA2_DE | SOC_DE,
		.subject = NAME_INTERMEDIATE,
		.file = "DE/{file}_{engine}_Intermediate", .serial = SERIAL_DE,
		.not_before = "190101000000Z", .ku = KU_CA,
		.aia = TS_DE "certs/OnDie_CA_DEBUG_RootCA_Certificate.cer", .crldp = TS_DE "crls/OnDie_DE.crl",
		.exts = EXTS_CA_SKI,
	},
	{
		.name = "rom", .issuer = "issuing", .gens = ONDIE_DE,
		.subject = { { AT_CN, "{engine} {part} ROM {rank}" } },
		.serial = SERIAL_DE,
		.not_before = "{batch-date}", .ku = KU_ROM,
		.aia = PRE1 "certs/" FILE_ISSUING ".cer", .crldp = PRE1 "crls/" FILE_ISSUING ".crl",
		.exts = EXTS_CA,
	},
	{
		.name = "rom", .issuer = "issuing", .gens = CA2_DE,
		.subject = { { AT_CN, "{engine} {part} ROM {rank}" } },
		.serial = SERIAL_DE,
		.not_before = "{batch-date}", .ku = KU_ROM,
		.aia = CERTS FILE_ISSUING ".cer", .crldp = CRLS FILE_ISSUING ".crl",
		.exts = EXTS_CA,
	},
	{
		/* Points at the production host, whose CRL another key signs. */
		.name = "kernel", .issuer = "rom", .gens = ONDIE_DE,
		.subject = { { AT_CN, "{engine} {part} SVN{svn} Kernel {rank}" } },
		.serial = "{svn-octet}",
		.not_before = "{firmware-date}", .ku = KU_KERNEL, INDIRECT(TSCI "crls/"),
		.exts = EXTS_FIRMWARE,
	},
	{
		.name = "ptt", .issuer = "kernel", .gens = ONDIE_DE,
		.subject = { { AT_CN, "{engine} {part} PTT  {svn}{mark}" } },
		.serial = "{svn-octet}04130040",
		.not_before = "{firmware-date}", .ku = KU_KEY_CERT_SIGN, INDIRECT(PRE1 "crls/"),
		.exts = EXTS_FIRMWARE,
	},
	{ .name = "ek-rsa2048", .serial_label = "ek-rsa2048 svn {svn}", .ku = KU_KEY_ENCIPHERMENT, EK_ONDIE_DE },
	{ .name = "ek-p256", .serial_label = "ek-p256 svn {svn}", .ku = KU_KEY_AGREEMENT, EK_ONDIE_DE },
	{ .name = "ek-p384", .serial_label = "ek-p384 svn {svn}", .ku = KU_KEY_AGREEMENT, EK_ONDIE_DE },

	/* Before the on-die CA. */
	{
		.name = "root", .issuer = "root", .gens = EPID,
		.subject = NAME_ROOT("TPM EK root cert signing"),
		.file = "EKRootPublicKey",
		.not_before = "140115000000Z", .ku = KU_CA, .pathlen = "1",
		.exts = { EXT_AKI, EXT_SKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL },
	},
	{
		.name = "issuing", .issuer = "root", .gens = EPID,
		.subject = NAME_ROOT("TPM EK intermediate for {part}"),
		.file = "{group-file}_EK_Platform_Public_Key",
		.not_before = "{batch-date}", .ku = KU_CA, .pathlen = "0", .eku = TCG_KP_EK,
		.policy_arc = ARC_EPID, .policies = "1", .cps = "{site}EKcertPolicyStatement.pdf",
		.aia = "{site}EKRootPublicKey.cer", .crldp = "{site}EK_Platform.crl",
		.exts = { EXT_AKI, EXT_SKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_EKU | CRITICAL,
		    EXT_POLICIES | CRITICAL, EXT_AIA, EXT_CRLDP },
	},
	{ .name = "ek-rsa2048", .serial_label = "ek-rsa2048", .ku = KU_KEY_ENCIPHERMENT, EK_EPID_SPT },
	{ .name = "ek-p256", .serial_label = "ek-p256", .ku = KU_KEY_AGREEMENT, EK_EPID_SPT },
	{ .name = "ek-rsa2048", .serial_label = "ek-rsa2048", .ku = KU_KEY_ENCIPHERMENT, EK_EPID_CNL },
	{ .name = "ek-p256", .serial_label = "ek-p256", .ku = KU_KEY_AGREEMENT, EK_EPID_CNL },
};
/* clang-format on */

const struct profile *
profile_all(size_t *ret_n)
{
	*ret_n = sizeof(profiles) / sizeof(*profiles);
	return profiles;
}
