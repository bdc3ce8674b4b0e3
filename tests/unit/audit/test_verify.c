#include "audit/verify.h"

#include "tests/unit/audit/forge.h"
#include "tests/unit/audit/log_verify.h"

/* Two batches of one record and a third of two, closed: everything is signed. */
enum { N_RECORDS = 4 };

struct settled {
    unsigned n;
};

static void count_settled(struct hf_log_entry *entry, hf_status status)
{
    assert_ok(status);
    ((struct settled *)entry->context)->n++;
}

static void never_wakes(void *context)
{
    (void)context;
}

/* Appends two records that share a batch. */
static void append_pair(struct hf_log *log)
{
    struct hf_log_waiter *waiter = NULL;
    struct settled settled = {0};
    struct hf_log_entry entries[2];
    assert_ok(hf_log_waiter_new(log, never_wakes, NULL, &waiter));
    for (int i = 0; i < 2; i++) {
        entries[i] = (struct hf_log_entry){.kind = HF_RECORD_DENY,
                                           .detail = HF_LITERAL("{\"code\":\"consent_missing\"}"),
                                           .on_settled = count_settled,
                                           .context = &settled};
        assert_ok(hf_log_append(waiter, &entries[i]));
    }
    hf_log_publish(waiter);
    while (settled.n < 2) {
        hf_log_poll(waiter);
        usleep(100);
    }
    hf_log_waiter_free(waiter);
}

static int set_up(void **state)
{
    struct log_folder *folder = log_folder_new();
    struct hf_log *log = log_folder_open(folder);
    log_folder_append(log, 0);
    log_folder_append(log, 1);
    append_pair(log);
    assert_ok(hf_log_close(log));
    *state = folder;
    return 0;
}

static int set_up_empty(void **state)
{
    *state = log_folder_new();
    return 0;
}

static int tear_down(void **state)
{
    log_folder_free(*state);
    return 0;
}

static void assert_tampered(const struct log_folder *folder, const char *what)
{
    struct hf_log_report report = verify(folder);
    if (report.verdict != HF_VERIFY_TAMPERED || !strstr(report.fault.what, what)) {
        fail_msg("verdict %d, \"%s\" \"%s\", not \"%s\"", report.verdict, report.fault.what,
                 report.shortcoming, what);
    }
}

static void a_whole_log_is_verified(void **state)
{
    struct hf_log_report report = verify(*state);
    assert_int_equal(report.verdict, HF_VERIFY_YES);
    assert_int_equal(report.n_records, N_RECORDS);
    assert_int_equal(report.signed_size, N_RECORDS);
    assert_int_equal(report.n_by_kind[HF_RECORD_ACCESS], 2);
    assert_int_equal(report.n_by_kind[HF_RECORD_DENY], 2);
    assert_int_equal(report.first_time_unix_s, 1790000000);
    assert_string_equal(report.origin, LOG_ORIGIN);
    assert_string_equal(report.shortcoming, "");
}

static void no_records_are_no_success(void **state)
{
    struct log_folder *folder = *state;
    assert_int_equal(verify(folder).verdict, HF_VERIFY_EMPTY);
    struct hf_log *log = log_folder_open(folder);
    assert_ok(hf_log_close(log));
    assert_int_equal(verify(folder).verdict, HF_VERIFY_EMPTY);
}

static void what_is_no_log_cannot_be_read(void **state)
{
    struct log_folder *folder = *state;
    char path[128];
    snprintf(path, sizeof(path), "%s/origin", folder->path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(verify(folder).verdict, HF_VERIFY_UNREADABLE);
}

/* Flips each bit of one file in turn; nothing may pass as verified. */
static void flip_every_bit(const struct log_folder *folder, const char *name)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder->path, name);
    assert_int_equal(chmod(path, 0640), 0);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    setvbuf(file, NULL, _IONBF, 0);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    bool is_segment = size > HF_SEGMENT_HEADER_BYTES;
    for (long bit = 0; bit < size * 8; bit++) {
        if (is_segment && bit > 512 * 8 && bit < (HF_SEGMENT_HEADER_BYTES - 8) * 8) {
            bit += 60; /* zeros under the header's checksum: test_frame flips each of them */
        }
        fseek(file, bit / 8, SEEK_SET);
        int byte = fgetc(file);
        fseek(file, bit / 8, SEEK_SET);
        fputc(byte ^ (1 << bit % 8), file);
        struct hf_log_report report = verify(folder);
        if (report.verdict != HF_VERIFY_TAMPERED && report.verdict != HF_VERIFY_PARTIAL) {
            fail_msg("%s: bit %ld flipped: verdict %d", name, bit, report.verdict);
        }
        fseek(file, bit / 8, SEEK_SET);
        fputc(byte, file);
    }
    fclose(file);
    assert_int_equal(verify(folder).verdict, HF_VERIFY_YES);
}

static void every_bit_of_every_file_counts(void **state)
{
    flip_every_bit(*state, "origin");
    flip_every_bit(*state, "checkpoint");
    flip_every_bit(*state, "wal/00000000000000000000.hfl");
}

/* A shorter file is verified only where all records and no broken bytes are left. */
static void every_byte_of_a_segment_counts(void **state)
{
    struct log_folder *folder = *state;
    struct forge *forge = forge_new(folder->path, 0);
    HF_CLEANUP(hf_buf_clear) hf_buf file = hf_buf_init(1 << 20);
    unsigned n_verified = 0;
    assert_ok(hf_file_read(forge->path, &file));
    assert_int_equal(chmod(forge->path, 0640), 0);
    for (size_t size = file.size - 1; size > 0; size--) {
        assert_int_equal(truncate(forge->path, (off_t)size), 0);
        struct hf_log_report report = verify(folder);
        enum hf_verify_verdict expected = HF_VERIFY_TAMPERED;
        if (report.n_records == N_RECORDS) {
            expected = report.torn_bytes ? HF_VERIFY_PARTIAL : HF_VERIFY_YES;
        }
        assert_int_equal(report.verdict, expected);
        n_verified += report.verdict == HF_VERIFY_YES;
    }
    /* Without the seal, without the last checkpoint's frame; or with zeros that began one of them.
     */
    assert_in_range(n_verified, 2, 6);
    free(forge);
}

/* One change to the frames, by name; checksums are made to hold afterwards. */
static void forged(struct log_folder *folder, void (*change)(struct forge *forge),
                   bool is_rechained, const char *what)
{
    struct forge *forge = forge_new(folder->path, 0);
    HF_CLEANUP(hf_buf_clear) hf_buf before = hf_buf_init(1 << 20);
    assert_ok(hf_file_read(forge->path, &before));
    change(forge);
    if (is_rechained) {
        forge_rechain(forge);
    }
    forge_write(forge);
    assert_tampered(folder, what);
    assert_ok(hf_file_write_durable(forge->path, hf_buf_view(&before), 0440));
    free(forge);
}

static void drop_record(struct forge *forge)
{
    forge_drop(forge, forge_find(forge, HF_FRAME_ENTRY, 2), 2);
}

static void drop_batch(struct forge *forge)
{
    forge_drop(forge, forge_find(forge, HF_FRAME_ENTRY, 1), 3);
}

static void drop_detail(struct forge *forge)
{
    forge_drop(forge, forge_find(forge, HF_FRAME_DETAIL, 0), 1);
}

static void drop_entry(struct forge *forge)
{
    forge_drop(forge, forge_find(forge, HF_FRAME_ENTRY, 0), 1);
}

static void drop_commit(struct forge *forge)
{
    forge_drop(forge, forge_find(forge, HF_FRAME_COMMIT, 0), 1);
}

static void drop_checkpoint(struct forge *forge)
{
    forge_drop(forge, forge_find(forge, HF_FRAME_CHECKPOINT, 0), 1);
}

static void double_record(struct forge *forge)
{
    forge_double(forge, forge_find(forge, HF_FRAME_ENTRY, 2), 2);
}

static void double_detail(struct forge *forge)
{
    forge_double(forge, forge_find(forge, HF_FRAME_DETAIL, 2), 1);
}

static void double_batch(struct forge *forge)
{
    forge_double(forge, forge_find(forge, HF_FRAME_ENTRY, 1), 3);
}

static void swap_records(struct forge *forge)
{
    size_t first = forge_find(forge, HF_FRAME_ENTRY, 2);
    forge_swap(forge, first, first + 2);
    forge_swap(forge, first + 1, first + 3);
}

static void swap_details(struct forge *forge)
{
    size_t first = forge_find(forge, HF_FRAME_DETAIL, 2);
    forge_swap(forge, first, first + 2);
}

static void swap_entry_and_detail(struct forge *forge)
{
    size_t first = forge_find(forge, HF_FRAME_ENTRY, 0);
    forge_swap(forge, first, first + 1);
}

static void change_record(struct forge *forge)
{
    struct hf_record record;
    size_t at = forge_find(forge, HF_FRAME_ENTRY, 1);
    forge_record(forge, at, &record);
    record.nonce[0] ^= 1;
    forge_set_record(forge, at, &record);
}

static void turn_time_back(struct forge *forge)
{
    struct hf_record record;
    size_t at = forge_find(forge, HF_FRAME_ENTRY, 1);
    forge_record(forge, at, &record);
    record.time_unix_s--;
    forge_set_record(forge, at, &record);
}

static void respell_record(struct forge *forge)
{
    struct forged_frame *frame = &forge->frames[forge_find(forge, HF_FRAME_ENTRY, 0)];
    frame->payload[0] = ' ';
}

static void change_commit(struct forge *forge)
{
    forge->frames[forge_find(forge, HF_FRAME_COMMIT, 1)].payload[95] ^= 1;
}

static void change_commit_count(struct forge *forge)
{
    forge->frames[forge_find(forge, HF_FRAME_COMMIT, 1)].payload[8] ^= 1;
}

static void change_commit_length(struct forge *forge)
{
    forge->frames[forge_find(forge, HF_FRAME_COMMIT, 1)].payload[24] ^= 8;
}

static void append_behind_seal(struct forge *forge)
{
    forge_double(forge, forge_find(forge, HF_FRAME_SEAL, 0), 1);
}

static void change_seal(struct forge *forge)
{
    forge->frames[forge_find(forge, HF_FRAME_SEAL, 0)].payload[0] = 9;
}

static void change_batch_number(struct forge *forge)
{
    forge->frames[forge_find(forge, HF_FRAME_DETAIL, 3)].frame.batch++;
}

static void change_header(struct forge *forge)
{
    forge->header.prev[0] ^= 1;
}

static void change_header_root(struct forge *forge)
{
    forge->header.root[0] ^= 1;
}

static void change_header_index(struct forge *forge)
{
    forge->header.first_index = 1;
}

static void change_header_origin(struct forge *forge)
{
    forge->header.origin[0] = 'x';
}

static void change_checkpoint_size(struct forge *forge)
{
    struct forged_frame *frame = &forge->frames[forge_find(forge, HF_FRAME_CHECKPOINT, 0)];
    frame->payload[strlen(LOG_ORIGIN) + 1] = '9';
}

static void nothing(struct forge *forge)
{
    (void)forge;
}

/* What a forger without the hashes in hand would do: only the checksums are right. */
static void frames_out_of_order_are_found(void **state)
{
    forged(*state, drop_record, false, "");
    forged(*state, drop_batch, false, "another batch");
    forged(*state, drop_detail, false, "a commit stands without complete records");
    forged(*state, drop_entry, false, "a detail stands without its record");
    forged(*state, drop_commit, false, "another batch");
    forged(*state, drop_checkpoint, false, "another batch");
    forged(*state, double_record, false, "another index");
    forged(*state, double_detail, false, "a detail stands without its record");
    forged(*state, double_batch, false, "another batch");
    forged(*state, swap_records, false, "another index");
    forged(*state, swap_details, false, "belongs to another record");
    forged(*state, swap_entry_and_detail, false, "a detail stands without its record");
    forged(*state, change_record, false, "another last record");
    forged(*state, turn_time_back, false, "time goes back");
    forged(*state, respell_record, false, "one spelling");
    forged(*state, change_commit, false, "another root");
    forged(*state, change_commit_count, false, "counts other records");
    forged(*state, change_commit_length, false, "another length");
    forged(*state, append_behind_seal, false, "behind the segment's seal");
    forged(*state, change_seal, false, "the seal is not well formed");
    forged(*state, change_batch_number, false, "another batch");
    forged(*state, change_header, false, "continues another record");
    forged(*state, change_header_root, false, "continues another tree");
    forged(*state, change_header_index, false, "another first record than its name");
    forged(*state, change_header_origin, false, "belongs to another log");
    forged(*state, change_checkpoint_size, false, "the checkpoint is of another size");
}

/* A forger who makes everything fit but the signatures. */
static void only_the_key_stops_a_careful_forger(void **state)
{
    static const char signature[] = "a signature by a key of the policy does not hold";
    forged(*state, drop_record, true, signature);
    forged(*state, drop_batch, true, signature);
    forged(*state, double_batch, true, "another history was signed");
    forged(*state, swap_records, true, "another history was signed");
    forged(*state, change_record, true, "another history was signed");
}

static void drop_signatures_and_batch(struct forge *forge)
{
    drop_checkpoint(forge);
    drop_checkpoint(forge);
    drop_batch(forge);
}

static void drop_signatures_and_change(struct forge *forge)
{
    drop_checkpoint(forge);
    drop_checkpoint(forge);
    change_record(forge);
}

/* … and takes the signatures out of the log: the file `checkpoint` remembers. */
static void the_checkpoint_file_remembers(void **state)
{
    forged(*state, drop_signatures_and_batch, true, "records that were signed are gone");
    forged(*state, drop_signatures_and_change, true, "another history was signed");
}

static void a_rechained_log_without_change_still_verifies(void **state)
{
    struct log_folder *folder = *state;
    struct forge *forge = forge_new(folder->path, 0);
    nothing(forge);
    forge_rechain(forge);
    forge_write(forge);
    assert_int_equal(verify(folder).verdict, HF_VERIFY_YES); /* the forger itself is right */
    free(forge);
}

static void remove_file(const struct log_folder *folder, const char *name)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder->path, name);
    assert_int_equal(unlink(path), 0);
}

static void a_log_signed_by_another_key_is_no_such_log(void **state)
{
    struct log_folder *mine = *state;
    struct log_folder *other = log_folder_new();
    struct hf_log *log = log_folder_open(other);
    log_folder_append(log, 0);
    assert_ok(hf_log_close(log));
    assert_int_equal(verify(other).verdict, HF_VERIFY_YES);
    struct hf_key *key = other->signer;
    other->signer = mine->signer; /* the auditor's policy holds our key */
    assert_tampered(other, "not signed by a key of the policy");
    other->signer = key;
    log_folder_free(other);
}

static void a_log_that_the_policy_does_not_name_is_not_judged_good(void **state)
{
    struct log_folder *folder = *state;
    struct hf_tlog_policy *policy = NULL;
    struct hf_log_report report;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(1024);
    assert_ok(hf_tlog_policy_write("b.example/log", folder->signer, &text));
    assert_ok(hf_tlog_policy_parse(hf_buf_view(&text), &policy, NULL));
    const struct hf_log_verify_request request = {.folder = folder->path, .policy = policy};
    hf_log_verify(&request, &report);
    assert_int_equal(report.verdict, HF_VERIFY_TAMPERED);
    hf_tlog_policy_free(policy);
}

static void a_missing_checkpoint_file_is_a_shortcoming(void **state)
{
    remove_file(*state, "checkpoint");
    struct hf_log_report report = verify(*state);
    assert_int_equal(report.verdict, HF_VERIFY_PARTIAL);
    assert_non_null(strstr(report.shortcoming, "`checkpoint` is missing"));
}

static void an_unsigned_tail_is_a_shortcoming(void **state)
{
    struct log_folder *folder = *state;
    folder->options.checkpoint_interval_ms = 1000000; /* and the clock stands still */
    struct hf_log *log = log_folder_open(folder);
    log_folder_append(log, 4); /* the first of a run is signed at once */
    log_folder_append(log, 5);
    struct hf_log_report report = verify(folder); /* a live log */
    assert_int_equal(report.verdict, HF_VERIFY_PARTIAL);
    assert_int_equal(report.n_records, 6);
    assert_true(report.signed_size < 6);
    assert_ok(hf_log_close(log));
    assert_int_equal(verify(folder).verdict, HF_VERIFY_YES);
}

static void a_missing_segment_is_found(void **state)
{
    struct log_folder *folder = *state;
    struct hf_log *log = log_folder_open(folder);
    log_folder_append(log, 4);
    assert_ok(hf_log_close(log));
    assert_int_equal(verify(folder).verdict, HF_VERIFY_YES);
    assert_int_equal(verify(folder).n_segments, 2);
    char first[128];
    char kept[128];
    snprintf(first, sizeof(first), "%s/wal/%020d.hfl", folder->path, 0);
    snprintf(kept, sizeof(kept), "%s/kept", folder->path);
    assert_int_equal(rename(first, kept), 0);
    assert_tampered(folder, "begins with another record");
    assert_int_equal(rename(kept, first), 0);
    remove_file(folder, "wal/00000000000000000004.hfl");
    assert_tampered(folder, "records that were signed are gone");
}

static void another_file_among_the_segments_is_found(void **state)
{
    struct log_folder *folder = *state;
    char path[128];
    snprintf(path, sizeof(path), "%s/wal/extra", folder->path);
    assert_ok(hf_file_write_durable(path, HF_LITERAL("x"), 0644));
    assert_tampered(folder, "not the name of a segment");
}

static void an_older_checkpoint_must_be_continued(void **state)
{
    struct log_folder *folder = *state;
    char path[128];
    HF_CLEANUP(hf_buf_clear) hf_buf older = hf_buf_init(HF_NOTE_MAX_BYTES);
    snprintf(path, sizeof(path), "%s/checkpoint", folder->path);
    assert_ok(hf_file_read(path, &older));
    struct hf_log *log = log_folder_open(folder);
    log_folder_append(log, 4);
    assert_ok(hf_log_close(log));
    assert_int_equal(log_folder_verify(folder, hf_buf_view(&older), NULL).verdict, HF_VERIFY_YES);
    /* a checkpoint of another history, signed by the true key: a fork, and evidence of it */
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(1024);
    HF_CLEANUP(hf_buf_clear) hf_buf fork = hf_buf_init(1024);
    const struct hf_tree_head head = {.size = 3, .root = {1}};
    assert_ok(hf_checkpoint_write(LOG_ORIGIN, &head, &text));
    assert_ok(hf_note_sign(hf_buf_view(&text), LOG_ORIGIN, folder->signer, &fork));
    struct hf_log_report report = log_folder_verify(folder, hf_buf_view(&fork), NULL);
    assert_int_equal(report.verdict, HF_VERIFY_TAMPERED);
    assert_string_equal(report.fault.file, "the checkpoint given");
    assert_string_equal(report.fault.what, "another history was signed");
    /* and one of more records than there are: a rollback */
    hf_buf_reset(&text);
    hf_buf_reset(&fork);
    const struct hf_tree_head later = {.size = 99};
    assert_ok(hf_checkpoint_write(LOG_ORIGIN, &later, &text));
    assert_ok(hf_note_sign(hf_buf_view(&text), LOG_ORIGIN, folder->signer, &fork));
    report = log_folder_verify(folder, hf_buf_view(&fork), NULL);
    assert_string_equal(report.fault.what, "records that were signed are gone");
    report = log_folder_verify(folder, HF_LITERAL("no checkpoint"), NULL);
    assert_int_equal(report.verdict, HF_VERIFY_TAMPERED);
}

static void a_quorum_that_is_not_met_is_a_shortcoming(void **state)
{
    struct log_folder *folder = *state;
    struct hf_key *witness = NULL;
    struct hf_tlog_policy *policy = NULL;
    struct hf_log_report report;
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(2048);
    assert_ok(hf_key_generate(HF_ALG_ED25519, &witness));
    assert_ok(hf_buf_append_string(&text, "log "));
    assert_ok(hf_note_key_write(LOG_ORIGIN, HF_NOTE_ED25519, folder->signer, &text));
    assert_ok(hf_buf_append_string(&text, "\nwitness w "));
    assert_ok(hf_note_key_write("w.example", HF_NOTE_COSIGNATURE, witness, &text));
    assert_ok(hf_buf_append_string(&text, "\nquorum w\n"));
    assert_ok(hf_tlog_policy_parse(hf_buf_view(&text), &policy, NULL));
    const struct hf_log_verify_request request = {.folder = folder->path, .policy = policy};
    hf_log_verify(&request, &report);
    assert_int_equal(report.verdict, HF_VERIFY_PARTIAL);
    assert_int_equal(report.signed_size, N_RECORDS);
    assert_int_equal(report.quorum_size, 0);
    hf_tlog_policy_free(policy);
    hf_key_unref(witness);
}

#define ON_A_LOG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define ON_AN_EMPTY_LOG(test) cmocka_unit_test_setup_teardown(test, set_up_empty, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_LOG(a_whole_log_is_verified),
        ON_AN_EMPTY_LOG(no_records_are_no_success),
        ON_A_LOG(what_is_no_log_cannot_be_read),
        ON_A_LOG(every_bit_of_every_file_counts),
        ON_A_LOG(every_byte_of_a_segment_counts),
        ON_A_LOG(frames_out_of_order_are_found),
        ON_A_LOG(only_the_key_stops_a_careful_forger),
        ON_A_LOG(the_checkpoint_file_remembers),
        ON_A_LOG(a_rechained_log_without_change_still_verifies),
        ON_A_LOG(a_log_signed_by_another_key_is_no_such_log),
        ON_A_LOG(a_log_that_the_policy_does_not_name_is_not_judged_good),
        ON_A_LOG(a_missing_checkpoint_file_is_a_shortcoming),
        ON_A_LOG(an_unsigned_tail_is_a_shortcoming),
        ON_A_LOG(a_missing_segment_is_found),
        ON_A_LOG(another_file_among_the_segments_is_found),
        ON_A_LOG(an_older_checkpoint_must_be_continued),
        ON_A_LOG(a_quorum_that_is_not_met_is_a_shortcoming),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
