/*
 * aiktpm - sim/aik/aiktpm.c on a TPM of one's choice, for test-aiktpm.sh.
 *
 *   aiktpm TCTI UNIQUE DIR
 *
 * Makes the EK and the AIK of UNIQUE (40 hex digits), writes what it got into
 * files in DIR, and says "ready". Then it opens the credential in each file (of
 * tpm2_makecredential) that a line of its input names, writes the secret into
 * DIR/secret, and says "ok" or what is wrong. It ends when its input does.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "sim/aik/aiktpm.h"
#include "sim/aik/tpmread.h"
#include "sim/base/file.h"

#define TOOLS_HEADER 8 /* of tpm2-tools' file */

static const char *folder;

static int
put_file(const char *name, struct span s, struct err *e)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return file_write(AT_FDCWD, path, s, FILE_NOSYNC, e);
}

static int
put_made(const struct pubkey *ek, const struct aik_made *m,
    const struct buf *context, struct err *e)
{
	const struct {
		const char *name;
		struct span s;
	} files[] = {
		{ "ek.modulus", { ek->bytes, ek->n } },
		{ "modulus", { m->key.bytes, m->key.n } },
		{ "public", buf_span(&m->public) },
		{ "creation", buf_span(&m->creation) },
		{ "attest", buf_span(&m->attest) },
		{ "signature", buf_span(&m->signature) },
		{ "aik.ctx", buf_span(context) },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (put_file(files[i].name, files[i].s, e) != 0)
			return -1;
	return 0;
}

static int
make(struct aiktpm *t, const char *hex, struct err *e)
{
	AUTO(aik_made_done) struct aik_made m = { .key = { .n = 0 } };
	auto_buf unique = BUF_INIT(AIK_UNIQUE_SIZE);
	auto_buf context = BUF_INIT(MAX_SMALL_FILE);
	struct pubkey ek;

	if (hex_decode(hex, &unique) != 0 || unique.n != AIK_UNIQUE_SIZE)
		return err_set(e, E_USAGE, "unique '%s'", hex);
	if (aiktpm_ek(t, &ek, e) != 0 ||
	    aiktpm_create(t, unique.p, &m, e) != 0 ||
	    aiktpm_save(t, &context, e) != 0)
		return -1;
	return put_made(&ek, &m, &context, e);
}

static int
open_credential(struct aiktpm *t, const char *path, struct err *e)
{
	auto_buf file = BUF_INIT(MAX_SMALL_FILE);
	auto_buf plain = BUF_INIT(64);
	struct span s, id, secret;

	if (file_read(AT_FDCWD, path, &file, e) != 0)
		return -1;
	s = buf_span(&file);
	if (span_skip(&s, TOOLS_HEADER) || span_get_2b(&s, &id) ||
	    span_get_2b(&s, &secret))
		return err_set(e, E_FORMAT, "'%s' is no credential", path);
	if (aiktpm_activate(t, id, secret, &plain, e) != 0)
		return -1;
	return put_file("secret", buf_span(&plain), e);
}

static void
converse(struct aiktpm *t)
{
	char line[512];

	(void)printf("ready\n");
	(void)fflush(stdout);
	while (fgets(line, sizeof(line), stdin) != NULL) {
		struct err e = ERR_INIT;

		line[strcspn(line, "\n")] = '\0';
		if (open_credential(t, line, &e) == 0)
			(void)printf("ok\n");
		else
			(void)printf("error: %s\n", e.msg);
		(void)fflush(stdout);
	}
}

static int
fail(const struct err *e)
{
	(void)fprintf(stderr, "error: %s\nhint: %s\n", e->msg, e->hint);
	return 1;
}

static int
run(TSS2_TCTI_CONTEXT *tcti, const char *unique)
{
	auto_aiktpm t = NULL;
	struct err e = ERR_INIT;

	if (aiktpm_open(tcti, &t, &e) != 0 || make(t, unique, &e) != 0)
		return fail(&e);
	converse(t);
	return 0;
}

int
main(int argc, char *argv[])
{
	TSS2_TCTI_CONTEXT *tcti = NULL;
	struct err e = ERR_INIT;
	int status;

	if (argc != 4)
		return 2;
	folder = argv[3];
	if (tpmread_open(argv[1], &tcti, &e) != 0)
		return fail(&e);
	status = run(tcti, argv[2]);
	tpmread_close(&tcti);
	return status;
}
