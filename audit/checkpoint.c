/*
 * The three lines of a checkpoint. Who signed it is the note's affair, whether it is true the
 * chain's.
 */
#include "audit/checkpoint.h"

#include "audit/line.h"
#include "crypto/base64.h"

hf_status hf_checkpoint_write(const char *origin, const struct hf_tree_head *head, hf_buf *buf)
{
    HF_TRY(hf_buf_printf(buf, "%s\n%llu\n", origin, (unsigned long long)head->size));
    HF_TRY(hf_base64_encode(hf_bytes_of(head->root, HF_SHA256_BYTES), buf));
    return hf_buf_append_byte(buf, '\n');
}

hf_status hf_checkpoint_parse(hf_bytes text, struct hf_checkpoint *ret_checkpoint,
                              struct hf_problem *reterr)
{
    struct hf_checkpoint checkpoint;
    hf_bytes size;
    hf_bytes root;
    if (!hf_line_take(&text, &checkpoint.origin) || checkpoint.origin.size == 0) {
        return hf_problem_set(reterr, HF_LOG_TAMPERED, "origin", "the checkpoint has no origin");
    }
    if (!hf_line_take(&text, &size) || !hf_line_number(size, &checkpoint.head.size)) {
        return hf_problem_set(reterr, HF_LOG_TAMPERED, "size", "the checkpoint has no size");
    }
    if (!hf_line_take(&text, &root) || !hf_line_hash(root, checkpoint.head.root)) {
        return hf_problem_set(reterr, HF_LOG_TAMPERED, "root", "the checkpoint has no root");
    }
    *ret_checkpoint = checkpoint;
    return HF_DONE;
}
