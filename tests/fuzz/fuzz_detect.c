/* Targets: policy/detect.c, policy/detect_find.c, policy/detect_form.c, policy/detect_fold.c,
 * policy/detect_char.c, policy/detect_skip.c, policy/detect_skip_avx2.c. Oracle: the definition on
 * the whole decoded text (tests/support/detecting.c); the same for every way of cutting. */
#include "tests/fuzz/fuzz.h"

#include "policy/detect.h"
#include "tests/support/detecting.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n_piece_bytes = 1 + (size ? data[0] % 70 : 0);
    hf_bytes raw = hf_bytes_of(size ? data + 1 : NULL, size ? size - 1 : 0);
    raw.size = detecting_whole(raw.data, raw.size < 4096 ? raw.size : 4096);
    hf_buf oracle = detecting_oracle(raw);
    hf_buf whole = detecting_run(raw, 0);
    hf_buf pieces = detecting_run(raw, n_piece_bytes);
    fuzz_require(hf_bytes_equal(hf_buf_view(&oracle), hf_buf_view(&whole)));
    fuzz_require(hf_bytes_equal(hf_buf_view(&oracle), hf_buf_view(&pieces)));
    hf_buf begun = detecting_begun(raw, 0);
    hf_buf begun_pieces = detecting_begun(raw, n_piece_bytes);
    fuzz_require(hf_bytes_equal(hf_buf_view(&begun), hf_buf_view(&begun_pieces)));
    fuzz_require(detecting_finds(raw) == !hf_bytes_equal(raw, hf_buf_view(&oracle)));
    hf_buf_clear(&begun);
    hf_buf_clear(&begun_pieces);
    hf_buf_clear(&oracle);
    hf_buf_clear(&whole);
    hf_buf_clear(&pieces);
    return 0;
}
