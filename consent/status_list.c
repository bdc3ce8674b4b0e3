/*
 * Writes and reads status lists. A list that is read may be anybody's bytes: it is inflated into a
 * bounded room only after a key of the gateway's has been found to have signed it, and then once.
 *
 * Invariant: hf_status_list_parse() reads whatever is written here, and gives back its entries.
 */
#include "consent/status_list.h"

#include "base/deflate.h"
#include "consent/claims.h"
#include "consent/profile.h"
#include "crypto/base64.h"

#include <inttypes.h>

enum { MAX_TTL_S = 366 * 86400, MAX_VALUES = 64 };

/* ---- writing ---- */

static hf_status write_entries(hf_bytes entries, hf_buf *buf)
{
    HF_CLEANUP(hf_buf_clear) hf_buf packed = hf_buf_init(HF_JWS_DOCUMENT_PAYLOAD_MAX_BYTES);
    HF_TRY(hf_deflate(entries, &packed));
    return hf_base64url_encode(hf_buf_view(&packed), buf);
}

hf_status hf_status_list_sign(const struct hf_key *key, const struct hf_status_list_facts *facts,
                              hf_buf *buf)
{
    HF_CLEANUP(hf_buf_clear) hf_buf payload = hf_buf_init(HF_JWS_DOCUMENT_PAYLOAD_MAX_BYTES);
    HF_TRY(hf_buf_append_string(&payload, "{\"sub\":"));
    HF_TRY(hf_json_write_string(&payload, hf_bytes_of_string(facts->uri)));
    HF_TRY(hf_buf_printf(&payload,
                         ",\"iat\":%" PRId64 ",\"exp\":%" PRId64 ",\"ttl\":%" PRId64
                         ",\"status_list\":{\"bits\":%d,\"lst\":\"",
                         facts->iat_unix_s, facts->exp_unix_s, facts->ttl_s, HF_STATUS_LIST_BITS));
    HF_TRY(write_entries(facts->entries, &payload));
    HF_TRY(hf_buf_append_string(&payload, "\"}}"));
    return hf_jws_sign_document(key, HF_STATUS_LIST_TYP, hf_buf_view(&payload), buf);
}

void hf_status_list_set(uint8_t *entries, uint32_t idx, enum hf_status_value value)
{
    unsigned shift = idx * HF_STATUS_LIST_BITS % 8;
    uint8_t *byte = &entries[idx / (8 / HF_STATUS_LIST_BITS)];
    *byte = (uint8_t)((*byte & ~(3u << shift)) | (unsigned)value << shift);
}

/* ---- reading ---- */

static hf_status open_list(hf_bytes payload, struct hf_arena *arena, struct hf_members *ret_members,
                           struct hf_problem *reterr)
{
    static const char *const names[] = {"sub", "iat", "exp", "ttl", "status_list", NULL};
    static const struct hf_json_limits limits = {.max_bytes = HF_JWS_DOCUMENT_PAYLOAD_MAX_BYTES,
                                                 .max_depth = 2,
                                                 .max_values = MAX_VALUES,
                                                 .max_string_bytes =
                                                     HF_JWS_DOCUMENT_PAYLOAD_MAX_BYTES};
    struct hf_members members = {.text = payload, .code = HF_CONSENT_MALFORMED, .reterr = reterr};
    HF_TRY(hf_members_parse(&members, &limits, arena, names));
    *ret_members = members;
    return HF_DONE;
}

static hf_status read_bits(const struct hf_members *inner, unsigned *ret_bits)
{
    int64_t bits;
    HF_TRY(hf_members_integer(inner, "bits", 1, 8, &bits));
    if ((bits & (bits - 1)) != 0) {
        return hf_members_wrong(inner, "bits", "must be 1, 2, 4 or 8");
    }
    *ret_bits = (unsigned)bits;
    return HF_DONE;
}

static hf_status inflate_entries(const struct hf_members *inner, hf_bytes lst,
                                 struct hf_arena *arena, hf_bytes *ret_entries)
{
    HF_CLEANUP(hf_buf_clear) hf_buf packed = hf_buf_init(HF_JWS_DOCUMENT_PAYLOAD_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf entries = hf_buf_init(HF_STATUS_LIST_MAX_BYTES);
    hf_status status = hf_base64url_decode(lst, &packed);
    if (status.code == HF_BASE64_MALFORMED) {
        return hf_members_wrong(inner, "lst", "is not strict base64url without padding");
    }
    HF_TRY(status);
    status = hf_inflate(hf_buf_view(&packed), &entries);
    if (status.code == HF_DEFLATE_MALFORMED) {
        return hf_members_wrong(inner, "lst", "is no whole zlib stream");
    }
    if (status.code == HF_LIMIT) {
        return hf_members_wrong(inner, "lst", "inflates beyond what a list may be");
    }
    HF_TRY(status);
    return hf_arena_copy(arena, hf_buf_view(&entries), ret_entries);
}

static hf_status read_entries(const struct hf_members *members, struct hf_arena *arena,
                              struct hf_status_list *list)
{
    static const char *const names[] = {"bits", "lst", NULL};
    const struct hf_json *value = NULL;
    struct hf_members inner;
    HF_TRY(hf_members_get(members, "status_list", HF_JSON_OBJECT, &value));
    HF_TRY(hf_members_open(members, value, "status_list", names, &inner));
    HF_TRY(read_bits(&inner, &list->bits));
    HF_TRY(hf_members_get(&inner, "lst", HF_JSON_STRING, &value));
    return inflate_entries(&inner, value->text, arena, &list->entries);
}

hf_status hf_status_list_parse(hf_bytes payload, struct hf_arena *arena,
                               struct hf_status_list *ret_list, struct hf_problem *reterr)
{
    struct hf_members members;
    struct hf_status_list list = {.bits = 0};
    HF_TRY(open_list(payload, arena, &members, reterr));
    HF_TRY(hf_members_string(&members, "sub", 1, HF_DOCUMENT_URI_MAX_BYTES, &list.uri));
    if (!hf_document_uri_is_valid(list.uri)) {
        return hf_members_wrong(&members, "sub", "must be an https URI");
    }
    HF_TRY(hf_profile_time(&members, "iat", &list.iat_unix_s));
    HF_TRY(hf_profile_time(&members, "exp", &list.exp_unix_s));
    HF_TRY(hf_members_integer(&members, "ttl", 1, MAX_TTL_S, &list.ttl_s));
    HF_TRY(read_entries(&members, arena, &list));
    *ret_list = list;
    return HF_DONE;
}

hf_status hf_status_list_verify(hf_bytes text, const struct hf_key_set *keys,
                                struct hf_arena *arena, struct hf_status_list *ret_list,
                                struct hf_problem *reterr)
{
    hf_bytes payload;
    HF_TRY(hf_document_open(text, &(struct hf_document_trust){HF_STATUS_LIST_TYP, keys}, arena,
                            &payload, reterr));
    return hf_status_list_parse(payload, arena, ret_list, reterr);
}

/* ---- judging ---- */

hf_status hf_status_list_judge(const struct hf_status_list *list, hf_bytes uri, int64_t now_unix_s,
                               struct hf_problem *reterr)
{
    if (!hf_bytes_equal(list->uri, uri)) { /* = draft-ietf-oauth-status-list-21 8.3 */
        return hf_problem_set(reterr, HF_SUBJECT_MISMATCH, "sub", "is another list");
    }
    if (list->iat_unix_s > now_unix_s + HF_CLAIMS_SKEW_S) {
        return hf_problem_set(reterr, HF_CONSENT_NOT_YET_VALID, "iat", "lies ahead");
    }
    if (list->exp_unix_s <= now_unix_s) {
        return hf_problem_set(reterr, HF_CONSENT_EXPIRED, "exp", "is past: fetch the list again");
    }
    return HF_DONE;
}

hf_status hf_status_list_get(const struct hf_status_list *list, uint32_t idx, unsigned *ret_value)
{
    const size_t per_byte = 8 / list->bits;
    if (idx / per_byte >= list->entries.size) {
        HF_FAIL(NOT_FOUND);
    }
    unsigned shift = (unsigned)(idx % per_byte) * list->bits;
    *ret_value = list->entries.data[idx / per_byte] >> shift & ((1u << list->bits) - 1);
    return HF_DONE;
}

const char *hf_status_value_name(unsigned value)
{
    static const char *const names[] = {"VALID", "INVALID", "SUSPENDED"};
    return value < sizeof names / sizeof *names ? names[value] : "UNKNOWN";
}
