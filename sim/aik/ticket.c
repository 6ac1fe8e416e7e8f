#include <string.h>

#include "odca/cipher.h"
#include "odca/der.h"
#include "sim/aik/ticket.h"
#include "sim/base/limits.h"

/* Also said in what is authenticated, so that no other use of the key gives
 * a ticket. */
#define LABEL "AIK service: ServerContext 1"

int
ticket_key(
    const struct key *k, uint8_t ret[static TICKET_KEY_SIZE], struct err *e)
{
	auto_buf pem = BUF_INIT(MAX_SMALL_FILE),
		 key = BUF_INIT(TICKET_KEY_SIZE);
	uint8_t secret[SHA384_SIZE];

	if (key_store_pem(k, &pem, e) != 0)
		return -1;
	if (sha384(buf_span(&pem), secret) != 0 ||
	    hkdf_sha384(SPAN_OF(secret), LABEL, TICKET_KEY_SIZE, &key) != 0)
		return err_set(e, E_CRYPTO, "derive a key");
	explicit_bzero(secret, sizeof(secret));
	memcpy(ret, key.p, TICKET_KEY_SIZE);
	return 0;
}

static int
encode(const struct ticket *t, struct buf *out)
{
	return buf_put_u64(out, (uint64_t)t->issued) ||
	       buf_put_2b(out, t->authority) || buf_put_2b(out, t->signer) ||
	       buf_put_2b(out, t->secret) || buf_put_2b(out, t->spki) ||
	       buf_put_2b(out, t->san) || buf_put_2b(out, t->ski);
}

static int
decode(struct span s, struct ticket *ret)
{
	struct ticket t;
	uint64_t issued;

	if (span_get_u64(&s, &issued) || span_get_2b(&s, &t.authority) ||
	    span_get_2b(&s, &t.signer) || span_get_2b(&s, &t.secret) ||
	    span_get_2b(&s, &t.spki) || span_get_2b(&s, &t.san) ||
	    span_get_2b(&s, &t.ski) || s.n != 0)
		return -1;
	t.issued = (time_t)issued;
	*ret = t;
	return 0;
}

int
ticket_seal(const uint8_t key[static TICKET_KEY_SIZE], const struct ticket *t,
    struct buf *out, struct err *e)
{
	auto_buf plain = BUF_INIT(MAX_TICKET), sealed = BUF_INIT(MAX_TICKET);
	uint8_t nonce[GCM_NONCE_SIZE];

	if (encode(t, &plain) != 0)
		return err_set(e, E_LIMIT,
		    "ServerContext of more than %d bytes", MAX_TICKET);
	if (random_bytes(sizeof(nonce), &sealed) != 0)
		return err_set(e, E_CRYPTO, "random bytes");
	memcpy(nonce, sealed.p, sizeof(nonce));
	if (aes_gcm_seal((struct span){ key, TICKET_KEY_SIZE }, nonce,
		SPAN_STR(LABEL), buf_span(&plain), &sealed) != 0)
		return err_set(e, E_CRYPTO, "seal a ServerContext");
	if (der_put(out, DER_OCTET_STRING, buf_span(&sealed)) != 0)
		return err_set(e, E_LIMIT, "no room for a ServerContext");
	return 0;
}

int
ticket_open(const uint8_t key[static TICKET_KEY_SIZE], struct span der,
    struct buf *plain, struct ticket *ret, struct err *e)
{
	struct span rest = der, nonce;
	struct der d;

	if (der_get(&rest, &d) != 0 || rest.n != 0 ||
	    d.tag != DER_OCTET_STRING || d.content.n > MAX_TICKET ||
	    span_get(&d.content, GCM_NONCE_SIZE, &nonce) != 0 ||
	    aes_gcm_open((struct span){ key, TICKET_KEY_SIZE }, nonce.p,
		SPAN_STR(LABEL), d.content, plain) != 0 ||
	    decode(buf_span(plain), ret) != 0)
		return err_set(
		    e, E_REJECTED, "a ServerContext that is not ours");
	return 0;
}
