#include "odca/family_table.h"

#define VERSION(major, minor) ((uint32_t)(major) << 16 | (uint32_t)(minor))

/* Hosts of the debug world: pre1-tsci and tsDE on the real ones. */
#define SITE_PRE1 "https://pre1-{host}/content/OD/"
#define SITE_DE   "https://tsDE-{host}/content/OnDieCA/"

/* Where Intel kept the files of the EPID era, by the CA's age. */
#define EKCERT      "{host}/content/CRL/ekcert/"
#define SITE_EPID   "https://" EKCERT
#define SITE_EPID_0 "http://" EKCERT

/* 2.16.840.1.113741.1.5.3.k.v; what they stand for is not published. */
#define POLICIES_MTL    "1.1 2.1 3.1 4.1 5.2 7.1 8.1 9.1 10.1 11.1 12.1"
#define POLICIES_LNL    "1.1 2.1 3.2 4.1 5.2 7.1 8.1 9.1 10.1 11.1 12.1"
#define POLICIES_OSSE   "1.2 2.2 3.2 4.2 5.2 7.1 8.2 9.1 10.2 11.2 12.2"
#define POLICIES_MTL_DE "1.1 2.1 3.1 4.1 5.1 7.1 8.1 9.1"

#define DEVICE_INFERRED "names of the device's CAs follow production parts' "
#define DEBUG_INFERRED                                                         \
	"device levels follow debug-fused Tiger Lake and Elkhart Lake parts"
#define OSSE_INFERRED                                                          \
	"whether PTT's chain ends in an OSSE issuing CA, and the names of "    \
	"its "                                                                 \
	"device levels and of the indirect CRL"

/* 2019-12-18, errata of revision 1.38. */
#define REVISION_138 .spec_revision = 138, .spec_year = 2019, .spec_day = 0x160

/* clang-format off */
#define END_OF_BATCHES { .number = NULL }

static const struct batch tgl_batches[] = {
	{ .number = "00002004", GEN_ONDIE, 'P', "TGL", .not_before = "190501000000Z", .crl_date = "190919000000Z" },
	{ .number = "00002003", GEN_ONDIE, 'E', "TGL", .not_before = "190501000000Z" },
	{ .number = "00002002", GEN_ONDIE, 'T', "TGL", .not_before = "190501000000Z" },
	{ .number = "00001846", GEN_ONDIE,  0,  "TGL", .not_before = "190501235959Z" },
	{ .number = "DEBUG000", GEN_ONDIE_DE, 'D', "TGL", .not_before = "190101000000Z", .site = SITE_PRE1,
	  .inferred = "PTT CA and EK follow the DAL application's" },
	END_OF_BATCHES,
};

static const struct batch mcc_batches[] = {
	{ .number = "00001881", GEN_ONDIE, 'P', "MCC", .not_before = "190501000000Z", .crl_date = "190809000000Z" },
	{ .number = "DEBUG000", GEN_ONDIE_DE, 'D', "MCC", .not_before = "190101000000Z", .site = SITE_DE,
	  .inferred = "PTT CA and EK follow the DAL application's" },
	END_OF_BATCHES,
};

static const struct batch ebg_batches[] = {
	{ .number = "00002001", GEN_ONDIE, 'P', "EBG", .not_before = "190501000000Z", .crl_date = "190930000000Z" },
	{ .number = "00002483", GEN_ONDIE, 'P', "EBG", .not_before = "190501000000Z" },
	{ .number = "00002600", GEN_ONDIE, 'P', "EBG", .not_before = "190501000000Z" },
	END_OF_BATCHES,
};

static const struct batch adl_batches[] = { /* and Raptor Lake's */
	{ .number = "00002820", GEN_CA2, 'P', "ADL", .not_before = "211201000000Z" },
	{ .number = "00002226", GEN_CA2, 'P', "ADL", .not_before = "200501000000Z", .crl_date = "200901000000Z" },
	{ .number = "00002341", GEN_CA2, 'P', "ADL", .not_before = "200601000000Z", .crl_date = "200901000000Z" },
	{ .number = "00002701", GEN_CA2, 'P', "ADL", .not_before = "210901000000Z" },
	{ .number = "00002983", GEN_CA2, 'P', "ADL", .not_before = "220101000000Z" },
	{ .number = "00002225", GEN_CA2, 'E', "ADL", .not_before = "200501000000Z" },
	{ .number = "00002227", GEN_CA2, 'T', "ADL", .not_before = "200501000000Z" },
	{ .number = "DEBUG000", GEN_CA2_DE, 'D', "ADL", .not_before = "190101000000Z", .site = SITE_DE, .inferred = DEBUG_INFERRED },
	END_OF_BATCHES,
};

static const struct batch mtl_batches[] = {
	{ .number = "00003043", GEN_SOC, 'P', "MTL SOC", .not_before = "211201000000Z", .policies = POLICIES_MTL },
	{ .number = "00003044", GEN_SOC, 'E', "MTL SOC", .not_before = "211201000000Z", .policies = POLICIES_MTL },
	{ .number = "00003042", GEN_SOC, 'T', "MTL SOC", .not_before = "211201000000Z", .policies = POLICIES_MTL },
	{ .number = "00003145", GEN_SOC, 'P', "MTP PCH", .not_before = "220601000000Z", .policies = POLICIES_MTL,
	  .inferred = DEVICE_INFERRED "of Meteor Lake's SOC" },
	{ .number = "DBG00001", GEN_SOC_DE, 'D', "MTL SOC", .not_before = "210401000000Z", .policies = POLICIES_MTL_DE,
	  .site = SITE_DE, .inferred = DEBUG_INFERRED },
	END_OF_BATCHES,
};

static const struct batch lnl_batches[] = {
	{ .number = "00003648 NZ", GEN_SOC, 'P', "LNL SOC", .not_before = "221201000000Z", .policies = POLICIES_LNL },
	{ .number = "00003648 ZE", GEN_SOC, 'P', "LNL SOC", .not_before = "221201000000Z", .policies = POLICIES_LNL },
	{ .number = "00003642 NZ", GEN_SOC, 'P', "LNL SOC", "OSSE", "221201000000Z", .policies = POLICIES_OSSE, .inferred = OSSE_INFERRED },
	{ .number = "00003642 ZE", GEN_SOC, 'P', "LNL SOC", "OSSE", "221201000000Z", .policies = POLICIES_OSSE, .inferred = OSSE_INFERRED },
	END_OF_BATCHES,
};

static const struct batch ptl_batches[] = {
	{ .number = "00004042 NZ", GEN_SOC, 'P', "PTL SOC", .not_before = "240101000000Z", .policies = POLICIES_LNL },
	{ .number = "00004042 ZE", GEN_SOC, 'P', "PTL SOC", .not_before = "240101000000Z", .policies = POLICIES_LNL },
	{ .number = "00004506 NZ", GEN_SOC, 'P', "PTL SOC", .not_before = "250101000000Z", .policies = POLICIES_LNL },
	{ .number = "00004506 ZE", GEN_SOC, 'P', "PTL SOC", .not_before = "250101000000Z", .policies = POLICIES_LNL },
	{ .number = "00004048 NZ", GEN_SOC, 'P', "PTL SOC", "OSSE", "240101000000Z", .policies = POLICIES_OSSE, .inferred = OSSE_INFERRED },
	{ .number = "00004048 ZE", GEN_SOC, 'P', "PTL SOC", "OSSE", "240101000000Z", .policies = POLICIES_OSSE, .inferred = OSSE_INFERRED },
	END_OF_BATCHES,
};

#define EPID(group, pid, date, where) \
	{ .number = group, GEN_EPID, .part = group pid, .not_before = date, .site = where }
#define EPID_SPT(group, date) \
	{ .number = group, GEN_EPID_SPT, .part = group, .not_before = date, .site = SITE_EPID_0 }

static const struct batch spt_batches[] = {
	EPID_SPT("SPTH_EPID_PROD", "150324000000Z"),
	EPID_SPT("SPTH_EPID_PROD_RK_0", "150324000000Z"),
	EPID_SPT("SPT_EPID_PROD", "140616000000Z"),
	EPID_SPT("SPT-H-LP_EPID_Prod", "150218000000Z"),
	EPID_SPT("SPT-H-LP_EPID_Prod_RK_0", "150218000000Z"),
	END_OF_BATCHES,
};

static const struct batch glk_batches[] = {
	EPID("GLK_EPID_PROD", "  pid:7", "160425000000Z", SITE_EPID_0),
	EPID("GLK_B0_EPID_PROD", " pid:7", "210603000000Z", SITE_EPID),
	END_OF_BATCHES,
};

static const struct batch cnl_batches[] = {
	EPID("CNL_EPID_POST_B1LP_PROD_2", " pid:9", "171114000000Z", SITE_EPID),
	EPID("CNL_EPID_POST_B1LP_PROD", " pid:6", "171025000000Z", SITE_EPID_0),
	EPID("CNL_EPID_LP_B1_PROD", " pid:6", "171023000000Z", SITE_EPID_0),
	EPID("CNL_EPID_PROD", "  pid:32774", "161205000000Z", SITE_EPID_0),
	END_OF_BATCHES,
};

static const struct batch icl_batches[] = {
	EPID("ICL_EPID_PROD_PRQ", " pid:8", "180411000000Z", SITE_EPID),
	EPID("ICL_N_EPID_PROD", " pid:8", "180717000000Z", SITE_EPID),
	EPID("ICL_N_EPID_PRE_PROD", " pid:8", "180720000000Z", SITE_EPID),
	EPID("ICL_EPID_A0-1_PROD", " pid:32776", "170724000000Z", SITE_EPID_0),
	EPID("ICL_EPID_A0_PROD", " pid:32776", "170413000000Z", SITE_EPID_0),
	END_OF_BATCHES,
};

static const struct batch cml_batches[] = {
	EPID("CML_EPID_PROD", " pid:13", "181113000000Z", SITE_EPID),
	EPID("CMP_V_EPID_PROD", " pid:14", "191011000000Z", SITE_EPID),
	END_OF_BATCHES,
};

static const struct batch jsl_batches[] = {
	EPID("JSL_EPID_PROD", " pid:19", "200127000000Z", SITE_EPID),
	END_OF_BATCHES,
};

const struct family families[] = {
	{
		.name = "tgl", .platform = "Tiger Lake (11th gen Core)", .model = "TGL", .vendor = "TGL",
		.batches = tgl_batches, .batch = "00002004", .fw_not_before = "190101000000Z",
		.firmware1 = VERSION(500, 14), .firmware2 = 0, REVISION_138,
		.inferred = "device certificates are laid out as on debug-fused Tiger Lake "
		    "and production Alder Lake parts; vendor string, firmware build, "
		    "specification date and the date of Kernel CA, PTT CA and EK "
		    "were not seen on production Tiger Lake",
	},
	{
		.name = "mcc", .platform = "Elkhart Lake", .model = "MCC", .vendor = "MCC",
		.batches = mcc_batches, .batch = "00001881", .fw_not_before = "190101000000Z",
		.firmware1 = VERSION(500, 14), .firmware2 = VERSION(40, 0), REVISION_138,
		.inferred = "names of the device's CAs were seen on production Elkhart Lake, "
		    "their layout and dates on debug-fused ones; the EK's layout, vendor "
		    "string, model and firmware version were not",
	},
	{
		.name = "ebg", .platform = "Emmitsburg (server PCH)", .model = "EBG", .vendor = "EBG",
		.batches = ebg_batches, .batch = "00002001", .fw_not_before = "190101000000Z",
		.firmware1 = VERSION(500, 14), .firmware2 = VERSION(45, 0), REVISION_138,
		.inferred = "the issuing CA is real; the device levels, vendor string, model, "
		    "dates and firmware version follow Tiger Lake's",
	},
	{
		.name = "adl", .platform = "Alder Lake (12th gen Core, N series)", .model = "ADL", .vendor = "ADL",
		.batches = adl_batches, .batch = "00002820", .fw_not_before = "210623000000Z",
		.firmware1 = VERSION(600, 18), .firmware2 = VERSION(27, 2176), /* shown as 600.18.27.2176 */
		REVISION_138,
	},
	{
		.name = "rpl", .platform = "Raptor Lake (13th and 14th gen Core)", .model = "ADL", .vendor = "ADL",
		.batches = adl_batches, .batch = "00002983", .fw_not_before = "210623000000Z",
		.firmware1 = VERSION(600, 18), .firmware2 = VERSION(40, 2765), REVISION_138,
		.inferred = "Alder Lake's names and CAs were seen on Raptor Lake parts; the "
		    "firmware's build and date were not",
	},
	{
		.name = "mtl", .platform = "Meteor Lake (Core Ultra, first series)", .model = "MTL", .vendor = "MTL",
		.batches = mtl_batches, .batch = "00003043", .fw_not_before = "230716000000Z",
		.firmware1 = VERSION(700, 19), .firmware2 = VERSION(5, 2028), /* shown as 700.19.5.2028 */
		.spec_revision = 159, .spec_year = 2019, .spec_day = 0x160,
		.inferred = "the EKs P-256 and P-384, the specification's date, and the last four "
		    "octets of the ROM CA's hardware serial number, whose meaning is not known",
	},
	{
		.name = "lnl", .platform = "Lunar Lake (Core Ultra 200V)", .model = "LNL", .vendor = "LNL",
		.batches = lnl_batches, .batch = "00003648 NZ", .fw_not_before = "230716000000Z",
		.firmware1 = VERSION(800, 0), .firmware2 = 0,
		.spec_revision = 159, .spec_year = 2019, .spec_day = 0x160,
		.inferred = "the issuing CA is real; all of the device levels, vendor string, model, "
		    "dates and firmware version follow Meteor Lake's",
	},
	{
		.name = "ptl", .platform = "Panther Lake (Core Ultra, third series)", .model = "PTL", .vendor = "PTL",
		.batches = ptl_batches, .batch = "00004042 NZ", .fw_not_before = "240101000000Z",
		.firmware1 = VERSION(900, 0), .firmware2 = 0,
		.spec_revision = 159, .spec_year = 2019, .spec_day = 0x160,
		.inferred = "the issuing CA is real; all of the device levels, vendor string and model "
		    "follow Meteor Lake's; dates and firmware version are guesses",
	},
	{
		.name = "spt", .platform = "Skylake (6th and 7th gen Core), EPID era", .model = "SPT", .vendor = "Intel",
		.batches = spt_batches, .batch = "SPTH_EPID_PROD", .fw_not_before = "150522000000Z",
		.firmware1 = VERSION(2, 0), .firmware2 = 0,
		.spec_revision = 103, .spec_year = 2019, .spec_day = 0x160,
		.inferred = "TPM properties other than manufacturer and firmware version, the EK P-256, CRLs",
	},
	{
		.name = "glk", .platform = "Gemini Lake, EPID era", .model = "GLK", .vendor = "Intel",
		.batches = glk_batches, .batch = "GLK_EPID_PROD", .fw_not_before = "190416000000Z",
		.firmware1 = VERSION(10, 0), .firmware2 = 0,
		.spec_revision = 103, .spec_year = 2019, .spec_day = 0x160,
		.inferred = "the issuing CA is real; the EK follows Cannon Lake's; model, TPM "
		    "properties, firmware version and CRLs",
	},
	{
		.name = "cnl", .platform = "Cannon, Coffee and Whiskey Lake (8th and 9th gen Core), EPID era", .model = "CNL",
		.vendor = "Intel", .batches = cnl_batches, .batch = "CNL_EPID_POST_B1LP_PROD_2",
		.fw_not_before = "190416000000Z", .firmware1 = VERSION(303, 12), .firmware2 = 0,
		.spec_revision = 103, .spec_year = 2019, .spec_day = 0x160,
		.inferred = "TPM properties other than manufacturer and firmware's major version, the EK P-256, CRLs",
	},
	{
		.name = "icl", .platform = "Ice Lake (10th gen Core), EPID era", .model = "ICL", .vendor = "Intel",
		.batches = icl_batches, .batch = "ICL_EPID_PROD_PRQ", .fw_not_before = "190416000000Z",
		.firmware1 = VERSION(401, 1), .firmware2 = 0,
		.spec_revision = 103, .spec_year = 2019, .spec_day = 0x160,
		.inferred = "the issuing CA is real; the EK follows Cannon Lake's; model, TPM "
		    "properties, which of 401 to 403 the firmware's major version is, and CRLs",
	},
	{
		.name = "cml", .platform = "Comet Lake (10th gen Core), EPID era", .model = "CML", .vendor = "Intel",
		.batches = cml_batches, .batch = "CML_EPID_PROD", .fw_not_before = "190416000000Z",
		.firmware1 = VERSION(403, 1), .firmware2 = 0,
		.spec_revision = 103, .spec_year = 2019, .spec_day = 0x160,
		.inferred = "the issuing CA is real; the EK follows Cannon Lake's; model, TPM "
		    "properties, which of 401 to 403 the firmware's major version is, and CRLs",
	},
	{
		.name = "jsl", .platform = "Jasper Lake, EPID era", .model = "JSL", .vendor = "Intel",
		.batches = jsl_batches, .batch = "JSL_EPID_PROD", .fw_not_before = "200127000000Z",
		.firmware1 = VERSION(410, 0), .firmware2 = 0,
		.spec_revision = 103, .spec_year = 2019, .spec_day = 0x160,
		.inferred = "the issuing CA is real; the EK follows Cannon Lake's; model, TPM "
		    "properties, firmware version and CRLs",
	},
	{ .name = NULL },
};
/* clang-format on */
