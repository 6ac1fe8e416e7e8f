#include <string.h>

#include "sim/report/report_part.h"

/* --- certificates -----------------------------------------------------------
 */

static void
put_row(struct page *p, const char *name, const char *class, const char *value)
{
	if (value[0] == '\0')
		return;
	html_begin(&p->h, "tr", NULL);
	html_begin(&p->h, "th", NULL);
	html_attr(&p->h, "scope", "row");
	html_text(&p->h, name);
	html_end(&p->h);
	html_leaf(&p->h, "td", class, value);
	html_end(&p->h);
}

static void
put_fields(struct page *p, const json_t *c)
{
	/* clang-format off */
	static const struct {
		const char *member, *title, *class;
	} rows[] = {
		{ "subject",          "Subject",                  NULL },
		{ "issuer",           "Issuer",                   NULL },
		{ "serial",           "Serial number",            "hex" },
		{ "key_id",           "Key identifier",           "hex" },
		{ "authority_key_id", "Authority key identifier", "hex" },
		{ "not_before",       "Valid from",               NULL },
		{ "not_after",        "Valid to",                 NULL },
		{ "thumbprint",       "SHA-1 thumbprint",         "hex" },
		{ "sha256",           "SHA-256",                  "hex" },
		{ "source",           "From",                     NULL },
	};
	/* clang-format on */
	const json_t *bytes = json_object_get(c, "bytes");
	char size[32];

	html_begin(&p->h, "table", "fields");
	html_leaf(&p->h, "caption", NULL, "Fields");
	html_begin(&p->h, "tbody", NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		put_row(p, rows[i].title, rows[i].class,
		    report_text(c, rows[i].member));
	if (json_is_integer(bytes)) {
		(void)snprintf(size, sizeof(size), "%d bytes",
		    (int)json_integer_value(bytes));
		put_row(p, "Size", NULL, size);
	}
	html_end(&p->h);
	html_end(&p->h);
}

/* What is said of it beside its subject. */
static const char *
name_of_role(const char *role)
{
	/* clang-format off */
	static const struct {
		const char *role, *name;
	} rows[] = {
		{ "ek",       "EK certificate" },
		{ "chain",    "chain in the TPM" },
		{ "above",    "above the TPM" },
		{ "aik",      "AIK certificate" },
		{ "ra",       "registration authority" },
		{ "aik-ca",   "CA of the AIK service" },
		{ "aik-root", "root of the AIK service" },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (strcmp(rows[i].role, role) == 0)
			return rows[i].name;
	return role;
}

static void
put_summary(struct page *p, const json_t *c)
{
	const char *role = name_of_role(report_text(c, "role"));

	html_begin(&p->h, "summary", NULL);
	html_leaf(&p->h, "span", "subject", report_subject(c));
	html_text(&p->h, " ");
	html_begin(&p->h, "span", "where");
	html_textf(&p->h, "%s%s%s", role, role[0] != '\0' ? ", " : "",
	    report_text(c, "source"));
	html_end(&p->h);
	html_end(&p->h);
}

static void
put_certificate(struct page *p, const json_t *c)
{
	const char *pem = report_text(c, "pem");

	html_begin(&p->h, "details", "certificate");
	put_summary(p, c);
	put_fields(p, c);
	if (pem[0] != '\0') {
		report_scroller(p, "scroll", "PEM");
		html_begin(&p->h, "pre", "pem");
		html_lines(&p->h, pem);
		html_end(&p->h);
		html_end(&p->h);
	}
	html_end(&p->h);
}

#define NO_PLACE (-1)

static void
put_all_at(struct page *p, const json_t *certificates, int place)
{
	for (size_t i = 0; i < json_array_size(certificates); i++) {
		const json_t *c = json_array_get(certificates, i);
		const json_t *at = json_object_get(c, "place");
		const json_int_t n = json_integer_value(at);

		if (place == (json_is_integer(at) && n < MAX_CHAIN_DEPTH
				     ? (int)n
				     : NO_PLACE))
			put_certificate(p, c);
	}
}

void
report_certificates(struct page *p, const json_t *certificates)
{
	if (json_array_size(certificates) == 0)
		return;
	report_section(p, "certificates", "Certificates");
	/* Those of the EK as one walks up, then the others. */
	for (int place = 0; place < MAX_CHAIN_DEPTH; place++)
		put_all_at(p, certificates, place);
	put_all_at(p, certificates, NO_PLACE);
	html_end(&p->h);
}
