/* Windows' events of a failed enrolment, beside those that were seen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/aik/enroll_record.h"
#include "sim/aik/event.h"
#include "sim/aik/hresult.h"

#define URL                                                                    \
	"https://AMD-KeyId-907d65e9b562315997dd5ad086b2b7598957b92c."          \
	"microsoftaik.azure.net/templates/Aik/scep"
#define BODY                                                                   \
	"{\"Message\":\"The authority "                                        \
	"\\\"amd-keyid-907d65e9b562315997dd5ad086b2b7598957b92c."              \
	"microsoftaik.azure.net\\\" does not exist.\"}"

struct row {
	enum enroll_step step;
	unsigned requests, status;
	uint32_t hresult;
	int pki_status, fail_info;
	const char *name, *method, *reason, *reply, *head;
	bool seen;
	const char *want; /* NULL: no event */
};

/* clang-format off */
static const struct row rows[] = {
{ ENROLL_URL, 0, 0, HRESULT_NOT_FOUND, SCEP_ABSENT, SCEP_ABSENT, NULL, NULL, "", "", "", false, NULL },
/* An AMD TPM's, in 2023. */
{ ENROLL_CAPS, 1, 404, 0x80190194, SCEP_ABSENT, SCEP_ABSENT, "GetCACaps", "GET", "Not Found", BODY,
  "HTTP/1.1 404 Not Found\r\nContent-Length: 121\r\nx-ms-request-id: \x1b[m\r\n\r\n", true,
  "SCEP Certificate enrollment initialization for WORKGROUP\\DESKTOP-ODCASIM$ via " URL " failed:\n"
  "\n"
  "GetCACaps\n"
  "GetCACaps: Not Found\n"
  BODY "\n"
  "HTTP/1.1 404 Not Found\n"
  "Content-Length: 121\n"
  "x-ms-request-id: ?[m\n"
  "\n"
  "Method: GET(421ms)\n"
  "Stage: GetCACaps\n"
  "Not found (404). 0x80190194 (-2145844844 HTTP_E_STATUS_NOT_FOUND)\n" },
/* An NDES client's. */
{ ENROLL_CONNECT, 1, 0, 0x80072f8f, SCEP_ABSENT, SCEP_ABSENT, "GetCACaps", "GET", "", "", "", true,
  "SCEP Certificate enrollment initialization for WORKGROUP\\DESKTOP-ODCASIM$ via " URL " failed:\n"
  "\n"
  "GetCACaps\n"
  "\n"
  "Method: GET(421ms)\n"
  "Stage: GetCACaps\n"
  "A security error occurred 0x80072f8f (WinHttp: 12175 ERROR_WINHTTP_SECURE_FAILURE)\n" },
/* Half of an answer was not seen. */
{ ENROLL_CAPS, 1, 200, 0x80072efe, SCEP_ABSENT, SCEP_ABSENT, "GetCACaps", "GET", "", "", "HTTP/1.1 200 OK\r\n\r\n", false,
  "SCEP Certificate enrollment initialization for WORKGROUP\\DESKTOP-ODCASIM$ via " URL " failed:\n"
  "\n"
  "GetCACaps\n"
  "HTTP/1.1 200 OK\n"
  "\n"
  "Method: GET(421ms)\n"
  "Stage: GetCACaps\n"
  "The connection with the server was terminated abnormally 0x80072efe (WinHttp: 12030 ERROR_WINHTTP_CONNECTION_ERROR)\n" },
{ ENROLL_SUBMIT, 3, 200, 0, SCEP_FAILURE, 2, "PKIOperation", "POST", "", "",
  "HTTP/1.1 200 OK\r\nContent-Length: 1070\r\nContent-Type: application/x-pki-message\r\n\r\n", true,
  "SCEP Certificate enrollment for WORKGROUP\\DESKTOP-ODCASIM$ via " URL " failed:\n"
  "\n"
  "PkiStatus(2): SCEPDispositionFailure\n"
  "FailInfo(2): SCEPFailBadRequest\n"
  "EnrollStatus(256): EnrollDenied\n"
  "Submit(Request): OK\n"
  "HTTP/1.1 200 OK\n"
  "Content-Length: 1070\n"
  "Content-Type: application/x-pki-message\n"
  "\n"
  "Method: POST(421ms)\n"
  "Stage: PKIOperation\n" },
/* The last request was answered well. */
{ ENROLL_ACTIVATE, 3, 200, 0x802800a5, SCEP_PENDING_CHALLENGE, SCEP_ABSENT, "PKIOperation", "POST", "", "",
  "HTTP/1.1 200 OK\r\n\r\n", false,
  "SCEP Certificate enrollment for WORKGROUP\\DESKTOP-ODCASIM$ via " URL " failed:\n"
  "\n"
  "Method: POST(421ms)\n"
  "Stage: ActivateCredential\n"
  "TPM 2.0: Public and sensitive portions of an object are not cryptographically bound. 0x802800a5 (-2144862043 TPM_20_E_BINDING)\n" },
};
/* clang-format on */

static void
fill(const struct row *row, struct enroll_result *r)
{
	struct enroll_request *q = &r->requests[row->requests];
	struct buf *head;

	*r = (struct enroll_result){ .step = row->step,
		.http_status = row->status,
		.hresult = row->hresult,
		.pki_status = row->pki_status,
		.fail_info = row->fail_info,
		.n_requests = row->requests };
	(void)snprintf(r->authority.url, sizeof(r->authority.url), URL);
	(void)snprintf(r->reason, sizeof(r->reason), "%s", row->reason);
	(void)snprintf(r->reply, sizeof(r->reply), "%s", row->reply);
	assert_non_null(r->record = enroll_record_new());
	if (row->requests == 0)
		return;
	q[-1] = (struct enroll_request){ .name = row->name,
		.method = row->method,
		.status = row->status,
		.ns = 421000000 };
	head = &r->record->exchanges[row->requests - 1].answer.head;
	buf_init(head, MAX_HTTP_HEAD);
	assert_int_equal(buf_put(head, SPAN_STR(row->head)), 0);
}

static void
test_texts(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_enroll_result r;
		auto_event v = { .id = 0 };

		fill(&rows[i], &r);
		assert_int_equal(event_of(&r, &v, NULL), 0);
		assert_int_equal(v.id, event_id(rows[i].step));
		assert_int_equal(v.seen, rows[i].seen);
		if (rows[i].want == NULL)
			assert_null(v.text);
		else
			assert_string_equal(v.text, rows[i].want);
	}
}

static void
test_enrolled(void **state)
{
	const struct enroll_result r = { .step = ENROLL_CHECK,
		.enrolled = true };
	auto_event v = { .id = 1 };

	assert_int_equal(event_of(&r, &v, NULL), 0);
	assert_int_equal(v.id, 0);
}

static void
test_ids(void **state)
{
	assert_int_equal(event_id(ENROLL_URL), 0);
	assert_int_equal(event_id(ENROLL_CONNECT), 86);
	assert_int_equal(event_id(ENROLL_CA_CHAIN), 86);
	assert_int_equal(event_id(ENROLL_REQUEST), 87);
	assert_int_equal(event_id(ENROLL_CHECK), 87);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_enrolled),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
