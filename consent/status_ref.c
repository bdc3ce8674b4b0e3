/*
 * The one spelling of a place in a status list, in receipts and in answers.
 */
#include "consent/status_ref.h"

#include "consent/members.h"

hf_status hf_status_ref_write(const struct hf_status_ref *ref, hf_buf *buf)
{
    return hf_buf_printf(buf, "{\"status_list\":{\"idx\":%u,\"uri\":\"%s\"}}", (unsigned)ref->idx,
                         ref->uri);
}

hf_status hf_status_ref_read(const struct hf_members *members, struct hf_status_ref *ret_ref)
{
    static const char *const outer_names[] = {"status_list", NULL};
    static const char *const inner_names[] = {"idx", "uri", NULL};
    struct hf_status_ref ref = {.idx = 0};
    struct hf_members outer;
    struct hf_members inner;
    const struct hf_json *value = NULL;
    hf_bytes uri;
    int64_t idx;
    HF_TRY(hf_members_find(members, "status", HF_JSON_OBJECT, &value));
    if (!value) {
        *ret_ref = ref;
        return HF_DONE;
    }
    HF_TRY(hf_members_open(members, value, "status", outer_names, &outer));
    HF_TRY(hf_members_get(&outer, "status_list", HF_JSON_OBJECT, &value));
    HF_TRY(hf_members_open(&outer, value, "status.status_list", inner_names, &inner));
    HF_TRY(hf_members_integer(&inner, "idx", 0, HF_STATUS_IDX_MAX, &idx));
    HF_TRY(hf_members_string(&inner, "uri", 1, HF_DOCUMENT_URI_MAX_BYTES, &uri));
    if (!hf_document_uri_is_valid(uri)) {
        return hf_members_wrong(&inner, "uri", "must be an https URI");
    }
    memcpy(ref.uri, uri.data, uri.size); /* bounded just above; zeroed behind */
    ref.idx = (uint32_t)idx;
    *ret_ref = ref;
    return HF_DONE;
}
