#include <string.h>

#include "odca/der.h"
#include "odca/sign.h"
#include "sim/aik/scep_cert.h"
#include "sim/base/clock.h"
#include "sim/base/limits.h"

#define TBS         "tbsCertificate."
#define OID_CN      "2.5.4.3"
#define OID_SKI     "2.5.29.14"
#define OID_AKI     "2.5.29.35"
#define KEY_ID_SIZE 20
#define SERIAL_SIZE 16
#define VALIDITY    ((time_t)367 * 24 * 60 * 60)

static int
put_name(asn1_node node, const char *name, struct err *e)
{
	static const char *const fields[] = { TBS "issuer", TBS "subject" };
	static const char *const rdns[] = { TBS "issuer.?1", TBS "subject.?1" };
	static const char *const types[] = { TBS "issuer.?1.?1.type",
		TBS "subject.?1.?1.type" };
	static const char *const values[] = { TBS "issuer.?1.?1.value",
		TBS "subject.?1.?1.value" };
	auto_buf cn = BUF_INIT(MAX_NAME_TEXT);

	if (der_put(&cn, DER_PRINTABLE_STRING, SPAN_STR(name)) != 0)
		return err_set(e, E_LIMIT, "name '%s' is too long", name);
	for (size_t i = 0; i < 2; i++)
		if (asn1_put_text(node, fields[i], "NEW", e) ||
		    asn1_put_text(node, rdns[i], "NEW", e) ||
		    asn1_put_text(node, types[i], OID_CN, e) ||
		    asn1_put(node, values[i], buf_span(&cn), e))
			return -1;
	return 0;
}

static int
put_validity(asn1_node node, time_t when, struct err *e)
{
	char from[UTC_TIME_SIZE], to[UTC_TIME_SIZE];

	if (clock_utc_time(when, from) || clock_utc_time(when + VALIDITY, to))
		return err_set(e, E_USAGE, "a validity beyond 2049");
	return asn1_put_text(node, TBS "validity.notBefore", "utcTime", e) ||
		       asn1_put_text(
			   node, TBS "validity.notBefore.utcTime", from, e) ||
		       asn1_put_text(
			   node, TBS "validity.notAfter", "utcTime", e) ||
		       asn1_put_text(
			   node, TBS "validity.notAfter.utcTime", to, e)
		   ? -1
		   : 0;
}

static int
put_serial(asn1_node node, struct err *e)
{
	auto_buf serial = BUF_INIT(SERIAL_SIZE);

	if (random_bytes(SERIAL_SIZE, &serial) != 0)
		return err_set(e, E_CRYPTO, "random bytes");
	/* Positive, and in the fewest octets. */
	serial.p[0] = (serial.p[0] & 0x7f) | 0x40;
	return asn1_put(node, TBS "serialNumber", buf_span(&serial), e);
}

static int
put_key(asn1_node node, const struct key *key, struct err *e)
{
	auto_buf spki = BUF_INIT(MAX_SPKI);
	struct pubkey pub;

	key_public(key, &pub);
	return pubkey_spki(&pub, &spki, e) ||
		       asn1_put_der(node, TBS "subjectPublicKeyInfo",
			   "SubjectPublicKeyInfo", buf_span(&spki), e)
		   ? -1
		   : 0;
}

static int
add_ext(asn1_node node, const char *oid, asn1_node ext, struct err *e)
{
	auto_buf value = BUF_INIT(MAX_CERT_SIZE);

	return asn1_encode(ext, "", &value, e) ||
		       asn1_put_text(node, TBS "extensions", "NEW", e) ||
		       asn1_put_text(
			   node, TBS "extensions.?LAST.extnID", oid, e) ||
		       asn1_drop(node, TBS "extensions.?LAST.critical", e) ||
		       asn1_put(node, TBS "extensions.?LAST.extnValue",
			   buf_span(&value), e)
		   ? -1
		   : 0;
}

static int
put_key_ids(asn1_node node, struct err *e)
{
	auto_buf ids = BUF_INIT(2 * KEY_ID_SIZE);
	auto_asn1 aki = NULL, ski = NULL;

	if (random_bytes(2 * KEY_ID_SIZE, &ids) != 0)
		return err_set(e, E_CRYPTO, "random bytes");
	if (asn1_make("AuthorityKeyIdentifier", &aki, e) ||
	    asn1_put(
		aki, "keyIdentifier", (struct span){ ids.p, KEY_ID_SIZE }, e) ||
	    asn1_drop(aki, "authorityCertIssuer", e) ||
	    asn1_drop(aki, "authorityCertSerialNumber", e) ||
	    asn1_make("SubjectKeyIdentifier", &ski, e) ||
	    asn1_put(
		ski, "", (struct span){ ids.p + KEY_ID_SIZE, KEY_ID_SIZE }, e))
		return -1;
	return add_ext(node, OID_AKI, aki, e) || add_ext(node, OID_SKI, ski, e)
		   ? -1
		   : 0;
}

int
scep_cert_make(const struct key *key, const char *name, time_t when,
    struct buf *out, struct err *e)
{
	const struct signer signer = { key, true };
	auto_asn1 node = NULL;

	if (asn1_make("Certificate", &node, e) ||
	    asn1_put_text(node, TBS "version", "v3", e) ||
	    put_serial(node, e) ||
	    sign_algorithm(node, TBS "signature", &signer, e) ||
	    put_name(node, name, e) || put_validity(node, when, e) ||
	    put_key(node, key, e) || asn1_drop(node, TBS "issuerUniqueID", e) ||
	    asn1_drop(node, TBS "subjectUniqueID", e) || put_key_ids(node, e) ||
	    sign_tbs(node, "tbsCertificate", MAX_CERT_SIZE, &signer, e) ||
	    asn1_encode(node, "", out, e))
		return err_wrap(e, "certificate '%s'", name);
	return 0;
}
