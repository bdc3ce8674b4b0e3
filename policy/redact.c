/*
 * Push and finish: gives each step its turn, turns a broken rule into a problem, and keeps back
 * what may still have to be taken back.
 *
 * Within one chunk a row, or a string whose length or content is judged, is written straight into
 * the caller's buffer and rewound if it fails. Only what is undecided when the chunk ends moves to
 * `hold`. So the invariant "every prefix handed out is clean" is kept in one place, settle().
 */
#include "policy/redact.h"

#include "policy/redact_state.h"

#include <stdlib.h>

typedef const uint8_t *step_fn(struct hf_redact *redact, const uint8_t *p, const uint8_t *end);

static step_fn *const steps[HF_N_STEPS] = {
    [HF_STEP_VALUE] = hf_step_value,
    [HF_STEP_FIRST_ELEMENT] = hf_step_first_element,
    [HF_STEP_FIRST_NAME] = hf_step_first_name,
    [HF_STEP_NAME] = hf_step_name,
    [HF_STEP_COLON] = hf_step_colon,
    [HF_STEP_AFTER] = hf_step_after,
    [HF_STEP_STRING] = hf_step_string,
    [HF_STEP_NUMBER] = hf_step_number,
    [HF_STEP_LITERAL] = hf_step_literal,
    [HF_STEP_DONE] = hf_step_done,
    [HF_STEP_LINE] = hf_step_line,
};

static const struct {
    const char *name;
    const char *sentence;
} rules[HF_N_RULES] = {
#define HF_RULE(name, sentence) [HF_RULE_##name] = {#name, sentence},
    HF_RULES(HF_RULE)
#undef HF_RULE
};

struct hf_redact_limits hf_redact_limits_default(void)
{
    return (struct hf_redact_limits){
        .max_body_bytes = 64 << 20,
        .max_string_bytes = 1 << 20,
        .max_hold_bytes = 64 << 10,
        .max_members = 10000,
    };
}

const char *hf_withheld_name(enum hf_withheld reason)
{
    static const char *const names[HF_N_WITHHELD] = {
        [HF_WITHHELD_POLICY] = "policy",   [HF_WITHHELD_UNKNOWN] = "unknown",
        [HF_WITHHELD_TYPE] = "type",       [HF_WITHHELD_LENGTH] = "length",
        [HF_WITHHELD_SUBJECT] = "subject", [HF_WITHHELD_IDENTIFIER] = "identifier",
        [HF_WITHHELD_OWNER] = "owner",
    };
    return (unsigned)reason < HF_N_WITHHELD ? names[reason] : "?";
}

static hf_run_fn *best_run(void)
{
#ifdef HF_HAVE_RUN_AVX2
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
        __builtin_cpu_supports("bmi2")) {
        return hf_run_members_avx2;
    }
#endif
    return hf_run_members;
}

_Static_assert(offsetof(struct hf_redact, frames) <= HF_REDACT_WARM_BYTES, "what begin() writes");

/* memset() of so few lines, which the compiler makes an instruction that is slow to begin. */
static void clear_lines(uint8_t *memory, size_t size)
{
    for (size_t i = 0; i < size; i += HF_CACHE_LINE_BYTES) {
        memset(memory + i, 0, HF_CACHE_LINE_BYTES);
    }
}

/* What a redactor is before its first byte: what it works with stays, and what lies behind the
 * frames is written before it is read. */
static void begin(struct hf_redact *redact, struct hf_view *view,
                  const struct hf_redact_access *access, const struct hf_redact_limits *limits)
{
    hf_view_prefetch(view);
    hf_prefetch(redact->frames, 2 * sizeof redact->frames[0]);
    hf_prefetch(redact->seen, sizeof redact->seen[0]);
    struct hf_detect *detect = redact->detect;
    struct hf_owners *owners = redact->owners;
    clear_lines((uint8_t *)redact, offsetof(struct hf_redact, frames));
    redact->detect = detect;
    redact->owners = owners;
    if (owners) {
        hf_owners_reset(owners);
    }
    redact->view = view;
    redact->scan = hf_scan_best();
    redact->run_members = best_run();
    redact->limits = *limits;
    redact->target = view->root;
    redact->max_held_string_bytes = limits->max_hold_bytes / 2;
    redact->hold = hf_buf_init(limits->max_hold_bytes + limits->max_hold_bytes / 2 +
                               HF_VIEW_MAX_NAME_BYTES * 6 + 8); /* a name and its punctuation */
    redact->person_key = access->person_key;
    redact->bank = access->bank;
    redact->n_subject = access->subject.size;
    if (access->subject.size > 0) {
        memcpy(redact->subject, access->subject.data, access->subject.size);
    }
    if (view->lines) {
        hf_lines_begin(redact);
    }
}

/* A redactor that has once scanned, or waited for owners, keeps what it did it with. */
static hf_status equip(struct hf_redact *redact, const struct hf_view *view)
{
    if (view->scans && !redact->detect) {
        HF_TRY(hf_detect_new(&redact->detect));
    }
    return view->owns && !redact->owners ? hf_owners_new(&redact->owners) : HF_DONE;
}

hf_status hf_redact_new(struct hf_view *view, const struct hf_redact_access *access,
                        const struct hf_redact_limits *limits, struct hf_redact **ret_redact)
{
    if (access->subject.size > HF_REDACT_MAX_SUBJECT_BYTES) {
        HF_FAIL(LIMIT);
    }
    struct hf_redact *redact = aligned_alloc(HF_CACHE_LINE_BYTES, sizeof *redact);
    if (!redact) {
        HF_FAIL(NOMEM);
    }
    redact->detect = NULL;
    redact->owners = NULL;
    hf_status status = equip(redact, view);
    if (!hf_is_ok(status)) {
        hf_detect_free(redact->detect);
        free(redact);
        return status;
    }
    begin(redact, hf_view_ref(view), access, limits);
    *ret_redact = redact;
    return HF_DONE;
}

hf_status hf_redact_reset(struct hf_redact *redact, struct hf_view *view,
                          const struct hf_redact_access *access,
                          const struct hf_redact_limits *limits)
{
    if (access->subject.size > HF_REDACT_MAX_SUBJECT_BYTES) {
        HF_FAIL(LIMIT);
    }
    HF_TRY(equip(redact, view));
    struct hf_view *last = redact->view; /* may be the same, and held by nobody else */
    hf_buf_clear(&redact->hold);
    begin(redact, hf_view_ref(view), access, limits);
    hf_view_unref(last);
    return HF_DONE;
}

void hf_redact_free(struct hf_redact *redact)
{
    if (redact) {
        hf_buf_clear(&redact->hold);
        hf_view_unref(redact->view);
        hf_detect_free(redact->detect);
        hf_owners_free(redact->owners);
        free(redact);
    }
}

const struct hf_redact_stats *hf_redact_stats(const struct hf_redact *redact)
{
    return &redact->stats;
}

const uint8_t *hf_redact_fault_at(struct hf_redact *redact, enum hf_rule rule, uint64_t offset,
                                  const uint8_t *p)
{
    hf_text_settle(redact); /* what was read before leaves, wherever the chunk began */
    if (redact->rule == HF_RULE_none) {
        redact->rule = rule;
        redact->fault_offset = offset;
    }
    return p;
}

bool hf_redact_grow(struct hf_redact *redact, size_t n)
{
    hf_buf *out = redact->out_buf;
    out->size = hf_out_mark(redact);
    hf_status status =
        redact->rule == HF_RULE_output ? redact->out_failure : hf_buf_reserve(out, n);
    if (!hf_is_ok(status)) {
        redact->out_failure = status;
        redact->out_end = redact->out; /* less may not slip in behind what is missing */
        hf_redact_fault_at(redact, HF_RULE_output, redact->offset, NULL);
        return false;
    }
    redact->out = out->data + out->size;
    redact->out_end = out->data + out->capacity_bytes;
    return true;
}

/* What is held for longer than a string, if anything: a row, or what waits for an owner, whichever
 * is the outer one. */
static bool is_holding(const struct hf_redact *redact, struct hf_held *ret_held)
{
    struct hf_held row = {redact->row.mark, redact->row.offset, HF_RULE_row_length};
    bool waits = redact->owners && hf_owners_hold(redact, ret_held);
    if (redact->row.open && (!waits || row.mark < ret_held->mark)) {
        *ret_held = row;
    }
    return waits || redact->row.open;
}

bool hf_redact_check_held(struct hf_redact *redact, size_t end)
{
    struct hf_held held;
    if (is_holding(redact, &held) && end - held.mark > redact->limits.max_hold_bytes) {
        hf_redact_fault_at(redact, held.rule, held.offset, NULL);
        return false;
    }
    return true;
}

/* Whether the end of the output is undecided, and from where on. */
static bool undecided(const struct hf_redact *redact, size_t *ret_mark)
{
    struct hf_held held;
    if (is_holding(redact, &held)) {
        *ret_mark = held.mark;
    } else if (redact->string.tentative) {
        *ret_mark = redact->string.mark;
    } else {
        return false;
    }
    return true;
}

/* The undecided output moves from one buffer to another. */
static void shift_marks(struct hf_redact *redact, size_t forth, size_t back)
{
    redact->row.mark += redact->row.open ? forth - back : 0;
    redact->string.mark += redact->string.tentative ? forth - back : 0;
    if (redact->owners) {
        hf_owners_shift(redact->owners, forth, back);
    }
}

/* Makes @out the output and puts back what was held. */
static hf_status open_out(struct hf_redact *redact, size_t n_expected, hf_buf *out)
{
    size_t base = out->size;
    HF_TRY(hf_buf_reserve(out, n_expected + redact->hold.size));
    HF_TRY(hf_buf_append(out, hf_buf_view(&redact->hold)));
    hf_buf_reset(&redact->hold);
    shift_marks(redact, base, 0);
    redact->out_buf = out;
    redact->out = out->data + out->size;
    redact->out_end = out->data + out->capacity_bytes;
    return HF_DONE;
}

/* Moves what is undecided to `hold`; marks become offsets in there. */
static hf_status settle(struct hf_redact *redact)
{
    hf_buf *out = redact->out_buf;
    out->size = hf_out_mark(redact);
    size_t mark = 0;
    if (!undecided(redact, &mark)) {
        return HF_DONE;
    }
    hf_bytes rest = hf_bytes_skip(hf_buf_view(out), mark);
    out->size = mark;
    if (redact->rule != HF_RULE_none) {
        return HF_DONE; /* nothing comes after a fault */
    }
    size_t end = redact->string.tentative ? redact->string.mark : mark + rest.size;
    if (!hf_redact_check_held(redact, end)) {
        return HF_DONE;
    }
    shift_marks(redact, 0, mark);
    return hf_buf_append(&redact->hold, rest);
}

/* The status of a redactor, with its problem when a rule is broken. */
static hf_status verdict(const struct hf_redact *redact, struct hf_problem *reterr)
{
    if (redact->rule == HF_RULE_none) {
        return HF_DONE;
    }
    enum hf_code code = HF_SOURCE_MALFORMED;
    if (redact->rule == HF_RULE_output) {
        code = redact->out_failure.code;
    }
    if (reterr) {
        reterr->offset = redact->fault_offset;
    }
    return hf_problem_set(reterr, code, rules[redact->rule].name, "%s",
                          rules[redact->rule].sentence);
}

/* Output that cannot be opened or held: a fault of the same kind as a full buffer. */
static hf_status out_failed(struct hf_redact *redact, hf_status status, struct hf_problem *reterr)
{
    redact->out_failure = status;
    hf_redact_fault_at(redact, HF_RULE_output, redact->offset, NULL);
    return verdict(redact, reterr);
}

/* Gives each step its turn; the last that begins before @stop may come further. */
static const uint8_t *take_steps(struct hf_redact *redact, const uint8_t *p, const uint8_t *stop,
                                 const uint8_t *end)
{
    while (p < stop && redact->rule == HF_RULE_none) {
        p = steps[redact->step](redact, p, end);
    }
    return p;
}

/*
 * The last bytes of a chunk, where blocks would reach beyond it: read from a copy with room behind.
 * No step keeps a pointer into the chunk, so this is as good as a chunk of its own.
 */
static void take_tail(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    uint8_t tail[2 * HF_RUN_MARGIN_BYTES] = {0};
    size_t n = (size_t)(end - p);
    memcpy(tail, p, n);
    redact->offset += (uint64_t)(p - redact->chunk);
    redact->chunk = tail;
    redact->n_readable_bytes = HF_RUN_MARGIN_BYTES;
    take_steps(redact, tail, tail + n, tail + n);
    redact->n_readable_bytes = 0;
    redact->offset += n;
}

static void take_chunk(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    bool has_head = end - p > HF_RUN_MARGIN_BYTES;
    redact->chunk = p;
    if (has_head) {
        p = take_steps(redact, p, end - HF_RUN_MARGIN_BYTES, end);
    }
    if (redact->rule == HF_RULE_none && p < end) {
        take_tail(redact, p, end);
    } else {
        redact->offset += (uint64_t)(end - redact->chunk);
    }
}

/* Line by line, as if each were a chunk of its own. */
static void take_lines(struct hf_redact *redact, const uint8_t *p, const uint8_t *end)
{
    while (p < end && redact->rule == HF_RULE_none) {
        const uint8_t *feed = memchr(p, '\n', (size_t)(end - p));
        take_chunk(redact, p, feed ? feed : end);
        if (!feed || redact->rule != HF_RULE_none) {
            return;
        }
        hf_line_end(redact);
        redact->offset++;
        p = feed + 1;
    }
}

hf_status hf_redact_push(struct hf_redact *redact, hf_bytes chunk, hf_buf *out,
                         struct hf_problem *reterr)
{
    if (redact->rule != HF_RULE_none || chunk.size == 0) {
        return verdict(redact, reterr);
    }
    size_t base = out->size;
    hf_status status = open_out(redact, chunk.size + HF_SCAN_SLACK_BYTES, out);
    if (!hf_is_ok(status)) {
        return out_failed(redact, status, reterr);
    }
    uint64_t left = redact->limits.max_body_bytes - redact->offset;
    const uint8_t *p = chunk.data;
    const uint8_t *end = p + (chunk.size <= left ? chunk.size : (size_t)left);
    if (redact->view->lines) {
        take_lines(redact, p, end);
    } else {
        take_chunk(redact, p, end);
    }
    if (chunk.size > left) {
        hf_redact_fault_at(redact, HF_RULE_body_length, redact->offset, NULL);
    }
    redact->stats.n_bytes_in = redact->offset;
    status = settle(redact);
    redact->stats.n_bytes_out += out->size - base;
    return hf_is_ok(status) ? verdict(redact, reterr) : out_failed(redact, status, reterr);
}

/* The value must be whole; so must the last line's, if there is one. */
static void end_body(struct hf_redact *redact)
{
    if (redact->view->lines) {
        hf_line_end(redact);
        return;
    }
    bool ended = redact->step == HF_STEP_DONE ||
                 (redact->step == HF_STEP_NUMBER && redact->depth == 0 && hf_number_finish(redact));
    if (!ended) {
        hf_redact_fault_at(redact, HF_RULE_truncated, redact->offset, NULL);
    }
}

hf_status hf_redact_finish(struct hf_redact *redact, hf_buf *out, struct hf_problem *reterr)
{
    if (redact->rule != HF_RULE_none) {
        return verdict(redact, reterr);
    }
    size_t base = out->size;
    hf_status status = open_out(redact, HF_SCAN_SLACK_BYTES, out);
    if (!hf_is_ok(status)) {
        return out_failed(redact, status, reterr);
    }
    end_body(redact);
    hf_ignore(settle(redact)); /* a body that has ended holds nothing */
    redact->stats.n_bytes_out += out->size - base;
    return verdict(redact, reterr);
}
