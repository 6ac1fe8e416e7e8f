/* SCEP: a conversation from both sides, and messages that are none. */
#include "tests/unit/scepkeys.h"

#include "sim/aik/scep.h"

static struct owner client, ra;
static const uint8_t nonce[16] = { 1, 2, 3 }, other_nonce[16] = { 9 };

#define TRANSACTION "99a64f14d68c2cabb95554279f32ec77a20918fa"

static int
make_owners(void **state)
{
	owner_make(&client, SCEP_CERT_NAME);
	owner_make(&ra, "RA Signing Certificate");
	return 0;
}

static int
free_owners(void **state)
{
	owner_free(&client);
	owner_free(&ra);
	return 0;
}

static struct scep_head
request_head(void)
{
	return (struct scep_head){
		.type = SCEP_PKCS_REQ,
		.status = SCEP_ABSENT,
		.fail = SCEP_ABSENT,
		.transaction = TRANSACTION,
		.sender_nonce = SPAN_OF(nonce),
	};
}

static struct scep_head
reply_head(void)
{
	return (struct scep_head){
		.type = SCEP_CERT_REP,
		.status = SCEP_PENDING_CHALLENGE,
		.fail = SCEP_ABSENT,
		.transaction = TRANSACTION,
		.sender_nonce = SPAN_OF(other_nonce),
		.recipient_nonce = SPAN_OF(nonce),
	};
}

static void
write_message(const struct scep_head *h, const struct owner *o,
    struct span content, struct buf *out)
{
	const struct cms_signer who = { o->key, buf_span(&o->cert), NULL, 0,
		NOW };
	struct err e = ERR_INIT;

	if (scep_write(h, &who, content, out, &e) != 0)
		fail_msg("%s", e.msg);
}

static void
test_request(void **state)
{
	auto_buf der = BUF_INIT(MAX_CMS_SIZE);
	auto_scep_message m = SCEP_MESSAGE_INIT;
	struct scep_head h = request_head();
	struct err e = ERR_INIT;

	write_message(&h, &client, SPAN_STR("envelope"), &der);
	if (scep_read_request(buf_span(&der), &m, &e) != 0)
		fail_msg("%s", e.msg);
	assert_int_equal(m.head.type, SCEP_PKCS_REQ);
	assert_int_equal(m.head.status, SCEP_ABSENT);
	assert_int_equal(m.head.fail, SCEP_ABSENT);
	assert_string_equal(m.head.transaction, TRANSACTION);
	assert_true(span_eq(m.head.sender_nonce, SPAN_OF(nonce)));
	assert_int_equal(m.head.recipient_nonce.n, 0);
	assert_true(span_eq(m.cms.content, SPAN_STR("envelope")));
	assert_true(span_eq(m.cms.signer, buf_span(&client.cert)));
}

/* What a request lacks, or has too much of. */
static void
test_request_rows(void **state)
{
	static const uint8_t long_nonce[MAX_SCEP_NONCE + 1] = { 1 };
	struct {
		const char *name;
		struct scep_head h;
		struct span content;
		const char *want; /* of the error; NULL: it is read */
	} rows[] = {
		{ "no nonce", request_head(), SPAN_STR("x"), NULL },
		{ "type 4711", request_head(), SPAN_STR("x"), "messageType" },
		{ "no type", request_head(), SPAN_STR("x"), "messageType" },
		{ "no transaction", request_head(), SPAN_STR("x"),
		    "no transactionID" },
		{ "a line break", request_head(), SPAN_STR("x"),
		    "not printable" },
		{ "long nonce", request_head(), SPAN_STR("x"), "senderNonce" },
		{ "no content", request_head(), { NULL, 0 }, "no content" },
		{ "unknown type", request_head(), SPAN_STR("x"), NULL },
	};

	rows[0].h.sender_nonce.n = 0;
	rows[1].h.type = 4711;
	rows[2].h.type = SCEP_ABSENT;
	rows[3].h.transaction[0] = '\0';
	rows[4].h.transaction[0] = '\n';
	rows[5].h.sender_nonce = SPAN_OF(long_nonce);
	rows[7].h.type = 99;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_buf der = BUF_INIT(MAX_CMS_SIZE);
		auto_scep_message m = SCEP_MESSAGE_INIT;
		struct err e = ERR_INIT;
		int rc;

		write_message(&rows[i].h, &client, rows[i].content, &der);
		rc = scep_read_request(buf_span(&der), &m, &e);
		if ((rc == 0) != (rows[i].want == NULL) ||
		    (rc != 0 && strstr(e.msg, rows[i].want) == NULL))
			fail_msg("%s: %s", rows[i].name, e.msg);
	}
}

static void
test_reply_rows(void **state)
{
	struct {
		const char *name;
		struct scep_head h;
		struct span content;
		const char *want;
	} rows[] = {
		{ "challenge", reply_head(), SPAN_STR("x"), NULL },
		{ "a request", reply_head(), SPAN_STR("x"), "messageType 19" },
		{ "no status", reply_head(), SPAN_STR("x"), "no pkiStatus" },
		{ "to another", reply_head(), SPAN_STR("x"), "transactionID" },
		{ "other nonce", reply_head(), SPAN_STR("x"),
		    "recipientNonce" },
		{ "no nonce", reply_head(), SPAN_STR("x"), "recipientNonce" },
		{ "no content", reply_head(), { NULL, 0 }, "no content" },
		{ "failure", reply_head(), { NULL, 0 }, NULL },
		{ "pending", reply_head(), { NULL, 0 }, NULL },
	};
	const struct scep_head asked = request_head();

	rows[1].h.type = SCEP_PKCS_REQ;
	rows[2].h.status = SCEP_ABSENT;
	rows[3].h.transaction[0] = 'f';
	rows[4].h.recipient_nonce = SPAN_OF(other_nonce);
	rows[5].h.recipient_nonce.n = 0;
	rows[7].h.status = SCEP_FAILURE;
	rows[7].h.fail = SCEP_BAD_REQUEST;
	rows[8].h.status = SCEP_PENDING;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_buf der = BUF_INIT(MAX_CMS_SIZE);
		auto_scep_message m = SCEP_MESSAGE_INIT;
		struct err e = ERR_INIT;
		int rc;

		write_message(&rows[i].h, &ra, rows[i].content, &der);
		rc = scep_read_reply(buf_span(&der), &asked, &m, &e);
		if ((rc == 0) != (rows[i].want == NULL) ||
		    (rc != 0 && strstr(e.msg, rows[i].want) == NULL))
			fail_msg("%s: %s", rows[i].name, e.msg);
		if (rc == 0) {
			assert_int_equal(m.head.status, rows[i].h.status);
			assert_int_equal(m.head.fail, rows[i].h.fail);
		}
	}
}

/* Certificates the other way round, as a sorted SET has them. */
static int
swap_certs(struct der d, int depth, struct buf *out)
{
	auto_buf both = BUF_INIT(MAX_CMS_SIZE);
	struct der first, second;

	if (depth != 3 || d.tag != 0xa0)
		return 0;
	assert_int_equal(der_get(&d.content, &first), 0);
	assert_int_equal(der_get(&d.content, &second), 0);
	assert_int_equal(buf_put(&both, second.tlv), 0);
	assert_int_equal(buf_put(&both, first.tlv), 0);
	return der_put(out, d.tag, buf_span(&both)) == 0;
}

static void
test_signer_first(void **state)
{
	const struct span more[] = { buf_span(&client.cert) };
	const struct cms_signer who = { ra.key, buf_span(&ra.cert), more, 1,
		NOW };
	const struct scep_head asked = request_head(), h = reply_head();
	auto_buf der = BUF_INIT(MAX_CMS_SIZE), sorted = BUF_INIT(MAX_CMS_SIZE);
	auto_scep_message m = SCEP_MESSAGE_INIT, other = SCEP_MESSAGE_INIT;
	struct err e = ERR_INIT;

	assert_int_equal(scep_write(&h, &who, SPAN_STR("x"), &der, &e), 0);
	assert_int_equal(scep_read_reply(buf_span(&der), &asked, &m, &e), 0);
	der_rewrite(buf_span(&der), 0, swap_certs, &sorted);
	assert_int_equal(
	    scep_read_reply(buf_span(&sorted), &asked, &other, &e), -1);
	assert_non_null(strstr(e.msg, "not the first"));
}

static void
test_words(void **state)
{
	assert_string_equal(scep_status_text(SCEP_PENDING_CHALLENGE),
	    "SCEPDispositionPendingChallenge");
	assert_string_equal(scep_status_text(4), "Unknown");
	assert_string_equal(
	    scep_fail_text(SCEP_BAD_REQUEST), "SCEPFailBadRequest");
	assert_string_equal(scep_fail_text(SCEP_ABSENT), "Unknown");
}

/* --- challenge and answer ------------------------------------------------- */

/* The context would be first in a sorted SET: 04 before 30. */
static void
test_challenge(void **state)
{
	static const uint8_t context[] = { 0x04, 2, 0, 0 };
	const struct scep_challenge c = { SCEP_OID_CHALLENGE, SPAN_STR("blob"),
		SPAN_OF(context) };
	auto_buf plain = BUF_INIT(256);
	struct scep_challenge got;
	struct err e = ERR_INIT;

	assert_int_equal(scep_write_challenge(&c, &plain, &e), 0);
	assert_int_equal(plain.p[0], DER_SET);
	assert_int_equal(plain.p[2], DER_SEQUENCE);
	assert_int_equal(scep_read_challenge(buf_span(&plain), &got, &e), 0);
	assert_string_equal(got.oid, SCEP_OID_CHALLENGE);
	assert_true(span_eq(got.blob, SPAN_STR("blob")));
	assert_true(span_eq(got.context, SPAN_OF(context)));
}

static void
test_answer(void **state)
{
	static const uint8_t context[] = { 0x30, 0 },
			     envelope[] = { 0x30, 2, 5, 0 };
	const struct scep_answer a = { SPAN_OF(envelope), SPAN_OF(context) };
	auto_buf plain = BUF_INIT(256);
	struct scep_answer got;
	struct err e = ERR_INIT;

	assert_int_equal(scep_write_answer(&a, &plain, &e), 0);
	assert_int_equal(scep_read_answer(buf_span(&plain), &got, &e), 0);
	assert_true(span_eq(got.envelope, SPAN_OF(envelope)));
	assert_true(span_eq(got.context, SPAN_OF(context)));
}

#define VALUE_28                                                               \
	"3011 06092b060104018237151c"                                          \
	"3104 0402 6162"
#define VALUE_TWO                                                              \
	"3014 06092b060104018237151c"                                          \
	"3107 0402 6162 020101"
#define VALUE_35                                                               \
	"3011 06092b0601040182371523"                                          \
	"3104 3002 0500"

/* Rows of aik-server.md 4: what a client takes, what it does not. */
static void
test_set_rows(void **state)
{
	/* clang-format off */
	static const struct {
		const char *name, *hex;
		bool challenge, answer; /* read as one */
	} rows[] = {
		{ "challenge", "3117" VALUE_28 "0402 0000", true, false },
		{ "context in a context tag", "3117" VALUE_28 "a002 0500", true, false },
		{ "more elements", "3119" VALUE_28 "0402 0000 0500", true, false },
		{ "more values", "311a" VALUE_TWO "0402 0000", true, false },
		{ "a SEQUENCE", "3017" VALUE_28 "0402 0000", false, false },
		{ "bytes behind", "3117" VALUE_28 "0402 0000 00", false, false },
		{ "context first", "3117" "0402 0000" VALUE_28, false, false },
		{ "no context", "3113" VALUE_28, false, false },
		{ "cut", "3117" VALUE_28 "0402 00", false, false },
		{ "answer", "3117" VALUE_35 "0402 0000", false, true },
		{ "answer behind its context", "3117" "0402 0000" VALUE_35, false, true },
		{ "nothing", "", false, false },
		{ "empty", "3100", false, false },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		auto_buf plain = BUF_INIT(256);
		struct scep_challenge c;
		struct scep_answer a;
		char hex[256] = "";

		for (const char *p = rows[i].hex; *p != '\0'; p++)
			if (*p != ' ')
				(void)strncat(hex, p, 1);
		assert_int_equal(hex_decode(hex, &plain), 0);
		if ((scep_read_challenge(buf_span(&plain), &c, NULL) == 0) !=
			rows[i].challenge ||
		    (scep_read_answer(buf_span(&plain), &a, NULL) == 0) !=
			rows[i].answer)
			fail_msg("%s", rows[i].name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_request_rows),
		cmocka_unit_test(test_reply_rows),
		cmocka_unit_test(test_signer_first),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_challenge),
		cmocka_unit_test(test_answer),
		cmocka_unit_test(test_set_rows),
	};

	return cmocka_run_group_tests_name(
	    "scep", tests, make_owners, free_owners);
}
