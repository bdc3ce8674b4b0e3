/*
 * The program's own judgement, a line at a time, for tests that ask it thousands of times beside
 * other software. One answer to each line of standard input:
 *
 *   line_driver judge GRANTORS AUD AT    a token -> "ok", or the code of its refusal
 *   line_driver sign KEY.pem             a message in hex -> r||s in hex
 *   line_driver check PUBLIC.pem         message and r||s in hex -> "ok" or "signature_invalid"
 */
#include "base/file.h"
#include "consent/token.h"
#include "crypto/rand.h"

#include <stdio.h>
#include <stdlib.h>

enum { LINE_BYTES = 1 << 18, PEM_BYTES = 4096 };

struct driver {
    struct hf_token_context context;
    struct hf_key *key;
};

static void require(hf_status status, const char *what)
{
    if (!hf_is_ok(status)) {
        fprintf(stderr, "line_driver: %s: %s\n", what, hf_code_info(status.code)->name);
        _Exit(1);
    }
}

/* Digits up to a space or the end; returns what lies behind. */
static const char *read_hex(const char *text, uint8_t *bytes, size_t *ret_n)
{
    size_t n = 0;
    unsigned byte;
    for (; sscanf(text, "%2x", &byte) == 1 && text[0] > ' '; text += 2) {
        bytes[n++] = (uint8_t)byte;
    }
    *ret_n = n;
    return text;
}

static void judge(const struct driver *driver, const char *line)
{
    struct hf_token *token = NULL;
    hf_status status = hf_token_verify(&driver->context, hf_bytes_of_string(line), &token, NULL);
    if (hf_is_ok(status)) {
        status = hf_token_judge(&driver->context, token, driver->context.now_unix_s, NULL);
    }
    hf_token_unref(token);
    puts(hf_code_info(status.code)->name);
}

static void sign(const struct driver *driver, const char *line)
{
    static uint8_t message[LINE_BYTES];
    uint8_t signature[HF_SIGNATURE_BYTES];
    size_t n;
    read_hex(line, message, &n);
    require(hf_key_sign(driver->key, hf_bytes_of(message, n), signature), "sign");
    for (size_t i = 0; i < sizeof signature; i++) {
        printf("%02x", signature[i]);
    }
    putchar('\n');
}

static void check(const struct driver *driver, const char *line)
{
    static uint8_t message[LINE_BYTES];
    static uint8_t signature[LINE_BYTES];
    size_t n;
    size_t n_signature;
    line = read_hex(line, message, &n);
    read_hex(line + 1, signature, &n_signature);
    hf_status status =
        hf_key_verify(driver->key, hf_bytes_of(message, n), hf_bytes_of(signature, n_signature));
    puts(hf_code_info(status.code)->name);
}

static void read_public(const char *path, struct hf_key **ret_key)
{
    HF_CLEANUP(hf_buf_clear) hf_buf pem = hf_buf_init(PEM_BYTES);
    require(hf_file_read(path, &pem), path);
    require(hf_key_from_public_pem(hf_buf_view(&pem), ret_key, NULL), path);
}

static void for_each_line(const struct driver *driver,
                          void (*answer)(const struct driver *, const char *))
{
    static char line[LINE_BYTES];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        answer(driver, line);
    }
}

int main(int argc, char **argv)
{
    struct driver driver = {.key = NULL};
    struct hf_grantors *grantors = NULL;
    const char *mode = argc > 1 ? argv[1] : "";
    require(hf_crypto_init(), "crypto");
    if (strcmp(mode, "judge") == 0 && argc == 5) {
        require(hf_grantors_load(argv[2], &grantors, NULL), argv[2]);
        driver.context = (struct hf_token_context){.grantors = grantors,
                                                   .audience = argv[3],
                                                   .limits = hf_claims_limits_default(),
                                                   .now_unix_s = strtoll(argv[4], NULL, 10)};
        for_each_line(&driver, judge);
    } else if (strcmp(mode, "sign") == 0 && argc == 3) {
        require(hf_key_file_read(argv[2], &driver.key, NULL), argv[2]);
        for_each_line(&driver, sign);
    } else if (strcmp(mode, "check") == 0 && argc == 3) {
        read_public(argv[2], &driver.key);
        for_each_line(&driver, check);
    } else {
        fputs("usage: line_driver judge GRANTORS AUD AT | sign KEY | check PUBLIC\n", stderr);
        return 2;
    }
    hf_key_unref(driver.key);
    hf_grantors_unref(grantors);
    return 0;
}
