/*
 * Writes as the program does, and says after each write whether it was acknowledged: "ok 3" or
 * "no 3 CODE". The tests run it on a failing disk and then look at what is there.
 *
 *   base_driver replace FILE N      replaces FILE by "1", "2" … "N", and goes on after a failure
 *   base_driver create FOLDER N     creates FOLDER/1 … FOLDER/N
 *   base_driver store FOLDER N      durable batches of two keys, "a/1" and "b/1" … up to N
 *   base_driver keys FOLDER         the keys of the store
 */
#include "base/file.h"
#include "base/store.h"

#include <stdio.h>
#include <stdlib.h>

static void tell(unsigned long i, hf_status status)
{
    if (hf_is_ok(status)) {
        printf("ok %lu\n", i);
    } else {
        printf("no %lu %s\n", i, hf_code_info(status.code)->name);
    }
    fflush(stdout);
}

static void replace(const char *path, unsigned long n)
{
    for (unsigned long i = 1; i <= n; i++) {
        char content[32];
        snprintf(content, sizeof content, "%lu", i);
        tell(i, hf_file_write_durable(path, hf_bytes_of_string(content), 0600));
    }
}

static void create(const char *folder, unsigned long n)
{
    for (unsigned long i = 1; i <= n; i++) {
        char path[4096];
        char content[32];
        snprintf(path, sizeof path, "%s/%lu", folder, i);
        snprintf(content, sizeof content, "%lu", i);
        tell(i, hf_file_create_durable(path, hf_bytes_of_string(content), 0600));
    }
}

static hf_status put(struct hf_store *store, unsigned long i)
{
    struct hf_store_batch *batch = NULL;
    HF_TRY(hf_store_batch_new(&batch));
    const char *const prefixes[] = {"a", "b"};
    for (size_t p = 0; p < 2; p++) {
        char key[32];
        snprintf(key, sizeof key, "%s/%lu", prefixes[p], i);
        hf_store_batch_put(batch, hf_bytes_of_string(key), HF_LITERAL("value"));
    }
    hf_status status = hf_store_write(store, batch, 1);
    hf_store_batch_free(batch);
    return status;
}

static hf_status print_key(void *context, hf_bytes key, hf_bytes value)
{
    (void)context;
    (void)value;
    printf("%.*s\n", HF_PRINT(key));
    return HF_DONE;
}

static hf_status with_store(const char *path, unsigned long n)
{
    struct hf_store *store = NULL;
    struct hf_problem problem = {0};
    hf_status status = hf_store_open(path, &store, &problem);
    if (!hf_is_ok(status)) {
        fprintf(stderr, "%s\n", problem.detail);
        return status;
    }
    for (unsigned long i = 1; i <= n; i++) {
        tell(i, put(store, i));
    }
    if (n == 0) {
        status = hf_store_each(store, HF_LITERAL(""), print_key, NULL);
    }
    hf_store_close(store);
    return status;
}

int main(int argc, char **argv)
{
    const char *what = argc > 2 ? argv[1] : "";
    unsigned long n = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
    hf_status status = HF_DONE;
    if (strcmp(what, "replace") == 0) {
        replace(argv[2], n);
    } else if (strcmp(what, "create") == 0) {
        create(argv[2], n);
    } else if (strcmp(what, "store") == 0 || strcmp(what, "keys") == 0) {
        status = with_store(argv[2], n);
    } else {
        return 2;
    }
    return hf_is_ok(status) ? 0 : 1;
}
