/*
 * hresult.h - failures as Windows numbers them: HRESULTs of HTTP, of WinHTTP,
 * of TPM 2.0 and of certificates, by name and in words.
 */
#ifndef SIM_AIK_HRESULT_H
#define SIM_AIK_HRESULT_H

#include <stdint.h>

/* Those that are made of no other number. */
#define HRESULT_NOT_FOUND      0x80070490u /* of Win32 1168 */
#define HRESULT_INVALID_DATA   0x8007000du /* of Win32 13 */
#define HRESULT_NOT_READY      0x80290401u
#define HRESULT_INTEGRITY      0x8028009fu /* of TPM_RC_INTEGRITY */
#define HRESULT_NO_MATCH       0x80092009u
#define HRESULT_EXPIRED        0x800b0101u
#define HRESULT_UNTRUSTED_ROOT 0x800b0109u
#define HRESULT_CHAINING       0x800b010au
#define HRESULT_WRONG_USAGE    0x800b0110u

enum { /* WinHTTP */
	WINHTTP_TIMEOUT = 12002,
	WINHTTP_NAME_NOT_RESOLVED = 12007,
	WINHTTP_CANNOT_CONNECT = 12029,
	WINHTTP_CONNECTION_ERROR = 12030,
	WINHTTP_INVALID_SERVER_RESPONSE = 12152,
	WINHTTP_SECURE_FAILURE = 12175,
};

uint32_t hresult_of_http(unsigned status);
uint32_t hresult_of_winhttp(unsigned code);
/* Of a response code of TPM 2.0; which parameter or session it is about is left
 * out. */
uint32_t hresult_of_tpm(uint32_t rc);

/* "HTTP_E_STATUS_NOT_FOUND"; "" for one without. */
const char *hresult_name(uint32_t hr);
/* "Not found (404)."; "" for one without. */
const char *hresult_text(uint32_t hr);
/* "Not found (404). 0x80190194 (-2145844844 HTTP_E_STATUS_NOT_FOUND)", as the
 * last line of Windows' events 86 and 87. */
#define HRESULT_LINE_SIZE 256
void hresult_line(uint32_t hr, char out[static HRESULT_LINE_SIZE]);

#endif
