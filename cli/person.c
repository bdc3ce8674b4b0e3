/*
 * From an ID number to a name, on the machine that keeps the pseudonym key and nowhere else: no
 * HTTP interface does this, for whoever could ask would try all numbers.
 *
 * The number comes by standard input, because a command line can be read by every user of the
 * machine and stays in the shell's history.
 */
#include "cli/person.h"

#include "base/file.h"
#include "cli/print.h"
#include "crypto/person.h"
#include "crypto/secret_file.h"
#include "policy/resident.h"

enum { PATH_BYTES = 4096, LINE_BYTES = 64 };

enum hf_exit hf_read_person_key(const struct hf_cli *cli, const char *deployment,
                                struct hf_mac_key *ret_key)
{
    char path[PATH_BYTES];
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_secret_clear) struct hf_secret secret = {0};
    hf_status status = hf_path_join(path, sizeof path, deployment, "keys/pseudonym.key");
    if (!hf_is_ok(status)) {
        return hf_print_problem(cli, deployment, status, NULL);
    }
    status = hf_secret_file_read(path, &secret, &problem);
    if (!hf_is_ok(status)) {
        return hf_print_problem(cli, path, status, &problem);
    }
    hf_mac_key_init(ret_key, hf_bytes_of(secret.data, secret.size));
    return HF_EXIT_YES;
}

/* A line's end, as a terminal or a file of another system leaves it. */
static hf_bytes without_newline(hf_bytes line)
{
    if (line.size > 0 && line.data[line.size - 1] == '\n') {
        line.size--;
    }
    if (line.size > 0 && line.data[line.size - 1] == '\r') {
        line.size--;
    }
    return line;
}

static enum hf_exit read_number(const struct hf_cli *cli, hf_buf *line, hf_bytes *ret_number)
{
    static const char sentence[] = "is no ID number: 18 characters with their check character "
                                   "(GB 11643) are expected, and nothing else";
    struct hf_problem problem = {0};
    hf_status status = hf_buf_reserve(line, LINE_BYTES); /* grows no more: no copy is left behind */
    if (hf_is_ok(status)) {
        status = hf_file_read("-", line);
    }
    if (!hf_is_ok(status) && status.code != HF_LIMIT) {
        return hf_print_problem(cli, "-", status, NULL);
    }
    *ret_number = without_newline(hf_buf_view(line));
    if (status.code == HF_LIMIT || !hf_resident_is_valid(*ret_number)) {
        status = hf_problem_set(&problem, HF_REQUEST_MALFORMED, NULL, sentence);
        hf_print_problem(cli, "-", status, &problem);
        return HF_EXIT_UNREADABLE;
    }
    return HF_EXIT_YES;
}

enum hf_exit hf_read_person(const struct hf_cli *cli, const char *deployment,
                            char ret_party[static HF_PARTY_MAX_BYTES + 1])
{
    hf_bytes number;
    HF_CLEANUP(hf_mac_key_clear) struct hf_mac_key key = {0};
    HF_CLEANUP(hf_secret_buf_clear) hf_buf line = hf_buf_init(LINE_BYTES);
    enum hf_exit code = hf_read_person_key(cli, deployment, &key);
    code = code ? code : read_number(cli, &line, &number);
    if (code == HF_EXIT_YES) {
        hf_person_name(&key, number, ret_party);
    }
    return code;
}
