/* The client's way to an AIK certificate, with TPMs of ours and a service that
 * does not always what it should. */
#include "sim/aik/enroll_record.h"
#include "sim/aik/hresult.h"
#include "sim/cli/source.h"
#include "sim/tpm/mint.h"
#include "sim/tpm/record.h"
#include "tests/unit/mockaik.h"
#include "tests/unit/temppki.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static struct temp temp;
static char tgl[128], cml[128];

static void
mint(const char *family, char path[static 128])
{
	const struct mint_request r = { .family = family, .seed = "enroll" };
	struct err e = ERR_INIT;

	(void)snprintf(path, 128, "%s/%s", temp.base, family);
	MOCK_OK(mint_device(&r, path, &e));
}

static int
make_devices(void **state)
{
	make_temp(&temp);
	mint("tgl", tgl);
	mint("cml", cml);
	return 0;
}

static int
remove_devices(void **state)
{
	remove_tree(temp.base);
	return 0;
}

/* What EKOP has of a device. */
static void
read_ekop(const char *dir, struct buf *der)
{
	json_auto_t *device = NULL;
	auto_store store = NULL;
	struct err e = ERR_INIT;
	const char *pem;

	MOCK_OK(store_open_dir(dir, STORE_PEEK, &store, &e));
	MOCK_OK(record_parse(store, &device, &e));
	assert_int_equal(json_unpack(device, "{s:{s:{s:s}}}", "ek", "rsa2048",
			     "certificate", &pem),
	    0);
	MOCK_OK(cert_from_file(SPAN_STR(pem), der, &e));
}

/* --- one enrolment -----------------------------------------------------------
 */

/* What was called, as letters: "A" begins, "a" ends well, "!" badly. */
struct seen {
	char steps[64];
	size_t n, answers;
	bool record; /* to be asked for */
};

static void
on_begin(void *ctx, enum enroll_step s)
{
	struct seen *seen = ctx;

	seen->steps[seen->n++] = enroll_letter(s);
}

static void
on_end(void *ctx, enum enroll_step s, const struct enroll_result *r)
{
	struct seen *seen = ctx;

	assert_int_equal(r->step, s);
	seen->steps[seen->n++] =
	    (char)(r->steps[s].ok ? enroll_letter(s) + ('a' - 'A') : '!');
}

static void
on_answer(
    void *ctx, const struct enroll_request *q, const struct httpc_answer *a)
{
	((struct seen *)ctx)->answers++;
}

static int
run(struct mock *m, const char *dir, enum aik_client client,
    struct enroll_result *r, struct seen *seen, struct err *why)
{
	const struct args a = { .state = dir };
	AUTO(source_close) struct source s = { .n_eks = 0 };
	struct pki_file above[MAX_CAS];
	struct span spans[MAX_CAS];
	struct enroll_options o = { .send = mock_send,
		.http = m,
		.client = client,
		.above = spans,
		.save = true,
		.record = seen->record,
		.watch = { on_begin, on_end, on_answer, seen } };
	struct err e = ERR_INIT;

	MOCK_OK(source_open_tpm(&a, &s, &e));
	MOCK_OK(pki_certs(m->pki, above, &o.n_above, &e));
	for (size_t i = 0; i < o.n_above; i++)
		spans[i] = above[i].der;
	MOCK_OK(pki_cert(m->pki, AIK_ROOT, &o.root, &e));
	o.tcti = s.tcti;
	return enroll_run(&o, r, why);
}

static void
test_good(void **state)
{
	const char *const dirs[] = { tgl, cml };

	for (size_t i = 0; i < N_OF(dirs); i++) {
		auto_buf ekop = BUF_INIT(MAX_CERT_SIZE);
		auto_enroll_result r = { .enrolled = false };
		struct seen seen = { .n = 0 };
		struct err e = ERR_INIT;
		struct mock m;
		struct cert c;

		mock_open(&m, MOCK_GOOD);
		if (dirs[i] == cml)
			read_ekop(cml, &ekop);
		m.ekop = buf_span(&ekop);
		MOCK_OK(run(&m, dirs[i], CLIENT_CURRENT, &r, &seen, &e));
		assert_true(r.enrolled);
		assert_string_equal(seen.steps, "AaBbCcDdEeFfGgHhIiJjKkLl");
		assert_string_equal(m.methods, dirs[i] == cml
						   ? "GET GET GET POST POST "
						   : "GET GET POST POST ");
		assert_int_equal(seen.answers, r.n_requests);
		assert_int_equal(r.from_ekop, dirs[i] == cml);
		assert_int_equal(r.n_chain, dirs[i] == cml ? 0 : 3);
		assert_int_equal(m.n_certs, 1 + r.n_chain);
		assert_int_equal(r.hresult, 0);
		assert_int_equal(r.http_status, 200);
		assert_string_equal(r.caps,
		    "SHA-256, SHA-1, AES256, AES128, DES3, POSTPKIOperation, "
		    "IdentityKeyAttestation, GetCaCertChain");
		MOCK_OK(cert_parse(buf_span(&r.cert), &c, &e));
		assert_true(span_eq(c.ski, SPAN_OF(r.ski)));
		assert_int_equal(r.n_checks, 12);
		assert_true(r.context.n > 500);
		mock_close(&m);
	}
}

/* --- what can go wrong
 * -------------------------------------------------------- */

static void
test_faults(void **state)
{
	static const struct {
		enum mock_fault fault;
		const char *steps; /* how it ends */
		enum err_code code;
		uint32_t hresult;
		const char *says;
	} rows[] = {
		{ MOCK_SILENT, "E!", E_IO, 0x80072efd, "nobody is there" },
		{ MOCK_404, "F!", E_REJECTED, 0x80190194, "status 404" },
		{ MOCK_NO_CHAIN, "G!", E_FORMAT, HRESULT_NO_MATCH, "" },
		{ MOCK_OTHER_AUTHORITY, "G!", E_REJECTED, HRESULT_NO_MATCH,
		    "another authority" },
		{ MOCK_OTHER_CA, "G!", E_REJECTED, HRESULT_NO_MATCH,
		    "not of a CA" },
		{ MOCK_400, "I!", E_REJECTED, 0x80190190,
		    "No valid TPM EK/Platform" },
		{ MOCK_DENIED, "I!", E_REJECTED, 0, "SCEPFailBadMessageCheck" },
		{ MOCK_AT_ONCE, "I!", E_FORMAT, HRESULT_INVALID_DATA,
		    "want 11" },
		{ MOCK_NO_CMS, "I!", E_FORMAT, HRESULT_INVALID_DATA, "" },
		{ MOCK_OTHER_SIGNER, "I!", E_REJECTED, HRESULT_INVALID_DATA,
		    "signer of the reply" },
		{ MOCK_NO_CREDENTIAL, "I!", E_SHORT, HRESULT_INVALID_DATA,
		    "challenge" },
		{ MOCK_OTHER_NAME, "J!", E_TPM, 0x8028009f,
		    "TPM2_ActivateCredential" },
		{ MOCK_DENIED_ANSWER, "K!", E_REJECTED, 0,
		    "pkiStatus 2 (SCEPDispositionFailure)" },
		{ MOCK_OTHER_KEY, "L!", E_REJECTED, HRESULT_NO_MATCH,
		    "aik.key" },
		{ MOCK_OTHER_SKI, "L!", E_REJECTED, HRESULT_NO_MATCH,
		    "aik.ski" },
		{ MOCK_OTHER_SAN, "L!", E_REJECTED, HRESULT_NO_MATCH,
		    "aik.san" },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		auto_enroll_result r = { .enrolled = true };
		struct seen seen = { .n = 0 };
		struct err e = ERR_INIT;
		struct mock m;

		mock_open(&m, rows[i].fault);
		assert_int_equal(
		    run(&m, tgl, CLIENT_CURRENT, &r, &seen, &e), -1);
		if (strcmp(seen.steps + seen.n - 2, rows[i].steps) != 0 ||
		    strstr(e.msg, rows[i].says) == NULL ||
		    e.code != rows[i].code || r.hresult != rows[i].hresult)
			fail_msg("row %zu: %s, %s, code %d, 0x%x: %s", i,
			    seen.steps, rows[i].steps, (int)e.code, r.hresult,
			    e.msg);
		assert_false(r.enrolled);
		assert_int_equal(r.cert.n > 0, rows[i].steps[0] == 'L');
		assert_int_equal(r.context.n, 0);
		mock_close(&m);
	}
}

/* Row 5: an EK without a certificate anywhere. */
static void
test_ekop(void **state)
{
	static const struct {
		enum mock_fault fault;
		enum err_code code;
		uint32_t hresult;
	} rows[] = {
		{ MOCK_EKOP_404, E_NOTFOUND, HRESULT_NOT_FOUND },
		{ MOCK_SILENT, E_NOTFOUND, HRESULT_NOT_FOUND },
		{ MOCK_EKOP_OTHER, E_FORMAT, HRESULT_INVALID_DATA },
	};
	auto_buf ekop = BUF_INIT(MAX_CERT_SIZE);

	read_ekop(cml, &ekop);
	for (size_t i = 0; i < N_OF(rows); i++) {
		auto_enroll_result r = { .enrolled = true };
		struct seen seen = { .n = 0 };
		struct err e = ERR_INIT;
		struct mock m;

		mock_open(&m, rows[i].fault);
		m.ekop = buf_span(&ekop);
		assert_int_equal(
		    run(&m, cml, CLIENT_CURRENT, &r, &seen, &e), -1);
		assert_string_equal(seen.steps, "AaB!");
		assert_int_equal(e.code, rows[i].code);
		assert_int_equal(r.hresult, rows[i].hresult);
		mock_close(&m);
	}
}

/* Who walks less far, or too far, asks elsewhere; what goes along is what it
 * knows. */
static void
test_clients(void **state)
{
	static const struct {
		enum aik_client client;
		size_t chain, certs, place;
	} rows[] = {
		{ CLIENT_CURRENT, 3, 4, 3 },
		{ CLIENT_LEGACY, 0, 1, 0 },
		{ CLIENT_TOO_FAR, 3, 5, 4 },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		auto_enroll_result r = { .enrolled = false };
		struct seen seen = { .n = 0 };
		struct err e = ERR_INIT;
		struct mock m;

		mock_open(&m, MOCK_GOOD);
		MOCK_OK(run(&m, tgl, rows[i].client, &r, &seen, &e));
		assert_int_equal(r.n_chain, rows[i].chain);
		assert_int_equal(m.n_certs, rows[i].certs);
		assert_int_equal(r.authority.place, rows[i].place);
		mock_close(&m);
	}
}

/* Another clock: the certificates of the service are not valid then. */
static void
test_clock(void **state)
{
	auto_enroll_result r = { .enrolled = true };
	struct seen seen = { .n = 0 };
	struct err e = ERR_INIT;
	struct mock m;

	mock_open(&m, MOCK_GOOD);
	clock_set(2524607999 + 86400);
	assert_int_equal(run(&m, tgl, CLIENT_CURRENT, &r, &seen, &e), -1);
	clock_set((time_t)-1);
	assert_int_equal(e.code, E_REJECTED);
	assert_non_null(strstr(e.msg, "not valid now"));
	mock_close(&m);
}

/* --- the record -------------------------------------------------------------
 */

static bool
has(const struct buf *b, const char *text)
{
	return b->n > 0 && memmem(b->p, b->n, text, strlen(text)) != NULL;
}

static void
check_exchange(const struct enroll_result *r, size_t i)
{
	const struct enroll_exchange *x = &r->record->exchanges[i];
	const struct enroll_message *const messages[] = { &x->request,
		&x->answer };

	assert_int_equal(x->request.body.n, r->requests[i].sent);
	assert_int_equal(x->answer.body.n, r->requests[i].received);
	assert_non_null(strstr(x->url, "/templates/Aik/scep?operation="));
	assert_non_null(strstr(x->url, r->requests[i].name));
	assert_string_equal(x->error, "");
	for (size_t k = 0; k < N_OF(messages); k++) {
		assert_true(has(&messages[k]->head, "(left out)\r\n\r\n"));
		assert_false(has(&messages[k]->head, MOCK_SECRET));
	}
}

static size_t
count_role(const struct enroll_result *r, const char *role)
{
	size_t n = 0;

	for (size_t i = 0; i < r->record->n_certs; i++)
		n += strcmp(r->record->certs[i].role, role) == 0;
	return n;
}

static void
check_roles(const struct enroll_result *r)
{
	static const struct {
		const char *name;
		size_t n;
	} roles[] = { { "ek", 1 }, { "chain", 3 }, { "above", 3 },
		{ "aik-root", 1 }, { "aik-ca", 1 }, { "ra", 2 }, { "aik", 1 } };
	size_t all = 0;

	for (size_t i = 0; i < N_OF(roles); i++) {
		assert_int_equal(count_role(r, roles[i].name), roles[i].n);
		all += roles[i].n;
	}
	assert_int_equal(r->record->n_certs, all);
}

static void
test_record(void **state)
{
	static const struct {
		int type, status;
	} scep[] = { { SCEP_ABSENT, SCEP_ABSENT }, { SCEP_ABSENT, SCEP_ABSENT },
		{ SCEP_PKCS_REQ, SCEP_PENDING_CHALLENGE },
		{ SCEP_CHALLENGE_ANSWER, SCEP_SUCCESS } };
	auto_enroll_result r = { .enrolled = false };
	struct seen seen = { .record = true };
	struct err e = ERR_INIT;
	struct mock m;

	mock_open(&m, MOCK_GOOD);
	MOCK_OK(run(&m, tgl, CLIENT_CURRENT, &r, &seen, &e));
	assert_int_equal(r.n_requests, N_OF(scep));
	for (size_t i = 0; i < N_OF(scep); i++) {
		const struct enroll_exchange *x = &r.record->exchanges[i];

		check_exchange(&r, i);
		assert_int_equal(x->message_type, scep[i].type);
		assert_int_equal(x->pki_status, scep[i].status);
		assert_int_equal(x->fail_info, SCEP_ABSENT);
		assert_string_equal(x->transaction,
		    scep[i].type == SCEP_ABSENT ? "" : m.asked.transaction);
	}
	assert_true(has(&r.record->exchanges[0].answer.body, CAPS));
	check_roles(&r);
	mock_close(&m);
}

static void
test_record_denied(void **state)
{
	auto_enroll_result r = { .enrolled = false };
	struct seen seen = { .record = true };
	struct err e = ERR_INIT;
	struct mock m;

	mock_open(&m, MOCK_DENIED);
	assert_int_equal(run(&m, tgl, CLIENT_CURRENT, &r, &seen, &e), -1);
	assert_int_equal(r.n_requests, 3);
	assert_int_equal(r.record->exchanges[2].pki_status, SCEP_FAILURE);
	assert_int_equal(
	    r.record->exchanges[2].fail_info, SCEP_BAD_MESSAGE_CHECK);
	assert_int_equal(count_role(&r, "aik"), 0);
	mock_close(&m);
}

/* A proxy answered, and the message stayed here. */
static void
test_record_tunnel(void **state)
{
	auto_enroll_result r = { .enrolled = false };
	struct seen seen = { .record = true };
	struct err e = ERR_INIT;
	struct mock m;

	mock_open(&m, MOCK_400);
	m.sent = "CONNECT name.test:443 HTTP/1.1\r\n\r\n";
	assert_int_equal(run(&m, tgl, CLIENT_CURRENT, &r, &seen, &e), -1);
	assert_int_equal(r.n_requests, 3);
	assert_true(has(&r.record->exchanges[2].request.head, "CONNECT "));
	assert_int_equal(r.record->exchanges[2].request.body.n, 0);
	mock_close(&m);
}

static const char *
source_at(int place)
{
	if (place == 0)
		return "NV 0x01c00002";
	return place < 4 ? "NV 0x01c00100" : "known here";
}

/* How far the client went, on the way up from the EK to the root. */
static void
check_way(const struct enroll_result *r, int walked)
{
	unsigned places = 0;

	assert_int_equal(r->record->n_certs, 7);
	for (size_t i = 0; i < 7; i++) {
		const struct enroll_certificate *c = &r->record->certs[i];

		assert_in_range(c->place, 0, 6);
		assert_int_equal(c->walked, c->place < walked);
		assert_string_equal(c->source, source_at(c->place));
		places |= 1u << c->place;
	}
	assert_int_equal(places, 0x7f);
}

static void
test_record_way(void **state)
{
	static const struct {
		enum aik_client client;
		int walked;
	} rows[] = { { CLIENT_CURRENT, 4 }, { CLIENT_LEGACY, 1 },
		{ CLIENT_TOO_FAR, 5 } };

	for (size_t i = 0; i < N_OF(rows); i++) {
		auto_enroll_result r = { .enrolled = false };
		struct seen seen = { .record = true };
		struct err e = ERR_INIT;
		struct mock m;

		mock_open(&m, MOCK_404);
		assert_int_equal(
		    run(&m, tgl, rows[i].client, &r, &seen, &e), -1);
		check_way(&r, rows[i].walked);
		assert_int_equal(r.right.place, 3);
		assert_int_equal(strcmp(r.right.url, r.authority.url) == 0,
		    rows[i].client == CLIENT_CURRENT);
		mock_close(&m);
	}
}

static void
test_record_silence(void **state)
{
	auto_enroll_result r = { .enrolled = false };
	struct seen seen = { .record = true };
	struct err e = ERR_INIT;
	struct mock m;

	mock_open(&m, MOCK_SILENT);
	assert_int_equal(run(&m, tgl, CLIENT_CURRENT, &r, &seen, &e), -1);
	assert_int_equal(r.n_requests, 1);
	assert_string_equal(r.record->exchanges[0].error, "nobody is there");
	assert_int_equal(r.record->exchanges[0].answer.head.n, 0);
	assert_true(r.record->exchanges[0].request.head.n > 0);
	mock_close(&m);
}

static void
test_no_record(void **state)
{
	auto_enroll_result r = { .enrolled = false };
	struct seen seen = { .record = false };
	struct err e = ERR_INIT;
	struct mock m;

	mock_open(&m, MOCK_404);
	assert_int_equal(run(&m, tgl, CLIENT_CURRENT, &r, &seen, &e), -1);
	assert_null(r.record);
	mock_close(&m);
}

static void
test_secrets(void **state)
{
	static const struct {
		const char *head, *want; /* NULL: as it is */
	} rows[] = {
		{ "", NULL },
		{ "HTTP/1.1 200 OK\r\n\r\n", NULL },
		{ "Date: x\r\nCookies: y\r\nX-Cookie: z\r\n", NULL },
		{ ": x\r\nno colon\r\n", NULL },
		{ "cOOKIE: a=b\r\nDate: x\r\n",
		    "cOOKIE: (left out)\r\nDate: x\r\n" },
		{ "Set-Cookie:a\r\nset-cookie:b\r\n",
		    "Set-Cookie: (left out)\r\nset-cookie: (left out)\r\n" },
		{ "Authorization\t : Basic x\r\n",
		    "Authorization\t : (left out)\r\n" },
		{ "Proxy-Authorization: B\r\n x\r\n\ty\r\nA: b\r\n c\r\n",
		    "Proxy-Authorization: (left out)\r\nA: b\r\n c\r\n" },
		{ "Cookie: a\nB: c\n", "Cookie: (left out)\r\nB: c\n" },
		{ "Cookie: cut", "Cookie: (left out)\r\n" },
		{ "Cookie:\n", "Cookie: (left out)\r\n" },
	};

	for (size_t i = 0; i < N_OF(rows); i++) {
		auto_buf out = BUF_INIT(256);
		const char *want =
		    rows[i].want != NULL ? rows[i].want : rows[i].head;

		assert_int_equal(
		    enroll_record_head(SPAN_STR(rows[i].head), &out), 0);
		if (!span_eq(buf_span(&out), SPAN_STR(want)))
			fail_msg("row %zu: %.*s", i, (int)out.n,
			    (const char *)out.p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_ekop),
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_clock),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_record_denied),
		cmocka_unit_test(test_record_tunnel),
		cmocka_unit_test(test_record_way),
		cmocka_unit_test(test_record_silence),
		cmocka_unit_test(test_no_record),
		cmocka_unit_test(test_secrets),
	};

	crypto_init();
	return cmocka_run_group_tests(tests, make_devices, remove_devices);
}
