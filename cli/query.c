/*
 * `hufu query`: what a bank runs. It decides whether an answer is whole: a complete body whose
 * digest is the trailer's, with the outcome's index in the log. It believes nothing else.
 */
#include "cli/print.h"
#include "cli/remote.h"
#include "crypto/base64.h"
#include "crypto/hash.h"

enum { TOKEN_MAX_BYTES = 16 << 10, PROBLEM_MAX_BYTES = 64 << 10, MAX_FIELDS = 16 };

static const struct hf_option options[] = {
    {.name = "cert", .value = "FILE", .help = "the bank's certificate, PEM", .is_required = true},
    {.name = "key", .value = "FILE", .help = "its key, PEM, mode 0600", .is_required = true},
    HF_OPTION_CA,
    {.name = "consent",
     .value = "FILE",
     .help = "a consent token, sent with the request",
     .is_repeatable = true},
    {.name = "consent-id",
     .value = "ISS;JTI",
     .help = "a registered consent, named",
     .is_repeatable = true},
    {.name = "purpose", .value = "PURPOSE", .help = "pre_loan, in_loan or post_loan"},
    {.name = "actions", .value = "LIST", .help = "query,process,analyse,use"},
    {.name = "loan", .value = "DIGEST", .help = "the loan's 43-character digest"},
    {0}};

struct query {
    const struct hf_cli *cli;
    struct hf_client_answer answer;
    struct hf_sha256 digest;
    hf_buf problem; /* body of a refusal, bounded */
    struct hf_h2_field fields[MAX_FIELDS];
    size_t n_fields;
    hf_buf tokens[8];
    size_t n_tokens;
};

static void query_clear(struct query *query)
{
    hf_client_answer_clear(&query->answer);
    hf_buf_clear(&query->problem);
    for (size_t i = 0; i < query->n_tokens; i++) {
        hf_buf_clear(&query->tokens[i]);
    }
}

static void add_field(struct query *query, const char *name, hf_bytes value)
{
    query->fields[query->n_fields++] =
        (struct hf_h2_field){hf_bytes_of_string(name), value, value.size > 256};
}

static enum hf_exit add_consents(struct query *query, const struct hf_arguments *arguments)
{
    const char *path;
    for (size_t i = 0; (path = hf_argument_at(arguments, "consent", i)); i++) {
        if (query->n_tokens == 8) {
            return hf_print_usage_error(query->cli, "at most 8 consents go with a request");
        }
        hf_buf *token = &query->tokens[query->n_tokens++];
        *token = hf_buf_init(TOKEN_MAX_BYTES);
        enum hf_exit exit = hf_read_input(query->cli, path, token);
        if (exit != HF_EXIT_YES) {
            return exit;
        }
        add_field(query, "consent", hf_remote_line(hf_buf_view(token)));
    }
    const char *id;
    for (size_t i = 0; (id = hf_argument_at(arguments, "consent-id", i)); i++) {
        if (query->n_fields == 8) {
            return hf_print_usage_error(query->cli, "at most 8 consents go with a request");
        }
        add_field(query, "consent-id", hf_bytes_of_string(id));
    }
    return HF_EXIT_YES;
}

static void add_words(struct query *query, const struct hf_arguments *arguments)
{
    static const struct {
        const char *option;
        const char *field;
    } words[] = {
        {"purpose", "consent-purpose"}, {"actions", "consent-actions"}, {"loan", "consent-loan"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *value = hf_argument(arguments, words[i].option);
        if (value) {
            add_field(query, words[i].field, hf_bytes_of_string(value));
        }
    }
}

/* A released body goes to stdout as it comes; a refusal is kept to be told in words. */
static hf_status take_body(void *context, hf_bytes bytes)
{
    struct query *query = context;
    if (query->answer.status != 200) {
        return hf_buf_append(&query->problem, bytes);
    }
    hf_sha256_update(&query->digest, bytes);
    if (fwrite(bytes.data, 1, bytes.size, query->cli->out) != bytes.size) {
        HF_FAIL(IO);
    }
    return HF_DONE;
}

static bool digest_matches(struct query *query)
{
    uint8_t digest[HF_SHA256_BYTES];
    hf_sha256_final(&query->digest, digest);
    HF_CLEANUP(hf_buf_clear) hf_buf expected = hf_buf_init(128);
    hf_bytes got =
        hf_client_find(query->answer.trailers, query->answer.n_trailers, "content-digest");
    /* RFC 9530 section 2: sha-256=:<base64>: */
    return hf_is_ok(hf_buf_append_string(&expected, "sha-256=:")) &&
           hf_is_ok(hf_base64_encode(hf_bytes_of(digest, sizeof digest), &expected)) &&
           hf_is_ok(hf_buf_append_string(&expected, ":")) &&
           hf_bytes_equal(hf_buf_view(&expected), got);
}

static void tell_field(const struct query *query, const struct hf_h2_field *fields, size_t n_fields,
                       const char *name)
{
    hf_bytes value = hf_client_find(fields, n_fields, name);
    if (value.size > 0) {
        fprintf(query->cli->err, "%s: ", name);
        hf_print_clean(query->cli->err, value);
        fputc('\n', query->cli->err);
    }
}

static enum hf_exit judge_answer(struct query *query)
{
    const struct hf_client_answer *answer = &query->answer;
    if (answer->status != 200) {
        return hf_remote_problem(query->cli, answer, hf_buf_view(&query->problem));
    }
    if (!digest_matches(query)) {
        fputs("hufu: the body's digest is not the trailer's: do not use this answer\n",
              query->cli->err);
        return HF_EXIT_UNREADABLE;
    }
    if (hf_client_find(answer->trailers, answer->n_trailers, "access-outcome").size == 0) {
        fputs("hufu: the answer names no outcome in the log: do not use it\n", query->cli->err);
        return HF_EXIT_UNREADABLE;
    }
    tell_field(query, answer->fields, answer->n_fields, "access-id");
    tell_field(query, answer->fields, answer->n_fields, "access-log");
    tell_field(query, answer->fields, answer->n_fields, "access-delete-by");
    tell_field(query, answer->trailers, answer->n_trailers, "access-outcome");
    tell_field(query, answer->trailers, answer->n_trailers, "access-withheld");
    return HF_EXIT_YES;
}

static enum hf_exit run_query(struct query *query, const struct hf_arguments *arguments)
{
    HF_CLEANUP(hf_remote_clear) struct hf_remote remote = {0};
    enum hf_exit exit = hf_remote_open(query->cli, arguments, arguments->operands[0], &remote);
    if (exit == HF_EXIT_YES) {
        exit = add_consents(query, arguments);
    }
    if (exit != HF_EXIT_YES) {
        return exit;
    }
    add_words(query, arguments);
    hf_sha256_init(&query->digest);
    struct hf_client_request request = {
        .host = remote.host,
        .port = remote.port,
        .tls = remote.tls,
        .method = HF_LITERAL("GET"),
        .path = remote.path,
        .fields = query->fields,
        .n_fields = query->n_fields,
        .on_body = take_body,
        .context = query,
    };
    hf_status status = hf_client_fetch(&request, &query->answer);
    if (!hf_is_ok(status) || !query->answer.complete) {
        return hf_remote_fault(query->cli, status, &query->answer);
    }
    return judge_answer(query);
}

static enum hf_exit run(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    struct query query = {.cli = cli, .problem = hf_buf_init(PROBLEM_MAX_BYTES)};
    enum hf_exit exit = run_query(&query, arguments);
    query_clear(&query);
    return exit;
}

const struct hf_command hf_command_query = {
    .name = "query",
    .summary = "ask a gateway as a bank",
    .operands = "URL",
    .operand_count = {1, 1},
    .options = options,
    .has_json = true,
    .details =
        "The body goes to standard output while it comes, what the answer says of itself to\n"
        "standard error. Exit status 1 is a refusal with its code; 4 a broken answer: a reset, a\n"
        "body whose digest is not the trailer's, or no outcome in the log. Do not use such a body.",
    .examples = "hufu query https://127.0.0.1:18443/tax/payment/91350100M000100Y43.json \\\n"
                "    --cert bank.pem --key bank.key --ca ca.pem \\\n"
                "    --consent consent.jwt --purpose pre_loan --actions query",
    .run = run,
};
