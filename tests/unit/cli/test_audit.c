#include "tests/unit/audit/log_folder.h"
#include "tests/unit/cli/tool.h"

#include "audit/tlog_policy.h"
#include "base/file.h"

/* A log of three grants, closed; its policy beside it. */
static int set_up(void **state)
{
    struct log_folder *folder = log_folder_new();
    char path[128];
    HF_CLEANUP(hf_buf_clear) hf_buf policy = hf_buf_init(1024);
    struct hf_log *log = log_folder_open(folder);
    for (int i = 0; i < 3; i++) {
        struct hf_log_entry entry = {.kind = HF_RECORD_GRANT,
                                     .detail = HF_LITERAL("{\"jti\":\"j\"}")};
        assert_ok(hf_log_append_wait(log, &entry));
    }
    assert_ok(hf_log_close(log));
    snprintf(path, sizeof(path), "%s/log.policy", folder->path);
    assert_ok(hf_tlog_policy_write(LOG_ORIGIN, folder->signer, &policy));
    assert_ok(hf_file_write_durable(path, hf_buf_view(&policy), 0644));
    snprintf(path, sizeof(path), "%s/operator.key", folder->path);
    assert_ok(hf_file_write_durable(
        path, HF_LITERAL("BwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"), 0600));
    *state = folder;
    return 0;
}

static int tear_down(void **state)
{
    log_folder_free(*state);
    return 0;
}

static char *in(const struct log_folder *folder, const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder->path, name);
    return path;
}

static void damage(const struct log_folder *folder)
{
    HF_CLEANUP(hf_buf_clear) hf_buf file = hf_buf_init(1 << 20);
    char *path = in(folder, "wal/00000000000000000000.hfl");
    assert_ok(hf_file_read(path, &file));
    file.data[4200] ^= 1;
    assert_ok(hf_file_write_durable(path, hf_buf_view(&file), 0640));
}

static void a_whole_log_is_verified(void **state)
{
    struct log_folder *folder = *state;
    HF_CLEANUP(tool_run_clear)
    struct tool_run run =
        TOOL(W("audit"), W("verify"), folder->path, W("--policy"), in(folder, "log.policy"),
             W("--details"), in(folder, "operator.key"), W("--since"), in(folder, "checkpoint"));
    assert_int_equal(run.code, HF_EXIT_YES);
    assert_says(run.out, "verdict: verified\n");
    assert_says(run.out, "records: 3\n");
    assert_says(run.out, "grant: 3\n");
    assert_says(run.out, "uncovered: 0\n");
    assert_says(run.out, "details: 3\n");
}

static void a_changed_byte_is_named(void **state)
{
    struct log_folder *folder = *state;
    damage(folder);
    HF_CLEANUP(tool_run_clear)
    struct tool_run run = TOOL(W("audit"), W("verify"), W("--json"), W("--policy"),
                               in(folder, "log.policy"), folder->path);
    assert_int_equal(run.code, HF_EXIT_NO);
    assert_says(run.out, "\"verdict\":\"tampered\"");
    assert_says(run.out, "\"file\":\"wal/00000000000000000000.hfl\"");
    assert_says(run.out, "\"offset\":4096");
    assert_says(run.out, "\"index\":0");
    assert_says(run.out, "\"what\":\"a frame's checksum differs\"");
}

static void shortcomings_have_exits_of_their_own(void **state)
{
    struct log_folder *folder = *state;
    assert_int_equal(unlink(in(folder, "checkpoint")), 0);
    HF_CLEANUP(tool_run_clear)
    struct tool_run partial =
        TOOL(W("audit"), W("verify"), folder->path, W("--policy"), in(folder, "log.policy"));
    assert_int_equal(partial.code, HF_EXIT_PARTIAL);
    assert_says(partial.out, "because: the file `checkpoint` is missing\n");
    HF_CLEANUP(tool_run_clear)
    struct tool_run unreadable = TOOL(W("audit"), W("verify"), W("/tmp/hufu-no-such-log"),
                                      W("--policy"), in(folder, "log.policy"));
    assert_int_equal(unreadable.code, HF_EXIT_UNREADABLE);
    struct log_folder *empty = log_folder_new();
    HF_CLEANUP(tool_run_clear)
    struct tool_run nothing =
        TOOL(W("audit"), W("verify"), empty->path, W("--policy"), in(folder, "log.policy"));
    assert_int_equal(nothing.code, HF_EXIT_EMPTY);
    log_folder_free(empty);
}

static void without_a_policy_there_is_no_verdict(void **state)
{
    struct log_folder *folder = *state;
    HF_CLEANUP(tool_run_clear)
    struct tool_run none = TOOL(W("audit"), W("verify"), folder->path);
    assert_int_equal(none.code, HF_EXIT_USAGE);
    HF_CLEANUP(tool_run_clear)
    struct tool_run wrong =
        TOOL(W("audit"), W("verify"), folder->path, W("--policy"), in(folder, "origin"));
    assert_int_equal(wrong.code, HF_EXIT_USAGE);
    assert_says(wrong.err, ":1:");
    HF_CLEANUP(tool_run_clear)
    struct tool_run missing =
        TOOL(W("audit"), W("verify"), folder->path, W("--policy"), in(folder, "no.policy"));
    assert_int_equal(missing.code, HF_EXIT_UNREADABLE);
}

static void a_key_file_that_is_none_cannot_be_read(void **state)
{
    struct log_folder *folder = *state;
    HF_CLEANUP(tool_run_clear)
    struct tool_run run = TOOL(W("audit"), W("verify"), folder->path, W("--policy"),
                               in(folder, "log.policy"), W("--details"), in(folder, "origin"));
    assert_int_equal(run.code, HF_EXIT_UNREADABLE);
}

/* --- log show, prove, checkpoint --- */

static void show_prints_a_line_for_each_record(void **state)
{
    struct log_folder *folder = *state;
    HF_CLEANUP(tool_run_clear)
    struct tool_run run = TOOL(W("log"), W("show"), folder->path, W("--from"), W("1"));
    assert_int_equal(run.code, HF_EXIT_YES);
    assert_string_equal(run.out, "1 2026-09-21T14:13:20Z grant none\n"
                                 "2 2026-09-21T14:13:20Z grant none\n");
    HF_CLEANUP(tool_run_clear)
    struct tool_run one = TOOL(W("log"), W("show"), folder->path, W("--index"), W("1"), W("--key"),
                               in(folder, "operator.key"));
    assert_string_equal(one.out, "1 2026-09-21T14:13:20Z grant none {\"jti\":\"j\"}\n");
    HF_CLEANUP(tool_run_clear)
    struct tool_run json = TOOL(W("log"), W("show"), folder->path, W("--to"), W("0"), W("--json"),
                                W("--key"), in(folder, "operator.key"));
    assert_says(json.out, "{\"record\":{\"bank\":\"");
    assert_says(json.out, "},\"detail\":{\"jti\":\"j\"}}\n");
    assert_null(strchr(strchr(json.out, '\n') + 1, '\n'));
}

static void show_stops_at_damage(void **state)
{
    struct log_folder *folder = *state;
    damage(folder);
    HF_CLEANUP(tool_run_clear) struct tool_run run = TOOL(W("log"), W("show"), folder->path);
    assert_int_equal(run.code, HF_EXIT_NO);
    assert_says(run.err, "a frame's checksum differs");
}

static void wrong_numbers_are_usage_errors(void **state)
{
    struct log_folder *folder = *state;
    static const char *const wrong[] = {"-1", "x", "01", "9007199254740992"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char number[32];
        snprintf(number, sizeof(number), "%s", wrong[i]);
        HF_CLEANUP(tool_run_clear)
        struct tool_run run = TOOL(W("log"), W("show"), folder->path, W("--index"), number);
        assert_int_equal(run.code, HF_EXIT_USAGE);
    }
}

static void checkpoint_prints_the_note_as_it_is(void **state)
{
    struct log_folder *folder = *state;
    HF_CLEANUP(hf_buf_clear) hf_buf note = hf_buf_init(4096);
    const char *text = NULL;
    HF_CLEANUP(tool_run_clear) struct tool_run run = TOOL(W("log"), W("checkpoint"), folder->path);
    assert_int_equal(run.code, HF_EXIT_YES);
    assert_ok(hf_file_read(in(folder, "checkpoint"), &note));
    assert_ok(hf_buf_string(&note, &text));
    assert_string_equal(run.out, text);
    assert_ok(hf_file_write_durable(in(folder, "checkpoint"), HF_LITERAL("x"), 0644));
    HF_CLEANUP(tool_run_clear) struct tool_run none = TOOL(W("log"), W("checkpoint"), folder->path);
    assert_int_not_equal(none.code, HF_EXIT_YES);
}

static void prove_prints_a_proof_that_was_checked(void **state)
{
    struct log_folder *folder = *state;
    HF_CLEANUP(tool_run_clear)
    struct tool_run run = TOOL(W("log"), W("prove"), folder->path, W("--index"), W("2"));
    assert_int_equal(run.code, HF_EXIT_YES);
    assert_says(run.out, "c2sp.org/tlog-proof@v1\nindex 2\n");
    assert_says(run.out, "\n\n" LOG_ORIGIN "\n3\n");
    HF_CLEANUP(tool_run_clear)
    struct tool_run beyond = TOOL(W("log"), W("prove"), folder->path, W("--index"), W("3"));
    assert_int_equal(beyond.code, HF_EXIT_NO);
    assert_says(beyond.err, "not covered");
    damage(folder);
    HF_CLEANUP(tool_run_clear)
    struct tool_run damaged = TOOL(W("log"), W("prove"), folder->path, W("--index"), W("2"));
    assert_int_not_equal(damaged.code, HF_EXIT_YES);
    assert_string_equal(damaged.out, "");
}

#define ON_A_LOG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_LOG(a_whole_log_is_verified),
        ON_A_LOG(a_changed_byte_is_named),
        ON_A_LOG(shortcomings_have_exits_of_their_own),
        ON_A_LOG(without_a_policy_there_is_no_verdict),
        ON_A_LOG(a_key_file_that_is_none_cannot_be_read),
        ON_A_LOG(show_prints_a_line_for_each_record),
        ON_A_LOG(show_stops_at_damage),
        ON_A_LOG(wrong_numbers_are_usage_errors),
        ON_A_LOG(checkpoint_prints_the_note_as_it_is),
        ON_A_LOG(prove_prints_a_proof_that_was_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
