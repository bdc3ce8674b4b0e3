/*
 * Reads a case as strictly as everything else: a member that is misspelt would test something that
 * nobody meant. It knows no catalog and no redactor.
 */
#include "cli/policy_case.h"

#include "base/file.h"
#include "consent/members.h"

enum { TEXT_MAX_BYTES = 4096, CODE_MAX_BYTES = 64, SUFFIX_BYTES = sizeof ".case.json" - 1 };

static const struct hf_json_limits limits = {.max_bytes = HF_CASE_FILE_MAX_BYTES,
                                             .max_depth = 4,
                                             .max_values = 256,
                                             .max_string_bytes = TEXT_MAX_BYTES};

/* One case under reading. */
struct reader {
    struct hf_members members;
    struct hf_arena *arena;
    hf_bytes folder; /* "DIR/", or empty */
    hf_bytes stem;   /* "DIR/name" */
};

void hf_policy_case_clear(struct hf_policy_case *read)
{
    hf_buf_clear(&read->text);
}

static hf_status join(const struct reader *reader, hf_bytes front, hf_bytes back,
                      const char **ret_string)
{
    const hf_bytes parts[] = {front, back};
    hf_bytes joined;
    HF_TRY(hf_arena_join(reader->arena, parts, 2, &joined));
    *ret_string = (const char *)joined.data;
    return HF_DONE;
}

/* NULL when it is not there. */
static hf_status read_text(const struct reader *reader, const char *name, const char **ret_text)
{
    hf_bytes text;
    if (!hf_json_member(reader->members.object, name)) {
        return HF_DONE;
    }
    HF_TRY(hf_members_string(&reader->members, name, 1, TEXT_MAX_BYTES, &text));
    return join(reader, text, (hf_bytes){0}, ret_text);
}

/* A file, from the folder of the case. */
static hf_status place_file(const struct reader *reader, hf_bytes file, const char **ret_path)
{
    bool is_absolute = file.size > 0 && file.data[0] == '/';
    return join(reader, is_absolute ? (hf_bytes){0} : reader->folder, file, ret_path);
}

static hf_status read_file(const struct reader *reader, const char *name, const char *otherwise,
                           const char **ret_path)
{
    const char *text = NULL;
    HF_TRY(read_text(reader, name, &text));
    if (text) {
        return place_file(reader, hf_bytes_of_string(text), ret_path);
    }
    return otherwise ? join(reader, reader->stem, hf_bytes_of_string(otherwise), ret_path)
                     : HF_DONE;
}

static hf_status read_consents(const struct reader *reader, struct hf_access_words *words)
{
    const struct hf_json *array = NULL;
    if (!hf_json_member(reader->members.object, "consents")) {
        return HF_DONE;
    }
    HF_TRY(hf_members_strings(&reader->members, "consents", 0, HF_CONSENTS_MAX, &array));
    for (const struct hf_json *file = array->child; file; file = file->next) {
        HF_TRY(place_file(reader, file->text, &words->claims[words->n_claims++]));
    }
    return HF_DONE;
}

/* As a command line would have them: joined by commas. */
static hf_status read_actions(const struct reader *reader, struct hf_access_words *words)
{
    const struct hf_json *array = NULL;
    if (!hf_json_member(reader->members.object, "actions")) {
        return HF_DONE;
    }
    HF_TRY(hf_members_strings(&reader->members, "actions", 0, 4, &array));
    for (const struct hf_json *action = array->child; action; action = action->next) {
        const char *before = words->actions ? words->actions : "";
        const char *comma = NULL;
        HF_TRY(join(reader, hf_bytes_of_string(before),
                    words->actions ? HF_LITERAL(",") : (hf_bytes){0}, &comma));
        HF_TRY(join(reader, hf_bytes_of_string(comma), action->text, &words->actions));
    }
    return HF_DONE;
}

static hf_status read_access(const struct reader *reader, struct hf_access_words *words)
{
    const struct hf_json *must;
    HF_TRY(hf_members_get(&reader->members, "operation", HF_JSON_STRING, &must));
    HF_TRY(hf_members_get(&reader->members, "bank", HF_JSON_STRING, &must));
    HF_TRY(read_text(reader, "operation", &words->operation));
    HF_TRY(read_text(reader, "bank", &words->bank));
    HF_TRY(read_text(reader, "purpose", &words->purpose));
    HF_TRY(read_text(reader, "subject", &words->subject));
    HF_TRY(read_actions(reader, words));
    HF_TRY(read_consents(reader, words));
    HF_TRY(read_file(reader, "agreement", NULL, &words->agreement));
    HF_TRY(read_file(reader, "ceilings", NULL, &words->ceilings));
    HF_TRY(read_text(reader, "person_key", &words->person_key));
    return hf_json_member(reader->members.object, "at")
               ? hf_members_integer(&reader->members, "at", 1, INT64_C(253402300799),
                                    &words->at_unix_s)
               : HF_DONE;
}

static hf_status read_expectation(const struct reader *reader, struct hf_policy_case *read)
{
    enum hf_code code;
    HF_TRY(read_text(reader, "refusal", &read->refusal));
    HF_TRY(read_text(reader, "fault", &read->fault));
    if (read->refusal && read->fault) {
        return hf_members_wrong(&reader->members, "fault",
                                "cannot stand beside `refusal`: what is refused has no answer");
    }
    if (read->refusal && !hf_code_by_name(read->refusal, &code)) {
        return hf_members_wrong(&reader->members, "refusal",
                                "must be a code such as \"scope_denied\"");
    }
    HF_TRY(read_file(reader, "input", ".in.json", &read->input));
    return read_file(reader, "expected", ".out.json", &read->expected);
}

static hf_status read_case(struct reader *reader, struct hf_policy_case *read)
{
    static const char *const NAMES[] = {
        "about",   "catalog",  "policy",   "operation", "bank",       "purpose",
        "actions", "subject",  "consents", "agreement", "ceilings",   "at",
        "input",   "expected", "refusal",  "fault",     "person_key", NULL};
    const struct hf_json *must;
    const char *about = NULL;
    HF_TRY(hf_members_parse(&reader->members, &limits, reader->arena, NAMES));
    read->root = reader->members.object;
    HF_TRY(hf_members_get(&reader->members, "catalog", HF_JSON_STRING, &must));
    HF_TRY(hf_members_get(&reader->members, "policy", HF_JSON_STRING, &must));
    HF_TRY(read_text(reader, "about", &about));
    HF_TRY(read_file(reader, "catalog", NULL, &read->catalog));
    HF_TRY(read_file(reader, "policy", NULL, &read->policy));
    HF_TRY(read_access(reader, &read->words));
    return read_expectation(reader, read);
}

hf_status hf_policy_case_read(const char *file, struct hf_arena *arena,
                              struct hf_policy_case *ret_case, struct hf_problem *reterr)
{
    const hf_bytes path = hf_bytes_of_string(file);
    const char *slash = strrchr(file, '/');
    struct reader reader = {
        .members = {.code = HF_CONFIG_INVALID, .reterr = reterr},
        .arena = arena,
        .folder = hf_bytes_of(file, slash ? (size_t)(slash - file) + 1 : 0),
        .stem = hf_bytes_of(file, path.size - SUFFIX_BYTES),
    };
    ret_case->text = hf_buf_init(HF_CASE_FILE_MAX_BYTES);
    HF_TRY(hf_file_read(file, &ret_case->text));
    reader.members.text = hf_buf_view(&ret_case->text);
    return read_case(&reader, ret_case);
}

void hf_policy_case_blame(const struct hf_policy_case *read, struct hf_problem *problem)
{
    const struct hf_json *member = hf_json_member(read->root, problem->where);
    hf_json_problem_at(problem, hf_buf_view(&read->text), (member ? member : read->root)->offset);
}
