/* The verifier: a row says what is wrong with a chain, and which check has to
 * say so first. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "odca/checks.h"
#include "sim/base/file.h"
#include "tests/unit/scene.h"

#define REFERENCE "../shared/reference/odca/"

#define SIZE(a) (sizeof(a) / sizeof(*(a)))

/* --- chain_split() -------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *name, *hex;
	size_t n;       /* whole certificates */
	enum err_code code;
	const char *msg;
} splits[] = {
	{ "nothing",         "", 0, E_OK, "" },
	{ "one",             "3003 010203", 1, E_OK, "" },
	{ "three",           "3000 3001aa 3002bbcc", 3, E_OK, "" },
	{ "padding 00",      "3001aa 000000", 1, E_OK, "" },
	{ "padding ff",      "3001aa ff", 1, E_OK, "" },
	{ "only padding",    "ffffff", 0, E_OK, "" },
	{ "mixed padding",   "3001aa 00ff", 1, E_FORMAT, "offset 3: begins with 00" },
	{ "data in padding", "3001aa ffff30", 1, E_FORMAT, "offset 3: begins with ff" },
	{ "not a SEQUENCE",  "3001aa 0401bb", 1, E_FORMAT, "offset 3: begins with 04" },
	{ "cut",             "3001aa 300401", 1, E_SHORT, "certificate 2 at offset 3: 3 of 6 bytes, 3 missing" },
	{ "cut in length",   "3001aa 308201", 1, E_SHORT, "certificate 2 at offset 3: only 3 bytes of its header" },
	{ "cut behind tag",  "3001aa 30", 1, E_SHORT, "only 1 bytes of its header" },
	{ "long form",       "3001aa 308101bb", 1, E_FORMAT, "offset 3: begins with 30" },
	{ "long form, cut",  "3001aa 3081", 1, E_SHORT, "certificate 2" },
	{ "indefinite",      "3080 0000", 0, E_FORMAT, "offset 0" },
	{ "3 octets",        "3083 010000", 0, E_SHORT, "certificate 1 at offset 0: 5 of 65541 bytes" },
	{ "3 for 2",         "3083 00ffff", 0, E_FORMAT, "offset 0" },
	{ "4 octets",        "3084 01000000", 0, E_FORMAT, "offset 0" },
};
/* clang-format on */

static void
test_split(void **state)
{
	for (size_t i = 0; i < SIZE(splits); i++) {
		auto_buf in = BUF_INIT(64);
		struct span certs[MAX_CERT_COUNT];
		struct err e = ERR_INIT;
		size_t n = 99, at = 0;

		make_hex(&in, splits[i].hex);
		(void)chain_split(buf_span(&in), certs, &n, &e);
		if (n != splits[i].n || e.code != splits[i].code ||
		    strstr(e.msg, splits[i].msg) == NULL)
			fail_msg("%s: %zu certificates, %d '%s'",
			    splits[i].name, n, e.code, e.msg);
		for (size_t k = 0; k < n; at += certs[k++].n)
			assert_ptr_equal(certs[k].p, in.p + at);
	}
}

static void
test_split_limit(void **state)
{
	uint8_t many[2 * (MAX_CERT_COUNT + 1)] = { 0 };
	struct span certs[MAX_CERT_COUNT], s = SPAN_OF(many);
	struct err e = ERR_INIT;
	size_t n;

	for (size_t i = 0; i < sizeof(many); i += 2)
		many[i] = DER_SEQUENCE;
	s.n -= 2;
	assert_int_equal(chain_split(s, certs, &n, &e), 0);
	assert_int_equal(n, MAX_CERT_COUNT);
	assert_int_equal(chain_split(SPAN_OF(many), certs, &n, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
	assert_int_equal(n, MAX_CERT_COUNT);
}

/* --- what can be done to it ----------------------------------------------- */

/* Before building. */

static void
nv_leaf_first(struct scene *s)
{
	s->nv[0] = PTT;
	s->nv[2] = ROM;
}

static void
nv_all(struct scene *s)
{
	static const enum level all[] = { ROOT, EK, PTT, INTER, ROM, ISSUING,
		KERNEL };

	memcpy(s->nv, all, sizeof(all));
	s->n_nv = SIZE(all);
}

static void
nv_twice(struct scene *s)
{
	s->nv[s->n_nv++] = PTT;
}

static void
nv_without_ptt(struct scene *s)
{
	s->n_nv = 2;
}

static void
nv_without_kernel(struct scene *s)
{
	s->nv[1] = PTT;
	s->n_nv = 2;
}

static void
nv_only_rom(struct scene *s)
{
	s->n_nv = 1;
}

static void
nv_empty(struct scene *s)
{
	s->n_nv = 0;
}

static void
path_lengths(struct scene *s)
{
	s->certs[PTT].exts[BC].value = "30060101ff020100";
	s->certs[KERNEL].exts[BC].value = "30060101ff020101";
	s->certs[ROM].exts[BC].value = "30060101ff020102";
}

static void
key_agreement(struct scene *s)
{
	s->certs[EK].exts[KU].value = "03020308";
}

static void
p256_ek(struct scene *s)
{
	s->certs[EK].spki = P256_SPKI;
	key_agreement(s);
}

static void
unknown_twice(struct scene *s)
{
	static const struct make_ext unknown = { "2a03", "", "0500" };

	s->certs[ROM].exts[4] = s->certs[ROM].exts[5] = unknown;
}

static void
ek_is_ca(struct scene *s)
{
	s->certs[EK].exts[BC].value = "30030101ff";
}

/* A Kernel CA that changed its key and kept its name: a self-issued
 * certificate below it is no step of the path length. */
static void
self_issued(struct scene *s)
{
	s->certs[PTT].issuer = CN_PTT;
	s->certs[KERNEL].subject = CN_PTT;
	s->certs[KERNEL].exts[BC].value = "30060101ff020100";
}

/* EK <- PTT <- Kernel <- PTT again. */
static void
circle(struct scene *s)
{
	s->certs[KERNEL].issuer = CN_PTT;
	s->certs[KERNEL].exts[AKI].value = AKI_OF("a1");
	s->signer[KERNEL] = PTT;
}

/* A root of the same name and key identifier, with another key. */
static void
forged_root(struct scene *s)
{
	s->certs[ROOT].spki = spkis[EK];
	s->signer[ROOT] = EK;
}

/* After building. */

static void
pad_00(struct scene *s)
{
	memset(buf_room(&s->nv_chain, 69), 0x00, 69);
	s->in.nv_chain = buf_span(&s->nv_chain);
}

static void
pad_ff(struct scene *s)
{
	memset(buf_room(&s->nv_chain, 69), 0xff, 69);
	s->in.nv_chain = buf_span(&s->nv_chain);
}

static void
nv_cut(struct scene *s)
{
	s->in.nv_chain.n -= 100;
}

static void
nv_cut_in_first(struct scene *s)
{
	s->in.nv_chain.n = 3;
}

static void
nv_garbage(struct scene *s)
{
	make_hex(&s->nv_chain, "04020000");
	s->in.nv_chain = buf_span(&s->nv_chain);
}

/* The second one has a broken version, lengths stay whole. */
static void
nv_broken(struct scene *s)
{
	s->nv_chain.p[s->der[s->nv[0]].n + 12] ^= 0x7f;
}

static void
ek_none(struct scene *s)
{
	s->in.ek.n = 0;
}

static void
ek_cut(struct scene *s)
{
	s->in.ek.n--;
}

static void
tpm_unknown(struct scene *s)
{
	s->in.tpm.have_ek = s->in.tpm.have_properties = false;
}

static void
index_unknown(struct scene *s)
{
	tpm_unknown(s);
	s->in.ek_index = 0;
}

static void
index_rsa(struct scene *s)
{
	s->in.ek_index = NV_EK_RSA2048;
}

static void
index_p384(struct scene *s)
{
	s->in.ek_index = NV_EK_P384;
}

static void
tpm_ek(struct scene *s)
{
	s->in.tpm.ek.bytes[200]++;
}

static void
tpm_manufacturer(struct scene *s)
{
	s->in.tpm.manufacturer = 0x49424d00;
}

static void
tpm_firmware(struct scene *s)
{
	s->in.tpm.firmware1++;
}

static void
tpm_revision(struct scene *s)
{
	s->in.tpm.revision++;
}

static void
year_2050(struct scene *s)
{
	s->in.now = 2524608000 + 86400;
}

static void
year_2020(struct scene *s)
{
	s->in.now = 1577836800;
}

static void
no_roots(struct scene *s)
{
	s->in.n_roots = 0;
}

/* The root is there, but nobody trusts it. */
static void
root_as_extra(struct scene *s)
{
	s->extra[2] = s->roots[0];
	s->in.n_extra = 3;
	s->in.n_roots = 0;
}

static void
no_extra(struct scene *s)
{
	s->in.n_extra = 0;
}

/* The path ends there, though the root is known, too. */
static void
anchor_is_intermediate(struct scene *s)
{
	s->extra[1] = buf_span(&s->der[ROOT]);
	s->roots[0] = buf_span(&s->der[INTER]);
}

static void
extra_unreadable(struct scene *s)
{
	s->extra[2] = SPAN_STR("0 is no certificate");
	s->in.n_extra = 3;
}

/* Whole DER, but no certificate, and of nobody on the path. */
static void
extra_not_needed(struct scene *s)
{
	static const uint8_t der[] = { DER_SEQUENCE, 2, 0x05, 0x00 };

	s->extra[2] = SPAN_OF(der);
	s->in.n_extra = 3;
}

/* The issuing CA's once more, with a version that is none. */
static void
extra_broken(struct scene *s)
{
	make_put(&s->decoy, s->extra[0]);
	s->decoy.p[12] ^= 0x7f;
	s->extra[2] = buf_span(&s->decoy);
	s->in.n_extra = 3;
}

/* A Kernel CA of another device, with a key identifier that is not its own:
 * it comes first, but made no signature here. */
static void
decoy_key_id(struct scene *s)
{
	struct make_cert m = s->certs[KERNEL];
	auto_buf old = BUF_INIT(MAX_CHAIN_BYTES);

	m.spki = spkis[EK];
	make_certificate(&m, keys[ROM], &s->decoy);
	make_put(&old, s->in.nv_chain);
	buf_reset(&s->nv_chain);
	make_put(&s->nv_chain, buf_span(&s->decoy));
	make_put(&s->nv_chain, buf_span(&old));
	s->in.nv_chain = buf_span(&s->nv_chain);
}

/* The root's key, certified by a CA that nobody trusts. */
static void
decoy_cross(struct scene *s)
{
	struct make_cert m = s->certs[ROOT];

	m.issuer = CN("585820204341");
	m.exts[AKI].value = AKI_OF("b0");
	make_certificate(&m, keys[EK], &s->decoy);
	s->extra[2] = buf_span(&s->decoy);
	s->in.n_extra = 3;
}

/* Two more certificates for the intermediate CA's key, which come first: one
 * that is no longer valid, and one for another name. */

static void
intermediate_too(struct scene *s, const struct make_cert *m)
{
	make_certificate(m, keys[ROOT], &s->decoy);
	s->extra[2] = s->extra[1];
	s->extra[1] = buf_span(&s->decoy);
	s->in.n_extra = 3;
}

static void
decoy_expired(struct scene *s)
{
	struct make_cert m = s->certs[INTER];

	m.validity = OLD;
	intermediate_too(s, &m);
}

static void
decoy_renamed(struct scene *s)
{
	struct make_cert m = s->certs[INTER];

	m.subject = CN("585820204341");
	intermediate_too(s, &m);
}

/* --- rows ----------------------------------------------------------------- */

enum edit {
	NOTHING,
	EXT,
	DROP,
	SUBJECT,
	ISSUER,
	VALIDITY,
	VERSION,
	SERIAL,
	SPKI,
	OUTER,
	SIGNER,
	FLIP
};

struct row {
	const char *name;
	const char *want; /* the first check that fails; NULL: accepted */
	enum level level; /* of the edit, and of the check when it fails */
	enum edit edit;   /* FLIP: a bit of the signature, after building */
	unsigned place;   /* of the extension; the key of SIGNER */
	enum check_result result; /* of see */
	struct make_ext x;
	const char *hex;
	void (*plan)(struct scene *s);
	void (*input)(struct scene *s);
	/* A check that did not fail, and a part of what the check found. */
	const char *see;
	const char *found;
};

#define PUT(l, what, ...)                                                      \
	.level = l, .edit = EXT, .place = what, .x = { __VA_ARGS__ }
#define WITHOUT(l, what) .level = l, .edit = DROP, .place = what
#define FLIPPED(l)       .level = l, .edit = FLIP

/* clang-format off */
static const struct row rows[] = {
/* accepted */
	{ "as silicon", NULL, .see = "nv.chain", .found = "3 certificates" },
	{ "leaf first", NULL, .plan = nv_leaf_first, .see = "nv.unused", .found = "nothing else" },
	{ "all in NV", NULL, .plan = nv_all, .see = "nv.chain", .found = "7 certificates" },
	{ "all in NV, all used", NULL, .plan = nv_all, .see = "nv.unused", .found = "nothing else" },
	{ "one twice", NULL, .plan = nv_twice, .see = "nv.unused", .found = "nothing else" },
	{ "padding 00", NULL, .input = pad_00, .see = "nv.chain", .found = "69 bytes of padding 00 at offset" },
	{ "padding ff", NULL, .input = pad_ff, .see = "nv.chain", .found = "69 bytes of padding ff at offset" },
	{ "path lengths", NULL, .plan = path_lengths, .see = "path.pathlen", .found = "0 CAs below" },
	{ "P-256 EK", NULL, .plan = p256_ek, .see = "ek.key-usage", .found = "keyAgreement" },
	{ "TPM is not known: key", NULL, .input = tpm_unknown, .see = "ek.public-key", .result = CHECK_SKIPPED, .found = "not known" },
	{ "TPM is not known: manufacturer", NULL, .input = tpm_unknown, .see = "ek.san.manufacturer", .result = CHECK_SKIPPED, .found = "id:494E5443" },
	{ "TPM is not known: version", NULL, .input = tpm_unknown, .see = "ek.san.version", .result = CHECK_SKIPPED, .found = "id:" },
	{ "TPM is not known: specification", NULL, .input = tpm_unknown, .see = "ek.specification", .result = CHECK_SKIPPED, .found = "family 2.0" },
	{ "anchor is an intermediate", NULL, .input = anchor_is_intermediate, .see = "path.anchor", .found = "a trust anchor" },
	{ "another with its key id", NULL, .input = decoy_key_id, .see = "nv.unused", .result = CHECK_SKIPPED, .found = "1 not on the path, the first: CN=KRN CA" },
	{ "expired one of two", NULL, .input = decoy_expired, .see = "path.anchor", .found = "a trust anchor" },
	{ "another name of two", NULL, .input = decoy_renamed, .see = "path.anchor", .found = "a trust anchor" },
	{ "self-issued", NULL, .plan = self_issued, .see = "path.pathlen", .found = "0 CAs below" },
	{ "cross-certified root", NULL, .input = decoy_cross, .see = "path.anchor", .found = "a trust anchor" },
	{ "unreadable extra", NULL, .input = extra_unreadable, .see = "given.parse", .result = CHECK_SKIPPED, .found = "certificate 3: " },
	{ "unreadable, but not needed", NULL, .input = extra_not_needed, .see = "given.parse", .found = "3, and 1 trust anchors; 3 of them needed" },
	{ "unreadable of two", NULL, .input = extra_broken, .see = "given.parse", .result = CHECK_SKIPPED, .found = "left out: certificate 3: " },
	{ "no AKI in the root", NULL, WITHOUT(ROOT, AKI), .see = "ca.aki", .found = "none, self-issued" },
	{ "key usage of a CA not critical", NULL, PUT(ROM, KU, "551d0f", "", "030201ae"), .see = "ca.key-usage", .found = "present, not critical" },
	{ "CA for EK certificates", NULL, PUT(ROM, 4, "551d25", "", "300706056781050801"), .see = "ca.eku", .found = "2.23.133.8.1" },
	{ "CA for CAs of EKs", NULL, PUT(ROM, 4, "551d25", "0101ff", "30070605678105080c"), .see = "ca.eku", .found = "2.23.133.8.12" },
	{ "CA for any purpose", NULL, PUT(ROM, 4, "551d25", "", "30060604551d2500"), .see = "ca.eku", .found = "any" },
	{ "serial of 20 octets", NULL, KERNEL, SERIAL, .hex = "02147f" X19("00"), .see = "cert.serial", .found = "positive, 20 octets" },
	{ "index is not known", NULL, .input = index_unknown, .see = "ek.key-type", .found = "RSA-2048" },
	{ "unknown extension", NULL, PUT(ROM, 4, "2a03", "", "0500") },
	{ "SAN in one RDN", NULL, PUT(EK, SAN, "551d11", "0101ff", "3040 a43e 303c 313a 3014 0605678105020" INTC "300c 0605678105020" TGL "3014 0605678105020" V500) },
	{ "lower-case id", NULL, PUT(EK, SAN, "551d11", "0101ff", TPM_NAMES("10c0b 69643a3439346535343433", TGL, V500)) },

/* the EK certificate */
	{ "no EK certificate", "ek.present", .input = ek_none, .found = "none" },
	{ "EK certificate is cut", "ek.parse", .input = ek_cut, .found = "of" },
	{ "version 1", "ek.version", EK, VERSION, .hex = "", .found = "version 1" },
	{ "subject", "ek.subject-empty", EK, SUBJECT, .hex = CN_PTT, .found = "CN=PTT CA" },
	{ "no SAN", "ek.san", WITHOUT(EK, SAN), .found = "none" },
	{ "SAN is not critical", "ek.san", PUT(EK, SAN, "551d11", "", TPM_NAMES(INTC, TGL, V500)), .found = "not critical" },
	{ "manufacturer without id:", "ek.san.manufacturer", PUT(EK, SAN, "551d11", "0101ff", TPM_NAMES("10c0b 2020203439344535343433", TGL, V500)), .found = "   494E5443" },
	{ "manufacturer of 7 digits", "ek.san.manufacturer", PUT(EK, SAN, "551d11", "0101ff", TPM_NAMES("10c0b 69643a3439344535347a7a", TGL, V500)), .found = "id:494E54zz" },
	{ "manufacturer of 6 digits", "ek.san.manufacturer", PUT(EK, SAN, "551d11", "0101ff", "3042 a440 303e 3114 3012 06056781050201 0c09 69643a343934453534 310e 300c 0605678105020" TGL "3116 3014 0605678105020" V500), .input = tpm_unknown, .found = "id:494E54" },
	{ "manufacturer is left out", "ek.san.manufacturer", PUT(EK, SAN, "551d11", "0101ff", TPM_NAMES("90c0b 69643a3439344535343433", TGL, V500)), .found = "none" },
	{ "manufacturer of no registry", "ek.san.manufacturer", PUT(EK, SAN, "551d11", "0101ff", TPM_NAMES("10c0b 69643a3031303230333034", TGL, V500)), .input = tpm_unknown, .found = "id:01020304" },
	{ "manufacturer in small letters", "ek.san.manufacturer", PUT(EK, SAN, "551d11", "0101ff", TPM_NAMES("10c0b 69643a3639366537343633", TGL, V500)), .input = tpm_unknown, .found = "id:696e7463" },
	{ "manufacturer of blanks", "ek.san.manufacturer", PUT(EK, SAN, "551d11", "0101ff", TPM_NAMES("10c0b 69643a3230323032303230", TGL, V500)), .input = tpm_unknown, .found = "id:20202020" },
	{ "manufacturer of three letters", NULL, PUT(EK, SAN, "551d11", "0101ff", TPM_NAMES("10c0b 69643a3439343234443030", TGL, V500)), .input = tpm_unknown, .see = "ek.san.manufacturer", .result = CHECK_SKIPPED, .found = "id:49424D00" },
	{ "TPM of another manufacturer", "ek.san.manufacturer", .input = tpm_manufacturer, .found = "id:494E5443" },
	{ "model is left out", "ek.san.model", PUT(EK, SAN, "551d11", "0101ff", TPM_NAMES(INTC, "90c03 54474c", V500)), .found = "none" },
	{ "version is left out", "ek.san.version", PUT(EK, SAN, "551d11", "0101ff", TPM_NAMES(INTC, TGL, "90c0b 69643a3031463430303034")), .found = "none" },
	{ "version is no number", "ek.san.version", PUT(EK, SAN, "551d11", "0101ff", TPM_NAMES(INTC, TGL, "30c0b 69643a3530302e30303034")), .found = "id:500.0004" },
	{ "TPM of another firmware", "ek.san.version", .input = tpm_firmware, .found = "id:" },
	{ "no specification", "ek.specification", WITHOUT(EK, SDA), .found = "none" },
	{ "TPM 1.2", "ek.specification", PUT(EK, SDA, "551d09", "010100", SPEC("312e32", "0202008a")), .found = "family 1.2" },
	{ "TPM of another revision", "ek.specification", .input = tpm_revision, .found = "revision 1" },
	{ "EK is a CA", "ek.basic-constraints", .plan = ek_is_ca, .found = "CA TRUE" },
	{ "RSA for key agreement", "ek.key-usage", PUT(EK, KU, "551d0f", "0101ff", "03020308"), .found = "keyAgreement" },
	{ "EK that signs certificates", "ek.key-usage", PUT(EK, KU, "551d0f", "0101ff", "03020224"), .found = "keyEncipherment keyCertSign" },
	{ "no key usage", "ek.key-usage", WITHOUT(EK, KU), .found = "absent" },
	{ "no purpose", "ek.eku", WITHOUT(EK, EKU), .found = "no extended key usage" },
	{ "another purpose", "ek.eku", PUT(EK, EKU, "551d25", "", "30070605678105080c"), .found = "other" },
	{ "no AKI in the EK", "ek.aki", WITHOUT(EK, AKI), .found = "none" },
	{ "AKI by serial", "ek.aki", PUT(EK, AKI, "551d23", "", "3003820101"), .found = "none" },
	{ "P-384 index", "ek.key-type", .input = index_p384, .found = "RSA-2048" },
	{ "P-256 EK at the RSA index", "ek.key-type", .plan = p256_ek, .input = index_rsa, .found = "P-256" },
	{ "RSA-1024 EK", "ek.key-type", EK, SPKI, .hex = RSA_1024_SPKI, .input = index_unknown, .found = "RSA-1024" },
	{ "EK of a curve that is not known", "ek.key-type", EK, SPKI, .hex = OTHER_SPKI, .plan = key_agreement, .input = index_unknown, .found = "another kind" },
	{ "RSA exponent 3", "ek.rsa-exponent", EK, SPKI, .hex = RSA_SPKI_OF("30820120", "0382010d00", "30820108", "020103"), .found = "3" },
	{ "RSA exponent of 5 octets", "ek.rsa-exponent", EK, SPKI, .hex = RSA_SPKI_OF("30820124", "0382011100", "3082010c", "02050100000001"), .found = "more than 31 bits" },
	{ "EK of another device", "ek.public-key", .input = tpm_ek, .found = "another key" },

/* NV */
	{ "chain is cut", "nv.chain", .input = nv_cut, .found = "certificate 3 at offset" },
	{ "chain is cut in the first", "nv.chain", .input = nv_cut_in_first, .found = "certificate 1 at offset 0: only 3 bytes" },
	{ "garbage behind the chain", "nv.chain", .input = nv_garbage, .found = "begins with 04" },
	{ "a broken certificate", "nv.chain", .input = nv_broken, .found = "certificate 2 at offset" },
	{ "nothing in NV", "path.issuer", .plan = nv_empty, .found = "NV 0x01C00100 and on; there were none" },
	{ "no PTT CA", "path.issuer", .plan = nv_without_ptt, .found = "not found: key id " },
	{ "no Kernel CA", "path.issuer", PTT, .plan = nv_without_kernel, .found = "not found: key id " },
	{ "only the ROM CA", "path.issuer", .plan = nv_only_rom, .found = "not found: key id " },
	{ "no issuing CA", "path.issuer", ROM, .input = no_extra, .found = "not found: key id " },

/* every certificate */
	{ "negative serial", "cert.serial", EK, SERIAL, .hex = "0201c1", .found = "negative" },
	{ "serial 0", "cert.serial", PTT, SERIAL, .hex = "020100", .found = "0" },
	{ "serial of 21 octets", "cert.serial", ROM, SERIAL, .hex = "02157f" X20("00"), .found = "positive, 21 octets" },
	{ "two signature algorithms", "cert.signature-algorithm", EK, OUTER, .hex = "300a06082a8648ce3d040302", .found = "ecdsa-with-SHA256, and another inside" },
	{ "two signature algorithms of a CA", "cert.signature-algorithm", ROM, OUTER, .hex = "300c06082a8648ce3d0403030500", .found = "ecdsa-with-SHA384, and another inside" },
	{ "no issuer name", "cert.issuer-name", EK, ISSUER, .hex = "3000", .found = "empty" },
	{ "validity backwards", "cert.validity-period", KERNEL, VALIDITY, .hex = VALID("343931323331", "323130363233"), .found = "2049-12-31 00:00:00 to 2021" },
	{ "an extension twice", "cert.extensions-once", PUT(EK, 6, "551d13", "0101ff", "3000"), .found = "2.5.29.19 twice" },
	{ "an unknown extension twice", "cert.extensions-once", .plan = unknown_twice, .level = ROM, .found = "1.2.3 twice" },
	{ "AKI critical", "cert.non-critical", PUT(EK, AKI, "551d23", "0101ff", AKI_OF("a1")), .found = "2.5.29.35 critical" },
	{ "SKI critical", "cert.non-critical", PUT(PTT, SKI, "551d0e", "0101ff", SKI_OF("a1")), .found = "2.5.29.14 critical" },
	{ "specification critical", "cert.non-critical", PUT(EK, SDA, "551d09", "0101ff", SPEC("322e30", "0202008a")), .found = "2.5.29.9 critical" },

/* CAs */
	{ "no AKI in a CA", "ca.aki", WITHOUT(ROM, AKI), .found = "none" },
	{ "no SKI in a CA", "ca.ski", WITHOUT(PTT, SKI), .found = "none" },
	{ "basic constraints not critical", "ca.basic-constraints", PUT(ISSUING, BC, "551d13", "", "30030101ff"), .found = "not critical" },
	{ "no key usage in a CA", "ca.key-usage", WITHOUT(ROM, KU), .found = "none" },
	{ "CA for servers", "ca.eku", PUT(ISSUING, 4, "551d25", "", "300a06082b06010505070301"), .found = "other purposes" },

/* the path */
	{ "circle", "path.issuer", KERNEL, .plan = circle, .found = "not found: key id a1a1" },
	{ "no AKI, name of nobody", "path.issuer", WITHOUT(ROM, AKI), .hex = CN("585820204341"), .found = "not found: no key id to go by" },
	{ "no AKI, name of another CA", "path.signature", WITHOUT(ROM, AKI), .hex = CN_INTER },
	{ "another issuer name", "path.name-chaining", EK, ISSUER, .hex = CN_ROM, .found = "subject CN=PTT CA" },
	{ "another issuer name of a CA", "path.name-chaining", KERNEL, ISSUER, .hex = CN_PTT, .found = "subject CN=ROM CA" },
	{ "signature of the EK", "path.signature", FLIPPED(EK) },
	{ "signature of the PTT CA", "path.signature", FLIPPED(PTT) },
	{ "signature of the Kernel CA", "path.signature", FLIPPED(KERNEL) },
	{ "signature of the ROM CA", "path.signature", FLIPPED(ROM) },
	{ "signature of the issuing CA", "path.signature", FLIPPED(ISSUING) },
	{ "signature of the intermediate CA", "path.signature", FLIPPED(INTER) },
	{ "signed by another key", "path.signature", .level = EK, .edit = SIGNER, .place = KERNEL },
	{ "forged root", "path.signature", INTER, .plan = forged_root },
	{ "expired EK", "path.validity", EK, VALIDITY, .hex = OLD, .found = "2019-01-01 00:00:00 to 2020-01-01 00:00:00" },
	{ "expired ROM CA", "path.validity", ROM, VALIDITY, .hex = OLD, .found = "to 2020" },
	{ "expired root", "path.validity", ROOT, VALIDITY, .hex = OLD, .found = "to 2020" },
	{ "PTT CA of the future", "path.validity", PTT, VALIDITY, .hex = NEW, .found = "2048-01-01" },
	{ "in 2050", "path.validity", .input = year_2050, .found = "to 2049-12-31" },
	{ "in 2020", "path.validity", .input = year_2020, .found = "-" },
	{ "PTT CA is none", "path.basic-constraints", PUT(PTT, BC, "551d13", "0101ff", "3003010100"), .found = "CA FALSE" },
	{ "no basic constraints", "path.basic-constraints", WITHOUT(ISSUING, BC), .found = "no basic constraints" },
	{ "path too long", "path.pathlen", PUT(ROM, BC, "551d13", "0101ff", "30060101ff020101"), .found = "2 CAs below" },
	{ "path length 0 above a CA", "path.pathlen", PUT(KERNEL, BC, "551d13", "0101ff", "30060101ff020100"), .found = "1 CAs below" },
	{ "CA without keyCertSign", "path.key-usage", PUT(PTT, KU, "551d0f", "0101ff", "03020780"), .found = "digitalSignature" },
	{ "unknown critical extension", "path.critical-extensions", PUT(ROM, 4, "2a0304", "0101ff", "0500"), .found = "1.2.3.4" },
	{ "unknown critical extension, EK", "path.critical-extensions", PUT(EK, 6, "551d1e", "0101ff", "3000"), .found = "2.5.29.30" },
	{ "self-signed, but not trusted", "path.anchor", ROOT, .input = root_as_extra, .found = "self-signed, but not trusted" },
	{ "no trust anchor", "path.issuer", INTER, .input = no_roots, .found = "not found" },
};
/* clang-format on */

/* --- sources: made here, or of a real device ------------------------------ */

static int
load_pem(const char *name, struct buf *out)
{
	auto_buf pem = BUF_INIT(MAX_SMALL_FILE);
	char path[256];

	(void)snprintf(path, sizeof(path), REFERENCE "%s.pem", name);
	if (file_read(AT_FDCWD, path, &pem, NULL) != 0)
		return -1;
	assert_int_equal(cert_from_file(buf_span(&pem), out, NULL), 0);
	return 0;
}

/* clang-format off */
static const struct source {
	const char *name;
	const char *files[LEVELS]; /* NULL: made */
} sources[] = {
	{ "made", { NULL } },
	{ "ADL", { "device-ADL-lenovo-0-EK-RSA2048", "device-ADL-lenovo-1-PTT-CA",
	    "device-ADL-lenovo-2-Kernel-CA", "device-ADL-lenovo-3-ROM-CA",
	    "intel-odca-issuing-ADL_PROD_00002820_ODCA_CA2",
	    "intel-odca-intermediate-ODCA_CA2_CSME_Intermediate",
	    "intel-odca-root-OnDie_CA_RootCA_Certificate" } },
	{ "MTL", { "device-MTL-lenovo-0-EK-RSA2048", "device-MTL-lenovo-1-PTT-CA",
	    "device-MTL-lenovo-2-Kernel-CA", "device-MTL-lenovo-3-ROM-CA",
	    "intel-odca-issuing-MTL_00003043_ODCA_CA2",
	    "intel-odca-intermediate-ODCA_CA2_CSME_Intermediate",
	    "intel-odca-root-OnDie_CA_RootCA_Certificate" } },
};
/* clang-format on */

static void
edit_cert(struct make_cert *m, const struct row *r)
{
	struct make_ext *x = &m->exts[r->place];

	switch (r->edit) {
	case EXT:
		*x = r->x;
		break;
	case DROP:
		memmove(x, x + 1, (MAKE_MAX_EXTS - r->place) * sizeof(*x));
		/* Another issuer's name, for who is found by name. */
		if (r->hex != NULL)
			m->issuer = r->hex;
		break;
	case SUBJECT:
		m->subject = r->hex;
		break;
	case ISSUER:
		m->issuer = r->hex;
		break;
	case VALIDITY:
		m->validity = r->hex;
		break;
	case VERSION:
		m->version = r->hex;
		break;
	case SERIAL:
		m->serial = r->hex;
		break;
	case SPKI:
		m->spki = r->hex;
		break;
	case OUTER:
		m->outer_alg = r->hex;
		break;
	default:
		break;
	}
}

/* A real certificate cannot be changed below its signature, nor can what the
 * decoys are made from. */
static bool
needs_keys(const struct row *r)
{
	return (r->edit != NOTHING && r->edit != FLIP) ||
	       r->plan == path_lengths || r->plan == p256_ek ||
	       r->plan == ek_is_ca || r->plan == key_agreement ||
	       r->plan == unknown_twice || r->plan == circle ||
	       r->plan == forged_root || r->input == decoy_key_id ||
	       r->input == decoy_cross;
}

static void
scene_build(struct scene *s, const struct source *source, const struct row *r)
{
	scene_init(s);
	edit_cert(&s->certs[r->level], r);
	if (r->edit == SIGNER)
		s->signer[r->level] = (enum level)r->place;
	if (r->plan != NULL)
		r->plan(s);
	for (size_t i = 0; i < LEVELS; i++) {
		if (source->files[i] == NULL)
			make_certificate(
			    &s->certs[i], keys[s->signer[i]], &s->der[i]);
		else if (load_pem(source->files[i], &s->der[i]) != 0)
			fail_msg("%s: missing", source->files[i]);
	}
	/* The lowest bit of s: still DER, but not the signature. */
	if (r->edit == FLIP)
		s->der[r->level].p[s->der[r->level].n - 1] ^= 1;
	scene_input(s);
	if (r->input != NULL)
		r->input(s);
}

static const char *
object_of(const struct verify_report *v, const struct row *r)
{
	/* A check that failed at level n says so of the path's n-th. */
	return r->level == EK         ? "EK certificate"
	       : r->level < v->n_path ? v->path[r->level].subject_text
				      : "";
}

static bool
as_wanted(const struct row *r, const struct verify_report *v)
{
	const struct check *first = verify_first_failure(v);
	const struct check *c;

	if (v->accepted != (r->want == NULL) ||
	    (first == NULL) != (r->want == NULL))
		return false;
	if (r->want == NULL) {
		if (v->n_path < 6)
			return false;
		c = r->see == NULL ? NULL : find_check(v, r->see, r->found);
		return r->see == NULL ||
		       (c != NULL && c->result == r->result &&
			   (r->found == NULL ||
			       strstr(c->found, r->found) != NULL));
	}
	return strcmp(first->name, r->want) == 0 &&
	       (strncmp(r->want, "nv.", 3) == 0 ||
		   strcmp(first->object, object_of(v, r)) == 0) &&
	       (r->found == NULL || strstr(first->found, r->found) != NULL);
}

static struct test_case {
	const struct source *source;
	const struct row *row;
	char name[96];
} cases[SIZE(sources) * SIZE(rows)];

static void
test_row(void **state)
{
	const struct test_case *t = *state;
	AUTO(scene_done) struct scene s = { .n_nv = 0 };
	static struct verify_report v;
	struct err e = ERR_INIT;

	scene_build(&s, t->source, t->row);
	if (verify_ek(&s.in, &v, &e) != 0)
		fail_msg("verify_ek: %s", e.msg);
	if (as_wanted(t->row, &v))
		return;
	print_report(&v);
	fail_msg("want %s '%s'",
	    t->row->want != NULL ? t->row->want : "accepted",
	    t->row->found != NULL ? t->row->found : "");
}

/* --- the rest ------------------------------------------------------------- */

/* No check without a row that it rejects. */
static void
test_complete(void **state)
{
	static const char *const never[] = { "given.parse", "nv.unused" };

	for (const struct rule *rule = check_rules; rule->name != NULL;
	     rule++) {
		bool seen = false;

		for (size_t i = 0; i < SIZE(never); i++)
			seen |= strcmp(never[i], rule->name) == 0;
		for (size_t i = 0; i < SIZE(rows); i++)
			seen |= rows[i].want != NULL &&
				strcmp(rows[i].want, rule->name) == 0;
		if (!seen)
			fail_msg("no row for %s", rule->name);
	}
}

/* A path that is longer than we walk ends in a report, too. */
static void
test_depth(void **state)
{
	struct buf ders[MAX_CHAIN_DEPTH + 4];
	struct span extra[SIZE(ders)];
	AUTO(scene_done) struct scene s = { .n_nv = 0 };
	static struct verify_report v;
	struct err e = ERR_INIT;

	scene_build(&s, &sources[0], &rows[0]);
	for (size_t i = 0; i < SIZE(ders); i++) {
		struct make_cert m = as_silicon[PTT];
		char issuer[64], aki[64], ski[64], subject[64];

		(void)snprintf(subject, sizeof(subject), CN("50545420%04zx"),
		    i == 0 ? (size_t)0x4341 : 0x4141 + i);
		(void)snprintf(
		    issuer, sizeof(issuer), CN("50545420%04zx"), 0x4142 + i);
		(void)snprintf(
		    ski, sizeof(ski), "0402%04zx", i == 0 ? (size_t)0xa1a1 : i);
		(void)snprintf(aki, sizeof(aki), "3004 8002%04zx", i + 1);
		m.subject = subject;
		m.issuer = issuer;
		m.spki = spkis[PTT];
		m.exts[AKI].value = aki;
		m.exts[SKI].value = i == 0 ? SKI_OF("a1") : ski;
		buf_init(&ders[i], MAX_CERT_SIZE);
		make_certificate(&m, keys[PTT], &ders[i]);
		extra[i] = buf_span(&ders[i]);
	}
	s.in.nv_chain.n = 0;
	s.in.extra = extra;
	s.in.n_extra = SIZE(extra);
	assert_int_equal(verify_ek(&s.in, &v, &e), 0);
	assert_false(v.accepted);
	assert_int_equal(v.n_path, MAX_CHAIN_DEPTH);
	assert_non_null(find_check(&v, "path.issuer", "no end after 16"));
	assert_string_equal(
	    verify_first_failure(&v)->found, "no end after 16 certificates");
	for (size_t i = 0; i < SIZE(ders); i++)
		buf_free(&ders[i]);
}

static void
test_too_many(void **state)
{
	struct verify_input in = { .n_extra = MAX_GIVEN_CERTS + 1 };
	static struct verify_report v;
	struct err e = ERR_INIT;

	assert_int_equal(verify_ek(&in, &v, &e), -1);
	assert_int_equal(e.code, E_LIMIT);
}

/* Nothing at all is a report as well. */
static void
test_nothing(void **state)
{
	struct verify_input in = { .n_extra = 0 };
	static struct verify_report v;

	assert_int_equal(verify_ek(&in, &v, NULL), 0);
	assert_false(v.accepted);
	assert_string_equal(verify_first_failure(&v)->name, "ek.present");
}

static bool
have_source(const struct source *s)
{
	return s->files[0] == NULL || file_exists(AT_FDCWD, REFERENCE);
}

int
main(void)
{
	static struct CMUnitTest tests[SIZE(cases) + 6] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_split_limit),
		cmocka_unit_test(test_complete),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_nothing),
	};
	size_t n = 6, k = 0;

	for (size_t i = 0; i < SIZE(sources); i++) {
		if (!have_source(&sources[i]))
			continue;
		for (size_t j = 0; j < SIZE(rows); j++) {
			struct test_case *t = &cases[k];

			if (sources[i].files[0] != NULL && needs_keys(&rows[j]))
				continue;
			k++;
			t->source = &sources[i];
			t->row = &rows[j];
			(void)snprintf(t->name, sizeof(t->name), "%s: %s",
			    sources[i].name, rows[j].name);
			tests[n++] = (struct CMUnitTest){ .name = t->name,
				.test_func = test_row,
				.initial_state = t };
		}
	}
	return _cmocka_run_group_tests(
	    "verify", tests, n, make_keys, free_keys);
}
