/*
 * A checkpoint: what a log's key signs. C2SP tlog-checkpoint v1.0.0:
 *   <origin>\n<size>\n<base64(root)>\n, then extension lines, which ours never have.
 */
#pragma once

#include "audit/proof.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/status.h"

struct hf_checkpoint {
    hf_bytes origin; /* view into the note */
    struct hf_tree_head head;
};

/* Appends the text to be signed. Errors: LIMIT, NOMEM. */
hf_status hf_checkpoint_write(const char *origin, const struct hf_tree_head *head, hf_buf *buf);

/**
 * hf_checkpoint_parse() - read a signed note's text, or the whole note, as a checkpoint
 * @text: untrusted; must outlive @ret_checkpoint; signatures are not looked at
 *
 * Extension lines are allowed and not read. Errors: LOG_TAMPERED.
 */
hf_status hf_checkpoint_parse(hf_bytes text, struct hf_checkpoint *ret_checkpoint,
                              struct hf_problem *reterr);
