/*
 * How fast the redactor is, beside its peers on the same documents: each drops the same members and
 * writes the rest again. They run by turns, round for round, because a shared machine changes its
 * pace by the second; what counts is the ratio within a round. What it costs to scan the free text
 * of such documents for identifiers, beside keeping it. How long one answer takes of which rows,
 * dates, masks and a subject are looked at, as the gateway has it, and one pseudonym. And how much
 * memory a document takes that is as large as the gateway's answers, and one that is large.
 *
 *   redact_bench [ROUNDS]
 */
#include "tests/bench/redact_documents.h"
#include "tests/bench/redact_peers.h"
#include "tests/support/redacting.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    CHUNK_BYTES = 16384,
    DOCUMENT_BYTES = 64 << 10,
    LARGE_BYTES = 1 << 20,
    BATCH_BYTES = 48 << 20, /* read by the redactor in each round; slower peers read less */
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

/* What the gateway releases of an answer, when everything is done that can be done. */
static const char answer_view_text[] =
    "{\"uscc\":\"string keep max=18 echo\",\"taxpayer_name\":\"string keep max=200\","
    "\"as_of\":\"date keep\",\"total_paid\":\"decimal drop\",\"items\":[\"rows\",{"
    "\"item\":\"string keep max=60\",\"kind\":\"string keep\",\"period_from\":\"date keep date\","
    "\"period_to\":\"date keep date\",\"paid_amount\":\"decimal keep\","
    "\"treasury_date\":\"date month nullable\",\"voucher_no\":\"string mask=4,2 max=32\","
    "\"account_no\":\"string mask=6,4 max=40\",\"note\":\"string drop\","
    "\"declared_by\":\"string drop\",\"declared_by_id\":\"string drop\"}]}";

static const char answer_subject[] = "91350100M000100Y43";

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
    const struct hf_redact_access access = {.subject = hf_bytes_of_string(job->subject)};
    redact_require(hf_redact_new(job->view, &access, &limits, &redact));
    for (size_t at = 0; at < job->document.size; at += CHUNK_BYTES) {
        size_t left = job->document.size - at;
        hf_bytes chunk =
            hf_bytes_of(job->document.data + at, left < CHUNK_BYTES ? left : CHUNK_BYTES);
        redact_require(hf_redact_push(redact, chunk, &job->out, NULL));
    }
    redact_require(hf_redact_finish(redact, &job->out, NULL));
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

static size_t run_jansson(struct job *job)
{
    return written(job, "jansson",
                   redact_jansson((const char *)job->document.data, job->document.size,
                                  (char *)job->out.data, job->out.capacity_bytes));
}

struct side {
    const char *name;
    side_fn *run; /* NULL: a program of its own, jq */
    size_t batch_bytes;
    bool is_exact; /* its numbers leave as they came */
};

static const struct side ours = {"redactor", run_redactor, BATCH_BYTES, true};

static const struct side peers[] = {
#ifdef HF_HAVE_YAJL
    {"YAJL, chunks", run_yajl, BATCH_BYTES / 2, true},
#endif
#ifdef HF_HAVE_RAPIDJSON
    {"RapidJSON SAX, whole", run_rapidjson, BATCH_BYTES / 2, true},
#endif
    {"jansson, a tree", run_jansson, BATCH_BYTES / 16, false},
    {"jq, a program", NULL, BATCH_BYTES / 8, false},
};

enum { N_PEERS = sizeof peers / sizeof peers[0] };

/* --- measuring --- */

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* the scheduler's doings are not ours */
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Seconds for one document; 0: that peer is not there. */
static double measure(struct job *job, const struct side *side)
{
    size_t n = side->batch_bytes / job->document.size;
    if (!side->run) {
        return redact_jq((const char *)job->document.data, job->document.size, n) / (double)n;
    }
    double begin = now_s();
    for (size_t i = 0; i < n; i++) {
        side->run(job);
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
static void check_equal(struct job *job, const struct side *peer)
{
    HF_CLEANUP(hf_buf_clear) hf_buf expected = hf_buf_init(job->out.limit_bytes);
    run_redactor(job);
    redact_require(hf_buf_append(&expected, hf_buf_view(&job->out)));
    peer->run(job);
    if (!hf_bytes_equal(hf_buf_view(&expected), hf_buf_view(&job->out))) {
        fprintf(stderr, "redact_bench: the outputs differ\n");
        exit(2);
    }
}

static void compare(const char *name, struct job *job, size_t rounds, bool is_escaped)
{
    static double own[MAX_ROUNDS];
    static double theirs[MAX_ROUNDS];
    static double ratio[MAX_ROUNDS];
    double bytes = (double)job->document.size;
    for (size_t p = 0; p < N_PEERS; p++) {
        if (!is_escaped && peers[p].is_exact) { /* else characters leave that escapes stand for */
            check_equal(job, &peers[p]);
        }
        for (size_t i = 0; i < rounds; i++) {
            own[i] = measure(job, &ours);
            theirs[i] = measure(job, &peers[p]);
            ratio[i] = theirs[i] / own[i];
        }
        double middle = median(ratio, rounds);
        if (middle > 0) {
            printf("%-15s %-21s %8.0f %8.0f %8.2f   (%.2f .. %.2f)\n", name, peers[p].name,
                   bytes / median(own, rounds) / 1e6, bytes / median(theirs, rounds) / 1e6, middle,
                   ratio[0], ratio[rounds - 1]);
        }
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

static const struct {
    const char *name;
    size_t n_bytes;
    bool escaped;
} documents[] = {{"utf-8, 64 KB", DOCUMENT_BYTES, false},
                 {"utf-8, 1 MB", LARGE_BYTES, false},
                 {"escaped, 64 KB", DOCUMENT_BYTES, true}};

enum { N_DOCUMENTS = sizeof documents / sizeof documents[0] };

static hf_buf make(size_t document, bool told)
{
    return redact_document(
        (struct redact_form){documents[document].n_bytes, documents[document].escaped, told});
}

static void compare_documents(size_t rounds)
{
    struct hf_view *view = view_of(view_text, NULL);
    printf("document        peer                  redactor     peer    ratio   (least .. most)\n");
    printf("                                          MB/s     MB/s\n");
    for (size_t i = 0; i < N_DOCUMENTS; i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf document = make(i, false);
        struct job job = {.document = hf_buf_view(&document), .view = view, .subject = ""};
        job.out = hf_buf_init(8 * LARGE_BYTES);
        redact_require(hf_buf_reserve(&job.out, 4 * document.size));
        compare(documents[i].name, &job, rounds, documents[i].escaped);
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
        keep[i] = measure(&keeping, &ours);
        scan[i] = measure(&scanning, &ours);
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
    printf("free text           kept  scanned      cost   (least .. most)\n");
    printf("                    MB/s     MB/s\n");
    for (size_t i = 0; i < N_DOCUMENTS; i++) {
        HF_CLEANUP(hf_buf_clear) hf_buf document = make(i, true);
        compare_scanning(documents[i].name, hf_buf_view(&document), rounds);
    }
}

/* No peer masks, truncates and judges rows: only the redactor's own time is said. */
static void time_answer(size_t rounds)
{
    static double seconds[MAX_ROUNDS];
    const struct hf_view_range range = {.bounded = true, .from_day = 20089, .to_day = 20453};
    HF_CLEANUP(hf_buf_clear) hf_buf document = redact_answer(answer_subject);
    struct job job = {.document = hf_buf_view(&document),
                      .view = view_of(answer_view_text, &range),
                      .subject = answer_subject,
                      .out = hf_buf_init(8 * DOCUMENT_BYTES)};
    size_t n_out = run_redactor(&job);
    for (size_t i = 0; i < rounds; i++) {
        seconds[i] = measure(&job, &ours);
    }
    printf("an answer of %zu bytes, of which %zu leave: %.2f us\n", job.document.size, n_out,
           median(seconds, rounds) * 1e6);
    hf_buf_clear(&job.out);
    hf_view_unref(job.view);
}

/* One name, of a number as long as an account's; the buffer is there. */
static void time_pseudonyms(size_t rounds)
{
    static double seconds[MAX_ROUNDS];
    enum { N_NAMES = 200000 };
    struct hf_mac_key key;
    hf_mac_key_init(&key, HF_LITERAL("a key of a deployment, long as it is"));
    const struct hf_pseudonyms names = {&key, HF_LITERAL("911100001000044477")};
    HF_CLEANUP(hf_buf_clear) hf_buf out = hf_buf_init(64);
    for (size_t i = 0; i < rounds; i++) {
        char value[] = "6222020000000000000";
        double start_s = now_s();
        for (unsigned n = 0; n < N_NAMES; n++) {
            value[n % 19] = (char)('0' + n % 10);
            hf_buf_reset(&out);
            redact_require(hf_treat_pseudonym(hf_bytes_of(value, sizeof value - 1), &names, &out));
        }
        seconds[i] = (now_s() - start_s) / N_NAMES;
    }
    printf("a pseudonym of 19 characters: %.0f ns\n", median(seconds, rounds) * 1e9);
}

/* --- memory --- */

struct stream {
    struct hf_redact *redact;
    hf_buf out;
};

static void push_chunk(void *ctx, hf_bytes chunk)
{
    struct stream *stream = ctx;
    for (size_t at = 0; at < chunk.size; at += CHUNK_BYTES) {
        hf_bytes rest = hf_bytes_skip(chunk, at);
        rest.size = rest.size < CHUNK_BYTES ? rest.size : CHUNK_BYTES;
        hf_buf_reset(&stream->out); /* it has been sent */
        redact_require(hf_redact_push(stream->redact, rest, &stream->out, NULL));
    }
}

static void redact_large(uint64_t n_bytes)
{
    struct hf_redact_limits limits = hf_redact_limits_default();
    struct stream stream = {.out = hf_buf_init(LARGE_BYTES)};
    struct hf_view *view = scanning_view();
    limits.max_body_bytes = UINT64_C(2) << 30;
    redact_require(hf_redact_new(view, REDACTING_ABOUT(HF_LITERAL("")), &limits, &stream.redact));
    redact_stream(n_bytes, push_chunk, &stream);
    redact_require(hf_redact_finish(stream.redact, &stream.out, NULL));
    hf_redact_free(stream.redact);
    hf_view_unref(view);
    hf_buf_clear(&stream.out);
}

/* Each in a process of its own, for what a process has used once it is said to use. */
static void print_memory(const char *name, uint64_t n_bytes)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        redact_large(n_bytes);
        _exit(0);
    }
    struct rusage usage = {0};
    int status = 0;
    if (child < 0 || wait4(child, &status, 0, &usage) != child || status != 0) {
        fprintf(stderr, "redact_bench: %s could not be streamed\n", name);
        exit(2);
    }
    printf("%s streamed in chunks: at most %ld KiB resident\n", name, usage.ru_maxrss);
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : DEFAULT_ROUNDS;
    if (rounds < 1 || rounds > MAX_ROUNDS) {
        fprintf(stderr, "usage: redact_bench [ROUNDS]\n");
        return 2;
    }
    print_memory("64 KB", DOCUMENT_BYTES);
    print_memory("1 GB", UINT64_C(1) << 30);
    printf("in chunks of %d bytes, medians of %ld rounds by turns\n", CHUNK_BYTES, rounds);
    compare_scanned_documents((size_t)rounds);
    time_answer((size_t)rounds);
    time_pseudonyms((size_t)rounds);
    compare_documents((size_t)rounds);
    return 0;
}
