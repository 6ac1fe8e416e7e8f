#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "odca/device.h"
#include "odca/pki_crl.h"
#include "sim/base/clock.h"
#include "sim/base/limits.h"
#include "sim/base/suggest.h"
#include "sim/tpm/child.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/mint.h"
#include "sim/tpm/provision.h"
#include "sim/tpm/record.h"
#include "sim/tpm/sandbox.h"
#include "sim/tpm/store.h"

#define DEFAULT_FAMILY "tgl"
#define DEFAULT_BANKS  "sha256"

/* A request with its names resolved. */
struct plan {
	const struct family *family;
	const struct batch *batch;
	unsigned svn;
	unsigned pcr_banks;
	struct faults faults;
};

/* --- the request --------------------------------------------------------- */

static int
find_family(const char *name, const struct family **ret, struct err *e)
{
	const struct family *all;
	const char *best;
	AUTO(suggest_done) struct suggest s = { .word = NULL };
	size_t n;

	if ((*ret = family_find(name)) != NULL)
		return 0;
	suggest_init(&s, name);
	all = family_all(&n);
	for (size_t i = 0; i < n; i++)
		suggest_offer(&s, all[i].name);
	best = suggest_best(&s);
	err_set(e, E_USAGE, "unknown family '%s'%s%s%s", name,
	    best ? "; did you mean '" : "", best ? best : "", best ? "'?" : "");
	return err_hint(e, "families are %s", suggest_all(&s));
}

static int
find_batch(const struct family *f, const char *number, const struct batch **ret,
    struct err *e)
{
	AUTO(suggest_done) struct suggest s = { .word = NULL };

	if ((*ret = family_batch(f, number)) != NULL)
		return 0;
	suggest_init(&s, number);
	for (const struct batch *b = f->batches; b->number != NULL; b++)
		suggest_offer(&s, b->number);
	err_set(e, E_USAGE, "family '%s' has no batch '%s'", f->name, number);
	return err_hint(e, "its batches are %s", suggest_all(&s));
}

static int
arm_faults(const struct mint_request *r, struct plan *ret, struct err *e)
{
	ret->faults.n = 0;
	for (size_t i = 0; i < r->faults.n; i++) {
		const struct fault *f;

		if (fault_arm(&ret->faults, r->faults.items[i], e) != 0)
			return -1;
		f = ret->faults.armed[i].fault;
		if (gen_is_epid(ret->batch->gen))
			return err_set(e, E_USAGE,
			    "fault '%s' is one of the on-die CA's; family "
			    "'%s' is older",
			    f->name, ret->family->name);
		if (f->only != NULL && ret->batch->gen != GEN_SOC &&
		    ret->batch->gen != GEN_SOC_DE)
			return err_set(e, E_USAGE,
			    "fault '%s' needs a chain of more than one index: "
			    "--family %s",
			    f->name, f->only);
	}
	return 0;
}

static int
make_plan(const struct mint_request *r, struct plan *ret, struct err *e)
{
	if (find_family(r->family != NULL ? r->family : DEFAULT_FAMILY,
		&ret->family, e) != 0 ||
	    find_batch(ret->family, r->batch, &ret->batch, e) != 0 ||
	    pcr_banks_parse(r->pcr_banks != NULL ? r->pcr_banks : DEFAULT_BANKS,
		&ret->pcr_banks, e) != 0)
		return -1;
	ret->svn = r->svn != 0 ? r->svn : 1;
	if (ret->svn > MAX_SVN)
		return err_set(
		    e, E_USAGE, "svn %u: want 1 to %u", ret->svn, MAX_SVN);
	if (r->seed != NULL &&
	    (r->seed[0] == '\0' || strlen(r->seed) > MAX_SEED_LENGTH))
		return err_set(e, E_USAGE, "seed of %zu bytes: want 1 to %u",
		    strlen(r->seed), MAX_SEED_LENGTH);
	return arm_faults(r, ret, e);
}

int
mint_check(const struct mint_request *r, struct err *e)
{
	struct plan plan;

	return make_plan(r, &plan, e);
}

/* --- the descriptor ------------------------------------------------------ */

/* What was not seen on silicon; [] when all was. */
static json_t *
describe_inferred(const struct plan *plan)
{
	const char *const texts[] = { plan->family->inferred,
		plan->batch->inferred };
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i] != NULL)
			(void)json_array_append_new(
			    list, json_string(texts[i]));
	return list;
}

/* What the device deviates in, as it was asked for. */
static json_t *
describe_faults(const struct mint_request *r)
{
	json_t *list = json_array();

	for (size_t i = 0; i < r->faults.n; i++)
		(void)json_array_append_new(
		    list, json_string(r->faults.items[i]));
	return list;
}

/* Levels that a fault can revoke, and their serial numbers where the device
 * has them. */
static int
revoked_serial(const struct provisioned *p, const char *level,
    struct cert *cert, struct err *e)
{
	if (strcmp(level, "rom") == 0)
		return cert_parse(buf_span(&p->rom), cert, e);
	if (strcmp(level, "ek-rsa2048") == 0)
		return cert_parse(buf_span(&p->ek[0].certificate), cert, e);
	cert->serial = (struct span){ NULL, 0 };
	return 0;
}

/* Lists that revoke what a fault says; they stand beside the device, for the
 * hierarchy is everybody's. */
static int
describe_crls(const struct device *d, const struct pki *pki,
    const struct provisioned *p, json_t *all, struct err *e)
{
	static const char *const levels[] = { "ek-rsa2048", "ptt", "kernel",
		"rom", "issuing", "intermediate" };
	json_t *list = json_array();

	(void)json_object_set_new(all, "crls", list);
	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
		struct revocation r = { .level = levels[i],
			.family = d->family,
			.batch = d->batch,
			.svn = d->svn,
			.reason = CRL_REASON_NONE };
		auto_buf der = BUF_INIT(MAX_SMALL_FILE),
			 pem = BUF_INIT(2 * MAX_SMALL_FILE);
		struct fault_crl crl = { .revoked = false };
		struct cert cert;

		if (fault_at(d->faults, HOOK_CRL, levels[i], &crl, e) != 0)
			return -1;
		if (!crl.revoked)
			continue;
		if (revoked_serial(p, levels[i], &cert, e) != 0)
			return -1;
		r.serial = cert.serial;
		if (pki_crl_with(pki, &r, clock_now(), &der, e) != 0)
			return -1;
		if (crl_to_pem(buf_span(&der), &pem) != 0)
			return err_set(e, E_LIMIT, "a CRL as PEM");
		(void)json_array_append_new(
		    list, json_stringn((const char *)pem.p, pem.n));
	}
	return 0;
}

static int
describe(const struct mint_request *r, const struct plan *plan,
    const struct device *d, const struct pki *pki, const struct provisioned *p,
    struct buf *out, struct err *e)
{
	const struct family *f = plan->family;
	json_auto_t *all = json_pack("{s:i, s:s, s:s, s:s, s:s, s:i, s:b, s:o, "
				     "s:o, s:s}",
	    "format", 1, "program", RECORD_PROGRAM, "family", f->name,
	    "platform", f->platform, "batch", plan->batch->number, "svn",
	    (int)plan->svn, "seeded", r->seed != NULL, "firmware",
	    json_sprintf("%u.%u.%u.%u", f->firmware1 >> 16,
		f->firmware1 & 0xffff, f->firmware2 >> 16,
		f->firmware2 & 0xffff),
	    "pcr_banks", record_banks(plan->pcr_banks), "pki_host",
	    pki_host(pki));

	if (all == NULL)
		return err_set(e, E_NOMEM, "describe the device");
	if (record_certificates(all, p, e) != 0)
		return -1;
	(void)json_object_set_new(all, "inferred", describe_inferred(plan));
	if (r->faults.n > 0) {
		(void)json_object_set_new(all, "faults", describe_faults(r));
		if (describe_crls(d, pki, p, all, e) != 0)
			return -1;
	}
	return record_text(all, out, e);
}

/* --- the factory --------------------------------------------------------- */

static int
make_fuses(const struct mint_request *r, struct fuses *ret, struct err *e)
{
	return r->seed != NULL ? fuses_from_seed(r->seed, ret, e)
			       : fuses_random(ret, e);
}

/* Manufacture in memory; the permanent state is in *s afterwards. */
static int
manufacture(const struct device *d, const struct pki *pki,
    const struct plan *plan, struct store *s, struct provisioned *ret,
    struct err *e)
{
	if (provision_power_on(d, s, e) != 0 ||
	    provision_device(d, pki, plan->pcr_banks, ret, e) != 0)
		return -1;
	engine_power_off();
	return 0;
}

static int
install(struct store *s, const struct fuses *fuses, struct span descriptor,
    struct err *e)
{
	auto_buf text = BUF_INIT(MAX_SMALL_FILE);

	return record_put_fuses(fuses, &text, e) != 0
		   ? -1
		   : store_install(s, buf_span(&text), descriptor, e);
}

/* --- the child ----------------------------------------------------------- */

struct job {
	const struct mint_request *request;
	const char *dir;
};

static int
mint_in_child(const void *arg, struct err *e)
{
	const struct job *job = arg;
	const struct mint_request *r = job->request;
	AUTO(device_done) struct device d = { .family = NULL };
	AUTO(provisioned_done) struct provisioned made = { .n_eks = 0 };
	auto_buf descriptor = BUF_INIT(MAX_SMALL_FILE);
	auto_store s = NULL;
	auto_pki pki = NULL;
	struct fuses fuses;
	struct plan plan;
	int rc;

	if (make_plan(r, &plan, e) != 0 ||
	    store_open_uri(job->dir, r->replace ? STORE_REPLACE : STORE_OWN,
		r->store, &s, e) != 0)
		return -1;
	if (store_has_tpm(s)) {
		err_set(e, E_STATE, "'%s' has a TPM already", job->dir);
		return err_hint(e, "use another --state; nothing was changed");
	}
	if (sandbox_enter(SANDBOX_MINT, e) != 0 ||
	    provision_pki(r->pki, r->pki_host, &pki, e) != 0 ||
	    make_fuses(r, &fuses, e) != 0)
		return -1;
	rc = device_init(&d, &fuses, plan.family, plan.batch, plan.svn, e);
	d.faults = &plan.faults;
	if (rc == 0)
		rc = manufacture(&d, pki, &plan, s, &made, e);
	if (rc == 0)
		rc = describe(r, &plan, &d, pki, &made, &descriptor, e);
	if (rc == 0)
		rc = install(s, &fuses, buf_span(&descriptor), e);
	explicit_bzero(&fuses, sizeof(fuses));
	return rc;
}

int
mint_device(const struct mint_request *r, const char *dir, struct err *e)
{
	const struct job job = { r, dir };

	if (r->seed != NULL && !engine_has_identity())
		return err_set(e, E_STATE,
		    "a seed cannot make the keys of a TPM with a shared "
		    "libtpms: they are random");
	return child_run(mint_in_child, &job, e) != 0 ? err_wrap(e, "mint") : 0;
}
