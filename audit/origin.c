/*
 * The one-line file that names a log. A folder without it is no log.
 */
#include "audit/origin.h"

#include "audit/note.h"
#include "base/file.h"

#include <limits.h>

bool hf_log_origin_is_valid(hf_bytes origin)
{
    if (origin.size > HF_LOG_ORIGIN_MAX_BYTES || !hf_note_name_is_valid(origin)) {
        return false;
    }
    for (size_t i = 0; i < origin.size; i++) {
        if (origin.data[i] > 0x7e) {
            return false;
        }
    }
    return true;
}

hf_status hf_log_origin_read(const char *folder,
                             char ret_origin[static HF_LOG_ORIGIN_MAX_BYTES + 1])
{
    char path[PATH_MAX];
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_LOG_ORIGIN_MAX_BYTES + 1);
    HF_TRY(hf_path_join(path, sizeof(path), folder, "origin"));
    hf_status status = hf_file_read(path, &text);
    if (status.code == HF_LIMIT) {
        HF_FAIL(LOG_CORRUPT);
    }
    HF_TRY(status);
    if (text.size < 2 || text.data[text.size - 1] != '\n' ||
        !hf_log_origin_is_valid(hf_bytes_of(text.data, text.size - 1))) {
        HF_FAIL(LOG_CORRUPT);
    }
    memcpy(ret_origin, text.data, text.size - 1);
    ret_origin[text.size - 1] = '\0';
    return HF_DONE;
}
