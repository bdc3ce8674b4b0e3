/* Targets: policy/rule.c, policy/rule_read.c, policy/rule_fit.c. A policy is refused with a
 * mistake, or it can be asked about every leaf; a rule that passes the check of fit always fits. */
#include "policy/rule.h"
#include "tests/fuzz/fuzz.h"

static const char CATALOG[] =
    "{\"openapi\":\"3.1.0\",\"info\":{\"x-hufu\":{\"source\":\"tax\"}},\"paths\":{\"/p/"
    "{u}\":{\"get\":{"
    "\"x-hufu\":{\"dataset\":\"payment\",\"subject\":\"u\"},\"parameters\":[{\"name\":\"u\",\"in\":"
    "\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}],\"responses\":{\"200\":{"
    "\"content\":{"
    "\"application/"
    "json\":{\"schema\":{\"properties\":{\"a\":{\"type\":\"string\",\"x-hufu\":{\"class\":"
    "\"trade_secret\",\"level\":3,\"identifier\":\"name\"}},\"n\":{\"type\":\"number\",\"x-hufu\":{"
    "\"class\":\"public\"}}}}}}}}}}}}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hf_catalog *catalog;
    struct hf_problems problems = {.n = 0};
    struct hf_policy *policy = NULL;
    hf_bytes text = hf_bytes_of(data, size);
    fuzz_require(catalog || hf_is_ok(hf_catalog_compile(HF_LITERAL(CATALOG), &problems, &catalog)));
    hf_status status = hf_policy_compile(text, &problems, &policy);
    fuzz_require(hf_is_ok(status) == (problems.n == 0) && hf_is_ok(status) == (policy != NULL));
    struct hf_rule_facts facts = {.operation = hf_catalog_operation(catalog, 0), .purpose = 1};
    bool fits = policy && hf_is_ok(hf_policy_check_fit(policy, text, catalog, &problems));
    facts.field = facts.operation->answer->child;
    for (; policy && facts.field; facts.field = facts.field->next) {
        for (facts.actions = 0; facts.actions <= HF_ACTION_ALL; facts.actions++) {
            const struct hf_rule *rule = hf_policy_decide(policy, &facts);
            unsigned types = hf_leaf_types(facts.field);
            fuzz_require(!fits || !rule || hf_treatment_fits(&rule->with, types));
            fuzz_require(!fits || !rule || hf_treatment_fits(&rule->without, types));
        }
    }
    hf_policy_free(policy);
    return 0;
}
