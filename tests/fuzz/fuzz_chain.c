/* Targets: crypto/chain.c, crypto/chain_crl.c, crypto/chain_name.c, crypto/der.c. The first byte
 * says what follows: certificates with their lengths, a list, a root, or one certificate. The chain
 * that holds is the one signer's that the authority certified, whatever else was sent. */
#include "tests/fuzz/trusted.h"

static void verify(hf_bytes in)
{
    hf_bytes certs[HF_CHAIN_MAX_CERTS + 1];
    struct hf_chain chain = {0};
    size_t n = fuzz_split(in, certs, HF_CHAIN_MAX_CERTS + 1);
    hf_status status = hf_chain_verify(fuzz_root(), certs, n, &chain, NULL);
    fuzz_require(hf_is_ok(status) == (chain.key != NULL) && status.code != HF_NOMEM);
    fuzz_require(!chain.key || strcmp(hf_key_thumbprint(chain.key), FUZZ_SIGNER) == 0);
    hf_chain_clear(&chain);
}

static void read_names(hf_bytes cert)
{
    static const struct hf_chain_place places[] = {{.subject = "serialNumber"},
                                                   {.extension = "1.2.156.10260.4.1.4"}};
    for (size_t i = 0; i < 2; i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf name = hf_buf_init(1 << 16);
        hf_ignore(hf_chain_read_name(cert, &places[i], &name));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(hf_bytes) = {verify, fuzz_add_list, fuzz_read_root, read_names};
    if (size > 0) {
        readers[data[0] & 3](hf_bytes_of(data + 1, size - 1));
    }
    return 0;
}
