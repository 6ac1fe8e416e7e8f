#include <string.h>

#include "odca/embed.h"

/* The assembler looks for the files from the top of the source tree. */
#define EMBED(symbol, path)                                                    \
	__asm__(".pushsection .rodata\n" #symbol ":\n"                         \
		"\t.incbin \"certs/pki/" path "\"\n" #symbol "_end:\n"         \
		"\t.popsection\n");                                            \
	extern const uint8_t symbol[], symbol##_end[];

#define CA(X, name)                                                            \
	X(name##_cer, "certs/" #name ".cer")                                   \
	X(name##_pem, "keys/" #name ".TEST-ONLY.pem")

#define FILES(X)                                                               \
	X(pki_host_name, "host")                                               \
	CA(X, OnDie_CA_RootCA_Certificate)                                     \
	CA(X, OnDie_CA_CSME_Intermediate)                                      \
	CA(X, ODCA_CA2_CSME_Intermediate)                                      \
	CA(X, TGL_00002004_OnDie_CA)                                           \
	CA(X, ADL_00002226_ODCA_CA2)                                           \
	CA(X, ADL_00002341_ODCA_CA2)                                           \
	CA(X, ADL_00002701_ODCA_CA2)                                           \
	CA(X, ADL_00002820_ODCA_CA2)                                           \
	CA(X, ADL_00002983_ODCA_CA2)

#pragma GCC visibility push(hidden)
FILES(EMBED)
#pragma GCC visibility pop

static const struct {
	const char *path;
	const uint8_t *begin, *end;
} files[] = {
#define ROW(symbol, path) { path, symbol, symbol##_end },
	FILES(ROW)
#undef ROW
};

bool
embed_find(const char *path, struct span *ret)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		if (strcmp(files[i].path, path) != 0)
			continue;
		*ret = (struct span){ files[i].begin,
			(size_t)(files[i].end - files[i].begin) };
		return true;
	}
	return false;
}
