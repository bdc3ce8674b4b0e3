/*
 * Certificates that openssl 3.0 made for these tests, with what other software (Python's hashlib
 * and json) says of them. The x coordinate of the P-256 key begins with a zero byte.
 */
#pragma once

#define P256_PEM                                                                                   \
    "-----BEGIN CERTIFICATE-----\n"                                                                \
    "MIIBbjCCAROgAwIBAgIUDZKQj547dP3IGRAyNwHc3ZpRVxswCgYIKoZIzj0EAwIw\n"                           \
    "DDEKMAgGA1UEAwwBdDAeFw0yNjExMjIxNDIwMjdaFw0zNjExMTkxNDIwMjdaMAwx\n"                           \
    "CjAIBgNVBAMMAXQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQA+RwOP9NRDiZk\n"                           \
    "R/xygdCcawUr+0Nv68aeIh0zqnfgKfxuyLUSoktAUQfJyNJRIs4f5Jjhdo5rrnUJ\n"                           \
    "tE9cjfiKo1MwUTAdBgNVHQ4EFgQU9dM4WUcXJ6QJ8ptcBTCbtfzmrdIwHwYDVR0j\n"                           \
    "BBgwFoAU9dM4WUcXJ6QJ8ptcBTCbtfzmrdIwDwYDVR0TAQH/BAUwAwEB/zAKBggq\n"                           \
    "hkjOPQQDAgNJADBGAiEAlpQhIpas0KCEoxXdeA393xbuRvXpa3aJVKqz64OTLt8C\n"                           \
    "IQCeMjQKfMLVynoAD30HPLQyfLYo7Fpmo7VXRXkDUWvrUw==\n"                                           \
    "-----END CERTIFICATE-----\n"
#define P256_SHA256 "422d25d8eb7b063f86482e8b49305d48acc76ca1064eb8d0c654e5a0f4f5fe15"
#define P256_JKT "K7Bc-PJZZKmmG2PlQeahv09vNNRDbPm0Ho34QTZHQeY"
#define P256_NOT_BEFORE 1795357227
#define P256_NOT_AFTER 2110717227

#define ED25519_PEM                                                                                \
    "-----BEGIN CERTIFICATE-----\n"                                                                \
    "MIIBLDCB36ADAgECAhRYfgrlwS1XvuDKfMxnuQ/YVxfHpjAFBgMrZXAwDDEKMAgG\n"                           \
    "A1UEAwwBdDAeFw0yNjExMjIxNDIwMjdaFw0zNjExMTkxNDIwMjdaMAwxCjAIBgNV\n"                           \
    "BAMMAXQwKjAFBgMrZXADIQDcFGe6/4ic5X7kBaTmu1xtqKhlUFoZC9ONyDGmBevp\n"                           \
    "vaNTMFEwHQYDVR0OBBYEFIlRT7k74tI4kMaMMDo1+4Bm4eUwMB8GA1UdIwQYMBaA\n"                           \
    "FIlRT7k74tI4kMaMMDo1+4Bm4eUwMA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EA\n"                           \
    "DlGJvNA7FcsFrP6kb8K22eCUwQyHMvcQ76FCgvisfhUHlYM4fqvNo1u3kT8AsHyk\n"                           \
    "Pxn+ZZoaKBbP8bRxTza/BQ==\n"                                                                   \
    "-----END CERTIFICATE-----\n"
#define ED25519_SHA256 "aac4517a804c2bb4cf550f9a950f428292ab47a04f1177bec2a68f1327d36bdf"
#define ED25519_JKT "6EPJpp4jARv9cNWLw33lbvc3x1DP-LVSMDG7W7qfqSw"
#define ED25519_NOT_BEFORE 1795357227
#define ED25519_NOT_AFTER 2110717227

#define RSA_PEM                                                                                    \
    "-----BEGIN CERTIFICATE-----\n"                                                                \
    "MIIC+TCCAeGgAwIBAgIUTuf9WirTqIuPWW7eAG2oFalZmu0wDQYJKoZIhvcNAQEL\n"                           \
    "BQAwDDEKMAgGA1UEAwwBdDAeFw0yNjExMjIxNDIwMjhaFw0zNjExMTkxNDIwMjha\n"                           \
    "MAwxCjAIBgNVBAMMAXQwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQDE\n"                           \
    "zG1Wrr5hV/njWk+tnqBScnGOFJ55on6Aos7+WZJXjvVoyD7K3aPIYM3cMmN116CD\n"                           \
    "6Cc8GZfQNnp8oNovqZeCO++i/B3xlcIYzQ/oDPf3a9yXP6mb7Qa/Dp1n3484MzIV\n"                           \
    "AqC3SNj+XBx0VhI0cYx4daT7NKpSQWtJ3Gfjpiq1XxQbbtvKKIEoAWlyDkq1VnG/\n"                           \
    "u3TWOa+MaZQKOWs/nv1vq7YFKzFLwyMSWhnIfhtw7YtjHMF9n+uPQC7SZkmm7wWN\n"                           \
    "AonHsllv+1LXOq/hU8LiGlvhslMgeULLWC929T2Ot2xJpn5G3gjLLOKOAbcyILkS\n"                           \
    "gdxtxwQXcGSeQNlm2lODAgMBAAGjUzBRMB0GA1UdDgQWBBTq9E/5Jau5tTBn7Ho9\n"                           \
    "tkqJL9VBEjAfBgNVHSMEGDAWgBTq9E/5Jau5tTBn7Ho9tkqJL9VBEjAPBgNVHRMB\n"                           \
    "Af8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA4IBAQAv5HrFGfo4r2jbm1idkKA1jNpb\n"                           \
    "8/tUmlFxGdLoNyeelyDM/MHTUOYkxxGYK5LKlXoQZG9pfSdCghLJJcmLWlylNxN2\n"                           \
    "UMShwfZY60mudcuWnKeR6xSo69grJxA8teUcfSS9DVhIPu7tBVmbtlALUnjTtRYA\n"                           \
    "74rZKAtsnJCGuEOOKkn5mJzC6q1ljloiQLRPH9BLEu+1p8Ky79pIhRCbaOAr4QIA\n"                           \
    "Fmap+uUBmVrdVeB0RUG/u/JPyOUCkgw5ZIamXOHBqKiB7XdmLS03/Vaef8FRVEUa\n"                           \
    "KDM4vFtHuN5jf+ni4uAY9CIFn9iUrJf4nKRK8XBi3Qk2CrlRozKbmemzewmQ\n"                               \
    "-----END CERTIFICATE-----\n"
#define RSA_SHA256 "fa0dee3f58b1ed1ab9d10010cbd2f9662d78e39a5baf9bbefe73d6dcdece4a68"
#define RSA_JKT "izfWKDDqzTlz4aiAykCm9ncoFI_hNh4NlqPwP80Vl0k"
#define RSA_NOT_BEFORE 1795357228
#define RSA_NOT_AFTER 2110717228

#define P384_PEM                                                                                   \
    "-----BEGIN CERTIFICATE-----\n"                                                                \
    "MIIBqzCCATCgAwIBAgIURH3sRx0CmNGbQWykYMD/HoktMGgwCgYIKoZIzj0EAwIw\n"                           \
    "DDEKMAgGA1UEAwwBdDAeFw0yNjExMjIxNDIwMjhaFw0zNjExMTkxNDIwMjhaMAwx\n"                           \
    "CjAIBgNVBAMMAXQwdjAQBgcqhkjOPQIBBgUrgQQAIgNiAAQaBm14MDAXeSchI1lI\n"                           \
    "twCewuvPFHe8uABs9yAHCzjuP3BM02dDZyC/ftFmIi710bu6JxFvNpG9i/zq6L4t\n"                           \
    "0IHvccIE61eV73hqOToLBfS9Ojfc/LR1YkMGwFe3P1emNqujUzBRMB0GA1UdDgQW\n"                           \
    "BBTw5KYTXcbxUaPoJKt/HcqklaFMezAfBgNVHSMEGDAWgBTw5KYTXcbxUaPoJKt/\n"                           \
    "HcqklaFMezAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA2kAMGYCMQD8bj2a\n"                           \
    "nnawGTB+N24/Ckj1UwGRWVskHB5mYv6UhXo5c0cREMmrWCnlAoSEawD+KBICMQDx\n"                           \
    "MvAmoqgCaw8MxWmswuFzysnNHCPTQhpJqJOfaAP0ljD9Lo1XaVLL3fTfJwWot4U=\n"                           \
    "-----END CERTIFICATE-----\n"
#define P384_SHA256 "3d0a31a72160ee36e2135f5e37bbca4b485818f14d7b7622d6a22da5b9ddd16e"
#define P384_JKT ""
#define P384_NOT_BEFORE 1795357228
#define P384_NOT_AFTER 2110717228
