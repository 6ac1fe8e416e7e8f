#include <stddef.h>
#include <stdio.h>

#include "sim/aik/hresult.h"

#define HTTP(status)   (0x80190000u + (status))
#define WIN32(code)    (0x80070000u + (code))
#define TPM20(code)    (0x80280000u + (code))
#define IS_WINHTTP(hr) ((hr) >= WIN32(12000) && (hr) < WIN32(12200))

/* A response code of format one (Part 2, 6.6.2): bit 7, and the number of a
 * parameter, handle or session in bits 6 and 8 to 11. */
#define RC_FMT1 0x080u

/* Texts are Windows' own where they were seen; else what the winerror.h of an
 * SDK says of the name. */
/* clang-format off */
static const struct {
	uint32_t hr;
	const char *name, *text;
} rows[] = {
	{ HTTP(400), "HTTP_E_STATUS_BAD_REQUEST",      "Bad request (400)." },
	{ HTTP(401), "HTTP_E_STATUS_DENIED",           "Unauthorized (401)." },
	{ HTTP(403), "HTTP_E_STATUS_FORBIDDEN",        "Forbidden (403)." },
	{ HTTP(404), "HTTP_E_STATUS_NOT_FOUND",        "Not found (404)." },
	{ HTTP(405), "HTTP_E_STATUS_BAD_METHOD",       "Bad method (405)." },
	{ HTTP(407), "HTTP_E_STATUS_PROXY_AUTH_REQ",   "Proxy authentication required (407)." },
	{ HTTP(408), "HTTP_E_STATUS_REQUEST_TIMEOUT",  "Request timeout (408)." },
	{ HTTP(413), "HTTP_E_STATUS_REQUEST_TOO_LARGE","Request too large (413)." },
	{ HTTP(429), "",                               "Too Many Requests" },
	{ HTTP(500), "HTTP_E_STATUS_SERVER_ERROR",     "Internal server error (500)." },
	{ HTTP(502), "HTTP_E_STATUS_BAD_GATEWAY",      "Bad gateway (502)." },
	{ HTTP(503), "HTTP_E_STATUS_SERVICE_UNAVAIL",  "Service unavailable (503)." },
	{ HTTP(504), "HTTP_E_STATUS_GATEWAY_TIMEOUT",  "Gateway timeout (504)." },

	{ WIN32(WINHTTP_TIMEOUT),                 "ERROR_WINHTTP_TIMEOUT",                 "The operation timed out" },
	{ WIN32(WINHTTP_NAME_NOT_RESOLVED),       "ERROR_WINHTTP_NAME_NOT_RESOLVED",       "The server name or address could not be resolved" },
	{ WIN32(WINHTTP_CANNOT_CONNECT),          "ERROR_WINHTTP_CANNOT_CONNECT",          "A connection with the server could not be established" },
	{ WIN32(WINHTTP_CONNECTION_ERROR),        "ERROR_WINHTTP_CONNECTION_ERROR",        "The connection with the server was terminated abnormally" },
	{ WIN32(WINHTTP_INVALID_SERVER_RESPONSE), "ERROR_WINHTTP_INVALID_SERVER_RESPONSE", "The server returned an invalid or unrecognized response" },
	{ WIN32(WINHTTP_SECURE_FAILURE),          "ERROR_WINHTTP_SECURE_FAILURE",          "A security error occurred" },

	{ HRESULT_NOT_FOUND,    "ERROR_NOT_FOUND",    "Element not found." },
	{ HRESULT_INVALID_DATA, "ERROR_INVALID_DATA", "The data is invalid." },

	{ HRESULT_NOT_READY, "TPM_E_PCP_DEVICE_NOT_READY", "The Platform Crypto Device is currently not ready. It needs to be fully provisioned to be operational." },
	{ HRESULT_INTEGRITY, "TPM_20_E_INTEGRITY",         "TPM 2.0: Integrity check failed." },
	{ TPM20(0x0a5),      "TPM_20_E_BINDING",           "TPM 2.0: Public and sensitive portions of an object are not cryptographically bound." },

	{ HRESULT_NO_MATCH,       "CRYPT_E_NO_MATCH",     "Cannot find the requested object." },
	{ HRESULT_EXPIRED,        "CERT_E_EXPIRED",       "A required certificate is not within its validity period when verifying against the current system clock or the timestamp in the signed file." },
	{ HRESULT_UNTRUSTED_ROOT, "CERT_E_UNTRUSTEDROOT", "A certificate chain processed, but terminated in a root certificate which is not trusted by the trust provider." },
	{ HRESULT_CHAINING,       "CERT_E_CHAINING",      "A certificate chain could not be built to a trusted root authority." },
	{ HRESULT_WRONG_USAGE,    "CERT_E_WRONG_USAGE",   "The certificate is not valid for the requested usage." },
};
/* clang-format on */
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

uint32_t
hresult_of_http(unsigned status)
{
	return HTTP(status);
}

uint32_t
hresult_of_winhttp(unsigned code)
{
	return WIN32(code);
}

uint32_t
hresult_of_tpm(uint32_t rc)
{
	return TPM20(rc & RC_FMT1 ? rc & 0x0bf : rc & 0x97f);
}

const char *
hresult_name(uint32_t hr)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].hr == hr)
			return rows[i].name;
	return "";
}

const char *
hresult_text(uint32_t hr)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (rows[i].hr == hr)
			return rows[i].text;
	return "";
}

void
hresult_line(uint32_t hr, char out[static HRESULT_LINE_SIZE])
{
	const char *text = hresult_text(hr), *name = hresult_name(hr);

	if (IS_WINHTTP(hr))
		(void)snprintf(out, HRESULT_LINE_SIZE,
		    "%s 0x%08x (WinHttp: %u%s%s)", text, hr, hr - WIN32(0),
		    name[0] != '\0' ? " " : "", name);
	else
		(void)snprintf(out, HRESULT_LINE_SIZE, "%s%s0x%08x (%d%s%s)",
		    text, text[0] != '\0' ? " " : "", hr, (int)(int32_t)hr,
		    name[0] != '\0' ? " " : "", name);
}
