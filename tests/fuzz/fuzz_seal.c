/* Targets: crypto/seal.c. A box opens under its own associated data and key alone, never grows, and
 * a box that does not open leaves the buffer as it was. */
#include "crypto/rand.h"
#include "crypto/seal.h"
#include "tests/fuzz/fuzz.h"

static struct hf_seal_key mine;
static struct hf_seal_key other;

static void make_keys(void)
{
    static const uint8_t bytes[2][HF_SEAL_KEY_BYTES] = {{1}, {2}};
    fuzz_require(hf_is_ok(hf_crypto_init()));
    fuzz_require(hf_is_ok(hf_seal_key_init(&mine, hf_bytes_of(bytes[0], HF_SEAL_KEY_BYTES))));
    fuzz_require(hf_is_ok(hf_seal_key_init(&other, hf_bytes_of(bytes[1], HF_SEAL_KEY_BYTES))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HF_CLEANUP(hf_buf_clear) hf_buf plain = hf_buf_init(1 << 20);
    const hf_bytes sealed = hf_bytes_of(data, size);
    if (!mine.prf_key.data) {
        make_keys();
    }
    if (hf_is_ok(hf_seal_open(sealed, HF_LITERAL("ad"), &mine, &plain))) {
        fuzz_require(plain.size + hf_seal_overhead_bytes((size_t)__builtin_popcount(data[1])) ==
                     size);
        fuzz_require(!hf_is_ok(hf_seal_open(sealed, HF_LITERAL("da"), &mine, &plain)));
        fuzz_require(!hf_is_ok(hf_seal_open(sealed, HF_LITERAL("ad"), &other, &plain)));
        fuzz_require(plain.size + hf_seal_overhead_bytes((size_t)__builtin_popcount(data[1])) ==
                     size);
    } else {
        fuzz_require(plain.size == 0);
    }
    return 0;
}
