/*
 * A pool of random bytes for each thread: libsodium asks the kernel on every call (about 0.5 us),
 * and an access needs ten ids, salts, keys and nonces. The kernel gives 32 bytes, ChaCha20 makes a
 * pool of them, and the seed is wiped at once: a fast-key-erasure generator.
 *
 * What must never happen is that two processes hand out the same bytes. A fork copies the pools, so
 * the child's fork handler moves a generation number, and a pool of another generation is thrown
 * away. Without hf_crypto_init() there is no handler, the generation is 0, and no pool is used.
 * Bytes are wiped from the pool as they are handed out: who reads this memory later learns nothing
 * about an id already given.
 */
#include "crypto/rand.h"

#include "crypto/base64.h"
#include "crypto/secret.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>

enum { POOL_BYTES = 4096, ID_BYTES = 16 };

struct pool {
    uint8_t bytes[POOL_BYTES];
    size_t n_left; /* the first n_left bytes are unused */
    unsigned generation;
};

static _Thread_local struct pool pool_of_thread;
static atomic_uint fork_generation; /* 0: fork handler not installed */

static void on_child(void)
{
    atomic_fetch_add_explicit(&fork_generation, 1, memory_order_relaxed);
}

static int fork_handler_error;

static void install_fork_handler(void)
{
    fork_handler_error = pthread_atfork(NULL, NULL, on_child);
    if (fork_handler_error == 0) {
        atomic_store_explicit(&fork_generation, 1, memory_order_relaxed);
    }
}

hf_status hf_crypto_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    if (sodium_init() < 0) {
        HF_FAIL(CRYPTO);
    }
    if (pthread_once(&once, install_fork_handler) != 0 || fork_handler_error != 0) {
        HF_FAIL(CRYPTO);
    }
    return HF_DONE;
}

static void refill(struct pool *pool, unsigned generation)
{
    uint8_t seed[randombytes_SEEDBYTES];
    randombytes_buf(seed, sizeof(seed));
    randombytes_buf_deterministic(pool->bytes, sizeof(pool->bytes), seed);
    hf_wipe(seed, sizeof(seed));
    pool->n_left = sizeof(pool->bytes);
    pool->generation = generation;
}

void hf_rand_bytes(uint8_t *ret, size_t n)
{
    struct pool *pool = &pool_of_thread;
    unsigned generation = atomic_load_explicit(&fork_generation, memory_order_relaxed);
    if (generation == 0 || n > sizeof(pool->bytes) / 4) {
        randombytes_buf(ret, n);
        return;
    }
    if (pool->generation != generation || pool->n_left < n) {
        refill(pool, generation);
    }
    pool->n_left -= n;
    memcpy(ret, pool->bytes + pool->n_left, n);
    hf_wipe(pool->bytes + pool->n_left, n);
}

void hf_rand_id(char ret_id[static HF_RAND_ID_CHARS + 1])
{
    uint8_t bytes[ID_BYTES];
    hf_rand_bytes(bytes, sizeof(bytes));
    hf_base64url_encode_fixed(hf_bytes_of(bytes, sizeof(bytes)), ret_id);
    hf_wipe(bytes, sizeof(bytes));
}
