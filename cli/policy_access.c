/*
 * Reads a described access and brings it before the gateway's own judges in the gateway's own
 * order: consents, ceilings, agreement. It decides nothing itself.
 *
 * There is no connection here: every consent is bound to the certificate NO_CERT, which is judged
 * to be the bank's.
 */
#include "cli/policy_access.h"

#include "cli/claims_file.h"
#include "cli/person.h"
#include "cli/print.h"
#include "crypto/base64.h"
#include "gateway/grant.h"

static const uint8_t NO_CERT[HF_SHA256_BYTES];

static const struct hf_integer_range moments = {1, INT64_C(253402300799)};

void hf_access_init(struct hf_access *access)
{
    *access = (struct hf_access){
        .arena = hf_arena_init(8 * HF_CLAIMS_ARENA_BYTES + 4 * HF_AGREEMENT_FILE_MAX_BYTES)};
}

void hf_access_clear(struct hf_access *access)
{
    hf_ceilings_free(access->ceilings);
    hf_mac_key_clear(&access->person_key);
    hf_arena_clear(&access->arena);
    access->ceilings = NULL;
}

/* ---- words ---- */

enum hf_exit hf_access_words_of(const struct hf_cli *cli, const struct hf_arguments *arguments,
                                struct hf_access_words *ret_words)
{
    struct hf_problem problem = {0};
    struct hf_access_words words = {.operation = hf_argument(arguments, "operation"),
                                    .bank = hf_argument(arguments, "bank"),
                                    .purpose = hf_argument(arguments, "purpose"),
                                    .actions = hf_argument(arguments, "actions"),
                                    .subject = hf_argument(arguments, "subject"),
                                    .agreement = hf_argument(arguments, "agreement"),
                                    .ceilings = hf_argument(arguments, "ceilings"),
                                    .deployment = hf_argument(arguments, "deployment"),
                                    .at_unix_s = hf_clock_unix_s(&cli->clock)};
    hf_status status = hf_argument_integer(arguments, "at", moments, &words.at_unix_s, &problem);
    const char *path;
    while (hf_is_ok(status) &&
           (path = hf_argument_at(arguments, "consent-claims", words.n_claims)) != NULL) {
        if (words.n_claims == HF_CONSENTS_MAX) {
            status = hf_problem_set(&problem, HF_REQUEST_MALFORMED, "consent-claims",
                                    "may stand 8 times at most");
            break;
        }
        words.claims[words.n_claims++] = path;
    }
    if (!hf_is_ok(status)) {
        return hf_print_option_error(cli, &problem);
    }
    *ret_words = words;
    return HF_EXIT_YES;
}

/* A word that is wrong. */
static hf_status wrong(struct hf_problem *reterr, const char *name, const char *sentence)
{
    return hf_problem_set(reterr, HF_REQUEST_MALFORMED, name, "%s", sentence);
}

static hf_status read_operation(struct hf_access *access, const struct hf_catalog *catalog,
                                struct hf_problem *reterr)
{
    access->operation = hf_catalog_find(catalog, hf_bytes_of_string(access->words->operation));
    return access->operation ? HF_DONE
                             : wrong(reterr, "operation",
                                     "names no operation of the catalog; write 'GET /path' as the "
                                     "catalog does");
}

static hf_status read_purpose(struct hf_access *access, struct hf_problem *reterr)
{
    const char *purpose = access->words->purpose;
    if (purpose && !hf_purpose_by_name(hf_bytes_of_string(purpose), &access->purpose)) {
        return wrong(reterr, "purpose", "must be pre_loan, in_loan or post_loan");
    }
    return HF_DONE;
}

static hf_status read_actions(struct hf_access *access, struct hf_problem *reterr)
{
    const char *value = access->words->actions;
    hf_bytes rest = value ? hf_bytes_of_string(value) : (hf_bytes){0};
    while (rest.size > 0) {
        const uint8_t *comma = memchr(rest.data, ',', rest.size);
        size_t size = comma ? (size_t)(comma - rest.data) : rest.size;
        unsigned bit = 0;
        if (!hf_action_by_name(hf_bytes_of(rest.data, size), &bit) ||
            (comma && size + 1 == rest.size)) {
            return wrong(reterr, "actions", "must be of query,process,analyse,use");
        }
        access->actions |= bit;
        rest = hf_bytes_skip(rest, comma ? size + 1 : size);
    }
    return HF_DONE;
}

static hf_status read_bank(struct hf_access *access, struct hf_problem *reterr)
{
    hf_bytes uscc;
    if (!hf_party_uscc(hf_bytes_of_string(access->words->bank), &uscc)) {
        return wrong(reterr, "bank",
                     "is not a Unified Social Credit Code (18 characters, GB 32100-2015, with its "
                     "check character)");
    }
    memcpy(access->bank, uscc.data, HF_USCC_CHARS);
    return HF_DONE;
}

/* `uscc:<18>`, `person:<43>`, or a bare USCC. */
static hf_status read_subject(struct hf_access *access, struct hf_problem *reterr)
{
    const char *value = access->words->subject;
    hf_bytes party = value                  ? hf_bytes_of_string(value)
                     : access->n_claims > 0 ? access->claims[0].sub
                                            : (hf_bytes){0};
    hf_bytes uscc;
    if (party.size == 0) {
        return wrong(reterr, "subject", "is missing: no claims say whom the answer is about");
    }
    if (hf_party_uscc(party, &uscc)) {
        memcpy(access->subject, "uscc:", 5);
        memcpy(access->subject + 5, uscc.data, HF_USCC_CHARS);
    } else if (party.size < sizeof(access->subject)) {
        memcpy(access->subject, party.data, party.size);
    }
    if (!hf_party_kind(hf_bytes_of_string(access->subject), &access->subject_kind)) {
        return wrong(reterr, "subject",
                     "must be `uscc:` and a valid code, or `person:` and 43 characters");
    }
    return HF_DONE;
}

/* The key that a case holds: no secret, for its claims are no consents. */
static hf_status read_own_key(struct hf_access *access, struct hf_problem *reterr)
{
    const char *text = access->words->person_key;
    uint8_t key[HF_SHA256_BYTES];
    if (!text) {
        return HF_DONE;
    }
    if (!hf_is_ok(hf_base64url_decode_fixed(hf_bytes_of_string(text), key, sizeof key))) {
        return wrong(reterr, "person_key", "must be 43 characters of base64url");
    }
    hf_mac_key_init(&access->person_key, hf_bytes_of(key, sizeof key));
    access->has_person_key = true;
    return HF_DONE;
}

static hf_status read_words(struct hf_access *access, const struct hf_catalog *catalog,
                            struct hf_problem *reterr)
{
    HF_TRY(read_operation(access, catalog, reterr));
    HF_TRY(read_purpose(access, reterr));
    HF_TRY(read_actions(access, reterr));
    HF_TRY(read_own_key(access, reterr));
    return read_bank(access, reterr);
}

static hf_status read_parties(struct hf_access *access, struct hf_problem *reterr)
{
    HF_TRY(read_subject(access, reterr));
    if (access->n_claims > 0 && (access->purpose == 0 || access->actions == 0)) {
        return wrong(reterr, access->purpose ? "actions" : "purpose",
                     "is missing: an access with consents says its purpose and actions");
    }
    return HF_DONE;
}

/* ---- files ---- */

static enum hf_exit read_claims(const struct hf_cli *cli, struct hf_access *access,
                                const char *path)
{
    const struct hf_claims_limits limits = hf_claims_limits_default();
    struct hf_claims *claims = &access->claims[access->n_claims];
    struct hf_problem problem = {0};
    size_t n_own_bytes = 0;
    HF_CLEANUP(hf_buf_clear) hf_buf payload = hf_buf_init(2 * HF_CLAIMS_FILE_MAX_BYTES);
    enum hf_exit code =
        hf_claims_file_read_as_written(cli, path, &access->arena, &payload, &n_own_bytes);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status =
        hf_claims_parse(hf_buf_view(&payload), &limits, &access->arena, claims, &problem);
    if (!hf_is_ok(status)) {
        problem.line = problem.offset < n_own_bytes ? problem.line : 0;
        return hf_print_problem(cli, path, status, &problem);
    }
    memcpy(claims->cert_sha256, NO_CERT, sizeof(NO_CERT));
    claims->has_cert_sha256 = true;
    claims->jkt = (hf_bytes){0};
    access->n_claims++;
    return HF_EXIT_YES;
}

static enum hf_exit read_all_claims(const struct hf_cli *cli, struct hf_access *access)
{
    enum hf_exit code = HF_EXIT_YES;
    for (size_t i = 0; i < access->words->n_claims && code == HF_EXIT_YES; i++) {
        code = read_claims(cli, access, access->words->claims[i]);
    }
    return code;
}

static enum hf_exit read_agreement(const struct hf_cli *cli, struct hf_access *access)
{
    const char *path = access->words->agreement;
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_AGREEMENT_FILE_MAX_BYTES);
    if (!path) {
        return HF_EXIT_YES;
    }
    enum hf_exit code = hf_read_input(cli, path, &text);
    if (code != HF_EXIT_YES) {
        return code;
    }
    const char *slash = strrchr(path, '/');
    hf_status status = hf_agreement_parse(hf_buf_view(&text), slash ? slash + 1 : path,
                                          &access->arena, &access->agreement, &problem);
    access->has_agreement = hf_is_ok(status);
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, path, status, &problem);
}

static enum hf_exit read_ceilings(const struct hf_cli *cli, struct hf_access *access)
{
    const char *path = access->words->ceilings;
    struct hf_problem problem = {0};
    hf_status status = path ? hf_ceilings_load(path, &access->ceilings, &problem) : HF_DONE;
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, path, status, &problem);
}

static enum hf_exit read_person_key(const struct hf_cli *cli, struct hf_access *access)
{
    const char *deployment = access->words->deployment;
    if (!deployment) {
        return HF_EXIT_YES;
    }
    enum hf_exit code = hf_read_person_key(cli, deployment, &access->person_key);
    access->has_person_key = code == HF_EXIT_YES;
    return code;
}

enum hf_exit hf_access_read(const struct hf_cli *cli, const struct hf_access_words *words,
                            const struct hf_access_documents *documents, struct hf_access *access,
                            struct hf_problem *reterr)
{
    access->words = words;
    access->policy = documents->policy;
    if (!hf_is_ok(read_words(access, documents->catalog, reterr))) {
        return HF_EXIT_USAGE;
    }
    enum hf_exit code = read_all_claims(cli, access);
    code = code ? code : read_agreement(cli, access);
    code = code ? code : read_ceilings(cli, access);
    code = code ? code : read_person_key(cli, access);
    if (code == HF_EXIT_YES && !hf_is_ok(read_parties(access, reterr))) {
        code = HF_EXIT_USAGE;
    }
    return code;
}

/* ---- judging ---- */

static hf_status judge_consents(struct hf_access *access, struct hf_problem *reterr)
{
    const struct hf_claims *claims[HF_CONSENTS_MAX];
    struct hf_consent_access wanted = {.bank = hf_bytes_of_string(access->bank),
                                       .cert_sha256 = NO_CERT,
                                       .subject = hf_bytes_of_string(access->subject),
                                       .subject_kind = access->subject_kind,
                                       .dataset = access->operation->dataset,
                                       .detail = access->operation->detail,
                                       .is_dated = access->operation->rows != NULL,
                                       .purpose = access->purpose,
                                       .actions = access->actions};
    if (access->n_claims == 0) {
        return HF_DONE;
    }
    for (size_t i = 0; i < access->n_claims; i++) {
        claims[i] = &access->claims[i];
        wanted.loan_ref = wanted.loan_ref.size ? wanted.loan_ref : claims[i]->loan_ref;
    }
    return hf_consents_judge(&wanted, claims, access->n_claims, &access->judgement, reterr);
}

/* As when the consents were received, and as for each access. */
static hf_status meet_ceilings(struct hf_access *access, struct hf_problem *reterr)
{
    hf_ceilings_find(access->ceilings, hf_bytes_of_string(access->bank), access->purpose,
                     access->operation->dataset, &access->ceiling);
    for (size_t i = 0; access->ceilings && i < access->n_claims; i++) {
        struct hf_claims *claims = &access->claims[i];
        HF_TRY(hf_ceilings_admit(access->ceilings, claims, reterr));
        const struct hf_ceiling_window counted = {claims->window,
                                                  claims->has_window ? claims->window_count : 0};
        HF_TRY(hf_ceiling_judge(&access->ceiling, claims, counted, claims->nbf_unix_s, reterr));
    }
    for (size_t i = 0; access->ceilings && i < access->judgement.n_covers; i++) {
        struct hf_cover *cover = &access->judgement.covers[i];
        if (cover->scope->has_range) {
            HF_TRY(hf_ceiling_judge_range(&access->ceiling, &cover->range, reterr));
        }
    }
    return HF_DONE;
}

static hf_status judge_agreement(const struct hf_access *access, unsigned *ret_classes,
                                 struct hf_problem *reterr)
{
    const struct hf_agreement *agreement = &access->agreement;
    enum hf_source source;
    hf_bytes dataset;
    if (!access->has_agreement) {
        *ret_classes = HF_FIELD_ALL;
        return HF_DONE;
    }
    if (!hf_dataset_split(access->operation->dataset, &source, &dataset) ||
        agreement->source != source || strcmp(agreement->bank, access->bank) != 0) {
        return hf_problem_set(reterr, HF_AGREEMENT_DENIED, NULL,
                              "the agreement is another bank's or another source's");
    }
    hf_status status = hf_agreement_judge(agreement, dataset, access->purpose,
                                          access->words->at_unix_s, ret_classes);
    return hf_is_ok(status) ? status
                            : hf_problem_set(reterr, status.code, NULL,
                                             "the agreement does not reach this access");
}

hf_status hf_access_judge(struct hf_access *access, struct hf_problem *reterr)
{
    const struct hf_claims *claims[HF_CONSENTS_MAX];
    unsigned classes = 0;
    HF_TRY(judge_consents(access, reterr));
    HF_TRY(meet_ceilings(access, reterr));
    HF_TRY(judge_agreement(access, &classes, reterr));
    for (size_t i = 0; i < access->n_claims; i++) {
        claims[i] = &access->claims[i];
    }
    access->request = (struct hf_view_request){
        .operation = access->operation,
        .policy = access->policy,
        .bank = hf_bytes_of_string(access->bank),
        .purpose = access->purpose,
        .actions = access->actions,
        .subject_kind = access->subject_kind,
        .agreement_classes = classes,
        .scopes = access->scopes,
        .n_scopes = hf_grants_of(&access->judgement, claims, access->scopes)};
    return HF_DONE;
}

hf_status hf_access_redactor(const struct hf_access *access, const struct hf_compiled_view *view,
                             const struct hf_redact_limits *limits, struct hf_redact **ret_redact)
{
    hf_bytes uscc = {0};
    if (!hf_party_uscc(hf_bytes_of_string(access->subject), &uscc)) {
        uscc = (hf_bytes){0};
    }
    const struct hf_redact_access about = {
        .subject = uscc,
        .person_key = access->has_person_key ? &access->person_key : NULL,
        .bank = hf_bytes_of_string(access->bank),
    };
    return hf_redact_new(view->view, &about, limits, ret_redact);
}

bool hf_access_lacks_key(const struct hf_access *access, const struct hf_compiled_view *view)
{
    return (hf_view_has_owners(view->view) || hf_view_has_pseudonyms(view->view)) &&
           !access->has_person_key;
}
