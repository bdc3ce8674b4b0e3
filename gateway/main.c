/*
 * hufud: reads its arguments, reads its configuration, runs the server. Nothing is decided here.
 */
#include "gateway/config.h"
#include "gateway/server.h"

#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

static const char usage[] =
    "usage: hufud --config hufud.json [--check]\n"
    "\n"
    "Serves banks' queries to the departments that hufud.json names.\n"
    "\n"
    "  --config FILE  the configuration; all other files are named by it\n"
    "  --check        read everything, say what is wrong, serve nothing\n"
    "  --version      prints the version\n"
    "  --help         this text\n"
    "\n"
    "SIGHUP reloads banks, grantors, agreements, catalogs and policy; SIGTERM drains.\n"
    "Exit status: 0 drained or checked, 1 refused, 2 wrong usage, 4 unreadable, 65 the log is\n"
    "damaged, 66 the log was rolled back, 70 the log could not be written.\n";

/*
 * A worker's heap grows and shrinks by megabytes within one turn of its loop. With glibc's first
 * thresholds every turn would give its pages back and fault them in again; so a heap keeps what a
 * busy turn takes, and no more. Where it cannot be set, it is only slower.
 */
static void keep_heap(void)
{
    enum { KEPT_BYTES = 16 << 20, MAPPED_BYTES = 1 << 20 };
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    (void)mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
}

static void say(const char *line)
{
    (void)fprintf(stderr, "hufud: %s\n", line);
}

static enum hf_server_end refuse_config(const char *path, const struct hf_problem *problem,
                                        hf_status status)
{
    if (problem->line) {
        (void)fprintf(stderr, "%s:%u:%u: %s: %s\n", path, problem->line, problem->column,
                      problem->where, problem->detail);
    } else {
        (void)fprintf(stderr, "%s: %s %s\n", path, hf_code_info(status.code)->sentence,
                      problem->detail);
    }
    /* A text that was read and is refused, if only for its length, is not unreadable. */
    return status.code == HF_CONFIG_INVALID || problem->line ? HF_SERVER_REFUSED
                                                             : HF_SERVER_UNREADABLE;
}

static enum hf_server_end run(const char *path, int check)
{
    HF_CLEANUP(hf_config_cleanup) struct hf_config *config = NULL;
    struct hf_problem problem = {.code = HF_OK};
    hf_status status = hf_config_read(path, &config, &problem);
    if (!hf_is_ok(status)) {
        return refuse_config(path, &problem, status);
    }
    const struct hf_server_options options = {.config = config, .say = say};
    enum hf_server_end end = check ? hf_server_check(&options) : hf_server_run(&options);
    if (end == HF_SERVER_LOG_FAILED) {
        _exit((int)end); /* no destructor, no buffer, no second try */
    }
    return end;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"check", no_argument, NULL, 'k'},
                                            {"version", no_argument, NULL, 'v'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *path = NULL;
    int check = 0;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            path = optarg;
            break;
        case 'k':
            check = 1;
            break;
        case 'v':
            (void)fputs("hufud " HF_VERSION "\n", stdout);
            return 0;
        case 'h':
            (void)fputs(usage, stdout);
            return 0;
        default:
            (void)fputs(usage, stderr);
            return EXIT_USAGE;
        }
    }
    if (!path || optind != argc) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    keep_heap();
    return (int)run(path, check);
}
