#include <string.h>
#include <sys/mman.h>

#include "odca/embed.h"

#define CAS(X)                                                                 \
	X(OnDie_CA_RootCA_Certificate)                                         \
	X(OnDie_CA_CSME_Intermediate)                                          \
	X(ODCA_CA2_CSME_Intermediate)                                          \
	X(TGL_00002004_OnDie_CA)                                               \
	X(ADL_00002226_ODCA_CA2)                                               \
	X(ADL_00002341_ODCA_CA2)                                               \
	X(ADL_00002701_ODCA_CA2)                                               \
	X(ADL_00002820_ODCA_CA2)                                               \
	X(ADL_00002983_ODCA_CA2)

/* The assembler looks for the files from the top of the source tree. */
#define PUT(symbol, path)                                                      \
#symbol ":\n\t.incbin \"certs/pki/" path "\"\n" #symbol "_end:\n"
#define PUT_CERT(name) PUT(name##_cer, "certs/" #name ".cer")
#define PUT_KEY(name)  PUT(name##_pem, "keys/" #name ".TEST-ONLY.pem")

/* Keys have pages of their own, so that they can be unmapped. */
__asm__(".pushsection .rodata\n" PUT(pki_host_name, "host")
	CAS(PUT_CERT) "\t.popsection\n"
		      "\t.pushsection .rodata.odca_test_keys,\"a\"\n"
		      "\t.balign 4096\n"
		      "test_keys:\n" CAS(PUT_KEY) "\t.balign 4096\n"
						  "test_keys_end:\n"
						  "\t.popsection\n");

#define DECLARE(name)                                                          \
	extern const uint8_t name##_cer[], name##_cer_end[];                   \
	extern const uint8_t name##_pem[], name##_pem_end[];
#pragma GCC visibility push(hidden)
extern const uint8_t pki_host_name[], pki_host_name_end[];
extern const uint8_t test_keys[], test_keys_end[];
CAS(DECLARE)
#pragma GCC visibility pop

static const struct {
	const char *path;
	const uint8_t *begin, *end;
} files[] = {
#define ROW(name)                                                              \
	{ "certs/" #name ".cer", name##_cer, name##_cer_end },                 \
	    { "keys/" #name ".TEST-ONLY.pem", name##_pem, name##_pem_end },
	{ "host", pki_host_name, pki_host_name_end }, CAS(ROW)
#undef ROW
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
