#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "odca/cert.h"
#include "odca/verify.h"
#include "sim/aik/ekop.h"
#include "sim/aik/enroll_check.h"
#include "sim/aik/enroll_step.h"
#include "sim/aik/guid.h"
#include "sim/aik/hresult.h"
#include "sim/aik/racert.h"

#define EK_INDEX 0x01c00002u
#define USER_AGENT                                                             \
	"Mozilla/4.0 (compatible; Win32; NDES client "                         \
	"10.0.19041.746/vb_release_svc_prod1)"

/* --- A: the TPM -------------------------------------------------------------
 */

/* As NCrypt's PCP_PLATFORM_TYPE has it: the vendor is of four characters. */
static void
set_platform(struct enroll *en)
{
	const struct tpm_info *i = &en->info;
	char vendor[4];

	tpm_word_text(i->manufacturer, vendor);
	for (size_t n = 0; n < sizeof(vendor); n++)
		if ((uint8_t)(i->manufacturer >> (24 - 8 * n)) == 0)
			vendor[n] = ' ';
	(void)snprintf(en->r->platform, sizeof(en->r->platform),
	    "TPM-Version:%s -Level:%u-Revision:%u.%02u-VendorID:'%.4s'"
	    "-Firmware:%u.%u",
	    i->family, i->level, i->revision / 100, i->revision % 100, vendor,
	    i->firmware1, i->firmware2);
}

static int
set_headers(struct enroll *en, struct err *e)
{
	static const char *const fixed[] = {
		"Cache-Control: no-cache",
		"Connection: Keep-Alive",
		"Pragma: no-cache",
		"Content-Type: application/x-pki-message",
		"User-Agent: " USER_AGENT,
	};
	size_t n = 0;

	if (guid_make(en->r->request_id) != 0)
		return err_set(e, E_CRYPTO, "random bytes for a GUID");
	(void)snprintf(en->platform, sizeof(en->platform), "PlatformType: %s",
	    en->r->platform);
	(void)snprintf(en->request_id, sizeof(en->request_id),
	    "x-ms-client-request-id: %s", en->r->request_id);
	while (n < sizeof(fixed) / sizeof(fixed[0])) {
		en->headers[n] = fixed[n];
		n++;
	}
	en->headers[n++] = en->platform;
	en->headers[n++] = en->request_id;
	en->headers[n] = NULL;
	return 0;
}

int
enroll_open_tpm(struct enroll *en, struct err *e)
{
	bool started;

	if (tpmread_info(en->o->tcti, &en->info, &started, e) != 0)
		return -1;
	set_platform(en);
	if (set_headers(en, e) != 0)
		return -1;
	if (aiktpm_open(en->o->tcti, &en->tpm, e) == 0)
		return 0;
	if (e != NULL && e->code == E_STATE)
		en->r->hresult = HRESULT_NOT_READY;
	return -1;
}

/* --- B: the EK and its certificate ------------------------------------------
 */

/* An index may be larger than what is in it. */
static int
take_nv(struct enroll *en, const struct buf *data, struct err *e)
{
	struct span certs[MAX_CERT_COUNT], whole = buf_span(data);
	size_t n;

	if (chain_split(whole, certs, &n, e) != 0 && n == 0)
		return err_wrap(e, "EK certificate in NV");
	err_clear(e);
	return n > 0 && buf_put(&en->r->ek, certs[0])
		   ? err_set(e, E_LIMIT, "EK certificate in NV")
		   : 0;
}

static int
ask_ekop(struct enroll *en, struct httpc_answer *ret,
    uint8_t hash[static SHA256_SIZE], struct err *e)
{
	const char *host =
	    en->o->ekop_host != NULL ? en->o->ekop_host : ENROLL_EKOP_HOST;
	char text[EKOP_TEXT_SIZE], url[MAX_URI];
	struct httpc_request q = { .method = "GET", .url = url };

	if (ekop_hash(&en->ek, hash, e) != 0)
		return -1;
	ekop_hash_text(hash, text);
	(void)snprintf(url, sizeof(url), "%s://%s" EKOP_PATH "%s",
	    en->o->plain ? "http" : "https", host, text);
	return enroll_ask(en, "EKOP", &q, ret, e) != 0
		   ? -1
		   : enroll_check_status(en, "EKOP", ret, e);
}

/* Row 5: it is found nowhere, whatever the reason. */
static int
fetch_ekop(struct enroll *en, struct err *e)
{
	auto_httpc_answer a = HTTPC_ANSWER_INIT;
	uint8_t want[SHA256_SIZE], have[SHA256_SIZE];

	en->r->from_ekop = true;
	if (ask_ekop(en, &a, want, e) != 0 ||
	    ekop_decode(buf_span(&a.body), have, &en->r->ek, e) != 0) {
		en->r->hresult = HRESULT_NOT_FOUND;
		if (e != NULL)
			e->code = E_NOTFOUND;
		return err_wrap(
		    e, "no EK certificate in NV 0x%08x, nor by EKOP", EK_INDEX);
	}
	return memcmp(want, have, sizeof(want)) == 0
		   ? 0
		   : err_set(e, E_FORMAT, "EKOP's answer is for another EK");
}

int
enroll_find_ek(struct enroll *en, struct err *e)
{
	const struct tpm_info *i = &en->info;

	if (aiktpm_ek(en->tpm, &en->ek, e) != 0)
		return -1;
	for (size_t n = 0; n < i->n_nv; n++)
		if (i->nv[n].index == EK_INDEX && i->nv[n].data.n > 0 &&
		    take_nv(en, &i->nv[n].data, e) != 0)
			return -1;
	return en->r->ek.n > 0 ? 0 : fetch_ekop(en, e);
}

/* --- C, D: the chain, and the URL -------------------------------------------
 */

struct authority_input
enroll_input(const struct enroll *en, struct span certs[static MAX_CERT_COUNT])
{
	struct authority_input in = {
		.ek = buf_span(&en->r->ek),
		.certs = certs,
		.above = en->o->above,
		.n_above = en->o->n_above,
		.manufacturer = en->info.manufacturer,
		.client = en->o->client,
	};

	(void)chain_split(buf_span(&en->chain), certs, &in.n_certs, NULL);
	return in;
}

int
enroll_read_chain(struct enroll *en, struct err *e)
{
	struct span certs[MAX_CERT_COUNT];

	if (tpm_info_chain(&en->info, &en->chain) != 0)
		return err_set(e, E_NOMEM, "certificate chain");
	if (en->o->client != CLIENT_LEGACY)
		en->r->n_chain = enroll_input(en, certs).n_certs;
	return 0;
}

int
enroll_find_url(struct enroll *en, struct err *e)
{
	struct span certs[MAX_CERT_COUNT];
	const struct authority_input in = enroll_input(en, certs);

	if (authority_of(&in, &en->r->authority, e) != 0 ||
	    authority_path(&in, en->path, &en->n_path, e) != 0)
		return -1;
	/* Nothing goes by it: it is for who reads the report. */
	(void)authority_right(&in, &en->r->right, NULL);
	return 0;
}

/* --- E, F: the connection, and what the service can do ----------------------
 */

static void
connected(void *ctx)
{
	struct enroll *en = ctx;

	if (en->r->step != ENROLL_CONNECT)
		return;
	enroll_end_step(en, true);
	enroll_begin_step(en, ENROLL_CAPS);
}

int
enroll_connect_and_ask(struct enroll *en, struct err *e)
{
	struct httpc_request q = {
		.method = "GET", .connected = connected, .ctx = en
	};

	if (enroll_ask_scep(en, "GetCACaps", "default", &q, &en->caps, e) != 0)
		return -1;
	/* An answer without a connection is a proxy's, to CONNECT. */
	return en->r->step == ENROLL_CONNECT
		   ? enroll_check_status(en, "CONNECT", &en->caps, e)
		   : 0;
}

static bool
ends_line(uint8_t c)
{
	return c == '\n' || c == '\r';
}

int
enroll_read_caps(struct enroll *en, struct err *e)
{
	struct enroll_result *r = en->r;
	const struct buf *body = &en->caps.body;
	size_t n = 0;

	if (enroll_check_status(en, "GetCACaps", &en->caps, e) != 0)
		return -1;
	for (size_t i = 0; i < body->n && n + 3 < sizeof(r->caps); i++) {
		if (!ends_line(body->p[i])) {
			r->caps[n++] = body->p[i] >= ' ' && body->p[i] <= '~'
					   ? (char)body->p[i]
					   : '?';
		} else if (n > 0 && i + 1 < body->n &&
			   !ends_line(body->p[i + 1])) {
			r->caps[n++] = ',';
			r->caps[n++] = ' ';
		}
	}
	r->caps[n] = '\0';
	return 0;
}

/* --- G: the service's certificates ------------------------------------------
 */

/* The authority's id, in a CA's name as "...-KEYID-<40 hex>": another one's
 * than was asked (a name that is led elsewhere). */
static bool
is_other_authority(const struct authority *a, const char *name)
{
	const char *at = strcasestr(name, "KEYID-");
	char hex[2 * SHA1_SIZE + 1];

	if (at == NULL)
		at = strcasestr(name, "NAMEID-");
	if (at == NULL)
		return false;
	at = strchr(at, '-') + 1;
	hex_encode(SPAN_OF(a->id), hex);
	return strncasecmp(at, hex, strlen(hex)) != 0;
}

/* The EK goes out encrypted for whom the AIK CA of this authority vouches. */
static int
check_ra(struct enroll *en, struct err *e)
{
	struct cert ca;

	if (ra_encryption_find(&en->service, &en->ra, e) != 0 ||
	    enroll_check_service(&en->service, en->ra, &ca, e) != 0)
		return -1;
	return is_other_authority(&en->r->authority, ca.subject_text)
		   ? err_set(e, E_REJECTED,
			 "'%s' is the CA of another authority than '%s'",
			 ca.subject_text, en->r->authority.host)
		   : 0;
}

int
enroll_get_ca_chain(struct enroll *en, struct err *e)
{
	auto_httpc_answer a = HTTPC_ANSWER_INIT;
	struct httpc_request q = { .method = "GET" };

	if (enroll_ask_scep(en, "GetCACertChain", "default", &q, &a, e) != 0 ||
	    enroll_check_status(en, "GetCACertChain", &a, e) != 0)
		return -1;
	if (cms_read_certs(buf_span(&a.body), &en->service, e) == 0 &&
	    check_ra(en, e) == 0)
		return 0;
	en->r->hresult = HRESULT_NO_MATCH;
	return err_wrap(e, "GetCACertChain");
}
