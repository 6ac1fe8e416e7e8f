#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "odca/build.h"
#include "odca/pki.h"
#include "odca/pki_list.h"
#include "sim/base/file.h"

#define CA_SERIAL_SIZE 20 /* octets, the most that RFC 5280 4.1.2.2 allows */

/* Before the PEM, where everybody sees it who opens the file. */
static const char warning[] =
    "TEST-ONLY key of a test hierarchy made by odcasim. Trust nothing that it "
    "signs.\n";

static bool
is_empty(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;
	bool empty = d != NULL;

	while (empty && (entry = readdir(d)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 ||
			strcmp(entry->d_name, "..") == 0;
	if (d != NULL)
		(void)closedir(d);
	return empty;
}

static int
open_new_dir(const char *dir, int *ret, struct err *e)
{
	auto_fd int fd = -1;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		return err_errno(e, "make directory '%s'", dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, "open '%s'", dir);
	if (!is_empty(dir))
		return err_set(e, E_STATE,
		    "'%s' is not empty: nothing there is overwritten", dir);
	if (mkdirat(fd, "certs", 0700) != 0 || mkdirat(fd, "keys", 0700) != 0)
		return err_errno(e, "make directories in '%s'", dir);
	*ret = TAKE_FD(fd);
	return 0;
}

static int
write_ca(int dir, const char *name, struct span cert, const struct key *key,
    struct err *e)
{
	auto_buf pem = BUF_INIT(MAX_SMALL_FILE);
	char path[MAX_CA_FILE];

	if (buf_put(&pem, SPAN_STR(warning)))
		return err_set(e, E_NOMEM, "out of memory");
	if (key_store_pem(key, &pem, e) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), CA_KEY_FILE, name);
	if (file_write(dir, path, buf_span(&pem), FILE_NOSYNC, e) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), CA_CERT_FILE, name);
	return file_write(dir, path, cert, FILE_NOSYNC, e);
}

static int
create_ca(int dir, const struct ca *ca, const struct key *key,
    const struct key *issuer, struct err *e)
{
	auto_buf serial = BUF_INIT(CA_SERIAL_SIZE),
		 cert = BUF_INIT(MAX_CERT_SIZE);
	struct build b = {
		.profile = ca->profile, .vars = ca->vars, .issuer = issuer
	};

	if (random_bytes(CA_SERIAL_SIZE, &serial) != 0)
		return err_set(e, E_CRYPTO, "random bytes for a serial number");
	/* 40..7f first: positive, and all of the octets count. */
	serial.p[0] = (uint8_t)((serial.p[0] & 0x3f) | 0x40);
	b.serial = buf_span(&serial);
	key_public(key, &b.subject);
	if (build_cert(&b, &cert, e) != 0)
		return -1;
	return write_ca(dir, ca->name, buf_span(&cert), key, e);
}

static int
create_all(int dir, const struct ca_list *l, struct key **keys, struct err *e)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct ca *issuer = pki_list_issuer(l, &l->ca[i], e);

		if (issuer == NULL || key_generate(KEY_P384, &keys[i], e) != 0 ||
		    create_ca(dir, &l->ca[i], keys[i], keys[issuer - l->ca], e))
			return err_wrap(e, "'%s'", l->ca[i].name);
	}
	return 0;
}

int
pki_create(const char *dir, const char *host, struct err *e)
{
	struct key *keys[MAX_CERT_COUNT] = { NULL };
	auto_buf text = BUF_INIT(MAX_HOST_LENGTH + 1);
	struct ca_list l = { .n = 0 };
	auto_fd int fd = -1;
	int rc;

	if (pki_check_host(host, e) != 0 || pki_list(&l, host, e) != 0 ||
	    open_new_dir(dir, &fd, e) != 0)
		return -1;
	rc = create_all(fd, &l, keys, e);
	for (size_t i = 0; i < l.n; i++)
		key_free(keys[i]);
	if (rc != 0)
		return err_wrap(e, "hierarchy in '%s'", dir);
	if (buf_put(&text, SPAN_STR(host)) || buf_put_u8(&text, '\n'))
		return err_set(e, E_LIMIT, "host '%s' is too long", host);
	/* Last: without it, what was left half done is no hierarchy. */
	return file_write(fd, CA_HOST_FILE, buf_span(&text), FILE_SYNC, e);
}
