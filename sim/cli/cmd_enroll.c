#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "odca/cert.h"
#include "odca/pki.h"
#include "odca/service.h"
#include "sim/aik/event.h"
#include "sim/aik/hresult.h"
#include "sim/base/file.h"
#include "sim/base/port.h"
#include "sim/cli/enroll_out.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/junit.h"
#include "sim/cli/out.h"
#include "sim/cli/source.h"
#include "sim/report/report.h"

#define DEFAULT_TIMEOUT 30
#define LIVE_EKOP_HOST  "ekop.intel.com"

static int
check_options(const struct args *a, struct err *e)
{
	const char *to = a->enroll.connect_to, *proxy = a->enroll.proxy;

	if (to != NULL && (a->enroll.live || proxy != NULL))
		return err_set(e, E_USAGE,
		    "--connect-to and --%s exclude each other",
		    a->enroll.live ? "live" : "proxy");
	if (to == NULL && proxy == NULL && !a->enroll.live) {
		err_set(e, E_USAGE,
		    "enroll does not leave this machine unless it is told to");
		return err_hint(e, "--connect-to 127.0.0.1:8443 for 'odcasim "
				   "cloud', --live for the real services");
	}
	if ((to != NULL && httpc_check_address("--connect-to", to, e) != 0) ||
	    (proxy != NULL && httpc_check_address("--proxy", proxy, e) != 0))
		return -1;
	if (a->enroll.context != NULL && a->state != NULL) {
		err_set(e, E_USAGE,
		    "--context is of no use with --state: it "
		    "is good while the TPM runs");
		return err_hint(e,
		    "'odcasim run --state %s', then enroll with "
		    "--tcti mssim:port=2321",
		    a->state);
	}
	return 0;
}

/* --- whom to trust ----------------------------------------------------------
 */

static int
find_root(
    const struct pki *p, const char *name, struct span *ret, struct err *e)
{
	if (pki_cert(p, name, ret, e) == 0)
		return 0;
	if (e != NULL && e->code == E_NOTFOUND)
		(void)err_hint(e, SERVICE_HINT);
	return -1;
}

/* PEM for TLS; nothing: what this machine trusts. */
static int
read_ca(
    const struct args *a, const struct pki *p, struct buf *out, struct err *e)
{
	struct span root;

	if (a->enroll.cacert != NULL)
		return file_read(AT_FDCWD, a->enroll.cacert, out, e);
	if (a->enroll.live)
		return 0;
	if (find_root(p, TLS_ROOT, &root, e) != 0)
		return -1;
	return cert_to_pem(root, out) ? err_set(e, E_NOMEM, "TLS root") : 0;
}

/* --- the result -------------------------------------------------------------
 */

/* A certificate that was issued must not be lost. */
static int
check_files(const struct args *a, struct err *e)
{
	const char *const paths[] = { a->out, a->enroll.context, a->junit };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (paths[i] != NULL && file_try_put(paths[i], e) != 0)
			return -1;
	return report_check(a->report, e);
}

static int
write_files(const struct args *a, const struct enroll_result *r, struct err *e)
{
	auto_buf pem = BUF_INIT(2 * MAX_CERT_SIZE);

	if (!r->enrolled)
		return 0;
	if (cert_to_pem(buf_span(&r->cert), &pem))
		return err_set(e, E_NOMEM, "AIK certificate");
	if (a->out != NULL && file_put(a->out, buf_span(&pem), e) != 0)
		return -1;
	return a->enroll.context == NULL
		   ? 0
		   : file_write(AT_FDCWD, a->enroll.context,
			 buf_span(&r->context), FILE_NOSYNC, e);
}

/* Each step is a case, those that were not reached, too. */
static void
add_case(struct junit *j, const struct enroll_result *r, enum enroll_step s,
    const char *why, const char *event)
{
	char name[64];
	const bool begun = s <= r->step;

	(void)snprintf(
	    name, sizeof(name), "%c, %s", enroll_letter(s), enroll_text(s));
	junit_add(j, &(struct junit_case){ .class = "odcasim.enroll",
			 .name = name,
			 .ns = r->steps[s].ns,
			 .result = !begun           ? JUNIT_SKIPPED
				   : r->steps[s].ok ? JUNIT_PASSED
						    : JUNIT_FAILED,
			 .message = begun ? why : "not reached",
			 .text = begun ? event : NULL });
}

static int
enroll_junit(const struct args *a, const struct enroll_result *r,
    const struct err *why, struct err *e)
{
	auto_junit j = { .path = NULL };
	auto_event v = { .id = 0 };

	if (junit_begin(a->junit, &j, e) != 0 || event_of(r, &v, e) != 0)
		return -1;
	for (enum enroll_step s = ENROLL_TPM; s < ENROLL_STEPS; s++)
		add_case(&j, r, s, why != NULL ? why->msg : NULL, v.text);
	return junit_write(&j, "odcasim enroll", e);
}

/* For programs, and as a page. */
static int
show(const struct args *a, const char *where, const struct enroll_result *r,
    const struct err *why, struct err *e)
{
	json_auto_t *doc = NULL;

	if (!a->json && a->report == NULL)
		return 0;
	doc = enroll_json(where, r, why);
	if (doc == NULL)
		return err_set(e, E_NOMEM, "JSON");
	return (a->json && out_json(doc, e) != 0) ||
		       report_write(REPORT_ENROLL, doc, a->report, e) != 0
		   ? -1
		   : 0;
}

/* What there is to show comes first: it says more than the error. Where it
 * cannot be shown, a certificate that was issued is written all the same. */
static int
enroll(const struct args *a, const char *where, struct enroll_options *o,
    struct err *e)
{
	auto_enroll_result r = { .enrolled = false };
	struct err other = ERR_INIT;
	int rc, shown;

	if (!a->json)
		enroll_text_watch(&o->watch);
	rc = enroll_run(o, &r, e);
	shown = (!a->json && enroll_text_end(&r, &other) != 0) ||
			show(a, where, &r, e, &other) != 0 ||
			enroll_junit(a, &r, e, &other) != 0
		    ? -1
		    : 0;
	if (rc != 0 || write_files(a, &r, e) != 0)
		return -1;
	if (shown != 0)
		*e = other;
	return shown;
}

/* The same when there is no TPM to begin with. */
static int
open_tpm(const struct args *a, struct source *s, struct err *e)
{
	const struct enroll_result r = { .step = ENROLL_TPM,
		.hresult = HRESULT_NOT_READY,
		.pki_status = SCEP_ABSENT,
		.fail_info = SCEP_ABSENT };

	if (source_open_tpm(a, s, e) == 0)
		return 0;
	if (e->code == E_USAGE)
		return -1;
	(void)show(a, s->where, &r, e, NULL);
	(void)enroll_junit(a, &r, e, NULL);
	return -1;
}

/* --- all of it --------------------------------------------------------------
 */

static int
open_http(const struct args *a, const struct pki *p, const char *connect_to,
    const char *proxy, struct httpc **ret, struct err *e)
{
	auto_buf ca = BUF_INIT(MAX_SMALL_FILE);
	struct httpc_options o = {
		.connect_to = connect_to,
		.proxy = proxy,
		.timeout = a->enroll.timeout != 0 ? a->enroll.timeout
						  : DEFAULT_TIMEOUT,
		.stop = interrupt_caught,
	};

	if (!a->enroll.http && read_ca(a, p, &ca, e) != 0)
		return -1;
	o.ca = buf_span(&ca);
	return httpc_new(&o, ret, e);
}

/* The way to the service, and those that lead nowhere (httpc.h, port.h). */
#define UNRESOLVED HTTPC_NO_SUCH_NAME ":443"

struct ways {
	struct httpc *right, *unresolved, *closed;
	int fd; /* keeps the closed port from others */
	struct cloudfault_set *faults;
};

static void
ways_done(struct ways *w)
{
	httpc_free(w->right);
	httpc_free(w->unresolved);
	httpc_free(w->closed);
	cloudfault_free(w->faults);
	if (w->fd >= 0)
		(void)close(w->fd);
}

static int
ways_open(
    const struct args *a, const struct pki *p, struct ways *w, struct err *e)
{
	char nobody[PORT_ADDRESS_SIZE];

	if (cloudfault_new(
		&a->enroll.faults, true, a->enroll.seed, &w->faults, e) != 0 ||
	    open_http(
		a, p, a->enroll.connect_to, a->enroll.proxy, &w->right, e) != 0)
		return -1;
	if (w->faults == NULL)
		return 0;
	return port_take(false, &w->fd, nobody, e) != 0 ||
		       open_http(a, p, UNRESOLVED, NULL, &w->unresolved, e) !=
			   0 ||
		       open_http(a, p, nobody, NULL, &w->closed, e) != 0
		   ? -1
		   : 0;
}

/* What on= is compared with: "GetCACaps" of "...?operation=GetCACaps&...". */
static void
operation_of(const char *url, char out[static MAX_FAULT_NAME])
{
	const char *at = strstr(url, "operation=");

	at = at != NULL ? at + strlen("operation=") : "";
	(void)snprintf(out, MAX_FAULT_NAME, "%.*s", (int)strcspn(at, "&"), at);
}

static int
send_request(void *ctx, const struct httpc_request *r, struct httpc_answer *ret,
    struct err *e)
{
	const struct ways *w = ctx;
	char operation[MAX_FAULT_NAME];
	struct cloudfault_visit v = { .set = w->faults,
		.operation = operation };
	struct httpc *way = w->right;

	operation_of(r->url, operation);
	if (cloudfault_at(&v, CLIENT_RESOLVE))
		way = w->unresolved;
	else if (cloudfault_at(&v, CLIENT_CONNECT))
		way = w->closed;
	return httpc_send(way, r, ret, e);
}

static size_t
certs_above(struct pki *p, struct span *ret, struct err *e)
{
	struct pki_file files[MAX_CAS];
	size_t n = 0;

	if (pki_certs(p, files, &n, e) != 0)
		return 0;
	for (size_t i = 0; i < n; i++)
		ret[i] = files[i].der;
	return n;
}

static int
open_and_enroll(const struct args *a, struct err *e)
{
	AUTO(source_close) struct source s = { .n_eks = 0 };
	struct span above[MAX_CAS];
	struct enroll_options o = { .send = send_request,
		.plain = a->enroll.http,
		.above = above,
		.save = a->enroll.context != NULL,
		.record = true };
	AUTO(ways_done) struct ways ways = { .fd = -1 };
	auto_pki pki = NULL;

	if (check_options(a, e) != 0 || check_files(a, e) != 0 ||
	    pki_open(a->device.pki, &pki, e) != 0 ||
	    (o.n_above = certs_above(pki, above, e)) == 0 ||
	    ways_open(a, pki, &ways, e) != 0 || open_tpm(a, &s, e) != 0)
		return -1;
	/* Whom the real service is of, it says itself. */
	if (!a->enroll.live && find_root(pki, AIK_ROOT, &o.root, e) != 0)
		return -1;
	if (a->enroll.live)
		o.ekop_host = LIVE_EKOP_HOST;
	o.http = &ways;
	o.faults = ways.faults;
	o.tcti = s.tcti;
	o.client = s.client;
	return enroll(a, s.where, &o, e);
}

/* Whatever ends it, the TPM is left as it was: keys in it are few. */
int
cmd_enroll(const struct args *a, struct err *e)
{
	int rc;

	interrupt_catch();
	rc = open_and_enroll(a, e);
	interrupt_end();
	return rc;
}
