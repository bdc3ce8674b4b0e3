#include "policy/view.h"

#include "tests/unit/unit.h"

#include "policy/view_node.h"

#include <stdio.h>

enum { PUBLIC = 1, TRADE = 2, PERSONAL = 4 };

static const struct hf_view_range unbounded = {0};

static struct hf_view_builder *new_builder(void)
{
    struct hf_view_builder *builder = NULL;
    assert_ok(hf_view_builder_new(&builder));
    return builder;
}

static const struct hf_view_node *leaf(struct hf_view_builder *builder, unsigned types,
                                       unsigned class_bit, enum hf_treatment_kind kind)
{
    const struct hf_view_leaf spec = {
        .types = types, .class_bit = class_bit, .treatment = {.kind = kind}};
    const struct hf_view_node *node = NULL;
    assert_ok(hf_view_builder_leaf(builder, &spec, &node));
    return node;
}

static const struct hf_view_node *object_of(struct hf_view_builder *builder, const char *name,
                                            const struct hf_view_node *child)
{
    const struct hf_view_member member = {hf_bytes_of_string(name), child};
    const struct hf_view_node *node = NULL;
    assert_ok(hf_view_builder_object(builder, &member, 1, false, &node));
    return node;
}

static const struct hf_view_node *array_of(struct hf_view_builder *builder,
                                           const struct hf_view_node *item, bool rows)
{
    const struct hf_view_node *node = NULL;
    assert_ok(hf_view_builder_array(builder, item, false, rows, &node));
    return node;
}

static struct hf_view *finish(struct hf_view_builder *builder, const struct hf_view_node *root)
{
    struct hf_view *view = NULL;
    assert_ok(hf_view_builder_finish(builder, root, &unbounded, &view));
    return view;
}

static void classes_are_gathered_from_all_leaves(void **state)
{
    (void)state;
    struct hf_view_builder *builder = new_builder();
    const struct hf_view_node *dropped = NULL;
    assert_ok(hf_view_builder_drop(builder, PERSONAL, &dropped));
    const struct hf_view_member members[] = {
        {HF_LITERAL("a"), leaf(builder, HF_LEAF_STRING, PUBLIC, HF_TREAT_KEEP)},
        {HF_LITERAL("b"), leaf(builder, HF_LEAF_STRING, TRADE, HF_TREAT_MASK)},
        {HF_LITERAL("c"), leaf(builder, HF_LEAF_STRING, TRADE, HF_TREAT_NULL)},
        {HF_LITERAL("d"), dropped},
    };
    const struct hf_view_node *object = NULL;
    assert_ok(hf_view_builder_object(builder, members, 4, false, &object));
    struct hf_view *view = finish(builder, array_of(builder, object, false));
    assert_int_equal(hf_view_kept_classes(view), PUBLIC);
    assert_int_equal(hf_view_changed_classes(view), TRADE);
    assert_int_equal(hf_view_withheld_classes(view), TRADE | PERSONAL);
    hf_view_unref(view);
}

/* A view that differs in one respect only, chosen by @variant; 0 is the base. */
static void variant_digest(unsigned variant, uint8_t digest[static HF_SHA256_BYTES])
{
    struct hf_view_builder *builder = new_builder();
    struct hf_view_leaf spec = {.types = HF_LEAF_DECIMAL, .class_bit = TRADE};
    struct hf_treatment *treatment = &spec.treatment;
    *treatment = (struct hf_treatment){.kind = HF_TREAT_ROUND, .step = {1000, 0}};
    struct hf_view_range range = {.bounded = true, .from_day = -1, .to_day = 1};
    spec.max_chars = variant == 1;
    spec.nullable = variant == 2;
    spec.class_bit = variant == 3 ? PUBLIC : TRADE;
    spec.date = variant == 4;
    spec.subject_echo = variant == 5;
    treatment->kind = variant == 6 ? HF_TREAT_KEEP : HF_TREAT_ROUND;
    treatment->step.units += variant == 7;
    treatment->step.decimals += variant == 8;
    treatment->keep_last += variant == 9;
    range.from_day -= variant == 10;
    range.bounded = variant != 11;
    spec.types = variant == 12 ? HF_LEAF_INTEGER : HF_LEAF_DECIMAL;
    treatment->step.decimals *= variant != 12;
    const struct hf_view_node *node = NULL;
    assert_ok(hf_view_builder_leaf(builder, &spec, &node));
    const struct hf_view_node *object = object_of(builder, variant == 13 ? "b" : "a", node);
    const struct hf_view_node *root = NULL;
    assert_ok(hf_view_builder_array(builder, object, variant == 14, variant == 15, &root));
    struct hf_view *view = NULL;
    assert_ok(hf_view_builder_finish(builder, root, &range, &view));
    memcpy(digest, hf_view_digest(view), HF_SHA256_BYTES);
    hf_view_unref(view);
}

static void the_digest_covers_everything_a_view_does(void **state)
{
    (void)state;
    enum { N = 16 };
    uint8_t digests[N][HF_SHA256_BYTES];
    for (unsigned i = 0; i < N; i++) {
        variant_digest(i, digests[i]);
        for (unsigned j = 0; j < i; j++) {
            assert_memory_not_equal(digests[i], digests[j], HF_SHA256_BYTES);
        }
    }
    uint8_t again[HF_SHA256_BYTES];
    variant_digest(0, again);
    assert_memory_equal(again, digests[0], HF_SHA256_BYTES);
}

static void a_name_twice_is_refused(void **state)
{
    (void)state;
    struct hf_view_builder *builder = new_builder();
    const struct hf_view_node *node = leaf(builder, HF_LEAF_STRING, PUBLIC, HF_TREAT_KEEP);
    const struct hf_view_member members[] = {
        {HF_LITERAL("a"), node}, {HF_LITERAL("b"), node}, {HF_LITERAL("a"), node}};
    const struct hf_view_node *object = NULL;
    assert_code(hf_view_builder_object(builder, members, 3, false, &object), POLICY_INVALID);
    assert_null(object);
    hf_view_builder_free(builder);
}

static void two_thousand_members_are_each_found_within_the_bound(void **state)
{
    (void)state;
    struct hf_view_builder *builder = new_builder();
    const struct hf_view_node *node = leaf(builder, HF_LEAF_STRING, PUBLIC, HF_TREAT_KEEP);
    static struct hf_view_member members[HF_VIEW_MAX_MEMBERS + 1];
    static char names[HF_VIEW_MAX_MEMBERS + 1][16];
    for (size_t i = 0; i <= HF_VIEW_MAX_MEMBERS; i++) {
        snprintf(names[i], sizeof names[i], "member%zu", i);
        members[i] = (struct hf_view_member){hf_bytes_of_string(names[i]), node};
    }
    const struct hf_view_node *object = NULL;
    assert_code(hf_view_builder_object(builder, members, HF_VIEW_MAX_MEMBERS + 1, false, &object),
                LIMIT);
    assert_ok(hf_view_builder_object(builder, members, HF_VIEW_MAX_MEMBERS, false, &object));
    for (int i = 0; i < HF_VIEW_MAX_MEMBERS; i++) {
        hf_bytes name = members[i].name;
        assert_int_equal(hf_members_find(&object->members, name.data, name.size), i);
        assert_int_equal(hf_members_find(&object->members, name.data, name.size - 1),
                         i < 10 ? -1 : i / 10);
    }
    hf_view_builder_free(builder);
}

static void a_name_over_the_limit_is_refused(void **state)
{
    (void)state;
    struct hf_view_builder *builder = new_builder();
    const struct hf_view_node *node = leaf(builder, HF_LEAF_STRING, PUBLIC, HF_TREAT_KEEP);
    char name[HF_VIEW_MAX_NAME_BYTES + 2];
    memset(name, 'n', sizeof name);
    name[HF_VIEW_MAX_NAME_BYTES + 1] = 0;
    const struct hf_view_node *object = NULL;
    struct hf_view_member member = {hf_bytes_of_string(name), node};
    assert_code(hf_view_builder_object(builder, &member, 1, false, &object), LIMIT);
    name[HF_VIEW_MAX_NAME_BYTES] = 0;
    member.name.size--;
    assert_ok(hf_view_builder_object(builder, &member, 1, false, &object));
    hf_view_builder_free(builder);
}

static void depth_64_is_the_last(void **state)
{
    (void)state;
    struct hf_view_builder *builder = new_builder();
    const struct hf_view_node *node = leaf(builder, HF_LEAF_STRING, PUBLIC, HF_TREAT_KEEP);
    for (int i = 0; i < HF_VIEW_MAX_DEPTH; i++) {
        node = object_of(builder, "a", node);
    }
    const struct hf_view_node *deeper = NULL;
    const struct hf_view_member member = {HF_LITERAL("a"), node};
    assert_code(hf_view_builder_object(builder, &member, 1, false, &deeper), LIMIT);
    assert_code(hf_view_builder_array(builder, node, false, false, &deeper), LIMIT);
    assert_null(deeper);
    hf_view_builder_free(builder);
}

static void nodes_are_counted(void **state)
{
    (void)state;
    struct hf_view_builder *builder = new_builder();
    const struct hf_view_node *node = NULL;
    for (int i = 0; i < HF_VIEW_MAX_NODES; i++) {
        assert_ok(hf_view_builder_drop(builder, 0, &node));
    }
    assert_code(hf_view_builder_drop(builder, 0, &node), LIMIT);
    hf_view_builder_free(builder);
}

static void seen_words_along_a_path_are_bounded(void **state)
{
    (void)state;
    struct hf_view_builder *builder = new_builder();
    static struct hf_view_member members[HF_VIEW_MAX_MEMBERS];
    static char names[HF_VIEW_MAX_MEMBERS][16];
    const struct hf_view_node *node = leaf(builder, HF_LEAF_STRING, PUBLIC, HF_TREAT_KEEP);
    for (size_t i = 0; i < HF_VIEW_MAX_MEMBERS; i++) {
        snprintf(names[i], sizeof names[i], "m%zu", i);
    }
    hf_status status = HF_DONE;
    int levels = 0;
    while (hf_is_ok(status)) {
        for (size_t i = 0; i < HF_VIEW_MAX_MEMBERS; i++) {
            members[i] = (struct hf_view_member){hf_bytes_of_string(names[i]), node};
        }
        status = hf_view_builder_object(builder, members, HF_VIEW_MAX_MEMBERS, false, &node);
        levels += hf_is_ok(status);
    }
    assert_code(status, LIMIT);
    assert_int_equal(levels, HF_VIEW_MAX_SEEN_WORDS * 64 / HF_VIEW_MAX_MEMBERS);
    hf_view_builder_free(builder);
}

static void rows_inside_rows_are_refused(void **state)
{
    (void)state;
    struct hf_view_builder *builder = new_builder();
    const struct hf_view_node *inner =
        array_of(builder, leaf(builder, HF_LEAF_DATE, PUBLIC, HF_TREAT_KEEP), true);
    const struct hf_view_node *outer = NULL;
    const struct hf_view_node *between = object_of(builder, "a", inner);
    assert_code(hf_view_builder_array(builder, between, false, true, &outer), POLICY_INVALID);
    assert_ok(hf_view_builder_array(builder, between, false, false, &outer));
    hf_view_builder_free(builder);
}

static void a_leaf_that_leaves_needs_a_class_and_a_type(void **state)
{
    (void)state;
    struct hf_view_builder *builder = new_builder();
    const struct hf_view_node *node = NULL;
    struct hf_view_leaf spec = {.types = HF_LEAF_STRING, .treatment = {.kind = HF_TREAT_KEEP}};
    assert_code(hf_view_builder_leaf(builder, &spec, &node), POLICY_INVALID);
    spec = (struct hf_view_leaf){.class_bit = PUBLIC, .treatment = {.kind = HF_TREAT_KEEP}};
    assert_code(hf_view_builder_leaf(builder, &spec, &node), POLICY_INVALID);
    spec = (struct hf_view_leaf){0};
    assert_ok(hf_view_builder_leaf(builder, &spec, &node));
    hf_view_builder_free(builder);
}

static void a_leaf_with_a_misfit_or_a_foreign_bit_is_refused(void **state)
{
    (void)state;
    struct hf_view_builder *builder = new_builder();
    const struct hf_view_node *node = NULL;
    struct hf_view_leaf spec = {
        .types = HF_LEAF_INTEGER, .class_bit = PUBLIC, .treatment = {.kind = HF_TREAT_MASK}};
    assert_code(hf_view_builder_leaf(builder, &spec, &node), POLICY_INVALID);
    spec = (struct hf_view_leaf){
        .types = 64, .class_bit = PUBLIC, .treatment = {.kind = HF_TREAT_KEEP}};
    assert_code(hf_view_builder_leaf(builder, &spec, &node), POLICY_INVALID);
    spec = (struct hf_view_leaf){
        .types = HF_LEAF_STRING, .class_bit = PUBLIC | TRADE, .treatment = {.kind = HF_TREAT_KEEP}};
    assert_code(hf_view_builder_leaf(builder, &spec, &node), POLICY_INVALID);
    assert_code(hf_view_builder_drop(builder, 1 << HF_VIEW_N_CLASSES, &node), POLICY_INVALID);
    hf_view_builder_free(builder);
}

static void a_range_that_ends_before_it_begins_is_refused(void **state)
{
    (void)state;
    struct hf_view_builder *builder = new_builder();
    const struct hf_view_node *node = leaf(builder, HF_LEAF_DATE, PUBLIC, HF_TREAT_KEEP);
    const struct hf_view_range range = {.bounded = true, .from_day = 2, .to_day = 1};
    struct hf_view *view = NULL;
    assert_code(hf_view_builder_finish(builder, node, &range, &view), POLICY_INVALID);
    assert_null(view);
}

static void a_view_lives_as_long_as_a_reference(void **state)
{
    (void)state;
    struct hf_view_builder *builder = new_builder();
    struct hf_view *view = finish(builder, leaf(builder, HF_LEAF_DATE, PUBLIC, HF_TREAT_KEEP));
    struct hf_view *second = hf_view_ref(view);
    hf_view_unref(view);
    assert_int_equal(hf_view_kept_classes(second), PUBLIC);
    hf_view_unref(second);
    hf_view_unref(NULL);
    hf_view_builder_free(NULL);
}

/* ---- owners ---- */

/* A builder that knows two persons. */
static struct hf_view_builder *new_builder_of_two(void)
{
    const hf_bytes names[] = {HF_LITERAL("person:a"), HF_LITERAL("person:b")};
    struct hf_view_builder *builder = new_builder();
    assert_ok(hf_view_builder_persons(builder, names, 2));
    return builder;
}

static hf_status try_owned(struct hf_view_builder *builder, unsigned names_owner, unsigned owner,
                           unsigned persons, const struct hf_view_node **ret_node)
{
    const struct hf_view_leaf spec = {.types = HF_LEAF_STRING,
                                      .class_bit = PERSONAL,
                                      .names_owner = (uint8_t)names_owner,
                                      .owner = (uint8_t)owner,
                                      .persons = (uint8_t)persons,
                                      .treatment = {.kind = HF_TREAT_KEEP}};
    return hf_view_builder_leaf(builder, &spec, ret_node);
}

static const struct hf_view_node *owned(struct hf_view_builder *builder, unsigned names_owner,
                                        unsigned owner, unsigned persons)
{
    const struct hf_view_node *node = NULL;
    assert_ok(try_owned(builder, names_owner, owner, persons, &node));
    return node;
}

static hf_status try_three(struct hf_view_builder *builder, const struct hf_view_node *a,
                           const struct hf_view_node *b, const struct hf_view_node *c)
{
    const struct hf_view_member members[] = {
        {HF_LITERAL("a"), a}, {HF_LITERAL("b"), b}, {HF_LITERAL("c"), c}};
    const struct hf_view_node *node = NULL;
    return hf_view_builder_object(builder, members, 3, false, &node);
}

static void an_owner_and_its_persons_stand_together(void **state)
{
    (void)state;
    struct hf_view_builder *builder = new_builder_of_two();
    const struct hf_view_node *node = NULL;
    assert_code(try_owned(builder, 0, 1, 0, &node), POLICY_INVALID);
    assert_code(try_owned(builder, 0, 0, 1, &node), POLICY_INVALID);
    assert_code(try_owned(builder, 0, 1, 4, &node), POLICY_INVALID); /* no third person */
    assert_code(try_owned(builder, 0, HF_VIEW_MAX_OWNERS + 1, 1, &node), POLICY_INVALID);
    assert_code(try_owned(builder, HF_VIEW_MAX_OWNERS + 1, 0, 0, &node), POLICY_INVALID);
    const struct hf_view_leaf dropped = {.owner = 1, .persons = 1};
    assert_code(hf_view_builder_leaf(builder, &dropped, &node), POLICY_INVALID);
    hf_view_builder_free(builder);
}

static void an_object_names_each_owner_once(void **state)
{
    (void)state;
    struct hf_view_builder *builder = new_builder_of_two();
    const struct hf_view_node *first = owned(builder, 1, 0, 0);
    const struct hf_view_node *second = owned(builder, 2, 0, 0);
    const struct hf_view_node *hers = owned(builder, 0, 1, 3);
    assert_ok(try_three(builder, first, second, hers));
    assert_code(try_three(builder, first, owned(builder, 1, 0, 0), hers), POLICY_INVALID);
    assert_code(try_three(builder, second, hers, hers), POLICY_INVALID);
    hf_view_builder_free(builder);
}

static void only_an_object_has_owners(void **state)
{
    (void)state;
    struct hf_view_builder *builder = new_builder_of_two();
    const struct hf_view_node *node = NULL;
    struct hf_view *view = NULL;
    assert_code(hf_view_builder_array(builder, owned(builder, 1, 0, 0), false, false, &node),
                POLICY_INVALID);
    assert_code(hf_view_builder_array(builder, owned(builder, 0, 1, 1), false, false, &node),
                POLICY_INVALID);
    array_of(builder, owned(builder, 0, HF_VIEW_OWNER_ITSELF, 1), false);
    assert_code(hf_view_builder_finish(builder, owned(builder, 0, 1, 1), &unbounded, &view),
                POLICY_INVALID);
}

static void persons_are_few(void **state)
{
    (void)state;
    hf_bytes names[HF_VIEW_MAX_PERSONS + 1];
    struct hf_view_builder *builder = new_builder();
    for (size_t i = 0; i <= HF_VIEW_MAX_PERSONS; i++) {
        names[i] = HF_LITERAL("person:a");
    }
    assert_code(hf_view_builder_persons(builder, names, HF_VIEW_MAX_PERSONS + 1), LIMIT);
    assert_ok(hf_view_builder_persons(builder, names, HF_VIEW_MAX_PERSONS));
    hf_view_builder_free(builder);
}

/* So that what waits for an owner has a place, however objects are nested. */
static void leaves_that_may_wait_are_bounded_on_every_path(void **state)
{
    (void)state;
    struct hf_view_builder *builder = new_builder_of_two();
    const struct hf_view_node *node = owned(builder, 1, 0, 0);
    hf_status status = hf_status_of(HF_OK);
    unsigned n = 0;
    while (hf_is_ok(status)) {
        const struct hf_view_member members[] = {{HF_LITERAL("below"), node},
                                                 {HF_LITERAL("who"), owned(builder, 1, 0, 0)},
                                                 {HF_LITERAL("p1"), owned(builder, 0, 1, 1)},
                                                 {HF_LITERAL("p2"), owned(builder, 0, 1, 1)},
                                                 {HF_LITERAL("p3"), owned(builder, 0, 1, 1)},
                                                 {HF_LITERAL("p4"), owned(builder, 0, 1, 1)},
                                                 {HF_LITERAL("p5"), owned(builder, 0, 1, 1)}};
        status = hf_view_builder_object(builder, members + (n == 0), 7 - (n == 0), false, &node);
        n++;
    }
    assert_int_equal(status.code, HF_LIMIT);
    assert_int_equal(n - 1, HF_VIEW_MAX_OWNED / 5);
    hf_view_builder_free(builder);
}

static struct hf_view *view_of_owned(unsigned persons, const char *second)
{
    const hf_bytes names[] = {HF_LITERAL("person:a"), hf_bytes_of_string(second)};
    struct hf_view_builder *builder = new_builder();
    assert_ok(hf_view_builder_persons(builder, names, 2));
    return finish(builder, owned(builder, 0, HF_VIEW_OWNER_ITSELF, persons));
}

static void whose_it_must_be_is_in_the_digest(void **state)
{
    (void)state;
    struct hf_view *views[] = {view_of_owned(1, "person:b"), view_of_owned(3, "person:b"),
                               view_of_owned(3, "person:c")};
    for (size_t i = 0; i < 3; i++) {
        assert_true(hf_view_has_owners(views[i]));
        assert_int_equal(hf_view_kept_classes(views[i]), PERSONAL);
        assert_int_equal(hf_view_withheld_classes(views[i]), PERSONAL); /* of somebody else */
        assert_memory_not_equal(hf_view_digest(views[i]), hf_view_digest(views[(i + 1) % 3]),
                                HF_SHA256_BYTES);
    }
    for (size_t i = 0; i < 3; i++) {
        hf_view_unref(views[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_gathered_from_all_leaves),
        cmocka_unit_test(the_digest_covers_everything_a_view_does),
        cmocka_unit_test(a_name_twice_is_refused),
        cmocka_unit_test(two_thousand_members_are_each_found_within_the_bound),
        cmocka_unit_test(a_name_over_the_limit_is_refused),
        cmocka_unit_test(depth_64_is_the_last),
        cmocka_unit_test(nodes_are_counted),
        cmocka_unit_test(seen_words_along_a_path_are_bounded),
        cmocka_unit_test(rows_inside_rows_are_refused),
        cmocka_unit_test(a_leaf_that_leaves_needs_a_class_and_a_type),
        cmocka_unit_test(a_leaf_with_a_misfit_or_a_foreign_bit_is_refused),
        cmocka_unit_test(a_range_that_ends_before_it_begins_is_refused),
        cmocka_unit_test(an_owner_and_its_persons_stand_together),
        cmocka_unit_test(an_object_names_each_owner_once),
        cmocka_unit_test(only_an_object_has_owners),
        cmocka_unit_test(persons_are_few),
        cmocka_unit_test(leaves_that_may_wait_are_bounded_on_every_path),
        cmocka_unit_test(whose_it_must_be_is_in_the_digest),
        cmocka_unit_test(a_view_lives_as_long_as_a_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
