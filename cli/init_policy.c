/*
 * The examples' policy and catalogs, copied byte for byte, and agreements that let each bank of the
 * demonstration see every dataset that the catalogs name. What the copies mean is not judged here:
 * `hufud --check` and `hufu policy check` do.
 */
#include "cli/init_parts.h"

#include "base/file.h"
#include "base/json.h"

enum {
    EXAMPLE_MAX_BYTES = 1 << 20,
    TREE_BYTES = 16 << 20,
    AGREEMENT_MAX_BYTES = 1 << 16,
    NAME_BYTES = 64,
    AGREEMENT_LIFE_S = 3 * 365 * 86400
};

static const struct hf_json_limits catalog_limits = {.max_bytes = EXAMPLE_MAX_BYTES,
                                                     .max_depth = 32,
                                                     .max_values = 1 << 16,
                                                     .max_string_bytes = 1 << 16};

static hf_status copy_example(struct hf_init *init, const char *name, hf_buf *text)
{
    HF_TRY(hf_path_join(init->blamed, sizeof(init->blamed), init->examples, name));
    HF_TRY(hf_file_read(init->blamed, text));
    return hf_init_put(init, name, hf_buf_view(text), 0644);
}

/* ---- the datasets that a catalog names ---- */

static bool is_listed(const struct hf_json *const *datasets, size_t n_datasets, hf_bytes name)
{
    for (size_t i = 0; i < n_datasets; i++) {
        if (hf_bytes_equal(datasets[i]->text, name)) {
            return true;
        }
    }
    return false;
}

enum { MAX_DATASETS = 256 };

/* The dataset of each operation of one path, once. */
static size_t list_path(const struct hf_json *path, const struct hf_json **datasets,
                        size_t n_datasets)
{
    for (const struct hf_json *operation = path->child; operation; operation = operation->next) {
        const struct hf_json *dataset =
            hf_json_member(hf_json_member(operation, "x-hufu"), "dataset");
        if (dataset && dataset->type == HF_JSON_STRING && n_datasets < MAX_DATASETS &&
            !is_listed(datasets, n_datasets, dataset->text)) {
            datasets[n_datasets++] = dataset;
        }
    }
    return n_datasets;
}

static hf_status write_datasets(const struct hf_json *catalog, hf_buf *list)
{
    const struct hf_json *datasets[MAX_DATASETS];
    size_t n_datasets = 0;
    const struct hf_json *paths = hf_json_member(catalog, "paths");
    for (const struct hf_json *path = paths ? paths->child : NULL; path; path = path->next) {
        n_datasets = list_path(path, datasets, n_datasets);
    }
    for (size_t i = 0; i < n_datasets; i++) {
        HF_TRY(hf_buf_append_string(list, i > 0 ? "," : ""));
        HF_TRY(hf_json_write_string(list, datasets[i]->text));
    }
    return HF_DONE;
}

/* ---- agreements ---- */

static hf_status put_agreement(struct hf_init *init, const char *bank, const char *source,
                               hf_bytes datasets)
{
    char name[NAME_BYTES];
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(AGREEMENT_MAX_BYTES);
    snprintf(name, sizeof(name), "agreements/%s.%s.json", bank, source);
    HF_TRY(hf_buf_printf(&text,
                         "{\n  \"bank\": \"%s\",\n  \"source\": \"%s\",\n  \"datasets\": [%.*s],\n"
                         "  \"purposes\": [\"pre_loan\",\"in_loan\",\"post_loan\"],\n"
                         "  \"classes\": [\"public\",\"trade_secret\"],\n"
                         "  \"not_before\": %lld,\n  \"not_after\": %lld\n}\n",
                         bank, source, HF_PRINT(datasets), (long long)init->now_unix_s - 86400,
                         (long long)init->now_unix_s + AGREEMENT_LIFE_S));
    return hf_init_put(init, name, hf_buf_view(&text), 0644);
}

static hf_status add_source(struct hf_init *init, const char *source)
{
    char name[NAME_BYTES];
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(EXAMPLE_MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf datasets = hf_buf_init(AGREEMENT_MAX_BYTES);
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TREE_BYTES);
    const struct hf_json *catalog = NULL;
    snprintf(name, sizeof(name), "catalogs/%s.json", source);
    HF_TRY(copy_example(init, name, &text));
    HF_TRY(hf_path_join(init->blamed, sizeof(init->blamed), init->examples, name));
    HF_TRY(hf_json_parse(hf_buf_view(&text), &catalog_limits, &arena, &catalog, &init->problem));
    HF_TRY(write_datasets(catalog, &datasets));
    if (datasets.size == 0) {
        return hf_problem_set(&init->problem, HF_CATALOG_INVALID, "/paths",
                              "no operation has an x-hufu object that names its dataset");
    }
    for (size_t i = 0; i < HF_INIT_N_BANKS; i++) {
        HF_TRY(put_agreement(init, hf_init_banks[i], source, hf_buf_view(&datasets)));
    }
    return HF_DONE;
}

hf_status hf_init_policy(struct hf_init *init)
{
    HF_CLEANUP(hf_buf_clear) hf_buf policy = hf_buf_init(EXAMPLE_MAX_BYTES);
    HF_TRY(copy_example(init, "policy.json", &policy));
    for (size_t i = 0; i < HF_INIT_N_SOURCES; i++) {
        HF_TRY(add_source(init, hf_init_sources[i]));
    }
    return HF_DONE;
}

hf_status hf_init_config(struct hf_init *init)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(AGREEMENT_MAX_BYTES);
    const unsigned port = init->port;
    HF_TRY(hf_buf_printf(&text,
                         "{\n"
                         "  \"audience\": \"https://localhost:%u\",\n"
                         "  \"origin\": \"%s\",\n"
                         "  \"listen\": {\n"
                         "    \"banks\": \"127.0.0.1:%u\",\n"
                         "    \"public\": \"127.0.0.1:%u\",\n"
                         "    \"ops\": \"127.0.0.1:%u\"\n"
                         "  },\n"
                         "  \"sources\": {\n",
                         port, init->origin, port, port + 1, port + 2));
    for (unsigned i = 0; i < HF_INIT_N_SOURCES; i++) {
        HF_TRY(hf_buf_printf(&text,
                             "    \"%s\": {\"url\": \"https://127.0.0.1:%u\", "
                             "\"ca\": \"ca/ca.pem\"}%s\n",
                             hf_init_sources[i], port + 3 + i,
                             i + 1 < HF_INIT_N_SOURCES ? "," : ""));
    }
    HF_TRY(hf_buf_append_string(&text, "  },\n  \"workers\": 2\n}\n"));
    return hf_init_put(init, "hufud.json", hf_buf_view(&text), 0644);
}
