/*
 * Claims as a person writes them: a JSON object in a file, with what has one sensible value left
 * out.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "cli/command.h"

enum { HF_CLAIMS_FILE_MAX_BYTES = 1 << 16, HF_CLAIMS_ARENA_BYTES = 2 << 20 };

/**
 * hf_claims_file_read() - a file of claims as the payload that would be signed
 * @path:    "-" is standard input
 * @payload: the object, members as they stand in the file; missing ver, jti, iat, nbf and nonce are
 *           added behind them
 *
 * Whether the claims are good is not judged here. Prints the problem itself. Returns HF_EXIT_YES or
 * what the command should return.
 */
enum hf_exit hf_claims_file_read(const struct hf_cli *cli, const char *path, struct hf_arena *arena,
                                 hf_buf *payload);

/**
 * hf_claims_file_read_as_written() - the same, in the very bytes of the file
 * @ret_n_own_bytes: what stands in @payload before that offset stands at the same place in the file
 */
enum hf_exit hf_claims_file_read_as_written(const struct hf_cli *cli, const char *path,
                                            struct hf_arena *arena, hf_buf *payload,
                                            size_t *ret_n_own_bytes);
