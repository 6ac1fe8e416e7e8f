#include <stdlib.h>
#include <string.h>

#include "odca/ek_template.h"
#include "sim/aik/aiktpm.h"
#include "sim/aik/esys.h"

/* Of the EK certificate whose template makes it. */
#define EK_INDEX 0x01c00002u

/* A file of tpm2-tools, and the version of its header. */
#define TOOLS_MAGIC   0xbadcc0deu
#define TOOLS_VERSION 1u

/* Of a TSS2_RC, without the layer that gave it. */
#define RC_CODE 0xfffu

struct aiktpm {
	ESYS_CONTEXT *esys;
	ESYS_TR ek, aik, session; /* ESYS_TR_NONE: not there */
	struct pubkey ek_key;
	uint32_t rc; /* of the last command */
};

static int
done(struct aiktpm *t, const char *command, TSS2_RC rc, struct err *e)
{
	t->rc = rc & RC_CODE;
	return rc == TSS2_RC_SUCCESS ? 0 : esys_refused(command, rc, e);
}

static void
flush(struct aiktpm *t, ESYS_TR *handle)
{
	if (*handle != ESYS_TR_NONE)
		(void)tss2.Esys_FlushContext(t->esys, *handle);
	*handle = ESYS_TR_NONE;
}

int
aiktpm_open(TSS2_TCTI_CONTEXT *tcti, struct aiktpm **ret, struct err *e)
{
	auto_aiktpm t = calloc(1, sizeof(*t));

	if (t == NULL)
		return err_set(e, E_NOMEM, "TPM");
	t->ek = t->aik = t->session = ESYS_TR_NONE;
	if (esys_open(tcti, &t->esys, e) != 0)
		return -1;
	if (esys_check_auth(t->esys, TPMA_PERMANENT_OWNERAUTHSET, e) != 0 ||
	    esys_check_auth(t->esys, TPMA_PERMANENT_ENDORSEMENTAUTHSET, e) !=
		0) {
		err_wrap(e, "enrol");
		return err_hint(e, "an AIK is made without one: take it off, "
				   "'tpm2_changeauth -c owner -p OLD'");
	}
	*ret = TAKE(t);
	return 0;
}

void
aiktpm_close(struct aiktpm *t)
{
	if (t == NULL)
		return;
	flush(t, &t->session);
	flush(t, &t->aik);
	flush(t, &t->ek);
	if (t->esys != NULL)
		tss2.Esys_Finalize(&t->esys);
	free(t);
}

uint32_t
aiktpm_code(const struct aiktpm *t)
{
	return t->rc;
}

/* --- keys ----------------------------------------------------------------- */

/* The results of TPM2_CreatePrimary. */
struct created {
	TPM2B_PUBLIC *public;
	TPM2B_CREATION_DATA *data;
	TPM2B_DIGEST *hash;
	TPMT_TK_CREATION *ticket;
};

static void
created_done(struct created *c)
{
	tss2.Esys_Free(c->public);
	tss2.Esys_Free(c->data);
	tss2.Esys_Free(c->hash);
	tss2.Esys_Free(c->ticket);
}

static int
create(struct aiktpm *t, ESYS_TR hierarchy, const TPM2B_PUBLIC *template,
    ESYS_TR *ret, struct created *c, struct err *e)
{
	static const TPM2B_SENSITIVE_CREATE sensitive;
	static const TPM2B_DATA outside;
	static const TPML_PCR_SELECTION pcrs;

	return done(t, "TPM2_CreatePrimary",
	    tss2.Esys_CreatePrimary(t->esys, hierarchy, ESYS_TR_PASSWORD,
		ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, template, &outside,
		&pcrs, ret, &c->public, &c->data, &c->hash, &c->ticket),
	    e);
}

static int
create_ek(struct aiktpm *t, struct err *e)
{
	AUTO(created_done) struct created c = { NULL };
	TPM2B_PUBLIC template;

	if (esys_ek_template(EK_INDEX, &template, e) != 0 ||
	    create(t, ESYS_TR_RH_ENDORSEMENT, &template, &t->ek, &c, e) != 0)
		return -1;
	return esys_pubkey(&c.public->publicArea, KEY_RSA2048, &t->ek_key, e);
}

int
aiktpm_ek(struct aiktpm *t, struct pubkey *ret, struct err *e)
{
	if (t->ek == ESYS_TR_NONE && create_ek(t, e) != 0)
		return err_wrap(e, "create the EK");
	*ret = t->ek_key;
	return 0;
}

/* As Windows' Platform Crypto Provider asks for it. Its policy is what it puts
 * into each AIK; no command of an enrolment makes use of it. */
static void
aik_template(const uint8_t unique[static AIK_UNIQUE_SIZE], TPM2B_PUBLIC *ret)
{
	static const uint8_t policy[] = { 0x9d, 0xff, 0xcb, 0xf3, 0x6c, 0x38,
		0x3a, 0xe6, 0x99, 0xfb, 0x98, 0x68, 0xdc, 0x6d, 0xcb, 0x89,
		0xd7, 0x15, 0x38, 0x84, 0xbe, 0x28, 0x03, 0x92, 0x2c, 0x12,
		0x41, 0x58, 0xbf, 0xad, 0x22, 0xae };
	TPMT_PUBLIC *p = &ret->publicArea;

	memset(ret, 0, sizeof(*ret));
	p->type = TPM2_ALG_RSA;
	p->nameAlg = TPM2_ALG_SHA256;
	p->objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			      TPMA_OBJECT_SENSITIVEDATAORIGIN |
			      TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA |
			      TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT;
	p->authPolicy.size = sizeof(policy);
	memcpy(p->authPolicy.buffer, policy, sizeof(policy));
	p->parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_NULL;
	p->parameters.rsaDetail.scheme.scheme = TPM2_ALG_RSASSA;
	p->parameters.rsaDetail.scheme.details.rsassa.hashAlg = TPM2_ALG_SHA1;
	p->parameters.rsaDetail.keyBits = 2048;
	p->unique.rsa.size = AIK_UNIQUE_SIZE;
	memcpy(p->unique.rsa.buffer, unique, AIK_UNIQUE_SIZE);
}

/* --- its TPM's word ------------------------------------------------------- */

/* Marshalled structures, as they come. */
static int
take_created(struct aiktpm *t, const struct created *c, struct aik_made *m,
    struct err *e)
{
	uint8_t bytes[MAX_TPM_RESPONSE];
	size_t n = 0;

	if (done(t, "marshal TPMT_PUBLIC",
		tss2.Tss2_MU_TPMT_PUBLIC_Marshal(
		    &c->public->publicArea, bytes, sizeof(bytes), &n),
		e) != 0)
		return -1;
	if (buf_put(&m->public, (struct span){ bytes, n }))
		return err_set(e, E_NOMEM, "AIK");
	n = 0;
	if (done(t, "marshal TPMS_CREATION_DATA",
		tss2.Tss2_MU_TPMS_CREATION_DATA_Marshal(
		    &c->data->creationData, bytes, sizeof(bytes), &n),
		e) != 0)
		return -1;
	if (buf_put(&m->creation, (struct span){ bytes, n }))
		return err_set(e, E_NOMEM, "AIK");
	return esys_pubkey(&c->public->publicArea, KEY_RSA2048, &m->key, e);
}

static int
take_attest(struct aiktpm *t, const TPM2B_ATTEST *attest,
    const TPMT_SIGNATURE *signature, struct aik_made *m, struct err *e)
{
	uint8_t bytes[MAX_TPM_RESPONSE];
	size_t n = 0;

	if (done(t, "marshal TPMT_SIGNATURE",
		tss2.Tss2_MU_TPMT_SIGNATURE_Marshal(
		    signature, bytes, sizeof(bytes), &n),
		e) != 0)
		return -1;
	if (buf_put(&m->signature, (struct span){ bytes, n }) ||
	    buf_put(&m->attest,
		(struct span){ attest->attestationData, attest->size }))
		return err_set(e, E_NOMEM, "attestation");
	return 0;
}

static int
certify(struct aiktpm *t, const struct created *c, struct aik_made *m,
    struct err *e)
{
	static const TPM2B_DATA nothing;
	static const TPMT_SIG_SCHEME its_own = { .scheme = TPM2_ALG_NULL };
	auto_esys_free TPM2B_ATTEST *attest = NULL;
	auto_esys_free TPMT_SIGNATURE *signature = NULL;

	if (done(t, "TPM2_CertifyCreation",
		tss2.Esys_CertifyCreation(t->esys, t->aik, t->aik,
		    ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &nothing,
		    c->hash, &its_own, c->ticket, &attest, &signature),
		e) != 0)
		return -1;
	return take_attest(t, attest, signature, m, e);
}

static int
create_aik(struct aiktpm *t, const uint8_t unique[static AIK_UNIQUE_SIZE],
    struct aik_made *m, struct err *e)
{
	AUTO(created_done) struct created c = { NULL };
	TPM2B_PUBLIC template;

	aik_template(unique, &template);
	if (create(t, ESYS_TR_RH_OWNER, &template, &t->aik, &c, e) != 0)
		return -1;
	return take_created(t, &c, m, e) != 0 ? -1 : certify(t, &c, m, e);
}

int
aiktpm_create(struct aiktpm *t, const uint8_t unique[static AIK_UNIQUE_SIZE],
    struct aik_made *ret, struct err *e)
{
	AUTO(aik_made_done)
	struct aik_made m = {
		.public = BUF_INIT(MAX_TPM_RESPONSE),
		.creation = BUF_INIT(MAX_TPM_RESPONSE),
		.attest = BUF_INIT(MAX_TPM_RESPONSE),
		.signature = BUF_INIT(MAX_TPM_RESPONSE),
	};

	flush(t, &t->aik);
	if (create_aik(t, unique, &m, e) != 0)
		return err_wrap(e, "create the AIK");
	*ret = m;
	/* Handed over. */
	m = (struct aik_made){ .key = { .n = 0 } };
	return 0;
}

void
aik_made_done(struct aik_made *m)
{
	buf_free(&m->public);
	buf_free(&m->creation);
	buf_free(&m->attest);
	buf_free(&m->signature);
}

/* --- the credential ------------------------------------------------------- */

/* What an EK of template L-1 is authorised with: PolicyA. */
static int
start_session(struct aiktpm *t, struct err *e)
{
	static const TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };

	if (done(t, "TPM2_StartAuthSession",
		tss2.Esys_StartAuthSession(t->esys, ESYS_TR_NONE, ESYS_TR_NONE,
		    ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
		    TPM2_SE_POLICY, &none, TPM2_ALG_SHA256, &t->session),
		e) != 0)
		return -1;
	return done(t, "TPM2_PolicySecret",
	    tss2.Esys_PolicySecret(t->esys, ESYS_TR_RH_ENDORSEMENT, t->session,
		ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, NULL, NULL, NULL,
		0, NULL, NULL),
	    e);
}

static int
activate(struct aiktpm *t, const TPM2B_ID_OBJECT *id_object,
    const TPM2B_ENCRYPTED_SECRET *secret, struct buf *out, struct err *e)
{
	auto_esys_free TPM2B_DIGEST *plain = NULL;
	int rc;

	if (done(t, "TPM2_ActivateCredential",
		tss2.Esys_ActivateCredential(t->esys, t->aik, t->ek,
		    ESYS_TR_PASSWORD, t->session, ESYS_TR_NONE, id_object,
		    secret, &plain),
		e) != 0)
		return -1;
	rc = buf_put(out, (struct span){ plain->buffer, plain->size });
	explicit_bzero(plain, sizeof(*plain));
	return rc == 0 ? 0 : err_set(e, E_LIMIT, "secret");
}

/* The content of a TPM2B. */
static int
fill(struct span s, uint8_t *bytes, size_t room, UINT16 *ret_n, struct err *e)
{
	if (s.n == 0 || s.n > room)
		return err_set(
		    e, E_LIMIT, "%zu octets, want 1 to %zu", s.n, room);
	memcpy(bytes, s.p, s.n);
	*ret_n = (UINT16)s.n;
	return 0;
}

int
aiktpm_activate(struct aiktpm *t, struct span id_object, struct span secret,
    struct buf *out, struct err *e)
{
	TPM2B_ENCRYPTED_SECRET seed;
	TPM2B_ID_OBJECT id;
	struct pubkey ek;
	int rc = -1;

	if (fill(id_object, id.credential, sizeof(id.credential), &id.size,
		e) == 0 &&
	    fill(secret, seed.secret, sizeof(seed.secret), &seed.size, e) ==
		0 &&
	    aiktpm_ek(t, &ek, e) == 0 && start_session(t, e) == 0)
		rc = activate(t, &id, &seed, out, e);
	flush(t, &t->session);
	return rc == 0 ? 0 : err_wrap(e, "open the credential");
}

/* --- for tpm2-tools ------------------------------------------------------- */

int
aiktpm_save(struct aiktpm *t, struct buf *out, struct err *e)
{
	auto_esys_free TPMS_CONTEXT *c = NULL;

	if (done(t, "TPM2_ContextSave",
		tss2.Esys_ContextSave(t->esys, t->aik, &c), e) != 0)
		return err_wrap(e, "save the AIK");
	if (buf_put_u32(out, TOOLS_MAGIC) || buf_put_u32(out, TOOLS_VERSION) ||
	    buf_put_u32(out, c->hierarchy) ||
	    buf_put_u32(out, c->savedHandle) || buf_put_u64(out, c->sequence) ||
	    buf_put_2b(out,
		(struct span){ c->contextBlob.buffer, c->contextBlob.size }))
		return err_set(e, E_LIMIT, "context of the AIK");
	return 0;
}
