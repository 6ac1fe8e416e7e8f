/*
 * ra.h - a TEST key for whom the envelopes in the corpora are encrypted, with
 * the certificate that names it.
 */
#ifndef TESTS_FUZZ_RA_H
#define TESTS_FUZZ_RA_H

/* clang-format off */
static const char ra_key_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCiF0+hLt6cWPsT\n"
    "j7lmEKRbnChNyMSvWi/WN7lKRCimLT6iC+mffeU3pt2FulAckurgt+0OjpkmccC2\n"
    "laPTcT2XG9Uf6gPjkOESqEthf8mcme6Ql+hkgLqTXaknU2KurUwgG5zSXNhR2Nbm\n"
    "RWPrVQGReDQ47skTb4ewry/K26romKAZ1xKh5JkuLlAYyIKlRvjcNHn24mIaHyJc\n"
    "xqZF8eOtoWD71S++30XFTFnV0uD0gv4Sbkr14E5UKPgMRA0NFJ2my8eFKZ8eQX9K\n"
    "/PlViCa/zrIXlQinvCFtdcyzUQ5xEhF+FeK5XuIvnrlxXBGpNB20ZYHFoRduVi4W\n"
    "QiIG64JTAgMBAAECggEASEuKZjM/8c8UKTzk7buFeyCyr0LZSva4OF0BRTkSQlAS\n"
    "y/bxPARMbJ591kvruFrk7NbMIj6C221IDYe/mqq61D+DNulK08CGSqqKeJGk7DaR\n"
    "+6btbYom7VyMejBMZul/dyCpuP/VMeg7rVgMwWVYPjg1XqFOSN9pT2pLsDh6yaO3\n"
    "oVTvrr+bLUcWy++1p2VfNVnACqM9ePv/5MFH/uRBB4/sbZF/9B91OSspA0RMiH0P\n"
    "LFXysuORoZ6iyVkr2jUjDLquSDznebkdjXnYMtb6bv5CyixuVChfSXEx7Nu7gr8U\n"
    "BNhbfSz5vnt22chmNnRpPxzm97Gv+wDz5uMXr+QaTQKBgQDPweDxSZJtuPpnNKVX\n"
    "D29Yf4/g1ESdh5MdAxKJU25SDuf2sGnaW/+fSLIECA3s0UVIAe5dcpLf4xMiCX02\n"
    "jF6tRHRS2v8YhLXwHQ6PAeQILMgwRTP98y2es76RroNiSH0fqWfcnNsH3wh7rXNR\n"
    "yjHl+YTvCPvJV1XR6isN52oHFQKBgQDHus2p9YPtyQFpHLEj//9bJmjZDCrIj0sq\n"
    "LykA6njQkc+hQV7ApOId91+Jc0DA93fHjzai6NXxGa7IHdAdfvjq8TZ8eSDqmgNN\n"
    "/1S981z1X2d6MbUrwLPFnbm0sV6CN33SPu2hT6l0s2R9Gc0DVciCd0lIaDjL7Dpg\n"
    "ygFYVJA9xwKBgHopfqNip39tLZBSHIa8xLQ9DdUd+9rFRXPhwpyNOml16l/cC+Ii\n"
    "BoUasdI9CjMeOqbEu+ym2kZbt3xkKARTNbicb+noa+d24aR28YCVlAhajLwVdST2\n"
    "QPT4rC3td8Pq6+gaLMBEW2addteCfjSxt/WKauhDWApkGEp+byKV2HqhAoGALDCk\n"
    "eEod2mpyqXLzrmdhdCVXZU5P2Pf7RWYRyGYYPO1F5wOzlyPj84Vb2elqFkeqdLi2\n"
    "+exSCXoJNbWC6kPBhxm/WGLkaYOR35vyf+RsWM228040K24DWGHBSL1Fj8H/UJkj\n"
    "smERuQRH43Xl6ir8pgEGccK9bkDh2bBYA9cR4tkCgYEAtkVmkXBcKe8vN4Jo7uG5\n"
    "Ei9/aS6ojqfCouyQ6o2KVA9omfPywbWHlUsWtqhJyHPXOPSkvpDra56dj4+BZxxW\n"
    "cOP/T2zwM/KCVFF4M5VYQGLO8jVD8++NiBmY8wgkbahHO6cKvorQ/hJBMxgdc0bl\n"
    "nuwZKk941NZ3TJVNZwG2VEo=\n"
    "-----END PRIVATE KEY-----\n";

static const char ra_cert_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIDDjCCAfagAwIBAgIQTRXmTjAwxaKa1qtZTCC5wjANBgkqhkiG9w0BAQsFADAh\n"
    "MR8wHQYDVQQDExZSQSBTaWduaW5nIENlcnRpZmljYXRlMB4XDTI2MTEyNTIyMDQy\n"
    "MFoXDTI3MTEyNzIyMDQyMFowITEfMB0GA1UEAxMWUkEgU2lnbmluZyBDZXJ0aWZp\n"
    "Y2F0ZTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAKIXT6Eu3pxY+xOP\n"
    "uWYQpFucKE3IxK9aL9Y3uUpEKKYtPqIL6Z995Tem3YW6UByS6uC37Q6OmSZxwLaV\n"
    "o9NxPZcb1R/qA+OQ4RKoS2F/yZyZ7pCX6GSAupNdqSdTYq6tTCAbnNJc2FHY1uZF\n"
    "Y+tVAZF4NDjuyRNvh7CvL8rbquiYoBnXEqHkmS4uUBjIgqVG+Nw0efbiYhofIlzG\n"
    "pkXx462hYPvVL77fRcVMWdXS4PSC/hJuSvXgTlQo+AxEDQ0UnabLx4Upnx5Bf0r8\n"
    "+VWIJr/OsheVCKe8IW11zLNRDnESEX4V4rle4i+euXFcEak0HbRlgcWhF25WLhZC\n"
    "IgbrglMCAwEAAaNCMEAwHwYDVR0jBBgwFoAUbwDnnQbLOoxWQoP4zLX9e08f/Hsw\n"
    "HQYDVR0OBBYEFINCodeLGbBgbGNirzL1jHM6ym4sMA0GCSqGSIb3DQEBCwUAA4IB\n"
    "AQB8WdYOFN0AMDclpVH/BcmUYTlg6kwOJSgLuePQ6ryoStPPp6a/+7stM/85R2QA\n"
    "dtkV/27qspIIrhV416sW3QOJlFBkse32So5Ww2yYmUXaYOgGChKlfkvTelBTO3Zo\n"
    "gcx37BFAMixPy7KSsVl5uIpeoZRqLcSoK1+76IHaUNkYROBJbT3hhCGw7McsO8ei\n"
    "eiJNIf0rgQhTfSMbFJb+ISn4Psa8x7ZGdF1HlcPp8B2n/iAprSP6OVzJuA0OkvGl\n"
    "tfaW+EKkCLV7I4XyB0rcAIPoxIlboitULBgG2+Ocs+3HvCDDQtWSXb5q0hAan5M5\n"
    "+YA+9sVS6BccmF5d+r28v2ik\n"
    "-----END CERTIFICATE-----\n";
/* clang-format on */

#endif
