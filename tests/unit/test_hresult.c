/* Failures as Windows numbers them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/aik/hresult.h"

/* Lines that Windows was seen to write. */
static void
test_lines(void **state)
{
	static const struct {
		uint32_t hr;
		const char *want;
	} rows[] = {
		{ 0x80190194, "Not found (404). 0x80190194 (-2145844844 "
			      "HTTP_E_STATUS_NOT_FOUND)" },
		{ 0x80072f8f, "A security error occurred 0x80072f8f (WinHttp: "
			      "12175 ERROR_WINHTTP_SECURE_FAILURE)" },
		{ 0x80072ee7,
		    "The server name or address could not be resolved "
		    "0x80072ee7 (WinHttp: 12007 "
		    "ERROR_WINHTTP_NAME_NOT_RESOLVED)" },
		{ 0x801901ad, "Too Many Requests 0x801901ad (-2145844819)" },
		{ 0x80070490, "Element not found. 0x80070490 (-2147023728 "
			      "ERROR_NOT_FOUND)" },
		{ 0x801901fe, "0x801901fe (-2145844738)" },
	};
	char line[HRESULT_LINE_SIZE];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		hresult_line(rows[i].hr, line);
		assert_string_equal(line, rows[i].want);
	}
}

static void
test_formulas(void **state)
{
	assert_int_equal(hresult_of_http(400), 0x80190190);
	assert_int_equal(hresult_of_http(504), 0x801901f8);
	assert_int_equal(hresult_of_winhttp(12002), 0x80072ee2);
	assert_int_equal(hresult_of_winhttp(12029), 0x80072efd);
	/* TPM_RC_BINDING and _INTEGRITY of the first parameter; format zero;
	 * a warning. */
	assert_int_equal(hresult_of_tpm(0x0a5), 0x802800a5);
	assert_int_equal(hresult_of_tpm(0x1df), 0x8028009f);
	assert_int_equal(hresult_of_tpm(0x101), 0x80280101);
	assert_int_equal(hresult_of_tpm(0x902), 0x80280902);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_formulas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
