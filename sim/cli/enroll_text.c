#include <stdio.h>
#include <string.h>

#include "odca/cert.h"
#include "sim/aik/enroll_record.h"
#include "sim/aik/event.h"
#include "sim/aik/hresult.h"
#include "sim/cli/enroll_out.h"
#include "sim/cli/out.h"

#define COLUMNS                                                                \
	40 /* of what a step is, so that times stand below each other          \
	    */

static double
ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

/* --- as it goes -------------------------------------------------------------
 */

static void
print_pki_status(const struct enroll_result *r)
{
	static const struct {
		int status;
		const char *enroll; /* EnrollmentEnrollStatus of certenroll.h */
	} rows[] = {
		{ SCEP_SUCCESS, "EnrollStatus(1): Enrolled" },
		{ SCEP_FAILURE, "EnrollStatus(256): EnrollDenied" },
		{ SCEP_PENDING, "EnrollStatus(2): EnrollPended" },
		{ SCEP_PENDING_CHALLENGE, "EnrollStatus(32): EnrollUnknown" },
	};

	(void)printf("PkiStatus(%d): %s\n", r->pki_status,
	    scep_status_text(r->pki_status));
	if (r->fail_info != SCEP_ABSENT)
		(void)printf("FailInfo(%d): %s\n", r->fail_info,
		    scep_fail_text(r->fail_info));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].status == r->pki_status)
			(void)printf("%s\n", rows[i].enroll);
}

/* What a step found, behind its time. */
static void
print_found(enum enroll_step s, const struct enroll_result *r)
{
	if (s == ENROLL_EK)
		(void)printf("  %s, %zu bytes",
		    r->from_ekop ? "EKOP" : "NV 0x01c00002", r->ek.n);
	else if (s == ENROLL_CHAIN)
		(void)printf("  %zu", r->n_chain);
	else if (s == ENROLL_CAPS)
		(void)printf("  %s", r->caps);
	else if (s == ENROLL_CHECK)
		(void)printf("  %zu checks", r->n_checks);
}

/* The URL that was built, and the one that would have been right. */
static void
print_urls(const struct enroll_result *r)
{
	(void)printf("%s\n", r->authority.url);
	if (r->right.url[0] != '\0' &&
	    strcmp(r->right.url, r->authority.url) != 0)
		(void)printf("right URL: %s\n", r->right.url);
}

/* Lines of their own that a step gives. */
static void
print_lines(enum enroll_step s, const struct enroll_result *r)
{
	char key[2 * AIK_UNIQUE_SIZE + 1];

	if (s == ENROLL_TPM)
		(void)printf("%s\nx-ms-client-request-id: %s\n", r->platform,
		    r->request_id);
	if (s == ENROLL_URL)
		print_urls(r);
	hex_encode(SPAN_OF(r->ski), key);
	if (s == ENROLL_REQUEST)
		(void)printf("Key = %s\n", key);
	if (s == ENROLL_SUBMIT || s == ENROLL_CHECK)
		print_pki_status(r);
}

static void
print_step(void *ctx, enum enroll_step s, const struct enroll_result *r)
{
	const bool ok = r->steps[s].ok;

	(void)printf("%s%c%s  %-*s %8.1f ms", out_style(STYLE_BOLD),
	    enroll_letter(s), out_style(STYLE_PLAIN), COLUMNS, enroll_text(s),
	    ms(r->steps[s].ns));
	if (ok)
		print_found(s, r);
	else
		(void)printf("  %sfailed%s", out_style(STYLE_BAD),
		    out_style(STYLE_PLAIN));
	(void)printf("\n");
	if (ok)
		print_lines(s, r);
	(void)fflush(stdout);
}

/* Status line and headers, as they came, but secrets; a server's octets do not
 * reach a terminal. */
static void
print_head(
    void *ctx, const struct enroll_request *q, const struct httpc_answer *a)
{
	auto_buf head = BUF_INIT(MAX_RECORD_HEAD);

	if (enroll_record_head(buf_span(&a->head), &head) != 0)
		return;
	for (size_t i = 0; i < head.n; i++) {
		const char c = (char)head.p[i];

		if (c == '\n' || (c >= ' ' && c <= '~'))
			(void)putchar(c);
		else if (c != '\r')
			(void)putchar('?');
	}
}

void
enroll_text_watch(struct enroll_watch *w)
{
	*w = (struct enroll_watch){ .end = print_step, .answered = print_head };
	(void)printf("Local System User context\nv2.0\n");
}

/* --- the end ----------------------------------------------------------------
 */

static void
print_times(const struct enroll_result *r)
{
	(void)printf("EnrollStage = %d\n", (int)r->step + 1);
	for (enum enroll_step s = ENROLL_TPM; s <= r->step; s++)
		(void)printf(
		    "  %s = %.1f\n", enroll_name(s), ms(r->steps[s].ns));
	(void)printf("Total = %.1f\n", ms(r->ns));
}

static int
print_certificate(const struct enroll_result *r, struct err *e)
{
	auto_buf pem = BUF_INIT(2 * MAX_CERT_SIZE);
	uint8_t thumbprint[SHA1_SIZE];
	struct cert c;

	if (cert_parse(buf_span(&r->cert), &c, e) != 0)
		return -1;
	if (cert_to_pem(c.der, &pem) || sha1(c.der, thumbprint) != 0)
		return err_set(e, E_NOMEM, "certificate");

	auto_free char *serial = out_hex(c.serial);
	auto_free char *print = out_hex(SPAN_OF(thumbprint));

	if (serial == NULL || print == NULL)
		return err_set(e, E_NOMEM, "certificate");
	(void)printf("New Certificate:\nIssuer: %s\nSerial Number: %s\n"
		     "Thumbprint: %s\n%.*s",
	    c.issuer_text, serial, print, (int)pem.n, (const char *)pem.p);
	return 0;
}

static void
print_hresult(const struct enroll_result *r)
{
	char line[HRESULT_LINE_SIZE];

	hresult_line(r->hresult, line);
	if (r->hresult != 0)
		(void)printf("%s%s%s\n", out_style(STYLE_BAD), line,
		    out_style(STYLE_PLAIN));
}

/* As Windows' log has it; before there is anything to ask, it has nothing. */
static int
print_failure(const struct enroll_result *r, struct err *e)
{
	auto_event v = { .id = 0 };

	if (event_of(r, &v, e) != 0)
		return -1;
	if (v.id != 0) {
		(void)printf("Event %u of %s%s:\n%s", v.id, EVENT_SOURCE,
		    v.seen ? "" : ", whose form is inferred", v.text);
		return 0;
	}
	(void)printf("Stage: %s\n", enroll_text(r->step));
	print_hresult(r);
	return 0;
}

int
enroll_text_end(const struct enroll_result *r, struct err *e)
{
	print_times(r);
	if ((r->enrolled ? print_certificate(r, e) : print_failure(r, e)) != 0)
		return -1;
	return fflush(stdout) == 0 ? 0 : err_errno(e, "write to stdout");
}
