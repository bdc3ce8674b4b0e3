/*
 * It decides what is worth remembering of a stream: its number, and whether its client may still
 * say something. nghttp2 would keep the whole stream, a hundred of them a connection, which every
 * request then drags through the processor's cache; and of DATA for a stream that it has forgotten
 * it tells nobody. So the heads of frames are read here, too.
 *
 * It refuses to know what is wrong with a frame: nghttp2 reads every byte as well.
 */
#include "gateway/h2_late.h"

#include <stdlib.h>

enum { PREFACE_BYTES = 24, DATA = 0 };

struct hf_h2_late hf_h2_late_init(void)
{
    return (struct hf_h2_late){.n_skip = PREFACE_BYTES};
}

static uint32_t number_of(const uint8_t *bytes, size_t n)
{
    uint32_t number = 0;
    for (size_t i = 0; i < n; i++) {
        number = number << 8 | bytes[i];
    }
    return number;
}

size_t hf_h2_late_scan(struct hf_h2_late *late, hf_bytes bytes, struct hf_h2_data_head *ret_head)
{
    size_t at = 0;
    *ret_head = (struct hf_h2_data_head){.stream_id = 0};
    while (at < bytes.size && ret_head->stream_id == 0) {
        size_t n = bytes.size - at < late->n_skip ? bytes.size - at : late->n_skip;
        late->n_skip -= (uint32_t)n;
        at += n;
        while (late->n_skip == 0 && late->n_head < sizeof late->head && at < bytes.size) {
            late->head[late->n_head++] = bytes.data[at++];
        }
        if (late->n_head == sizeof late->head) { /* = RFC 9113 4.1: length, type, flags, stream */
            late->n_head = 0;
            late->n_skip = number_of(late->head, 3);
            if (late->head[3] == DATA) {
                ret_head->stream_id = (int32_t)(number_of(late->head + 5, 4) & INT32_MAX);
                ret_head->length = late->n_skip;
            }
        }
    }
    return at;
}

void hf_h2_late_add(struct hf_h2_late *late, int32_t stream_id, bool heard_out)
{
    late->over[late->n_over++ % HF_H2_LATE_MAX] = heard_out ? stream_id : -stream_id;
}

/* Its place in the ring, or NULL. */
static const int32_t *place_of(const struct hf_h2_late *late, int32_t stream_id)
{
    size_t n = late->n_over < HF_H2_LATE_MAX ? late->n_over : HF_H2_LATE_MAX;
    for (size_t i = 0; i < n; i++) {
        if (abs(late->over[i]) == stream_id) {
            return &late->over[i];
        }
    }
    return NULL;
}

enum hf_h2_past hf_h2_late_find(const struct hf_h2_late *late, int32_t stream_id)
{
    const int32_t *place = place_of(late, stream_id);
    if (!place) {
        return HF_H2_FORGOTTEN;
    }
    return *place > 0 ? HF_H2_HEARD_OUT : HF_H2_CUT_SHORT;
}

void hf_h2_late_hear_out(struct hf_h2_late *late, int32_t stream_id)
{
    const int32_t *place = place_of(late, stream_id);
    if (place) {
        late->over[place - late->over] = stream_id;
    }
}
