/* Targets: audit/tlog_policy.c, audit/note.c (keys). Claim: whatever is accepted can judge a note
 * without a signature, and finds none. */
#include "audit/tlog_policy.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_tlog_policy *policy = NULL;
    struct hf_problem problem = {0};
    struct hf_note note = {.text = HF_LITERAL("a\n0\nx\n")};
    struct hf_tlog_judgement judgement;
    hf_status status = hf_tlog_policy_parse(hf_bytes_of(data, size), &policy, &problem);
    if (!hf_is_ok(status)) {
        fuzz_require(status.code != HF_CONFIG_INVALID || problem.detail[0]);
        return 0;
    }
    fuzz_require(hf_is_ok(hf_tlog_policy_judge(policy, &note, HF_LITERAL("a"), &judgement)));
    fuzz_require(!judgement.is_signed && judgement.n_witnesses == 0);
    hf_tlog_policy_free(policy);
    return 0;
}
