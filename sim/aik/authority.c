#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "odca/cert.h"
#include "sim/aik/authority.h"

#define ID_HEX_SIZE (2 * SHA1_SIZE + 1)

/* --- names ---------------------------------------------------------------- */

/* Host and URL, from the rest. */
static void
set_names(struct authority *a)
{
	const char *kind = a->name_id ? "NameId" : "KeyId";
	char hex[ID_HEX_SIZE];

	hex_encode(SPAN_OF(a->id), hex);
	(void)snprintf(a->host, sizeof(a->host), "%s-%s-%s" AUTHORITY_DOMAIN,
	    a->vendor, kind, hex);
	(void)snprintf(
	    a->url, sizeof(a->url), "https://%s" AUTHORITY_PATH, a->host);
	for (char *c = a->host; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
}

/* "STM " and "AMD\0" without what fills them up. */
static int
set_vendor(struct authority *a, uint32_t manufacturer, struct err *e)
{
	size_t n = 4;

	for (size_t i = 0; i < 4; i++)
		a->vendor[i] =
		    (char)toupper((int)(manufacturer >> (24 - 8 * i) & 0xff));
	while (n > 0 && (a->vendor[n - 1] == '\0' || a->vendor[n - 1] == ' '))
		a->vendor[--n] = '\0';
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)a->vendor[i]))
			n = 0;
	return n > 0 ? 0
		     : err_set(e, E_FORMAT,
			   "manufacturer 0x%08x: want letters and digits",
			   manufacturer);
}

/* --- the walk ------------------------------------------------------------- */

static bool
is_on_path(struct span der, const struct span *path, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (span_eq(path[i], der))
			return true;
	return false;
}

/* One step up from *c, which becomes its issuer; false: there is none. */
static bool
step(struct cert *c, const struct span *certs, size_t n_certs,
    struct span *path, size_t *n)
{
	struct cert issuer;

	for (size_t i = 0; i < n_certs && *n < MAX_CHAIN_DEPTH; i++) {
		if (cert_parse(certs[i], &issuer, NULL) != 0 ||
		    !cert_may_issue(&issuer, c) ||
		    is_on_path(certs[i], path, *n))
			continue;
		path[(*n)++] = certs[i];
		*c = issuer;
		return true;
	}
	return false;
}

/* As authority_path(), with the last one in *ret_last. */
static int
walk(const struct authority_input *in, struct span *path, size_t *n,
    struct cert *ret_last, struct err *e)
{
	if (cert_parse(in->ek, ret_last, e) != 0)
		return err_wrap(e, "EK certificate");
	path[0] = in->ek;
	*n = 1;
	if (in->client == CLIENT_LEGACY)
		return 0;
	while (step(ret_last, in->certs, in->n_certs, path, n))
		;
	if (in->client == CLIENT_TOO_FAR &&
	    !step(ret_last, in->above, in->n_above, path, n))
		return err_set(e, E_NOTFOUND,
		    "no certificate above '%s' to walk too far to",
		    ret_last->subject_text);
	return 0;
}

int
authority_path(const struct authority_input *in,
    struct span ret[static MAX_CHAIN_DEPTH], size_t *ret_n, struct err *e)
{
	struct cert last;

	return walk(in, ret, ret_n, &last, e);
}

static int
set_id(struct authority *a, const struct cert *c, struct err *e)
{
	a->name_id = c->aki.n == 0;
	if (a->name_id)
		return sha1(c->issuer, a->id) == 0
			   ? 0
			   : err_set(e, E_CRYPTO, "SHA-1 of a Name");
	if (c->aki.n != sizeof(a->id))
		return err_set(e, E_FORMAT,
		    "authority key identifier of %zu octets, want %zu",
		    c->aki.n, sizeof(a->id));
	memcpy(a->id, c->aki.p, sizeof(a->id));
	return 0;
}

/* The authority of who issued c. */
static int
name_issuer(const struct authority_input *in, const struct cert *c,
    size_t place, struct authority *ret, struct err *e)
{
	struct authority a = { .place = place };

	if (set_vendor(&a, in->manufacturer, e) != 0 || set_id(&a, c, e) != 0)
		return -1;
	memcpy(a.source, c->subject_text, sizeof(a.source));
	set_names(&a);
	*ret = a;
	return 0;
}

int
authority_of(
    const struct authority_input *in, struct authority *ret, struct err *e)
{
	struct span path[MAX_CHAIN_DEPTH];
	struct cert last;
	size_t n;

	return walk(in, path, &n, &last, e) != 0 ||
		       name_issuer(in, &last, n - 1, ret, e) != 0
		   ? err_wrap(e, "authority of the AIK service")
		   : 0;
}

const char *
authority_client_name(enum aik_client client)
{
	static const char *const names[] = { [CLIENT_CURRENT] = "current",
		[CLIENT_LEGACY] = "legacy",
		[CLIENT_TOO_FAR] = "too-far" };

	return names[client];
}

/* --- what it should have been ---------------------------------------------
 */

/* A CA within the device publishes no list: that of what it issued is another
 * one's (RFC 5280 4.2.1.13, cRLIssuer). */
static bool
is_issued_within(const struct cert *c)
{
	return c->crldp_indirect;
}

/* Of a chain with a gap, the part that the EK certificate does not lead to. */
static bool
find_top(const struct authority_input *in, struct cert *ret)
{
	for (size_t i = 0; i < in->n_certs; i++)
		if (cert_parse(in->certs[i], ret, NULL) == 0 && ret->is_ca &&
		    !is_issued_within(ret) && !cert_is_self_signed(ret))
			return true;
	return false;
}

int
authority_right(
    const struct authority_input *in, struct authority *ret, struct err *e)
{
	struct authority_input current = *in;
	struct span path[MAX_CHAIN_DEPTH];
	struct cert last;
	size_t n;

	current.client = CLIENT_CURRENT;
	if (walk(&current, path, &n, &last, e) != 0)
		return -1;
	if (!is_issued_within(&last))
		return name_issuer(in, &last, n - 1, ret, e);
	return find_top(in, &last)
		   ? name_issuer(in, &last, AUTHORITY_OFF_PATH, ret, e)
		   : err_set(e, E_NOTFOUND,
			 "no certificate in the TPM says who issued the "
			 "device's CAs");
}

/* --- back from a host ----------------------------------------------------- */

static bool
take_word(struct span *s, const char *word)
{
	size_t n = strlen(word);

	if (s->n < n || strncasecmp((const char *)s->p, word, n) != 0)
		return false;
	(void)span_skip(s, n);
	return true;
}

static bool
take_vendor(struct span *s, struct authority *a)
{
	size_t n = 0;

	while (n < s->n && n < 4 && isalnum(s->p[n])) {
		a->vendor[n] = (char)toupper(s->p[n]);
		n++;
	}
	(void)span_skip(s, n);
	return n > 0;
}

static bool
take_id(struct span *s, struct authority *a)
{
	auto_buf id = BUF_INIT(sizeof(a->id));
	char hex[ID_HEX_SIZE] = "";
	struct span digits;

	if (span_get(s, sizeof(hex) - 1, &digits) != 0)
		return false;
	memcpy(hex, digits.p, digits.n);
	if (hex_decode(hex, &id) != 0 || id.n != sizeof(a->id))
		return false;
	memcpy(a->id, id.p, id.n);
	return true;
}

/* Nothing, ":" or ":443" (RFC 9110 7.2). */
static bool
is_port(struct span s)
{
	if (s.n == 0)
		return true;
	if (s.p[0] != ':' || s.n > sizeof(":65535") - 1)
		return false;
	for (size_t i = 1; i < s.n; i++)
		if (!isdigit(s.p[i]))
			return false;
	return true;
}

int
authority_parse(struct span host, struct authority *ret, struct err *e)
{
	struct authority a = { .place = 0 };
	struct span s = host;
	bool good = take_vendor(&s, &a);

	if (good && take_word(&s, "-nameid-"))
		a.name_id = true;
	else
		good = good && take_word(&s, "-keyid-");
	if (!good || !take_id(&s, &a) || !take_word(&s, AUTHORITY_DOMAIN) ||
	    !is_port(s))
		return err_set(e, E_FORMAT,
		    "no authority's host: want VENDOR-KeyId-<40 hex>%s",
		    AUTHORITY_DOMAIN);
	set_names(&a);
	*ret = a;
	return 0;
}
