#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "odca/build.h"
#include "odca/device.h"
#include "odca/pki.h"
#include "odca/pki_crl.h"
#include "odca/service.h"
#include "sim/base/file.h"

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
	if (!is_empty(dir)) {
		err_set(e, E_STATE,
		    "'%s' is not empty: nothing there is overwritten", dir);
		return err_hint(e,
		    "--add adds the CAs that a hierarchy of an older version "
		    "lacks");
	}
	if (pki_make_dirs(fd, dir, e) != 0)
		return -1;
	*ret = TAKE_FD(fd);
	return 0;
}

static int
write_key(int dir, const char *name, const struct key *key, struct err *e)
{
	auto_buf pem = BUF_INIT(MAX_SMALL_FILE);
	char path[MAX_CA_FILE];

	if (buf_put(&pem, SPAN_STR(warning)))
		return err_set(e, E_NOMEM, "out of memory");
	if (key_store_pem(key, &pem, e) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), CA_KEY_FILE, name);
	return file_write(dir, path, buf_span(&pem), FILE_NOSYNC, e);
}

/* The key first: a certificate without it would be taken for a whole CA. */
static int
write_ca(int dir, const char *name, struct span cert, const struct key *key,
    struct err *e)
{
	char path[MAX_CA_FILE];

	if (write_key(dir, name, key, e) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), CA_CERT_FILE, name);
	return file_write(dir, path, cert, FILE_NOSYNC, e);
}

static int
put_serial(const struct profile *p, struct buf *out, struct err *e)
{
	if (p->serial != NULL)
		return hex_decode(p->serial, out)
			   ? err_set(e, E_ASN1, "serial '%s'", p->serial)
			   : 0;
	if (random_bytes(MAX_RFC_SERIAL, out) != 0)
		return err_set(e, E_CRYPTO, "random bytes for a serial number");
	/* 40..7f first: positive, and all of the octets count. */
	out->p[0] = (uint8_t)((out->p[0] & 0x3f) | 0x40);
	return 0;
}

static int
create_ca(int dir, const struct ca *ca, const struct key *key,
    const struct key *issuer, struct err *e)
{
	auto_buf serial = BUF_INIT(MAX_RFC_SERIAL),
		 cert = BUF_INIT(MAX_CERT_SIZE);
	struct build b = {
		.profile = ca->profile, .vars = ca->vars, .issuer = issuer
	};

	if (put_serial(ca->profile, &serial, e) != 0)
		return -1;
	b.serial = buf_span(&serial);
	key_public(key, &b.subject);
	if (build_cert(&b, &cert, e) != 0)
		return -1;
	return write_ca(dir, ca->name, buf_span(&cert), key, e);
}

/* Kinds of key: P-384, and P-256 in the EPID era. */
static enum key_alg
ca_key_alg(const struct ca *ca)
{
	return gen_is_epid(ca->vars.batch->gen) ? KEY_P256 : KEY_P384;
}

/* What is there stays: have is the hierarchy to be completed, or NULL. */
static int
create_all(int dir, const struct ca_list *l, const struct pki *have,
    struct key **keys, struct err *e)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct ca *ca = &l->ca[i];
		const struct ca *issuer = pki_list_issuer(l, ca, e);
		struct span cert;

		if (issuer == NULL)
			return -1;
		if (have != NULL &&
		    pki_cert(have, ca->name, &cert, NULL) == 0) {
			if (pki_key(have, ca->name, &keys[i], e) != 0)
				return -1;
			continue;
		}
		if (key_generate(ca_key_alg(ca), &keys[i], e) != 0 ||
		    create_ca(dir, ca, keys[i], keys[issuer - l->ca], e) != 0)
			return err_wrap(e, "'%s'", ca->name);
	}
	return 0;
}

/* After the CAs: their first CRLs, where there are none. */
static int
create_crls(int dir, const struct ca_list *l, const struct pki *have,
    struct key *const *keys, struct err *e)
{
	struct ca_list crls = *l;
	struct span der;

	if (pki_list_crls(&crls, e) != 0)
		return -1;
	for (size_t i = 0; i < crls.n; i++) {
		const struct ca *row = &crls.ca[i];
		size_t ca = 0;

		if (have != NULL && pki_crl(have, row->name, &der, NULL) == 0)
			continue;
		while (l->ca[ca].profile != row->profile ||
		       l->ca[ca].vars.batch != row->vars.batch)
			ca++;
		if (crl_create(dir, row, keys[ca], e) != 0)
			return -1;
	}
	return 0;
}

static int
create_listed(int dir, const char *host, const struct pki *have, struct err *e)
{
	struct key *keys[MAX_CAS] = { NULL };
	struct ca_list l = { .n = 0 };
	int rc = pki_list(&l, host, e);

	if (rc == 0)
		rc = create_all(dir, &l, have, keys, e);
	if (rc == 0)
		rc = create_crls(dir, &l, have, keys, e);
	for (size_t i = 0; i < l.n; i++)
		key_free(keys[i]);
	return rc;
}

/* RSA keys take a second or so each: all at a time. */
struct making {
	const struct service_key *row;
	bool wanted;
	struct key *key;
	struct err err;
	int rc;
};

static void *
make_key(void *arg)
{
	struct making *m = arg;

	m->rc = key_generate(m->row->alg, &m->key, &m->err);
	return NULL;
}

static void
make_keys(struct making *m)
{
	pthread_t threads[N_SERVICE_KEYS];
	bool started[N_SERVICE_KEYS] = { false };

	for (size_t i = 0; i < N_SERVICE_KEYS; i++) {
		if (!m[i].wanted)
			continue;
		started[i] =
		    pthread_create(&threads[i], NULL, make_key, &m[i]) == 0;
		if (!started[i])
			(void)make_key(&m[i]);
	}
	for (size_t i = 0; i < N_SERVICE_KEYS; i++)
		if (started[i])
			(void)pthread_join(threads[i], NULL);
}

static int
write_service(int dir, const char *host, const struct making *m, struct err *e)
{
	struct ca root = { .vars = service_vars(m->row->gen, host) };

	if (m->rc != 0) {
		if (e != NULL)
			*e = m->err;
		return -1;
	}
	if (!m->row->root)
		return write_key(dir, m->row->name, m->key, e);
	(void)snprintf(root.name, sizeof(root.name), "%s", m->row->name);
	root.profile = profile_find("root", m->row->gen);
	return create_ca(dir, &root, m->key, m->key, e);
}

/* What is there has to be whole. */
static int
is_wanted(const struct pki *have, struct making *m, struct err *e)
{
	struct err why = ERR_INIT;
	auto_key key = NULL;
	int rc;

	m->wanted = true;
	if (have == NULL)
		return 0;
	rc = m->row->root ? pki_key(have, m->row->name, &key, &why)
			  : pki_bare_key(have, m->row->name, &key, &why);
	m->wanted = rc != 0;
	if (rc == 0 || why.code == E_NOTFOUND)
		return 0;
	if (e != NULL)
		*e = why;
	return -1;
}

static int
create_services(
    int dir, const char *host, const struct pki *have, struct err *e)
{
	struct making m[N_SERVICE_KEYS] = { 0 };
	int rc = 0;

	for (size_t i = 0; i < N_SERVICE_KEYS; i++) {
		m[i].row = &service_keys()[i];
		if (is_wanted(have, &m[i], e) != 0)
			return -1;
	}
	make_keys(m);
	for (size_t i = 0; i < N_SERVICE_KEYS; i++) {
		if (rc == 0 && m[i].wanted &&
		    write_service(dir, host, &m[i], e) != 0)
			rc = err_wrap(e, "'%s'", m[i].row->name);
		key_free(m[i].key);
	}
	return rc;
}

int
pki_create(const char *dir, const char *host, struct err *e)
{
	auto_buf text = BUF_INIT(MAX_HOST_LENGTH + 1);
	auto_fd int fd = -1;

	if (pki_check_host(host, e) != 0 || open_new_dir(dir, &fd, e) != 0)
		return -1;
	if (create_listed(fd, host, NULL, e) != 0 ||
	    create_services(fd, host, NULL, e) != 0)
		return err_wrap(e, "hierarchy in '%s'", dir);
	if (buf_put(&text, SPAN_STR(host)) || buf_put_u8(&text, '\n'))
		return err_set(e, E_LIMIT, "host '%s' is too long", host);
	/* Last: without it, what was left half done is no hierarchy. */
	return file_write(fd, CA_HOST_FILE, buf_span(&text), FILE_SYNC, e);
}

int
pki_complete(const char *dir, struct err *e)
{
	auto_pki have = NULL;
	auto_fd int fd = -1;

	if (pki_open(dir, &have, e) != 0)
		return -1;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, "open '%s'", dir);
	if (pki_make_dirs(fd, dir, e) != 0 ||
	    create_listed(fd, pki_host(have), have, e) != 0 ||
	    create_services(fd, pki_host(have), have, e) != 0)
		return err_wrap(e, "hierarchy in '%s'", dir);
	return 0;
}
