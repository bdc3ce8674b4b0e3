/*
 * Encoding and decoding of the segment's bytes, nothing more: whether frames follow one another
 * rightly is the chain's affair (chain.c), where they lie is the reader's (reader.c).
 *
 * Every byte is checked: reserved ones must be zero, lengths exact, so that no flipped bit can
 * hide.
 */
#include "audit/frame.h"

#include "base/crc32c.h"

#include <endian.h>

static const uint8_t magic[8] = {'H', 'F', 'L', 'O', 'G', 0, 1, '\n'};
enum { MAJOR = 1, MINOR = 0 };

static void put16(uint8_t *at, uint16_t value)
{
    value = htole16(value);
    memcpy(at, &value, sizeof(value));
}

static void put32(uint8_t *at, uint32_t value)
{
    value = htole32(value);
    memcpy(at, &value, sizeof(value));
}

static void put64(uint8_t *at, uint64_t value)
{
    value = htole64(value);
    memcpy(at, &value, sizeof(value));
}

static uint16_t get16(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof(value));
    return le16toh(value);
}

static uint32_t get32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return le32toh(value);
}

static uint64_t get64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return le64toh(value);
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i]) {
            return false;
        }
    }
    return true;
}

/* Places of the header's fields. */
enum {
    AT_MAJOR = 8,
    AT_MINOR = 10,
    AT_LENGTH = 12,
    AT_FIRST = 16,
    AT_PREV = 24,
    AT_ROOT = 56,
    AT_SALT = 88,
    AT_CREATED = 104,
    AT_ORIGIN_LENGTH = 112,
    AT_ORIGIN = 114,
    AT_CRC = HF_SEGMENT_HEADER_BYTES - 4
};

static uint32_t header_crc(const uint8_t *bytes)
{
    return hf_crc32c_mask(hf_crc32c_extend(0, hf_bytes_of(bytes, AT_CRC)));
}

void hf_segment_header_write(const struct hf_segment_header *header,
                             uint8_t ret_bytes[static HF_SEGMENT_HEADER_BYTES])
{
    size_t origin_size = strlen(header->origin);
    memset(ret_bytes, 0, HF_SEGMENT_HEADER_BYTES);
    memcpy(ret_bytes, magic, sizeof(magic));
    put16(ret_bytes + AT_MAJOR, MAJOR);
    put16(ret_bytes + AT_MINOR, MINOR);
    put32(ret_bytes + AT_LENGTH, HF_SEGMENT_HEADER_BYTES);
    put64(ret_bytes + AT_FIRST, header->first_index);
    memcpy(ret_bytes + AT_PREV, header->prev, HF_SHA256_BYTES);
    memcpy(ret_bytes + AT_ROOT, header->root, HF_SHA256_BYTES);
    memcpy(ret_bytes + AT_SALT, header->salt, HF_SEGMENT_SALT_BYTES);
    put64(ret_bytes + AT_CREATED, header->created_unix_ns);
    put16(ret_bytes + AT_ORIGIN_LENGTH, (uint16_t)origin_size);
    memcpy(ret_bytes + AT_ORIGIN, header->origin, origin_size);
    put32(ret_bytes + AT_CRC, header_crc(ret_bytes));
}

static hf_status header_problem(struct hf_problem *reterr, size_t offset, const char *what)
{
    if (reterr) {
        reterr->offset = offset;
    }
    return hf_problem_set(reterr, HF_LOG_CORRUPT, "header", "%s", what);
}

hf_status hf_segment_header_parse(const uint8_t bytes[static HF_SEGMENT_HEADER_BYTES],
                                  struct hf_segment_header *ret_header, struct hf_problem *reterr)
{
    if (memcmp(bytes, magic, sizeof(magic)) != 0) {
        return header_problem(reterr, 0, "not a segment of this log: the magic differs");
    }
    if (get16(bytes + AT_MAJOR) != MAJOR) {
        return header_problem(reterr, AT_MAJOR, "a format that this program does not know");
    }
    if (get32(bytes + AT_CRC) != header_crc(bytes)) {
        return header_problem(reterr, AT_CRC, "the header's checksum differs");
    }
    size_t origin_size = get16(bytes + AT_ORIGIN_LENGTH);
    if (get32(bytes + AT_LENGTH) != HF_SEGMENT_HEADER_BYTES || origin_size == 0 ||
        origin_size > HF_LOG_ORIGIN_MAX_BYTES ||
        memchr(bytes + AT_ORIGIN, 0, origin_size) != NULL ||
        !is_zero(bytes + AT_ORIGIN + origin_size, AT_CRC - AT_ORIGIN - origin_size)) {
        return header_problem(reterr, AT_LENGTH, "a field of the header is out of bounds");
    }
    struct hf_segment_header header = {
        .first_index = get64(bytes + AT_FIRST),
        .created_unix_ns = get64(bytes + AT_CREATED),
    };
    memcpy(header.prev, bytes + AT_PREV, HF_SHA256_BYTES);
    memcpy(header.root, bytes + AT_ROOT, HF_SHA256_BYTES);
    memcpy(header.salt, bytes + AT_SALT, HF_SEGMENT_SALT_BYTES);
    memcpy(header.origin, bytes + AT_ORIGIN, origin_size);
    *ret_header = header;
    return HF_DONE;
}

size_t hf_frame_wanted(hf_bytes bytes)
{
    if (bytes.size < HF_FRAME_HEADER_BYTES) {
        return HF_FRAME_HEADER_BYTES;
    }
    uint32_t length = get32(bytes.data + 4);
    return length > HF_FRAME_MAX_PAYLOAD_BYTES ? HF_FRAME_HEADER_BYTES : hf_frame_size(length);
}

static uint32_t frame_crc(const uint8_t *salt, const uint8_t *frame, size_t size)
{
    uint32_t crc = hf_crc32c_extend(0, hf_bytes_of(salt, HF_SEGMENT_SALT_BYTES));
    return hf_crc32c_mask(hf_crc32c_extend(crc, hf_bytes_of(frame + 4, size - 4)));
}

hf_status hf_frame_begin(hf_buf *buf, size_t *ret_begin)
{
    HF_TRY(hf_buf_reserve(buf, HF_FRAME_HEADER_BYTES));
    *ret_begin = buf->size;
    buf->size += HF_FRAME_HEADER_BYTES;
    return HF_DONE;
}

hf_status hf_frame_end(const struct hf_frame *frame,
                       const uint8_t salt[static HF_SEGMENT_SALT_BYTES], hf_buf *buf, size_t begin)
{
    const size_t used = buf->size - begin;
    const size_t payload_bytes = used - HF_FRAME_HEADER_BYTES;
    const size_t size = hf_frame_size(payload_bytes);
    hf_status status = hf_status_of(HF_BUG);
    if (payload_bytes > 0 && payload_bytes <= HF_FRAME_MAX_PAYLOAD_BYTES) {
        status = hf_buf_reserve(buf, size - used);
    }
    if (!hf_is_ok(status)) {
        buf->size = begin;
        return status;
    }
    uint8_t *at = buf->data + begin;
    put32(at + 4, (uint32_t)payload_bytes);
    put32(at + 8, (uint32_t)frame->type); /* one byte of type, three of zero */
    put32(at + 12, frame->batch);
    put64(at + 16, frame->number);
    memset(at + used, 0, size - used);
    put32(at, frame_crc(salt, at, size));
    buf->size = begin + size;
    return HF_DONE;
}

hf_status hf_frame_write(const struct hf_frame *frame,
                         const uint8_t salt[static HF_SEGMENT_SALT_BYTES], hf_buf *buf)
{
    size_t begin = 0;
    HF_TRY(hf_frame_begin(buf, &begin));
    hf_status status = hf_buf_append(buf, frame->payload);
    if (!hf_is_ok(status)) {
        buf->size = begin;
        return status;
    }
    return hf_frame_end(frame, salt, buf, begin);
}

/* Which check the frame at @bytes fails, or NULL; sets its size. */
static const char *frame_fault(hf_bytes bytes, const uint8_t *salt, size_t *ret_size)
{
    if (bytes.size < HF_FRAME_HEADER_BYTES) {
        return "the segment ends within a frame's header";
    }
    uint32_t length = get32(bytes.data + 4);
    uint32_t type = get32(bytes.data + 8);
    if (length == 0 || length > HF_FRAME_MAX_PAYLOAD_BYTES) {
        return "a frame's length is out of bounds";
    }
    size_t size = hf_frame_size(length);
    if (size > bytes.size) {
        return "the segment ends within a frame";
    }
    if (type < HF_FRAME_ENTRY || type >= HF_N_FRAME_TYPES) {
        return "a frame's type is not known";
    }
    if (get32(bytes.data) != frame_crc(salt, bytes.data, size)) {
        return "a frame's checksum differs";
    }
    size_t used = HF_FRAME_HEADER_BYTES + length;
    if (!is_zero(bytes.data + used, size - used)) {
        return "a frame's padding is not zero";
    }
    *ret_size = size;
    return NULL;
}

hf_status hf_frame_parse(hf_bytes bytes, const uint8_t salt[static HF_SEGMENT_SALT_BYTES],
                         struct hf_frame *ret_frame, size_t *ret_size, const char **ret_what)
{
    size_t size = 0;
    const char *fault = frame_fault(bytes, salt, &size);
    if (fault) {
        *ret_what = fault;
        HF_FAIL(LOG_CORRUPT);
    }
    *ret_frame = (struct hf_frame){
        .type = (enum hf_frame_type)bytes.data[8],
        .batch = get32(bytes.data + 12),
        .number = get64(bytes.data + 16),
        .payload = hf_bytes_of(bytes.data + HF_FRAME_HEADER_BYTES, get32(bytes.data + 4)),
    };
    *ret_size = size;
    return HF_DONE;
}

void hf_commit_write(const struct hf_commit *commit, uint8_t ret_bytes[static HF_COMMIT_BYTES])
{
    put64(ret_bytes, commit->first_index);
    put32(ret_bytes + 8, commit->n_entries);
    put32(ret_bytes + 12, 0);
    put64(ret_bytes + 16, commit->batch);
    put64(ret_bytes + 24, commit->batch_bytes);
    memcpy(ret_bytes + 32, commit->head, HF_SHA256_BYTES);
    memcpy(ret_bytes + 64, commit->root, HF_SHA256_BYTES);
}

hf_status hf_commit_parse(hf_bytes payload, struct hf_commit *ret_commit)
{
    if (payload.size != HF_COMMIT_BYTES || get32(payload.data + 12) != 0) {
        HF_FAIL(LOG_CORRUPT);
    }
    ret_commit->first_index = get64(payload.data);
    ret_commit->n_entries = get32(payload.data + 8);
    ret_commit->batch = get64(payload.data + 16);
    ret_commit->batch_bytes = get64(payload.data + 24);
    memcpy(ret_commit->head, payload.data + 32, HF_SHA256_BYTES);
    memcpy(ret_commit->root, payload.data + 64, HF_SHA256_BYTES);
    return HF_DONE;
}

void hf_segment_seal_write(const struct hf_segment_seal *seal,
                           uint8_t ret_bytes[static HF_SEAL_FRAME_BYTES])
{
    put64(ret_bytes, (uint64_t)seal->reason); /* one byte of reason, seven of zero */
    put64(ret_bytes + 8, seal->cut_bytes);
    memcpy(ret_bytes + 16, seal->cut_sha256, HF_SHA256_BYTES);
}

hf_status hf_segment_seal_parse(hf_bytes payload, struct hf_segment_seal *ret_seal)
{
    if (payload.size != HF_SEAL_FRAME_BYTES || get64(payload.data) > HF_SEAL_RECOVERED) {
        HF_FAIL(LOG_CORRUPT);
    }
    ret_seal->reason = (enum hf_seal_reason)get64(payload.data);
    ret_seal->cut_bytes = get64(payload.data + 8);
    memcpy(ret_seal->cut_sha256, payload.data + 16, HF_SHA256_BYTES);
    return HF_DONE;
}
