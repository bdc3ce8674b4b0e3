#include "gateway/status_board.h"

#include "base/store.h"
#include "consent/status_list.h"
#include "consent/stored_place.h"
#include "tests/unit/consent/registry.h"

#define URL "https://gw.example.test:8444"
#define NO_LIST "AAAAAAAAAAAAAAAAAAAAAA"

static struct hf_key *key;
static struct hf_status_board *board;

static void open_board(void)
{
    const struct hf_status_board_options options = {.registry = registry,
                                                    .key = key,
                                                    .url = URL,
                                                    .clock = hf_clock_fixed(&clock_values),
                                                    .interval_ms = 1};
    assert_ok(hf_status_board_new(&options, &board));
}

static hf_status read_list(const char *name, hf_buf *text)
{
    hf_buf_reset(text);
    return hf_status_board_read(board, hf_bytes_of_string(name), text);
}

/* What the board's thread will have done in a moment. */
static void await(const char *name, enum hf_code code)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_STATUS_LIST_TEXT_BYTES);
    for (int i = 0; i < 5000 && read_list(name, &text).code != code; i++) {
        usleep(1000);
    }
    assert_int_equal(read_list(name, &text).code, code);
}

static struct hf_status_slot given(const char *jti)
{
    struct answer answer = ANSWER;
    const struct hf_consent_id id = id_of(jti);
    struct hf_token *token = token_of(jti, FETCH_3);
    struct hf_registration registration = {.token = token};
    assert_ok(hf_registry_draw_slot(registry, &id, &registration.slot));
    assert_ok(hf_registry_register(registry, &registration, note, &answer));
    assert_ok(wait_for(&answer));
    hf_token_unref(token);
    return registration.slot;
}

static unsigned value_at(const struct hf_status_slot *slot)
{
    unsigned value = 99;
    struct hf_status_list list;
    struct hf_key_set keys = {.n_keys = 0};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_STATUS_LIST_ARENA_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_STATUS_LIST_TEXT_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf uri = hf_buf_init(256);
    assert_ok(hf_key_set_add(&keys, key));
    assert_ok(read_list(slot->list, &text));
    assert_ok(hf_status_list_verify(hf_buf_view(&text), &keys, &arena, &list, NULL));
    assert_ok(hf_status_board_uri(URL, slot->list, &uri));
    assert_ok(hf_status_list_judge(&list, hf_buf_view(&uri), FIXTURE_NOW, NULL));
    assert_int_equal(list.iat_unix_s, FIXTURE_NOW);
    assert_true(list.exp_unix_s - list.iat_unix_s >= HF_STATUS_BOARD_LIFE_S);
    assert_ok(hf_status_list_get(&list, slot->idx, &value));
    hf_key_set_clear(&keys);
    return value;
}

static void lists_follow_what_happens(void **state)
{
    const struct hf_status_slot slot = given(JTI_1);
    (void)state;
    open_board();
    await(slot.list, HF_OK);
    assert_int_equal(value_at(&slot), HF_STATUS_VALID);
    assert_ok(revoke_jti(JTI_1));
    for (int i = 0; i < 5000 && value_at(&slot) != HF_STATUS_INVALID; i++) {
        usleep(1000);
    }
    assert_int_equal(value_at(&slot), HF_STATUS_INVALID);
}

static void what_is_no_list_is_not_found(void **state)
{
    HF_CLEANUP(hf_buf_clear) hf_buf small = hf_buf_init(10);
    const struct hf_status_slot slot = given(JTI_1);
    (void)state;
    open_board();
    await(slot.list, HF_OK);
    await(NO_LIST, HF_NOT_FOUND);
    await("", HF_NOT_FOUND);
    assert_code(read_list(slot.list, &small), LIMIT);
}

/* Closes the registry, changes its store behind its back, and opens it again. */
static void change_store(void (*change)(struct hf_store_batch *batch))
{
    struct hf_store *store = NULL;
    struct hf_store_batch *batch = NULL;
    hf_registry_close(registry);
    registry = NULL;
    assert_ok(hf_store_open(store_path, &store, NULL));
    assert_ok(hf_store_batch_new(&batch));
    change(batch);
    assert_ok(hf_store_write(store, batch, 1));
    hf_store_batch_free(batch);
    hf_store_close(store);
    open_registry();
}

static void put_damage(struct hf_store_batch *batch)
{
    hf_store_batch_put(batch, HF_LITERAL("i/" NO_LIST ";000001"), HF_LITERAL("x"));
}

static void what_cannot_be_read_is_not_published(void **state)
{
    (void)state;
    change_store(put_damage);
    open_board();
    usleep(20000);
    await(NO_LIST, HF_OVERLOADED);
}

/* ---- a long walk ---- */

enum { N_LONG = 2000 };

static void put_many_lists(struct hf_store_batch *batch)
{
    for (int i = 0; i < N_LONG; i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf value = hf_buf_init(1024);
        struct hf_stored_place place = {.id = id_of(JTI_1), .exp_unix_s = FIXTURE_NOW + 9999};
        snprintf(place.slot.list, sizeof place.slot.list, "%022d", i);
        const struct hf_stored_key at = hf_stored_place_key(&place.slot);
        assert_ok(hf_stored_place_write(&place, &value));
        hf_store_batch_put(batch, hf_bytes_of_string(at.text), hf_buf_view(&value));
    }
}

/* A clock that is asked once for each list, and takes its time. */
static int64_t ask_slowly(void *context)
{
    atomic_fetch_add((atomic_int *)context, 1);
    usleep(1000);
    return (int64_t)FIXTURE_NOW * 1000;
}

static void who_closes_does_not_wait_for_a_walk(void **state)
{
    atomic_int n_lists = 0;
    (void)state;
    change_store(put_many_lists);
    const struct hf_status_board_options options = {
        .registry = registry,
        .key = key,
        .url = URL,
        .clock = {.unix_ms = ask_slowly, .context = &n_lists},
        .interval_ms = 1};
    assert_ok(hf_status_board_new(&options, &board));
    while (atomic_load(&n_lists) == 0) {
        usleep(1000);
    }
    hf_status_board_free(board);
    board = NULL;
    assert_true(atomic_load(&n_lists) < N_LONG);
}

static int begin(void **state)
{
    start(state);
    assert_ok(hf_key_generate(HF_ALG_ED25519, &key));
    return 0;
}

static int end(void **state)
{
    hf_status_board_free(board);
    board = NULL;
    hf_key_unref(key);
    return stop(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lists_follow_what_happens),
        TEST(what_is_no_list_is_not_found),
        TEST(what_cannot_be_read_is_not_published),
        TEST(who_closes_does_not_wait_for_a_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
