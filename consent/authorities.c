/*
 * Which authorities are believed, and where each writes the code of the enterprise that it
 * certifies. The code is folded to upper case and its check character verified: a place that holds
 * anything else names nobody.
 *
 * A set is built once and never changes. A token remembers by number which set judged its
 * certificates, so that after a reload the question is put again and not answered from memory.
 */
#include "consent/authorities.h"

#include "base/file.h"
#include "base/uscc.h"
#include "consent/members.h"
#include "crypto/chain.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PATH_BYTES = 4096,
    TREE_BYTES = 1 << 16,
    NAME_MAX_BYTES = 255,
    PLACE_MAX_BYTES = 64,
    PREFIX_MAX_BYTES = 64,
    MAX_AGE_HOURS = 24 * 366,
    HOUR_S = 3600
};

struct authority {
    struct hf_chain_root *root;
    struct hf_chain_place place; /* into the texts below */
    char place_text[PLACE_MAX_BYTES + 1];
    char prefix[PREFIX_MAX_BYTES + 1];
    int64_t crl_max_age_s;
};

struct hf_authorities {
    atomic_size_t n_refs;
    uint64_t set;
    size_t n_authorities;
    struct authority authorities[HF_AUTHORITIES_MAX];
};

struct hf_authorities *hf_authorities_ref(struct hf_authorities *authorities)
{
    atomic_fetch_add_explicit(&authorities->n_refs, 1, memory_order_relaxed);
    return authorities;
}

void hf_authorities_unref(struct hf_authorities *authorities)
{
    if (!authorities ||
        atomic_fetch_sub_explicit(&authorities->n_refs, 1, memory_order_acq_rel) > 1) {
        return;
    }
    for (size_t i = 0; i < authorities->n_authorities; i++) {
        hf_chain_root_free(authorities->authorities[i].root);
    }
    free(authorities);
}

static void unref_authorities(struct hf_authorities **authorities)
{
    hf_authorities_unref(*authorities);
}

uint64_t hf_authorities_set(const struct hf_authorities *authorities)
{
    return authorities->set;
}

/* ---- loading ---- */

/* A file on its way in: of which authority, and what may be blamed. */
struct loading {
    const char *folder;
    struct authority *authority;
    struct hf_problem *reterr;
};

static hf_status read_file(const struct loading *loading, const char *path, hf_buf *content)
{
    hf_status status = hf_file_read(path, content);
    return hf_is_ok(status) ? status
                            : hf_problem_set(loading->reterr, status.code, path,
                                             "cannot be read, or is too large");
}

/* What a file of the authority is blamed for: its path, and the reader's sentence. */
static hf_status blame_file(const struct loading *loading, const char *path, hf_status status,
                            const struct hf_problem *problem)
{
    if (hf_is_ok(status) || status.code == HF_NOMEM) {
        return status;
    }
    return hf_problem_set(loading->reterr, HF_CONFIG_INVALID, path, "%s", problem->detail);
}

static hf_status load_root(const struct loading *loading, const char *path)
{
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_buf_clear) hf_buf pem = hf_buf_init(4 * HF_CHAIN_CERT_MAX_BYTES);
    HF_TRY(read_file(loading, path, &pem));
    hf_status status = hf_chain_root_new(hf_buf_view(&pem), &loading->authority->root, &problem);
    return blame_file(loading, path, status, &problem);
}

static hf_status load_crl(const struct loading *loading, const char *path)
{
    struct hf_problem problem = {0};
    HF_CLEANUP(hf_buf_clear) hf_buf list = hf_buf_init(HF_CHAIN_CRL_MAX_BYTES);
    HF_TRY(read_file(loading, path, &list));
    hf_status status =
        hf_chain_root_add_crl(loading->authority->root, hf_buf_view(&list), &problem);
    return blame_file(loading, path, status, &problem);
}

static hf_status load_crls(const struct loading *loading, const char *folder)
{
    HF_CLEANUP(hf_folder_names_clear) struct hf_folder_names list = {0};
    hf_status status =
        hf_folder_list(folder, "", HF_AUTHORITY_MAX_CRLS, &list.names, &list.n_names);
    if (!hf_is_ok(status)) {
        return hf_problem_set(loading->reterr, status.code, folder,
                              "the folder of lists of revocations cannot be read");
    }
    for (size_t i = 0; i < list.n_names; i++) {
        char path[PATH_BYTES];
        HF_TRY(hf_path_join(path, sizeof path, folder, list.names[i]));
        HF_TRY(load_crl(loading, path));
    }
    return hf_chain_root_has_own_crl(loading->authority->root)
               ? HF_DONE
               : hf_problem_set(loading->reterr, HF_CONFIG_INVALID, folder,
                                "holds no list of revocations of the root's");
}

static hf_status read_place(const struct hf_members *root, struct authority *authority)
{
    static const char *const names[] = {"subject", "extension", "prefix", NULL};
    const struct hf_json *value = NULL;
    struct hf_members uscc;
    hf_bytes text;
    HF_TRY(hf_members_get(root, "uscc", HF_JSON_OBJECT, &value));
    HF_TRY(hf_members_open(root, value, "uscc", names, &uscc));
    bool is_subject = hf_json_member(value, "subject") != NULL;
    if (is_subject == (hf_json_member(value, "extension") != NULL)) {
        return hf_members_wrong(&uscc, NULL, "must have one of subject and extension");
    }
    const char *name = is_subject ? "subject" : "extension";
    HF_TRY(hf_members_string(&uscc, name, 1, PLACE_MAX_BYTES, &text));
    memcpy(authority->place_text, text.data, text.size); /* zeroed behind, as the prefix below */
    *(is_subject ? &authority->place.subject : &authority->place.extension) = authority->place_text;
    if (!hf_chain_place_ok(&authority->place)) {
        return hf_members_wrong(&uscc, name, "must be a known name or a dotted identifier");
    }
    if (hf_json_member(value, "prefix")) {
        HF_TRY(hf_members_string(&uscc, "prefix", 1, PREFIX_MAX_BYTES, &text));
        memcpy(authority->prefix, text.data, text.size);
    }
    return HF_DONE;
}

/* A name in the authorities' own folder, as a path. */
static hf_status read_path(const struct hf_members *root, const char *name, const char *folder,
                           char ret_path[static PATH_BYTES])
{
    char file[NAME_MAX_BYTES + 1] = "";
    hf_bytes text;
    HF_TRY(hf_members_string(root, name, 1, NAME_MAX_BYTES, &text));
    if (memchr(text.data, '/', text.size) || text.data[0] == '.') {
        return hf_members_wrong(root, name, "must be a name in the same folder");
    }
    memcpy(file, text.data, text.size);
    return hf_path_join(ret_path, PATH_BYTES, folder, file);
}

static hf_status load_authority(const struct loading *loading, hf_bytes text, const char *name)
{
    static const struct hf_json_limits limits = {.max_bytes = HF_AUTHORITY_FILE_MAX_BYTES,
                                                 .max_depth = 3,
                                                 .max_values = 32,
                                                 .max_string_bytes = 1024};
    static const char *const names[] = {"root", "crls", "crl_max_age_hours", "uscc", NULL};
    HF_CLEANUP(hf_arena_clear) struct hf_arena arena = hf_arena_init(TREE_BYTES);
    struct hf_members root = {
        .text = text, .code = HF_CONFIG_INVALID, .file = name, .reterr = loading->reterr};
    char root_path[PATH_BYTES];
    char crls_path[PATH_BYTES];
    int64_t hours;
    HF_TRY(hf_members_parse(&root, &limits, &arena, names));
    HF_TRY(read_path(&root, "root", loading->folder, root_path));
    HF_TRY(read_path(&root, "crls", loading->folder, crls_path));
    HF_TRY(hf_members_integer(&root, "crl_max_age_hours", 1, MAX_AGE_HOURS, &hours));
    HF_TRY(read_place(&root, loading->authority));
    loading->authority->crl_max_age_s = hours * HOUR_S;
    HF_TRY(load_root(loading, root_path));
    return load_crls(loading, crls_path);
}

static hf_status load_named(struct hf_authorities *authorities, const char *folder,
                            const char *name, struct hf_problem *reterr)
{
    char path[PATH_BYTES];
    const struct loading loading = {folder, &authorities->authorities[authorities->n_authorities],
                                    reterr};
    HF_CLEANUP(hf_buf_clear) hf_buf text = hf_buf_init(HF_AUTHORITY_FILE_MAX_BYTES);
    HF_TRY(hf_path_join(path, sizeof path, folder, name));
    HF_TRY(read_file(&loading, path, &text));
    authorities->n_authorities++; /* what of it is loaded goes with the set */
    return load_authority(&loading, hf_buf_view(&text), name);
}

hf_status hf_authorities_load(const char *folder, struct hf_authorities **ret_authorities,
                              struct hf_problem *reterr)
{
    static atomic_uint_fast64_t n_sets;
    HF_CLEANUP(hf_folder_names_clear) struct hf_folder_names list = {0};
    HF_CLEANUP(unref_authorities)
    struct hf_authorities *authorities = calloc(1, sizeof *authorities);
    if (!authorities) {
        HF_FAIL(NOMEM);
    }
    atomic_init(&authorities->n_refs, 1);
    authorities->set = atomic_fetch_add_explicit(&n_sets, 1, memory_order_relaxed) + 1;
    hf_status status =
        hf_folder_list(folder, ".json", HF_AUTHORITIES_MAX, &list.names, &list.n_names);
    if (!hf_is_ok(status)) {
        return hf_problem_set(reterr, status.code, NULL, "the authorities' folder cannot be read");
    }
    for (size_t i = 0; i < list.n_names; i++) {
        HF_TRY(load_named(authorities, folder, list.names[i], reterr));
    }
    *ret_authorities = authorities;
    authorities = NULL;
    return HF_DONE;
}

/* ---- certifying ---- */

void hf_certified_clear(struct hf_certified *certified)
{
    hf_key_unref(certified->key);
    *certified = (struct hf_certified){.iss = ""};
}

static hf_status refuse(struct hf_problem *reterr, const char *sentence)
{
    return hf_problem_set(reterr, HF_CONSENT_SIGNATURE_INVALID, "header.x5c", "%s", sentence);
}

static hf_bytes trim(hf_bytes text)
{
    while (text.size > 0 && text.data[0] == ' ') {
        text = hf_bytes_skip(text, 1);
    }
    while (text.size > 0 && text.data[text.size - 1] == ' ') {
        text.size--;
    }
    return text;
}

/* The enterprise that the certificate is about. */
static hf_status read_iss(const struct authority *authority, hf_bytes cert,
                          char ret_iss[static HF_PARTY_MAX_BYTES + 1], struct hf_problem *reterr)
{
    HF_CLEANUP(hf_buf_clear) hf_buf name = hf_buf_init(HF_CHAIN_CERT_MAX_BYTES);
    char uscc[HF_USCC_CHARS];
    hf_status status = hf_chain_read_name(cert, &authority->place, &name);
    if (status.code == HF_NOMEM) {
        return status;
    }
    hf_bytes prefix = hf_bytes_of_string(authority->prefix);
    hf_bytes text = trim(hf_buf_view(&name));
    if (!hf_is_ok(status) || !hf_bytes_starts_with(text, prefix) ||
        text.size != prefix.size + HF_USCC_CHARS) {
        return refuse(reterr, "the certificate has no code of an enterprise at its place");
    }
    for (size_t i = 0; i < HF_USCC_CHARS; i++) {
        uint8_t c = text.data[prefix.size + i];
        uscc[i] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    if (!hf_uscc_is_valid(hf_bytes_of(uscc, sizeof uscc))) {
        return refuse(reterr, "the certificate's code of an enterprise is not valid");
    }
    snprintf(ret_iss, HF_PARTY_MAX_BYTES + 1, "uscc:%.*s", HF_USCC_CHARS, uscc);
    return HF_DONE;
}

static struct hf_certificate_standing standing_of(const struct hf_authorities *authorities,
                                                  const struct authority *authority,
                                                  const struct hf_chain *chain)
{
    struct hf_certificate_standing standing = {.set = authorities->set,
                                               .not_before_unix_s = chain->not_before_unix_s,
                                               .not_after_unix_s = chain->not_after_unix_s,
                                               .revoked_at_unix_s = chain->revoked_at_unix_s,
                                               .fresh_until_unix_s = chain->crls_updated_unix_s +
                                                                     authority->crl_max_age_s};
    if (chain->crls_next_update_unix_s &&
        chain->crls_next_update_unix_s < standing.fresh_until_unix_s) {
        standing.fresh_until_unix_s = chain->crls_next_update_unix_s;
    }
    return standing;
}

static void clear_chain(struct hf_chain *chain)
{
    hf_chain_clear(chain);
}

/* Under one authority. NOT_FOUND: the chain leads to none of its root. */
static hf_status certify(const struct hf_authorities *authorities,
                         const struct authority *authority, const struct hf_jws *jws,
                         struct hf_certified *ret_certified, struct hf_problem *reterr)
{
    HF_CLEANUP(clear_chain) struct hf_chain chain = {0};
    struct hf_problem problem = {0};
    struct hf_certified certified = {.iss = ""};
    hf_status status = hf_chain_verify(authority->root, jws->certs, jws->n_certs, &chain, &problem);
    if (status.code == HF_SIGNATURE_INVALID) {
        return refuse(reterr, problem.detail);
    }
    HF_TRY(status);
    HF_TRY(read_iss(authority, jws->certs[0], certified.iss, reterr));
    certified.standing = standing_of(authorities, authority, &chain);
    certified.key = hf_key_ref(chain.key);
    *ret_certified = certified;
    return HF_DONE;
}

hf_status hf_authorities_certify(const struct hf_authorities *authorities, const struct hf_jws *jws,
                                 struct hf_certified *ret_certified, struct hf_problem *reterr)
{
    hf_status last = hf_status_of(HF_NOT_FOUND);
    for (size_t i = 0; i < authorities->n_authorities; i++) {
        hf_status status =
            certify(authorities, &authorities->authorities[i], jws, ret_certified, reterr);
        if (hf_is_ok(status) || status.code == HF_NOMEM) {
            return status;
        }
        if (status.code != HF_NOT_FOUND) {
            last = status; /* another root may have the same name: one that was renewed */
        }
    }
    return last.code == HF_NOT_FOUND ? refuse(reterr, "the certificates lead to no authority")
                                     : last;
}

hf_status hf_certificate_judge(const struct hf_certificate_standing *standing,
                               int64_t received_unix_s, int64_t now_unix_s)
{
    if (received_unix_s < standing->not_before_unix_s ||
        received_unix_s >= standing->not_after_unix_s) {
        HF_FAIL(CONSENT_SIGNATURE_INVALID);
    }
    if (standing->revoked_at_unix_s) { /* whatever the hour: a date ahead puts no end off */
        return hf_status_of(received_unix_s >= standing->revoked_at_unix_s
                                ? HF_CONSENT_SIGNATURE_INVALID
                                : HF_CONSENT_REVOKED);
    }
    if (now_unix_s >= standing->fresh_until_unix_s) {
        HF_FAIL(CONSENT_SIGNATURE_INVALID); /* nobody knows whether it was revoked since */
    }
    return HF_DONE;
}
