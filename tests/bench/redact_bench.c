/*
 * How fast the redactor is, beside its peers on the same document: each drops the same members and
 * writes the rest again. They run by turns, round for round, because a shared machine changes its
 * pace by the second; what counts is the ratio within a round. And how long one answer takes of
 * which rows, dates, masks and a subject are looked at, as the gateway has it. And what it costs to
 * scan the free text of such documents for identifiers, beside keeping it.
 *
 *   redact_bench [ROUNDS]
 *
 * The document has the shape of what departments publish: penalties with the columns of the public
 * credit tables, shareholders, invoices with items, contacts; mostly Chinese text, all invented.
 */
#include "base/buf.h"
#include "tests/bench/redact_peers.h"
#include "tests/support/redacting.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    CHUNK_BYTES = 16384,
    DOCUMENT_BYTES = 64 << 10,
    LARGE_BYTES = 1 << 20,
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

static const char *const words[] = {"福建省",         "厦门市",         "科技有限公司",
                                    "建筑工程",       "贸易",           "未按规定期限办理纳税申报",
                                    "行政处罚决定书", "市场监督管理局", "湖里区",
                                    "软件园",         "原材料",         "安全生产",
                                    "违反",           "第六十二条"};

/* --- the document --- */

struct source {
    hf_buf text;
    bool escaped; /* Chinese characters as \uXXXX */
    bool told;    /* its texts hold dates, sums and now and then somebody's number */
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

/* As an officer writes it: articles, days, sums; one text in eight names somebody. */
static void put_free_text(struct source *source, const char *lead)
{
    put(source, lead);
    put(source, "\"");
    for (unsigned i = 0; i < 12; i++) {
        put_word(source);
        if (source->told && i % 4 == 1) {
            require(hf_buf_printf(&source->text, i == 5 ? "%u.%02u" : "2025-%02u-%02u",
                                  1 + next_random(source, 12), 1 + next_random(source, 28)));
        }
    }
    if (source->told && next_random(source, 8) == 0) {
        require(hf_buf_printf(&source->text, " 199%08u", next_random(source, 100000000)));
        put_word(source);
        put(source, "11010519491231002X");
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
    put_free_text(source, ",\"CF_SY\":");
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

static hf_buf make_document(size_t n_bytes, bool escaped, bool told)
{
    struct source source = {
        .text = hf_buf_init(2 * LARGE_BYTES), .escaped = escaped, .told = told, .state = 2025};
    put_text(&source, "{\"source\":", 1);
    put(&source, ",\"total\":40,\"records\":[");
    put_record(&source);
    while (source.text.size < n_bytes - 1024) {
        put(&source, ",");
        put_record(&source);
    }
    put(&source, "]}");
    return source.text;
}

/* --- an answer as the gateway gets it: small, whole, and everything done that can be done --- */

static const char answer_view_text[] =
    "{\"uscc\":\"string keep max=18 echo\",\"taxpayer_name\":\"string keep max=200\","
    "\"as_of\":\"date keep\",\"total_paid\":\"decimal drop\",\"items\":[\"rows\",{"
    "\"item\":\"string keep max=60\",\"kind\":\"string keep\",\"period_from\":\"date keep date\","
    "\"period_to\":\"date keep date\",\"paid_amount\":\"decimal keep\","
    "\"treasury_date\":\"date month nullable\",\"voucher_no\":\"string mask=4,2 max=32\","
    "\"account_no\":\"string mask=6,4 max=40\",\"note\":\"string drop\","
    "\"declared_by\":\"string drop\",\"declared_by_id\":\"string drop\"}]}";

static const char answer_subject[] = "91350100M000100Y43";

/* A row in three lies outside the range. */
static void put_payment(struct source *source, unsigned number)
{
    unsigned year = number % 3 == 0 ? 2019 : 2025;
    unsigned month = 1 + next_random(source, 12);
    put_text(source, number ? ",{\"item\":" : "{\"item\":", 1);
    require(hf_buf_printf(&source->text,
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

static hf_buf make_answer(void)
{
    struct source source = {.text = hf_buf_init(8192), .state = 2025};
    require(hf_buf_printf(&source.text, "{\"uscc\":\"%s\"", answer_subject));
    put_text(&source, ",\"taxpayer_name\":", 3);
    put(&source, ",\"as_of\":\"2025-10-31\",\"credit_level_hint\":\"watch\","
                 "\"risk_model\":{\"score\":17},\"total_paid\":3243916.02,\"items\":[");
    for (unsigned number = 0; number < 12; number++) {
        put_payment(&source, number);
    }
    put(&source, "]}");
    return source.text;
}

/* --- the sides: each redacts the document once and returns the bytes written --- */

struct job {
    hf_bytes document;
    struct hf_view *view;
    const char *subject;
    hf_buf out;
};

typedef size_t side_fn(struct job *job);

static size_t run_redactor(struct job *job)
{
    const struct hf_redact_limits limits = hf_redact_limits_default();
    struct hf_redact *redact = NULL;
    hf_buf_reset(&job->out);
    require(hf_redact_new(job->view, hf_bytes_of_string(job->subject), &limits, &redact));
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

/* A peer's result. */
static size_t written(struct job *job, const char *peer, size_t n_bytes)
{
    if (n_bytes == 0) {
        fprintf(stderr, "redact_bench: %s refuses the document\n", peer);
        exit(2);
    }
    job->out.size = n_bytes;
    return n_bytes;
}

#ifdef HF_HAVE_YAJL
static size_t run_yajl(struct job *job)
{
    return written(job, "YAJL",
                   redact_yajl((const char *)job->document.data, job->document.size, CHUNK_BYTES,
                               (char *)job->out.data, job->out.capacity_bytes));
}
#endif

#ifdef HF_HAVE_RAPIDJSON
static size_t run_rapidjson(struct job *job)
{
    return written(job, "RapidJSON",
                   redact_rapidjson((const char *)job->document.data, job->document.size,
                                    (char *)job->out.data, job->out.capacity_bytes));
}
#endif

static const struct {
    const char *name;
    side_fn *run;
} peers[] = {
#ifdef HF_HAVE_YAJL
    {"YAJL, chunks", run_yajl},
#endif
#ifdef HF_HAVE_RAPIDJSON
    {"RapidJSON SAX, whole", run_rapidjson},
#endif
    {NULL, NULL},
};

/* --- measuring --- */

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* the scheduler's doings are not ours */
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Seconds for one document. */
static double measure(struct job *job, side_fn *side, size_t batch_bytes)
{
    size_t n = batch_bytes / job->document.size;
    double begin = now_s();
    for (size_t i = 0; i < n; i++) {
        side(job);
    }
    return (now_s() - begin) / (double)n;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts. */
static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, by_value);
    return values[n / 2];
}

/* What a peer writes must be what the redactor writes, or the comparison means nothing. */
static void check_equal(struct job *job, side_fn *peer)
{
    HF_CLEANUP(hf_buf_clear) hf_buf ours = hf_buf_init(job->out.limit_bytes);
    run_redactor(job);
    require(hf_buf_append(&ours, hf_buf_view(&job->out)));
    peer(job);
    if (!hf_bytes_equal(hf_buf_view(&ours), hf_buf_view(&job->out))) {
        fprintf(stderr, "redact_bench: the outputs differ\n");
        exit(2);
    }
}

static void compare(const char *name, struct job *job, size_t rounds, bool is_escaped)
{
    static double ours[MAX_ROUNDS];
    static double theirs[MAX_ROUNDS];
    static double ratio[MAX_ROUNDS];
    double bytes = (double)job->document.size;
    for (size_t p = 0; peers[p].run; p++) {
        if (!is_escaped) { /* a peer writes the characters that an escape stands for */
            check_equal(job, peers[p].run);
        }
        for (size_t i = 0; i < rounds; i++) {
            ours[i] = measure(job, run_redactor, BATCH_BYTES);
            theirs[i] = measure(job, peers[p].run, BATCH_BYTES);
            ratio[i] = theirs[i] / ours[i];
        }
        double middle = median(ratio, rounds);
        printf("%-8s %-21s %8.0f %8.0f %8.2f   (%.2f .. %.2f)\n", name, peers[p].name,
               bytes / median(ours, rounds) / 1e6, bytes / median(theirs, rounds) / 1e6, middle,
               ratio[0], ratio[rounds - 1]);
    }
}

static struct hf_view *view_of(const char *text, const struct hf_view_range *range)
{
    struct hf_view *view = redacting_view(text, range);
    if (!view) {
        fprintf(stderr, "redact_bench: no view\n");
        exit(2);
    }
    return view;
}

static void compare_documents(size_t rounds)
{
    struct hf_view *view = view_of(view_text, NULL);
    printf("document peer                  redactor     peer    ratio   (least .. most)\n");
    printf("                                   MB/s     MB/s\n");
    for (int escaped = 0; escaped < 2; escaped++) {
        HF_CLEANUP(hf_buf_clear) hf_buf document = make_document(DOCUMENT_BYTES, escaped, false);
        struct job job = {.document = hf_buf_view(&document), .view = view, .subject = ""};
        job.out = hf_buf_init(8 * DOCUMENT_BYTES);
        require(hf_buf_reserve(&job.out, 4 * DOCUMENT_BYTES));
        compare(escaped ? "escaped" : "utf-8", &job, rounds, escaped);
        hf_buf_clear(&job.out);
    }
    hf_view_unref(view);
}

/* The same view, with the reason of a penalty marked as free text. */
static struct hf_view *scanning_view(void)
{
    static const char field[] = "\"CF_SY\":\"string ";
    char text[sizeof view_text];
    memcpy(text, view_text, sizeof text);
    memcpy(strstr(text, field) + sizeof field - 1, "scan", 4);
    return view_of(text, NULL);
}

/* What scanning costs of the time that keeping takes, in rounds by turns. */
static void compare_scanning(const char *name, hf_bytes document, size_t rounds)
{
    static double keep[MAX_ROUNDS];
    static double scan[MAX_ROUNDS];
    static double ratio[MAX_ROUNDS];
    struct job keeping = {.document = document, .view = view_of(view_text, NULL), .subject = ""};
    struct job scanning = {.document = document, .view = scanning_view(), .subject = ""};
    double bytes = (double)document.size;
    keeping.out = scanning.out = hf_buf_init(4 * LARGE_BYTES);
    for (size_t i = 0; i < rounds; i++) {
        keep[i] = measure(&keeping, run_redactor, BATCH_BYTES);
        scan[i] = measure(&scanning, run_redactor, BATCH_BYTES);
        ratio[i] = scan[i] / keep[i];
    }
    double middle = median(ratio, rounds);
    printf("%-15s %8.0f %8.0f %7.1f %%   (%.1f .. %.1f)\n", name,
           bytes / median(keep, rounds) / 1e6, bytes / median(scan, rounds) / 1e6,
           (middle - 1) * 100, (ratio[0] - 1) * 100, (ratio[rounds - 1] - 1) * 100);
    hf_buf_clear(&keeping.out);
    hf_buf_clear(&scanning.out);
    hf_view_unref(keeping.view);
    hf_view_unref(scanning.view);
}

static void compare_scanned_documents(size_t rounds)
{
    static const struct {
        const char *name;
        size_t n_bytes;
        bool escaped;
    } documents[] = {{"utf-8, 64 KB", DOCUMENT_BYTES, false},
                     {"utf-8, 1 MB", LARGE_BYTES, false},
                     {"escaped, 64 KB", DOCUMENT_BYTES, true}};
    printf("free text           kept  scanned      cost   (least .. most)\n");
    printf("                    MB/s     MB/s\n");
    for (size_t i = 0; i < sizeof documents / sizeof documents[0]; i++) {
        HF_CLEANUP(hf_buf_clear)
        hf_buf document = make_document(documents[i].n_bytes, documents[i].escaped, true);
        compare_scanning(documents[i].name, hf_buf_view(&document), rounds);
    }
}

/* No peer masks, truncates and judges rows: only the redactor's own time is said. */
static void time_answer(size_t rounds)
{
    static double seconds[MAX_ROUNDS];
    const struct hf_view_range range = {.bounded = true, .from_day = 20089, .to_day = 20453};
    HF_CLEANUP(hf_buf_clear) hf_buf document = make_answer();
    struct job job = {.document = hf_buf_view(&document),
                      .view = view_of(answer_view_text, &range),
                      .subject = answer_subject,
                      .out = hf_buf_init(8 * DOCUMENT_BYTES)};
    size_t n_out = run_redactor(&job);
    for (size_t i = 0; i < rounds; i++) {
        seconds[i] = measure(&job, run_redactor, BATCH_BYTES / 2);
    }
    printf("an answer of %zu bytes, of which %zu leave: %.2f us\n", job.document.size, n_out,
           median(seconds, rounds) * 1e6);
    hf_buf_clear(&job.out);
    hf_view_unref(job.view);
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : DEFAULT_ROUNDS;
    if (rounds < 1 || rounds > MAX_ROUNDS) {
        fprintf(stderr, "usage: redact_bench [ROUNDS]\n");
        return 2;
    }
    printf("64 KB in chunks of %d bytes, medians of %ld rounds by turns\n", CHUNK_BYTES, rounds);
    compare_documents((size_t)rounds);
    time_answer((size_t)rounds);
    compare_scanned_documents((size_t)rounds);
    return 0;
}
