/* Targets: gateway/tile_name.c. What is accepted has one spelling: written again it is the same. */
#include "gateway/tile_name.h"

#include "tests/fuzz/fuzz.h"

#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_tile_name name;
    char number[32];
    char again[64];
    if (!hf_is_ok(hf_tile_name_parse(hf_bytes_of(data, size), &name))) {
        return 0;
    }
    unsigned groups[4];
    uint64_t rest = name.number;
    int n_groups = 0;
    do {
        groups[n_groups++] = (unsigned)(rest % 1000);
        rest /= 1000;
    } while (rest && n_groups < 4);
    number[0] = 0;
    while (n_groups--) {
        size_t n = strlen(number);
        snprintf(number + n, sizeof number - n, n_groups ? "x%03u/" : "%03u", groups[n_groups]);
    }
    int n = snprintf(again, sizeof again, "%u/%s", name.level, number);
    if (name.n_hashes < HF_TILE_HASHES) {
        n += snprintf(again + n, sizeof again - (size_t)n, ".p/%u", name.n_hashes);
    }
    fuzz_require(hf_bytes_equal(hf_bytes_of(data, size), hf_bytes_of(again, (size_t)n)));
    return 0;
}
