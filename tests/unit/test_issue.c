/*
 * Issued certificates: every byte against issue_want.h, OpenSSL's strict
 * verification, and what seeds and updates keep or change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/x509_vfy.h>
#undef EXT_END /* OpenSSL 3.0.2 has such a macro */

#include "issue_want.h"
#include "made.h"
#include "temppki.h"
#include "odca/build.h"
#include "odca/der.h"

/* --- the notation of issue_want.h --- */

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

/* --- bytes --- */

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
	assert_int_equal(
	    device_serial(&m->device, w->serial, derived, sizeof(derived), &e),
	    0);
	assert_in_range(derived[0], 0x40, 0x7f);
	assert_int_equal(buf_put(out, SPAN_OF(derived)), 0);
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
check_all_wants(void)
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

static void
test_bytes(void **state)
{
	check_all_wants();
}

static void
test_bytes_below_a_new_hierarchy(void **state)
{
	struct err e = ERR_INIT;
	struct temp t;

	make_temp(&t);
	assert_int_equal(pki_create(t.pki, PKI_DEFAULT_HOST, &e), 0);
	pki_dir = t.pki;
	check_all_wants();
	pki_dir = NULL;
	remove_tree(t.base);
}

/* --- devices --- */

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

/* --- OpenSSL's verdict --- */

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_bytes_below_a_new_hierarchy),
		cmocka_unit_test(test_seeds),
		cmocka_unit_test(test_random_devices_share_nothing),
		cmocka_unit_test(test_firmware_update),
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_openssl_verifies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
