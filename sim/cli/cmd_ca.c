#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "odca/cert.h"
#include "odca/pki.h"
#include "sim/base/file.h"
#include "sim/cli/home.h"

int
cmd_ca_init(const struct args *a, struct err *e)
{
	const char *host = a->device.pki_host;

	if (a->device.pki == NULL) {
		err_set(e, E_USAGE, "ca init needs --pki DIR");
		return err_hint(e, "odcasim ca init --pki ./pki");
	}
	if (host == NULL)
		host = PKI_DEFAULT_HOST;
	if (pki_create(a->device.pki, host, e) != 0)
		return -1;
	(void)printf("The test hierarchy is in '%s', its keys in '%s/keys'.\n"
		     "Give --pki %s to run, exec, mint, show and verify.\n",
	    a->device.pki, a->device.pki, a->device.pki);
	return 0;
}

static int
put_pem(const struct span *certs, size_t n, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < n; i++)
		if (cert_to_pem(certs[i], out) != 0)
			return err_set(e, E_NOMEM, "certificates as PEM");
	return 0;
}

static int
export_file(const char *dir, const char *name, struct span s, struct err *e)
{
	char path[MAX_PATH_LENGTH];

	if (home_path(dir, name, path, e) != 0)
		return -1;
	return file_write_public(AT_FDCWD, path, s, e);
}

/* Under the names that they have on the real host. */
static int
export_files(const struct args *a, const struct pki *pki,
    const struct span *certs, size_t n, struct err *e)
{
	auto_buf pem = BUF_INIT(MAX_SMALL_FILE);
	char name[MAX_NAME_TEXT];

	if (mkdir(a->out, 0755) != 0 && errno != EEXIST)
		return err_errno(e, "make directory '%s'", a->out);
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(
		    name, sizeof(name), "%s.cer", pki_cert_name(pki, i));
		if (export_file(a->out, name, certs[i], e) != 0)
			return -1;
	}
	return pki_root_pem(pki, &pem, e) != 0
		   ? -1
		   : export_file(a->out, HOME_ROOT, buf_span(&pem), e);
}

int
cmd_ca_export(const struct args *a, struct err *e)
{
	auto_pki pki = NULL;
	auto_buf pem = BUF_INIT(MAX_CERT_COUNT * 2 * MAX_CERT_SIZE);
	struct span certs[MAX_CERT_COUNT];
	size_t n;

	if (pki_open(a->device.pki, &pki, e) != 0)
		return -1;
	n = pki_certs(pki, certs, MAX_CERT_COUNT);
	if (a->out != NULL)
		return export_files(a, pki, certs, n, e);
	if (put_pem(certs, n, &pem, e) != 0)
		return -1;
	if (fwrite(pem.p, 1, pem.n, stdout) != pem.n || fflush(stdout) != 0)
		return err_errno(e, "write to stdout");
	return 0;
}
