/*
 * made.h - devices with all their certificates, for test_issue.c and
 * test_golden.c.
 */
#ifndef TESTS_UNIT_MADE_H
#define TESTS_UNIT_MADE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "odca/issue.h"
#include "odca/profile.h"
#include "sim/base/limits.h"

/* A device, all its certificates and those above it, by profile name; those
 * that its generation does not have stay empty. */
#define N_CERTS 9
static const char *const names[N_CERTS] = { "root", "intermediate", "issuing",
	"rom", "kernel", "ptt", "ek-rsa2048", "ek-p256", "ek-p384" };
enum {
	ROOT,
	INTERMEDIATE,
	ISSUING,
	ROM,
	KERNEL,
	PTT,
	EK_RSA,
	EK_P256,
	EK_P384
};

/* Where the hierarchy is; NULL: built in. */
static const char *pki_dir;

struct made {
	struct pki *pki;
	struct device device;
	struct buf certs[N_CERTS];
	struct pubkey keys[N_CERTS]; /* subjects' */
};

/* Public keys as a TPM might return them: the generators, and a modulus. */
static void
make_eks(struct made *m)
{
	static const char p256[] =
	    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2"
	    "964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51"
	    "f5";
	auto_buf point = BUF_INIT(65);
	struct pubkey *k = m->keys;

	k[EK_RSA] = (struct pubkey){ .alg = KEY_RSA2048, .n = 256 };
	memset(k[EK_RSA].bytes, 0xc5, 256);
	assert_int_equal(hex_decode(p256, &point), 0);
	k[EK_P256] = (struct pubkey){ .alg = KEY_P256, .n = 65 };
	memcpy(k[EK_P256].bytes, point.p, 65);
	key_public(m->device.rom, &k[EK_P384]);
}

static void
take_ca(struct made *m, size_t i)
{
	const struct vars v = { m->device.family, m->device.batch, 1, "", NULL,
		NULL };
	const struct profile *p = profile_find(names[i], v.batch->gen);
	struct err e = ERR_INIT;
	auto_key key = NULL;
	struct span der;
	char file[64];

	if (p == NULL)
		return;
	assert_int_equal(profile_text(p->file, &v, file, sizeof(file), &e), 0);
	assert_int_equal(pki_cert(m->pki, file, &der, &e), 0);
	assert_int_equal(buf_put(&m->certs[i], der), 0);
	assert_int_equal(pki_key(m->pki, file, &key, &e), 0);
	key_public(key, &m->keys[i]);
}

static void
make_on_die(struct made *m)
{
	struct err e = ERR_INIT;

	key_public(m->device.rom, &m->keys[ROM]);
	key_public(m->device.kernel, &m->keys[KERNEL]);
	key_public(m->device.ptt, &m->keys[PTT]);
	if (issue_device_chain(&m->device, m->pki, &m->certs[ROM],
		&m->certs[KERNEL], &m->certs[PTT], &e) != 0)
		fail_msg("%s", e.msg);
}

static void
make_batch(struct made *m, const char *family, const char *batch,
    const char *seed, unsigned svn, const char *host)
{
	const struct family *f = family_find(family);
	const struct batch *b = family_batch(f, batch);
	struct err e = ERR_INIT;
	struct fuses fuses;

	*m = (struct made){ 0 };
	for (size_t i = 0; i < N_CERTS; i++)
		buf_init(&m->certs[i], MAX_CERT_SIZE);
	assert_int_equal(pki_open(pki_dir, &m->pki, &e), 0);
	if (host != NULL)
		assert_int_equal(pki_set_host(m->pki, host, &e), 0);
	if (seed != NULL)
		assert_int_equal(fuses_from_seed(seed, &fuses, &e), 0);
	else
		assert_int_equal(fuses_random(&fuses, &e), 0);
	assert_int_equal(device_init(&m->device, &fuses, f, b, svn, &e), 0);
	for (size_t i = ROOT; i <= ISSUING; i++)
		take_ca(m, i);
	if (!gen_is_epid(b->gen))
		make_on_die(m);
	make_eks(m);
	for (size_t i = EK_RSA; i < N_CERTS; i++) {
		if (!issue_has_ek(&m->device, m->keys[i].alg))
			continue;
		if (issue_ek(&m->device, m->pki, &m->keys[i], &m->certs[i], &e))
			fail_msg("%s", e.msg);
	}
}

static inline void
make(struct made *m, const char *family, const char *seed, unsigned svn,
    const char *host)
{
	make_batch(m, family, NULL, seed, svn, host);
}

static void
unmake(struct made *m)
{
	for (size_t i = 0; i < N_CERTS; i++)
		buf_free(&m->certs[i]);
	device_done(&m->device);
	pki_free(m->pki);
}

static inline size_t
index_of(const char *profile)
{
	for (size_t i = 0; i < N_CERTS; i++) {
		if (strcmp(names[i], profile) == 0)
			return i;
	}
	fail_msg("no profile %s", profile);
	return 0;
}

static inline void
assert_same(const char *what, struct span got, struct span want)
{
	size_t i = 0;

	if (span_eq(got, want))
		return;
	while (i < got.n && i < want.n && got.p[i] == want.p[i])
		i++;
	fail_msg("%s: %zu bytes, not %zu, from offset %zu on", what, got.n,
	    want.n, i);
}

#endif
