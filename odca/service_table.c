#include "odca/cert.h"
#include "odca/service.h"

#define AIK GENS(GEN_AIK)
#define TLS GENS(GEN_TLS)

/* X.520 attribute types */
#define AT_C  "2.5.4.6"
#define AT_ST "2.5.4.8"
#define AT_L  "2.5.4.7"
#define AT_O  "2.5.4.10"
#define AT_CN "2.5.4.3"

#define ARC_MICROSOFT  "1.3.6.1.4.1.311.21."
#define KP_CA_EXCHANGE ARC_MICROSOFT "36"
#define TCG_KP_AIK     "2.23.133.8.3"
#define KP_SERVER_AUTH "1.3.6.1.5.5.7.3.1"
#define KP_CLIENT_AUTH "1.3.6.1.5.5.7.3.2"

/* Real AIK CAs live six years, and everything below them no longer; ours as
 * long as the other CAs do. */
#define CA_FROM "210603000000Z"

#define ROOT_FILE(dir, ending) "http://{host}" AIK_ROOT_PATH(dir, ending)
/* Where the real files are, which clients look at. */
#define ISSUER_FILE                                                            \
	"http://azcsprodwusaikpublish.blob.core.windows.net/"                  \
	"{authority-file}/{guid}.cer"

/* clang-format off */
#define RA(cn)                                                                 \
	.issuer = "aik-ca", .gens = AIK, .subject = { { AT_CN, cn } },         \
	.printable = true, .canonical = true, .not_before = CA_FROM, .aia = ISSUER_FILE

static const struct profile profiles[] = {
	{
		.name = "root", .issuer = "root", .gens = AIK, .file = AIK_ROOT,
		.subject = { { AT_C, "US" }, { AT_ST, "Washington" }, { AT_L, "Redmond" },
		    { AT_O, "odcasim TEST" }, { AT_CN, "TEST TPM Root Certificate Authority 2014" } },
		.printable = true, .not_before = "141210000000Z",
		.ku = KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN | KU_CRL_SIGN,
		.exts = { EXT_KU | CRITICAL, EXT_BC | CRITICAL, EXT_SKI }, /* inferred */
	},
	{
		.name = "aik-ca", .issuer = "root", .gens = AIK,
		.subject = { { AT_CN, "{authority}" } }, .printable = true,
		.not_before = CA_FROM, .ku = KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN, .pathlen = "0",
		.eku = KP_CA_EXCHANGE " " TCG_KP_AIK, .policy_arc = ARC_MICROSOFT, .policies = "31",
		.crldp = ROOT_FILE("crl", "crl"), .aia = ROOT_FILE("certs", "crt"),
		.exts = { EXT_KU | CRITICAL, EXT_EKU, EXT_POLICIES, EXT_BC | CRITICAL,
		    EXT_SKI, EXT_AKI, EXT_CRLDP, EXT_AIA },
	},
	{
		.name = "ra-signing", RA("RA Signing Certificate"), .ku = KU_DIGITAL_SIGNATURE,
		.exts = { EXT_KU | CRITICAL, EXT_BC | CRITICAL, EXT_AKI, EXT_SKI, EXT_AIA },
	},
	{
		.name = "ra-encryption", RA("RA Encryption Certificate"), .ku = KU_KEY_ENCIPHERMENT,
		.eku = KP_CA_EXCHANGE,
		.exts = { EXT_KU | CRITICAL, EXT_BC | CRITICAL, EXT_EKU, EXT_AKI, EXT_SKI, EXT_AIA },
	},
	{
		/* From when it is issued; its SAN is the EK certificate's. */
		.name = "aik", .issuer = "aik-ca", .gens = AIK, .canonical = true,
		.not_before = CA_FROM, .ku = KU_DIGITAL_SIGNATURE,
		.policy_arc = ARC_MICROSOFT, .policies = "31",
		.notice = "TCPA  Trusted  Platform  Identity", .bmp_notice = true,
		.eku = TCG_KP_AIK, .aia = ISSUER_FILE,
		.exts = { EXT_KU | CRITICAL, EXT_BC | CRITICAL, EXT_POLICIES | CRITICAL, EXT_EKU,
		    EXT_SAN | CRITICAL, EXT_AKI, EXT_SKI, EXT_AIA },
	},
	{
		/* For clients of RFC 8894 that have no TPM; the subject is theirs. */
		.name = "plain", .issuer = "aik-ca", .gens = AIK, .canonical = true,
		.not_before = CA_FROM, .ku = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT,
		.eku = KP_CLIENT_AUTH, .aia = ISSUER_FILE,
		.exts = { EXT_KU | CRITICAL, EXT_BC | CRITICAL, EXT_EKU, EXT_AKI, EXT_SKI, EXT_AIA },
	},

	{
		.name = "root", .issuer = "root", .gens = TLS, .file = TLS_ROOT,
		.subject = { { AT_O, "odcasim TEST" }, { AT_CN, "TEST TLS Root" } },
		.not_before = "210101000000Z", .ku = KU_KEY_CERT_SIGN | KU_CRL_SIGN, .pathlen = "0",
		.exts = { EXT_SKI, EXT_AKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL },
	},
	{
		.name = "server", .issuer = "root", .gens = TLS,
		.subject = { { AT_O, "odcasim TEST" }, { AT_CN, "{host}" } }, .canonical = true,
		.not_before = "210101000000Z", .ku = KU_DIGITAL_SIGNATURE, .eku = KP_SERVER_AUTH,
		.dns = "{host} pre1-{host} tsde-{host} ekop.intel.test *.microsoftaik.azure.net localhost 127.0.0.1",
		.exts = { EXT_SKI, EXT_AKI, EXT_BC | CRITICAL, EXT_KU | CRITICAL, EXT_EKU, EXT_DNS },
	},
};

static const struct service_key keys[N_SERVICE_KEYS] = {
	{ AIK_ROOT,              KEY_RSA4096, GEN_AIK, true },
	{ AIK_CA_KEY,            KEY_RSA4096, GEN_AIK, false },
	{ AIK_RA_SIGNING_KEY,    KEY_RSA2048, GEN_AIK, false },
	{ AIK_RA_ENCRYPTION_KEY, KEY_RSA2048, GEN_AIK, false },
	{ TLS_ROOT,              KEY_P256,    GEN_TLS, true },
};
/* clang-format on */

const struct profile *
service_profiles(size_t *ret_n)
{
	*ret_n = sizeof(profiles) / sizeof(*profiles);
	return profiles;
}

const struct service_key *
service_keys(void)
{
	return keys;
}

struct vars
service_vars(enum generation gen, const char *host)
{
	static const struct batch batches[] = {
		[GEN_AIK] = { .number = "", .gen = GEN_AIK },
		[GEN_TLS] = { .number = "", .gen = GEN_TLS },
	};
	static const struct family none = { .name = "" };

	return (struct vars){
		.family = &none, .batch = &batches[gen], .host = host
	};
}
