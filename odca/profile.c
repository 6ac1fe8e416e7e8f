#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "odca/profile.h"
#include "odca/service.h"

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
	[GEN_AIK] = { "", "", "", "", "" },
	[GEN_TLS] = { "", "", "", "", "" },
};

#define DEFAULT_SITE "https://{host}/content/OnDieCA/"

static const struct profile *
find(const struct profile *p, size_t n, const char *name, enum generation gen)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(p[i].name, name) == 0 && (p[i].gens & 1U << gen))
			return &p[i];
	}
	return NULL;
}

const struct profile *
profile_find(const char *name, enum generation gen)
{
	size_t n, n_services;
	const struct profile *parts = profile_all(&n);
	const struct profile *services = service_profiles(&n_services);
	const struct profile *p = find(parts, n, name, gen);

	return p != NULL ? p : find(services, n_services, name, gen);
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

/* Ways to put a word's text, or what it says otherwise, into out; they return
 * what snprintf() would, -1 for what cannot be put. */

static int
as_is(const char *text, const struct vars *v, char *out, size_t size)
{
	return snprintf(out, size, "%s", text);
}

/* "MTL" of "MTL SOC". */
static int
first_word(const char *text, const struct vars *v, char *out, size_t size)
{
	return snprintf(out, size, "%.*s", (int)strcspn(text, " "), text);
}

/* "00003648_NZ" of "00003648 NZ". */
static int
joined(const char *text, const struct vars *v, char *out, size_t size)
{
	const int n = snprintf(out, size, "%s", text);

	for (char *p = out; *p != '\0'; p++)
		if (*p == ' ')
			*p = '_';
	return n;
}

/* "SPTHLPEPIDProd" of "SPT-H-LP_EPID_Prod". */
static int
squeezed(const char *text, const struct vars *v, char *out, size_t size)
{
	size_t n = 0;

	for (; *text != '\0' && n < size - 1; text++)
		if (isalnum((unsigned char)*text))
			out[n++] = *text;
	out[n] = '\0';
	return (int)(*text == '\0' ? n : size);
}

static int
lower(const char *text, const struct vars *v, char *out, size_t size)
{
	const int n = snprintf(out, size, "%s", text);

	for (char *p = out; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return n;
}

/* With words of its own. */
static int
expanded(const char *text, const struct vars *v, char *out, size_t size)
{
	return profile_text(text, v, out, size, NULL) == 0 ? (int)strlen(out)
							   : -1;
}

static int
kind(const char *text, const struct vars *v, char *out, size_t size)
{
	const char c = v->batch->kind;

	return c != 0 ? snprintf(out, size, "%c_", c) : as_is("", v, out, size);
}

static int
firmware(const char *text, const struct vars *v, char *out, size_t size)
{
	return snprintf(out, size, "%08X", v->family->firmware1);
}

static int
svn(const char *text, const struct vars *v, char *out, size_t size)
{
	return snprintf(out, size, "%02u", v->svn % 100);
}

static int
svn_octet(const char *text, const struct vars *v, char *out, size_t size)
{
	return snprintf(out, size, "%02x", v->svn & 0xff);
}

/* Put the value of the word that stands in braces; -1 for an unknown one. */
static int
put_word(
    const char *word, size_t n, const struct vars *v, char *out, size_t size)
{
	const struct batch *b = v->batch;
	const struct words *g = &generations[b->gen];
	const bool osse = b->engine != NULL; /* the one other engine so far */
	/* clang-format off */
	const struct {
		const char *word;
		int (*put)(const char *text, const struct vars *v, char *out, size_t size);
		const char *text;
	} words[] = {
		{ "ca",                as_is,      g->ca },
		{ "issuing",           as_is,      b->kind != 0 ? g->issuing : g->ca },
		{ "file",              as_is,      g->file },
		{ "rank",              as_is,      g->rank },
		{ "mark",              as_is,      g->mark },
		{ "engine",            as_is,      osse ? b->engine : "CSME" },
		{ "kind",              kind,       NULL },
		{ "part",              as_is,      b->part },
		{ "code",              first_word, b->part },
		{ "batch",             as_is,      b->number },
		{ "batch-file",        joined,     b->number },
		{ "group-file",        squeezed,   b->number },
		{ "batch-date",        as_is,      b->not_before },
		{ "crl-date",          as_is,      b->crl_date != NULL ? b->crl_date : b->not_before },
		{ "intermediate-date", as_is,      osse ? "221003000000Z" : "200304170425Z" },
		{ "policies",          as_is,      b->policies != NULL ? b->policies : "" },
		{ "site",              expanded,   b->site != NULL ? b->site : DEFAULT_SITE },
		{ "model",             as_is,      v->family->model },
		{ "firmware-date",     as_is,      v->family->fw_not_before },
		{ "firmware",          firmware,   NULL },
		{ "svn",               svn,        NULL },
		{ "svn-octet",         svn_octet,  NULL },
		{ "host",              as_is,      v->host },
		{ "authority",         as_is,      v->authority },
		{ "authority-file",    lower,      v->authority },
		{ "guid",              as_is,      v->guid },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strlen(words[i].word) == n &&
		    memcmp(words[i].word, word, n) == 0)
			return words[i].put(words[i].text, v, out, size);
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
