/*
 * The documents of redact_bench. Everything is drawn from one seed: each run measures the same
 * bytes.
 */
#include "tests/bench/redact_documents.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {"福建省",         "厦门市",         "科技有限公司",
                                    "建筑工程",       "贸易",           "未按规定期限办理纳税申报",
                                    "行政处罚决定书", "市场监督管理局", "湖里区",
                                    "软件园",         "原材料",         "安全生产",
                                    "违反",           "第六十二条"};

/* --- the document --- */

struct source {
    hf_buf text;
    struct redact_form form;
    uint32_t state;
};

static uint32_t next_random(struct source *source, uint32_t below)
{
    source->state = source->state * 1664525 + 1013904223;
    return (source->state >> 8) % below;
}

void redact_require(hf_status status)
{
    if (!hf_is_ok(status)) {
        fprintf(stderr, "redact_bench: %s\n", hf_code_info(status.code)->sentence);
        exit(2);
    }
}

static void put(struct source *source, const char *text)
{
    redact_require(hf_buf_append_string(&source->text, text));
}

/* Three bytes a character, or six as an escape. */
static void put_word(struct source *source)
{
    const char *word = words[next_random(source, sizeof words / sizeof words[0])];
    if (!source->form.escaped) {
        put(source, word);
        return;
    }
    for (const uint8_t *p = (const uint8_t *)word; *p; p += 3) {
        unsigned scalar =
            (unsigned)(p[0] & 0x0f) << 12 | (unsigned)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
        redact_require(hf_buf_printf(&source->text, "\\u%04x", scalar));
    }
}

static void put_text(struct source *source, const char *lead, unsigned n_words)
{
    put(source, lead);
    put(source, "\"");
    for (unsigned i = 0; i < n_words; i++) {
        put_word(source);
    }
    put(source, "\"");
}

/* As an officer writes it: articles, days, sums; one text in eight names somebody. */
static void put_free_text(struct source *source, const char *lead)
{
    put(source, lead);
    put(source, "\"");
    for (unsigned i = 0; i < 12; i++) {
        put_word(source);
        if (source->form.told && i % 4 == 1) {
            redact_require(hf_buf_printf(&source->text, i == 5 ? "%u.%02u" : "2025-%02u-%02u",
                                         1 + next_random(source, 12), 1 + next_random(source, 28)));
        }
    }
    if (source->form.told && next_random(source, 8) == 0) {
        redact_require(hf_buf_printf(&source->text, " 199%08u", next_random(source, 100000000)));
        put_word(source);
        put(source, "11010519491231002X");
    }
    put(source, "\"");
}

static void put_invoice(struct source *source)
{
    redact_require(hf_buf_printf(
        &source->text, "{\"no\":\"%08u\",\"date\":\"2025-%02u-%02u\",\"items\":[",
        next_random(source, 100000000), 1 + next_random(source, 12), 1 + next_random(source, 28)));
    for (unsigned i = 0; i < 3; i++) {
        put_text(source, i ? ",{\"name\":" : "{\"name\":", 2);
        redact_require(hf_buf_printf(
            &source->text, ",\"quantity\":%u,\"unitPrice\":%u.%02u,\"amount\":%u.%02u}",
            1 + next_random(source, 500), next_random(source, 9000), next_random(source, 100),
            next_random(source, 900000), next_random(source, 100)));
    }
    put(source, "]}");
}

static void put_record(struct source *source)
{
    redact_require(hf_buf_printf(&source->text,
                                 "{\"CF_WSH\":\"\xe9\x97\xbd\xe7\xa8\x8e[2025]%05u\"",
                                 next_random(source, 100000)));
    put_text(source, ",\"CF_XDR_MC\":", 4);
    redact_require(hf_buf_printf(
        &source->text, ",\"CF_XDR_SHXYM\":\"9135020%08uXK\",\"CF_XDR_SFZ\":\"35020019%010u\"",
        next_random(source, 100000000), next_random(source, 1000000000)));
    put_text(source, ",\"CF_FR\":", 1);
    put_free_text(source, ",\"CF_SY\":");
    redact_require(hf_buf_printf(&source->text, ",\"CF_JDRQ\":\"2025-%02u-%02u\"",
                                 1 + next_random(source, 12), 1 + next_random(source, 28)));
    put_text(source, ",\"CF_JG\":", 3);
    redact_require(hf_buf_printf(&source->text,
                                 ",\"CF_NR_FK\":%u.%02u,\"public\":true,\"shareholders\":[",
                                 next_random(source, 1000000), next_random(source, 100)));
    for (unsigned i = 0; i < 2; i++) {
        put_text(source, i ? ",{\"name\":" : "{\"name\":", 1);
        redact_require(hf_buf_printf(&source->text,
                                     ",\"cert_no\":\"35020019%010u\",\"ratio\":0.%02u}",
                                     next_random(source, 1000000000), next_random(source, 100)));
    }
    put(source, "],\"invoices\":[");
    put_invoice(source);
    put(source, ",");
    put_invoice(source);
    redact_require(hf_buf_printf(
        &source->text, "],\"contact\":{\"phone\":\"199%08u\",\"email\":\"user%u@example.com\"",
        next_random(source, 100000000), next_random(source, 1000)));
    put_text(source, ",\"address\":", 4);
    put(source, "}}");
}

static void put_head(struct source *source)
{
    put_text(source, "{\"source\":", 1);
    put(source, ",\"total\":40,\"records\":[");
}

hf_buf redact_document(struct redact_form form)
{
    struct source source = {.text = hf_buf_init(2 * form.n_bytes), .form = form, .state = 2025};
    put_head(&source);
    put_record(&source);
    while (source.text.size < form.n_bytes - 1024) {
        put(&source, ",");
        put_record(&source);
    }
    put(&source, "]}");
    return source.text;
}

void redact_stream(uint64_t n_bytes, redact_chunk_fn *take, void *ctx)
{
    const size_t n_block_bytes = 1 << 16;
    struct source source = {.text = hf_buf_init(2 * n_block_bytes), .state = 2025};
    put_head(&source);
    put_record(&source);
    take(ctx, hf_buf_view(&source.text));
    uint64_t n_given = source.text.size;
    hf_buf_reset(&source.text);
    while (source.text.size < n_block_bytes - 4096) {
        put(&source, ",");
        put_record(&source);
    }
    for (; n_given < n_bytes; n_given += source.text.size) {
        take(ctx, hf_buf_view(&source.text));
    }
    take(ctx, HF_LITERAL("]}"));
    hf_buf_clear(&source.text);
}

/* --- an answer as the gateway gets it: small, whole, and everything done that can be done --- */

/* A row in three lies outside the range. */
static void put_payment(struct source *source, unsigned number)
{
    unsigned year = number % 3 == 0 ? 2019 : 2025;
    unsigned month = 1 + next_random(source, 12);
    put_text(source, number ? ",{\"item\":" : "{\"item\":", 1);
    redact_require(
        hf_buf_printf(&source->text,
                      ",\"kind\":\"normal\",\"period_from\":\"%u-%02u-01\","
                      "\"period_to\":\"%u-%02u-28\",\"paid_amount\":%u.%u,"
                      "\"treasury_date\":\"%u-%02u-15\",\"voucher_no\":\"3350180000%08u\","
                      "\"account_no\":\"6222020000000000000\"",
                      year, month, year, month, next_random(source, 1000000),
                      next_random(source, 10), year, month, next_random(source, 100000000)));
    if (number % 4 == 2) {
        put_text(source, ",\"note\":", 5);
    }
    put_text(source, ",\"declared_by\":", 1);
    put(source, ",\"declared_by_id\":\"11010519491231002X\"}");
}

hf_buf redact_answer(const char *subject)
{
    struct source source = {.text = hf_buf_init(8192), .state = 2025};
    redact_require(hf_buf_printf(&source.text, "{\"uscc\":\"%s\"", subject));
    put_text(&source, ",\"taxpayer_name\":", 3);
    put(&source, ",\"as_of\":\"2025-10-31\",\"credit_level_hint\":\"watch\","
                 "\"risk_model\":{\"score\":17},\"total_paid\":3243916.02,\"items\":[");
    for (unsigned number = 0; number < 12; number++) {
        put_payment(&source, number);
    }
    put(&source, "]}");
    return source.text;
}
