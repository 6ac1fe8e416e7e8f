#include <jansson.h>
#include <string.h>

#include "sim/aik/ekop.h"
#include "sim/base/base64.h"
#include "sim/base/limits.h"

/* --- text ----------------------------------------------------------------- */

/* base64 of clause 5, and its '=' as a URL has it. */
static int
put_text(struct span s, struct buf *out)
{
	size_t begin = out->n, pads = 0;

	if (base64_encode(BASE64_URL, s, out))
		return -1;
	while (out->n > begin && out->p[out->n - 1] == '=') {
		out->n--;
		pads++;
	}
	while (pads-- > 0)
		if (buf_put(out, SPAN_STR("%3D")))
			return -1;
	return 0;
}

static bool
ends_with(struct span s, const char *end)
{
	size_t n = strlen(end);

	return s.n >= n && memcmp(s.p + s.n - n, end, n) == 0;
}

/* Padding says nothing that the length does not. */
static int
take_text(struct span s, struct buf *out)
{
	for (int pads = 0; pads < 2; pads++) {
		if (ends_with(s, "%3D") || ends_with(s, "%3d"))
			s.n -= 3;
		else if (ends_with(s, "="))
			s.n--;
	}
	return base64_decode(BASE64_URL, s, out);
}

/* --- hashes --------------------------------------------------------------- */

int
ekop_hash(
    const struct pubkey *ek, uint8_t ret[static SHA256_SIZE], struct err *e)
{
	static const uint8_t exponent[] = { 1, 0, 1 };
	auto_buf msg = BUF_INIT(sizeof(ek->bytes) + sizeof(exponent));
	struct span key = { ek->bytes, ek->n };
	int rc;

	if (ek->alg == KEY_P256 || ek->alg == KEY_P384)
		rc = span_skip(&key, 1) || buf_put(&msg, key);
	else
		rc = buf_put(&msg, key) || buf_put(&msg, SPAN_OF(exponent));
	if (rc != 0 || sha256(buf_span(&msg), ret) != 0)
		return err_set(e, E_CRYPTO, "SHA-256 of an EK");
	return 0;
}

void
ekop_hash_text(
    const uint8_t hash[static SHA256_SIZE], char out[static EKOP_TEXT_SIZE])
{
	auto_buf text = BUF_INIT(EKOP_TEXT_SIZE);

	out[0] = '\0';
	if (put_text((struct span){ hash, SHA256_SIZE }, &text) == 0 &&
	    buf_put_u8(&text, '\0') == 0)
		memcpy(out, text.p, text.n);
}

int
ekop_hash_parse(
    struct span text, uint8_t ret[static SHA256_SIZE], struct err *e)
{
	auto_buf hash = BUF_INIT(SHA256_SIZE);

	if (take_text(text, &hash) != 0 || hash.n != SHA256_SIZE)
		return err_set(e, E_FORMAT,
		    "no hash of an EK: want 43 characters of base64url");
	memcpy(ret, hash.p, hash.n);
	return 0;
}

/* --- answers -------------------------------------------------------------- */

int
ekop_encode(const uint8_t hash[static SHA256_SIZE], struct span der,
    struct buf *out, struct err *e)
{
	char text[EKOP_TEXT_SIZE];

	ekop_hash_text(hash, text);
	if (buf_put(out, SPAN_STR("{\"pubhash\":\"")) ||
	    buf_put(out, SPAN_STR(text)) ||
	    buf_put(out, SPAN_STR("\",\"certificate\":\"")) ||
	    put_text(der, out) || buf_put(out, SPAN_STR("\"}")))
		return err_set(e, E_LIMIT, "answer for an EK");
	return 0;
}

/* The text of a member. */
static int
get_text(const json_t *all, const char *name, struct span *ret, struct err *e)
{
	const json_t *v = json_object_get(all, name);

	if (!json_is_string(v))
		return err_set(e, E_FORMAT, "no text '%s'", name);
	*ret = (struct span){ (const uint8_t *)json_string_value(v),
		json_string_length(v) };
	return 0;
}

static int
take_answer(const json_t *all, uint8_t ret_hash[static SHA256_SIZE],
    struct buf *der, struct err *e)
{
	struct span text;

	if (get_text(all, "pubhash", &text, e) != 0 ||
	    ekop_hash_parse(text, ret_hash, e) != 0 ||
	    get_text(all, "certificate", &text, e) != 0)
		return -1;
	if (take_text(text, der) != 0)
		return err_set(
		    e, E_FORMAT, "'certificate' is no base64url, or too long");
	return 0;
}

int
ekop_decode(struct span body, uint8_t ret_hash[static SHA256_SIZE],
    struct buf *der, struct err *e)
{
	uint8_t hash[SHA256_SIZE];
	json_auto_t *all = NULL;
	json_error_t why;

	if (body.n > MAX_EKOP_BODY)
		return err_set(e, E_LIMIT,
		    "answer of EKOP: %zu bytes, more than %d", body.n,
		    MAX_EKOP_BODY);
	all = json_loadb(
	    (const char *)body.p, body.n, JSON_REJECT_DUPLICATES, &why);
	if (all == NULL)
		return err_set(
		    e, E_FORMAT, "answer of EKOP: no JSON: %s", why.text);
	if (take_answer(all, hash, der, e) != 0)
		return err_wrap(e, "answer of EKOP");
	memcpy(ret_hash, hash, sizeof(hash));
	return 0;
}
