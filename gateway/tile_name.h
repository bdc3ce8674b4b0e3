/*
 * The name of a tile as C2SP tlog-tiles spells it in a path: <L>/<N>[.p/<W>].
 */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

enum { HF_TILE_HASHES = 256 };

struct hf_tile_name {
    unsigned level;    /* 0..63 */
    uint64_t number;   /* of the tile within its level */
    unsigned n_hashes; /* 1..256; less than 256: a partial tile */
};

/**
 * hf_tile_name_parse() - read a tile's name
 * @path:     what stands behind `/tile/`
 * @ret_name: set only on success
 *
 * N is written in groups of three digits, all but the last with an `x` before them; one spelling
 * for each name: a full tile is not written as partial, no group of zeros stands in front. Errors:
 * NOT_FOUND. Source: C2SP tlog-tiles, "Merkle Tree".
 */
hf_status hf_tile_name_parse(hf_bytes path, struct hf_tile_name *ret_name);
