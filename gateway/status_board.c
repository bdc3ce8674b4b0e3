/*
 * Decides when lists are made anew. What a worker reads is whole and was signed before anybody
 * could read it: a new set takes the old one's place at once, under a lock that nobody holds for
 * longer than a copy. A walk that fails keeps the old lists, which say themselves until when they
 * count.
 */
#include "gateway/status_board.h"

#include "consent/status_list.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_LISTS = 4096, SHARE = 20 };

struct list {
    struct list *next;
    char name[HF_SLOT_LIST_CHARS + 1];
    hf_buf text;
};

struct hf_status_board {
    struct hf_status_board_options options;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool is_closing;    /* under the mutex, as both below */
    bool has_published; /* once at least */
    struct list *lists;
    uint64_t n_changes;   /* the thread's: what the lists cover … */
    int64_t signed_at_ms; /* … and when they were made, by the monotonic clock */
};

static void free_lists(struct list *list)
{
    while (list) {
        struct list *next = list->next;
        hf_buf_clear(&list->text);
        free(list);
        list = next;
    }
}

hf_status hf_status_board_uri(const char *url, const char *name, hf_buf *buf)
{
    return hf_buf_printf(buf, "%s/status/%s", url, name);
}

/* ---- making ---- */

struct making {
    struct hf_status_board *board;
    struct list *lists;
    size_t n_lists;
};

static int64_t seconds_up(int64_t ms)
{
    return (ms + 999) / 1000;
}

static hf_status sign(const struct hf_status_board *board, const struct hf_status_view *view,
                      hf_buf *text)
{
    const struct hf_status_board_options *options = &board->options;
    const int64_t now_unix_s = hf_clock_unix_s(&options->clock);
    const int64_t interval_s = seconds_up(options->interval_ms);
    HF_CLEANUP(hf_buf_clear) hf_buf uri = hf_buf_init(HF_DOCUMENT_URI_MAX_BYTES + 1);
    struct hf_status_list_facts facts = {.iat_unix_s = now_unix_s,
                                         .exp_unix_s =
                                             now_unix_s + HF_STATUS_BOARD_LIFE_S + 2 * interval_s,
                                         .ttl_s = interval_s,
                                         .entries = view->entries};
    HF_TRY(hf_status_board_uri(options->url, view->list, &uri));
    HF_TRY(hf_buf_string(&uri, &facts.uri));
    return hf_status_list_sign(options->key, &facts, text);
}

static bool is_closing(struct hf_status_board *board)
{
    pthread_mutex_lock(&board->mutex);
    bool is_over = board->is_closing;
    pthread_mutex_unlock(&board->mutex);
    return is_over;
}

/* A walk takes seconds where there are millions of consents: who closes does not wait for it. */
static hf_status add_list(void *context, const struct hf_status_view *view)
{
    struct making *making = context;
    if (is_closing(making->board)) {
        HF_FAIL(DRAINING);
    }
    if (making->n_lists == MAX_LISTS) {
        HF_FAIL(LIMIT);
    }
    struct list *list = calloc(1, sizeof *list);
    if (!list) {
        HF_FAIL(NOMEM);
    }
    list->next = making->lists;
    making->lists = list;
    making->n_lists++;
    memcpy(list->name, view->list, sizeof list->name);
    list->text = hf_buf_init(HF_STATUS_LIST_TEXT_BYTES);
    return sign(making->board, view, &list->text);
}

static void publish(struct hf_status_board *board, struct list *lists)
{
    pthread_mutex_lock(&board->mutex);
    struct list *old = board->lists;
    board->lists = lists;
    board->has_published = true;
    pthread_mutex_unlock(&board->mutex);
    free_lists(old);
}

/* ---- the thread ---- */

/* The real one, whatever clock was given: pthread_cond_timedwait() waits by it. */
static int64_t now_ms(void)
{
    const struct hf_clock clock = hf_clock_system();
    return hf_clock_monotonic_ms(&clock);
}

static bool is_due(const struct hf_status_board *board)
{
    bool is_old = now_ms() - board->signed_at_ms >= HF_STATUS_BOARD_LIFE_S * INT64_C(1000) / 4;
    return !board->has_published || is_old ||
           hf_registry_status_changes(board->options.registry) != board->n_changes;
}

/* Returns when to look again. */
static int64_t look(struct hf_status_board *board)
{
    const int64_t began_ms = now_ms();
    const uint64_t n_changes = hf_registry_status_changes(board->options.registry);
    struct making making = {.board = board};
    if (is_due(board)) {
        hf_status status = hf_registry_each_status_list(board->options.registry, add_list, &making);
        if (hf_is_ok(status)) {
            publish(board, making.lists);
            board->n_changes = n_changes;
            board->signed_at_ms = began_ms;
        } else {
            free_lists(making.lists);
        }
    }
    int64_t took_ms = now_ms() - began_ms;
    int64_t pause_ms = took_ms * SHARE;
    return now_ms() +
           (pause_ms > board->options.interval_ms ? pause_ms : board->options.interval_ms);
}

/* False: closing. */
static bool wait_until(struct hf_status_board *board, int64_t until_ms)
{
    const struct timespec deadline = {.tv_sec = until_ms / 1000,
                                      .tv_nsec = until_ms % 1000 * 1000000};
    int timed_out = 0;
    pthread_mutex_lock(&board->mutex);
    while (!board->is_closing && !timed_out) {
        timed_out = pthread_cond_timedwait(&board->wake, &board->mutex, &deadline);
    }
    bool goes_on = !board->is_closing;
    pthread_mutex_unlock(&board->mutex);
    return goes_on;
}

static void *run(void *argument)
{
    struct hf_status_board *board = argument;
    int64_t next_ms = 0;
    do {
        next_ms = look(board);
    } while (wait_until(board, next_ms));
    return NULL;
}

hf_status hf_status_board_new(const struct hf_status_board_options *options,
                              struct hf_status_board **ret_board)
{
    struct hf_status_board *board = calloc(1, sizeof *board);
    pthread_condattr_t attributes;
    if (!board) {
        HF_FAIL(NOMEM);
    }
    board->options = *options;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&board->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&board->mutex, NULL);
    if (pthread_create(&board->thread, NULL, run, board) != 0) {
        pthread_cond_destroy(&board->wake);
        pthread_mutex_destroy(&board->mutex);
        free(board);
        HF_FAIL(NOMEM);
    }
    *ret_board = board;
    return HF_DONE;
}

void hf_status_board_free(struct hf_status_board *board)
{
    if (!board) {
        return;
    }
    pthread_mutex_lock(&board->mutex);
    board->is_closing = true;
    pthread_cond_signal(&board->wake);
    pthread_mutex_unlock(&board->mutex);
    pthread_join(board->thread, NULL);
    pthread_cond_destroy(&board->wake);
    pthread_mutex_destroy(&board->mutex);
    free_lists(board->lists);
    free(board);
}

/* ---- reading ---- */

static hf_status read_list(const struct hf_status_board *board, hf_bytes name, hf_buf *buf)
{
    for (const struct list *list = board->lists; list; list = list->next) {
        if (hf_bytes_equal_string(name, list->name)) {
            return hf_buf_append(buf, hf_buf_view(&list->text));
        }
    }
    return hf_status_of(board->has_published ? HF_NOT_FOUND : HF_OVERLOADED);
}

hf_status hf_status_board_read(struct hf_status_board *board, hf_bytes name, hf_buf *buf)
{
    pthread_mutex_lock(&board->mutex);
    hf_status status = read_list(board, name, buf);
    pthread_mutex_unlock(&board->mutex);
    return status;
}
