/*
 * Reads a media type to its end, parameters included, though only the charset means anything here:
 * what cannot be read to its end may say anything behind the place where reading stopped.
 */
#include "policy/media.h"

#include <strings.h>

static const struct {
    const char *name;
    enum hf_media media;
} types[] = {
    {"application/json", HF_MEDIA_JSON},
    {"application/x-ndjson", HF_MEDIA_NDJSON},
    {"application/ndjson", HF_MEDIA_NDJSON},
    {"application/jsonl", HF_MEDIA_NDJSON},
};

/* Types, names of parameters and of charsets have no case. */
static bool says(hf_bytes text, const char *word)
{
    size_t size = strlen(word);
    return text.size == size && strncasecmp((const char *)text.data, word, size) == 0;
}

/* = RFC 9110 5.6.2 */
static bool is_token_byte(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= 'a' && byte <= 'z') || (byte != 0 && strchr("!#$%&'*+-.^_`|~", byte) != NULL);
}

static void skip_space(hf_bytes *rest)
{
    while (rest->size > 0 && (rest->data[0] == ' ' || rest->data[0] == '\t')) {
        *rest = hf_bytes_skip(*rest, 1);
    }
}

static bool take(hf_bytes *rest, uint8_t byte)
{
    if (rest->size == 0 || rest->data[0] != byte) {
        return false;
    }
    *rest = hf_bytes_skip(*rest, 1);
    return true;
}

/* Empty: there is none. */
static hf_bytes take_token(hf_bytes *rest)
{
    size_t n = 0;
    while (n < rest->size && is_token_byte(rest->data[n])) {
        n++;
    }
    hf_bytes token = hf_bytes_of(rest->data, n);
    *rest = hf_bytes_skip(*rest, n);
    return token;
}

/* = RFC 9110 5.6.4, what stands between the quotes, as it was written. */
static bool take_quoted(hf_bytes *rest, hf_bytes *ret_value)
{
    size_t n = 0;
    while (n < rest->size && rest->data[n] != '"') {
        bool is_pair = rest->data[n] == '\\';
        bool is_text = rest->data[n] == '\t' || (rest->data[n] >= ' ' && rest->data[n] != 0x7f);
        if (!is_text || (is_pair && n + 1 == rest->size)) {
            return false;
        }
        n += is_pair ? 2 : 1;
    }
    if (n >= rest->size) {
        return false;
    }
    *ret_value = hf_bytes_of(rest->data, n);
    *rest = hf_bytes_skip(*rest, n + 1);
    return true;
}

/* One parameter behind its semicolon, which may be none. */
static bool take_parameter(hf_bytes *rest, bool *charset)
{
    hf_bytes name = take_token(rest);
    if (name.size == 0) {
        return rest->size == 0 || rest->data[0] == ';' || rest->data[0] == ' ' ||
               rest->data[0] == '\t';
    }
    hf_bytes value = {NULL, 0};
    if (!take(rest, '=')) {
        return false;
    }
    if (take(rest, '"')) {
        if (!take_quoted(rest, &value)) {
            return false;
        }
    } else if ((value = take_token(rest)).size == 0) {
        return false;
    }
    if (!says(name, "charset")) {
        return true;
    }
    bool is_first = !*charset;
    *charset = true;
    return is_first && says(value, "utf-8");
}

static bool takes_parameters(hf_bytes rest)
{
    bool charset = false;
    for (;;) {
        skip_space(&rest);
        if (rest.size == 0) {
            return true;
        }
        if (!take(&rest, ';')) {
            return false;
        }
        skip_space(&rest);
        if (!take_parameter(&rest, &charset)) {
            return false;
        }
    }
}

enum hf_media hf_media_of(hf_bytes text)
{
    size_t size = 0;
    while (size < text.size && (is_token_byte(text.data[size]) || text.data[size] == '/')) {
        size++;
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (says(hf_bytes_of(text.data, size), types[i].name)) {
            return takes_parameters(hf_bytes_skip(text, size)) ? types[i].media : HF_MEDIA_OTHER;
        }
    }
    return HF_MEDIA_OTHER;
}

const char *hf_media_name(enum hf_media media)
{
    switch (media) {
    case HF_MEDIA_JSON:
        return "application/json";
    case HF_MEDIA_NDJSON:
        return "application/x-ndjson";
    case HF_MEDIA_OTHER:
        break;
    }
    return "";
}
