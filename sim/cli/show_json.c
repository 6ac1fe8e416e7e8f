#include "odca/family.h"
#include "sim/cli/names.h"
#include "sim/cli/out.h"
#include "sim/cli/show.h"

/* "0x01c00002": numbers that people write so stay strings. */
static json_t *
json_word(uint32_t v)
{
	return json_sprintf("0x%08x", v);
}

json_t *
show_certificate_from(const char *origin, const struct cert *c)
{
	uint8_t digest[SHA256_SIZE] = { 0 };

	(void)sha256(c->der, digest);
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:s}",
	    "subject", c->subject_text, "issuer", c->issuer_text, "serial",
	    out_json_hex(c->serial), "key_id", out_json_hex(c->ski),
	    "authority_key_id", out_json_hex(c->aki), "not_before",
	    out_json_time(c->not_before), "not_after",
	    out_json_time(c->not_after), "bytes", (json_int_t)c->der.n,
	    "sha256", out_json_hex(SPAN_OF(digest)), "source", origin);
}

json_t *
show_certificate(const struct source *s, const struct cert *c)
{
	char origin[MAX_NAME_TEXT];

	source_origin(s, c->der, origin, sizeof(origin));
	return show_certificate_from(origin, c);
}

static json_t *
identity(const struct tpm_info *i)
{
	char id[5], firmware[32];

	text_of_manufacturer(i->manufacturer, id);
	text_of_firmware(i, firmware);
	return json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:{s:s, s:i, s:i, "
			 "s:i, s:i}}",
	    "manufacturer", id, "manufacturer_id", json_word(i->manufacturer),
	    "vendor", i->vendor, "firmware", firmware, "firmware_1",
	    json_word(i->firmware1), "firmware_2", json_word(i->firmware2),
	    "spec", "family", i->family, "level", (int)i->level, "revision",
	    (int)i->revision, "year", (int)i->year, "day_of_year",
	    (int)i->day_of_year);
}

static json_t *
banks(const struct tpm_info *i)
{
	json_t *list = json_array();
	char text[8];

	for (size_t n = 0; n < i->n_pcr_banks; n++)
		(void)json_array_append_new(
		    list, json_string(name_of_hash(i->pcr_banks[n], text)));
	return list;
}

static json_t *
attribute_names(uint32_t attributes)
{
	const char *type = name_of_nv_type(attributes);
	json_t *list = json_array();

	for (unsigned bit = 0; bit < 32; bit++)
		if ((attributes >> bit & 1) != 0 && name_of_nv_bit(bit) != NULL)
			(void)json_array_append_new(
			    list, json_string(name_of_nv_bit(bit)));
	if (type != NULL)
		(void)json_array_append_new(list, json_sprintf("nt=%s", type));
	return list;
}

static json_t *
indices(const struct tpm_info *i)
{
	json_t *list = json_array();
	char text[8];

	for (size_t n = 0; n < i->n_nv; n++) {
		const struct tpm_nv *nv = &i->nv[n];

		(void)json_array_append_new(list,
		    json_pack("{s:o, s:i, s:s, s:o, s:o, s:s}", "index",
			json_word(nv->index), "size", (int)nv->size, "name_alg",
			name_of_hash(nv->name_alg, text), "attributes",
			json_word(nv->attributes), "attribute_names",
			attribute_names(nv->attributes), "what",
			name_of_nv(nv->index)));
	}
	return list;
}

/* null when the client finds none. */
static json_t *
aik(const struct source *s, const struct ek *ek)
{
	char origin[MAX_NAME_TEXT];
	struct authority a;
	struct span from;

	if (source_authority(s, ek, &a, &from, NULL) != 0)
		return json_null();
	source_origin(s, from, origin, sizeof(origin));
	return json_pack("{s:s, s:s, s:s, s:b, s:o, s:{s:s, s:s, s:i}}", "url",
	    a.url, "host", a.host, "vendor", a.vendor, "name_id", a.name_id,
	    "id", out_json_hex(SPAN_OF(a.id)), "from", "subject", a.source,
	    "source", origin, "place", (int)a.place);
}

static json_t *
eks(const struct source *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->n_eks; i++) {
		const struct ek *ek = &s->eks[i];
		json_t *chain;

		if (ek->index == 0)
			continue;
		chain = json_array();
		for (size_t j = 0; j < ek->report->n_path; j++)
			(void)json_array_append_new(
			    chain, show_certificate(s, &ek->report->path[j]));
		(void)json_array_append_new(list,
		    json_pack("{s:o, s:s, s:o, s:o}", "nv",
			ek->nv != NULL ? json_word(ek->nv->index) : json_null(),
			"name", ek->title, "chain", chain, "aik", aik(s, ek)));
	}
	return list;
}

int
show_json(const struct source *s, struct err *e)
{
	const struct family *f = show_family(s);
	char inferred[MAX_INFERRED];
	json_auto_t *all = json_pack("{s:s, s:s?, s:s?, s:o, s:o, s:o, s:o}",
	    "source", s->where, "platform", f != NULL ? f->platform : NULL,
	    "inferred", show_inferred(s, inferred) ? inferred : NULL,
	    "identity", identity(&s->info), "pcr_banks", banks(&s->info), "nv",
	    indices(&s->info), "eks", eks(s));

	if (all == NULL)
		return err_set(e, E_NOMEM, "JSON");
	return out_json(all, e);
}
