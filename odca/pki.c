#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "odca/asn1.h"
#include "odca/cert.h"
#include "odca/embed.h"
#include "odca/pki.h"
#include "odca/pki_list.h"
#include "sim/base/file.h"
#include "sim/base/limits.h"

/* Certificates or CRLs, read when they are asked for: a start needs one or two
 * of many. */
struct entries {
	struct {
		char name[MAX_CA_NAME];
		struct buf der;
	} e[MAX_CAS];
	size_t n;
	bool all; /* the first n_listed ones are, in the list's order */
	size_t n_listed;
};

enum kind { CERTS, CRLS };

/* clang-format off */
static const struct {
	const char *dir, *ending, *type; /* its ASN.1 */
	size_t max;
} kinds[] = {
	[CERTS] = { "certs/", ".cer", "Certificate", MAX_CERT_SIZE },
	[CRLS] = { "crls/", ".crl", "CertificateList", MAX_CRL_SIZE },
};
/* clang-format on */

struct pki {
	int dir; /* -1: built-in */
	char host[MAX_HOST_LENGTH + 1];
	struct entries *cache[2];
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

/* One whole DER value and nothing else; what it says is not judged here. */
static int
check_der(enum kind k, struct span der, struct err *e)
{
	auto_asn1 node = NULL;

	return asn1_decode(kinds[k].type, der, &node, e);
}

static int
read_entry(const struct pki *p, enum kind k, const char *name, struct err *e)
{
	struct entries *cache = p->cache[k];
	char path[MAX_CA_FILE];
	struct buf *der;
	int rc;

	if (cache->n == MAX_CAS)
		return err_set(e, E_LIMIT, "more than %d CAs", MAX_CAS);
	der = &cache->e[cache->n].der;
	(void)snprintf(
	    path, sizeof(path), "%s%s%s", kinds[k].dir, name, kinds[k].ending);
	buf_init(der, kinds[k].max);
	rc = read_part(p, path, der, e);
	if (rc == 0 && p->dir >= 0 && check_der(k, buf_span(der), e) != 0)
		rc = err_wrap(e, "%s", path);
	if (rc != 0) {
		buf_free(der);
		return -1;
	}
	(void)snprintf(cache->e[cache->n].name, MAX_CA_NAME, "%s", name);
	cache->n++;
	return 0;
}

static int
find_entry(const struct pki *p, enum kind k, const char *name, struct span *ret,
    struct err *e)
{
	const struct entries *cache = p->cache[k];
	size_t i = 0;

	while (i < cache->n && strcmp(cache->e[i].name, name) != 0)
		i++;
	if (i == cache->n && read_entry(p, k, name, e) != 0)
		return -1;
	*ret = buf_span(&cache->e[i].der);
	return 0;
}

static void
forget(struct entries *cache)
{
	for (size_t i = 0; i < cache->n; i++)
		buf_free(&cache->e[i].der);
	cache->n = 0;
	cache->all = false;
}

/* All of a kind, in the list's order. A directory may be older than a family
 * and lack its CAs; who asks for one of them is told. */
static int
read_all(const struct pki *p, enum kind k, struct err *e)
{
	struct ca_list list = { .n = 0 };

	if (p->cache[k]->all)
		return 0;
	if (pki_list(&list, p->host, e) != 0 ||
	    (k == CRLS && pki_list_crls(&list, e) != 0))
		return -1;
	forget(p->cache[k]);
	for (size_t i = 0; i < list.n; i++) {
		struct err why = ERR_INIT;

		if (read_entry(p, k, list.ca[i].name, &why) == 0 ||
		    why.code == E_NOTFOUND)
			continue;
		if (e != NULL)
			*e = why;
		return -1;
	}
	p->cache[k]->all = true;
	p->cache[k]->n_listed = p->cache[k]->n;
	return 0;
}

static int
give_all(const struct pki *p, enum kind k, struct pki_file ret[static MAX_CAS],
    size_t *ret_n, struct err *e)
{
	const struct entries *cache = p->cache[k];

	if (read_all(p, k, e) != 0)
		return -1;
	*ret_n = cache->n_listed;
	for (size_t i = 0; i < *ret_n; i++)
		ret[i] = (struct pki_file){ cache->e[i].name,
			buf_span(&cache->e[i].der) };
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
	struct span root;

	if (p == NULL)
		return err_set(e, E_NOMEM, "hierarchy: out of memory");
	p->dir = -1;
	for (enum kind k = CERTS; k <= CRLS; k++)
		if ((p->cache[k] = calloc(1, sizeof(*p->cache[k]))) == NULL)
			return err_set(e, E_NOMEM, "hierarchy: out of memory");
	if (dir != NULL) {
		p->dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (p->dir < 0) {
			(void)err_errno(e, "open '%s'", dir);
			return foreign(dir, e);
		}
	}
	/* A directory is judged whole, at once; the built-in one is as it was
	 * built. */
	if (read_host(p, e) != 0 || pki_root(p, GEN_ONDIE, &root, e) != 0 ||
	    (dir != NULL &&
		(read_all(p, CERTS, e) != 0 || read_all(p, CRLS, e) != 0)))
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
	for (enum kind k = CERTS; k <= CRLS; k++) {
		if (p->cache[k] != NULL)
			forget(p->cache[k]);
		free(p->cache[k]);
	}
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
	return find_entry(p, CERTS, name, ret, e) == 0
		   ? 0
		   : err_wrap(e, "the hierarchy has no certs/%s.cer", name);
}

int
pki_certs(const struct pki *p, struct pki_file ret[static MAX_CAS],
    size_t *ret_n, struct err *e)
{
	return give_all(p, CERTS, ret, ret_n, e);
}

int
pki_crl(const struct pki *p, const char *name, struct span *ret, struct err *e)
{
	return find_entry(p, CRLS, name, ret, e) == 0
		   ? 0
		   : err_wrap(e, "the hierarchy has no crls/%s.crl", name);
}

int
pki_crls(const struct pki *p, struct pki_file ret[static MAX_CAS],
    size_t *ret_n, struct err *e)
{
	return give_all(p, CRLS, ret, ret_n, e);
}

/* The time first: an older one than the content's only makes a reader ask
 * again. */
int
pki_read(const struct pki *p, const char *path, struct buf *out,
    time_t *ret_changed, struct err *e)
{
	struct stat st = { .st_mtime = 0 };

	if (p->dir >= 0)
		(void)fstatat(p->dir, path, &st, 0);
	*ret_changed = st.st_mtime;
	return read_part(p, path, out, e);
}

/* What a file's replacement changes; zeros for one that is not there. */
static int
put_file(const struct pki *p, const char *path, struct buf *out)
{
	struct stat st = { .st_ino = 0 };

	(void)fstatat(p->dir, path, &st, 0);
	return buf_put_u64(out, (uint64_t)st.st_ino) ||
	       buf_put_u64(out, (uint64_t)st.st_size) ||
	       buf_put_u64(out, (uint64_t)st.st_mtim.tv_sec) ||
	       buf_put_u64(out, (uint64_t)st.st_mtim.tv_nsec);
}

int
pki_stamp(const struct pki *p, uint8_t ret[static SHA256_SIZE], struct err *e)
{
	auto_buf all = BUF_INIT(MAX_SMALL_FILE);
	char path[MAX_CA_FILE];
	int rc = 0;

	for (enum kind k = CERTS; p->dir >= 0 && k <= CRLS; k++) {
		const struct entries *cache = p->cache[k];

		/* The folder itself, for what is new in it. */
		rc |= put_file(p, kinds[k].dir, &all);
		for (size_t i = 0; i < cache->n_listed; i++) {
			(void)snprintf(path, sizeof(path), "%s%s%s",
			    kinds[k].dir, cache->e[i].name, kinds[k].ending);
			rc |= put_file(p, path, &all);
		}
	}
	if (rc != 0)
		return err_set(e, E_LIMIT, "too many files");
	return sha256(buf_span(&all), ret) != 0
		   ? err_set(e, E_CRYPTO, "digest of the hierarchy's files")
		   : 0;
}

int
pki_root(
    const struct pki *p, enum generation gen, struct span *ret, struct err *e)
{
	const struct profile *root = profile_find("root", gen);

	return root == NULL ? err_set(e, E_NOTFOUND, "no profile 'root'")
			    : pki_cert(p, root->file, ret, e);
}

size_t
pki_anchors(const struct pki *p, struct span ret[static PKI_MAX_ANCHORS])
{
	static const enum generation worlds[] = { GEN_ONDIE, GEN_EPID };
	size_t n = 0;

	for (size_t i = 0; i < sizeof(worlds) / sizeof(*worlds); i++)
		n += pki_root(p, worlds[i], &ret[n], NULL) == 0;
	return n;
}

int
pki_bare_key(
    const struct pki *p, const char *name, struct key **ret, struct err *e)
{
	auto_buf pem = BUF_INIT(MAX_SMALL_FILE);
	char path[MAX_CA_FILE];

	(void)snprintf(path, sizeof(path), CA_KEY_FILE, name);
	if (read_part(p, path, &pem, e) || key_load_pem(buf_span(&pem), ret, e))
		return err_wrap(e, "key '%s'", path);
	return 0;
}

int
pki_key(const struct pki *p, const char *name, struct key **ret, struct err *e)
{
	struct pubkey public;
	auto_key key = NULL;
	struct span cert;

	if (pki_cert(p, name, &cert, e) != 0 ||
	    pki_bare_key(p, name, &key, e) != 0)
		return -1;
	key_public(key, &public);
	if (memmem(cert.p, cert.n, public.bytes, public.n) == NULL)
		return err_set(e, E_FOREIGN,
		    "key '" CA_KEY_FILE
		    "' is not the one that certs/%s.cer certifies",
		    name, name);
	*ret = TAKE(key);
	return 0;
}

void
pki_forget_keys(void)
{
	embed_forget_keys();
}
