/*
 * `hufu policy apply`: what would leave of an answer, by the gateway's own compiler and redactor.
 *
 * stdout is a clean prefix whatever happens: bytes go out as the redactor hands them out.
 */
#include "cli/command.h"
#include "cli/policy_access.h"
#include "cli/policy_files.h"
#include "cli/print.h"
#include "policy/compile.h"
#include "policy/redact.h"

#include <unistd.h>

enum { CHUNK_DEFAULT_BYTES = 16 << 10, CHUNK_MAX_BYTES = 1 << 20 };

/* One run. */
struct apply {
    const struct hf_cli *cli;
    struct hf_policy_files files;
    struct hf_access_words words;
    struct hf_access access;
    size_t n_chunk_bytes;
    struct hf_compiled_view *view;
};

static void apply_clear(struct apply *apply)
{
    hf_compiled_view_unref(apply->view);
    hf_access_clear(&apply->access);
    hf_policy_files_clear(&apply->files);
}

/* ---- the view ---- */

static enum hf_exit read_words(struct apply *apply, const struct hf_arguments *arguments)
{
    struct hf_problem problem = {0};
    int64_t chunk = CHUNK_DEFAULT_BYTES;
    enum hf_exit code = hf_access_words_of(apply->cli, arguments, &apply->words);
    if (code == HF_EXIT_YES &&
        !hf_is_ok(hf_argument_integer(
            arguments, "chunk", (struct hf_integer_range){1, CHUNK_MAX_BYTES}, &chunk, &problem))) {
        return hf_print_option_error(apply->cli, &problem);
    }
    apply->n_chunk_bytes = (size_t)chunk;
    return code;
}

static enum hf_exit read_access(struct apply *apply, const struct hf_arguments *arguments)
{
    struct hf_problem problem = {0};
    enum hf_exit code = hf_policy_files_read(apply->cli, arguments, NULL, &apply->files);
    const struct hf_access_documents documents = {apply->files.catalogs[0].catalog,
                                                  apply->files.policy};
    if (code != HF_EXIT_YES) {
        return code;
    }
    if (!documents.catalog || !documents.policy) {
        return HF_EXIT_NO;
    }
    code = hf_access_read(apply->cli, &apply->words, &documents, &apply->access, &problem);
    return code == HF_EXIT_USAGE ? hf_print_option_error(apply->cli, &problem) : code;
}

static enum hf_exit compile_view(struct apply *apply)
{
    struct hf_problem problem = {0};
    hf_status status = hf_access_judge(&apply->access, &problem);
    if (!hf_is_ok(status)) {
        fprintf(apply->cli->err, "%s: ", hf_code_info(status.code)->name);
        return hf_print_problem(apply->cli, "the access", status, &problem);
    }
    status = hf_view_compile(&apply->access.request, &apply->view);
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(apply->cli, "view", status, NULL);
}

/* Without it more would be withheld than the gateway withholds, and nobody would know. */
static enum hf_exit check_key(const struct apply *apply)
{
    struct hf_problem problem = {0};
    if (!hf_access_lacks_key(&apply->access, apply->view)) {
        return HF_EXIT_YES;
    }
    hf_ignore(hf_problem_set(&problem, HF_REQUEST_MALFORMED, "deployment",
                             "is missing: only the deployment's key tells whom the answer names, "
                             "and makes pseudonyms"));
    return hf_print_option_error(apply->cli, &problem);
}

/* ---- the answer ---- */

struct stream {
    const struct hf_cli *cli;
    struct hf_redact *redact;
    hf_buf in;
    hf_buf out;
};

static void stream_clear(struct stream *stream)
{
    hf_redact_free(stream->redact);
    hf_buf_clear(&stream->in);
    hf_buf_clear(&stream->out);
}

static enum hf_exit fault(const struct stream *stream, hf_status status,
                          const struct hf_problem *problem)
{
    fprintf(stream->cli->err, "byte %zu: ", problem->offset);
    return hf_print_problem(stream->cli, "-", status, problem);
}

/* Hands out what is clean, also in front of a fault. */
static void flush(struct stream *stream)
{
    fwrite(stream->out.data, 1, stream->out.size, stream->cli->out);
    hf_buf_reset(&stream->out);
}

/* Fills the buffer, for a pipe hands out less than is asked for. Its size is then 0 at the end. */
static enum hf_exit fill(struct stream *stream, size_t n_bytes)
{
    hf_buf_reset(&stream->in);
    while (stream->in.size < n_bytes) {
        ssize_t n =
            read(STDIN_FILENO, stream->in.data + stream->in.size, n_bytes - stream->in.size);
        if (n < 0) {
            return hf_print_problem(stream->cli, "-", hf_status_of(HF_IO), NULL);
        }
        if (n == 0) {
            break;
        }
        stream->in.size += (size_t)n;
    }
    return HF_EXIT_YES;
}

static enum hf_exit push_all(struct stream *stream, size_t n_chunk_bytes)
{
    struct hf_problem problem = {0};
    do {
        enum hf_exit code = fill(stream, n_chunk_bytes);
        if (code != HF_EXIT_YES) {
            return code;
        }
        hf_status status =
            hf_redact_push(stream->redact, hf_buf_view(&stream->in), &stream->out, &problem);
        flush(stream);
        if (!hf_is_ok(status)) {
            return fault(stream, status, &problem);
        }
    } while (stream->in.size == n_chunk_bytes);
    hf_status status = hf_redact_finish(stream->redact, &stream->out, &problem);
    flush(stream);
    return hf_is_ok(status) ? HF_EXIT_YES : fault(stream, status, &problem);
}

static enum hf_exit redact(struct apply *apply)
{
    const struct hf_redact_limits limits = hf_redact_limits_default();
    HF_CLEANUP(stream_clear)
    struct stream stream = {
        .cli = apply->cli,
        .in = hf_buf_init(CHUNK_MAX_BYTES),
        .out = hf_buf_init(hf_redact_max_out_bytes(&limits, apply->n_chunk_bytes))};
    hf_status status = hf_access_redactor(&apply->access, apply->view, &limits, &stream.redact);
    if (hf_is_ok(status)) {
        status = hf_buf_reserve(&stream.in, apply->n_chunk_bytes);
    }
    return hf_is_ok(status) ? push_all(&stream, apply->n_chunk_bytes)
                            : hf_print_problem(apply->cli, "redactor", status, NULL);
}

static enum hf_exit run_apply(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    HF_CLEANUP(apply_clear) struct apply apply = {.cli = cli};
    hf_access_init(&apply.access);
    enum hf_exit code = read_words(&apply, arguments);
    code = code ? code : read_access(&apply, arguments);
    code = code ? code : compile_view(&apply);
    code = code ? code : check_key(&apply);
    return code ? code : redact(&apply);
}

const struct hf_command hf_command_policy_apply = {
    .name = "policy apply",
    .summary = "redact an answer as the gateway would",
    .operands = "CATALOG",
    .operand_count = {1, 1},
    .options =
        (const struct hf_option[]){
            HF_ACCESS_OPTIONS,
            {.name = "chunk",
             .value = "N",
             .help = "bytes handed to the redactor at once (16384): the output is the same"},
            {0},
        },
    .details =
        "Reads an answer of a source on standard input and prints what a bank would get of it.\n"
        "Consents are judged as the gateway judges them but for signature, hour, state, uses and\n"
        "certificate; agreement and ceilings where they are given, else all is agreed. Without\n"
        "claims: what leaves without consent. On a fault of the answer the exit status is 1, "
        "stdout\n"
        "holds the clean prefix, and stderr says at which byte and by which rule.",
    .examples =
        "hufu policy apply tax.json --policy policy.json --operation 'GET /rating/{uscc}.json' "
        "--bank 911100001000044477 --subject 91350100M000100Y43 < answer.json\n"
        "hufu policy apply tax.json --policy policy.json --operation 'GET /payment/{uscc}.json' "
        "--bank 911100001000044477 --consent-claims claims.json --purpose pre_loan "
        "--actions query,analyse < answer.json",
    .run = run_apply,
};
