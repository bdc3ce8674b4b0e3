/*
 * The hot loops of the redactor: how far does plain text or white space reach? Each exists twice,
 * in plain C and for AVX2, and a test holds the two equal; the machine decides once which is used.
 */
#pragma once

#include "base/bytes.h"

/* Bytes that copy() may write behind what it returns, and that text() may not. */
enum { HF_SCAN_SLACK_BYTES = 32 };

struct hf_scan {
    /*
     * Length of the longest prefix of @size bytes that is made of whole, well-formed UTF-8
     * characters other than `"`, `\` and U+0000..001F.
     *
     * So the byte behind it, if there is one, is a quote, a backslash, a control character, or the
     * first of a sequence that is malformed or cut off by the end. Cost: O(size) at the most.
     */
    size_t (*text)(const uint8_t *data, size_t size);

    /* Length of the longest prefix of space, tab, line feed and carriage return. */
    size_t (*space)(const uint8_t *data, size_t size);
};

/* What this machine runs fastest. Static storage. */
const struct hf_scan *hf_scan_best(void);

/* The plain ones; always there. */
const struct hf_scan *hf_scan_plain(void);

/* The ones for AVX2; NULL where this machine or this build has none. */
const struct hf_scan *hf_scan_avx2(void);

/**
 * hf_scan_cut() - whether @size bytes are the beginning of a well-formed sequence cut off
 *
 * Returns the length of the whole sequence (2..4) when @size is at least 1, less than that length,
 * and some bytes could follow that make it well-formed; else 0. Source: Unicode table 3-7.
 */
unsigned hf_scan_cut(const uint8_t *data, size_t size);

/* Number of code points in well-formed UTF-8: bytes that do not continue a character. */
size_t hf_scan_count(const uint8_t *data, size_t size);
