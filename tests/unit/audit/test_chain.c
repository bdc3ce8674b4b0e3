#include "audit/chain.h"

#include "tests/unit/unit.h"

/* The damaged logs of test_verify and test_recover go through the chain frame by frame; here is
 * what can be said of it alone. */

/* A record of @kind that commits to thirty-two times @commit. */
static struct hf_frame entry_of(char text[static HF_RECORD_MAX_BYTES], const struct hf_chain *chain,
                                enum hf_record_kind kind, int commit)
{
    struct hf_record record = {.kind = kind,
                               .index = chain->now.tree.size,
                               .time_unix_s = 1790000000 + (int64_t)chain->now.tree.size};
    size_t size = 0;
    memset(record.commit, commit, sizeof(record.commit));
    memcpy(record.prev, chain->now.head, sizeof(record.prev));
    assert_ok(hf_record_write(&record, text, &size));
    return (struct hf_frame){.type = HF_FRAME_ENTRY,
                             .batch = (uint32_t)(chain->now.batch + 1),
                             .number = record.index,
                             .payload = hf_bytes_of(text, size)};
}

static const hf_bytes sealed = {(const uint8_t *)"sealed", 6};
static const hf_bytes told = {(const uint8_t *)"", 1};

/* Feeds a record and what stands where its detail would; the verdict is the detail's. */
static hf_status feed_as(struct hf_chain *chain, enum hf_record_kind kind, int commit,
                         hf_bytes detail, struct hf_log_fault *fault)
{
    char text[HF_RECORD_MAX_BYTES];
    struct hf_chain_step step;
    struct hf_frame frame = entry_of(text, chain, kind, commit);
    assert_ok(hf_chain_feed(chain, &frame, &step, fault));
    assert_int_equal(step.record.kind, kind);
    frame = (struct hf_frame){.type = HF_FRAME_DETAIL,
                              .batch = frame.batch,
                              .number = chain->now.tree.size - 1,
                              .payload = detail};
    return hf_chain_feed(chain, &frame, &step, fault);
}

static void feed_record(struct hf_chain *chain)
{
    struct hf_log_fault fault = {0};
    assert_ok(feed_as(chain, HF_RECORD_GRANT, 0, sealed, &fault));
}

static struct hf_frame commit_of(uint8_t payload[static HF_COMMIT_BYTES],
                                 const struct hf_chain *chain)
{
    struct hf_commit commit = {.first_index = chain->last.tree.size,
                               .n_entries = chain->n_entries,
                               .batch = chain->now.batch + 1,
                               .batch_bytes = chain->n_bytes + hf_frame_size(HF_COMMIT_BYTES)};
    memcpy(commit.head, chain->now.head, sizeof(commit.head));
    hf_tree_root(&chain->now.tree, commit.root);
    hf_commit_write(&commit, payload);
    return (struct hf_frame){.type = HF_FRAME_COMMIT,
                             .batch = (uint32_t)(chain->now.batch + 1),
                             .number = chain->now.tree.size,
                             .payload = hf_bytes_of(payload, HF_COMMIT_BYTES)};
}

static void feed_commit(struct hf_chain *chain)
{
    uint8_t payload[HF_COMMIT_BYTES];
    struct hf_chain_step step;
    struct hf_log_fault fault = {0};
    struct hf_frame frame = commit_of(payload, chain);
    assert_ok(hf_chain_feed(chain, &frame, &step, &fault));
}

static void records_count_from_the_commit_on(void **state)
{
    (void)state;
    struct hf_chain chain = {0};
    feed_record(&chain);
    assert_true(chain.is_open);
    assert_int_equal(chain.last.tree.size, 0);
    feed_record(&chain);
    feed_commit(&chain);
    assert_false(chain.is_open);
    assert_int_equal(chain.last.tree.size, 2);
    assert_int_equal(chain.last.batch, 1);
}

static void an_open_batch_can_be_forgotten(void **state)
{
    (void)state;
    struct hf_chain chain = {0};
    struct hf_chain whole = {0};
    for (int i = 0; i < 3; i++) {
        feed_record(&chain);
        feed_commit(&chain);
        feed_record(&whole);
        feed_commit(&whole);
    }
    for (int i = 0; i < 600; i++) { /* grows the tree well beyond */
        feed_record(&chain);
    }
    hf_chain_rollback(&chain);
    feed_record(&chain);
    feed_commit(&chain);
    feed_record(&whole);
    feed_commit(&whole);
    uint8_t expected[HF_SHA256_BYTES];
    uint8_t root[HF_SHA256_BYTES];
    hf_tree_root(&chain.last.tree, root);
    hf_tree_root(&whole.last.tree, expected);
    assert_memory_equal(root, expected, sizeof(root));
    assert_memory_equal(chain.last.head, whole.last.head, sizeof(root));
    assert_int_equal(chain.last.batch, whole.last.batch);
}

static void refused(struct hf_chain *chain, const struct hf_frame *frame, const char *what)
{
    struct hf_chain_step step;
    struct hf_log_fault fault = {0};
    assert_code(hf_chain_feed(chain, frame, &step, &fault), LOG_CORRUPT);
    assert_string_equal(fault.what, what);
}

static void an_outcome_may_be_told_by_the_access_before_it(void **state)
{
    (void)state;
    struct hf_chain chain = {0};
    struct hf_log_fault fault = {0};
    assert_ok(feed_as(&chain, HF_RECORD_ACCESS, 1, sealed, &fault));
    assert_ok(feed_as(&chain, HF_RECORD_OUTCOME, 1, told, &fault));
    feed_commit(&chain);
    assert_int_equal(chain.last.tree.size, 2);
}

/* What stands behind a record of @kind that commits to ones, in the same batch or the next. */
static void refused_behind(enum hf_record_kind kind, bool is_next_batch, enum hf_record_kind second,
                           int commit, const char *what)
{
    struct hf_chain chain = {0};
    struct hf_log_fault fault = {0};
    assert_ok(feed_as(&chain, kind, 1, sealed, &fault));
    if (is_next_batch) {
        feed_commit(&chain);
    }
    assert_code(feed_as(&chain, second, commit, told, &fault), LOG_CORRUPT);
    assert_string_equal(fault.what, what);
}

static void nothing_else_is_without_a_detail(void **state)
{
    (void)state;
    const char *nowhere = "a record without a detail of its own is no outcome behind its access";
    refused_behind(HF_RECORD_GRANT, false, HF_RECORD_OUTCOME, 1, nowhere);
    refused_behind(HF_RECORD_OUTCOME, false, HF_RECORD_OUTCOME, 1, nowhere);
    refused_behind(HF_RECORD_ACCESS, true, HF_RECORD_OUTCOME, 1, nowhere);
    refused_behind(HF_RECORD_ACCESS, false, HF_RECORD_ACCESS, 1, nowhere);
    refused_behind(HF_RECORD_ACCESS, false, HF_RECORD_DENY, 1, nowhere);
    refused_behind(HF_RECORD_ACCESS, false, HF_RECORD_OUTCOME, 2,
                   "an outcome commits to another detail than its access");
}

static void an_access_has_one_outcome(void **state)
{
    (void)state;
    struct hf_chain chain = {0};
    struct hf_log_fault fault = {0};
    assert_ok(feed_as(&chain, HF_RECORD_ACCESS, 1, sealed, &fault));
    assert_ok(feed_as(&chain, HF_RECORD_OUTCOME, 1, told, &fault));
    assert_code(feed_as(&chain, HF_RECORD_OUTCOME, 1, told, &fault), LOG_CORRUPT);
}

static void batches_may_not_be_empty(void **state)
{
    (void)state;
    uint8_t payload[HF_COMMIT_BYTES];
    struct hf_chain chain = {0};
    struct hf_frame frame = commit_of(payload, &chain);
    refused(&chain, &frame, "a commit stands without complete records before it");
}

static void a_checkpoint_may_not_stand_within_a_batch(void **state)
{
    (void)state;
    struct hf_chain chain = {0};
    feed_record(&chain);
    struct hf_frame frame = {
        .type = HF_FRAME_CHECKPOINT, .batch = 1, .number = 1, .payload = HF_LITERAL("x")};
    refused(&chain, &frame, "a checkpoint or seal stands within a batch");
    frame.type = HF_FRAME_SEAL;
    refused(&chain, &frame, "a checkpoint or seal stands within a batch");
}

static void a_checkpoint_must_be_one(void **state)
{
    (void)state;
    struct hf_chain chain = {0};
    feed_record(&chain);
    feed_commit(&chain);
    struct hf_frame frame = {
        .type = HF_FRAME_CHECKPOINT, .batch = 2, .number = 1, .payload = HF_LITERAL("x")};
    refused(&chain, &frame, "the checkpoint is not well formed");
    frame.payload = HF_LITERAL("o\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    refused(&chain, &frame, "the checkpoint has another root");
    frame.payload = HF_LITERAL("o\n2\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    refused(&chain, &frame, "the checkpoint is of another size");
    frame.number = 2;
    refused(&chain, &frame, "a checkpoint or seal is of another size");
}

static void batch_numbers_wrap_in_frames_alone(void **state)
{
    (void)state;
    struct hf_chain chain = {.now.batch = UINT32_MAX, .last.batch = UINT32_MAX};
    feed_record(&chain); /* batch 2^32 is 0 in a frame */
    feed_commit(&chain);
    assert_int_equal(chain.last.batch, (uint64_t)UINT32_MAX + 1);
}

static void a_segment_continues_what_is_known(void **state)
{
    (void)state;
    struct hf_chain chain = {0};
    struct hf_log_fault fault = {0};
    struct hf_segment_header header = {.first_index = 0};
    hf_tree_root(&chain.now.tree, header.root);
    assert_ok(hf_chain_segment(&chain, &header, &fault));
    header.first_index = 1;
    assert_code(hf_chain_segment(&chain, &header, &fault), LOG_CORRUPT);
    header.first_index = 0;
    header.prev[31] = 1;
    assert_code(hf_chain_segment(&chain, &header, &fault), LOG_CORRUPT);
    header.prev[31] = 0;
    header.root[0] ^= 1;
    assert_code(hf_chain_segment(&chain, &header, &fault), LOG_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_count_from_the_commit_on),
        cmocka_unit_test(an_open_batch_can_be_forgotten),
        cmocka_unit_test(an_outcome_may_be_told_by_the_access_before_it),
        cmocka_unit_test(nothing_else_is_without_a_detail),
        cmocka_unit_test(an_access_has_one_outcome),
        cmocka_unit_test(batches_may_not_be_empty),
        cmocka_unit_test(a_checkpoint_may_not_stand_within_a_batch),
        cmocka_unit_test(a_checkpoint_must_be_one),
        cmocka_unit_test(batch_numbers_wrap_in_frames_alone),
        cmocka_unit_test(a_segment_continues_what_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
