/*
 * Reads the little language of views with our own JSON reader. Each push gets a chunk in a heap
 * copy of exactly its size, so that the address sanitizer sees a read one byte too far.
 */
#include "tests/support/redacting.h"

#include "base/json.h"
#include "crypto/person.h"
#include "policy/redact_state.h"

#include <stdio.h>
#include <stdlib.h>

const char *const redacting_persons[REDACTING_PERSONS] = {
    "11010519491231002X", "440524188001010014", "810000199408230021"};

static struct hf_mac_key person_key(void)
{
    struct hf_mac_key mac_key;
    hf_mac_key_init(&mac_key, HF_LITERAL("a key of the tests"));
    return mac_key;
}

static hf_status add_persons(struct hf_view_builder *builder)
{
    const struct hf_mac_key mac_key = person_key();
    char names[REDACTING_PERSONS][HF_PARTY_MAX_BYTES + 1];
    hf_bytes texts[REDACTING_PERSONS];
    for (size_t i = 0; i < REDACTING_PERSONS; i++) {
        hf_person_name(&mac_key, hf_bytes_of_string(redacting_persons[i]), names[i]);
        texts[i] = hf_bytes_of_string(names[i]);
    }
    return hf_view_builder_persons(builder, texts, REDACTING_PERSONS);
}

static const struct {
    const char *word;
    unsigned types;
} types[] = {
    {"string", HF_LEAF_STRING},
    {"integer", HF_LEAF_INTEGER},
    {"decimal", HF_LEAF_DECIMAL},
    {"boolean", HF_LEAF_BOOLEAN},
    {"date", HF_LEAF_DATE},
    {"text", HF_LEAF_STRING | HF_LEAF_DATE},
    {"number", HF_LEAF_INTEGER | HF_LEAF_DECIMAL},
    {"any", HF_LEAF_STRING | HF_LEAF_DECIMAL | HF_LEAF_BOOLEAN},
};

static bool read_type(struct hf_view_leaf *leaf, const char *word)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(types[i].word, word) == 0) {
            leaf->types = types[i].types;
            return true;
        }
    }
    return false;
}

static bool read_unit(struct hf_treatment *treatment, const char *word)
{
    static const char *const units[] = {"month", "quarter", "year"};
    for (unsigned i = 0; i < 3; i++) {
        if (strcmp(units[i], word) == 0) {
            treatment->kind = HF_TREAT_TRUNCATE_DATE;
            treatment->to = (enum hf_date_unit)i;
            return true;
        }
    }
    return false;
}

/* Numbers parted by commas; the leaf's maker copies them. */
static bool read_edges(struct hf_treatment *treatment, const char *words)
{
    static struct hf_edge edges[8];
    size_t n = 0;
    while (*words && n < 8) {
        size_t size = strcspn(words, ",");
        if (!hf_is_ok(hf_edge_parse(hf_bytes_of(words, size), &edges[n++]))) {
            return false;
        }
        words += size + (words[size] == ',');
    }
    treatment->kind = HF_TREAT_BUCKET;
    treatment->edges = (struct hf_edges){edges, n};
    return *words == '\0';
}

static bool read_treatment(struct hf_treatment *treatment, const char *word)
{
    if (sscanf(word, "mask=%u,%u", &treatment->keep_first, &treatment->keep_last) == 2) {
        treatment->kind = HF_TREAT_MASK;
        return true;
    }
    if (strncmp(word, "round=", 6) == 0) {
        treatment->kind = HF_TREAT_ROUND;
        return hf_is_ok(hf_step_parse(hf_bytes_of_string(word + 6), &treatment->step));
    }
    if (strncmp(word, "bucket=", 7) == 0) {
        return read_edges(treatment, word + 7);
    }
    return read_unit(treatment, word) ||
           hf_is_ok(hf_treatment_by_name(hf_bytes_of_string(word), &treatment->kind));
}

static uint8_t persons_of(const char *letters)
{
    unsigned persons = 0;
    for (; *letters; letters++) {
        persons |= 1U << (*letters - 'a');
    }
    return (uint8_t)persons;
}

static bool read_owner(struct hf_view_leaf *leaf, const char *word)
{
    unsigned number = 0;
    char letters[9] = "";
    if (sscanf(word, "names=%u", &number) == 1) {
        leaf->names_owner = (uint8_t)number;
    } else if (sscanf(word, "owner=%u:%8[a-h]", &number, letters) == 2) {
        leaf->owner = (uint8_t)number;
        leaf->persons = persons_of(letters);
    } else if (sscanf(word, "own=%8[a-h]", letters) == 1) {
        leaf->owner = HF_VIEW_OWNER_ITSELF;
        leaf->persons = persons_of(letters);
    } else {
        return false;
    }
    return true;
}

static bool read_flag(struct hf_view_leaf *leaf, const char *word)
{
    unsigned number = 0;
    if (sscanf(word, "max=%u", &number) == 1) {
        leaf->max_chars = number;
    } else if (sscanf(word, "class=%u", &number) == 1 && number < HF_VIEW_N_CLASSES) {
        leaf->class_bit = 1U << number;
    } else if (strcmp(word, "date") == 0) {
        leaf->date = true;
    } else if (strcmp(word, "echo") == 0) {
        leaf->subject_echo = true;
    } else if (strcmp(word, "nullable") == 0) {
        leaf->nullable = true;
    } else {
        return read_owner(leaf, word);
    }
    return true;
}

static const struct hf_view_node *add_leaf(struct hf_view_builder *builder, hf_bytes text)
{
    char words[128];
    const struct hf_view_node *node = NULL;
    struct hf_view_leaf leaf = {.class_bit = 1};
    if (hf_bytes_equal_string(text, "*")) {
        hf_ignore(hf_view_builder_drop(builder, 1, &node));
        return node;
    }
    snprintf(words, sizeof words, "%.*s", HF_PRINT(text));
    char *rest = NULL;
    unsigned n = 0;
    bool good = true;
    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest), n++) {
        good = good && (n == 0   ? read_type(&leaf, word)
                        : n == 1 ? read_treatment(&leaf.treatment, word)
                                 : read_flag(&leaf, word));
    }
    if (!good || n < 2 || !hf_is_ok(hf_view_builder_leaf(builder, &leaf, &node))) {
        return NULL;
    }
    return node;
}

static const struct hf_view_node *add(struct hf_view_builder *builder, const struct hf_json *text);

static const struct hf_view_node *add_array(struct hf_view_builder *builder,
                                            const struct hf_json *text)
{
    const struct hf_view_node *node = NULL;
    const struct hf_json *item = text->child;
    if (hf_json_is_string(item, "lines")) {
        hf_view_builder_lines(builder);
        item = item->next;
    }
    bool rows = hf_json_is_string(item, "rows");
    item = rows ? item->next : item;
    const struct hf_view_node *child = item ? add(builder, item) : NULL;
    if (child) {
        hf_ignore(hf_view_builder_array(builder, child, false, rows, &node));
    }
    return node;
}

static const struct hf_view_node *add_object(struct hf_view_builder *builder,
                                             const struct hf_json *text)
{
    const struct hf_view_node *node = NULL;
    struct hf_view_member *members = calloc(text->n_children + 1, sizeof *members);
    size_t n = 0;
    bool nullable = false;
    bool good = members != NULL;
    for (const struct hf_json *child = text->child; good && child; child = child->next) {
        if (child->type == HF_JSON_TRUE) {
            nullable = true;
            continue;
        }
        members[n] = (struct hf_view_member){child->name, add(builder, child)};
        good = members[n++].node != NULL;
    }
    if (good) {
        hf_ignore(hf_view_builder_object(builder, members, n, nullable, &node));
    }
    free(members);
    return node;
}

static const struct hf_view_node *add(struct hf_view_builder *builder, const struct hf_json *text)
{
    switch (text->type) {
    case HF_JSON_STRING:
        return add_leaf(builder, text->text);
    case HF_JSON_ARRAY:
        return add_array(builder, text);
    case HF_JSON_OBJECT:
        return add_object(builder, text);
    case HF_JSON_NULL:
    case HF_JSON_FALSE:
    case HF_JSON_TRUE:
    case HF_JSON_NUMBER:
        break;
    }
    return NULL;
}

struct hf_view *redacting_view(const char *text, const struct hf_view_range *range)
{
    const struct hf_json_limits limits = {1 << 20, 80, 1 << 16, 1 << 12};
    const struct hf_view_range unbounded = {0};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(16 << 20);
    const struct hf_json *root = NULL;
    struct hf_view_builder *builder = NULL;
    struct hf_view *view = NULL;
    if (!hf_is_ok(hf_json_parse(hf_bytes_of_string(text), &limits, &arena, &root, NULL)) ||
        !hf_is_ok(hf_view_builder_new(&builder))) {
        return NULL;
    }
    const struct hf_view_node *node = hf_is_ok(add_persons(builder)) ? add(builder, root) : NULL;
    if (!node) {
        hf_view_builder_free(builder);
        return NULL;
    }
    hf_ignore(hf_view_builder_finish(builder, node, range ? range : &unbounded, &view));
    return view;
}

static hf_status push(struct hf_redact *redact, hf_bytes chunk, struct redacted *redacted)
{
    size_t before = redacted->out.size;
    uint8_t *copy = malloc(chunk.size ? chunk.size : 1);
    if (!copy) {
        HF_FAIL(NOMEM);
    }
    memcpy(copy, chunk.data, chunk.size);
    hf_status status =
        hf_redact_push(redact, hf_bytes_of(copy, chunk.size), &redacted->out, &redacted->problem);
    free(copy);
    size_t n = redacted->out.size - before;
    redacted->max_out_bytes = n > redacted->max_out_bytes ? n : redacted->max_out_bytes;
    return status;
}

/* Redacts @document in chunks: the first of @n_first bytes, all others of @n_chunk_bytes. */
static struct redacted run(const struct redacting *redacting, hf_bytes document, size_t n_first,
                           size_t n_chunk_bytes)
{
    struct redacted redacted = {.out = hf_buf_init(SIZE_MAX / 2)};
    struct hf_redact *redact = NULL;
    const struct hf_mac_key mac_key = person_key();
    const struct hf_redact_access access = {
        .subject = hf_bytes_of_string(redacting->subject ? redacting->subject : ""),
        .person_key = redacting->anonymous ? NULL : &mac_key,
        .bank = HF_LITERAL("911100001000044477")};
    redacted.status = hf_redact_new(redacting->view, &access, &redacting->limits, &redact);
    if (redact && redacting->plain) {
        redact->scan = hf_scan_plain();
        redact->run_members = hf_run_members;
    }
    size_t step = n_first;
    for (size_t at = 0; at < document.size && hf_is_ok(redacted.status);) {
        size_t left = document.size - at;
        step = left < step ? left : step;
        redacted.status = push(redact, hf_bytes_of(document.data + at, step), &redacted);
        at += step;
        step = n_chunk_bytes;
    }
    if (hf_is_ok(redacted.status)) {
        redacted.status = hf_redact_finish(redact, &redacted.out, &redacted.problem);
    }
    if (redact) {
        redacted.stats = *hf_redact_stats(redact);
    }
    hf_redact_free(redact);
    return redacted;
}

struct redacted redacting_run(const struct redacting *redacting, hf_bytes document,
                              size_t n_chunk_bytes)
{
    size_t step = n_chunk_bytes ? n_chunk_bytes : document.size;
    return run(redacting, document, step, step);
}

struct redacted redacting_cut(const struct redacting *redacting, hf_bytes document, size_t at)
{
    return run(redacting, document, at, document.size);
}

void redacted_clear(struct redacted *redacted)
{
    hf_buf_clear(&redacted->out);
}

const char *redacted_difference(const struct redacted *a, const struct redacted *b)
{
    if (a->status.code != b->status.code) {
        return "status";
    }
    if (!hf_bytes_equal(hf_buf_view(&a->out), hf_buf_view(&b->out))) {
        return "output";
    }
    if (a->problem.offset != b->problem.offset) {
        return "offset";
    }
    if (strcmp(a->problem.where, b->problem.where) != 0) {
        return "rule";
    }
    if (hf_is_ok(a->status) && memcmp(&a->stats, &b->stats, sizeof a->stats) != 0) {
        return "counts";
    }
    return NULL;
}

const char *redacting_doubt(const struct redacting *redacting, const struct redacted *whole,
                            hf_bytes document, size_t n_chunk_bytes)
{
    const char *difference = NULL;
    struct redacting any = *redacting;
    for (int plain = 0; plain < 2 && !difference; plain++) {
        any.plain = plain > 0;
        struct redacted other = redacting_run(&any, document, plain ? 0 : n_chunk_bytes);
        difference = redacted_difference(whole, &other);
        redacted_clear(&other);
    }
    return difference;
}
