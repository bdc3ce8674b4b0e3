/*
 * Decides what a runnable configuration is: every member known, every needed one there, every
 * number within the range where the limit it sets still protects something. It opens none of the
 * files that it names: whether they hold what they should is for whoever reads them to say.
 *
 * Invariant: a struct hf_config that was returned needs no further check of its own members.
 */
#include "gateway/config.h"

#include "audit/origin.h"
#include "gateway/reader.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIG_ARENA_BYTES = 4 << 20, HTTPS_PORT = 443, PUBLIC_URL_MAX_BYTES = 200 };

#define MEMBER(type, member, reader, is_required)                                                  \
    {                                                                                              \
#member, reader, offsetof(type, member), is_required                                       \
    }

/* host:port, [v6]:port, or host alone where there is a port to assume. */
static hf_status split_address(struct hf_arena *arena, hf_bytes text, uint16_t default_port,
                               struct hf_endpoint *ret_address)
{
    size_t host_end = text.size;
    unsigned long port = default_port;
    bool bracketed = text.size > 0 && text.data[0] == '[';
    const uint8_t *colon = text.size ? memrchr(text.data, ':', text.size) : NULL;
    if (colon && !(bracketed && text.data[text.size - 1] == ']')) {
        host_end = (size_t)(colon - text.data);
        port = 0;
        size_t n_digits = text.size - host_end - 1;
        for (size_t i = host_end + 1; i < text.size; i++) {
            if (text.data[i] < '0' || text.data[i] > '9' || n_digits > 5) {
                HF_FAIL(CONFIG_INVALID);
            }
            port = port * 10 + (text.data[i] - '0');
        }
    }
    hf_bytes host = {text.data, host_end};
    if (bracketed) {
        if (host.size < 4 || host.data[host.size - 1] != ']') {
            HF_FAIL(CONFIG_INVALID);
        }
        host = hf_bytes_of(host.data + 1, host.size - 2);
    } else if (host.size && memchr(host.data, ':', host.size)) {
        HF_FAIL(CONFIG_INVALID);
    }
    if (host.size == 0 || port == 0 || port > UINT16_MAX) {
        HF_FAIL(CONFIG_INVALID);
    }
    hf_bytes copy;
    HF_TRY(hf_arena_copy(arena, host, &copy));
    *ret_address = (struct hf_endpoint){(const char *)copy.data, (uint16_t)port};
    return HF_DONE;
}

static hf_status read_address(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    const char *text = NULL;
    HF_TRY(hf_read_string(reader, value, &text));
    if (!hf_is_ok(split_address(reader->arena, value->text, 0, out))) {
        return hf_reader_refuse(reader, value, "an address as host:port is expected");
    }
    return HF_DONE;
}

static hf_status read_loopback(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    HF_TRY(read_address(reader, value, out));
    const struct hf_endpoint *address = out;
    if (strncmp(address->host, "127.", 4) != 0 && strcmp(address->host, "::1") != 0) {
        return hf_reader_refuse(reader, value, "this listener serves loopback addresses only");
    }
    return HF_DONE;
}

/* "https://authority" and nothing behind it. */
static hf_status read_https(struct hf_reader *reader, const struct hf_json *value,
                            const char **ret_authority, struct hf_endpoint *ret_address)
{
    const hf_bytes scheme = HF_LITERAL("https://");
    const char *text = NULL;
    HF_TRY(hf_read_string(reader, value, &text));
    hf_bytes authority = value->text;
    if (!hf_bytes_starts_with(authority, scheme)) {
        return hf_reader_refuse(reader, value, "an address of the form https://host is expected");
    }
    authority = hf_bytes_skip(authority, scheme.size);
    if (strcspn(text + scheme.size, "/?#@\\ %") != authority.size ||
        !hf_is_ok(split_address(reader->arena, authority, HTTPS_PORT, ret_address))) {
        return hf_reader_refuse(reader, value, "https://host or https://host:port is expected");
    }
    *ret_authority = text + scheme.size;
    return HF_DONE;
}

static hf_status read_url(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    struct hf_source_config *source = out;
    return read_https(reader, value, &source->authority, &source->address);
}

static hf_status read_audience(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    struct hf_config *config = out;
    struct hf_endpoint ignored;
    HF_TRY(read_https(reader, value, &config->authority, &ignored));
    return hf_read_string(reader, value, &config->audience);
}

static hf_status read_public_url(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    const char *authority = NULL;
    struct hf_endpoint ignored;
    HF_TRY(read_https(reader, value, &authority, &ignored));
    return value->text.size <= PUBLIC_URL_MAX_BYTES
               ? hf_read_string(reader, value, out)
               : hf_reader_refuse(reader, value, "an address of at most 200 bytes is expected");
}

static hf_status read_origin(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    HF_TRY(hf_read_string(reader, value, out));
    return hf_log_origin_is_valid(value->text)
               ? HF_DONE
               : hf_reader_refuse(reader, value,
                                  "an origin has at most 200 printable ASCII characters, no space "
                                  "and no plus");
}

static hf_status read_source(struct hf_reader *reader, const struct hf_json *value,
                             struct hf_source_config *source)
{
    static const struct hf_member members[] = {
        {"url", read_url, 0, true},
        MEMBER(struct hf_source_config, ca, hf_read_path, true),
        MEMBER(struct hf_source_config, cert, hf_read_path, false),
        MEMBER(struct hf_source_config, key, hf_read_path, false),
        MEMBER(struct hf_source_config, log_first, hf_read_bool, false),
        MEMBER(struct hf_source_config, agreement_key, hf_read_path, false),
    };
    if (!hf_source_by_name(value->name, &source->source)) {
        return hf_reader_refuse(reader, value, "there is no source of this name");
    }
    HF_TRY(hf_reader_object(reader, value, members, sizeof members / sizeof *members, source));
    if (!source->cert != !source->key) {
        return hf_reader_refuse(reader, value, "cert and key stand together or not at all");
    }
    source->name = hf_source_name(source->source);
    return HF_DONE;
}

static hf_status read_sources(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    struct hf_config *config = out;
    if (value->type != HF_JSON_OBJECT || value->n_children == 0) {
        return hf_reader_refuse(reader, value, "an object with at least one source is expected");
    }
    /* Names are known ones and JSON members are unique: the array cannot overflow. */
    for (const struct hf_json *source = value->child; source; source = source->next) {
        if (config->n_sources == HF_CONFIG_MAX_SOURCES) {
            return hf_reader_refuse(reader, source, "there is no source of this name");
        }
        HF_TRY(read_source(reader, source, &config->sources[config->n_sources]));
        config->n_sources++;
    }
    return HF_DONE;
}

static hf_status read_listen(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    static const struct hf_member members[] = {
        MEMBER(struct hf_config, banks, read_address, true),
        MEMBER(struct hf_config, public, read_address, false),
        MEMBER(struct hf_config, ops, read_loopback, false),
    };
    return hf_reader_object(reader, value, members, sizeof members / sizeof *members, out);
}

static hf_status read_workers(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    uint64_t n = 0;
    HF_TRY(hf_read_size(reader, value, &n));
    if (n > HF_CONFIG_MAX_WORKERS) {
        return hf_reader_refuse(reader, value, "1 to 64 workers are possible");
    }
    *(uint64_t *)out = n;
    return HF_DONE;
}

#define PATH(name) MEMBER(struct hf_config_paths, name, hf_read_path, false)

static hf_status read_paths(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    static const struct hf_member members[] = {
        PATH(policy),      PATH(catalogs),    PATH(agreements),   PATH(banks),
        PATH(grantors),    PATH(registry),    PATH(log),          PATH(tls_cert),
        PATH(tls_key),     PATH(log_key),     PATH(operator_key), PATH(pseudonym_key),
        PATH(tag_key),     PATH(known_keys),  PATH(ceilings),     PATH(orders),
        PATH(authorities), PATH(gateway_key), PATH(retired_keys),
    };
    return hf_reader_object(reader, value, members, sizeof members / sizeof *members, out);
}

/* What `hufu init` lays out. */
static hf_status set_default_paths(struct hf_reader *reader, struct hf_config_paths *paths)
{
    const struct {
        const char **path;
        const char *name;
    } defaults[] = {
        {&paths->policy, "policy.json"},
        {&paths->catalogs, "catalogs"},
        {&paths->agreements, "agreements"},
        {&paths->banks, "banks"},
        {&paths->grantors, "grantors"},
        {&paths->orders, "orders"},
        {&paths->registry, "registry"},
        {&paths->log, "log"},
        {&paths->tls_cert, "keys/tls.pem"},
        {&paths->tls_key, "keys/tls.key"},
        {&paths->log_key, "keys/log.key"},
        {&paths->operator_key, "keys/operator.key"},
        {&paths->pseudonym_key, "keys/pseudonym.key"},
        {&paths->tag_key, "keys/tag.key"},
        {&paths->known_keys, "known_keys"},
        {&paths->gateway_key, "keys/gateway.key"},
        {&paths->retired_keys, "keys/retired"},
    };
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
        struct hf_json name = {.type = HF_JSON_STRING,
                               .text = hf_bytes_of_string(defaults[i].name)};
        HF_TRY(hf_read_path(reader, &name, defaults[i].path));
    }
    return HF_DONE;
}

/*
 * One row per limit. The ceilings are where the limit stops protecting: an hour for one access,
 * 16 GiB for one answer, 10 000 streams, and so on.
 */
static const struct limit_row {
    const char *name;
    size_t offset;
    uint64_t value; /* unless set */
    uint64_t most;
} limit_rows[] = {
#define LIMIT(name, value, most)                                                                   \
    {                                                                                              \
#name, offsetof(struct hf_config_limits, name), value, most                                \
    }
    LIMIT(max_body_bytes, 64 << 20, UINT64_C(16) << 30),
    LIMIT(max_connections, 10000, 1000000),
    LIMIT(max_connection_requests, 100000, 1000000000),
    LIMIT(max_streams, 100, 1000),
    LIMIT(max_accesses, 10000, 30000),
    LIMIT(max_iss_consents, 4096, 1000000),
    LIMIT(handshake_timeout_ms, 10000, 60000),
    LIMIT(header_timeout_ms, 10000, 60000),
    LIMIT(body_timeout_ms, 30000, 300000),
    LIMIT(write_timeout_ms, 30000, 300000),
    LIMIT(idle_timeout_ms, 120000, 3600000),
    LIMIT(access_timeout_ms, 300000, 3600000),
    LIMIT(source_connect_timeout_ms, 5000, 60000),
    LIMIT(source_first_byte_timeout_ms, 30000, 300000),
    LIMIT(drain_timeout_ms, 30000, 600000),
    LIMIT(status_interval_ms, 60000, 3600000),
#undef LIMIT
};

enum { N_LIMITS = sizeof limit_rows / sizeof *limit_rows };

static hf_status read_limits(struct hf_reader *reader, const struct hf_json *value, void *out)
{
    struct hf_member members[N_LIMITS];
    for (size_t i = 0; i < N_LIMITS; i++) {
        members[i] =
            (struct hf_member){limit_rows[i].name, hf_read_size, limit_rows[i].offset, false};
    }
    HF_TRY(hf_reader_object(reader, value, members, N_LIMITS, out));
    for (size_t i = 0; i < N_LIMITS; i++) {
        const uint64_t *limit = (const uint64_t *)((const char *)out + limit_rows[i].offset);
        if (*limit > limit_rows[i].most) {
            return hf_reader_refuse(reader, hf_json_member(value, limit_rows[i].name),
                                    "this limit is set so high that it limits nothing");
        }
    }
    return HF_DONE;
}

static void set_default_limits(struct hf_config_limits *limits)
{
    for (size_t i = 0; i < N_LIMITS; i++) {
        *(uint64_t *)((char *)limits + limit_rows[i].offset) = limit_rows[i].value;
    }
}

static hf_status set_default_public_url(struct hf_config *config)
{
    struct hf_endpoint host;
    HF_CLEANUP(hf_buf_clear) hf_buf url = hf_buf_init(PUBLIC_URL_MAX_BYTES + 1);
    hf_bytes copy;
    HF_TRY(split_address(&config->arena, hf_bytes_of_string(config->authority), HTTPS_PORT, &host));
    bool is_v6 = strchr(host.host, ':') != NULL;
    hf_status status = config->public.port == 0
                           ? hf_buf_append_string(&url, config->audience)
                           : hf_buf_printf(&url, "https://%s%s%s:%u", is_v6 ? "[" : "", host.host,
                                           is_v6 ? "]" : "", (unsigned)config->public.port);
    HF_TRY(status.code == HF_LIMIT ? hf_status_of(HF_CONFIG_INVALID) : status);
    HF_TRY(hf_arena_copy(&config->arena, hf_buf_view(&url), &copy));
    config->public_url = (const char *)copy.data;
    return HF_DONE;
}

static hf_status read_into(struct hf_config *config, const char *path, struct hf_problem *reterr)
{
    static const struct hf_member members[] = {
        {"audience", read_audience, 0, true},
        {"origin", read_origin, offsetof(struct hf_config, origin), true},
        {"listen", read_listen, 0, true},
        {"public_url", read_public_url, offsetof(struct hf_config, public_url), false},
        {"sources", read_sources, 0, true},
        {"workers", read_workers, offsetof(struct hf_config, workers), false},
        {"paths", read_paths, offsetof(struct hf_config, paths), false},
        {"limits", read_limits, offsetof(struct hf_config, limits), false},
    };
    char *own = hf_arena_alloc(&config->arena, strlen(path) + 1);
    if (!own) {
        HF_FAIL(NOMEM);
    }
    memcpy(own, path, strlen(path) + 1);
    config->folder = dirname(own);
    struct hf_reader reader = {
        .arena = &config->arena, .folder = config->folder, .problem = reterr};
    const struct hf_json *root = NULL;
    config->workers = 1;
    set_default_limits(&config->limits);
    HF_TRY(hf_reader_parse(&reader, path, &root));
    HF_TRY(set_default_paths(&reader, &config->paths));
    HF_TRY(hf_reader_object(&reader, root, members, sizeof members / sizeof *members, config));
    return config->public_url ? HF_DONE : set_default_public_url(config);
}

hf_status hf_config_read(const char *path, struct hf_config **ret_config, struct hf_problem *reterr)
{
    HF_CLEANUP(hf_config_cleanup) struct hf_config *config = calloc(1, sizeof *config);
    if (!config) {
        HF_FAIL(NOMEM);
    }
    config->arena = hf_arena_init(CONFIG_ARENA_BYTES);
    HF_TRY(read_into(config, path, reterr));
    *ret_config = config;
    config = NULL;
    return HF_DONE;
}

void hf_config_free(struct hf_config *config)
{
    if (config) {
        hf_arena_clear(&config->arena);
        free(config);
    }
}

void hf_config_cleanup(struct hf_config **config)
{
    hf_config_free(*config);
}

const struct hf_source_config *hf_config_source(const struct hf_config *config, hf_bytes name)
{
    for (size_t i = 0; i < config->n_sources; i++) {
        if (hf_bytes_equal_string(name, config->sources[i].name)) {
            return &config->sources[i];
        }
    }
    return NULL;
}
