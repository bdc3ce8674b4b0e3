/* Targets: base/deflate.c, policy/media.c. Claims: one verdict and one output however the bytes are
 * cut, always on the way to an end, never more than was allowed. */
#include "base/deflate.h"
#include "policy/media.h"
#include "tests/fuzz/fuzz.h"

enum { MAX_BYTES = 1 << 16 };

static hf_status gunzip(hf_bytes packed, size_t n_chunk, hf_buf *out)
{
    struct hf_gunzip *gunzip = NULL;
    HF_TRY(hf_gunzip_new(MAX_BYTES, &gunzip));
    hf_status status = HF_DONE;
    for (size_t at = 0, taken = 0; hf_is_ok(status) && taken < packed.size;) {
        at = taken == at ? (packed.size - at < n_chunk ? packed.size : at + n_chunk) : at;
        size_t n_taken = 0;
        hf_bytes piece = {NULL, 0};
        status =
            hf_gunzip_next(gunzip, hf_bytes_of(packed.data + taken, at - taken), &n_taken, &piece);
        fuzz_require(!hf_is_ok(status) || n_taken > 0 || piece.size > 0);
        fuzz_require(n_taken <= at - taken && hf_is_ok(hf_buf_append(out, piece)));
        taken += n_taken;
    }
    status = hf_gunzip_finish(gunzip);
    hf_gunzip_free(gunzip);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HF_CLEANUP(hf_buf_clear) hf_buf whole = hf_buf_init(MAX_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf cut = hf_buf_init(MAX_BYTES);
    hf_bytes packed = hf_bytes_of(size ? data + 1 : NULL, size ? size - 1 : 0);
    hf_status a = gunzip(packed, SIZE_MAX, &whole);
    hf_status b = gunzip(packed, 1 + (size ? data[0] % 70 : 0), &cut);
    fuzz_require(hf_is_ok(a) == hf_is_ok(b));
    fuzz_require(!hf_is_ok(a) || hf_bytes_equal(hf_buf_view(&whole), hf_buf_view(&cut)));
    fuzz_require(hf_media_of(packed) == HF_MEDIA_OTHER || (packed.data[0] | 0x20) == 'a');
    return 0;
}
