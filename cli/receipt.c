/*
 * `hufu receipt show` and `verify`: a grantor, or whoever it shows its receipt to, reads
 * what a gateway has signed. The first believes nothing and says so; the second needs the gateway's
 * published keys and nothing else.
 */
#include "consent/receipt.h"
#include "base/date.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/json_text.h"
#include "cli/keys_file.h"
#include "cli/print.h"
#include "cli/result.h"
#include "crypto/base64.h"

enum { TOKEN_MAX_BYTES = 16 << 10, TEXT_MAX_BYTES = 64 << 10, LIST_MAX_BYTES = 4096 };

/* ---- printing ---- */

static void add_time(struct hf_result *result, const char *name, int64_t unix_s)
{
    char text[HF_TIME_CHARS + 1];
    hf_time_write_utc(unix_s, text);
    hf_result_string(result, name, text);
}

static hf_status add_purposes(struct hf_result *result, unsigned purposes)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(LIST_MAX_BYTES);
    for (unsigned bit = 1; bit != 0 && bit <= purposes; bit <<= 1) {
        if (purposes & bit) {
            HF_TRY(hf_buf_append_string(&text, text.size > 0 ? " " : ""));
            HF_TRY(hf_buf_append_string(&text, hf_purpose_name(bit)));
        }
    }
    hf_result_bytes(result, "purposes", hf_buf_view(&text));
    return HF_DONE;
}

static hf_status add_events(struct hf_result *result, const struct hf_consent_history *history)
{
    char time[HF_TIME_CHARS + 1];
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(LIST_MAX_BYTES);
    HF_TRY(hf_buf_append_byte(&text, '['));
    for (size_t i = 0; i < history->n_events; i++) {
        hf_time_write_utc(history->events[i].unix_s, time);
        HF_TRY(hf_buf_printf(&text, "%s{\"event\":\"%s\",\"time\":\"%s\"}", i > 0 ? "," : "",
                             hf_event_kind_name(history->events[i].kind), time));
    }
    HF_TRY(hf_buf_append_byte(&text, ']'));
    hf_result_json(result, "events", hf_buf_view(&text));
    return HF_DONE;
}

static hf_status add_scopes(struct hf_result *result, const struct hf_json *scopes)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(TEXT_MAX_BYTES);
    HF_TRY(hf_json_text_compact(&text, scopes));
    hf_result_json(result, "data", hf_buf_view(&text));
    return HF_DONE;
}

static void add_places(struct hf_result *result, const struct hf_receipt *receipt)
{
    char digest[HF_BASE64URL_CHARS(HF_SHA256_BYTES) + 1];
    hf_base64url_encode_fixed(hf_bytes_of(receipt->consent_sha256, HF_SHA256_BYTES), digest);
    hf_result_string(result, "consent_sha256", digest);
    if (receipt->log_origin.size > 0) {
        hf_result_bytes(result, "log_origin", receipt->log_origin);
        hf_result_integer(result, "log_index", receipt->log_index);
    }
    if (receipt->status.uri[0]) {
        hf_result_string(result, "status_uri", receipt->status.uri);
        hf_result_integer(result, "status_idx", receipt->status.idx);
    }
}

static enum hf_exit print_receipt(const struct hf_cli *cli, const struct hf_receipt *receipt,
                                  bool is_verified)
{
    HF_CLEANUP(hf_result_clear) struct hf_result result = hf_result_init();
    hf_result_bool(&result, "verified", is_verified);
    hf_result_bytes(&result, "gateway", receipt->iss);
    add_time(&result, "signed_at", receipt->iat_unix_s);
    hf_result_string(&result, "iss", receipt->id.iss);
    hf_result_string(&result, "jti", receipt->id.jti);
    hf_result_bytes(&result, "state", receipt->state);
    hf_result_bytes(&result, "recipient", receipt->recipient);
    hf_result_bytes(&result, "notice", receipt->notice_id);
    hf_result_bytes(&result, "notice_ver", receipt->notice_ver);
    hf_result_bytes(&result, "notice_lang", receipt->notice_lang);
    add_time(&result, "valid_from", receipt->nbf_unix_s);
    add_time(&result, "valid_until", receipt->exp_unix_s);
    hf_result_integer(&result, "retention_days", receipt->retention_days);
    hf_result_bytes(&result, "withdraw_at", receipt->withdrawal_uri);
    add_places(&result, receipt);
    hf_status status = add_purposes(&result, receipt->purposes);
    if (hf_is_ok(status)) {
        status = add_scopes(&result, receipt->pii_information);
    }
    if (hf_is_ok(status)) {
        status = add_events(&result, &receipt->history);
    }
    return hf_is_ok(status) ? hf_result_print(cli, &result)
                            : hf_print_problem(cli, "receipt", status, NULL);
}

/* ---- show ---- */

static enum hf_exit run_show(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_RECEIPT_ARENA_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_RECEIPT_MAX_BYTES);
    struct hf_problem problem = {0};
    struct hf_receipt receipt;
    struct hf_jws jws;
    enum hf_exit code = hf_read_token(cli, arguments->operands[0], &text);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status = hf_jws_parse_document(hf_buf_view(&text), &arena, &jws, &problem);
    if (hf_is_ok(status)) {
        status = hf_receipt_parse(jws.payload, &arena, &receipt, &problem);
    }
    return hf_is_ok(status) ? print_receipt(cli, &receipt, false)
                            : hf_print_problem(cli, "receipt", status, &problem);
}

const struct hf_command hf_command_receipt_show = {
    .name = "receipt show",
    .summary = "show what a receipt says, unverified",
    .operands = "RECEIPT|-",
    .operand_count = {1, 1},
    .has_json = true,
    .details =
        "Prints the claims of a receipt. Nothing is checked but their form: the signature is\n"
        "for `hufu receipt verify`.",
    .examples = "hufu receipt show - < receipt.jwt",
    .run = run_show,
};

/* ---- verify ---- */

/* The receipt must be of this very token. */
static hf_status compare_token(const struct hf_receipt *receipt, hf_bytes token,
                               struct hf_problem *reterr)
{
    uint8_t digest[HF_SHA256_BYTES];
    hf_sha256_of(token, digest);
    if (!hf_bytes_equal(hf_bytes_of(digest, sizeof digest),
                        hf_bytes_of(receipt->consent_sha256, HF_SHA256_BYTES))) {
        return hf_problem_set(reterr, HF_SIGNATURE_INVALID, "consent_sha256",
                              "is the digest of another token");
    }
    return HF_DONE;
}

static hf_status compare(const struct hf_arguments *arguments, const struct hf_receipt *receipt,
                         struct hf_problem *reterr)
{
    const char *gateway = hf_argument(arguments, "aud");
    const char *path = hf_argument(arguments, "consent");
    HF_CLEANUP(hf_buf_clear) hf_buf token = hf_buf_init(TOKEN_MAX_BYTES);
    if (gateway && !hf_bytes_equal_string(receipt->iss, gateway)) {
        return hf_problem_set(reterr, HF_AUDIENCE_MISMATCH, "iss", "is another gateway");
    }
    if (!path) {
        return HF_DONE;
    }
    hf_status status = hf_file_read(path, &token);
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, "consent", "the file cannot be read");
    }
    hf_bytes text = hf_buf_view(&token);
    while (text.size > 0 && text.data[text.size - 1] == '\n') {
        text.size--;
    }
    return compare_token(receipt, text, reterr);
}

static enum hf_exit run_verify(const struct hf_cli *cli, const struct hf_arguments *arguments)
{
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(HF_RECEIPT_ARENA_BYTES);
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_RECEIPT_MAX_BYTES);
    HF_CLEANUP(hf_key_set_clear) struct hf_key_set keys = {.n_keys = 0};
    struct hf_problem problem = {0};
    struct hf_receipt receipt;
    enum hf_exit code = hf_read_keys(cli, hf_argument(arguments, "keys"), &keys);
    code = code ? code : hf_read_token(cli, arguments->operands[0], &text);
    if (code != HF_EXIT_YES) {
        return code;
    }
    hf_status status = hf_receipt_verify(hf_buf_view(&text), &keys, &arena, &receipt, &problem);
    if (hf_is_ok(status)) {
        status = compare(arguments, &receipt, &problem);
    }
    return hf_is_ok(status) ? print_receipt(cli, &receipt, true)
                            : hf_print_verdict(cli, status, &problem);
}

const struct hf_command hf_command_receipt_verify = {
    .name = "receipt verify",
    .summary = "check a receipt by the gateway's published keys",
    .operands = "RECEIPT|-",
    .operand_count = {1, 1},
    .options =
        (const struct hf_option[]){
            HF_OPTION_KEYS,
            {.name = "consent", .value = "FILE", .help = "the token that it must be a receipt of"},
            {.name = "aud", .value = "URL", .help = "the gateway that it must be from"},
            {0},
        },
    .has_json = true,
    .details =
        "Checks the signature and the form of every claim, and prints what the receipt says.\n"
        "Nothing is asked over the network: get the keys once, for example by\n"
        "`curl --cacert ca.pem https://localhost:8444/keys > keys.jwks`.",
    .examples = "hufu receipt verify - --keys keys.jwks < receipt.jwt\n"
                "hufu receipt verify - --keys keys.jwks --consent consent.jwt --json < receipt.jwt",
    .run = run_verify,
};
