/* Which authority a TPM belongs to: the walk from its EK certificate, and names
 * of hosts. */
#include <fcntl.h>

#include "sim/aik/authority.h"
#include "sim/base/file.h"
#include "sim/base/tpm2.h"
#include "tests/unit/scene.h"

#define REFERENCE "../shared/reference/odca/"

#define SIZE(a) (sizeof(a) / sizeof(*(a)))

#define KEY_URL(vendor, id)                                                    \
	"https://" vendor "-KeyId-" id ".microsoftaik.azure.net"               \
	"/templates/Aik/scep"
#define NAME_URL(vendor, id)                                                   \
	"https://" vendor "-NameId-" id ".microsoftaik.azure.net"              \
	"/templates/Aik/scep"

/* --- from a certificate to a name ----------------------------------------- */

/* clang-format off */
/* CN=NuvotonTPMRootCA...., O=Nuvoton Technology Corporation, C=TW */
#define NUVOTON(digits)                                                        \
	"3055 311d 301b 0603550403 1314 4e75766f746f6e54504d526f6f744341" digits \
	"3127 3025 060355040a 131e 4e75766f746f6e20546563686e6f6c6f677920"     \
	"436f72706f726174696f6e 310b 3009 0603550406 1302 5457"

static const struct {
	const char *name;
	uint32_t manufacturer;
	const char *issuer; /* of the certificate, DER in hex */
	const char *aki;    /* its extension, or NULL */
	const char *url;    /* NULL: none */
	const char *msg;
} names[] = {
	{ "Tiger Lake", 0x494e5443, CN_ISSUING, "3016 8014 b066d9697f5d3a07b425c10f587cceecf16ffe58",
	  KEY_URL("INTC", "b066d9697f5d3a07b425c10f587cceecf16ffe58"), "" },
	{ "Comet Lake", 0x494e5443, CN_ISSUING, "3016 8014 9aaf591ee263caae10f57ba04fa8d1dd6613f9eb",
	  KEY_URL("INTC", "9aaf591ee263caae10f57ba04fa8d1dd6613f9eb"), "" },
	{ "three letters and NUL", 0x414d4400, CN_ISSUING, "3016 8014 907d65e9b562315997dd5ad086b2b7598957b92c",
	  KEY_URL("AMD", "907d65e9b562315997dd5ad086b2b7598957b92c"), "" },
	{ "three letters and a blank", 0x53544d20, CN_ISSUING, "3016 8014 fb17d70d734870e919c4e8e603975e664e0e43de",
	  KEY_URL("STM", "fb17d70d734870e919c4e8e603975e664e0e43de"), "" },
	{ "lower case", 0x6e745a00, CN_ISSUING, "3016 8014" X20("0f"),
	  KEY_URL("NTZ", X20("0f")), "" },
	{ "Nuvoton's root 1210", 0x4e544300, NUVOTON("31323130"), NULL,
	  NAME_URL("NTC", "5d1ea58b0011163548b2682f8339e7b4c104f97a"), "" },
	{ "Nuvoton's root 2211", 0x4e544300, NUVOTON("32323131"), NULL,
	  NAME_URL("NTC", "a41fa35ab933a146114faa5146e2943fe230a033"), "" },
	{ "Nuvoton's root 2210", 0x4e544300, NUVOTON("32323130"), NULL,
	  NAME_URL("NTC", "d39cb2970f475bc030f0987c521541eb7ccc8e17"), "" },
	{ "the empty Name", 0x4e544300, "3000", NULL,
	  NAME_URL("NTC", "f944dcd635f9801f7ac90a407fbc479964dec024"), "" },
	{ "issuer and serial, no key id", 0x494e5443, CN_ROOT, "3003 820101",
	  NAME_URL("INTC", "ac1e4d006fd69e5470e2794af1e98e5ae1aac491"), "" },
	{ "19 octets", 0x494e5443, CN_ROOT, "3015 8013" X19("a1"), NULL, "of 19 octets, want 20" },
	{ "21 octets", 0x494e5443, CN_ROOT, "3017 8015" X20("a1") "a1", NULL, "of 21 octets, want 20" },
	{ "no manufacturer", 0, CN_ROOT, AKI_OF("a1"), NULL, "0x00000000" },
	{ "blanks", 0x20202020, CN_ROOT, AKI_OF("a1"), NULL, "0x20202020" },
	{ "NUL inside", 0x41004200, CN_ROOT, AKI_OF("a1"), NULL, "0x41004200" },
	{ "a dot", 0x412e4200, CN_ROOT, AKI_OF("a1"), NULL, "0x412e4200" },
	{ "a byte above ASCII", 0x41e44200, CN_ROOT, AKI_OF("a1"), NULL, "0x41e44200" },
};
/* clang-format on */

static void
test_names(void **state)
{
	for (size_t i = 0; i < SIZE(names); i++) {
		struct make_cert m = as_silicon[EK];
		struct make_ext aki = { "551d23", "", names[i].aki };
		auto_buf der = BUF_INIT(MAX_CERT_SIZE);
		struct authority_input in = { .manufacturer =
						  names[i].manufacturer };
		struct authority a = { .place = 99 };
		struct err e = ERR_INIT;
		int rc;

		m.issuer = names[i].issuer;
		m.exts[AKI] = aki;
		if (names[i].aki == NULL)
			m.exts[AKI] = m.exts[BC];
		make_certificate(&m, keys[PTT], &der);
		in.ek = buf_span(&der);
		rc = authority_of(&in, &a, &e);
		if (names[i].url == NULL) {
			assert_int_equal(rc, -1);
			assert_int_equal(e.code, E_FORMAT);
			assert_non_null(strstr(e.msg, names[i].msg));
			assert_int_equal(a.place, 99);
			continue;
		}
		if (rc != 0)
			fail_msg("%s: %s", names[i].name, e.msg);
		if (strcmp(a.url, names[i].url) != 0)
			fail_msg("%s: %s", names[i].name, a.url);
		assert_int_equal(a.place, 0);
		assert_string_equal(a.source, "");
	}
}

/* --- the walk ------------------------------------------------------------- */

#define NOBODY LEVELS
#define JUNK   (LEVELS + 1)

/* clang-format off */
static const struct {
	const char *name;
	enum aik_client client;
	enum level nv[6]; /* what the TPM has */
	size_t n_nv;
	size_t place;
	const char *id, *source;
} walks[] = {
	{ "the whole chain", CLIENT_CURRENT, { ROM, KERNEL, PTT }, 3, 3, X20("a4"), "CN=ROM CA" },
	{ "in the other order", CLIENT_CURRENT, { PTT, KERNEL, ROM }, 3, 3, X20("a4"), "CN=ROM CA" },
	{ "in no order", CLIENT_CURRENT, { KERNEL, ROM, PTT }, 3, 3, X20("a4"), "CN=ROM CA" },
	{ "twice, and the EK too", CLIENT_CURRENT, { PTT, PTT, EK, KERNEL, ROM, ROM }, 6, 3, X20("a4"), "CN=ROM CA" },
	{ "what is no certificate", CLIENT_CURRENT, { JUNK, ROM, KERNEL, PTT }, 4, 3, X20("a4"), "CN=ROM CA" },
	{ "up to the root", CLIENT_CURRENT, { ROM, KERNEL, PTT, ROOT, INTER, ISSUING }, 6, 6, X20("a6"), "CN=RT  CA" },
	{ "the first of the chain", CLIENT_CURRENT, { PTT }, 1, 1, X20("a2"), "CN=PTT CA" },
	{ "a gap", CLIENT_CURRENT, { ROM, PTT }, 2, 1, X20("a2"), "CN=PTT CA" },
	{ "without its first", CLIENT_CURRENT, { ROM, KERNEL }, 2, 0, X20("a1"), "" },
	{ "none", CLIENT_CURRENT, { NOBODY }, 0, 0, X20("a1"), "" },
	{ "a client that does not look", CLIENT_LEGACY, { ROM, KERNEL, PTT }, 3, 0, X20("a1"), "" },
	{ "one further", CLIENT_TOO_FAR, { ROM, KERNEL, PTT }, 3, 4, X20("a5"), "CN=ISS CA" },
	{ "one further than a gap", CLIENT_TOO_FAR, { PTT, ROM }, 2, 2, X20("a3"), "CN=KRN CA" },
};
/* clang-format on */

static void
build(struct scene *s)
{
	scene_init(s);
	for (size_t i = 0; i < LEVELS; i++)
		make_certificate(&s->certs[i], keys[s->signer[i]], &s->der[i]);
}

static void
check_walk(const struct scene *s, size_t i)
{
	struct span tpm[6], above[LEVELS], path[MAX_CHAIN_DEPTH];
	struct authority_input in = { .ek = buf_span(&s->der[EK]),
		.certs = tpm,
		.n_certs = walks[i].n_nv,
		.above = above,
		.n_above = LEVELS,
		.manufacturer = MANUFACTURER_INTEL,
		.client = walks[i].client };
	struct authority a;
	struct err e = ERR_INIT;
	size_t n;

	for (size_t k = 0; k < walks[i].n_nv; k++)
		tpm[k] = walks[i].nv[k] == JUNK
			     ? SPAN_STR("0\003\002\001\001")
			     : buf_span(&s->der[walks[i].nv[k]]);
	for (size_t k = 0; k < LEVELS; k++)
		above[k] = buf_span(&s->der[k]);
	if (authority_of(&in, &a, &e) != 0)
		fail_msg("%s: %s", walks[i].name, e.msg);
	if (a.place != walks[i].place)
		fail_msg("%s: place %zu", walks[i].name, a.place);
	assert_string_equal(a.source, walks[i].source);
	assert_non_null(strstr(a.host, walks[i].id));
	assert_int_equal(authority_path(&in, path, &n, &e), 0);
	assert_int_equal(n, walks[i].place + 1);
	/* EK to root are in order in the scene, and the path has no gap. */
	for (size_t k = 0; k < n; k++)
		assert_true(span_eq(path[k], buf_span(&s->der[k])));
}

static void
test_walks(void **state)
{
	AUTO(scene_done) struct scene s = { .n_nv = 0 };

	build(&s);
	for (size_t i = 0; i < SIZE(walks); i++)
		check_walk(&s, i);
}

static void
test_too_far_for_all(void **state)
{
	AUTO(scene_done) struct scene s = { .n_nv = 0 };
	struct authority_input in = { .manufacturer = MANUFACTURER_INTEL,
		.client = CLIENT_TOO_FAR };
	struct authority a;
	struct err e = ERR_INIT;

	build(&s);
	in.ek = buf_span(&s.der[ROM]);
	assert_int_equal(authority_of(&in, &a, &e), -1);
	assert_int_equal(e.code, E_NOTFOUND);
	assert_non_null(strstr(e.msg, "above 'CN=ROM CA'"));
	in.ek = SPAN_STR("no certificate");
	assert_int_equal(authority_of(&in, &a, &e), -1);
	assert_non_null(strstr(e.msg, "EK certificate"));
}

/* Two that issued each other: a walk that goes round has to end. */
static void
test_circle(void **state)
{
	AUTO(scene_done) struct scene s = { .n_nv = 0 };
	struct span tpm[2], path[MAX_CHAIN_DEPTH];
	struct authority_input in = {
		.certs = tpm, .n_certs = 2, .manufacturer = MANUFACTURER_INTEL
	};
	struct err e = ERR_INIT;
	size_t n;

	scene_init(&s);
	s.certs[KERNEL].exts[AKI].value = AKI_OF("a1");
	for (size_t i = EK; i <= KERNEL; i++)
		make_certificate(&s.certs[i], keys[s.signer[i]], &s.der[i]);
	in.ek = buf_span(&s.der[EK]);
	tpm[0] = buf_span(&s.der[PTT]);
	tpm[1] = buf_span(&s.der[KERNEL]);
	assert_int_equal(authority_path(&in, path, &n, &e), 0);
	assert_int_equal(n, 3);
}

/* By name where key identifiers do not tell. */
static void
test_by_name(void **state)
{
	AUTO(scene_done) struct scene s = { .n_nv = 0 };
	struct span tpm[2], path[MAX_CHAIN_DEPTH];
	struct authority_input in = {
		.certs = tpm, .n_certs = 2, .manufacturer = MANUFACTURER_INTEL
	};
	struct err e = ERR_INIT;
	size_t n;

	scene_init(&s);
	s.certs[EK].exts[AKI] = s.certs[EK].exts[BC];
	for (size_t i = EK; i <= KERNEL; i++)
		make_certificate(&s.certs[i], keys[s.signer[i]], &s.der[i]);
	in.ek = buf_span(&s.der[EK]);
	tpm[0] = buf_span(&s.der[KERNEL]);
	tpm[1] = buf_span(&s.der[PTT]);
	assert_int_equal(authority_path(&in, path, &n, &e), 0);
	assert_int_equal(n, 3);
}

/* --- what it should have been ---------------------------------------------
 */

/* The list of what a CA within the device issued is the intermediate's. */
#define OF_DEVICE                                                              \
	{                                                                      \
		"551d1f", "", "3020 301e a005 a003 860175 a215 a413" CN_INTER  \
	}
#define OFF AUTHORITY_OFF_PATH

/* clang-format off */
static const struct {
	const char *name;
	enum aik_client client;
	enum level nv[4];
	size_t n_nv;
	size_t place;
	const char *source; /* NULL: it cannot be said */
} rights[] = {
	{ "a client of today", CLIENT_CURRENT, { ROM, KERNEL, PTT }, 3, 3, "CN=ROM CA" },
	{ "one that does not look", CLIENT_LEGACY, { ROM, KERNEL, PTT }, 3, 3, "CN=ROM CA" },
	{ "one further", CLIENT_TOO_FAR, { ROM, KERNEL, PTT }, 3, 3, "CN=ROM CA" },
	{ "without its last", CLIENT_CURRENT, { ROM, KERNEL }, 2, OFF, "CN=ROM CA" },
	{ "a gap", CLIENT_LEGACY, { PTT, ROM }, 2, OFF, "CN=ROM CA" },
	{ "the first only", CLIENT_CURRENT, { PTT }, 1, 0, NULL },
	{ "the first two", CLIENT_CURRENT, { KERNEL, PTT }, 2, 0, NULL },
	{ "none", CLIENT_CURRENT, { NOBODY }, 0, 0, NULL },
	{ "none but a root", CLIENT_CURRENT, { JUNK, ROOT }, 2, 0, NULL },
};
/* clang-format on */

static void
check_right(const struct scene *s, size_t i)
{
	struct span tpm[4];
	struct authority_input in = { .ek = buf_span(&s->der[EK]),
		.certs = tpm,
		.n_certs = rights[i].n_nv,
		.manufacturer = MANUFACTURER_INTEL,
		.client = rights[i].client };
	struct authority a = { .place = 99 };
	struct err e = ERR_INIT;

	for (size_t k = 0; k < rights[i].n_nv; k++)
		tpm[k] = rights[i].nv[k] == JUNK
			     ? SPAN_STR("0\003\002\001\001")
			     : buf_span(&s->der[rights[i].nv[k]]);
	if (authority_right(&in, &a, &e) == 0) {
		if (rights[i].source == NULL || a.place != rights[i].place ||
		    strcmp(a.source, rights[i].source) != 0)
			fail_msg("%s: '%s'", rights[i].name, a.source);
		assert_non_null(strstr(a.url, X20("a4")));
		return;
	}
	if (rights[i].source != NULL)
		fail_msg("%s: %s", rights[i].name, e.msg);
	assert_int_equal(e.code, E_NOTFOUND);
	assert_int_equal(a.place, 99);
}

static void
test_right(void **state)
{
	AUTO(scene_done) struct scene s = { .n_nv = 0 };
	const struct make_ext of_device = OF_DEVICE;

	scene_init(&s);
	s.certs[EK].exts[SDA] = of_device;
	s.certs[PTT].exts[SDA] = s.certs[KERNEL].exts[SDA] = of_device;
	for (size_t i = 0; i < LEVELS; i++)
		make_certificate(&s.certs[i], keys[s.signer[i]], &s.der[i]);
	for (size_t i = 0; i < SIZE(rights); i++)
		check_right(&s, i);
}

/* As of the EPID era: the manufacturer's CA issued it, and so says the EK
 * certificate itself. */
static void
test_right_without_chain(void **state)
{
	AUTO(scene_done) struct scene s = { .n_nv = 0 };
	struct authority_input in = { .manufacturer = MANUFACTURER_INTEL };
	struct authority a;

	build(&s);
	in.ek = buf_span(&s.der[EK]);
	assert_int_equal(authority_right(&in, &a, NULL), 0);
	assert_int_equal(a.place, 0);
	assert_non_null(strstr(a.url, X20("a1")));
	in.ek = SPAN_STR("no certificate");
	assert_int_equal(authority_right(&in, &a, NULL), -1);
}

/* --- real chains ---------------------------------------------------------- */

/* clang-format off */
static const struct {
	const char *device;
	enum aik_client client;
	const char *host;
} chains[] = {
	{ "ADL-lenovo", CLIENT_CURRENT, "intc-keyid-ba21136573c2c38a5be57cb6c68bfc23bb36ca58" AUTHORITY_DOMAIN },
	{ "MTL-lenovo", CLIENT_CURRENT, "intc-keyid-6b773f7fc8eaf6a5b10d7361bf2013d128d03846" AUTHORITY_DOMAIN },
};
/* clang-format on */

static bool
read_level(const char *device, size_t level, struct buf *out)
{
	static const char *const levels[] = { "0-EK-RSA2048", "1-PTT-CA",
		"2-Kernel-CA", "3-ROM-CA" };
	auto_buf pem = BUF_INIT(2 * MAX_CERT_SIZE);
	char path[128];

	(void)snprintf(path, sizeof(path), REFERENCE "device-%s-%s.pem", device,
	    levels[level]);
	buf_init(out, MAX_CERT_SIZE);
	return file_read(AT_FDCWD, path, &pem, NULL) == 0 &&
	       cert_from_file(buf_span(&pem), out, NULL) == 0;
}

/* Whatever is not read of it, or missing at its end. */
static void
check_silicon_right(struct authority_input in, const char *host)
{
	struct authority a;

	in.client = CLIENT_LEGACY;
	assert_int_equal(authority_right(&in, &a, NULL), 0);
	assert_string_equal(a.host, host);
	in.certs++;
	in.n_certs--;
	assert_int_equal(authority_right(&in, &a, NULL), 0);
	assert_string_equal(a.host, host);
	in.n_certs--;
	assert_int_equal(authority_right(&in, &a, NULL), -1);
}

static void
test_silicon(void **state)
{
	for (size_t i = 0; i < SIZE(chains); i++) {
		struct authority_input in = { .n_certs = 3,
			.manufacturer = MANUFACTURER_INTEL,
			.client = chains[i].client };
		struct buf der[4];
		struct span certs[4];
		struct authority a;
		bool there = true;

		for (size_t k = 0; k < SIZE(der); k++) {
			there &= read_level(chains[i].device, k, &der[k]);
			certs[k] = buf_span(&der[k]);
		}
		in.ek = certs[0];
		in.certs = certs + 1;
		if (there) {
			assert_int_equal(authority_of(&in, &a, NULL), 0);
			assert_string_equal(a.host, chains[i].host);
			assert_int_equal(a.place, 3);
			check_silicon_right(in, chains[i].host);
		}
		for (size_t k = 0; k < SIZE(der); k++)
			buf_free(&der[k]);
		if (!there)
			skip();
	}
}

/* --- hosts ---------------------------------------------------------------- */

#define ID "b066d9697f5d3a07b425c10f587cceecf16ffe58"

/* clang-format off */
static const struct {
	const char *host;
	const char *url; /* NULL: no authority's */
} hosts[] = {
	{ "INTC-KeyId-" ID ".microsoftaik.azure.net", KEY_URL("INTC", ID) },
	{ "intc-keyid-" ID ".microsoftaik.azure.net", KEY_URL("INTC", ID) },
	{ "INTC-KEYID-B066D9697F5D3A07B425C10F587CCEECF16FFE58.MICROSOFTAIK.AZURE.NET", KEY_URL("INTC", ID) },
	{ "amd-keyid-" ID ".microsoftaik.azure.net:443", KEY_URL("AMD", ID) },
	{ "ntc-nameid-" ID ".microsoftaik.azure.net:65535", NAME_URL("NTC", ID) },
	{ "x-keyid-" ID ".microsoftaik.azure.net:", KEY_URL("X", ID) },
	{ "", NULL },
	{ "intc", NULL },
	{ "-keyid-" ID ".microsoftaik.azure.net", NULL },
	{ "intel-keyid-" ID ".microsoftaik.azure.net", NULL },
	{ "intc-keyname-" ID ".microsoftaik.azure.net", NULL },
	{ "intc-keyid-" ID, NULL },
	{ "intc-keyid-" ID ".microsoftaik.azure.net.", NULL },
	{ "intc-keyid-" ID ".microsoftaik.azure.net.evil.test", NULL },
	{ "intc-keyid-" ID "00.microsoftaik.azure.net", NULL },
	{ "intc-keyid-" "b066" ".microsoftaik.azure.net", NULL },
	{ "intc-keyid-" "g066d9697f5d3a07b425c10f587cceecf16ffe58" ".microsoftaik.azure.net", NULL },
	{ "intc-keyid-" ID ".microsoftaik.azure.net:443x", NULL },
	{ "intc-keyid-" ID ".microsoftaik.azure.net:443443", NULL },
	{ "in.c-keyid-" ID ".microsoftaik.azure.net", NULL },
};
/* clang-format on */

static void
test_hosts(void **state)
{
	for (size_t i = 0; i < SIZE(hosts); i++) {
		struct span s = SPAN_STR(hosts[i].host);
		struct authority a, again;
		struct err e = ERR_INIT;

		if (hosts[i].url == NULL) {
			if (authority_parse(s, &a, &e) == 0)
				fail_msg("%s: %s", hosts[i].host, a.url);
			assert_int_equal(e.code, E_FORMAT);
			continue;
		}
		if (authority_parse(s, &a, &e) != 0)
			fail_msg("%s: %s", hosts[i].host, e.msg);
		assert_string_equal(a.url, hosts[i].url);
		assert_int_equal(
		    authority_parse(SPAN_STR(a.host), &again, &e), 0);
		assert_string_equal(again.url, a.url);
		assert_string_equal(again.host, a.host);
		/* Every one that is shorter is none, until the port begins. */
		while (s.n > strlen(a.host)) {
			s.n--;
			assert_int_equal(authority_parse(s, &a, NULL), 0);
		}
		while (s.n-- > 0)
			assert_int_equal(authority_parse(s, &a, NULL), -1);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_too_far_for_all),
		cmocka_unit_test(test_circle),
		cmocka_unit_test(test_by_name),
		cmocka_unit_test(test_right),
		cmocka_unit_test(test_right_without_chain),
		cmocka_unit_test(test_silicon),
		cmocka_unit_test(test_hosts),
	};

	return cmocka_run_group_tests_name(
	    "authority", tests, make_keys, free_keys);
}
