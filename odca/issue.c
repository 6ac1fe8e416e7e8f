#include <string.h>

#include "odca/build.h"
#include "odca/issue.h"

#define MAX_SERIAL_TEXT 64

/* As the row says: fixed octets, or some that the device derives. */
static int
put_serial(const struct device *d, const struct profile *p,
    const struct vars *v, struct buf *out, struct err *e)
{
	const size_t n = p->serial_size != 0 ? p->serial_size : SERIAL_SIZE;
	char text[MAX_SERIAL_TEXT];
	uint8_t derived[MAX_SERIAL_SIZE];

	if (profile_text(p->serial != NULL ? p->serial : p->serial_label, v,
		text, sizeof(text), e) != 0)
		return -1;
	if (p->serial != NULL)
		return hex_decode(text, out)
			   ? err_set(e, E_ASN1, "serial '%s'", text)
			   : 0;
	if (device_serial(d, text, derived, n, e) != 0)
		return -1;
	return buf_put(out, (struct span){ derived, n })
		   ? err_set(e, E_NOMEM, "serial number")
		   : 0;
}

static int
issue(const struct device *d, const struct pki *p, const char *name,
    const struct pubkey *subject, const struct key *issuer, struct buf *out,
    struct err *e)
{
	auto_buf serial = BUF_INIT(MAX_SERIAL_SIZE);
	uint8_t hw_serial[HW_SERIAL_SIZE];
	struct build b = {
		.profile = profile_find(name, d->batch->gen),
		.vars = { d->family, d->batch, d->svn, pki_host(p) },
		.subject = *subject,
		.issuer = issuer,
		.hw_serial = SPAN_OF(hw_serial),
	};

	if (b.profile == NULL)
		return err_set(e, E_NOTFOUND, "no profile '%s'", name);
	if (put_serial(d, b.profile, &b.vars, &serial, e) != 0)
		return err_wrap(e, "certificate '%s'", name);
	b.serial = buf_span(&serial);
	if (profile_has(b.profile, EXT_HW_NAME) &&
	    device_hw_serial(d, b.serial, hw_serial, e) != 0)
		return -1;
	return build_cert(&b, out, e);
}

/* Key of the CA above the device. */
static int
issuing_key(const struct device *d, const struct pki *p, struct key **ret,
    struct err *e)
{
	char name[MAX_TEXT];

	pki_issuing_name(d->family, d->batch, name, sizeof(name));
	return pki_key(p, name, ret, e);
}

int
issue_device_chain(const struct device *d, const struct pki *p,
    struct buf *ret_rom, struct buf *ret_kernel, struct buf *ret_ptt,
    struct err *e)
{
	auto_key issuing = NULL;

	if (issuing_key(d, p, &issuing, e) != 0)
		return -1;
	const struct {
		const char *profile;
		const struct key *subject, *issuer;
		struct buf *out;
	} rungs[] = {
		{ "rom", d->rom, issuing, ret_rom },
		{ "kernel", d->kernel, d->rom, ret_kernel },
		{ "ptt", d->ptt, d->kernel, ret_ptt },
	};
	for (size_t i = 0; i < sizeof(rungs) / sizeof(*rungs); i++) {
		struct pubkey subject;

		key_public(rungs[i].subject, &subject);
		if (issue(d, p, rungs[i].profile, &subject, rungs[i].issuer,
			rungs[i].out, e) != 0)
			return -1;
	}
	return 0;
}

int
issue_ek(const struct device *d, const struct pki *p, const struct pubkey *ek,
    struct buf *ret, struct err *e)
{
	static const char *const profiles[] = {
		[KEY_RSA2048] = "ek-rsa2048",
		[KEY_P256] = "ek-p256",
		[KEY_P384] = "ek-p384",
	};

	auto_key issuing = NULL;

	if (!gen_is_epid(d->batch->gen))
		return issue(d, p, profiles[ek->alg], ek, d->ptt, ret, e);
	if (issuing_key(d, p, &issuing, e) != 0)
		return -1;
	return issue(d, p, profiles[ek->alg], ek, issuing, ret, e);
}

bool
issue_has_ek(const struct device *d, enum key_alg alg)
{
	/* Before SHA-384 was in PTT there was no P-384 either. */
	return alg != KEY_P384 || !gen_is_epid(d->batch->gen);
}
