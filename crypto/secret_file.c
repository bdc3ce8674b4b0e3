/*
 * Symmetric keys on disk: one line of base64url, so that an operator can tell such a file from an
 * empty or a binary one, and a copy by paste survives. Never readable by anyone but its owner.
 */
#include "crypto/secret_file.h"

#include "base/file.h"
#include "crypto/base64.h"
#include "crypto/rand.h"

enum { LINE_CHARS = HF_BASE64URL_CHARS(HF_SECRET_FILE_KEY_BYTES), FILE_MAX_BYTES = 256 };

static hf_status read_line(hf_bytes content, struct hf_secret *ret_secret,
                           struct hf_problem *reterr)
{
    HF_CLEANUP(hf_secret_clear) struct hf_secret secret = {0};
    HF_TRY(hf_secret_new(HF_SECRET_FILE_KEY_BYTES, &secret));
    if (content.size != LINE_CHARS + 1 || content.data[LINE_CHARS] != '\n' ||
        !hf_is_ok(hf_base64url_decode_fixed(hf_bytes_of(content.data, LINE_CHARS), secret.data,
                                            secret.size))) {
        return hf_problem_set(reterr, HF_KEY_MALFORMED, NULL,
                              "not a key file: 43 characters of base64url and a newline");
    }
    *ret_secret = secret;
    secret = (struct hf_secret){0};
    return HF_DONE;
}

hf_status hf_secret_file_read(const char *path, struct hf_secret *ret_secret,
                              struct hf_problem *reterr)
{
    HF_CLEANUP(hf_secret_buf_clear) hf_buf content = hf_buf_init(FILE_MAX_BYTES);
    HF_TRY(hf_buf_reserve(&content, FILE_MAX_BYTES));
    hf_status status = hf_file_read_secret(path, &content);
    if (status.code == HF_LIMIT) {
        return hf_problem_set(reterr, HF_KEY_MALFORMED, NULL, "larger than a key file");
    }
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, NULL, "%s", hf_code_info(status.code)->sentence);
    }
    return read_line(hf_buf_view(&content), ret_secret, reterr);
}

hf_status hf_secret_file_create(const char *path)
{
    HF_CLEANUP(hf_secret_clear) struct hf_secret key = {0};
    HF_TRY(hf_secret_new(HF_SECRET_FILE_KEY_BYTES, &key));
    hf_rand_bytes(key.data, key.size);
    HF_CLEANUP(hf_secret_buf_clear) hf_buf line = hf_buf_init(LINE_CHARS + 1);
    HF_TRY(hf_buf_reserve(&line, LINE_CHARS + 1));
    HF_TRY(hf_base64url_encode(hf_bytes_of(key.data, key.size), &line));
    HF_TRY(hf_buf_append_byte(&line, '\n'));
    return hf_file_create_durable(path, hf_buf_view(&line), 0600);
}
