/*
 * Issued certificates: every byte against tests/unit/issue_want.h, OpenSSL's
 * strict verification, seeds, and the goldens of tests/golden/cert.
 *
 * GOLDEN_UPDATE=1 build/unit/test_issue writes the goldens anew, from the top
 * of the source tree; needed when certs/pki was made anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <fcntl.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/x509_vfy.h>

#include "issue_want.h"
#include "odca/build.h"
#include "odca/der.h"
#include "odca/issue.h"
#include "sim/base/file.h"
#include "sim/base/limits.h"

/* A device, all its certificates and those above it, by profile name. */
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
	k[EK_P384] = k[ROM];
}

static void
take_ca(struct made *m, size_t i, const char *file)
{
	struct err e = ERR_INIT;
	auto_key key = NULL;
	struct span der;

	assert_int_equal(pki_cert(m->pki, file, &der, &e), 0);
	assert_int_equal(buf_put(&m->certs[i], der), 0);
	assert_int_equal(pki_key(m->pki, file, &key, &e), 0);
	key_public(key, &m->keys[i]);
}

static void
make(struct made *m, const char *family, const char *seed, unsigned svn,
    const char *host)
{
	const struct family *f = family_find(family);
	const bool ondie = f->gen == GEN_ONDIE;
	struct err e = ERR_INIT;
	struct fuses fuses;
	char issuing[64];

	*m = (struct made){ 0 };
	for (size_t i = 0; i < N_CERTS; i++)
		buf_init(&m->certs[i], MAX_CERT_SIZE);
	assert_int_equal(pki_open(NULL, &m->pki, &e), 0);
	if (host != NULL)
		assert_int_equal(pki_set_host(m->pki, host, &e), 0);
	if (seed != NULL)
		assert_int_equal(fuses_from_seed(seed, &fuses, &e), 0);
	else
		assert_int_equal(fuses_random(&fuses, &e), 0);
	assert_int_equal(
	    device_init(&m->device, &fuses, f, f->batches, svn, &e), 0);
	pki_issuing_name(f, f->batches, issuing, sizeof(issuing));
	take_ca(m, ROOT, "OnDie_CA_RootCA_Certificate");
	take_ca(m, INTERMEDIATE,
	    ondie ? "OnDie_CA_CSME_Intermediate"
		  : "ODCA_CA2_CSME_Intermediate");
	take_ca(m, ISSUING, issuing);
	key_public(m->device.rom, &m->keys[ROM]);
	key_public(m->device.kernel, &m->keys[KERNEL]);
	key_public(m->device.ptt, &m->keys[PTT]);
	make_eks(m);
	if (issue_device_chain(&m->device, m->pki, &m->certs[ROM],
		&m->certs[KERNEL], &m->certs[PTT], &e) != 0)
		fail_msg("%s", e.msg);
	for (size_t i = EK_RSA; i < N_CERTS; i++) {
		if (issue_ek(&m->device, m->pki, &m->keys[i], &m->certs[i], &e))
			fail_msg("%s", e.msg);
	}
}

static void
unmake(struct made *m)
{
	for (size_t i = 0; i < N_CERTS; i++)
		buf_free(&m->certs[i]);
	device_done(&m->device);
	pki_free(m->pki);
}

/* --- the notation of issue_want.h
 * --------------------------------------------- */

struct part {
	const char *name;
	struct span value;
};

static void
put_length(struct buf *out, size_t n)
{
	if (n > 255)
		assert_int_equal(
		    buf_put_u8(out, 0x82) || buf_put_u16(out, n), 0);
	else if (n > 127)
		assert_int_equal(
		    buf_put_u8(out, 0x81) || buf_put_u8(out, n), 0);
	else
		assert_int_equal(buf_put_u8(out, n), 0);
}

static void
put_part(const char **p, const struct part *parts, struct buf *out)
{
	for (; parts->name != NULL; parts++) {
		const size_t n = strlen(parts->name);

		if (strncmp(*p, parts->name, n) == 0) {
			assert_int_equal(buf_put(out, parts->value), 0);
			*p += n;
			return;
		}
	}
	fail_msg("no part for $%.10s", *p);
}

static void
put_want(const char **p, const struct part *parts, struct buf *out)
{
	while (**p != '\0' && **p != ')') {
		char hex[3] = { (*p)[0], (*p)[1], '\0' };

		if (**p == ' ') {
			(*p)++;
		} else if (**p == '$') {
			(*p)++;
			put_part(p, parts, out);
		} else if (**p == '\'') {
			const size_t n = strcspn(++*p, "'");

			assert_int_equal(
			    buf_put(
				out, (struct span){ (const uint8_t *)*p, n }),
			    0);
			*p += n + 1;
		} else {
			assert_int_equal(hex_decode(hex, out), 0);
			*p += 2;
			if (**p == '(') {
				auto_buf inner = BUF_INIT(MAX_CERT_SIZE);

				(*p)++;
				put_want(p, parts, &inner);
				assert_int_equal(**p, ')');
				(*p)++;
				put_length(out, inner.n);
				assert_int_equal(
				    buf_put(out, buf_span(&inner)), 0);
			}
		}
	}
}

/* --- bytes
 * ---------------------------------------------------------------------- */

static void
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

static void
key_id(const struct pubkey *k, uint8_t out[static SHA256_SIZE])
{
	assert_int_equal(sha256((struct span){ k->bytes, k->n }, out), 0);
}

static void
serial_of(const struct made *m, const struct want *w, struct span tbs,
    struct buf *out)
{
	uint8_t derived[SERIAL_SIZE];
	struct err e = ERR_INIT;
	struct der d;

	if (w->serial == NULL) { /* random: 20 octets, 40..7f first */
		tbs = der_content(tbs);
		assert_int_equal(der_get(&tbs, &d), 0);
		assert_int_equal(der_get(&tbs, &d), 0);
		assert_int_equal(d.content.n, 20);
		assert_in_range(d.content.p[0], 0x40, 0x7f);
		assert_int_equal(buf_put(out, d.content), 0);
		return;
	}
	if (hex_decode(w->serial, out) == 0)
		return;
	buf_reset(out);
	assert_int_equal(device_serial(&m->device, w->serial, derived, &e), 0);
	assert_in_range(derived[0], 0x40, 0x7f);
	assert_int_equal(buf_put(out, SPAN_OF(derived)), 0);
}

static size_t
index_of(const char *profile)
{
	for (size_t i = 0; i < N_CERTS; i++) {
		if (strcmp(names[i], profile) == 0)
			return i;
	}
	fail_msg("no profile %s", profile);
	return 0;
}

static void
check_want(const struct made *m, const struct want *w)
{
	const size_t i = index_of(w->profile);
	const size_t issuer = i >= EK_RSA ? PTT : i == ROOT ? ROOT : i - 1;
	auto_buf serial = BUF_INIT(20), want = BUF_INIT(MAX_CERT_SIZE),
		 spki = BUF_INIT(256);
	uint8_t aki[SHA256_SIZE], ski[SHA256_SIZE];
	struct span cert = der_content(buf_span(&m->certs[i]));
	struct der tbs, alg, sig;
	struct err e = ERR_INIT;
	const char *text;

	assert_int_equal(der_get(&cert, &tbs), 0);
	assert_int_equal(der_get(&cert, &alg), 0);
	assert_int_equal(der_get(&cert, &sig), 0);
	assert_int_equal(cert.n, 0);
	serial_of(m, w, tbs.tlv, &serial);
	key_id(&m->keys[i], ski);
	key_id(&m->keys[issuer], aki);
	const struct part parts[] = {
		{ "serial", buf_span(&serial) },
		{ "key", { m->keys[i].bytes, m->keys[i].n } },
		{ "ski", { ski, KEY_ID_SIZE } },
		{ "aki", { aki, KEY_ID_SIZE } },
		{ "issuer", { m->keys[issuer].bytes, P384_POINT_SIZE } },
		{ NULL, { NULL, 0 } },
	};
	text = w->tbs;
	put_want(&text, parts, &want);
	assert_same(w->profile, tbs.tlv, buf_span(&want));
	buf_reset(&want);
	text = w->alg;
	put_want(&text, parts, &want);
	assert_same(w->profile, alg.tlv, buf_span(&want));
	text = "30(30(06(2a8648ce3d0201)06(2b81040022))03(00 $issuer))";
	put_want(&text, parts, &spki);
	assert_int_equal(sig.tag, DER_BIT_STRING);
	assert_int_equal(sig.content.p[0], 0);
	sig.content.p++;
	sig.content.n--;
	assert_int_equal(key_verify(buf_span(&spki), SIG_ECDSA_SHA384, tbs.tlv,
			     sig.content, &e),
	    0);
}

static void
test_bytes(void **state)
{
	struct made adl, tgl;

	make(&adl, "adl", "bytes", 1, NULL);
	make(&tgl, "tgl", "bytes", 1, NULL);
	for (size_t i = 0; i < sizeof(wants) / sizeof(*wants); i++)
		check_want(strcmp(wants[i].family, "adl") == 0 ? &adl : &tgl,
		    &wants[i]);
	unmake(&adl);
	unmake(&tgl);
}

/* --- devices
 * ---------------------------------------------------------------------- */

static bool
contains(const struct buf *b, const char *text)
{
	return memmem(b->p, b->n, text, strlen(text)) != NULL;
}

static void
test_seeds(void **state)
{
	struct made a, b, c;

	make(&a, "tgl", "one", 1, NULL);
	make(&b, "tgl", "one", 1, NULL);
	make(&c, "tgl", "two", 1, NULL);
	for (size_t i = ROM; i < N_CERTS; i++) {
		assert_same(
		    names[i], buf_span(&a.certs[i]), buf_span(&b.certs[i]));
		assert_false(
		    span_eq(buf_span(&a.certs[i]), buf_span(&c.certs[i])));
	}
	for (size_t i = ROM; i <= PTT; i++)
		assert_memory_not_equal(
		    a.keys[i].bytes, c.keys[i].bytes, P384_POINT_SIZE);
	unmake(&a);
	unmake(&b);
	unmake(&c);
}

static void
test_random_devices_share_nothing(void **state)
{
	uint8_t ea[TPM_ENTROPY_SIZE], eb[TPM_ENTROPY_SIZE];
	struct err e = ERR_INIT;
	struct made a, b;

	make(&a, "adl", NULL, 1, NULL);
	make(&b, "adl", NULL, 1, NULL);
	assert_memory_not_equal(a.device.fuses.b, b.device.fuses.b, FUSES_SIZE);
	for (size_t i = ROM; i <= PTT; i++)
		assert_memory_not_equal(
		    a.keys[i].bytes, b.keys[i].bytes, P384_POINT_SIZE);
	assert_int_equal(device_tpm_entropy(&a.device, ea, &e), 0);
	assert_int_equal(device_tpm_entropy(&b.device, eb, &e), 0);
	assert_memory_not_equal(ea, eb, sizeof(ea));
	unmake(&a);
	unmake(&b);
}

/* What an update of the firmware keeps, and what it changes. */
static void
test_firmware_update(void **state)
{
	uint8_t ea[TPM_ENTROPY_SIZE], eb[TPM_ENTROPY_SIZE],
	    na[NV_WRITE_KEY_SIZE], nb[NV_WRITE_KEY_SIZE];
	struct err e = ERR_INIT;
	struct made a, b;

	make(&a, "adl", "update", 1, NULL);
	make(&b, "adl", "update", 2, NULL);
	assert_same("rom", buf_span(&a.certs[ROM]), buf_span(&b.certs[ROM]));
	for (size_t i = KERNEL; i <= PTT; i++)
		assert_memory_not_equal(
		    a.keys[i].bytes, b.keys[i].bytes, P384_POINT_SIZE);
	assert_true(contains(&b.certs[KERNEL], "CSME ADL SVN02 Kernel CA"));
	assert_true(contains(&b.certs[PTT], "CSME ADL PTT  02SVN"));
	assert_true(contains(&b.certs[PTT], "\x02\x05\x02\x04\x13"));
	assert_true(contains(&b.certs[EK_RSA], "CSME ADL PTT  02SVN"));
	assert_int_equal(device_tpm_entropy(&a.device, ea, &e), 0);
	assert_int_equal(device_tpm_entropy(&b.device, eb, &e), 0);
	assert_memory_equal(ea, eb, sizeof(ea));
	assert_int_equal(device_nv_write_key(&a.device, na, &e), 0);
	assert_int_equal(device_nv_write_key(&b.device, nb, &e), 0);
	assert_memory_equal(na, nb, sizeof(na));
	assert_memory_not_equal(ea, na, sizeof(ea));
	unmake(&a);
	unmake(&b);
}

static void
test_host(void **state)
{
	struct made m;

	make(&m, "tgl", "host", 1, "pki.example");
	for (size_t i = ROM; i < N_CERTS; i++) {
		assert_true(contains(&m.certs[i], "https://pki.example/"));
		assert_false(contains(&m.certs[i], "intel"));
	}
	unmake(&m);
}

static void
test_usage(void **state)
{
	char longest[MAX_SEED_LENGTH + 2];
	const struct family *f = family_find("tgl");
	struct err e = ERR_INIT;
	struct device d;
	struct fuses fuses;

	memset(longest, 'x', sizeof(longest));
	longest[MAX_SEED_LENGTH + 1] = '\0';
	assert_int_equal(fuses_from_seed("", &fuses, &e), -1);
	assert_int_equal(e.code, E_USAGE);
	assert_int_equal(fuses_from_seed(longest, &fuses, &e), -1);
	assert_int_equal(e.code, E_USAGE);
	assert_int_equal(fuses_from_seed(longest + 1, &fuses, &e), 0);
	assert_int_equal(device_init(&d, &fuses, f, f->batches, 0, &e), -1);
	assert_int_equal(e.code, E_USAGE);
	assert_int_equal(
	    device_init(&d, &fuses, f, f->batches, MAX_SVN + 1, &e), -1);
}

/* --- OpenSSL's verdict
 * --------------------------------------------------------- */

static X509 *
x509_of(const struct buf *b)
{
	const unsigned char *p = b->p;
	X509 *x = d2i_X509(NULL, &p, (long)b->n);

	assert_non_null(x);
	assert_ptr_equal(p, b->p + b->n);
	return x;
}

static int
verify(const struct made *m, size_t leaf, bool whole)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *untrusted = sk_X509_new_null();
	X509 *root = x509_of(&m->certs[ROOT]), *ek = x509_of(&m->certs[leaf]);
	int rc;

	for (size_t i = whole ? INTERMEDIATE : ISSUING; i <= PTT; i++)
		assert_true(sk_X509_push(untrusted, x509_of(&m->certs[i])));
	assert_int_equal(X509_STORE_add_cert(store, root), 1);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, ek, untrusted), 1);
	X509_VERIFY_PARAM_set_flags(
	    X509_STORE_CTX_get0_param(ctx), X509_V_FLAG_X509_STRICT);
	rc = X509_verify_cert(ctx);
	if (rc == 1)
		assert_int_equal(
		    sk_X509_num(X509_STORE_CTX_get0_chain(ctx)), PTT + 2);
	else
		rc = -X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	sk_X509_pop_free(untrusted, X509_free);
	X509_free(ek);
	X509_free(root);
	X509_STORE_free(store);
	return rc;
}

static void
test_openssl_verifies(void **state)
{
	static const char *const families[] = { "tgl", "adl" };

	for (size_t f = 0; f < 2; f++) {
		struct made m;

		make(&m, families[f], NULL, 1, NULL);
		for (size_t i = EK_RSA; i < N_CERTS; i++)
			assert_int_equal(verify(&m, i, true), 1);
		assert_int_equal(verify(&m, EK_RSA, false),
		    -X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
		unmake(&m);
	}
}

/* --- goldens
 * --------------------------------------------------------------------- */

static void
put_text(struct buf *out, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	assert_int_equal(buf_put(out, SPAN_STR(line)), 0);
}

static bool
is_text(struct der d)
{
	for (size_t i = 0; i < d.content.n; i++) {
		if (d.content.p[i] < 0x20 || d.content.p[i] > 0x7e)
			return false;
	}
	return d.tag == 0x0c || d.tag == 0x17 || d.tag == 0x86;
}

/* One element a line; what is DER within strings is opened too. */
static void
dump(struct span s, int depth, struct buf *out)
{
	struct der d;

	while (s.n > 0) {
		struct span inner;

		assert_int_equal(der_get(&s, &d), 0);
		inner = d.content;
		put_text(out, "%*s%02x", 2 * depth, "", d.tag);
		if (d.tag == DER_BIT_STRING) {
			put_text(out, " %02x", inner.p[0]);
			(void)span_skip(&inner, 1);
		}
		if ((d.tag & DER_CONSTRUCTED) != 0 ||
		    ((d.tag == DER_OCTET_STRING || d.tag == DER_BIT_STRING) &&
			inner.n > 2 && der_is_strict(inner))) {
			put_text(out, "\n");
			dump(inner, depth + 1, out);
		} else if (is_text(d)) {
			put_text(out, " '%.*s'\n", (int)inner.n, inner.p);
		} else {
			put_text(out, inner.n > 0 ? " " : "");
			for (size_t i = 0; i < inner.n; i++)
				put_text(out, "%02x", inner.p[i]);
			put_text(out, "\n");
		}
	}
}

static void
check_golden(const char *family, const char *profile, struct span der)
{
	const bool update = getenv("GOLDEN_UPDATE") != NULL;
	auto_buf got = BUF_INIT(MAX_SMALL_FILE),
		 want = BUF_INIT(MAX_SMALL_FILE);
	struct err e = ERR_INIT;
	char path[96];

	(void)snprintf(
	    path, sizeof(path), "tests/golden/cert/%s-%s.txt", family, profile);
	dump(der, 0, &got);
	if (update)
		assert_int_equal(
		    file_write(AT_FDCWD, path, buf_span(&got), FILE_NOSYNC, &e),
		    0);
	if (file_read(AT_FDCWD, path, &want, &e) != 0)
		fail_msg("%s", e.msg);
	assert_same(path, buf_span(&got), buf_span(&want));
}

static void
test_goldens(void **state)
{
	static const char *const families[] = { "tgl", "adl" };

	for (size_t f = 0; f < 2; f++) {
		struct made m;

		make(&m, families[f], "golden", 1, NULL);
		for (size_t i = 0; i < N_CERTS; i++)
			check_golden(
			    families[f], names[i], buf_span(&m.certs[i]));
		unmake(&m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_random_devices_share_nothing),
		cmocka_unit_test(test_firmware_update),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_openssl_verifies),
		cmocka_unit_test(test_goldens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
