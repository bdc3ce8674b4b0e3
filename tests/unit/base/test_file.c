#include "base/file.h"

#include "tests/unit/folder.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void put(const char *path, const char *content, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), (ssize_t)strlen(content));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void assert_content(const char *path, const char *expected)
{
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 16);
    assert_ok(hf_file_read(path, &buf));
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), expected));
}

static mode_t mode_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_mode & 07777;
}

/* All entries but the two dots, hidden ones too. */
static size_t count_entries(void **state)
{
    size_t n = 0;
    DIR *dir = opendir(*state);
    assert_non_null(dir);
    while (readdir(dir)) {
        n++;
    }
    closedir(dir);
    return n - 2;
}

/* ---- reading ---- */

static void reading_appends_the_whole_file(void **state)
{
    const char *path = folder_path(state, "a");
    put(path, "world", 0644);
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(100);
    assert_ok(hf_buf_append_string(&buf, "hello "));
    assert_ok(hf_file_read(path, &buf));
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), "hello world"));
    put(path, "", 0644);
    assert_ok(hf_file_read(path, &buf));
    assert_int_equal(buf.size, 11);
}

static void the_limit_of_the_buffer_holds_exactly(void **state)
{
    const char *path = folder_path(state, "a");
    put(path, "12345", 0644);
    HF_CLEANUP(hf_buf_clear) hf_buf enough = hf_buf_init(5);
    assert_ok(hf_file_read(path, &enough));
    assert_int_equal(enough.size, 5);
    HF_CLEANUP(hf_buf_clear) hf_buf small = hf_buf_init(4);
    assert_code(hf_file_read(path, &small), LIMIT);
    assert_int_equal(small.size, 0);
    assert_code(hf_file_read(path, &enough), LIMIT);
    assert_true(hf_bytes_equal_string(hf_buf_view(&enough), "12345"));
}

/* Files under /proc say that they have 0 bytes and have more. */
static void a_size_that_lies_is_not_believed(void **state)
{
    (void)state;
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(1 << 16);
    assert_ok(hf_file_read("/proc/self/status", &buf));
    assert_true(buf.size > 100);
    HF_CLEANUP(hf_buf_clear) hf_buf small = hf_buf_init(100);
    assert_code(hf_file_read("/proc/self/status", &small), LIMIT);
    assert_int_equal(small.size, 0);
}

static void a_missing_file_is_not_found(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(100);
    assert_code(hf_file_read(folder_path(state, "none"), &buf), NOT_FOUND);
    put(folder_path(state, "file"), "", 0600);
    assert_code(hf_file_read(folder_path(state, "file/below"), &buf), NOT_FOUND);
}

static void only_regular_files_are_read(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(100);
    assert_code(hf_file_read(*state, &buf), IO);
    assert_int_equal(errno, EISDIR);
    assert_int_equal(mkfifo(folder_path(state, "pipe"), 0600), 0);
    assert_code(hf_file_read(folder_path(state, "pipe"), &buf), IO); /* and does not hang */
    assert_code(hf_file_read("/dev/zero", &buf), IO);
}

static void minus_is_standard_input(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int kept = dup(STDIN_FILENO);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(write(ends[1], "piped", 5), 5);
    close(ends[1]);
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(5);
    hf_status status = hf_file_read("-", &buf);
    dup2(kept, STDIN_FILENO);
    close(kept);
    close(ends[0]);
    assert_ok(status);
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), "piped"));
}

static void secrets_that_others_may_read_are_refused(void **state)
{
    const char *path = folder_path(state, "secret");
    put(path, "s3cret", 0600);
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(100);
    assert_ok(hf_file_read_secret(path, &buf));
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), "s3cret"));
    static const mode_t open_modes[] = {0640, 0620, 0610, 0604, 0602, 0601, 0666, 0777};
    for (size_t i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
        assert_int_equal(chmod(path, open_modes[i]), 0);
        assert_code(hf_file_read_secret(path, &buf), PERMISSIONS);
        assert_int_equal(buf.size, 6);
    }
}

static void a_secret_of_another_owner_is_refused(void **state)
{
    const char *path = folder_path(state, "secret");
    put(path, "s3cret", 0600);
    if (chown(path, 12345, (gid_t)-1) != 0) {
        print_message("# SKIPPED: only root can give a file away\n");
        return;
    }
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(100);
    assert_code(hf_file_read_secret(path, &buf), PERMISSIONS);
}

/* /proc/self/environ is ours alone, says that it has 0 bytes, and has more than 64. */
static void what_was_read_of_a_secret_too_long_is_wiped(void **state)
{
    (void)state;
    assert_int_equal(mode_of("/proc/self/environ") & 0077, 0);
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(64);
    assert_ok(hf_buf_append_string(&buf, "kept"));
    assert_code(hf_file_read_secret("/proc/self/environ", &buf), LIMIT);
    assert_true(hf_bytes_equal_string(hf_buf_view(&buf), "kept"));
    for (size_t i = buf.size; i < buf.capacity_bytes; i++) {
        assert_int_equal(buf.data[i], 0);
    }
}

static void a_secret_is_a_regular_file(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf buf = hf_buf_init(64);
    assert_code(hf_file_read_secret(folder_path(state, "none"), &buf), NOT_FOUND);
    assert_int_equal(chmod(*state, 0700), 0);
    assert_code(hf_file_read_secret(*state, &buf), IO);
}

/* ---- durable writing ---- */

static void writing_replaces_content_and_mode(void **state)
{
    const char *path = folder_path(state, "a");
    mode_t before = umask(077);
    assert_ok(hf_file_write_durable(path, HF_LITERAL("one"), 0644));
    assert_content(path, "one");
    assert_int_equal(mode_of(path), 0644);
    umask(0);
    assert_ok(hf_file_write_durable(path, HF_LITERAL(""), 0600));
    umask(before);
    assert_content(path, "");
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(count_entries(state), 1);
}

static void names_without_a_folder_are_in_the_current_one(void **state)
{
    char here[4096];
    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(chdir(*state), 0);
    hf_status status = hf_file_write_durable("bare", HF_LITERAL("x"), 0600);
    assert_int_equal(chdir(here), 0);
    assert_ok(status);
    assert_content(folder_path(state, "bare"), "x");
}

static void a_link_is_replaced_and_not_followed(void **state)
{
    put(folder_path(state, "victim"), "old", 0600);
    assert_int_equal(symlink("victim", folder_path(state, "link")), 0);
    assert_ok(hf_file_write_durable(folder_path(state, "link"), HF_LITERAL("new"), 0600));
    assert_content(folder_path(state, "victim"), "old");
    assert_content(folder_path(state, "link"), "new");
}

static void a_write_that_fails_leaves_the_old_file_and_no_other(void **state)
{
    const char *path = folder_path(state, "a");
    put(path, "old", 0600);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    const struct rlimit tight = {100, before.rlim_max};
    static const char big[4096];
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    hf_status write_status = hf_file_write_durable(path, hf_bytes_of(big, sizeof big), 0600);
    int write_errno = errno;
    hf_status create_status =
        hf_file_create_durable(folder_path(state, "b"), hf_bytes_of(big, sizeof big), 0600);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_code(write_status, IO);
    assert_int_equal(write_errno, EFBIG);
    assert_code(create_status, IO);
    assert_content(path, "old");
    assert_int_equal(count_entries(state), 1);
}

static void a_name_that_cannot_be_taken_leaves_nothing(void **state)
{
    assert_int_equal(mkdir(folder_path(state, "folder"), 0700), 0);
    assert_code(hf_file_write_durable(folder_path(state, "folder"), HF_LITERAL("x"), 0600), IO);
    assert_code(hf_file_write_durable(folder_path(state, "no/a"), HF_LITERAL("x"), 0600), IO);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(count_entries(state), 1);
}

static void creating_never_replaces(void **state)
{
    const char *path = folder_path(state, "a");
    assert_ok(hf_file_create_durable(path, HF_LITERAL("first"), 0600));
    assert_code(hf_file_create_durable(path, HF_LITERAL("second"), 0600), EXISTS);
    assert_content(path, "first");
    assert_int_equal(symlink("nowhere", folder_path(state, "dangling")), 0);
    assert_code(hf_file_create_durable(folder_path(state, "dangling"), HF_LITERAL("x"), 0600),
                EXISTS);
    assert_int_equal(count_entries(state), 2);
}

/* Eight processes want the same name at once: one gets it, seven are told. */
static void of_many_creators_one_wins(void **state)
{
    enum { N = 8 };
    const char *path = folder_path(state, "a");
    pid_t children[N];
    for (int i = 0; i < N; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            char content[2] = {(char)('0' + i), 0};
            hf_status status = hf_file_create_durable(path, hf_bytes_of_string(content), 0600);
            _exit(hf_is_ok(status) ? 0 : status.code == HF_EXISTS ? 1 : 2);
        }
    }
    unsigned results[3] = {0};
    int winner = -1;
    for (int i = 0; i < N; i++) {
        int wait_status = 0;
        assert_int_equal(waitpid(children[i], &wait_status, 0), children[i]);
        assert_true(WIFEXITED(wait_status) && WEXITSTATUS(wait_status) <= 2);
        results[WEXITSTATUS(wait_status)]++;
        winner = WEXITSTATUS(wait_status) == 0 ? i : winner;
    }
    assert_int_equal(results[0], 1);
    assert_int_equal(results[1], N - 1);
    char expected[2] = {(char)('0' + winner), 0};
    assert_content(path, expected);
    assert_int_equal(count_entries(state), 1);
}

/* ---- folders ---- */

static void a_folder_is_made_once(void **state)
{
    const char *path = folder_path(state, "f");
    assert_ok(hf_folder_create(path, 0700));
    assert_int_equal(mode_of(path), 0700);
    assert_ok(hf_folder_create(path, 0755));
    assert_int_equal(mode_of(path), 0700);
    assert_ok(hf_folder_sync(path));
}

static void what_is_no_folder_is_in_the_way(void **state)
{
    put(folder_path(state, "file"), "", 0600);
    assert_code(hf_folder_create(folder_path(state, "file"), 0700), EXISTS);
    assert_int_equal(symlink("nowhere", folder_path(state, "dangling")), 0);
    assert_code(hf_folder_create(folder_path(state, "dangling"), 0700), EXISTS);
    assert_code(hf_folder_create(folder_path(state, "no/f"), 0700), NOT_FOUND);
    assert_code(hf_folder_sync(folder_path(state, "none")), NOT_FOUND);
    assert_code(hf_folder_sync(folder_path(state, "file")), NOT_FOUND);
}

static void names_are_listed_sorted_and_without_hidden_ones(void **state)
{
    static const char *const names[] = {"b.json", "a.json", ".c.json.Xy12", "Z.json",
                                        "d.txt",  ".json",  "\xe5.json"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        put(folder_path(state, names[i]), "", 0600);
    }
    char **found = NULL;
    size_t n = 0;
    assert_ok(hf_folder_list(*state, ".json", 4, &found, &n));
    assert_int_equal(n, 4);
    assert_string_equal(found[0], "Z.json");
    assert_string_equal(found[1], "a.json");
    assert_string_equal(found[2], "b.json");
    assert_string_equal(found[3], "\xe5.json");
    hf_folder_names_free(found, n);
    assert_ok(hf_folder_list(*state, NULL, 100, &found, &n));
    assert_int_equal(n, 5);
    hf_folder_names_free(found, n);
}

static void too_many_names_are_refused(void **state)
{
    for (unsigned i = 0; i < 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%u", i);
        put(folder_path(state, name), "", 0600);
    }
    char **found = NULL;
    size_t n = 77;
    assert_code(hf_folder_list(*state, NULL, 39, &found, &n), LIMIT);
    assert_null(found);
    assert_int_equal(n, 77);
    assert_ok(hf_folder_list(*state, NULL, 40, &found, &n));
    assert_int_equal(n, 40);
    hf_folder_names_free(found, n);
}

static void an_empty_folder_lists_nothing_and_a_missing_one_fails(void **state)
{
    char **found = NULL;
    size_t n = 77;
    assert_ok(hf_folder_list(*state, NULL, 0, &found, &n));
    assert_int_equal(n, 0);
    hf_folder_names_free(found, n);
    assert_code(hf_folder_list(folder_path(state, "none"), NULL, 1, &found, &n), NOT_FOUND);
    put(folder_path(state, "file"), "", 0600);
    assert_code(hf_folder_list(folder_path(state, "file"), NULL, 1, &found, &n), NOT_FOUND);
}

static void joined_paths_are_whole_or_refused(void **state)
{
    (void)state;
    char path[8] = "before";
    assert_code(hf_path_join(path, sizeof path, "abcd", "efg"), LIMIT);
    assert_string_equal(path, "before");
    assert_ok(hf_path_join(path, sizeof path, "abc", "efg"));
    assert_string_equal(path, "abc/efg");
    assert_ok(hf_path_join(path, sizeof path, "abc/", "efg"));
    assert_string_equal(path, "abc/efg");
    assert_ok(hf_path_join(path, sizeof path, "/", "efg"));
    assert_string_equal(path, "/efg");
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, folder_make, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(reading_appends_the_whole_file),
        in_folder(the_limit_of_the_buffer_holds_exactly),
        cmocka_unit_test(a_size_that_lies_is_not_believed),
        in_folder(a_missing_file_is_not_found),
        in_folder(only_regular_files_are_read),
        cmocka_unit_test(minus_is_standard_input),
        in_folder(secrets_that_others_may_read_are_refused),
        in_folder(a_secret_of_another_owner_is_refused),
        cmocka_unit_test(what_was_read_of_a_secret_too_long_is_wiped),
        in_folder(a_secret_is_a_regular_file),
        in_folder(writing_replaces_content_and_mode),
        in_folder(names_without_a_folder_are_in_the_current_one),
        in_folder(a_link_is_replaced_and_not_followed),
        in_folder(a_write_that_fails_leaves_the_old_file_and_no_other),
        in_folder(a_name_that_cannot_be_taken_leaves_nothing),
        in_folder(creating_never_replaces),
        in_folder(of_many_creators_one_wins),
        in_folder(a_folder_is_made_once),
        in_folder(what_is_no_folder_is_in_the_way),
        in_folder(names_are_listed_sorted_and_without_hidden_ones),
        in_folder(too_many_names_are_refused),
        in_folder(an_empty_folder_lists_nothing_and_a_missing_one_fails),
        cmocka_unit_test(joined_paths_are_whole_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
