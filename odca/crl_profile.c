#include <string.h>

#include "odca/crl_profile.h"

#define ONDIE GENS(GEN_ONDIE)
#define CA2   (GENS(GEN_CA2) | GENS(GEN_SOC))
#define DEBUG (GENS(GEN_ONDIE_DE) | GENS(GEN_CA2_DE) | GENS(GEN_SOC_DE))
#define EPID  (GENS(GEN_EPID_SPT) | GENS(GEN_EPID))

#define EXTS_ONDIE                                                             \
	{                                                                      \
		CRL_EXT_NUMBER, CRL_EXT_AKI                                    \
	}
#define EXTS                                                                   \
	{                                                                      \
		CRL_EXT_AKI, CRL_EXT_NUMBER                                    \
	}
#define EXTS_INDIRECT                                                          \
	{                                                                      \
		CRL_EXT_AKI, CRL_EXT_NUMBER, CRL_EXT_IDP_INDIRECT              \
	}

/* clang-format off */
/* The real indirect one is renewed about every quarter; the first of ours holds
 * until 2049, as the others do.  Of the CA2 generation only the debug world's
 * were seen, of the EPID era none: those follow their neighbours. */
static const struct crl_profile profiles[] = {
	{ "root", ONDIE | CA2, false, "OnDie_CA", true, "190814182010Z", 2, EXTS },
	{ "root", DEBUG, false, "DE/OnDie_DE", false, "190101000000Z", 2, EXTS },
	{ "root", EPID, false, "EK_Platform", false, "140115000000Z", 1, EXTS },
	{ "intermediate", ONDIE, false, "{file}_{engine}_Product", false, "190404000000Z", 1, EXTS_ONDIE },
	{ "intermediate", ONDIE, true, "{file}_{engine}_Indirect", false, "200319000000Z", 5, EXTS_INDIRECT },
	{ "intermediate", CA2, false, "{file}_{engine}_Product", false, "210401000000Z", 2, EXTS },
	{ "intermediate", CA2, true, "{file}_{engine}_Indirect", false, "210401000000Z", 2, EXTS_INDIRECT },
	{ "intermediate", DEBUG, false, "DE/{file}_{engine}_Product", false, "190101000000Z", 2, EXTS },
	{ "intermediate", DEBUG, true, "DE/{file}_{engine}_Indirect", false, "190101000000Z", 2, EXTS_INDIRECT },
	{ "issuing", ONDIE | GENS(GEN_ONDIE_DE), false, "{code}_{batch-file}_{file}", false, "{crl-date}", 1, EXTS_ONDIE },
	{ "issuing", CA2 | GENS(GEN_CA2_DE) | GENS(GEN_SOC_DE), false, "{code}_{batch-file}_{file}", false, "{crl-date}", 1, EXTS },
	{ "issuing", EPID, false, "{group-file}_EK_Device", false, "{crl-date}", 1, EXTS },
};
/* clang-format on */

const struct crl_profile *
crl_profile_all(size_t *ret_n)
{
	*ret_n = sizeof(profiles) / sizeof(*profiles);
	return profiles;
}

const struct crl_profile *
crl_profile_of(const struct profile *p, enum generation gen)
{
	const bool indirect = p->crl_issuer != NULL;
	const char *signer = indirect ? p->crl_issuer : p->issuer;

	if (strcmp(p->issuer, p->name) == 0)
		return NULL;
	for (size_t i = 0; i < sizeof(profiles) / sizeof(*profiles); i++) {
		if ((profiles[i].gens & GENS(gen)) != 0 &&
		    profiles[i].indirect == indirect &&
		    strcmp(profiles[i].issuer, signer) == 0)
			return &profiles[i];
	}
	return NULL;
}
