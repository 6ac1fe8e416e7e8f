/*
 * A SCEP message, or what is encrypted in one, from anybody, to a server and
 * to a client; a challenge or an answer that is read is written the same.
 */
#include <stdlib.h>
#include <string.h>

#include "sim/aik/scep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* What the corpus' replies answer. */
static const uint8_t nonce[16] = { 0x9b, 0x99 };
static const struct scep_head asked = {
	.type = SCEP_PKCS_REQ,
	.status = SCEP_ABSENT,
	.fail = SCEP_ABSENT,
	.transaction = "99a64f14d68c2cabb95554279f32ec77a20918fa",
	.sender_nonce = { nonce, sizeof(nonce) },
};

static void
require(bool ok)
{
	if (!ok)
		abort();
}

static void
check_head(const struct scep_head *h)
{
	require(strnlen(h->transaction, MAX_SCEP_TRANSACTION) <
		MAX_SCEP_TRANSACTION);
	require(h->sender_nonce.n <= MAX_SCEP_NONCE);
	require(h->recipient_nonce.n <= MAX_SCEP_NONCE);
	require(h->type >= SCEP_ABSENT && h->status >= SCEP_ABSENT &&
		h->fail >= SCEP_ABSENT);
	require(strlen(scep_status_text(h->status)) > 0);
	require(strlen(scep_fail_text(h->fail)) > 0);
}

static void
check_challenge(struct span plain)
{
	auto_buf out = BUF_INIT(2 * MAX_CMS_SIZE);
	struct scep_challenge c, again;

	if (scep_read_challenge(plain, &c, NULL) != 0 ||
	    scep_write_challenge(&c, &out, NULL) != 0)
		return;
	require(scep_read_challenge(buf_span(&out), &again, NULL) == 0);
	require(strcmp(c.oid, again.oid) == 0);
	require(span_eq(c.blob, again.blob));
	require(span_eq(c.context, again.context));
}

static void
check_answer(struct span plain)
{
	auto_buf out = BUF_INIT(2 * MAX_CMS_SIZE);
	struct scep_answer a, again;

	if (scep_read_answer(plain, &a, NULL) != 0 ||
	    scep_write_answer(&a, &out, NULL) != 0)
		return;
	require(scep_read_answer(buf_span(&out), &again, NULL) == 0);
	require(span_eq(a.envelope, again.envelope));
	require(span_eq(a.context, again.context));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	auto_scep_message request = SCEP_MESSAGE_INIT,
			  reply = SCEP_MESSAGE_INIT;
	const struct span s = { data, n };
	struct err e = ERR_INIT;

	if (scep_read_request(s, &request, &e) == 0) {
		check_head(&request.head);
		require(request.head.type != SCEP_ABSENT);
		require(request.head.transaction[0] != '\0');
	} else {
		require(e.code != E_OK);
	}
	if (scep_read_reply(s, &asked, &reply, NULL) == 0) {
		check_head(&reply.head);
		require(reply.head.status != SCEP_ABSENT);
	}
	check_challenge(s);
	check_answer(s);
	return 0;
}
