/* Targets: audit/note.c, audit/checkpoint.c. Claims: text and signature lines lie within the note;
 * a checkpoint that is accepted is spelled as we would spell it; no random note verifies. */
#include "audit/checkpoint.h"
#include "audit/note.h"
#include "tests/fuzz/fuzz.h"

static const char vkey[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

static void check_checkpoint(hf_bytes text)
{
    struct hf_checkpoint checkpoint;
    char origin[HF_NOTE_MAX_BYTES + 1];
    HF_CLEANUP(hf_buf_clear) hf_buf again = hf_buf_init(2 * HF_NOTE_MAX_BYTES);
    if (!hf_is_ok(hf_checkpoint_parse(text, &checkpoint, NULL))) {
        return;
    }
    fuzz_require(checkpoint.origin.size < sizeof(origin));
    memcpy(origin, checkpoint.origin.data, checkpoint.origin.size);
    origin[checkpoint.origin.size] = '\0';
    fuzz_require(hf_is_ok(hf_checkpoint_write(origin, &checkpoint.head, &again)));
    fuzz_require(hf_bytes_starts_with(text, hf_buf_view(&again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hf_note note;
    bool is_signed = false;
    HF_CLEANUP(hf_note_key_clear) struct hf_note_key key = {0};
    if (!hf_is_ok(hf_note_parse(hf_bytes_of(data, size), &note, NULL))) {
        return 0;
    }
    fuzz_require(note.text.data == data && note.text.size < size);
    fuzz_require(note.n_signatures >= 1 && note.n_signatures <= HF_NOTE_MAX_SIGNATURES);
    check_checkpoint(note.text);
    fuzz_require(hf_is_ok(hf_note_key_parse(hf_bytes_of_string(vkey), &key)));
    hf_ignore(hf_note_verify(&note, &key, &is_signed, NULL));
    return 0;
}
