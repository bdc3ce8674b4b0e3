/*
 * The program's own compiler and redactor, asked thousands of times beside another that was written
 * from the document. Frames on standard input, each a line `WORD SIZE` and so many bytes; for each
 * an answer of the same form on standard output, `WORDS SIZE` and bytes:
 *
 *   catalog    an OpenAPI document        -> "ok 0", or "mistakes SIZE" and the sentences
 *   policy     a policy for it            -> alike; the two are checked against each other
 *   view       an access, as JSON         -> "ok SIZE" and its digest, what is charged, the verdict
 *   subject    what an answer must echo   -> nothing
 *   answer     a source's body            -> "ok SIZE", or "fault SIZE", and what left; and
 *                                            "differs SIZE" when some way of cutting changes it
 *
 * An access: {"operation", "bank", "purpose", "actions", "subject_kind", "agreement", "scopes": [{
 * "consent", "grantor_kind", "grantor", "by_subject", "datatypes", "purposes", "actions",
 * "classes", "from", "to", "fields", "detail"}]}; what is missing is not said.
 */
#include "base/json.h"
#include "crypto/base64.h"
#include "policy/compile.h"
#include "policy/explain.h"
#include "tests/support/redacting.h"

#include <stdio.h>
#include <stdlib.h>

enum { FRAME_BYTES = 4 << 20, SUBJECT_BYTES = 256, ARENA_BYTES = 8 << 20 };

struct driver {
    struct hf_catalog *catalog;
    struct hf_policy *policy;
    struct hf_compiled_view *view;
    char subject[SUBJECT_BYTES + 1];
    uint64_t generation;
};

static void require(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "policy_driver: %s\n", what);
        _Exit(1);
    }
}

static void answer(const char *word, hf_bytes bytes)
{
    printf("%s %zu\n", word, bytes.size);
    fwrite(bytes.data, 1, bytes.size, stdout);
    fflush(stdout);
}

static void answer_problems(const struct hf_problems *problems)
{
    HF_CLEANUP(hf_buf_clear) hf_buf words = hf_buf_init(FRAME_BYTES);
    for (size_t i = 0; i < problems->n; i++) {
        const struct hf_problem *problem = &problems->items[i];
        require(hf_is_ok(hf_buf_printf(&words, "%s: %s\n", problem->where, problem->detail)),
                "words");
    }
    answer(problems->n ? "mistakes" : "ok", hf_buf_view(&words));
}

/* ---- documents ---- */

static void forget_view(struct driver *driver)
{
    hf_compiled_view_unref(driver->view);
    driver->view = NULL;
}

static void read_catalog(struct driver *driver, hf_bytes text)
{
    struct hf_problems problems = {.n = 0};
    forget_view(driver);
    hf_catalog_free(driver->catalog);
    driver->catalog = NULL;
    hf_status status = hf_catalog_compile(text, &problems, &driver->catalog);
    require(hf_is_ok(status) == (problems.n == 0), "a catalog fails without a word");
    answer_problems(&problems);
}

static void read_policy(struct driver *driver, hf_bytes text)
{
    struct hf_problems problems = {.n = 0};
    require(driver->catalog != NULL, "a policy comes after its catalog");
    forget_view(driver);
    hf_policy_free(driver->policy);
    driver->policy = NULL;
    hf_status status = hf_policy_compile(text, &problems, &driver->policy);
    if (hf_is_ok(status)) {
        status = hf_policy_check_fit(driver->policy, text, driver->catalog, &problems);
    }
    require(hf_is_ok(status) == (problems.n == 0), "a policy fails without a word");
    answer_problems(&problems);
}

/* ---- an access ---- */

static hf_bytes text_of(const struct hf_json *object, const char *name)
{
    const struct hf_json *member = hf_json_member(object, name);
    return member ? member->text : hf_bytes_of_string("");
}

/* The bits of a member's words, which may be one or a list; 0: none. */
static unsigned mask_of(const struct hf_json *object, const char *name,
                        bool (*bit_of)(hf_bytes, unsigned *))
{
    const struct hf_json *member = hf_json_member(object, name);
    bool is_list = member && member->type == HF_JSON_ARRAY;
    unsigned mask = 0;
    for (const struct hf_json *word = is_list ? member->child : member; word;
         word = is_list ? word->next : NULL) {
        unsigned bit = 0;
        require(bit_of(word->text, &bit), name);
        mask |= bit;
    }
    return mask;
}

static const hf_bytes *list_of(const struct hf_json *object, const char *name,
                               struct hf_arena *arena, size_t *ret_n)
{
    const struct hf_json *member = hf_json_member(object, name);
    size_t n = 0;
    if (!member || member->n_children == 0) {
        return NULL;
    }
    hf_bytes *items = hf_arena_alloc_array(arena, member->n_children, sizeof *items);
    require(items != NULL, "memory");
    for (const struct hf_json *item = member->child; item; item = item->next) {
        items[n++] = item->text;
    }
    *ret_n = n;
    return items;
}

static enum hf_subject_kind kind_of(const struct hf_json *object, const char *name)
{
    return (enum hf_subject_kind)mask_of(object, name, hf_subject_kind_by_name);
}

static struct hf_grant_scope scope_of(const struct hf_json *text, struct hf_arena *arena)
{
    struct hf_grant_scope scope = {.grantor_kind = kind_of(text, "grantor_kind"),
                                   .grantor = text_of(text, "grantor"),
                                   .purposes = mask_of(text, "purposes", hf_purpose_by_name),
                                   .actions = mask_of(text, "actions", hf_action_by_name),
                                   .classes = mask_of(text, "classes", hf_field_by_name)};
    const struct hf_json *consent = hf_json_member(text, "consent");
    const struct hf_json *by_subject = hf_json_member(text, "by_subject");
    int64_t index = 0;
    require(consent && hf_is_ok(hf_json_integer(consent, &index)), "consent");
    scope.consent = (unsigned)index;
    scope.by_subject = by_subject && by_subject->type == HF_JSON_TRUE;
    scope.datasets = list_of(text, "datatypes", arena, &scope.n_datasets);
    scope.fields = list_of(text, "fields", arena, &scope.n_fields);
    scope.has_range = hf_date_parse(text_of(text, "from"), &scope.range.first_day) &&
                      hf_date_parse(text_of(text, "to"), &scope.range.last_day);
    if (hf_json_member(text, "detail")) {
        require(hf_detail_by_name(text_of(text, "detail"), &scope.detail), "detail");
    }
    return scope;
}

static hf_status write_leaf(void *context, const struct hf_explained_leaf *leaf)
{
    hf_buf *words = context;
    HF_TRY(hf_buf_printf(words, "\n%.*s ", HF_PRINT(leaf->leaf->path)));
    return hf_treatment_write(&leaf->treatment, words);
}

/* Digest, which consents are charged, whether such an access may be made at all; then a line for
 * each leaf, with what is done to it. */
static void answer_view(const struct driver *driver, const struct hf_view_request *request)
{
    HF_CLEANUP(hf_buf_clear) hf_buf words = hf_buf_init(FRAME_BYTES);
    const struct hf_compiled_view *view = driver->view;
    hf_status verdict =
        hf_compiled_view_judge(view, request->operation, request->n_scopes > 0, NULL);
    require(hf_is_ok(hf_base64url_encode(hf_bytes_of(view->digest, HF_SHA256_BYTES), &words)) &&
                hf_is_ok(hf_buf_printf(&words, " %u %s", view->charged,
                                       hf_code_info(verdict.code)->name)) &&
                hf_is_ok(hf_view_explain(request, write_leaf, &words)),
            "words");
    answer("ok", hf_buf_view(&words));
}

static void compile_view(struct driver *driver, hf_bytes text)
{
    static const struct hf_json_limits limits = {FRAME_BYTES, 8, 1 << 16, 1 << 16};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(ARENA_BYTES);
    struct hf_grant_scope scopes[HF_GRANT_MAX_SCOPES];
    const struct hf_json *access = NULL;
    require(hf_is_ok(hf_json_parse(text, &limits, &arena, &access, NULL)), "an access is JSON");
    struct hf_view_request request = {
        .generation = ++driver->generation,
        .operation = hf_catalog_find(driver->catalog, text_of(access, "operation")),
        .policy = driver->policy,
        .bank = text_of(access, "bank"),
        .purpose = mask_of(access, "purpose", hf_purpose_by_name),
        .actions = mask_of(access, "actions", hf_action_by_name),
        .subject_kind = kind_of(access, "subject_kind"),
        .agreement_classes = mask_of(access, "agreement", hf_field_by_name),
        .scopes = scopes};
    const struct hf_json *list = hf_json_member(access, "scopes");
    for (const struct hf_json *scope = list ? list->child : NULL; scope; scope = scope->next) {
        require(request.n_scopes < HF_GRANT_MAX_SCOPES, "scopes");
        scopes[request.n_scopes++] = scope_of(scope, &arena);
    }
    require(request.operation != NULL, "an access names an operation");
    forget_view(driver);
    require(hf_is_ok(hf_view_compile(&request, &driver->view)), "a view");
    answer_view(driver, &request);
}

/* ---- an answer ---- */

/* What left, if it is the same however the body is cut and whatever the machine. */
static void redact(const struct driver *driver, hf_bytes body)
{
    static const size_t chunks[] = {2, 3, 7, 64, 1000, 16384};
    require(driver->view != NULL, "an answer comes after its view");
    const struct redacting redacting = {.view = driver->view->view,
                                        .subject = driver->subject,
                                        .limits = hf_redact_limits_default()};
    struct redacted whole = redacting_run(&redacting, body, 0);
    const char *difference = redacting_doubt(&redacting, &whole, body, 1);
    for (size_t i = 0; i < sizeof chunks / sizeof chunks[0] && !difference; i++) {
        struct redacted cut = redacting_run(&redacting, body, chunks[i]);
        difference = redacted_difference(&whole, &cut);
        redacted_clear(&cut);
    }
    if (difference) {
        answer("differs", hf_bytes_of_string(difference));
    } else {
        answer(hf_is_ok(whole.status) ? "ok" : "fault", hf_buf_view(&whole.out));
    }
    redacted_clear(&whole);
}

static void obey(struct driver *driver, const char *word, hf_bytes bytes)
{
    if (strcmp(word, "catalog") == 0) {
        read_catalog(driver, bytes);
    } else if (strcmp(word, "policy") == 0) {
        read_policy(driver, bytes);
    } else if (strcmp(word, "view") == 0) {
        compile_view(driver, bytes);
    } else if (strcmp(word, "subject") == 0) {
        require(bytes.size <= SUBJECT_BYTES, "a subject");
        snprintf(driver->subject, sizeof driver->subject, "%.*s", HF_PRINT(bytes));
    } else {
        require(strcmp(word, "answer") == 0, "a word");
        redact(driver, bytes);
    }
}

int main(void)
{
    struct driver driver = {.generation = 0};
    char word[16];
    size_t size = 0;
    uint8_t *bytes = malloc(FRAME_BYTES);
    require(bytes != NULL, "memory");
    while (scanf("%15s %zu", word, &size) == 2) {
        require(getchar() == '\n' && size <= FRAME_BYTES, "a frame");
        require(fread(bytes, 1, size, stdin) == size, "a frame is whole");
        obey(&driver, word, hf_bytes_of(bytes, size));
    }
    free(bytes);
    forget_view(&driver);
    hf_policy_free(driver.policy);
    hf_catalog_free(driver.catalog);
    return 0;
}
