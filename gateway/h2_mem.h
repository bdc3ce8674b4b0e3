/*
 * Memory for nghttp2's sessions. Included by gateway/h2_*.c only.
 */
#pragma once

#include "base/blocks.h"

#include <nghttp2/nghttp2.h>

/* An allocator on @blocks, for nghttp2_session_*_new3(), which copies it. @blocks must outlive the
 * session and every nghttp2_rcbuf of it. */
nghttp2_mem hf_h2_mem(struct hf_blocks *blocks);
