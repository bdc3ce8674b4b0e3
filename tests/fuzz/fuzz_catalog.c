/* Targets: policy/catalog.c, policy/catalog_schema.c, policy/catalog_tree.c, policy/compile.c. A
 * text is refused with a mistake that has a sentence, or every operation of it can become a view.
 */
#include "policy/catalog.h"
#include "policy/compile.h"
#include "tests/fuzz/fuzz.h"

static void check_views(const struct hf_catalog *catalog, const struct hf_policy *policy)
{
    for (size_t i = 0; i < hf_catalog_n_operations(catalog); i++) {
        const struct hf_view_request request = {.operation = hf_catalog_operation(catalog, i),
                                                .policy = policy,
                                                .subject_kind = HF_SUBJECT_LEGAL,
                                                .agreement_classes = HF_FIELD_ALL};
        struct hf_compiled_view *view = NULL;
        fuzz_require(request.operation->subject && request.operation->answer);
        fuzz_require(hf_is_ok(hf_view_compile(&request, &view)));
        hf_compiled_view_unref(view);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hf_policy *policy;
    static const char keep[] = "{\"version\":\"1\",\"rules\":[{\"when\":{},\"do\":\"keep\","
                               "\"without_consent\":\"keep\"}]}";
    struct hf_problems problems = {.n = 0};
    struct hf_catalog *catalog = NULL;
    fuzz_require(policy || hf_is_ok(hf_policy_compile(HF_LITERAL(keep), &problems, &policy)));
    hf_status status = hf_catalog_compile(hf_bytes_of(data, size), &problems, &catalog);
    fuzz_require(hf_is_ok(status) == (problems.n == 0) && hf_is_ok(status) == (catalog != NULL));
    for (size_t i = 0; i < problems.n; i++) {
        fuzz_require(problems.items[i].code != HF_OK && problems.items[i].offset <= size);
    }
    if (catalog) {
        check_views(catalog, policy);
    }
    hf_catalog_free(catalog);
    return 0;
}
