/*
 * An authority that openssl 3.0 made for one target: an SM2 root, its list and that of the
 * authority below it, whose one certificate of a signer stands in the corpus. Their private keys
 * are gone.
 */
#pragma once

#define FUZZ_ROOT                                                                                  \
    "-----BEGIN CERTIFICATE-----\n"                                                                \
    "MIIBTzCB9qADAgECAgIQADAKBggqgRzPVQGDdTAPMQ0wCwYDVQQDDARyb290MB4X\n"                           \
    "DTI2MTEyMTE4MDAwMVoXDTI3MDkxODE4MDAwMVowDzENMAsGA1UEAwwEcm9vdDBZ\n"                           \
    "MBMGByqGSM49AgEGCCqBHM9VAYItA0IABCYW+g0RkqYLbZyq0+Zy4cvuBuGaoDfz\n"                           \
    "ArAXqSidKOiQKlJZkK5cCNV5eLEtU21uG1LpwZWBCyZb4ZWZUzi8XeCjQjBAMB0G\n"                           \
    "A1UdDgQWBBRihwd9en9Was7eTxzluyPAwtCS0jAOBgNVHQ8BAf8EBAMCAQYwDwYD\n"                           \
    "VR0TAQH/BAUwAwEB/zAKBggqgRzPVQGDdQNIADBFAiEAt9srDmSzaA/LmGa/f28y\n"                           \
    "jLlgdSQjTsUhU3g2fUYR8ukCIGqrrQihqQWno6Ug+9B4i1u89qNVvoBWnnKgVQGE\n"                           \
    "0cGG\n"                                                                                       \
    "-----END CERTIFICATE-----\n"

#define FUZZ_ROOT_LIST                                                                             \
    "-----BEGIN X509 CRL-----\n"                                                                   \
    "MIGmME4CAQEwCgYIKoEcz1UBg3UwDzENMAsGA1UEAwwEcm9vdBcNMjYxMTIyMTc1\n"                           \
    "OTAyWhcNMjYxMjIyMTc1OTAyWqAOMAwwCgYDVR0UBAMCAQEwCgYIKoEcz1UBg3UD\n"                           \
    "SAAwRQIhAJ0ISyEDIUhBhGAjC61lXLmjYwpnZCHUTuxMWJtddNX9AiA/opbEnqUK\n"                           \
    "GC3Xh8o9ZP4hiNm1beRhBsBjimU6wHVNgA==\n"                                                       \
    "-----END X509 CRL-----\n"

#define FUZZ_MIDDLE_LIST                                                                           \
    "-----BEGIN X509 CRL-----\n"                                                                   \
    "MIGoMFACAQEwCgYIKoEcz1UBg3UwETEPMA0GA1UEAwwGbWlkZGxlFw0yNjExMjIx\n"                           \
    "NzU5MDJaFw0yNjEyMjIxNzU5MDJaoA4wDDAKBgNVHRQEAwIBATAKBggqgRzPVQGD\n"                           \
    "dQNIADBFAiBa55GaZTlX87bPws45uYgXAxtwYWjmO8m7asrTEB2JbgIhAOXI2oAj\n"                           \
    "IaOOFkT5gVmGlftBcfewo1GleyAFjBJq3NVo\n"                                                       \
    "-----END X509 CRL-----\n"

#define FUZZ_SIGNER "SehvVU8ck0VcquHKZiJeJNjWYR1k_swZ9eGCsgUdPC4"
