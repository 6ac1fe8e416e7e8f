#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "odca/cert.h"
#include "odca/pki.h"
#include "sim/base/file.h"
#include "sim/cli/ca.h"
#include "sim/cli/home.h"

int
cmd_ca_init(const struct args *a, struct err *e)
{
	const char *host = a->device.pki_host;

	if (a->device.pki == NULL) {
		err_set(e, E_USAGE, "ca init needs --pki DIR");
		return err_hint(e, "odcasim ca init --pki ./pki");
	}
	if (a->add) {
		if (host == NULL)
			return pki_complete(a->device.pki, e);
		return err_set(e, E_USAGE,
		    "--pki-host with --add: the hierarchy has a host");
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
put_pem(struct span der, struct buf *out, struct err *e)
{
	return cert_to_pem(der, out) == 0
		   ? 0
		   : err_set(e, E_NOMEM, "certificates as PEM");
}

static int
export_file(const char *dir, const char *name, struct span s, struct err *e)
{
	char path[MAX_PATH_LENGTH];

	if (home_path(dir, name, path, e) != 0)
		return -1;
	return file_write_public(AT_FDCWD, path, s, e);
}

static int
make_dir(const char *dir, struct err *e)
{
	if (mkdir(dir, 0755) != 0 && errno != EEXIST)
		return err_errno(e, "make directory '%s'", dir);
	return 0;
}

/* What a relying party trusts, as PEM: one file an era, and one a service. */
static int
export_roots(const struct args *a, const struct pki *pki, struct err *e)
{
	static const struct {
		enum generation gen;
		const char *file;
	} roots[] = { { GEN_ONDIE, HOME_ROOT }, { GEN_EPID, "root-epid.pem" },
		{ GEN_AIK, "root-aik.pem" }, { GEN_TLS, "root-tls.pem" } };

	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
		auto_buf pem = BUF_INIT(MAX_SMALL_FILE);
		struct span root;

		if (pki_root(pki, roots[i].gen, &root, NULL) != 0)
			continue; /* of an older version */
		if (put_pem(root, &pem, e) != 0 ||
		    export_file(a->out, roots[i].file, buf_span(&pem), e) != 0)
			return -1;
	}
	return 0;
}

int
ca_export_files(const char *dir, const struct pki_file *files, size_t n,
    const char *ending, struct err *e)
{
	char name[MAX_NAME_TEXT], path[MAX_PATH_LENGTH];

	if (make_dir(dir, e) != 0 || home_path(dir, "DE", path, e) != 0 ||
	    make_dir(path, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(
		    name, sizeof(name), "%s%s", files[i].name, ending);
		if (export_file(dir, name, files[i].der, e) != 0)
			return -1;
	}
	return 0;
}

int
cmd_ca_export(const struct args *a, struct err *e)
{
	auto_pki pki = NULL;
	auto_buf pem = BUF_INIT(MAX_CAS * 2 * MAX_CERT_SIZE);
	struct pki_file cas[MAX_CAS];
	size_t n;

	if (pki_open(a->device.pki, &pki, e) != 0 ||
	    pki_certs(pki, cas, &n, e) != 0)
		return -1;
	if (a->out != NULL)
		return ca_export_files(a->out, cas, n, ".cer", e) != 0 ||
			       export_roots(a, pki, e) != 0
			   ? -1
			   : 0;
	for (size_t i = 0; i < n; i++)
		if (put_pem(cas[i].der, &pem, e) != 0)
			return -1;
	if (fwrite(pem.p, 1, pem.n, stdout) != pem.n || fflush(stdout) != 0)
		return err_errno(e, "write to stdout");
	return 0;
}
