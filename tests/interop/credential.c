/*
 * Credentials from a shell, for test-credential.sh.
 *
 *   credential make FRAME PUBLIC NAME <SECRET >CREDENTIAL
 *     by the protection that the TPM2B_PUBLIC in the file PUBLIC says; make-key
 *     takes nothing but the key from it
 *   credential frame FROM TO <CREDENTIAL >CREDENTIAL
 *   credential public KEY >PUBLIC
 *     the TPM2B_PUBLIC of an EK that has this private key, in PEM
 *   credential activate KEY NAME <CREDENTIAL >SECRET
 *     what the TPM with that EK does with a file of tpm2-tools
 *
 * NAME is in hex; FRAME is wire, tools or microsoft.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <openssl/pem.h>

#include "sim/aik/credential.h"
#include "sim/base/file.h"
#include "tests/unit/activate.h"

#define MAX_OCTETS 4096

static const char *const frame_names[] = {
	[CREDENTIAL_WIRE] = "wire",
	[CREDENTIAL_TOOLS] = "tools",
	[CREDENTIAL_MICROSOFT] = "microsoft",
};

static int
frame_of(const char *name, enum credential_frame *ret, struct err *e)
{
	for (int i = CREDENTIAL_WIRE; i <= CREDENTIAL_MICROSOFT; i++)
		if (strcmp(name, frame_names[i]) == 0) {
			*ret = (enum credential_frame)i;
			return 0;
		}
	return err_set(e, E_USAGE, "unknown frame '%s'", name);
}

static int
name_of(const char *hex, struct buf *ret, struct err *e)
{
	return hex_decode(hex, ret)
		   ? err_set(e, E_USAGE, "no Name in hex: '%s'", hex)
		   : 0;
}

static int
read_stdin(struct buf *ret, struct err *e)
{
	uint8_t *at = buf_room(ret, MAX_OCTETS);
	const size_t n = fread(at, 1, MAX_OCTETS, stdin);

	ret->n = n;
	return ferror(stdin) ? err_errno(e, "read") : 0;
}

static int
write_stdout(const struct buf *b, struct err *e)
{
	return fwrite(b->p, 1, b->n, stdout) == b->n && fflush(stdout) == 0
		   ? 0
		   : err_errno(e, "write");
}

static int
read_ek(
    const char *path, bool key_only, struct credential_ek *ret, struct err *e)
{
	auto_buf file = BUF_INIT(MAX_OCTETS);
	struct span s, tpmt;

	if (file_read(AT_FDCWD, path, &file, e) != 0)
		return -1;
	s = buf_span(&file);
	if (span_get_2b(&s, &tpmt) || s.n != 0)
		return err_set(e, E_FORMAT, "no TPM2B_PUBLIC '%s'", path);
	if (credential_ek_parse(tpmt, ret, e) != 0)
		return -1;
	return key_only ? credential_ek_of_key(&ret->key, ret, e) : 0;
}

static int
make(char **args, bool key_only, struct buf *out, struct err *e)
{
	auto_buf name = BUF_INIT(MAX_TPM_NAME), secret = BUF_INIT(MAX_OCTETS);
	auto_credential c = CREDENTIAL_INIT;
	enum credential_frame frame;
	struct credential_ek ek;

	return frame_of(args[0], &frame, e) ||
	       read_ek(args[1], key_only, &ek, e) ||
	       name_of(args[2], &name, e) || read_stdin(&secret, e) ||
	       credential_make(
		   &ek, buf_span(&name), buf_span(&secret), &c, e) ||
	       credential_encode(&c, frame, out, e);
}

static int
run_make(char **args, struct buf *out, struct err *e)
{
	return make(args, false, out, e);
}

static int
run_make_key(char **args, struct buf *out, struct err *e)
{
	return make(args, true, out, e);
}

static int
run_frame(char **args, struct buf *out, struct err *e)
{
	auto_credential c = CREDENTIAL_INIT;
	auto_buf in = BUF_INIT(MAX_OCTETS);
	enum credential_frame from, to;

	return frame_of(args[0], &from, e) || frame_of(args[1], &to, e) ||
	       read_stdin(&in, e) ||
	       credential_decode(buf_span(&in), from, &c, e) ||
	       credential_encode(&c, to, out, e);
}

static EVP_PKEY *
load(const char *path, struct pubkey *ret, struct err *e)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *k =
	    f != NULL ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

	if (f != NULL)
		(void)fclose(f);
	if (k == NULL || own_public(k, ret) != 0)
		(void)err_set(e, E_FORMAT, "no private key '%s'", path);
	return k;
}

static int
run_public(char **args, struct buf *out, struct err *e)
{
	auto_buf tpmt = BUF_INIT(MAX_TPMT);
	struct pubkey key;
	EVP_PKEY *k = load(args[0], &key, e);
	int rc = k == NULL || own_tpmt(&key, &tpmt) ||
			 buf_put_2b(out, buf_span(&tpmt))
		     ? -1
		     : 0;

	EVP_PKEY_free(k);
	return rc;
}

static int
run_activate(char **args, struct buf *out, struct err *e)
{
	auto_buf name = BUF_INIT(MAX_TPM_NAME), in = BUF_INIT(MAX_OCTETS);
	auto_credential c = CREDENTIAL_INIT;
	struct credential_ek ek;
	EVP_PKEY *k = load(args[0], &ek.key, e);
	int rc;

	if (k == NULL)
		return -1;
	rc = credential_ek_of_key(&ek.key, &ek, e) ||
	     name_of(args[1], &name, e) || read_stdin(&in, e) ||
	     credential_decode(buf_span(&in), CREDENTIAL_TOOLS, &c, e);
	if (rc == 0 &&
	    own_activate(k, ek.name_alg, ek.aes_size, buf_span(&name),
		buf_span(&c.id_object), buf_span(&c.secret), out) != 0)
		rc = err_set(e, E_CRYPTO, "not for this key and Name");
	EVP_PKEY_free(k);
	return rc;
}

static const struct {
	const char *name;
	int args;
	int (*run)(char **args, struct buf *out, struct err *e);
} commands[] = {
	{ "make", 3, run_make },
	{ "make-key", 3, run_make_key },
	{ "frame", 2, run_frame },
	{ "public", 1, run_public },
	{ "activate", 2, run_activate },
};

int
main(int argc, char **argv)
{
	auto_buf out = BUF_INIT(MAX_OCTETS);
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (argc != commands[i].args + 2 ||
		    strcmp(argv[1], commands[i].name) != 0)
			continue;
		if (commands[i].run(argv + 2, &out, &e) == 0 &&
		    write_stdout(&out, &e) == 0)
			return 0;
		(void)fprintf(stderr, "error: %s\n", e.msg);
		return 1;
	}
	(void)fprintf(stderr, "usage: make FRAME PUBLIC NAME | make-key FRAME "
			      "PUBLIC NAME | frame FROM TO | public KEY | "
			      "activate KEY NAME\n");
	return 2;
}
