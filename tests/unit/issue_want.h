/*
 * issue_want.h - what the certificates must be to the byte, from decoded real
 * ones and without a line of the program: for test_issue.c only.
 *
 * Notation: pairs of hex digits are bytes; a pair before '(' is a tag, whose
 * length is made; 'text' is ASCII; $name is a part of the certificate at hand.
 */
#ifndef TESTS_UNIT_ISSUE_WANT_H
#define TESTS_UNIT_ISSUE_WANT_H

#include <stddef.h>

/* clang-format off */
#define ECDSA_SHA384      "30(06(2a8648ce3d040303)) "
#define ECDSA_SHA256      "30(06(2a8648ce3d040302)) "
#define ECDSA_SHA384_NULL "30(06(2a8648ce3d040303)0500) "
#define OU(text) "31(30(06(55040b)0c('" text "')))"
#define CN(text) "31(30(06(550403)0c('" text "')))"
#define NAME_CN(text) "30(" CN(text) ") "
#define NAME_CA(text) "30(" OU(text) CN("www.odcasim.test") ") "
#define NAME_ROOT "30(31(30(06(550406)0c('US')))31(30(06(550408)0c('CA')))"     \
	"31(30(06(550407)0c('Santa Clara')))31(30(06(55040a)0c('odcasim TEST')))" \
	OU("TEST OnDie CA Root Cert Signing") CN("www.odcasim.test") ") "
#define NAME_TEST_ROOT(unit) "30(31(30(06(550406)0c('US')))31(30(06(550408)0c('CA')))" \
	"31(30(06(550407)0c('Santa Clara')))31(30(06(55040a)0c('odcasim TEST')))" \
	OU("TEST " unit) CN("www.odcasim.test") ") "
#define DATES(from) "30(17('" from "')17('491231235959Z')) "
#define P384 "30(30(06(2a8648ce3d0201)06(2b81040022))03(00 $key)) "
#define P256 "30(30(06(2a8648ce3d0201)06(2a8648ce3d030107))03(00 $key)) "
#define RSA  "30(30(06(2a864886f70d010101)0500)03(00 30(02(00 $key)0203010001))) "

#define TBS(alg, issuer, from, subject, key, exts)                              \
	"30(a0(020102)02($serial)" alg issuer DATES(from) subject key "a3(30(" exts ")))"

#define BC_PATHLEN(n) "30(06(551d13)0101ff 04(30(0101ff0201" n "))) "
#define EKU_CA "30(06(551d25)04(30(06(678105080c)))) "
#define HW_NAME "30(06(551d11)04(30(a0(06(2b06010505070804)a0(30("              \
	"06(6086480186f84d0105030606)04($serial$tail)))))))"
#define POLICY(k, v) "30(06(6086480186f84d010503" k v ")) "
#define POLICIES(three) "30(06(551d20)04(30(" POLICY("01", "01") POLICY("02", "01") \
	POLICY("03", three) POLICY("04", "01") POLICY("05", "02") POLICY("07", "01") \
	POLICY("08", "01") POLICY("09", "01") POLICY("0a", "01") POLICY("0b", "01") \
	POLICY("0c", "01") "))) "
#define AT(scheme, path) scheme "://tsci.intel.test/content/CRL/ekcert/" path
#define AIA_AT(uri) "30(06(2b06010505070101)04(30(30(06(2b06010505073002)86('" uri "'))))) "
#define CRLDP_AT(uri) "30(06(551d1f)04(30(30(a0(a0(86('" uri "'))))))) "
#define CPS(scheme) "30(06(2b06010505070201)16('" AT(scheme, "EKcertPolicyStatement.pdf") "'))"
#define NOTICE "30(06(2b06010505070202)30(0c('TCPA Trusted Platform Module Endorsement')))"
#define EPID_POLICY(critical, qualifiers)                                       \
	"30(06(551d20)" critical "04(30(30(06(2a864886f84d01050201)30(" qualifiers "))))) "
#define EPID_SDA "30(06(551d09)010100 04(30(30(06(6781050210)31(30(0c('2.0')020100 020167)))))) "

#define AKI "30(06(551d23)04(30(80($aki)))) "
#define SKI "30(06(551d0e)04(04($ski))) "
#define BC_TRUE  "30(06(551d13)0101ff 04(30(0101ff))) "
#define BC_FALSE "30(06(551d13)0101ff 04(30(010100))) "
#define KU(bits) "30(06(551d0f)0101ff 04(03(" bits "))) "
#define URL(path) "86('https://tsci.intel.test/content/OnDieCA/" path "')"
#define AIA(file) "30(06(2b06010505070101)04(30(30(06(2b06010505073002)" URL("certs/" file) ")))) "
#define CRLDP(file) "30(06(551d1f)04(30(30(a0(a0(" URL("crls/" file) ")))))) "
#define INDIRECT(file, issuer) "30(06(551d1f)04(30(30("                         \
	"a0(a0(" URL("crls/" file) "))a2(a4(" issuer ")))))) "
#define EKU "30(06(551d25)04(30(06(6781050801)))) "
#define SDA "30(06(551d09)010100 04(30(30(06(6781050210)31(30(0c('2.0')020100 0202008a)))))) "
#define SAN(model, version) "30(06(551d11)0101ff 04(30(a4(30("                  \
	"31(30(06(6781050201)0c('id:494E5443')))"                               \
	"31(30(06(6781050202)0c('" model "')))"                                 \
	"31(30(06(6781050203)0c('id:" version "')))))))) "

#define ADL_INTERMEDIATE NAME_CA("TEST ODCA CA2 CSME Intermediate CA")
#define ADL_ISSUING      NAME_CA("TEST ODCA 2 CSME P_ADL 00002820 Issuing CA")
#define ADL_INDIRECT     INDIRECT("ODCA_CA2_CSME_Indirect.crl", ADL_INTERMEDIATE)
#define TGL_INTERMEDIATE NAME_CA("TEST OnDie CA CSME Intermediate CA")
#define TGL_ISSUING      NAME_CA("TEST On Die CSME P_TGL 00002004 Issuing CA")
#define TGL_INDIRECT     INDIRECT("OnDie_CA_CSME_Indirect.crl", TGL_INTERMEDIATE)

#define EK(fam, from, key, ku, indirect, version)                               \
	TBS(ECDSA_SHA384, NAME_CN("CSME " fam " PTT  01SVN"), from, "3000 ", key, \
	    AKI BC_FALSE KU(ku) indirect EKU SDA SAN(fam, version))
#define ADL_EK(key, ku) EK("ADL", "210623000000Z", key, ku, ADL_INDIRECT, "02580012")
#define TGL_EK(key, ku) EK("TGL", "190101000000Z", key, ku, TGL_INDIRECT, "01F4000E")

#define MTL_ISSUING NAME_CA("TEST ODCA 2 CSME P_MTL SOC 00003043 Issuing CA")
#define MTL_ROM     NAME_CN("ODCA 2 CSME MTL SOC ROM CA")
#define MTL_KERNEL  NAME_CN("ODCA 2 CSME MTL SOC SVN 01 Kernel CA")
#define MTL_PTT     NAME_CN("ODCA 2 CSME MTL SOC SVN 01 PTT   CA")
#define MTL_SDA "30(06(551d09)010100 04(30(30(06(6781050210)31(30(0c('2.0')020100 0202009f)))))) "
#define MTL_EK(key, ku) TBS(ECDSA_SHA384, MTL_PTT, "230716000000Z", "3000 ", key, \
	AKI BC_FALSE KU(ku) EKU SAN("MTL", "02BC0013") ADL_INDIRECT MTL_SDA)

#define EPID_ROOT NAME_TEST_ROOT("TPM EK root cert signing")
#define EPID_CA(group) NAME_TEST_ROOT("TPM EK intermediate for " group)
#define EPID_ISSUING(group, from, scheme) TBS(ECDSA_SHA256, EPID_ROOT, from, EPID_CA(group), P256, \
	AKI SKI BC_PATHLEN("00") KU("0106") "30(06(551d25)0101ff 04(30(06(6781050801)))) " \
	EPID_POLICY("0101ff ", CPS(scheme)) AIA_AT(AT(scheme, "EKRootPublicKey.cer")) \
	CRLDP_AT(AT(scheme, "EK_Platform.crl")))
#define EPID_EK(group, file, from, key, ku, model, version, scheme)             \
	TBS(ECDSA_SHA256, EPID_CA(group), from, "3000 ", key,                   \
	BC_FALSE KU(ku) EKU EPID_SDA SAN(model, version) AKI                    \
	CRLDP_AT(AT(scheme, file "_EK_Device.crl"))                           \
	AIA_AT(AT(scheme, file "_EK_Platform_Public_Key.cer"))                \
	EPID_POLICY("", CPS(scheme) NOTICE))

#define DE_ROOT NAME_TEST_ROOT("OnDie CA DEBUG Root Cert Signing CA")
#define PRE1 "https://pre1-tsci.intel.test/content/OD/"
#define TSDE "https://tsDE-tsci.intel.test/content/OnDieCA/"
#define SERIAL_DE "40000000000000000000000000000000"
#define POLICIES_DE "30(06(551d20)04(30(" POLICY("01", "01") POLICY("02", "01") POLICY("03", "01") \
	POLICY("04", "01") POLICY("05", "01") POLICY("07", "01") POLICY("08", "01") POLICY("09", "01") "))) "
#define POLICIES_OSSE "30(06(551d20)04(30(" POLICY("01", "02") POLICY("02", "02") POLICY("03", "02") \
	POLICY("04", "02") POLICY("05", "02") POLICY("07", "01") POLICY("08", "02") POLICY("09", "01") \
	POLICY("0a", "02") POLICY("0b", "02") POLICY("0c", "02") "))) "
#define MTL_DE_ISSUING NAME_CA("TEST ODCA 2 CSME D_MTL SOC DBG00001 Issuing CA")
#define DE_ISSUING NAME_CA("TEST On Die CSME D_TGL DEBUG000 Issuing CA")

static const struct want {
	const char *family; /* "tgl", or with a batch "tgl/DEBUG000" */
	const char *profile;
	const char *serial; /* hex, or the label that the device derives from */
	const char *alg;    /* outside */
	const char *tbs;
} wants[] = {
	{ "adl", "rom", "rom batch 00002820", ECDSA_SHA384,
	  TBS(ECDSA_SHA384, ADL_ISSUING, "211201000000Z", NAME_CN("CSME ADL ROM CA"), P384,
	    AKI SKI BC_TRUE KU("01ae") AIA("ADL_00002820_ODCA_CA2.cer") CRLDP("ADL_00002820_ODCA_CA2.crl")) },
	{ "adl", "kernel", "01", ECDSA_SHA384,
	  TBS(ECDSA_SHA384, NAME_CN("CSME ADL ROM CA"), "210623000000Z", NAME_CN("CSME ADL SVN01 Kernel CA"), P384,
	    AKI SKI BC_TRUE KU("02ac") ADL_INDIRECT) },
	{ "adl", "ptt", "0104130040", ECDSA_SHA384,
	  TBS(ECDSA_SHA384, NAME_CN("CSME ADL SVN01 Kernel CA"), "210623000000Z", NAME_CN("CSME ADL PTT  01SVN"), P384,
	    AKI SKI BC_TRUE KU("0204") ADL_INDIRECT) },
	{ "adl", "ek-rsa2048", "ek-rsa2048 svn 01", ECDSA_SHA384, ADL_EK(RSA, "0520") },
	{ "adl", "ek-p256", "ek-p256 svn 01", ECDSA_SHA384, ADL_EK(P256, "0308") },
	{ "adl", "ek-p384", "ek-p384 svn 01", ECDSA_SHA384, ADL_EK(P384, "0308") },

	{ "tgl", "rom", "rom batch 00002004", ECDSA_SHA384,
	  TBS(ECDSA_SHA384, TGL_ISSUING, "190501000000Z", NAME_CN("CSME TGL ROM CA"), P384,
	    AKI SKI BC_TRUE KU("01ae") AIA("TGL_00002004_OnDie_CA.cer") CRLDP("TGL_00002004_OnDie_CA.crl")) },
	{ "tgl", "kernel", "01", ECDSA_SHA384,
	  TBS(ECDSA_SHA384, NAME_CN("CSME TGL ROM CA"), "190101000000Z", NAME_CN("CSME TGL SVN01 Kernel CA"), P384,
	    AKI SKI BC_TRUE KU("02ac") TGL_INDIRECT) },
	{ "tgl", "ptt", "0104130040", ECDSA_SHA384,
	  TBS(ECDSA_SHA384, NAME_CN("CSME TGL SVN01 Kernel CA"), "190101000000Z", NAME_CN("CSME TGL PTT  01SVN"), P384,
	    AKI SKI BC_TRUE KU("0204") TGL_INDIRECT) },
	{ "tgl", "ek-rsa2048", "ek-rsa2048 svn 01", ECDSA_SHA384, TGL_EK(RSA, "0520") },
	{ "tgl", "ek-p256", "ek-p256 svn 01", ECDSA_SHA384, TGL_EK(P256, "0308") },
	{ "tgl", "ek-p384", "ek-p384 svn 01", ECDSA_SHA384, TGL_EK(P384, "0308") },

	{ "adl", "root", NULL, ECDSA_SHA384_NULL,
	  TBS(ECDSA_SHA384_NULL, NAME_ROOT, "190403000000Z", NAME_ROOT, P384, AKI BC_TRUE KU("0106") SKI) },
	{ "tgl", "intermediate", NULL, ECDSA_SHA384_NULL,
	  TBS(ECDSA_SHA384_NULL, NAME_ROOT, "190404000000Z", TGL_INTERMEDIATE, P384,
	    AIA("OnDie_CA_RootCA_Certificate.cer") AKI BC_TRUE CRLDP("OnDie_CA.crl") KU("0106") SKI) },
	{ "adl", "intermediate", NULL, ECDSA_SHA384,
	  TBS(ECDSA_SHA384, NAME_ROOT, "200304170425Z", ADL_INTERMEDIATE, P384,
	    AKI SKI BC_TRUE KU("0106") AIA("OnDie_CA_RootCA_Certificate.cer") CRLDP("OnDie_CA.crl")) },
	{ "tgl", "issuing", NULL, ECDSA_SHA384,
	  TBS(ECDSA_SHA384, TGL_INTERMEDIATE, "190501000000Z", TGL_ISSUING, P384,
	    SKI AKI BC_TRUE KU("0106") AIA("OnDie_CA_CSME_Intermediate.cer") CRLDP("OnDie_CA_CSME_Product.crl")) },
	{ "adl", "issuing", NULL, ECDSA_SHA384,
	  TBS(ECDSA_SHA384, ADL_INTERMEDIATE, "211201000000Z", ADL_ISSUING, P384,
	    AKI SKI BC_TRUE KU("0106") AIA("ODCA_CA2_CSME_Intermediate.cer") CRLDP("ODCA_CA2_CSME_Product.crl")) },

	{ "mtl", "issuing", NULL, ECDSA_SHA384,
	  TBS(ECDSA_SHA384, ADL_INTERMEDIATE, "211201000000Z", MTL_ISSUING, P384,
	    AKI SKI BC_TRUE KU("0106") POLICIES("01") AIA("ODCA_CA2_CSME_Intermediate.cer") CRLDP("ODCA_CA2_CSME_Product.crl")) },
	{ "mtl", "rom", "rom batch 00003043", ECDSA_SHA384,
	  TBS(ECDSA_SHA384, MTL_ISSUING, "211201000000Z", MTL_ROM, P384,
	    AKI SKI BC_PATHLEN("04") KU("0204") EKU_CA HW_NAME AIA("MTL_00003043_ODCA_CA2.cer") CRLDP("MTL_00003043_ODCA_CA2.crl")) },
	{ "mtl", "kernel", "0101", ECDSA_SHA384,
	  TBS(ECDSA_SHA384, MTL_ROM, "230716000000Z", MTL_KERNEL, P384, AKI SKI BC_PATHLEN("03") KU("0204") EKU_CA ADL_INDIRECT) },
	{ "mtl", "ptt", "010104130040", ECDSA_SHA384,
	  TBS(ECDSA_SHA384, MTL_KERNEL, "230716000000Z", MTL_PTT, P384, AKI SKI BC_PATHLEN("02") KU("0204") EKU_CA ADL_INDIRECT) },
	{ "mtl", "ek-rsa2048", "ek-rsa2048 svn 01", ECDSA_SHA384, MTL_EK(RSA, "0520") },
	{ "mtl", "ek-p256", "ek-p256 svn 01", ECDSA_SHA384, MTL_EK(P256, "0308") },
	{ "mtl", "ek-p384", "ek-p384 svn 01", ECDSA_SHA384, MTL_EK(P384, "0308") },
	{ "lnl", "issuing", NULL, ECDSA_SHA384,
	  TBS(ECDSA_SHA384, ADL_INTERMEDIATE, "221201000000Z", NAME_CA("TEST ODCA 2 CSME P_LNL SOC 00003648 NZ Issuing CA"), P384,
	    AKI SKI BC_TRUE KU("0106") POLICIES("02") AIA("ODCA_CA2_CSME_Intermediate.cer") CRLDP("ODCA_CA2_CSME_Product.crl")) },
	{ "lnl/00003642", "intermediate", NULL, ECDSA_SHA384,
	  TBS(ECDSA_SHA384, NAME_ROOT, "221003000000Z", NAME_CA("TEST ODCA CA2 OSSE Intermediate CA"), P384,
	    AKI SKI BC_TRUE KU("0106") AIA("OnDie_CA_RootCA_Certificate.cer") CRLDP("OnDie_CA.crl")) },

	{ "tgl/DEBUG000", "root", SERIAL_DE, ECDSA_SHA384,
	  TBS(ECDSA_SHA384, DE_ROOT, "190101000000Z", DE_ROOT, P384, SKI AKI BC_TRUE KU("0106")) },
	{ "tgl/DEBUG000", "intermediate", SERIAL_DE, ECDSA_SHA384,
	  TBS(ECDSA_SHA384, DE_ROOT, "190101000000Z", TGL_INTERMEDIATE, P384, SKI AKI BC_TRUE KU("0106")
	    AIA_AT(PRE1 "certs/OnDie_CA_DEBUG_RootCA_Certificate.cer")) },
	{ "tgl/DEBUG000", "rom", SERIAL_DE, ECDSA_SHA384,
	  TBS(ECDSA_SHA384, DE_ISSUING, "190101000000Z", NAME_CN("CSME TGL ROM DE"), P384, AKI SKI BC_TRUE KU("01ae")
	    AIA_AT(PRE1 "certs/TGL_DEBUG000_OnDie_CA.cer")
	    CRLDP_AT(PRE1 "crls/TGL_DEBUG000_OnDie_CA.crl")) },
	{ "tgl/DEBUG000", "kernel", "01", ECDSA_SHA384,
	  TBS(ECDSA_SHA384, NAME_CN("CSME TGL ROM DE"), "190101000000Z", NAME_CN("CSME TGL SVN01 Kernel DE"), P384,
	    AKI SKI BC_TRUE KU("02ac") TGL_INDIRECT) },
	{ "tgl/DEBUG000", "ptt", "0104130040", ECDSA_SHA384,
	  TBS(ECDSA_SHA384, NAME_CN("CSME TGL SVN01 Kernel DE"), "190101000000Z", NAME_CN("CSME TGL PTT  01SDE"), P384,
	    AKI SKI BC_TRUE KU("0204") "30(06(551d1f)04(30(30("
	    "a0(a0(86('" PRE1 "crls/OnDie_CA_CSME_Indirect.crl')))a2(a4(" TGL_INTERMEDIATE ")))))) ") },

	{ "tgl/DEBUG000", "issuing", NULL, ECDSA_SHA384,
	  TBS(ECDSA_SHA384, TGL_INTERMEDIATE, "190101000000Z", DE_ISSUING, P384, SKI AKI BC_TRUE KU("0106")
	    AIA_AT(PRE1 "certs/OnDie_CA_CSME_Intermediate.cer") CRLDP_AT(PRE1 "crls/OnDie_CA_CSME_Product.crl")) },
	{ "adl/DEBUG000", "intermediate", SERIAL_DE, ECDSA_SHA384,
	  TBS(ECDSA_SHA384, DE_ROOT, "190101000000Z", ADL_INTERMEDIATE, P384, SKI AKI BC_TRUE KU("0106")
	    AIA_AT(TSDE "certs/OnDie_CA_DEBUG_RootCA_Certificate.cer") CRLDP_AT(TSDE "crls/OnDie_DE.crl")) },
	{ "mtl/DBG00001", "issuing", NULL, ECDSA_SHA384,
	  TBS(ECDSA_SHA384, ADL_INTERMEDIATE, "210401000000Z", MTL_DE_ISSUING, P384, AKI SKI BC_TRUE KU("0106") POLICIES_DE
	    AIA_AT(TSDE "certs/ODCA_CA2_CSME_Intermediate.cer") CRLDP_AT(TSDE "crls/ODCA_CA2_CSME_Product.crl")) },
	{ "mtl/DBG00001", "rom", SERIAL_DE, ECDSA_SHA384,
	  TBS(ECDSA_SHA384, MTL_DE_ISSUING, "210401000000Z", NAME_CN("ODCA 2 CSME MTL SOC ROM DE"), P384,
	    AKI SKI BC_PATHLEN("04") KU("0204") EKU_CA HW_NAME
	    AIA_AT(TSDE "certs/MTL_DBG00001_ODCA_CA2.cer") CRLDP_AT(TSDE "crls/MTL_DBG00001_ODCA_CA2.crl")) },
	{ "lnl/00003642", "issuing", NULL, ECDSA_SHA384,
	  TBS(ECDSA_SHA384, NAME_CA("TEST ODCA CA2 OSSE Intermediate CA"), "221201000000Z",
	    NAME_CA("TEST ODCA 2 OSSE P_LNL SOC 00003642 NZ Issuing CA"), P384,
	    AKI SKI BC_TRUE KU("0106") POLICIES_OSSE AIA("ODCA_CA2_OSSE_Intermediate.cer") CRLDP("ODCA_CA2_OSSE_Product.crl")) },

	{ "cml", "root", NULL, ECDSA_SHA256,
	  TBS(ECDSA_SHA256, EPID_ROOT, "140115000000Z", EPID_ROOT, P256, AKI SKI BC_PATHLEN("01") KU("0106")) },
	{ "cml", "issuing", NULL, ECDSA_SHA256, EPID_ISSUING("CML_EPID_PROD pid:13", "181113000000Z", "https") },
	{ "spt", "issuing", NULL, ECDSA_SHA256, EPID_ISSUING("SPTH_EPID_PROD", "150324000000Z", "http") },
	{ "spt", "ek-rsa2048", "ek-rsa2048", ECDSA_SHA256,
	  EPID_EK("SPTH_EPID_PROD", "SPTHEPIDPROD", "150522000000Z", RSA, "0020", "SPT", "00020000", "http") },
	{ "spt", "ek-p256", "ek-p256", ECDSA_SHA256,
	  EPID_EK("SPTH_EPID_PROD", "SPTHEPIDPROD", "150522000000Z", P256, "0008", "SPT", "00020000", "http") },
	{ "cnl", "ek-rsa2048", "ek-rsa2048", ECDSA_SHA256,
	  EPID_EK("CNL_EPID_POST_B1LP_PROD_2 pid:9", "CNLEPIDPOSTB1LPPROD2", "190416000000Z", RSA, "0520", "CNL", "012F000C", "https") },
	{ "cnl", "ek-p256", "ek-p256", ECDSA_SHA256,
	  EPID_EK("CNL_EPID_POST_B1LP_PROD_2 pid:9", "CNLEPIDPOSTB1LPPROD2", "190416000000Z", P256, "0308", "CNL", "012F000C", "https") },
};
/* clang-format on */

#endif
