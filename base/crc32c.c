/*
 * Two ways to one checksum: the processor's crc32 instruction where it has one, eight bytes a step,
 * and a table elsewhere. The choice is made once; the unit test holds both against each other.
 */
#include "base/crc32c.h"

#include <pthread.h>

enum { POLYNOMIAL_REFLECTED = (int)0x82f63b78 };

static uint32_t table[256];
static bool has_instruction;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void prepare(void)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1) ? (uint32_t)POLYNOMIAL_REFLECTED : 0);
        }
        table[i] = crc;
    }
#ifdef __x86_64__
    has_instruction = __builtin_cpu_supports("sse4.2") != 0;
#endif
}

static uint32_t extend_by_table(uint32_t crc, hf_bytes bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        crc = (crc >> 8) ^ table[(crc ^ bytes.data[i]) & 0xff];
    }
    return crc;
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t extend_by_instruction(uint32_t crc,
                                                                        hf_bytes bytes)
{
    uint64_t wide = crc;
    size_t i = 0;
    for (; i + 8 <= bytes.size; i += 8) {
        uint64_t word;
        memcpy(&word, bytes.data + i, sizeof(word));
        wide = __builtin_ia32_crc32di(wide, word);
    }
    uint32_t narrow = (uint32_t)wide;
    for (; i < bytes.size; i++) {
        narrow = __builtin_ia32_crc32qi(narrow, bytes.data[i]);
    }
    return narrow;
}
#else
static uint32_t extend_by_instruction(uint32_t crc, hf_bytes bytes)
{
    return extend_by_table(crc, bytes);
}
#endif

uint32_t hf_crc32c_extend(uint32_t crc, hf_bytes bytes)
{
    pthread_once(&once, prepare);
    return ~(has_instruction ? extend_by_instruction(~crc, bytes) : extend_by_table(~crc, bytes));
}

uint32_t hf_crc32c_extend_portable(uint32_t crc, hf_bytes bytes)
{
    pthread_once(&once, prepare);
    return ~extend_by_table(~crc, bytes);
}
