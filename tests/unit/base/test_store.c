#include "base/store.h"

#include "tests/unit/folder.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct hf_store *opened(const char *path)
{
    struct hf_store *store = NULL;
    struct hf_problem problem = {0};
    hf_status status = hf_store_open(path, &store, &problem);
    if (!hf_is_ok(status)) {
        fail_msg("%s", problem.detail);
    }
    return store;
}

static hf_status put(struct hf_store *store, const char *key, hf_bytes value)
{
    struct hf_store_batch *batch = NULL;
    assert_ok(hf_store_batch_new(&batch));
    hf_store_batch_put(batch, hf_bytes_of_string(key), value);
    hf_status status = hf_store_write(store, batch, 1);
    hf_store_batch_free(batch);
    return status;
}

static hf_status get(struct hf_store *store, const char *key, hf_buf *value)
{
    hf_buf_reset(value);
    return hf_store_get(store, hf_bytes_of_string(key), value);
}

static void assert_value(struct hf_store *store, const char *key, const char *expected)
{
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(1000);
    assert_ok(get(store, key, &value));
    assert_true(hf_bytes_equal_string(hf_buf_view(&value), expected));
}

/* Changes (@cut false) or cuts off the byte @from_end of the newest file that ends in @suffix. */
static void damage(const char *folder, const char *suffix, long from_end, bool cut)
{
    char newest[300] = "";
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot && strcmp(dot, suffix) == 0 && strcmp(entry->d_name, newest) > 0) {
            snprintf(newest, sizeof newest, "%s", entry->d_name);
        }
    }
    closedir(dir);
    char path[5000];
    snprintf(path, sizeof path, "%s/%s", folder, newest);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -from_end, SEEK_END), 0);
    long at = ftell(file);
    if (cut) {
        assert_int_equal(ftruncate(fileno(file), at), 0);
    } else {
        int byte = fgetc(file);
        assert_int_equal(fseek(file, at, SEEK_SET), 0);
        fputc(byte ^ 1, file);
    }
    fclose(file);
}

static void values_survive_a_close(void **state)
{
    const char *path = folder_path(state, "s");
    struct hf_store *store = opened(path);
    assert_ok(put(store, "key", HF_LITERAL("value")));
    assert_ok(put(store, "empty", hf_bytes_of(NULL, 0)));
    hf_store_close(store);
    store = opened(path);
    assert_value(store, "key", "value");
    assert_value(store, "empty", "");
    hf_store_close(store);
}

static void values_are_appended_and_bounded(void **state)
{
    struct hf_store *store = opened(folder_path(state, "s"));
    assert_ok(put(store, "key", HF_LITERAL("value")));
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(8);
    assert_ok(hf_buf_append_string(&buf, "abc"));
    assert_ok(hf_store_get(store, HF_LITERAL("key"), &buf));
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), "abcvalue"));
    assert_code(hf_store_get(store, HF_LITERAL("key"), &buf), LIMIT);
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), "abcvalue"));
    hf_store_close(store);
}

static void a_missing_key_is_not_found(void **state)
{
    struct hf_store *store = opened(folder_path(state, "s"));
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(100);
    assert_code(get(store, "key", &value), NOT_FOUND);
    assert_code(get(store, "", &value), NOT_FOUND);
    assert_ok(put(store, "key", HF_LITERAL("x")));
    assert_code(get(store, "ke", &value), NOT_FOUND);
    assert_code(hf_store_get(store, HF_LITERAL("key\0"), &value), NOT_FOUND);
    hf_store_close(store);
}

static void a_batch_puts_and_deletes_together(void **state)
{
    struct hf_store *store = opened(folder_path(state, "s"));
    assert_ok(put(store, "old", HF_LITERAL("1")));
    struct hf_store_batch *batch = NULL;
    assert_ok(hf_store_batch_new(&batch));
    hf_store_batch_delete(batch, HF_LITERAL("old"));
    hf_store_batch_put(batch, HF_LITERAL("new"), HF_LITERAL("2"));
    hf_store_batch_put(batch, HF_LITERAL("new"), HF_LITERAL("3")); /* the last one counts */
    hf_store_batch_delete(batch, HF_LITERAL("never there"));
    assert_ok(hf_store_write(store, batch, 0));
    hf_store_batch_free(batch);
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(100);
    assert_code(get(store, "old", &value), NOT_FOUND);
    assert_value(store, "new", "3");
    hf_store_close(store);
}

/* ---- walks ---- */

struct walk {
    char keys[200];
    unsigned n;
    unsigned stop_after;
    struct hf_store *store; /* written to during the walk, if set */
};

static hf_status note(void *context, hf_bytes key, hf_bytes value)
{
    struct walk *walk = context;
    size_t length = strlen(walk->keys);
    snprintf(walk->keys + length, sizeof walk->keys - length, "%.*s=%.*s ", HF_PRINT(key),
             HF_PRINT(value));
    if (walk->store) {
        HF_TRY(put(walk->store, "b/9", HF_LITERAL("late")));
    }
    if (++walk->n == walk->stop_after) {
        HF_FAIL(EXISTS);
    }
    return HF_DONE;
}

static struct hf_store *with_three_prefixes(void **state)
{
    struct hf_store *store = opened(folder_path(state, "s"));
    assert_ok(put(store, "b/2", HF_LITERAL("two")));
    assert_ok(put(store, "a/1", HF_LITERAL("x")));
    assert_ok(put(store, "b/1", HF_LITERAL("one")));
    assert_ok(put(store, "b0", HF_LITERAL("y"))); /* '0' follows '/' */
    assert_ok(put(store, "b/\xff", HF_LITERAL("z")));
    return store;
}

static void a_walk_sees_its_prefix_in_order(void **state)
{
    struct hf_store *store = with_three_prefixes(state);
    struct walk walk = {0};
    assert_ok(hf_store_each(store, HF_LITERAL("b/"), note, &walk));
    assert_string_equal(walk.keys, "b/1=one b/2=two b/\xff=z ");
    walk = (struct walk){0};
    assert_ok(hf_store_each(store, HF_LITERAL(""), note, &walk));
    assert_int_equal(walk.n, 5);
    walk = (struct walk){0};
    assert_ok(hf_store_each(store, HF_LITERAL("c"), note, &walk));
    assert_int_equal(walk.n, 0);
    hf_store_close(store);
}

static void a_visitor_ends_the_walk_with_its_status(void **state)
{
    struct hf_store *store = with_three_prefixes(state);
    struct walk walk = {.stop_after = 2};
    assert_code(hf_store_each(store, HF_LITERAL("b/"), note, &walk), EXISTS);
    assert_int_equal(walk.n, 2);
    hf_store_close(store);
}

static void a_walk_does_not_see_what_is_written_meanwhile(void **state)
{
    struct hf_store *store = with_three_prefixes(state);
    struct walk walk = {.store = store};
    assert_ok(hf_store_each(store, HF_LITERAL("b/"), note, &walk));
    assert_string_equal(walk.keys, "b/1=one b/2=two b/\xff=z ");
    assert_value(store, "b/9", "late");
    hf_store_close(store);
}

/* ---- opening ---- */

static void a_store_is_closed_to_other_users_of_the_machine(void **state)
{
    const char *path = folder_path(state, "s");
    mode_t before = umask(0);
    struct hf_store *store = opened(path);
    umask(before);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0700);
    hf_store_close(store);
}

static void a_store_is_opened_once(void **state)
{
    const char *path = folder_path(state, "s");
    struct hf_store *store = opened(path);
    struct hf_store *second = NULL;
    struct hf_problem problem = {0};
    assert_code(hf_store_open(path, &second, &problem), IO);
    assert_null(second);
    assert_non_null(strstr(problem.detail, "another process"));
    assert_string_equal(problem.where, path);
    hf_store_close(store);
    hf_store_close(opened(path));
}

static void another_process_is_kept_out(void **state)
{
    const char *path = folder_path(state, "s");
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* holds the store until it is killed */
        struct hf_store *store = NULL;
        char told = hf_is_ok(hf_store_open(path, &store, NULL)) ? 'y' : 'n';
        _exit(write(ends[1], &told, 1) == 1 && pause());
    }
    char told = 0;
    assert_int_equal(read(ends[0], &told, 1), 1);
    assert_int_equal(told, 'y');
    struct hf_store *store = NULL;
    hf_status status = hf_store_open(path, &store, NULL);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    close(ends[0]);
    close(ends[1]);
    assert_code(status, IO);
    hf_store_close(opened(path)); /* the lock dies with its holder */
}

static void a_place_that_cannot_hold_a_store_is_refused(void **state)
{
    struct hf_store *store = NULL;
    struct hf_problem problem = {0};
    assert_code(hf_store_open(folder_path(state, "no/s"), &store, &problem), IO);
    assert_true(problem.detail[0] != 0);
    FILE *file = fopen(folder_path(state, "file"), "w");
    assert_non_null(file);
    fclose(file);
    assert_code(hf_store_open(folder_path(state, "file"), &store, NULL), IO);
    assert_null(store);
}

static void closing_nothing_is_fine(void **state)
{
    (void)state;
    hf_store_close(NULL);
    hf_store_batch_free(NULL);
}

/* ---- damage ---- */

/* A store of two closed sessions, so that its values lie in a table file. */
static void make_table(const char *path)
{
    struct hf_store *store = opened(path);
    assert_ok(put(store, "key/1", HF_LITERAL("first value")));
    assert_ok(put(store, "key/2", HF_LITERAL("second value")));
    hf_store_close(store);
    hf_store_close(opened(path));
}

/* The first data block begins the file; its values are the bytes right at the front. */
static void damage_first_block(const char *folder)
{
    char path[5000];
    unsigned n = 0;
    for (unsigned i = 0; i < 100; i++) {
        snprintf(path, sizeof path, "%s/%06u.ldb", folder, i);
        FILE *file = fopen(path, "r+b");
        if (file) {
            assert_int_equal(fseek(file, 16, SEEK_SET), 0);
            fputc('#', file);
            fclose(file);
            n++;
        }
    }
    assert_true(n > 0);
}

static void a_damaged_value_is_found_by_its_checksum(void **state)
{
    const char *path = folder_path(state, "s");
    make_table(path);
    damage_first_block(path);
    struct hf_store *store = opened(path);
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(100);
    assert_code(get(store, "key/1", &value), IO);
    assert_int_equal(value.size, 0);
    struct walk walk = {0};
    assert_code(hf_store_each(store, HF_LITERAL("key/"), note, &walk), IO);
    hf_store_close(store);
}

static void a_damaged_journal_is_refused(void **state)
{
    const char *path = folder_path(state, "s");
    struct hf_store *store = opened(path);
    assert_ok(put(store, "first", HF_LITERAL("1")));
    assert_ok(put(store, "second", HF_LITERAL("2")));
    hf_store_close(store);
    damage(path, ".log", 1, false);
    struct hf_problem problem = {0};
    assert_code(hf_store_open(path, &store, &problem), IO);
    assert_non_null(strstr(problem.detail, "checksum"));
}

static void a_torn_batch_is_absent_as_a_whole(void **state)
{
    const char *path = folder_path(state, "s");
    struct hf_store *store = opened(path);
    assert_ok(put(store, "before", HF_LITERAL("kept")));
    struct hf_store_batch *batch = NULL;
    assert_ok(hf_store_batch_new(&batch));
    hf_store_batch_put(batch, HF_LITERAL("one"), HF_LITERAL("1"));
    hf_store_batch_put(batch, HF_LITERAL("two"), HF_LITERAL("2"));
    assert_ok(hf_store_write(store, batch, 1));
    hf_store_batch_free(batch);
    hf_store_close(store);
    damage(path, ".log", 1, true);
    store = opened(path);
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(100);
    assert_value(store, "before", "kept");
    assert_code(get(store, "one", &value), NOT_FOUND);
    assert_code(get(store, "two", &value), NOT_FOUND);
    hf_store_close(store);
}

static void after_a_failed_write_there_is_no_other(void **state)
{
    const char *path = folder_path(state, "s");
    struct hf_store *store = opened(path);
    assert_ok(put(store, "before", HF_LITERAL("kept")));
    static char big[1 << 20];
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit tight = {1 << 17, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    hf_status first = put(store, "big", hf_bytes_of(big, sizeof big));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0); /* the disk has room again */
    assert_code(first, IO);
    assert_code(put(store, "after", HF_LITERAL("x")), IO);
    assert_value(store, "before", "kept");
    hf_store_close(store);
    store = opened(path); /* a new start reads what is there, and goes on */
    HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(2 << 20);
    assert_value(store, "before", "kept");
    assert_code(get(store, "big", &value), NOT_FOUND);
    assert_code(get(store, "after", &value), NOT_FOUND);
    assert_ok(put(store, "after", HF_LITERAL("y")));
    hf_store_close(store);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(values_survive_a_close),
        in_folder(values_are_appended_and_bounded),
        in_folder(a_missing_key_is_not_found),
        in_folder(a_batch_puts_and_deletes_together),
        in_folder(a_walk_sees_its_prefix_in_order),
        in_folder(a_visitor_ends_the_walk_with_its_status),
        in_folder(a_walk_does_not_see_what_is_written_meanwhile),
        in_folder(a_store_is_closed_to_other_users_of_the_machine),
        in_folder(a_store_is_opened_once),
        in_folder(another_process_is_kept_out),
        in_folder(a_place_that_cannot_hold_a_store_is_refused),
        cmocka_unit_test(closing_nothing_is_fine),
        in_folder(a_damaged_value_is_found_by_its_checksum),
        in_folder(a_damaged_journal_is_refused),
        in_folder(a_torn_batch_is_absent_as_a_whole),
        in_folder(after_a_failed_write_there_is_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
