/* Targets: gateway/h2_server.c, gateway/h2_stream.c, gateway/h2_head.c, gateway/h2_late.c,
 * gateway/h2_fields.c. Any bytes after the preface: every request that was handed over ends exactly
 * once, and what is sent has a bound. The first byte says in which pieces they come. */
#include "tests/fuzz/fuzz.h"
#include "tests/support/bare_conn.h"
#include "tests/support/wire.h"

#include <unistd.h>

static struct wire wire;
static struct origin origin;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fds[2];
    if (!wire.loop) {
        wire_init(&wire);
        origin_open(&origin, &wire, NULL, wire.bank_server);
    }
    unsigned n_ended = origin.n_ended[0] + origin.n_ended[1] + origin.n_ended[2];
    unsigned n_before = origin.n_requests;
    size_t n_sent = bare_conn_sent_bytes();
    wire_socket_pair(fds);
    close(fds[1]);
    fuzz_require(hf_is_ok(hf_h2_service_adopt(origin.service, fds[0])));
    bare_conn_ready();
    bare_conn_feed(HF_LITERAL("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    bare_conn_play(data, size);
    if (origin.n_live > 0) {
        wire_run_ms(&wire, 60); /* those that hold on for 50 ms */
    }
    n_ended = origin.n_ended[0] + origin.n_ended[1] + origin.n_ended[2] - n_ended;
    fuzz_require(origin.n_live == 0);
    fuzz_require(origin.n_requests - n_before == n_ended);
    fuzz_require(bare_conn_sent_bytes() - n_sent < 32 * size + (1 << 20));
    return 0;
}
