/*
 * The secrets of a new deployment: certificates for its first listeners and parties, the key that
 * signs the log, the keys that open and tag what the log hides.
 *
 * Every private key is made here, lies in a file of mode 0600 and was never anywhere else; the
 * authority's is not even written.
 */
#include "cli/init_parts.h"

#include "audit/log.h"
#include "audit/note.h"
#include "cli/bank_file.h"
#include "crypto/key.h"
#include "crypto/secret.h"
#include "crypto/secret_file.h"

enum {
    PEM_MAX_BYTES = 1 << 14,
    NAME_BYTES = 64,
    DAY_S = 86400,
    CLOCK_SLACK_S = 300, /* a peer's clock may be a little behind */
    CERT_LIFE_S = 397 * DAY_S,
    ROOT_LIFE_S = 5 * 365 * DAY_S
};

static const char *const local_names[] = {"localhost", "127.0.0.1", "::1"};

static const struct {
    const char *folder;
    const char *name;
} demo_banks[HF_INIT_N_BANKS] = {{"demo/bank-a", "Bank A (demo)"},
                                 {"demo/bank-b", "Bank B (demo)"}};

static struct hf_cert_validity validity(const struct hf_init *init, int64_t life_s)
{
    return (struct hf_cert_validity){init->now_unix_s - CLOCK_SLACK_S, init->now_unix_s + life_s};
}

static hf_status put_beside(struct hf_init *init, const char *stem, const char *suffix,
                            hf_bytes content, mode_t mode)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof(name), "%s.%s", stem, suffix);
    return hf_init_put(init, name, content, mode);
}

/* stem.pem and stem.key */
static hf_status issue(struct hf_init *init, const char *stem, struct hf_cert_request request,
                       struct hf_cert_info *ret_info)
{
    HF_CLEANUP(hf_buf_clear) hf_buf cert = hf_buf_init(PEM_MAX_BYTES);
    HF_CLEANUP(hf_secret_buf_clear) hf_buf key = hf_buf_init(PEM_MAX_BYTES);
    HF_TRY(hf_buf_reserve(&key, PEM_MAX_BYTES));
    request.validity = validity(init, CERT_LIFE_S);
    HF_TRY(hf_cert_issue(init->issuer, &request, &cert, &key));
    HF_TRY(put_beside(init, stem, "pem", hf_buf_view(&cert), 0644));
    HF_TRY(put_beside(init, stem, "key", hf_buf_view(&key), 0600));
    return hf_cert_info_from_pem(hf_buf_view(&cert), ret_info);
}

static hf_status issue_server(struct hf_init *init, const char *stem, const char *common_name)
{
    struct hf_cert_info ignored;
    const struct hf_cert_request request = {
        .common_name = common_name, .alt_names = local_names, .n_alt_names = 3, .is_server = true};
    return issue(init, stem, request, &ignored);
}

static hf_status add_bank(struct hf_init *init, size_t i)
{
    char stem[NAME_BYTES];
    char name[NAME_BYTES];
    struct hf_bank_file file = {.n_certs = 1};
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_BANK_FILE_MAX_BYTES);
    const struct hf_cert_request request = {.common_name = demo_banks[i].name};
    snprintf(stem, sizeof(stem), "%s/bank", demo_banks[i].folder);
    HF_TRY(issue(init, stem, request, &init->bank_certs[i]));
    snprintf(file.uscc, sizeof(file.uscc), "%s", hf_init_banks[i]);
    snprintf(file.name, sizeof(file.name), "%s", demo_banks[i].name);
    hf_cert_hex(init->bank_certs[i].sha256, file.certs[0]);
    HF_TRY(hf_bank_file_print(&file, &text));
    snprintf(name, sizeof(name), "banks/%s.json", file.uscc);
    return hf_init_put(init, name, hf_buf_view(&text), 0644);
}

hf_status hf_init_certs(struct hf_init *init)
{
    HF_CLEANUP(hf_buf_clear) hf_buf root = hf_buf_init(PEM_MAX_BYTES);
    HF_TRY(hf_cert_issuer_new("Hufu deployment", validity(init, ROOT_LIFE_S), &init->issuer));
    HF_TRY(hf_cert_issuer_write_cert(init->issuer, &root));
    HF_TRY(hf_init_put(init, "ca/ca.pem", hf_buf_view(&root), 0644));
    HF_TRY(issue_server(init, "keys/tls", "Hufu gateway"));
    for (size_t i = 0; i < HF_INIT_N_SOURCES; i++) {
        char stem[NAME_BYTES];
        snprintf(stem, sizeof(stem), "demo/sources/%s", hf_init_sources[i]);
        HF_TRY(issue_server(init, stem, "Department (demo)"));
    }
    for (size_t i = 0; i < HF_INIT_N_BANKS; i++) {
        HF_TRY(add_bank(init, i));
    }
    return HF_DONE;
}

/* What an auditor trusts: the log's name and key, and no witness yet. */
static hf_status put_log_policy(struct hf_init *init, const struct hf_key *key)
{
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(1024);
    HF_TRY(hf_buf_append_string(&text, "log "));
    HF_TRY(hf_note_key_write(init->origin, HF_NOTE_ED25519, key, &text));
    HF_TRY(hf_buf_append_string(&text, "\nquorum none\n"));
    return hf_init_put(init, "auditor/log.policy", hf_buf_view(&text), 0644);
}

/* What signs receipts. Grantors get its public part from the gateway. */
static hf_status make_gateway_key(struct hf_init *init)
{
    char path[PATH_MAX];
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    HF_TRY(hf_key_generate(HF_ALG_ED25519, &key));
    HF_TRY(hf_init_path(init, "keys/gateway.key", path));
    return hf_key_file_create(path, key);
}

hf_status hf_init_log(struct hf_init *init)
{
    static const char *const secrets[] = {"keys/operator.key", "keys/tag.key",
                                          "keys/pseudonym.key"};
    char path[PATH_MAX];
    HF_CLEANUP(hf_key_drop) struct hf_key *key = NULL;
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        HF_TRY(hf_init_path(init, secrets[i], path));
        HF_TRY(hf_secret_file_create(path));
    }
    HF_TRY(hf_key_generate(HF_ALG_ED25519, &key));
    HF_TRY(hf_init_path(init, "keys/log.key", path));
    HF_TRY(hf_key_file_create(path, key));
    HF_TRY(put_log_policy(init, key));
    HF_TRY(make_gateway_key(init));
    HF_TRY(hf_init_path(init, "log", path));
    return hf_log_create(path, init->origin);
}
