#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "odca/cert.h"
#include "odca/verify.h"
#include "sim/aik/credential.h"
#include "sim/aik/csr.h"
#include "sim/aik/ekop.h"
#include "sim/aik/enroll_check.h"
#include "sim/aik/guid.h"
#include "sim/aik/hresult.h"
#include "sim/aik/racert.h"
#include "sim/aik/scep_cert.h"
#include "sim/aik/statement.h"
#include "sim/aik/tpmread.h"
#include "sim/base/clock.h"

#define EK_INDEX   0x01c00002u
#define NONCE_SIZE 16
#define USER_AGENT                                                             \
	"Mozilla/4.0 (compatible; Win32; NDES client "                         \
	"10.0.19041.746/vb_release_svc_prod1)"
#define MACHINE   "DESKTOP-ODCASIM"
#define N_HEADERS 8

/* What one enrolment holds on its way. */
struct enroll {
	const struct enroll_options *o;
	struct enroll_result *r;
	uint64_t begin; /* of the step */

	struct tpm_info info;
	struct aiktpm *tpm;
	struct pubkey ek;
	struct buf chain;                  /* of NV */
	struct span path[MAX_CHAIN_DEPTH]; /* EK certificate first */
	size_t n_path;

	char platform[160], request_id[80];
	const char *headers[N_HEADERS];
	struct httpc_answer caps; /* of step E, for F */

	struct cms_signed service; /* GetCACertChain */
	struct span ra;            /* whom requests are encrypted for */

	struct aik_made aik;
	struct key *key; /* of the SCEP client, not of the TPM */
	struct buf cert;
	uint8_t nonce[NONCE_SIZE];
	struct scep_head asked;
	struct buf request;

	struct credential credential;
	struct buf context; /* the server's */
	struct buf secret;
};

static const struct {
	const char *name, *stage, *text;
} words[] = {
#define X(step, name, stage, text) { name, stage, text },
	ENROLL_LIST(X)
#undef X
};

const char *
enroll_name(enum enroll_step s)
{
	return words[s].name;
}

const char *
enroll_stage(enum enroll_step s)
{
	return words[s].stage;
}

const char *
enroll_text(enum enroll_step s)
{
	return words[s].text;
}

/* --- steps begin and end ----------------------------------------------------
 */

static void
begin_step(struct enroll *en, enum enroll_step s)
{
	const struct enroll_watch *w = &en->o->watch;

	en->r->step = s;
	en->begin = clock_ns();
	if (w->begin != NULL)
		w->begin(w->ctx, s);
}

static void
end_step(struct enroll *en, bool ok)
{
	const struct enroll_watch *w = &en->o->watch;
	const enum enroll_step s = en->r->step;

	en->r->steps[s].ok = ok;
	en->r->steps[s].ns = clock_ns() - en->begin;
	if (w->end != NULL)
		w->end(w->ctx, s, en->r);
}

/* --- requests ---------------------------------------------------------------
 */

static void
count(struct enroll *en, const char *name, const struct httpc_request *q,
    const struct httpc_answer *a)
{
	const struct enroll_watch *w = &en->o->watch;
	struct enroll_request *r = &en->r->requests[en->r->n_requests++];

	*r = (struct enroll_request){ .name = name,
		.method = q->method,
		.status = a->status,
		.sent = q->body.n,
		.received = a->body.n,
		.ns = a->ns };
	if (w->answered != NULL)
		w->answered(w->ctx, r, a);
}

/* The printable text that s begins with. */
static void
keep_text(struct span s, char *out, size_t size)
{
	size_t n = 0;

	while (n < s.n && n + 1 < size && s.p[n] >= ' ' && s.p[n] <= '~') {
		out[n] = (char)s.p[n];
		n++;
	}
	out[n] = '\0';
}

/* What there is to read of an answer that is no success; its status line is
 * "HTTP/1.1 404 Not Found". */
static void
keep_reply(struct enroll_result *r, const struct httpc_answer *a)
{
	struct span head = buf_span(&a->head);

	if (span_skip(&head, strlen("HTTP/1.1 404 ")) == 0)
		keep_text(head, r->reason, sizeof(r->reason));
	keep_text(buf_span(&a->body), r->reply, sizeof(r->reply));
}

static int
check_status(struct enroll *en, const char *name, const struct httpc_answer *a,
    struct err *e)
{
	struct enroll_result *r = en->r;

	r->http_status = a->status;
	if (a->status == 200)
		return 0;
	r->hresult = hresult_of_http(a->status);
	keep_reply(r, a);
	return err_set(e, E_REJECTED, "%s: HTTP status %u%s%s", name, a->status,
	    r->reply[0] != '\0' ? ": " : "", r->reply);
}

/* An answer of any status. */
static int
ask(struct enroll *en, const char *name, const struct httpc_request *q,
    struct httpc_answer *ret, struct err *e)
{
	int rc = en->o->send(en->o->http, q, ret, e);

	count(en, name, q, ret);
	if (rc == 0)
		return 0;
	en->r->http_status = ret->status; /* not the one before */
	en->r->winhttp = ret->winhttp;
	if (ret->winhttp != 0)
		en->r->hresult = hresult_of_winhttp(ret->winhttp);
	return err_wrap(e, "%s", name);
}

/* An operation of SCEP at the authority; message NULL: none in the query. */
static int
ask_scep(struct enroll *en, const char *operation, const char *message,
    struct httpc_request *q, struct httpc_answer *ret, struct err *e)
{
	const char *url = en->r->authority.url;
	char text[2 * AUTHORITY_URL_SIZE];

	(void)snprintf(text, sizeof(text), "%s%s?operation=%s%s%s",
	    en->o->plain ? "http" : "https", url + strlen("https"), operation,
	    message != NULL ? "&message=" : "", message != NULL ? message : "");
	q->url = text;
	q->headers = en->headers;
	return ask(en, operation, q, ret, e);
}

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

static int
open_tpm(struct enroll *en, struct err *e)
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
	return ask(en, "EKOP", &q, ret, e) != 0
		   ? -1
		   : check_status(en, "EKOP", ret, e);
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

static int
find_ek(struct enroll *en, struct err *e)
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

static struct authority_input
walk(const struct enroll *en, struct span certs[static MAX_CERT_COUNT])
{
	struct authority_input in = {
		.ek = buf_span(&en->r->ek),
		.certs = certs,
		.above = en->o->above,
		.n_above = en->o->n_above,
		.manufacturer = en->info.manufacturer,
		.client = en->o->client,
	};

	/* A chain that breaks off is what a client finds, too. */
	if (in.client != CLIENT_LEGACY)
		(void)chain_split(
		    buf_span(&en->chain), certs, &in.n_certs, NULL);
	return in;
}

static int
read_chain(struct enroll *en, struct err *e)
{
	struct span certs[MAX_CERT_COUNT];

	if (tpm_info_chain(&en->info, &en->chain) != 0)
		return err_set(e, E_NOMEM, "certificate chain");
	en->r->n_chain = walk(en, certs).n_certs;
	return 0;
}

static int
find_url(struct enroll *en, struct err *e)
{
	struct span certs[MAX_CERT_COUNT];
	const struct authority_input in = walk(en, certs);

	return authority_of(&in, &en->r->authority, e) != 0
		   ? -1
		   : authority_path(&in, en->path, &en->n_path, e);
}

/* --- E, F: the connection, and what the service can do ----------------------
 */

static void
connected(void *ctx)
{
	struct enroll *en = ctx;

	if (en->r->step != ENROLL_CONNECT)
		return;
	end_step(en, true);
	begin_step(en, ENROLL_CAPS);
}

static int
connect_and_ask(struct enroll *en, struct err *e)
{
	struct httpc_request q = {
		.method = "GET", .connected = connected, .ctx = en
	};

	return ask_scep(en, "GetCACaps", "default", &q, &en->caps, e);
}

static bool
ends_line(uint8_t c)
{
	return c == '\n' || c == '\r';
}

static int
read_caps(struct enroll *en, struct err *e)
{
	struct enroll_result *r = en->r;
	const struct buf *body = &en->caps.body;
	size_t n = 0;

	if (check_status(en, "GetCACaps", &en->caps, e) != 0)
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

static int
get_ca_chain(struct enroll *en, struct err *e)
{
	auto_httpc_answer a = HTTPC_ANSWER_INIT;
	struct httpc_request q = { .method = "GET" };

	if (ask_scep(en, "GetCACertChain", "default", &q, &a, e) != 0 ||
	    check_status(en, "GetCACertChain", &a, e) != 0)
		return -1;
	if (cms_read_certs(buf_span(&a.body), &en->service, e) == 0 &&
	    check_ra(en, e) == 0)
		return 0;
	en->r->hresult = HRESULT_NO_MATCH;
	return err_wrap(e, "GetCACertChain");
}

/* --- H: the AIK, and the request for it -------------------------------------
 */

static int
make_random(uint8_t *out, size_t n, struct err *e)
{
	auto_buf random = BUF_INIT(NONCE_SIZE + AIK_UNIQUE_SIZE);

	if (random_bytes(n, &random) != 0)
		return err_set(e, E_CRYPTO, "random bytes");
	memcpy(out, random.p, n);
	return 0;
}

static int
make_statement(const struct enroll *en, struct buf *out, struct err *e)
{
	const struct statement st = {
		.public = buf_span(&en->aik.public),
		.creation = buf_span(&en->aik.creation),
		.attest = buf_span(&en->aik.attest),
		.signature = buf_span(&en->aik.signature),
	};

	return statement_encode(&st, out, e);
}

static int
encrypt(
    const struct enroll *en, struct span plain, struct buf *out, struct err *e)
{
	return cms_encrypt(en->ra, ENVELOPE_AES128, plain, out, e);
}

static bool
fault_at(const struct enroll *en, enum cloud_seam seam)
{
	struct cloudfault_visit v = { .set = en->o->faults,
		.operation = "PKIOperation" };

	return cloudfault_at(&v, seam);
}

static int
make_ek_info(const struct enroll *en, struct buf *out, struct err *e)
{
	auto_buf spki = BUF_INIT(MAX_SPKI), plain = BUF_INIT(MAX_CSR_SIZE);
	struct ek_info info = { .cert = buf_span(&en->r->ek) };

	if (fault_at(en, CLIENT_EK_INFO))
		info.cert = (struct span){ NULL, 0 };
	if (pubkey_spki(&en->ek, &spki, e) != 0)
		return -1;
	info.spki = buf_span(&spki);
	return ek_info_write(&info, &plain, e) != 0
		   ? -1
		   : encrypt(en, buf_span(&plain), out, e);
}

static int
fill_csr(const struct enroll *en, struct csr_windows *r, struct err *e)
{
	struct cert ek;

	if (cert_parse(buf_span(&en->r->ek), &ek, e) != 0)
		return err_wrap(e, "EK certificate");
	r->san = enroll_san(&ek);
	return r->san.n > 0 ? 0
			    : err_set(e, E_NOTFOUND,
				  "the EK certificate has no subject "
				  "alternative name: nothing says which TPM");
}

static int
make_csr(const struct enroll *en, struct buf *out, struct err *e)
{
	auto_buf spki = BUF_INIT(MAX_SPKI), info = BUF_INIT(MAX_CMS_SIZE),
		 statement = BUF_INIT(MAX_STATEMENT);
	uint8_t hash[SHA1_SIZE];
	struct csr_windows r = {
		.os_version = CSR_OS_VERSION,
		.machine = MACHINE,
		.user = "WORKGROUP\\" MACHINE "$",
		.process = CSR_PROCESS,
		.provider = CSR_PROVIDER,
		.signer_hash = SPAN_OF(hash),
		.ski = SPAN_OF(en->r->ski),
	};

	if (fill_csr(en, &r, e) != 0 ||
	    pubkey_spki(&en->aik.key, &spki, e) != 0 ||
	    make_statement(en, &statement, e) != 0 ||
	    make_ek_info(en, &info, e) != 0)
		return -1;
	if (sha1(buf_span(&en->cert), hash) != 0)
		return err_set(e, E_CRYPTO, "SHA-1");
	r.spki = buf_span(&spki);
	r.statement = buf_span(&statement);
	r.ek_info = buf_span(&info);
	return csr_write_windows(&r, out, e);
}

/* more: certificates behind the client's own. */
static int
write_message(struct enroll *en, int type, struct span plain,
    const struct span *more, size_t n_more, struct err *e)
{
	const struct cms_signer who = { en->key, buf_span(&en->cert), more,
		n_more, clock_now() };
	auto_buf envelope = BUF_INIT(MAX_CMS_SIZE);

	en->asked.type = type;
	buf_reset(&en->request);
	return encrypt(en, plain, &envelope, e) != 0
		   ? -1
		   : scep_write(&en->asked, &who, buf_span(&envelope),
			 &en->request, e);
}

/* Two transactions of one client have the same identifiers on Windows; ours are
 * of one enrolment. */
static int
begin_transaction(struct enroll *en, struct err *e)
{
	uint8_t id[AIK_UNIQUE_SIZE];

	if (make_random(id, sizeof(id), e) != 0 ||
	    make_random(en->nonce, sizeof(en->nonce), e) != 0)
		return -1;
	hex_encode(SPAN_OF(id), en->asked.transaction);
	en->asked.sender_nonce = SPAN_OF(en->nonce);
	return key_generate(KEY_RSA2048, &en->key, e) != 0
		   ? -1
		   : scep_cert_make(
			 en->key, SCEP_CERT_NAME, clock_now(), &en->cert, e);
}

/* The issuers of the EK certificate go along, the topmost one first. */
static int
make_request(struct enroll *en, struct err *e)
{
	auto_buf csr = BUF_INIT(MAX_CSR_SIZE);
	struct span issuers[MAX_CHAIN_DEPTH];
	size_t n = 0;

	if (make_random(en->r->ski, sizeof(en->r->ski), e) != 0 ||
	    aiktpm_create(en->tpm, en->r->ski, &en->aik, e) != 0 ||
	    begin_transaction(en, e) != 0 || make_csr(en, &csr, e) != 0)
		return -1;
	for (size_t i = en->n_path; i-- > 1;)
		issuers[n++] = en->path[i];
	return write_message(en, SCEP_PKCS_REQ, buf_span(&csr), issuers, n, e);
}

/* --- replies ----------------------------------------------------------------
 */

static int
check_signer(const struct enroll *en, struct span signer, struct err *e)
{
	const char *prefix =
	    en->o->ra_aia_prefix != NULL ? en->o->ra_aia_prefix : RA_AIA_PREFIX;
	struct cert ca;

	return ra_signing_check(signer, prefix, e) != 0
		   ? -1
		   : enroll_check_service(&en->service, signer, &ca, e);
}

static int
check_pki_status(
    struct enroll *en, const struct scep_head *h, int want, struct err *e)
{
	en->r->pki_status = h->status;
	en->r->fail_info = h->fail;
	if (h->status == want)
		return 0;
	if (h->status == SCEP_FAILURE)
		return err_set(e, E_REJECTED, "pkiStatus %d (%s)%s%s",
		    h->status, scep_status_text(h->status),
		    h->fail != SCEP_ABSENT ? ", failInfo " : "",
		    h->fail != SCEP_ABSENT ? scep_fail_text(h->fail) : "");
	return err_set(e, E_FORMAT, "pkiStatus %d (%s), want %d", h->status,
	    scep_status_text(h->status), want);
}

/* What a reply has inside, appended to plain. */
static int
open_reply(struct enroll *en, struct span der, int want, struct buf *plain,
    struct err *e)
{
	auto_scep_message m = SCEP_MESSAGE_INIT;

	if (scep_read_reply(der, &en->asked, &m, e) != 0 ||
	    check_signer(en, m.cms.signer, e) != 0 ||
	    check_pki_status(en, &m.head, want, e) != 0)
		return -1;
	return cms_decrypt(
	    en->key, buf_span(&en->cert), m.cms.content, plain, e);
}

static int
submit(struct enroll *en, int want, struct buf *plain, struct err *e)
{
	auto_httpc_answer a = HTTPC_ANSWER_INIT;
	struct httpc_request q = { .method = "POST",
		.body = buf_span(&en->request) };

	if (ask_scep(en, "PKIOperation", NULL, &q, &a, e) != 0 ||
	    check_status(en, "PKIOperation", &a, e) != 0)
		return -1;
	return open_reply(en, buf_span(&a.body), want, plain, e) != 0
		   ? err_wrap(e, "PKIOperation")
		   : 0;
}

/* --- I, J: the challenge ----------------------------------------------------
 */

static int
submit_request(struct enroll *en, struct err *e)
{
	auto_buf plain = BUF_INIT(MAX_CMS_SIZE);
	struct scep_challenge c;

	if (submit(en, SCEP_PENDING_CHALLENGE, &plain, e) != 0)
		return -1;
	if (scep_read_challenge(buf_span(&plain), &c, e) != 0 ||
	    credential_decode(
		c.blob, CREDENTIAL_MICROSOFT, &en->credential, e) != 0)
		return err_wrap(e, "challenge");
	return buf_put(&en->context, c.context)
		   ? err_set(e, E_LIMIT, "challenge: the service's context")
		   : 0;
}

static int
activate(struct enroll *en, struct err *e)
{
	if (aiktpm_activate(en->tpm, buf_span(&en->credential.id_object),
		buf_span(&en->credential.secret), &en->secret, e) != 0)
		return -1;
	if (fault_at(en, CLIENT_SECRET))
		en->secret.p[0] ^= 1;
	return 0;
}

/* --- K, L: the answer, and the certificate ----------------------------------
 */

static int
make_answer(struct enroll *en, struct buf *out, struct err *e)
{
	auto_buf secret = BUF_INIT(MAX_CMS_SIZE);
	struct scep_answer a = { .context = buf_span(&en->context) };

	if (encrypt(en, buf_span(&en->secret), &secret, e) != 0)
		return -1;
	a.envelope = buf_span(&secret);
	return scep_write_answer(&a, out, e);
}

static int
submit_answer(struct enroll *en, struct err *e)
{
	auto_buf answer = BUF_INIT(MAX_CMS_SIZE),
		 plain = BUF_INIT(MAX_CMS_SIZE);
	auto_cms_signed certs = CMS_SIGNED_INIT;

	if (make_answer(en, &answer, e) != 0 ||
	    write_message(en, SCEP_CHALLENGE_ANSWER, buf_span(&answer), NULL, 0,
		e) != 0 ||
	    submit(en, SCEP_SUCCESS, &plain, e) != 0)
		return -1;
	if (cms_read_certs(buf_span(&plain), &certs, e) != 0)
		return err_wrap(e, "certificates of the answer");
	/* The first one is the AIK's. */
	return certs.n_certs == 0 || buf_put(&en->r->cert, certs.certs[0])
		   ? err_set(e, E_FORMAT, "the answer has no certificate")
		   : 0;
}

static int
check_certificate(struct enroll *en, struct err *e)
{
	const struct enroll_wanted w = {
		.key = &en->aik.key,
		.ski = SPAN_OF(en->r->ski),
		.ek = buf_span(&en->r->ek),
		.chain = &en->service,
		.root = en->o->root,
	};

	if (enroll_check(&w, en->r, e) != 0)
		return -1;
	return en->o->save ? aiktpm_save(en->tpm, &en->r->context, e) : 0;
}

/* --- all of it --------------------------------------------------------------
 */

static int (*const steps[])(struct enroll *, struct err *) = {
	[ENROLL_TPM] = open_tpm,
	[ENROLL_EK] = find_ek,
	[ENROLL_CHAIN] = read_chain,
	[ENROLL_URL] = find_url,
	[ENROLL_CONNECT] = connect_and_ask,
	[ENROLL_CAPS] = read_caps,
	[ENROLL_CA_CHAIN] = get_ca_chain,
	[ENROLL_REQUEST] = make_request,
	[ENROLL_SUBMIT] = submit_request,
	[ENROLL_ACTIVATE] = activate,
	[ENROLL_ANSWER] = submit_answer,
	[ENROLL_CHECK] = check_certificate,
};

/* What a step has not said itself. */
static void
number_failure(struct enroll *en, enum err_code code)
{
	struct enroll_result *r = en->r;

	if (r->hresult != 0 || r->pki_status == SCEP_FAILURE)
		return;
	if (code == E_TPM && en->tpm != NULL)
		r->hresult = hresult_of_tpm(aiktpm_code(en->tpm));
	else if (code == E_TPM || code == E_IO)
		r->hresult = r->step == ENROLL_TPM ? HRESULT_NOT_READY : 0;
	else if (code != E_NOMEM)
		r->hresult = HRESULT_INVALID_DATA;
}

static int
walk_steps(struct enroll *en, struct err *e)
{
	for (enum enroll_step s = ENROLL_TPM; s < ENROLL_STEPS; s++) {
		/* Step E's request goes on into step F. */
		if (s == ENROLL_TPM || en->r->step != s)
			begin_step(en, s);
		if (steps[s](en, e) != 0) {
			number_failure(en, e->code);
			end_step(en, false);
			return err_wrap(e, "enrol: step %c, %s",
			    enroll_letter(en->r->step),
			    enroll_text(en->r->step));
		}
		if (en->r->step == s)
			end_step(en, true);
	}
	en->r->enrolled = true;
	return 0;
}

static void
enroll_done(struct enroll *en)
{
	aiktpm_close(en->tpm);
	tpm_info_done(&en->info);
	httpc_answer_done(&en->caps);
	cms_signed_free(&en->service);
	aik_made_done(&en->aik);
	key_free(en->key);
	buf_free(&en->chain);
	buf_free(&en->cert);
	buf_free(&en->request);
	credential_done(&en->credential);
	buf_free(&en->context);
	buf_free(&en->secret);
	free(en);
}

static void
auto_enroll_fn(struct enroll **en)
{
	if (*en != NULL)
		enroll_done(*en);
}

static struct enroll *
enroll_new(const struct enroll_options *o, struct enroll_result *r)
{
	struct enroll *en = calloc(1, sizeof(*en));

	if (en == NULL)
		return NULL;
	en->o = o;
	en->r = r;
	buf_init(&en->chain, MAX_NV_INDICES * UINT16_MAX);
	en->caps = (struct httpc_answer)HTTPC_ANSWER_INIT;
	en->service = (struct cms_signed)CMS_SIGNED_INIT;
	buf_init(&en->cert, MAX_CERT_SIZE);
	en->asked = (struct scep_head)SCEP_HEAD_INIT;
	buf_init(&en->request, MAX_CMS_SIZE);
	en->credential = (struct credential)CREDENTIAL_INIT;
	buf_init(&en->context, MAX_CMS_SIZE);
	buf_init(&en->secret, MAX_TPM_RESPONSE);
	return en;
}

int
enroll_run(
    const struct enroll_options *o, struct enroll_result *ret, struct err *e)
{
	AUTO(auto_enroll_fn) struct enroll *en = enroll_new(o, ret);
	const uint64_t begin = clock_ns();
	struct err why = ERR_INIT;
	int rc;

	*ret = (struct enroll_result){ .pki_status = SCEP_ABSENT,
		.fail_info = SCEP_ABSENT };
	buf_init(&ret->ek, MAX_CERT_SIZE);
	buf_init(&ret->cert, MAX_CERT_SIZE);
	buf_init(&ret->context, MAX_TPM_RESPONSE);
	if (en == NULL)
		return err_set(e, E_NOMEM, "enrolment");
	rc = walk_steps(en, &why);
	ret->ns = clock_ns() - begin;
	if (rc != 0 && e != NULL)
		*e = why;
	return rc;
}

void
enroll_result_done(struct enroll_result *r)
{
	buf_free(&r->ek);
	buf_free(&r->cert);
	buf_free(&r->context);
}
