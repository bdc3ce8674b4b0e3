/*
 * Decides what a rule may say. Closed throughout: a member or word that is not known is a mistake,
 * for a condition that is ignored makes a rule match more than its author meant, and a treatment
 * that is ignored releases more.
 */
#include "policy/rule_read.h"

#include "base/uscc.h"

enum { LIST_MAX = 256, STEP_TEXT_BYTES = 32 };

struct reader {
    const struct hf_document *document;
    struct hf_arena *arena;
};

static void mistake(const struct reader *reader, const struct hf_json *at, const char *sentence)
{
    hf_problems_add(reader->document, at, "%s", sentence);
}

static void check_closed(const struct reader *reader, const struct hf_json *object,
                         const char *const *names)
{
    for (const struct hf_json *member = object->child; member; member = member->next) {
        const char *const *name = names;
        while (*name && !hf_bytes_equal_string(member->name, *name)) {
            name++;
        }
        if (!*name) {
            hf_problems_add_name(reader->document, member,
                                 "no member `%.*s` is known here; check its spelling",
                                 HF_PRINT(member->name));
        }
    }
}

/* ---- when ---- */

/* A value or a list of values: the first, and how many. */
static bool read_list(const struct reader *reader, const struct hf_json *member,
                      const struct hf_json **ret_first, size_t *ret_n)
{
    bool is_list = member->type == HF_JSON_ARRAY;
    const struct hf_json *first = is_list ? member->child : member;
    size_t n = is_list ? member->n_children : 1;
    if (n == 0 || n > LIST_MAX) {
        mistake(reader, member, "a list has 1 to 256 values; leave the member out to match all");
        return false;
    }
    for (const struct hf_json *value = first; value; value = is_list ? value->next : NULL) {
        if (value->type != HF_JSON_STRING) {
            mistake(reader, value, "a string, or a list of strings, must stand here");
            return false;
        }
    }
    *ret_first = first;
    *ret_n = n;
    return true;
}

static void read_mask(const struct reader *reader, const struct hf_json *member,
                      bool (*by_name)(hf_bytes, unsigned *), const char *words, unsigned *ret_mask)
{
    const struct hf_json *value;
    size_t n;
    if (!member || !read_list(reader, member, &value, &n)) {
        return;
    }
    for (; n--; value = value->next) {
        unsigned bit = 0;
        if (!by_name(value->text, &bit)) {
            hf_problems_add(reader->document, value, "`%.*s` must be of: %s",
                            HF_PRINT(member->name), words);
        }
        *ret_mask |= bit;
    }
}

static bool source_bit_by_name(hf_bytes name, unsigned *ret_bit)
{
    enum hf_source source;
    if (!hf_source_by_name(name, &source)) {
        return false;
    }
    *ret_bit = 1u << source;
    return true;
}

struct text_list {
    const char *words; /* what must stand there, for the mistake */
    bool (*check)(hf_bytes text, hf_bytes *ret_text);
};

static bool check_identifier(hf_bytes text, hf_bytes *ret_text)
{
    *ret_text = hf_identifier_by_name(text);
    return ret_text->size > 0;
}

static bool check_dataset(hf_bytes text, hf_bytes *ret_text)
{
    enum hf_source source;
    hf_bytes name;
    *ret_text = text;
    return hf_dataset_name_ok(text) || hf_dataset_split(text, &source, &name);
}

static bool check_field(hf_bytes text, hf_bytes *ret_text)
{
    *ret_text = text;
    return text.size > 0 && text.size <= HF_CATALOG_MAX_PATH_CHARS;
}

static hf_status read_texts(const struct reader *reader, const struct hf_json *member,
                            const struct text_list *kind, const hf_bytes **ret_texts, size_t *ret_n)
{
    const struct hf_json *value;
    size_t n;
    if (!member || !read_list(reader, member, &value, &n)) {
        return HF_DONE;
    }
    hf_bytes *texts = hf_arena_alloc_array(reader->arena, n, sizeof(*texts));
    if (!texts) {
        HF_FAIL(NOMEM);
    }
    for (size_t i = 0; i < n; i++, value = value->next) {
        hf_bytes text;
        if (!kind->check(value->text, &text)) {
            hf_problems_add(reader->document, value, "`%.*s` must be %s", HF_PRINT(member->name),
                            kind->words);
            continue;
        }
        HF_TRY(hf_arena_copy(reader->arena, text, &texts[i]));
    }
    *ret_texts = texts;
    *ret_n = n;
    return HF_DONE;
}

static void read_level(const struct reader *reader, const struct hf_json *member,
                       uint32_t *ret_level)
{
    int64_t level = 0;
    if (!member) {
        return;
    }
    if (member->type != HF_JSON_NUMBER || !hf_is_ok(hf_json_integer(member, &level)) || level < 1 ||
        level > 5) {
        mistake(reader, member, "`level_at_least` must be 1, 2, 3, 4 or 5");
        return;
    }
    *ret_level = (uint32_t)level;
}

static hf_status read_when(const struct reader *reader, const struct hf_json *node,
                           struct hf_rule_when *when)
{
    static const char *const NAMES[] = {"class",   "level_at_least", "identifier", "source",
                                        "dataset", "field",          "purpose",    "action",
                                        "bank",    "subject_kind",   NULL};
    static const struct text_list IDENTIFIER = {
        "one of uscc resident_id bank_card mobile landline plate passport email name address "
        "invoice_no account_no",
        check_identifier};
    static const struct text_list DATASET = {"a dataset: \"payment\" or \"tax/payment\"",
                                             check_dataset};
    static const struct text_list FIELD = {"a path such as \"items[].amount\"", check_field};
    static const struct text_list BANK = {"a valid Unified Social Credit Code", hf_party_uscc};
    check_closed(reader, node, NAMES);
    read_mask(reader, hf_json_member(node, "class"), hf_field_by_name,
              "public trade_secret personal sensitive_personal", &when->classes);
    read_level(reader, hf_json_member(node, "level_at_least"), &when->level_at_least);
    read_mask(reader, hf_json_member(node, "source"), source_bit_by_name,
              "tax samr customs court water power gas social housing credit", &when->sources);
    read_mask(reader, hf_json_member(node, "purpose"), hf_purpose_by_name,
              "pre_loan in_loan post_loan", &when->purposes);
    read_mask(reader, hf_json_member(node, "action"), hf_action_by_name,
              "query process analyse use", &when->actions);
    read_mask(reader, hf_json_member(node, "subject_kind"), hf_subject_kind_by_name,
              "legal sole_trader person", &when->subject_kinds);
    HF_TRY(read_texts(reader, hf_json_member(node, "identifier"), &IDENTIFIER, &when->identifiers,
                      &when->n_identifiers));
    HF_TRY(read_texts(reader, hf_json_member(node, "dataset"), &DATASET, &when->datasets,
                      &when->n_datasets));
    HF_TRY(
        read_texts(reader, hf_json_member(node, "field"), &FIELD, &when->fields, &when->n_fields));
    return read_texts(reader, hf_json_member(node, "bank"), &BANK, &when->banks, &when->n_banks);
}

/* ---- do ---- */

static void read_kind(const struct reader *reader, const struct hf_json *member,
                      enum hf_treatment_kind *ret_kind)
{
    if (member->type == HF_JSON_STRING && hf_is_ok(hf_treatment_by_name(member->text, ret_kind))) {
        return;
    }
    hf_problems_add(
        reader->document, member,
        "`%.*s` must be keep, drop, null, mask, round, bucket, truncate_date, scan or pseudonym",
        HF_PRINT(member->name));
}

static void read_keep(const struct reader *reader, const struct hf_json *node, const char *name,
                      unsigned *ret_keep)
{
    const struct hf_json *member = hf_json_member(node, name);
    int64_t keep = 0;
    if (!member) {
        hf_problems_add(reader->document, node, "`mask` needs `%s`, 0 to %d", name,
                        HF_MASK_MAX_CHARS);
        return;
    }
    if (member->type != HF_JSON_NUMBER || !hf_is_ok(hf_json_integer(member, &keep)) || keep < 0 ||
        keep > HF_MASK_MAX_CHARS) {
        hf_problems_add(reader->document, member, "`%s` must be a whole number from 0 to %d", name,
                        HF_MASK_MAX_CHARS);
        return;
    }
    *ret_keep = (unsigned)keep;
}

static void read_step(const struct reader *reader, const struct hf_json *node,
                      struct hf_step *ret_step)
{
    const struct hf_json *member = hf_json_member(node, "step");
    if (!member) {
        mistake(reader, node, "`round` needs `step`, such as 1000 or 0.01");
        return;
    }
    if ((member->type != HF_JSON_NUMBER && member->type != HF_JSON_STRING) ||
        !hf_is_ok(hf_step_parse(member->text, ret_step))) {
        mistake(reader, member,
                "`step` must be a number above 0, written plainly: 1000, 0.01, \"2.50\"");
    }
}

static void read_to(const struct reader *reader, const struct hf_json *node,
                    enum hf_date_unit *ret_to)
{
    const struct hf_json *member = hf_json_member(node, "to");
    if (hf_json_is_string(member, "month")) {
        *ret_to = HF_DATE_UNIT_MONTH;
    } else if (hf_json_is_string(member, "quarter")) {
        *ret_to = HF_DATE_UNIT_QUARTER;
    } else if (hf_json_is_string(member, "year")) {
        *ret_to = HF_DATE_UNIT_YEAR;
    } else {
        mistake(reader, member ? member : node,
                "`truncate_date` needs `to`: month, quarter or year");
    }
}

/* Whatever is wrong is told; the edges are then no good, and the policy with them. */
static hf_status read_edges(const struct reader *reader, const struct hf_json *node,
                            struct hf_edges *ret_edges)
{
    const struct hf_json *member = hf_json_member(node, "edges");
    size_t n = 0;
    if (!member || member->type != HF_JSON_ARRAY || member->n_children == 0 ||
        member->n_children > HF_BUCKET_MAX_EDGES) {
        mistake(reader, member ? member : node,
                "`bucket` needs `edges`: a list of 1 to 32 numbers, such as [1000, 5000]");
        return HF_DONE;
    }
    struct hf_edge *list = hf_arena_alloc_array(reader->arena, member->n_children, sizeof(*list));
    if (!list) {
        HF_FAIL(NOMEM);
    }
    for (const struct hf_json *edge = member->child; edge; edge = edge->next) {
        bool is_text = edge->type == HF_JSON_NUMBER || edge->type == HF_JSON_STRING;
        if (!is_text || !hf_is_ok(hf_edge_parse(edge->text, &list[n]))) {
            mistake(reader, edge,
                    "an edge must be a number, written plainly: 1000, -2.5, \"0.10\"");
            return HF_DONE;
        }
        if (n > 0 && hf_decimal_compare(&list[n - 1].value, &list[n].value) >= 0) {
            mistake(reader, edge, "edges must rise: each above the one before");
        }
        n++;
    }
    *ret_edges = (struct hf_edges){list, n};
    return HF_DONE;
}

static void refuse_parameter(const struct reader *reader, const struct hf_json *node,
                             const char *name, const char *treatment)
{
    const struct hf_json *member = hf_json_member(node, name);
    if (member) {
        hf_problems_add_name(reader->document, member,
                             "`%s` belongs to `%s`, which this rule does not do; take it away",
                             name, treatment);
    }
}

/* The parameters serve `do` and `without_consent` alike. */
static hf_status read_parameters(const struct reader *reader, const struct hf_json *node,
                                 struct hf_rule *rule)
{
    struct hf_treatment read = {0};
    bool does[HF_N_TREATMENTS] = {false};
    does[rule->with.kind] = true;
    does[rule->without.kind] = true;
    if (does[HF_TREAT_MASK]) {
        read_keep(reader, node, "keep_first", &read.keep_first);
        read_keep(reader, node, "keep_last", &read.keep_last);
    } else {
        refuse_parameter(reader, node, "keep_first", "mask");
        refuse_parameter(reader, node, "keep_last", "mask");
    }
    if (does[HF_TREAT_ROUND]) {
        read_step(reader, node, &read.step);
    } else {
        refuse_parameter(reader, node, "step", "round");
    }
    if (does[HF_TREAT_TRUNCATE_DATE]) {
        read_to(reader, node, &read.to);
    } else {
        refuse_parameter(reader, node, "to", "truncate_date");
    }
    if (does[HF_TREAT_BUCKET]) {
        HF_TRY(read_edges(reader, node, &read.edges));
    } else {
        refuse_parameter(reader, node, "edges", "bucket");
    }
    read.kind = rule->with.kind;
    rule->with = read;
    read.kind = rule->without.kind;
    rule->without = read;
    return HF_DONE;
}

hf_status hf_rule_read(const struct hf_document *document, const struct hf_json *node,
                       struct hf_arena *arena, struct hf_rule *ret_rule)
{
    static const char *const NAMES[] = {"when", "do", "without_consent", "keep_first", "keep_last",
                                        "step", "to", "edges",           NULL};
    const struct reader reader = {document, arena};
    struct hf_rule rule = {.offset = node->offset};
    if (node->type != HF_JSON_OBJECT) {
        mistake(&reader, node, "a rule must be an object: {\"when\": {...}, \"do\": \"keep\"}");
        return HF_DONE;
    }
    const struct hf_json *when = hf_json_member(node, "when");
    const struct hf_json *action = hf_json_member(node, "do");
    const struct hf_json *without = hf_json_member(node, "without_consent");
    check_closed(&reader, node, NAMES);
    if (when && when->type == HF_JSON_OBJECT) {
        HF_TRY(read_when(&reader, when, &rule.when));
    } else {
        mistake(&reader, when ? when : node,
                "a rule needs `when`: an object; {} matches every field");
    }
    if (action) {
        read_kind(&reader, action, &rule.with.kind);
    } else {
        mistake(&reader, node,
                "a rule needs `do`: keep, drop, null, mask, round, bucket, truncate_date, scan or "
                "pseudonym");
    }
    if (without) {
        read_kind(&reader, without, &rule.without.kind);
    }
    if (action) {
        HF_TRY(read_parameters(&reader, node, &rule));
    }
    *ret_rule = rule;
    return HF_DONE;
}
