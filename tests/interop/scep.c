/*
 * SCEP messages from a shell, for test-scep.sh; everything is a file in the
 * current folder.
 *
 *   scep keys
 *     client.pem client.der ra.pem ra.der: keys, certificates that they signed
 *   scep make
 *     with these, a whole enrolment, each message and what is in it
 *   scep signed FILE >CONTENT
 *     cms_verify(); says on stderr what there is
 *   scep request FILE >ENVELOPE
 *     scep_read_request()
 *   scep decrypt FILE >PLAIN
 *     cms_decrypt() by the RA
 *   scep csr FILE
 *     csr_read() and csr_check(); says what there is
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "odca/cert.h"
#include "sim/aik/csr.h"
#include "sim/aik/scep.h"
#include "sim/aik/scep_cert.h"
#include "sim/base/clock.h"
#include "sim/base/file.h"

#define TRANSACTION "99a64f14d68c2cabb95554279f32ec77a20918fa"

/* Who signs or decrypts. */
struct owner {
	struct key *key;
	struct buf cert;
};

static void
auto_owner_fn(struct owner *o)
{
	key_free(o->key);
	buf_free(&o->cert);
}

#define auto_owner AUTO(auto_owner_fn) struct owner
#define OWNER_INIT                                                             \
	{                                                                      \
		.cert = BUF_INIT(MAX_CERT_SIZE)                                \
	}

/* --- files ---------------------------------------------------------------- */

static int
save(const char *name, const struct buf *b, struct err *e)
{
	return file_write(AT_FDCWD, name, buf_span(b), FILE_NOSYNC, e);
}

static int
load(const char *name, struct buf *b, struct err *e)
{
	return file_read(AT_FDCWD, name, b, e);
}

static int
print(struct span s, struct err *e)
{
	return s.n == 0 || fwrite(s.p, s.n, 1, stdout) == 1
		   ? 0
		   : err_errno(e, "write");
}

static int
load_owner(const char *key, const char *cert, struct owner *o, struct err *e)
{
	auto_buf pem = BUF_INIT(MAX_SMALL_FILE);

	return load(key, &pem, e) || load(cert, &o->cert, e) ||
		       key_load_pem(buf_span(&pem), &o->key, e)
		   ? -1
		   : 0;
}

static int
make_owner(const char *name, const char *key_file, const char *cert_file,
    struct err *e)
{
	auto_owner o = OWNER_INIT;
	auto_buf pem = BUF_INIT(MAX_SMALL_FILE);

	return key_generate(KEY_RSA2048, &o.key, e) ||
		       scep_cert_make(o.key, name, clock_now(), &o.cert, e) ||
		       key_store_pem(o.key, &pem, e) ||
		       save(key_file, &pem, e) || save(cert_file, &o.cert, e)
		   ? -1
		   : 0;
}

static int
do_keys(const char *file, struct err *e)
{
	return make_owner(SCEP_CERT_NAME, "client.pem", "client.der", e) ||
		       make_owner(
			   "RA Signing Certificate", "ra.pem", "ra.der", e)
		   ? -1
		   : 0;
}

/* --- making --------------------------------------------------------------- */

static const uint8_t nonce[16] = { 0x9b, 0x99 }, answer_nonce[16] = { 7 };

static int
encrypt(const struct owner *to, struct span plain, struct buf *out,
    const char *name, struct err *e)
{
	return cms_encrypt(
		   buf_span(&to->cert), ENVELOPE_AES128, plain, out, e) ||
		       save(name, out, e)
		   ? -1
		   : 0;
}

/* The client's two requests and the RA's two replies are signed alike. */
static int
message(const struct owner *by, const struct owner *more, int type, int status,
    struct span envelope, const char *name, struct err *e)
{
	const struct span list[] = { buf_span(&more->cert) };
	const struct cms_signer who = { by->key, buf_span(&by->cert), list, 1,
		clock_now() };
	struct scep_head h = SCEP_HEAD_INIT;
	auto_buf der = BUF_INIT(MAX_CMS_SIZE);

	h.type = type;
	h.status = status;
	h.sender_nonce = SPAN_OF(nonce);
	if (type == SCEP_CERT_REP) {
		h.sender_nonce = SPAN_OF(answer_nonce);
		h.recipient_nonce = SPAN_OF(nonce);
	}
	(void)snprintf(h.transaction, sizeof(h.transaction), TRANSACTION);
	return scep_write(&h, &who, envelope, &der, e) || save(name, &der, e)
		   ? -1
		   : 0;
}

static int
make_csr(const struct owner *client, struct span ek_info, struct buf *out,
    struct err *e)
{
	static const uint8_t san[] = { 0x30, 4, 0x82, 2, 'a', 'b' },
			     ski[20] = { 1 };
	auto_buf spki = BUF_INIT(MAX_SPKI);
	uint8_t hash[SHA1_SIZE];
	struct pubkey pub;
	const struct csr_windows r = {
		.os_version = CSR_OS_VERSION,
		.machine = "DESKTOP-1",
		.user = "WORKGROUP\\DESKTOP-1$",
		.process = CSR_PROCESS,
		.provider = CSR_PROVIDER,
		.signer_hash = SPAN_OF(hash),
		.san = SPAN_OF(san),
		.ski = SPAN_OF(ski),
		.statement = SPAN_STR("KAST"),
		.ek_info = ek_info,
	};
	struct csr_windows with_key = r;

	key_public(client->key, &pub);
	if (pubkey_spki(&pub, &spki, e) != 0)
		return -1;
	if (sha1(buf_span(&client->cert), hash) != 0)
		return err_set(e, E_CRYPTO, "SHA-1");
	with_key.spki = buf_span(&spki);
	return csr_write_windows(&with_key, out, e) || save("csr.der", out, e)
		   ? -1
		   : 0;
}

static int
make_request(const struct owner *client, const struct owner *ra, struct err *e)
{
	auto_buf spki = BUF_INIT(MAX_SPKI), info = BUF_INIT(MAX_CMS_SIZE),
		 info_env = BUF_INIT(MAX_CMS_SIZE),
		 csr = BUF_INIT(MAX_CSR_SIZE), env = BUF_INIT(MAX_CMS_SIZE);
	struct pubkey pub;

	key_public(client->key, &pub);
	if (pubkey_spki(&pub, &spki, e) != 0)
		return -1;
	const struct ek_info ek = { .spki = buf_span(&spki),
		.cert = buf_span(&client->cert) };

	return ek_info_write(&ek, &info, e) || save("ekinfo.der", &info, e) ||
		       encrypt(
			   ra, buf_span(&info), &info_env, "ekinfo.env", e) ||
		       make_csr(client, buf_span(&info_env), &csr, e) ||
		       encrypt(ra, buf_span(&csr), &env, "request19.env", e) ||
		       message(client, ra, SCEP_PKCS_REQ, SCEP_ABSENT,
			   buf_span(&env), "request19.der", e)
		   ? -1
		   : 0;
}

static const uint8_t context[] = { 0x04, 2, 0, 0 };

static int
make_challenge(
    const struct owner *client, const struct owner *ra, struct err *e)
{
	const struct scep_challenge c = { SCEP_OID_CHALLENGE, SPAN_STR("blob"),
		SPAN_OF(context) };
	auto_buf plain = BUF_INIT(MAX_CMS_SIZE), env = BUF_INIT(MAX_CMS_SIZE);

	return scep_write_challenge(&c, &plain, e) ||
		       save("challenge.der", &plain, e) ||
		       encrypt(
			   client, buf_span(&plain), &env, "reply11.env", e) ||
		       message(ra, client, SCEP_CERT_REP,
			   SCEP_PENDING_CHALLENGE, buf_span(&env),
			   "reply11.der", e)
		   ? -1
		   : 0;
}

static int
make_answer(const struct owner *client, const struct owner *ra, struct err *e)
{
	auto_buf secret = BUF_INIT(MAX_CMS_SIZE),
		 plain = BUF_INIT(MAX_CMS_SIZE), env = BUF_INIT(MAX_CMS_SIZE);
	struct scep_answer a = { .context = SPAN_OF(context) };

	if (encrypt(ra, SPAN_STR("secret"), &secret, "secret.env", e) != 0)
		return -1;
	a.envelope = buf_span(&secret);
	return scep_write_answer(&a, &plain, e) ||
		       save("answer.der", &plain, e) ||
		       encrypt(
			   ra, buf_span(&plain), &env, "request41.env", e) ||
		       message(client, ra, SCEP_CHALLENGE_ANSWER, SCEP_ABSENT,
			   buf_span(&env), "request41.der", e)
		   ? -1
		   : 0;
}

/* The first certificate encodes longer than the second one. */
static int
make_certificates(
    const struct owner *client, const struct owner *ra, struct err *e)
{
	const struct span certs[] = { buf_span(&client->cert),
		buf_span(&ra->cert) };
	auto_buf plain = BUF_INIT(MAX_CMS_SIZE), env = BUF_INIT(MAX_CMS_SIZE);

	return cms_certs_only(certs, 2, &plain, e) ||
		       save("certs.der", &plain, e) ||
		       encrypt(
			   client, buf_span(&plain), &env, "reply0.env", e) ||
		       message(ra, client, SCEP_CERT_REP, SCEP_SUCCESS,
			   buf_span(&env), "reply0.der", e)
		   ? -1
		   : 0;
}

static int
do_make(const char *file, struct err *e)
{
	auto_owner client = OWNER_INIT, ra = OWNER_INIT;

	return load_owner("client.pem", "client.der", &client, e) ||
		       load_owner("ra.pem", "ra.der", &ra, e) ||
		       make_request(&client, &ra, e) ||
		       make_challenge(&client, &ra, e) ||
		       make_answer(&client, &ra, e) ||
		       make_certificates(&client, &ra, e)
		   ? -1
		   : 0;
}

/* --- reading -------------------------------------------------------------- */

static int
do_signed(const char *file, struct err *e)
{
	auto_buf der = BUF_INIT(MAX_CMS_SIZE);
	auto_cms_signed s = CMS_SIGNED_INIT;

	if (load(file, &der, e) || cms_verify(buf_span(&der), &s, e))
		return -1;
	(void)fprintf(stderr, "certificates %zu definite %d attributes %zu\n",
	    s.n_certs, s.definite, s.n_attrs);
	return print(s.content, e);
}

static int
do_request(const char *file, struct err *e)
{
	auto_buf der = BUF_INIT(MAX_CMS_SIZE);
	auto_scep_message m = SCEP_MESSAGE_INIT;

	if (load(file, &der, e) || scep_read_request(buf_span(&der), &m, e))
		return -1;
	(void)fprintf(stderr, "messageType %d transactionID %s nonce %zu\n",
	    m.head.type, m.head.transaction, m.head.sender_nonce.n);
	return print(m.cms.content, e);
}

static int
do_decrypt(const char *file, struct err *e)
{
	auto_buf der = BUF_INIT(MAX_CMS_SIZE), plain = BUF_INIT(MAX_CMS_SIZE);
	auto_owner ra = OWNER_INIT;

	return load_owner("ra.pem", "ra.der", &ra, e) || load(file, &der, e) ||
		       cms_decrypt(ra.key, buf_span(&ra.cert), buf_span(&der),
			   &plain, e) ||
		       print(buf_span(&plain), e)
		   ? -1
		   : 0;
}

static int
do_csr(const char *file, struct err *e)
{
	auto_buf der = BUF_INIT(MAX_CSR_SIZE);
	struct csr r;

	if (load(file, &der, e) || csr_read(buf_span(&der), &r, e) ||
	    csr_check(&r, e))
		return -1;
	(void)printf("%s password '%.*s' san %zu ski %zu statement %zu\n",
	    r.hashed ? "hashed" : "signed", (int)r.password.n,
	    (const char *)r.password.p, r.san.n, r.ski.n, r.statement.n);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(const char *file, struct err *e);
} commands[] = {
	{ "keys", do_keys },
	{ "make", do_make },
	{ "signed", do_signed },
	{ "request", do_request },
	{ "decrypt", do_decrypt },
	{ "csr", do_csr },
};

int
main(int argc, char **argv)
{
	struct err e = ERR_INIT;

	(void)err_set(&e, E_USAGE, "unknown command");
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (argc > 1 && strcmp(argv[1], commands[i].name) == 0) {
			err_clear(&e);
			(void)commands[i].run(argc > 2 ? argv[2] : "", &e);
		}
	if (e.code != E_OK)
		(void)fprintf(stderr, "error: %s\n", e.msg);
	return e.code == E_OK ? 0 : 1;
}
