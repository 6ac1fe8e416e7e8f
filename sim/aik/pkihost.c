#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "odca/pki_list.h"
#include "sim/aik/pkihost.h"

/* RFC 2585 4 */
#define TYPE_CERT "application/pkix-cert"
#define TYPE_CRL  "application/pkix-crl"

/* "Sun, 06 Nov 1994 08:49:37 GMT", RFC 9110 5.6.7 */
#define HTTP_DATE      "%a, %d %b %Y %H:%M:%S GMT"
#define HTTP_DATE_SIZE 64
#define ETAG_OCTETS    16

/*
 * Where the URLs of profile_table.c and family_table.c lead: a host, a folder
 * there, and the folder of the hierarchy that has its files. The debug world's
 * CAs above the issuing ones have a folder of their own.
 */
/* clang-format off */
static const struct site {
	const char *before; /* the hierarchy's host */
	const char *path;
	const char *folder;
	const char *ending, *type;
} sites[] = {
	{ "",      "/content/OnDieCA/certs/", "certs/",    ".cer", TYPE_CERT },
	{ "",      "/content/OnDieCA/crls/",  "crls/",     ".crl", TYPE_CRL },
	{ "",      "/content/CRL/ekcert/",    "certs/",    ".cer", TYPE_CERT },
	{ "",      "/content/CRL/ekcert/",    "crls/",     ".crl", TYPE_CRL },
	{ "pre1-", "/content/OD/certs/",      "certs/DE/", ".cer", TYPE_CERT },
	{ "pre1-", "/content/OD/certs/",      "certs/",    ".cer", TYPE_CERT },
	{ "pre1-", "/content/OD/crls/",       "crls/DE/",  ".crl", TYPE_CRL },
	{ "pre1-", "/content/OD/crls/",       "crls/",     ".crl", TYPE_CRL },
	{ "tsde-", "/content/OnDieCA/certs/", "certs/DE/", ".cer", TYPE_CERT },
	{ "tsde-", "/content/OnDieCA/certs/", "certs/",    ".cer", TYPE_CERT },
	{ "tsde-", "/content/OnDieCA/crls/",  "crls/DE/",  ".crl", TYPE_CRL },
	{ "tsde-", "/content/OnDieCA/crls/",  "crls/",     ".crl", TYPE_CRL },
};
/* clang-format on */

struct found {
	const struct site *site;
	struct buf content;
	time_t changed;
};

static bool
is_host(
    const struct site *s, const struct pki *pki, const struct http_request *r)
{
	const size_t n = strlen(s->before);

	return http_is_local(r) ||
	       (strncmp(r->host, s->before, n) == 0 &&
		   strcasecmp(r->host + n, pki_host(pki)) == 0);
}

/* The name of a file between what the site has before and behind it; no name
 * leads out of the folder. */
static bool
file_name(const struct site *s, const char *path, char out[static MAX_CA_FILE])
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789_-";
	const size_t n = strlen(s->path);
	size_t name;

	if (strncmp(path, s->path, n) != 0)
		return false;
	name = strspn(path + n, allowed);
	return name > 0 && strcmp(path + n + name, s->ending) == 0 &&
	       snprintf(out, MAX_CA_FILE, "%s%s", s->folder, path + n) <
		   MAX_CA_FILE;
}

/* E_NOTFOUND when no site has it. */
static int
find(const struct pki *pki, const struct http_request *r, struct found *f,
    struct err *e)
{
	char file[MAX_CA_FILE];

	(void)err_set(e, E_NOTFOUND, "no such file");
	for (size_t i = 0; i < sizeof(sites) / sizeof(*sites); i++) {
		f->site = &sites[i];
		if (!is_host(f->site, pki, r) ||
		    !file_name(f->site, r->path, file))
			continue;
		if (pki_read(pki, file, &f->content, &f->changed, e) == 0)
			return 0;
		if (e->code != E_NOTFOUND)
			return -1;
	}
	return -1;
}

static void
date_of(time_t t, char out[static HTTP_DATE_SIZE])
{
	struct tm tm;

	(void)strftime(out, HTTP_DATE_SIZE, HTTP_DATE, gmtime_r(&t, &tm));
}

/* "*", or a list of tags, with W/ before one or without (RFC 9110 13.1.2). */
static bool
names_tag(const char *list, const char *tag)
{
	return strcmp(list, "*") == 0 || strstr(list, tag) != NULL;
}

/* A client gives back the date that it was given; another is one that it has
 * not from here. If-None-Match goes before (RFC 9110 13.2.2). */
static bool
is_known(const struct http_request *r, const char *tag, const char *date)
{
	const char *tags = http_header(r, "If-None-Match");
	const char *since = http_header(r, "If-Modified-Since");

	if (tags != NULL)
		return names_tag(tags, tag);
	return since != NULL && date[0] != '\0' && strcmp(since, date) == 0;
}

static void
answer_file(const struct http_request *r, struct http_response *p,
    const struct found *f)
{
	char tag[2 * ETAG_OCTETS + 3], hex[2 * ETAG_OCTETS + 1];
	char date[HTTP_DATE_SIZE] = "";
	uint8_t digest[SHA256_SIZE];

	if (sha256(buf_span(&f->content), digest) != 0) {
		http_refuse(p, 500, "no digest");
		return;
	}
	hex_encode((struct span){ digest, ETAG_OCTETS }, hex);
	(void)snprintf(tag, sizeof(tag), "\"%s\"", hex);
	if (f->changed != 0)
		date_of(f->changed, date);
	if (is_known(r, tag, date))
		http_answer(p, 304, NULL, (struct span){ NULL, 0 });
	else
		http_answer(p, 200, f->site->type, buf_span(&f->content));
	http_add_header(p, "ETag", "%s", tag);
	if (date[0] != '\0')
		http_add_header(p, "Last-Modified", "%s", date);
}

void
pkihost_answer(const struct pki *pki, const struct http_request *r,
    struct http_response *p)
{
	struct found f = { .content = BUF_INIT(MAX_CRL_SIZE) };
	struct err e = ERR_INIT;

	(void)snprintf(p->step, sizeof(p->step), "pki");
	if (!http_allows(r, p, "GET, HEAD"))
		return;
	if (find(pki, r, &f, &e) == 0)
		answer_file(r, p, &f);
	else
		http_refuse(p, e.code == E_NOTFOUND ? 404 : 500, "%s",
		    e.code == E_NOTFOUND ? "no such file" : e.msg);
	buf_free(&f.content);
}
