/*
 * silicon.h - which of ours stands beside which real certificate or CRL, and
 * how they may differ: for test_golden.c only.
 *
 * The real ones are public; a collection of them is not part of the program,
 * and tests skip without it.
 */
#ifndef TESTS_UNIT_SILICON_H
#define TESTS_UNIT_SILICON_H

#include <stddef.h>

#define SILICON   "../shared/reference/odca/"
#define EPID_CA   "epid-era-intermediate-"
#define ISSUER    "intel-odca-issuing-"
#define MIDDLE    "intel-odca-intermediate-"
#define DEBUG     "intel-odca-DEBUG-"
#define FLASH     "tbs-from-flash/"
#define CRL       "crl/"
#define ZIP       CRL "csme-debug-zip/"
#define EPID_NAME "_EK_Platform_Public_Key"

/* clang-format off */
struct pair {
	const char *name, *file;
};

/* Certificates of the built-in hierarchy, by the names of pki_certs(). */
static const struct pair hierarchy[] = {
	{ "OnDie_CA_RootCA_Certificate",          "intel-odca-root-OnDie_CA_RootCA_Certificate.pem" },
	{ "DE/OnDie_CA_DEBUG_RootCA_Certificate", DEBUG "root-OnDie_CA_DEBUG_RootCA_Certificate.pem" },
	{ "EKRootPublicKey",                      "epid-era-root-EKRootPublicKey.pem" },
	{ "OnDie_CA_CSME_Intermediate",           MIDDLE "OnDie_CA_CSME_Intermediate.pem" },
	{ "ODCA_CA2_CSME_Intermediate",           MIDDLE "ODCA_CA2_CSME_Intermediate.pem" },
	{ "ODCA_CA2_OSSE_Intermediate",           MIDDLE "ODCA_CA2_OSSE_Intermediate.pem" },
	{ "DE/OnDie_CA_CSME_Intermediate",        DEBUG "intermediate-OnDie_CA_CSME_Intermediate.pem" },
	{ "DE/ODCA_CA2_CSME_Intermediate",        DEBUG "intermediate-ODCA_CA2_CSME_Intermediate.pem" },
	{ "TGL_00001846_OnDie_CA",    ISSUER "TGL_00001846_OnDie_CA.pem" },
	{ "TGL_00002002_OnDie_CA",    ISSUER "TGL_00002002_OnDie_CA.pem" },
	{ "TGL_00002003_OnDie_CA",    ISSUER "TGL_00002003_OnDie_CA.pem" },
	{ "TGL_00002004_OnDie_CA",    ISSUER "TGL_00002004_OnDie_CA.pem" },
	{ "TGL_DEBUG000_OnDie_CA",    ISSUER "TGL_DEBUG000_OnDie_CA.pem" },
	{ "MCC_00001881_OnDie_CA",    ISSUER "MCC_00001881_OnDie_CA.pem" },
	{ "MCC_DEBUG000_OnDie_CA",    ISSUER "MCC_DEBUG000_OnDie_CA.pem" },
	{ "EBG_00002001_OnDie_CA",    ISSUER "EBG_00002001_OnDie_CA.pem" },
	{ "EBG_00002483_OnDie_CA",    ISSUER "EBG_PROD_00002483_OnDie_CA.pem" },
	{ "EBG_00002600_OnDie_CA",    ISSUER "EBG_PROD_00002600_OnDie_CA.pem" },
	{ "ADL_00002225_ODCA_CA2",    ISSUER "ADL_00002225_ODCA_CA2.pem" },
	{ "ADL_00002226_ODCA_CA2",    ISSUER "ADL_00002226_ODCA_CA2.pem" },
	{ "ADL_00002227_ODCA_CA2",    ISSUER "ADL_00002227_ODCA_CA2.pem" },
	{ "ADL_00002341_ODCA_CA2",    ISSUER "ADL_PROD_00002341_ODCA_CA2.pem" },
	{ "ADL_00002701_ODCA_CA2",    ISSUER "ADL_PROD_00002701_ODCA_CA2.pem" },
	{ "ADL_00002820_ODCA_CA2",    ISSUER "ADL_PROD_00002820_ODCA_CA2.pem" },
	{ "ADL_00002983_ODCA_CA2",    ISSUER "ADL_PROD_00002983_ODCA_CA2.pem" },
	{ "ADL_DEBUG000_ODCA_CA2",    ISSUER "ADL_DEBUG000_ODCA_CA2.pem" },
	{ "MTL_00003042_ODCA_CA2",    ISSUER "MTL_00003042_ODCA_CA2_T_test.pem" },
	{ "MTL_00003043_ODCA_CA2",    ISSUER "MTL_00003043_ODCA_CA2.pem" },
	{ "MTL_00003044_ODCA_CA2",    ISSUER "MTL_00003044_ODCA_CA2_E_engineering.pem" },
	{ "MTL_DBG00001_ODCA_CA2",    DEBUG "other-MTL_DBG00001_ODCA_CA2.pem" },
	{ "MTP_00003145_ODCA_CA2",    ISSUER "MTP_00003145_ODCA_CA2_P_MTP_PCH.pem" },
	{ "LNL_00003642_NZ_ODCA_CA2", ISSUER "LNL_00003642_NZ_ODCA_CA2_OSSE.pem" },
	{ "LNL_00003642_ZE_ODCA_CA2", ISSUER "LNL_00003642_ZE_ODCA_CA2.pem" },
	{ "LNL_00003648_NZ_ODCA_CA2", ISSUER "LNL_00003648_NZ_ODCA_CA2.pem" },
	{ "LNL_00003648_ZE_ODCA_CA2", ISSUER "LNL_00003648_ZE_ODCA_CA2.pem" },
	{ "PTL_00004042_NZ_ODCA_CA2", ISSUER "PTL_00004042_NZ_ODCA_CA2.pem" },
	{ "PTL_00004042_ZE_ODCA_CA2", ISSUER "PTL_00004042_ZE_ODCA_CA2.pem" },
	{ "PTL_00004048_NZ_ODCA_CA2", ISSUER "PTL_00004048_NZ_ODCA_CA2_OSSE.pem" },
	{ "PTL_00004048_ZE_ODCA_CA2", ISSUER "PTL_00004048_ZE_ODCA_CA2.pem" },
	{ "PTL_00004506_NZ_ODCA_CA2", ISSUER "PTL_00004506_NZ_ODCA_CA2.pem" },
	{ "PTL_00004506_ZE_ODCA_CA2", ISSUER "PTL_00004506_ZE_ODCA_CA2.pem" },
	{ "SPTHEPIDPROD" EPID_NAME,            EPID_CA "SPTH_EPID_PROD.pem" },
	{ "SPTHEPIDPRODRK0" EPID_NAME,         EPID_CA "SPTH_EPID_PROD_RK_0.pem" },
	{ "SPTEPIDPROD" EPID_NAME,             EPID_CA "SPTEPIDPROD.pem" },
	{ "SPTHLPEPIDProd" EPID_NAME,          EPID_CA "SPTHLPEPIDProd.pem" },
	{ "SPTHLPEPIDProdRK0" EPID_NAME,       EPID_CA "SPT-H-LP_EPID_Prod_RK_0.pem" },
	{ "GLKEPIDPROD" EPID_NAME,             EPID_CA "GLKEPIDPROD.pem" },
	{ "GLKB0EPIDPROD" EPID_NAME,           EPID_CA "GLKB0EPIDPROD.pem" },
	{ "CNLEPIDPROD" EPID_NAME,             EPID_CA "CNLEPIDPROD.pem" },
	{ "CNLEPIDLPB1PROD" EPID_NAME,         EPID_CA "CNLEPIDLPB1PROD.pem" },
	{ "CNLEPIDPOSTB1LPPROD" EPID_NAME,     EPID_CA "CNLEPIDPOSTB1LPPROD.pem" },
	{ "CNLEPIDPOSTB1LPPROD2" EPID_NAME,    EPID_CA "CNLEPIDPOSTB1LPPROD2.pem" },
	{ "ICLEPIDPRODPRQ" EPID_NAME,          EPID_CA "ICLEPIDPRODPRQ.pem" },
	{ "ICLNEPIDPROD" EPID_NAME,            EPID_CA "ICLNEPIDPROD.pem" },
	{ "ICLNEPIDPREPROD" EPID_NAME,         EPID_CA "ICLNEPIDPREPROD.pem" },
	{ "ICLEPIDA01PROD" EPID_NAME,          EPID_CA "ICLEPIDA01PROD.pem" },
	{ "ICLEPIDA0PROD" EPID_NAME,           EPID_CA "ICLEPIDA0PROD.pem" },
	{ "CMLEPIDPROD" EPID_NAME,             EPID_CA "CMLEPIDPROD.pem" },
	{ "CMPVEPIDPROD" EPID_NAME,            EPID_CA "CMPVEPIDPROD.pem" },
	{ "JSLEPIDPROD" EPID_NAME,             EPID_CA "JSLEPIDPROD.pem" },
};

/* CRLs of it that were seen. */
static const struct pair crls[] = {
	{ "OnDie_CA",                  CRL "OnDie_CA.crl" },
	{ "OnDie_CA_CSME_Product",     CRL "OnDie_CA_CSME_Product.crl" },
	{ "OnDie_CA_CSME_Indirect",    CRL "OnDie_CA_CSME_Indirect.crl" },
	{ "ODCA_CA2_CSME_Product",     ZIP "ODCA_CA2_CSME_Product.crl" },
	{ "TGL_00002004_OnDie_CA",     CRL "TGL_00002004_OnDie_CA.crl" },
	{ "MCC_00001881_OnDie_CA",     CRL "MCC_00001881_OnDie_CA.crl" },
	{ "EBG_00002001_OnDie_CA",     CRL "EBG_00002001_OnDie_CA.crl" },
	{ "ADL_00002226_ODCA_CA2",     ZIP "ADL_00002226_ODCA_CA2.crl" },
	{ "ADL_00002341_ODCA_CA2",     ZIP "ADL_00002341_ODCA_CA2.crl" },
	{ "DE/OnDie_DE",               CRL "OnDie_DE.crl" },
	{ "DE/ODCA_CA2_CSME_Product",  CRL "ODCA_CA2_CSME_Product.crl" },
	{ "DE/ODCA_CA2_CSME_Indirect", CRL "ODCA_CA2_CSME_Indirect.crl" },
};

/* Certificates of devices; batch NULL: the default one. */
static const struct {
	const char *family, *batch, *profile, *file;
} devices[] = {
	{ "adl", NULL, "rom",        "device-ADL-lenovo-3-ROM-CA.pem" },
	{ "adl", NULL, "kernel",     "device-ADL-lenovo-2-Kernel-CA.pem" },
	{ "adl", NULL, "ptt",        "device-ADL-lenovo-1-PTT-CA.pem" },
	{ "adl", NULL, "ek-rsa2048", "device-ADL-lenovo-0-EK-RSA2048.pem" },
	{ "mtl", NULL, "rom",        "device-MTL-lenovo-3-ROM-CA.pem" },
	{ "mtl", NULL, "kernel",     "device-MTL-lenovo-2-Kernel-CA.pem" },
	{ "mtl", NULL, "ptt",        "device-MTL-lenovo-1-PTT-CA.pem" },
	{ "mtl", NULL, "ek-rsa2048", "device-MTL-lenovo-0-EK-RSA2048.pem" },
	{ "tgl", "DEBUG000", "rom",    "device-TGL-DEBUG-3-ROM-DE-CA.pem" },
	{ "tgl", "DEBUG000", "kernel", "device-TGL-DEBUG-2-Kernel-DE-CA.pem" },
	{ "tgl", "DEBUG000", "ptt",    "device-TGL-DEBUG-1-DAL-app-CA.pem" },
	{ "mcc", "DEBUG000", "rom",    "device-MCC-DEBUG-3-ROM-DE-CA.pem" },
	{ "mcc", "DEBUG000", "kernel", "device-MCC-DEBUG-2-Kernel-DE-CA.pem" },
	{ "mcc", "DEBUG000", "ptt",    "device-MCC-DEBUG-1-DAL-app-CA.pem" },
	{ "adl", NULL, "ek-p256", FLASH "ADL-i7-12650H-EK-P256.tbs.der" },
	{ "adl", NULL, "ek-p384", FLASH "ADL-i7-12650H-EK-P384.tbs.der" },
};

/* What may differ, on either side, and what it is compared as. */
static const struct {
	const char *file; /* only in those that begin so; "": in all */
	const char *from, *to;
	const char *why;
} differences[] = {
	{ "", "'TEST ", "'", "nothing of ours may pass for Intel's" },
	{ "", "'odcasim TEST'", "'Intel Corporation'", "the same" },
	{ "", "'www.odcasim.test'", "'www.intel.com'", "the same" },
	{ "", "//tsci.intel.test/content/CRL/", "//HOST/content/CRL/", "one host stands for all" },
	{ "", "//upgrades.intel.com/content/CRL/", "//HOST/content/CRL/", "the EPID era's first host" },
	{ "", "//trustedservices.intel.com/content/CRL/", "//HOST/content/CRL/", "and its second" },
	{ "", "//tsDE-tsci.intel.test/", "//tsDE.intel.com/", "one host stands for all" },
	{ "", "tsci.intel.test/", "tsci.intel.com/", "nothing of ours may point at Intel's" },
	{ CRL "OnDie_CA_CSME_Indirect", "'200701000000Z'", "'491231235959Z'", "renewed each quarter; the first of ours holds" },
	{ FLASH, "'id:\?\?\?\?\?\?\?\?'", "'id:02580012'", "the copy in flash has no version" },
	{ "device-TGL-DEBUG-1", " DAL_I01SDE'", " PTT  01SDE'", "DAL's CA, another application of the firmware" },
	{ "device-TGL-DEBUG-1", "02 0104140020", "02 0104130040", "its number, and 20 where all others have 40" },
	{ "device-MCC-DEBUG-1", " DAL_I01SDE'", " PTT  01SDE'", "DAL's CA, another application of the firmware" },
	{ "device-MCC-DEBUG-1", "02 0104140040", "02 0104130040", "its number" },
};

/* Real ones without a counterpart of ours. */
static const struct {
	const char *file; /* begins so */
	const char *why;
} others[] = {
	{ "device-TGL-DEBUG-0", "a key of DAL, no EK" },
	{ "device-MCC-DEBUG-0", "a key of DAL, no EK" },
	{ EPID_CA "BXT", "no family of ours" },
	{ EPID_CA "CHV", "no family of ours" },
	{ EPID_CA "CLP", "no family of ours" },
	{ EPID_CA "Cloverview", "no family of ours" },
	{ EPID_CA "DNV", "no family of ours" },
	{ EPID_CA "LBG", "no family of ours" },
	{ EPID_CA "LKF", "no family of ours" },
	{ EPID_CA "LPT", "no family of ours" },
	{ EPID_CA "WPT", "no family of ours" },
	{ DEBUG "other-ELA_DBG00007", "graphics" },
	{ DEBUG "other-ODCA_CA2_", "other engines' intermediates" },
	{ MIDDLE "ODCA_CA2_DGFX", "graphics" },
	{ CRL "SPIRAL", "another hierarchy" },
	{ ZIP "SC_Verifier", "Security Controller" },
	{ ZIP "ODCA_CA2_CSME_Indirect", "an edition without the extension that says so" },
	{ "intel-odca-other-", "graphics, OCSP, Security Controller" },
};
/* clang-format on */

#endif
