#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/file.h"
#include "sim/cli/home.h"
#include "sim/cli/names.h"
#include "sim/cli/serve.h"
#include "sim/cli/source.h"
#include "sim/cli/tcti.h"
#include "sim/report/graph.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/record.h"

/* --- the TPM -------------------------------------------------------------- */

static int
open_state(struct source *s, const char *dir, struct err *e)
{
	const struct serve_options on = { .power = true };

	(void)snprintf(s->where, sizeof(s->where), "state '%s'", dir);
	if (store_open_dir(dir, STORE_PEEK, &s->store, e) != 0)
		return -1;
	if (!store_has_tpm(s->store)) {
		err_set(e, E_NOTFOUND, "%s holds no TPM", s->where);
		return err_hint(
		    e, "make one with 'odcasim mint --state %s'", dir);
	}
	if (serve_power_on(s->store, &on, e) != 0)
		return err_wrap(e, "%s", s->where);
	return tcti_engine_open(&s->tcti, e);
}

static int
open_tcti(struct source *s, const char *conf, struct err *e)
{
	(void)snprintf(s->where, sizeof(s->where), "TCTI '%s'", conf);
	return tpmread_open(conf, &s->tcti, e);
}

static const char *
environment_tcti(void)
{
	const char *conf = getenv("TPM2TOOLS_TCTI");

	if (conf == NULL || conf[0] == '\0')
		conf = getenv("TSS2_TCTI");
	return conf != NULL && conf[0] != '\0' ? conf : NULL;
}

static int
open_tpm(struct source *s, const struct args *a, struct err *e)
{
	const char *conf = a->tcti;

	if (a->state != NULL && conf != NULL)
		return err_set(
		    e, E_USAGE, "--state and --tcti are two different TPMs");
	if (a->state != NULL)
		return open_state(s, a->state, e);
	if (conf == NULL && (conf = environment_tcti()) == NULL) {
		err_set(e, E_USAGE,
		    "which TPM? neither --state nor --tcti is "
		    "given, and $TPM2TOOLS_TCTI is not set");
		return err_hint(e, "--state DIR for a device in a directory, "
				   "--tcti device:/dev/tpmrm0 for this "
				   "machine's TPM");
	}
	return open_tcti(s, conf, e);
}

/* --- the EPID era: EK certificates that are not in NV ----------------------
 */

/* What Intel's service would give for this EK: minting left it in the
 * descriptor. */
static int
add_ekop(struct source *s, const json_t *device, const struct ek_template *t,
    struct err *e)
{
	const json_t *ek =
	    json_object_get(json_object_get(device, "ek"), t->name);
	const char *pem = json_string_value(json_object_get(ek, "certificate"));
	struct ek *new = &s->eks[s->n_eks];

	if (pem == NULL || s->n_eks == MAX_EK_CERTS)
		return 0;
	*new = (struct ek){ .title = t->title, .index = t->cert_index };
	buf_init(&new->ekop, MAX_CERT_SIZE);
	s->n_eks++;
	if (cert_from_file(SPAN_STR(pem), &new->ekop, e) != 0)
		return err_wrap(e, "%s in the descriptor", t->title);
	return 0;
}

/* Lists that revoke something of this device only, by a fault. */
static int
add_device_crls(struct source *s, const json_t *device, struct err *e)
{
	const json_t *list = json_object_get(device, "crls");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *pem = json_string_value(json_array_get(list, i));

		if (pem != NULL &&
		    crl_from_file(SPAN_STR(pem), &s->crl_file, e) != 0)
			return err_wrap(e, "CRL in the descriptor");
	}
	return 0;
}

/* What stands beside a device in a directory. */
static int
read_descriptor(struct source *s, struct err *e)
{
	json_auto_t *device = NULL;
	const struct ek_template *t;
	const struct family *f;
	size_t n;

	if (record_parse(s->store, &device, e) != 0)
		return -1;
	if (device == NULL)
		return 0; /* swtpm made it */
	if (record_batch(device, &f, &s->batch, e) != 0)
		return err_wrap(e, "%s", s->where);
	t = ek_template_all(&n);
	for (size_t i = 0; i < n; i++)
		if (add_ekop(s, device, &t[i], e) != 0)
			return -1;
	return add_device_crls(s, device, e);
}

/* --- the hierarchy -------------------------------------------------------- */

/* A file's self-signed certificates are roots, its others help. */
static int
sort_file(struct source *s, const char *path, struct err *e)
{
	auto_buf content = BUF_INIT(MAX_CERT_COUNT * 2 * MAX_CERT_SIZE);
	struct span certs[MAX_CERT_COUNT];
	size_t n = 0;

	if (file_read(AT_FDCWD, path, &content, e) != 0)
		return -1;
	if (cert_from_file(buf_span(&content), &s->file, e) != 0 ||
	    chain_split(buf_span(&s->file), certs, &n, e) != 0)
		return err_wrap(e, "'%s'", path);
	s->n_anchors = 0;
	for (size_t i = 0; i < n; i++) {
		struct cert c;

		if (cert_parse(certs[i], &c, e) != 0)
			return err_wrap(
			    e, "'%s': certificate %zu", path, i + 1);
		if (cert_is_self_signed(&c))
			s->anchors[s->n_anchors++] = certs[i];
		else
			s->extra[s->n_extra++] = certs[i];
	}
	if (s->n_anchors == 0)
		return err_set(e, E_FORMAT,
		    "'%s' has no self-signed certificate: nothing to trust",
		    path);
	return 0;
}

static int
open_hierarchy(struct source *s, const struct args *a, struct err *e)
{
	struct pki_file cas[MAX_CAS];

	s->hierarchy =
	    a->device.pki != NULL ? a->device.pki : "built-in TEST hierarchy";
	s->roots = a->roots;
	if (pki_open(a->device.pki, &s->pki, e) != 0 ||
	    pki_certs(s->pki, cas, &s->n_extra, e) != 0)
		return -1;
	for (size_t i = 0; i < s->n_extra; i++)
		s->extra[i] = cas[i].der;
	s->n_anchors = pki_anchors(s->pki, s->anchors);
	return a->roots != NULL ? sort_file(s, a->roots, e) : 0;
}

/* --- revocation lists ------------------------------------------------------
 */

static int
add_crl(struct source *s, struct span der, struct err *e)
{
	if (s->n_crls == MAX_GIVEN_CRLS)
		return err_set(e, E_LIMIT, "more than %d CRLs", MAX_GIVEN_CRLS);
	s->crls[s->n_crls++] = der;
	return 0;
}

static int
read_crl_file(struct source *s, const char *path, struct err *e)
{
	auto_buf content = BUF_INIT(2 * MAX_CRL_SIZE);

	if (file_read(AT_FDCWD, path, &content, e) != 0)
		return -1;
	return crl_from_file(buf_span(&content), &s->crl_file, e) != 0
		   ? err_wrap(e, "'%s'", path)
		   : 0;
}

/* Once nothing more is read: a buffer that grows moves. */
static int
add_crls_read(struct source *s, struct err *e)
{
	struct span rest = buf_span(&s->crl_file);
	struct der d;

	if (s->crl_policy == CRL_OFF)
		return 0;
	while (rest.n > 0)
		if (der_get(&rest, &d) != 0 || add_crl(s, d.tlv, e) != 0)
			return -1;
	return 0;
}

/* What a list says matters only when it is asked for. */
static int
open_crls(struct source *s, const struct args *a, struct err *e)
{
	struct pki_file files[MAX_CAS];
	size_t n;

	s->crl_policy = CRL_IF_AVAILABLE;
	if (a->crl != NULL && strcmp(a->crl, "require") == 0)
		s->crl_policy = CRL_REQUIRE;
	if (a->crl != NULL && strcmp(a->crl, "off") == 0)
		s->crl_policy = CRL_OFF;
	if (s->crl_policy == CRL_OFF)
		return a->crls != NULL
			   ? err_set(e, E_USAGE,
				 "--crls and --crl off exclude each other")
			   : 0;
	if (pki_crls(s->pki, files, &n, e) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (add_crl(s, files[i].der, e) != 0)
			return -1;
	return a->crls != NULL ? read_crl_file(s, a->crls, e) : 0;
}

/* --- both ----------------------------------------------------------------- */

static enum aik_client
client_of(const char *word)
{
	if (word != NULL && strcmp(word, "legacy") == 0)
		return CLIENT_LEGACY;
	if (word != NULL && strcmp(word, "too-far") == 0)
		return CLIENT_TOO_FAR;
	return CLIENT_CURRENT;
}

int
source_open_tpm(const struct args *a, struct source *ret, struct err *e)
{
	*ret = (struct source){ .client = client_of(a->client) };
	return open_tpm(ret, a, e);
}

int
source_open(const struct args *a, struct source *ret, struct err *e)
{
	bool started;

	*ret = (struct source){ .client = client_of(a->client) };
	buf_init(&ret->chain, MAX_NV_INDICES * UINT16_MAX);
	buf_init(&ret->crl_file, 2 * MAX_CRL_SIZE);
	buf_init(&ret->file, MAX_CERT_COUNT * MAX_CERT_SIZE);
	if (open_hierarchy(ret, a, e) != 0 || open_crls(ret, a, e) != 0 ||
	    open_tpm(ret, a, e) != 0 ||
	    tpmread_info(ret->tcti, &ret->info, &started, e) != 0 ||
	    (ret->store != NULL && read_descriptor(ret, e) != 0) ||
	    add_crls_read(ret, e) != 0)
		return -1;
	if (tpm_info_chain(&ret->info, &ret->chain) != 0)
		return err_set(e, E_NOMEM, "certificate chain");
	return 0;
}

void
source_close(struct source *s)
{
	for (size_t i = 0; i < s->n_eks; i++) {
		free(s->eks[i].report);
		buf_free(&s->eks[i].ekop);
	}
	if (s->store != NULL) {
		tcti_engine_close(&s->tcti);
		engine_power_off();
	} else {
		tpmread_close(&s->tcti);
	}
	tpm_info_done(&s->info);
	buf_free(&s->chain);
	buf_free(&s->crl_file);
	buf_free(&s->file);
	pki_free(s->pki);
	store_free(s->store);
	*s = (struct source){ .n_eks = 0 };
}

static int
verify_one(
    struct source *s, struct ek *ek, time_t now, bool keys, struct err *e)
{
	struct verify_input in = {
		.nv_chain = buf_span(&s->chain),
		.extra = s->extra,
		.n_extra = s->n_extra,
		.roots = s->anchors,
		.n_roots = s->n_anchors,
		.crls = s->crls,
		.n_crls = s->n_crls,
		.crl_policy = s->crl_policy,
		.tpm = {
			.have_properties = true,
			.manufacturer = s->info.manufacturer,
			.firmware1 = s->info.firmware1,
			.revision = s->info.revision,
		},
		.now = now,
	};

	in.ek = buf_span(ek->nv != NULL ? &ek->nv->data : &ek->ekop);
	in.ek_index = ek->index;
	/* A hierarchy with an authorisation, or an EK of another template: the
	 * check is skipped then, and says so. */
	if (keys && ek_template_find(ek->index) != NULL)
		in.tpm.have_ek =
		    tpmread_ek(s->tcti, ek->index, &in.tpm.ek, NULL) == 0;
	if ((ek->report = calloc(1, sizeof(*ek->report))) == NULL)
		return err_set(e, E_NOMEM, "report");
	return verify_ek(&in, ek->report, e);
}

static int
add_ek(struct source *s, const char *title, const struct tpm_nv *nv, time_t now,
    bool keys, struct err *e)
{
	struct ek *ek = &s->eks[s->n_eks];

	if (s->n_eks == MAX_EK_CERTS)
		return err_set(
		    e, E_LIMIT, "more than %d EK certificates", MAX_EK_CERTS);
	*ek = (struct ek){
		.title = title, .nv = nv, .index = nv != NULL ? nv->index : 0
	};
	s->n_eks++;
	return verify_one(s, ek, now, keys, e);
}

int
source_verify(struct source *s, time_t now, bool keys, struct err *e)
{
	for (size_t i = 0; i < s->n_eks; i++)
		if (verify_one(s, &s->eks[i], now, keys, e) != 0)
			return -1;
	for (size_t i = 0; i < s->info.n_nv; i++) {
		const struct tpm_nv *nv = &s->info.nv[i];
		const char *title = name_of_ek(nv->index);

		if (title != NULL && nv->data.n > 0 &&
		    add_ek(s, title, nv, now, keys, e) != 0)
			return -1;
	}
	if (s->n_eks > 0)
		return 0;
	return add_ek(s, "EK certificate", NULL, now, false, e);
}

/* --- the AIK service ------------------------------------------------------ */

/* The certificates that the TPM does not have. */
static size_t
certs_above(const struct source *s, struct span *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_extra; i++)
		ret[n++] = s->extra[i];
	for (size_t i = 0; i < s->n_anchors; i++)
		ret[n++] = s->anchors[i];
	return n;
}

int
source_authority(const struct source *s, const struct ek *ek,
    struct authority *ret, struct span *ret_from, struct err *e)
{
	struct span tpm[MAX_CERT_COUNT], path[MAX_CHAIN_DEPTH];
	struct span above[MAX_CAS + 2 * MAX_CERT_COUNT];
	struct authority_input in = { .certs = tpm,
		.above = above,
		.manufacturer = s->info.manufacturer,
		.client = s->client };
	size_t n;

	if (ek->report->n_path == 0)
		return err_set(e, E_NOTFOUND, "%s %s", ek->title,
		    ek->index == 0 ? "is not there" : "cannot be read");
	in.ek = ek->report->path[0].der;
	/* A chain that breaks off is what a client finds, too. */
	(void)chain_split(buf_span(&s->chain), tpm, &in.n_certs, NULL);
	in.n_above = certs_above(s, above);
	if (authority_of(&in, ret, e) != 0 ||
	    authority_path(&in, path, &n, e) != 0)
		return -1;
	*ret_from = path[ret->place];
	return 0;
}

/* --- names ---------------------------------------------------------------- */

static bool
lies_in(struct span part, struct span whole)
{
	return whole.n > 0 && part.p >= whole.p && part.p < whole.p + whole.n;
}

size_t
source_pieces(const struct source *s, struct span der,
    struct piece ret[static MAX_CERT_PIECES])
{
	if (lies_in(der, buf_span(&s->chain)))
		return tpm_info_pieces(
		    &s->info, (size_t)(der.p - s->chain.p), der.n, ret);
	for (size_t i = 0; i < s->n_eks; i++) {
		const struct tpm_nv *nv = s->eks[i].nv;

		if (nv == NULL || !lies_in(der, buf_span(&nv->data)))
			continue;
		ret[0] = (struct piece){ .index = nv->index,
			.offset = (size_t)(der.p - nv->data.p),
			.n = der.n };
		return 1;
	}
	return 0;
}

/* What is not in NV. */
static const char *
origin_outside(const struct source *s, struct span der)
{
	for (size_t i = 0; i < s->n_eks; i++)
		if (lies_in(der, buf_span(&s->eks[i].ekop)))
			return "EKOP, not in NV";
	return lies_in(der, buf_span(&s->file)) ? s->roots : s->hierarchy;
}

void
source_origin(const struct source *s, struct span der, char *out, size_t n)
{
	struct piece pieces[MAX_CERT_PIECES];
	size_t count = source_pieces(s, der, pieces), used;

	if (count == 0) {
		(void)snprintf(out, n, "%s", origin_outside(s, der));
		return;
	}
	used = (size_t)snprintf(out, n, "NV");
	for (size_t i = 0; i < count && used < n; i++)
		used += (size_t)snprintf(
		    out + used, n - used, " 0x%08x", pieces[i].index);
}

void
source_name(const struct cert *c, const char *title, char *out, size_t n)
{
	graph_short_name(c->subject_text, title, out, n);
}
