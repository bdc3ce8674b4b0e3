/*
 * A bank's file decides who is let in, so it is read as strictly as the gateway reads it: a
 * misspelt `disabled_at` must be an error and never a bank that still counts.
 */
#include "cli/bank_file.h"

#include "base/json.h"
#include "consent/members.h"

#include <inttypes.h>
#include <stdio.h>

enum { TREE_BYTES = 1 << 20 };
#define TIME_MIN_UNIX_S INT64_C(1577836800) /* 2020 */
#define TIME_MAX_UNIX_S INT64_C(4102444800) /* 2100 */

static const struct hf_json_limits limits = {.max_bytes = HF_BANK_FILE_MAX_BYTES,
                                             .max_depth = 2,
                                             .max_values = HF_BANK_MAX_CERTS + 64,
                                             .max_string_bytes = 1024};

void hf_bank_file_name(const char *uscc, char ret_name[static HF_BANK_FILE_NAME_CHARS + 1])
{
    snprintf(ret_name, HF_BANK_FILE_NAME_CHARS + 1, "%s.json", uscc);
}

void hf_cert_hex(const uint8_t sha256[static HF_SHA256_BYTES],
                 char ret_hex[static HF_CERT_HEX_CHARS + 1])
{
    for (size_t i = 0; i < HF_SHA256_BYTES; i++) {
        snprintf(ret_hex + 2 * i, 3, "%02x", sha256[i]);
    }
}

bool hf_bank_file_has_cert(const struct hf_bank_file *file, const char *cert_hex)
{
    for (size_t i = 0; i < file->n_certs; i++) {
        if (strcmp(file->certs[i], cert_hex) == 0) {
            return true;
        }
    }
    return false;
}

static hf_status read_uscc(const struct hf_members *root, const char *file_name,
                           struct hf_bank_file *file)
{
    hf_bytes uscc = {0};
    char expected[HF_BANK_FILE_NAME_CHARS + 1];
    HF_TRY(hf_members_string(root, "uscc", HF_USCC_CHARS, HF_USCC_CHARS, &uscc));
    if (!hf_uscc_is_valid(uscc)) {
        return hf_members_wrong(root, "uscc", "is not a Unified Social Credit Code");
    }
    memcpy(file->uscc, uscc.data, HF_USCC_CHARS);
    hf_bank_file_name(file->uscc, expected);
    if (strcmp(expected, file_name) != 0) {
        return hf_members_wrong(root, "uscc", "is not the bank that the file is named for");
    }
    return HF_DONE;
}

static bool is_cert_hex(hf_bytes text)
{
    if (text.size != HF_CERT_HEX_CHARS) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) {
            return false;
        }
    }
    return true;
}

static hf_status read_certs(const struct hf_members *root, struct hf_bank_file *file)
{
    const struct hf_json *certs = NULL;
    HF_TRY(hf_members_strings(root, "certs", 0, HF_BANK_MAX_CERTS, &certs));
    for (const struct hf_json *cert = certs->child; cert; cert = cert->next) {
        if (!is_cert_hex(cert->text)) {
            char name[32];
            snprintf(name, sizeof(name), "certs[%zu]", file->n_certs);
            return hf_members_blame(root, root->code, name, cert,
                                    "must be 64 lower-case hexadecimal digits");
        }
        memcpy(file->certs[file->n_certs++], cert->text.data, HF_CERT_HEX_CHARS);
    }
    return HF_DONE;
}

static hf_status read_members(const struct hf_members *root, const char *file_name,
                              struct hf_bank_file *file)
{
    hf_bytes name = {0};
    HF_TRY(read_uscc(root, file_name, file));
    HF_TRY(hf_members_string(root, "name", 1, HF_BANK_NAME_MAX_BYTES, &name));
    memcpy(file->name, name.data, name.size);
    HF_TRY(read_certs(root, file));
    if (hf_json_member(root->object, "disabled_at")) {
        HF_TRY(hf_members_integer(root, "disabled_at", TIME_MIN_UNIX_S, TIME_MAX_UNIX_S,
                                  &file->disabled_at_unix_s));
    }
    return HF_DONE;
}

hf_status hf_bank_file_parse(hf_bytes text, const char *name, struct hf_bank_file *ret_file,
                             struct hf_problem *reterr)
{
    static const char *const names[] = {"uscc", "name", "certs", "disabled_at", NULL};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TREE_BYTES);
    struct hf_bank_file file = {0};
    struct hf_members root = {.text = text, .code = HF_CONFIG_INVALID, .reterr = reterr};
    HF_TRY(hf_members_parse(&root, &limits, &arena, names));
    HF_TRY(read_members(&root, name, &file));
    *ret_file = file;
    return HF_DONE;
}

static hf_status print(const struct hf_bank_file *file, hf_buf *buf)
{
    HF_TRY(hf_buf_printf(buf, "{\"uscc\":\"%s\",\"name\":", file->uscc));
    HF_TRY(hf_json_write_string(buf, hf_bytes_of_string(file->name)));
    HF_TRY(hf_buf_append_string(buf, ",\"certs\":["));
    for (size_t i = 0; i < file->n_certs; i++) {
        HF_TRY(hf_buf_printf(buf, "%s\"%s\"", i > 0 ? "," : "", file->certs[i]));
    }
    HF_TRY(hf_buf_append_byte(buf, ']'));
    if (file->disabled_at_unix_s) {
        HF_TRY(hf_buf_printf(buf, ",\"disabled_at\":%" PRId64, file->disabled_at_unix_s));
    }
    return hf_buf_append_string(buf, "}\n");
}

hf_status hf_bank_file_print(const struct hf_bank_file *file, hf_buf *buf)
{
    const size_t n_before = buf->size;
    hf_status status = print(file, buf);
    if (!hf_is_ok(status)) {
        buf->size = n_before;
    }
    return status;
}
