/*
 * Machines without AVX2 instructions: the plain scanners serve. Built instead of scan_avx2.c.
 */
#include "policy/scan.h"

const struct hf_scan *hf_scan_avx2(void)
{
    return NULL;
}
