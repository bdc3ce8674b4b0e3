/*
 * One agreement as it lies on disk: the file, and the source's signature over it.
 *
 * The signature covers bytes, not meaning: it is checked over the file as it was read, so that what
 * the source signed and what the gateway understood can be compared by anyone.
 */
#include "consent/agreement.h"

#include "base/date.h"
#include "base/file.h"
#include "consent/members.h"
#include "crypto/base64.h"
#include "crypto/jws.h"

#include <stdio.h>

enum {
    TREE_BYTES = 1 << 20,
    NAME_BYTES = HF_USCC_CHARS + 32,
    JWK_MAX_BYTES = 8192,
    INPUT_MAX_BYTES =
        HF_AGREEMENT_SIGNATURE_MAX_BYTES + HF_BASE64URL_CHARS(HF_AGREEMENT_FILE_MAX_BYTES)
};

static const int64_t max_unix_s = INT64_C(253402300799); /* 9999-12-31 */

/* ---- the file ---- */

static hf_status read_parties(const struct hf_members *members, struct hf_agreement *agreement)
{
    hf_bytes bank;
    hf_bytes source;
    char name[NAME_BYTES];
    HF_TRY(hf_members_string(members, "bank", 1, HF_PARTY_MAX_BYTES, &bank));
    if (!hf_party_uscc(bank, &bank)) {
        return hf_members_wrong(members, "bank", "must be a valid code");
    }
    HF_TRY(hf_members_string(members, "source", 1, 32, &source));
    if (!hf_source_by_name(source, &agreement->source)) {
        return hf_members_wrong(members, "source", "must be a known source");
    }
    memcpy(agreement->bank, bank.data, HF_USCC_CHARS); /* zeroed behind */
    snprintf(name, sizeof name, "%s.%s.json", agreement->bank, hf_source_name(agreement->source));
    if (strcmp(name, members->file) != 0) {
        return hf_members_wrong(members, NULL, "is not named <bank>.<source>.json for its content");
    }
    return HF_DONE;
}

static hf_status read_datasets(const struct hf_members *members, struct hf_arena *arena,
                               struct hf_agreement *agreement)
{
    const struct hf_json *array = NULL;
    HF_TRY(hf_members_strings(members, "datasets", 1, HF_AGREEMENT_MAX_DATASETS, &array));
    hf_bytes *names = hf_arena_alloc_array(arena, array->n_children, sizeof *names);
    if (!names) {
        HF_FAIL(NOMEM);
    }
    for (const struct hf_json *element = array->child; element; element = element->next) {
        enum hf_source source = agreement->source;
        hf_bytes name = element->text;
        if ((!hf_dataset_name_ok(name) && !hf_dataset_split(name, &source, &name)) ||
            source != agreement->source) {
            return hf_members_blame(members, members->code, "datasets", element,
                                    "must be names of datasets of the source");
        }
        HF_TRY(hf_arena_copy(arena, name, &names[agreement->n_datasets++]));
    }
    agreement->datasets = names;
    return HF_DONE;
}

/* Unix seconds, or a date: the first second in Shanghai of that day and, as an end, behind it. */
static hf_status read_time(const struct hf_members *members, const char *name, int days_behind,
                           int64_t *ret_unix_s)
{
    enum { DAY_S = 86400, SHANGHAI_S = 8 * 3600 };
    const struct hf_json *value = hf_json_member(members->object, name);
    int32_t day;
    if (!value || value->type != HF_JSON_STRING) {
        return hf_members_integer(members, name, 0, max_unix_s, ret_unix_s);
    }
    if (!hf_date_parse(value->text, &day)) {
        return hf_members_wrong(members, name, "must be Unix seconds or a date YYYY-MM-DD");
    }
    *ret_unix_s = ((int64_t)day + days_behind) * DAY_S - SHANGHAI_S;
    return HF_DONE;
}

static hf_status read_contact(const struct hf_members *members, struct hf_arena *arena,
                              struct hf_agreement *agreement)
{
    hf_bytes contact;
    if (!hf_json_member(members->object, "contact")) {
        return HF_DONE;
    }
    HF_TRY(hf_members_string(members, "contact", 1, HF_AGREEMENT_CONTACT_MAX_BYTES, &contact));
    return hf_arena_copy(arena, contact, &agreement->contact);
}

hf_status hf_agreement_parse(hf_bytes text, const char *name, struct hf_arena *arena,
                             struct hf_agreement *ret_agreement, struct hf_problem *reterr)
{
    static const char *const names[] = {"bank",      "source",  "datasets",
                                        "purposes",  "classes", "not_before",
                                        "not_after", "contact", NULL};
    static const struct hf_json_limits limits = {.max_bytes = HF_AGREEMENT_FILE_MAX_BYTES,
                                                 .max_depth = 2,
                                                 .max_values = HF_AGREEMENT_MAX_DATASETS + 64,
                                                 .max_string_bytes =
                                                     2 * HF_AGREEMENT_CONTACT_MAX_BYTES};
    HF_CLEANUP(hf_arena_clear) struct hf_arena tree = hf_arena_init(TREE_BYTES);
    struct hf_members members = {
        .text = text, .code = HF_CONFIG_INVALID, .file = name, .reterr = reterr};
    struct hf_agreement agreement = {.n_datasets = 0};
    HF_TRY(hf_members_parse(&members, &limits, &tree, names));
    HF_TRY(read_parties(&members, &agreement));
    HF_TRY(read_datasets(&members, arena, &agreement));
    HF_TRY(hf_members_mask(&members, "purposes", 1, hf_purpose_by_name, &agreement.purposes));
    HF_TRY(hf_members_mask(&members, "classes", 1, hf_field_by_name, &agreement.classes));
    HF_TRY(read_time(&members, "not_before", 0, &agreement.not_before_unix_s));
    HF_TRY(read_time(&members, "not_after", 1, &agreement.not_after_unix_s));
    HF_TRY(read_contact(&members, arena, &agreement));
    if (agreement.not_after_unix_s <= agreement.not_before_unix_s) {
        return hf_members_wrong(&members, "not_after", "must lie behind not_before");
    }
    *ret_agreement = agreement;
    return HF_DONE;
}

/* ---- the source's signature ---- */

static hf_status blame_signature(struct hf_problem *reterr, const char *sentence)
{
    return hf_problem_set(reterr, HF_CONFIG_INVALID, NULL, "%s", sentence);
}

/*
 * The envelope is read as any token's, with a payload of one byte in the place that is empty, and
 * verified over the file in that place.
 */
static hf_status open_envelope(hf_bytes head, hf_bytes tail, struct hf_arena *arena,
                               struct hf_jws *ret_jws, struct hf_problem *reterr)
{
    hf_bytes whole;
    const hf_bytes parts[] = {head, HF_LITERAL(".AA."), tail};
    HF_TRY(hf_arena_join(arena, parts, 3, &whole));
    hf_status status = hf_jws_parse(whole, arena, ret_jws, NULL);
    if (status.code == HF_CONSENT_MALFORMED || status.code == HF_CONSENT_SIGNATURE_INVALID) {
        return blame_signature(reterr, "its .jws is no JWS of exactly alg, typ and kid");
    }
    return status;
}

hf_status hf_agreement_verify(hf_bytes file, hf_bytes signature, const struct hf_key *key,
                              struct hf_problem *reterr)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(4 * HF_JWS_ARENA_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf input = hf_buf_init(INPUT_MAX_BYTES);
    struct hf_jws jws;
    if (signature.size > 0 && signature.data[signature.size - 1] == '\n') {
        signature.size--;
    }
    const uint8_t *dots =
        signature.size > 0 ? memmem(signature.data, signature.size, "..", 2) : NULL;
    if (!dots || signature.size > HF_AGREEMENT_SIGNATURE_MAX_BYTES) {
        return blame_signature(reterr, "its .jws is no detached JWS: header..signature");
    }
    const hf_bytes head = {signature.data, (size_t)(dots - signature.data)};
    HF_TRY(open_envelope(head, hf_bytes_skip(signature, head.size + 2), &arena, &jws, reterr));
    if (!hf_bytes_equal_string(jws.typ, "agreement+jws")) {
        return blame_signature(reterr, "its .jws is not of typ agreement+jws");
    }
    if (!hf_bytes_equal_string(jws.kid, hf_key_thumbprint(key))) {
        return blame_signature(reterr, "its .jws names another key than the source's");
    }
    HF_TRY(hf_buf_append(&input, head));
    HF_TRY(hf_buf_append_byte(&input, '.'));
    HF_TRY(hf_base64url_encode(file, &input));
    jws.signing_input = hf_buf_view(&input);
    hf_status status = hf_jws_verify(&jws, key);
    return status.code == HF_SIGNATURE_INVALID
               ? blame_signature(reterr, "its .jws does not hold: the file is not what was signed")
               : status;
}

/* ---- the source's key ---- */

void hf_agreement_keys_clear(struct hf_agreement_keys *keys)
{
    for (size_t i = 0; i < HF_N_SOURCES; i++) {
        hf_key_unref(keys->of_source[i]);
        keys->of_source[i] = NULL;
    }
}

hf_status hf_agreement_key_read(const char *path, struct hf_key **ret_key,
                                struct hf_problem *reterr)
{
    static const struct hf_json_limits limits = {
        .max_bytes = JWK_MAX_BYTES, .max_depth = 4, .max_values = 64, .max_string_bytes = 1024};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TREE_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(JWK_MAX_BYTES);
    struct hf_problem problem = {0};
    const struct hf_json *jwk = NULL;
    HF_TRY(hf_file_read(path, &text));
    hf_status status = hf_json_parse(hf_buf_view(&text), &limits, &arena, &jwk, &problem);
    if (hf_is_ok(status)) {
        status = hf_key_from_jwk(jwk, ret_key, &problem);
    }
    if (hf_is_ok(status) || status.code == HF_NOMEM || status.code == HF_CRYPTO) {
        return status;
    }
    if (reterr) {
        *reterr = problem;
    }
    return hf_problem_set(reterr, HF_CONFIG_INVALID, problem.where, "%s",
                          problem.detail[0] ? problem.detail : "is no public key as JWK");
}
