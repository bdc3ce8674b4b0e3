/*
 * An order is no token: its authority is that of whoever may write the deployment's files. So it is
 * read as strictly as those, and its name follows from its reference: one reference, one order.
 */
#include "consent/order.h"

#include "consent/members.h"
#include "crypto/base64.h"
#include "crypto/hash.h"

enum { TREE_BYTES = 32 << 10 };

void hf_order_file_name(const char *reference, char ret_name[static HF_ORDER_NAME_CHARS + 1])
{
    uint8_t digest[HF_SHA256_BYTES];
    hf_sha256_of(hf_bytes_of_string(reference), digest);
    hf_base64url_encode_fixed(hf_bytes_of(digest, sizeof digest), ret_name);
    memcpy(ret_name + HF_BASE64URL_CHARS(HF_SHA256_BYTES), ".json", sizeof ".json");
}

static hf_status read_parties(const struct hf_members *members, struct hf_act *act)
{
    enum hf_subject_kind kind;
    hf_bytes iss;
    hf_bytes jti = {NULL, 0};
    HF_TRY(hf_members_string(members, "iss", 1, HF_PARTY_MAX_BYTES, &iss));
    if (!hf_party_kind(iss, &kind)) {
        return hf_members_wrong(members, "iss",
                                "must be uscc: and a valid code, or person: and a name");
    }
    if (hf_json_member(members->object, "jti")) {
        HF_TRY(hf_members_string(members, "jti", HF_JTI_MIN_BYTES, HF_JTI_MAX_BYTES, &jti));
        if (!hf_jti_is_valid(jti)) {
            return hf_members_wrong(members, "jti", "must be of A-Z a-z 0-9 - _");
        }
        memcpy(act->id.jti, jti.data, jti.size); /* its bound is part of the check */
    }
    memcpy(act->id.iss, iss.data, iss.size);
    return HF_DONE;
}

hf_status hf_order_parse(hf_bytes text, const char *name, struct hf_act *ret_act,
                         struct hf_problem *reterr)
{
    static const char *const names[] = {"iss", "jti", "reference", NULL};
    static const struct hf_json_limits limits = {.max_bytes = HF_ORDER_FILE_MAX_BYTES,
                                                 .max_depth = 1,
                                                 .max_values = 8,
                                                 .max_string_bytes = HF_ORDER_FILE_MAX_BYTES};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TREE_BYTES);
    struct hf_members members = {
        .text = text, .code = HF_CONFIG_INVALID, .file = name, .reterr = reterr};
    struct hf_act act = {.kind = HF_ACT_REVOKE, .reason = HF_REVOCATION_ORDERED};
    char expected[HF_ORDER_NAME_CHARS + 1];
    hf_bytes reference;
    HF_TRY(hf_members_parse(&members, &limits, &arena, names));
    HF_TRY(read_parties(&members, &act));
    HF_TRY(hf_members_string(&members, "reference", 1, HF_REFERENCE_MAX_BYTES, &reference));
    memcpy(act.reference, reference.data, reference.size); /* bounded just above; zeroed behind */
    hf_order_file_name(act.reference, expected);
    if (strcmp(expected, name) != 0) {
        return hf_members_wrong(&members, "reference", "is not the one that the file is named for");
    }
    *ret_act = act;
    return HF_DONE;
}

hf_status hf_order_write(const struct hf_act *act, hf_buf *buf)
{
    HF_TRY(hf_buf_printf(buf, "{\"iss\":\"%s\",", act->id.iss));
    if (!hf_act_is_of_all(act)) {
        HF_TRY(hf_buf_printf(buf, "\"jti\":\"%s\",", act->id.jti));
    }
    HF_TRY(hf_buf_append_string(buf, "\"reference\":"));
    HF_TRY(hf_json_write_string(buf, hf_bytes_of_string(act->reference)));
    return hf_buf_append_string(buf, "}\n");
}
