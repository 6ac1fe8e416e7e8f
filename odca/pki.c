#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "odca/asn1.h"
#include "odca/cert.h"
#include "odca/embed.h"
#include "odca/pki.h"
#include "odca/pki_list.h"
#include "sim/base/file.h"
#include "sim/base/limits.h"

struct pki {
	int dir; /* -1: built-in */
	char host[MAX_HOST_LENGTH + 1];
	struct {
		char name[MAX_CA_NAME];
		struct buf cert;
	} entries[MAX_CERT_COUNT];
	size_t n;
};

static int
read_part(const struct pki *p, const char *path, struct buf *out, struct err *e)
{
	struct span s;

	if (p->dir >= 0)
		return file_read(p->dir, path, out, e);
	if (!embed_find(path, &s))
		return err_set(e, E_NOTFOUND, "no built-in '%s'", path);
	return buf_put(out, s) ? err_set(e, E_NOMEM, "out of memory") : 0;
}

int
pki_set_host(struct pki *p, const char *host, struct err *e)
{
	if (pki_check_host(host, e) != 0)
		return -1;
	(void)snprintf(p->host, sizeof(p->host), "%s", host);
	return 0;
}

static int
read_host(struct pki *p, struct err *e)
{
	auto_buf text = BUF_INIT(MAX_HOST_LENGTH + 2);

	if (read_part(p, CA_HOST_FILE, &text, e) != 0)
		return -1;
	if (buf_put_u8(&text, '\0'))
		return err_set(e, E_LIMIT, "'%s' is too long", CA_HOST_FILE);
	text.p[strcspn((char *)text.p, "\r\n")] = '\0';
	return pki_set_host(p, (char *)text.p, e);
}

/* A whole certificate and nothing else; what it says is not judged here. */
static int
check_cert(struct span der, struct err *e)
{
	auto_asn1 node = NULL;

	return asn1_decode("Certificate", der, &node, e);
}

static int
read_cert(struct pki *p, const char *name, struct err *e)
{
	struct buf *cert = &p->entries[p->n].cert;
	char path[MAX_CA_FILE];
	int rc;

	(void)snprintf(path, sizeof(path), CA_CERT_FILE, name);
	buf_init(cert, MAX_CERT_SIZE);
	rc = read_part(p, path, cert, e);
	if (rc == 0 && p->dir >= 0 && check_cert(buf_span(cert), e) != 0)
		rc = err_wrap(e, "%s", path);
	if (rc != 0) {
		buf_free(cert);
		return -1;
	}
	(void)snprintf(p->entries[p->n].name, MAX_CA_NAME, "%s", name);
	p->n++;
	return 0;
}

/* The root must be there. A directory may be older than a family and lack its
 * CAs; who asks for one of them is told. */
static int
read_hierarchy(struct pki *p, struct err *e)
{
	struct ca_list cas = { .n = 0 };

	if (read_host(p, e) != 0 || pki_list(&cas, p->host, e) != 0)
		return -1;
	for (size_t i = 0; i < cas.n; i++) {
		struct err why = ERR_INIT;

		if (read_cert(p, cas.ca[i].name, &why) == 0)
			continue;
		if (strcmp(cas.ca[i].profile->name, "root") == 0 ||
		    why.code != E_NOTFOUND) {
			if (e != NULL)
				*e = why;
			return -1;
		}
	}
	return 0;
}

static int
foreign(const char *dir, struct err *e)
{
	if (e != NULL && e->code != E_NOMEM)
		e->code = E_FOREIGN;
	(void)err_wrap(e, "'%s' is no hierarchy", dir);
	return err_hint(e, "odcasim ca init --pki DIR makes one");
}

int
pki_open(const char *dir, struct pki **ret, struct err *e)
{
	auto_pki p = calloc(1, sizeof(*p));

	if (p == NULL)
		return err_set(e, E_NOMEM, "hierarchy: out of memory");
	p->dir = -1;
	if (dir != NULL) {
		p->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (p->dir < 0) {
			(void)err_errno(e, "open '%s'", dir);
			return foreign(dir, e);
		}
	}
	if (read_hierarchy(p, e) != 0)
		return dir != NULL ? foreign(dir, e)
				   : err_wrap(e, "built-in hierarchy");
	*ret = TAKE(p);
	return 0;
}

void
pki_free(struct pki *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++)
		buf_free(&p->entries[i].cert);
	if (p->dir >= 0)
		(void)close(p->dir);
	free(p);
}

const char *
pki_host(const struct pki *p)
{
	return p->host;
}

int
pki_cert(const struct pki *p, const char *name, struct span *ret, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		if (strcmp(p->entries[i].name, name) == 0) {
			*ret = buf_span(&p->entries[i].cert);
			return 0;
		}
	}
	return err_set(
	    e, E_NOTFOUND, "the hierarchy has no certs/%s.cer", name);
}

const char *
pki_cert_name(const struct pki *p, size_t i)
{
	return i < p->n ? p->entries[i].name : NULL;
}

size_t
pki_certs(const struct pki *p, struct span *ret, size_t n)
{
	for (size_t i = 0; i < p->n && i < n; i++)
		ret[i] = buf_span(&p->entries[i].cert);
	return p->n;
}

int
pki_root(const struct pki *p, struct span *ret, struct err *e)
{
	if (p->n == 0)
		return err_set(e, E_NOTFOUND, "the hierarchy is empty");
	*ret = buf_span(&p->entries[0].cert);
	return 0;
}

int
pki_root_pem(const struct pki *p, struct buf *out, struct err *e)
{
	struct span root;

	if (pki_root(p, &root, e) != 0)
		return -1;
	if (cert_to_pem(root, out) != 0)
		return err_set(e, E_LIMIT, "the root's PEM does not fit");
	return 0;
}

int
pki_key(const struct pki *p, const char *name, struct key **ret, struct err *e)
{
	auto_buf pem = BUF_INIT(MAX_SMALL_FILE);
	char path[MAX_CA_FILE];
	struct pubkey public;
	auto_key key = NULL;
	struct span cert;

	(void)snprintf(path, sizeof(path), CA_KEY_FILE, name);
	if (pki_cert(p, name, &cert, e) != 0)
		return -1;
	if (read_part(p, path, &pem, e) ||
	    key_load_pem(buf_span(&pem), &key, e))
		return err_wrap(e, "key '%s'", path);
	key_public(key, &public);
	if (memmem(cert.p, cert.n, public.bytes, public.n) == NULL)
		return err_set(e, E_FOREIGN,
		    "key '%s' is not the one that certs/%s.cer certifies", path,
		    name);
	*ret = TAKE(key);
	return 0;
}

void
pki_forget_keys(void)
{
	embed_forget_keys();
}
