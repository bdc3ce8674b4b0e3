/* Targets: consent/grantor_file.c, consent/members.c. A JWK Set is refused whole or becomes keys of
 * the one grantor that it is named for; when one of them is ended all stay what they were. */
#include "consent/grantor_file.h"
#include "crypto/rand.h"
#include "tests/fuzz/fuzz.h"

enum { END = 1790000000 };

static const char name[] = "uscc_91350100M000100Y43.jwks";
static struct hf_grantor_file before;
static struct hf_grantor_file after;

static void end_first_key(hf_bytes text)
{
    const struct hf_grantor_end end = {"uscc:91350100M000100Y43", before.keys[0].kid, false, END};
    HF_CLEANUP(hf_buf_clear) hf_buf changed = hf_buf_init(2 * HF_GRANTOR_FILE_MAX_BYTES);
    fuzz_require(hf_is_ok(hf_grantor_file_write_ended(text, &end, &changed)));
    fuzz_require(hf_is_ok(hf_grantor_file_parse(hf_buf_view(&changed), name, &after, NULL)));
    fuzz_require(after.n_keys == before.n_keys);
    fuzz_require(after.keys[0].disabled_at_unix_s > 0 && after.keys[0].disabled_at_unix_s <= END);
    for (size_t i = 0; i < after.n_keys; i++) {
        fuzz_require(strcmp(after.keys[i].kid, before.keys[i].kid) == 0);
        fuzz_require(!after.keys[i].key == !before.keys[i].key);
        fuzz_require(after.keys[i].not_after_unix_s == before.keys[i].not_after_unix_s);
    }
    hf_grantor_file_clear(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const hf_bytes text = hf_bytes_of(data, size);
    fuzz_require(hf_is_ok(hf_crypto_init()));
    hf_status status = hf_grantor_file_parse(text, name, &before, NULL);
    fuzz_require(hf_is_ok(status) || (status.code == HF_CONFIG_INVALID && before.n_keys == 0));
    if (before.n_keys > 0) {
        end_first_key(text);
    }
    hf_grantor_file_clear(&before);
    return 0;
}
