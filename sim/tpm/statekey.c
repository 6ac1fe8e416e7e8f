#include <string.h>

#include "odca/cipher.h"
#include "odca/key.h"
#include "sim/base/limits.h"
#include "sim/tpm/statekey.h"
#include "sim/tpm/tlv.h"

#define MAX_KEY_SIZE 32
/* swtpm's for every passphrase (its key.c). */
#define PBKDF2_SALT       "swtpm"
#define PBKDF2_ITERATIONS 1000
/* One try costs 32 MiB and some tenths of a second: what OWASP advises for
 * passphrases, in the form that takes least memory, as a host starts many VMs
 * at a time. The file names them by KDF_SCRYPT, and gives no numbers that a
 * forger could make us compute with. */
static const struct scrypt_cost scrypt_cost = { 1 << 15, 8, 3 };
#define SALT_SIZE 16

/* How the key of a TLV of ours came to be. */
enum { KDF_NONE, KDF_SCRYPT };
/* u8 one of those, the salt (zeros without one), the nonce. */
#define SEALED_HEADER_SIZE (1 + SALT_SIZE + GCM_NONCE_SIZE)

/* clang-format off */
static const struct mode {
	const char *name;
	size_t key_size;
	bool gcm;
} modes[] = {
	{ "aes-cbc",     16, false },
	{ "aes-128-cbc", 16, false },
	{ "aes-256-cbc", 32, false },
	{ "aes-256-gcm", 32, true  },
};

static const struct {
	enum tlv_tag encrypted, ivec, sealed;
} tags[N_SEALS] = {
	[SEAL_DATA]      = { TLV_ENCRYPTED_DATA,           TLV_IVEC_DATA,           TLV_SEALED_DATA },
	[SEAL_MIGRATION] = { TLV_ENCRYPTED_MIGRATION_DATA, TLV_IVEC_MIGRATION_DATA, TLV_SEALED_MIGRATION_DATA },
};
/* clang-format on */

struct state_key {
	const struct mode *mode;
	struct buf password; /* of scrypt: each salt makes another key */
	uint8_t salt[SALT_SIZE];
	bool has_bytes; /* false until there is a salt */
	uint8_t bytes[MAX_KEY_SIZE];
};

/* --- where keys come from --------------------------------------------------
 */

static int
find_mode(const char *mode, const struct mode **ret, struct err *e)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		if (strcmp(mode, modes[i].name) == 0) {
			*ret = &modes[i];
			return 0;
		}
	}
	err_set(e, E_USAGE, "mode '%s' of a key is not known", mode);
	return err_hint(
	    e, "aes-cbc, aes-256-cbc, or aes-256-gcm, which swtpm cannot open");
}

int
state_key_check_mode(const char *mode, struct err *e)
{
	const struct mode *found;

	return find_mode(mode, &found, e);
}

static int
state_key_new(const char *mode, struct state_key **ret, struct err *e)
{
	const struct mode *found;
	struct state_key *k;

	if (find_mode(mode, &found, e) != 0)
		return -1;
	if ((k = calloc(1, sizeof(*k))) == NULL)
		return err_set(e, E_NOMEM, "key");
	k->mode = found;
	buf_init(&k->password, MAX_STATE_KEY_TEXT);
	*ret = k;
	return 0;
}

void
state_key_free(struct state_key *k)
{
	if (k == NULL)
		return;
	buf_free(&k->password);
	explicit_bzero(k, sizeof(*k));
	free(k);
}

bool
state_key_is_256(const struct state_key *k)
{
	return k->mode->key_size == 32;
}

/* What is before the first space; 0x may be before it. */
static struct span
hex_digits(struct span text)
{
	size_t n = 0;

	if (text.n >= 2 && memcmp(text.p, "0x", 2) == 0)
		(void)span_skip(&text, 2);
	while (n < text.n && strchr(" \t\r\n\v\f", text.p[n]) == NULL)
		n++;
	return (struct span){ text.p, n };
}

static int
put_hex(struct span text, struct buf *out, struct err *e)
{
	struct span digits = hex_digits(text);
	char hex[2 * MAX_KEY_SIZE + 1];
	int rc;

	if (digits.n >= sizeof(hex))
		return err_set(e, E_USAGE, "key of %zu digits", digits.n);
	memcpy(hex, digits.p, digits.n);
	hex[digits.n] = '\0';
	rc = hex_decode(hex, out);
	explicit_bzero(hex, sizeof(hex));
	return rc == 0 ? 0 : err_set(e, E_USAGE, "key that is not hexadecimal");
}

int
state_key_from_key(struct span text, const char *format, const char *mode,
    struct state_key **ret, struct err *e)
{
	auto_buf key = BUF_INIT(MAX_STATE_KEY_TEXT);
	auto_state_key k = NULL;

	if (state_key_new(mode, &k, e) != 0)
		return -1;
	if (strcmp(format, "binary") == 0) {
		if (buf_put(&key, text) != 0)
			return err_set(e, E_USAGE, "key of %zu octets", text.n);
	} else if (strcmp(format, "hex") != 0) {
		return err_set(
		    e, E_USAGE, "format '%s' of a key is not known", format);
	} else if (put_hex(text, &key, e) != 0) {
		return err_hint(e, "%zu hexadecimal digits, or format=binary",
		    2 * k->mode->key_size);
	}
	if (key.n != k->mode->key_size)
		return err_set(e, E_USAGE,
		    "key of %zu bits; mode '%s' has keys of %zu", 8 * key.n,
		    mode, 8 * k->mode->key_size);
	memcpy(k->bytes, key.p, key.n);
	k->has_bytes = true;
	*ret = TAKE(k);
	return 0;
}

static int
from_pbkdf2(struct state_key *k, struct span password)
{
	return pbkdf2_sha512(password, SPAN_STR(PBKDF2_SALT), PBKDF2_ITERATIONS,
	    k->bytes, k->mode->key_size);
}

static int
from_sha512(struct state_key *k, struct span password)
{
	return sha512_key(password, k->bytes, k->mode->key_size);
}

static int
keep_password(struct state_key *k, struct span password)
{
	return buf_put(&k->password, password);
}

int
state_key_from_password(struct span password, const char *kdf, const char *mode,
    struct state_key **ret, struct err *e)
{
	static const struct {
		const char *name;
		bool gcm;
		int (*take)(struct state_key *k, struct span password);
	} kdfs[] = {
		{ "pbkdf2", false, from_pbkdf2 },
		{ "sha512", false, from_sha512 },
		{ "scrypt", true, keep_password },
	};
	auto_state_key k = NULL;

	if (state_key_new(mode, &k, e) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(kdfs) / sizeof(*kdfs); i++) {
		if (kdfs[i].gcm != k->mode->gcm ||
		    (kdf != NULL && strcmp(kdf, kdfs[i].name) != 0))
			continue;
		if (kdfs[i].take(k, password) != 0)
			return err_set(
			    e, E_CRYPTO, "make a key by %s", kdfs[i].name);
		k->has_bytes = !k->mode->gcm;
		*ret = TAKE(k);
		return 0;
	}
	err_set(e, E_USAGE, "kdf '%s' does not go with mode '%s'", kdf, mode);
	return err_hint(e, "pbkdf2 and sha512 are for aes-cbc and aes-256-cbc, "
			   "scrypt is for aes-256-gcm");
}

static struct span
key_bytes(const struct state_key *k)
{
	return (struct span){ k->bytes, k->mode->key_size };
}

/* --- swtpm's way ------------------------------------------------------------
 */

static int
damaged(struct err *e)
{
	err_set(
	    e, E_CRYPTO, "the key is another one, or the state was altered");
	return err_hint(e,
	    "give the key, or the passphrase, mode and kdf, that "
	    "it was encrypted with; nothing was changed");
}

/* Up to a multiple of the key's size, each octet how many there are. */
static int
pad(const struct state_key *k, struct span plain, struct buf *out)
{
	const size_t n = k->mode->key_size - plain.n % k->mode->key_size;
	uint8_t *at;

	if (buf_put(out, plain) != 0 || (at = buf_room(out, n)) == NULL)
		return -1;
	memset(at, (int)n, n);
	return 0;
}

/* The MAC is over the ciphertext and an IV as long as the key, whose first
 * block AES takes. */
static int
seal_cbc(const struct state_key *k, enum seal what, struct span plain,
    struct buf *out, struct err *e)
{
	auto_buf padded = BUF_INIT(plain.n + MAX_KEY_SIZE);
	auto_buf secret = BUF_INIT(plain.n + MAX_KEY_SIZE);
	auto_buf iv = BUF_INIT(MAX_KEY_SIZE);
	uint8_t mac[HMAC_SIZE];

	if (random_bytes(k->mode->key_size, &iv) != 0 ||
	    pad(k, plain, &padded) != 0 ||
	    aes_cbc_encrypt(key_bytes(k), iv.p, buf_span(&padded), &secret) !=
		0 ||
	    hmac_sha256(key_bytes(k), buf_span(&secret), buf_span(&iv), mac) !=
		0)
		return err_set(e, E_CRYPTO, "encrypt %zu octets", plain.n);
	return tlv_put(out, tags[what].encrypted, buf_span(&secret)) ||
		       tlv_put(out, TLV_HMAC, SPAN_OF(mac)) ||
		       tlv_put(out, tags[what].ivec, buf_span(&iv))
		   ? err_set(e, E_LIMIT, "state of %zu octets", plain.n)
		   : 0;
}

/* Drop it; nobody who has no key gets here with octets of their choice. */
static int
unpad(const struct state_key *k, struct buf *plain, size_t before)
{
	const size_t n = plain->p[plain->n - 1];

	if (n == 0 || n > k->mode->key_size || n > plain->n - before)
		return -1;
	for (size_t i = 1; i <= n; i++)
		if (plain->p[plain->n - i] != n)
			return -1;
	plain->n -= n;
	return 0;
}

/* An IV of any other size would do for a MAC over octets that were moved from
 * the one TLV into the other. */
static int
open_cbc(const struct state_key *k, enum seal what, struct span tlvs,
    struct buf *out, struct err *e)
{
	const size_t before = out->n;
	struct span secret, mac, iv;
	uint8_t want[HMAC_SIZE];

	if (tlv_find(tlvs, tags[what].encrypted, &secret, e) != 0 ||
	    tlv_find(tlvs, TLV_HMAC, &mac, e) != 0 ||
	    tlv_find(tlvs, tags[what].ivec, &iv, e) != 0)
		return -1;
	if (iv.n != k->mode->key_size)
		return err_set(e, E_FORMAT, "IV of %zu octets, want %zu", iv.n,
		    k->mode->key_size);
	if (hmac_sha256(key_bytes(k), secret, iv, want) != 0)
		return err_set(e, E_CRYPTO, "HMAC of %zu octets", secret.n);
	if (!secret_eq(mac, SPAN_OF(want)))
		return damaged(e);
	if (aes_cbc_decrypt(key_bytes(k), iv.p, secret, out) != 0)
		return damaged(e);
	if (unpad(k, out, before) != 0) {
		out->n = before;
		return damaged(e);
	}
	return 0;
}

/* --- ours ------------------------------------------------------------------
 */

/* Have the key of a salt. One that does not open what it is for is void. */
static int
need_salt(struct state_key *k, struct span salt, struct err *e)
{
	if (k->has_bytes && span_eq(salt, SPAN_OF(k->salt)))
		return 0;
	k->has_bytes = false;
	if (scrypt_key(buf_span(&k->password), salt, &scrypt_cost, k->bytes,
		k->mode->key_size) != 0)
		return err_set(e, E_CRYPTO, "make a key by scrypt");
	memcpy(k->salt, salt.p, SALT_SIZE);
	k->has_bytes = true;
	return 0;
}

static bool
follows(const struct state_key *k)
{
	return k->password.n > 0;
}

/* One salt a process, or that of the file that it has opened: what the TPM
 * writes must not wait for scrypt. */
static int
have_key(struct state_key *k, struct err *e)
{
	auto_buf salt = BUF_INIT(SALT_SIZE);

	if (k->has_bytes)
		return 0;
	if (random_bytes(SALT_SIZE, &salt) != 0)
		return err_set(e, E_CRYPTO, "make a salt");
	return need_salt(k, buf_span(&salt), e);
}

/* What is authenticated but not hidden: the container's header, and that of the
 * TLV, to its nonce. */
static int
put_aad(struct span header, enum seal what, size_t size, struct span own,
    struct buf *out)
{
	return buf_put(out, header) ||
	       tlv_header(out, tags[what].sealed, size) || buf_put(out, own);
}

#define MAX_AAD 64

static int
seal_gcm(struct state_key *k, enum seal what, struct span header,
    struct span plain, struct buf *out, struct err *e)
{
	const size_t size = SEALED_HEADER_SIZE + plain.n + GCM_TAG_SIZE;
	auto_buf own = BUF_INIT(SEALED_HEADER_SIZE);
	auto_buf aad = BUF_INIT(MAX_AAD);

	if (have_key(k, e) != 0)
		return -1;
	if (buf_put_u8(&own, follows(k) ? KDF_SCRYPT : KDF_NONE) ||
	    buf_put(&own, SPAN_OF(k->salt)) ||
	    random_bytes(GCM_NONCE_SIZE, &own) ||
	    put_aad(header, what, size, buf_span(&own), &aad))
		return err_set(e, E_CRYPTO, "encrypt %zu octets", plain.n);
	return tlv_header(out, tags[what].sealed, size) ||
		       buf_put(out, buf_span(&own)) ||
		       aes_gcm_seal(key_bytes(k),
			   own.p + SEALED_HEADER_SIZE - GCM_NONCE_SIZE,
			   buf_span(&aad), plain, out)
		   ? err_set(e, E_CRYPTO, "encrypt %zu octets", plain.n)
		   : 0;
}

static int
open_gcm(struct state_key *k, enum seal what, struct span header,
    struct span tlvs, struct buf *out, struct err *e)
{
	auto_buf aad = BUF_INIT(MAX_AAD);
	struct span sealed, own, salt;
	uint8_t kdf;
	size_t size;

	if (tlv_find(tlvs, tags[what].sealed, &sealed, e) != 0)
		return -1;
	size = sealed.n;
	if (span_get(&sealed, SEALED_HEADER_SIZE, &own))
		return err_set(e, E_SHORT, "sealed state of %zu octets", size);
	if (put_aad(header, what, size, own, &aad) != 0)
		return err_set(e, E_FORMAT, "header of %zu octets", header.n);
	salt = own;
	(void)span_get_u8(&salt, &kdf);
	(void)span_get(&salt, SALT_SIZE, &salt);
	if (kdf != (follows(k) ? KDF_SCRYPT : KDF_NONE))
		return damaged(e);
	if (follows(k) && need_salt(k, salt, e) != 0)
		return -1;
	return aes_gcm_open(key_bytes(k),
		   own.p + SEALED_HEADER_SIZE - GCM_NONCE_SIZE, buf_span(&aad),
		   sealed, out) == 0
		   ? 0
		   : damaged(e);
}

/* --- either ----------------------------------------------------------------
 */

size_t
state_key_sealed_size(const struct state_key *k, size_t n)
{
	const size_t key = k->mode->key_size;

	return k->mode->gcm
		   ? TLV_HEADER_SIZE + SEALED_HEADER_SIZE + n + GCM_TAG_SIZE
		   : TLV_HEADER_SIZE + n + key - n % key + TLV_HEADER_SIZE +
			 HMAC_SIZE + TLV_HEADER_SIZE + key;
}

int
state_key_seal(struct state_key *k, enum seal what, struct span header,
    struct span plain, struct buf *out, struct err *e)
{
	return k->mode->gcm ? seal_gcm(k, what, header, plain, out, e)
			    : seal_cbc(k, what, plain, out, e);
}

/* Which of the two it is says its tag, so that who gives another mode learns
 * it. */
static int
check_mode(
    const struct state_key *k, enum seal what, struct span tlvs, struct err *e)
{
	struct span ignored;
	const bool gcm = tlv_find(tlvs, tags[what].sealed, &ignored, NULL) == 0;

	if (gcm == k->mode->gcm)
		return 0;
	err_set(e, E_USAGE, "the key is for mode '%s', the state is of %s",
	    k->mode->name, gcm ? "aes-256-gcm" : "aes-cbc or aes-256-cbc");
	return err_hint(e, "give the mode that it was encrypted with");
}

int
state_key_open(struct state_key *k, enum seal what, struct span header,
    struct span tlvs, struct buf *out, struct err *e)
{
	if (check_mode(k, what, tlvs, e) != 0)
		return -1;
	return k->mode->gcm ? open_gcm(k, what, header, tlvs, out, e)
			    : open_cbc(k, what, tlvs, out, e);
}
