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
	if (p->negative_serial)
		derived[0] |= 0x80;
	return buf_put(out, (struct span){ derived, n })
		   ? err_set(e, E_NOMEM, "serial number")
		   : 0;
}

/* What is armed at the seams of one certificate. */
static int
issue_deviant(const struct device *d, const char *name, struct build *b,
    struct buf *out, struct err *e)
{
	auto_buf cert = BUF_INIT(MAX_CERT_SIZE);

	if (fault_at(d->faults, HOOK_KEY, name, &b->subject, e) != 0 ||
	    build_cert(b, &cert, e) != 0 ||
	    fault_at(d->faults, HOOK_CERT, name, &cert, e) != 0)
		return -1;
	return buf_put(out, buf_span(&cert))
		   ? err_set(e, E_LIMIT, "certificate '%s'", name)
		   : 0;
}

static int
issue(const struct device *d, const struct pki *p, const char *name,
    const struct pubkey *subject, const struct key *issuer, struct buf *out,
    struct err *e)
{
	const struct profile *row = profile_find(name, d->batch->gen);
	auto_buf serial = BUF_INIT(MAX_SERIAL_SIZE);
	uint8_t hw_serial[HW_SERIAL_SIZE];
	struct profile own;
	struct build b = {
		.profile = &own,
		.vars = { d->family, d->batch, d->svn, pki_host(p), NULL,
		    NULL },
		.subject = *subject,
		.issuer = issuer,
		.hw_serial = SPAN_OF(hw_serial),
	};

	if (row == NULL)
		return err_set(e, E_NOTFOUND, "no profile '%s'", name);
	own = *row;
	if (fault_at(d->faults, HOOK_ROW, name, &own, e) != 0 ||
	    put_serial(d, &own, &b.vars, &serial, e) != 0)
		return err_wrap(e, "certificate '%s'", name);
	b.serial = buf_span(&serial);
	if (profile_has(&own, EXT_HW_NAME) &&
	    device_hw_serial(d, b.serial, hw_serial, e) != 0)
		return -1;
	return issue_deviant(d, name, &b, out, e);
}

/* The ROM CA's issuer, or who a fault puts in its place. */
static int
issue_rom(const struct device *d, const struct pki *p,
    const struct pubkey *subject, const struct key *issuing, struct buf *out,
    struct err *e)
{
	uint8_t secret[P384_SECRET_SIZE];
	struct fault_issuer who = { .key = issuing, .secret = SPAN_OF(secret) };
	int rc = device_unknown_secret(d, secret, e);

	if (rc == 0)
		rc = fault_at(d->faults, HOOK_ISSUER, "rom", &who, e);
	if (rc == 0)
		rc = issue(d, p, "rom", subject, who.key, out, e);
	key_free(who.own);
	explicit_bzero(secret, sizeof(secret));
	return rc;
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
	struct pubkey rom, kernel, ptt;
	auto_key issuing = NULL;

	if (issuing_key(d, p, &issuing, e) != 0)
		return -1;
	key_public(d->rom, &rom);
	key_public(d->kernel, &kernel);
	key_public(d->ptt, &ptt);
	return issue_rom(d, p, &rom, issuing, ret_rom, e) ||
		       issue(d, p, "kernel", &kernel, d->rom, ret_kernel, e) ||
		       issue(d, p, "ptt", &ptt, d->kernel, ret_ptt, e)
		   ? -1
		   : 0;
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
