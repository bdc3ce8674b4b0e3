/*
 * The catalogs and the policy that a command line names, read and compiled.
 */
#pragma once

#include "base/buf.h"
#include "cli/command.h"
#include "policy/catalog.h"
#include "policy/rule.h"

struct hf_policy_catalog {
    const char *path;
    hf_buf text;
    struct hf_catalog *catalog; /* NULL: it has mistakes */
};

struct hf_policy_files {
    struct hf_policy_catalog catalogs[HF_MAX_OPERANDS];
    size_t n_catalogs;
    const char *policy_path;
    hf_buf policy_text;
    struct hf_policy *policy; /* NULL: it has mistakes */
};

/* Frees what was read; a zeroed object is fine. */
void hf_policy_files_clear(struct hf_policy_files *files);

/* Which documents. */
struct hf_policy_paths {
    const char *const *catalogs;
    size_t n_catalogs; /* at most HF_MAX_OPERANDS */
    const char *policy;
};

/* Who hears of mistakes: called with those of each document that has some. NULL in its place: they
 * are printed. */
struct hf_policy_listener {
    void (*on_problems)(void *context, const char *path, const struct hf_problems *problems);
    void *context;
};

/* hf_policy_files_read() of documents that no command line names. */
enum hf_exit hf_policy_files_load(const struct hf_cli *cli, const struct hf_policy_paths *paths,
                                  const struct hf_policy_listener *listener,
                                  struct hf_policy_files *ret_files);

/**
 * hf_policy_files_read() - the operands as catalogs, --policy as policy
 * @ret_files: filled as far as reading went; caller clears it whatever is returned
 *
 * Mistakes do not end the reading: the documents that hold are there. Returns HF_EXIT_YES, or after
 * a word on stderr what the command should return: a file cannot be read, or memory is short.
 */
enum hf_exit hf_policy_files_read(const struct hf_cli *cli, const struct hf_arguments *arguments,
                                  const struct hf_policy_listener *listener,
                                  struct hf_policy_files *ret_files);
