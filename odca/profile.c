#include <stdio.h>
#include <string.h>

#include "odca/profile.h"

/* How the two generations write the same things. */
static const struct {
	const char *ca;      /* in the intermediate's name */
	const char *issuing; /* in the issuing CA's name */
	const char *file;    /* in file names */
} generations[] = {
	[GEN_ONDIE] = { "OnDie CA", "On Die", "OnDie_CA" },
	[GEN_CA2] = { "ODCA CA2", "ODCA 2", "ODCA_CA2" },
};

const struct profile *
profile_find(const char *name, enum generation gen)
{
	size_t n;
	const struct profile *p = profile_all(&n);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(p[i].name, name) == 0 && (p[i].gens & 1U << gen))
			return &p[i];
	}
	return NULL;
}

/* Append the value of the word that stands in braces. */
static int
put_word(
    const char *word, size_t n, const struct vars *v, char *out, size_t size)
{
	char svn[4], svn_octet[4], version[12];
	const enum generation gen = v->family->gen;
	const struct {
		const char *word, *value;
	} words[] = {
		{ "ca", generations[gen].ca },
		{ "issuing", generations[gen].issuing },
		{ "file", generations[gen].file },
		{ "code", v->family->code },
		{ "batch", v->batch->number },
		{ "batch-date", v->batch->not_before },
		{ "firmware-date", v->family->fw_not_before },
		{ "firmware", version },
		{ "svn", svn },
		{ "svn-octet", svn_octet },
		{ "host", v->host },
	};

	(void)snprintf(svn, sizeof(svn), "%02u", v->svn % 100);
	(void)snprintf(svn_octet, sizeof(svn_octet), "%02x", v->svn & 0xff);
	(void)snprintf(version, sizeof(version), "%08X", v->family->firmware1);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strlen(words[i].word) == n &&
		    memcmp(words[i].word, word, n) == 0)
			return snprintf(out, size, "%s", words[i].value);
	}
	return -1;
}

int
profile_text(const char *text, const struct vars *v, char *out, size_t size,
    struct err *e)
{
	size_t used = 0;

	for (const char *p = text; *p != '\0' && used < size;) {
		size_t plain = strcspn(p, "{");
		int n;

		if (plain > 0) {
			n = snprintf(
			    out + used, size - used, "%.*s", (int)plain, p);
			p += plain;
		} else {
			plain = strcspn(p, "}");
			n = p[plain] == '\0' ? -1
					     : put_word(p + 1, plain - 1, v,
						   out + used, size - used);
			p += plain + 1;
		}
		if (n < 0)
			return err_set(e, E_ASN1, "'%s': unknown word", text);
		used += (size_t)n;
	}
	if (used >= size)
		return err_set(e, E_LIMIT, "'%s': longer than %zu", text, size);
	if (used == 0)
		out[0] = '\0';
	return 0;
}
