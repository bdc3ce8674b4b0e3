/*
 * Properties over generated views and documents. The generator knows, while it writes a document,
 * what a redactor must make of it: the expected output is written beside it and not computed from
 * it. Everything that must not leave holds a canary.
 *
 * HUFU_SEED=N repeats a run; HUFU_DEEP=1 makes it ten times longer.
 */
#include "tests/unit/policy/redact_assert.h"

#include <jansson.h>
#include <stdlib.h>

enum { MAX_NODES = 64, MAX_CHILDREN = 6, MAX_LEVELS = 5 };

static const char canary[] = "CANARY";

enum kind { KEPT, MASKED, NULLED, DROPPED, WHOLE, OBJECT, ARRAY };

struct node {
    enum kind kind;
    const char *type; /* of a leaf */
    unsigned n_children;
    unsigned children[MAX_CHILDREN];
    unsigned names[MAX_CHILDREN];
};

struct world {
    uint64_t state;
    struct node nodes[MAX_NODES];
    unsigned n_nodes;
    hf_buf view;
    hf_buf document;
    hf_buf expected;
    unsigned n_canaries;
};

/* A name, and two other ways in which a source may spell it. */
static const struct {
    const char *plain;
    const char *others[2];
} names[] = {
    {"a", {"\\u0061", "a"}},
    {"amount", {"\\u0061mo\\u0075nt", "amoun\\u0074"}},
    {"\xe5\x90\x8d\xe7\xa7\xb0", {"\\u540d\\u79F0", "\xe5\x90\x8d\\u79f0"}},
    {"x\\\"y", {"x\\u0022y", "\\u0078\\\"y"}},
    {"\xf0\x9f\x98\x80", {"\\ud83d\\ude00", "\\uD83D\\uDE00"}},
    {"", {"", ""}},
    {"a name of rather more than thirty-two bytes",
     {"a name of rather more than thirty-two bytes",
      "a\\u0020name of rather more than thirty-two byte\\u0073"}},
    {"A", {"\\u0041", "A"}},
};
enum { N_NAMES = sizeof names / sizeof names[0] };

static const char *const foreign_names[] = {"b",       "a ",       "aa",     "\xef\xbd\x81",
                                            "unknown", "a\\u0000", "\\u0000"};

static const char *const strings[] = {
    "\"\"",
    "\"plain\"",
    "\"\xe7\xa6\x8f\xe5\xbb\xba\xe7\x9c\x81\"",
    "\"\\u798f\\u5efa\\ud83d\\ude00\"",
    "\"\\\"quoted\\\" \\\\ \\/ \\n\"",
    "\"more than thirty-two bytes of ASCII, so that a block is filled\"",
    ("\"\xe4\xb8\xad\xe5\x8d\x8e\xe4\xba\xba\xe6\xb0\x91\xe5\x85\xb1\xe5\x92\x8c\xe5\x9b\xbd"
     "\xe5\xb8\x82\xe5\x9c\xba\xe7\x9b\x91\xe7\x9d\xa3\xe7\xae\xa1\xe7\x90\x86\xe5\xb1\x80\""),
    "\"\xf0\x9f\x98\x80\xc3\xa9\x7f\"",
};

static const char *const numbers[] = {"0",     "-0", "12", "-1.50", "1e5", "9007199254740993",
                                      "0.1E-2"};

static uint32_t next_random(struct world *world, uint32_t below)
{
    world->state = world->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(world->state >> 33) % below;
}

static void put(hf_buf *buf, const char *text)
{
    assert_ok(hf_buf_append_string(buf, text));
}

/* --- a view --- */

static unsigned make_node(struct world *world, unsigned level)
{
    static const char *const types[] = {"string", "decimal", "boolean"};
    unsigned self = world->n_nodes++;
    struct node *node = &world->nodes[self];
    bool leaf = level >= MAX_LEVELS || world->n_nodes + MAX_CHILDREN > MAX_NODES;
    *node = (struct node){.kind = (enum kind)next_random(world, leaf ? OBJECT : ARRAY + 4)};
    if (node->kind > ARRAY) {
        node->kind = OBJECT;
    }
    node->type = node->kind == MASKED ? "string" : types[next_random(world, 3)];
    node->n_children = node->kind == OBJECT ? 1 + next_random(world, MAX_CHILDREN) : 0;
    node->n_children = node->kind == ARRAY ? 1 : node->n_children;
    unsigned first = next_random(world, N_NAMES);
    for (unsigned i = 0; i < node->n_children; i++) {
        node->names[i] = (first + i) % N_NAMES;
        if (world->n_nodes + MAX_CHILDREN > MAX_NODES) {
            node->n_children = i;
            node->kind = node->kind == ARRAY && i == 0 ? WHOLE : node->kind;
            break;
        }
        unsigned child = make_node(world, level + 1);
        node->children[i] = child;
    }
    return self;
}

static void write_view(struct world *world, unsigned self)
{
    static const char *const words[] = {"keep", "mask=1,1", "null", "drop"};
    const struct node *node = &world->nodes[self];
    hf_buf *view = &world->view;
    if (node->kind == WHOLE) {
        put(view, "\"*\"");
        return;
    }
    if (node->kind < WHOLE) {
        assert_ok(hf_buf_printf(view, "\"%s %s\"", node->type, words[node->kind]));
        return;
    }
    put(view, node->kind == OBJECT ? "{" : "[");
    for (unsigned i = 0; i < node->n_children; i++) {
        if (node->kind == OBJECT) {
            assert_ok(hf_buf_printf(view, "%s\"%s\":", i ? "," : "", names[node->names[i]].plain));
        }
        write_view(world, node->children[i]);
    }
    put(view, node->kind == OBJECT ? "}" : "]");
}

/* --- a document --- */

static void put_space(struct world *world)
{
    static const char *const spaces[] = {"", "", "", " ", "\n    ", "\t", "\r\n"};
    put(&world->document, spaces[next_random(world, 7)]);
}

/* A value of any shape that must not leave. */
static void put_canary(struct world *world)
{
    static const char *const shapes[] = {
        "\"CANARY\"",
        "{\"a\":\"CANARY\"}",
        "[\"CANARY\",[\"CANARY\"]]",
        "{\"\":{\"amount\":[\"CANARY\\u0041\"]},\"CANARY\":1,\"a\":null,\"a\":1}",
        "[{\"a\":\"\\\\CANARY\\\"\"},1,true,null]",
    };
    world->n_canaries++;
    put(&world->document, shapes[next_random(world, sizeof shapes / sizeof shapes[0])]);
}

static const char *right_value(struct world *world, const struct node *node)
{
    switch (node->type[0]) {
    case 's':
        return strings[next_random(world, sizeof strings / sizeof strings[0])];
    case 'd':
        return numbers[next_random(world, sizeof numbers / sizeof numbers[0])];
    default:
        return next_random(world, 2) ? "true" : "false";
    }
}

/* What masking with 1,1 must make of each of the strings, in their order. */
static const char *const masked_strings[] = {
    "\"\"",
    "\"p***n\"",
    "\"***\"",
    "\"***\"",
    "\"\\\"************\\n\"",
    "\"m************************************************************d\"",
    "\"\xe4\xb8\xad************\xe5\xb1\x80\"",
    "\"***\"",
};

static const char *masked(const char *value)
{
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        if (value == strings[i]) {
            return masked_strings[i];
        }
    }
    return NULL;
}

/* A leaf of the right type. What must leave for it, or NULL. */
static const char *put_leaf(struct world *world, const struct node *node)
{
    const char *value = right_value(world, node);
    put_space(world);
    if (node->kind == DROPPED || node->kind == WHOLE) {
        put_canary(world);
        return NULL;
    }
    if (next_random(world, 6) == 0) { /* a container is never the right type */
        put(&world->document, "[\"CANARY\"]");
        world->n_canaries++;
        return NULL;
    }
    put(&world->document, value);
    if (node->kind == NULLED) {
        return "null";
    }
    return node->kind == MASKED ? masked(value) : value;
}

static bool put_value(struct world *world, unsigned self, const char *lead);

static void put_name(struct world *world, unsigned name)
{
    unsigned spelling = next_random(world, 4);
    put_space(world);
    assert_ok(hf_buf_printf(&world->document, "\"%s\"",
                            spelling < 2 ? names[name].plain : names[name].others[spelling - 2]));
    put_space(world);
    put(&world->document, ":");
}

static void put_foreign_member(struct world *world)
{
    size_t n = sizeof foreign_names / sizeof foreign_names[0];
    assert_ok(
        hf_buf_printf(&world->document, "\"%s\":", foreign_names[next_random(world, (uint32_t)n)]));
    put_canary(world);
}

static void put_object(struct world *world, const struct node *node)
{
    bool any_read = false;
    bool any_left = false;
    unsigned start = next_random(world, node->n_children + 1); /* not always the view's order */
    put(&world->document, "{");
    put(&world->expected, "{");
    for (unsigned k = 0; k < node->n_children; k++) {
        unsigned i = (k + start) % node->n_children;
        if (next_random(world, 5) == 0) {
            continue; /* the member is missing */
        }
        put(&world->document, any_read ? "," : "");
        if (next_random(world, 3) == 0) {
            put_foreign_member(world);
            put(&world->document, ",");
        }
        any_read = true;
        char lead[128];
        snprintf(lead, sizeof lead, "%s\"%s\":", any_left ? "," : "", names[node->names[i]].plain);
        put_name(world, node->names[i]);
        any_left |= put_value(world, node->children[i], lead);
    }
    put_space(world);
    put(&world->document, "}");
    put(&world->expected, "}");
}

static void put_array(struct world *world, const struct node *node)
{
    bool any_left = false;
    unsigned n = next_random(world, 4);
    put(&world->document, "[");
    put(&world->expected, "[");
    for (unsigned i = 0; i < n; i++) {
        put(&world->document, i ? "," : "");
        any_left |= put_value(world, node->children[0], any_left ? "," : "");
    }
    put_space(world);
    put(&world->document, "]");
    put(&world->expected, "]");
}

/* Writes a value; whether something leaves for it, with @lead before it. */
static bool put_value(struct world *world, unsigned self, const char *lead)
{
    const struct node *node = &world->nodes[self];
    if (node->kind < OBJECT) {
        const char *leaves = put_leaf(world, node);
        if (leaves) {
            put(&world->expected, lead);
            put(&world->expected, leaves);
        }
        return leaves != NULL;
    }
    put_space(world);
    if (next_random(world, 8) == 0) { /* a scalar where a container should be */
        put(&world->document, "\"CANARY\"");
        world->n_canaries++;
        return false;
    }
    put(&world->expected, lead);
    if (node->kind == OBJECT) {
        put_object(world, node);
    } else {
        put_array(world, node);
    }
    return true;
}

static struct world make_world(uint64_t seed)
{
    struct world world = {.state = seed,
                          .view = hf_buf_init(1 << 20),
                          .document = hf_buf_init(1 << 20),
                          .expected = hf_buf_init(1 << 20)};
    unsigned root = make_node(&world, 0);
    write_view(&world, root);
    if (!put_value(&world, root, "")) {
        put(&world.expected, "null");
    }
    put_space(&world);
    return world;
}

static void world_clear(struct world *world)
{
    hf_buf_clear(&world->view);
    hf_buf_clear(&world->document);
    hf_buf_clear(&world->expected);
}

/* --- the properties --- */

static void is_json(hf_bytes text)
{
    json_error_t error;
    json_t *root = json_loadb((const char *)text.data, text.size,
                              JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (!root) {
        print_message("not JSON: %s\n%.*s\n", error.text, HF_PRINT(text));
    }
    assert_non_null(root);
    json_decref(root);
}

static void holds(const struct world *world, const struct redacting *redacting, size_t n_chunk)
{
    struct redacted redacted = redacting_run(redacting, hf_buf_view(&world->document), n_chunk);
    if (!hf_bytes_equal(hf_buf_view(&redacted.out), hf_buf_view(&world->expected))) {
        print_message("view:     %.*s\ndocument: %.*s\n", HF_PRINT(world->view),
                      HF_PRINT(world->document));
        print_message("expected: %.*s\noutput:   %.*s\n", HF_PRINT(world->expected),
                      HF_PRINT(redacted.out));
    }
    assert_ok(redacted.status);
    assert_true(hf_bytes_equal(hf_buf_view(&redacted.out), hf_buf_view(&world->expected)));
    assert_null(memmem(redacted.out.data, redacted.out.size, canary, sizeof canary - 1));
    redacted_clear(&redacted);
}

/* What is clean already and only kept comes through as it is. */
static void is_idempotent(const struct world *world, const struct redacting *redacting)
{
    for (unsigned i = 0; i < world->n_nodes; i++) {
        if (world->nodes[i].kind == MASKED || world->nodes[i].kind == NULLED) {
            return;
        }
    }
    if (hf_bytes_equal_string(hf_buf_view(&world->expected), "null")) {
        return;
    }
    struct redacted again = redacting_run(redacting, hf_buf_view(&world->expected), 0);
    assert_ok(again.status);
    assert_true(hf_bytes_equal(hf_buf_view(&again.out), hf_buf_view(&world->expected)));
    redacted_clear(&again);
}

/* Cut short anywhere, the output is a prefix of the whole, and the end is refused. */
static void prefixes_are_clean(const struct world *world, const struct redacting *redacting)
{
    hf_bytes document = hf_buf_view(&world->document);
    size_t step = 1 + document.size / 20;
    for (size_t n = 0; n < document.size; n += step) {
        struct redacted cut = redacting_run(redacting, hf_bytes_of(document.data, n), 0);
        assert_true(hf_bytes_starts_with(hf_buf_view(&world->expected), hf_buf_view(&cut.out)) ||
                    hf_bytes_equal_string(hf_buf_view(&cut.out), "null"));
        redacted_clear(&cut);
    }
}

static uint64_t seed_of_run(void)
{
    const char *given = getenv("HUFU_SEED");
    return given ? strtoull(given, NULL, 10) : 20250101;
}

static void every_document_becomes_what_its_view_allows(void **state)
{
    (void)state;
    static const size_t chunks[] = {0, 1, 3, 7, 64, 1000};
    const char *deep = getenv("HUFU_DEEP");
    unsigned n_worlds = deep && strcmp(deep, "1") == 0 ? 40000 : 4000;
    unsigned n_canaries = 0;
    size_t n_left = 0;
    for (unsigned i = 0; i < n_worlds; i++) {
        struct world world = make_world(seed_of_run() + i);
        const char *view = NULL;
        assert_ok(hf_buf_string(&world.view, &view));
        struct redacting redacting = redacting_of(view);
        for (size_t j = 0; j < sizeof chunks / sizeof chunks[0]; j++) {
            holds(&world, &redacting, chunks[j]);
        }
        redacting.plain = true;
        holds(&world, &redacting, 0);
        redacting.plain = false;
        is_json(hf_buf_view(&world.expected));
        is_idempotent(&world, &redacting);
        prefixes_are_clean(&world, &redacting);
        n_canaries += world.n_canaries;
        n_left += world.expected.size;
        hf_view_unref(redacting.view);
        world_clear(&world);
    }
    print_message("# %u documents, %u canaries, %zu bytes left\n", n_worlds, n_canaries, n_left);
    assert_true(n_canaries > n_worlds);
    assert_true(n_left > 20 * (size_t)n_worlds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_document_becomes_what_its_view_allows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
