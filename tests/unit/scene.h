/*
 * scene.h - seven certificates as silicon has them, what the verifier gets of
 * them, and what it reports; for test_verify.c and test_revocation.c.
 */
#ifndef TESTS_UNIT_SCENE_H
#define TESTS_UNIT_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "odca/verify.h"
#include "tests/unit/makecert.h"

#define NOW 1767225600 /* 2026-01-01 */

/* Where the EK certificates stand. */
#define NV_EK_RSA2048 0x01c00002
#define NV_EK_P256    0x01c0000a
#define NV_EK_P384    0x01c00016

enum level { EK, PTT, KERNEL, ROM, ISSUING, INTER, ROOT, LEVELS };
enum { AKI, BC, KU, FOURTH, SDA, SAN }; /* places in make_cert.exts */
enum { SKI = FOURTH, EKU = FOURTH };

struct scene {
	/* Before building. The key of a level, and which one signs it. */
	struct make_cert certs[LEVELS];
	enum level signer[LEVELS];
	enum level nv[LEVELS]; /* what NV has, in this order */
	size_t n_nv;

	/* After building. */
	struct buf der[LEVELS], nv_chain, decoy;
	struct span extra[3], roots[1];
	struct verify_input in;
};

#define N_16    "c1c2c3c4c5c6c7c8c9cacbcccdcecfd1"
#define N_64    N_16 N_16 N_16 N_16
#define RSA_ALG "300d06092a864886f70d0101010500"
#define RSA_SPKI_OF(spki, bits, key, exponent)                                 \
	spki RSA_ALG bits key "02820101 00" N_64 N_64 N_64 N_64 exponent
#define RSA_SPKI RSA_SPKI_OF("30820122", "0382010f00", "3082010a", "0203010001")
#define RSA_1024_SPKI                                                          \
	"30819f" RSA_ALG "03818d00 308189 02818100" N_64 N_64 "0203010001"
#define OTHER_SPKI /* secp256k1 */                                             \
	"3056 3010 06072a8648ce3d0201 06052b8104000a 0342 00 04" N_64
#define P256_SPKI                                                              \
	"3059 3013 06072a8648ce3d0201 06082a8648ce3d030107 0342 00 04" N_64

#define VALID(from, to)                                                        \
	"301e 170d" from "3030303030305a 170d" to "3030303030305a"
#define FROM_2021 VALID("323130363233", "343931323331")
#define FROM_2022 VALID("323230313031", "343931323331")

#define OLD VALID("313930313031", "323030313031")
#define NEW VALID("343830313031", "343931323331")

#define X19(x)     x x x x x x x x x x x x x x x x x x x
#define X20(x)     X19(x) x
#define AKI_OF(x)  "3016 8014" X20(x)
#define SKI_OF(x)  "0414" X20(x)
#define CN(hex)    "3011 310f 300d 0603550403 0c06" hex /* six characters */
#define CN_PTT     CN("505454204341")
#define CN_KERNEL  CN("4b524e204341")
#define CN_ROM     CN("524f4d204341")
#define CN_ISSUING CN("495353204341")
#define CN_INTER   CN("494e54204341")
#define CN_ROOT    CN("525420204341")

#define TPM_NAMES(manufacturer, model, version)                                \
	"3044 a442 3040 3116 3014 0605678105020" manufacturer                  \
	"310e 300c 0605678105020" model "3116 3014 0605678105020" version
#define INTC "10c0b 69643a3439344535343433"
#define TGL  "20c03 54474c"
#define V500 "30c0b 69643a3031463430303034"
#define SPEC(family, revision)                                                 \
	"3019 3017 06056781050210 310e 300c 0c03" family "020100" revision

/* clang-format off */
#define CA(name, up, ski, aki, ku, from) {                                     \
	.version = "a003020102", .serial = "020101", .alg = ECDSA_SHA384,      \
	.issuer = up, .validity = from, .subject = name,                       \
	.exts = {                                                              \
		{ "551d23", "", AKI_OF(aki) },                                 \
		{ "551d13", "0101ff", "30030101ff" },                          \
		{ "551d0f", "0101ff", ku },                                    \
		{ "551d0e", "", SKI_OF(ski) },                                 \
	},                                                                     \
	.outer_alg = ECDSA_SHA384,                                             \
}

/* As silicon: explicit FALSEs, an EK older than its ROM CA, key usages that
 * differ, no path lengths. */
static const struct make_cert as_silicon[LEVELS] = {
	[EK] = {
		.version = "a003020102", .serial = "020141", .alg = ECDSA_SHA384,
		.issuer = CN_PTT, .validity = FROM_2021, .subject = "3000",
		.spki = RSA_SPKI,
		.exts = {
			[AKI] = { "551d23", "", AKI_OF("a1") },
			[BC]  = { "551d13", "0101ff", "3003010100" },
			[KU]  = { "551d0f", "0101ff", "03020520" },
			[EKU] = { "551d25", "", "300706056781050801" },
			[SDA] = { "551d09", "010100", SPEC("322e30", "0202008a") },
			[SAN] = { "551d11", "0101ff", TPM_NAMES(INTC, TGL, V500) },
		},
		.outer_alg = ECDSA_SHA384,
	},
	[PTT]     = CA(CN_PTT, CN_KERNEL, "a1", "a2", "03020204", FROM_2021),
	[KERNEL]  = CA(CN_KERNEL, CN_ROM, "a2", "a3", "030202ac", FROM_2021),
	[ROM]     = CA(CN_ROM, CN_ISSUING, "a3", "a4", "030201ae", FROM_2022),
	[ISSUING] = CA(CN_ISSUING, CN_INTER, "a4", "a5", "03020106", FROM_2022),
	[INTER]   = CA(CN_INTER, CN_ROOT, "a5", "a6", "03020106", FROM_2021),
	[ROOT]    = CA(CN_ROOT, CN_ROOT, "a6", "a6", "03020106", FROM_2021),
};
/* clang-format on */

static struct key *keys[LEVELS];
static char spkis[LEVELS][256];

/* keys[EK] is a spare one, of nobody. */
static int
make_keys(void **state)
{
	for (size_t i = 0; i < LEVELS; i++) {
		struct pubkey pub;
		int n;

		assert_int_equal(key_generate(KEY_P384, &keys[i], NULL), 0);
		key_public(keys[i], &pub);
		n = snprintf(spkis[i], sizeof(spkis[i]),
		    "3076 3010 06072a8648ce3d0201 06052b81040022 0362 00");
		hex_encode(
		    (struct span){ pub.bytes, pub.n }, spkis[i] + (size_t)n);
	}
	return 0;
}

static int
free_keys(void **state)
{
	for (size_t i = 0; i < LEVELS; i++)
		key_free(keys[i]);
	return 0;
}

static void
scene_done(struct scene *s)
{
	for (size_t i = 0; i < LEVELS; i++)
		buf_free(&s->der[i]);
	buf_free(&s->nv_chain);
	buf_free(&s->decoy);
}

static void
scene_init(struct scene *s)
{
	memcpy(s->certs, as_silicon, sizeof(s->certs));
	for (size_t i = 0; i < LEVELS; i++) {
		s->signer[i] = i == ROOT ? ROOT : (enum level)(i + 1);
		if (i != EK)
			s->certs[i].spki = spkis[i];
		buf_init(&s->der[i], MAX_CERT_SIZE);
	}
	buf_init(&s->nv_chain, MAX_CHAIN_BYTES);
	buf_init(&s->decoy, MAX_CERT_SIZE);
	s->nv[0] = ROM;
	s->nv[1] = KERNEL;
	s->nv[2] = PTT;
	s->n_nv = 3;
}

/* What the verifier gets; the TPM says what the EK certificate says. */
static inline void
scene_input(struct scene *s)
{
	struct verify_tpm *tpm = &s->in.tpm;
	struct cert ek;

	for (size_t i = 0; i < s->n_nv; i++)
		make_put(&s->nv_chain, buf_span(&s->der[s->nv[i]]));
	s->extra[0] = buf_span(&s->der[ISSUING]);
	s->extra[1] = buf_span(&s->der[INTER]);
	s->roots[0] = buf_span(&s->der[ROOT]);
	s->in.ek = buf_span(&s->der[EK]);
	s->in.nv_chain = buf_span(&s->nv_chain);
	s->in.extra = s->extra;
	s->in.n_extra = 2;
	s->in.roots = s->roots;
	s->in.n_roots = 1;
	s->in.now = NOW;
	tpm->have_ek = tpm->have_properties = true;
	tpm->manufacturer = 0x494E5443;
	if (cert_parse(s->in.ek, &ek, NULL) != 0)
		return;
	tpm->ek = ek.pubkey;
	s->in.ek_index = ek.key_kind == KEY_EC ? NV_EK_P256 : NV_EK_RSA2048;
	if (ek.tpm_version[0] != '\0')
		tpm->firmware1 =
		    (uint32_t)strtoul(ek.tpm_version + 3, NULL, 16);
	tpm->revision = ek.spec_revision;
}

/* --- what it reports ------------------------------------------------------ */

static inline const struct check *
find_check(const struct verify_report *v, const char *name, const char *found)
{
	const struct check *last = NULL;

	for (size_t i = 0; i < v->n_checks; i++) {
		if (strcmp(v->checks[i].name, name) != 0)
			continue;
		last = &v->checks[i];
		if (found == NULL || strstr(last->found, found) != NULL)
			break;
	}
	return last;
}

static inline void
print_report(const struct verify_report *v)
{
	static const char *const words[] = { "ok", "FAILED", "skipped" };

	for (size_t i = 0; i < v->n_checks; i++)
		print_error("%-8s %-24s %-16s found '%s' wanted '%s' (%s)\n",
		    words[v->checks[i].result], v->checks[i].name,
		    v->checks[i].object, v->checks[i].found,
		    v->checks[i].wanted, v->checks[i].clause);
}

#endif
