#include <string.h>
#include <sys/mman.h>

#include "odca/embed.h"

/* embed_list.h is made from what is in certs/pki: EMBED_CERTS(X) and
 * EMBED_KEYS(X), of X(number, path). */
#include "embed_list.h"

/* The assembler looks for the files from the top of the source tree. */
#define PUT(symbol, path)                                                      \
#symbol ":\n\t.incbin \"certs/pki/" path "\"\n" #symbol "_end:\n"
#define PUT_CERT(n, path) PUT(pki_cert_##n, path)
#define PUT_KEY(n, path)  PUT(pki_key_##n, path)

/* Keys have pages of their own, so that they can be unmapped. */
__asm__(".pushsection .rodata\n" PUT(pki_host_name, "host") EMBED_CERTS(
    PUT_CERT) "\t.popsection\n"
	      "\t.pushsection .rodata.odca_test_keys,\"a\"\n"
	      "\t.balign 4096\n"
	      "test_keys:\n" EMBED_KEYS(PUT_KEY) "\t.balign 4096\n"
						 "test_keys_end:\n"
						 "\t.popsection\n");

#define DECLARE_CERT(n, path)                                                  \
	extern const uint8_t pki_cert_##n[], pki_cert_##n##_end[];
#define DECLARE_KEY(n, path)                                                   \
	extern const uint8_t pki_key_##n[], pki_key_##n##_end[];
#pragma GCC visibility push(hidden)
extern const uint8_t pki_host_name[], pki_host_name_end[];
extern const uint8_t test_keys[], test_keys_end[];
EMBED_CERTS(DECLARE_CERT)
EMBED_KEYS(DECLARE_KEY)
#pragma GCC visibility pop

static const struct {
	const char *path;
	const uint8_t *begin, *end;
} files[] = {
#define CERT_ROW(n, path) { path, pki_cert_##n, pki_cert_##n##_end },
#define KEY_ROW(n, path)  { path, pki_key_##n, pki_key_##n##_end },
	{ "host", pki_host_name, pki_host_name_end },
	EMBED_CERTS(CERT_ROW) EMBED_KEYS(KEY_ROW)
#undef CERT_ROW
#undef KEY_ROW
};

static bool keys_are_gone;

bool
embed_find(const char *path, struct span *ret)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		const uint8_t *p = files[i].begin;

		if (strcmp(files[i].path, path) != 0)
			continue;
		if (keys_are_gone && p >= test_keys && p < test_keys_end)
			return false;
		*ret = (struct span){ p, (size_t)(files[i].end - p) };
		return true;
	}
	return false;
}

void
embed_forget_keys(void)
{
	uintptr_t begin = (uintptr_t)test_keys;
	size_t n = (uintptr_t)test_keys_end - begin;

	/* A machine with larger pages than 4 KiB may refuse; then they are out
	 * of embed_find()'s reach only. */
	keys_are_gone = true;
	(void)mprotect((void *)begin, n, PROT_NONE);
}
