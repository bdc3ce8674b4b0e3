/*
 * Reading a policy and holding a note against it. Witnesses and groups are nodes of one list; a
 * group names only nodes above it, so evaluating from the first to the last needs no recursion and
 * there can be no cycle.
 */
#include "audit/tlog_policy.h"

#include "audit/line.h"

#include <stdlib.h>

enum { NO_QUORUM = -1, NAME_MAX_BYTES = 63 };

struct node {
    char name[NAME_MAX_BYTES + 1];
    bool is_group;
    struct hf_note_key key;                      /* witness */
    unsigned threshold;                          /* group */
    uint8_t members[HF_TLOG_POLICY_MAX_MEMBERS]; /* group: numbers of nodes */
    unsigned n_members;
};

struct hf_tlog_policy {
    struct hf_note_key logs[HF_TLOG_POLICY_MAX_LOGS];
    unsigned n_logs;
    struct node nodes[HF_TLOG_POLICY_MAX_NODES];
    unsigned n_nodes;
    bool has_quorum_line;
    int quorum; /* a node, or NO_QUORUM */
};

struct reading {
    struct hf_tlog_policy *policy;
    struct hf_problem *reterr;
};

static hf_status refuse(struct reading *reading, const char *what)
{
    return hf_problem_set(reading->reterr, HF_CONFIG_INVALID, "policy", "%s", what);
}

static int find_node(const struct hf_tlog_policy *policy, hf_bytes name)
{
    for (unsigned i = 0; i < policy->n_nodes; i++) {
        if (hf_bytes_equal_string(name, policy->nodes[i].name)) {
            return (int)i;
        }
    }
    return -1;
}

static hf_status read_key(struct reading *reading, hf_bytes *rest, enum hf_note_type type,
                          struct hf_note_key *ret_key)
{
    hf_bytes vkey;
    struct hf_note_key key;
    if (!hf_line_word(rest, &vkey) || !hf_is_ok(hf_note_key_parse(vkey, &key))) {
        return refuse(reading, "not a vkey of Ed25519: name+hash+key");
    }
    if (key.type != type) {
        hf_note_key_clear(&key);
        return refuse(reading, type == HF_NOTE_ED25519 ? "a log's key must be of type 1"
                                                       : "a witness's key must be of type 4");
    }
    *ret_key = key;
    return HF_DONE;
}

/* What may stand at the end of a line: one URL, or nothing. */
static bool is_url_or_nothing(hf_bytes rest)
{
    hf_bytes word;
    if (!hf_line_word(&rest, &word)) {
        return true;
    }
    return !hf_line_word(&rest, &word);
}

static hf_status read_log(struct reading *reading, hf_bytes rest)
{
    struct hf_tlog_policy *policy = reading->policy;
    if (policy->n_logs == HF_TLOG_POLICY_MAX_LOGS) {
        HF_FAIL(LIMIT);
    }
    HF_TRY(read_key(reading, &rest, HF_NOTE_ED25519, &policy->logs[policy->n_logs]));
    policy->n_logs++;
    return is_url_or_nothing(rest) ? HF_DONE : refuse(reading, "too many words");
}

/* A new node with the name that comes next on the line. */
static hf_status new_node(struct reading *reading, hf_bytes *rest, struct node **ret_node)
{
    struct hf_tlog_policy *policy = reading->policy;
    hf_bytes name;
    if (policy->n_nodes == HF_TLOG_POLICY_MAX_NODES) {
        HF_FAIL(LIMIT);
    }
    if (!hf_line_word(rest, &name) || name.size > NAME_MAX_BYTES ||
        hf_bytes_equal_string(name, "none")) {
        return refuse(reading, "a name is missing, too long or reserved");
    }
    if (find_node(policy, name) >= 0) {
        return refuse(reading, "a name is defined twice");
    }
    *ret_node = &policy->nodes[policy->n_nodes];
    memcpy((*ret_node)->name, name.data, name.size);
    (*ret_node)->name[name.size] = '\0';
    return HF_DONE;
}

static hf_status read_witness(struct reading *reading, hf_bytes rest)
{
    struct node *node;
    HF_TRY(new_node(reading, &rest, &node));
    HF_TRY(read_key(reading, &rest, HF_NOTE_COSIGNATURE, &node->key));
    reading->policy->n_nodes++;
    return is_url_or_nothing(rest) ? HF_DONE : refuse(reading, "too many words");
}

static bool read_threshold(hf_bytes word, unsigned n_members, unsigned *ret_threshold)
{
    uint64_t number = 0;
    if (hf_bytes_equal_string(word, "all")) {
        number = n_members;
    } else if (hf_bytes_equal_string(word, "any")) {
        number = 1;
    } else if (!hf_line_number(word, &number)) {
        return false;
    }
    *ret_threshold = (unsigned)number;
    return number >= 1 && number <= n_members;
}

static hf_status read_group(struct reading *reading, hf_bytes rest)
{
    struct node *node;
    hf_bytes threshold;
    hf_bytes member;
    HF_TRY(new_node(reading, &rest, &node));
    if (!hf_line_word(&rest, &threshold)) {
        return refuse(reading, "a group needs all, any or a number");
    }
    while (hf_line_word(&rest, &member)) {
        int number = find_node(reading->policy, member);
        if (number < 0) {
            return refuse(reading, "a member is not defined above");
        }
        if (memchr(node->members, number, node->n_members)) {
            return refuse(reading, "a member stands twice");
        }
        if (node->n_members == HF_TLOG_POLICY_MAX_MEMBERS) {
            HF_FAIL(LIMIT);
        }
        node->members[node->n_members++] = (uint8_t)number;
    }
    if (!read_threshold(threshold, node->n_members, &node->threshold)) {
        return refuse(reading, "the group's number does not fit its members");
    }
    node->is_group = true;
    reading->policy->n_nodes++;
    return HF_DONE;
}

static hf_status read_quorum(struct reading *reading, hf_bytes rest)
{
    hf_bytes name;
    hf_bytes more;
    if (reading->policy->has_quorum_line) {
        return refuse(reading, "a second quorum line");
    }
    if (!hf_line_word(&rest, &name) || hf_line_word(&rest, &more)) {
        return refuse(reading, "quorum takes one name");
    }
    reading->policy->has_quorum_line = true;
    reading->policy->quorum = NO_QUORUM;
    if (hf_bytes_equal_string(name, "none")) {
        return HF_DONE;
    }
    reading->policy->quorum = find_node(reading->policy, name);
    return reading->policy->quorum >= 0 ? HF_DONE
                                        : refuse(reading, "the quorum is not defined above");
}

static hf_status read_line(struct reading *reading, hf_bytes line)
{
    static const struct {
        const char *word;
        hf_status (*read)(struct reading *, hf_bytes);
    } lines[] = {{"log", read_log},
                 {"witness", read_witness},
                 {"group", read_group},
                 {"quorum", read_quorum}};
    hf_bytes word;
    if (!hf_line_word(&line, &word) || word.data[0] == '#') {
        return HF_DONE;
    }
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (hf_bytes_equal_string(word, lines[i].word)) {
            return lines[i].read(reading, line);
        }
    }
    return refuse(reading, "a line begins with another word than log, witness, group, quorum");
}

static hf_status read_all(struct reading *reading, hf_bytes text)
{
    unsigned line_number = 0;
    hf_bytes line;
    while (hf_line_take(&text, &line)) {
        line_number++;
        if (reading->reterr) {
            reading->reterr->line = line_number;
        }
        HF_TRY(read_line(reading, line));
    }
    if (text.size != 0) {
        return refuse(reading, "the last line does not end");
    }
    if (reading->policy->n_logs == 0 || !reading->policy->has_quorum_line) {
        return refuse(reading, "a log line and a quorum line are needed");
    }
    return HF_DONE;
}

hf_status hf_tlog_policy_parse(hf_bytes text, struct hf_tlog_policy **ret_policy,
                               struct hf_problem *reterr)
{
    if (text.size > HF_TLOG_POLICY_MAX_BYTES) {
        return hf_problem_set(reterr, HF_LIMIT, "policy", "longer than %d bytes",
                              HF_TLOG_POLICY_MAX_BYTES);
    }
    struct hf_tlog_policy *policy = calloc(1, sizeof(*policy));
    if (!policy) {
        HF_FAIL(NOMEM);
    }
    struct reading reading = {policy, reterr};
    hf_status status = read_all(&reading, text);
    if (!hf_is_ok(status)) {
        hf_tlog_policy_free(policy);
        return status;
    }
    *ret_policy = policy;
    return HF_DONE;
}

void hf_tlog_policy_free(struct hf_tlog_policy *policy)
{
    if (!policy) {
        return;
    }
    for (unsigned i = 0; i < policy->n_logs; i++) {
        hf_note_key_clear(&policy->logs[i]);
    }
    for (unsigned i = 0; i < policy->n_nodes; i++) {
        hf_note_key_clear(&policy->nodes[i].key);
    }
    free(policy);
}

hf_status hf_tlog_policy_write(const char *origin, const struct hf_key *key, hf_buf *buf)
{
    HF_TRY(hf_buf_append_string(buf, "log "));
    HF_TRY(hf_note_key_write(origin, HF_NOTE_ED25519, key, buf));
    return hf_buf_append_string(buf, "\nquorum none\n");
}

bool hf_tlog_policy_names(const struct hf_tlog_policy *policy, hf_bytes origin)
{
    for (unsigned i = 0; i < policy->n_logs; i++) {
        if (hf_bytes_equal_string(origin, policy->logs[i].name)) {
            return true;
        }
    }
    return false;
}

static hf_status judge_logs(const struct hf_tlog_policy *policy, const struct hf_note *note,
                            hf_bytes origin, bool *ret_is_signed)
{
    *ret_is_signed = false;
    for (unsigned i = 0; i < policy->n_logs; i++) {
        bool is_signed = false;
        if (!hf_bytes_equal_string(origin, policy->logs[i].name)) {
            continue;
        }
        HF_TRY(hf_note_verify(note, &policy->logs[i], &is_signed, NULL));
        *ret_is_signed |= is_signed;
    }
    return HF_DONE;
}

static bool group_holds(const struct node *group, const bool *holds)
{
    unsigned n = 0;
    for (unsigned i = 0; i < group->n_members; i++) {
        n += holds[group->members[i]];
    }
    return n >= group->threshold;
}

hf_status hf_tlog_policy_judge(const struct hf_tlog_policy *policy, const struct hf_note *note,
                               hf_bytes origin, struct hf_tlog_judgement *ret_judgement)
{
    bool holds[HF_TLOG_POLICY_MAX_NODES] = {false};
    struct hf_tlog_judgement judgement = {0};
    HF_TRY(judge_logs(policy, note, origin, &judgement.is_signed));
    for (unsigned i = 0; i < policy->n_nodes; i++) {
        const struct node *node = &policy->nodes[i];
        if (node->is_group) {
            holds[i] = group_holds(node, holds);
            continue;
        }
        HF_TRY(hf_note_verify(note, &node->key, &holds[i], NULL));
        judgement.n_witnesses += holds[i];
    }
    judgement.has_quorum = policy->quorum == NO_QUORUM || holds[policy->quorum];
    *ret_judgement = judgement;
    return HF_DONE;
}
