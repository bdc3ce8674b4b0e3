/*
 * Public parsing tests (JSONTestSuite): a body is accepted or refused by its grammar, whatever the
 * view, however it is cut. The one exception is stated here: a member twice is a fault when the
 * view names it, and both are dropped when it does not.
 */
#include "tests/unit/policy/redact_assert.h"
#include "tests/unit/vectors.h"

enum { MAX_CUTS = 600 }; /* longer files are cut here and there, but in a deep run everywhere */

static bool is_deep(void)
{
    const char *deep = getenv("HUFU_DEEP");
    return deep && strcmp(deep, "1") == 0;
}

static const char *const views[] = {
    "\"*\"",
    "[\"any keep nullable\"]",
    "{}",
    "\"string mask=1,1\"",
    "\"string keep max=100\"",
    "[[\"decimal round=0.1\"]]",
    "{\"z\":\"any keep nullable\",\"\":\"any keep\",\"title\":\"string keep\"}",
};
enum { N_VIEWS = sizeof views / sizeof views[0] };

/* Under all views and cuts the verdict is the same; returns whether it is to accept. */
static bool verdict(const char *name, hf_bytes document, const char *view)
{
    struct redacting redacting = redacting_of(view);
    struct redacted whole = redacting_run(&redacting, document, 0);
    bool accepted = hf_is_ok(whole.status);
    size_t step = document.size > MAX_CUTS && !is_deep() ? document.size / MAX_CUTS : 1;
    for (size_t at = 1; at < document.size; at += step) {
        struct redacted cut = redacting_cut(&redacting, document, at);
        const char *difference = redacted_difference(&whole, &cut);
        if (difference) {
            print_message("%s: %s differs when cut at %zu\n", name, difference, at);
        }
        assert_null(difference);
        redacted_clear(&cut);
    }
    struct redacted bytes = redacting_run(&redacting, document, 1);
    assert_null(redacted_difference(&whole, &bytes));
    redacted_clear(&bytes);
    redacted_clear(&whole);
    hf_view_unref(redacting.view);
    return accepted;
}

static bool verdict_of_all_views(const char *name, hf_bytes document)
{
    bool first = verdict(name, document, views[0]);
    for (size_t i = 1; i < N_VIEWS; i++) {
        bool accepted = verdict(name, document, views[i]);
        if (accepted != first) {
            print_message("%s: the view %s changes the verdict\n", name, views[i]);
        }
        assert_int_equal(accepted, first);
    }
    return first;
}

struct tally {
    unsigned n_accepted;
    unsigned n_refused;
};

/* All files whose name begins with @kind: y must be accepted, n refused, i may be either. */
static bool judge_files(char kind, struct tally *ret_tally)
{
    const char *found = vector_path("JSONTestSuite/test_parsing");
    if (!found) {
        return false;
    }
    char folder[PATH_MAX];
    char path[2 * PATH_MAX];
    snprintf(folder, sizeof folder, "%s", found);
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (entry->d_name[0] != kind || entry->d_name[1] != '_') {
            continue;
        }
        size_t size = 0;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        char *content = vector_read(path, &size);
        bool accepted = verdict_of_all_views(entry->d_name, hf_bytes_of(content, size));
        if (kind != 'i' && accepted != (kind == 'y')) {
            print_message("%s: is %s\n", entry->d_name, accepted ? "accepted" : "refused");
        }
        ret_tally->n_accepted += accepted;
        ret_tally->n_refused += !accepted;
        free(content);
    }
    closedir(dir);
    return true;
}

static void all_95_good_files_are_accepted(void **state)
{
    (void)state;
    struct tally tally = {0};
    if (judge_files('y', &tally)) {
        assert_int_equal(tally.n_accepted, 95);
        assert_int_equal(tally.n_refused, 0);
    }
}

static void all_188_bad_files_are_refused(void **state)
{
    (void)state;
    struct tally tally = {0};
    if (judge_files('n', &tally)) {
        assert_int_equal(tally.n_refused, 188);
        assert_int_equal(tally.n_accepted, 0);
    }
}

static void files_left_to_the_parser_get_one_verdict(void **state)
{
    (void)state;
    struct tally tally = {0};
    if (judge_files('i', &tally)) {
        assert_int_equal(tally.n_accepted + tally.n_refused, 35);
    }
}

/* = RFC 7493 2.3: a member twice. The view decides whether it is known at all. */
static void a_member_twice_is_refused_only_where_the_view_names_it(void **state)
{
    (void)state;
    static const char *const names[] = {"y_object_duplicated_key.json",
                                        "y_object_duplicated_key_and_value.json"};
    for (size_t i = 0; i < 2; i++) {
        char name[128];
        snprintf(name, sizeof name, "JSONTestSuite/test_parsing/%s", names[i]);
        const char *path = vector_path(name);
        if (!path) {
            return;
        }
        size_t size = 0;
        char *content = vector_read(path, &size);
        assert_false(verdict(name, hf_bytes_of(content, size), "{\"a\":\"string keep\"}"));
        assert_false(verdict(name, hf_bytes_of(content, size), "{\"a\":\"string drop\"}"));
        assert_true(verdict(name, hf_bytes_of(content, size), "{\"b\":\"string keep\"}"));
        free(content);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_95_good_files_are_accepted),
        cmocka_unit_test(all_188_bad_files_are_refused),
        cmocka_unit_test(files_left_to_the_parser_get_one_verdict),
        cmocka_unit_test(a_member_twice_is_refused_only_where_the_view_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
