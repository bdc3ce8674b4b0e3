/*
 * `hufu policy apply`: what would leave of an answer, by the gateway's own compiler and redactor.
 * It judges consents as the gateway does but for what only the gateway can know: signature, hour,
 * state, uses and the bank's certificate. No agreement bounds it.
 *
 * stdout is a clean prefix whatever happens: bytes go out as the redactor hands them out.
 */
#include "base/uscc.h"
#include "cli/claims_file.h"
#include "cli/command.h"
#include "cli/party.h"
#include "cli/policy_files.h"
#include "cli/print.h"
#include "consent/claims.h"
#include "consent/judge.h"
#include "gateway/grant.h"
#include "policy/compile.h"
#include "policy/redact.h"

#include <unistd.h>

enum { CHUNK_DEFAULT_BYTES = 16 << 10, CHUNK_MAX_BYTES = 1 << 20 };

static const uint8_t NO_CERT[HF_SHA256_BYTES];

/* One run. */
struct apply {
    const struct hf_cli *cli;
    const struct hf_arguments *arguments;
    struct hf_policy_files files;
    const struct hf_operation *operation;
    struct hf_arena arena; /* holds the claims */
    struct hf_claims claims[HF_CONSENTS_MAX];
    size_t n_claims;
    char bank[HF_USCC_CHARS + 1];
    char subject[HF_PARTY_MAX_BYTES + 1]; /* "uscc:…", "person:…" */
    enum hf_subject_kind subject_kind;
    unsigned purpose;
    unsigned actions;
    size_t n_chunk_bytes;
    struct hf_consent_judgement judgement;
    struct hf_compiled_view *view;
};

static void apply_clear(struct apply *apply)
{
    hf_compiled_view_unref(apply->view);
    hf_policy_files_clear(&apply->files);
    hf_arena_clear(&apply->arena);
}

static enum hf_exit usage(const struct apply *apply, const char *option, const char *sentence)
{
    struct hf_problem problem = {0};
    hf_ignore(hf_problem_set(&problem, HF_REQUEST_MALFORMED, option, "%s", sentence));
    return hf_print_option_error(apply->cli, &problem);
}

/* ---- documents ---- */

static void on_problems(void *context, const char *path, const struct hf_problems *problems)
{
    const struct apply *apply = context;
    for (size_t i = 0; i < problems->n; i++) {
        hf_print_problem(apply->cli, path, hf_status_of(problems->items[i].code),
                         &problems->items[i]);
    }
}

static enum hf_exit read_files(struct apply *apply)
{
    enum hf_exit code =
        hf_policy_files_read(apply->cli, apply->arguments, &apply->files, on_problems, apply);
    const struct hf_catalog *catalog = apply->files.catalogs[0].catalog;
    const char *name = hf_argument(apply->arguments, "operation");
    if (code != HF_EXIT_YES) {
        return code;
    }
    if (!catalog || !apply->files.policy) {
        return HF_EXIT_NO;
    }
    apply->operation = hf_catalog_find(catalog, hf_bytes_of_string(name));
    return apply->operation ? HF_EXIT_YES
                            : usage(apply, "operation",
                                    "names no operation of the catalog; write 'GET /path' as the "
                                    "catalog does");
}

/* There is no connection here: every consent is bound to the certificate NO_CERT, which is judged
 * to be the bank's. */
static enum hf_exit read_claims(struct apply *apply, const char *path)
{
    const struct hf_claims_limits limits = hf_claims_limits_default();
    struct hf_claims *claims = &apply->claims[apply->n_claims];
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_buf_clear) hf_buf payload = hf_buf_init(2 * HF_CLAIMS_FILE_MAX_BYTES);
    enum hf_exit code = hf_claims_file_read(apply->cli, path, &apply->arena, &payload);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status =
        hf_claims_parse(hf_buf_view(&payload), &limits, &apply->arena, claims, &problem);
    if (!hf_is_ok(status)) {
        problem.line = 0; /* of the payload, which has members that the file may lack */
        return hf_print_problem(apply->cli, path, status, &problem);
    }
    memcpy(claims->cert_sha256, NO_CERT, sizeof(NO_CERT));
    claims->has_cert_sha256 = true;
    claims->jkt = (hf_bytes){0};
    apply->n_claims++;
    return HF_EXIT_YES;
}

static enum hf_exit read_all_claims(struct apply *apply)
{
    enum hf_exit code = HF_EXIT_YES;
    const char *path = hf_argument(apply->arguments, "consent-claims");
    for (size_t i = 0; path && code == HF_EXIT_YES;
         path = hf_argument_at(apply->arguments, "consent-claims", ++i)) {
        code = i < HF_CONSENTS_MAX ? read_claims(apply, path)
                                   : usage(apply, "consent-claims", "may stand 8 times at most");
    }
    return code;
}

/* ---- what is asked ---- */

static enum hf_exit read_actions(struct apply *apply)
{
    const char *value = hf_argument(apply->arguments, "actions");
    hf_bytes rest = value ? hf_bytes_of_string(value) : (hf_bytes){0};
    while (rest.size > 0) {
        const uint8_t *comma = memchr(rest.data, ',', rest.size);
        size_t size = comma ? (size_t)(comma - rest.data) : rest.size;
        unsigned bit = 0;
        if (!hf_action_by_name(hf_bytes_of(rest.data, size), &bit) ||
            (comma && size + 1 == rest.size)) {
            return usage(apply, "actions", "must be of query,process,analyse,use");
        }
        apply->actions |= bit;
        rest = hf_bytes_skip(rest, comma ? size + 1 : size);
    }
    return HF_EXIT_YES;
}

static enum hf_exit read_subject(struct apply *apply)
{
    const char *value = hf_argument(apply->arguments, "subject");
    enum hf_exit code = HF_EXIT_YES;
    if (value) {
        code = hf_read_party(apply->cli, "subject", value, apply->subject);
    } else if (apply->n_claims > 0 && apply->claims[0].sub.size < sizeof(apply->subject)) {
        memcpy(apply->subject, apply->claims[0].sub.data, apply->claims[0].sub.size);
    } else {
        code = usage(apply, "subject", "is missing: no claims say whom the answer is about");
    }
    if (code == HF_EXIT_YES &&
        !hf_party_kind(hf_bytes_of_string(apply->subject), &apply->subject_kind)) {
        code = usage(apply, "subject", "is no party");
    }
    return code;
}

static enum hf_exit read_request(struct apply *apply)
{
    const char *purpose = hf_argument(apply->arguments, "purpose");
    struct hf_problem problem = {0};
    int64_t chunk = CHUNK_DEFAULT_BYTES;
    if (purpose && !hf_purpose_by_name(hf_bytes_of_string(purpose), &apply->purpose)) {
        return usage(apply, "purpose", "must be pre_loan, in_loan or post_loan");
    }
    enum hf_exit code = read_actions(apply);
    code =
        code ? code
             : hf_read_uscc(apply->cli, "bank", hf_argument(apply->arguments, "bank"), apply->bank);
    code = code ? code : read_subject(apply);
    if (code != HF_EXIT_YES) {
        return code;
    }
    if (apply->n_claims > 0 && (apply->purpose == 0 || apply->actions == 0)) {
        return usage(apply, apply->purpose ? "actions" : "purpose",
                     "is missing: an access with consents says its purpose and actions");
    }
    if (!hf_is_ok(hf_argument_integer(apply->arguments, "chunk",
                                      (struct hf_integer_range){1, CHUNK_MAX_BYTES}, &chunk,
                                      &problem))) {
        return hf_print_option_error(apply->cli, &problem);
    }
    apply->n_chunk_bytes = (size_t)chunk;
    return HF_EXIT_YES;
}

/* ---- the view ---- */

static hf_status judge_consents(struct apply *apply, struct hf_problem *reterr)
{
    const struct hf_claims *claims[HF_CONSENTS_MAX];
    struct hf_consent_access access = {.bank = hf_bytes_of_string(apply->bank),
                                       .cert_sha256 = NO_CERT,
                                       .subject = hf_bytes_of_string(apply->subject),
                                       .subject_kind = apply->subject_kind,
                                       .dataset = apply->operation->dataset,
                                       .detail = apply->operation->detail,
                                       .is_dated = apply->operation->rows != NULL,
                                       .purpose = apply->purpose,
                                       .actions = apply->actions};
    if (apply->n_claims == 0) {
        return HF_DONE;
    }
    for (size_t i = 0; i < apply->n_claims; i++) {
        claims[i] = &apply->claims[i];
        access.loan_ref = access.loan_ref.size ? access.loan_ref : claims[i]->loan_ref;
    }
    return hf_consents_judge(&access, claims, apply->n_claims, &apply->judgement, reterr);
}

static enum hf_exit compile_view(struct apply *apply)
{
    static struct hf_grant_scope scopes[HF_COVERS_MAX];
    const struct hf_claims *claims[HF_CONSENTS_MAX];
    struct hf_problem problem = {0};
    hf_status status = judge_consents(apply, &problem);
    if (!hf_is_ok(status)) {
        fprintf(apply->cli->err, "%s: ", hf_code_info(status.code)->name);
        return hf_print_problem(apply->cli, "the consents", status, &problem);
    }
    for (size_t i = 0; i < apply->n_claims; i++) {
        claims[i] = &apply->claims[i];
    }
    const struct hf_view_request request = {.operation = apply->operation,
                                            .policy = apply->files.policy,
                                            .bank = hf_bytes_of_string(apply->bank),
                                            .purpose = apply->purpose,
                                            .actions = apply->actions,
                                            .subject_kind = apply->subject_kind,
                                            .agreement_classes = HF_FIELD_ALL,
                                            .scopes = scopes,
                                            .n_scopes =
                                                hf_grants_of(&apply->judgement, claims, scopes)};
    status = hf_view_compile(&request, &apply->view);
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(apply->cli, "view", status, NULL);
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

/* A person's ID number is not known here, only the pseudonym: no echo of it matches. */
static hf_bytes echo_of(const struct apply *apply)
{
    hf_bytes uscc = {0};
    return hf_party_uscc(hf_bytes_of_string(apply->subject), &uscc) ? uscc : (hf_bytes){0};
}

static enum hf_exit redact(struct apply *apply)
{
    const struct hf_redact_limits limits = hf_redact_limits_default();
    HF_CLEANUP(stream_clear)
    struct stream stream = {
        .cli = apply->cli,
        .in = hf_buf_init(CHUNK_MAX_BYTES),
        .out = hf_buf_init(hf_redact_max_out_bytes(&limits, apply->n_chunk_bytes))};
    hf_status status = hf_redact_new(apply->view->view, echo_of(apply), &limits, &stream.redact);
    if (hf_is_ok(status)) {
        status = hf_buf_reserve(&stream.in, apply->n_chunk_bytes);
    }
    return hf_is_ok(status) ? push_all(&stream, apply->n_chunk_bytes)
                            : hf_print_problem(apply->cli, "redactor", status, NULL);
}

static enum hf_exit run_apply(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    HF_CLEANUP(apply_clear)
    struct apply apply = {
        .cli = cli, .arguments = arguments, .arena = hf_arena_init(8 * HF_CLAIMS_ARENA_BYTES)};
    enum hf_exit code = read_files(&apply);
    code = code ? code : read_all_claims(&apply);
    code = code ? code : read_request(&apply);
    code = code ? code : compile_view(&apply);
    return code ? code : redact(&apply);
}

const struct hf_command hf_command_policy_apply = {
    .name = "policy apply",
    .summary = "redact an answer as the gateway would",
    .operands = "CATALOG",
    .operand_count = {1, 1},
    .options =
        (const struct hf_option[]){
            {.name = "policy",
             .value = "FILE",
             .help = "the operator's rules",
             .is_required = true},
            {.name = "operation",
             .value = "OPERATION",
             .help = "as the catalog writes it: 'GET /payment/{uscc}.json'",
             .is_required = true},
            {.name = "bank", .value = "USCC", .help = "the bank that asks", .is_required = true},
            {.name = "consent-claims",
             .value = "FILE",
             .help = "claims of a consent that is presented",
             .is_repeatable = true},
            {.name = "purpose", .value = "P", .help = "pre_loan, in_loan or post_loan"},
            {.name = "actions", .value = "A,A", .help = "of query, process, analyse, use"},
            {.name = "subject",
             .value = "PARTY",
             .help = "whom the answer is about; else the first consent's sub"},
            {.name = "chunk",
             .value = "N",
             .help = "bytes handed to the redactor at once (16384): the output is the same"},
            {0},
        },
    .details =
        "Reads an answer of a source on standard input and prints what a bank would get of it.\n"
        "Consents are judged as the gateway judges them but for signature, hour, state, uses and\n"
        "certificate; agreements are not asked. Without claims: what leaves without consent. On a\n"
        "fault of the answer the exit status is 1, stdout holds the clean prefix, and stderr says\n"
        "at which byte and by which rule.",
    .examples =
        "hufu policy apply tax.json --policy policy.json --operation 'GET /rating/{uscc}.json' "
        "--bank 911100001000044477 --subject 91350100M000100Y43 < answer.json\n"
        "hufu policy apply tax.json --policy policy.json --operation 'GET /payment/{uscc}.json' "
        "--bank 911100001000044477 --consent-claims claims.json --purpose pre_loan "
        "--actions query,analyse < answer.json",
    .run = run_apply,
};
