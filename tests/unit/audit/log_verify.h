/*
 * A log of log_folder.h under the verifier, with a policy that holds its key.
 */
#pragma once

#include "audit/verify.h"

#include "tests/unit/audit/log_folder.h"

static inline struct hf_tlog_policy *log_folder_policy(const struct log_folder *folder)
{
    struct hf_tlog_policy *policy = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(1024);
    assert_ok(hf_tlog_policy_write(LOG_ORIGIN, folder->signer, &text));
    assert_ok(hf_tlog_policy_parse(hf_buf_view(&text), &policy, NULL));
    return policy;
}

static inline struct hf_log_report log_folder_verify(const struct log_folder *folder,
                                                     hf_bytes since, const struct hf_seal_key *key)
{
    struct hf_log_report report;
    struct hf_tlog_policy *policy = log_folder_policy(folder);
    const struct hf_log_verify_request request = {folder->path, policy, since, key};
    hf_log_verify(&request, &report);
    hf_tlog_policy_free(policy);
    return report;
}

static inline struct hf_log_report verify(const struct log_folder *folder)
{
    return log_folder_verify(folder, hf_bytes_of(NULL, 0), NULL);
}
