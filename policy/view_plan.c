/*
 * What a view alone says of a value, worked out once for each node: the redactor then decides most
 * values with one look at a table. Only what hangs on the value itself is left to the redactor.
 *
 * Deny is zero: a node of which nobody has said anything drops all that stands there.
 */
#include "policy/view_node.h"

#include "base/date.h"

/* Null is no type of its own: where it may stand it stays, under every treatment but drop. */
static uint8_t plan_of_null(const struct hf_view_node *node, bool is_looked_at)
{
    uint8_t plan = node->nullable ? HF_PLAN_KEEP : HF_PLAN_REFUSE;
    return (uint8_t)(plan | (is_looked_at ? HF_PLAN_LOOK : 0));
}

static void plan_container(struct hf_view_node *node)
{
    memset(node->plans, HF_PLAN_REFUSE, sizeof node->plans);
    node->plans[HF_SCALAR_NULL] = plan_of_null(node, node->dated);
}

/* What stands for a date and is of another type says of no row that it may pass, dropped or not. */
static uint8_t plan_of_type(const struct hf_view_leaf *leaf, unsigned types)
{
    if (leaf->treatment.kind == HF_TREAT_DROP && (!leaf->date || (leaf->types & types))) {
        return HF_PLAN_DROP;
    }
    if (!(leaf->types & types)) {
        return HF_PLAN_REFUSE;
    }
    return leaf->treatment.kind == HF_TREAT_KEEP ? HF_PLAN_KEEP : HF_PLAN_CHANGE;
}

/* Whether a string must be decoded: to be changed, compared, or read as a date or somebody's. */
static bool needs_text(const struct hf_view_leaf *leaf)
{
    enum hf_treatment_kind kind = leaf->treatment.kind;
    if (leaf->date || leaf->subject_echo || leaf->names_owner ||
        leaf->owner == HF_VIEW_OWNER_ITSELF) {
        return true;
    }
    return kind != HF_TREAT_DROP && (!(leaf->types & HF_LEAF_STRING) || kind == HF_TREAT_MASK ||
                                     kind == HF_TREAT_TRUNCATE_DATE || kind == HF_TREAT_PSEUDONYM);
}

static uint32_t short_bytes_of(const struct hf_view_node *node)
{
    uint32_t max_chars = node->leaf.max_chars ? node->leaf.max_chars : UINT32_MAX;
    return node->needs_text && max_chars > HF_TREAT_MAX_BYTES ? HF_TREAT_MAX_BYTES : max_chars;
}

/* A date that is neither too long for its leaf nor somebody's name nor somebody's at all. */
static bool is_day(const struct hf_view_node *node)
{
    const struct hf_view_leaf *leaf = &node->leaf;
    return (leaf->date || !(leaf->types & HF_LEAF_STRING)) && !leaf->subject_echo &&
           !node->owning && node->short_bytes >= HF_DATE_CHARS;
}

/* Deny is zero here, too: what is not seen through leaves it to the judge of all strings. */
static enum hf_string_way string_way_of(const struct hf_view_node *node)
{
    const struct hf_treatment *treatment = &node->leaf.treatment;
    switch (node->plans[HF_SCALAR_STRING]) {
    case HF_PLAN_DROP:
        return HF_WAY_DROP;
    case HF_PLAN_KEEP:
        return node->short_bytes >= HF_BLOCK_BYTES ? HF_WAY_KEEP : HF_WAY_KEEP_FEW;
    case HF_PLAN_CHANGE:
        return treatment->kind == HF_TREAT_MASK ? HF_WAY_MASK : HF_WAY_ASK;
    case HF_PLAN_KEEP | HF_PLAN_LOOK:
        return is_day(node) ? HF_WAY_DAY : HF_WAY_ASK;
    case HF_PLAN_CHANGE | HF_PLAN_LOOK:
        return is_day(node) && treatment->kind == HF_TREAT_TRUNCATE_DATE &&
                       treatment->to == HF_DATE_UNIT_MONTH
                   ? HF_WAY_DAY_MONTH
                   : HF_WAY_ASK;
    default:
        return HF_WAY_ASK;
    }
}

static void plan_leaf(struct hf_view_node *node)
{
    static const unsigned types[HF_N_SCALARS] = {
        [HF_SCALAR_STRING] = HF_LEAF_STRING | HF_LEAF_DATE,
        [HF_SCALAR_INTEGER] = HF_LEAF_INTEGER | HF_LEAF_DECIMAL,
        [HF_SCALAR_DECIMAL] = HF_LEAF_DECIMAL,
        [HF_SCALAR_BOOLEAN] = HF_LEAF_BOOLEAN,
    };
    const struct hf_view_leaf *leaf = &node->leaf;
    bool is_looked_at = leaf->date || leaf->subject_echo || node->owning;
    for (unsigned i = 0; i < HF_SCALAR_NULL; i++) {
        uint8_t look = is_looked_at ? HF_PLAN_LOOK : 0;
        node->plans[i] = (uint8_t)(plan_of_type(leaf, types[i]) | look);
    }
    if (leaf->treatment.kind == HF_TREAT_DROP) {
        node->plans[HF_SCALAR_NULL] = HF_PLAN_DROP | (is_looked_at ? HF_PLAN_LOOK : 0);
    } else {
        node->plans[HF_SCALAR_NULL] = plan_of_null(node, is_looked_at);
    }
    node->needs_text = needs_text(leaf);
    node->short_bytes = short_bytes_of(node);
    if (node->plans[HF_SCALAR_STRING] >= HF_PLAN_KEEP && !(leaf->types & HF_LEAF_STRING)) {
        node->plans[HF_SCALAR_STRING] |= HF_PLAN_LOOK; /* only what can be read as a date */
    }
    node->string_way = (uint8_t)string_way_of(node);
}

void hf_view_plan(struct hf_view_node *node)
{
    switch (node->kind) {
    case HF_NODE_DROP:
        break;
    case HF_NODE_LEAF:
        plan_leaf(node);
        break;
    case HF_NODE_ARRAY:
    case HF_NODE_OBJECT:
        plan_container(node);
        break;
    }
}
