#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "odca/pki.h"
#include "odca/pki_list.h"

void
pki_issuing_name(
    const struct family *f, const struct batch *b, char *out, size_t n)
{
	const struct profile *p = profile_find("issuing", b->gen);
	const struct vars v = { f, b, 1, "", NULL, NULL };

	if (p == NULL || profile_text(p->file, &v, out, n, NULL) != 0)
		out[0] = '\0';
}

/* Append ca under the name that text gives, unless it is there. */
static int
add(struct ca_list *l, struct ca ca, const char *text, struct err *e)
{
	if (profile_text(text, &ca.vars, ca.name, sizeof(ca.name), e) != 0)
		return -1;
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->ca[i].name, ca.name) == 0)
			return 0; /* shared with another family or batch */
	}
	if (l->n == MAX_CAS)
		return err_set(e, E_LIMIT, "more than %d CAs", MAX_CAS);
	l->ca[l->n++] = ca;
	return 0;
}

static int
add_ca(
    struct ca_list *l, const char *level, const struct vars *v, struct err *e)
{
	const struct ca ca = { .profile = profile_find(level, v->batch->gen),
		.vars = *v };

	/* The EPID era has no intermediate level. */
	return ca.profile != NULL ? add(l, ca, ca.profile->file, e) : 0;
}

/* Issuers before what they issue. */
int
pki_list(struct ca_list *l, const char *host, struct err *e)
{
	static const char *const levels[] = { "root", "intermediate",
		"issuing" };
	const struct family *f;
	size_t n;

	f = family_all(&n);
	for (size_t level = 0; level < 3; level++) {
		for (size_t i = 0; i < n; i++) {
			const struct batch *b = f[i].batches;

			for (; b->number != NULL; b++) {
				const struct vars v = { &f[i], b, 1, host, NULL,
					NULL };

				if (add_ca(l, levels[level], &v, e) != 0)
					return -1;
			}
		}
	}
	return 0;
}

int
pki_list_crls(struct ca_list *l, struct err *e)
{
	const struct ca_list cas = *l;
	size_t n;
	const struct crl_profile *p = crl_profile_all(&n);

	l->n = 0;
	for (size_t i = 0; i < cas.n; i++) {
		for (size_t k = 0; k < n; k++) {
			struct ca ca = cas.ca[i];

			if ((p[k].gens & GENS(ca.vars.batch->gen)) == 0 ||
			    strcmp(p[k].issuer, ca.profile->name) != 0)
				continue;
			ca.crl = &p[k];
			if (add(l, ca, p[k].file, e) != 0)
				return -1;
		}
	}
	return 0;
}

const struct ca *
pki_list_issuer(const struct ca_list *l, const struct ca *ca, struct err *e)
{
	const struct profile *p;
	char name[MAX_CA_NAME];

	p = profile_issuer(ca->profile, ca->vars.batch->gen, e);
	if (p != NULL &&
	    profile_text(p->file, &ca->vars, name, sizeof(name), e) != 0)
		return NULL;
	for (size_t i = 0; p != NULL && i < l->n; i++) {
		if (strcmp(l->ca[i].name, name) == 0)
			return &l->ca[i];
	}
	(void)err_set(e, E_NOTFOUND, "no issuer of '%s'", ca->name);
	return NULL;
}

/* intel.com or below it; a dot at the end makes no other name of it. */
static bool
is_intel(const char *host)
{
	static const char domain[] = "intel.com";
	const size_t length = strlen(domain);
	size_t n = strlen(host);

	while (n > 0 && host[n - 1] == '.')
		n--;
	return n >= length &&
	       strncasecmp(host + n - length, domain, length) == 0 &&
	       (n == length || host[n - length - 1] == '.');
}

int
pki_check_host(const char *host, struct err *e)
{
	const size_t n = strlen(host);

	if (n == 0 || n > MAX_HOST_LENGTH)
		return err_set(e, E_USAGE, "a host of %zu bytes, not 1 to %d",
		    n, MAX_HOST_LENGTH);
	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)host[i]) && host[i] != '.' &&
		    host[i] != '-')
			return err_set(e, E_USAGE,
			    "host '%s': only letters, digits, '.' and '-'",
			    host);
	}
	/* Nothing of ours may point at Intel's own hosts. */
	if (is_intel(host))
		return err_set(e, E_USAGE,
		    "host '%s' is Intel's: want one of a test", host);
	return 0;
}

int
pki_make_dirs(int dir, const char *name, struct err *e)
{
	static const char *const dirs[] = { "certs", "certs/DE", "certs/AIK",
		"certs/TLS", "crls", "crls/DE", "keys", "keys/DE", "keys/AIK",
		"keys/TLS" };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
		if (mkdirat(dir, dirs[i], 0700) != 0 && errno != EEXIST)
			return err_errno(
			    e, "make directory '%s/%s'", name, dirs[i]);
	return 0;
}
