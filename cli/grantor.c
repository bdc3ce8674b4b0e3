/*
 * `hufu grantor add|list|disable`: whose signatures a deployment trusts. Every change is written
 * only after the folder as it would then be was read whole, so the gateway never finds one that it
 * must refuse.
 *
 * A running gateway sees the change at its next reload (SIGHUP), all or nothing.
 */
#include "base/file.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/party.h"
#include "cli/person.h"
#include "cli/print.h"
#include "cli/result.h"
#include "consent/grantors.h"

enum { PATH_BYTES = 4096, JWK_MAX_BYTES = 8192, LIST_MAX_BYTES = 4 << 20, TREE_BYTES = 1 << 16 };

static const struct hf_integer_range moments = {1, INT64_C(253402300799)};

static void unref(struct hf_grantors **grantors)
{
    hf_grantors_unref(*grantors);
}

static enum hf_exit find_folder(const struct hf_cli *cli, const char *deployment,
                                char ret_folder[static PATH_BYTES])
{
    hf_status status = hf_path_join(ret_folder, PATH_BYTES, deployment, "grantors");
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, deployment, status, NULL);
}

/* ---- add ---- */

static enum hf_exit read_jwk(const struct hf_cli *cli, const char *path, struct hf_arena *arena,
                             const struct hf_json **ret_jwk)
{
    static const struct hf_json_limits limits = {
        .max_bytes = JWK_MAX_BYTES, .max_depth = 4, .max_values = 64, .max_string_bytes = 1024};
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(JWK_MAX_BYTES);
    enum hf_exit code = hf_read_input(cli, path, &text);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status = hf_json_parse(hf_buf_view(&text), &limits, arena, ret_jwk, &problem);
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_problem(cli, path, status, &problem);
}

static enum hf_exit read_moments(const struct hf_cli *cli, const struct hf_arguments *arguments,
                                 struct hf_grantor_addition *addition)
{
    struct hf_problem problem = {0};
    hf_status status = hf_argument_integer(arguments, "not-before", moments,
                                           &addition->not_before_unix_s, &problem);
    if (hf_is_ok(status)) {
        status = hf_argument_integer(arguments, "not-after", moments, &addition->not_after_unix_s,
                                     &problem);
    }
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_option_error(cli, &problem);
}

/* Who consents: named, or read from standard input, which then cannot also be the key. */
static enum hf_exit read_iss(const struct hf_cli *cli, const struct hf_arguments *arguments,
                             char ret_iss[static HF_PARTY_MAX_BYTES + 1])
{
    const char *iss = hf_argument(arguments, "iss");
    const char *jwk = hf_argument(arguments, "jwk");
    bool is_person = hf_argument_flag(arguments, "person");
    if (is_person == (iss != NULL)) {
        return hf_print_usage_error(cli, "either --iss or --person is expected");
    }
    if (!is_person) {
        return jwk ? hf_read_party(cli, "iss", iss, ret_iss)
                   : hf_print_usage_error(cli, "--jwk is missing");
    }
    if (jwk && strcmp(jwk, "-") == 0) {
        return hf_print_usage_error(cli, "standard input holds the ID number: --jwk names a file");
    }
    return hf_read_person(cli, arguments->operands[0], ret_iss);
}

static enum hf_exit add_key(const struct hf_cli *cli, const struct hf_arguments *arguments,
                            const char *folder, struct hf_grantor_addition *addition)
{
    char kid[HF_KID_MAX_BYTES + 1];
    const char *path = hf_argument(arguments, "jwk");
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TREE_BYTES);
    enum hf_exit code = read_jwk(cli, path, &arena, &addition->jwk);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status = hf_grantor_add(folder, addition, kid, &problem);
    if (!hf_is_ok(status)) {
        bool is_of_the_key = status.code == HF_KEY_MALFORMED || status.code == HF_KEY_UNSUPPORTED;
        return is_of_the_key ? hf_print_problem(cli, path, status, &problem)
                             : hf_print_folder_problem(cli, folder, status, &problem);
    }
    fprintf(cli->out, "%s\n", kid);
    return HF_EXIT_YES;
}

static enum hf_exit run_add(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    char folder[PATH_BYTES];
    char iss[HF_PARTY_MAX_BYTES + 1];
    struct hf_grantor_addition addition = {.iss = iss};
    enum hf_exit code = read_moments(cli, arguments, &addition);
    code = code ? code : find_folder(cli, arguments->operands[0], folder);
    code = code ? code : read_iss(cli, arguments, iss);
    if (code == HF_EXIT_YES && hf_argument_flag(arguments, "person")) {
        fprintf(cli->out, "%s\n", iss);
    }
    return code || !hf_argument(arguments, "jwk") ? code
                                                  : add_key(cli, arguments, folder, &addition);
}

const struct hf_command hf_command_grantor_add = {
    .name = "grantor add",
    .summary = "trust a grantor's signature key",
    .operands = "DIR",
    .operand_count = {1, 1},
    .options =
        (const struct hf_option[]){
            {.name = "iss",
             .value = "ISS",
             .help = "the grantor: a USCC with or without uscc:, or person:NAME"},
            {.name = "person", .help = "the grantor is the person whose ID number is on stdin"},
            {.name = "jwk", .value = "FILE", .help = "its public key as JWK; - is standard input"},
            {.name = "not-before", .value = "UNIX", .help = "tokens received earlier do not count"},
            {.name = "not-after",
             .value = "UNIX",
             .help = "tokens received from then on do not count"},
            {0},
        },
    .details =
        "Adds the key to DIR/grantors/ISS.jwks, which is made when there is none, and prints its\n"
        "kid: the JWK's own, else the RFC 7638 thumbprint. Reload the gateway with SIGHUP.\n"
        "With --person the ID number is read from standard input, its check character verified,\n"
        "and the person's name printed first: a pseudonym under DIR/keys/pseudonym.key that the\n"
        "person's tokens carry. The number is stored nowhere. Without --jwk that is all.",
    .examples = "hufu grantor add DIR --iss uscc:91350100M000100Y43 --jwk enterprise.jwk\n"
                "hufu key show --json enterprise.pem | hufu grantor add DIR --iss ISS --jwk -\n"
                "hufu grantor add DIR --person --jwk person.jwk",
    .run = run_add,
};

/* ---- list ---- */

static const char *state_of(const struct hf_grantor_key *key, int64_t now_unix_s)
{
    if (key->disabled_at_unix_s && now_unix_s >= key->disabled_at_unix_s) {
        return "disabled";
    }
    if (key->compromised_at_unix_s && now_unix_s >= key->compromised_at_unix_s) {
        return "compromised";
    }
    if (now_unix_s < key->not_before_unix_s) {
        return "early";
    }
    return key->not_after_unix_s && now_unix_s >= key->not_after_unix_s ? "ended" : "in_force";
}

static const char *alg_of(const struct hf_grantor_key *key)
{
    return key->key ? hf_alg_name(hf_key_alg(key->key)) : "not_served";
}

static hf_status write_moment(hf_buf *buf, const char *name, int64_t unix_s)
{
    return unix_s ? hf_buf_printf(buf, ",\"%s\":%lld", name, (long long)unix_s) : HF_DONE;
}

static hf_status write_key(hf_buf *buf, const struct hf_grantor_key *key, int64_t now_unix_s)
{
    HF_TRY(hf_buf_printf(buf, "{\"iss\":\"%s\",\"kid\":\"%s\",\"alg\":\"%s\",\"state\":\"%s\"",
                         key->iss, key->kid, alg_of(key), state_of(key, now_unix_s)));
    HF_TRY(write_moment(buf, "not_before", key->not_before_unix_s));
    HF_TRY(write_moment(buf, "not_after", key->not_after_unix_s));
    HF_TRY(write_moment(buf, "disabled_at", key->disabled_at_unix_s));
    HF_TRY(write_moment(buf, "compromised_at", key->compromised_at_unix_s));
    return hf_buf_append_byte(buf, '}');
}

static hf_status write_keys(hf_buf *buf, const struct hf_grantors *grantors, int64_t now_unix_s)
{
    HF_TRY(hf_buf_append_byte(buf, '['));
    for (size_t i = 0; i < hf_grantors_n_keys(grantors); i++) {
        HF_TRY(hf_buf_append_string(buf, i > 0 ? "," : ""));
        HF_TRY(write_key(buf, hf_grantors_key_at(grantors, i), now_unix_s));
    }
    return hf_buf_append_byte(buf, ']');
}

static enum hf_exit print_list_json(const struct hf_cli *cli, const struct hf_grantors *grantors)
{
    HF_CLEANUP(hf_result_clear) struct hf_result result = hf_result_init();
    HF_CLEANUP(hf_buf_clear) hf_buf list = hf_buf_init(LIST_MAX_BYTES);
    hf_status status = write_keys(&list, grantors, hf_clock_unix_s(&cli->clock));
    if (!hf_is_ok(status)) {
        return hf_print_problem(cli, "grantors", status, NULL);
    }
    hf_result_json(&result, "grantors", hf_buf_view(&list));
    return hf_result_print(cli, &result);
}

static enum hf_exit run_list(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    char folder[PATH_BYTES];
    struct hf_problem problem = {0};
    HF_CLEANUP(unref) struct hf_grantors *grantors = NULL;
    enum hf_exit code = find_folder(cli, arguments->operands[0], folder);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status = hf_grantors_load(folder, &grantors, &problem);
    if (!hf_is_ok(status)) {
        return hf_print_folder_problem(cli, folder, status, &problem);
    }
    if (cli->is_json) {
        return print_list_json(cli, grantors);
    }
    for (size_t i = 0; i < hf_grantors_n_keys(grantors); i++) {
        const struct hf_grantor_key *key = hf_grantors_key_at(grantors, i);
        fprintf(cli->out, "%s  %s  %s  %s\n", key->iss, key->kid, alg_of(key),
                state_of(key, hf_clock_unix_s(&cli->clock)));
    }
    return HF_EXIT_YES;
}

const struct hf_command hf_command_grantor_list = {
    .name = "grantor list",
    .summary = "list the grantors' keys of a deployment",
    .operands = "DIR",
    .operand_count = {1, 1},
    .has_json = true,
    .details =
        "One line a key: grantor, kid, algorithm, and whether it is in_force, early, ended,\n"
        "compromised or disabled now.",
    .examples = "hufu grantor list DIR\n"
                "hufu grantor list DIR --json",
    .run = run_list,
};

/* ---- disable ---- */

static enum hf_exit run_disable(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    char folder[PATH_BYTES];
    char iss[HF_PARTY_MAX_BYTES + 1];
    struct hf_problem problem = {0};
    struct hf_grantor_end end = {.iss = iss,
                                 .kid = hf_argument(arguments, "kid"),
                                 .is_compromise = hf_argument(arguments, "compromised-at") != NULL,
                                 .at_unix_s = hf_clock_unix_s(&cli->clock)};
    hf_status status =
        hf_argument_integer(arguments, "compromised-at", moments, &end.at_unix_s, &problem);
    if (!hf_is_ok(status)) {
        return hf_print_option_error(cli, &problem);
    }
    enum hf_exit code = hf_read_party(cli, "iss", hf_argument(arguments, "iss"), iss);
    code = code ? code : find_folder(cli, arguments->operands[0], folder);
    if (code != HF_EXIT_YES) {
        return code;
    }
    status = hf_grantor_disable(folder, &end, &problem);
    if (status.code == HF_NOT_FOUND && strcmp(problem.where, "kid") == 0) {
        hf_print_problem(cli, iss, status, &problem);
        return HF_EXIT_NO; /* everything could be read: the answer is no */
    }
    return hf_is_ok(status) ? HF_EXIT_YES : hf_print_folder_problem(cli, folder, status, &problem);
}

const struct hf_command hf_command_grantor_disable = {
    .name = "grantor disable",
    .summary = "stop a grantor's key from now on",
    .operands = "DIR",
    .operand_count = {1, 1},
    .options =
        (const struct hf_option[]){
            {.name = "iss",
             .value = "ISS",
             .help = "the grantor: a USCC with or without uscc:, or person:NAME",
             .is_required = true},
            {.name = "kid", .value = "KID", .help = "the key's kid", .is_required = true},
            {.name = "compromised-at",
             .value = "UNIX",
             .help = "since when others may have signed with it"},
            {0},
        },
    .details =
        "Sets disabled_at in the grantor's file. Reload the gateway with SIGHUP: from then on\n"
        "nothing that the key signed counts, whenever it was registered. With --compromised-at\n"
        "it sets that: then only what came from that moment on does not count, and the key signs\n"
        "nothing new. An earlier moment stays.",
    .examples = "hufu grantor disable DIR --iss uscc:91350100M000100Y43 --kid KID\n"
                "hufu grantor disable DIR --iss ISS --kid KID --compromised-at 1790000000",
    .run = run_disable,
};
