/*
 * The AIK service as anybody on the network has it. The first octet says what
 * the rest is: a body, an argument, or what is inside of the envelope of a
 * message that is encrypted and signed as it should be. Whatever comes, there
 * is an answer, and it is never a certificate of an AIK.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "odca/cert.h"
#include "ra.h"
#include "sim/aik/aikca.h"
#include "sim/aik/authority.h"
#include "sim/aik/cloud.h"
#include "sim/aik/scep.h"
#include "sim/base/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerInitialize(int *argc, char ***argv);

#define PLAIN_PATH "/templates/Plain/scep"
/* 2028-01-01: what the corpus has of challenges was answered long ago. */
#define TIME 1830297600

static struct cloud *cloud;
static struct key *client;
static struct buf client_cert = BUF_INIT(MAX_CERT_SIZE);
static struct buf ra_cert = BUF_INIT(MAX_CERT_SIZE);
static char host[AUTHORITY_HOST_SIZE];

static void
require(bool ok)
{
	if (!ok)
		abort();
}

/* Tiger Lake's authority, and for whom its messages are encrypted. */
static void
find_authority(void)
{
	const struct aik_ca *ca;
	struct span der;
	char hex[2 * SHA1_SIZE + 1];
	struct aikca *aikca;
	struct cert issuing;
	struct pki *pki;

	require(pki_open(NULL, &pki, NULL) == 0);
	require(pki_cert(pki, "TGL_00002004_OnDie_CA", &der, NULL) == 0);
	require(cert_parse(der, &issuing, NULL) == 0);
	hex_encode(issuing.ski, hex);
	(void)snprintf(
	    host, sizeof(host), "intc-keyid-%s" AUTHORITY_DOMAIN, hex);
	require(aikca_open(pki, &aikca, NULL) == 0);
	require(aikca_authority(
		    aikca, "INTC", false, issuing.ski.p, &ca, NULL) == 0);
	require(buf_put(&ra_cert, ca->chain[AIK_CHAIN_ENCRYPTION]) == 0);
	aikca_free(aikca);
	pki_free(pki);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct cloud_options options = { .pki = NULL };

	clock_set(TIME);
	find_authority();
	require(cloud_new(&options, &cloud, NULL) == 0);
	require(key_load_pem(SPAN_STR(ra_key_pem), &client, NULL) == 0);
	return cert_from_file(SPAN_STR(ra_cert_pem), &client_cert, NULL);
}

/* --- what is asked -----------------------------------------------------------
 */

static void
ask(const struct http_request *r)
{
	struct http_response p;

	http_response_init(&p);
	cloud_answer(cloud, r, &p);
	require(p.status == 200 || p.status == 400 || p.status == 404);
	require(p.body.n > 0 && p.outcome[0] != '\0');
	require(p.status != 200 || strcmp(r->path, AUTHORITY_PATH) != 0 ||
		strncmp(p.outcome, "certificate ", 12) != 0);
	http_response_done(&p);
}

static void
post(const char *path, struct span body)
{
	const struct http_request r = {
		.method = "POST",
		.host = host,
		.path = path,
		.args = { { "operation", "PKIOperation" } },
		.n_args = 1,
		.body = body,
	};

	ask(&r);
}

static void
get(const char *operation, const char *message)
{
	const struct http_request r = {
		.method = "GET",
		.host = host,
		.path = AUTHORITY_PATH,
		.args = { { "operation", operation }, { "message", message } },
		.n_args = 2,
	};

	ask(&r);
}

/* In an envelope, signed. */
static void
post_inside(const char *path, int type, struct span plain)
{
	static const uint8_t nonce[16] = { 1 };
	auto_buf envelope = BUF_INIT(2 * MAX_CMS_SIZE);
	auto_buf message = BUF_INIT(2 * MAX_CMS_SIZE);
	const struct cms_signer who = { .key = client,
		.cert = buf_span(&client_cert),
		.when = 1767225600 };
	struct scep_head head = SCEP_HEAD_INIT;

	head.type = type;
	head.sender_nonce = SPAN_OF(nonce);
	(void)snprintf(head.transaction, sizeof(head.transaction), "fuzz");
	if (cms_encrypt(buf_span(&ra_cert), ENVELOPE_AES128, plain, &envelope,
		NULL) == 0 &&
	    scep_write(&head, &who, buf_span(&envelope), &message, NULL) == 0)
		post(path, buf_span(&message));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct span rest = { data + 1, n - 1 };
	char *text;

	if (n == 0 || (text = strndup((const char *)data + 1, n - 1)) == NULL)
		return 0;
	switch (data[0]) {
	case 'a':
		post(AUTHORITY_PATH, rest);
		break;
	case 'p':
		post(PLAIN_PATH, rest);
		break;
	case 'o':
		get(text, "default");
		break;
	case 'm':
		get("PKIOperation", text);
		break;
	case 'i':
		post_inside(AUTHORITY_PATH, SCEP_PKCS_REQ, rest);
		break;
	case 'c':
		post_inside(AUTHORITY_PATH, SCEP_CHALLENGE_ANSWER, rest);
		break;
	case 'r':
		post_inside(PLAIN_PATH, SCEP_PKCS_REQ, rest);
		break;
	default:
		break;
	}
	free(text);
	return 0;
}
