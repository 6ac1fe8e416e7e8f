/*
 * authority.h - which authority of the AIK service a TPM belongs to: from its
 * certificates to the name in the URL, and back from a Host header.
 *
 * Windows gives each line of TPMs an authority of its own, and the name of its
 * host is the vendor and the key identifier of who issued the topmost
 * certificate in the TPM:
 *
 *   https://INTC-KeyId-<40 hex>.microsoftaik.azure.net/templates/Aik/scep
 *   https://NTC-NameId-<40 hex>...    SHA-1 of its DER Name, where the
 *                                     certificate has no key identifier
 *
 * Nothing is verified here: a client has to find the service before anybody
 * judges its certificates.
 */
#ifndef SIM_AIK_AUTHORITY_H
#define SIM_AIK_AUTHORITY_H

#include <stdbool.h>
#include <stdint.h>

#include "odca/key.h"
#include "sim/base/limits.h"

#define AUTHORITY_DOMAIN    ".microsoftaik.azure.net"
#define AUTHORITY_PATH      "/templates/Aik/scep"
#define AUTHORITY_HOST_SIZE 80
#define AUTHORITY_URL_SIZE  112
#define AUTHORITY_OFF_PATH  SIZE_MAX

/* How far a client walks up from the EK certificate. */
enum aik_client {
	CLIENT_CURRENT, /* to the topmost certificate in the TPM */
	CLIENT_LEGACY,  /* not at all, as Windows before November 2021 */
	CLIENT_TOO_FAR, /* one further than the TPM has: a wrong client */
};

struct authority {
	char vendor[5]; /* "INTC", upper case */
	bool name_id;   /* id is of a Name, not of a key */
	uint8_t id[SHA1_SIZE];
	char host[AUTHORITY_HOST_SIZE]; /* lower case */
	char url[AUTHORITY_URL_SIZE];   /* as Windows writes it */
	/* Of authority_of() only: the subject of the certificate whose issuer
	 * it is, "" for the empty one, and that one's place on the path. */
	char source[MAX_NAME_TEXT];
	size_t place;
};

struct authority_input {
	struct span ek;           /* DER EK certificate */
	const struct span *certs; /* the TPM's others, in any order; what is no
				     certificate is read over */
	size_t n_certs;
	const struct span *above; /* from elsewhere, for CLIENT_TOO_FAR */
	size_t n_above;
	uint32_t manufacturer; /* TPM_PT_MANUFACTURER */
	enum aik_client client;
};

/* "current", "legacy", "too-far". */
const char *authority_client_name(enum aik_client client);

/*
 * The certificates that the client walks, EK first: each by the key identifier
 * of its issuer, by its issuer's Name where one of the two has none. The spans
 * are the input's. E_ASN1 or E_FORMAT when the EK certificate is none;
 * E_NOTFOUND when CLIENT_TOO_FAR finds nothing above.
 */
int authority_path(const struct authority_input *in,
    struct span ret[static MAX_CHAIN_DEPTH], size_t *ret_n, struct err *e);
/* The authority of the last one on that path. E_FORMAT also for a manufacturer
 * or a key identifier that no host can be named after: of other than letters
 * and digits, of other than 20 octets. */
int authority_of(
    const struct authority_input *in, struct authority *ret, struct err *e);
/*
 * The one that a client has to come to, whatever in->client finds: that of
 * CLIENT_CURRENT. Where the path breaks off within the device, that of another
 * of the TPM's certificates that somebody outside issued (place is
 * AUTHORITY_OFF_PATH). E_NOTFOUND when there is none; else as authority_of().
 */
int authority_right(
    const struct authority_input *in, struct authority *ret, struct err *e);
/* From the text of a Host header: any case, with a port or without one.
 * E_FORMAT when it is no authority's; whether one of that name exists is for
 * registry.h. */
int authority_parse(struct span host, struct authority *ret, struct err *e);

#endif
