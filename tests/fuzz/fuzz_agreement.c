/* Targets: consent/agreement_file.c, consent/agreement.c. A file is refused as a whole or becomes
 * an agreement within every bound, which allows what it names and nothing else; the same bytes as a
 * signature never verify. */
#include "consent/agreement.h"
#include "tests/fuzz/grantor.h"

static void check(const struct hf_agreement *agreement)
{
    unsigned classes = 0;
    int64_t first = agreement->not_before_unix_s;
    fuzz_require(agreement->n_datasets >= 1 && agreement->n_datasets <= HF_AGREEMENT_MAX_DATASETS);
    fuzz_require(first < agreement->not_after_unix_s && agreement->classes && agreement->purposes);
    fuzz_require(agreement->contact.size <= HF_AGREEMENT_CONTACT_MAX_BYTES);
    for (size_t i = 0; i < agreement->n_datasets; i++) {
        fuzz_require(hf_dataset_name_ok(agreement->datasets[i]));
        fuzz_require(hf_is_ok(hf_agreement_judge(agreement, agreement->datasets[i],
                                                 agreement->purposes, first, &classes)));
        fuzz_require(classes == agreement->classes);
        fuzz_require(!hf_is_ok(hf_agreement_judge(agreement, agreement->datasets[i], 0,
                                                  agreement->not_after_unix_s, &classes)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(1 << 20);
    struct hf_problem problem = {0};
    struct hf_agreement agreement;
    fuzz_grantor();
    hf_status status = hf_agreement_parse(hf_bytes_of(data, size), "911100001000044477.tax.json",
                                          &arena, &agreement, &problem);
    fuzz_require(status.code != HF_NOMEM && status.code == problem.code);
    if (hf_is_ok(status)) {
        check(&agreement);
    }
    status = hf_agreement_verify(HF_LITERAL("{}"), hf_bytes_of(data, size), key, &problem);
    fuzz_require(status.code == HF_CONFIG_INVALID);
    return 0;
}
