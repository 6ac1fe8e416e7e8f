#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "odca/profile.h"

#define MAX_WORD 48

/* How the generations write the same things. */
static const struct words {
	const char *ca;      /* in the intermediate's name */
	const char *issuing; /* in the issuing CA's name */
	const char *file;    /* in file names */
	const char *rank;    /* at the end of a device CA's name */
	const char *mark;    /* behind the SVN of an application CA's name */
} generations[GEN_COUNT] = {
	[GEN_ONDIE] = { "OnDie CA", "On Die", "OnDie_CA", "CA", "SVN" },
	[GEN_CA2] = { "ODCA CA2", "ODCA 2", "ODCA_CA2", "CA", "SVN" },
	[GEN_SOC] = { "ODCA CA2", "ODCA 2", "ODCA_CA2", "CA", "" },
	[GEN_ONDIE_DE] = { "OnDie CA", "On Die", "OnDie_CA", "DE", "SDE" },
	[GEN_CA2_DE] = { "ODCA CA2", "ODCA 2", "ODCA_CA2", "DE", "SDE" },
	[GEN_SOC_DE] = { "ODCA CA2", "ODCA 2", "ODCA_CA2", "DE", "" },
	[GEN_EPID_SPT] = { "", "", "", "", "" },
	[GEN_EPID] = { "", "", "", "", "" },
};

#define DEFAULT_SITE "https://{host}/content/OnDieCA/"

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

const struct profile *
profile_issuer(const struct profile *p, enum generation gen, struct err *e)
{
	const struct profile *issuer = profile_find(p->issuer, gen);

	if (issuer == NULL)
		(void)err_set(e, E_NOTFOUND, "no profile '%s'", p->issuer);
	return issuer;
}

bool
profile_has(const struct profile *p, enum ext_id id)
{
	for (size_t i = 0; i < MAX_PROFILE_EXTS && p->exts[i] != EXT_END; i++)
		if ((enum ext_id)(p->exts[i] & EXT_ID_MASK) == id)
			return true;
	return false;
}

/* "MTL" of "MTL SOC". */
static void
first_word(const char *text, char out[static MAX_WORD])
{
	(void)snprintf(out, MAX_WORD, "%.*s", (int)strcspn(text, " "), text);
}

/* "00003648_NZ" of "00003648 NZ". */
static void
joined(const char *text, char out[static MAX_WORD])
{
	(void)snprintf(out, MAX_WORD, "%s", text);
	for (char *p = out; *p != '\0'; p++)
		if (*p == ' ')
			*p = '_';
}

/* "SPTHLPEPIDProd" of "SPT-H-LP_EPID_Prod". */
static void
squeezed(const char *text, char out[static MAX_WORD])
{
	size_t n = 0;

	for (; *text != '\0' && n < MAX_WORD - 1; text++)
		if (isalnum((unsigned char)*text))
			out[n++] = *text;
	out[n] = '\0';
}

/* Append the value of the word that stands in braces; -1 for an unknown one. */
static int
put_word(
    const char *word, size_t n, const struct vars *v, char *out, size_t size)
{
	const struct batch *b = v->batch;
	const struct words *g = &generations[b->gen];
	const bool osse = b->engine != NULL; /* the one other engine so far */
	char svn[4], svn_octet[4], version[12], kind[3] = "";
	char code[MAX_WORD], batch_file[MAX_WORD], group_file[MAX_WORD],
	    site[MAX_TEXT];
	const struct {
		const char *word, *value;
	} words[] = {
		{ "ca", g->ca },
		{ "issuing", b->kind != 0 ? g->issuing : g->ca },
		{ "file", g->file },
		{ "rank", g->rank },
		{ "mark", g->mark },
		{ "engine", osse ? b->engine : "CSME" },
		{ "kind", kind },
		{ "part", b->part },
		{ "code", code },
		{ "batch", b->number },
		{ "batch-file", batch_file },
		{ "group-file", group_file },
		{ "batch-date", b->not_before },
		{ "crl-date",
		    b->crl_date != NULL ? b->crl_date : b->not_before },
		{ "intermediate-date",
		    osse ? "221003000000Z" : "200304170425Z" },
		{ "policies", b->policies != NULL ? b->policies : "" },
		{ "site", site },
		{ "model", v->family->model },
		{ "firmware-date", v->family->fw_not_before },
		{ "firmware", version },
		{ "svn", svn },
		{ "svn-octet", svn_octet },
		{ "host", v->host },
	};

	(void)snprintf(svn, sizeof(svn), "%02u", v->svn % 100);
	(void)snprintf(svn_octet, sizeof(svn_octet), "%02x", v->svn & 0xff);
	(void)snprintf(version, sizeof(version), "%08X", v->family->firmware1);
	if (b->kind != 0)
		(void)snprintf(kind, sizeof(kind), "%c_", b->kind);
	first_word(b->part, code);
	joined(b->number, batch_file);
	squeezed(b->number, group_file);
	if (n == strlen("site") && memcmp(word, "site", n) == 0 &&
	    profile_text(b->site != NULL ? b->site : DEFAULT_SITE, v, site,
		sizeof(site), NULL) != 0)
		return -1;
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
