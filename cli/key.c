/*
 * `hufu key new` and `hufu key show`: a grantor's signature key. The private part goes from the
 * generator to a file of mode 0600 and is never printed.
 */
#include "crypto/key.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/print.h"
#include "cli/result.h"
#include "crypto/secret.h"

enum { JWK_MAX_BYTES = 1024, PEM_MAX_BYTES = 4096 };

static enum hf_exit run_new(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    enum hf_alg alg;
    const char *path = hf_argument(arguments, "out");
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    if (!hf_alg_by_name(hf_bytes_of_string(hf_argument(arguments, "alg")), &alg)) {
        return hf_print_usage_error(cli, "--alg must be Ed25519, ES256 or SM2");
    }
    hf_status status = hf_key_generate(alg, &key);
    if (hf_is_ok(status)) {
        status = hf_key_file_create(path, key);
    }
    if (!hf_is_ok(status)) {
        return hf_print_problem(cli, path, status, NULL);
    }
    fprintf(cli->out, "%s\n", hf_key_thumbprint(key));
    return HF_EXIT_YES;
}

const struct hf_command hf_command_key_new = {
    .name = "key new",
    .summary = "make a signature key",
    .options =
        (const struct hf_option[]){
            {.name = "alg", .value = "ALG", .help = "Ed25519, ES256 or SM2", .is_required = true},
            {.name = "out",
             .value = "FILE",
             .help = "the new file; it must not exist",
             .is_required = true},
            {0},
        },
    .details =
        "Writes a private key as PKCS#8 PEM with mode 0600 and prints its kid, the RFC 7638\n"
        "thumbprint. openssl pkey reads the file.",
    .examples = "hufu key new --alg Ed25519 --out enterprise.pem\n"
                "hufu key new --alg SM2 --out enterprise.pem",
    .run = run_new,
};

static bool is_public(hf_bytes pem)
{
    return hf_bytes_starts_with(pem, HF_LITERAL("-----BEGIN PUBLIC KEY-----"));
}

/* A public key may lie open in a file; any other file must be a private key of ours. */
static hf_status read_key(const char *path, struct hf_key **ret_key, struct hf_problem *reterr)
{
    HF_CLEANUP(hf_secret_buf_clear) hf_buf pem = hf_buf_init(PEM_MAX_BYTES);
    HF_TRY(hf_buf_reserve(&pem, PEM_MAX_BYTES));
    if (hf_is_ok(hf_file_read(path, &pem)) && is_public(hf_buf_view(&pem))) {
        return hf_key_from_public_pem(hf_buf_view(&pem), ret_key, reterr);
    }
    return hf_key_file_read(path, ret_key, reterr);
}

static enum hf_exit run_show(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    const char *path = arguments->operands[0];
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    HF_CLEANUP(hf_buf_clear) hf_buf jwk = hf_buf_init(JWK_MAX_BYTES);
    hf_status status = read_key(path, &key, &problem);
    if (hf_is_ok(status)) {
        status = hf_key_write_jwk(key, &jwk);
    }
    if (!hf_is_ok(status)) {
        return hf_print_problem(cli, path, status, &problem);
    }
    if (cli->is_json) { /* the JWK alone: what `grantor add --jwk` reads */
        fprintf(cli->out, "%.*s\n", HF_PRINT(hf_buf_view(&jwk)));
        return HF_EXIT_YES;
    }
    HF_CLEANUP(hf_result_clear) struct hf_result result = hf_result_init();
    hf_result_string(&result, "kid", hf_key_thumbprint(key));
    hf_result_json(&result, "jwk", hf_buf_view(&jwk));
    return hf_result_print(cli, &result);
}

const struct hf_command hf_command_key_show = {
    .name = "key show",
    .summary = "print a key's public part",
    .operands = "FILE",
    .operand_count = {1, 1},
    .has_json = true,
    .details =
        "Reads a private key file (PKCS#8) or a public key (SPKI) in PEM and prints its kid and\n"
        "its public key as JWK; with --json the JWK alone, as `hufu grantor add --jwk` reads it.\n"
        "The private part is never printed.",
    .examples = "hufu key show enterprise.pem\n"
                "hufu key show --json enterprise.pem > enterprise.jwk",
    .run = run_show,
};
