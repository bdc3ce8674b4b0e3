/*
 * The auditor's policy: which keys are the log's, which witnesses must have cosigned. C2SP
 * tlog-policy, a text file of lines
 *   log <vkey> [url]    witness <name> <vkey> [url]    group <name> all|any|<k> <member>…
 *   quorum <name>|none                                  (exactly one; # begins a comment line)
 *
 * A key that is found inside a log proves nothing; this file is what the auditor was given by hand.
 */
#pragma once

#include "audit/note.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"

enum {
    HF_TLOG_POLICY_MAX_BYTES = 65536,
    HF_TLOG_POLICY_MAX_LOGS = 64,
    HF_TLOG_POLICY_MAX_NODES = 128, /* witnesses and groups */
    HF_TLOG_POLICY_MAX_MEMBERS = 64
};

struct hf_tlog_policy;

/**
 * hf_tlog_policy_parse() - read a policy
 * @text:       untrusted
 * @ret_policy: caller owns, hf_tlog_policy_free()
 * @reterr:     may be NULL; with the line
 *
 * Names must be defined above the line that uses them, and once; at least one log.
 * Errors: CONFIG_INVALID, LIMIT (file, lines of a kind), NOMEM.
 */
hf_status hf_tlog_policy_parse(hf_bytes text, struct hf_tlog_policy **ret_policy,
                               struct hf_problem *reterr);
void hf_tlog_policy_free(struct hf_tlog_policy *policy); /* NULL is fine */

/**
 * hf_tlog_policy_write() - the smallest policy: this log's key, no quorum
 *
 * What `hufu init` gives to an auditor. Errors: KEY_UNSUPPORTED, LIMIT, NOMEM.
 */
hf_status hf_tlog_policy_write(const char *origin, const struct hf_key *key, hf_buf *buf);

/* Whether any log key of the policy has this name. */
bool hf_tlog_policy_names(const struct hf_tlog_policy *policy, hf_bytes origin);

/* What a policy says of one checkpoint. */
struct hf_tlog_judgement {
    bool is_signed;       /* by a log key whose name is the checkpoint's origin */
    bool has_quorum;      /* true when the policy asks for none */
    unsigned n_witnesses; /* of the policy, that have cosigned */
};

/**
 * hf_tlog_policy_judge() - hold a note against the policy
 * @origin: first line of the note
 *
 * Signatures by unknown keys are passed over. Errors: SIGNATURE_INVALID (a known key's signature
 * that does not hold, of a log or a witness).
 */
hf_status hf_tlog_policy_judge(const struct hf_tlog_policy *policy, const struct hf_note *note,
                               hf_bytes origin, struct hf_tlog_judgement *ret_judgement);
