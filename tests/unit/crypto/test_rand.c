#include "crypto/rand.h"

#include "tests/unit/unit.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static void no_two_draws_are_alike(void **state)
{
    (void)state;
    enum { N_DRAWS = 500 };
    static uint8_t draws[N_DRAWS][16];
    for (size_t i = 0; i < N_DRAWS; i++) {
        hf_rand_bytes(draws[i], sizeof(draws[i]));
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(draws[i], draws[j], sizeof(draws[i]));
        }
    }
}

static void every_length_is_filled(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 127, 128, 1023, 1024, 1025, 4095, 4096};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        uint8_t ever_set[4097] = {0};
        uint8_t bytes[4097] = {0};
        for (unsigned round = 0; round < 16; round++) {
            hf_rand_bytes(bytes, lengths[i]);
            for (size_t j = 0; j < sizeof(bytes); j++) {
                ever_set[j] |= bytes[j];
            }
        }
        for (size_t j = 0; j < lengths[i]; j++) {
            assert_int_not_equal(ever_set[j], 0);
        }
        assert_int_equal(ever_set[lengths[i]], 0);
    }
}

static void a_forked_child_draws_other_bytes(void **state)
{
    (void)state;
    uint8_t parents[16];
    uint8_t childs[16];
    int ends[2];
    hf_rand_bytes(parents, sizeof(parents)); /* the pool is warm */
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        hf_rand_bytes(childs, sizeof(childs));
        _exit(write(ends[1], childs, sizeof(childs)) == (ssize_t)sizeof(childs) ? 0 : 1);
    }
    assert_true(child > 0);
    hf_rand_bytes(parents, sizeof(parents));
    assert_int_equal(read(ends[0], childs, sizeof(childs)), sizeof(childs));
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(ends[0]);
    close(ends[1]);
    assert_memory_not_equal(parents, childs, sizeof(parents));
}

static void *draw_once(void *bytes)
{
    hf_rand_bytes(bytes, 16);
    return NULL;
}

static void threads_draw_other_bytes(void **state)
{
    (void)state;
    uint8_t mine[16];
    uint8_t theirs[16];
    pthread_t thread;
    hf_rand_bytes(mine, sizeof(mine));
    assert_int_equal(pthread_create(&thread, NULL, draw_once, theirs), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_memory_not_equal(mine, theirs, sizeof(mine));
}

static void an_id_is_22_characters_of_base64url(void **state)
{
    (void)state;
    char id[HF_RAND_ID_CHARS + 1];
    char other[HF_RAND_ID_CHARS + 1];
    hf_rand_id(id);
    hf_rand_id(other);
    assert_int_equal(strlen(id), HF_RAND_ID_CHARS);
    assert_int_equal(strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                     HF_RAND_ID_CHARS);
    assert_string_not_equal(id, other);
}

static void init_may_be_repeated(void **state)
{
    (void)state;
    assert_ok(hf_crypto_init());
    assert_ok(hf_crypto_init());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_two_draws_are_alike), /* before init: drawn from the kernel */
        cmocka_unit_test(init_may_be_repeated),
        cmocka_unit_test(no_two_draws_are_alike),
        cmocka_unit_test(every_length_is_filled),
        cmocka_unit_test(a_forked_child_draws_other_bytes),
        cmocka_unit_test(threads_draw_other_bytes),
        cmocka_unit_test(an_id_is_22_characters_of_base64url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
