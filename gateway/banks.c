/*
 * Decides which bank a certificate speaks for, and nothing else: whether the bank is still enabled
 * and the certificate still valid is judged for every request, by whoever has the clock.
 *
 * Invariant: a certificate belongs to at most one bank; the table is sorted and never changes.
 */
#include "gateway/banks.h"

#include "base/file.h"
#include "gateway/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BANKS_MAX = 10000,
    CERTS_MAX = 64, /* of one bank: old and new ones overlap during a renewal */
    BANKS_ARENA_BYTES = 64 << 20,
    PATH_BYTES = 4096,
    FILE_NAME_BYTES = 256
};

struct bank_cert {
    uint8_t sha256[HF_SHA256_BYTES];
    const struct hf_bank *bank;
};

struct hf_banks {
    struct hf_arena arena;
    struct bank_cert *certs; /* sorted */
    size_t n_certs;
    size_t n_banks;
    struct hf_sha256 list; /* of the files, while they are read */
    uint8_t sha256[HF_SHA256_BYTES];
};

/* What one file says before it is taken over. */
struct bank_file {
    struct hf_bank bank;
    uint8_t sha256[CERTS_MAX][HF_SHA256_BYTES];
};

static hf_status read_uscc(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    HF_TRY(hf_read_string(reader, value, out));
    return hf_uscc_is_valid(value->text)
               ? HF_DONE
               : hf_reader_refuse(reader, value, "a Unified Social Credit Code is expected");
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_hex(hf_bytes text, uint8_t *ret_digest)
{
    if (text.size != (size_t)HF_SHA256_BYTES * 2) {
        return false;
    }
    for (size_t i = 0; i < HF_SHA256_BYTES; i++) {
        int high = hex_digit(text.data[2 * i]);
        int low = hex_digit(text.data[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        ret_digest[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static hf_status read_certs(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    struct bank_file *file = out;
    if (value->type != HF_JSON_ARRAY || value->n_children > CERTS_MAX) {
        return hf_reader_refuse(reader, value, "an array of at most 64 digests is expected");
    }
    for (const struct hf_json *cert = value->child; cert; cert = cert->next) {
        if (cert->type != HF_JSON_STRING ||
            !read_hex(cert->text, file->sha256[file->bank.n_certs])) {
            return hf_reader_refuse(reader, cert, "64 lower-case hexadecimal digits are expected");
        }
        file->bank.n_certs++;
    }
    return HF_DONE;
}

static hf_status add_bank(struct hf_banks *banks, const struct bank_file *file)
{
    struct hf_bank *bank = hf_arena_alloc(&banks->arena, sizeof *bank);
    size_t n = banks->n_certs + file->bank.n_certs;
    struct bank_cert *certs = reallocarray(banks->certs, n ? n : 1, sizeof *certs);
    char *rcpt = hf_arena_alloc(&banks->arena, sizeof "uscc:" + HF_USCC_CHARS);
    if (certs) {
        banks->certs = certs;
    }
    if (!certs || !bank || !rcpt) {
        HF_FAIL(NOMEM);
    }
    (void)snprintf(rcpt, sizeof "uscc:" + HF_USCC_CHARS, "uscc:%s", file->bank.uscc);
    *bank = file->bank;
    bank->rcpt = rcpt;
    for (size_t i = 0; i < bank->n_certs; i++) {
        memcpy(certs[banks->n_certs].sha256, file->sha256[i], HF_SHA256_BYTES);
        certs[banks->n_certs++].bank = bank;
    }
    banks->n_banks++;
    return HF_DONE;
}

static hf_status read_bank(struct hf_banks *banks, const char *folder, const char *name,
                           struct hf_problem *reterr)
{
    static const struct hf_member members[] = {
        {"uscc", read_uscc, offsetof(struct bank_file, bank.uscc), true},
        {"name", hf_read_string, offsetof(struct bank_file, bank.name), true},
        {"certs", read_certs, 0, true},
        {"disabled_at", hf_read_time, offsetof(struct bank_file, bank.disabled_unix_s), false},
    };
    char path[PATH_BYTES];
    struct bank_file file = {.bank = {.name = ""}};
    struct hf_reader reader = {.arena = &banks->arena, .problem = reterr};
    const struct hf_json *root = NULL;
    HF_TRY(hf_path_join(path, sizeof path, folder, name));
    HF_TRY(hf_reader_parse(&reader, path, &root));
    hf_sha256_list(&banks->list, reader.text, name);
    HF_TRY(hf_reader_object(&reader, root, members, sizeof members / sizeof *members, &file));
    if (strlen(name) != HF_USCC_CHARS + strlen(".json") ||
        strncmp(name, file.bank.uscc, HF_USCC_CHARS) != 0) {
        return hf_reader_refuse(&reader, hf_json_member(root, "uscc"),
                                "the file must be named after this code");
    }
    return add_bank(banks, &file);
}

static int compare_certs(const void *a, const void *b)
{
    return memcmp(((const struct bank_cert *)a)->sha256, ((const struct bank_cert *)b)->sha256,
                  HF_SHA256_BYTES);
}

static hf_status sort_certs(struct hf_banks *banks, char *ret_file, struct hf_problem *reterr)
{
    if (banks->n_certs) {
        qsort(banks->certs, banks->n_certs, sizeof *banks->certs, compare_certs);
    }
    for (size_t i = 1; i < banks->n_certs; i++) {
        if (compare_certs(&banks->certs[i - 1], &banks->certs[i]) == 0) {
            (void)snprintf(ret_file, FILE_NAME_BYTES, "%s.json", banks->certs[i].bank->uscc);
            return hf_problem_set(reterr, HF_CONFIG_INVALID, "certs",
                                  "this certificate is named twice");
        }
    }
    return HF_DONE;
}

static void banks_cleanup(struct hf_banks **banks)
{
    hf_banks_free(*banks);
}

hf_status hf_banks_read(const char *folder, struct hf_banks **ret_banks, char *ret_file,
                        struct hf_problem *reterr)
{
    HF_CLEANUP(banks_cleanup) struct hf_banks *banks = calloc(1, sizeof *banks);
    HF_CLEANUP(hf_folder_names_clear) struct hf_folder_names list = {0};
    if (!banks) {
        HF_FAIL(NOMEM);
    }
    banks->arena = hf_arena_init(BANKS_ARENA_BYTES);
    hf_sha256_init(&banks->list);
    HF_TRY(hf_folder_list(folder, ".json", BANKS_MAX, &list.names, &list.n_names));
    for (size_t i = 0; i < list.n_names; i++) {
        hf_status status = read_bank(banks, folder, list.names[i], reterr);
        if (!hf_is_ok(status)) {
            (void)snprintf(ret_file, FILE_NAME_BYTES, "%s", list.names[i]);
            return status;
        }
    }
    hf_sha256_final(&banks->list, banks->sha256);
    HF_TRY(sort_certs(banks, ret_file, reterr));
    *ret_banks = banks;
    banks = NULL;
    return HF_DONE;
}

void hf_banks_free(struct hf_banks *banks)
{
    if (banks) {
        free(banks->certs);
        hf_arena_clear(&banks->arena);
        free(banks);
    }
}

const struct hf_bank *hf_banks_by_cert(const struct hf_banks *banks,
                                       const uint8_t sha256[static HF_SHA256_BYTES])
{
    struct bank_cert key = {.bank = NULL};
    memcpy(key.sha256, sha256, HF_SHA256_BYTES);
    const struct bank_cert *found =
        banks->n_certs ? bsearch(&key, banks->certs, banks->n_certs, sizeof key, compare_certs)
                       : NULL;
    return found ? found->bank : NULL;
}

size_t hf_banks_count(const struct hf_banks *banks)
{
    return banks->n_banks;
}

const uint8_t *hf_banks_sha256(const struct hf_banks *banks)
{
    return banks->sha256;
}
