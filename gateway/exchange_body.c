/*
 * The source's body on its way to the gate: its coding is undone, it is redacted, what comes out is
 * counted and digested. The one place where bytes of a source become bytes for a bank; a body whose
 * coding is no longer what was announced is malformed like one whose JSON is.
 *
 * Invariant: what is in x->output has passed the redactor, all of it is in the digest, and nothing
 * gets there another way.
 */
#include "gateway/exchange_impl.h"

_Static_assert((int)HF_GUNZIP_PIECE_BYTES <= (int)HF_PIECE_BYTES,
               "what one piece can become has room in x->output");

/* A redactor that cannot begin goes: it still has the counts of the access before, and the outcome
 * would tell them as its own. */
static hf_status start_redactor(struct hf_exchange *x, const struct hf_redact_limits *limits)
{
    struct hf_view *view = x->decision.view->view;
    const struct hf_redact_access access = {.subject = x->route.subject,
                                            .person_key = &x->worker->gateway->pseudonym,
                                            .bank = hf_bytes_of_string(x->bank->uscc)};
    struct hf_redact *idle = hf_pool_take(&x->worker->idle_redactors, HF_REDACT_WARM_BYTES);
    if (!idle) {
        return hf_redact_new(view, &access, limits, &x->redact);
    }
    hf_status status = hf_redact_reset(idle, view, &access, limits);
    if (!hf_is_ok(status)) {
        hf_redact_free(idle);
        return status;
    }
    x->redact = idle;
    return HF_DONE;
}

hf_status hf_exchange_open_body(struct hf_exchange *x)
{
    struct hf_redact_limits limits = hf_redact_limits_default();
    limits.max_body_bytes = x->worker->gateway->config->limits.max_body_bytes;
    if (x->is_gzip) {
        HF_TRY(hf_gunzip_new(limits.max_body_bytes, &x->gunzip));
    }
    return start_redactor(x, &limits);
}

/* Gives the redactor back: the next answer's will be in the cache. */
void hf_exchange_drop_body(struct hf_exchange *x)
{
    if (x->redact && !hf_pool_give(&x->worker->idle_redactors, x->redact)) {
        hf_redact_free(x->redact);
    }
    x->redact = NULL;
    hf_gunzip_free(x->gunzip);
    x->gunzip = NULL;
}

/* What was appended to x->output since it had @before bytes. */
static void account(struct hf_exchange *x, size_t before)
{
    hf_bytes fresh = hf_bytes_skip(hf_buf_view(&x->output), before);
    hf_sha256_update(&x->digest, fresh);
    x->n_redacted_bytes += fresh.size;
}

static hf_status redact(struct hf_exchange *x, hf_bytes piece)
{
    hf_buf_pool_lend(hf_loop_spare_bufs(x->worker->loop), &x->output);
    size_t before = x->output.size;
    hf_status status = hf_redact_push(x->redact, piece, &x->output, NULL);
    account(x, before);
    return status;
}

/* Whatever is wrong with a coding is the source's fault, but for our own memory. */
static hf_status of_coding(hf_status status)
{
    return hf_is_ok(status) || status.code == HF_NOMEM ? status : hf_status_of(HF_SOURCE_MALFORMED);
}

hf_status hf_exchange_take_piece(struct hf_exchange *x, struct hf_exchange_input *input)
{
    hf_bytes piece = hf_bytes_skip(input->bytes, input->n_taken);
    piece.size = piece.size < HF_PIECE_BYTES ? piece.size : HF_PIECE_BYTES;
    size_t n_taken = piece.size;
    if (x->gunzip) {
        HF_TRY(of_coding(hf_gunzip_next(x->gunzip, piece, &n_taken, &piece)));
    }
    hf_metrics_add(&x->worker->metrics, HF_METRIC_BYTES_IN, n_taken);
    HF_TRY(redact(x, piece));
    input->n_taken += n_taken;
    return HF_DONE;
}

hf_status hf_exchange_close_body(struct hf_exchange *x)
{
    size_t before = x->output.size;
    if (x->gunzip) {
        HF_TRY(of_coding(hf_gunzip_finish(x->gunzip)));
    }
    HF_TRY(hf_redact_finish(x->redact, &x->output, NULL));
    account(x, before);
    hf_sha256_final(&x->digest, x->digest_value);
    x->body_is_complete = true;
    return HF_DONE;
}
