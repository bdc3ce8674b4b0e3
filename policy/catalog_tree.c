/*
 * Turns the draft of an answer into the immutable tree, and decides what needs the whole: which
 * places are leaves, whether each annotation can be kept, which array holds the dated rows.
 *
 * Invariant: a date leaf stands inside `rows` and in no array within it, so every row has a fixed
 * set of dates; a dated answer can never be read as an undated one.
 */
#include "policy/catalog_build.h"

#include "policy/view.h"

struct tree {
    struct hf_catalog_build *build;
    struct hf_arena *arena;
    const struct hf_schema_field *rows;
    size_t n_fields;
    char path[HF_CATALOG_MAX_PATH_CHARS]; /* of the place at hand */
    size_t path_size;
    bool path_is_whole;   /* false: it did not fit */
    bool path_is_unclear; /* a name holds `.`, `[` or `]` */
};

static hf_status freeze(struct tree *tree, const struct hf_draft *draft,
                        const struct hf_schema_field *parent, struct hf_schema_field **ret_field);

/* ---- paths ---- */

struct path_mark {
    size_t size;
    bool is_whole;
    bool is_unclear;
};

static struct path_mark path_push(struct tree *tree, bool is_item, hf_bytes name)
{
    struct path_mark mark = {tree->path_size, tree->path_is_whole, tree->path_is_unclear};
    hf_bytes text = is_item ? HF_LITERAL("[]") : name;
    bool needs_dot = !is_item && tree->path_size > 0;
    if (tree->path_size + needs_dot + text.size > sizeof(tree->path)) {
        tree->path_is_whole = false;
        return mark;
    }
    if (needs_dot) {
        tree->path[tree->path_size++] = '.';
    }
    memcpy(tree->path + tree->path_size, text.data, text.size);
    tree->path_size += text.size;
    for (size_t i = 0; !is_item && i < name.size; i++) {
        uint8_t byte = name.data[i];
        tree->path_is_unclear |= byte == '.' || byte == '[' || byte == ']' || byte < 0x20;
    }
    tree->path_is_unclear |= !is_item && name.size == 0;
    return mark;
}

static void path_pop(struct tree *tree, struct path_mark mark)
{
    tree->path_size = mark.size;
    tree->path_is_whole = mark.is_whole;
    tree->path_is_unclear = mark.is_unclear;
}

/* ---- what an annotation needs ---- */

static bool is_container(const struct hf_draft *draft)
{
    return draft->is_object || draft->is_array;
}

static bool is_mixed(const struct hf_draft *draft)
{
    bool holds_scalar = (draft->field.types & ~(unsigned)HF_SCHEMA_NULL) != 0;
    return (draft->is_object && draft->is_array) || (is_container(draft) && holds_scalar);
}

static bool is_annotated(const struct hf_draft *draft)
{
    bool found = draft->note_at != NULL;
    for (const struct hf_draft *member = draft->members; member && !found; member = member->next) {
        found = is_annotated(member);
    }
    return found || (draft->item && is_annotated(draft->item));
}

static struct hf_draft *member_named(const struct hf_draft *draft, hf_bytes name)
{
    struct hf_draft *member = draft->members;
    while (member && !hf_bytes_equal(member->field.name, name)) {
        member = member->next;
    }
    return member;
}

/* Ties what is somebody's to the leaf that says whose; @parent is the object of both. */
static void tie_owner(struct tree *tree, const struct hf_draft *draft,
                      const struct hf_draft *parent)
{
    const struct hf_document *document = &tree->build->document;
    const struct hf_schema_field *field = &draft->field;
    struct hf_draft *owner = member_named(parent, field->owner);
    if (!owner || owner == draft || is_container(owner)) {
        hf_problems_add(document, draft->note_at,
                        "`owner` must name a leaf beside this one, in the same object");
    } else if (!(owner->field.types & HF_SCHEMA_STRING)) {
        hf_problems_add(document, draft->note_at, "`owner` must name a leaf of type string");
    } else if (field->classified && !(field->class & HF_FIELD_OF_PERSON)) {
        hf_problems_add(document, draft->note_at,
                        "`owner` says whose personal data this is: its `class` must be personal or "
                        "sensitive_personal");
    } else {
        owner->field.is_owner = true;
    }
}

static void tie_owners(struct tree *tree, const struct hf_draft *object)
{
    size_t n_owners = 0;
    for (const struct hf_draft *member = object->members; member; member = member->next) {
        if (member->field.owner.size > 0) {
            tie_owner(tree, member, object);
        }
    }
    for (const struct hf_draft *member = object->members; member; member = member->next) {
        n_owners += member->field.is_owner;
    }
    if (n_owners > HF_CATALOG_MAX_OWNERS) {
        hf_problems_add(&tree->build->document, object->at,
                        "an object may have %d owners of personal data at most",
                        HF_CATALOG_MAX_OWNERS);
    }
}

static void check_leaf(struct tree *tree, const struct hf_draft *draft)
{
    const struct hf_document *document = &tree->build->document;
    const struct hf_schema_field *field = &draft->field;
    unsigned types = field->types & ~(unsigned)HF_SCHEMA_NULL;
    if (!draft->note_at) {
        return;
    }
    if (field->classified && types == 0) {
        hf_problems_add(document, draft->note_at,
                        "a leaf with a class needs a `type`: string, integer, number or boolean");
    }
    if (field->classified && draft->bare_at && !draft->is_always_classed) {
        hf_problems_add(document, draft->bare_at,
                        "this branch has no class for a place to which another gives one; give it "
                        "one here, or outside the branches");
    }
    if (field->date && types != HF_SCHEMA_STRING) {
        hf_problems_add(document, draft->note_at, "a `date` leaf must be of type string");
    }
    if (field->text && !(types & HF_SCHEMA_STRING)) {
        hf_problems_add(document, draft->note_at, "a `text` leaf must be of type string");
    }
    if (field->subject_echo && types != HF_SCHEMA_STRING) {
        hf_problems_add(document, draft->note_at, "a `subject_echo` leaf must be of type string");
    }
    if (field->classified && (!tree->path_is_whole || tree->path_is_unclear)) {
        hf_problems_add(document, draft->note_at,
                        "a leaf with a class needs a path of at most 512 bytes whose names are not "
                        "empty and hold no `.`, `[` or `]`");
    }
}

static void check_container(struct tree *tree, const struct hf_draft *draft)
{
    size_t n_members = 0;
    for (const struct hf_draft *member = draft->members; member; member = member->next) {
        n_members++;
        if (member->field.name.size > HF_VIEW_MAX_NAME_BYTES) {
            hf_problems_add(&tree->build->document, member->at,
                            "a member's name is longer than 256 bytes; shorten it");
        }
    }
    if (n_members > HF_VIEW_MAX_MEMBERS) {
        hf_problems_add(&tree->build->document, draft->at,
                        "an object has more than 2048 members; split it");
    }
    if (draft->note_at) {
        hf_problems_add(&tree->build->document, draft->note_at,
                        "x-hufu stands on leaves; this is an object or array: move it to the "
                        "properties inside");
    }
}

/* ---- the tree ---- */

static hf_status freeze_child(struct tree *tree, const struct hf_draft *draft, bool is_item,
                              const struct hf_schema_field *parent,
                              struct hf_schema_field **ret_field)
{
    struct path_mark mark = path_push(tree, is_item, draft->field.name);
    hf_status status = freeze(tree, draft, parent, ret_field);
    path_pop(tree, mark);
    return status;
}

static hf_status freeze_members(struct tree *tree, const struct hf_draft *draft,
                                struct hf_schema_field *field)
{
    struct hf_schema_field *last = NULL;
    tie_owners(tree, draft);
    for (const struct hf_draft *member = draft->members; member; member = member->next) {
        struct hf_schema_field *child = NULL;
        HF_TRY(freeze_child(tree, member, false, field, &child));
        if (last) {
            last->next = child;
        } else {
            field->child = child;
        }
        last = child;
    }
    return HF_DONE;
}

/* A place that may be an object or a scalar cannot be judged: it is dropped whole, which is a
 * mistake only where the author meant some of it to leave. */
static void freeze_mixed(struct tree *tree, const struct hf_draft *draft,
                         struct hf_schema_field *field)
{
    if (is_annotated(draft)) {
        hf_problems_add(&tree->build->document, draft->at,
                        "this place may be a container or a scalar, or an object or an array; "
                        "annotated places must be one of them");
    }
    *field = (struct hf_schema_field){.shape = HF_SHAPE_LEAF,
                                      .name = field->name,
                                      .path = field->path,
                                      .parent = field->parent,
                                      .level = 5,
                                      .offset = field->offset};
}

static void freeze_leaf(struct tree *tree, const struct hf_draft *draft,
                        struct hf_schema_field *field)
{
    check_leaf(tree, draft);
    field->shape = HF_SHAPE_LEAF;
    field->undated = draft->n_classes > 0 && draft->n_undated == draft->n_classes;
    if (!field->classified) {
        field->level = 5;
    }
}

static hf_status freeze_container(struct tree *tree, const struct hf_draft *draft,
                                  struct hf_schema_field *field)
{
    check_container(tree, draft);
    field->shape = draft->is_object ? HF_SHAPE_OBJECT : HF_SHAPE_ARRAY;
    if (draft->is_object) {
        return freeze_members(tree, draft, field);
    }
    struct hf_schema_field *item = NULL;
    if (draft->item) {
        HF_TRY(freeze_child(tree, draft->item, true, field, &item));
    }
    field->child = item;
    return HF_DONE;
}

static hf_status freeze(struct tree *tree, const struct hf_draft *draft,
                        const struct hf_schema_field *parent, struct hf_schema_field **ret_field)
{
    struct hf_schema_field *field = hf_arena_alloc(tree->arena, sizeof(*field));
    if (!field) {
        HF_FAIL(NOMEM);
    }
    *field = draft->field;
    field->parent = parent;
    field->nullable = (field->types & HF_SCHEMA_NULL) != 0;
    field->types &= ~(unsigned)HF_SCHEMA_NULL;
    field->offset = draft->at->offset;
    HF_TRY(hf_build_copy(tree->build, draft->field.name, &field->name));
    HF_TRY(hf_build_copy(tree->build, draft->field.owner, &field->owner));
    HF_TRY(hf_build_copy(tree->build, hf_bytes_of(tree->path, tree->path_size), &field->path));
    tree->n_fields++;
    if (is_mixed(draft)) {
        freeze_mixed(tree, draft, field);
    } else if (is_container(draft)) {
        HF_TRY(freeze_container(tree, draft, field));
    } else {
        freeze_leaf(tree, draft, field);
    }
    if (field->rows) {
        tree->rows = field;
    }
    *ret_field = field;
    return HF_DONE;
}

/* ---- rows ---- */

/* The member that one token of the pointer names; no name is longer than the buffer. */
static struct hf_draft *pointer_step(const struct hf_draft *draft, hf_bytes raw)
{
    uint8_t token[HF_VIEW_MAX_NAME_BYTES];
    size_t n = 0;
    for (size_t i = 0; i < raw.size; i++) {
        uint8_t byte = raw.data[i];
        if (n == sizeof(token)) {
            return NULL;
        }
        if (byte == '~' && i + 1 < raw.size) {
            byte = raw.data[++i] == '0' ? '~' : '/';
        }
        token[n++] = byte;
    }
    return member_named(draft, hf_bytes_of(token, n));
}

static struct hf_draft *pointer_find(struct hf_draft *root, hf_bytes pointer)
{
    struct hf_draft *draft = root;
    size_t at = 0;
    while (draft && at < pointer.size) {
        size_t end = at + 1;
        while (end < pointer.size && pointer.data[end] != '/') {
            end++;
        }
        if (pointer.data[at] != '/') {
            return NULL;
        }
        draft = pointer_step(draft, hf_bytes_of(pointer.data + at + 1, end - at - 1));
        at = end;
    }
    return draft;
}

static void mark_rows(const struct tree *tree, const struct hf_operation_note *note,
                      struct hf_draft *root)
{
    struct hf_draft *rows = note->rows ? pointer_find(root, note->rows->text) : NULL;
    if (rows && rows->is_array && !is_mixed(rows)) {
        rows->field.rows = true;
    } else if (note->rows) {
        hf_problems_add(&tree->build->document, note->rows,
                        "`rows` points to no array of the answer; write a JSON pointer such as "
                        "\"/items\"");
    }
}

/* The array that a date leaf dates: the nearest above it. */
static const struct hf_schema_field *array_above(const struct hf_schema_field *field)
{
    do {
        field = field->parent;
    } while (field && field->shape != HF_SHAPE_ARRAY);
    return field;
}

/* Counts the date leaves of the rows; one that stands elsewhere is a mistake. */
static size_t check_dates(const struct tree *tree, const struct hf_schema_field *field,
                          const struct hf_schema_field *rows)
{
    size_t n_dates = 0;
    for (const struct hf_schema_field *child = field->child; child; child = child->next) {
        n_dates += check_dates(tree, child, rows);
    }
    if (field->shape != HF_SHAPE_LEAF || !field->date) {
        return n_dates;
    }
    if (rows && array_above(field) == rows) {
        return n_dates + 1;
    }
    struct hf_json at = {.offset = field->offset};
    hf_problems_add(&tree->build->document, &at,
                    "a `date` leaf stands in the rows, in no array within them; let the "
                    "operation's `rows` point to its array, or take the mark away");
    return n_dates;
}

static void check_rows(const struct tree *tree, const struct hf_operation_note *note,
                       const struct hf_schema_field *root)
{
    size_t n_dates = check_dates(tree, root, tree->rows);
    if (tree->rows && n_dates == 0) {
        hf_problems_add(&tree->build->document, note->rows,
                        "no leaf of the rows is marked `date`; without one every row would be "
                        "withheld");
    }
}

hf_status hf_build_tree(struct hf_catalog_build *build, struct hf_draft *draft,
                        const struct hf_operation_note *note, struct hf_operation *ret_operation)
{
    struct tree tree = {.build = build, .arena = &build->catalog->arena, .path_is_whole = true};
    struct hf_schema_field *root = NULL;
    mark_rows(&tree, note, draft);
    HF_TRY(freeze(&tree, draft, NULL, &root));
    check_rows(&tree, note, root);
    ret_operation->answer = root;
    ret_operation->rows = tree.rows;
    ret_operation->n_fields = tree.n_fields;
    return HF_DONE;
}
