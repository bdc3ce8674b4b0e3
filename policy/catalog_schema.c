/*
 * Decides what one place of an answer may hold, from all schemas that speak of it: `$ref`, `allOf`,
 * `oneOf` and `anyOf` are all laid over the same draft, so types and members are united and the
 * strictest annotation wins. Uniting is safe: what a place may hold more than one branch says is
 * still only what is declared, under the strictest class. What it does not understand it ignores,
 * which withholds: a member that no `properties` names never leaves.
 *
 * Invariant: bounded. A schema may stand inside itself a few times only (deeper is dropped), the
 * number of fields and of schemas laid over each other is capped.
 */
#include "policy/catalog_build.h"

enum { MAX_STEPS = 200000, MAX_NESTING = 128, MAX_REENTRY = 4 };

struct reference {
    const struct hf_json *target;
    const struct hf_draft *draft;
};

struct walk {
    struct hf_catalog_build *build;
    struct reference references[MAX_NESTING]; /* being followed, outermost first */
    size_t n_references;
    size_t n_nesting;
    size_t depth; /* containers */
    size_t n_fields;
    unsigned branch;     /* of `oneOf` or `anyOf`, the innermost, numbered from 1; 0: none */
    unsigned n_branches; /* met so far */
    bool is_cut;         /* a bound was hit and told; the operation is unusable */
};

static hf_status lay(struct walk *walk, struct hf_draft *draft, const struct hf_json *schema);

static hf_status cut(struct walk *walk, const struct hf_json *at, const char *sentence)
{
    if (!walk->is_cut) {
        hf_problems_add(&walk->build->document, at, "%s", sentence);
    }
    walk->is_cut = true;
    return HF_DONE;
}

static hf_status draft_new(struct walk *walk, const struct hf_json *at, hf_bytes name,
                           struct hf_draft **ret_draft)
{
    struct hf_draft *draft = hf_arena_alloc(&walk->build->scratch, sizeof(*draft));
    if (!draft) {
        HF_FAIL(NOMEM);
    }
    draft->field.name = name;
    if (++walk->n_fields > HF_CATALOG_MAX_FIELDS) {
        HF_TRY(cut(walk, at, "the answer has more than 4096 fields; split the operation"));
    }
    *ret_draft = draft;
    return HF_DONE;
}

/* ---- types ---- */

static const struct {
    const char *name;
    unsigned type;
    bool is_object;
    bool is_array;
} TYPES[] = {
    {"string", HF_SCHEMA_STRING, false, false},
    {"integer", HF_SCHEMA_INTEGER, false, false},
    {"number", HF_SCHEMA_NUMBER, false, false},
    {"boolean", HF_SCHEMA_BOOLEAN, false, false},
    {"null", HF_SCHEMA_NULL, false, false},
    {"object", 0, true, false},
    {"array", 0, false, true},
};

static void lay_type_name(struct walk *walk, struct hf_draft *draft, const struct hf_json *name)
{
    for (size_t i = 0; i < sizeof(TYPES) / sizeof(TYPES[0]); i++) {
        if (hf_json_is_string(name, TYPES[i].name)) {
            draft->field.types |= TYPES[i].type;
            draft->is_object |= TYPES[i].is_object;
            draft->is_array |= TYPES[i].is_array;
            return;
        }
    }
    hf_problems_add(&walk->build->document, name,
                    "`type` must be string, integer, number, boolean, object, array or null");
}

/* Without `type`, the values of an `enum` tell, or the one of `const` (3.1). */
static void lay_values(struct hf_draft *draft, const struct hf_json *schema)
{
    static const unsigned TYPE_OF[] = {
        [HF_JSON_NULL] = HF_SCHEMA_NULL,
        [HF_JSON_FALSE] = HF_SCHEMA_BOOLEAN,
        [HF_JSON_TRUE] = HF_SCHEMA_BOOLEAN,
        [HF_JSON_NUMBER] = HF_SCHEMA_NUMBER,
        [HF_JSON_STRING] = HF_SCHEMA_STRING,
        [HF_JSON_ARRAY] = 0,
        [HF_JSON_OBJECT] = 0,
    };
    const struct hf_json *values = hf_json_member(schema, "enum");
    const struct hf_json *constant = hf_json_member(schema, "const");
    for (const struct hf_json *value = values ? values->child : NULL; value; value = value->next) {
        draft->field.types |= TYPE_OF[value->type];
    }
    draft->field.types |= constant ? TYPE_OF[constant->type] : 0;
}

static void lay_types(struct walk *walk, struct hf_draft *draft, const struct hf_json *schema)
{
    const struct hf_json *type = hf_json_member(schema, "type");
    bool nullable = false;
    if (!type) {
        lay_values(draft, schema);
    } else if (type->type == HF_JSON_ARRAY) {
        for (const struct hf_json *name = type->child; name; name = name->next) {
            lay_type_name(walk, draft, name);
        }
    } else {
        lay_type_name(walk, draft, type);
    }
    hf_build_boolean(walk->build, schema, "nullable", &nullable);
    if (nullable) {
        draft->field.types |= HF_SCHEMA_NULL;
    }
}

static void lay_string_limits(struct walk *walk, struct hf_draft *draft,
                              const struct hf_json *schema)
{
    const struct hf_json *format = hf_build_string(walk->build, schema, "format");
    uint32_t max_chars = UINT32_MAX;
    if (hf_json_is_string(format, "date")) {
        draft->field.format = HF_SCHEMA_FORMAT_DATE;
    } else if (hf_json_is_string(format, "date-time")) {
        draft->field.format = HF_SCHEMA_FORMAT_DATE_TIME;
    }
    hf_build_number(walk->build, schema, "maxLength", &max_chars);
    if (max_chars == 0) {
        hf_problems_add(&walk->build->document, hf_json_member(schema, "maxLength"),
                        "`maxLength` 0 lets no string out; write at least 1, or give it no class");
    } else if (max_chars != UINT32_MAX &&
               (draft->field.max_chars == 0 || max_chars < draft->field.max_chars)) {
        draft->field.max_chars = max_chars;
    }
}

/* ---- x-hufu ---- */

static void lay_name(struct walk *walk, const struct hf_leaf_note *note, const char *member,
                     hf_bytes said, hf_bytes *text)
{
    if (said.size == 0) {
        return;
    }
    if (text->size && !hf_bytes_equal(*text, said)) {
        hf_problems_add(&walk->build->document, note->at,
                        "another schema of the same place says another `%s`; let one say it",
                        member);
    }
    *text = said;
}

static void lay_note(struct walk *walk, struct hf_draft *draft, const struct hf_json *schema)
{
    const struct hf_json *at = hf_json_member(schema, "x-hufu");
    struct hf_schema_field *field = &draft->field;
    struct hf_leaf_note note;
    if (!at || !hf_note_read_leaf(walk->build, at, &note)) {
        return;
    }
    draft->note_at = draft->note_at ? draft->note_at : at;
    if (note.class) {
        draft->n_classes++;
        draft->n_undated += note.undated;
        note.level = note.level ? note.level : 5;
        field->classified = true;
    }
    /* Bits rise with strictness (base/vocabulary.h), levels too. */
    field->class = note.class > field->class ? note.class : field->class;
    field->level = note.level > field->level ? note.level : field->level;
    field->text |= note.text;
    field->date |= note.date;
    field->subject_echo |= note.subject_echo;
    lay_name(walk, &note, "identifier", note.identifier, &field->identifier);
    lay_name(walk, &note, "owner", note.owner, &field->owner);
}

/* ---- containers ---- */

static struct hf_draft *member_find(const struct hf_draft *draft, hf_bytes name)
{
    struct hf_draft *member = draft->members;
    while (member && !hf_bytes_equal(member->field.name, name)) {
        member = member->next;
    }
    return member;
}

static hf_status member_get(struct walk *walk, struct hf_draft *draft,
                            const struct hf_json *property, struct hf_draft **ret_member)
{
    struct hf_draft *member = member_find(draft, property->name);
    if (!member) {
        HF_TRY(draft_new(walk, property, property->name, &member));
        if (draft->last_member) {
            draft->last_member->next = member;
        } else {
            draft->members = member;
        }
        draft->last_member = member;
    }
    *ret_member = member;
    return HF_DONE;
}

static hf_status lay_inside(struct walk *walk, struct hf_draft *draft, const struct hf_json *schema)
{
    if (walk->depth == HF_CATALOG_MAX_DEPTH) {
        return cut(walk, schema, "the answer is nested more than 32 deep; flatten it");
    }
    walk->depth++;
    hf_status status = lay(walk, draft, schema);
    walk->depth--;
    return status;
}

/*
 * What one schema says of a member or item. A branch that allows a value there and gives it no
 * class is noted, unless the same branch gives it elsewhere: the value must not leave under the
 * class that another branch gives to the same name.
 */
static hf_status lay_place(struct walk *walk, struct hf_draft *draft, const struct hf_json *schema)
{
    unsigned types = draft->field.types;
    unsigned n_classes = draft->n_classes;
    draft->field.types = 0;
    HF_TRY(lay_inside(walk, draft, schema));
    bool holds_value = (draft->field.types & ~(unsigned)HF_SCHEMA_NULL) != 0;
    draft->field.types |= types;
    if (draft->n_classes > n_classes) {
        draft->is_always_classed |= walk->branch == 0;
        draft->classed_in = walk->branch;
        draft->bare_at = draft->bare_in == walk->branch ? NULL : draft->bare_at;
    } else if (holds_value && walk->branch && draft->classed_in != walk->branch &&
               !draft->bare_at) {
        draft->bare_in = walk->branch;
        draft->bare_at = schema;
    }
    return HF_DONE;
}

static hf_status lay_properties(struct walk *walk, struct hf_draft *draft,
                                const struct hf_json *schema)
{
    const struct hf_json *properties = hf_json_member(schema, "properties");
    if (!properties) {
        return HF_DONE;
    }
    if (properties->type != HF_JSON_OBJECT) {
        hf_problems_add(&walk->build->document, properties, "`properties` must be an object");
        return HF_DONE;
    }
    draft->is_object = true;
    for (const struct hf_json *property = properties->child; property && !walk->is_cut;
         property = property->next) {
        struct hf_draft *member = NULL;
        HF_TRY(member_get(walk, draft, property, &member));
        HF_TRY(lay_place(walk, member, property));
    }
    return HF_DONE;
}

static hf_status lay_items(struct walk *walk, struct hf_draft *draft, const struct hf_json *schema)
{
    const struct hf_json *items = hf_json_member(schema, "items");
    if (!items) {
        return HF_DONE;
    }
    draft->is_array = true;
    if (!draft->item) {
        HF_TRY(draft_new(walk, items, (hf_bytes){0}, &draft->item));
    }
    return lay_place(walk, draft->item, items);
}

/* ---- composition ---- */

/* A reference that is being followed already: to itself without a container between is a mistake,
 * else it is followed a few times and then left out, which withholds what is deeper. */
static bool may_follow(struct walk *walk, const struct hf_json *ref, const struct hf_json *target,
                       const struct hf_draft *draft)
{
    size_t n_entered = 0;
    for (size_t i = 0; i < walk->n_references; i++) {
        if (walk->references[i].target != target) {
            continue;
        }
        n_entered++;
        if (walk->references[i].draft == draft) {
            hf_problems_add(&walk->build->document, ref,
                            "$ref leads back to itself without a property between; cut the loop");
            return false;
        }
    }
    return n_entered < MAX_REENTRY && walk->n_references < MAX_NESTING;
}

static hf_status lay_reference(struct walk *walk, struct hf_draft *draft,
                               const struct hf_json *schema)
{
    const struct hf_json *ref = hf_json_member(schema, "$ref");
    const struct hf_json *target = ref ? hf_build_target(walk->build, ref) : NULL;
    if (!target || !may_follow(walk, ref, target, draft)) {
        return HF_DONE;
    }
    walk->references[walk->n_references++] = (struct reference){target, draft};
    hf_status status = lay(walk, draft, target);
    walk->n_references--;
    return status;
}

static bool is_schema_list(struct walk *walk, const struct hf_json *list)
{
    if (list->type == HF_JSON_ARRAY && list->n_children > 0) {
        return true;
    }
    hf_problems_add(&walk->build->document, list, "`%.*s` must be an array of schemas",
                    HF_PRINT(list->name));
    return false;
}

static hf_status lay_all_of(struct walk *walk, struct hf_draft *draft, const struct hf_json *schema)
{
    const struct hf_json *list = hf_json_member(schema, "allOf");
    if (!list || !is_schema_list(walk, list)) {
        return HF_DONE;
    }
    for (const struct hf_json *part = list->child; part; part = part->next) {
        HF_TRY(lay(walk, draft, part));
    }
    return HF_DONE;
}

/* A value of a branch without a class would leave under the class of another branch: told. */
static hf_status lay_choice(struct walk *walk, struct hf_draft *draft, const struct hf_json *schema,
                            const char *name)
{
    const struct hf_json *list = hf_json_member(schema, name);
    const struct hf_json *unclassified = NULL;
    unsigned n_before = draft->n_classes;
    unsigned types = draft->field.types;
    unsigned enclosing = walk->branch;
    if (!list || !is_schema_list(walk, list)) {
        return HF_DONE;
    }
    for (const struct hf_json *branch = list->child; branch; branch = branch->next) {
        unsigned n_so_far = draft->n_classes;
        draft->field.types = 0;
        walk->branch = ++walk->n_branches;
        HF_TRY(lay(walk, draft, branch));
        bool holds_value = (draft->field.types & ~(unsigned)HF_SCHEMA_NULL) != 0;
        if (holds_value && draft->n_classes == n_so_far && !unclassified) {
            unclassified = branch;
        }
        types |= draft->field.types;
    }
    draft->field.types = types;
    walk->branch = enclosing;
    if (unclassified && n_before == 0 && draft->n_classes > 0) {
        hf_problems_add(&walk->build->document, unclassified,
                        "this branch has no class while another has; give it one, or put x-hufu "
                        "beside `%s`",
                        name);
    }
    return HF_DONE;
}

static hf_status lay_object(struct walk *walk, struct hf_draft *draft, const struct hf_json *schema)
{
    lay_note(walk, draft, schema);
    HF_TRY(lay_reference(walk, draft, schema));
    lay_types(walk, draft, schema);
    lay_string_limits(walk, draft, schema);
    HF_TRY(lay_properties(walk, draft, schema));
    HF_TRY(lay_items(walk, draft, schema));
    HF_TRY(lay_all_of(walk, draft, schema));
    HF_TRY(lay_choice(walk, draft, schema, "oneOf"));
    return lay_choice(walk, draft, schema, "anyOf");
}

static hf_status lay(struct walk *walk, struct hf_draft *draft, const struct hf_json *schema)
{
    if (walk->is_cut) {
        return HF_DONE;
    }
    draft->at = draft->at ? draft->at : schema;
    if (schema->type == HF_JSON_TRUE || schema->type == HF_JSON_FALSE) {
        return HF_DONE; /* 3.1: anything, nothing; neither names a field */
    }
    if (schema->type != HF_JSON_OBJECT) {
        hf_problems_add(&walk->build->document, schema, "a schema must be an object");
        return HF_DONE;
    }
    if (++walk->build->n_steps > MAX_STEPS || walk->n_nesting == MAX_NESTING) {
        return cut(walk, schema, "the schemas refer to each other too often; simplify them");
    }
    walk->n_nesting++;
    hf_status status = lay_object(walk, draft, schema);
    walk->n_nesting--;
    return status;
}

/* Of lines the answer is made the array. */
static hf_status new_root(struct walk *walk, const struct hf_answer_schemas *schemas,
                          struct hf_draft **ret_root, struct hf_draft **ret_place)
{
    struct hf_draft *root = NULL;
    HF_TRY(draft_new(walk, schemas->items[0], (hf_bytes){0}, &root));
    *ret_place = *ret_root = root;
    if (schemas->media == HF_MEDIA_NDJSON) {
        root->at = schemas->items[0];
        root->is_array = true;
        HF_TRY(draft_new(walk, schemas->items[0], (hf_bytes){0}, &root->item));
        *ret_place = root->item;
    }
    return HF_DONE;
}

hf_status hf_build_answer(struct hf_catalog_build *build, const struct hf_answer_schemas *schemas,
                          struct hf_draft **ret_draft)
{
    struct walk walk = {.build = build};
    struct hf_draft *root = NULL;
    struct hf_draft *place = NULL;
    HF_TRY(new_root(&walk, schemas, &root, &place));
    for (size_t i = 0; i < schemas->n; i++) {
        walk.branch = schemas->n > 1 ? ++walk.n_branches : 0;
        HF_TRY(place == root ? lay(&walk, root, schemas->items[i])
                             : lay_place(&walk, place, schemas->items[i]));
    }
    *ret_draft = walk.is_cut ? NULL : root;
    return HF_DONE;
}
