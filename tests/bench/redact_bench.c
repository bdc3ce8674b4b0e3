/*
 * How fast the redactor is, beside YAJL on the same document: both read it in chunks of 16 KB, drop
 * the same members and write the rest again. The two run by turns, round for round, because a
 * shared machine changes its pace by the second; what counts is the ratio within a round.
 *
 *   redact_bench [ROUNDS]
 *
 * The document has the shape of what departments publish: penalties with the columns of the public
 * credit tables, shareholders, invoices with items, contacts; mostly Chinese text, all invented.
 */
#include "base/buf.h"
#include "tests/support/redacting.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef HF_HAVE_YAJL
#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>
#endif

enum {
    CHUNK_BYTES = 16384,
    DOCUMENT_BYTES = 64 << 10,
    BATCH_BYTES = 48 << 20, /* read by each side in each round */
    DEFAULT_ROUNDS = 7,
    MAX_ROUNDS = 101
};

static const char view_text[] =
    "{\"source\":\"string keep max=20\",\"total\":\"integer keep\",\"records\":[{"
    "\"CF_WSH\":\"string keep max=128\",\"CF_XDR_MC\":\"string keep max=200\","
    "\"CF_XDR_SHXYM\":\"string keep max=18\",\"CF_XDR_SFZ\":\"string drop\","
    "\"CF_FR\":\"string keep max=50\",\"CF_SY\":\"string keep max=2000\","
    "\"CF_JDRQ\":\"date keep\",\"CF_JG\":\"string keep max=200\",\"CF_NR_FK\":\"decimal keep\","
    "\"public\":\"boolean keep\",\"shareholders\":[{\"name\":\"string keep max=50\","
    "\"cert_no\":\"string drop\",\"ratio\":\"decimal keep\"}],\"invoices\":[{"
    "\"no\":\"string keep max=20\",\"date\":\"date keep\",\"items\":[{"
    "\"name\":\"string keep max=100\",\"quantity\":\"integer keep\",\"unitPrice\":\"decimal drop\","
    "\"amount\":\"decimal keep\"}]}],\"contact\":{\"phone\":\"string drop\","
    "\"email\":\"string drop\",\"address\":\"string keep max=200\"}}]}";

#ifdef HF_HAVE_YAJL
/* The same members, for the other side. */
static const hf_bytes dropped[] = {
    {(const uint8_t *)"CF_XDR_SFZ", 10}, {(const uint8_t *)"cert_no", 7},
    {(const uint8_t *)"unitPrice", 9},   {(const uint8_t *)"phone", 5},
    {(const uint8_t *)"email", 5},
};
#endif

static const char *const words[] = {"福建省",         "厦门市",         "科技有限公司",
                                    "建筑工程",       "贸易",           "未按规定期限办理纳税申报",
                                    "行政处罚决定书", "市场监督管理局", "湖里区",
                                    "软件园",         "原材料",         "安全生产",
                                    "违反",           "第六十二条"};

/* --- the document --- */

struct source {
    hf_buf text;
    bool escaped; /* Chinese characters as \uXXXX */
    uint32_t state;
};

static uint32_t next_random(struct source *source, uint32_t below)
{
    source->state = source->state * 1664525 + 1013904223;
    return (source->state >> 8) % below;
}

static void require(hf_status status)
{
    if (!hf_is_ok(status)) {
        fprintf(stderr, "redact_bench: %s\n", hf_code_info(status.code)->sentence);
        exit(2);
    }
}

static void put(struct source *source, const char *text)
{
    require(hf_buf_append_string(&source->text, text));
}

/* Three bytes a character, or six as an escape. */
static void put_word(struct source *source)
{
    const char *word = words[next_random(source, sizeof words / sizeof words[0])];
    if (!source->escaped) {
        put(source, word);
        return;
    }
    for (const uint8_t *p = (const uint8_t *)word; *p; p += 3) {
        unsigned scalar =
            (unsigned)(p[0] & 0x0f) << 12 | (unsigned)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
        require(hf_buf_printf(&source->text, "\\u%04x", scalar));
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

static void put_invoice(struct source *source)
{
    require(hf_buf_printf(&source->text, "{\"no\":\"%08u\",\"date\":\"2025-%02u-%02u\",\"items\":[",
                          next_random(source, 100000000), 1 + next_random(source, 12),
                          1 + next_random(source, 28)));
    for (unsigned i = 0; i < 3; i++) {
        put_text(source, i ? ",{\"name\":" : "{\"name\":", 2);
        require(hf_buf_printf(
            &source->text, ",\"quantity\":%u,\"unitPrice\":%u.%02u,\"amount\":%u.%02u}",
            1 + next_random(source, 500), next_random(source, 9000), next_random(source, 100),
            next_random(source, 900000), next_random(source, 100)));
    }
    put(source, "]}");
}

static void put_record(struct source *source)
{
    require(hf_buf_printf(&source->text, "{\"CF_WSH\":\"\xe9\x97\xbd\xe7\xa8\x8e[2025]%05u\"",
                          next_random(source, 100000)));
    put_text(source, ",\"CF_XDR_MC\":", 4);
    require(hf_buf_printf(&source->text,
                          ",\"CF_XDR_SHXYM\":\"9135020%08uXK\",\"CF_XDR_SFZ\":\"35020019%010u\"",
                          next_random(source, 100000000), next_random(source, 1000000000)));
    put_text(source, ",\"CF_FR\":", 1);
    put_text(source, ",\"CF_SY\":", 12);
    require(hf_buf_printf(&source->text, ",\"CF_JDRQ\":\"2025-%02u-%02u\"",
                          1 + next_random(source, 12), 1 + next_random(source, 28)));
    put_text(source, ",\"CF_JG\":", 3);
    require(hf_buf_printf(&source->text, ",\"CF_NR_FK\":%u.%02u,\"public\":true,\"shareholders\":[",
                          next_random(source, 1000000), next_random(source, 100)));
    for (unsigned i = 0; i < 2; i++) {
        put_text(source, i ? ",{\"name\":" : "{\"name\":", 1);
        require(hf_buf_printf(&source->text, ",\"cert_no\":\"35020019%010u\",\"ratio\":0.%02u}",
                              next_random(source, 1000000000), next_random(source, 100)));
    }
    put(source, "],\"invoices\":[");
    put_invoice(source);
    put(source, ",");
    put_invoice(source);
    require(hf_buf_printf(&source->text,
                          "],\"contact\":{\"phone\":\"199%08u\",\"email\":\"user%u@example.com\"",
                          next_random(source, 100000000), next_random(source, 1000)));
    put_text(source, ",\"address\":", 4);
    put(source, "}}");
}

static hf_buf make_document(bool escaped)
{
    struct source source = {
        .text = hf_buf_init(4 * DOCUMENT_BYTES), .escaped = escaped, .state = 2025};
    put_text(&source, "{\"source\":", 1);
    put(&source, ",\"total\":40,\"records\":[");
    put_record(&source);
    while (source.text.size < DOCUMENT_BYTES - 1024) {
        put(&source, ",");
        put_record(&source);
    }
    put(&source, "]}");
    return source.text;
}

/* --- the two sides: each redacts the document once and returns the bytes written --- */

struct job {
    hf_bytes document;
    struct hf_view *view;
    hf_buf out;
};

static size_t run_redactor(struct job *job)
{
    const struct hf_redact_limits limits = hf_redact_limits_default();
    struct hf_redact *redact = NULL;
    hf_buf_reset(&job->out);
    require(hf_redact_new(job->view, hf_bytes_of(NULL, 0), &limits, &redact));
    for (size_t at = 0; at < job->document.size; at += CHUNK_BYTES) {
        size_t left = job->document.size - at;
        hf_bytes chunk =
            hf_bytes_of(job->document.data + at, left < CHUNK_BYTES ? left : CHUNK_BYTES);
        require(hf_redact_push(redact, chunk, &job->out, NULL));
    }
    require(hf_redact_finish(redact, &job->out, NULL));
    hf_redact_free(redact);
    return job->out.size;
}

#ifdef HF_HAVE_YAJL

struct copier {
    yajl_gen gen;
    unsigned skip_depth; /* containers open inside a dropped member */
    bool skip;           /* the next value is dropped */
};

/* Whether the value at hand is dropped; a scalar is then done with. */
static bool skips(struct copier *copier)
{
    bool skip = copier->skip;
    copier->skip = skip && copier->skip_depth > 0;
    return skip;
}

static int on_null(void *ctx)
{
    struct copier *copier = ctx;
    return skips(copier) || yajl_gen_null(copier->gen) == yajl_gen_status_ok;
}

static int on_boolean(void *ctx, int value)
{
    struct copier *copier = ctx;
    return skips(copier) || yajl_gen_bool(copier->gen, value) == yajl_gen_status_ok;
}

static int on_number(void *ctx, const char *text, size_t size)
{
    struct copier *copier = ctx;
    return skips(copier) || yajl_gen_number(copier->gen, text, size) == yajl_gen_status_ok;
}

static int on_string(void *ctx, const unsigned char *text, size_t size)
{
    struct copier *copier = ctx;
    return skips(copier) || yajl_gen_string(copier->gen, text, size) == yajl_gen_status_ok;
}

static int on_name(void *ctx, const unsigned char *text, size_t size)
{
    struct copier *copier = ctx;
    if (copier->skip) {
        return 1;
    }
    for (size_t i = 0; i < sizeof dropped / sizeof dropped[0]; i++) {
        if (hf_bytes_equal(hf_bytes_of(text, size), dropped[i])) {
            copier->skip = true;
            return 1;
        }
    }
    return yajl_gen_string(copier->gen, text, size) == yajl_gen_status_ok;
}

static int on_open(struct copier *copier, yajl_gen_status (*write)(yajl_gen))
{
    copier->skip_depth += copier->skip;
    return copier->skip || write(copier->gen) == yajl_gen_status_ok;
}

static int on_close(struct copier *copier, yajl_gen_status (*write)(yajl_gen))
{
    if (!copier->skip) {
        return write(copier->gen) == yajl_gen_status_ok;
    }
    copier->skip = --copier->skip_depth > 0;
    return 1;
}

static int on_open_object(void *ctx)
{
    return on_open(ctx, yajl_gen_map_open);
}

static int on_close_object(void *ctx)
{
    return on_close(ctx, yajl_gen_map_close);
}

static int on_open_array(void *ctx)
{
    return on_open(ctx, yajl_gen_array_open);
}

static int on_close_array(void *ctx)
{
    return on_close(ctx, yajl_gen_array_close);
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_open_object,
    .yajl_map_key = on_name,
    .yajl_end_map = on_close_object,
    .yajl_start_array = on_open_array,
    .yajl_end_array = on_close_array,
};

static void require_yajl(bool good)
{
    if (!good) {
        fprintf(stderr, "redact_bench: YAJL refuses the document\n");
        exit(2);
    }
}

/* Appends what the generator has written, as a proxy would hand it on after each chunk. */
static void drain(struct copier *copier, hf_buf *out)
{
    const unsigned char *text = NULL;
    size_t size = 0;
    require_yajl(yajl_gen_get_buf(copier->gen, &text, &size) == yajl_gen_status_ok);
    require(hf_buf_append(out, hf_bytes_of(text, size)));
    yajl_gen_clear(copier->gen);
}

static size_t run_yajl(struct job *job)
{
    struct copier copier = {.gen = yajl_gen_alloc(NULL)};
    yajl_handle parser = yajl_alloc(&callbacks, NULL, &copier);
    hf_buf_reset(&job->out);
    for (size_t at = 0; at < job->document.size; at += CHUNK_BYTES) {
        size_t left = job->document.size - at;
        size_t size = left < CHUNK_BYTES ? left : CHUNK_BYTES;
        require_yajl(yajl_parse(parser, job->document.data + at, size) == yajl_status_ok);
        drain(&copier, &job->out);
    }
    require_yajl(yajl_complete_parse(parser) == yajl_status_ok);
    drain(&copier, &job->out);
    yajl_free(parser);
    yajl_gen_free(copier.gen);
    return job->out.size;
}

#endif

/* --- measuring --- */

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* the scheduler's doings are not ours */
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Megabytes of input a second. */
static double measure(struct job *job, size_t (*side)(struct job *job))
{
    size_t n = BATCH_BYTES / job->document.size;
    double begin = now_s();
    for (size_t i = 0; i < n; i++) {
        side(job);
    }
    return (double)(n * job->document.size) / (now_s() - begin) / 1e6;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, by_value);
    return values[n / 2];
}

static void compare(const char *name, struct job *job, size_t rounds)
{
    static double redactor[MAX_ROUNDS];
    static double yajl[MAX_ROUNDS];
    static double ratio[MAX_ROUNDS];
    size_t n_out = run_redactor(job);
    for (size_t i = 0; i < rounds; i++) {
        redactor[i] = measure(job, run_redactor);
#ifdef HF_HAVE_YAJL
        yajl[i] = measure(job, run_yajl);
#endif
        ratio[i] = yajl[i] > 0 ? redactor[i] / yajl[i] : 0;
    }
    printf("%-8s %8zu %8zu %10.0f", name, job->document.size, n_out, median(redactor, rounds));
#ifdef HF_HAVE_YAJL
    double middle = median(ratio, rounds);
    printf(" %10.0f %8.2f   (%.2f .. %.2f)", median(yajl, rounds), middle, ratio[0],
           ratio[rounds - 1]);
#endif
    printf("\n");
}

/* Both sides must write the same bytes, or the comparison means nothing. */
static void check_equal(struct job *job)
{
#ifdef HF_HAVE_YAJL
    HF_CLEANUP(hf_buf_clear) hf_buf ours = hf_buf_init(job->out.limit_bytes);
    run_redactor(job);
    require(hf_buf_append(&ours, hf_buf_view(&job->out)));
    run_yajl(job);
    if (!hf_bytes_equal(hf_buf_view(&ours), hf_buf_view(&job->out))) {
        fprintf(stderr, "redact_bench: the two outputs differ\n");
        exit(2);
    }
#else
    (void)job;
#endif
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : DEFAULT_ROUNDS;
    struct hf_view *view = redacting_view(view_text, NULL);
    if (!view || rounds < 1 || rounds > MAX_ROUNDS) {
        fprintf(stderr, "usage: redact_bench [ROUNDS]\n");
        return 2;
    }
    printf("redactor and YAJL, chunks of %d bytes, medians of %ld rounds by turns\n", CHUNK_BYTES,
           rounds);
    printf("document  bytes in      out   redactor       YAJL    ratio   (least .. most)\n");
    printf("                                  MB/s       MB/s\n");
    for (int escaped = 0; escaped < 2; escaped++) {
        HF_CLEANUP(hf_buf_clear) hf_buf document = make_document(escaped);
        struct job job = {.document = hf_buf_view(&document), .view = view};
        job.out = hf_buf_init(8 * DOCUMENT_BYTES);
        if (!escaped) {
            check_equal(&job);
        }
        compare(escaped ? "escaped" : "utf-8", &job, (size_t)rounds);
        hf_buf_clear(&job.out);
    }
    hf_view_unref(view);
    return 0;
}
