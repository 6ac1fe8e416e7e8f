#include "odca/build.h"
#include "odca/cert.h"
#include "odca/service.h"
#include "sim/aik/servercert.h"
#include "sim/base/clock.h"

#define SERIAL_SIZE   16
#define SECONDS_A_DAY (24 * 60 * 60)

static int
issue(const struct pki *p, const struct servercert_how *how,
    const struct key *key, const struct key *root, struct buf *out,
    struct err *e)
{
	struct profile row = *profile_find("server", GEN_TLS);
	const time_t end = clock_now() - (time_t)how->expired * SECONDS_A_DAY;
	auto_buf serial = BUF_INIT(SERIAL_SIZE);
	struct build b = {
		.profile = &row,
		.vars = service_vars(GEN_TLS, pki_host(p)),
		.issuer = root,
	};

	if (how->expired != 0 && clock_utc_time(end, row.own_not_after) != 0)
		return err_set(e, E_USAGE, "a date that UTCTime does not have");
	if (random_bytes(SERIAL_SIZE, &serial) != 0)
		return err_set(e, E_CRYPTO, "random bytes for a serial number");
	serial.p[0] = (uint8_t)((serial.p[0] & 0x3f) | 0x40); /* positive */
	b.serial = buf_span(&serial);
	key_public(key, &b.subject);
	return build_cert(&b, out, e);
}

/* Another root has the same name, but not the key. */
static int
find_root(const struct pki *p, const struct servercert_how *how,
    struct key **ret, struct err *e)
{
	return how->other_root ? key_generate(KEY_P256, ret, e)
			       : pki_key(p, TLS_ROOT, ret, e);
}

int
servercert_make(const struct pki *p, const struct servercert_how *how,
    struct buf *key_pem, struct buf *cert_pem, struct err *e)
{
	auto_buf der = BUF_INIT(MAX_CERT_SIZE);
	auto_key root = NULL;
	auto_key key = NULL;

	if (find_root(p, how, &root, e) != 0) {
		if (e != NULL && e->code == E_NOTFOUND)
			(void)err_hint(e, SERVICE_HINT);
		return err_wrap(e, "TLS root");
	}
	if (key_generate(KEY_P256, &key, e) != 0 ||
	    issue(p, how, key, root, &der, e) != 0 ||
	    key_store_pem(key, key_pem, e) != 0)
		return err_wrap(e, "TLS certificate");
	return cert_to_pem(buf_span(&der), cert_pem)
		   ? err_set(e, E_NOMEM, "TLS certificate: out of memory")
		   : 0;
}
