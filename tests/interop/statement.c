/*
 * Attestation statements from a shell, for test-statement.sh.
 *
 *   statement PUBLIC CREATION ATTEST SIGNATURE
 *
 * Files as tpm2-tools write them: TPM2B_PUBLIC, TPM2B_CREATION_DATA,
 * TPMS_ATTEST, TPMT_SIGNATURE. Prints what a service says of the statement that
 * they make, and the Name of a good one's key. Exit status 3: it is refused.
 */
#include <fcntl.h>
#include <stdio.h>

#include "sim/aik/statement.h"
#include "sim/base/file.h"

enum { PUBLIC, CREATION, ATTEST, SIGNATURE, N_FILES };

static int
unwrap(struct span *s, struct err *e)
{
	struct span content;

	if (span_get_2b(s, &content) || s->n != 0)
		return err_set(e, E_FORMAT, "no TPM2B");
	*s = content;
	return 0;
}

static int
encode(char **paths, struct buf *out, struct err *e)
{
	struct buf files[N_FILES];
	struct span s[N_FILES];
	int rc = 0;

	for (int i = 0; i < N_FILES; i++) {
		buf_init(&files[i], MAX_STATEMENT);
		if (rc == 0)
			rc = file_read(AT_FDCWD, paths[i], &files[i], e);
		s[i] = buf_span(&files[i]);
	}
	if (rc == 0)
		rc = unwrap(&s[PUBLIC], e) || unwrap(&s[CREATION], e);
	if (rc == 0) {
		const struct statement st = { s[PUBLIC], s[CREATION], s[ATTEST],
			s[SIGNATURE] };

		rc = statement_encode(&st, out, e);
	}
	for (int i = 0; i < N_FILES; i++)
		buf_free(&files[i]);
	return rc;
}

static int
say(struct span statement, struct err *e)
{
	enum statement_reason reason;
	struct statement_aik aik;
	struct statement st;
	char hex[2 * MAX_TPM_NAME + 1];

	if (statement_decode(statement, &st, e) != 0)
		return 1;
	if (statement_check(&st, &aik, &reason, e) != 0)
		return 3;
	hex_encode((struct span){ aik.name.bytes, aik.name.n }, hex);
	(void)printf("%zu bytes, Name %s\n", statement.n, hex);
	return 0;
}

int
main(int argc, char **argv)
{
	auto_buf out = BUF_INIT(MAX_STATEMENT);
	struct err e = ERR_INIT;
	int status;

	if (argc != N_FILES + 1) {
		(void)fprintf(stderr,
		    "usage: statement PUBLIC CREATION ATTEST SIGNATURE\n");
		return 2;
	}
	status = encode(argv + 1, &out, &e) ? 1 : say(buf_span(&out), &e);
	if (status != 0)
		(void)fprintf(stderr, "error: %s\n", e.msg);
	return status;
}
