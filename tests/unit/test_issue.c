/*
 * Issued certificates: every byte against issue_want.h, OpenSSL's strict
 * verification, and what seeds and updates keep or change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
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
key_id(const struct made *m, size_t i, uint8_t out[static SHA256_SIZE])
{
	const struct span point = { m->keys[i].bytes, m->keys[i].n };

	assert_int_equal(gen_is_epid(m->device.batch->gen) ? sha1(point, out)
							   : sha256(point, out),
	    0);
}

/* As the certificate has it, where it is random or the row's label derives it;
 * what its form is. */
static void
serial_of(const struct made *m, const struct want *w, struct span tbs,
    struct buf *out)
{
	uint8_t derived[MAX_SERIAL_SIZE];
	struct err e = ERR_INIT;
	struct der d;

	if (w->serial != NULL && hex_decode(w->serial, out) == 0)
		return;
	buf_reset(out);
	tbs = der_content(tbs);
	assert_int_equal(der_get(&tbs, &d), 0);
	assert_int_equal(der_get(&tbs, &d), 0);
	assert_in_range(d.content.p[0], 0x40, 0x7f);
	assert_int_equal(buf_put(out, d.content), 0);
	if (w->serial == NULL) {
		assert_int_equal(d.content.n, 20);
		return;
	}
	if (m->device.batch->gen == GEN_EPID_SPT)
		assert_int_equal(d.content.n, 4);
	else
		assert_int_equal(d.content.n,
		    gen_is_epid(m->device.batch->gen) ? 20 : SERIAL_SIZE);
	assert_int_equal(
	    device_serial(&m->device, w->serial, derived, d.content.n, &e), 0);
	assert_memory_equal(derived, d.content.p, d.content.n);
}

static size_t
issuer_of(const struct made *m, size_t i)
{
	if (gen_is_epid(m->device.batch->gen))
		return i >= EK_RSA ? ISSUING : ROOT;
	return i >= EK_RSA ? PTT : i == ROOT ? ROOT : i - 1;
}

static void
check_want(const struct made *m, const struct want *w)
{
	const bool epid = gen_is_epid(m->device.batch->gen);
	const size_t i = index_of(w->profile), issuer = issuer_of(m, i);
	auto_buf serial = BUF_INIT(20), want = BUF_INIT(MAX_CERT_SIZE),
		 spki = BUF_INIT(256);
	uint8_t aki[SHA256_SIZE], ski[SHA256_SIZE], hw[HW_SERIAL_SIZE] = { 0 };
	struct span cert = der_content(buf_span(&m->certs[i]));
	struct der tbs, alg, sig;
	struct err e = ERR_INIT;
	const char *text;

	assert_int_equal(der_get(&cert, &tbs), 0);
	assert_int_equal(der_get(&cert, &alg), 0);
	assert_int_equal(der_get(&cert, &sig), 0);
	assert_int_equal(cert.n, 0);
	serial_of(m, w, tbs.tlv, &serial);
	key_id(m, i, ski);
	key_id(m, issuer, aki);
	if (serial.n == SERIAL_SIZE)
		assert_int_equal(
		    device_hw_serial(&m->device, buf_span(&serial), hw, &e), 0);
	const struct part parts[] = {
		{ "serial", buf_span(&serial) },
		{ "tail", { hw + SERIAL_SIZE, HW_SERIAL_SIZE - SERIAL_SIZE } },
		{ "key", { m->keys[i].bytes, m->keys[i].n } },
		{ "ski", { ski, KEY_ID_SIZE } },
		{ "aki", { aki, KEY_ID_SIZE } },
		{ "issuer", { m->keys[issuer].bytes, m->keys[issuer].n } },
		{ NULL, { NULL, 0 } },
	};
	text = w->tbs;
	put_want(&text, parts, &want);
	assert_same(w->profile, tbs.tlv, buf_span(&want));
	buf_reset(&want);
	text = w->alg;
	put_want(&text, parts, &want);
	assert_same(w->profile, alg.tlv, buf_span(&want));
	text =
	    epid
		? "30(30(06(2a8648ce3d0201)06(2a8648ce3d030107))03(00 $issuer))"
		: "30(30(06(2a8648ce3d0201)06(2b81040022))03(00 $issuer))";
	put_want(&text, parts, &spki);
	assert_int_equal(sig.tag, DER_BIT_STRING);
	assert_int_equal(sig.content.p[0], 0);
	sig.content.p++;
	sig.content.n--;
	assert_int_equal(key_verify(buf_span(&spki),
			     epid ? SIG_ECDSA_SHA256 : SIG_ECDSA_SHA384,
			     tbs.tlv, sig.content, &e),
	    0);
}

static void
check_all_wants(void)
{
	for (size_t i = 0; i < sizeof(wants) / sizeof(*wants); i++) {
		const char *slash = strchr(wants[i].family, '/');
		char family[8];
		struct made m;

		(void)snprintf(family, sizeof(family), "%.3s", wants[i].family);
		make_batch(&m, family, slash != NULL ? slash + 1 : NULL,
		    "bytes", 1, NULL);
		check_want(&m, &wants[i]);
		unmake(&m);
	}
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

/* What stands between root and EK, from level first on. */
static STACK_OF(X509) * untrusted_of(const struct made *m, size_t first)
{
	STACK_OF(X509) *ret = sk_X509_new_null();

	for (size_t i = first; i <= PTT; i++) {
		if (m->certs[i].n > 0)
			assert_true(sk_X509_push(ret, x509_of(&m->certs[i])));
	}
	return ret;
}

/* 1, or minus OpenSSL's error: the leaf and what is above it from level first
 * on, below one root. */
static int
verify(
    const struct made *m, size_t leaf, size_t first, const struct buf *trusted)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	STACK_OF(X509) *untrusted = untrusted_of(m, first);
	X509 *root = x509_of(trusted), *ek = x509_of(&m->certs[leaf]);
	int rc;

	assert_int_equal(X509_STORE_add_cert(store, root), 1);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, ek, untrusted), 1);
	X509_VERIFY_PARAM_set_flags(
	    X509_STORE_CTX_get0_param(ctx), X509_V_FLAG_X509_STRICT);
	rc = X509_verify_cert(ctx);
	if (rc == 1)
		assert_int_equal(sk_X509_num(X509_STORE_CTX_get0_chain(ctx)),
		    sk_X509_num(untrusted) + 2);
	else
		rc = -X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	sk_X509_pop_free(untrusted, X509_free);
	X509_free(ek);
	X509_free(root);
	X509_STORE_free(store);
	return rc;
}

/* One device for each of the three roots. */
struct roots {
	struct made odca, debug, epid;
};

/* Good below its own root with all between; bad without the CA under the root,
 * and below the other two roots. */
static void
check_verdicts(const struct made *m, const struct roots *r)
{
	const enum generation gen = m->device.batch->gen;
	const size_t below = m->certs[INTERMEDIATE].n > 0 ? ISSUING : ROM;
	const struct made *const all[] = { &r->odca, &r->debug, &r->epid };
	const struct made *own = gen_is_epid(gen)    ? &r->epid
				 : gen_is_debug(gen) ? &r->debug
						     : &r->odca;

	for (size_t i = EK_RSA; i < N_CERTS; i++) {
		if (!issue_has_ek(&m->device, m->keys[i].alg))
			continue;
		for (size_t k = 0; k < 3; k++)
			assert_int_equal(verify(m, i, INTERMEDIATE,
					     &all[k]->certs[ROOT]) == 1,
			    all[k] == own);
	}
	assert_int_equal(verify(m, EK_RSA, below, &own->certs[ROOT]),
	    -X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

static void
test_openssl_verifies(void **state)
{
	struct roots r;
	size_t n;
	const struct family *f = family_all(&n);

	make(&r.odca, "tgl", "root", 1, NULL);
	make_batch(&r.debug, "tgl", "DEBUG000", "root", 1, NULL);
	make(&r.epid, "spt", "root", 1, NULL);
	for (size_t i = 0; i < n; i++) {
		for (const struct batch *b = f[i].batches; b->number != NULL;
		     b++) {
			struct made m;

			make_batch(&m, f[i].name, b->number, NULL, 1, NULL);
			check_verdicts(&m, &r);
			unmake(&m);
		}
	}
	unmake(&r.odca);
	unmake(&r.debug);
	unmake(&r.epid);
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
