#include <stdio.h>
#include <string.h>

#include "odca/cert.h"
#include "odca/ek_template.h"
#include "odca/issue.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/tpmcmd.h"
#include "sim/tpm/nvcert.h"
#include "sim/tpm/provision.h"
#include "sim/base/tpm2.h"

#define PCR_COUNT_BYTES 3

/* TPM_PT_MAX_AUTH_FAIL, LOCKOUT_INTERVAL, LOCKOUT_RECOVERY of PTT. */
#define DA_MAX_TRIES        0x20u
#define DA_RECOVERY_TIME    0x1c20u
#define DA_LOCKOUT_RECOVERY 0x15180u

/* --- small commands ------------------------------------------------------ */

static int
set_lockout(struct err *e)
{
	auto_tpmcmd c = TPMCMD_INIT;
	struct span none;

	tpmcmd_begin(&c, CC_DA_PARAMETERS, "DictionaryAttackParameters");
	tpmcmd_handle(&c, RH_LOCKOUT);
	tpmcmd_password(&c);
	(void)buf_put_u32(&c.bytes, DA_MAX_TRIES);
	(void)buf_put_u32(&c.bytes, DA_RECOVERY_TIME);
	(void)buf_put_u32(&c.bytes, DA_LOCKOUT_RECOVERY);
	return tpmcmd_run(&c, NULL, &none, e);
}

/* --- PCR banks ----------------------------------------------------------- */

const char *const pcr_bank_names[] = { "sha1", "sha256", "sha384", "sha512",
	NULL };
static const uint16_t pcr_bank_algs[] = { ALG_SHA1, ALG_SHA256, ALG_SHA384,
	ALG_SHA512 };
#define N_PCR_BANKS (sizeof(pcr_bank_algs) / sizeof(pcr_bank_algs[0]))

int
pcr_banks_parse(const char *list, unsigned *ret, struct err *e)
{
	unsigned banks = 0;
	size_t i, n;

	for (; *list != '\0'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",");
		for (i = 0; i < N_PCR_BANKS; i++)
			if (strlen(pcr_bank_names[i]) == n &&
			    strncmp(list, pcr_bank_names[i], n) == 0)
				break;
		if (i == N_PCR_BANKS) {
			err_set(e, E_USAGE, "unknown PCR bank '%.*s'", (int)n,
			    list);
			return err_hint(
			    e, "banks are sha1, sha256, sha384, sha512");
		}
		banks |= 1u << i;
	}
	if (banks == 0)
		return err_set(e, E_USAGE, "no PCR bank is named");
	*ret = banks;
	return 0;
}

/* In force from the next TPM2_Startup on. */
static int
allocate_pcrs(unsigned banks, struct err *e)
{
	static const uint8_t selected[2][PCR_COUNT_BYTES] = { { 0, 0, 0 },
		{ 0xff, 0xff, 0xff } };
	auto_tpmcmd c = TPMCMD_INIT;
	struct span out;
	uint8_t success;

	tpmcmd_begin(&c, CC_PCR_ALLOCATE, "PCR_Allocate");
	tpmcmd_handle(&c, RH_PLATFORM);
	tpmcmd_password(&c);
	(void)buf_put_u32(&c.bytes, N_PCR_BANKS);
	for (size_t i = 0; i < N_PCR_BANKS; i++) {
		(void)buf_put_u16(&c.bytes, pcr_bank_algs[i]);
		(void)buf_put_u8(&c.bytes, PCR_COUNT_BYTES);
		(void)buf_put(&c.bytes, SPAN_OF(selected[banks >> i & 1]));
	}
	if (tpmcmd_run(&c, NULL, &out, e) != 0)
		return -1;
	if (span_get_u8(&out, &success) || success != 1)
		return err_set(e, E_TPM, "the TPM has no room for these PCRs");
	return 0;
}

int
provision_banks(unsigned pcr_banks, struct err *e)
{
	return tpmcmd_startup(SU_CLEAR, e) != 0 ||
		       allocate_pcrs(pcr_banks, e) != 0 ||
		       tpmcmd_shutdown(SU_CLEAR, e) != 0
		   ? -1
		   : 0;
}

/* --- endorsement keys ---------------------------------------------------- */

/* TPMT_PUBLIC of an EK, as CreatePrimary returns it, to a public key. */
static int
parse_ek_public(
    struct span s, enum key_alg alg, struct pubkey *ret, struct err *e)
{
	auto_buf out = BUF_INIT(sizeof(ret->bytes));
	struct span policy, x, y;
	/* After the policy: symmetric definition (6), scheme (2), then keyBits
	 * and exponent (6) or curve and KDF (4). */
	size_t parameters = alg == KEY_RSA2048 ? 14 : 12;

	if (span_skip(&s, 8) || span_get_2b(&s, &policy) ||
	    span_skip(&s, parameters) || span_get_2b(&s, &x))
		return err_set(e, E_SHORT, "public area of the EK");
	if (alg == KEY_RSA2048) {
		if (buf_put(&out, x))
			return err_set(e, E_LIMIT, "modulus of the EK");
	} else if (span_get_2b(&s, &y) || buf_put_u8(&out, 0x04) ||
		   buf_put(&out, x) || buf_put(&out, y))
		return err_set(e, E_SHORT, "point of the EK");
	if (out.n != pubkey_size(alg))
		return err_set(e, E_FORMAT, "public key of %zu bytes", out.n);
	ret->alg = alg;
	ret->n = out.n;
	memcpy(ret->bytes, out.p, out.n);
	return 0;
}

/* The EK that the TPM makes from the template. */
static int
create_ek(const struct ek_template *t, struct pubkey *ret, struct err *e)
{
	auto_tpmcmd c = TPMCMD_INIT;
	struct span public;
	uint32_t handle;

	if (tpmcmd_create_ek(&c, t->cert_index, &handle, &public, e) != 0 ||
	    parse_ek_public(public, t->alg, ret, e) != 0)
		return -1;
	return tpmcmd_flush(handle, e);
}

/*
 * The EK of the certificate that is in NV. An owner may have put an
 * authorisation on the endorsement hierarchy by now, so the firmware asks the
 * TPM for no key; and only the firmware can have written this one.
 */
static int
read_ek(const struct ek_template *t, struct pubkey *ret, struct err *e)
{
	auto_buf der = BUF_INIT(MAX_CERT_SIZE);
	struct cert cert;

	if (nvcert_get(t->cert_index, &der, e) != 0)
		return -1;
	if (cert_parse(buf_span(&der), &cert, e) != 0)
		return err_wrap(e, "NV 0x%08x", t->cert_index);
	if (!cert.have_pubkey || cert.pubkey.alg != t->alg)
		return err_set(e, E_FORMAT, "NV 0x%08x: another kind of key",
		    t->cert_index);
	*ret = cert.pubkey;
	return 0;
}

/* --- certificates -------------------------------------------------------- */

/* An index as it should be, or as a fault has it; *ret_left_out then says when
 * it is not there at all. */
static int
put_index(const struct nvcert *w, const struct device *d, const char *target,
    uint32_t index, struct span content, bool *ret_left_out, struct err *e)
{
	struct fault_nv nv = { .attributes = NV_CERT_ATTRIBUTES };

	if (fault_at(d->faults, HOOK_NV, target, &nv, e) != 0)
		return -1;
	*ret_left_out = nv.left_out;
	return nv.left_out ? 0
			   : nvcert_put(w, index, nv.attributes, content, e);
}

/* A chain longer than one index goes on in the next (TCG EK Credential
 * Profile 2.2.1.5.2). */
static int
put_chain(const struct nvcert *w, const struct device *d, struct provisioned *p,
    struct err *e)
{
	struct span rest = buf_span(&p->chain), piece;
	char target[16];
	bool left_out;

	for (uint32_t i = 0; rest.n > 0; i++) {
		(void)span_get(&rest,
		    rest.n < MAX_NV_INDEX ? rest.n : MAX_NV_INDEX, &piece);
		(void)snprintf(target, sizeof(target), "chain-%u", i + 1);
		if (put_index(w, d, target, NV_CHAIN_FIRST + i, piece,
			&left_out, e) != 0)
			return -1;
		if (!left_out)
			p->chain_indices++;
	}
	return 0;
}

static int
put_all(const struct nvcert *w, const struct device *d, struct provisioned *p,
    struct err *e)
{
	char target[32];

	for (size_t i = 0; i < p->n_eks; i++) {
		(void)snprintf(target, sizeof(target), "ek-%s", p->ek[i].name);
		if (put_index(w, d, target, p->ek[i].index,
			buf_span(&p->ek[i].certificate), &p->ek[i].left_out,
			e) != 0)
			return -1;
	}
	return put_chain(w, d, p, e);
}

/* How many of them there are, and what they hold together. */
static int
read_chain(struct buf *out, uint32_t *ret_indices, struct err *e)
{
	struct err end = ERR_INIT;
	uint32_t n = 0;

	while (nvcert_get(NV_CHAIN_FIRST + n, out, &end) == 0)
		n++;
	if (n == 0 || end.code != E_NOTFOUND) {
		if (e != NULL)
			*e = end;
		return -1;
	}
	*ret_indices = n;
	return 0;
}

static int
delete_all(const struct nvcert *w, const struct provisioned *p,
    uint32_t chain_indices, struct err *e)
{
	for (size_t i = 0; i < p->n_eks; i++)
		if (nvcert_delete(w, p->ek[i].index, e) != 0)
			return -1;
	for (uint32_t i = 0; i < chain_indices; i++)
		if (nvcert_delete(w, NV_CHAIN_FIRST + i, e) != 0)
			return -1;
	return 0;
}

/* Put them into NV, in place of those that are there: the EKs' and so many
 * indices of the chain, 0 when there are none. */
static int
put_certificates(const struct device *d, uint32_t old_chain_indices,
    struct provisioned *p, struct err *e)
{
	AUTO(nvcert_done) struct nvcert w = { 0 };
	uint8_t key[NV_WRITE_KEY_SIZE];
	int rc;

	rc = device_nv_write_key(d, key, e);
	if (rc == 0)
		rc = nvcert_open(&w, SPAN_OF(key), e);
	explicit_bzero(key, sizeof(key));
	if (rc == 0 && old_chain_indices > 0)
		rc = delete_all(&w, p, old_chain_indices, e);
	if (rc == 0)
		rc = put_all(&w, d, p, e);
	return rc == 0 ? nvcert_close(&w, e) : -1;
}

/* --- all of it ----------------------------------------------------------- */

static int
certify_eks(const struct device *d, const struct pki *p,
    int (*get_ek)(const struct ek_template *, struct pubkey *, struct err *),
    struct provisioned *ret, struct err *e)
{
	const struct ek_template *t;
	struct pubkey public;
	size_t n;

	t = ek_template_all(&n);
	for (size_t i = 0; i < n && ret->n_eks < MAX_EKS; i++, t++) {
		if (!issue_has_ek(d, t->alg))
			continue;
		ret->ek[ret->n_eks].index = t->cert_index;
		ret->ek[ret->n_eks].name = t->name;
		if (get_ek(t, &public, e) != 0 ||
		    issue_ek(d, p, &public, &ret->ek[ret->n_eks].certificate,
			e) != 0)
			return err_wrap(e, "%s", t->title);
		ret->n_eks++;
	}
	return 0;
}

struct foreign {
	const struct device *d;
	const struct pki *p;
};

/* Of another device: other fuses, everything else the same. */
static int
foreign_chain(void *ctx, struct buf *out, struct err *e)
{
	const struct foreign *f = ctx;
	AUTO(device_done) struct device other = { .family = NULL };
	struct fuses fuses = f->d->fuses;
	int rc;

	for (size_t i = 0; i < FUSES_SIZE; i++)
		fuses.b[i] ^= 0xff;
	rc = device_init(
	    &other, &fuses, f->d->family, f->d->batch, f->d->svn, e);
	explicit_bzero(&fuses, sizeof(fuses));
	return rc != 0 ? -1
		       : issue_device_chain(&other, f->p, out, out, out, e);
}

static int
issue_chain(const struct device *d, const struct pki *p,
    struct provisioned *ret, struct err *e)
{
	struct foreign ctx = { d, p };
	struct fault_chain chain = {
		.bytes = &ret->chain, .foreign = foreign_chain, .ctx = &ctx
	};
	auto_buf kernel = BUF_INIT(MAX_CERT_SIZE);
	auto_buf ptt = BUF_INIT(MAX_CERT_SIZE);

	if (issue_device_chain(d, p, &ret->rom, &kernel, &ptt, e) != 0)
		return -1;
	if (buf_put(&ret->chain, buf_span(&ret->rom)) ||
	    buf_put(&ret->chain, buf_span(&kernel)) ||
	    buf_put(&ret->chain, buf_span(&ptt)))
		return err_set(e, E_LIMIT, "chain of %zu bytes",
		    ret->rom.n + kernel.n + ptt.n);
	chain.rom = buf_span(&ret->rom);
	chain.kernel = buf_span(&kernel);
	chain.ptt = buf_span(&ptt);
	return fault_at(d->faults, HOOK_CHAIN, "chain", &chain, e);
}

int
provision_pki(
    const char *dir, const char *host, struct pki **ret, struct err *e)
{
	auto_pki p = NULL;

	if (pki_open(dir, &p, e) != 0 ||
	    (host != NULL && pki_set_host(p, host, e) != 0))
		return -1;
	*ret = TAKE(p);
	return 0;
}

int
provision_power_on(const struct device *d, struct store *s, struct err *e)
{
	uint8_t entropy[TPM_ENTROPY_SIZE];

	/* The power comes on here, so a state of a TPM that is on (swtpm
	 * suspends one so) is not looked at. */
	store_keep_in_memory(s);
	if (store_delete(s, "volatilestate", e) != 0 ||
	    store_delete(s, "savestate", e) != 0 || engine_init(s, e) != 0)
		return -1;
	if (device_tpm_entropy(d, entropy, e) != 0)
		return -1;
	if (!store_has_tpm(s))
		engine_set_manufacture(SPAN_OF(entropy), d->family->firmware1,
		    d->family->firmware2);
	/* In the factory all of the TPM's random numbers follow from the fuses:
	 * what it keeps of its generator is the start of a reproducible run.
	 * Others add real entropy each time they start. */
	if (engine_has_identity())
		(void)engine_set_deterministic(SPAN_OF(entropy), e);
	explicit_bzero(entropy, sizeof(entropy));
	return engine_power_on_or_end(e);
}

static void
provisioned_init(struct provisioned *p, const struct device *d)
{
	*p = (struct provisioned){ .in_nv = !gen_is_epid(d->batch->gen) };
	for (size_t i = 0; i < MAX_EKS; i++)
		buf_init(&p->ek[i].certificate, MAX_CERT_SIZE);
	buf_init(&p->rom, MAX_CERT_SIZE);
	buf_init(&p->chain, MAX_CHAIN_BYTES);
}

int
provision_device(const struct device *d, const struct pki *p,
    unsigned pcr_banks, struct provisioned *ret, struct err *e)
{
	provisioned_init(ret, d);
	if (tpmcmd_startup(SU_CLEAR, e) != 0 ||
	    allocate_pcrs(pcr_banks, e) != 0 || set_lockout(e) != 0)
		return -1;
	if (ret->in_nv && issue_chain(d, p, ret, e) != 0)
		return -1;
	if (certify_eks(d, p, create_ek, ret, e) != 0 ||
	    (ret->in_nv && put_certificates(d, 0, ret, e) != 0))
		return -1;
	return tpmcmd_shutdown(SU_CLEAR, e);
}

/* Signed at the factory, the ROM CA certificate is as old as the device. The
 * same key signs the same (RFC 6979), so another one is another hierarchy's. */
static int
check_rom(struct span rom, struct span old_chain, struct err *e)
{
	if (span_get(&old_chain, rom.n, &old_chain) == 0 &&
	    span_eq(rom, old_chain))
		return 0;
	err_set(e, E_FOREIGN,
	    "the ROM CA certificate in NV is not one that this hierarchy "
	    "issues");
	return err_hint(e,
	    "--pki names the hierarchy that the device was minted under; "
	    "nothing was changed");
}

int
provision_update(const struct device *d, const struct pki *p,
    struct provisioned *ret, struct err *e)
{
	auto_buf old_chain = BUF_INIT(MAX_CHAIN_BYTES);
	uint32_t n;

	provisioned_init(ret, d);
	if (tpmcmd_startup(SU_CLEAR, e) != 0 ||
	    read_chain(&old_chain, &n, e) != 0 ||
	    issue_chain(d, p, ret, e) != 0 ||
	    check_rom(buf_span(&ret->rom), buf_span(&old_chain), e) != 0)
		return -1;
	if (certify_eks(d, p, read_ek, ret, e) != 0 ||
	    put_certificates(d, n, ret, e) != 0)
		return -1;
	return tpmcmd_shutdown(SU_CLEAR, e);
}

void
provisioned_done(struct provisioned *p)
{
	for (size_t i = 0; i < MAX_EKS; i++)
		buf_free(&p->ek[i].certificate);
	buf_free(&p->rom);
	buf_free(&p->chain);
}
