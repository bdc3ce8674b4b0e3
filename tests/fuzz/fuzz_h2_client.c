/* Targets: gateway/h2_client.c, gateway/upstream.c, gateway/h2_fields.c. A source may answer with
 * anything: a call ends at most once, nothing is told after its end, and it ends well only after
 * exactly one head. The first byte says in which pieces the answer comes. */
#include "tests/fuzz/fuzz.h"
#include "tests/support/bare_call.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bare_answer answer = bare_call(data, size);
    fuzz_require(answer.n_strays == 0);
    fuzz_require(answer.n_ends + answer.n_faults <= 1);
    fuzz_require(answer.n_ends == 0 || answer.n_heads == 1);
    fuzz_require(answer.n_heads == 0 || answer.status >= 200);
    fuzz_require(answer.n_body_bytes <= size);
    return 0;
}
