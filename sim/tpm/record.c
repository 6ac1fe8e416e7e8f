#include <string.h>

#include "odca/cert.h"
#include "odca/ek_template.h"
#include "sim/base/limits.h"
#include "sim/tpm/record.h"

/* --- the descriptor ------------------------------------------------------ */

static json_t *
json_digest(struct span s)
{
	uint8_t digest[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];

	if (sha256(s, digest) != 0)
		return NULL;
	hex_encode(SPAN_OF(digest), hex);
	return json_string(hex);
}

static json_t *
json_index(uint32_t index)
{
	return json_sprintf("0x%08x", index);
}

static json_t *
json_pem(struct span der)
{
	auto_buf pem = BUF_INIT(2 * MAX_CERT_SIZE);

	return cert_to_pem(der, &pem) == 0
		   ? json_stringn((const char *)pem.p, pem.n)
		   : NULL;
}

/* "nv" is null for an EK certificate that is not there: the whole of it stands
 * here then, for the service that gives it (EKOP). */
static json_t *
describe_eks(const struct provisioned *p, struct err *e)
{
	json_auto_t *eks = json_object();

	for (size_t i = 0; i < p->n_eks; i++) {
		struct span der = buf_span(&p->ek[i].certificate);
		struct cert cert;
		json_t *ek;

		if (cert_parse(der, &cert, e) != 0)
			return NULL;
		ek = json_pack("{s:o, s:I, s:o, s:o}", "nv",
		    p->in_nv && !p->ek[i].left_out ? json_index(p->ek[i].index)
						   : json_null(),
		    "bytes", (json_int_t)der.n, "certificate_sha256",
		    json_digest(der), "public_sha256", json_digest(cert.spki));
		if (!p->in_nv)
			(void)json_object_set_new(
			    ek, "certificate", json_pem(der));
		(void)json_object_set_new(eks, p->ek[i].name, ek);
	}
	return TAKE(eks);
}

/* null in the EPID era. */
static json_t *
describe_chain(const struct provisioned *p, struct err *e)
{
	json_auto_t *indices = NULL;
	char serial[2 * SERIAL_SIZE + 1];
	struct cert rom;

	if (p->rom.n == 0)
		return json_null();
	if (cert_parse(buf_span(&p->rom), &rom, e) != 0 ||
	    rom.serial.n > SERIAL_SIZE)
		return NULL;
	hex_encode(rom.serial, serial);
	indices = json_array();
	for (uint32_t i = 0; i < p->chain_indices; i++)
		(void)json_array_append_new(
		    indices, json_index(NV_CHAIN_FIRST + i));
	return json_pack("{s:O, s:I, s:s}", "nv", indices, "bytes",
	    (json_int_t)p->chain.n, "rom_serial", serial);
}

int
record_certificates(json_t *all, const struct provisioned *p, struct err *e)
{
	json_auto_t *eks = describe_eks(p, e);
	json_auto_t *chain = eks != NULL ? describe_chain(p, e) : NULL;

	if (chain == NULL)
		return err_wrap(e, "describe the device");
	return json_object_set(all, "ek", eks) != 0 ||
		       json_object_set(all, "chain", chain) != 0
		   ? err_set(e, E_NOMEM, "describe the device")
		   : 0;
}

json_t *
record_banks(unsigned banks)
{
	json_t *list = json_array();

	for (size_t i = 0; pcr_bank_names[i] != NULL; i++)
		if (banks >> i & 1)
			(void)json_array_append_new(
			    list, json_string(pcr_bank_names[i]));
	return list;
}

int
record_batch(const json_t *all, const struct family **ret_family,
    const struct batch **ret_batch, struct err *e)
{
	const char *name = json_string_value(json_object_get(all, "family"));
	const char *batch = json_string_value(json_object_get(all, "batch"));
	const struct family *f = name != NULL ? family_find(name) : NULL;
	const struct batch *b = f != NULL ? family_batch(f, batch) : NULL;

	if (b == NULL)
		return err_set(e, E_FOREIGN,
		    "the descriptor names no family and batch of ours");
	*ret_family = f;
	*ret_batch = b;
	return 0;
}

int
record_text(const json_t *all, struct buf *out, struct err *e)
{
	auto_free char *text = json_dumps(all, JSON_INDENT(2));

	if (text == NULL)
		return err_set(e, E_NOMEM, "describe the device");
	if (buf_put(out, SPAN_STR(text)) || buf_put(out, SPAN_STR("\n")))
		return err_set(
		    e, E_LIMIT, "descriptor of %zu bytes", strlen(text));
	return 0;
}

int
record_parse(const struct store *s, json_t **ret, struct err *e)
{
	struct span text = store_descriptor(s);
	json_error_t error;
	json_t *all;

	*ret = NULL;
	if (!store_has_device(s))
		return 0;
	all = json_loadb(
	    (const char *)text.p, text.n, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(all)) {
		json_decref(all);
		return err_set(e, E_FORMAT, "'%s/%s' line %d: %s",
		    store_path(s), STORE_DESCRIPTOR, error.line, error.text);
	}
	*ret = all;
	return 0;
}

/* --- the fuses ----------------------------------------------------------- */

int
record_put_fuses(const struct fuses *fuses, struct buf *out, struct err *e)
{
	char hex[2 * FUSES_SIZE + 1];
	int rc;

	hex_encode(SPAN_OF(fuses->b), hex);
	rc = buf_put(out, SPAN_STR(hex)) || buf_put(out, SPAN_STR("\n"));
	explicit_bzero(hex, sizeof(hex));
	return rc != 0 ? err_set(e, E_NOMEM, "fuses") : 0;
}

int
record_get_fuses(const struct store *s, struct fuses *ret, struct err *e)
{
	auto_buf text = BUF_INIT(MAX_SMALL_FILE);
	auto_buf bytes = BUF_INIT(FUSES_SIZE);

	if (store_fuses(s, &text, e) != 0)
		return err_wrap(e, "state '%s'", store_path(s));
	/* One line: what is in front of its end. */
	if (text.n == 2 * FUSES_SIZE + 1 && text.p[text.n - 1] == '\n')
		text.p[text.n - 1] = '\0';
	else
		text.n = 0;
	if (text.n == 0 || hex_decode((const char *)text.p, &bytes) ||
	    bytes.n != FUSES_SIZE)
		return err_set(e, E_FORMAT, "'%s/%s' is not %d bytes in hex",
		    store_path(s), STORE_FUSES, FUSES_SIZE);
	memcpy(ret->b, bytes.p, FUSES_SIZE);
	return 0;
}
