/*
 * Machines without AVX2 instructions: the plain loop serves. Built instead of detect_skip_avx2.c.
 */
#include "policy/detect_skip.h"

hf_detect_skip_fn *hf_detect_skip_avx2(void)
{
    return NULL;
}
