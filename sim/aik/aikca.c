#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "odca/build.h"
#include "odca/cert.h"
#include "odca/crl.h"
#include "odca/service.h"
#include "sim/aik/aikca.h"
#include "sim/base/clock.h"

/* Of the three regions of the real service the one that clients know best. */
#define REGION      "WUS"
#define SERIAL_SIZE 16
/* Of the CRL: as long as the root. */
#define CRL_FROM  "141210000000Z"
#define CRL_TO    "491231235959Z"
#define MAX_LABEL (AIK_CA_NAME_SIZE + 32)

struct authority {
	struct aik_ca public;
	struct buf certs[AIK_CHAIN_LENGTH]; /* but the root's */
	struct authority *next;
};

struct aikca {
	char host[MAX_HOST_LENGTH + 1];
	struct buf root, crl;
	/* Of the root, which is another one in each hierarchy. */
	uint8_t secret[SHA256_SIZE];
	struct key *root_key, *key, *signing, *encryption;
	pthread_mutex_t lock; /* of the list */
	struct authority *list;
	size_t n;
};

static int
read_keys(struct aikca *c, const struct pki *p, struct err *e)
{
	return pki_key(p, AIK_ROOT, &c->root_key, e) ||
	       pki_bare_key(p, AIK_CA_KEY, &c->key, e) ||
	       pki_bare_key(p, AIK_RA_SIGNING_KEY, &c->signing, e) ||
	       pki_bare_key(p, AIK_RA_ENCRYPTION_KEY, &c->encryption, e);
}

static int
make_crl(struct aikca *c, struct err *e)
{
	struct crl_build b = {
		.signer = { c->root_key, false },
		.number = 1,
		.this_update = CRL_FROM,
		.next_update = CRL_TO,
		.exts = { CRL_EXT_AKI, CRL_EXT_NUMBER },
	};
	struct cert root;

	if (cert_parse(buf_span(&c->root), &root, e) != 0)
		return -1;
	b.issuer = root.subject;
	b.aki = root.ski;
	return crl_build(&b, &c->crl, e);
}

static int
read_hierarchy(struct aikca *c, const struct pki *p, struct err *e)
{
	struct span root;

	if (pki_root(p, GEN_AIK, &root, e) != 0 || read_keys(c, p, e) != 0) {
		if (e != NULL && e->code == E_NOTFOUND)
			(void)err_hint(e, SERVICE_HINT);
		return err_wrap(e, "AIK CA");
	}
	if (buf_put(&c->root, root))
		return err_set(e, E_NOMEM, "AIK root: out of memory");
	if (sha256(root, c->secret) != 0)
		return err_set(e, E_CRYPTO, "digest of the AIK root");
	return make_crl(c, e);
}

int
aikca_open(const struct pki *p, struct aikca **ret, struct err *e)
{
	auto_aikca c = calloc(1, sizeof(*c));

	if (c == NULL)
		return err_set(e, E_NOMEM, "AIK CA: out of memory");
	(void)pthread_mutex_init(&c->lock, NULL);
	buf_init(&c->root, MAX_CERT_SIZE);
	buf_init(&c->crl, MAX_CERT_SIZE);
	(void)snprintf(c->host, sizeof(c->host), "%s", pki_host(p));
	if (read_hierarchy(c, p, e) != 0)
		return -1;
	*ret = TAKE(c);
	return 0;
}

static void
authority_free(struct authority *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < AIK_CHAIN_LENGTH; i++)
		buf_free(&a->certs[i]);
	free(a);
}

void
aikca_free(struct aikca *c)
{
	struct authority *next;

	if (c == NULL)
		return;
	for (struct authority *a = c->list; a != NULL; a = next) {
		next = a->next;
		authority_free(a);
	}
	key_free(c->root_key);
	key_free(c->key);
	key_free(c->signing);
	key_free(c->encryption);
	buf_free(&c->root);
	buf_free(&c->crl);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}

/* n bytes that belong to a label of an authority. */
static int
derive(const struct aikca *c, const char *label, const char *name, size_t n,
    struct buf *out, struct err *e)
{
	char text[MAX_LABEL];

	(void)snprintf(text, sizeof(text), "%s %s", label, name);
	return hkdf_sha384(SPAN_OF(c->secret), text, n, out) != 0
		   ? err_set(e, E_CRYPTO, "derive '%s'", text)
		   : 0;
}

/* 40..7f first: positive, and all of the octets count. */
static void
make_serial(uint8_t *octets)
{
	octets[0] = (uint8_t)((octets[0] & 0x3f) | 0x40);
}

static int
make_guid(const struct aikca *c, struct aik_ca *ca, struct err *e)
{
	auto_buf b = BUF_INIT(GUID_SIZE);

	if (derive(c, "guid", ca->name, GUID_SIZE, &b, e) != 0)
		return -1;
	guid_text(b.p, ca->guid);
	return 0;
}

static struct build
build_for(const struct aikca *c, const struct aik_ca *ca, const char *row)
{
	struct build b = {
		.profile = profile_find(row, GEN_AIK),
		.vars = service_vars(GEN_AIK, c->host),
		.issuer = c->key,
	};

	b.vars.authority = ca->name;
	b.vars.guid = ca->guid;
	return b;
}

static int
make_cert(const struct aikca *c, struct authority *a, size_t place,
    const char *row, const struct key *subject, struct err *e)
{
	auto_buf serial = BUF_INIT(SERIAL_SIZE);
	struct build b = build_for(c, &a->public, row);

	if (place == AIK_CHAIN_CA)
		b.issuer = c->root_key;
	if (derive(c, row, a->public.name, SERIAL_SIZE, &serial, e) != 0)
		return -1;
	make_serial(serial.p);
	b.serial = buf_span(&serial);
	key_public(subject, &b.subject);
	buf_init(&a->certs[place], MAX_CERT_SIZE);
	if (build_cert(&b, &a->certs[place], e) != 0)
		return -1;
	a->public.chain[place] = buf_span(&a->certs[place]);
	return 0;
}

static struct authority *
make_authority(const struct aikca *c, const char *name, struct err *e)
{
	struct authority *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		(void)err_set(e, E_NOMEM, "AIK CA: out of memory");
		return NULL;
	}
	(void)snprintf(a->public.name, sizeof(a->public.name), "%s", name);
	a->public.chain[AIK_CHAIN_ROOT] = buf_span(&c->root);
	if (make_guid(c, &a->public, e) == 0 &&
	    make_cert(c, a, AIK_CHAIN_CA, "aik-ca", c->key, e) == 0 &&
	    make_cert(c, a, AIK_CHAIN_SIGNING, "ra-signing", c->signing, e) ==
		0 &&
	    make_cert(c, a, AIK_CHAIN_ENCRYPTION, "ra-encryption",
		c->encryption, e) == 0)
		return a;
	authority_free(a);
	return NULL;
}

/* With the lock. */
static int
find_or_make(
    struct aikca *c, const char *name, const struct aik_ca **ret, struct err *e)
{
	struct authority *a = c->list;

	while (a != NULL && strcmp(a->public.name, name) != 0)
		a = a->next;
	if (a == NULL) {
		if (c->n == MAX_AIK_CAS)
			return err_set(
			    e, E_LIMIT, "more than %d AIK CAs", MAX_AIK_CAS);
		a = make_authority(c, name, e);
		if (a == NULL)
			return -1;
		a->next = c->list;
		c->list = a;
		c->n++;
	}
	*ret = &a->public;
	return 0;
}

int
aikca_authority(struct aikca *c, const char *vendor, bool name_id,
    const uint8_t *id, const struct aik_ca **ret, struct err *e)
{
	char hex[2 * SHA1_SIZE + 1], name[AIK_CA_NAME_SIZE];
	int n, rc;

	hex_encode((struct span){ id, SHA1_SIZE }, hex);
	for (char *p = hex; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
	/* Of a NameId no AIK CA was seen. */
	n = snprintf(name, sizeof(name), REGION "-%s-%s-%s", vendor,
	    name_id ? "NAMEID" : "KEYID", hex);
	if (n < 0 || (size_t)n >= sizeof(name))
		return err_set(
		    e, E_LIMIT, "vendor '%.16s' is too long", vendor);
	(void)pthread_mutex_lock(&c->lock);
	rc = find_or_make(c, name, ret, e);
	(void)pthread_mutex_unlock(&c->lock);
	return rc;
}

/* From a row's copy: valid from now, with a serial number of its own. */
static int
issue(struct build b, time_t now, struct buf *out, struct err *e)
{
	auto_buf serial = BUF_INIT(SERIAL_SIZE);
	struct profile own = *b.profile;

	if (clock_utc_time(now, own.own_not_before) != 0)
		return err_set(e, E_USAGE, "a time beyond 2049");
	if (random_bytes(SERIAL_SIZE, &serial) != 0)
		return err_set(e, E_CRYPTO, "random bytes for a serial number");
	make_serial(serial.p);
	b.serial = buf_span(&serial);
	b.profile = &own;
	return build_cert(&b, out, e);
}

int
aikca_issue(const struct aikca *c, const struct aik_ca *ca,
    const struct aik_subject *s, time_t now, struct buf *out, struct err *e)
{
	struct build b = build_for(c, ca, "aik");

	b.san = s->san;
	b.key_id = s->ski;
	if (s->ski.n != 0 && s->ski.n != KEY_ID_SIZE)
		return err_set(
		    e, E_FORMAT, "a key identifier of %zu bytes", s->ski.n);
	if (s->san.n == 0)
		return err_set(e, E_FORMAT, "no subject alternative name");
	if (pubkey_parse(s->spki, &b.subject, e) != 0)
		return -1;
	if (b.subject.alg != KEY_RSA2048)
		return err_set(e, E_FOREIGN, "the AIK is no RSA-2048 key");
	return issue(b, now, out, e);
}

int
aikca_issue_plain(const struct aikca *c, const struct aik_ca *ca,
    struct span spki, struct span subject, time_t now, struct buf *out,
    struct err *e)
{
	struct build b = build_for(c, ca, "plain");

	b.name = subject;
	if (pubkey_parse(spki, &b.subject, e) != 0)
		return -1;
	return issue(b, now, out, e);
}

struct span
aikca_root_crl(const struct aikca *c)
{
	return buf_span(&c->crl);
}

const struct key *
aikca_key(const struct aikca *c)
{
	return c->key;
}

const struct key *
aikca_signing_key(const struct aikca *c)
{
	return c->signing;
}

const struct key *
aikca_encryption_key(const struct aikca *c)
{
	return c->encryption;
}
