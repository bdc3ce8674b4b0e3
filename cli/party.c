/*
 * Enterprises and persons as a user names them. A wrong name is wrong usage: nothing has been asked
 * of anybody yet.
 */
#include "cli/party.h"

#include "cli/print.h"

enum hf_exit hf_read_party(const struct hf_cli *cli, const char *option, const char *value,
                           char ret_party[static HF_PARTY_MAX_BYTES + 1])
{
    enum hf_subject_kind kind;
    if (hf_party_kind(hf_bytes_of_string(value), &kind)) {
        snprintf(ret_party, HF_PARTY_MAX_BYTES + 1, "%s", value);
        return HF_EXIT_YES;
    }
    if (hf_uscc_is_valid(hf_bytes_of_string(value))) {
        snprintf(ret_party, HF_PARTY_MAX_BYTES + 1, "uscc:%s", value);
        return HF_EXIT_YES;
    }
    return hf_print_wrong_option(
        cli, option,
        "is neither a Unified Social Credit Code (with or without uscc:) nor "
        "person: and a name of 43 characters");
}
