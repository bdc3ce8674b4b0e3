/*
 * The DER reader. It decides what a length may look like and nothing about what it frames; whoever
 * reads a structure says which tags it expects, in order, and that nothing is left over.
 */
#include "crypto/der.h"

bool hf_der_take(hf_bytes *in, uint8_t tag, hf_bytes *ret_content)
{
    if (in->size < 2 || in->data[0] != tag) {
        return false;
    }
    size_t n_header = 2;
    size_t n = in->data[1];
    if (n >= 0x80) {
        size_t n_octets = n - 0x80;
        if (n_octets < 1 || n_octets > 2 || in->size < 2 + n_octets) {
            return false;
        }
        n = n_octets == 1 ? in->data[2] : (size_t)in->data[2] << 8 | in->data[3];
        if (n < (n_octets == 1 ? 0x80U : 0x100U)) { /* = X.690 10.1: the shortest form */
            return false;
        }
        n_header += n_octets;
    }
    if (in->size - n_header < n) {
        return false;
    }
    *ret_content = hf_bytes_of(in->data + n_header, n);
    *in = hf_bytes_skip(*in, n_header + n);
    return true;
}
