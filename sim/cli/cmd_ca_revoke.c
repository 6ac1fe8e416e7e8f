#include <stdio.h>
#include <string.h>

#include "odca/device.h"
#include "odca/pki_crl.h"
#include "sim/base/clock.h"
#include "sim/cli/ca.h"
#include "sim/cli/home.h"
#include "sim/tpm/record.h"

/* --- the request ------------------------------------------------------------
 */

/* clang-format off */
static const enum crl_reason reasons[] = {
	CRL_KEY_COMPROMISE, CRL_CA_COMPROMISE, CRL_SUPERSEDED, CRL_CESSATION_OF_OPERATION,
};
/* clang-format on */

static enum crl_reason
reason_of(const struct args *a)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (a->revoke.reason != NULL &&
		    strcmp(crl_reason_text(reasons[i]), a->revoke.reason) == 0)
			return reasons[i];
	return CRL_REASON_NONE;
}

/* All at once, for one list; what is said of it. */
static int
revoke_all(const struct args *a, struct revocation *r, size_t n,
    const char *what, struct err *e)
{
	struct revoked done;

	for (size_t i = 0; i < n; i++)
		r[i].reason = reason_of(a);
	if (pki_revoke(a->device.pki, r, n, clock_now(), &done, e) != 0)
		return err_wrap(e, "revoke %s", what);
	(void)printf("Revoked: %s, by crls/%s.crl number %lu.\n", what,
	    done.crl, done.number);
	return 0;
}

/* Family and batch of the options; the batch's default as when minting. */
static int
find_platform(const struct args *a, struct revocation *r, const char *option,
    struct err *e)
{
	struct mint_request named = { .family = a->device.family,
		.batch = a->device.batch };

	if (named.family == NULL)
		return err_set(e, E_USAGE, "%s needs --family", option);
	if (mint_check(&named, e) != 0)
		return -1;
	r->family = family_find(named.family);
	r->batch = family_batch(r->family, named.batch);
	return 0;
}

/* --- one way each -----------------------------------------------------------
 */

static int
revoke_serial(
    const struct args *a, struct revocation *r, const char *hex, struct err *e)
{
	auto_buf serial = BUF_INIT(MAX_RFC_SERIAL);
	char what[128];

	if (hex_decode(hex, &serial) != 0)
		return err_set(e, E_USAGE,
		    "--serial '%s': want at most %d octets in hex", hex,
		    MAX_RFC_SERIAL);
	r->level = "rom";
	r->serial = buf_span(&serial);
	(void)snprintf(what, sizeof(what), "the device with ROM CA %s", hex);
	return revoke_all(a, r, 1, what, e);
}

static int
by_serial(const struct args *a, struct err *e)
{
	struct revocation r = { .svn = 1 };

	return find_platform(a, &r, "--serial", e) == 0
		   ? revoke_serial(a, &r, a->revoke.serial, e)
		   : -1;
}

/* Of the EPID era: the EK certificates, that the descriptor keeps. */
static int
revoke_eks(const struct args *a, const struct revocation *platform,
    const json_t *device, struct err *e)
{
	static const struct {
		const char *name, *level;
	} eks[] = { { "rsa2048", "ek-rsa2048" }, { "p256", "ek-p256" } };
	struct revocation r[2] = { *platform, *platform };
	auto_buf rsa = BUF_INIT(MAX_CERT_SIZE), p256 = BUF_INIT(MAX_CERT_SIZE);
	struct buf *const ders[] = { &rsa, &p256 };

	for (size_t i = 0; i < 2; i++) {
		const json_t *ek =
		    json_object_get(json_object_get(device, "ek"), eks[i].name);
		const char *pem =
		    json_string_value(json_object_get(ek, "certificate"));
		struct cert cert;

		if (pem == NULL)
			return err_set(e, E_FORMAT,
			    "the descriptor has no certificate of %s",
			    eks[i].level);
		if (cert_from_file(SPAN_STR(pem), ders[i], e) != 0 ||
		    cert_parse(buf_span(ders[i]), &cert, e) != 0)
			return err_wrap(e, "EK certificate in the descriptor");
		r[i].level = eks[i].level;
		r[i].serial = cert.serial;
	}
	return revoke_all(a, r, 2, "the EKs of the device", e);
}

static int
by_state(const struct args *a, struct err *e)
{
	json_auto_t *device = NULL;
	struct revocation r = { .svn = 1 };
	const char *serial;

	if (home_descriptor(a->state, &device, e) != 0)
		return -1;
	if (device == NULL)
		return err_set(e, E_NOTFOUND,
		    "'%s' holds no device that odcasim minted", a->state);
	if (home_check_pki(a->device.pki, a->state, device, e) != 0)
		return -1;
	serial = json_string_value(
	    json_object_get(json_object_get(device, "chain"), "rom_serial"));
	if (record_batch(device, &r.family, &r.batch, e) != 0)
		return err_wrap(e, "state '%s'", a->state);
	if (gen_is_epid(r.batch->gen))
		return revoke_eks(a, &r, device, e);
	return serial != NULL
		   ? revoke_serial(a, &r, serial, e)
		   : err_set(e, E_FORMAT,
			 "the descriptor of '%s' has no rom_serial", a->state);
}

/* It hits all devices: the names and the serial numbers of a firmware's CAs are
 * the same on each. */
static int
by_svn(const struct args *a, struct err *e)
{
	struct revocation r[2] = { { .level = "kernel",
	    .svn = a->device.svn } };
	char what[128];

	if (find_platform(a, &r[0], "--svn", e) != 0)
		return -1;
	r[1] = r[0];
	r[1].level = "ptt";
	(void)snprintf(what, sizeof(what),
	    "firmware of SVN %u on all devices named %s %s", a->device.svn,
	    r[0].batch->engine != NULL ? r[0].batch->engine : "CSME",
	    r[0].batch->part);
	return revoke_all(a, r, 2, what, e);
}

static int
by_batch(const struct args *a, struct err *e)
{
	struct revocation r = { .level = "issuing", .svn = 1 };
	char what[128];

	if (find_platform(a, &r, "--batch", e) != 0)
		return -1;
	(void)snprintf(what, sizeof(what), "batch %s of %s", r.batch->number,
	    r.family->name);
	return revoke_all(a, &r, 1, what, e);
}

static int
by_ca(const struct args *a, struct err *e)
{
	AUTO(suggest_done) struct suggest s = { .word = NULL };
	struct ca_list list = { .n = 0 };
	char meant[64];

	if (pki_list(&list, PKI_DEFAULT_HOST, e) != 0)
		return -1;
	suggest_init(&s, a->revoke.ca);
	for (size_t i = 0; i < list.n; i++) {
		struct revocation r = { .level = list.ca[i].profile->name,
			.family = list.ca[i].vars.family,
			.batch = list.ca[i].vars.batch,
			.svn = 1 };

		suggest_offer(&s, list.ca[i].name);
		if (strcmp(list.ca[i].name, a->revoke.ca) == 0)
			return revoke_all(a, &r, 1, a->revoke.ca, e);
	}
	return err_set(e, E_USAGE, "no CA has the name '%s'%s", a->revoke.ca,
	    opt_meant(&s, "", meant));
}

/* --- which one --------------------------------------------------------------
 */

int
cmd_ca_revoke(const struct args *a, struct err *e)
{
	/* clang-format off */
	const struct {
		bool given;
		int (*run)(const struct args *a, struct err *e);
	} ways[] = {
		{ a->state != NULL,         by_state },
		{ a->revoke.serial != NULL, by_serial },
		{ a->device.svn != 0,       by_svn },
		{ a->revoke.ca != NULL,     by_ca },
	};
	/* clang-format on */
	int (*run)(const struct args *, struct err *) = NULL;

	if (a->device.pki == NULL) {
		err_set(e, E_USAGE, "ca revoke needs --pki DIR");
		return err_hint(e, "the built-in hierarchy revokes nothing; "
				   "odcasim ca init --pki ./pki makes another");
	}
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		if (!ways[i].given)
			continue;
		if (run != NULL)
			return err_set(e, E_USAGE,
			    "--state, --serial, --svn and --ca exclude each "
			    "other");
		run = ways[i].run;
	}
	if ((a->state != NULL || a->revoke.ca != NULL) &&
	    (a->device.family != NULL || a->device.batch != NULL))
		return err_set(e, E_USAGE,
		    "--family and --batch go with --serial and --svn");
	if (run == NULL && a->device.batch != NULL)
		run = by_batch;
	if (run == NULL) {
		err_set(e, E_USAGE, "revoke what?");
		return err_hint(e, "--state DIR, --serial HEX, --svn N, "
				   "--batch NUMBER or --ca NAME");
	}
	return run(a, e);
}
