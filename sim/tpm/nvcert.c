#include <string.h>

#include "sim/base/limits.h"
#include "sim/tpm/tpmcmd.h"
#include "sim/tpm/nvcert.h"
#include "sim/base/tpm2.h"

static const uint32_t branch_commands[2] = { CC_NV_WRITE,
	CC_NV_UNDEFINE_SPACE_SPECIAL };

static int
load_nv_key(struct span secret, uint32_t *ret_handle, struct err *e)
{
	/* The secret is as long as the digest: the obfuscation value need not
	 * hide anything, but has to be there (Part 1, 27). */
	static const uint8_t seed[SHA384_SIZE];
	auto_tpmcmd c = TPMCMD_INIT;
	auto_buf both = BUF_INIT(2 * SHA384_SIZE);
	struct span none;
	uint8_t unique[SHA384_SIZE];

	if (buf_put(&both, SPAN_OF(seed)) || buf_put(&both, secret) ||
	    sha384(buf_span(&both), unique) != 0)
		return err_set(e, E_CRYPTO, "name of the NV write key");
	tpmcmd_begin(&c, CC_LOAD_EXTERNAL, "LoadExternal");
	/* inPrivate: type, authValue, seedValue, sensitive */
	(void)buf_put_u16(&c.bytes, (uint16_t)(8 + sizeof(seed) + secret.n));
	(void)buf_put_u16(&c.bytes, ALG_KEYEDHASH);
	(void)buf_put_u16(&c.bytes, 0);
	(void)buf_put_2b(&c.bytes, SPAN_OF(seed));
	(void)buf_put_2b(&c.bytes, secret);
	(void)buf_put_u16(&c.bytes, 16 + SHA384_SIZE); /* inPublic */
	(void)buf_put_u16(&c.bytes, ALG_KEYEDHASH);
	(void)buf_put_u16(&c.bytes, ALG_SHA384);
	(void)buf_put_u32(&c.bytes, 0x00040040); /* sign, userWithAuth */
	(void)buf_put_u16(&c.bytes, 0);          /* authPolicy */
	(void)buf_put_u16(&c.bytes, ALG_HMAC);
	(void)buf_put_u16(&c.bytes, ALG_SHA384);
	(void)buf_put_2b(&c.bytes, SPAN_OF(unique));
	(void)buf_put_u32(&c.bytes, RH_NULL);
	return tpmcmd_run(&c, ret_handle, &none, e);
}

static int
start_session(uint8_t type, uint32_t *ret, struct err *e)
{
	static const uint8_t nonce[16];
	auto_tpmcmd c = TPMCMD_INIT;
	struct span none;

	tpmcmd_begin(&c, CC_START_AUTH_SESSION, "StartAuthSession");
	tpmcmd_handle(&c, RH_NULL);
	tpmcmd_handle(&c, RH_NULL);
	(void)buf_put_2b(&c.bytes, SPAN_OF(nonce));
	(void)buf_put_u16(&c.bytes, 0); /* encryptedSalt */
	(void)buf_put_u8(&c.bytes, type);
	(void)buf_put_u16(&c.bytes, ALG_NULL);
	(void)buf_put_u16(&c.bytes, ALG_SHA384);
	return tpmcmd_run(&c, ret, &none, e);
}

static int
policy_signed(const struct nvcert *w, uint32_t session, struct err *e)
{
	auto_tpmcmd c = TPMCMD_INIT;
	struct span none;

	tpmcmd_begin(&c, CC_POLICY_SIGNED, "PolicySigned");
	tpmcmd_handle(&c, w->key);
	tpmcmd_handle(&c, session);
	(void)buf_put_u16(&c.bytes, 0); /* nonceTPM */
	(void)buf_put_u16(&c.bytes, 0); /* cpHashA */
	(void)buf_put_u16(&c.bytes, 0); /* policyRef */
	(void)buf_put_u32(&c.bytes, 0); /* expiration */
	(void)buf_put_u16(&c.bytes, ALG_HMAC);
	(void)buf_put_u16(&c.bytes, ALG_SHA384);
	(void)buf_put(&c.bytes, SPAN_OF(w->proof));
	return tpmcmd_run(&c, NULL, &none, e);
}

static int
policy_command_code(uint32_t session, uint32_t code, struct err *e)
{
	auto_tpmcmd c = TPMCMD_INIT;
	struct span none;

	tpmcmd_begin(&c, CC_POLICY_COMMAND_CODE, "PolicyCommandCode");
	tpmcmd_handle(&c, session);
	(void)buf_put_u32(&c.bytes, code);
	return tpmcmd_run(&c, NULL, &none, e);
}

static int
policy_or(const struct nvcert *w, uint32_t session, struct err *e)
{
	auto_tpmcmd c = TPMCMD_INIT;
	struct span none;

	tpmcmd_begin(&c, CC_POLICY_OR, "PolicyOR");
	tpmcmd_handle(&c, session);
	(void)buf_put_u32(&c.bytes, 2);
	(void)buf_put_2b(&c.bytes, buf_span(&w->branches[0]));
	(void)buf_put_2b(&c.bytes, buf_span(&w->branches[1]));
	return tpmcmd_run(&c, NULL, &none, e);
}

static int
policy_digest(uint32_t session, struct buf *ret, struct err *e)
{
	auto_tpmcmd c = TPMCMD_INIT;
	struct span out, digest;

	tpmcmd_begin(&c, CC_POLICY_GET_DIGEST, "PolicyGetDigest");
	tpmcmd_handle(&c, session);
	if (tpmcmd_run(&c, NULL, &out, e) != 0)
		return -1;
	if (span_get_2b(&out, &digest) || buf_put(ret, digest))
		return err_set(e, E_SHORT, "response to TPM2_PolicyGetDigest");
	return 0;
}

/* The digest of one branch, or with both branches known that of the whole, by
 * a trial session. */
static int
try_policy(struct nvcert *w, uint32_t code, struct buf *ret, struct err *e)
{
	uint32_t trial;

	if (start_session(SE_TRIAL, &trial, e) != 0 ||
	    policy_signed(w, trial, e) != 0 ||
	    policy_command_code(trial, code, e) != 0)
		return -1;
	if (w->branches[1].n > 0 && policy_or(w, trial, e) != 0)
		return -1;
	if (policy_digest(trial, ret, e) != 0)
		return -1;
	return tpmcmd_flush(trial, e);
}

int
nvcert_open(struct nvcert *w, struct span secret, struct err *e)
{
	static const uint8_t expiration[4];
	uint8_t conditions[SHA384_SIZE];

	buf_init(&w->branches[0], SHA384_SIZE);
	buf_init(&w->branches[1], SHA384_SIZE);
	buf_init(&w->policy, SHA384_SIZE);
	/* Part 3, 23.3: aHash = H(nonceTPM || expiration || cpHashA ||
	 * policyRef), all empty but the expiration. */
	if (sha384(SPAN_OF(expiration), conditions) != 0 ||
	    hmac_sha384(secret, SPAN_OF(conditions), w->proof) != 0)
		return err_set(e, E_CRYPTO, "HMAC of the NV write policy");
	if (load_nv_key(secret, &w->key, e) != 0)
		return -1;
	for (size_t i = 0; i < 2; i++)
		if (try_policy(w, branch_commands[i], &w->branches[i], e) != 0)
			return -1;
	if (try_policy(w, branch_commands[0], &w->policy, e) != 0)
		return -1;
	return start_session(SE_POLICY, &w->session, e);
}

int
nvcert_close(struct nvcert *w, struct err *e)
{
	return tpmcmd_flush(w->session, e) != 0 || tpmcmd_flush(w->key, e) != 0
		   ? -1
		   : 0;
}

void
nvcert_done(struct nvcert *w)
{
	buf_free(&w->branches[0]);
	buf_free(&w->branches[1]);
	buf_free(&w->policy);
	explicit_bzero(w->proof, sizeof(w->proof));
}

static int
nv_define(const struct nvcert *w, uint32_t index, uint32_t attributes,
    size_t size, struct err *e)
{
	auto_tpmcmd c = TPMCMD_INIT;
	struct span none;

	tpmcmd_begin(&c, CC_NV_DEFINE_SPACE, "NV_DefineSpace");
	tpmcmd_handle(&c, RH_PLATFORM);
	tpmcmd_password(&c);
	(void)buf_put_u16(&c.bytes, 0); /* auth: empty */
	(void)buf_put_u16(&c.bytes, 14 + SHA384_SIZE);
	(void)buf_put_u32(&c.bytes, index);
	(void)buf_put_u16(&c.bytes, ALG_SHA384);
	(void)buf_put_u32(&c.bytes, attributes);
	(void)buf_put_2b(&c.bytes, buf_span(&w->policy));
	(void)buf_put_u16(&c.bytes, (uint16_t)size);
	return tpmcmd_run(&c, NULL, &none, e);
}

/* The policy has to be satisfied anew for each command (Part 1, 19). */
static int
satisfy(const struct nvcert *w, uint32_t code, struct err *e)
{
	return policy_signed(w, w->session, e) != 0 ||
		       policy_command_code(w->session, code, e) != 0 ||
		       policy_or(w, w->session, e) != 0
		   ? -1
		   : 0;
}

static int
nv_write_piece(const struct nvcert *w, uint32_t index, struct span piece,
    size_t offset, struct err *e)
{
	auto_tpmcmd c = TPMCMD_INIT;
	struct span none;

	if (satisfy(w, CC_NV_WRITE, e) != 0)
		return -1;
	tpmcmd_begin(&c, CC_NV_WRITE, "NV_Write");
	tpmcmd_handle(&c, index);
	tpmcmd_handle(&c, index);
	tpmcmd_policy(&c, w->session);
	(void)buf_put_2b(&c.bytes, piece);
	(void)buf_put_u16(&c.bytes, (uint16_t)offset);
	return tpmcmd_run(&c, NULL, &none, e);
}

int
nvcert_put(const struct nvcert *w, uint32_t index, uint32_t attributes,
    struct span content, struct err *e)
{
	struct span rest = content, piece;
	size_t n;

	if (nv_define(w, index, attributes, content.n, e) != 0)
		return err_wrap(e, "NV 0x%08x", index);
	for (; rest.n > 0;) {
		n = rest.n < MAX_NV_CHUNK ? rest.n : MAX_NV_CHUNK;
		(void)span_get(&rest, n, &piece);
		if (nv_write_piece(
			w, index, piece, content.n - rest.n - n, e) != 0)
			return err_wrap(e, "NV 0x%08x", index);
	}
	return 0;
}

int
nvcert_delete(const struct nvcert *w, uint32_t index, struct err *e)
{
	auto_tpmcmd c = TPMCMD_INIT;
	struct span none;

	if (satisfy(w, CC_NV_UNDEFINE_SPACE_SPECIAL, e) != 0)
		return err_wrap(e, "NV 0x%08x", index);
	tpmcmd_begin(
	    &c, CC_NV_UNDEFINE_SPACE_SPECIAL, "NV_UndefineSpaceSpecial");
	tpmcmd_handle(&c, index);
	tpmcmd_handle(&c, RH_PLATFORM);
	tpmcmd_policy(&c, w->session);
	tpmcmd_password(&c);
	if (tpmcmd_run(&c, NULL, &none, e) != 0)
		return err_wrap(e, "NV 0x%08x", index);
	return 0;
}

/* --- reading ------------------------------------------------------------- */

/* dataSize is the last field of a TPMS_NV_PUBLIC (Part 2, 13.5). */
static int
nv_size(uint32_t index, uint16_t *ret, struct err *e)
{
	auto_tpmcmd c = TPMCMD_INIT;
	struct span out, public;

	tpmcmd_begin(&c, CC_NV_READ_PUBLIC, "NV_ReadPublic");
	tpmcmd_handle(&c, index);
	if (tpmcmd_run(&c, NULL, &out, e) != 0)
		return c.rc == RC_HANDLE_1
			   ? err_set(e, E_NOTFOUND, "no such index")
			   : -1;
	if (span_get_2b(&out, &public) || public.n < sizeof(uint16_t) ||
	    span_skip(&public, public.n - sizeof(uint16_t)) ||
	    span_get_u16(&public, ret))
		return err_set(e, E_SHORT, "response to TPM2_NV_ReadPublic");
	return 0;
}

/* By AUTHREAD: the index has an empty authorisation value. */
static int
nv_read_piece(uint32_t index, uint16_t size, uint16_t offset, struct buf *out,
    struct err *e)
{
	auto_tpmcmd c = TPMCMD_INIT;
	struct span rsp, data;

	tpmcmd_begin(&c, CC_NV_READ, "NV_Read");
	tpmcmd_handle(&c, index);
	tpmcmd_handle(&c, index);
	tpmcmd_password(&c);
	(void)buf_put_u16(&c.bytes, size);
	(void)buf_put_u16(&c.bytes, offset);
	if (tpmcmd_run(&c, NULL, &rsp, e) != 0)
		return -1;
	if (span_get_2b(&rsp, &data) || data.n != size)
		return err_set(e, E_SHORT, "response to TPM2_NV_Read");
	return buf_put(out, data)
		   ? err_set(
			 e, E_LIMIT, "content of more than %zu bytes", out->cap)
		   : 0;
}

int
nvcert_get(uint32_t index, struct buf *out, struct err *e)
{
	uint16_t size, at = 0, n;

	if (nv_size(index, &size, e) != 0)
		return err_wrap(e, "NV 0x%08x", index);
	for (; at < size; at += n) {
		n = size - at < MAX_NV_CHUNK ? size - at : MAX_NV_CHUNK;
		if (nv_read_piece(index, n, at, out, e) != 0)
			return err_wrap(e, "NV 0x%08x", index);
	}
	return 0;
}
