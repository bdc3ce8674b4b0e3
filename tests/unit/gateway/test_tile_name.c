#include "gateway/tile_name.h"

#include "tests/unit/unit.h"

static void is(const char *path, unsigned level, uint64_t number, unsigned n_hashes)
{
    struct hf_tile_name name;
    assert_ok(hf_tile_name_parse(hf_bytes_of_string(path), &name));
    assert_int_equal(name.level, level);
    assert_int_equal(name.number, number);
    assert_int_equal(name.n_hashes, n_hashes);
}

static void names_of_tiles(void **state)
{
    (void)state;
    is("0/000", 0, 0, 256);
    is("0/067", 0, 67, 256);
    is("2/x001/x234/067", 2, 1234067, 256);
    is("63/x999/x999/x999/999", 63, UINT64_C(999999999999), 256);
    is("0/000.p/1", 0, 0, 1);
    is("1/x001/000.p/255", 1, 1000, 255);
}

static void all_else_names_none(void **state)
{
    (void)state;
    static const char *const paths[] = {"",
                                        "0",
                                        "0/",
                                        "/000",
                                        "0/0",
                                        "0/00",
                                        "0/0000",
                                        "00/000",
                                        "01/000",
                                        "64/000",
                                        "-1/000",
                                        "a/000",
                                        "0/00a",
                                        "0/x000/001",
                                        "0/x001",
                                        "0/x001/",
                                        "0/001/002",
                                        "0/x001x002/003",
                                        "0/000.p",
                                        "0/000.p/",
                                        "0/000.p/0",
                                        "0/000.p/256",
                                        "0/000.p/01",
                                        "0/000.p/1/",
                                        "0/000.p/1000",
                                        "0/000 ",
                                        "0/000/",
                                        "0//000",
                                        "0/+00",
                                        "0000/000",
                                        "0/x001/x001/x001/x001/001",
                                        "0/../../keys/log.key",
                                        "1000/000"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct hf_tile_name name = {.level = 7};
        assert_code(hf_tile_name_parse(hf_bytes_of_string(paths[i]), &name), NOT_FOUND);
        assert_int_equal(name.level, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_tiles),
        cmocka_unit_test(all_else_names_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
